# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the role apply that are neither a module's run nor worth a page of templates; documented in plugins/modules."""

from __future__ import annotations

import contextlib
import os
import sys
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.module_utils._model.plan import error
from ansible_collections.secops.policy.plugins.plugin_utils import _files
from ansible_collections.secops.policy.plugins.plugin_utils._drift.approved import approved
from ansible_collections.secops.policy.plugins.plugin_utils._drift.files import read_report
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain
from ansible_collections.secops.policy.plugins.plugin_utils._positions import of_desired_state
from ansible_collections.secops.policy.plugins.plugin_utils._terminal import show
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import apply, lock
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import snapshot as snapshots
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import (
    desired_state_errors,
    failed_result,
    ran,
    registered,
)
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.plan_lines import plan_lines
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.snapshot_shape import flaw
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.steps import module_of

_OPTIONS: dict[str, t.Any] = {
    "step": {"type": "str", "required": True, "choices": ["overlap", "check", "begin", "record", "account"]},
    "desired_state": {"type": "raw"},
    "plans": {"type": "raw"},
    # Of whatever type: what is not a dictionary of digests approves nothing, and is not left out.
    "expected_plans": {"type": "raw", "default": {}},
    "require_expected_plans": {"type": "bool", "default": False},
    "approved": {"type": "str"},
    "confirm": {"type": "bool", "default": False},
    "approved_max_age": {"type": "float", "default": 24},
    "snapshot_dir": {"type": "str"},
    "snapshot": {"type": "str"},
    "name": {"type": "str"},
    "result": {"type": "str"},
    "left": {"type": "str"},
    "outcomes": {"type": "dict", "default": {}},
    "locks": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "int", "default": 30},
}
#: Ansible loads this in its first process; the ones that run tasks have no terminal.
_TERMINAL = sys.stdin is not None and sys.stdin.isatty()
_NO_TERMINAL = (
    "asks on a terminal, and there is none. Run the playbook on a terminal, approve the plans (apply_approved, apply_expected_plans), or "
    "set apply_confirm to false"
)
Options = t.Mapping[str, t.Any]


class ActionModule(ActionBase):
    """Find hosts whose plans ``overlap``; ``check`` the plans; ``begin`` a snapshot; ``record`` what became of a module in it;
    ``account`` for all, and end it."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(_OPTIONS)
        self._variables = task_vars or {}
        self._host = plain(self._variables["inventory_hostname"])
        steps = {"overlap": self._overlap, "check": self._check, "begin": self._begin, "record": self._record, "account": self._account}
        return {**result, "changed": False, **steps[options["step"]](options)}

    def _overlap(self, options: Options) -> dict[str, t.Any]:
        """Once for all hosts of the batch: those of other batches write before, or plan after."""
        hosts = plain(self._variables["ansible_play_batch"])
        hostvars = self._variables["hostvars"]
        return {"hosts": apply.overlaps({host: registered(hostvars.raw_get(host), options["plans"]) for host in hosts})}

    def _check(self, options: Options) -> dict[str, t.Any]:
        plans = registered(self._variables, options["plans"])
        given = self._task.args.get("desired_state")
        desired_state = plain(given)
        errors = of_desired_state(desired_state_errors(desired_state), desired_state, self._variables, given)
        # What an entry with an option that does not exist would change is not what anybody meant.
        wrong = {name for name in plans if any(f"{item['path']}.".startswith(f"secops_policy.{name}.") for item in errors)}
        show(plan_lines(self._host, {name: plan for name, plan in plans.items() if name not in wrong}), self._task.no_log)
        errors += apply.plan_errors(plans)
        expected, required = plain(options["expected_plans"]), options["require_expected_plans"]
        if options["approved"]:
            expected, problem = self._approved(options, expected)
            errors += [error("apply_approved", problem)] if problem else apply.approval_errors(plans, expected, True, True)
        else:
            errors += apply.approval_errors(plans, expected, required)
        changes = bool(apply.changing(plans))
        if options["confirm"] and changes and not (_TERMINAL or self._task.check_mode or expected or options["approved"]):
            errors.append(error("apply_confirm", _NO_TERMINAL))
        if errors:
            return failed_result(errors, "nothing was written on this host")
        return {
            "terminal": _TERMINAL,
            "modules": apply.changing(plans),
            "steps": apply.steps_of(plans),
            "digests": {name: plans[name]["plan_digest"] for name in apply.changing(plans)},
            # Not an error, for that is what the export of a tenant with nothing in it says.
            "warnings": [] if desired_state else [f"{self._host}: secops_policy names no module. Nothing to apply"],
        }

    def _approved(self, options: Options, expected: t.Any) -> tuple[t.Any, str]:
        """What a drift report says of this host's plans, and why it is not taken."""
        path = _files.local_path(options["approved"])
        if expected:
            return expected, "apply_expected_plans is set as well. Set only one of them"
        report, errors, exists = read_report(path)
        if errors or not exists:
            return {}, "; ".join(errors) or f"the file does not exist: {path}"
        digests, problem = approved(report, self._host, snapshots.now(), options["approved_max_age"])
        return digests, f"{path}: {problem}" if problem else ""

    def _begin(self, options: Options) -> dict[str, t.Any]:
        plans = registered(self._variables, options["plans"])
        changing = {name: plans[name] for name in apply.changing(plans)}
        if not changing or self._task.check_mode:
            return {"snapshot": "", "locks": []}
        now = snapshots.now()
        folder = _files.local_path(options["snapshot_dir"])
        path = os.path.join(folder, snapshots.file_name(self._host, now))
        snapshot = snapshots.begun(self._host, changing, now)
        wrong = flaw(snapshot)
        if wrong:
            raise AnsibleActionFail(f"Nothing was written: a snapshot of the planned changes could not be restored: {wrong}")
        locks = lock.for_this_run(folder, [plan["place"] for plan in changing.values()], self._host)
        try:
            snapshots.write(path, snapshot)
        except OSError as exc:
            lock.release(locks)
            raise AnsibleActionFail(f"Nothing was written: the snapshot cannot be, to {path}: {exc.strerror}") from None
        return {"snapshot": path, "locks": locks}

    def _record(self, options: Options) -> dict[str, t.Any]:
        result, left = (plain(self._variables.get(options[key]) or {}) for key in ("result", "left"))
        path, module = options["snapshot"], module_of(options["name"])
        try:
            snapshots.write(path, snapshots.recorded(snapshots.read(path, self._host), module, result, left if ran(left) else None))
        except (OSError, snapshots.Unusable) as exc:
            raise _incomplete(path, exc) from None
        return {"outcome": snapshots.outcome(result)}

    def _account(self, options: Options) -> dict[str, t.Any]:
        outcomes = {module_of(name): outcome for name, outcome in plain(options["outcomes"]).items()}
        account = apply.account(registered(self._variables, options["plans"]), outcomes, self._task.check_mode)
        lock.release(options["locks"])
        path = self._ended(options["snapshot"] or "")
        if path:
            self._prune(path, options["keep"])
            account["msg"] += f". Snapshot: {path}"
        return {**account, "snapshot": path}

    def _ended(self, path: str) -> str:
        """Where the snapshot is, now that the run is over; empty where nothing was written."""
        if not path:
            return ""
        try:
            snapshot = snapshots.ended(snapshots.read(path, self._host))
            if snapshots.wrote(snapshot):
                snapshots.write(path, snapshot)
                return path
            # It would stand before the last one that there is something to put back from.
            os.unlink(path)
        except (OSError, snapshots.Unusable) as exc:
            raise _incomplete(path, exc) from None
        return ""

    def _prune(self, path: str, keep: int) -> None:
        """Remove the host's oldest snapshots; one that cannot be removed stays."""
        with contextlib.suppress(OSError):
            for old in snapshots.outdated(os.path.dirname(path), self._host, keep):
                os.unlink(old)


def _incomplete(path: str, exc: Exception) -> AnsibleActionFail:
    return AnsibleActionFail(f"the snapshot {path} could not be completed, and has what was planned: {exc}")
