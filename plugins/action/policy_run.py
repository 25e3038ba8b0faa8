# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of this collection with the options that a tree's entry gives; documented in plugins/modules."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.plugin_utils._tree import MODULES, module_arguments, plain

_OPTIONS: dict[str, t.Any] = {
    "module": {"type": "str", "required": True, "choices": list(MODULES)},
    "entry": {"type": "dict", "default": {}},
    "variables": {"type": "dict", "default": {}},
    "connection_only": {"type": "bool", "default": False},
    "options": {"type": "dict", "default": {}},
}
_VENDORS = {"eset_policy_assignment": "eset"}


class ActionModule(ActionBase):
    """A task of its own cannot do this: an option that is given and then omitted keeps ``module_defaults`` from having a say."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, given = self.validate_argument_spec(_OPTIONS)
        module = given["module"]
        layers = [plain(layer) for layer in (self._defaults(module), given["variables"], given["entry"])]
        arguments = module_arguments(module, layers, given["connection_only"], plain(given["options"]))
        result.update(self._execute_module(module_name=f"secops.policy.{module}", module_args=arguments, task_vars=task_vars))
        return result

    def _defaults(self, module: str) -> dict[str, t.Any]:
        """What ``module_defaults`` say of the module: its groups' first, then its own, as Ansible does it."""
        said: dict[str, t.Any] = {}
        for defaults in self._task.module_defaults or []:
            said.update(defaults)
        names = ("group/secops.policy.policy", f"group/secops.policy.{_VENDORS.get(module, 'meraki')}", f"secops.policy.{module}")
        found: dict[str, t.Any] = {}
        for name in names:
            found.update(self._templar.template(said.get(name) or {}))
        return found
