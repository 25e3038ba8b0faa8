# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the roles: each is converted once, at the entrance, and nothing that follows uses a variable as it was given."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.secops.policy.plugins.plugin_utils._resources import (
    RESOURCES,
    misspelled,
    resembling,
    variable,
    vendors,
)
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import role_options

ROOT = Path(__file__).resolve().parents[5]
ROLES = sorted(folder.name for folder in (ROOT / "roles").iterdir())
#: What is an expression by its key alone, without braces.
CONDITIONS = ("when", "that", "until", "failed_when", "changed_when")


def options_of(role):
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["argument_specs"]["main"]["options"]


def own(role):
    return role_options.own(f"{role}_", options_of(role))


OPTIONS = [(role, name) for role in ROLES for name in own(role)]


def files(role, *folders):
    return [path for folder in folders for path in sorted((ROOT / "roles" / role / folder).glob("*.yml"))]


def expressions(data, condition=False):
    """All that Ansible evaluates in a file."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from expressions(value, key in CONDITIONS)
    elif isinstance(data, list):
        for value in data:
            yield from expressions(value, condition)
    elif isinstance(data, str):
        yield from [data] if condition else re.findall(r"{{.*?}}|{%.*?%}", data, re.DOTALL)


def used(role):
    return [text for path in files(role, "tasks", "vars") for text in expressions(yaml.safe_load(path.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_takes_its_options_before_anything_else(role):
    first = yaml.safe_load((ROOT / "roles" / role / "tasks" / "main.yml").read_text(encoding="utf-8"))[0]
    assert "secops.policy.policy_options" in first and first["register"] == f"__{role}_setup"
    assert set(first) <= {"name", "secops.policy.policy_options", "register", "no_log", "tags"}, "on every host, whatever its variables say"
    assert first.get("tags", "always") == "always"


@pytest.mark.parametrize(("role", "name"), OPTIONS)
def test_an_option_is_used_as_it_was_converted_and_in_no_other_way(role, name):
    raw, taken = re.compile(rf"(?<![\w.]){name}(?!\w)"), f"__{role}_setup.options.{name.removeprefix(f'{role}_')}"
    assert [text for text in used(role) if raw.search(text)] == []
    assert any(re.search(rf"(?<!\w){re.escape(taken)}(?!\w)", text) for text in used(role))


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_uses_is_an_option(role):
    asked = {name for text in used(role) for name in re.findall(rf"(?<!\w)__{role}_setup\.options\.(\w+)", text)}
    assert {f"{role}_{name}" for name in asked} == set(own(role))
    others = set(options_of(role)) - set(own(role))
    taken = {variable(vendor, option) for vendor in vendors() for option in vendor.arguments}
    assert others <= {"secops_policy", *taken}, "what the role does not convert is converted by the modules that it runs"


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_specs(role):
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    templates = {name for name, value in defaults.items() if isinstance(value, str) and "{{" in value}
    specs = {name: option["default"] for name, option in own(role).items() if "default" in option}
    assert {name: value for name, value in defaults.items() if name not in templates and value not in ("", None)} == {
        name: value for name, value in specs.items() if value not in ("", None)
    }
    assert set(defaults) <= set(own(role)) and not templates & set(specs)


def samples(option):
    """Values of an option's type as JSON has them, each of them as a command line gives it."""
    kind, choices = option["type"], option.get("choices")
    if kind == "dict" and "options" in option:
        return [{name: samples(inner)[0] for name, inner in option["options"].items()}]
    if kind == "dict":
        return [{"a": "1"}, {}]
    if kind == "list":
        element = {"type": option["elements"], **{key: option[key] for key in ("choices", "options") if key in option}}
        return [samples(element)[:1], *([] if option["elements"] == "dict" else [samples(element)])]
    return {"bool": [False, True], "int": [7, 0], "float": [1.5, 24.0], "str": choices or ["a text", ""]}[kind]


def texts(value):
    """The same value with text in place of what is none: as ``-e name=value`` gives it, and as it may stand in a dictionary or a list."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [json.dumps(value), {key: texts(inner)[0] for key, inner in value.items()}]
    if isinstance(value, list):
        # Ansible takes a list from a text with commas, and has no text for a list of dictionaries.
        return [[texts(item)[-1] for item in value], *([",".join(value)] if all(isinstance(item, str) for item in value) else [])]
    return [json.dumps(value), str(value)]


@pytest.mark.parametrize(("role", "name"), OPTIONS)
def test_a_text_becomes_what_the_spec_says_it_is(role, name):
    prefix, option = f"{role}_", own(role)[name]
    spec = {name: option}
    for value in samples(option):
        for text in texts(value):
            assert role_options.converted(prefix, spec, {name: text}) == ({name.removeprefix(prefix): value}, [])
    default = option.get("default")
    for given in ({}, {name: None}):
        found, errors = role_options.converted(prefix, {name: {**option, "required": False}}, given)
        assert errors == []
        if default is None:
            assert found == {}, "so that a template can ask whether it is defined"
        elif option.get("options") is None:
            assert found == {name.removeprefix(prefix): default}


@pytest.mark.parametrize(
    ("role", "name"),
    [(role, name) for role, name in OPTIONS if own(role)[name]["type"] in ("bool", "int") or own(role)[name].get("choices")],
)
def test_what_is_of_no_use_is_an_error(role, name):
    _found, errors = role_options.converted(f"{role}_", {name: own(role)[name]}, {name: "perhaps"})
    assert len(errors) == 1 and name in errors[0]


def test_nulls_count_as_left_out_and_what_users_name_themselves_stays():
    spec = {
        "x_list": {"type": "list", "elements": "dict", "options": {"a": {"type": "str"}, "b": {"type": "int", "default": 3}}},
        "x_dict": {"type": "dict", "options": {"inner": {"type": "dict"}}},
    }
    given = {"x_list": [{"a": None, "b": None}, {"a": 5}], "x_dict": {"inner": {"kept": None, "1": [None]}}}
    found, errors = role_options.converted("x_", spec, given)
    assert errors == []
    assert found == {"list": [{"b": 3}, {"a": "5", "b": 3}], "dict": {"inner": {"kept": None, "1": [None]}}}
    assert given["x_list"][0] == {"a": None, "b": None}, "what was given is left as it was"


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("int", "many", "x_a must be a whole number, and is 'many'"),
        ("bool", "perhaps\x1b", "x_a must be true or false, and is 'perhaps\\x1b'"),
        ("float", [1], "x_a must be a number, and is a list"),
        ("dict", 7, "x_a must be a dictionary, and is a whole number"),
        ("list", {"password": "sup3rsecret"}, "x_a must be a list, and is a dictionary"),
    ],
)
def test_what_is_of_another_type_is_said_in_words(kind, value, says):
    assert role_options.converted("x_", {"x_a": {"type": kind}, "x_b": {"type": "str"}}, {"x_a": value})[1] == [says]


MERAKI = RESOURCES["meraki_sentry_assignments"].vendor
ESET = RESOURCES["eset_policy_assignment"].vendor


@pytest.mark.parametrize(
    ("vendor", "name", "near"),
    [
        (MERAKI, "meraki_organisation_id", "meraki_organization_id"),
        (MERAKI, "meraky_api_key", "meraki_api_key"),
        (ESET, "eset_scop", "eset_scope"),
        (ESET, "eset_user_name", "eset_username"),
        (MERAKI, "meraki_org_id", "meraki_organization_id"),
        (MERAKI, "meraki_org", "meraki_organization"),
        (ESET, "eset_user", "eset_username"),
        (ESET, "eset_pass", "eset_password"),
    ],
)
def test_a_misspelled_variable_is_not_left_out(vendor, name, near):
    wrong = f"{name} is not a variable of this collection. Did you mean {near}?"
    assert misspelled(vendor, {"inventory_hostname": "x", name: "1"}, set()) == wrong
    assert misspelled(vendor, {name: "1"}, {near.partition("_")[2]}) == "", "what is given otherwise"
    assert misspelled(vendor, {name: ["1"]}, set()) == "", "a list is for something else"


def test_names_that_are_near_by_right_are_none_of_our_business():
    ours = {"meraki_organization": "Acme", "meraki_organization_ids": "1, 2", "meraki_network": "N_1", "eset_scopes": "x", "mesh_key": 1}
    assert misspelled(MERAKI, ours, {"organization"}) == ""
    assert (
        misspelled(MERAKI, {"meraki_organization_name": "Acme", "meraki_organization_url": "https://n1.meraki.com"}, {"organization_id"})
        == ""
    )


def defaults_of(role):
    return yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text(encoding="utf-8"))


def misspelled_of(role, **variables):
    return role_options.misspelled(f"{role}_", options_of(role), defaults_of(role), {**defaults_of(role), **variables})


@pytest.mark.parametrize(("role", "name"), OPTIONS)
def test_an_option_with_a_wrong_letter_is_not_passed_over(role, name):
    """Beside the role's own defaults, some of which are templates."""
    wrong = name[:-1] + ("s" if name[-1] != "s" else "z")
    assert name in misspelled_of(role, **{wrong: 1}).values()


@pytest.mark.parametrize(
    ("role", "wrong", "meant"),
    [
        ("apply", "apply_approval", "apply_approved"),
        ("apply", "apply_require_expected_plan", "apply_require_expected_plans"),
        ("restore", "restore_snapshot_dirr", "restore_snapshot_dir"),
        ("audit", "secops_policies", "secops_policy"),
        ("validate", "secops_polcy", "secops_policy"),
    ],
)
def test_what_people_write_is_found(role, wrong, meant):
    assert misspelled_of(role, **{wrong: "x"}) == {wrong: meant}


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("awx", ["awx_schedule_id", "awx_schedule_name", "awx_job_template_name", "awx_inventory_name", "awx_user_name"]),
        ("awx", ["awx_done_credentials", "awx_done_workflow", "awx_project_revision", "awx_collection"]),
        ("apply", ["apply_checked", "apply_begun", "apply_done", "apply_approved_by", "audit_formatz"]),
        ("audit", ["audit_report", "audit_on_change", "audit_organization", "audit_accepted_by"]),
        ("export", ["export_done", "secops_policy_1", "secops_policy_x", "secops_policy_audit_hosts"]),
        ("restore", ["restore_read", "restore_compared", "restore_checked", "restore_done", "secops_tenant"]),
    ],
)
def test_other_names_are_none_of_our_business(role, names):
    """What AWX sets for every job, what the roles register, and names with another word."""
    assert misspelled_of(role, **dict.fromkeys(names, "x")) == {}


def test_a_variable_beside_an_option_that_is_set_or_that_a_task_registered_or_whose_name_is_no_text():
    assert misspelled_of("apply", apply_confirm=True, apply_confirmed="x") == {}
    assert misspelled_of("apply", apply_confirmed={"changed": False}) == {}
    assert misspelled_of("apply", apply_confirmed=True) == {"apply_confirmed": "apply_confirm"}
    assert role_options.misspelled("apply_", options_of("apply"), {}, {8080: "web", True: 1, None: 2}) == {}


def test_what_the_playbooks_read_is_not_misspelled_either():
    """All that they read: the wrong hosts would be written to."""
    files_ = [*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "plugins" / "plugin_utils" / "_worker").glob("*.py")]
    text = "".join(file.read_text(encoding="utf-8") for file in files_)
    # A playbook requires the organization's id, and names groups by it.
    read = {name for name in re.findall(r"\bsecops_policy_[a-z_]+[a-z]\b", text) if not name.startswith("secops_policy_organization")}
    assert "secops_policy_hosts" in read and "secops_policy_run_on" in read
    for name in read:
        assert misspelled_of("apply", secops_policy={}, **{f"{name}x": 1}) == {f"{name}x": name}


def test_what_is_none_of_the_choices_is_said_with_what_is_meant():
    spec = {"x_modules": {"type": "list", "elements": "str", "choices": ["audit", "apply"]}, "x_state": {"choices": ["replaced", "merged"]}}
    _found, errors = role_options.converted("x_", spec, {"x_modules": ["aply", "b"], "x_state": "replace"})
    assert errors == [
        "x_modules must be one or more of: audit, apply, and not aply, b. Did you mean apply?",
        "x_state must be one of: replaced, merged, and not replace. Did you mean replaced?",
    ]


@pytest.mark.parametrize("name", ["secops_polcy", "secops_policie", "secops_policies", "secops_polciy", "secop_policy", "SECOPS_POLICY"])
def test_a_desired_state_under_another_name_is_seen_beside_the_one_that_is_used(name):
    """As a host's own beside that of its group, which is used in its place."""
    assert role_options.beside({name: {}, "secops_policy": {"meraki_private_app": {}}}) == [name]
    assert role_options.beside({name: {}, "secops_policy": f"{{{{ {name} }}}}"}) == [], "that is made from it"
    assert role_options.beside({name: {}}) == [], "that is an error"
    others = ["secops_policy_serial", "secops_policy_base", "secops_policy_audit_acme", "secops_tenant", "policy", "snmp_policy"]
    assert role_options.beside({**dict.fromkeys(others, "x"), "secops_policy": {}, 1: "x"}) == []


@pytest.mark.parametrize(
    ("vendor", "name", "option"),
    [
        (MERAKI, "meraki_key", "api_key"),
        (MERAKI, "meraki_dashboard_api_key", "api_key"),
        (ESET, "eset_url", "base_url"),
        (ESET, "eset_token", "access_token"),
    ],
)
def test_a_variable_that_ends_as_an_option_is_warned_of(vendor, name, option):
    says = f"{name} is not a variable of this collection. Did you mean {variable(vendor, option)}?"
    assert resembling(vendor, {name: "x", "inventory_hostname": "h"}, set()) == [says]
    assert resembling(vendor, {name: "x"}, {option}) == [], "what the host has otherwise"
    assert resembling(vendor, {name: ["x"], variable(vendor, option): "x", f"{vendor.name}_network": "N"}, set()) == []


@pytest.mark.parametrize("name", ["eset_scop", "eset_scopes"])
def test_a_part_of_a_tenant_under_another_name_is_not_left_out(name):
    """As people write it, a dictionary: without it the host is the whole tenant."""
    for value in ({"device_group": "Dental"}, "{{ customer }}"):
        assert misspelled(ESET, {name: value}, {"username"}) == f"{name} is not a variable of this collection. Did you mean eset_scope?"
    assert misspelled(ESET, {"eset_usrname": {"a": 1}}, set()) == "", "no name is a dictionary"


def test_a_limit_of_a_plan_that_no_role_has_protects_nobody_in_silence():
    says = "{} is not a variable of this role. Set max_removals in the entries of secops_policy"
    given = {"apply_max_removals": 0, "max_removals": 0, "secops_policy": {"meraki_sentry_assignments": {"max_removals": 1}}}
    assert role_options.misplaced("apply_", options_of("apply"), given) == (
        [says.format("apply_max_removals")],
        [says.format("max_removals")],
    )
    used = {"max_removals": 0, "secops_policy": {"meraki_sentry_assignments": {"max_removals": "{{ max_removals | int }}"}}}
    assert role_options.misplaced("apply_", options_of("apply"), used) == ([], [])
