# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Badge rules: from the current state and the desired one to the writes. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.diagnostics import Diagnostics
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index
from ansible_collections.secops.policy.plugins.module_utils._model.plan import ATTRIBUTES, Chain, Plan, Request

from .config import API, DEFAULTS, Desired, DesiredRule

Rule = dict[str, t.Any]


class Current(t.NamedTuple):
    """What was read: the rules by id, and the zones where their list was read."""

    path: str
    rules: dict[str, Rule]
    zones: Index | None
    since: float

    @property
    def listed(self) -> t.Any:
        """What two reads that saw the same are equal in."""
        return self.rules


class _Change(t.NamedTuple):
    before: Rule | None
    after: Rule | None

    @property
    def key(self) -> str:
        return str(self.before["rule_id"]) if self.before is not None else f"new: {(self.after or {})['title']}"


def normal(rule: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A rule in the form in which two of them are equal."""
    return {**{key: rule[key] for key in ("title", "level", "enabled")}, "zone_ids": sorted(rule["zone_ids"])}


def to_config(rule: t.Mapping[str, t.Any], zones: Index | None) -> Rule:
    """A rule in the shape of ``config``."""
    unit = {key: rule[key] for key in API.values() if key in rule}
    if zones is not None:
        unit["zones"] = [zones.names[key] for key in rule["zone_ids"]]
    return unit


def to_api(rule: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A rule as the API wants it."""
    return {name: rule[key] for name, key in API.items() if key in rule and key != "rule_id"}


def find(current: Current, unit: DesiredRule) -> Rule | None:
    """The rule that an entry means, by id, else by title."""
    own, title = unit.fields.get("rule_id"), unit.fields.get("title")
    return current.rules.get(own or "") or next((rule for rule in current.rules.values() if rule["title"] == title), None)


def plan(current: Current, desired: Desired, state: str, evict: bool) -> Plan:
    """From the current state to the desired one. Raises ``ValidationErrors``."""
    found = Diagnostics(desired.errors)
    changes, reached = [], set()
    for unit in desired.units:
        existing = find(current, unit)
        reached.add((existing or {}).get("rule_id"))
        if state == "deleted":
            after = None
        else:
            after = {**DEFAULTS, **(existing if state == "merged" and existing else {}), **unit.fields}
            if "title" not in after:
                found.error(f"{unit.path}.title", "is required: a new rule needs it")
        changes.append(_Change(existing, after))
    found.raise_errors()
    if state == "overridden":
        changes += [_Change(rule, None) for key, rule in current.rules.items() if key not in reached]
    return _assembled(current, [change for change in changes if change.before or change.after], evict)


def _assembled(current: Current, found: list[_Change], evict: bool) -> Plan:
    changes = [
        change
        for change in found
        if change.before is None or change.after is None or normal({**change.before, **change.after}) != normal(change.before)
    ]
    gone = [change for change in changes if change.after is None]
    kept = [change for change in changes if change.after is not None]
    phases = [tuple(Chain(change.key, (_request(current.path, change, evict),)) for change in phase) for phase in (kept, gone)]
    return Plan(
        before=[to_config(change.before, current.zones) for change in changes if change.before],
        after=[to_config({**(change.before or {}), **change.after}, current.zones) for change in kept if change.after],
        phases=tuple(phase for phase in phases if phase),
        summary={
            "created": sum(change.before is None for change in kept),
            "updated": sum(change.before is not None for change in kept),
            "moved": 0,
            "deleted": len(gone),
            "unchanged": len(found) - len(changes),
        },
        removed=frozenset(change.key for change in gone),
        identity={
            side: sorted([change.key, normal(getattr(change, side))] for change in changes if getattr(change, side))
            for side in ("before", "after")
        },
        expected={change.key: normal(change.after) if change.after else None for change in changes},
        titles={change.key: f"badge rule {(change.before or change.after or {})['title']}" for change in changes},
    )


def _request(path: str, change: _Change, evict: bool) -> Request:
    if change.before is None:
        return Request("POST", path, to_api(change.after or {}), "create a badge rule")
    own = f"{path}/{change.before['rule_id']}"
    if change.after is None:
        return Request("DELETE", own, {"evict": evict}, "delete a badge rule", missing_ok=True)
    return Request("PUT", own, to_api(change.after), "update a badge rule", carries=ATTRIBUTES)
