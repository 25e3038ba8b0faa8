# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Sentry policies of an organization: from the current state and the desired one to the one PUT that leads there. Pure."""

from __future__ import annotations

import typing as t
from collections import Counter
from types import MappingProxyType

from ..._model.diagnostics import Diagnostics
from ..._model.lookup import folded, unlike
from ..._model.merging import merged_order
from ..._model.plan import CREATED_ANEW, OBJECTS, Chain, Plan, Request, error, longest_increasing_run
from .config import FIELDS, Desired, DesiredNetwork, Names, scope_error, tag_error

Policy = dict[str, t.Any]

#: The key of the plan's one chain: the PUT carries the whole organization.
ORGANIZATION = "organization"


#: The network of each policy, by the policy's id: the network's id, and the network in words.
Owners = t.Mapping[str, tuple[str, str]]


class Current(t.NamedTuple):
    """What was read. ``networks``: the policies of each network in the API's order (highest priority last), with the fields of ``config``.

    ``locales``: items whose id is not the one that their policies carry. ``unknown``: networks that are listed without their policies.
    ``names``: the lists that turn names into ids. ``since``: when (on the monotonic clock) the first answer came. ``counted``: the list
    holds as many networks as it says that there are. ``shown``: more names, to be shown and nothing else.
    """

    path: str
    networks: dict[str, list[Policy]]
    names: Names
    locales: t.Mapping[str, list[str]] = MappingProxyType({})
    since: float = 0.0
    unknown: frozenset[str] = frozenset()
    counted: bool = True
    shown: Names | None = None

    @property
    def listed(self) -> t.Any:
        """What two reads that saw the same are equal in."""
        return self.networks, self.unknown

    @property
    def labels(self) -> Names:
        """The names to show."""
        return self.shown or self.names

    @property
    def hidden(self) -> dict[str, str]:
        """Networks that are listed under the id of a locale, and that id."""
        return {other: key for key, others in self.locales.items() for other in others}


class _Slot(t.NamedTuple):
    """A policy of the desired list: what it is to be, and where in the present list it comes from (None: new)."""

    policy: Policy
    source: int | None


def plan(current: Current, desired: Desired, state: str) -> Plan:
    """From the current state to the desired one. Raises ``ValidationErrors``: rules broken, names and ids that fit nothing here, locales in
    the way."""
    found = Diagnostics([*desired.errors, *other_case(desired.units, current)])
    owners = _owners(current, desired)
    known = {*current.networks, *current.names.tags, *current.hidden}
    slots: dict[str, list[_Slot]] = {}
    for unit in desired.units:
        if state == "deleted" and not current.networks.get(unit.network_id) and not unit.named:
            # It may have been cleared before, or be a slip of the pen.
            found.warn(f"{unit.path}: network {unit.network_id} has no Sentry policies. Nothing to remove")
        if state in ("replaced", "overridden") and unit.policies == [] and not unit.named and unit.network_id not in known:
            found.warn(
                f"{unit.path}: network {unit.network_id} is not listed as one with Sentry policies, and its id was not looked up. Nothing "
                "to remove"
            )
        if state != "deleted":
            found.warnings += _listed_twice(unit)
        slots[unit.network_id] = _network(unit, current.networks.get(unit.network_id, []), state, owners, found)
    if state == "overridden":
        for network_id in current.networks:
            slots.setdefault(network_id, [])
    # What such a network has is not known under the id that is wanted, so that nothing can be said about it.
    found.errors += [_locale_error(current.hidden[unit.network_id], current) for unit in desired.units if unit.network_id in current.hidden]
    found.raise_errors()
    changed = [key for key, listed in slots.items() if not _same(listed, current.networks.get(key, []))]
    _check_the_whole(current, slots, changed, found)
    found.raise_errors()
    return _assembled(current, slots, changed, found)


def _check_the_whole(current: Current, slots: t.Mapping[str, list[_Slot]], changed: list[str], found: Diagnostics) -> None:
    """What stands in the way of a PUT that carries the whole organization."""
    if changed and current.locales:
        found.errors += [_locale_error(key, current) for key in current.locales]
        return
    for key in sorted(current.unknown):
        if changed or key in slots:
            found.error(f"organization: network {key}", NOT_LISTED)
    if changed:
        found.errors += _incomplete({**current.networks, **{key: [slot.policy for slot in slots[key]] for key in changed}})


def _listed_twice(unit: DesiredNetwork) -> list[str]:
    """A warning for each policy whose content is listed before, neither with an id: two policies are what it says, and rarely what is
    meant."""
    first: dict[t.Any, int] = {}
    said = []
    for place, policy in enumerate(unit.policies or []):
        if "policy_id" not in policy and first.setdefault(content(policy), place) != place:
            same = f"policies[{first[content(policy)]}]"
            said.append(f"{unit.path}.policies[{place}] is the same as {same}: network {unit.label or unit.network_id} will have it twice")
    return said


#: What is wrong with a network of which it is not known what it has.
NOT_LISTED = (
    "the API lists it without its policies. The request would have to carry them, and they are not known. Nothing is written. "
    "Run the task again"
)


def other_case(units: t.Iterable[DesiredNetwork], current: Current) -> list[dict[str, str]]:
    """Ids of networks that fit one which is there but for their case: it is meant, and must not be passed over in silence."""
    lowered = {folded(key): key for key in (*current.networks, *current.names.tags)}
    return [
        error(
            f"{path}.network_id",
            f"{key} does not exist. A similar id differs {unlike(key, lowered[folded(key)])}: {lowered[folded(key)]}. "
            "Ids must match exactly",
        )
        for path, key in ((unit.path, unit.network_id) for unit in units)
        if folded(key) in lowered and key not in current.networks and key not in current.names.tags
    ]


def gathered(current: Current, desired: Desired, config: t.Any, found: Diagnostics) -> list[dict[str, t.Any]]:
    """The organization in the shape of ``config``, limited to the networks of one that is given. Raises ``ValidationErrors``."""
    found.errors += [*desired.errors, *other_case(desired.units, current)]
    found.raise_errors()
    if config is None:
        keys = list(current.networks)
    else:
        # A network that is listed under the id of a locale is shown as it is listed; there is a warning about it.
        keys = list(dict.fromkeys(current.hidden.get(unit.network_id, unit.network_id) for unit in desired.units))
    known = {*current.networks, *current.names.tags, *current.hidden}
    for unit in desired.units:
        if unit.network_id not in known:
            says = "is not listed as one with Sentry policies, and its id was not looked up"
            found.warn(f"{unit.path}: network {unit.network_id} {says}")
    if config == []:
        found.warn("config is an empty list, and selects nothing. Omit it to gather the whole organization")
    # One that is not told would be cleared by what said that it had nothing.
    return [to_config(key, current.networks.get(key, []), current.labels) for key in keys if key not in current.unknown]


def content(policy: t.Mapping[str, t.Any]) -> tuple[t.Any, ...]:
    """What makes two policies equal: everything but the id, tags as a set."""
    return policy.get("sm_network_id"), policy.get("scope"), tuple(sorted(set(policy.get("tags") or ()))), policy.get("group_policy_id")


def undone(before: Current, now: Current, keys: t.Iterable[str]) -> list[str]:
    """Policies of these networks that the write carried along under their id and that have another one now: somebody had removed them."""
    found = []
    for key in keys:
        policies = before.networks.get(key, [])
        ids = {policy.get("policy_id") for policy in now.networks.get(key, [])}
        contents = {content(policy) for policy in now.networks.get(key, [])}
        gone = [str(policy["policy_id"]) for policy in policies if policy.get("policy_id") not in ids and content(policy) in contents]
        if gone:
            found.append(
                f"network {key}: {', '.join(gone)} came back under another id: somebody seems to have removed or changed it between the "
                "read and the write, which has undone that"
            )
    return found


def canonical(policies: t.Iterable[Policy]) -> list[t.Any]:
    """A network's policies as a later read must show them: contents in order; new ids are the server's."""
    return [[*content(policy)[:2], list(content(policy)[2]), content(policy)[3]] for policy in policies]


def title(network_id: str, names: Names) -> str:
    """A network for people."""
    name = names.networks.names.get(network_id) if names.networks else None
    return f"network {name} ({network_id})" if name else f"network {network_id}"


def to_config(network_id: str, policies: t.Iterable[Policy], names: Names) -> dict[str, t.Any]:
    """A network in the shape of ``config``: ids, and names beside them where the lists were read anyway."""
    groups = names.group_policies.get(network_id)
    networks = names.networks.names if names.networks else {}
    unit: dict[str, t.Any] = {"network_id": network_id}
    if network_id in networks:
        unit["network"] = networks[network_id]
    unit["policies"] = []
    for policy in policies:
        shape = {key: policy[key] for key in FIELDS if policy.get(key) is not None}
        if shape.get("sm_network_id") in networks:
            shape["sm_network"] = networks[shape["sm_network_id"]]
        if groups and shape.get("group_policy_id") in groups.names:
            shape["group_policy"] = groups.names[shape["group_policy_id"]]
        unit["policies"].append(shape)
    return unit


def to_api(policy: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A policy as the PUT wants it (spec, updateOrganizationSmSentryPoliciesAssignments): the writable fields and no other."""
    body = {"policyId": policy["policy_id"]} if policy.get("policy_id") is not None else {}
    return {
        **body,
        "smNetworkId": policy["sm_network_id"],
        "scope": policy["scope"],
        "tags": list(policy.get("tags") or []),
        "groupPolicyId": policy["group_policy_id"],
    }


def _network(unit: DesiredNetwork, current: list[Policy], state: str, owners: Owners, found: Diagnostics) -> list[_Slot]:
    """The desired list of one network."""
    if state in ("replaced", "overridden"):
        unit = unit._replace(policies=[{"tags": [], **policy} for policy in unit.policies or []])
    policies = unit.policies or []
    if state == "deleted":
        return _without(unit, current, owners, found)
    for place, policy in enumerate(policies):
        owner, label = owners.get(policy.get("policy_id", ""), (unit.network_id, ""))
        if owner != unit.network_id:
            path = f"{unit.path}.policies[{place}].policy_id"
            found.error(path, f"{policy['policy_id']} belongs to network {label}, not to {unit.label or unit.network_id}")
    sources = _matches(policies, current)
    listed = []
    for place, (policy, source) in enumerate(zip(policies, sources)):
        listed.append(_slot(f"{unit.path}.policies[{place}]", policy, source, current, found))
    if state != "merged":
        return listed
    existing = [_Slot(policy, place) for place, policy in enumerate(current)]
    return merged_order(existing, [(slot, slot.source, None) for slot in listed])


def _slot(path: str, policy: Policy, source: int | None, current: list[Policy], found: Diagnostics) -> _Slot:
    own = policy.get("policy_id")
    if source is None:
        missing = [key for key in ("sm_network_id", "scope", "group_policy_id") if key not in policy]
        if own is not None:
            if missing:
                message = "no longer exists, and a new policy needs these fields: "
                found.error(f"{path}.policy_id", f"{own} {message}{', '.join(missing)}")
            else:
                # Tags that came with an id were the vendor's own, whatever they hold.
                found.errors += scope_error(path, policy["scope"], policy.get("tags"))
                found.warn(f"{path}: policy {own} no longer exists. {CREATED_ANEW}")
        new = {key: value for key, value in policy.items() if key != "policy_id"}
        return _Slot({"tags": [], **new}, None)
    existing = current[source]
    if own is not None and existing.get("policy_id") != own:
        found.warn(f"{path}: policy {own} no longer exists. {existing.get('policy_id')} has the same content and is used instead")
        return _Slot(existing, source)
    result = {**existing, **policy}
    if content(result) == content(existing):
        return _Slot(existing, source)
    found.errors += tag_error(path, result.get("scope"), result.get("tags"))
    return _Slot(result, source)


def _matches(policies: list[Policy], current: list[Policy]) -> list[int | None]:
    """For each wanted policy its place in the present list: by id first, then by content.

    Equal content can be there twice. Where the list as it is follows the desired order already, the matches that show it are taken; else
    each takes the first copy that is left.
    """
    by_id = {policy["policy_id"]: place for place, policy in enumerate(current) if policy.get("policy_id") is not None}
    fixed: list[int | None] = [by_id.get(policy["policy_id"]) if "policy_id" in policy else None for policy in policies]
    taken = {place for place in fixed if place is not None}
    places: dict[t.Any, list[int]] = {}
    for place, policy in enumerate(current):
        if place not in taken:
            places.setdefault(content(policy), []).append(place)
    keys = [None if place is not None else content({"tags": [], **policy}) for policy, place in zip(policies, fixed)]
    desired = Counter(key for key, place in zip(keys, fixed) if place is None)
    most = len(taken) + sum(min(count, len(places.get(key, []))) for key, count in desired.items())
    in_order = _in_order(fixed, keys, places)
    if sum(place is not None for place in in_order) == most:
        return in_order
    left = {key: iter(found) for key, found in places.items()}
    return [next(left.get(key, iter(())), None) if place is None else place for key, place in zip(keys, fixed)]


def _in_order(fixed: list[int | None], keys: list[t.Any], places: t.Mapping[t.Any, list[int]]) -> list[int | None]:
    """The matches that a walk down the present list meets in the desired order; none at all where the fixed ones stand out of order."""
    result: list[int | None] = []
    used: dict[t.Any, int] = {}
    last = -1
    for place, key in zip(fixed, keys):
        if place is None:
            copies = places.get(key, [])
            index = used.get(key, 0)
            while index < len(copies) and copies[index] <= last:
                index += 1
            used[key] = index + 1
            place = copies[index] if index < len(copies) else None
        elif place < last:
            return [None] * len(fixed)
        if place is not None:
            last = place
        result.append(place)
    return result


def _without(unit: DesiredNetwork, current: list[Policy], owners: Owners, found: Diagnostics) -> list[_Slot]:
    """What stays of a network after ``deleted``."""
    if unit.policies is None:
        return []
    by_id = {policy["policy_id"]: place for place, policy in enumerate(current) if policy.get("policy_id") is not None}
    gone: set[int] = set()
    stale: list[tuple[str, Policy]] = []
    for number, policy in enumerate(unit.policies):
        path = f"{unit.path}.policies[{number}]"
        own = policy.get("policy_id")
        if own is None:
            gone |= {place for place, existing in enumerate(current) if content(existing) == content({"tags": [], **policy})}
        elif own in by_id:
            _check_agreement(path, policy, current[by_id[own]], found)
            gone.add(by_id[own])
        elif own in owners:
            found.error(f"{path}.policy_id", f"{own} belongs to network {owners[own][1]}, not to {unit.label or unit.network_id}")
        else:
            stale.append((path, policy))
    for path, policy in stale:
        own = policy["policy_id"]
        copy = next((place for place, existing in enumerate(current) if place not in gone and content(existing) == content(policy)), None)
        if copy is None:
            found.warn(f"{path}: policy {own} does not exist. Nothing to remove")
        else:
            found.warn(
                f"{path}: policy {own} no longer exists. {current[copy].get('policy_id')} has the same content and is removed instead"
            )
            gone.add(copy)
    return [_Slot(policy, place) for place, policy in enumerate(current) if place not in gone]


def _check_agreement(path: str, policy: Policy, existing: Policy, found: Diagnostics) -> None:
    """What stands beside the id of a policy that is to go must be as it is there."""
    for key in FIELDS[1:]:
        if key in policy and content({key: policy[key]}) != content({key: existing.get(key)}):
            says = f"is {policy[key]!r}, but the policy {policy['policy_id']} has {existing.get(key)!r}: say which one is to go"
            found.error(f"{path}.{key}", says)


def _owners(current: Current, desired: Desired) -> Owners:
    """The network of each policy id, with its label; only built where the config holds ids."""
    if not any("policy_id" in policy for unit in desired.units for policy in unit.policies or []):
        return {}
    return {
        str(policy["policy_id"]): (network_id, current.labels.network(network_id))
        for network_id, policies in current.networks.items()
        for policy in policies
        if policy.get("policy_id")
    }


def _same(slots: list[_Slot], current: list[Policy]) -> bool:
    return len(slots) == len(current) and all(
        slot.source == place and (slot.policy is existing or content(slot.policy) == content(existing))
        for place, (slot, existing) in enumerate(zip(slots, current))
    )


def _assembled(current: Current, slots: t.Mapping[str, list[_Slot]], changed: list[str], found: Diagnostics) -> Plan:
    summary = dict.fromkeys(("created", "updated", "moved", "deleted", "unchanged"), 0)
    touched = set(changed)
    for key, listed in slots.items():
        if key in touched:
            _count(summary, listed, current.networks.get(key, []))
        else:
            summary["unchanged"] += len(listed)
    after = {key: [slot.policy for slot in slots[key]] for key in changed}
    before = {key: current.networks.get(key, []) for key in changed}
    phases: tuple[tuple[Chain, ...], ...] = ()
    if changed:
        everything = {**current.networks, **after}
        items = [{"networkId": key, "policies": [to_api(policy) for policy in policies]} for key, policies in everything.items()]
        request = Request(
            "PUT",
            current.path,
            {"items": items},
            f"the sentry policies of {len(changed)} network(s)",
            display_body={"items": [item for item in items if item["networkId"] in touched]},
            extra={"untouched": len(items) - len(changed)},
            explain=lambda refusal: _explained(refusal, items, current.networks),
            carries=OBJECTS,
        )
        phases = ((Chain(ORGANIZATION, (request,)),),)
    return Plan(
        before=[to_config(key, before[key], current.labels) for key in changed],
        after=[to_config(key, after[key], current.labels) for key in changed],
        phases=phases,
        summary=summary,
        removed=frozenset(name for key in changed for name in _removed(key, slots[key], current.networks.get(key, []))),
        identity={
            "before": [[key, [[policy.get("policy_id"), *content(policy)] for policy in before[key]]] for key in sorted(changed)],
            "after": [[key, [[policy.get("policy_id"), *content(policy)] for policy in after[key]]] for key in sorted(changed)],
        },
        expected={key: canonical(after[key]) for key in changed},
        titles={key: title(key, current.labels) for key in changed},
        carried=tuple(key for key in current.networks if key not in touched) if changed else (),
        warnings=tuple(found.warnings),
    )


def _count(summary: dict[str, int], listed: list[_Slot], current: list[Policy]) -> None:
    sources = [slot.source for slot in listed if slot.source is not None]
    kept = longest_increasing_run([[source] for source in sources])
    stays = {sources[index] for index in kept}
    for slot in listed:
        if slot.source is None:
            summary["created"] += 1
        elif content(slot.policy) != content(current[slot.source]):
            summary["updated"] += 1
        else:
            summary["unchanged" if slot.source in stays else "moved"] += 1
    summary["deleted"] += len(current) - len(sources)


def _removed(network_id: str, listed: list[_Slot], current: list[Policy]) -> list[str]:
    kept = {slot.source for slot in listed}
    return [f"{network_id} {policy.get('policy_id', place)}" for place, policy in enumerate(current) if place not in kept]


def _incomplete(networks: t.Mapping[str, list[Policy]]) -> list[dict[str, str]]:
    """Policies that cannot be sent back, for the API lists them without what its PUT requires."""
    required = {"sm_network_id": "Systems Manager network", "scope": "scope", "tags": "list of tags", "group_policy_id": "group policy"}
    return [
        error(
            f"organization: network {key}",
            f"the API lists the policy {policy.get('policy_id')} without a {what}, and the request has to carry it along: nothing is "
            "written. Fix or remove it in the dashboard",
        )
        for key, policies in networks.items()
        for policy in policies
        for field_name, what in required.items()
        if field_name not in policy
    ]


def _explained(refusal: t.Any, items: list[dict[str, t.Any]], networks: t.Mapping[str, list[Policy]]) -> str:
    from .refusal import explained  # Hardly any run needs it.

    existing = {key: [to_api(policy) for policy in policies] for key, policies in networks.items()}
    return explained(refusal, items, existing)


def _locale_error(key: str, current: Current) -> dict[str, str]:
    return error(
        f"organization: network {key}",
        f"the API lists it as {key} while its policies belong to {', '.join(current.locales[key])} (a locale). What the PUT makes of such "
        "an id is not documented, and it carries the whole organization: nothing is written. Change this organization's policies in the "
        "dashboard",
    )
