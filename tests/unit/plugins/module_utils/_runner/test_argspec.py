# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options beside config: every error at once, in the words in which they were written, and no secret repeated."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._runner.argspec import validate_arguments
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES, options

STRINGS = [
    (module, name)
    for module in RESOURCES
    for name, spec in options(module).items()
    if spec["type"] in ("str", "path") and not spec.get("no_log")
]
SECRETS = [(module, name) for module in RESOURCES for name, spec in options(module).items() if spec.get("no_log")]


def errors(module, **given):
    return {
        item["path"]: item["message"]
        for item in validate_arguments(RESOURCES[module].vendor, options(module), given, lambda _params, _config: []).errors
    }


@pytest.mark.parametrize(("module", "name"), STRINGS)
@pytest.mark.parametrize("value", [False, 1.1])
def test_what_yaml_took_for_another_type_is_to_be_quoted(module, name, value):
    assert errors(module, **{name: value}) == {name: f"must be text, and YAML reads what is written here as {value}: quote it"}
    assert name not in errors(module, **{name: 1}) or options(module)[name].get("choices")


@pytest.mark.parametrize(("module", "name"), SECRETS)
def test_a_secret_that_yaml_took_for_another_type_is_not_repeated(module, name):
    says = errors(module, **{name: 12.5})[name]
    assert "quote it" in says and "12.5" not in says


def test_in_a_dictionary_as_well():
    (module,) = [module for module in RESOURCES if "scope" in options(module)]
    assert list(errors(module, scope={"device_group": True})) == ["scope.device_group"]
    ((name, message),) = errors(module, scope={"device_groups": "A"}).items()
    assert name == "scope.device_groups" and "device_group, device_group_uuid" in message and "access_token" not in message
    assert list(errors(module, scope="A")) == ["scope"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"state": "present"}, "Did you mean merged?"),
        ({"state": "absent"}, "Did you mean deleted?"),
        ({"state": "replace"}, "Did you mean replaced?"),
        ({"state": "nothing like it"}, "'nothing like it' is not one of: merged, replaced"),
        ({"state": False}, "quote it"),
        ({"timeout": "soon"}, "must be a number, not 'soon'"),
        ({"max_removals": "few"}, "must be a whole number, not 'few'"),
        ({"verify": "perhaps"}, "must be true or false, not 'perhaps'"),
        ({"stat": "merged"}, "Did you mean state?"),
    ],
    ids=str,
)
@pytest.mark.parametrize("module", RESOURCES)
def test_a_wrong_option_is_said_once_with_what_was_written(module, given, says):
    ((name, message),) = errors(module, **given).items()
    assert name == next(iter(given)) and says in message


def test_a_wrong_value_from_the_environment_is_said_to_be_from_there(monkeypatch):
    monkeypatch.setenv("ESET_REGION", "moon")
    monkeypatch.setenv("ESET_REGION", "jp")
    says = errors("eset_policy_assignment")["region"]
    assert says == "'jp' is not one of: eu, de, us, ca, jpn. Did you mean jpn? (from the environment variable ESET_REGION)"
    assert "ESET_REGION" not in errors("eset_policy_assignment", region="mars")["region"]
