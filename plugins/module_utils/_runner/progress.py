# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Says now and then how far a long run of writes is."""

from __future__ import annotations

import threading
import time
import typing as t

#: Of so many writes nothing is said: they are over soon.
_FEW = 20
#: Seconds between two lines, at least.
_BETWEEN = 10.0

Show = t.Callable[[str], None]


class Progress:
    """Counts writes, from whichever thread, and prints a line with ``show`` every ten seconds at most. Without ``show`` it says nothing."""

    def __init__(self, show: Show | None, total: int) -> None:
        self._show = show if total > _FEW else None
        self._total = total
        self._lock = threading.Lock()
        self._made = 0
        self._said = time.monotonic()

    def made(self) -> None:
        """One more was made."""
        with self._lock:
            self._made += 1
            now = time.monotonic()
            if self._show is None or now - self._said < _BETWEEN or self._made == self._total:
                return
            self._said = now
            text = f"{self._made} of {self._total} writes"
        self._show(text)
