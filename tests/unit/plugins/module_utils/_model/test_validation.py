# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coercion, errors with paths, and that the schemas are what the specs say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.plan import longest_increasing_run
from ansible_collections.secops.policy.plugins.module_utils._model.validation import coerce, schema_errors
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.config import ARGUMENTS, SCHEMA
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[5]


def test_the_schemas_are_derived_from_the_specs():
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "specs" / "derive.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("value", "spec", "desired"),
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
def test_values_are_coerced_as_ansible_does_and_else_left(value, spec, desired):
    assert coerce(value, spec) == desired


def test_every_error_has_its_path():
    config = [
        {"network_id": "", "policies": [{"scope": "some", "tags": "x", "colour": "red"}]},
        "text",
        {"network_tags": []},
        {"policies": None},
    ]
    assert {item["path"] for item in schema_errors(SCHEMA, config)} == {
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
    from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.config import rule_errors

    config = coerce(value, ARGUMENTS["config"])
    errors = schema_errors(SCHEMA, config)
    assert all(item["path"].startswith("config") and item["message"] for item in errors)
    for state in ("merged", "replaced", "deleted", "gathered"):
        rule_errors(config if isinstance(config, list) else [], state)


@given(st.permutations(range(9)))
def test_what_is_kept_in_place_is_a_longest_increasing_run(order):
    kept = sorted(longest_increasing_run([[position] for position in order]))
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
    from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.schema import NETWORK

    unit = ARGUMENTS["config"]["options"]
    policy = unit["policies"]["options"]
    assert set(unit) - set(NETWORK["properties"]) == {"network", "network_tags"}
    assert set(policy) - set(NETWORK["properties"]["policies"]["items"]["properties"]) == {"sm_network", "group_policy"}
    assert set(NETWORK["properties"]) <= set(unit) and set(NETWORK["properties"]["policies"]["items"]["properties"]) <= set(policy)
    assert policy["scope"]["choices"] == NETWORK["properties"]["policies"]["items"]["properties"]["scope"]["enum"]
    assert set(SCHEMA["properties"]) == set(unit)
    assert set(SCHEMA["properties"]["policies"]["items"]["properties"]) == set(policy)
