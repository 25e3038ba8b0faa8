# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long run of writes says how far it is, now and then; a short one says nothing."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.secops.policy.plugins.module_utils._runner import progress
from ansible_collections.secops.policy.plugins.module_utils._runner.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_every_ten_seconds_at_most(clock):
    said = []
    shown = Progress(said.append, 300)
    for _write in range(300):
        clock[0] += 0.125
        shown.made()
    assert said == ["80 of 300 writes", "160 of 300 writes", "240 of 300 writes"], "the end speaks for itself"


@pytest.mark.parametrize("total", [1, 20])
def test_of_a_few_nothing(clock, total):
    said = []
    shown = Progress(said.append, total)
    for _write in range(total):
        clock[0] += 60
        shown.made()
    assert said == []


def test_without_anybody_to_tell_nothing(clock):
    clock[0] += 60
    Progress(None, 300).made()


def test_from_many_threads_each_write_counts_once(clock):
    said = []
    shown = Progress(said.append, 801)
    threads = [threading.Thread(target=lambda: [shown.made() for _write in range(100)]) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock[0] += 10
    shown.made()
    assert said == []
    other = Progress(said.append, 800)
    clock[0] += 10
    other.made()
    assert said == ["1 of 800 writes"]
