# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs on one tenant: the second one is told of the first; one that is over holds nothing."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys

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
