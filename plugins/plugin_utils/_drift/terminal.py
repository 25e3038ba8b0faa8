# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""An audit in the terminal: a row for each tenant, and below it the deviations in words. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.plan import joined

from .changes import change_lines
from .grouped import grouped
from .items import DEVIATIONS
from .report import DRIFTED, UNKNOWN, VERDICTS, reasons
from .text import clean, count, title

Data = t.Mapping[str, t.Any]

#: Of what is longer the page has the rest.
_MOST = 200
_LONGEST = 300
#: Entries of a change log, of one module of a tenant.
_CHANGES = 5


def terminal(report: Data) -> list[str]:
    """The lines. Tenants that are not in this run are left out; so are those in sync where there are many."""
    tenants = [one for one in report["tenants"] if "read_at" not in one]
    shown = sorted(tenants, key=lambda one: VERDICTS.index(one["verdict"]))
    width = max([len(clean(one["name"])) for one in shown], default=0)
    lines = [f"{clean(one['name']):{width}}  {one['verdict']:10}  {_describe(one)}".rstrip() for one in shown[:_MOST]]
    if len(shown) > _MOST:
        lines.append(f"... and {count(len(shown) - _MOST, 'tenant')} more, in the report")
    found = grouped({"tenants": tenants})
    module = ""
    for one in found[:_MOST]:
        if one.module != module:
            module = one.module
            lines.append(f"{module}:")
        lines.append(f"  {_cut(one.text)}  [{_names(one.tenants)}]")
    if len(found) > _MOST:
        lines.append(f"  ... and {count(len(found) - _MOST, 'deviation')} more, in the report")
    refused = [
        f"  {_cut(clean(resource['message']))}  [{clean(one['name'])}, {title(resource['module'])}]"
        for one in tenants
        for resource in one["resources"]
        if resource["verdict"] not in UNKNOWN and resource["message"]
    ]
    if refused:
        more = [f"  ... and {len(refused) - _MOST} more, in the report"] if len(refused) > _MOST else []
        lines += ["Guards of the desired state:", *refused[:_MOST], *more]
    lines += _changes(tenants)
    if report["totals"]["objects"]["accepted"]:
        accepted = count(report["totals"]["objects"]["accepted"], "deviation")
        lines.append(f"{accepted} accepted and not counted. The role apply would change them too.")
    return [line.replace("\n", " ") for line in lines]


def _changes(tenants: t.Sequence[Data]) -> list[str]:
    """Who changed it, where something differs and the vendor's log was asked."""
    found = [
        f"  {clean(one['name'])}, {title(resource['module'])}: {line}"
        for one in tenants
        for resource in one["resources"]
        if resource["verdict"] == DRIFTED
        for line in change_lines(resource, _CHANGES)
    ]
    if not found:
        return []
    more = [f"  ... and {count(len(found) - _MOST, 'more line')}, in the report"] if len(found) > _MOST else []
    return ["Changed recently (candidate: a change in this network that may be the cause):", *map(_cut, found[:_MOST]), *more]


def _describe(one: Data) -> str:
    """The counts of a tenant, or why there are none."""
    if one["verdict"] in UNKNOWN:
        return _cut(clean(joined(reasons(one))))
    counts = {key: sum(resource["counts"][key] for resource in one["resources"]) for key in (*DEVIATIONS, "accepted", "in_sync")}
    return ", ".join(f"{number} {key.replace('_', ' ')}" for key, number in counts.items() if number) or "nothing is managed"


def _names(tenants: t.Sequence[str]) -> str:
    return ", ".join(map(clean, tenants)) if len(tenants) <= 5 else f"{', '.join(map(clean, tenants[:4]))} and {len(tenants) - 4} more"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
