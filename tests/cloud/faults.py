# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong on the way, on demand."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

KINDS = ("status", "reset_before", "reset_after", "cut_body", "html", "empty", "slow", "redirect", "link_host")


@dataclass
class Fault:
    """One fault to come: which requests it hits, how often, and how."""

    kind: str
    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int | None = 1
    arguments: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def matches(self, method: str, target: str) -> bool:
        return (self.method is None or self.method == method) and (self.path is None or re.search(self.path, target) is not None)

    @property
    def used_up(self) -> bool:
        return self.times is not None and self.hits >= self.times


class Faults:
    """The faults to come, in the order in which they were added; the first one that fits a request hits it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, kind: str, method: str | None = None, path: str | None = None, nth: int = 1, times: int | None = 1, **arguments: Any) -> None:
        """``path`` is searched in path and query; ``nth`` counts the matching requests from now, ``times`` None hits all from there on."""
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}; there are {', '.join(KINDS)}")
        with self._lock:
            self._faults.append(Fault(kind, method, path, nth, times, arguments))

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._faults.clear()

    @property
    def left(self) -> list[Fault]:
        """Those that have not hit as often as they were to; such without an end count until they have hit once."""
        return [fault for fault in self._faults if not (fault.used_up or fault.times is None and fault.hits)]

    def take(self, method: str, target: str) -> Fault | None:
        """The fault that hits this request."""
        with self._lock:
            for fault in self._faults:
                if fault.used_up or not fault.matches(method, target):
                    continue
                fault.seen += 1
                if fault.seen >= fault.nth:
                    fault.hits += 1
                    return fault
        return None
