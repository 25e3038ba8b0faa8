# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Ordered lists in state merged: what is listed follows the listed order, and what is not listed keeps its own. Pure."""

from __future__ import annotations

import typing as t

Item = t.TypeVar("Item")

_Place = t.Optional[int]  # noqa: UP045 - evaluated when it is loaded, where pylint minds Python 3.9
#: A listed item: itself, its place in the current list (None: it is missing), and the place that it must have in the end (None: any).
#: Places are counted from 0.
Listed = tuple[Item, _Place, _Place]
#: What has no place that it must have, in order: an item, and its number among the listed (None: it is not listed).
_Line = list[tuple[Item, _Place]]


def merged_order(current: t.Sequence[Item], listed: t.Sequence[Listed[Item]]) -> list[Item]:
    """The list after a merge.

    An item that must have a place gets it. The other listed items that exist are permuted among the places that they hold, so that they
    follow the listed order. A missing one goes directly after its predecessor in ``listed``, else before its successor, else (also where
    a place that its successor must have leaves no room) to the end, or as near to it as the listed order and the places that are taken
    allow. To merge again changes nothing.
    """
    taken = {place: item for item, _source, place in listed if place is not None}
    line = _line(current, listed)
    here, lowest = _start(line, listed), 0
    for number, (item, source, place) in enumerate(listed):
        if place is not None:
            here = _places_before(place, listed)
        elif source is not None:
            here = lowest = _index(line, number) + 1
        else:
            highest = next((at for at, (_item, other) in enumerate(line) if other is not None and other > number), len(line))
            at = min(max(here, lowest), highest)
            line.insert(at, (item, number))
            here = lowest = at + 1
    others = iter(line)
    return [taken[place] if place in taken else next(others)[0] for place in range(len(taken) + len(line))]


def _line(current: t.Sequence[Item], listed: t.Sequence[Listed[Item]]) -> _Line[Item]:
    """What exists and has no place that it must have; of it the listed, in their order, at the places that they hold together."""
    placed = {source for _item, source, place in listed if place is not None}
    movable = [(source, item, number) for number, (item, source, place) in enumerate(listed) if source is not None and place is None]
    line: dict[int, tuple[Item, int | None]] = {place: (item, None) for place, item in enumerate(current) if place not in placed}
    for held, (_source, item, number) in zip(sorted(source for source, _item, _number in movable), movable):
        line[held] = (item, number)
    return list(line.values())


def _start(line: _Line[Item], listed: t.Sequence[Listed[Item]]) -> int:
    """Where in the line the missing items go with which ``listed`` begins: before what follows them there, else to the end."""
    first = next((number for number, (_item, source, place) in enumerate(listed) if source is not None or place is not None), None)
    if first is None:
        return len(line)
    place = listed[first][2]
    if place is None:
        return _index(line, first)
    room = _places_before(place, listed) - first
    return room if room >= 0 else len(line)


def _places_before(place: int, listed: t.Sequence[Listed[Item]]) -> int:
    """How many of the places before this one are not taken."""
    return place - sum(other is not None and other < place for _item, _source, other in listed)


def _index(line: _Line[Item], number: int) -> int:
    return next(at for at, (_item, other) in enumerate(line) if other == number)
