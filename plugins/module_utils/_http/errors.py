# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What ends a request without an answer to go on with."""

from __future__ import annotations

import time
import typing as t


class ApiError(Exception):
    """A request was refused, or given up. ``str()`` says which one, how it ended, in whose words, and what to do."""

    def __init__(self, message: str, status: int | None = None, data: t.Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.data = data


class WriteOutcomeUnknown(ApiError):
    """A write was sent and nobody knows whether the server acted: look at the state before writing again.

    ``pending``: the server said that it will act, and not when, so that no look at the state tells whether it still will. ``late``: it
    has not answered in time, so that a look that shows nothing does not say that it never will.
    """

    def __init__(self, message: str, status: int | None = None, data: t.Any = None, pending: bool = False, late: bool = False) -> None:
        super().__init__(message, status, data)
        self.pending = pending
        self.late = late


class NotActed(ApiError):
    """The server did not act, and the wait before another try is over: the caller reads again before it sends the request again."""


class RequestCancelled(Exception):
    """The request was not sent, because the caller's ``proceed`` said no when its turn came, or the run was cancelled."""


class TransportError(Exception):
    """No answer. ``sent``: the server may have got the request, which went out when ``started`` says. ``late``: there may be one yet.
    ``final``: another try would end no better."""

    def __init__(self, message: str, sent: bool, late: bool = False, final: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.late = late
        self.final = final
        self.started = time.monotonic()
