# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Arguments: Ansible's own, with every error of ``config`` found before Ansible would stop at the first."""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.errors import UnsupportedError

from .._http.options import without_secret
from .._model.description import Vendor
from .._model.plan import error
from .._model.validation import coerce, unsupported

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
    found = _option_errors(argument_spec, result)
    if found:
        wrong = {item["path"] for item in found}
        # An option that is wrong already is taken for left out, so that it does not hide what else is wrong.
        defaults = {name: spec.get("default") for name, spec in argument_spec.items() if name in wrong}
        if "state" in wrong:
            defaults["state"] = None
        found += [item for item in validate({**params, **defaults}, config) if item["path"] not in wrong]
        return Arguments(params, config, secrets, found, rejected=True)
    for name, other in vendor.conflicts:
        if given.get(name) and not given.get(other) and other in params:
            params[other] = None
    return Arguments(params, config, secrets, validate(params, config))


def _option_errors(argument_spec: t.Mapping[str, t.Any], result: ValidationResult) -> list[dict[str, str]]:
    """What Ansible found, by option."""
    found = [error(_option(argument_spec, str(exc)), str(exc)) for exc in result.errors.errors if not isinstance(exc, UnsupportedError)]
    names = sorted(".".join(item) if isinstance(item, tuple) else item for item in result.unsupported_parameters)
    return found + [error(name, unsupported(name, sorted(argument_spec))) for name in names]


def _option(argument_spec: t.Mapping[str, t.Any], message: str) -> str:
    """The option that one of Ansible's own messages speaks of."""
    words = re.findall(r"[a-z_]+", message)
    return next((word for word in words if word in argument_spec), "options")
