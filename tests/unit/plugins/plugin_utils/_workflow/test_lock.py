# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs on one tenant: the second one is told of the first; one that is over holds nothing."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import lock

AT = datetime.datetime(2026, 7, 12, 10, 15, 30, tzinfo=datetime.timezone.utc)
ONE, OTHER = ({"vendor": "meraki", "organization": key} for key in ("1", "2"))


@pytest.fixture
def over():
    """The process id of a run that is over."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def running():
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate()


def test_a_second_run_on_the_same_tenant_is_told_of_the_first(tmp_path, running):
    folder = str(tmp_path / "snapshots")
    taken = lock.acquire(folder, [ONE], "acme", running, AT)
    assert len(taken) == 1 and os.stat(taken[0]).st_mode & 0o777 == 0o600
    with pytest.raises(lock.Taken) as refused:
        lock.acquire(folder, [OTHER, ONE], "acme2", os.getpid(), AT)
    said = str(refused.value)
    assert "organization 1" in said and "2026-07-12T10:15:30+00:00" in said and "acme" in said and taken[0] in said
    assert len(os.listdir(folder)) == 1, "what was taken before is given back"
    assert len(lock.acquire(folder, [OTHER], "acme2", os.getpid(), AT)) == 1, "another tenant"
    lock.release(taken)
    assert len(lock.acquire(folder, [ONE], "acme2", os.getpid(), AT)) == 1


def test_a_run_that_is_over_holds_nothing(tmp_path, over):
    (path,) = lock.acquire(str(tmp_path), [ONE], "acme", over, AT)
    assert lock.acquire(str(tmp_path), [ONE], "acme", os.getpid(), AT) == [path]
    assert json.loads((tmp_path / os.path.basename(path)).read_text())["pid"] == os.getpid()


def test_hosts_of_one_run_share_a_lock_and_two_modules_take_it_once(tmp_path):
    same = [ONE, dict(reversed(ONE.items())), {**ONE, "api": "private_applications"}]
    (path,) = lock.acquire(str(tmp_path), same, "acme", os.getpid(), AT)
    assert lock.acquire(str(tmp_path), [ONE], "acme-eset", os.getpid(), AT) == [], "the first one gives it back"
    assert os.path.exists(path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"machine": "elsewhere", "pid": 1}', '{"pid": "x"}'])
def test_what_cannot_be_proved_to_be_over_is_not(tmp_path, content, over):
    (path,) = lock.acquire(str(tmp_path), [ONE], "acme", over, AT)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(content)
    with pytest.raises(lock.Taken, match="remove"):
        lock.acquire(str(tmp_path), [ONE], "acme", os.getpid(), AT)


@pytest.mark.parametrize(("hours", "over"), [(-1, False), (24, False), (25, True)])
def test_a_lock_of_another_machine_is_over_after_a_day(tmp_path, running, monkeypatch, hours, over):
    later = AT + datetime.timedelta(hours=hours)
    here, elsewhere = (lock.acquire(str(tmp_path), [place], "acme", running, AT)[0] for place in (ONE, OTHER))
    monkeypatch.setattr(lock.platform, "node", lambda: "elsewhere")
    if over:
        assert lock.acquire(str(tmp_path), [OTHER], "acme", running, later) == [elsewhere]
    else:
        with pytest.raises(lock.Taken):
            lock.acquire(str(tmp_path), [OTHER], "acme", running, later)
    monkeypatch.undo()
    with pytest.raises(lock.Taken, match=os.path.basename(here)):
        lock.acquire(str(tmp_path), [ONE], "acme", os.getpid(), later)


def test_of_many_runs_at_once_one_takes_over_what_is_over(tmp_path, over):
    """Each is a process of its own that stays until all have tried."""
    lock.acquire(str(tmp_path), [ONE], "acme", over, AT)
    code = f"""
import datetime, os, sys
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import lock
sys.stdin.readline()
try:
    taken = lock.acquire({str(tmp_path)!r}, [{ONE!r}], "acme", os.getpid(), datetime.datetime.now(datetime.timezone.utc))
    print(len(taken), flush=True)
except lock.Taken:
    print(0, flush=True)
sys.stdin.read()
"""
    # Also where ansible-test runs this, which tells only its own process where collections are.
    path = os.pathsep.join([str(Path(lock.__file__).parents[6]), os.environ.get("PYTHONPATH", "")])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": {**os.environ, "PYTHONPATH": path}}
    runs = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _number in range(8)]
    for run in runs:
        run.stdin.write("\n")
        run.stdin.flush()
    taken = [int(run.stdout.readline()) for run in runs]
    for run in runs:
        run.communicate()
    assert sorted(taken) == [0] * 7 + [1]
