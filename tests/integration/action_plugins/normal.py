# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the modules of awx.awx inside Ansible's worker: starting a process for each takes longer than all that the role does with them.

Used where ``ANSIBLE_ACTION_PLUGINS`` names this folder, in place of Ansible's own ``normal``; any other module is started as ever.
"""

from __future__ import annotations

import importlib
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.tests.component.harness import printed_result

COLLECTION = "awx.awx."
# Once, and not in each worker.
importlib.import_module("ansible_collections.awx.awx.plugins.module_utils.controller_api")


class ActionModule(ActionBase):
    """See above."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """The result of the task's module."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        name = self._task.action
        if not name.startswith(COLLECTION):
            return result | self._execute_module(task_vars=task_vars)
        module = f"ansible_collections.awx.awx.plugins.modules.{name.removeprefix(COLLECTION)}"
        return result | printed_result(module, name, self._task.args, check=self._task.check_mode, diff=self._task.diff)
