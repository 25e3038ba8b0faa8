# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Arguments: Ansible's own, with every error of ``config`` found before Ansible would stop at the first."""

from __future__ import annotations

import os
import re
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.errors import UnsupportedError

from .._http.body import each_text
from .._http.options import without_secret
from .._model.description import Vendor
from .._model.mask import Mask, within_words
from .._model.plan import error
from .._model.validation import coerce, did_you_mean, not_of_type, show, unsupported

WRITING = ("merged", "replaced", "overridden", "deleted")
STATES = [*WRITING, "gathered", "rendered"]

COMMON = {
    "state": {"type": "str", "default": "merged", "choices": STATES},
    "with_names": {"type": "bool"},
    "max_removals": {"type": "int"},
    "expected_plan": {"type": "str"},
    "verify": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 60},
    "retry_timeout": {"type": "float", "default": 300},
    "rate_limit": {"type": "float", "default": 10},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}

_TYPE_NAMES = {"int": "a whole number", "float": "a number", "bool": "true or false"}

#: States of other modules, and what they are called here.
_OTHER_STATES = {"present": "merged", "absent": "deleted", "query": "gathered", "list": "gathered"}

#: From the options and ``config`` to what is wrong with them. A ``state`` of None: nobody knows which one is meant.
Validator = t.Callable[[t.Mapping[str, t.Any], t.Any], list[dict[str, str]]]


class Arguments(t.NamedTuple):
    """What a task was given, validated. ``params`` without ``config``, which is coerced beside it; ``secrets``: what no output shows;
    ``rejected``: Ansible itself found errors, so that ``params`` may hold anything."""

    params: dict[str, t.Any]
    config: t.Any
    secrets: frozenset[str]
    errors: list[dict[str, str]]
    rejected: bool = False

    @property
    def state(self) -> str | None:
        """The option ``state``; None where it is none of the states."""
        state = self.params.get("state")
        return state if state in STATES else None

    def shown_params(self, secrets: frozenset[str]) -> dict[str, t.Any]:
        """``params`` for a result, without those ``secrets`` that Ansible would hide within words, and that must not be there."""
        shown: dict[str, t.Any] = each_text(self.params, Mask(secrets - within_words(secrets)))
        return shown


def validate_arguments(vendor: Vendor, argument_spec: dict[str, t.Any], given: t.Mapping[str, t.Any], validate: Validator) -> Arguments:
    """Validate what a task was given, as Ansible does it, with every error of ``config`` and of the options at once.

    ``config`` is taken out before: Ansible stops at its first error and names no index. Nor is it echoed as an invocation: a fleet's config
    there and in the result would double what AWX has to store. Options that are not given may come from the environment.
    """
    raw = given.get("config")
    config = None if raw is None else coerce(raw, argument_spec["config"])
    options = {**given, "config": None}
    if isinstance(options.get("base_url"), str):
        options["base_url"] = without_secret(options["base_url"])
    result = ArgumentSpecValidator(argument_spec).validate(options)
    params: dict[str, t.Any] = result.validated_parameters
    hidden = [name for name, spec in argument_spec.items() if spec.get("no_log")]
    secrets = frozenset(str(source[name]) for name in hidden for source in (given, params) if source.get(name))
    found = _option_errors(argument_spec, result, options)
    if found:
        wrong = {item["path"] for item in found}
        # An option that is wrong already is taken for left out, so that it does not hide what else is wrong.
        defaults = {name: spec.get("default") for name, spec in argument_spec.items() if name in wrong}
        # Nor is its rival asked for in its place.
        wrong |= {other for name, other in vendor.conflicts if name in wrong}
        if "state" in wrong:
            defaults["state"] = None
        found += [item for item in validate({**params, **defaults}, config) if item["path"] not in wrong]
        return Arguments(params, config, secrets, _with_environment(argument_spec, given, found), rejected=True)
    for name, other in vendor.conflicts:
        if given.get(name) and not given.get(other) and other in params:
            params[other] = None
    return Arguments(params, config, secrets, _with_environment(argument_spec, given, validate(params, config)))


def _with_environment(
    argument_spec: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any], errors: list[dict[str, str]]
) -> list[dict[str, str]]:
    """Errors, with the variable of the environment where it is what holds the wrong value."""
    return [error(item["path"], item["message"] + _source(argument_spec, given, item["path"])) for item in errors]


def _variables(argument_spec: t.Mapping[str, t.Any], name: str) -> t.Sequence[str]:
    """The variables of the environment that an option may come from."""
    names: t.Sequence[str] = argument_spec.get(name, {}).get("fallback", (None, ()))[1]
    return names


def _from_environment(argument_spec: t.Mapping[str, t.Any], name: str) -> str | None:
    return next((os.environ[variable] for variable in _variables(argument_spec, name) if os.environ.get(variable)), None)


def _source(argument_spec: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any], name: str) -> str:
    source = next((variable for variable in _variables(argument_spec, name) if os.environ.get(variable)), "")
    source = source if given.get(name) is None else ""
    return f" (from the environment variable {source})" if source else ""


def _option_errors(argument_spec: t.Mapping[str, t.Any], result: ValidationResult, given: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """What is wrong with the options, each once: what Ansible found, and what it takes for a text that it was not."""
    found = _misread(argument_spec, given, "")
    for exc in result.errors.errors:
        name = _option(argument_spec, str(exc))
        if not isinstance(exc, UnsupportedError) and not any(f"{item['path']}.".startswith(f"{name}.") for item in found):
            value = _from_environment(argument_spec, name) if given.get(name) is None else given[name]
            found.append(error(name, _in_words(argument_spec.get(name, {}), value) or str(exc)))
    found = [item for item in found if item["path"] != "options"] or found
    names = sorted(".".join(item) if isinstance(item, tuple) else item for item in result.unsupported_parameters)
    return found + [error(name, _unsupported(argument_spec, name.split("."))) for name in names]


def _unsupported(argument_spec: t.Mapping[str, t.Any], path: t.Sequence[str]) -> str:
    """What is wrong with an option, or with one inside of an option, that does not exist."""
    for part in path[:-1]:
        argument_spec = argument_spec.get(part, {}).get("options") or {}
    return unsupported(path[-1], sorted(argument_spec))


def _misread(argument_spec: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any], path: str) -> list[dict[str, str]]:
    """The options for a text that YAML reads as something else; what may be a secret is not repeated."""
    found = []
    for name, spec in argument_spec.items():
        value = given.get(name)
        if isinstance(value, dict) and spec.get("options"):
            found += _misread(spec["options"], value, f"{path}{name}.")
        elif isinstance(value, (bool, float)) and spec["type"] in ("str", "path"):
            hidden = "must be text, and YAML reads what is written here as something else: quote it"
            found.append(error(f"{path}{name}", hidden if spec.get("no_log") else not_of_type("string", value)))
    return found


def _in_words(spec: t.Mapping[str, t.Any], value: t.Any) -> str:
    """What is wrong with the value of an option; empty where only Ansible knows."""
    kind = _TYPE_NAMES.get(spec.get("type", ""))
    if spec.get("no_log") or value is None:
        return ""
    if spec.get("choices") and value not in spec["choices"]:
        meant = _OTHER_STATES.get(str(value)) if spec is COMMON["state"] else None
        hint = f". Did you mean {meant}?" if meant else did_you_mean(value, spec["choices"])
        return f"{show(value)} is not one of: {', '.join(spec['choices'])}{hint}"
    return f"must be {kind}, not {show(value)}" if kind else ""


def _option(argument_spec: t.Mapping[str, t.Any], message: str) -> str:
    """The option that one of Ansible's own messages speaks of."""
    words = re.findall(r"[a-z_]+", message)
    return next((word for word in words if word in argument_spec), "options")
