# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""When a request may go out, how long a run may wait, and how much it may ask for: the pacer, the budget and the usage."""

from __future__ import annotations

import threading
import time
import typing as t
from collections import Counter, deque
from urllib.parse import urlsplit

from .errors import ApiError
from .request import Request

#: What two requests may draw nearer to each other on their way to the server, in seconds: at least and at most. A request whose answer
#: took longer than the quickest of the last ones may have been late by as much; by how much in truth only the server knows.
_JITTER = 0.04
_LATEST = 0.08

#: What no run comes near, in requests and in bytes.
MOST_REQUESTS = 100_000
LARGEST_RUN = 1 << 32


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

    @property
    def left(self) -> float:
        """So many seconds may still be waited."""
        return self.seconds - self.spent

    def allows(self, seconds: float) -> bool:
        """Whether so much more may be waited."""
        return seconds <= self.left

    def wait(self, seconds: float) -> bool:
        """Sleep so long; False, without sleeping, when the budget does not hold it."""
        if not self.allows(seconds):
            return False
        now = time.monotonic()
        self.charge(now, now + seconds)
        time.sleep(seconds)
        return True


class Usage:
    """The requests and the bytes of one run; safe for threads."""

    def __init__(self) -> None:
        self._counts: t.Counter[str] = Counter()
        self._requests = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def count(self, what: str, times: int = 1) -> None:
        """So many more ``reads``, ``writes`` or ``retries``."""
        with self._lock:
            self._counts[what] += times

    def counted(self) -> dict[str, int]:
        """What was counted, each of them."""
        return {what: self._counts[what] for what in ("reads", "writes", "retries")}

    def spend(self, request: Request) -> None:
        """A request goes out. Raises ``ApiError`` where this run has sent more, or read more, than any needs."""
        with self._lock:
            self._requests += 1
            many, much = self._requests > MOST_REQUESTS, self._bytes > LARGEST_RUN
        if many or much:
            what = f"sent {MOST_REQUESTS:,} requests" if many else f"read more than {LARGEST_RUN >> 30} GiB"
            name = f"{request.method} {urlsplit(request.url).path}"
            raise ApiError(f"{name}: not sent: this run has {what}. Split the scope over several tasks")

    def received(self, size: int) -> None:
        """A body of so many bytes came."""
        with self._lock:
            self._bytes += size
