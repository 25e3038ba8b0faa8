# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""The order of a target's stack: what it becomes in each state, and the fewest moves that lead there. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from itertools import islice, product

from ..._model.plan import longest_increasing_run
from .config import DesiredPolicy

#: How many ways to choose between copies are looked at. Copies are rare, and each is right.
_CHOICES = 200


@dataclass(frozen=True)
class Assigned:
    """One assignment in a target's stack; a new one has neither ``uuid`` nor ``rank`` yet."""

    policy: str
    uuid: str | None = None
    rank: int | None = None


#: A target's assignments that the credentials can see, rank 1 first.
Stack = list[Assigned]


def ranked(stack: Stack) -> bool:
    """Whether the ranks say what the order is."""
    ranks = [assigned.rank or 0 for assigned in stack]
    return len(stack) < 2 or min(ranks) > 0 and len(set(ranks)) == len(ranks)


def canonical(stack: Stack) -> list[str]:
    """A stack as a later read must show it."""
    return [assigned.policy for assigned in stack]


def arranged(existing: Stack, desired: t.Sequence[DesiredPolicy], warnings: list[str]) -> Stack:
    """The stack after ``merged``: ranks that are given are honoured, the rest keeps its order, new ones follow in the listed order."""
    rest = canonical(existing)
    rest += [policy.uuid for policy in desired if policy.uuid not in rest]
    free = len(rest)
    places: dict[int, str] = {}
    # From the highest rank down: what lies above the end goes to the end, in the order of the ranks.
    for policy in sorted((policy for policy in desired if policy.rank), key=lambda policy: -(policy.rank or 0)):
        rank = min(policy.rank or 0, free)
        if policy.rank != rank:
            why = "is above the end of the stack" if (policy.rank or 0) > len(rest) else "is taken by what has a higher rank, above the end"
            warnings.append(f"{policy.path}.rank: {policy.rank} {why}; {policy.uuid} is placed at {rank}")
        places[rank - 1] = policy.uuid
        free = rank - 1
    # Of several copies those are placed that save moves; where that says nothing, the one that is there, else the first.
    copies = [
        [place] * (rest[place] == placed) + [number for number, policy in enumerate(rest) if policy == placed and number != place]
        for place, placed in places.items()
    ]
    choices = islice(product(*copies), _CHOICES)
    orders = ([rest[number] for number in _order(len(rest), dict(zip(places, chosen)))] for chosen in choices)
    return reordered(existing, max(orders, key=lambda order: len(longest_increasing_run(_places(existing, order)))))


def _order(size: int, placed: t.Mapping[int, int]) -> list[int]:
    """The numbers up to ``size`` with those that ``placed`` gives a place at it, and all others in their order."""
    taken = set(placed.values())
    others = (number for number in range(size) if number not in taken)
    return [placed[place] if place in placed else next(others) for place in range(size)]


def reordered(stack: Stack, order: t.Sequence[str]) -> Stack:
    """A stack in that order of policies, made of what is in this one, those copies taken that save moves, and of what is new."""
    kept = longest_increasing_run(_places(stack, order))
    left: dict[str, Stack] = {}
    for place, assigned in enumerate(stack):
        if place not in kept.values():
            left.setdefault(assigned.policy, []).append(assigned)
    found = []
    for number, policy in enumerate(order):
        place = kept.get(number, len(stack))
        spare = left.get(policy)
        found.append(stack[place] if place < len(stack) else spare.pop(0) if spare else Assigned(policy))
    return found


def _places(stack: Stack, order: t.Sequence[str]) -> list[list[int]]:
    """For each policy of the order where it is now; what is new will stand behind everything, in the order in which it is wanted."""
    places: dict[str, list[int]] = {}
    for place, assigned in enumerate(stack):
        places.setdefault(assigned.policy, []).append(place)
    return [places.get(policy, [len(stack) + number]) for number, policy in enumerate(order)]


def moves(stack: Stack, final: Stack) -> list[tuple[Assigned, int]]:
    """``(assignment, rank)``: the fewest moves from one stack to the other, once what is new in it stands behind the first one.

    In an order in which each has its place among what need not move, or has moved, at once. What moves to the front
    does so from the front on, and what moves to the end from the end on: so no two that are in the desired order ever leave it, and whoever
    goes on from any state in between comes to the same end. What is to go is still there meanwhile, and what the credentials cannot see has
    ranks too: it shows as gaps.
    """
    line: list[Assigned | None] = list(stack)
    if ranked(stack):
        line = [None] * last_rank(stack)
        for assigned in stack:
            line[(assigned.rank or 1) - 1] = assigned
    line += [assigned for assigned in final if assigned.uuid is None]
    place_of = {assigned.uuid: place for place, assigned in enumerate(stack)}
    stays = longest_increasing_run(
        [[place_of[assigned.uuid] if assigned.uuid is not None else len(stack) + number] for number, assigned in enumerate(final)]
    )
    settled = set(stays)
    movers = [number for number in range(len(final)) if number not in settled]

    def here(number: int) -> int:
        return next(place for place, one in enumerate(line) if one is final[number])

    forward = [number for number in movers if any(other > number and here(other) < here(number) for other in stays)]
    found = []
    for number in forward + [number for number in reversed(movers) if number not in forward]:
        line.pop(here(number))
        place = next((here(before) + 1 for before in reversed(range(number)) if before in settled), 0)
        line.insert(place, final[number])
        settled.add(number)
        found.append((final[number], place + 1))
    return found


def last_rank(stack: Stack) -> int:
    """The rank of the last one that can be seen; 0 where there is none."""
    return max((assigned.rank or len(stack) for assigned in stack), default=0)
