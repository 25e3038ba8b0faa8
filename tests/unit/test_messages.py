# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""That a test fails where a failure says what no user should read."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.tests import conftest
from ansible_collections.secops.policy.tests.support import messages

pytestmark = pytest.mark.once

UUID = "7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0001"


def failure(message, path="config[0]"):
    return {"msg": f"An error. {path}: {message}", "errors": [{"path": path, "message": message}]}


BY_NAME = {"config": [{"network": "Branch 1", "policies": [{"group_policy": "Guest"}]}]}
BY_ID = {"config": [{"network": "Branch 1", "network_id": "N_1"}]}
TARGET = {"config": [{"target": {"device_group": "Servers"}, "policies": [{"policy": "USB control"}]}]}


@pytest.mark.parametrize(
    ("result", "given"),
    [
        ({"msg": "Nothing was written. internal error, please report it: KeyError: 'x'"}, {}),
        ({"msg": "Traceback (most recent call last): ..."}, {}),
        ({"msg": "It is gone.; try again"}, None),
        ({"msg": "It is gone.. Try again"}, None),
        ({"failure": f"must not be '__omit_place_holder__{'0' * 40}'"}, None),
        (failure("network N_1 is listed twice"), BY_NAME),
        (failure("the group policy 101 is not there", "config[0].policies[0].group_policy"), BY_NAME),
        (failure(f"device group {UUID} is listed twice", "config[0].target"), TARGET),
        (failure(f"policy {UUID} is listed twice", "config[0].policies[0]"), TARGET),
        (failure("'x' is taken by the application 5009", "config[0].name"), {"config": [{"name": "x"}]}),
    ],
    ids=str,
)
def test_what_no_user_should_read_is_found(result, given):
    assert messages.flaws(result, given)


@pytest.mark.parametrize(
    ("result", "given"),
    [
        (failure("network Branch 1 (N_1) is listed twice"), BY_NAME),
        (failure("network N_1 is listed twice"), BY_ID),
        (failure("the API lists it without its policies", "organization: network N_2"), BY_NAME),
        ({"msg": "GET /networks/N_1/groupPolicies: answered 404"}, BY_NAME),
        ({"msg": "a. and 3 more ..., under errors"}, None),
        ({"errors": "3 errors, too many to show"}, None),
    ],
    ids=str,
)
def test_what_a_user_can_do_something_with_is_not(result, given):
    assert messages.flaws(result, given) == []


@pytest.mark.parametrize("exempt", [False, True])
def test_the_test_that_meets_it_fails(request, exempt):
    """As pytest calls it around a test. What was met before does not count."""
    item = request.node
    if exempt:
        item.add_marker(pytest.mark.internal_error)
    messages.found.append("of another test")
    around = conftest.pytest_runtest_call(item)
    next(around)
    messages.record({"msg": "internal error"}, {})
    assert messages.found == [], "it did not fail"
    messages.record({"failed": True, "msg": "internal error"}, {})
    with pytest.raises(StopIteration if exempt else AssertionError) as ended:
        around.send(None)
    assert exempt or "'internal error' in: internal error" in str(ended.value)
    messages.found.clear()
