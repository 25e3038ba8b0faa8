# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Several calls at once, in threads that nothing has to wait for once the run is interrupted."""

from __future__ import annotations

import threading
import time
import typing as t
from collections import deque

if t.TYPE_CHECKING:
    from .client import Client

#: Enough to keep ten requests a second under way when each takes three seconds.
_MOST = 32


def together(client: Client, calls: t.Sequence[t.Callable[[], t.Any]], most: int = 16) -> list[t.Any]:
    """What the calls, which use ``client``, return, in their order; up to ``most`` are made at once. Raises what the first that fails
    raises; those that have not begun by then are not made.

    What interrupts it (the task's timeout, a signal) cancels the client: nothing new is sent, and what is under way is waited for no longer
    than the client's ``timeout``.
    """
    if len(calls) < 2:
        return [call() for call in calls]
    work = _Work(calls)
    threads = [threading.Thread(target=work.run, daemon=True) for _number in range(min(_MOST, most, len(calls)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        client.cancel()
        work.left.clear()
        until = time.monotonic() + client.timeout
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        raise
    if work.errors:
        raise work.errors[min(work.errors)]
    return [work.results[number] for number in range(len(calls))]


class _Work:
    """Calls, and what became of them, by their number."""

    def __init__(self, calls: t.Iterable[t.Callable[[], t.Any]]) -> None:
        self.left = deque(enumerate(calls))
        self.results: dict[int, t.Any] = {}
        self.errors: dict[int, BaseException] = {}

    def run(self) -> None:
        """Make calls until none is left."""
        while self.left:
            try:
                number, call = self.left.popleft()
            except IndexError:  # Another thread has taken the last one.
                return
            try:
                self.results[number] = call()
            except BaseException as error:
                self.errors[number] = error
                self.left.clear()
