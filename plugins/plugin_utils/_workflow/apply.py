# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What the roles apply and restore decide between the plans and the first write, and what they say at the end. Pure."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.plan import canonical_json, error
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import place_text, planned, ran, result_errors
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.snapshot import NOT_RUN
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.steps import module_of, removals

Result = t.Mapping[str, t.Any]
Error = dict[str, t.Any]

_APPROVALS = "apply_expected_plans"
_AS_JSON = '. On the command line, give it as JSON: -e \'{"apply_expected_plans": {"MODULE": "DIGEST"}}\''
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: So many objects are named where hosts get in each other's way.
_SHOWN = 3
_COUNTS = ("created", "updated", "moved", "deleted")


def plan_errors(plans: t.Mapping[str, Result]) -> list[Error]:
    """Everything that stands against the plans, of all modules."""
    # A state that only reads is an error of the desired state, and is reported as such.
    against = {name: plan for name, plan in plans.items() if ran(plan) and not planned(plan) and not {"gathered", "rendered"} & set(plan)}
    return [item for name, plan in against.items() for item in result_errors(f"secops_policy.{name}", _with_digest(plan))]


def approval_errors(plans: t.Mapping[str, Result], expected: t.Any, required: bool, report: bool = False) -> list[Error]:
    """What is wrong with the approvals, and the plans that change something and that nobody approved, where approvals were given for the
    host, or are ``required``. ``report``: they come from a drift report.

    Here, and nowhere else, an approval is compared with a plan: whatever form it has, only an equal digest is one.
    """
    if not isinstance(expected, dict):
        return [error(_APPROVALS, f"must be a dictionary with a plan_digest for each module; it is {_shown(expected)}{_AS_JSON}")]
    errors = {name: _approval_error(name, digest) for name, digest in expected.items()}
    found = [error(f"{_APPROVALS}.{name}", exc) for name, exc in errors.items() if exc]
    if not expected and not required:
        return found
    source, cure = (
        ("the approved report", "If the plan is correct, audit again, and approve the new report")
        if report
        else (_APPROVALS, f"If the plan is correct, set this digest in {_APPROVALS}")
    )
    for name in changing(plans):
        digest, approved = plans[name]["plan_digest"], expected.get(name)
        if name not in expected:
            says = f"changes something, and nobody has approved it: its plan is not in {source}"
        elif approved != digest and not errors[name]:
            says = f"is not the plan that was approved: {source} has {approved}"
        else:
            continue
        says += f". Its plan_digest is {digest}. {cure}"
        found.append(error(f"secops_policy.{name}", says))
    return found


def overlaps(plans: t.Mapping[str, t.Mapping[str, Result]]) -> dict[str, str]:
    """By host, why it must not write: another one of the same tenant is about to write the same units, and each has planned without the
    other. ``plans``: of each host. Two hosts are one tenant where their places and their credentials (``account``) are the same."""
    hosts: dict[tuple[str, str], dict[str, str]] = {}
    for host, own in plans.items():
        for name in changing(own):
            plan, description = own[name], RESOURCES[module_of(name)]
            tenant = canonical_json([description.module, plan["place"], plan.get("account")])
            for unit in (*plan["before"], *plan["after"]):
                whole = description.writes_whole
                label = f"{description.title if whole else description.label(unit)} of {place_text(plan['place'])}"
                hosts.setdefault((tenant, "" if whole else description.key(unit)), {}).setdefault(host, label)
    found: dict[str, list[str]] = {}
    for both in hosts.values():
        for host, label in both.items() if len(both) > 1 else ():
            others = ", ".join(sorted(other for other in both if other != host))
            found.setdefault(host, []).append(f"{label} (as {others} would)")
    return {host: _overlap(host, sorted(set(labels))) for host, labels in found.items()}


def _overlap(host: str, labels: t.Sequence[str]) -> str:
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return (
        f"Nothing was written: {printable(host)} is one tenant with another host of this run, and both would change "
        f"{printable('; '.join(labels[:_SHOWN]))}{more}. Leave these objects, or the whole module, out of the desired state of all but one "
        "of these hosts"
    )


def changing(plans: t.Mapping[str, Result]) -> list[str]:
    """Which plans change something, in their order."""
    return [name for name, plan in plans.items() if planned(plan) and plan["requests"]]


def steps_of(plans: t.Mapping[str, Result]) -> list[str]:
    """The steps that carry out the plans that change something. One that only removes goes first where its resource asks for that: what
    is closed need not wait for what restricts the others."""
    return [removals(name) if RESOURCES[name].removals_first and _only_removes(plans[name]) else name for name in changing(plans)]


def _only_removes(plan: Result) -> bool:
    summary = plan["summary"]
    return bool(summary.get("deleted")) and not summary.get("created") and not summary.get("updated")


def account(plans: t.Mapping[str, Result], outcomes: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """What became of each plan: ``summary`` by the plan's name, and ``msg`` in a line. ``outcomes``: of those that were carried out."""
    summary = {}
    lines = []
    for name, plan in plans.items():
        if not planned(plan):
            continue
        counts, became = plan["summary"], outcomes.get(name) or NOT_RUN
        state = "unchanged" if not plan["requests"] else "planned" if check else became["state"]
        summary[name] = {"state": state, **counts, "plan_digest": plan["plan_digest"]}
        lines.append(f"{_title(name)}: {_describe(state, counts, became)}")
    return {"summary": summary, "msg": "; ".join(lines) or "nothing was planned"}


def _title(name: str) -> str:
    module = module_of(name)
    return module if name == module else f"{module} (made since)"


def _approval_error(name: str, digest: t.Any) -> str:
    """What is wrong with one approval in itself; empty where nothing is."""
    if name not in RESOURCES:
        return f"is not a module of this collection. Supported modules: {', '.join(RESOURCES)}"
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        return f"must be a plan_digest, 64 hexadecimal digits in lower case; it is {_shown(digest)}"
    return ""


def _shown(value: t.Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else text[:97] + "..."


def _with_digest(plan: Result) -> Result:
    """A refused plan with the reason and its digest. The role has printed the plan itself, which the module's message holds as well."""
    if "plan_digest" not in plan:
        return plan
    why = plan["msg"].removesuffix(plan.get("plan_text", "")).rstrip().removeprefix("Nothing was written: ")
    return {**plan, "msg": f"{why} The plan_digest is {plan['plan_digest']}."}


def _describe(state: str, counts: t.Mapping[str, t.Any], became: t.Mapping[str, t.Any]) -> str:
    if state == "unchanged":
        return "nothing to do"
    if state == "not run":
        return "nothing was written"
    if state == "failed":
        doubt = f"{became['unknown']} with unknown outcome, " if became.get("unknown") else ""
        return f"FAILED, {became['made']} requests made, {doubt}{became['pending']} not (see the task that failed)"
    counted = ", ".join(f"{counts[key]} {key}" for key in _COUNTS if counts.get(key)) or "changed"
    return f"{counted} (not written: check mode)" if state == "planned" else counted
