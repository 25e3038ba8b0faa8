# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of this collection with the options that a tree's entry gives; documented in plugins/modules."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.plugin_utils._tree import CONNECTIONS, MODULES, module_arguments, plain

_OPTIONS: dict[str, t.Any] = {
    "module": {"type": "str", "required": True, "choices": list(MODULES)},
    "entry": {"type": "raw"},
    "connection_only": {"type": "bool", "default": False},
    "options": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """A task of its own cannot do this: an option that is given and then omitted keeps ``module_defaults`` from having a say, and a default
    would stand in for a variable that is given and cannot be evaluated: another organization's, from the environment."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, given = self.validate_argument_spec(_OPTIONS)
        module = given["module"]
        vendor = module.partition("_")[0]
        # What is registered outlives the play, and whoever reads it later has to know.
        result["play_uuid"] = str(self._task.get_play()._uuid)
        entry = plain(given["entry"]) or {}
        if not isinstance(entry, dict):
            return {**result, "failed": True, "msg": "entry must be a dictionary of the module's options"}
        variables = task_vars or {}
        try:
            layers = [self._defaults(module, vendor), self._variables(module, vendor, variables), entry]
        except AnsibleError as error:
            return {**result, "failed": True, "msg": f"Nothing was read or written: {error}"}
        # Omitted in a dictionary; before ansible-core 2.19 that is a text.
        layers = [{name: value for name, value in layer.items() if value != variables.get("omit")} for layer in layers]
        arguments = module_arguments(module, layers, given["connection_only"], plain(given["options"]))
        result.update(self._execute_module(module_name=f"secops.policy.{module}", module_args=arguments, task_vars=task_vars))
        return result

    def _variables(self, module: str, vendor: str, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The options that the host's variables give. Raises ``AnsibleError`` for one that cannot be evaluated."""
        found: dict[str, t.Any] = {}
        for option in CONNECTIONS[vendor]:
            name = f"{vendor}_{option}"
            if name in variables:
                try:
                    # In a dictionary, for an omitted value goes with its key.
                    found.update(plain(self._templar.template({option: variables[name]})))
                except Exception as error:  # Whatever a template may run into. It may be quoted, and be a secret.
                    why = "" if MODULES[module][option].get("no_log") else f": {error}"
                    raise AnsibleError(f"the variable {name} cannot be evaluated{why}") from None
        return found

    def _defaults(self, module: str, vendor: str) -> dict[str, t.Any]:
        """What ``module_defaults`` say of the module: its groups' first, then its own, as Ansible does it."""
        said: dict[str, t.Any] = {}
        for defaults in self._task.module_defaults or []:
            said.update(defaults)
        found: dict[str, t.Any] = {}
        for name in ("group/secops.policy.policy", f"group/secops.policy.{vendor}", f"secops.policy.{module}"):
            found.update(plain(self._templar.template(said.get(name) or {})))
        return found
