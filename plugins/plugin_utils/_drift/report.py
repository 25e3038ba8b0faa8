# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The drift report as data, as ``docs/drift.schema.json`` describes it: one tenant, all tenants, counts. Pure."""

from __future__ import annotations

import datetime
import typing as t
from collections import Counter

from ansible_collections.secops.policy.plugins.module_utils._model.plan import describe, joined

from .._resources import RESOURCES
from .._workflow.desired_state import desired_state_errors, ran, result_errors
from .accepted import Accepted, accept, may_cover
from .changes import are_whole, recent_changes, was_read
from .items import DEVIATIONS, IN_SYNC, described, items, segment

Data = t.Mapping[str, t.Any]

#: Rises when a reader of earlier reports would misread this one.
VERSION = 1
DRIFTED, INVALID, UNREADABLE = "drifted", "invalid", "unreadable"
#: The verdicts of a tenant, the worst first.
VERDICTS = (UNREADABLE, INVALID, DRIFTED, IN_SYNC)
#: Of what has one of these nobody knows whether it drifted.
UNKNOWN = (UNREADABLE, INVALID)


def desired(desired_state: t.Any) -> dict[str, t.Any]:
    """What a report has to know of a desired state (``secops_policy``): the ``modules`` that it names, each as ``described``, and what is
    wrong with it itself (``errors``)."""
    named = [module for module in RESOURCES if isinstance(desired_state, dict) and module in desired_state]
    return {
        "modules": {module: described(module, desired_state[module]) for module in named},
        "errors": [] if desired_state is None else desired_state_errors(desired_state),
    }


def tenant(name: str, desired: Data, results: Data) -> dict[str, t.Any]:
    """What the report says of one tenant.

    ``desired`` is its desired state as ``desired`` has it, ``results`` what each module returned in check mode. What a result itself says
    it was asked for counts before that, and one that nothing names is reported as well. Anything that cannot be made sense of is
    unreadable, or invalid where the desired state itself is wrong, with the reason: it never looks as if nothing differed.
    """
    identity = segment(name)
    found = desired["errors"]
    errors = {module: [error for error in found if _of(error, module)] for module in RESOURCES}
    odd = [describe(error) for error in found if not any(_of(error, module) for module in RESOURCES)]
    named = [module for module in RESOURCES if module in desired["modules"] or ran(results.get(module))]
    if not named and not odd:
        return unread(
            name,
            "nothing to compare: secops_policy names no module for this host. secops.policy.export writes one. Ansible reads "
            "host_vars beside the inventory or the playbook; --limit leaves the host out",
        )
    resources = [_resource(identity, module, desired["modules"].get(module, {}), errors[module], results.get(module)) for module in named]
    return {"id": identity, "name": name, "verdict": INVALID if odd else IN_SYNC, "message": joined(odd), "resources": resources}


def unread(name: str, message: str) -> dict[str, t.Any]:
    """A tenant of which nothing was read."""
    return {"id": segment(name), "name": name, "verdict": UNREADABLE, "message": message, "resources": []}


def report(
    tenants: t.Iterable[dict[str, t.Any]],
    accepted: t.Sequence[Accepted],
    now: datetime.datetime,
    problems: t.Sequence[str] = (),
    collection_version: str = "",
    kept: t.Iterable[dict[str, t.Any]] = (),
) -> dict[str, t.Any]:
    """The report over all tenants. ``problems`` are errors of the audit itself, such as a file that could not be read. ``kept`` are tenants
    of an earlier report that are not in this run, each with ``read_at``: they are shown, and do not count.

    The same tenants give the same report, whatever their order, but for ``generated_at``.
    """
    counted = list(tenants)
    listed = sorted([*counted, *kept], key=lambda one: one["name"])
    everything = [item for one in listed for resource in one["resources"] for item in resource["items"]]
    shown = accept(everything, accepted, now)
    for one in listed:
        _set_verdicts(one)
    return {
        "version": VERSION,
        "generator": " ".join(["secops.policy", collection_version]).strip(),
        "generated_at": now.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "totals": _totals(counted),
        "problems": list(problems),
        "accepted": shown,
        "comparison": None,
        "tenants": listed,
    }


def kept(earlier: t.Any, names: t.Collection[str]) -> list[dict[str, t.Any]] | None:
    """The tenants with these names of an earlier report, marked with when they were read; None if it is not a whole report."""
    try:
        if earlier["version"] != VERSION:
            return None
        found = [{**one, "read_at": one.get("read_at", earlier["generated_at"])} for one in earlier["tenants"] if one["name"] in names]
        return found if all(map(_is_whole, found)) else None
    except (AttributeError, KeyError, TypeError):
        return None


def _is_whole(one: Data) -> bool:
    """Whether a tenant that was read from a file has everything that a report shows of it. Raises ``KeyError``, ``TypeError``."""
    resources = one["resources"]
    items_ = [item for resource in resources for item in resource["items"]]
    things = [item["unit"] for item in items_] + [item["object"] for item in items_ if item["object"] is not None]
    fields = [field for item in items_ for field in item["fields"]]
    texts = [one["id"], one["name"], one["message"], one["read_at"]]
    texts += [*(thing["name"] for thing in things), *(field["field"] for field in fields), *(item["id"] for item in items_)]
    for resource in resources:
        texts += [*(resource[key] for key in ("id", "scope", "state", "message")), *resource["warnings"]]
        texts += [text for error in resource["errors"] for text in (error["path"], error["message"], error.get("file", ""))]
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(error.get("line", 1), int) for resource in resources for error in resource["errors"])
        and all(isinstance(thing["id"], (str, type(None))) for thing in things)
        and all({"actual", "desired"} <= field.keys() for field in fields)
        and all(are_whole(resource.get("recent_changes", [])) for resource in resources)
        and all(resource["module"] in RESOURCES and resource["verdict"] in VERDICTS for resource in resources)
        and all(item["verdict"] in (IN_SYNC, *DEVIATIONS) for item in items_)
        and all(isinstance(resource["plan_digest"], (str, type(None))) for resource in resources)
        and all(isinstance(resource["counts"][key], int) for resource in resources for key in (IN_SYNC, *DEVIATIONS, "accepted"))
        and one["verdict"] in VERDICTS
    )


def drift(one: Data) -> bool | None:
    """Whether a tenant drifted; None where nothing differs as far as it could be read, and not all could be."""
    if any(_counted(item) for resource in one["resources"] for item in resource["items"]):
        return True
    return None if one["verdict"] in UNKNOWN else False


def deviations(one: Data) -> int:
    """How many deviations of a tenant count."""
    return sum(resource["counts"][key] for resource in one["resources"] for key in DEVIATIONS)


def digests(one: Data) -> dict[str, str]:
    """For each module that could plan, the digest of its plan: what ``expected_plan`` takes."""
    return {resource["module"]: resource["plan_digest"] for resource in one["resources"] if resource["plan_digest"]}


def reasons(one: Data) -> list[str]:
    """Why a tenant is unreadable or invalid, a sentence for each cause."""
    found = [one["message"]] if one["message"] else []
    return found + [f"{resource['module']}: {resource['message']}" for resource in one["resources"] if resource["verdict"] in UNKNOWN]


def unmatched(made: Data, inventory: t.Iterable[str]) -> list[str]:
    """The accepted deviations of a report that cover nothing, by their ``what``: not those that may cover something in a tenant of the
    ``inventory`` that was not read, or not whole. What has expired matters no more."""
    tenants = {one["name"]: one for one in made["tenants"]}
    unread_ = [f"{segment(name)}/" for name in inventory if name not in tenants or tenants[name]["message"]]
    unread_ += [f"{resource['id']}/" for one in tenants.values() for resource in one["resources"] if resource["verdict"] in UNKNOWN]
    return [
        entry["what"]
        for entry in made["accepted"]
        if not (entry["deviations"] or entry["expired"] or any(may_cover(entry["what"], beginning) for beginning in unread_))
    ]


def _of(error: Data, module: str) -> bool:
    return f"{error['path']}.".startswith(f"secops_policy.{module}.")


def _about_tenant(error: Data) -> bool:
    """Whether an error is about what the vendor has (``organization: network N_1``), and not about an option or something in it."""
    return ": " in error["path"]


def _resource(scope: str, module: str, words: Data, errors: list[dict[str, t.Any]], result: t.Any) -> dict[str, t.Any]:
    """``errors``: what is wrong with the entry itself. An option that does not exist makes what the module said worth nothing."""
    if isinstance(result, dict):
        words = result.get("desired") or words
    made: dict[str, t.Any] = {
        "id": f"{scope}/{module}",
        "module": module,
        "scope": words.get("scope", ""),
        "state": words.get("state", ""),
        "verdict": UNREADABLE,
        "message": "",
        "errors": errors,
        "warnings": [],
        "plan_digest": None,
        "counts": dict.fromkeys((IN_SYNC, *DEVIATIONS, "accepted"), 0),
        "recent_changes": [],
        "change_log_read": False,
        "items": [],
    }
    if errors:
        own = result_errors(f"secops_policy.{module}", result) if isinstance(result, dict) and result.get("errors") else []
        found = [*errors, *(item for item in own if item["path"] not in {one["path"] for one in errors})]
        return {**made, "verdict": INVALID, "errors": found, "message": joined(map(describe, found))}
    if not isinstance(result, dict) or not ran(result):
        return {**made, "message": "the module was not run for this host in this play"}
    made["warnings"] = [str(text) for text in result.get("warned", result.get("warnings")) or []]
    planned = all(key in result for key in ("before", "after", "summary", "plan_digest"))
    if not planned:
        made["message"] = str(result.get("msg") or "the module did not return the current state")
        if result.get("errors"):
            about_tenant = any(map(_about_tenant, result["errors"]))
            made["verdict"] = UNREADABLE if about_tenant else INVALID
            made["errors"] = result_errors(f"secops_policy.{module}", result)
        return made
    if result.get("failed") or result.get("failure"):
        # A plan that was refused (max_removals, expected_plan, groups emptied) was read all the same: it is drift.
        why = str(result.get("msg") or "").partition("\n")[0].removeprefix("Nothing was written: ")
        made["message"] = f"apply would refuse this: {why}"
    made["verdict"] = IN_SYNC
    made["plan_digest"] = str(result["plan_digest"])
    made["recent_changes"] = recent_changes(result)
    made["change_log_read"] = was_read(result, made["warnings"])
    units = words.get("units", [])
    made["items"] = items(module, made["id"], result, units)
    if units is None:
        made["warnings"].append("what is in sync is counted, and not listed: too many units are named for that")
    made["counts"][IN_SYNC] = result["summary"].get("unchanged", 0)
    return made


def _set_verdicts(one: dict[str, t.Any]) -> None:
    """Counts and verdicts of a tenant and its resources, once it is known what is accepted."""
    for resource in one["resources"]:
        counted = Counter(item["verdict"] for item in resource["items"] if _counted(item))
        resource["counts"] = {
            **resource["counts"],
            **{verdict: counted[verdict] for verdict in DEVIATIONS},
            "accepted": sum(item["accepted"] is not None for item in resource["items"]),
        }
        if resource["verdict"] not in UNKNOWN:
            resource["verdict"] = DRIFTED if counted else IN_SYNC
    # What a tenant of an earlier report was counts only where that is not known from its resources.
    own = one["verdict"] if one["message"] or not one["resources"] else IN_SYNC
    verdicts = {own, *(resource["verdict"] for resource in one["resources"])}
    one["verdict"] = next(verdict for verdict in VERDICTS if verdict in verdicts)


def _totals(tenants: t.Sequence[Data]) -> dict[str, t.Any]:
    verdicts = Counter(one["verdict"] for one in tenants)
    objects: Counter[str] = Counter()
    for one in tenants:
        for resource in one["resources"]:
            objects.update(resource["counts"])
    return {
        "tenants": {
            "total": len(tenants),
            "read": len(tenants) - verdicts[UNREADABLE] - verdicts[INVALID],
            "unreadable": verdicts[UNREADABLE],
            "invalid": verdicts[INVALID],
            "in_sync": verdicts[IN_SYNC],
            "drifted": verdicts[DRIFTED],
        },
        "objects": {key: objects[key] for key in (IN_SYNC, *DEVIATIONS, "accepted")},
        "deviations": sum(objects[key] for key in DEVIATIONS),
    }


def _counted(item: Data) -> bool:
    return item["verdict"] != IN_SYNC and not item["accepted"]
