# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts by object: they agree with the modules' own counts, whatever is there and whatever is wanted, and their ids hold."""

from __future__ import annotations

from collections import Counter
from urllib.parse import unquote_to_bytes

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index
from ansible_collections.secops.policy.plugins.module_utils._model.plan import ValidationErrors
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment import plan as eset_planner
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.config import (
    Desired,
    DesiredPolicy,
    DesiredTarget,
    Names,
    Target,
)
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.order import Assigned
from ansible_collections.secops.policy.plugins.plugin_utils._drift.items import items, segment
from ansible_collections.secops.policy.tests.support.drift_samples import (
    APPLICATION,
    ESET,
    SENTRY,
    application,
    network,
    planned,
    policy,
    stack,
)
from ansible_collections.secops.policy.tests.support.examples import examples
from ansible_collections.secops.policy.tests.unit.plugins.module_utils._resources.meraki_private_app import (
    test_plan as test_private_app_plan,
)
from ansible_collections.secops.policy.tests.unit.plugins.module_utils._resources.meraki_private_app import (
    test_private_resources,
)
from ansible_collections.secops.policy.tests.unit.plugins.module_utils._resources.meraki_sentry_assignments import (
    test_plan as test_sentry_plan,
)
from hypothesis import given
from hypothesis import strategies as st

COUNTS = {"missing": "created", "changed": "updated", "moved": "moved", "extra": "deleted"}


def verdicts(module, plan, config=None):
    """How many items have each verdict, by the names that ``summary`` has for it; and the items themselves."""
    found = items(module, "t", {"before": plan.before, "after": plan.after}, config)
    ids = [item["id"] for item in found]
    assert len(set(ids)) == len(ids), "two items have one id"
    assert bool(found) == bool(plan.requests)
    counts = Counter(item["verdict"] for item in found)
    return {name: counts[verdict] for verdict, name in COUNTS.items()}, found


@examples(400)
@given(test_sentry_plan.cases())
def test_sentry_policies_are_counted_as_the_module_counts_them(case):
    current, desired, state = case
    plan = test_sentry_plan.planned_from(current, desired, state)
    counts, _found = verdicts(SENTRY, plan)
    assert counts == {name: plan.summary[name] for name in COUNTS.values()}


@examples(300)
@given(test_private_app_plan.cases() | test_private_app_plan.shuffles())
def test_applications_are_counted_as_the_module_counts_them(case):
    applications, config, state = case
    try:
        plan = test_private_app_plan.Organization(applications).plan(config, state, test_private_app_plan.ALLOWED)
    except ValidationErrors:
        return
    counts, found = verdicts(APPLICATION, plan)
    assert counts == {name: plan.summary[name] for name in COUNTS.values()}
    assert all(item["fields"] for item in found), "an application that changes has fields that do"


@examples(100)
@given(test_private_resources.cases())
def test_private_resources_are_counted_as_the_module_counts_them(case):
    stored, config, state = case
    try:
        plan = test_private_resources.Organization(stored).plan(config, state, test_private_resources.ALLOWED)
    except ValidationErrors:
        return
    counts, found = verdicts(APPLICATION, plan)
    assert counts == {name: plan.summary[name] for name in COUNTS.values()}
    ids = {unit["resource_id"] for unit in plan.before}
    assert {item["unit"]["id"] for item in found if item["verdict"] != "missing"} == ids
    assert all(item["fields"] for item in found)


def test_a_group_that_is_yet_to_be_made_is_shown_by_its_name():
    before = {"resource_id": "5", "name": "Desk", "destinations": [], "resource_group_ids": ["1"], "application_groups": ["West"]}
    after = {**before, "resource_group_ids": ["1", "<new>", "<new>"], "application_groups": ["West", "North", "South"]}
    # The second entry is the other one that its id of the other API does not name.
    config = [{"resource_id": "5", "name": "Table"}, {"application_id": "5", "name": "Table"}]
    item, in_sync = items(APPLICATION, "t", {"before": [before], "after": [after]}, config)
    assert (in_sync["verdict"], in_sync["unit"]["name"]) == ("in_sync", "Table")
    assert [(field["field"], field["desired"]) for field in item["fields"]] == [
        ("resource_group_ids", "<new> North"),
        ("resource_group_ids", "<new> South"),
    ]


@st.composite
def stacks(draw):
    """Targets with stacks, some with a policy twice, and what is desired of them."""
    policies = st.sampled_from(["p1", "p2", "p3", "p4", "p5"])
    targets = [Target("device_uuid", f"d{number}") for number in range(draw(st.integers(1, 3)))]
    current = {}
    for target in targets:
        listed = draw(st.lists(policies, max_size=6))
        current[target] = [Assigned(name, f"{target.uuid}-{rank}", rank) for rank, name in enumerate(listed, start=1)]
    state = draw(st.sampled_from(["merged", "replaced", "overridden", "deleted"]))
    desired = []
    for number, target in enumerate(draw(st.lists(st.sampled_from(targets), unique=True))):
        listed = draw(st.lists(policies, unique=True, max_size=5))
        made = [DesiredPolicy(f"config[{number}]", name, None, True) for name in listed]
        desired.append(DesiredTarget(f"config[{number}]", target, True, made))
    return eset_planner.Current({target: stack for target, stack in current.items() if stack}, Names()), Desired(desired), state


@examples(400)
@given(stacks())
def test_assignments_are_counted_as_the_module_counts_them(case):
    current, desired, state = case
    plan = eset_planner.plan(current, desired, state)
    counts, _found = verdicts(ESET, plan)
    summary = {name: plan.summary[name] for name in COUNTS.values()}
    if any(len(stack) != len({one.policy for one in stack}) for stack in current.stacks.values()):
        # before and after list a policy once that is assigned twice: the target is seen to differ, the copies are not counted.
        assert counts["created"] == summary["created"] and counts["deleted"] <= summary["deleted"] + len(current.stacks)
    else:
        assert counts == summary


def test_fields_say_what_is_there_and_what_is_wanted():
    """By what they mean: a bare address is its /32, tags are a set; names stand beside ids and are no difference."""
    current = application("Jira", "501", "443", application_group_ids=["g1", "g2"])
    desired = application("Jira", "501", "443,8443", application_group_ids=["g2", "g3"], application_groups=["East", "West"])
    desired["destinations"] += [
        {"destination_addr": ["10.0.0.9"], "protocol_ports": [{"protocol": "tcp", "ports": "1"}], "access_type": "network"}
    ]
    desired["destinations"][0]["destination_addr"] = ["172.16.0.1"]
    current["destinations"].insert(
        0, {"destination_addr": ["10.0.0.9/32"], "protocol_ports": [{"protocol": "TCP", "ports": "1"}], "access_type": "network"}
    )
    (item,) = items(APPLICATION, "t", planned([current], [desired]), None)
    assert item["verdict"] == "changed" and item["id"] == "t/501"
    shown = [(field["field"], field["actual"] is None, field["desired"] is None) for field in item["fields"]]
    assert shown == [(field, not new, new) for field in ("destinations", "application_group_ids") for new in (True, False)]
    assert item["fields"][1]["desired"]["protocol_ports"] == [{"protocol": "TCP", "ports": "443,8443"}]
    assert item["fields"][3] == {"field": "application_group_ids", "actual": None, "desired": "g3", "names": {"g3": "West"}}


def test_a_rename_is_a_change_of_the_application_that_is_there():
    (item,) = items(APPLICATION, "t", planned([application("Jira", "501")], [application("Desk", "501")]), None)
    assert (item["verdict"], item["unit"]) == ("changed", {"id": "501", "name": "Jira"})
    assert item["fields"] == [{"field": "name", "actual": "Jira", "desired": "Desk"}]


def test_units_of_the_config_that_are_as_they_should_be():
    current, desired = network(1, policy("11"), name="Berlin"), network(1, name="Berlin")
    config = [{"network": "Berlin", "policies": []}, {"network_id": "N_2", "policies": []}, {"network": "Rome", "policies": []}]
    found = items(SENTRY, "t", planned([current], [desired]), config)
    assert [(item["verdict"], item["id"]) for item in found] == [("extra", "t/N_1/11"), ("in_sync", "t/N_2"), ("in_sync", "t/name:Rome")]
    # Which networks carry tags is not told: in sync as a whole, or not said.
    tagged = [{"network_tags": ["a", "b"], "policies": []}]
    assert [item["verdict"] for item in items(SENTRY, "t", planned([current], [desired]), tagged)] == ["extra"]
    (item,) = items(SENTRY, "t", planned([current], [desired]), [*config[:1], *tagged])[1:]
    assert item["unit"]["name"] == "networks tagged a and b"
    # A group by its path is the one that the module names by a shorter one.
    before, after = stack("g-1", ("p-1", "Base"), name="Berlin"), stack("g-1", name="Berlin")
    config = [
        {"target": {"device_group": "All/Servers/Berlin"}},
        {"target": {"device_group": "Munich"}},
        {"target": {"subscription_uuid": "s-1"}},
    ]
    found = items(ESET, "t", planned([before], [after]), config)
    assert [item["id"] for item in found] == ["t/g-1/p-1", "t/name:Munich", "t/s-1"]


@pytest.mark.parametrize("config", [None, "text", [None, 1, "x"], [{}], {"network": "x"}, [{"target": 1}, {"target": {}}]])
@pytest.mark.parametrize("module", [SENTRY, APPLICATION, ESET])
def test_a_config_in_an_odd_shape_breaks_nothing(module, config):
    """Ansible coerces what it can: what the module took without an error need not be a list of dictionaries here."""
    assert all(item["verdict"] == "in_sync" for item in items(module, "t", planned(), config))


@given(st.text())
def test_segments_hold_nothing_that_separates_and_no_two_are_alike(text):
    made = segment(text)
    assert not set(made) & set("/*#:,\n\r<>\"'{}") and made.isprintable()
    assert bytes(_unquoted(made), "utf-8", "surrogatepass").decode("utf-8", "surrogatepass") == text


def _unquoted(text):
    return unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def test_equal_policies_have_ids_of_their_own():
    found = items(SENTRY, "t", planned([network(1)], [network(1, policy(), policy())]), None)
    assert [item["id"] for item in found] == ["t/N_1/all::N_SM:101", "t/N_1/all::N_SM:101#2"]


def test_a_target_that_is_not_listed_and_whose_name_was_not_read():
    current = eset_planner.Current(
        {Target("device_group_uuid", "g"): [Assigned("p1", "a", 1)]},
        Names(policies=Index("policy", [("p1", "Base")])),
    )
    _counts, (item,) = verdicts(ESET, eset_planner.plan(current, Desired(), "overridden"))
    assert (item["unit"], item["object"]) == ({"id": "g", "name": ""}, {"id": "p1", "name": "Base"})
