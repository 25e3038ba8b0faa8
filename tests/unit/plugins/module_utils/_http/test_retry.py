# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of retries, row by row: no socket is opened, and nothing waits."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.secops.policy.plugins.module_utils._http.errors import ApiError, NotActed, WriteOutcomeUnknown
from ansible_collections.secops.policy.plugins.module_utils._http.request import Request
from ansible_collections.secops.policy.plugins.module_utils._http.retry import (
    RULES,
    Attempt,
    Outcome,
    Raise,
    Retry,
    Return,
    _Case,
    backoff,
    decide,
    poll_wait,
    wasted,
)

# Nothing of it depends on ansible-core.
pytestmark = pytest.mark.once

READ, WRITE = Request("GET", "/x"), Request("PUT", "/x", {})
SIGN_IN = Request("POST", "/token", idempotent=True)
ONCE = SIGN_IN._replace(once=True)
BY_CALLER = WRITE._replace(tries=0)
FETCHING = Attempt(pending_id="r-1", polls=1)
ADVICE = "Check base_url"
MAY_ACT = "; it was accepted before, and the server may still act"


def answer(status=200, **more):
    return Outcome(f"PUT /x: answered {status}", status, {"errors": []}, advice=ADVICE, status_advice="Look at it", **more)


def broken(**more):
    return Outcome("PUT /x: broken", advice=ADVICE, **more)


def pending(**more):
    return answer(202, pending_header="response-id", **more)


def refused(message, status=None, data=None):
    return ApiError, message, status, data


def unknown(message, status=None, data=None, is_pending=False, late=False):
    return WriteOutcomeUnknown, message, status, data, is_pending, late


def error_of(decision):
    """What is raised, to be compared."""
    assert isinstance(decision, Raise), decision
    error = decision.error
    told = (type(error), str(error), error.status, error.data)
    return (*told, error.pending, error.late) if isinstance(error, WriteOutcomeUnknown) else told


#: By the row that decides: request, outcome, what is known before; and the error, where it ends.
ENDS = [
    ("no answer, and none to be had", READ, broken(sent=True, final=True), Attempt(), refused("PUT /x: broken. Check base_url")),
    (
        "no answer, and none to be had", WRITE, broken(sent=True, final=True), FETCHING,
        unknown(f"PUT /x: broken. Check base_url{MAY_ACT}", is_pending=True),
    ),
    (
        "no answer to a write that was sent", WRITE, broken(sent=True, late=True), Attempt(),
        unknown("PUT /x: broken: nobody knows whether the server acted", late=True),
    ),
    (
        "no answer to a write that was sent", WRITE, broken(sent=True, final=True), Attempt(),
        unknown("PUT /x: broken: nobody knows whether the server acted"),
    ),
    ("never an answer", WRITE, broken(), Attempt(tries=2, reached=False), refused("PUT /x: broken. Check base_url")),
    ("never an answer", READ, broken(sent=True), Attempt(tries=2, reached=False), refused("PUT /x: broken. Check base_url")),
    ("no answer", ONCE, broken(), Attempt(), refused("PUT /x: broken. Check base_url")),
    (
        "no answer", WRITE, broken(), Attempt(left=0.4),
        refused("PUT /x: broken; given up after 1 try, because retry_timeout is used up. Check base_url"),
    ),
    (
        "no answer", READ, broken(sent=True), Attempt(tries=4, left=7),
        refused("PUT /x: broken; given up after 5 tries, because retry_timeout is used up. Check base_url"),
    ),
    (
        "no answer", WRITE, broken(sent=True), FETCHING._replace(left=0),
        unknown(
            f"PUT /x: broken; given up after 1 try, because retry_timeout is used up. Check base_url{MAY_ACT}", is_pending=True
        ),
    ),
    (
        "accepted, without an id", READ, pending(), Attempt(),
        refused("PUT /x: answered 202, without the response-id to fetch the answer with. Check base_url", 202),
    ),
    (
        "accepted, without an id", WRITE, pending(), Attempt(left=0),
        unknown("PUT /x: answered 202, without the response-id to fetch the answer with: the server may still act", 202, None, True),
    ),
    (
        "accepted, and no time left", READ, pending(pending_id="r-2"), Attempt(left=1.9),
        refused("PUT /x: answered 202; retry_timeout is used up. Check base_url", 202),
    ),
    (
        "accepted, and no time left", WRITE, pending(), FETCHING._replace(left=2.9),
        unknown("PUT /x: answered 202; retry_timeout is used up: the server may still act", 202, None, True),
    ),
    (
        "accepted, and no time left", ONCE, pending(pending_id="r-2"), FETCHING,
        refused("PUT /x: answered 202; retry_timeout is used up. Check base_url", 202),
    ),
    (
        "the pending answer to a write is gone", WRITE, answer(404), FETCHING,
        unknown("PUT /x: answered 404: the pending answer is gone", 404),
    ),
    (
        "the pending answer is gone", READ, answer(404), FETCHING._replace(left=0),
        refused("PUT /x: answered 404: the pending answer is gone; given up after 1 try, because retry_timeout is used up. Check base_url"),
    ),
    (
        "too many requests, and no time left", WRITE, answer(429, retry_after=9.0), Attempt(left=8),
        refused(
            "PUT /x: answered 429; the wait before another try does not fit into what is left of retry_timeout. Run the task again later, "
            "or raise retry_timeout", 429,
        ),
    ),
    (
        "too many requests, and no time left", WRITE, answer(429, retry_after=9.0), FETCHING._replace(left=8),
        unknown(
            "PUT /x: answered 429; the wait before another try does not fit into what is left of retry_timeout. Run the task again later, "
            f"or raise retry_timeout{MAY_ACT}", 429, None, True,
        ),
    ),
    ("too many requests", ONCE, answer(429, retry_after=9.0), Attempt(), refused("PUT /x: answered 429. Check base_url")),
    ("a write with an uncertain status", WRITE, answer(503), Attempt(), unknown("PUT /x: answered 503", 503, {"errors": []})),
    ("a write with an uncertain status", WRITE, answer(303), Attempt(), unknown("PUT /x: answered 303", 303, {"errors": []})),
    ("a write with an uncertain status", WRITE, answer(504), FETCHING, unknown("PUT /x: answered 504", 504, {"errors": []})),
    ("an uncertain status", ONCE, answer(500), Attempt(), refused("PUT /x: answered 500. Check base_url")),
    (
        "an uncertain status", READ, answer(503, retry_after=9.0), Attempt(left=8),
        refused("PUT /x: answered 503; given up after 1 try, because retry_timeout is used up. Check base_url"),
    ),
    ("refused", WRITE, answer(403), Attempt(), refused("PUT /x: answered 403. Look at it.", 403, {"errors": []})),
    ("refused", READ, answer(303), Attempt(), refused("PUT /x: answered 303. Look at it.", 303, {"errors": []})),
    ("refused", WRITE, answer(501), Attempt(), refused("PUT /x: answered 501. Look at it.", 501, {"errors": []})),
    ("refused", WRITE, answer(400), FETCHING, refused("PUT /x: answered 400. Look at it.", 400, {"errors": []})),
    ("refused", WRITE, answer(401), Attempt(), refused("PUT /x: answered 401. Look at it.", 401, {"errors": []})),
    ("refused", WRITE, answer(401), FETCHING, unknown(f"PUT /x: answered 401. Look at it{MAY_ACT}", 401, None, True)),
    (
        "refused", WRITE, answer(418)._replace(status_advice=""), Attempt(),
        refused("PUT /x: answered 418.", 418, {"errors": []}),
    ),
    ("a write with a body that cannot be read", WRITE, answer(readable=False), Attempt(), unknown("PUT /x: answered 200", 200)),
    (
        "a body that cannot be read, once more", READ, answer(readable=False), Attempt(bad_bodies=2),
        refused("PUT /x: answered 200. Check base_url, the credentials and any proxy in between", 200),
    ),
    (
        "a body that cannot be read, once more", WRITE, answer(readable=False, final=True), FETCHING,
        unknown(f"PUT /x: answered 200. Check base_url, the credentials and any proxy in between{MAY_ACT}", 200, None, True),
    ),
    ("a body that cannot be read", ONCE, answer(readable=False), Attempt(), refused("PUT /x: answered 200. Check base_url")),
]  # fmt: skip

#: By the row that decides: request, outcome, what is known before; and the wait and what is known for the next try.
GOES_ON = [
    ("no answer", READ, broken(sent=True), Attempt(), 0.5, Attempt(tries=1)),
    ("no answer", WRITE, broken(), Attempt(tries=1, reached=False, draw=0.0), 0.5, Attempt(tries=2, reached=False, draw=0.0)),
    ("no answer", WRITE, broken(sent=True), FETCHING, 0.5, FETCHING._replace(tries=1)),
    ("accepted", WRITE, pending(pending_id="r-1"), Attempt(), 2.0, Attempt(pending_id="r-1", polls=1)),
    ("accepted", READ, pending(pending_id="r-2"), FETCHING, 3.0, Attempt(pending_id="r-2", polls=2)),
    ("accepted", WRITE, pending(), FETCHING, 3.0, Attempt(pending_id="r-1", polls=2)),
    ("accepted", ONCE, pending(pending_id="r-1"), Attempt(), 2.0, Attempt(pending_id="r-1", polls=1)),
    ("accepted", WRITE, pending(pending_id="r-1", readable=False), Attempt(), 2.0, Attempt(pending_id="r-1", polls=1)),
    ("the pending answer is gone", READ, answer(404), FETCHING, 0.5, Attempt(polls=1, tries=1)),
    ("too many requests", WRITE, answer(429, retry_after=9.0), Attempt(left=9), 9.0, Attempt(tries=1, left=9)),
    ("too many requests", WRITE, answer(429, retry_after=0.0), Attempt(tries=2), 2.0, Attempt(tries=3)),
    ("too many requests", WRITE, answer(429), Attempt(draw=0.5), 0.375, Attempt(tries=1, draw=0.5)),
    ("too many requests", WRITE, answer(429, retry_after=1.0), FETCHING, 1.0, FETCHING._replace(tries=1)),
    ("an uncertain status", READ, answer(503, retry_after=4.0), Attempt(), 4.0, Attempt(tries=1)),
    ("an uncertain status", SIGN_IN, answer(408), Attempt(), 0.5, Attempt(tries=1)),
    ("an uncertain status", WRITE, answer(503), FETCHING, 0.5, FETCHING._replace(tries=1)),
    ("an uncertain status", READ, answer(504), FETCHING, 0.5, Attempt(polls=1, tries=1)),
    ("a body that cannot be read", READ, answer(readable=False), Attempt(bad_bodies=1), 0.5, Attempt(tries=1, bad_bodies=2)),
    ("a body that cannot be read", WRITE, answer(readable=False), FETCHING, 0.5, FETCHING._replace(tries=1, bad_bodies=1)),
]

RETURNS = [
    (READ, answer(), Attempt()),
    (WRITE, answer(201), Attempt(tries=3)),
    (WRITE, answer(202), Attempt()),
    (WRITE, answer(pending_header="response-id"), FETCHING),
]


def row(request, outcome, attempt):
    """The name of the row that decides."""
    return next(rule.name for rule in RULES if rule.fits(_Case(request, outcome, attempt)))


@pytest.mark.parametrize(("name", "request_", "outcome", "attempt", "error"), ENDS)
def test_what_ends_a_request(name, request_, outcome, attempt, error):
    assert row(request_, outcome, attempt) == name
    assert error_of(decide(request_, outcome, attempt)) == error


@pytest.mark.parametrize(("name", "request_", "outcome", "attempt", "wait", "following"), GOES_ON)
def test_what_is_tried_again(name, request_, outcome, attempt, wait, following):
    assert row(request_, outcome, attempt) == name
    decision = decide(request_, outcome, attempt)
    assert isinstance(decision, Retry) and (decision.wait, decision.attempt) == (wait, following)
    assert decision.counted is (name != "accepted"), "asking for a pending answer is not a retry"
    assert decision.pause == (wait if name == "too many requests" else 0), "only 429 is about all requests"
    assert decision.handed_back is None


@pytest.mark.parametrize(("request_", "outcome", "attempt"), RETURNS)
def test_what_is_returned(request_, outcome, attempt):
    assert row(request_, outcome, attempt) == "success"
    assert decide(request_, outcome, attempt) == Return()


def test_every_row_has_its_case_and_each_name_stands_once():
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    assert {case[0] for case in ENDS + GOES_ON} | {"success"} == set(names)


def test_a_pause_for_all_is_asked_for_also_where_the_request_itself_ends():
    decision = decide(ONCE, answer(429, retry_after=9.0), Attempt())
    assert isinstance(decision, Raise) and decision.pause == 9.0


@pytest.mark.parametrize(("outcome", "message"), [(broken(), "PUT /x: broken"), (answer(429), "PUT /x: answered 429")])
def test_what_the_caller_sends_again_is_handed_back(outcome, message):
    decision = decide(BY_CALLER, outcome, Attempt())
    assert isinstance(decision, Retry) and isinstance(decision.handed_back, NotActed) and str(decision.handed_back) == message
    decision = decide(BY_CALLER._replace(tries=1), answer(503), Attempt(tries=1))
    assert isinstance(decision, Raise), "what it may have acted upon is not"


WRITES = [Request(method, "/x", {}) for method in ("PUT", "POST", "DELETE", "PATCH")]
OUTCOMES = [
    *(broken(sent=sent, late=late, final=final) for sent, late, final in itertools.product((True, False), repeat=3)),
    *(
        answer(status, readable=readable, final=final, pending_header=header, pending_id=header and key)
        for status in (200, 202, 204, 206, 303, 400, 401, 404, 408, 429, 500, 501, 502, 503, 504, 505, 507, 520, 599)
        for readable, final, header, key in itertools.product((True, False), (True, False), ("", "response-id"), ("", "r-1"))
    ),
]


def test_a_write_that_may_have_been_acted_upon_is_never_sent_again():
    """But for its pending answer, which is fetched under its id: that cannot make it twice."""
    for request, outcome in itertools.product(WRITES, OUTCOMES):
        decision = decide(request, outcome, Attempt())
        if isinstance(decision, Retry) and not decision.attempt.pending_id:
            assert outcome.status == 429 or outcome.status is None and not outcome.sent, outcome


def test_a_read_ends_in_no_doubt():
    for outcome, attempt in itertools.product(OUTCOMES, (Attempt(), FETCHING, Attempt(left=0), FETCHING._replace(left=0))):
        decision = decide(READ, outcome, attempt)
        assert not isinstance(decision, Raise) or not isinstance(decision.error, (NotActed, WriteOutcomeUnknown))


def test_a_pending_write_is_never_taken_for_one_that_was_not_made():
    """Only an answer to the write itself says that it was refused."""
    for outcome, attempt in itertools.product(OUTCOMES, (FETCHING, FETCHING._replace(left=0))):
        decision = decide(WRITE, outcome, attempt)
        if isinstance(decision, Raise) and not isinstance(decision.error, WriteOutcomeUnknown):
            assert outcome.status in (400, 501, 505), outcome


def test_no_wait_is_longer_than_the_time_that_is_left():
    for request, outcome, attempt in itertools.product((READ, WRITE, BY_CALLER), OUTCOMES, (Attempt(), FETCHING)):
        for left in (0.0, 0.4, 2.5):
            decision = decide(request, outcome._replace(retry_after=2.0), attempt._replace(left=left))
            assert not isinstance(decision, Retry) or decision.wait <= left


@pytest.mark.parametrize(
    ("request_", "outcome", "lost"),
    [
        (READ, broken(), True), (WRITE, answer(503), True), (READ, answer(readable=False), True), (WRITE, answer(303), True),
        (READ, answer(303), False), (READ, answer(), False), (WRITE, answer(429), False), (READ, answer(403, readable=False), False),
        (READ, pending(readable=False), False), (READ, answer(501), False),
    ],
)  # fmt: skip
def test_the_time_that_a_fault_took_counts_as_waited(request_, outcome, lost):
    assert wasted(request_, outcome) is lost


def test_waits_grow_and_are_spread():
    longest = [backoff(tries, 1.0) for tries in range(9)]
    assert longest[:4] == [0.5, 1.0, 2.0, 4.0] and longest[-1] == 30.0
    assert [backoff(tries, 0.0) for tries in range(9)] == [wait / 2 for wait in longest]
    polls = [poll_wait(polls) for polls in range(9)]
    assert polls[:2] == [2.0, 3.0] and polls == sorted(polls) and polls[-1] == 20.0
