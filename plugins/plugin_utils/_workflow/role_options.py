# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""A role's options, of the types that its argument_specs.yml gives them: what Ansible checks there it converts for nobody. Pure."""

from __future__ import annotations

import re
import typing as t
from difflib import SequenceMatcher

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.module_utils._model.validation import did_you_mean

#: How much of two words has to be the same (two of three letters; policies and policy; approval and approved), or of the whole name.
_ALIKE, _MOSTLY = 0.66, 0.9
#: What the playbooks and the worker take from a host's or from extra variables.
_BESIDE = ("secops_policy_hosts", "secops_policy_max_fail_percentage", "secops_policy_run_on", "secops_policy_serial")
#: By how much a name may be longer than the one that is meant, or shorter.
_LONGER = 2
#: The options of an entry that limit its plan.
_LIMITS = ("max_removals", "expected_plan")
Spec = t.Mapping[str, t.Mapping[str, t.Any]]

#: As Ansible begins what it says of a value that it cannot convert.
_OF_ANOTHER_TYPE = re.compile(r"argument '(?P<name>\w+)' is of type .* convert to (?P<type>\w+): ", re.DOTALL)
#: As Ansible says what is none of the choices.
_NO_CHOICE = re.compile(
    r"value of (?P<name>\w+) must be (?P<how>one (?:or more )?)of: (?P<choices>.*?)"
    r"(?:, got: |\. Got no match for: )(?P<values>.*)",
    re.DOTALL,
)
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


def misspelled(prefix: str, options: Spec, defaults: t.Mapping[str, t.Any], variables: t.Mapping[t.Any, t.Any]) -> dict[str, str]:
    """The variables whose names are nearly those of a role's own options, of the desired state, or of what the playbooks read, each with
    the name that may be meant. Ansible passes over them, and a default would stand in for what was meant.

    What is set already was not misspelled: only names count that have nothing, or their default of the spec or of ``defaults``.
    """
    known = {**own(prefix, options), **{name: options.get(name, {}) for name in ("secops_policy", *_BESIDE)}}
    unset = [name for name, option in known.items() if variables.get(name) in (None, option.get("default"), defaults.get(name))]
    odd = [name for name in variables if isinstance(name, str) and name.startswith((prefix, "secops_")) and name not in known]
    pairs = [(name, option) for name in odd for option in unset if _near(name, option)]
    # What a task has registered is none of them, whatever it is called.
    return {name: option for name, option in pairs if not isinstance(variables[name], dict) or known[option].get("type") != "bool"}


def misplaced(prefix: str, options: Spec, variables: t.Mapping[t.Any, t.Any]) -> tuple[list[str], list[str]]:
    """Variables that are named as an option which limits a plan, with the role's prefix, and without: a role has no such option, and nobody
    would be protected by it. Not those from which the desired state is made."""
    own = [name for limit in _LIMITS if (name := f"{prefix}{limit}") in variables and name not in options]
    plain = [name for name in _LIMITS if name in variables and not _is_used(name, variables.get("secops_policy"))]
    says = "{} is not a variable of this role. Set {} in the entries of secops_policy"
    return [says.format(name, name.removeprefix(prefix)) for name in own], [says.format(name, name) for name in plain]


def _is_used(name: str, raw: t.Any) -> bool:
    """Whether a template in what is not evaluated yet names a variable."""
    return re.search(rf"\{{\{{[^}}]*\b{name}\b", str(raw)) is not None


def beside(variables: t.Mapping[t.Any, t.Any]) -> list[str]:
    """The variables whose names are nearly that of the desired state, which is set as well: one of a group, say, for which a host's own is
    passed over. Not those that it is made from."""
    whole = "secops_policy"
    if variables.get(whole) is None:
        return []
    # By length first: every host does this with all of its variables.
    alike = [name for name in variables if isinstance(name, str) and abs(len(name) - len(whole)) <= _LONGER]
    names = [name for name in alike if name != whole and name not in _BESIDE]
    near = [name for name in names if _near(name.lower(), whole) or _ratio(name.lower(), whole) > _MOSTLY]
    return [name for name in near if name not in str(variables[whole])]


def _near(name: str, option: str) -> bool:
    """Whether one may be the other with a typing error. Names are compared word by word: a name with one more word is another name."""
    words = [*zip(name.split("_"), option.split("_"))]
    alike = all(_ratio(*pair) >= _ALIKE for pair in words) or _ratio(name, option) > _MOSTLY
    return alike and name.count("_") == option.count("_")


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _worded(message: str, given: t.Mapping[str, t.Any]) -> str:
    """What Ansible says of an option's type or choices, for people who know no Python, and with what may be meant."""
    odd = _NO_CHOICE.fullmatch(message)
    if odd:
        choices, values = odd["choices"].split(", "), odd["values"].split(", ")
        meant = "".join(did_you_mean(value, choices) for value in values[:1])
        return f"{odd['name']} must be {odd['how'] or ''}of: {odd['choices']}, and not {printable(odd['values'])}{meant}"
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
