# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what the role export gathered; documented in plugins/modules."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.module_utils._http.options import VERSION
from ansible_collections.secops.policy.plugins.module_utils._model.plan import joined
from ansible_collections.secops.policy.plugins.plugin_utils import _files
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain
from ansible_collections.secops.policy.plugins.plugin_utils._positions import of_desired_state
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import export as exports
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import snapshot as snapshots
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import (
    desired_state_errors,
    failed_result,
    registered,
    result_errors,
)

_OPTIONS: dict[str, t.Any] = {
    "dir": {"type": "str", "required": True},
    "state": {"type": "str", "required": True, "choices": ["replaced", "overridden"]},
    "desired_state": {"type": "raw"},
    "names": {"type": "bool", "default": False},
    "gathered": {"type": "raw", "required": True},
}


class ActionModule(ActionBase):
    """One file for one host; it stays as it is where it says the same already."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(_OPTIONS)
        variables = task_vars or {}
        host = plain(variables["inventory_hostname"])
        results = registered(variables, options["gathered"])
        given = self._task.args.get("desired_state")
        desired_state = {} if plain(given) is None else plain(given)
        errors = of_desired_state(desired_state_errors(desired_state), desired_state, variables, given)
        made = exports.export(host, results, options["state"], VERSION, snapshots.now().isoformat(timespec="seconds"), options["names"])
        errors += [item for name in made.failed for item in result_errors(f"secops_policy.{name}", results[name])]
        if errors:
            return {**result, **failed_result(errors, "nothing was exported of this host")}
        notes = {**made.left_out, **made.off}
        if not made.exported:
            asked = {name: why for name, why in notes.items() if name in results} or notes
            raise AnsibleActionFail("nothing to export: " + joined(f"{name}: {why}" for name, why in asked.items()))
        path = os.path.join(_files.local_path(options["dir"]), f"{_files.host_part(host)}.yml")
        result["changed"] = self._write(path, made.text)
        result["warnings"] = [f"{host}: {name}: {why}" for name, why in made.off.items()]
        where = "File" if not self._task.check_mode else "It would be written to" if result["changed"] else "The file is up to date"
        parts = [f"{name}: {len(results[name]['gathered'])}" for name in made.exported]
        parts += [f"{name}: left out" for name in notes if name in results]
        return {**result, "path": path, "left_out": notes, "msg": f"{'; '.join(parts)}. {where}: {path}"}

    def _write(self, path: str, text: str) -> bool:
        try:
            old = _files.read(path)
            if old is not None and not old.startswith(exports.HEAD):
                raise AnsibleActionFail(f"{path} exists and is not an export. It is not overwritten. Choose another export_dir")
            if old is not None and exports.same(old, text):
                return False
            if old is not None and exports.edited(old):
                raise AnsibleActionFail(
                    f"{path} has been edited since it was exported, or has no checksum. It is not overwritten. Move it away, or choose "
                    "another export_dir, and compare"
                )
            if not self._task.check_mode:
                _files.write_private(path, text)
        except ValueError as error:
            raise AnsibleActionFail(f"{path} is not written over: {error}. Choose another export_dir") from None
        except OSError as error:
            raise AnsibleActionFail(f"the export cannot be written: {error}") from None
        return True
