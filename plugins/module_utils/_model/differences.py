# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What differs between two states of units, object by object and field by field, as plan texts and drift reports show it. Pure."""

from __future__ import annotations

import typing as t
from collections import Counter

from .description import Data, Description, Identity
from .plan import NEW, longest_increasing_run

CHANGED, MISSING, EXTRA, MOVED = "changed", "missing", "extra", "moved"

Field = dict[str, t.Any]


class Difference(t.NamedTuple):
    """``verdict``: seen from the desired state. ``object`` is None where the unit itself is meant, ``item`` is its data. ``fields``:
    ``[{field, actual, desired}]``, with ``names`` by id where the values are ids whose names are known."""

    verdict: str
    object: Identity | None
    item: Data
    fields: list[Field]


def paired(description: Description, before: t.Iterable[Data], after: t.Iterable[Data]) -> list[tuple[Data | None, Data | None]]:
    """The units of a plan, each as it is and as it is to be; None where it is not there."""
    old = {description.key(unit): unit for unit in before}
    new = {description.key(unit): unit for unit in after}
    return [(old.get(key), new.get(key)) for key in {**old, **new}]


def differences(description: Description, before: Data | None, after: Data | None) -> list[Difference]:
    """What differs between a unit as it is and as it is to be. Never empty: a unit that shows no difference and still is in a plan has
    something that it shows once only (a second copy of an ESET assignment)."""
    if description.objects is None:
        verdict = MISSING if before is None else EXTRA if after is None else CHANGED
        return [Difference(verdict, None, after or before or {}, _unit_fields(description, before, after))]
    found = _ordered(description, before, after)
    return found or [Difference(EXTRA if description.objects.append_new else CHANGED, None, after or before or {}, [])]


def _ordered(description: Description, before: Data | None, after: Data | None) -> list[Difference]:
    """What differs between two lists whose order matters.

    The same objects count as moved as in the modules' ``summary``: what is out of the longest run that may stay.
    """
    current, desired = (description.listed(unit or {}) for unit in (before, after))
    sources = _sources(description, current, desired)
    append_new = description.objects is not None and description.objects.append_new
    places = [[source] if source is not None else [len(current) + number] * append_new for number, source in enumerate(sources)]
    stays = set(longest_increasing_run(places).values())
    found = []
    for place, (item, source) in enumerate(zip(desired, sources)):
        at = [] if source in stays else [{"field": "position", "actual": None if source is None else source + 1, "desired": place + 1}]
        if source is None:
            found.append(Difference(MISSING, description.object_identity(item), item, _object_fields(description, None, item) + at))
            continue
        fields = _object_fields(description, current[source], item)
        if fields or at:
            identity = description.object_identity(current[source])
            found.append(Difference(CHANGED if fields else MOVED, identity, current[source], fields + at))
    for place, item in enumerate(current):
        if place not in sources:
            position = [{"field": "position", "actual": place + 1, "desired": None}]
            found.append(Difference(EXTRA, description.object_identity(item), item, _object_fields(description, item, None) + position))
    return found


def _sources(description: Description, current: list[Field], desired: list[Field]) -> list[int | None]:
    """For each desired object its place in the present list; None for a new one. Copies are taken one after the other."""
    own = description.objects.id_field if description.objects else ""
    places: dict[t.Any, list[int]] = {}
    for place, item in enumerate(current):
        places.setdefault(item.get(own), []).append(place)
    left = {key: iter(found) for key, found in places.items()}
    return [next(left.get(item[own], iter(())), None) if item.get(own) is not None else None for item in desired]


def _object_fields(description: Description, current: Data | None, desired: Data | None) -> list[Field]:
    keys = description.objects.fields if description.objects else ()
    return _fields(keys, current, desired, description.form, description.names)


def _unit_fields(description: Description, current: Data | None, desired: Data | None) -> list[Field]:
    forms = {id(unit): description.content(unit) for unit in (current, desired) if unit is not None}
    found = _fields(description.fields, current, desired, lambda key, unit: forms[id(unit)].get(key), {})
    for key, form in description.lists.items():
        names = {**_names_by_id(description, key, current), **_names_by_id(description, key, desired)}
        sides = (_with_new(description, key, current), _with_new(description, key, desired))
        found += [_named_values(field, names) for field in _in_list(key, *sides, form)]
    return found


def _fields(
    keys: t.Iterable[str],
    current: Data | None,
    desired: Data | None,
    form: t.Callable[[str, Data], t.Any],
    names: t.Mapping[str, str],
) -> list[Field]:
    """The fields that differ by what they mean (``form``), as they were written; all of them where one side is missing.

    ``names``: for fields that hold an id, the field that holds its name.
    """
    found = []
    for key in keys:
        if current is not None and desired is not None and form(key, current) == form(key, desired):
            continue
        actual, target = (None if unit is None else unit.get(key) for unit in (current, desired))
        if actual not in (None, "", []) or target not in (None, "", []):
            known: dict[t.Any, t.Any] = {
                unit.get(key): unit.get(names.get(key, "")) for unit in (current, desired) if unit is not None and key in names
            }
            found.append(_named_values({"field": key, "actual": actual, "desired": target}, known))
    return found


def _in_list(field: str, current: Data | None, desired: Data | None, form: t.Callable[[t.Any], str]) -> list[Field]:
    """What only one of two lists has, by what it means (``form``), one field for each."""
    actual, target = ([(form(one), one) for one in (unit or {}).get(field) or []] for unit in (current, desired))
    both = Counter(key for key, _one in actual) & Counter(key for key, _one in target)
    gone = [{"field": field, "actual": one, "desired": None} for one in _beyond(actual, both)]
    return gone + [{"field": field, "actual": None, "desired": one} for one in _beyond(target, both)]


def _beyond(keyed: list[tuple[str, t.Any]], both: Counter[str]) -> t.Iterator[t.Any]:
    left = Counter(both)
    for key, shown in keyed:
        if left[key]:
            left[key] -= 1
        else:
            yield shown


def _names_by_id(description: Description, field: str, unit: Data | None) -> dict[str, t.Any]:
    """The names of the ids in a list, where they were read."""
    name = description.names.get(field)
    return dict(zip((unit or {}).get(field) or [], (unit or {}).get(name) or [])) if name else {}


def _with_new(description: Description, field: str, unit: Data | None) -> Data | None:
    """A unit in which an id that only the server can give has the name of what it stands for beside it."""
    if unit is None or NEW not in (unit.get(field) or []):
        return unit
    names = unit.get(description.names.get(field, "")) or []
    return {**unit, field: [f"{NEW} {name}" if key == NEW else key for key, name in zip(unit[field], names)]}


def _named_values(field: Field, known: Data) -> Field:
    """The field with the names of the ids in it, as far as they are known: beside them, for whether a name was read says nothing."""
    names = {key: known[key] for key in (field["actual"], field["desired"]) if isinstance(key, str) and known.get(key)}
    return {**field, "names": names} if names else field
