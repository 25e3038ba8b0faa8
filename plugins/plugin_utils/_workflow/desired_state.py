# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The desired state that the roles take, ``secops_policy``: what is wrong with it, and how a module's result reads in it. Pure; controller
only."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.plan import error, summed
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.module_utils._model.validation import did_you_mean, unsupported
from ansible_collections.secops.policy.plugins.module_utils._runner.argspec import WRITING
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES, options, purpose

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

Result = t.Mapping[str, t.Any]
Error = dict[str, t.Any]


def desired_state_errors(desired_state: t.Any) -> list[Error]:
    """What is wrong with the desired state itself, each with a path such as ``secops_policy.meraki_private_app.forse``.

    What the options hold is the modules' to check.
    """
    if not isinstance(desired_state, dict):
        return [error("secops_policy", f"must be a dictionary, with a key for each module: {', '.join(RESOURCES)}")]
    errors = []
    for name, entry in desired_state.items():
        path = f"secops_policy.{name}"
        if name not in RESOURCES:
            errors.append(
                error(path, f"is not a module of this collection. Supported modules: {', '.join(RESOURCES)}{did_you_mean(name, RESOURCES)}")
            )
        elif not isinstance(entry, dict):
            errors.append(error(path, "must be a dictionary of the module's options"))
        else:
            errors += _entry_errors(path, entry, options(name))
    return errors


def module_arguments(module: str, layers: t.Sequence[Result], connection_only: bool, fixed: Result) -> dict[str, t.Any]:
    """The arguments of a module: what a later layer says beats an earlier one, ``fixed`` beats all, a null says nothing.

    What a layer gives keeps out its rivals from earlier ones, such as an organization's id from a variable where the desired state has a
    name. ``connection_only`` takes from the layers only how to reach the vendor. What is no option of the module is left to
    ``desired_state_errors``.
    """
    known = options(module).keys() - (purpose(module) if connection_only else frozenset())
    found: dict[str, t.Any] = {}
    for layer in layers:
        given = {name: value for name, value in layer.items() if name in known and value is not None}
        for name, conflicting in RESOURCES[module].vendor.conflicts:
            if name in given and conflicting not in given:
                found.pop(conflicting, None)
        found.update(given)
    return {**found, **{name: value for name, value in fixed.items() if value is not None}}


def place_text(place: t.Mapping[str, str]) -> str:
    """Which organization or tenant a plan is of, such as ``organization 2930418``."""
    return ", ".join(f"{key} {printable(str(value))}" for key, value in place.items() if value and key != "vendor")


def planned(result: Result) -> bool:
    """Whether a module made a plan and found nothing against it; ``failed`` says nothing where a task captured the failure."""
    return "plan_digest" in result and "pending" not in result


def ran(result: Result | None) -> bool:
    """Whether there is a result at all: the task was reached, and not skipped."""
    return bool(result) and not (result or {}).get("skipped")


def result_errors(path: str, result: Result) -> list[Error]:
    """Why a module failed; ``path`` is what the paths of its errors begin with."""
    errors = result.get("errors")
    if errors:
        return [{**item, "path": f"{path}.{item['path']}"} for item in errors]
    return [error(path, str(result.get("msg") or "failed without saying why").removeprefix("Nothing was read or written: "))]


def failed_result(errors: t.Sequence[Error], what: str) -> dict[str, t.Any]:
    """The errors as a failed task's result; ``what`` ends the sentence that begins with their number."""
    many = f"{len(errors)} errors" if len(errors) > 1 else "An error"
    return {"failed": True, "msg": f"{many}; {what}. {summed(errors)}", "errors": list(errors)}


def registered(variables: t.Mapping[str, t.Any], names: t.Any) -> dict[str, Result]:
    """The results that tasks registered, without what was skipped: by the keys of ``names`` where that is a dictionary of variables; by
    their items, or the names in these, where it is the variable of a task with a loop.

    They are taken from the variables as they are: what vendors returned may hold anything, and as a task's argument it would go through
    Ansible's templates, where data that looks like one may be an error.
    """
    if isinstance(names, dict):
        found = {key: plain(variables.get(name) or {}) for key, name in names.items()}
    else:
        results = plain((variables.get(names) or {}).get("results") or [])
        items = [result.get(result.get("ansible_loop_var") or "item") for result in results]
        found = {item["name"] if isinstance(item, dict) else item: result for item, result in zip(items, results)}
    return {key: result for key, result in found.items() if ran(result)}


def as_argument(data: t.Any) -> str:
    """Data from a vendor as JSON that a template can hand to ``from_json``: without anything in it that looks like a template."""
    return _STRING.sub(lambda found: found[0].replace("{", "\\u007b"), json.dumps(data))


def plain(data: t.Any) -> t.Any:
    """Data without what Ansible hangs on it (tags, subclasses), as JSON would carry it; a warning that is an object is its text."""
    return json.loads(json.dumps(data, default=_text))


def _text(thing: t.Any) -> str:
    """What JSON cannot carry, as text. ansible-core 2.19 and 2.20 keep the warnings of a registered result as objects around an event."""
    return str(getattr(getattr(thing, "event", None), "msg", None) or thing)


def _entry_errors(path: str, entry: t.Mapping[str, t.Any], known: t.Mapping[str, t.Any]) -> list[Error]:
    errors = []
    for name in entry:
        if name not in known:
            errors.append(error(f"{path}.{name}", unsupported(name, sorted(known))))
    if entry.get("state") in ("gathered", "rendered"):
        says = f"{entry['state']} does not describe a desired state. Supported states: {', '.join(WRITING)}"
        errors.append(error(f"{path}.state", says))
    return errors
