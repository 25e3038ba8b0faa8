# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""From a snapshot, and what is there now, to what puts it back. Pure.

A unit that is as ``before`` says needs nothing. One that is as ``after`` says is put back. Anything else was changed by somebody since, and
is refused unless forced.
"""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.plan import error
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.fields import (
    GROUP_KEYS,
    ID_KEYS,
    LIMIT,
    group_ids,
    normal,
    own_id,
)
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.config import FIELDS
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.plan import canonical
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import (
    ASSIGNMENTS,
    PRIVATE_APPS,
    SENTRY_POLICIES,
    planned,
    ran,
    result_errors,
)
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.snapshot_shape import unit_key

Unit = dict[str, t.Any]
Units = list[Unit]
Result = t.Mapping[str, t.Any]
Error = dict[str, str]

#: The plan that removes applications, beside the one that puts them back.
REMOVED = "meraki_private_app_removed"
TITLES = {REMOVED: f"{PRIVATE_APPS} (made since)"}
_BY_HAND = "since the snapshot. Look at it, and set restore_force if it is to be put back all the same"


class Applications(t.NamedTuple):
    """What puts the applications back: ``remove`` in state deleted, later ``put_back`` in ``state``. ``touched``: ids that may change.
    ``left``: what is left although it bears the name of one that would go, in words."""

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
        module, kept, place = _module(name), _kept(modules, name), result.get("place")
        if place != kept and (planned(result) or "gathered" in result or place is not None):
            of, here = _where(kept, place), _where(place, kept)
            says = f"the snapshot is of {of}, and this host is {here} now: what was there is not put into another one"
            found[module] = error(module, f"{says}. Check the options and the environment that say which one it is")
    return list(found.values())


def desired(module: str, entry: t.Mapping[str, t.Any]) -> Units:
    """The config, for state replaced, that puts the networks or targets of a snapshot's entry back: by ids alone, for names may have
    changed since. What had nothing gets nothing."""
    before = {unit_key(module, unit): unit for unit in entry["before"]}
    units = {**{unit_key(module, unit): {**unit, "policies": []} for unit in entry["after"]}, **before}
    return [_by_ids(module, unit) for unit in units.values()]


def refusals(module: str, entry: t.Mapping[str, t.Any], plan: Result) -> list[Error]:
    """The networks or targets that ``plan`` would put back although they are not as the snapshot's ``after`` says."""
    after = {unit_key(module, unit): _policies(module, unit) for unit in entry["after"]}
    return [
        error(f"{module}: {_describe(module, unit)}", f"has been changed {_BY_HAND}")
        for unit in plan["before"]
        if _policies(module, unit) != after.get(unit_key(module, unit), [])
    ]


def applications(entry: t.Mapping[str, t.Any], present: Units, force: bool) -> Applications:
    """What puts the applications of a snapshot's entry back into an organization that has ``present`` (as gathered)."""
    by_id = {_own(unit): unit for unit in present}
    # What the snapshot knows by its id is not found by its name as well: that may have been another's before.
    own = {own_id(unit) for unit in (*entry["before"], *entry["after"])}
    by_name = {unit["name"]: unit for unit in present if _own(unit) not in own}
    errors: list[Error] = []
    left: list[str] = []
    put_back: Units = []
    remove: Units = []
    touched: list[str] = []
    # Those that are, or are to be, what was there before.
    kept: set[str] = set()
    for before, after in _pairs(entry["before"], entry["after"]):
        known = before or after or {}
        existing = by_id.get(own_id(known) or "")
        if existing is None and (before is not None or own_id(known) is None):
            # By name only what is to be there, or what the server had not given an id when the snapshot was made: an application that
            # was made later under the same name is not the one that goes.
            existing = by_name.get(known["name"])
        elif existing is None and known["name"] in by_name:
            left.append(
                f"the application {known['name']!r} ({own_id(known)}), which would go, is not there any more; another one of "
                f"that name ({own_id(by_name[known['name']])}) was made since, and stays"
            )
        if _same(existing, before) or before is None and existing is not None and _own(existing) in kept:
            kept |= {_own(existing)} if existing is not None else set()
            continue
        if not force and not _same(existing, after):
            errors.append(error(f"{PRIVATE_APPS}: application {known['name']!r}", f"{_found(existing)} {_BY_HAND}"))
            continue
        if before is not None:
            put_back.append(before)
        elif existing is not None:
            remove.append(existing)
        if existing is not None:
            touched.append(_own(existing))
            kept |= {_own(existing)} if before is not None else set()
    held = {key for unit in present for key in group_ids(unit)}
    if remove and _entangled(remove, put_back, present):
        # Only one plan that knows both can find an order: the whole organization as it is to be.
        whole = [_with_groups(unit, held) for unit in _whole(remove, put_back, present)]
        return Applications([], whole, "overridden", touched, errors, left)
    put_back = [_with_groups(unit, held) for unit in put_back]
    goes = [{key: unit[key] for key in (*ID_KEYS.values(), "name") if key in unit} for unit in remove]
    return Applications(goes, put_back, "replaced", touched, errors, left)


def meanwhile(found: Applications, present: Units, plans: t.Mapping[str, Result]) -> list[Error]:
    """What the applications' plans would change although it is not what was looked at: somebody writes at the same time."""
    seen = {_own(unit): unit for unit in present}
    return [
        error(f"{PRIVATE_APPS}: application {unit['name']!r}", "is being changed by somebody at this moment; run the playbook again")
        for name in (REMOVED, PRIVATE_APPS)
        if planned(plans.get(name) or {})
        for unit in plans[name]["before"]
        if _own(unit) not in found.touched or not _same(seen.get(_own(unit)), unit)
    ]


def plan_errors(modules: t.Mapping[str, t.Any], plans: t.Mapping[str, Result], force: bool) -> list[Error]:
    """Everything that stands against putting back: plans that failed, networks and targets that were changed since.

    ``modules``: the snapshot's. ``plans``: by module; ``REMOVED`` is the one that removes applications.
    """
    errors = misplaced(modules, plans)
    if errors:
        # What else is found in another place is no help.
        return errors
    for name, plan in plans.items():
        if ran(plan) and not planned(plan):
            of = "" if "place" in plan else f" (the snapshot is of {_where(_kept(modules, name))})"
            errors += [{**item, "message": item["message"] + of} for item in result_errors(_module(name), plan)]
        elif ran(plan) and name in (ASSIGNMENTS, SENTRY_POLICIES) and not force:
            errors += refusals(name, modules[name], plan)
    return errors


def _module(name: str) -> str:
    """The module of a plan."""
    return PRIVATE_APPS if name == REMOVED else name


def _kept(modules: t.Mapping[str, t.Any], name: str) -> t.Any:
    """The place that the snapshot's part of a plan's module is of."""
    return modules.get(_module(name), {}).get("place")


def _where(place: t.Any, other: t.Any = None) -> str:
    """A place in words; beside ``other`` what differs."""
    if not isinstance(place, dict):
        return "an unknown place"
    told = {key: value for key, value in place.items() if key != "vendor" and value}
    differs = {key: value for key, value in told.items() if isinstance(other, dict) and other.get(key) != value}
    return ", ".join(f"{key} {value}" for key, value in (differs or told).items())


def _pairs(before: Units, after: Units) -> list[tuple[Unit | None, Unit | None]]:
    """Each application of a snapshot as it was and as it was left. One that was made has an id in ``after`` alone, or none yet."""
    left = {_own(unit): unit for unit in after if own_id(unit) is not None}
    was = {_own(unit) for unit in before}
    pairs: list[tuple[Unit | None, Unit | None]] = [(unit, left.get(_own(unit))) for unit in before]
    return pairs + [(None, unit) for unit in after if own_id(unit) not in was]


def _same(one: Unit | None, other: Unit | None) -> bool:
    if one is None or other is None:
        return one is other
    return normal(one) == normal(other)


def _found(existing: Unit | None) -> str:
    return "has been removed" if existing is None else "has been changed, or made anew,"


def _entangled(remove: Units, put_back: Units, present: Units) -> bool:
    """Whether the removals cannot simply come first: a name, a group or the last free places are needed by both."""
    names = {unit["name"].casefold() for unit in put_back}
    existing = {_own(unit): unit for unit in present}
    groups = {key for unit in put_back for key in group_ids(unit)}
    groups |= {key for unit in put_back for key in group_ids(existing.get(_own(unit), {}))}
    made = sum(_own(unit) not in existing for unit in put_back)
    # For private resources no limit is documented.
    limited = any(ID_KEYS["private_applications"] in unit for unit in present)
    return (
        limited and len(present) + made > LIMIT or any(unit["name"].casefold() in names or groups & set(group_ids(unit)) for unit in remove)
    )


def _whole(remove: Units, put_back: Units, present: Units) -> Units:
    """Every application of the organization as it is to be."""
    gone = {_own(unit) for unit in remove}
    back: dict[str, Unit] = {_own(unit): unit for unit in put_back}
    # One that was made anew under its name is the one that is put back: it is listed with the id that it had.
    existing = {_own(unit) for unit in present}
    anew = {unit["name"] for unit in put_back if _own(unit) not in existing}
    kept = [back.get(_own(unit)) or unit for unit in present if _own(unit) in back or _own(unit) not in gone and unit["name"] not in anew]
    return kept + [unit for key, unit in back.items() if key not in existing]


def _own(unit: Unit) -> str:
    """The id of an application that has one."""
    return own_id(unit) or ""


def _with_groups(unit: Unit, held: t.Container[str]) -> Unit:
    """An application to be put back: in its groups by id; by name, as far as the snapshot knows them, where one of them holds nobody now,
    and may have gone with its last application. With ``create_groups`` it is made again then."""
    ids, names = group_ids(unit), unit.get("application_groups", [])
    if all(key in held for key in ids) or len(names) != len(ids):
        return _by_ids(PRIVATE_APPS, unit)
    return {key: value for key, value in unit.items() if key not in GROUP_KEYS.values()}


def _by_ids(module: str, unit: Unit) -> Unit:
    """A unit without the names that stand beside ids."""
    if module == PRIVATE_APPS:
        return {key: value for key, value in unit.items() if key != "application_groups"}
    if module == SENTRY_POLICIES:
        policies = [{key: policy[key] for key in FIELDS if key in policy} for policy in unit["policies"]]
        return {"network_id": unit["network_id"], "policies": policies}
    target = {key: value for key, value in unit["target"].items() if key.endswith("_uuid")}
    return {"target": target, "policies": [{"policy_uuid": policy["policy_uuid"]} for policy in unit["policies"]]}


def _policies(module: str, unit: Unit) -> list[t.Any]:
    """What makes two states of a network, or of a target, equal."""
    return canonical(unit["policies"]) if module == SENTRY_POLICIES else [policy["policy_uuid"] for policy in unit["policies"]]


def _describe(module: str, unit: Unit) -> str:
    if module == SENTRY_POLICIES:
        return f"network {unit['network_id']}"
    return f"target {unit_key(module, unit)}"
