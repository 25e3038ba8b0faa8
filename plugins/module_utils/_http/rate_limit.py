# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""When a request may go out, how long a run may wait, and how much it may ask for: the pacer, what it learns, the budget, the usage."""

from __future__ import annotations

import random
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

#: Others may ask for the same organization. Two refusals within so many seconds tell of them, and one alone does not.
_STRAY = 5.0
#: After about so many seconds without a refusal there may be room for more.
_QUIET = 3.0
#: Who is refused again and again waits for up to so many seconds more than it is asked to, so that not all come back at once.
_SPREAD = 3.0
#: What no run comes near, in requests and in bytes.
MOST_REQUESTS = 100_000
LARGEST_RUN = 1 << 32


class Pace:
    """How many requests a window may hold: ``most``, unless the server refuses some; then those that it let in, and more again later.

    No clock and no dice: times are given, and so is a ``draw`` between 0 and 1, by chance.
    """

    def __init__(self, most: int, window: float) -> None:
        self.slots = most
        self._most = most
        self._window = window
        self._admitted: deque[float] = deque(maxlen=most)
        self._refused = float("-inf")
        self._in_a_row = 0
        self._rises = 0.0
        self._risen = False

    def admitted(self, now: float, draw: float) -> None:
        """The server did not refuse a request. After a quiet time one more is tried, and after another one twice as many."""
        self._admitted.append(now)
        self._in_a_row = 0
        if self.slots < self._most and now >= self._rises:
            self.slots = min(self._most, self.slots * 2 if self._risen else self.slots + 1)
            self._risen = True
            self._rises = now + _QUIET * (0.5 + draw)

    def refused(self, now: float, sent: float, draw: float) -> float:
        """The server refused a request that went out when ``sent`` says. The seconds to wait beyond those that it asks for."""
        if sent <= self._refused:
            return 0.0  # It was on its way when the last refusal came, and tells nothing new.
        if self._in_a_row or now - self._refused < _STRAY:
            self.slots = max(1, min(self.slots - 1, sum(at > now - self._window for at in self._admitted)))
        self._refused = now
        self._in_a_row += 1
        self._risen = False
        self._rises = now + _QUIET * (0.5 + draw)
        return draw * min(_SPREAD, 2.0 ** (self._in_a_row - 1) - 1.0)


class Pacer:
    """Lets requests go so that no second sees more than ``rate`` of them at the server.

    Requests that follow each other's answers go as they come until the second is full; requests that overlap are spaced evenly, for a
    burst that the server sees a little later than it was sent would crowd the next one. Where the server refuses some all the same, others
    use the limit too, and ``Pace`` learns how much of it is left.
    """

    def __init__(self, rate: float) -> None:
        most = max(1, int(rate))
        self._window = most / rate
        self._pace = Pace(most, self._window)
        self._interval = 1.0 / rate
        self._turn = threading.Lock()
        self._count = threading.Lock()
        # For each of the last requests by when the server saw it, and when it was sent.
        self._seen: deque[list[float]] = deque(maxlen=most)
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

    def admitted(self) -> None:
        """The server did not refuse a request."""
        with self._count:
            self._pace.admitted(time.monotonic(), random.random())  # noqa: S311 - no secret

    def pause(self, seconds: float, sent: float, most: float = _SPREAD) -> float:
        """Nothing goes out for so long: the server said that it has had enough, to a request that went out when ``sent`` says. Returns the
        seconds that the pause is longer than asked for, ``most`` at most."""
        now = time.monotonic()
        with self._count:
            more = min(max(0.0, most), self._pace.refused(now, sent, random.random()))  # noqa: S311 - no secret
            self._paused_until = max(self._paused_until, now + seconds + more)
        return more

    def _due(self) -> float:
        due = self._paused_until
        slots = self._pace.slots
        if len(self._seen) >= slots:
            due = max(due, self._seen[-slots][0] + self._window)
        if self._in_flight:
            due = max(due, self._last + self._interval)
        return due


class Budget:
    """All the time that a run may spend waiting: for faults, rate-limit answers, pending answers and lagging reads together.

    Waits that overlap count once.
    """

    def __init__(self, seconds: float, whole: Budget | None = None) -> None:
        self.seconds = seconds
        self.spent = 0.0
        self._whole = whole
        self._until = 0.0
        self._lock = threading.Lock()

    def charge(self, start: float, end: float) -> None:
        """Count the time from ``start`` to ``end`` (of the monotonic clock) as spent."""
        with self._lock:
            self.spent += max(0.0, end - max(start, self._until))
            self._until = max(self._until, end)
        if self._whole is not None:
            self._whole.charge(start, end)

    def part(self, seconds: float) -> Budget:
        """So much of what is left, or all that is; what is spent of it is spent of the whole."""
        return Budget(max(0.0, min(seconds, self.left)), self)

    @property
    def left(self) -> float:
        """So many seconds may still be waited."""
        return self.seconds - self.spent

    def allows(self, seconds: float) -> bool:
        """Whether so much more may be waited."""
        return seconds <= self.left

    def wait(self, seconds: float, more: float = 0.0) -> bool:
        """Sleep so long; False, without sleeping, when the budget does not hold it. ``more`` is what the pacer waits after that for the
        same refusal."""
        if not self.allows(seconds):
            return False
        now = time.monotonic()
        self.charge(now, now + seconds + more)
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
