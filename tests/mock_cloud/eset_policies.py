# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of ESET's mock server, and their assignments: one ordered stack for each target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .eset_errors import invalid, not_found, refusal
from .web import Request, Response, json_response

if TYPE_CHECKING:
    from .eset import Eset

#: The kinds of target, by the field that names one.
KINDS = ("deviceUuid", "deviceGroupUuid", "subscriptionUuid")


@dataclass(frozen=True)
class Assignment:
    """One policy on one target. Its rank is its place in the target's stack, from 1; hidden ones have a place too."""

    uuid: str
    policy: str
    kind: str
    target: str
    visible: bool

    def shown(self, rank: int, as_text: bool = False) -> dict[str, Any]:
        """As the API has it."""
        return {"uuid": self.uuid, "policyUuid": self.policy, "rank": str(rank) if as_text else rank, "target": {self.kind: self.target}}


#: Targets with their assignments, rank 1 first.
Stacks = dict[tuple[str, str], list[Assignment]]


class Policies:
    """The policies and the stacks. The switches that concern them are attributes of ``Eset``."""

    def __init__(self, eset: Eset) -> None:
        self._eset = eset
        self._policies: dict[str, dict[str, Any]] = {}
        self._hidden: set[str] = set()
        self._stacks: Stacks = {}
        self._assignments: dict[str, Assignment] = {}
        self._before: Stacks | None = None

    def add_policy(self, uuid: str, name: str, visible: bool) -> None:
        """A policy without content; one that is not visible exists, but not for the callers."""
        self._policies[uuid] = {"uuid": uuid, "displayName": name, "description": "", "builtIn": False, "features": []}
        if not visible:
            self._hidden.add(uuid)

    def assign(self, uuid: str, policy: str, kind: str, target: str, visible: bool = True) -> Assignment:
        """The policy at the end of the target's stack, whatever is there."""
        if kind not in KINDS or policy not in self._policies or not self._eset.has_target(kind, target):
            raise ValueError(f"there is no policy {policy} or no target {kind} {target}")
        made = Assignment(uuid, policy, kind, target, visible)
        self._assignments[made.uuid] = made
        self._stacks.setdefault((kind, target), []).append(made)
        return made

    def move(self, kind: str, target: str, rank: int, to: int) -> None:
        """The target's assignment of one rank gets another one."""
        stack = self._stacks[kind, target]
        stack.insert(to - 1, stack.pop(rank - 1))

    def stack(self, kind: str, target: str) -> list[str]:
        """The target's policies, rank 1 first, hidden ones too."""
        return [assignment.policy for assignment in self._stacks.get((kind, target), [])]

    def assignments(self) -> list[dict[str, Any]]:
        """All of them as the API has them, hidden ones too, target by target and in the order of their ranks."""
        return [assignment.shown(rank) for _key, stack in sorted(self._stacks.items()) for rank, assignment in enumerate(stack, start=1)]

    def stacks(self) -> dict[tuple[str, str], tuple[Assignment, ...]]:
        """The stacks of all targets that have, or had, one."""
        return {target: tuple(stack) for target, stack in self._stacks.items()}

    def state(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        return {"policies": [dict(policy) for policy in self._policies.values()], "assignments": self.assignments()}

    def routes(self) -> dict[str, Callable[..., Response]]:
        """The operations by the ids that the specification gives them."""
        return {
            "Policies_ListPolicies": self._list_policies,
            "Policies_GetPolicy": self._get_policy,
            "PolicyAssignments_ListPolicyAssignments": self._list,
            "PolicyAssignments_AssignPolicy": self._assign,
            "PolicyAssignments_GetPolicyAssignment": self._get,
            "PolicyAssignments_UnassignPolicy": self._unassign,
            "PolicyAssignments_UpdatePolicyAssignmentRanking": self._rank,
        }

    def _list_policies(self, request: Request) -> Response:
        return json_response(200, self._eset.lists.page(request, "policies", lambda: [self._policies[uuid] for uuid in self._visible()]))

    def _get_policy(self, request: Request, uuid: str) -> Response:
        if uuid not in self._visible():
            raise not_found("There is no such policy.")
        return json_response(200, {"policy": self._policies[uuid]})

    def _visible(self) -> list[str]:
        return [uuid for uuid in self._policies if uuid not in self._hidden]

    # Assignments: reading.

    def _list(self, request: Request) -> Response:
        target = _target({kind: request.query.get(f"target.{kind}", [""])[0] for kind in KINDS})
        policies = set(filter(None, request.query.get("policyUuids", []) + request.query.get("policyUuid", [])))
        return json_response(200, self._eset.lists.page(request, "assignments", lambda: self._listed(target, policies)))

    def _listed(self, target: tuple[str, str] | None, policies: set[str]) -> list[dict[str, Any]]:
        stacks = self._as_read()
        chosen: Iterable[list[Assignment]] = stacks.values() if target is None else [stacks.get(target, [])]
        return [
            assignment.shown(rank, self._eset.ranks_as_text)
            for stack in chosen
            for rank, assignment in enumerate(stack, start=1)
            if assignment.visible and (not policies or assignment.policy in policies)
        ]

    def _as_read(self) -> Stacks:
        """What a list shows: the state before the last write, as long as reads lag."""
        if self._eset.lag <= 0 or self._before is None:
            return self._stacks
        before = self._before
        self._eset.lag -= 1
        if self._eset.lag <= 0:
            self._before = None
        return before

    def _get(self, request: Request, uuid: str) -> Response:
        assignment = self._known(uuid)
        return json_response(200, {"assignment": self._shown(assignment)})

    # Assignments: writing.

    def _assign(self, request: Request) -> Response:
        given = request.json().get("assignment", {})
        for name in ("uuid", "rank"):
            if name in given:
                raise invalid(f"assignment.{name} is read-only")
        policy = given.get("policyUuid", "")
        target = _target(given.get("target", {}))
        if not policy or target is None:
            raise invalid("assignment.policyUuid and one kind of assignment.target must be set")
        if policy not in self._visible():
            raise not_found("There is no such policy.")
        if not self._eset.has_target(*target):
            raise not_found("There is no such target.")
        there = [assignment for assignment in self._stacks.get(target, []) if assignment.policy == policy]
        if there and self._eset.duplicates == "refuse":
            raise refusal(400, 6, "The policy is already assigned to the target.")
        if there and self._eset.duplicates == "ignore":
            return json_response(200, {"assignment": self._shown(there[0])})
        self._remember()
        made = self.assign(self._eset.new_uuid(), policy, *target)
        return json_response(200, {"assignment": self._shown(made)})

    def _unassign(self, request: Request, uuid: str) -> Response:
        assignment = self._known(uuid)
        self._remember()
        self._stack_of(assignment).remove(assignment)
        del self._assignments[uuid]
        return json_response(200, {})

    def _rank(self, request: Request, uuid: str) -> Response:
        assignment = self._known(uuid)
        stack = self._stack_of(assignment)
        rank = int(request.json().get("rank", 0))
        if rank < 1:
            raise invalid("rank must be at least 1")
        if rank > len(stack):
            code = 9 if self._eset.rank_error == 412 else 3
            raise refusal(self._eset.rank_error, code, "rank must not be higher than the number of the target's assignments")
        self._remember()
        self.move(assignment.kind, assignment.target, stack.index(assignment) + 1, rank)
        return json_response(200, {})

    def _shown(self, assignment: Assignment) -> dict[str, Any]:
        return assignment.shown(self._stack_of(assignment).index(assignment) + 1, self._eset.ranks_as_text)

    def _known(self, uuid: str) -> Assignment:
        assignment = self._assignments.get(uuid)
        if assignment is None or not assignment.visible:
            raise not_found("There is no such policy assignment.")
        return assignment

    def _stack_of(self, assignment: Assignment) -> list[Assignment]:
        return self._stacks[assignment.kind, assignment.target]

    def _remember(self) -> None:
        """Keep for lagging reads what was there before this write."""
        self._before = {target: list(stack) for target, stack in self._stacks.items()} if self._eset.lag > 0 else None


def _target(given: dict[str, str]) -> tuple[str, str] | None:
    """Kind and uuid; None where there is none. Two are refused: the specification's target is one thing."""
    found = [(kind, uuid) for kind, uuid in given.items() if uuid]
    if len(found) > 1:
        raise invalid("target must be of one kind: " + ", ".join(kind for kind, _uuid in found))
    return found[0] if found else None
