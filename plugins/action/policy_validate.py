# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validates a desired state without a connection; documented in plugins/modules."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.module_utils._model.plan import error
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.module_utils._runner.libraries import install_message, missing_libraries
from ansible_collections.secops.policy.plugins.module_utils._runner.run import complete_spec, validated
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain
from ansible_collections.secops.policy.plugins.plugin_utils._positions import of_desired_state
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import secrets as known_secrets
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import (
    desired_state_errors,
    failed_result,
    module_arguments,
)

from .policy_run import ACTIONS

_OPTIONS: dict[str, t.Any] = {
    "desired_state": {"type": "raw"},
    "modules": {"type": "list", "elements": "str", "choices": list(RESOURCES), "default": list(RESOURCES)},
}


class ActionModule(ActionBase):
    """Every error that a module would find before it connects, of every entry of a desired state."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(_OPTIONS)
        given = self._task.args.get("desired_state")
        desired_state = plain(given)
        missing = [library for library in missing_libraries("rendered") if library == "jsonschema"]
        if missing:
            return {**result, "failed": True, "msg": install_message(missing)}
        if not desired_state and isinstance(desired_state, (dict, type(None))):
            return {**result, "changed": False, "modules": [], "errors": [], **_nothing(task_vars or {})}
        errors = desired_state_errors(desired_state)
        entries = desired_state if isinstance(desired_state, dict) else {}
        modules = [module for module in RESOURCES if isinstance(entries.get(module), dict) and module in options["modules"]]
        secrets = [secret for module in modules for secret in known_secrets.in_entry(module, entries[module])]
        errors += [item for module in modules for item in _entry_errors(module, entries[module])]
        errors = of_desired_state(errors, desired_state, task_vars or {}, given)
        shown: dict[str, t.Any] = known_secrets.masked({"errors": errors}, known_secrets.worth_masking(secrets))
        if errors:
            return {**result, **failed_result(shown["errors"], "nothing was connected to")}
        return {
            **result,
            "changed": False,
            "modules": modules,
            "errors": [],
            "msg": f"valid: {', '.join(modules) or 'nothing to validate'}",
        }


def _nothing(variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What is said of a host without a desired state; one whose variable is called something else looks the same, and is warned of."""
    found: dict[str, t.Any] = {"msg": "the host has no desired state"}
    if variables.get("secops_policy") is None:
        host = printable(str(variables.get("inventory_hostname")))
        found["warnings"] = [f"{host} has no secops_policy: if it should have one, check the name of the variable and of its file"]
    return found


def _entry_errors(module: str, entry: dict[str, t.Any]) -> list[dict[str, str]]:
    """What is wrong with an entry, but for what a host's variables or the environment may give."""
    resource_type, argument_spec = ACTIONS[module].RESOURCE
    arguments = validated(resource_type, complete_spec(argument_spec), module_arguments(module, [entry], False, {}))
    elsewhere = RESOURCES[module].vendor.arguments.keys() - {name for name, value in entry.items() if value is not None}
    return [error(f"secops_policy.{module}.{item['path']}", item["message"]) for item in arguments.errors if item["path"] not in elsewhere]
