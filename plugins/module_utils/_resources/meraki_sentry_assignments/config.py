# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What users write for sentry policy assignments: schema, rules, and names turned into ids. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._model.diagnostics import Diagnostics
from ..._model.lookup import Index, folded, listing, unlike
from ..._model.plan import error
from ..._vendors.meraki_options import ARGUMENTS as CONNECTION
from ..._vendors.meraki_options import TASK_ARGUMENTS
from .schema import NETWORK

_NETWORK = NETWORK["properties"]
_POLICY = _NETWORK["policies"]["items"]["properties"]
_NAME = {"type": "string", "minLength": 1}
_TAGS = {"type": "array", "items": _NAME}

#: One entry of ``config``: the vendor's fields (docs/specs/meraki-sentry.openapi.json) and the names that may stand for ids.
SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "network_id": {**_NETWORK["network_id"], "minLength": 1},
        "network": _NAME,
        "network_tags": {**_TAGS, "minItems": 1},
        "policies": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "policy_id": {**_POLICY["policy_id"], "minLength": 1},
                    "sm_network_id": {**_POLICY["sm_network_id"], "minLength": 1},
                    "sm_network": _NAME,
                    "scope": _POLICY["scope"],
                    "tags": {**_POLICY["tags"], "items": _NAME},
                    "group_policy_id": {**_POLICY["group_policy_id"], "minLength": 1},
                    "group_policy": _NAME,
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
            "network_id": {"type": "str"},
            "network": {"type": "str"},
            "network_tags": {"type": "list", "elements": "str"},
            "policies": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "policy_id": {"type": "str"},
                    "sm_network_id": {"type": "str"},
                    "sm_network": {"type": "str"},
                    "scope": {"type": "str", "choices": ["all", "none", "withAll", "withAny", "withoutAll", "withoutAny"]},
                    "tags": {"type": "list", "elements": "str"},
                    "group_policy_id": {"type": "str"},
                    "group_policy": {"type": "str"},
                },
            },
        },
    },
    **TASK_ARGUMENTS,
    **CONNECTION,
}

#: What a policy consists of, its own id first.
FIELDS = ("policy_id", "sm_network_id", "scope", "tags", "group_policy_id")
_UNTAGGED = ("all", "none")


_MANAGED = "Systems Manager network"


class Names:
    """The lists that were read anyway: networks as the API gives them, group policies as ``{network: [(id, name)]}``."""

    def __init__(
        self, networks: list[dict[str, t.Any]] | None = None, group_policies: dict[str, list[tuple[str, str]]] | None = None
    ) -> None:
        self.tags: dict[str, set[str]] = {}
        self.networks: Index | None = None
        self._managed = Index(_MANAGED, [])
        if networks is not None:
            self.add_networks(networks)
        self.group_policies: dict[str, Index] = {}
        self.add_groups(group_policies or {})

    def copy(self) -> Names:
        """The same lists, to be added to."""
        other = Names()
        other.tags, other.networks, other._managed = self.tags, self.networks, self._managed
        other.group_policies = dict(self.group_policies)
        return other

    def add_networks(self, networks: list[dict[str, t.Any]]) -> None:
        """The networks, read later than the rest."""
        self.tags = {str(item["id"]): set(item.get("tags") or []) for item in networks}
        self.networks = Index("network", _pairs(networks))
        self._managed = Index(
            _MANAGED, _pairs([item for item in networks if "systemsManager" in (item.get("productTypes") or ["systemsManager"])])
        )

    def add_groups(self, group_policies: t.Mapping[str, list[tuple[str, str]]]) -> None:
        """The group policies of networks, read later than the rest."""
        for network_id, policies in group_policies.items():
            self.group_policies[network_id] = Index("group policy", policies, f" in network {self.network(network_id)}")

    def network(self, network_id: str) -> str:
        """A network in words: with its name, where the networks were read."""
        name = self.networks.names.get(network_id) if self.networks else None
        return f"{name} ({network_id})" if name else network_id

    @property
    def sm_networks(self) -> Index | None:
        """Where to look a Systems Manager network up, where the networks were read."""
        return None if self.networks is None else self._managed


def _pairs(networks: t.Iterable[t.Mapping[str, t.Any]]) -> list[tuple[str, str]]:
    return [(str(item["id"]), str(item["name"])) for item in networks]


#: An entry of the config with its path, and the id of a network that it reaches.
Reached = tuple[str, t.Mapping[str, t.Any], str]


class DesiredNetwork(t.NamedTuple):
    """One network of the config, by id. ``policies`` hold ids only, and just the fields that were given (None: not given at all).

    ``named``: it was found by its name or tags, and so is known to be there; ``label``: the network in words.
    """

    path: str
    network_id: str
    policies: list[dict[str, t.Any]] | None
    named: bool = False
    label: str = ""


class Desired(t.NamedTuple):
    """The config by ids. ``errors``: what the lists of names say against it."""

    units: t.Sequence[DesiredNetwork] = ()
    errors: tuple[dict[str, str], ...] = ()


def rule_errors(config: t.Any, state: str) -> list[dict[str, str]]:
    """What the contract and the vendor's words forbid, for a config that may break the schema too.

    The vendor's words about an entry with an own id wait for the read, but with ``rendered``, which reads nothing.
    """
    errors: list[dict[str, str]] = []
    units: dict[tuple[str, t.Any], str] = {}
    ids: dict[str, str] = {}
    for number, entry in enumerate(config):
        if not isinstance(entry, dict):
            continue
        path = f"config[{number}]"
        errors += _entry_errors(path, entry, state, units)
        policies = entry.get("policies")
        for place, policy in enumerate(policies if isinstance(policies, list) else []):
            if isinstance(policy, dict):
                errors += _policy_errors(f"{path}.policies[{place}]", policy, state, "network_tags" in entry, ids)
                if state == "rendered" and "policy_id" in policy and "scope" in policy:
                    errors += tag_error(f"{path}.policies[{place}]", policy["scope"], policy.get("tags"))
    return errors


def tag_error(path: str, scope: t.Any, tags: t.Any) -> list[dict[str, str]]:
    """Tags hold no white space: a server that splits them would never show what was written. And they have to fit the scope."""
    spaced = _spaced(f"{path}.tags", tags) if isinstance(tags, list) else []
    return spaced or scope_error(path, scope, tags)


def scope_error(path: str, scope: t.Any, tags: t.Any) -> list[dict[str, str]]:
    """Scopes that look at tags need some, the others none: the spec's words on ``scope`` and ``tags`` leave no other sense."""
    if not isinstance(scope, str) or tags is not None and not isinstance(tags, list):
        return []
    if scope in _UNTAGGED and tags:
        return [error(f"{path}.tags", f"must be empty for scope {scope}")]
    if scope.startswith("with") and not tags:
        return [error(f"{path}.tags", f"is required and must not be empty for scope {scope}")]
    return []


def _spaced(path: str, tags: t.Sequence[t.Any]) -> list[dict[str, str]]:
    return [
        error(f"{path}[{place}]", f"{tag!r} holds white space, and tags hold none: write each tag as an element of the list")
        for place, tag in enumerate(tags)
        if isinstance(tag, str) and re.search(r"\s", tag)
    ]


def needs_networks(config: t.Iterable[t.Mapping[str, t.Any]], state: str) -> bool:
    """Whether names make it necessary to read the organization's networks."""
    return any(
        "network_id" not in entry
        or state != "gathered"
        and any("sm_network" in policy and "sm_network_id" not in policy for policy in entry.get("policies", []))
        for entry in config
    )


def networks_with_groups(config: t.Sequence[t.Mapping[str, t.Any]], names: Names) -> list[str]:
    """The networks in which names make it necessary to read the group policies."""
    named = [any("group_policy" in policy and "group_policy_id" not in policy for policy in entry.get("policies", [])) for entry in config]
    if not any(named):
        return []
    needing = {f"config[{number}]" for number, needs in enumerate(named) if needs}
    return [network_id for path, _entry, network_id in _reached(config, names, Diagnostics()) if path in needing]


def resolve(config: t.Sequence[t.Mapping[str, t.Any]], state: str, names: Names) -> Desired:
    """The config by ids alone; its errors are every name that fits nothing or fits twice, and every id that a list disproves. What
    ``gathered`` is asked for is networks, whatever else an entry holds."""
    found = Diagnostics()
    reached = _reached(config, names, found)
    units = [
        DesiredNetwork(
            path,
            network_id,
            None if state == "gathered" else _policies(path, entry, names, names.group_policies.get(network_id), found),
            "network_id" not in entry,
            names.network(network_id),
        )
        for path, entry, network_id in reached
    ]
    return Desired(units, tuple(found.errors))


def _reached(config: t.Sequence[t.Mapping[str, t.Any]], names: Names, found: Diagnostics) -> list[Reached]:
    """Every network that the config reaches."""
    first: dict[str, str] = {}
    reached: list[Reached] = []
    for number, entry in enumerate(config):
        path = f"config[{number}]"
        network_ids = _network_ids(path, entry, names, found)
        if not network_ids:
            _policies(path, entry, names, None, found)
        for network_id in network_ids:
            if network_id in first:
                found.error(
                    path, f"network {names.network(network_id)} is reached twice, by {first[network_id]} too: one entry for one network"
                )
            first.setdefault(network_id, path)
            reached.append((path, entry, network_id))
    return reached


def _policies(
    path: str, entry: t.Mapping[str, t.Any], names: Names, groups: Index | None, found: Diagnostics
) -> list[dict[str, t.Any]] | None:
    """The policies of an entry by ids alone; None where none were given at all."""
    policies = []
    for place, policy in enumerate(entry.get("policies", [])):
        at = f"{path}.policies[{place}]"
        fields = {key: policy[key] for key in FIELDS if key in policy}
        managers = names.sm_networks
        problems = [
            managers and managers.settle(at, "sm_network_id", fields, policy.get("sm_network")),
            groups and groups.settle(at, "group_policy_id", fields, policy.get("group_policy")),
        ]
        found.errors += [problem for problem in problems if problem]
        policies.append(fields)
    return policies if "policies" in entry else None


def _network_ids(path: str, entry: t.Mapping[str, t.Any], names: Names, found: Diagnostics) -> list[str]:
    tags = entry.get("network_tags")
    if tags is not None:
        fitting = [network_id for network_id, carried in names.tags.items() if carried.issuperset(tags)]
        if not fitting:
            exist = {tag for carried in names.tags.values() for tag in carried}
            found.error(f"{path}.network_tags", f"no network carries all of: {', '.join(tags)}{_other_tags(tags, exist)}")
        return fitting
    fields = {"network_id": entry["network_id"]} if "network_id" in entry else {}
    problem = names.networks and names.networks.settle(path, "network_id", fields, entry.get("network"))
    if problem:
        found.errors.append(problem)
        return []
    return [fields["network_id"]] if "network_id" in fields else []


def _other_tags(tags: t.Sequence[str], exist: set[str]) -> str:
    """What a message about tags that no network carries says of those that exist."""
    missing = [tag for tag in tags if tag not in exist]
    if not missing:
        return ". Each of them exists, on different networks"
    alike = [(tag, other) for tag in missing for other in sorted(exist) if folded(tag) == folded(other)]
    if alike:
        return "".join(f". {other!r} differs from {tag!r} {unlike(tag, other)}" for tag, other in alike)
    return f". Existing tags: {listing(missing[0], exist)}"


def _entry_errors(path: str, entry: t.Mapping[str, t.Any], state: str, seen: dict[tuple[str, t.Any], str]) -> list[dict[str, str]]:
    errors = []
    if isinstance(entry.get("network_tags"), list):
        errors += _spaced(f"{path}.network_tags", entry["network_tags"])
    given = [key for key in ("network_id", "network", "network_tags") if key in entry]
    if not given:
        errors.append(error(f"{path}.network_id", "is required, or network with its name, or network_tags"))
    if "network_tags" in given and len(given) > 1:
        errors.append(error(f"{path}.network_tags", f"cannot be combined with {given[0]}: an entry names one network, or several by tags"))
    # Names may repeat where ids stand beside them.
    for key in given[:1]:
        if isinstance(entry[key], str):
            first = seen.setdefault((key, entry[key]), path)
            if first != path:
                says = f"network {entry[key]} is listed twice, by {first} too: one entry for one network"
                errors.append(error(f"{path}.{key}", says))
    if state not in ("deleted", "gathered") and "policies" not in entry:
        errors.append(error(f"{path}.policies", "is required (policies: [] in state replaced is how to clear a network)"))
    if state == "deleted" and entry.get("policies", 0) == []:
        errors.append(error(f"{path}.policies", "must not be empty for state deleted (leave it out to clear the network)"))
    return errors


def _policy_errors(path: str, policy: t.Mapping[str, t.Any], state: str, by_tags: bool, ids: dict[str, str]) -> list[dict[str, str]]:
    if state == "gathered":
        return []
    errors = []
    policy_id = policy.get("policy_id")
    if by_tags:
        errors += [
            error(f"{path}.{key}", "cannot be given in an entry by network_tags: each network has its own")
            for key in ("policy_id", "group_policy_id")
            if key in policy
        ]
    if isinstance(policy_id, str):
        first = ids.setdefault(policy_id, path)
        if first != path:
            errors.append(error(f"{path}.policy_id", f"policy {policy_id} is listed twice, by {first} too"))
    if policy_id is None or state in ("replaced", "overridden"):
        for key, name in (("sm_network_id", "sm_network"), ("group_policy_id", "group_policy")):
            if key not in policy and name not in policy:
                errors.append(error(f"{path}.{key}", f"is required, or {name} with its name"))
        if "scope" not in policy:
            errors.append(error(f"{path}.scope", "is required"))
    if policy_id is None:
        errors += tag_error(path, policy.get("scope"), policy.get("tags"))
    return errors
