# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""ESET policy assignments: the fewest writes that lead from the stacks that are there to the desired ones, in a safe order. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from ..._model.diagnostics import Diagnostics
from ..._model.lookup import folded, unlike
from ..._model.plan import NEW, POSITION, Chain, Plan, Request, error
from ..._vendors.eset_options import ASSIGNMENTS
from .config import KINDS, Desired, DesiredTarget, Names, Target
from .order import Assigned, Stack, arranged, canonical, last_rank, moves, ranked, reordered, resumed
from .scope import Scope


@dataclass(frozen=True)
class Current:
    """What was read: the stacks of all targets that have one, and the lists that turn names into ids.

    ``since``: when (on the monotonic clock) the first answer came. ``shown``: more names, to be shown and nothing else. ``scope``: what the
    run is limited to.
    """

    stacks: dict[Target, Stack]
    names: Names
    since: float = 0.0
    shown: Names | None = None
    scope: Scope | None = None

    @property
    def listed(self) -> t.Any:
        """What two reads that saw the same are equal in."""
        return self.stacks

    @property
    def labels(self) -> Names:
        """The names to show."""
        return self.shown or self.names


@dataclass(frozen=True)
class Change:
    """What becomes of one target. ``final`` is the stack as it is to be; ``new`` what is assigned for it, in the order in which that is
    done; ``moves`` are ``(assignment, rank)`` in order; ``gone`` what is removed."""

    target: Target
    path: str
    before: Stack
    final: Stack
    new: Stack
    moves: list[tuple[Assigned, int]]
    gone: Stack

    @property
    def empty(self) -> bool:
        """Whether nothing has to be written."""
        return not (self.new or self.moves or self.gone)


def plan(current: Current, desired: Desired, state: str) -> Plan:
    """From the current state to the desired one. Raises ``ValidationErrors``: names that fit nothing, ids that a list disproves."""
    found = Diagnostics(desired.errors)
    check_ids(current, desired, state, found)
    found.raise_errors()
    changes = _changes(current, desired, state, found)
    for change in changes:
        if not ranked(change.before) and (change.moves or state in ("replaced", "overridden") and change.final):
            where = describe(change.target, current.labels)
            found.error(f"{change.path}.target", f"the order of what is assigned to the {where} is not known: {UNRANKED}")
    found.raise_errors()
    changed = [change for change in changes if not change.empty]
    phases = tuple(
        tuple(chain for chain in phase if chain.requests) for phase in zip(*(_chains(change, current.labels) for change in changed))
    )
    return Plan(
        before=[to_config(change.target, change.before, current.labels) for change in changed],
        after=[to_config(change.target, change.final, current.labels) for change in changed],
        phases=tuple(phase for phase in phases if phase),
        summary=_summary(changes),
        removed=frozenset(str(assigned.uuid) for change in changed for assigned in change.gone),
        identity={
            "before": sorted([change.target.key, canonical(change.before)] for change in changed),
            "after": sorted([change.target.key, canonical(change.final)] for change in changed),
        },
        expected={change.target.key: canonical(change.final) for change in changed},
        titles={change.target.key: describe(change.target, current.labels) for change in changed},
        warnings=tuple(found.warnings),
        notes=tuple(note for change in changed for note in _extra_copies(change, current.labels)),
    )


def _extra_copies(change: Change, names: Names) -> list[str]:
    """A line for each assignment that goes while another one of the same policy stays: a config lists the policy once, before and after."""
    stays = set(canonical(change.final))
    where = describe(change.target, names)
    return [f"- {where}: an extra copy of {_policy(assigned, names)}" for assigned in change.gone if assigned.policy in stays]


def _changes(current: Current, desired: Desired, state: str, found: Diagnostics) -> list[Change]:
    """What becomes of each target concerned, those that stay as they are included."""
    changes = []
    for unit in desired.units:
        stack = current.stacks.get(unit.target, [])
        changes.append(_change(unit.target, unit.path, stack, _final(unit, stack, state, desired.begun.get(unit.target.key), found)))
        double = _double(stack)
        if double:
            where = describe(unit.target, current.labels)
            found.warn(f"{unit.path}: assigned more than once to the {where}: {', '.join(double)}; {_COPIES[state]}")
    if state == "overridden":
        listed = {unit.target for unit in desired.units}
        # In an order of ours: the server's may be another one at each read.
        changes += [_change(target, "config", current.stacks[target], []) for target in sorted(current.stacks) if target not in listed]
    return changes


def with_new(current: Current, desired: Desired) -> list[DesiredTarget]:
    """The targets that are to get an assignment which they do not have."""
    return [unit for unit in desired.units if _fresh(unit, current.stacks.get(unit.target, []))]


def _fresh(unit: DesiredTarget, stack: Stack) -> bool:
    assigned = set(canonical(stack))
    return any(policy.uuid not in assigned for policy in unit.policies or [])


#: Why an order is not known, in words.
UNRANKED = "its ranks are missing or not unique. Somebody may be changing them at the moment"


def to_config(target: Target, stack: Stack, names: Names) -> dict[str, t.Any]:
    """A target in the shape of ``config``: ids, names beside them where they were read, a policy that is there twice at its first place."""
    unit: dict[str, t.Any] = {"target": {target.kind: target.uuid}}
    label = _label(target, names)
    if label:
        unit["target"][KINDS[target.kind]] = label
    unit["policies"] = []
    for policy in dict.fromkeys(canonical(stack)):
        shape = {"policy_uuid": policy}
        if names.policies is not None and names.policies.names.get(policy):
            shape["policy"] = names.policies.names[policy]
        unit["policies"].append(shape)
    return unit


def gathered(current: Current, desired: Desired, config: t.Any, found: Diagnostics) -> list[dict[str, t.Any]]:
    """The scope in the shape of ``config``, limited to the targets of one that is given. Raises ``ValidationErrors``."""
    found.errors += desired.errors
    check_ids(current, desired, "gathered", found)
    found.raise_errors()
    targets = sorted(current.stacks) if config is None else [unit.target for unit in desired.units]
    found.warnings += _unproven(current, desired) + _repeated(current, targets)
    for target in targets:
        if not ranked(current.stacks.get(target, [])):
            found.warn(f"the order of what is assigned to the {describe(target, current.labels)} is not known: {UNRANKED}")
    if config == []:
        found.warn("config is an empty list, and selects nothing. Omit it to gather everything")
    return [to_config(target, current.stacks.get(target, []), current.labels) for target in targets]


def _repeated(current: Current, targets: t.Iterable[Target]) -> list[str]:
    """A warning for each of these targets that has a policy twice."""
    said = []
    for target in targets:
        double = _double(current.stacks.get(target, []))
        if double:
            where = describe(target, current.labels)
            said.append(f"assigned more than once to the {where}, and listed once, at the first place: {', '.join(double)}")
    return said


def describe(target: Target, names: Names) -> str:
    """A target in words."""
    label = _label(target, names)
    return f"{_kind(target)} {f'{label!r} ({target.uuid})' if label else target.uuid}"


def _final(unit: DesiredTarget, stack: Stack, state: str, begun: list[str] | None, found: Diagnostics) -> Stack:
    """The stack as it is to be."""
    policies = unit.policies or []
    if state == "merged":
        return arranged(stack, policies, found) if begun is None else resumed(stack, begun, policies)
    if state == "deleted":
        gone = {policy.uuid for policy in policies}
        return [assigned for assigned in stack if unit.policies is not None and assigned.policy not in gone]
    return reordered(stack, [policy.uuid for policy in policies])


#: What becomes of copies.
_COPIES = {
    "merged": "all of them stay",
    "replaced": "the extra copies go",
    "overridden": "the extra copies go",
    "deleted": "what is listed goes, every copy of it",
}


def _change(target: Target, path: str, stack: Stack, final: Stack) -> Change:
    """How to get from one stack to the other: new ones are assigned in the order in which they are wanted, then as few as possible move."""
    new = [assigned for assigned in final if assigned.uuid is None]
    kept = {assigned.uuid for assigned in final}
    return Change(target, path, stack, final, new, moves(stack, final), [assigned for assigned in stack if assigned.uuid not in kept])


def _chains(change: Change, names: Names) -> tuple[Chain, Chain, Chain]:
    """Assignments, moves, removals, each to be done for all targets before the next, so that no target is stripped on the way."""
    where = describe(change.target, names)
    key = change.target.key
    last = last_rank(change.before)
    # What is hidden behind the last one that can be seen shows first in the rank of what is new. It matters to what moves behind that.
    counts = any(rank > last for _assigned, rank in change.moves)

    def made(policy: str) -> str:
        return f"{key} {policy}"

    assign = [
        Request(
            "POST",
            ASSIGNMENTS,
            {"assignment": {"policyUuid": assigned.policy, "target": {camel(change.target.kind): change.target.uuid}}},
            f"assign {_policy(assigned, names)} to the {where}",
            produces=made(assigned.policy),
            extract_id=partial(_made, rank=number if counts else 0),
        )
        for number, assigned in enumerate(change.new, start=last + 1)
    ]
    move = [
        Request(
            "POST",
            f"{ASSIGNMENTS}/{quote(assigned.uuid or NEW, safe='<>')}:updateRanking",
            {"rank": rank},
            f"move {_policy(assigned, names)} to rank {rank} of the {where}",
            requires=made(assigned.policy) if assigned.uuid is None else None,
            carries=POSITION,
        )
        for assigned, rank in change.moves
    ]
    remove = [
        Request(
            "DELETE",
            f"{ASSIGNMENTS}/{quote(assigned.uuid or '', safe='')}",
            None,
            f"remove {_policy(assigned, names)} from the {where}",
            missing_ok=True,
        )
        for assigned in change.gone
    ]
    return Chain(key, tuple(assign)), Chain(key, tuple(move)), Chain(key, tuple(remove))


def _made(data: t.Any, rank: int) -> str:
    """The id of a new assignment. ``rank``: the one that the plan counted with (0: none). ``ValueError`` where it got another one."""
    made = data["assignment"]
    if not made["uuid"]:
        raise ValueError("no id of what was made")
    if rank and str(made.get("rank") or rank) != str(rank):
        raise ValueError(f"it got the rank {made['rank']} in place of {rank}, behind what these credentials cannot see")
    return str(made["uuid"])


def _other_case(current: Current, desired: Desired) -> list[dict[str, str]]:
    """Ids in the config that fit but for their case: what is meant is there, and must not be passed over in silence."""
    targets: dict[str, dict[str, str]] = {}
    for kind, uuid in [
        *current.stacks,
        *(("device_group_uuid", uuid) for uuid in (current.names.groups.names if current.names.groups else ())),
    ]:
        targets.setdefault(kind, {})[folded(uuid)] = uuid
    policies = {folded(uuid): uuid for uuid in (current.names.policies.names if current.names.policies else ())}
    errors = []
    for unit in desired.units:
        assigned = {folded(uuid): uuid for uuid in canonical(current.stacks.get(unit.target, []))}
        given = [(f"{unit.path}.target.{unit.target.kind}", unit.target.uuid, targets.get(unit.target.kind, {}))]
        given += [(f"{policy.path}.policy_uuid", policy.uuid, {**policies, **assigned}) for policy in unit.policies or []]
        for path, uuid, existing in given:
            found = existing.get(folded(uuid), uuid)
            if found != uuid:
                errors.append(
                    error(path, f"{uuid} does not exist. A similar id differs {unlike(uuid, found)}: {found}. Ids must match exactly")
                )
    return errors


def _unproven(current: Current, desired: Desired) -> list[str]:
    """A warning for each target that is given by an id of which nothing that was read says whether it is there."""
    return [
        f"{unit.path}: nothing is assigned to the {describe(unit.target, current.labels)}, and its id was not looked up"
        for unit in desired.units
        if not (unit.named or current.stacks.get(unit.target) or current.names.tell(unit.target))
    ]


def camel(name: str) -> str:
    """device_group_uuid -> deviceGroupUuid, as the API has it."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _summary(found: list[Change]) -> dict[str, int]:
    created = sum(len(change.new) for change in found)
    moved = sum(assigned.uuid is not None for change in found for assigned, _rank in change.moves)
    deleted = sum(len(change.gone) for change in found)
    before = sum(len(change.before) for change in found)
    return {"created": created, "updated": 0, "moved": moved, "deleted": deleted, "unchanged": before - moved - deleted}


def check_ids(current: Current, desired: Desired, state: str, found: Diagnostics) -> None:
    """Find the ids that the lists which were read disprove. What has an assignment is there, whatever a list shows; what is to go may be
    gone."""
    other_case = _other_case(current, desired)
    found.errors += other_case
    said = {item["path"] for item in other_case}

    def disproved(path: str, says: str) -> None:
        if path not in said:
            found.error(path, says)

    for unit in desired.units:
        stack = current.stacks.get(unit.target, [])
        assigned = set(canonical(stack))
        inside = current.scope is None or current.scope.holds(unit.target)
        if current.scope is not None and not inside:
            says = f"{unit.target.uuid} is not in the scope, which is the device group {current.scope.uuid} and everything below it"
            disproved(f"{unit.path}.target.{unit.target.kind}", says)
        if state == "deleted":
            found.warnings += _nothing_there(unit, assigned, current.labels)
            continue
        if inside and not unit.named and not _is_there(unit.target, current.names, bool(stack), _fresh(unit, stack)):
            says = f"{_kind(unit.target)} {unit.target.uuid} does not exist, or the credentials cannot see it"
            disproved(f"{unit.path}.target.{unit.target.kind}", says)
        for policy in unit.policies or []:
            known = current.names.policies
            if known is not None and policy.uuid not in known.names and policy.uuid not in assigned:
                says = f"{policy.uuid} is not among the {len(known.names)} policies that the credentials can see"
                disproved(f"{policy.path}.policy_uuid", says)


def _is_there(target: Target, names: Names, assigned: bool, fresh: bool) -> bool:
    listed = True
    if target.kind == "device_group_uuid" and names.groups is not None:
        listed = target.uuid in names.groups.names
    elif target.kind == "device_uuid":
        listed = names.known.get(target.uuid, "") is not None
    return listed or assigned and not fresh


def _nothing_there(unit: DesiredTarget, assigned: set[str], names: Names) -> list[str]:
    """What ``deleted`` has nothing to do for, where it is given by an id that may be mistyped."""
    if not assigned and not unit.named:
        return [f"{unit.path}: nothing is assigned to the {describe(unit.target, names)}; nothing to remove"]
    return [
        f"{policy.path}: the policy {policy.uuid} is not assigned to the {describe(unit.target, names)}; nothing to remove"
        for policy in unit.policies or []
        if not policy.named and policy.uuid not in assigned
    ]


def _double(stack: Stack) -> list[str]:
    policies = canonical(stack)
    return [policy for policy in dict.fromkeys(policies) if policies.count(policy) > 1]


def _kind(target: Target) -> str:
    return target.kind.removesuffix("_uuid").replace("_", " ")


def _label(target: Target, names: Names) -> str | None:
    if target.kind == "device_group_uuid" and names.groups is not None:
        return names.groups.label(target.uuid)
    if target.kind == "device_uuid":
        return names.known.get(target.uuid) or (names.devices.names.get(target.uuid) if names.devices is not None else None)
    return None


def _policy(assigned: Assigned, names: Names) -> str:
    name = names.policies.names.get(assigned.policy) if names.policies is not None else None
    return f"the policy {name!r} ({assigned.policy})" if name else f"the policy {assigned.policy}"
