# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""From what a module said in check mode to a verdict for each object that it looked at. Pure."""

from __future__ import annotations

import json
import typing as t
from collections import Counter

from ansible_collections.secops.policy.plugins.module_utils._model.plan import NEW, canonical_json, longest_increasing_run
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.fields import (
    GROUP_KEYS,
    ID_KEYS,
    group_ids,
    normal,
    normal_destination,
    own_id,
)

Data = t.Mapping[str, t.Any]
Item = dict[str, t.Any]

IN_SYNC, CHANGED, MISSING, EXTRA, MOVED = "in_sync", "changed", "missing", "extra", "moved"
DEVIATIONS = (CHANGED, MISSING, EXTRA, MOVED)

_TARGETS = (("device_uuid", "device"), ("device_group_uuid", "device_group"), ("subscription_uuid", "subscription"))
_APPLICATION = ("name", "description", "app_protocol", "sni", "ssl_verification_enabled")
#: Characters. AWX drops a task's result above 700,000, and the module's own may take 500,000 of them.
_LONGEST_UNITS = 150_000


class Object(t.NamedTuple):
    """A unit, or an object in one: ``key`` is what makes its item's id, ``id`` the vendor's (None: it has none yet)."""

    key: str
    id: str | None
    name: str


def described(module: str, entry: t.Any) -> dict[str, t.Any]:
    """What a report has to know of an entry of the desired state: its ``state``, its ``scope`` (the organization, where the entry says it),
    and the ``units`` that it names, as they are named; None where those are too many to travel with a result."""
    if not isinstance(entry, dict):
        return {"state": "", "scope": "", "units": []}
    keys = _KINDS[module].named
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
    kind = _KINDS[module]
    before = {kind.unit(unit).key: unit for unit in result["before"]}
    after = {kind.unit(unit).key: unit for unit in result["after"]}
    # What is to be created has no id yet, so that its key can be the one under which nothing else is.
    found = []
    for key, unit in {**before, **after}.items():
        named = kind.unit({**unit, **before.get(key, {})})
        # What before and after do not show is a policy that ESET has assigned twice to one target: the copy is too many.
        drawn = kind.differences(before.get(key), after.get(key)) or [_Difference(EXTRA if kind is _ESET else CHANGED, None, [])]
        found += [_item(scope, one.verdict, named, one.object, one.fields) for one in drawn]
    drifted = [unit for units in (before, after) for unit in units.values()]
    found += [_item(scope, IN_SYNC, unit, None, []) for unit in kind.unchanged(config, drifted)]
    return _numbered(found)


def segment(text: str) -> str:
    """One part of an id: letters and digits of any script, spaces and ``-._`` as they are, the rest as percent and hexadecimal digits.

    So that no part holds the slash between parts, nor a wildcard, nor anything that could break a line.
    """
    return "".join(letter if letter.isalnum() or letter in " -._" else _percent(letter) for letter in text)


class _Difference(t.NamedTuple):
    verdict: str
    object: Object | None
    fields: list[dict[str, t.Any]]


class _Sentry:
    """Units are networks, objects their Sentry policies."""

    named = ("network_id", "network", "network_tags")

    def unit(self, unit: Data) -> Object:
        return Object(segment(unit["network_id"]), unit["network_id"], unit.get("network", ""))

    def differences(self, before: Data | None, after: Data | None) -> list[_Difference]:
        current, desired = (list((unit or {}).get("policies") or []) for unit in (before, after))
        ids = {policy.get("policy_id"): place for place, policy in enumerate(current)}
        sources = [ids.get(policy["policy_id"]) if policy.get("policy_id") is not None else None for policy in desired]
        return _ordered(current, desired, sources, self._object, self._fields)

    def unchanged(self, config: t.Any, drifted: list[Data]) -> list[Object]:
        entries = _entries(config)
        claimed = {id(unit) for unit in drifted for entry in entries if _named(entry, unit, (("network_id", "network"),))}
        found = []
        for entry in entries:
            if "network_tags" in entry:
                # Which networks carry the tags is not told: it is in sync as a whole, or it is not said.
                if len(claimed) == len(drifted):
                    tags = " and ".join(map(str, _list(entry["network_tags"])))
                    found.append(Object("tags:" + segment(tags), None, f"networks tagged {tags}"))
            elif not any(_named(entry, unit, (("network_id", "network"),)) for unit in drifted):
                found.append(_listed(entry, "network_id", "network"))
        return found

    def _object(self, policy: Data) -> Object:
        tags = sorted(set(policy.get("tags") or []))
        key = ":".join(
            [
                segment(policy.get("scope") or ""),
                ",".join(map(segment, tags)),
                segment(policy.get("sm_network_id") or ""),
                segment(policy.get("group_policy_id") or ""),
            ]
        )
        own = policy.get("policy_id")
        who = " ".join([policy.get("scope") or "", ", ".join(tags)]).strip()
        name = f"{who} \N{RIGHTWARDS ARROW} {policy.get('group_policy') or policy.get('group_policy_id')}"
        return Object(key if own is None else segment(own), own, name)

    def _fields(self, current: Data | None, desired: Data | None) -> list[dict[str, t.Any]]:
        return _fields(
            ("scope", "tags", "sm_network_id", "group_policy_id"),
            current,
            desired,
            lambda key, policy: sorted(set(policy.get("tags") or [])) if key == "tags" else policy.get(key),
            {"sm_network_id": "sm_network", "group_policy_id": "group_policy"},
        )


class _Application:
    """Units are applications; there is no object in them but their fields."""

    named = (*ID_KEYS.values(), "name")

    def unit(self, unit: Data) -> Object:
        own = own_id(unit)
        return Object("name:" + segment(unit["name"]) if own is None else segment(own), own, unit["name"])

    def differences(self, before: Data | None, after: Data | None) -> list[_Difference]:
        verdict = MISSING if before is None else EXTRA if after is None else CHANGED
        return [_Difference(verdict, None, self._fields(before, after))]

    def unchanged(self, config: t.Any, drifted: list[Data]) -> list[Object]:
        # The name is that of any id, and comes after all of them.
        pairs = [*((key, "") for key in ID_KEYS.values()), ("", "name")]
        return [
            _listed(entry, next((key for key in ID_KEYS.values() if key in entry), ""), "name")
            for entry in _entries(config)
            if not any(_named(entry, unit, pairs) for unit in drifted)
        ]

    def _fields(self, current: Data | None, desired: Data | None) -> list[dict[str, t.Any]]:
        forms = {id(unit): normal(unit) for unit in (current, desired) if unit is not None}
        found = _fields(_APPLICATION, current, desired, lambda key, unit: forms[id(unit)].get(key), {})
        found += _in_list("destinations", current, desired, lambda destination: canonical_json(normal_destination(destination)))
        names = {**_group_names(current), **_group_names(desired)}
        sides = (_with_new_groups(current), _with_new_groups(desired))
        groups = [field for key in GROUP_KEYS.values() for field in _in_list(key, *sides, str)]
        return found + [_named_values(field, names) for field in groups]


class _Eset:
    """Units are targets, objects the policies of their stacks."""

    named = ("target",)

    def unit(self, unit: Data) -> Object:
        target = unit["target"]
        for key, name in _TARGETS:
            if target.get(key) is not None:
                return Object(segment(target[key]), target[key], str(target.get(name) or ""))
        raise KeyError("target")

    def differences(self, before: Data | None, after: Data | None) -> list[_Difference]:
        current, desired = (list((unit or {}).get("policies") or []) for unit in (before, after))
        places: dict[str, list[int]] = {}
        for place, policy in enumerate(current):
            places.setdefault(policy["policy_uuid"], []).append(place)
        left = {key: iter(found) for key, found in places.items()}
        sources = [next(left.get(policy["policy_uuid"], iter(())), None) for policy in desired]
        return _ordered(current, desired, sources, self._object, self._fields, new_last=True)

    def unchanged(self, config: t.Any, drifted: list[Data]) -> list[Object]:
        found = []
        targets = [unit["target"] for unit in drifted]
        for entry in _entries(config):
            target = entry.get("target")
            if isinstance(target, dict) and not any(_named(target, unit, _TARGETS) for unit in targets):
                key, name = next((pair for pair in _TARGETS if any(part in target for part in pair)), _TARGETS[0])
                found.append(_listed(target, key, name))
        return found

    def _object(self, policy: Data) -> Object:
        return Object(segment(policy["policy_uuid"]), policy["policy_uuid"], policy.get("policy", ""))

    def _fields(self, current: Data | None, desired: Data | None) -> list[dict[str, t.Any]]:
        return []


_ESET = _Eset()
_KINDS: dict[str, t.Any] = {
    "meraki_sentry_assignments": _Sentry(),
    "meraki_private_app": _Application(),
    "eset_policy_assignment": _ESET,
}
#: The modules, in the order in which reports show them.
MODULES = tuple(_KINDS)


def _ordered(
    current: list[Data],
    desired: list[Data],
    sources: list[int | None],
    named: t.Callable[[Data], Object],
    compared: t.Callable[[Data | None, Data | None], list[dict[str, t.Any]]],
    new_last: bool = False,
) -> list[_Difference]:
    """What differs between two lists whose order matters. ``sources``: for each wanted object its place in the present list (None: new).

    The same objects count as moved as in the modules' ``summary``: what is out of the longest run that may stay. ``new_last``: what is
    new is put behind everything first, and has a place in that run.
    """
    places = [[source] if source is not None else [len(current) + number] * new_last for number, source in enumerate(sources)]
    stays = set(longest_increasing_run(places).values())
    found = []
    for place, (policy, source) in enumerate(zip(desired, sources)):
        at = [] if source in stays else [{"field": "position", "actual": None if source is None else source + 1, "desired": place + 1}]
        if source is None:
            found.append(_Difference(MISSING, named(policy), compared(None, policy) + at))
            continue
        fields = compared(current[source], policy)
        if fields or at:
            found.append(_Difference(CHANGED if fields else MOVED, named(current[source]), fields + at))
    for place, policy in enumerate(current):
        if place not in sources:
            position = [{"field": "position", "actual": place + 1, "desired": None}]
            found.append(_Difference(EXTRA, named(policy), compared(policy, None) + position))
    return found


def _fields(
    keys: t.Iterable[str],
    current: Data | None,
    desired: Data | None,
    form: t.Callable[[str, Data], t.Any],
    names: Data,
) -> list[dict[str, t.Any]]:
    """The fields that differ by what they mean (``form``), as they were written; all of them where one side is not there.

    ``names``: for keys that hold an id, the key that holds its name.
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


def _in_list(field: str, current: Data | None, desired: Data | None, form: t.Callable[[t.Any], str]) -> list[dict[str, t.Any]]:
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


def _group_names(unit: Data | None) -> dict[str, t.Any]:
    """The names of an application's groups by id, where the list was read."""
    return {} if unit is None else dict(zip(group_ids(unit), unit.get("application_groups") or []))


def _with_new_groups(unit: Data | None) -> Data | None:
    """An application in which a group that is yet to be made has its name beside the place of its id."""
    if unit is None or NEW not in group_ids(unit):
        return unit
    named = [f"{NEW} {name}" if key == NEW else key for key, name in zip(group_ids(unit), unit.get("application_groups") or [])]
    return {**unit, **{key: named for key in GROUP_KEYS.values() if key in unit}}


def _named_values(field: dict[str, t.Any], known: Data) -> dict[str, t.Any]:
    """The field with the names of the ids in it, as far as they are known: beside them, for whether a name was read says nothing."""
    names = {key: known[key] for key in (field["actual"], field["desired"]) if isinstance(key, str) and known.get(key)}
    return {**field, "names": names} if names else field


def _entries(config: t.Any) -> list[dict[str, t.Any]]:
    return [entry for entry in config if isinstance(entry, dict)] if isinstance(config, list) else []


def _list(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else [value]


def _named(entry: Data, unit: Data, pairs: t.Iterable[tuple[str, str]]) -> bool:
    """Whether an entry of ``config`` names a unit, by id or by name. A name may be a path (``All/Servers``), the unit's its last part."""
    for key, name in pairs:
        if entry.get(key) is not None and unit.get(key) is not None:
            return str(entry[key]) == str(unit[key])
        if entry.get(name) is not None and unit.get(name) is not None:
            given, current = str(entry[name]), str(unit[name])
            return given == current or given.endswith("/" + current) or current.endswith("/" + given)
    return False


def _listed(entry: Data, key: str, name: str) -> Object:
    own = None if entry.get(key) is None else str(entry[key])
    label = str(entry.get(name) or "")
    return Object(f"name:{segment(label)}" if own is None else segment(own), own, label)


def _item(scope: str, verdict: str, unit: Object, inner: Object | None, fields: list[dict[str, t.Any]]) -> Item:
    return {
        "id": "/".join([scope, unit.key, *([] if inner is None else [inner.key])]),
        "verdict": verdict,
        "unit": {"id": unit.id, "name": unit.name},
        "object": None if inner is None else {"id": inner.id, "name": inner.name},
        "fields": fields,
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
