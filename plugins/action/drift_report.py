# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects what the modules said of each host in check mode into one report. Documented in plugins/modules/drift_report.py."""

from __future__ import annotations

import datetime
import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.module_utils._http import VERSION
from ansible_collections.secops.policy.plugins.plugin_utils import _drift_files, _drift_report
from ansible_collections.secops.policy.plugins.plugin_utils._drift_accepted import Accepted
from ansible_collections.secops.policy.plugins.plugin_utils._drift_compare import compare
from ansible_collections.secops.policy.plugins.plugin_utils._drift_words import count
from ansible_collections.secops.policy.plugins.plugin_utils._files import local_path
from ansible_collections.secops.policy.plugins.plugin_utils._tree import plain

_OPTIONS: dict[str, t.Any] = {
    "dest": {"type": "str", "required": True},
    "results": {"type": "dict", "required": True},
    "accepted": {"type": "str"},
    "compare_to": {"type": "str"},
    "fail_on_drift": {"type": "bool", "default": False},
}
#: Where credentials may stand: in the tree, in a host's variables, in the environment.
_SECRET_OPTIONS = ("access_token", "api_key", "password")
_SECRET_VARIABLES = ("eset_access_token", "eset_password", "meraki_api_key")
_SECRET_ENVIRONMENT = ("ESET_ACCESS_TOKEN", "ESET_PASSWORD", "MERAKI_DASHBOARD_API_KEY")
#: A shorter one is a word by chance in some name, and no secret.
_SHORTEST_SECRET = 5

Data = t.Mapping[str, t.Any]


class ActionModule(ActionBase):
    """One task for all hosts of the play (``run_once``). Writes its files in check mode too: an audit is nothing else."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _validated, options = self.validate_argument_spec(_OPTIONS)
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        problems: list[str] = []
        accepted = self._accepted(options["accepted"], problems)
        # Before the new report takes its place, for it may be the same file.
        earlier = self._earlier(options["compare_to"], problems)
        tenants, waiting = self._tenants(variables, plain(options["results"]))
        report = _drift_report.report(tenants, accepted, now, problems, VERSION)
        if earlier is not None:
            try:
                report["comparison"] = compare(earlier, report)
            except ValueError as error:
                problems.append(str(error))
                report["problems"] = problems
        try:
            files = _drift_files.write_reports(local_path(options["dest"]), report)
        except OSError as error:
            raise AnsibleActionFail(f"the drift report cannot be written: {error}") from None
        read = [one for one in tenants if one["name"] not in waiting]
        return {
            **result,
            "changed": False,
            "msg": _message(report, files["html"]),
            "files": files,
            "totals": report["totals"],
            "comparison": _counts(report["comparison"]),
            "problems": problems,
            # In a batch that is not the last one nothing fails: Ansible would not go on to the next.
            "failures": {} if waiting else _failures(report, variables, options["fail_on_drift"]),
            "ansible_stats": {
                "data": {
                    f"secops_policy_audit_{one['name']}": {"drift": _drift_report.drift(one), "digests": _drift_report.digests(one)}
                    for one in read
                },
                "per_host": False,
                # A later audit in the same run takes an earlier one's place.
                "aggregate": False,
            },
        }

    def _accepted(self, path: str | None, problems: list[str]) -> list[Accepted]:
        if not path:
            return []
        found, faults = _drift_files.read_accepted(local_path(path))
        problems += faults
        return found

    def _earlier(self, path: str | None, problems: list[str]) -> t.Any:
        if not path:
            return None
        found, faults, there = _drift_files.read_report(local_path(path))
        problems += faults
        if not there:
            self._display.warning(f"There is no earlier drift report to compare with: {path}. That is as it should be in the first run.")
        return found

    def _tenants(self, variables: dict[str, t.Any], names: Data) -> tuple[list[dict[str, t.Any]], set[str]]:
        """Every host of the play, and the names of those whose batch is yet to come."""
        active, batch = (set(plain(variables[name])) for name in ("ansible_play_hosts", "ansible_play_batch"))
        tenants, waiting = [], set()
        for host in plain(variables["ansible_play_hosts_all"]):
            # Registered results are data already: nothing in them is to be templated.
            raw = variables["hostvars"].raw_get(host)
            results = {module: plain(raw[name]) for module, name in names.items() if name in raw and self._of_this_play(raw[name])}
            if results or host in batch:
                tenants.append(self._tenant(variables, host, results))
            elif host in active:
                waiting.add(host)
                tenants.append(_drift_report.unread(host, "not looked at yet: its batch is still to come"))
            else:
                # Its own failure is not told to other hosts; what can be seen of the reason is what its variables hold.
                reason = self._tenant(variables, host, {})["message"]
                before = "the host failed, or was not reached, before it could be looked at"
                tenants.append(_drift_report.unread(host, f"{before}: {reason}" if reason else before))
        return tenants, waiting

    def _of_this_play(self, result: Data) -> bool:
        """Whether a result counts: one that policy_run registered in an earlier play says nothing of a host that is not looked at any more.

        Any other does not say of which play it is; what was skipped is no result.
        """
        play = result.get("play_uuid")
        return not result.get("skipped") if play is None else bool(play == self._task.get_play()._uuid)

    def _tenant(self, variables: dict[str, t.Any], host: str, results: Data) -> dict[str, t.Any]:
        evaluated = variables["hostvars"][host]
        secrets = [os.environ.get(name) for name in _SECRET_ENVIRONMENT]
        wrong = ""
        for name in _SECRET_VARIABLES:
            try:
                secrets.append(plain(evaluated.get(name)))
            except Exception:  # Whatever a template may run into. It may quote it.
                wrong = f"its variable {name} cannot be evaluated"
        try:
            tree = plain(evaluated.get("secops_policy", {}))
        except Exception as error:
            wrong = f"its variables cannot be evaluated: {str(error).partition(' String: ')[0]}"
        if wrong:
            one = _drift_report.unread(host, wrong)
            return {key: _masked(value, _worth_masking(secrets)) for key, value in one.items()}
        entries = [entry for entry in tree.values() if isinstance(entry, dict)] if isinstance(tree, dict) else []
        secrets += [entry.get(key) for entry in entries for key in _SECRET_OPTIONS]
        one = _drift_report.tenant(host, tree, results)
        return {key: _masked(value, _worth_masking(secrets)) for key, value in one.items()}


def _failures(report: Data, variables: Data, fail_on_drift: bool) -> dict[str, str]:
    """Why hosts have to fail, for those that still can; what concerns no such host is the first one's to say.

    A host that has failed already has said why, and has the play fail.
    """
    active, batch = (plain(variables[name]) for name in ("ansible_play_hosts", "ansible_play_batch"))
    found: dict[str, str] = {}
    others = [f"the audit itself has a problem: {text}" for text in report["problems"]]
    for one in report["tenants"]:
        said = []
        if one["verdict"] == _drift_report.UNREADABLE:
            said.append(f"could not be read: {'; '.join(_drift_report.reasons(one))}")
        number = _drift_report.deviations(one)
        if number and fail_on_drift:
            said.append(f"drift: {count(number, 'deviation')}")
        if said and one["name"] in batch:
            found[one["name"]] = f"{one['name']}: {'; '.join(said)}"
        elif said and one["name"] in active:
            others.append(f"{one['name']}: {'; '.join(said)}")
    if others and batch:
        found[batch[0]] = ". ".join([*others, *([found[batch[0]]] if batch[0] in found else [])])
    return found


def _message(report: Data, path: str) -> str:
    tenants, deviations = report["totals"]["tenants"], report["totals"]["deviations"]
    parts = [f"{tenants[key]} {key}" for key in ("in line", "drifted", "unreadable") if tenants[key]]
    said = f"{count(tenants['total'], 'tenant')}: {', '.join(parts)}; {count(deviations, 'deviation')}"
    accepted = report["totals"]["objects"]["accepted"]
    if accepted:
        said += f", and {accepted} accepted"
    compared = _counts(report["comparison"])
    if compared:
        said += f" ({compared['new']} new, {compared['resolved']} resolved, {compared['unchanged']} unchanged since {compared['earlier']})"
    return f"{said}. Report: {path}"


def _counts(comparison: Data | None) -> dict[str, t.Any] | None:
    if comparison is None:
        return None
    return {key: value if isinstance(value, str) else len(value) for key, value in comparison.items()}


def _worth_masking(secrets: t.Iterable[t.Any]) -> list[str]:
    """The modules mask what they show; but a report outlives a run, and later versions of Ansible mask what is on the screen alone."""
    found = {str(secret).strip() for secret in secrets if secret}
    return sorted((secret for secret in found if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True)


def _masked(data: t.Any, secrets: t.Sequence[str]) -> t.Any:
    if isinstance(data, str):
        for secret in secrets:
            data = data.replace(secret, "********")
        return data
    if isinstance(data, dict):
        return {key: _masked(value, secrets) for key, value in data.items()}
    return [_masked(value, secrets) for value in data] if isinstance(data, list) else data
