# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What users write for ESET policy assignments: schema, rules, and names turned into ids. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..._model.diagnostics import Diagnostics
from ..._model.lookup import Index
from ..._model.plan import error
from ..._vendors.eset_options import ARGUMENTS as CONNECTION
from .schema import ASSIGNMENT, RANKING

_ASSIGNMENT: t.Any = ASSIGNMENT["properties"]
_RANKING: t.Any = RANKING["properties"]
_TARGET: t.Any = _ASSIGNMENT["target"]["properties"]
_NAME = {"type": "string", "minLength": 1}

#: The kinds of target, each with the name that may stand for its id ("" where the API lists no names).
KINDS = {"device_uuid": "device", "device_group_uuid": "device_group", "subscription_uuid": ""}

#: One entry of ``config``: the vendor's fields (docs/specs/eset-policy-management.openapi.json) and the names that may stand for ids.
SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["target"],
    "properties": {
        "target": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                **{kind: {**_TARGET[kind], "minLength": 1} for kind in KINDS},
                **{name: _NAME for name in KINDS.values() if name},
            },
        },
        "policies": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "policy_uuid": {**_ASSIGNMENT["policy_uuid"], "minLength": 1},
                    "policy": _NAME,
                    "rank": {**_RANKING["rank"], "minimum": 1},
                },
            },
        },
    },
}

#: The options of the module beside those that all have.
ARGUMENTS: dict[str, t.Any] = {
    "config": {
        "type": "list",
        "elements": "dict",
        "options": {
            "target": {
                "type": "dict",
                "options": {
                    "device_uuid": {"type": "str"},
                    "device": {"type": "str"},
                    "device_group_uuid": {"type": "str"},
                    "device_group": {"type": "str"},
                    "subscription_uuid": {"type": "str"},
                },
            },
            "policies": {
                "type": "list",
                "elements": "dict",
                "options": {"policy_uuid": {"type": "str"}, "policy": {"type": "str"}, "rank": {"type": "int"}},
            },
        },
    },
    **CONNECTION,
}


class Target(t.NamedTuple):
    """What policies are assigned to: ``kind`` is one of ``KINDS``."""

    kind: str
    uuid: str

    @property
    def key(self) -> str:
        """Names the unit."""
        return f"{self.kind} {self.uuid}"


class DesiredPolicy(t.NamedTuple):
    """One policy of an entry. ``named``: it was found by name, and so is known to be there; ``name``: as it was written."""

    path: str
    uuid: str
    rank: int | None
    named: bool
    name: str = ""


class DesiredTarget(t.NamedTuple):
    """One entry of the config, by ids. ``policies`` is None where none were given at all."""

    path: str
    target: Target
    named: bool
    policies: list[DesiredPolicy] | None


class Desired(t.NamedTuple):
    """The config by ids. ``errors``: what names say against it. ``begun``: how the stacks, by the keys of their targets, are to end in a
    run that has begun to write."""

    units: t.Sequence[DesiredTarget] = ()
    errors: tuple[dict[str, str], ...] = ()
    begun: t.Mapping[str, list[str]] = MappingProxyType({})


@dataclass
class Names:
    """The lists that were read, as far as they were; ``devices`` holds some devices only: those that were asked for."""

    policies: Index | None = None
    groups: Index | None = None
    devices: Index | None = None
    #: The devices that were looked up by id, with their names; None for one that is not there.
    known: dict[str, str | None] = field(default_factory=dict)

    def copy(self) -> Names:
        """The same lists, to be added to."""
        return replace(self, known=dict(self.known))

    def tell(self, target: Target) -> bool:
        """Whether what was read says if there is such a target. Nothing lists subscriptions."""
        if target.kind == "device_group_uuid":
            return self.groups is not None
        listed = self.devices.names if self.devices is not None else {}
        return target.kind == "device_uuid" and (target.uuid in self.known or target.uuid in listed)


def rule_errors(config: t.Any, state: str) -> list[dict[str, str]]:
    """What the contract and the vendor's words forbid, for a config that may break the schema too."""
    errors: list[dict[str, str]] = []
    seen: dict[tuple[str, str], str] = {}
    for number, entry in enumerate(config):
        if not isinstance(entry, dict):
            continue
        path = f"config[{number}]"
        if isinstance(entry.get("target"), dict):
            errors += _target_errors(f"{path}.target", entry["target"], seen, path)
        if state not in ("deleted", "gathered") and "policies" not in entry:
            errors.append(error(f"{path}.policies", "is required (policies: [] in state replaced is how to clear a target)"))
        if state == "deleted" and entry.get("policies", 0) == []:
            errors.append(error(f"{path}.policies", "must not be empty for state deleted (leave it out to clear the target)"))
        policies = entry.get("policies")
        if isinstance(policies, list):
            errors += _policy_errors(f"{path}.policies", policies, state)
    return errors


def names_used(config: t.Sequence[t.Mapping[str, t.Any]], state: str) -> tuple[bool, bool, list[str]]:
    """Which lists the names in ``config`` make necessary: the policies', the groups', and the names of devices to look up."""
    targets = [entry["target"] for entry in config]
    policies = [] if state == "gathered" else [policy for entry in config for policy in entry.get("policies") or []]
    named = [target["device"] for target in targets if "device" in target]
    return (
        any("policy" in policy and "policy_uuid" not in policy for policy in policies),
        any("device_group" in target and "device_group_uuid" not in target for target in targets),
        list(dict.fromkeys(named)) if any("device" in target and "device_uuid" not in target for target in targets) else [],
    )


def resolve(config: t.Sequence[t.Mapping[str, t.Any]], state: str, names: Names) -> Desired:
    """The config by ids; its errors are every name that fits nothing or fits twice, and every two entries that mean the same."""
    found = Diagnostics()
    reached: dict[Target, str] = {}
    units = []
    for number, entry in enumerate(config):
        path = f"config[{number}]"
        target = _target(f"{path}.target", entry["target"], names, found)
        given = None if state == "gathered" else entry.get("policies")
        policies = None if given is None else _policies(f"{path}.policies", given, names, found)
        if target is None:
            continue
        first = reached.setdefault(target, path)
        if first != path:
            index = {"device": names.devices, "device_group": names.groups}.get(KINDS[target.kind])
            label = _label(target.uuid, entry["target"].get(KINDS[target.kind]), index)
            says = f"{target.kind.removesuffix('_uuid').replace('_', ' ')} {label} is listed twice, by {first} too"
            found.error(f"{path}.target", f"{says}: one entry for one target")
        units.append(DesiredTarget(path, target, target.kind not in entry["target"], policies))
    return Desired(units, tuple(found.errors))


def _target(path: str, given: t.Mapping[str, str], names: Names, found: Diagnostics) -> Target | None:
    for kind, name in KINDS.items():
        index = {"device": names.devices, "device_group": names.groups}.get(name)
        if kind not in given and name not in given:
            continue
        fields = {kind: given[kind]} if kind in given else {}
        # An id alone is checked with the plan: what has assignments is there, whatever a list says.
        if index is not None and name in given:
            found.errors += _settled(path, kind, name, fields, given[name], index)
        elif name in given and kind in given and names.known.get(given[kind], given[name]) not in (None, given[name]):
            found.error(f"{path}.{name}", f"is {given[name]!r}, but {kind} says {given[kind]}, which is {names.known[given[kind]]!r}")
        return Target(kind, fields[kind]) if kind in fields else None
    return None


def _policies(path: str, given: t.Sequence[t.Mapping[str, t.Any]], names: Names, found: Diagnostics) -> list[DesiredPolicy]:
    policies: list[DesiredPolicy] = []
    reached: dict[str, str] = {}
    for place, policy in enumerate(given):
        at = f"{path}[{place}]"
        fields = {"policy_uuid": policy["policy_uuid"]} if "policy_uuid" in policy else {}
        if names.policies is not None and "policy" in policy:
            found.errors += _settled(at, "policy_uuid", "policy", fields, policy["policy"], names.policies)
        if "policy_uuid" not in fields:
            continue
        uuid = fields["policy_uuid"]
        first = reached.setdefault(uuid, at)
        if first != at:
            label = _label(uuid, policy.get("policy"), names.policies)
            found.error(at, f"policy {label} is listed twice, by {first} too: a policy can be listed once for a target")
        policies.append(DesiredPolicy(at, uuid, policy.get("rank"), "policy_uuid" not in policy, policy.get("policy", "")))
    return policies


def _label(key: str, name: str | None, index: Index | None) -> str:
    """What an id stands for, in words: with the name that was written, or else read."""
    known = name or (index.names.get(key) if index else None)
    return f"{known} ({key})" if known else key


def _settled(path: str, key: str, name: str, fields: dict[str, str], value: str, index: Index) -> list[dict[str, str]]:
    """Turn a name into the id ``fields[key]``; an id that is given must be one that the name may mean. The error, if there is one."""
    found, problem = index.find(value)
    own = fields.get(key)
    if own is None:
        if found is None:
            return [error(f"{path}.{name}", problem)]
        fields[key] = found
    elif own not in index.means(value):
        meant = f"{value!r} is {found}" if found is not None else problem
        return [error(f"{path}.{name}", f"{meant}, but {key} says {own}")]
    return []


def _target_errors(path: str, target: t.Mapping[str, t.Any], seen: dict[tuple[str, str], str], entry: str) -> list[dict[str, str]]:
    kinds = [kind for kind, name in KINDS.items() if kind in target or name in target]
    options = ", ".join([*KINDS, *filter(None, KINDS.values())])
    if not kinds:
        return [error(path, f"must say what is meant, by one of: {options}")]
    if len(kinds) > 1:
        written = [key for kind in kinds for key in (kind, KINDS[kind]) if key in target]
        return [error(path, f"must be of one kind, not {' and '.join(written)}: an entry is for one target")]
    # Names may repeat where ids stand beside them.
    key = kinds[0] if kinds[0] in target else KINDS[kinds[0]]
    first = seen.setdefault((key, str(target[key])), entry)
    says = f"{key.removesuffix('_uuid').replace('_', ' ')} {target[key]} is listed twice, by {first} too: one entry for one target"
    return [] if first == entry else [error(f"{path}.{key}", says)]


def _policy_errors(path: str, policies: t.Sequence[t.Any], state: str) -> list[dict[str, str]]:
    errors = []
    seen: dict[tuple[str, t.Any], str] = {}
    for place, policy in enumerate(policies):
        at = f"{path}[{place}]"
        if not isinstance(policy, dict):
            continue
        if "policy_uuid" not in policy and "policy" not in policy:
            errors.append(error(f"{at}.policy_uuid", "is required, or policy with its name"))
        # Names may repeat where ids stand beside them.
        key = "policy_uuid" if "policy_uuid" in policy else "policy"
        if isinstance(policy.get(key), str) and seen.setdefault((key, policy[key]), at) != at:
            errors.append(error(f"{at}.{key}", f"policy {policy[key]} is listed twice, by {seen[key, policy[key]]} too"))
        if "rank" not in policy:
            continue
        rank = policy["rank"]
        if state not in ("merged", "rendered"):
            errors.append(error(f"{at}.rank", f"is for state merged only; in state {state} " + _INSTEAD[state]))
        elif isinstance(rank, int) and seen.setdefault(("rank", rank), at) != at:
            errors.append(error(f"{at}.rank", f"{seen['rank', rank]} has the rank {rank} already"))
    return errors


_INSTEAD = {
    "replaced": "the order of the list is the order of the stack",
    "overridden": "the order of the list is the order of the stack",
    "deleted": "it says nothing",
    "gathered": "it says nothing",
}
