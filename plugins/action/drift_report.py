# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects what the modules said of each host in check mode into one report. Documented in plugins/modules/drift_report.py."""

from __future__ import annotations

import datetime
import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.module_utils._http.options import VERSION
from ansible_collections.secops.policy.plugins.module_utils._model.plan import error, joined
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._drift import files as report_files
from ansible_collections.secops.policy.plugins.plugin_utils._drift import report as reports
from ansible_collections.secops.policy.plugins.plugin_utils._drift.accepted import Accepted
from ansible_collections.secops.policy.plugins.plugin_utils._drift.compare import compare
from ansible_collections.secops.policy.plugins.plugin_utils._drift.terminal import terminal
from ansible_collections.secops.policy.plugins.plugin_utils._drift.text import count
from ansible_collections.secops.policy.plugins.plugin_utils._files import local_path
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain as as_given
from ansible_collections.secops.policy.plugins.plugin_utils._given import why_not_evaluated
from ansible_collections.secops.policy.plugins.plugin_utils._positions import of_desired_state
from ansible_collections.secops.policy.plugins.plugin_utils._terminal import show
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import secrets as known_secrets
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import plain, registered

_OPTIONS: dict[str, t.Any] = {
    "dest": {"type": "str", "required": True},
    "results": {"type": "raw", "required": True},
    "desired": {"type": "str"},
    "accepted": {"type": "str"},
    "compare_to": {"type": "str"},
    "fail_on_drift": {"type": "bool", "default": False},
    "formats": {"type": "list", "elements": "str", "choices": list(report_files.FORMATS), "default": ["json", "html", "junit", "markdown"]},
}
Data = t.Mapping[str, t.Any]
Shown = t.TypeVar("Shown")

#: Where a role takes the desired state, and has not taken one on a host.
_NOTHING: Data = {"modules": {}, "errors": []}


class _Hostvars(t.NamedTuple):
    """``wrong``: why they cannot be evaluated, in words without the ``secrets``; empty where they can."""

    desired_state: t.Any
    wrong: str
    secrets: list[t.Any]


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
        tenants, waiting = self._tenants(variables, plain(options["results"]), options["desired"])
        report = reports.report(tenants, accepted, now, problems, VERSION, self._kept(variables, local_path(options["dest"])))
        if earlier is not None:
            try:
                report["comparison"] = compare(earlier, report)
            except ValueError as exc:
                problems.append(str(exc))
                report["problems"] = problems
        try:
            files = report_files.write_reports(local_path(options["dest"]), report, options["formats"])
        except OSError as exc:
            raise AnsibleActionFail(f"the drift report cannot be written: {exc}") from None
        show(terminal(report), self._task.no_log)
        read = [one for one in tenants if one["name"] not in waiting]
        return {
            **result,
            "changed": False,
            "msg": _message(report, files.get("html") or next(iter(files.values()), "")),
            "warnings": _unmatched(report, plain(variables.get("groups", {}).get("all") or [])),
            "files": files,
            "totals": report["totals"],
            "comparison": _counts(report["comparison"]),
            "problems": problems,
            # In a batch that is not the last one nothing fails: Ansible would not go on to the next.
            "failures": {} if waiting else _failures(report, variables, options["fail_on_drift"]),
            "ansible_stats": {
                "data": {
                    f"secops_policy_audit_{one['name']}": {"drift": reports.drift(one), "digests": reports.digests(one)} for one in read
                },
                "per_host": False,
                # A later audit in the same run takes an earlier one's place.
                "aggregate": False,
            },
        }

    def _accepted(self, path: str | None, problems: list[str]) -> list[Accepted]:
        if not path:
            return []
        found, errors = report_files.read_accepted(local_path(path))
        problems += errors
        return found

    def _earlier(self, path: str | None, problems: list[str]) -> t.Any:
        if not path:
            return None
        found, errors, exists = report_files.read_report(local_path(path))
        problems += errors
        if not exists:
            self._display.warning(f"The earlier drift report does not exist: {path}. Nothing is compared. This is normal in the first run.")
        return found

    def _kept(self, variables: dict[str, t.Any], folder: str) -> list[dict[str, t.Any]]:
        """The tenants of an existing report that are in the inventory, and not in this run."""
        others = set(plain(variables.get("groups", {}).get("all") or [])) - set(plain(variables["ansible_play_hosts_all"]))
        earlier, errors, exists = report_files.read_report(os.path.join(folder, "drift.json"))
        if not others or not (exists or errors):
            return []
        found = None if errors else reports.kept(earlier, others)
        if found is None:
            why = "; ".join(errors) or "drift.json is not a whole report of this version of the collection"
            self._display.warning(f"{why}. The parts of tenants that are not in this run cannot be kept")
        return found or []

    def _tenants(self, variables: dict[str, t.Any], names: t.Any, desired: str | None) -> tuple[list[dict[str, t.Any]], set[str]]:
        """Every host of the play, and the names of those whose batch is yet to come."""
        active, batch = (set(plain(variables[name])) for name in ("ansible_play_hosts", "ansible_play_batch"))
        tenants, waiting = [], set()
        for host in plain(variables["ansible_play_hosts_all"]):
            # Registered results are data already: nothing in them is to be templated.
            raw = variables["hostvars"].raw_get(host)
            results = {module: result for module, result in registered(raw, names).items() if self._belongs_to(host, result)}
            taken = plain(raw[desired]).get("desired") if desired in raw and self._belongs_to(host, raw[desired]) else None
            if desired and not taken and not results and host in batch:
                tenants.append(reports.unread(host, "its desired state was not looked at in this play"))
            elif results or taken or host in batch:
                tenants.append(self._tenant(variables, host, taken or (_NOTHING if desired else None), results))
            elif host in active:
                waiting.add(host)
                tenants.append(reports.unread(host, "not looked at yet: its batch is still to come"))
            else:
                # Its own failure is not told to other hosts; what can be seen of the reason is whether its variables can be evaluated.
                reason = self._of_hostvars(variables, host)
                before = "the host failed, or was not reached, before it could be looked at"
                tenants.append(reports.unread(host, f"{before}: {reason.wrong}" if reason.wrong else before))
        return tenants, waiting

    def _belongs_to(self, host: str, result: Data) -> bool:
        """Whether a result counts: one that policy_run registered in an earlier play says nothing of a host that is not looked at any more,
        and one of a task with ``run_once``, which every host has, is of one of them.

        Any other does not say of which play and host it is.
        """
        return result.get("play_uuid") in (None, self._task.get_play()._uuid) and result.get("host") in (None, host)

    def _tenant(self, variables: dict[str, t.Any], host: str, desired: Data | None, results: Data) -> dict[str, t.Any]:
        """``desired``: what the host's tasks have registered of it. None: nobody says where that is, and the host's variables are asked."""
        if desired is not None:
            return _without_secrets(reports.tenant(host, desired, results), [])
        found = self._of_hostvars(variables, host)
        if found.wrong and not results:
            return reports.unread(host, found.wrong)
        # What was read is shown, and what else there was to read is not known.
        desired = {**_NOTHING, "errors": [error("secops_policy", found.wrong)]} if found.wrong else reports.desired(found.desired_state)
        raw = variables["hostvars"].raw_get(host)
        desired = {**desired, "errors": of_desired_state(desired["errors"], found.desired_state, raw)}
        return _without_secrets(reports.tenant(host, desired, results), found.secrets)

    def _of_hostvars(self, variables: dict[str, t.Any], host: str) -> _Hostvars:
        """Whether a host's own variables can be evaluated, and the desired state in them. A play's and a role's are not among them."""
        evaluated = variables["hostvars"][host]
        secrets: list[t.Any] = []
        wrong, desired_state = "", None
        for name in known_secrets.VARIABLES:
            try:
                secrets.append(plain(evaluated.get(name)))
            except Exception:  # Whatever a template may run into. It may quote it.
                wrong = f"its variable {name} cannot be evaluated"
        try:
            desired_state = as_given(evaluated.get("secops_policy", {}))
            if isinstance(desired_state, str) and self._templar.is_template(desired_state):
                # ansible-core up to 2.18 leaves a template that it cannot evaluate as it stands.
                wrong = f"its variables cannot be evaluated: secops_policy: {desired_state}"
        except Exception as exc:
            wrong = f"its variables cannot be evaluated: {why_not_evaluated(exc)}"
        entries = desired_state.items() if isinstance(desired_state, dict) else []
        secrets += [secret for module, entry in entries for secret in known_secrets.in_entry(module, entry)]
        return _Hostvars(desired_state, _without_secrets(wrong, secrets), secrets)


def _without_secrets(data: Shown, secrets: t.Sequence[t.Any]) -> Shown:
    """Also without those of the environment."""
    environment = [os.environ.get(name) for name in known_secrets.ENVIRONMENT]
    shown: Shown = known_secrets.masked(data, known_secrets.worth_masking([*secrets, *environment]))
    return shown


def _failures(report: Data, variables: Data, fail_on_drift: bool) -> dict[str, str]:
    """Why hosts have to fail, for those that still can; what concerns no such host is the first one's to say.

    A host that has failed already has said why, and has the play fail.
    """
    active, batch = (plain(variables[name]) for name in ("ansible_play_hosts", "ansible_play_batch"))
    found: dict[str, str] = {}
    others = [f"the audit itself has a problem: {text}" for text in _by_file(report["problems"])]
    for one in report["tenants"]:
        if "read_at" in one:
            continue
        said = []
        if one["verdict"] in reports.UNKNOWN:
            says = "could not be read" if one["verdict"] == reports.UNREADABLE else "has an error in its desired state or its variables"
            said.append(f"{says}: {joined(reports.reasons(one))}")
        number = reports.deviations(one)
        if number and fail_on_drift:
            said.append(f"drift: {count(number, 'deviation')}")
        if said and one["name"] in batch:
            found[one["name"]] = f"{one['name']}: {joined(said)}"
        elif said and one["name"] in active:
            others.append(f"{one['name']}: {joined(said)}")
    if others and batch:
        found[batch[0]] = joined([*others, *([found[batch[0]]] if batch[0] in found else [])])
    return found


def _by_file(problems: t.Iterable[str]) -> list[str]:
    """Problems with what is said of a whole file said once; what follows is the place in it, such as ``[0].expires``."""
    found: dict[str, list[str]] = {}
    for text in problems:
        file, mark, place = text.partition(": [")
        found.setdefault(file, []).extend([f"[{place}"] if mark else [])
    return [f"{file}: {'; '.join(places)}" if places else file for file, places in found.items()]


def _message(report: Data, path: str) -> str:
    tenants, deviations = report["totals"]["tenants"], report["totals"]["deviations"]
    parts = [f"{tenants[key]} {key.replace('_', ' ')}" for key in reversed(reports.VERDICTS) if tenants[key]]
    said = f"{count(tenants['total'], 'tenant')}: {', '.join(parts)}; {count(deviations, 'deviation')}"
    accepted = report["totals"]["objects"]["accepted"]
    if accepted:
        said += f", and {accepted} accepted"
    compared = _counts(report["comparison"])
    if compared:
        said += f". Since {compared['earlier']}: {compared['new']} new, {compared['resolved']} resolved, {compared['unchanged']} unchanged"
        said += " (with accepted and unreadable ones)" if accepted or tenants["total"] > tenants["read"] else ""
    return f"{said}. Report: {path}"


def _unmatched(report: Data, inventory: t.Iterable[str]) -> list[str]:
    """A warning for each accepted deviation that covers nothing, as far as what it may be about could be read, or no longer covers it."""
    expired = [entry for entry in report["accepted"] if entry["expired"] and entry["deviations"]]
    return [
        *(
            f"the accepted deviation {printable(entry['what'])!r} expired at the end of {entry['expires']}: "
            f"{count(entry['deviations'], 'deviation')} that it covered counts again"
            for entry in expired
        ),
        *_matching_nothing(report, inventory),
    ]


def _matching_nothing(report: Data, inventory: t.Iterable[str]) -> list[str]:
    return [
        f"the accepted deviation {printable(what)!r} matches nothing: no object that is named so differs"
        for what in reports.unmatched(report, inventory)
    ]


def _counts(comparison: Data | None) -> dict[str, t.Any] | None:
    if comparison is None:
        return None
    return {key: value if isinstance(value, str) else len(value) for key, value in comparison.items()}
