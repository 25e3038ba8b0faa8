# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""When a request may go out, and how long a run may wait: the pacer and the budget."""

from __future__ import annotations

import threading
import time
import typing as t
from collections import deque

#: What two requests may draw nearer to each other on their way to the server, in seconds: at least and at most. A request whose answer
#: took longer than the quickest of the last ones may have been late by as much; by how much in truth only the server knows.
_JITTER = 0.04
_LATEST = 0.08


class Pacer:
    """Lets requests go so that no second sees more than ``rate`` of them at the server.

    Requests that follow each other's answers go as they come until the second is full; requests that overlap are spaced evenly, for a
    burst that the server sees a little later than it was sent would crowd the next one.
    """

    def __init__(self, rate: float) -> None:
        self._slots = max(1, int(rate))
        self._window = self._slots / rate
        self._interval = 1.0 / rate
        self._turn = threading.Lock()
        self._count = threading.Lock()
        # For each of the last requests by when the server saw it, and when it was sent.
        self._seen: deque[list[float]] = deque(maxlen=self._slots)
        self._took: deque[float] = deque(maxlen=32)
        self._in_flight = 0
        self._paused_until = 0.0
        self._last = 0.0

    def begin(self) -> list[float]:
        """Wait for a place; the ticket goes back with ``end``."""
        with self._turn:
            while True:
                now = time.monotonic()
                wait = self._due() - now
                if wait <= 0:
                    break
                time.sleep(wait)
            self._last = now
            ticket = [now + _JITTER, now]
            self._seen.append(ticket)
            with self._count:
                self._in_flight += 1
            return ticket

    def end(self, ticket: list[float]) -> None:
        """The answer is there (or never will be): the server saw the request before now."""
        now = time.monotonic()
        with self._count:
            self._in_flight -= 1
            took = now - ticket[1]
            self._took.append(took)
            ticket[0] = min(now, ticket[1] + min(max(_JITTER, took - min(self._took)), _LATEST))

    def pause(self, seconds: float) -> None:
        """Nothing goes out for so long: the server said that it has had enough."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _due(self) -> float:
        due = self._paused_until
        if len(self._seen) == self._slots:
            due = max(due, self._seen[0][0] + self._window)
        if self._in_flight:
            due = max(due, self._last + self._interval)
        return due


class Budget:
    """All the time that a run may spend waiting: for faults, rate-limit answers, pending answers and lagging reads together.

    Waits that overlap count once.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.spent = 0.0
        self._until = 0.0
        self._lock = threading.Lock()

    def charge(self, start: float, end: float) -> None:
        """Count the time from ``start`` to ``end`` (of the monotonic clock) as spent."""
        with self._lock:
            self.spent += max(0.0, end - max(start, self._until))
            self._until = max(self._until, end)

    def allows(self, seconds: float) -> bool:
        """Whether so much more may be waited."""
        return self.spent + seconds <= self.seconds

    def wait(self, seconds: float) -> bool:
        """Sleep so long; False, without sleeping, when the budget does not hold it."""
        if not self.allows(seconds):
            return False
        now = time.monotonic()
        self.charge(now, now + seconds)
        time.sleep(seconds)
        return True


def backoff(attempt: int, draw: t.Callable[[], float], longest: float = 30.0) -> float:
    """Seconds before the try after ``attempt`` (0, 1, ...) failed ones: doubling from half a second, with jitter."""
    return min(longest, 0.5 * 2.0**attempt) * (0.5 + 0.5 * draw())


def poll_wait(polls: int) -> float:
    """Seconds before a pending answer is asked for, after ``polls`` times that it was: from two, growing to twenty."""
    return min(20.0, 2.0 * 1.5**polls)
