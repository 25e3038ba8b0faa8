# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The drift report as one self-contained page. The page is ``html_files/page.html.j2``; what it shows is put into words here."""

from __future__ import annotations

import base64
import hashlib
import re
import typing as t
from pathlib import Path

from ansible_collections.secops.policy.plugins.module_utils._model.plan_text import field_title, side
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

from .grouped import grouped
from .items import DEVIATIONS, IN_SYNC
from .report import DRIFTED, INVALID, UNREADABLE, VERDICTS, digests
from .text import VERDICTS as WORDS
from .text import clean, count, label, title

Data = t.Mapping[str, t.Any]

_FILES = Path(__file__).with_name("html_files")
#: Of one module in one tenant; the newest come first.
_MOST_CHANGES = 50


def html(report: Data) -> str:
    """The page. Everything in ``report`` may come from a vendor: it is escaped, and no script or style but ours can run on the page."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    style, script = ((_FILES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=lambda data: _printable(data, Markup)
    )
    environment.filters["lines"] = _lines
    # Line breaks between elements would be nodes of their own on the page, and a fleet's page has enough of those.
    source = re.sub(r"(?<=[>}])\n+(?=[<{])", "", (_FILES / "page.html.j2").read_text(encoding="utf-8"))
    template = environment.from_string(source)
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    # Both are files of this collection; nothing else goes into the page unescaped.
    safe = {"style": Markup(style), "script": Markup(script)}  # noqa: S704 - see above
    return template.render(page=_page(report), policy=policy, **safe)


def _page(report: Data) -> dict[str, t.Any]:
    comparison = report["comparison"] or {"new": [], "resolved": [], "unknown": [], "unchanged": []}
    new = {found["id"] for found in comparison["new"]}
    tenants = sorted((_tenant(one, new) for one in report["tenants"]), key=lambda one: VERDICTS.index(one["verdict"]))
    totals = report["totals"]
    kept = sum("read_at" in one for one in report["tenants"])
    return {
        "title": "Policy drift report",
        "generated_at": report["generated_at"],
        "generated": _time(report["generated_at"]),
        "generator": report["generator"],
        "headline": _headline(totals["tenants"], totals["deviations"]),
        "tone": _tone(report),
        "tenants": tenants,
        "kept": f"{count(kept, 'tenant was', 'tenants were')}" if kept else "",
        "shown": _shown(tenants),
        "totals": totals,
        "bar": _bar(totals["tenants"]),
        "problems": report["problems"],
        "accepted": report["accepted"],
        "compared": report["comparison"] is not None,
        "earlier": _time(str(comparison.get("earlier", ""))),
        "comparison": {key: [_brief(found) for found in comparison[key]] for key in ("new", "resolved", "unknown")},
        "unchanged": len(comparison["unchanged"]),
        "modules": [
            (module, description.title)
            for module, description in RESOURCES.items()
            if any(resource["module"] == module for one in report["tenants"] for resource in one["resources"])
        ],
        "same": [found for found in grouped(report) if len(found.tenants) > 1],
        "deviations": DEVIATIONS,
        "verdicts": WORDS,
        "most_changes": _MOST_CHANGES,
    }


def _shown(tenants: t.Sequence[Data]) -> str:
    """What stands below the filter before anybody has filtered, in the words of ``page.js``."""
    found = sum(one["counts"][key] for one in tenants for key in DEVIATIONS)
    accepted = sum(one["counts"]["accepted"] for one in tenants)
    return f"{len(tenants)} of {len(tenants)} tenants, {count(found, 'deviation')}" + (f", {accepted} accepted" if accepted else "")


def _tone(report: Data) -> str:
    """The worst verdict that there is."""
    tenants = report["totals"]["tenants"]
    if tenants["unreadable"] or report["problems"]:
        return UNREADABLE
    return INVALID if tenants["invalid"] else DRIFTED if report["totals"]["deviations"] else IN_SYNC


def _headline(tenants: Data, deviations: int) -> str:
    """What a reader in a hurry takes away."""
    if not tenants["total"]:
        return "No tenant was looked at"
    parts = []
    if tenants["unreadable"]:
        parts.append(f"{tenants['unreadable']} of {count(tenants['total'], 'tenant')} could not be read completely")
    if tenants["invalid"]:
        parts.append(f"{count(tenants['invalid'], 'tenant')} with an error in the desired state")
    if deviations:
        found = count(deviations, "deviation")
        parts.append(f"{found} in {count(tenants['drifted'], 'tenant')}" if not parts else found)
    if not parts:
        return "The tenant is in sync" if tenants["total"] == 1 else f"All {tenants['total']} tenants are in sync"
    return "; ".join(parts)


def _bar(tenants: Data) -> list[dict[str, t.Any]]:
    """The tenants' verdicts as parts of a bar of 1000."""
    at, parts = 0.0, []
    for verdict in reversed(VERDICTS):
        width = 1000 * tenants[verdict] / (tenants["total"] or 1)
        if width:
            parts.append({"verdict": verdict, "x": round(at, 1), "width": round(width, 1)})
        at += width
    return parts


def _tenant(one: Data, new: set[str]) -> dict[str, t.Any]:
    resources = [_resource(resource, new) for resource in one["resources"]]
    counts = {key: sum(resource["counts"][key] for resource in one["resources"]) for key in (IN_SYNC, *DEVIATIONS, "accepted")}
    return {
        "anchor": f"t-{hashlib.sha256(one['id'].encode('utf-8', 'surrogatepass')).hexdigest()[:12]}",
        "name": one["name"],
        "read_at": _time(one.get("read_at", "")),
        "verdict": one["verdict"],
        "message": one["message"],
        "counts": counts,
        "resources": resources,
        "words": _describe(one["verdict"], counts),
        "approval": _approval(one),
    }


def _approval(one: Data) -> str:
    """The plans of a tenant as the YAML that ``apply`` takes for an approval; empty where there is nothing that can be approved."""
    if one["verdict"] != DRIFTED or "read_at" in one:
        return ""
    name = clean(one["name"]).replace("\n", " ")
    lines = [f"# {name}", "apply_expected_plans:", *(f"  {module}: {digest}" for module, digest in digests(one).items())]
    return "\n".join([*lines, ""])


def _describe(verdict: str, counts: Data) -> str:
    """A tenant's counts, as far as there is anything to say."""
    parts = [f"{counts[key]} {key}" for key in DEVIATIONS if counts[key]]
    if counts["accepted"]:
        parts.append(f"{counts['accepted']} accepted")
    if counts[IN_SYNC] or not parts and verdict in (IN_SYNC, DRIFTED):
        parts.append(f"{counts[IN_SYNC]} in sync")
    return ", ".join(parts)


def _resource(resource: Data, new: set[str]) -> dict[str, t.Any]:
    return {
        **{key: resource[key] for key in ("module", "verdict", "message", "errors", "warnings", "scope", "state", "counts")},
        "name": title(resource["module"]),
        "digest": resource["plan_digest"] or "",
        "changes": _changes(resource.get("recent_changes")),
        "items": [_item(resource["module"], item, item["id"] in new) for item in resource["items"] if item["verdict"] != IN_SYNC],
        "in_sync": [label(item["unit"]) for item in resource["items"] if item["verdict"] == IN_SYNC],
    }


def _item(module: str, item: Data, is_new: bool) -> dict[str, t.Any]:
    description = RESOURCES[module]
    return {
        "id": item["id"],
        "verdict": item["verdict"],
        "unit": item["unit"],
        "object": item["object"],
        "accepted": item["accepted"],
        "new": is_new,
        "fields": [
            {
                "name": field_title(description, field["field"]),
                "actual": side(description, field, "actual"),
                "desired": side(description, field, "desired"),
            }
            for field in item["fields"]
        ],
    }


def _changes(entries: t.Any) -> list[dict[str, t.Any]]:
    """The entries of Meraki's change log that explain the difference, or may; those of an earlier report may be anything."""
    found = [entry for entry in entries if isinstance(entry, t.Mapping)] if isinstance(entries, list) else []
    return [
        {
            "when": _time(str(entry.get("ts") or "")),
            "admin": str(entry.get("admin") or "somebody"),
            "what": ": ".join(str(entry[key]) for key in ("page", "label") if entry.get(key)),
            "network_id": str(entry.get("network_id") or ""),
            "certain": entry.get("certain") is True,
        }
        for entry in found
    ]


def _time(text: str) -> str:
    """A point in time for people; a vendor's fractions of a second say nothing to them."""
    return re.sub(r"\.\d+", "", text).replace("T", " ").replace("Z", " UTC")


def _lines(texts: t.Iterable[str]) -> str:
    """Each text on a line of its own."""
    return "\n".join(text.replace("\n", " ") for text in texts)


def _brief(found: Data) -> dict[str, str]:
    where = " / ".join(text for text in (title(found["module"]), label(found["unit"]), label(found["object"])) if text)
    return {"tenant": found["tenant"], "what": where, "verdict": found["verdict"], "id": found["id"]}


def _printable(data: t.Any, markup: t.Any) -> t.Any:
    """With an escape for each character that could hide something, or that HTML cannot hold."""
    return clean(data) if isinstance(data, str) and not isinstance(data, markup) else data


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
