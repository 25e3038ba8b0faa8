# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the role restore that are neither a module's run nor worth a page of templates; documented in plugins/modules."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.plugin_utils import _files
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import apply, restore
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import snapshot as snapshots
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import (
    ASSIGNMENTS,
    PRIVATE_APPS,
    SENTRY_POLICIES,
    as_argument,
    desired_state_errors,
    failed_result,
    plain,
    registered,
)

_OPTIONS: dict[str, t.Any] = {
    "step": {"type": "str", "required": True, "choices": ["read", "compare", "check", "account"]},
    "desired_state": {"type": "raw"},
    "snapshot_dir": {"type": "str"},
    "snapshot": {"type": "str"},
    "applications": {"type": "str"},
    "plans": {"type": "dict", "default": {}},
    "results": {"type": "dict", "default": {}},
    "force": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """``read`` a snapshot, ``compare`` its applications with those that are there, ``check`` the plans, ``account`` for what was done."""

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

    def _read(self, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        errors = desired_state_errors(plain(options["desired_state"] or {}))
        if errors:
            return failed_result(errors, "nothing was written on this host")
        path = self._path(options)
        if path is None:
            none = f"there is no snapshot of {self._host} in {_files.local_path(options['snapshot_dir'])}: nothing to restore"
            return {"snapshot": "", "modules": [], "msg": none}
        modules = self._modules(path)
        return {
            "snapshot": path,
            "modules": list(modules),
            "msg": f"{path} holds {', '.join(modules) or 'nothing that was written: nothing to restore'}",
            "targets": as_argument(restore.desired(ASSIGNMENTS, modules[ASSIGNMENTS]) if ASSIGNMENTS in modules else []),
            "networks": as_argument(restore.desired(SENTRY_POLICIES, modules[SENTRY_POLICIES]) if SENTRY_POLICIES in modules else []),
        }

    def _compare(self, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        present = registered(self._variables, {PRIVATE_APPS: options["applications"]})
        errors = restore.misplaced(self._modules(options["snapshot"]), present)
        if errors:
            return failed_result(errors, "nothing was written on this host")
        found, _present = self._applications(options)
        return {
            "removes": len(found.remove),
            "puts_back": len(found.put_back),
            "remove": as_argument(found.remove),
            "put_back": as_argument(found.put_back),
            "state": found.state,
            "warnings": found.left,
        }

    def _check(self, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        modules = self._modules(options["snapshot"])
        plans = registered(self._variables, options["plans"])
        errors = restore.plan_errors(modules, plans, options["force"])
        if PRIVATE_APPS in modules and not restore.misplaced(modules, plans):
            found, present = self._applications(options)
            errors += found.errors + restore.meanwhile(found, present, plans)
        return failed_result(errors, "nothing was written on this host") if errors else {"modules": apply.changing(plans)}

    def _account(self, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        plans, found = (registered(self._variables, options[key]) for key in ("plans", "results"))
        results = {name: apply.carried_out(plans.get(name) or {}, [result]) for name, result in found.items()}
        account = apply.account(plans, results, self._task.check_mode, restore.TITLES)
        account["msg"] += f". Snapshot: {options['snapshot']}"
        return {**account}

    def _path(self, options: t.Mapping[str, t.Any]) -> str | None:
        if options["snapshot"]:
            return _files.local_path(options["snapshot"])
        folder = _files.local_path(options["snapshot_dir"])
        try:
            path = snapshots.newest(folder, self._host)
            why = snapshots.newest_doubt(path, self._host, snapshots.now()) if path else ""
        except OSError as error:
            raise AnsibleActionFail(f"Nothing was written: the snapshots cannot be listed: {folder}: {error.strerror}") from None
        if why:
            raise AnsibleActionFail(
                f"Nothing was written: {path}, the newest snapshot, is not taken, for {why}. If it is the one to restore, name it with "
                "restore_snapshot. If not, move it away"
            )
        return path

    def _modules(self, path: str) -> dict[str, t.Any]:
        """What the run wrote, or may have written."""
        modules = snapshots.read(path, self._host)["modules"]
        return {name: entry for name, entry in modules.items() if entry["state"] != "not run"}

    def _applications(self, options: t.Mapping[str, t.Any]) -> tuple[restore.Applications, list[dict[str, t.Any]]]:
        """What puts the applications back, and those that are there."""
        entry = self._modules(options["snapshot"])[PRIVATE_APPS]
        present = registered(self._variables, {"present": options["applications"]})["present"]["gathered"]
        return restore.applications(entry, present, options["force"]), present
