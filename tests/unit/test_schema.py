# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coercion, faults with paths, and that the schemas are what the specs say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.secops.policy.plugins.module_utils import _eset_assignment_config, _private_app_config
from ansible_collections.secops.policy.plugins.module_utils._plan import kept_in_place
from ansible_collections.secops.policy.plugins.module_utils._schema import coerce, fits, schema_faults
from ansible_collections.secops.policy.plugins.module_utils._sentry import ARGUMENTS
from ansible_collections.secops.policy.plugins.module_utils._sentry_config import SCHEMA
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]


def test_the_schemas_are_derived_from_the_specs():
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "specs" / "derive.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("value", "spec", "wanted"),
    [
        (101, {"type": "str"}, "101"),
        ("1", {"type": "int"}, 1),
        ("yes", {"type": "bool"}, True),
        ("True", {"type": "bool"}, True),
        ("a,b", {"type": "list", "elements": "str"}, ["a", "b"]),
        ([1, "b"], {"type": "list", "elements": "str"}, ["1", "b"]),
        ({"a": None, "b": 1}, {"type": "dict", "options": {"a": {"type": "str"}, "b": {"type": "str"}}}, {"b": "1"}),
        ({"policies": None}, {"type": "dict", "options": {"policies": {"type": "list"}}}, {"policies": None}),
        ({"unknown": 1}, {"type": "dict", "options": {"a": {"type": "str"}}}, {"unknown": 1}),
        (["x"], {"type": "str"}, ["x"]),
        ("many", {"type": "int"}, "many"),
        (True, {"type": "int"}, True),
    ],
)
def test_values_are_coerced_as_ansible_does_and_else_left(value, spec, wanted):
    assert coerce(value, spec) == wanted


def test_every_fault_has_its_path():
    config = [
        {"network_id": "", "policies": [{"scope": "some", "tags": "x", "colour": "red"}]},
        "text",
        {"network_tags": []},
        {"policies": None},
    ]
    assert {item["path"] for item in schema_faults(SCHEMA, config)} == {
        "config[0].network_id", "config[0].policies[0].scope", "config[0].policies[0].tags", "config[0].policies[0].colour",
        "config[1]", "config[2].network_tags", "config[3].policies",
    }  # fmt: skip


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["network_id", "policies", "scope", "tags", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_input_at_all_trips_the_validation(value):
    from ansible_collections.secops.policy.plugins.module_utils._sentry_config import rule_faults

    config = coerce(value, ARGUMENTS["config"])
    faults = schema_faults(SCHEMA, config)
    assert all(item["path"].startswith("config") and item["message"] for item in faults)
    for state in ("merged", "replaced", "deleted", "gathered"):
        rule_faults(config if isinstance(config, list) else [], state)


def _close_to(schema):
    """Values that a schema allows, and such that miss it by a little."""
    odd = (
        st.none() | st.booleans() | st.integers(-1, 2) | st.just(1.0) | st.sampled_from(["", "all", "browser"]) | st.just([]) | st.just({})
    )
    kind = schema.get("type")
    if kind == "object":
        parts = {key: _close_to(part) for key, part in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional={**parts, "colour": odd}) | odd
    if kind == "array":
        return st.lists(_close_to(schema["items"]), max_size=2) | odd
    return {"string": st.sampled_from(schema.get("enum", ["", "a"])), "integer": st.integers(-1, 2)}.get(kind, odd) | odd


SCHEMAS = {"sentry": SCHEMA, "applications": _private_app_config.SCHEMA, "eset": _eset_assignment_config.SCHEMA}


@settings(max_examples=300)
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@given(data=st.data())
def test_what_is_said_to_fit_is_what_jsonschema_accepts(schema, data):
    """A yes is right; and, so that the short way is taken where it can be, so is a no but for numbers such as 1.0."""
    value = data.draw(_close_to(schema))
    accepted = Draft202012Validator(schema).is_valid(value)
    assert fits(schema, value) == accepted or accepted and "1.0" in str(value)


def test_what_is_not_known_to_fit_is_left_to_jsonschema():
    assert not fits({"type": "string", "pattern": "a"}, "a")
    assert not fits({"type": "null"}, None)
    assert schema_faults({"type": "string", "pattern": "a"}, ["a"]) == []
    assert [item["path"] for item in schema_faults({"type": "string", "pattern": "a"}, ["b"])] == ["config[0]"]


@given(st.permutations(range(9)))
def test_what_is_kept_in_place_is_a_longest_increasing_run(order):
    kept = sorted(kept_in_place([[position] for position in order]))
    values = [order[index] for index in kept]
    assert values == sorted(values)
    best = [1] * len(order)
    for late in range(len(order)):
        for early in range(late):
            if order[early] < order[late]:
                best[late] = max(best[late], best[early] + 1)
    assert len(kept) == max(best)


def test_the_options_are_the_specs_fields_and_the_documented_names():
    """Every field of the vendor's schema is an option, and what is more stands for an id."""
    from ansible_collections.secops.policy.plugins.module_utils._schemas.sentry import NETWORK

    unit = ARGUMENTS["config"]["options"]
    policy = unit["policies"]["options"]
    assert set(unit) - set(NETWORK["properties"]) == {"network", "network_tags"}
    assert set(policy) - set(NETWORK["properties"]["policies"]["items"]["properties"]) == {"sm_network", "group_policy"}
    assert set(NETWORK["properties"]) <= set(unit) and set(NETWORK["properties"]["policies"]["items"]["properties"]) <= set(policy)
    assert policy["scope"]["choices"] == NETWORK["properties"]["policies"]["items"]["properties"]["scope"]["enum"]
    assert set(SCHEMA["properties"]) == set(unit)
    assert set(SCHEMA["properties"]["policies"]["items"]["properties"]) == set(policy)
