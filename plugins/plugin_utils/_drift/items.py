# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""From what a module said in check mode to a verdict for each object that it looked at. Pure."""

from __future__ import annotations

import json
import typing as t
from collections import Counter

from ansible_collections.secops.policy.plugins.module_utils._model.description import Description, Identity
from ansible_collections.secops.policy.plugins.module_utils._model.differences import (
    CHANGED,
    EXTRA,
    MISSING,
    MOVED,
    Difference,
    differences,
    paired,
)
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

Data = t.Mapping[str, t.Any]
Item = dict[str, t.Any]

IN_SYNC = "in_sync"
DEVIATIONS = (CHANGED, MISSING, EXTRA, MOVED)

#: Characters. AWX drops a task's result above 700,000, and the module's own may take 500,000 of them.
_LONGEST_UNITS = 150_000


def described(module: str, entry: t.Any) -> dict[str, t.Any]:
    """What a report has to know of an entry of the desired state: its ``state``, its ``scope`` (the organization, where the entry says it),
    and the ``units`` that it names, as they are named; None where those are too many to travel with a result."""
    if not isinstance(entry, dict):
        return {"state": "", "scope": "", "units": []}
    description = RESOURCES[module]
    keys = [description.at] if description.at else [*_pairs(description, both=True), *description.selectors]
    units = [{key: unit[key] for key in keys if key in unit} for unit in _entries(entry.get("config"))]
    return {
        "state": str(entry.get("state") or "merged"),
        "scope": str(entry.get("organization") or entry.get("organization_id") or ""),
        "units": units if len(json.dumps(units)) <= _LONGEST_UNITS else None,
    }


def items(module: str, scope: str, result: Data, config: t.Any) -> list[Item]:
    """One item for each object that differs and for each unit of ``config`` that is as it should be.

    ``scope`` begins every id, ``result`` is the module's (``before`` and ``after``), ``config`` what the task was given, or the units of
    ``described``. An item is
    ``{id, verdict, unit: {id, name}, object: {id, name} | None, fields: [{field, actual, desired}]}``, a field with
    ``names`` by id where its values are ids whose names are known. ``object`` is None where the unit
    itself is meant. Ids hold no time and no place in a list, so that they stay the same from one report to the next.
    """
    description = RESOURCES[module]
    found = []
    for before, after in paired(description, result["before"], result["after"]):
        unit = description.identity({**(after or {}), **(before or {})})
        for one in differences(description, before, after):
            found.append(_item([scope, _unit_key(unit), *_object_key(description, one)], one.verdict, unit, one))
    drifted = [*result["before"], *result["after"]]
    found += [_item([scope, key], IN_SYNC, unit, None) for key, unit in _unchanged(description, config, drifted)]
    return _numbered(found)


def segment(text: str) -> str:
    """One part of an id: letters and digits of any script, spaces and ``-._`` as they are, the rest as percent and hexadecimal digits.

    So that no part holds the slash between parts, nor a wildcard, nor anything that could break a line.
    """
    return "".join(letter if letter.isalnum() or letter in " -._" else _percent(letter) for letter in text)


def _unit_key(unit: Identity) -> str:
    return "name:" + segment(unit.name) if unit.id is None else segment(unit.id)


def _object_key(description: Description, one: Difference) -> list[str]:
    """The part of an id that tells an object of a unit: its own id, or all that makes it."""
    if one.object is None or description.objects is None:
        return []
    if one.object.id is not None:
        return [segment(one.object.id)]
    parts = [description.form(field, one.item) or "" for field in description.objects.fields]
    return [":".join(",".join(map(segment, part)) if isinstance(part, list) else segment(part) for part in parts)]


def _unchanged(description: Description, config: t.Any, drifted: list[Data]) -> list[tuple[str, Identity]]:
    """The units that ``config`` names and that are in sync, with their keys."""
    entries = _entries(config)
    claimed = {id(unit) for unit in drifted for entry in entries if _named(description, entry, unit)}
    found = []
    for entry in entries:
        selector = next((field for field in description.selectors if field in entry), None)
        if selector is not None:
            # Which units it reaches is not known here: it is in sync as a whole, or nothing is said of it.
            if len(claimed) == len(drifted):
                values = entry[selector] if isinstance(entry[selector], list) else [entry[selector]]
                said = " and ".join(map(str, values))
                found.append(
                    (f"{selector.rpartition('_')[2]}:{segment(said)}", Identity("", None, f"{description.selectors[selector]} {said}"))
                )
        elif not any(_named(description, entry, unit) for unit in drifted):
            try:
                unit = description.identity(entry)
            except KeyError:  # An entry that names nothing is an error of the desired state, and reported as such.
                unit = Identity("", None, "")
            found.append((_unit_key(unit), unit))
    return found


def _named(description: Description, entry: Data, unit: Data) -> bool:
    """Whether an entry of ``config`` names a unit, by id or by name. A name may be a path (``All/Servers``), the unit's its last part."""
    given, current = description.named(entry), description.named(unit)
    for key in _pairs(description):
        if given.get(key) is not None and current.get(key) is not None:
            return str(given[key]) == str(current[key])
    for name in _pairs(description).values():
        if name and given.get(name) is not None and current.get(name) is not None:
            one, other = str(given[name]), str(current[name])
            return one == other or one.endswith("/" + other) or other.endswith("/" + one)
    return False


def _pairs(description: Description, both: bool = False) -> dict[str, str]:
    """The fields that hold a unit's id, with those that hold its name; ``both`` as keys."""
    pairs = {kind.id_field: kind.name_field for kind in description.kinds}
    return {**pairs, **dict.fromkeys(filter(None, pairs.values()), "")} if both else pairs


def _entries(config: t.Any) -> list[dict[str, t.Any]]:
    return [entry for entry in config if isinstance(entry, dict)] if isinstance(config, list) else []


def _item(path: list[str], verdict: str, unit: Identity, one: Difference | None) -> Item:
    inner = one.object if one else None
    return {
        "id": "/".join(path),
        "verdict": verdict,
        "unit": {"id": unit.id, "name": unit.name},
        "object": None if inner is None else {"id": inner.id, "name": inner.name},
        "fields": one.fields if one else [],
    }


def _numbered(found: list[Item]) -> list[Item]:
    """Equal ids (two copies of one policy) get numbers, from the second on; ``#`` stands in no segment."""
    seen: Counter[str] = Counter()
    for item in found:
        seen[item["id"]] += 1
        if seen[item["id"]] > 1:
            item["id"] += f"#{seen[item['id']]}"
    return found


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))
