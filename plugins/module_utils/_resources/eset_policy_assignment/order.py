# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The order of a target's stack: what it becomes in each state, and the fewest moves that lead there. Pure."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass
from itertools import islice, product

from ..._model.diagnostics import Diagnostics
from ..._model.merging import merged_order
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


def arranged(existing: Stack, desired: t.Sequence[DesiredPolicy], found: Diagnostics) -> Stack:
    """The stack after ``merged``: what has a rank gets it, the other listed policies follow the listed order, the rest keeps its own."""
    policies = canonical(existing)
    ranks = _ranks(policies, desired, found)
    sources = _sources(policies, desired, ranks)
    orders = (
        merged_order(policies, [(policy.uuid, source, ranks.get(policy.uuid)) for policy, source in zip(desired, chosen)])
        for chosen in islice(sources, _CHOICES)
    )
    return reordered(existing, max(orders, key=lambda order: len(longest_increasing_run(_places(existing, order)))))


def _ranks(policies: t.Sequence[str], desired: t.Sequence[DesiredPolicy], found: Diagnostics) -> dict[str, int]:
    """The places, from 0, of the policies that are to have a rank."""
    size = free = len(policies) + len({policy.uuid for policy in desired}.difference(policies))
    places: dict[str, int] = {}
    # From the highest rank down: what lies above the end goes to the end, in the order of the ranks.
    for policy in sorted((policy for policy in desired if policy.rank), key=lambda policy: -(policy.rank or 0)):
        rank = min(policy.rank or 0, free)
        if policy.rank != rank:
            why = "is above the end of the stack" if (policy.rank or 0) > size else "is taken by what has a higher rank, above the end"
            found.warn(f"{policy.path}.rank: {policy.rank} {why}; {policy.name or policy.uuid} is placed at {rank}")
        places[policy.uuid] = free = rank - 1
    return places


def _sources(
    policies: t.Sequence[str], desired: t.Sequence[DesiredPolicy], ranks: t.Mapping[str, int]
) -> t.Iterator[tuple[int | None, ...]]:
    """For each desired policy the place of the copy that is meant (None: there is none), in every way there is to choose between copies.

    First of all those that have their rank already, and those that follow each other in the listed order.
    """
    last = -1
    copies: list[list[int | None]] = []
    for policy in desired:
        found = [place for place, other in enumerate(policies) if other == policy.uuid]
        if policy.uuid in ranks:
            best = [place for place in found if place == ranks[policy.uuid]]
        else:
            best = [place for place in found if place > last][:1]
            last = max([last, *best])
        copies.append([*best, *(place for place in found if place not in best)] or [None])
    return product(*copies)


def resumed(stack: Stack, order: t.Sequence[str], desired: t.Sequence[DesiredPolicy]) -> Stack:
    """The stack after ``merged`` in a run that has begun to write, and was to end in ``order``: where the listed policies were before
    cannot be seen any more. What somebody else has assigned since stays behind what it stands behind now."""
    here = canonical(stack)
    left = Counter([*here, *{policy.uuid for policy in desired}.difference(here)])
    final: list[str] = []
    for policy in order:
        if left[policy]:
            left[policy] -= 1
            final.append(policy)
    for place, policy in enumerate(here):
        if left[policy]:
            left[policy] -= 1
            final.insert(final.index(here[place - 1]) + 1 if place else 0, policy)
    return reordered(stack, final)


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
