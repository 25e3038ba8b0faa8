# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An approval is an equal digest and nothing else, whatever stands in its place."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import apply, snapshot
from ansible_collections.secops.policy.tests.support.drift_samples import APPLICATION, DRIFTED, ESET, IN_SYNC, SENTRY, planned
from hypothesis import given
from hypothesis import strategies as st

OTHER = "0" * 64
MODULES = (ESET, SENTRY, APPLICATION)
#: What a variable may hold that somebody takes for an approval.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.sampled_from(
        [DRIFTED.upper(), f" {DRIFTED}", f"{DRIFTED}\n", DRIFTED[:-1], IN_SYNC, OTHER, f'{{"{APPLICATION}": "{DRIFTED}"}}', "null", "omit"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*MODULES, "digests"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def changes():
    return {**planned([], [{"name": "Jira"}], created=1), "requests": [{"method": "POST"}]}


def paths(plans, expected, required):
    return [item["path"] for item in apply.approval_errors(plans, expected, required)]


@given(ANYTHING, st.booleans())
def test_only_an_equal_digest_approves(anything, required):
    """For the whole, and for one module of it."""
    plans = {APPLICATION: changes()}
    equal = isinstance(anything, dict) and anything.get(APPLICATION) == DRIFTED
    if not equal and (required or anything != {}):
        assert paths(plans, anything, required)
    if anything != DRIFTED:
        assert paths(plans, {APPLICATION: anything}, required)
    assert paths(plans, {APPLICATION: DRIFTED}, required) == []
    assert paths({APPLICATION: planned()}, {APPLICATION: OTHER}, required) == [], "where nothing changes nothing needs an approval"


@given(st.sets(st.sampled_from(MODULES)), st.sets(st.sampled_from(MODULES)), st.booleans())
def test_every_module_that_changes_needs_its_own(changing, approved, required):
    plans = {name: changes() if name in changing else planned() for name in MODULES}
    found = paths(plans, dict.fromkeys(approved, DRIFTED), required)
    lacking = [name for name in MODULES if name in changing - approved]
    assert found == [f"secops_policy.{name}" for name in lacking if approved or required]


@pytest.mark.parametrize(
    ("expected", "path", "says"),
    [
        (None, "apply_expected_plans", "it is null"),
        ("", "apply_expected_plans", 'it is ""'),
        ([], "apply_expected_plans", "it is []"),
        ({APPLICATION: None}, f"apply_expected_plans.{APPLICATION}", "64 hexadecimal digits in lower case; it is null"),
        ({APPLICATION: DRIFTED.upper()}, f"apply_expected_plans.{APPLICATION}", "in lower case"),
        ({APPLICATION: [DRIFTED]}, f"apply_expected_plans.{APPLICATION}", "64 hexadecimal digits"),
        ({APPLICATION: "x" * 500}, f"apply_expected_plans.{APPLICATION}", "..."),
        ({APPLICATION: DRIFTED, "meraki_private_apps": DRIFTED}, "apply_expected_plans.meraki_private_apps", "is not a module"),
        ({APPLICATION: OTHER}, f"secops_policy.{APPLICATION}", f"apply_expected_plans has {OTHER}. Its plan_digest is {DRIFTED}"),
        ({SENTRY: OTHER}, f"secops_policy.{APPLICATION}", "nobody has approved it: its plan is not in apply_expected_plans"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once_where_it_stands(expected, path, says):
    (found,) = apply.approval_errors({APPLICATION: changes()}, expected, True)
    assert found["path"] == path and says in found["message"] and len(found["message"]) < 400


@pytest.mark.parametrize(
    ("expected", "says"), [({APPLICATION: OTHER}, f"the approved report has {OTHER}"), ({}, "is not in the approved report")]
)
def test_an_approval_from_a_report_is_called_so(expected, says):
    (found,) = apply.approval_errors({APPLICATION: changes()}, expected, True, report=True)
    assert says in found["message"] and "audit again" in found["message"] and "apply_expected_plans" not in found["message"]


def test_requests_with_unknown_outcome_are_counted_by_themselves():
    """As the module's own failure counts them."""
    gone = {"method": "DELETE", "path": "/x", "outcome": "unknown"}
    result = {"failed": True, "changed": True, "stats": {}, "requests": [{"method": "POST", "path": "/x"}, gone], "pending": [gone]}
    became = snapshot.outcome(result)
    assert became == {"state": "failed", "made": 1, "pending": 0, "unknown": 1}
    plan = {"plan_digest": DRIFTED, "requests": [{}], "summary": {}}
    said = apply.account({APPLICATION: plan}, {APPLICATION: became}, False)["msg"]
    assert said.endswith("FAILED, 1 requests made, 1 with unknown outcome, 0 not (see the task that failed)")
