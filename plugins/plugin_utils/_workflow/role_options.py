# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""A role's options, of the types that its argument_specs.yml gives them: what Ansible checks there it converts for nobody. Pure."""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable

#: Of ten letters one may be wrong: awx_schedule_id, which AWX sets, is not a misspelled awx_schedule.
_NEAR = 0.9
Spec = t.Mapping[str, t.Mapping[str, t.Any]]

#: As Ansible begins what it says of a value that it cannot convert.
_OF_ANOTHER_TYPE = re.compile(r"argument '(?P<name>\w+)' is of type .* convert to (?P<type>\w+): ", re.DOTALL)
_TYPES = {
    "bool": "true or false",
    "dict": "a dictionary",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "str": "text",
}
_SCALARS = ("bool", "float", "int")


def own(prefix: str, options: Spec) -> Spec:
    """The options that are the role's alone, whose names begin with its own. The others are options of the modules that it runs."""
    return {name: option for name, option in options.items() if name.startswith(prefix)}


def converted(prefix: str, spec: Spec, given: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], list[str]]:
    """The options of the spec by their names without the prefix, with defaults, and what is wrong with them.

    A null counts as left out. What has neither a value nor a default is not there, so that a template can ask whether it is defined.
    """
    result = ArgumentSpecValidator(spec).validate(_without_nulls(spec, given))
    found = _without_nulls(spec, result.validated_parameters)
    return {name.removeprefix(prefix): value for name, value in found.items()}, [
        _worded(message, given) for message in result.error_messages
    ]


def misspelled(prefixes: tuple[str, ...], spec: Spec, variables: t.Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the names of variables, with one of the prefixes, that are nearly those of options with nothing but their default.

    Ansible passes over them, and the default would stand in for what was meant."""
    unset = [name for name, option in spec.items() if variables.get(name) == option.get("default")]
    odd = [name for name in variables if name.startswith(prefixes) and name not in spec]
    near = {name: difflib.get_close_matches(name, unset, n=1, cutoff=_NEAR) for name in odd}
    return [f"{name} is not an option of this role. Did you mean {meant}?" for name, found in near.items() for meant in found]


def _worded(message: str, given: t.Mapping[str, t.Any]) -> str:
    """What Ansible says of an option's type, for people who know no Python."""
    found = _OF_ANOTHER_TYPE.match(message)
    if found is None or found["name"] not in given or found["type"] not in _TYPES:
        return message
    value = given[found["name"]]
    # What dictionaries, lists and long texts hold may be secret.
    what = (
        printable(repr(value))
        if isinstance(value, (bool, int, float, str)) and found["type"] in _SCALARS
        else _TYPES.get(type(value).__name__)
    )
    return f"{found['name']} must be {_TYPES[found['type']]}, and is {what or 'none'}"


def _without_nulls(spec: Spec, values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The values that the spec knows, without nulls; what a dictionary without options of its own holds is the user's, and stays."""
    found = {}
    for name, option in spec.items():
        value = values.get(name)
        inner = option.get("options")
        if inner and isinstance(value, dict):
            value = _without_nulls(inner, value)
        elif inner and isinstance(value, list):
            value = [_without_nulls(inner, item) if isinstance(item, dict) else item for item in value]
        if value is not None:
            found[name] = value
    return found
