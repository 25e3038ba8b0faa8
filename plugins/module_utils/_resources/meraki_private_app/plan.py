# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Private applications: from the current state and the desired one to the changes. Pure; their order is ``order``'s."""

from __future__ import annotations

import typing as t
from operator import itemgetter
from types import MappingProxyType
from urllib.parse import unquote

from ..._model.diagnostics import Diagnostics
from ..._model.lookup import Index, folded, unlike
from ..._model.plan import CREATED_ANEW, NEW, Plan, error
from .backend import Backend
from .config import Desired, DesiredApplication, Known, spec_rules, without_effect
from .fields import DEFAULTS, KEPT, Application, normal, normal_destination
from .order import Change, Writes, missing_groups, phases

#: The order in which people read an application.
_SHAPE = (
    "application_id",
    "name",
    "description",
    "destinations",
    "app_protocol",
    "sni",
    "ssl_verification_enabled",
    "application_group_ids",
)


class Current(t.NamedTuple):
    """What was read: ``applications`` by id, ``groups`` where their list was read; ``organization`` for paths.

    ``counted`` and ``since``: as in ``backend.Listed``. ``shown``: the groups where their list was read to show their names and for nothing
    else. ``creating`` and ``made``: as in ``order.Writes``; ``applications`` have the keys of such groups in place of ids.
    """

    organization: str
    backend: Backend
    applications: dict[str, Application]
    groups: Index | None = None
    counted: bool = True
    since: float = 0.0
    shown: Index | None = None
    creating: t.Mapping[str, str] = MappingProxyType({})
    made: t.Mapping[str, str] = MappingProxyType({})

    @property
    def listed(self) -> t.Any:
        """What two reads that saw the same are equal in."""
        return self.applications, self.groups.names if self.creating and self.groups is not None else {}

    @property
    def labels(self) -> Index | None:
        """The groups' names to show, where they were read."""
        return self.shown or self.groups


class Options(t.NamedTuple):
    """The options that alter what is written."""

    force: bool
    allow_group_removal: bool


def plan(current: Current, desired: Desired, state: str, options: Options) -> Plan:
    """From the current state to the desired one. Raises ``ValidationErrors``."""
    found = Diagnostics(desired.errors)
    changes, unchanged = changed(current, desired, state, found)
    emptied = emptied_groups(current, changes)
    new_groups = missing_groups(changes, current.creating, current.made)
    created = sorted(current.creating[key] for key in new_groups)
    backend = current.backend
    names = current.labels.names if current.labels is not None else {}
    named = [{"id": key, "name": names.get(key, "")} for key in emptied]
    for item in named:
        group = f"the application group {item['name']!r} ({item['id']})"
        found.warn(f"{group} loses its last application: the API may remove it, and then it cannot be brought back under its id")
    kinds = [change.kind for change in changes]
    removed = [change.key for change in changes if change.kind == "delete"]
    if removed and options.force and not backend.can_force:
        found.error("force", f"{backend.title} cannot be deleted by force: take them out of the rules, and leave force out")
        found.raise_errors()
    written = [change.after for change in changes if change.after]
    found.warnings += backend.remarks(current.applications.values(), written)
    summary: t.Any = {
        "created": kinds.count("create"),
        "updated": kinds.count("update"),
        "moved": 0,
        "deleted": len(removed),
        "unchanged": unchanged,
        "groups_removed": named,
        "groups_created": created,
    }
    groups = {key: {"name": current.creating[key]} for key in new_groups}
    return Plan(
        before=[to_config(change.before, current) for change in changes if change.before],
        after=[to_config(change.after, current) for change in changes if change.after],
        phases=phases(
            changes,
            current.applications,
            Writes(current.organization, backend, options.force, emptied, current.creating, current.made),
        ),
        summary=summary,
        removed=frozenset([*removed, *(f"group {key}" for key in emptied)]),
        identity=_identity(current, changes, options, emptied, created),
        expected={**{change.key: normal(change.after) if change.after else None for change in changes}, **groups},
        titles={
            **{change.key: _title(change) for change in changes},
            **{key: f"application group {groups[key]['name']}" for key in groups},
        },
        warnings=tuple(found.warnings),
        refused=() if options.allow_group_removal else tuple(_group_error(current, changes, item) for item in named),
    )


def _identity(current: Current, changes: list[Change], options: Options, emptied: list[str], created: list[str]) -> dict[str, t.Any]:
    """What the digest is taken over."""

    # Sorted: in which order the server lists what goes says nothing.
    def forms(side: str) -> list[list[t.Any]]:
        units = [(change.key, getattr(change, side)) for change in changes]
        return sorted(([key, normal(unit)] for key, unit in units if unit is not None), key=itemgetter(0))

    return {
        "before": forms("before"),
        "after": forms("after"),
        "options": {
            "force": options.force and any(change.kind == "delete" for change in changes),
            "allow_group_removal": bool(emptied),
            "groups_removed": sorted(emptied),
            "groups_created": created,
            "api": current.backend.name if changes else "",
        },
    }


def _title(change: Change) -> str:
    if change.before is None:
        return f"application {change.after['name'] if change.after else ''}"
    return f"application {change.before['name']} ({change.key})"


def changed(current: Current, desired: Desired, state: str, found: Diagnostics) -> tuple[list[Change], int]:
    """What has to change, and how many of the units concerned need not. Raises ``ValidationErrors``."""
    matched = match(current, desired, state, found)
    changes: list[Change] = []
    unchanged = 0
    for unit, existing in matched:
        if state == "deleted":
            if existing is not None:
                changes.append(Change(existing, None, unit.path))
            continue
        result = _result(current.backend, unit, existing, state, found)
        if result is None:
            continue
        if existing is not None and normal(existing) == normal(result):
            unchanged += 1
        else:
            changes.append(Change(existing, result, unit.path))
    if state == "overridden":
        reached = {existing["application_id"] for _unit, existing in matched if existing is not None}
        changes += [Change(item, None, "config") for key, item in current.applications.items() if key not in reached]
    if not found.errors:
        found.errors += _name_errors(current, changes) + _limit_errors(current, changes)
    found.raise_errors()
    return changes, unchanged


def emptied_groups(current: Current, changes: t.Iterable[Change]) -> list[str]:
    """The groups that have members now and would have none."""
    before, after = members(current.applications.values()), members(final(current, changes).values())
    return [key for key in before if key not in after]


def members(applications: t.Iterable[Application]) -> dict[str, list[Application]]:
    """The applications of each group that has any."""
    found: dict[str, list[Application]] = {}
    for item in applications:
        for key in item.get("application_group_ids") or []:
            found.setdefault(key, []).append(item)
    return found


def final(current: Current, changes: t.Iterable[Change]) -> dict[str, Application]:
    """The applications after the plan, by key."""
    result = dict(current.applications)
    for change in changes:
        if change.after is None:
            result.pop(change.key, None)
        else:
            result[change.key] = change.after
    return result


def to_config(item: t.Mapping[str, t.Any], current: Current) -> dict[str, t.Any]:
    """An application in the shape of ``config``: ids, and group names beside them where the list was read anyway."""
    keys = {"application_id": current.backend.id_key, "application_group_ids": current.backend.group_key}
    unit = {keys.get(key, key): item[key] for key in _SHAPE if key in item}
    groups = item.get("application_group_ids", [])
    if any(key in current.creating for key in groups):
        unit[current.backend.group_key] = [current.made.get(key, NEW) if key in current.creating else key for key in groups]
    if current.labels is not None:
        names = {**current.labels.names, **current.creating}
        if all(key in names for key in groups):
            unit["application_groups"] = [names[key] for key in groups]
    return unit


def gathered(current: Current, desired: Desired, config: t.Any, found: Diagnostics) -> list[dict[str, t.Any]]:
    """The organization in the shape of ``config``, limited to the applications of one that is given. Raises ``ValidationErrors``."""
    listed = current.applications.values()
    found.warnings += current.backend.remarks(listed, ())
    if config is None:
        return [to_config(item, current) for item in listed]
    if not config:
        found.warn("config is an empty list, and selects nothing. Omit it to gather the whole organization")
    found.errors += desired.errors
    units = [existing for _unit, existing in match(current, desired, "gathered", found) if existing is not None]
    found.raise_errors()
    return [to_config(item, current) for item in units]


def match(current: Current, desired: Desired, state: str, found: Diagnostics) -> list[tuple[DesiredApplication, Application | None]]:
    """For each entry the application that it means, by id, else by exact name: a name that another entry gives up is nobody's."""
    leaving = _renamed(current, desired) if state not in ("deleted", "gathered") else set()
    by_name: dict[str, list[Application]] = {}
    alike: dict[str, list[Application]] = {}
    for key, item in current.applications.items():
        if key not in leaving:
            by_name.setdefault(item["name"], []).append(item)
        alike.setdefault(folded(item["name"]), []).append(item)
    reached: dict[str, str] = {}
    matched = []
    for unit in desired.units:
        own, name = unit.fields.get("application_id"), unit.fields.get("name")
        existing = current.applications.get(own) if own is not None else None
        if existing is not None and state in ("deleted", "gathered") and name is not None and name != existing["name"]:
            says = f"is {name!r}, but the application {own} is named {existing['name']!r}: say which one is meant"
            found.error(f"{unit.path}.name", says)
        if existing is None and name is not None:
            namesakes = by_name.get(name, [])
            if len(namesakes) > 1:
                ids = ", ".join(item["application_id"] for item in namesakes)
                says = f"{len(namesakes)} applications are named {name!r}: {ids}. Give {current.backend.id_key}"
                found.error(f"{unit.path}.name", says)
                continue
            existing = namesakes[0] if namesakes else None
            # One that only looks like it is an error: it is only the name itself that can be taken over.
            near = [] if existing else [item for item in alike.get(folded(name), []) if item["name"] != name]
            if near:
                found.error(f"{unit.path}.name", _alike(name, near))
                continue
        if own is not None and (existing is None or existing["application_id"] != own):
            found.warn(_stale(unit.path, own, existing, state))
        if existing is not None:
            first = reached.setdefault(existing["application_id"], unit.path)
            if first != unit.path:
                which = f"{existing['name']!r} ({existing['application_id']})"
                found.error(unit.path, f"reaches the application {which}, as {first} does: one entry for one")
        matched.append((unit, existing))
    return matched


def _alike(name: str, near: list[Application]) -> str:
    """What is wrong with a name that only looks like those of applications."""
    others = ", ".join(f"{item['name']!r} ({item['application_id']})" for item in near)
    differs = f"A similar name differs {unlike(name, near[0]['name'])}: {others}. Names must match exactly"
    return f"application {name!r} does not exist. {differs}"


def _renamed(current: Current, desired: Desired) -> set[str]:
    """The applications that the config gives another name, by their ids."""
    names = {unit.fields.get("application_id"): unit.fields.get("name") for unit in desired.units}
    return {key for key, item in current.applications.items() if names.get(key) not in (None, item["name"])}


def _stale(path: str, own: str, existing: Application | None, state: str) -> str:
    if existing is not None:
        return f"{path}: application {own} no longer exists. {existing['application_id']} has the same name and is used instead"
    if state in ("deleted", "gathered"):
        return f"{path}: application {own} does not exist. Nothing to {'remove' if state == 'deleted' else 'show'}"
    return f"{path}: application {own} no longer exists. {CREATED_ANEW}"


def _result(backend: Backend, unit: DesiredApplication, existing: Application | None, state: str, found: Diagnostics) -> Application | None:
    """What the application is to be; None where an error stands in the way."""
    given = {key: value for key, value in unit.fields.items() if key != "application_id"}
    missing = [key for key in ("name", "destinations") if key not in given and (existing is None or state != "merged")]
    if missing:
        which = unit.fields.get("name") or unit.fields.get("application_id")
        what = f"application {which} does not exist, and a new one needs it" if which else "a new application needs it"
        for key in missing:
            found.error(f"{unit.path}.{key}", f"is required: {what}")
        return None
    base: Application = {**backend.defaults, "application_group_ids": []}
    if existing is not None:
        kept = ("application_id", KEPT, *(["application_group_ids"] if unit.keeps_groups else []))
        base = existing if state == "merged" else {**base, **{key: existing[key] for key in kept if key in existing}}
    result = {**base, **{key: value for key, value in given.items() if key in backend.defaults or key not in DEFAULTS}}
    if existing is not None and state == "merged":
        if existing["application_group_ids"] and given.get("application_group_ids") == []:
            found.warn(f"{unit.path}.application_groups: an empty list has no effect in state merged: groups are joined, and not left")
        result["application_group_ids"] = list(dict.fromkeys([*existing["application_group_ids"], *given.get("application_group_ids", [])]))
    found.errors += spec_rules(unit.path, given, backend.strict_browser, _known(existing if unit.lenient else None))
    found.errors += backend.errors(unit.path, given, existing)
    if existing is None or normal(existing) != normal(result):
        found.warnings += backend.advice(unit.path, given, existing)
    for key in without_effect({**result, **given}):
        if key in given and (existing is None or existing.get(key) != given[key]):
            found.warn(f"{unit.path}.{key} has no effect: no destination is for browser access")
    return result


def explains(current: Current, plan: Plan, tail: str) -> bool | None:
    """Whether a call of somebody else's, of the path ``tail`` below the organization, explains what ``plan`` finds different: True for a
    path of the applications or one that the plan writes, None for other paths of Secure Connect, which hold groups and the other API's
    objects, False for an application that stays as it is and for everything else."""
    own = current.backend.path()
    if tail == own or any(unquote(request.path).endswith(f"/{current.organization}{tail}") for request in plan.requests):
        return True
    if not tail.startswith(f"{own}/"):
        return None if tail.startswith("/secureConnect/private") else False
    key = tail[len(own) + 1 :]
    # One that is gone was deleted: that explains what is to be created.
    return key in plan.expected or key not in current.applications and bool(plan.summary["created"])


def _known(existing: Application | None) -> Known:
    """What is there as it is needs not keep the rules: the vendor itself returned it."""
    if existing is None:
        return lambda key, value: False
    destinations = [normal_destination(destination) for destination in existing["destinations"]]

    def known(key: str, value: t.Any) -> bool:
        return normal_destination(value) in destinations if key == "destination" else bool(existing.get(key) == value)

    return known


def _name_errors(current: Current, changes: list[Change]) -> list[dict[str, str]]:
    """Names must be unique afterwards; whether their case counts is not documented, so that a clash in case only is refused too."""
    errors = []
    holders: dict[str, list[str]] = {}
    names = {}
    for key, item in final(current, changes).items():
        holders.setdefault(folded(item["name"]), []).append(key)
        names[key] = item["name"]
    for change in changes:
        if change.after is None or change.before is not None and change.before["name"] == change.after["name"]:
            continue
        name = change.after["name"]
        for other in holders[folded(name)]:
            if other != change.key:
                who = f"another application ({other})" if other in current.applications else "another entry"
                differs = f"differs {unlike(name, names[other])} from {names[other]!r}, which belongs to"
                clash = "is taken by" if names[other] == name else differs
                errors.append(error(f"{change.path}.name", f"{name!r} {clash} {who}"))
    return errors


def _limit_errors(current: Current, changes: list[Change]) -> list[dict[str, str]]:
    limit = current.backend.limit
    if limit is None:
        return []
    count = len(final(current, changes))
    new = missing_groups(changes, current.creating, current.made)
    groups = len(new) + (len(current.groups.names) if current.groups is not None else 0)
    errors = []
    if count > limit and count > len(current.applications):
        errors.append(error("config", f"there would be {count} applications, and an organization can have {limit}"))
    if new and groups > limit:
        errors.append(error("config", f"there would be {groups} application groups, and an organization can have {limit}"))
    return errors


def _group_error(current: Current, changes: list[Change], group: dict[str, str]) -> dict[str, str]:
    losing = [change for change in changes if change.before and group["id"] in change.before["application_group_ids"]]
    names = ", ".join(f"{change.before['name']!r} ({change.before['application_id']})" for change in losing if change.before)
    return error(
        losing[0].path,
        f"the application group {group['name']!r} ({group['id']}) would lose its last application(s), {names}, and the API may remove it "
        "for that. Set allow_group_removal if that is meant",
    )
