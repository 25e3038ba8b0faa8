# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a task runs, and that what surrounds it is taken off again."""

from __future__ import annotations

import contextlib
import itertools
import os

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._worker.place import Circumstances, surroundings


def test_a_task_runs_in_the_worker_unless_something_keeps_it_from_that():
    """All circumstances together, and why."""
    for run_on, asynchronous, delegated, local, missing in itertools.product(
        ("controller", "host"), (False, True), (False, True), (False, True), ((), ("requests",))
    ):
        found = Circumstances(run_on, asynchronous, delegated, local, missing)
        why = [run_on == "host", asynchronous, delegated and not local, bool(missing) and local]
        assert found.module_process == any(why), found
        assert found.error() is None
    assert not Circumstances().module_process


@pytest.mark.parametrize("run_on", ["Host", "", None, True, "worker", ["host"]])
def test_any_other_place_is_an_error(run_on):
    says = Circumstances(run_on).error() or ""
    assert "secops_policy_run_on must be controller or host" in says and repr(run_on) in says


@pytest.mark.parametrize("end", [None, ValueError, KeyboardInterrupt])
def test_surroundings_are_taken_off_again(monkeypatch, tmp_path, end):
    monkeypatch.setenv("THERE", "before")
    monkeypatch.delenv("NOT_THERE", raising=False)
    before, here = dict(os.environ), os.getcwd()
    ending = pytest.raises(end) if end else contextlib.nullcontext()
    with ending, surroundings({"THERE": 1, "NOT_THERE": None}, str(tmp_path)):
        assert (os.environ["THERE"], os.environ["NOT_THERE"], os.getcwd()) == ("1", "None", str(tmp_path))
        if end:
            raise end
    assert (dict(os.environ), os.getcwd()) == (before, here)


def test_a_folder_that_is_gone_keeps_nothing_from_running(tmp_path):
    with surroundings({}, str(tmp_path / "gone")):
        pass
