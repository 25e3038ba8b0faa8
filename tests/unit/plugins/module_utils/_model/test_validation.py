# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coercion, errors with paths, and that the schemas are what the specs say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model import validation
from ansible_collections.secops.policy.plugins.module_utils._model.plan import longest_increasing_run
from ansible_collections.secops.policy.plugins.module_utils._model.validation import coerce, schema_errors
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.config import SCHEMA as TARGETS
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.config import SCHEMA as APPLICATIONS
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.config import ARGUMENTS, SCHEMA
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

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


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=2) | st.just([]) | st.just({})


def values(schema, wrong):
    """What a schema describes; ``wrong``: and now and then something else, in any place."""
    kind = schema["type"]
    if kind == "object":
        known = {name: values(part, wrong) for name, part in schema["properties"].items()}
        required = {name: known.pop(name) for name in schema.get("required", ())}
        made = st.fixed_dictionaries(required, optional=known)
        made = made | st.dictionaries(st.sampled_from(["other", *known]), ANYTHING, max_size=2) if wrong else made
    elif kind == "array":
        made = st.lists(values(schema["items"], wrong), min_size=0 if wrong else schema.get("minItems", 0), max_size=2)
    elif kind == "string":
        made = st.sampled_from(schema["enum"]) if "enum" in schema else st.text(min_size=schema.get("minLength", 0), max_size=2)
    else:
        made = st.booleans() if kind == "boolean" else st.integers(min_value=schema.get("minimum"))
    return made | ANYTHING if wrong else made


@pytest.mark.parametrize("schema", [SCHEMA, APPLICATIONS, TARGETS], ids=["sentry", "applications", "targets"])
@given(data=st.data())
def test_what_is_valid_beyond_doubt_is_valid(schema, data):
    """The quick answer is never another one than that of jsonschema, and it is given for all that is valid."""
    whole = {"type": "array", "items": schema}
    assert validation._fits(whole, data.draw(values(whole, wrong=False)))
    value = data.draw(values(whole, wrong=True))
    if validation._fits(whole, value):
        assert list(Draft202012Validator(whole).iter_errors(value)) == []


@pytest.mark.parametrize(
    "schema", [{"type": ["string", "null"]}, {"type": "string", "pattern": "x"}, {"anyOf": []}, {"type": "integer", "enum": [1]}]
)
def test_what_the_quick_answer_does_not_know_is_left_to_jsonschema(schema):
    assert not any(validation._fits(schema, value) for value in ("x", 1, None))
