# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the role restore that are neither a module's run nor worth a page of templates; documented in plugins/modules."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.plugin_utils import _files
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain
from ansible_collections.secops.policy.plugins.plugin_utils._positions import of_desired_state
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._terminal import show
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import apply, lock, restore
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import snapshot as snapshots
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import (
    as_argument,
    desired_state_errors,
    failed_result,
    registered,
)
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.plan_lines import plan_lines
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.steps import removals

#: The role's options, each of its type: a text would be true whatever it says.
_ROLE: dict[str, t.Any] = {
    "force": {"type": "bool", "default": False},
    "modules": {"type": "list", "elements": "str", "choices": list(RESOURCES), "default": list(RESOURCES)},
    **{name: {"type": "bool", "default": False} for description in RESOURCES.values() for name in description.deleting.values()},
}
_OPTIONS: dict[str, t.Any] = {
    "step": {"type": "str", "required": True, "choices": ["read", "compare", "check", "account"]},
    "desired_state": {"type": "raw"},
    "snapshot_dir": {"type": "str"},
    "snapshot": {"type": "str"},
    "present": {"type": "raw"},
    "plans": {"type": "raw"},
    "options": {"type": "dict", "options": _ROLE, "apply_defaults": True},
    "outcomes": {"type": "dict", "default": {}},
    "locks": {"type": "list", "elements": "str", "default": []},
}
Options = t.Mapping[str, t.Any]


class ActionModule(ActionBase):
    """``read`` a snapshot, ``compare`` it with what is there, ``check`` the plans, ``account`` for what was done."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(_OPTIONS)
        self._variables = task_vars or {}
        self._host = plain(self._variables["inventory_hostname"])
        steps = {"read": self._read, "compare": self._compare, "check": self._check, "account": self._account}
        try:
            return {**result, "changed": False, **steps[options["step"]](options)}
        except snapshots.Unusable as error:
            raise AnsibleActionFail(f"Nothing was written: {error}") from None

    def _read(self, options: Options) -> dict[str, t.Any]:
        given = self._task.args.get("desired_state")
        desired_state = {} if plain(given) is None else plain(given)
        errors = of_desired_state(desired_state_errors(desired_state), desired_state, self._variables, given)
        if errors:
            return failed_result(errors, "nothing was written on this host")
        path = self._path(options)
        if path is None:
            none = f"{self._host} has no snapshot in {_files.local_path(options['snapshot_dir'])}: nothing to restore"
            return {"snapshot": "", "modules": [], "msg": none}
        modules = list(self._modules(path, options))
        return {
            "snapshot": path,
            "modules": modules,
            "looked_at": [module for module in modules if RESOURCES[module].lifecycle],
            "msg": f"{path} contains {', '.join(modules) or 'no changes: nothing to restore'}",
        }

    def _compare(self, options: Options) -> dict[str, t.Any]:
        modules = self._modules(options["snapshot"], options)
        present = registered(self._variables, options["present"])
        errors = restore.misplaced(modules, present)
        if errors:
            return failed_result(errors, "nothing was written on this host")
        plans: dict[str, t.Any] = {}
        warnings: list[str] = []
        for module, entry in modules.items():
            description = RESOURCES[module]
            if not description.lifecycle:
                plans[module] = {"state": "replaced", "config": restore.desired(description, entry)}
                continue
            found = self._changes(module, modules, present, options)
            warnings += found.left
            deleting = {option: options["options"][name] for option, name in description.deleting.items()}
            if found.remove:
                plans[removals(module)] = {"state": "deleted", "config": found.remove, **deleting}
            if found.put_back:
                plans[module] = {"state": found.state, "config": found.put_back, **deleting, **description.creating}
        return {"plans": list(plans), "options": as_argument(plans), "warnings": warnings}

    def _check(self, options: Options) -> dict[str, t.Any]:
        modules = self._modules(options["snapshot"], options)
        plans, present = (registered(self._variables, options[key]) for key in ("plans", "present"))
        misplaced = restore.misplaced(modules, plans)
        if misplaced:
            return failed_result(misplaced, "nothing was written on this host")
        show(plan_lines(self._host, plans), self._task.no_log)
        errors = restore.plan_errors(modules, plans, options["options"]["force"])
        for module in present:
            found = self._changes(module, modules, present, options)
            errors += found.errors + restore.meanwhile(RESOURCES[module], found, present[module]["gathered"], plans)
        if errors:
            return failed_result(errors, "nothing was written on this host")
        changing = apply.changing(plans)
        locks = []
        if changing and not self._task.check_mode:
            places = [plans[name]["place"] for name in changing]
            locks = lock.for_this_run(os.path.dirname(options["snapshot"]), places, self._host)
        return {"locks": locks, "steps": changing, "digests": {name: plans[name]["plan_digest"] for name in changing}}

    def _account(self, options: Options) -> dict[str, t.Any]:
        account = apply.account(registered(self._variables, options["plans"]), plain(options["outcomes"]), self._task.check_mode)
        lock.release(options["locks"])
        account["msg"] += f". From the snapshot {options['snapshot']}"
        return {**account}

    def _path(self, options: Options) -> str | None:
        if options["snapshot"]:
            return _files.local_path(options["snapshot"])
        folder = _files.local_path(options["snapshot_dir"])
        try:
            path = snapshots.newest(folder, self._host)
            why = snapshots.newest_doubt(path, self._host, snapshots.now()) if path else ""
        except OSError as error:
            advice = "Run restore in the directory in which you ran apply, or set restore_snapshot_dir or restore_snapshot"
            raise AnsibleActionFail(f"Nothing was written: the snapshots cannot be listed: {folder}: {error.strerror}. {advice}") from None
        if why:
            raise AnsibleActionFail(
                f"Nothing was written: {path}, the newest snapshot, is not used because {why}. To restore it, set restore_snapshot to its "
                "path. Otherwise move it away"
            )
        return path

    def _modules(self, path: str, options: Options) -> dict[str, t.Any]:
        """What the run wrote, or may have written, of the modules that are asked for."""
        modules, asked = snapshots.read(path, self._host)["modules"], options["options"]["modules"]
        return {name: entry for name, entry in modules.items() if entry["state"] != "not run" and name in asked}

    def _changes(self, module: str, modules: Options, present: Options, options: Options) -> restore.Changes:
        """What puts the units of a module back that are created and deleted."""
        return restore.changes(RESOURCES[module], modules[module], present[module]["gathered"], options["options"]["force"])
