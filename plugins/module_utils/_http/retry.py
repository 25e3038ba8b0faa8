# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What follows from how a try ended, as a table: return the answer, wait and try again, or raise. No clock, no network, no state."""

from __future__ import annotations

import typing as t

from .errors import ApiError, NotActed, WriteOutcomeUnknown
from .request import Request

#: A host that never answered at all is most likely misspelt: no reason to try for minutes.
_FIRST_CONTACTS = 3
_BAD_BODIES = 3
_NOT_ALLOWED = (
    "; the wait before another try does not fit into what is left of retry_timeout. Run the task again later, or raise retry_timeout"
)


class Outcome(t.NamedTuple):
    """How a try ended; without a ``status`` there is no answer.

    ``description``: that in words. ``final``: another try would end no better. ``retry_after``: seconds that the server asks for.
    ``pending_header``: where the vendor has one, the header with the id of an answer to fetch. ``sent`` and ``late`` as in
    ``TransportError``.
    """

    description: str = ""
    status: int | None = None
    data: t.Any = None
    readable: bool = True
    final: bool = False
    retry_after: float | None = None
    pending_header: str = ""
    pending_id: str = ""
    sent: bool = False
    late: bool = False
    advice: str = ""
    status_advice: str = ""

    @property
    def succeeded(self) -> bool:
        """2xx, readable or not."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def accepted(self) -> bool:
        """The answer is to be fetched later."""
        return self.status == 202 and bool(self.pending_header)

    @property
    def good(self) -> bool:
        """It is an answer to go on with."""
        return self.succeeded and self.readable and not self.accepted


class Attempt(t.NamedTuple):
    """What is known of a request when it is tried.

    ``tries`` failed so far; ``polls``: how often its pending answer was asked for; ``renewals`` of credentials since it was last let in;
    ``counted`` in ``stats``. Of the run: ``reached``: the other side has answered before; ``left``: seconds that may still be waited.
    ``draw``: between 0 and 1, by chance.
    """

    tries: int = 0
    polls: int = 0
    bad_bodies: int = 0
    renewals: int = 0
    pending_id: str = ""
    counted: bool = False
    reached: bool = True
    left: float = float("inf")
    draw: float = 1.0


class Return(t.NamedTuple):
    """The answer is the one to go on with."""


class Retry(t.NamedTuple):
    """Wait so many seconds, and go on with ``attempt``, or raise ``handed_back``, for it is the caller who tries again. ``pause``: for so
    long no request goes out at all. ``counted``: as a retry."""

    wait: float
    attempt: Attempt
    counted: bool = True
    pause: float = 0.0
    handed_back: NotActed | None = None


class Raise(t.NamedTuple):
    """There is no answer to go on with."""

    error: ApiError
    pause: float = 0.0


Decision = t.Union[Return, Retry, Raise]  # noqa: UP007 - evaluated when it is loaded, where pylint minds Python 3.9


def decide(request: Request, outcome: Outcome, attempt: Attempt) -> Decision:
    """What the first rule that fits says."""
    case = _Case(request, outcome, attempt)
    return next(rule.then(case) for rule in RULES if rule.fits(case))


def wasted(request: Request, outcome: Outcome) -> bool:
    """Whether the time that a try took counts as waited."""
    unreadable = outcome.succeeded and not outcome.accepted and not outcome.readable
    return outcome.status is None or _uncertain(_Case(request, outcome, Attempt())) or unreadable


def failure(request: Request, attempt: Attempt, message: str, status: int | None = None, data: t.Any = None) -> ApiError:
    """The failure to raise: whatever ends the wait for a pending write says nothing of the write."""
    if attempt.pending_id and not request.repeatable:
        return WriteOutcomeUnknown(f"{message.rstrip('.')}; it was accepted before, and the server may still act", status, pending=True)
    return ApiError(message, status, data)


def backoff(attempt: int, draw: float) -> float:
    """Seconds before the try after ``attempt`` (0, 1, ...) failed ones: from half a second, doubling to thirty, with jitter."""
    return min(30.0, 0.5 * 2.0**attempt) * (0.5 + 0.5 * draw)


def poll_wait(polls: int) -> float:
    """Seconds before a pending answer is asked for, after ``polls`` times that it was: from two, growing to twenty."""
    return min(20.0, 2.0 * 1.5**polls)


class _Case(t.NamedTuple):
    """What rules look at, and how they put what they decide."""

    request: Request
    outcome: Outcome
    attempt: Attempt

    @property
    def resendable(self) -> bool:
        """Whether the request may be sent again: fetching a pending answer cannot make a write twice."""
        return self.request.repeatable or bool(self.attempt.pending_id)

    @property
    def backoff(self) -> float:
        return backoff(self.attempt.tries, self.attempt.draw)

    @property
    def asked(self) -> float:
        """The server's wait. Where it does not say, or says that it need be none, it is our own."""
        return self.outcome.retry_after or self.backoff

    @property
    def advised(self) -> str:
        return f"{self.outcome.description}. {self.outcome.advice}".strip()

    def fail(self, message: str, status: int | None = None, data: t.Any = None) -> Raise:
        return Raise(failure(self.request, self.attempt, message, status, data))

    def unknown(self, ending: str = "", data: t.Any = None, pending: bool = False) -> Raise:
        message = self.outcome.description + ending
        return Raise(WriteOutcomeUnknown(message, self.outcome.status, data, pending=pending, late=self.outcome.late))

    def again(self, wait: float, ending: str = "", **changes: t.Any) -> Retry | Raise:
        """Another try, where there may be one and time is left."""
        attempt = self.attempt._replace(tries=self.attempt.tries + 1, **changes)
        description = self.outcome.description + ending
        if self.request.once:
            return Raise(failure(self.request, attempt, f"{description}. {self.outcome.advice}".strip()))
        if wait > attempt.left:
            tries = f"{attempt.tries} {'try' if attempt.tries == 1 else 'tries'}"
            message = f"{description}; given up after {tries}, because retry_timeout is used up. {self.outcome.advice}".strip()
            return Raise(failure(self.request, attempt, message))
        return Retry(wait, attempt, handed_back=None if self.request.tries is None else NotActed(description))


class Rule(t.NamedTuple):
    """A row of the table."""

    name: str
    fits: t.Callable[[_Case], bool]
    then: t.Callable[[_Case], Decision]


def _uncertain(case: _Case) -> bool:
    """Whether a status leaves open if the server acted, and so may be another one at the next try. 501 and 505 say that it knows no such
    request; the codes beyond 511 are what proxies at the vendors' edges answer with. 303 leads to what came of a write."""
    status = case.outcome.status
    if status is None:
        return False
    return status == 408 or status >= 500 and status not in (501, 505) or status == 303 and not case.request.repeatable


def _no_more_polls(case: _Case) -> bool:
    return case.request.once and case.attempt.polls > 0 or poll_wait(case.attempt.polls) > case.attempt.left


def _not_fetched(case: _Case, ending: str) -> Raise:
    if case.request.repeatable:
        return Raise(ApiError(f"{case.outcome.description}{ending}. {case.outcome.advice}", case.outcome.status))
    return case.unknown(f"{ending}: the server may still act", pending=True)


def _fetch(case: _Case) -> Retry:
    attempt = case.attempt._replace(pending_id=case.outcome.pending_id or case.attempt.pending_id, polls=case.attempt.polls + 1)
    return Retry(poll_wait(case.attempt.polls), attempt, counted=False)


def _slow_down(case: _Case) -> Decision:
    return case.again(case.asked)._replace(pause=case.asked)


def _try_again(case: _Case) -> Decision:
    # While an answer is pending only 504 is about the query: the rest is about the fetching, which can be tried again.
    return case.again(case.asked, pending_id="" if case.outcome.status == 504 else case.attempt.pending_id)


def _refused(case: _Case) -> Raise:
    message = f"{case.outcome.description}. {case.outcome.status_advice}".rstrip(" .") + "."
    if case.outcome.status == 401:
        return case.fail(message, 401, case.outcome.data)
    return Raise(ApiError(message, case.outcome.status, case.outcome.data))


def _unreadable_too_often(case: _Case) -> bool:
    return case.outcome.final or case.attempt.bad_bodies + 1 >= _BAD_BODIES


#: The first that fits decides.
RULES: tuple[Rule, ...] = (
    Rule(
        "no answer, and none to be had",
        lambda case: case.outcome.status is None and case.outcome.final and case.resendable,
        lambda case: case.fail(case.advised),
    ),
    Rule(
        "no answer to a write that was sent",
        lambda case: case.outcome.status is None and case.outcome.sent and not case.resendable,
        lambda case: case.unknown(": nobody knows whether the server acted"),
    ),
    Rule(
        "never an answer",
        lambda case: case.outcome.status is None and not case.attempt.reached and case.attempt.tries + 1 >= _FIRST_CONTACTS,
        lambda case: Raise(ApiError(case.advised)),
    ),
    Rule("no answer", lambda case: case.outcome.status is None, lambda case: case.again(case.backoff)),
    Rule("success", lambda case: case.outcome.good, lambda case: Return()),
    Rule(
        "accepted, without an id",
        lambda case: case.outcome.accepted and not (case.outcome.pending_id or case.attempt.pending_id),
        lambda case: _not_fetched(case, f", without the {case.outcome.pending_header} to fetch the answer with"),
    ),
    Rule(
        "accepted, and no time left",
        lambda case: case.outcome.accepted and _no_more_polls(case),
        lambda case: _not_fetched(case, "; retry_timeout is used up"),
    ),
    Rule("accepted", lambda case: case.outcome.accepted, _fetch),
    Rule(
        "the pending answer to a write is gone",
        lambda case: case.outcome.status == 404 and bool(case.attempt.pending_id) and not case.request.repeatable,
        lambda case: case.unknown(": the pending answer is gone"),
    ),
    Rule(
        "the pending answer is gone",
        lambda case: case.outcome.status == 404 and bool(case.attempt.pending_id),
        lambda case: case.again(case.backoff, ": the pending answer is gone", pending_id=""),
    ),
    Rule(
        "too many requests, and no time left",
        lambda case: case.outcome.status == 429 and case.asked > case.attempt.left,
        lambda case: case.fail(case.outcome.description + _NOT_ALLOWED, 429),
    ),
    Rule("too many requests", lambda case: case.outcome.status == 429, _slow_down),
    Rule(
        "a write with an uncertain status",
        lambda case: _uncertain(case) and not case.request.repeatable and (not case.attempt.pending_id or case.outcome.status == 504),
        lambda case: case.unknown(data=case.outcome.data),
    ),
    Rule("an uncertain status", _uncertain, _try_again),
    Rule("refused", lambda case: not case.outcome.succeeded, _refused),
    Rule("a write with a body that cannot be read", lambda case: not case.resendable, lambda case: case.unknown()),
    Rule(
        "a body that cannot be read, once more",
        _unreadable_too_often,
        lambda case: case.fail(
            f"{case.outcome.description}. Check base_url, the credentials and any proxy in between", case.outcome.status
        ),
    ),
    Rule(
        "a body that cannot be read",
        lambda case: True,
        lambda case: case.again(case.backoff, bad_bodies=case.attempt.bad_bodies + 1),
    ),
)
