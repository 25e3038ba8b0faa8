# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a scope: any tree of groups, also one that is none."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index
from ansible_collections.secops.policy.plugins.module_utils._model.plan import ValidationErrors
from ansible_collections.secops.policy.plugins.module_utils._model.validation import schema_errors
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.config import SCHEMA, Names, Target, resolve
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.order import Assigned
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.plan import Current, plan
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.scope import (
    WHERE,
    Scope,
    option_errors,
    subtree,
    top,
)
from hypothesis import given
from hypothesis import strategies as st

NAMES = "abcdef"


def tree(parents):
    return [{"uuid": name, "parentGroupUuid": parent} for name, parent in parents.items()]


def below(name, parents):
    """Whether a walk up from a group comes to the top; the top is ``a``."""
    seen = []
    while name is not None and name not in seen:
        if name == "a":
            return True
        seen.append(name)
        name = parents.get(name)
    return False


@given(st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from([*NAMES, "elsewhere", ""])))
def test_a_group_is_inside_if_the_walk_up_from_it_comes_to_the_top(parents):
    assert subtree("a", tree(parents)) - {"a"} == {name for name in parents if name != "a" and below(name, parents)}


SCOPE = Scope("a", Index("device group", [("a", "A"), ("b", "B")], WHERE), Index("device", [("d", "D")], WHERE))


def test_what_is_inside():
    inside = [Target("device_group_uuid", "a"), Target("device_group_uuid", "b"), Target("device_uuid", "d")]
    outside = [Target("device_group_uuid", "d"), Target("device_uuid", "a"), Target("subscription_uuid", "a")]
    assert all(map(SCOPE.holds, inside)) and not any(map(SCOPE.holds, outside))
    assert not SCOPE._replace(devices=None).holds(Target("device_uuid", "d"))


@given(
    st.lists(st.tuples(st.sampled_from(["device_group_uuid", "device_uuid"]), st.sampled_from("abde")), unique=True, min_size=1),
    st.sampled_from(["merged", "replaced", "overridden", "deleted"]),
)
def test_no_plan_concerns_what_is_outside(listed, state):
    """Either every listed target is inside, or nothing is planned and each that is not is named."""
    config = [{"target": {kind: uuid}, "policies": [{"policy_uuid": "P"}]} for kind, uuid in listed]
    assert not schema_errors(SCHEMA, config)
    stacks = {target: [Assigned("Q", f"x{target.uuid}", 1)] for target in (Target("device_group_uuid", "b"), Target("device_uuid", "d"))}
    current = Current(stacks, Names(groups=SCOPE.groups, devices=SCOPE.devices), scope=SCOPE)
    desired = resolve(config, state, Names())
    wrong = [f"config[{number}].target.{kind}" for number, (kind, uuid) in enumerate(listed) if not SCOPE.holds(Target(kind, uuid))]
    if wrong:
        with pytest.raises(ValidationErrors) as caught:
            plan(current, desired, state)
        assert [item["path"] for item in caught.value.errors] == wrong
    else:
        assert all(SCOPE.holds(Target(*key.split(" "))) for key in plan(current, desired, state).expected)


def test_the_group_is_found_by_name_path_or_id():
    index = Index("device group", [("a", "Acme"), ("b", "Twice"), ("c", "Twice")], paths=[("b", "All/Twice"), ("c", "All/Acme/Twice")])
    right = ({"device_group": "Acme"}, {"device_group": "All/Acme/Twice"}, {"device_group_uuid": "b"})
    assert [top(one, index) for one in right] == ["a", "c", "b"]
    for given_ in ({"device_group": "Twice"}, {"device_group_uuid": "x"}, {"device_group": "Acme", "device_group_uuid": "b"}):
        with pytest.raises(ValidationErrors):
            top(given_, index)


def test_what_can_be_told_without_reading():
    assert option_errors(None, [{"target": {"subscription_uuid": "s"}}]) == []
    assert [item["path"] for item in option_errors({"device_group": None, "device_group_uuid": ""}, [])] == ["scope"]
    config = [{}, None, {"target": "x"}, {"target": {"subscription_uuid": "s"}}]
    assert [item["path"] for item in option_errors({"device_group": "A"}, config)] == ["config[3].target.subscription_uuid"]
