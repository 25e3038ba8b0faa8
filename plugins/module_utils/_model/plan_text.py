# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""A plan for people: a line for each object that changes, and a unit as text for diffs. One renderer for the terminal, failures and roles.
Pure."""

from __future__ import annotations

import json
import typing as t

from .description import Data, Description
from .differences import CHANGED, EXTRA, MISSING, MOVED, Difference, Field, differences, paired
from .plan import NO_CHANGES
from .printable import printable

_ARROW = "\N{RIGHTWARDS ARROW}"
#: What stands before an object that changes, by verdict.
SIGNS = {MISSING: "+", CHANGED: "~", EXTRA: "-", MOVED: "\N{UP DOWN ARROW}"}


def plan_text(
    description: Description, before: t.Iterable[Data], after: t.Iterable[Data], summary: Data, notes: t.Sequence[str] = ()
) -> str:
    """The plan in lines: ``+ ~ - ↕`` first, names before ids, grouped by unit; the last line has the counts.

    ``summary`` is the module's; ``notes`` stand above the counts.
    """
    lines = []
    for current, desired in paired(description, before, after):
        lines += _unit_lines(description, current, desired)
    lines += _group_lines(summary)
    if not lines:
        return NO_CHANGES
    return "\n".join([*map(printable, [*lines, *notes]), _counts(summary)])


def diff(description: Description, before: t.Iterable[Data], after: t.Iterable[Data]) -> list[dict[str, str]]:
    """What ``--diff`` shows: an entry for each unit, its header in words, its two states as text."""
    found = []
    for current, desired in paired(description, before, after):
        header = printable(description.label({**(desired or {}), **(current or {})}))
        found.append(
            {
                "before_header": header,
                "after_header": header,
                "before": _body(description, current),
                "after": _body(description, desired),
            }
        )
    return found


def difference_text(description: Description, field: Field) -> str:
    """One field that differs on one line: its current value and the desired one."""
    actual, desired = (side(description, field, key) or "nothing" for key in ("actual", "desired"))
    if actual == desired:  # A position: the object passes others, of which some are removed.
        return f"{field_title(description, field['field'])}: {desired} in the new order"
    return f"{field_title(description, field['field'])}: {actual} {_ARROW} {desired}"


def field_title(description: Description, field: str) -> str:
    """A field of ``config`` in words."""
    return description.titles.get(field, field.replace("_", " "))


def side(description: Description, field: Field, key: str) -> str:
    """One side of a difference, ``actual`` or ``desired``: an id with its name before it, where it is known."""
    shown = value_text(description, field["field"], field[key])
    name = field.get("names", {}).get(shown)
    return f"{name} ({shown})" if name else shown


def value_text(description: Description, field: str, data: t.Any) -> str:
    """A field's value on one line; empty where there is none."""
    if data is None:
        return ""
    if field in description.formats and not isinstance(data, list):
        return description.formats[field](data)
    if isinstance(data, str):
        return data
    if isinstance(data, bool):
        return "yes" if data else "no"
    if isinstance(data, list):
        return ", ".join(value_text(description, field, item) for item in data)
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def _unit_lines(description: Description, current: Data | None, desired: Data | None) -> list[str]:
    label = description.label({**(desired or {}), **(current or {})})
    found = differences(description, current, desired)
    if description.objects is None:
        (one,) = found
        return [f"{SIGNS[one.verdict]} {label}{_details(description, one)}"]
    return [label, *(f"  {SIGNS[one.verdict]} {_object_text(description, one)}" for one in found)]


def _object_text(description: Description, one: Difference) -> str:
    if one.object is None:
        return "a second copy of a policy"
    return f"{_known(one.object.name, one.object.id)}{_details(description, one)}"


def _known(name: str, own: str | None) -> str:
    return f"{name} ({own})" if name and own else name or own or ""


def _details(description: Description, one: Difference) -> str:
    """The fields that change. A new or removed object has none here: its name says it all."""
    if one.verdict not in (CHANGED, MOVED):
        return ""
    shown = [difference_text(description, field) for field in one.fields]
    return f": {'; '.join(shown)}" if shown else ""


def _group_lines(summary: Data) -> list[str]:
    created = [f"+ group {name}" for name in summary.get("groups_created") or []]
    return created + [f"- group {_known(group.get('name') or '', group['id'])}" for group in summary.get("groups_removed") or []]


def _counts(summary: Data) -> str:
    words = (("created", "create"), ("updated", "update"), ("moved", "move"), ("deleted", "delete"))
    counts = ", ".join(f"{summary.get(key, 0)} to {word}" for key, word in words)
    return f"Plan: {counts}; {summary.get('unchanged', 0)} unchanged."


def _body(description: Description, unit: Data | None) -> str:
    if unit is None:
        return ""
    if description.objects is not None:
        lines = [_known(one.name, one.id) for one in map(description.object_identity, description.listed(unit))]
        return "".join(f"{printable(line)}\n" for line in lines)
    lines = [f"{field_title(description, key)}: {value_text(description, key, unit.get(key))}" for key in description.fields]
    for key in description.lists:
        names = unit.get(description.names.get(key, "")) or []
        shown = [value_text(description, key, item) for item in unit.get(key) or []]
        named = [_known(name, text) for name, text in zip(names, shown)] if len(names) == len(shown) else shown
        lines += [f"{field_title(description, key)}: {text}" for text in sorted(named)]
    return "".join(f"{printable(line)}\n" for line in lines)
