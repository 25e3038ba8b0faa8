# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Two drift reports: what is new, what is resolved, what is as it was. Pure."""

from __future__ import annotations

import typing as t

from .items import IN_SYNC
from .report import UNKNOWN, UNREADABLE, VERSION

Data = t.Mapping[str, t.Any]


def compare(earlier: Data, later: Data) -> dict[str, t.Any]:
    """``{earlier, new, resolved, unchanged, unknown}``: when the earlier report was made, and lists of
    ``{id, tenant, module, verdict, unit, object}``.

    A deviation is the same when object, verdict and values (but for positions) are; one that differs in another way now is new.
    ``unknown`` are deviations of the earlier report whose tenant, or module, the later one does not cover or could not read: nobody
    knows whether they are resolved. Accepted deviations count as deviations. A tenant or module that cannot be read is one as well, with
    the verdict ``unreadable``, or ``invalid``.

    Raises ``ValueError`` for what is not a drift report of a version that is known.
    """
    before, after = _checked(earlier, "earlier"), _checked(later, "later")
    # What a report keeps of an earlier one was not looked at again.
    tenants = {one["name"]: one for one in later["tenants"] if "read_at" not in one}
    after = {key: found for key, found in after.items() if found.brief["tenant"] in tenants}
    read = {resource["id"] for one in tenants.values() for resource in one["resources"] if resource["verdict"] not in UNKNOWN}
    covered = read | {one["id"] for one in tenants.values() if not one["message"]}
    gone = [found for key, found in before.items() if key not in after]
    return {
        "earlier": str(earlier.get("generated_at", "")),
        "new": [found.brief for key, found in after.items() if key not in before or before[key].content != found.content],
        "resolved": [found.brief for found in gone if found.place in covered],
        "unchanged": [found.brief for key, found in after.items() if key in before and before[key].content == found.content],
        "unknown": [found.brief for found in gone if found.place not in covered],
    }


class _Deviation(t.NamedTuple):
    """``place``: the id of what has to be read for the deviation to be seen."""

    place: str
    content: t.Any
    brief: dict[str, t.Any]


def _checked(report: t.Any, which: str) -> dict[str, _Deviation]:
    """The deviations of something that may be no report at all."""
    version = report.get("version") if isinstance(report, dict) else None
    if version is None or isinstance(report, dict) and "tenants" not in report:
        raise ValueError(f"the {which} report is not a drift.json")
    if version != VERSION:
        raise ValueError(f"the {which} report has version {version!r}, and this can read version {VERSION}")
    try:
        return _deviations(report)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the {which} report is not a complete drift.json: {type(error).__name__}: {error}") from None


def _deviations(report: Data) -> dict[str, _Deviation]:
    found: dict[str, _Deviation] = {}
    for one in report["tenants"]:
        if one["message"]:
            verdict = one["verdict"] if one["verdict"] in UNKNOWN else UNREADABLE
            found[one["id"]] = _Deviation(one["id"], verdict, _brief(one, "", verdict, one["id"], None, None))
        for resource in one["resources"]:
            key = resource["id"]
            if resource["verdict"] in UNKNOWN:
                found[key] = _Deviation(key, resource["verdict"], _brief(one, resource["module"], resource["verdict"], key, None, None))
            for item in resource["items"]:
                if item["verdict"] != IN_SYNC:
                    brief = _brief(one, resource["module"], item["verdict"], item["id"], item["unit"], item["object"])
                    found[item["id"]] = _Deviation(key, (item["verdict"], _values(item)), brief)
    return found


def _values(item: Data) -> list[t.Any]:
    """What differs, without what says nothing of the deviation: names that were read or not, and where in a list an object stands."""
    return [(field["field"], field["actual"], field["desired"]) for field in item["fields"] if field["field"] != "position"]


def _brief(one: Data, module: str, verdict: str, identity: str, unit: t.Any, inner: t.Any) -> dict[str, t.Any]:
    return {"id": identity, "tenant": one["name"], "module": module, "verdict": verdict, "unit": unit, "object": inner}
