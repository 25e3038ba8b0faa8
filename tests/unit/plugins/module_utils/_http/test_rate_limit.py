# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace that a client learns, and what it makes of many clients behind one limit: time is a number here."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from functools import partial

import pytest
from ansible_collections.secops.policy.plugins.module_utils._http import rate_limit
from ansible_collections.secops.policy.plugins.module_utils._http.rate_limit import Pace, Pacer

# Nothing of it depends on ansible-core.
pytestmark = pytest.mark.once


def admit(pace, *times):
    for at in times:
        pace.admitted(at, 0.5)


def test_a_pace_that_nothing_is_said_against_stays():
    pace = Pace(10, 1.0)
    admit(pace, *range(100))
    assert pace.slots == 10


def test_one_refusal_alone_changes_nothing():
    pace = Pace(10, 1.0)
    for start in (0.0, 10.0, 20.0):
        admit(pace, start)
        assert pace.refused(start + 0.1, sent=start + 0.05, draw=1.0) == 0.0
        assert pace.slots == 10
        admit(pace, start + 2)


def test_refusals_that_follow_each_other_leave_what_the_server_let_in():
    pace = Pace(10, 1.0)
    admit(pace, 0.1, 0.2, 0.3, 0.4)
    pace.refused(0.5, sent=0.45, draw=0.0)
    admit(pace, 1.6, 1.7, 1.8)
    pace.refused(1.9, sent=1.85, draw=0.0)
    assert pace.slots == 3, "those of the last second"
    admit(pace, 3.0, 3.1, 3.2)
    pace.refused(3.3, sent=3.25, draw=0.0)
    assert pace.slots == 2, "and fewer than those that were too many"


def test_it_never_falls_below_one_request():
    pace = Pace(10, 1.0)
    for at in range(20):
        pace.refused(at + 0.1, sent=float(at), draw=0.0)
    assert pace.slots == 1
    lone = Pace(1, 2.0)
    lone.refused(0.1, sent=0.0, draw=0.0)
    lone.refused(2.1, sent=2.0, draw=0.0)
    assert lone.slots == 1


def test_what_was_on_its_way_when_a_refusal_came_tells_nothing_new():
    pace = Pace(10, 1.0)
    admit(pace, *(number / 10 for number in range(8)))
    pace.refused(0.8, sent=0.7, draw=0.0)
    for at in (0.81, 0.85, 0.9):
        assert pace.refused(at, sent=at - 0.11, draw=1.0) == 0.0
    assert pace.slots == 10


def test_who_is_refused_again_and_again_waits_longer_and_not_with_the_others():
    pace = Pace(10, 1.0)
    assert [pace.refused(at + 0.1, sent=float(at), draw=1.0) for at in range(5)] == [0.0, 1.0, 3.0, 3.0, 3.0]
    assert pace.refused(9.1, sent=9.0, draw=0.25) == 0.75
    admit(pace, 10.0)
    assert pace.refused(10.2, sent=10.1, draw=1.0) == 0.0, "who was let in begins anew"


def test_it_rises_once_nothing_is_refused_slowly_at_first_and_never_above_its_rate():
    pace = Pace(10, 1.0)
    for at in range(6):
        pace.refused(at + 0.1, sent=float(at), draw=0.5)
    seen = []
    for tenth in range(60, 260):
        admit(pace, tenth / 10)
        seen.append(pace.slots)
    steps = [slots for slots, _group in itertools.groupby(seen)]
    assert steps == [1, 2, 4, 8, 10]
    assert seen.index(2) == pytest.approx(21, abs=1) and seen.index(4) - seen.index(2) == pytest.approx(30, abs=1)


class Clock:
    """In place of ``time``. Whoever sleeps here would stop all others."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        raise AssertionError("it was not due yet")


class World:
    """Clients with a pacer each, one request at a time, before a server that lets ten through in any second, and says to the others to
    come back in a second."""

    def __init__(self, monkeypatch, seed):
        self.clock = Clock()
        monkeypatch.setattr(rate_limit, "time", self.clock)
        monkeypatch.setattr(rate_limit, "random", random.Random(seed))
        self.draw = random.Random(-seed)
        self.events = []
        self.number = itertools.count()
        self.let_in = deque()
        self.seen = []

    def at(self, when, act):
        heapq.heappush(self.events, (max(when, self.clock.now), next(self.number), act))

    def run(self, clients, requests, stray=-1):
        """Seconds that it takes until the last has made all its requests; and the share of those that were refused."""
        self.stray = stray
        for _client in range(clients):
            self.at(self.clock.now + self.draw.random(), partial(self.turn, Pacer(10), requests))
        while self.events:
            self.clock.now, _number, act = heapq.heappop(self.events)
            act()
        return self.clock.now - self.seen[0][0], sum(not good for _at, good in self.seen) / len(self.seen)

    def turn(self, pacer, left):
        due = pacer._due()
        if due > self.clock.now:
            self.at(due + 1e-6, lambda: self.turn(pacer, left))
            return
        ticket = pacer.begin()
        takes = 0.05 * self.draw.uniform(0.8, 1.3)
        self.at(self.clock.now + takes / 2, lambda: self.arrives(pacer, ticket, takes, left))

    def arrives(self, pacer, ticket, takes, left):
        while self.let_in and self.let_in[0] <= self.clock.now - 1.0:
            self.let_in.popleft()
        good = len(self.let_in) < 10 and len(self.seen) != self.stray
        self.let_in.extend([self.clock.now] * good)
        self.seen.append((self.clock.now, good))
        self.at(self.clock.now + takes / 2, lambda: self.answered(pacer, ticket, good, left))

    def answered(self, pacer, ticket, good, left):
        pacer.end(ticket)
        if good:
            pacer.admitted()
            left -= 1
        else:
            pacer.pause(1.0, ticket[1])
        if left:
            self.at(self.clock.now, lambda: self.turn(pacer, left))


@pytest.mark.parametrize(("clients", "requests", "share", "longer"), [(25, 12, 0.48, 1.3), (25, 40, 0.5, 1.2), (5, 60, 0.17, 1.35)])
def test_many_clients_behind_one_limit_are_refused_less_and_use_it_still(monkeypatch, clients, requests, share, longer):
    """Without a learned pace two thirds of the answers to 25 clients are refusals, and a third of those to five."""
    took, refused = zip(*(World(monkeypatch, seed).run(clients, requests) for seed in range(1, 6)))
    assert sum(refused) / 5 <= share
    assert sum(took) / 5 <= longer * clients * requests / 10


def test_a_client_alone_is_as_fast_as_its_rate_whatever_is_refused_once(monkeypatch):
    took, refused = World(monkeypatch, 1).run(1, 300)
    assert refused == 0 and took <= 1.1 * 30
    took, refused = World(monkeypatch, 1).run(1, 300, stray=7)
    assert refused == 1 / 301 and took <= 1.1 * 30 + 1.2, "it waits for the second that it was asked to"
