# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""From a snapshot, and what is there now, to what puts it back. Pure.

A unit that is as ``before`` says needs nothing. One that is as ``after`` says is put back. Anything else was changed by somebody since, and
is refused unless forced.
"""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.description import Description
from ansible_collections.secops.policy.plugins.module_utils._model.plan import error
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import place_text, planned, ran, result_errors
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.steps import module_of, removals

Unit = dict[str, t.Any]
Units = list[Unit]
Result = t.Mapping[str, t.Any]
Error = dict[str, str]

_BY_HAND = "since the snapshot. Check it. To restore it anyway, set restore_force"


class Changes(t.NamedTuple):
    """What puts units back that are created and deleted: ``remove`` in state deleted, later ``put_back`` in ``state``. ``touched``: ids
    that may change. ``left``: what is left although it bears the name of one that would go, in words."""

    remove: Units
    put_back: Units
    state: str
    touched: list[str]
    errors: list[Error]
    left: list[str]


def misplaced(modules: t.Mapping[str, t.Any], results: t.Mapping[str, Result]) -> list[Error]:
    """The modules whose ``results`` are of another organization or tenant than the snapshot's ``modules``. Nothing overrides that.

    A result without a plan, and without anything gathered, does not say where it looked; nothing is written on it.
    """
    found: dict[str, Error] = {}
    for name, result in results.items():
        module, place = module_of(name), result.get("place")
        kept = modules.get(module, {}).get("place")
        if place != kept and (planned(result) or "gathered" in result or place is not None):
            of, here = _where(kept, place), _where(place, kept)
            says = f"the snapshot is of {of}, and this host is {here} now: a snapshot is not restored to another one"
            found[module] = error(module, f"{says}. Check the options and the environment that select it")
    return list(found.values())


def desired(description: Description, entry: t.Mapping[str, t.Any]) -> Units:
    """The config, for state replaced, that puts the units of a snapshot's entry back that are never created or deleted: by ids alone, for
    names may have changed since. What had nothing gets nothing."""
    nothing: Unit = {description.objects.field: []} if description.objects else {}
    before = {description.key(unit): unit for unit in entry["before"]}
    units = {**{description.key(unit): {**unit, **nothing} for unit in entry["after"]}, **before}
    return [_references(description, unit) for unit in units.values()]


def refusals(description: Description, entry: t.Mapping[str, t.Any], plan: Result) -> list[Error]:
    """The units that ``plan`` would put back although they are not as the snapshot's ``after`` says."""
    after = {description.key(unit): description.content(unit) for unit in entry["after"]}
    return [
        error(f"{description.module}: {description.label(unit)}", f"has been changed {_BY_HAND}")
        for unit in plan["before"]
        if description.content(unit) != after.get(description.key(unit), [])
    ]


def changes(description: Description, entry: t.Mapping[str, t.Any], present: Units, force: bool) -> Changes:
    """What puts the units of a snapshot's entry back, which are created and deleted, where there are ``present`` (as gathered) now."""
    made = _Changes(description, entry, present)
    for before, after in _pairs(description, entry["before"], entry["after"]):
        made.look(before, after, force)
    held = {key for unit in present for key in _memberships(description, unit)}
    put_back = made.put_back
    if made.remove and _entangled(description, made.remove, put_back, present):
        # Only one plan that knows both can find an order: everything as it is to be.
        whole = [_with_memberships(description, unit, held) for unit in _whole(description, made.remove, put_back, present)]
        return Changes([], whole, "overridden", made.touched, made.errors, made.left)
    put_back = [_with_memberships(description, unit, held) for unit in put_back]
    fields = {field for kind in description.kinds for field in (kind.id_field, kind.name_field)}
    goes = [{key: value for key, value in unit.items() if key in fields} for unit in made.remove]
    return Changes(goes, put_back, "replaced", made.touched, made.errors, made.left)


class _Changes:
    """Collects what becomes of each unit of a snapshot."""

    def __init__(self, description: Description, entry: t.Mapping[str, t.Any], present: Units) -> None:
        self._description = description
        self._by_id = {_id(description, unit): unit for unit in present}
        # What the snapshot knows by its id is not found by its name as well: that may have been another's before.
        own = {_id(description, unit) for unit in (*entry["before"], *entry["after"])}
        self._by_name = {_name(description, unit): unit for unit in present if _id(description, unit) not in own}
        self.errors: list[Error] = []
        self.left: list[str] = []
        self.put_back: Units = []
        self.remove: Units = []
        self.touched: list[str] = []
        # Those that are, or are to be, what was there before.
        self._kept: set[str] = set()

    def look(self, before: Unit | None, after: Unit | None, force: bool) -> None:
        """What becomes of one unit, as it was ``before`` and as the run left it."""
        existing = self._existing(before, after)
        own = _id(self._description, existing) if existing is not None else None
        if self._same(existing, before) or before is None and own in self._kept and own is not None:
            self._kept |= {own} if own is not None else set()
            return
        if not force and not self._same(existing, after):
            known = self._description.identity(before or after or {})
            path = f"{self._description.module}: {known.noun} {known.name!r}"
            self.errors.append(error(path, f"{'has been removed' if own is None else 'has been changed, or created again,'} {_BY_HAND}"))
            return
        if before is not None:
            self.put_back.append(before)
        elif existing is not None:
            self.remove.append(existing)
        if own is not None:
            self.touched.append(own)
            self._kept |= {own} if before is not None else set()

    def _existing(self, before: Unit | None, after: Unit | None) -> Unit | None:
        """The unit as it is now."""
        known = self._description.identity(before or after or {})
        existing = self._by_id.get(known.id)
        if existing is not None:
            return existing
        namesake = self._by_name.get(known.name)
        if before is not None or known.id is None:
            # By name only what is to be there, or what the server had not given an id when the snapshot was made: one that was made
            # later under the same name is not the one that goes.
            return namesake
        if namesake is not None:
            self.left.append(
                f"the {known.noun} {known.name!r} ({known.id}), which would be removed, no longer exists. Another one with this name "
                f"({_id(self._description, namesake)}) was made since, and stays"
            )
        return None

    def _same(self, one: Unit | None, other: Unit | None) -> bool:
        return _same(self._description, one, other)


def meanwhile(description: Description, found: Changes, present: Units, plans: t.Mapping[str, Result]) -> list[Error]:
    """What the plans would change although it is not what was looked at: somebody writes at the same time."""
    seen = {_id(description, unit): unit for unit in present}
    return [
        error(
            f"{description.module}: {description.identity(unit).noun} {_name(description, unit)!r}",
            "is being changed by somebody at this moment; run the playbook again",
        )
        for name in (removals(description.module), description.module)
        if planned(plans.get(name) or {})
        for unit in plans[name]["before"]
        if _id(description, unit) not in found.touched or not _same(description, seen.get(_id(description, unit)), unit)
    ]


def plan_errors(modules: t.Mapping[str, t.Any], plans: t.Mapping[str, Result], force: bool) -> list[Error]:
    """Everything that stands against putting back: plans that failed, units that were changed since.

    ``modules``: the snapshot's. ``plans``: by module, and by ``removals(module)`` those that only remove.
    """
    errors = misplaced(modules, plans)
    if errors:
        # What else is found in another place is no help.
        return errors
    for name, plan in plans.items():
        module = module_of(name)
        description = RESOURCES[module]
        if ran(plan) and not planned(plan):
            of = "" if "place" in plan else f" (the snapshot is of {_where(modules.get(module, {}).get('place'))})"
            errors += [{**item, "message": item["message"] + of} for item in result_errors(module, plan)]
        elif ran(plan) and not description.lifecycle and not force:
            errors += refusals(description, modules[module], plan)
    return errors


def _where(place: t.Any, other: t.Any = None) -> str:
    """A place in words; beside ``other`` what differs."""
    if not isinstance(place, dict):
        return "an unknown place"
    differs = {key: value for key, value in place.items() if isinstance(other, dict) and other.get(key) != value}
    return place_text(differs) or place_text(place)


def _id(description: Description, unit: Unit) -> str | None:
    return description.identity(unit).id


def _name(description: Description, unit: Unit) -> str:
    return description.identity(unit).name


def _pairs(description: Description, before: Units, after: Units) -> list[tuple[Unit | None, Unit | None]]:
    """Each unit of a snapshot as it was and as it was left. One that was made has an id in ``after`` alone, or none yet."""
    left = {_id(description, unit): unit for unit in after if _id(description, unit) is not None}
    was = {_id(description, unit) for unit in before}
    pairs: list[tuple[Unit | None, Unit | None]] = [(unit, left.get(_id(description, unit))) for unit in before]
    return pairs + [(None, unit) for unit in after if _id(description, unit) not in was]


def _same(description: Description, one: Unit | None, other: Unit | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(description.content(one) == description.content(other))


def _entangled(description: Description, remove: Units, put_back: Units, present: Units) -> bool:
    """Whether the removals cannot simply come first: a name, a group or the last free places are needed by both."""
    names = {_name(description, unit).casefold() for unit in put_back}
    existing = {_id(description, unit): unit for unit in present}
    groups = {key for unit in put_back for key in _memberships(description, unit)}
    groups |= {key for unit in put_back for key in _memberships(description, existing.get(_id(description, unit), {}))}
    made = sum(_id(description, unit) not in existing for unit in put_back)
    limits = [most for field, most in description.limits.items() if any(field in unit for unit in present)]
    full = any(len(present) + made > most for most in limits)
    return full or any(_name(description, unit).casefold() in names or groups & _memberships(description, unit) for unit in remove)


def _memberships(description: Description, unit: Unit) -> set[str]:
    """The ids of the groups that a unit belongs to."""
    return {key for field in description.groups for key in unit.get(field) or []}


def _whole(description: Description, remove: Units, put_back: Units, present: Units) -> Units:
    """Every unit as it is to be."""
    gone = {_id(description, unit) for unit in remove}
    back = {_id(description, unit): unit for unit in put_back}
    # One that was made anew under its name is the one that is put back: it is listed with the id that it had.
    existing = {_id(description, unit) for unit in present}
    anew = {_name(description, unit) for unit in put_back if _id(description, unit) not in existing}
    kept = [
        back.get(_id(description, unit)) or unit
        for unit in present
        if _id(description, unit) in back or _id(description, unit) not in gone and _name(description, unit) not in anew
    ]
    return kept + [unit for key, unit in back.items() if key not in existing]


def _with_memberships(description: Description, unit: Unit, held: t.Container[str]) -> Unit:
    """A unit to be put back: in its groups by id; by name, as far as the snapshot knows them, where one of them holds nobody now and may
    have gone with its last member. It is made again then."""
    by_name = [
        key
        for key in description.groups
        if key in unit and len(unit.get(description.names[key]) or []) == len(unit[key]) and not all(item in held for item in unit[key])
    ]
    if not by_name:
        return description.by_ids(unit)
    return {key: value for key, value in unit.items() if key not in by_name}


def _references(description: Description, unit: Unit) -> Unit:
    """A unit by ids alone, with nothing but what identifies it and its objects."""
    keys = {description.at or description.kinds[0].id_field, description.objects.field if description.objects else ""}
    return {key: value for key, value in description.by_ids(unit).items() if key in keys}
