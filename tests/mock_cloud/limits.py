# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate limit of an organization or credential: a strict sliding window of one second."""

from __future__ import annotations

import threading
from collections import defaultdict, deque


class Limiter:
    """At most ``rate`` requests in any second for each key; ``rate`` None: no limit. Refused requests do not count."""

    def __init__(self, rate: float | None = 10) -> None:
        self.rate = rate
        self._lock = threading.Lock()
        self._admitted: defaultdict[str, deque[float]] = defaultdict(deque)

    def admits(self, key: str, at: float) -> bool:
        """Whether the request that arrived ``at`` (monotonic seconds) is within the limit."""
        if self.rate is None:
            return True
        with self._lock:
            admitted = self._admitted[key]
            while admitted and admitted[0] <= at - 1.0:
                admitted.popleft()
            if len(admitted) >= self.rate:
                return False
            admitted.append(at)
            return True
