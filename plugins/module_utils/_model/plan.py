# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The plain data that a domain hands the frame: errors, requests, a plan; and the digest of a plan."""

from __future__ import annotations

import hashlib
import json
import typing as t
from types import MappingProxyType

#: The text of a plan without changes.
NO_CHANGES = "No changes."
#: Stands for an id that only the server can give, in what is shown and in paths until the id is known.
NEW = "<new>"


class ValidationErrors(Exception):
    """What is wrong with the input, all of it, each once: ``errors`` is ``[{"path": "config[0].name", "message": "..."}]``."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        self.errors = list({(error["path"], error["message"]): error for error in errors}.values())
        super().__init__(summed(self.errors))


def summed(errors: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """Errors in a line, the first twenty of them: all are under ``errors``. Of those that say the same of one place, in one network and in
    the next, the first."""
    same: dict[tuple[str, str], list[t.Mapping[str, t.Any]]] = {}
    for item in errors:
        same.setdefault((item["path"], item["message"].partition(" in ")[0]), []).append(item)
    lines = [describe(found[0]) if len(found) == 1 else _first_of(found) for found in same.values()]
    if len(lines) > 20:
        lines[20:] = [f"... and {sum(len(found) for found in [*same.values()][20:])} more, under errors"]
    return joined(lines)


def _first_of(errors: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    return f"{describe(errors[0]).removesuffix('.')} (and {len(errors) - 1} more here)"


def joined(sentences: t.Iterable[str]) -> str:
    """Sentences in a line. One that others follow ends without its full stop."""
    *others, last = [*sentences] or [""]
    return "; ".join([*(sentence.removesuffix(".") for sentence in others), last])


def describe(item: t.Mapping[str, t.Any]) -> str:
    """One error for people: its path and its message, and between them the user's ``file`` and ``line`` where these are known."""
    line = f":{item['line']}" if "line" in item else ""
    place = f" ({item['file']}{line})" if "file" in item else ""
    return f"{item['path']}{place}: {item['message']}"


def error(path: str, message: str) -> dict[str, str]:
    """One error, in the shape in which users get it under ``errors``."""
    return {"path": path, "message": message}


#: What a warning says of an object whose own id is gone; in check mode nothing is created.
CREATED_ANEW = "A new one is created, with another id"
WOULD_BE_CREATED_ANEW = "A new one would be created, with another id"

#: What a request takes along of what was read and does not mean to change: the place of an object among others (it is only read again
#: before the first write), attributes of the object itself, or other objects (then each retry reads and plans again first).
POSITION, ATTRIBUTES, OBJECTS = "position", "attributes", "objects"
#: Such a request is sent for so many seconds after the first answer of what it was made from.
FRESH = 10.0


# Named tuples, for each frozen dataclass costs every task a millisecond.
class Request(t.NamedTuple):
    """One write. ``body`` is what goes over the wire; ``display_body`` what a user sees of it, where that is less.

    A request whose path holds ``<new>`` names in ``requires`` the key under which an earlier one hands its id on; that one has the
    key in ``produces`` and in ``extract_id`` the function that finds the id in the answer's data; ``ValueError`` from it says in words what
    in the answer is not as the plan took for granted, so that it has to be made again. ``what`` says in a few words what the request is
    for. ``compensation`` puts back what this request took away, should a later request of its chain be refused; its own is the next best,
    should it be refused in turn. ``missing_ok`` is for removals: a 404 then means that what was to go is gone, once a read has shown it.
    ``explain`` says in a sentence, from the data of a refusal, what of the body it is about; ``hidden_failure``, from the data of a
    success, what went wrong all the same. ``carries`` is one of the values below; ``renew`` makes the body of an undo anew from the data of
    a GET of the same path or, with ``renews_from_list``, from the current state. ``fill`` makes the body from the ids of what earlier
    requests made, by their keys in ``produces``; ``body`` is then what was planned.
    """

    method: str
    path: str
    body: t.Any
    what: str
    display_body: t.Any = None
    extra: t.Mapping[str, t.Any] = MappingProxyType({})
    produces: str | None = None
    requires: str | None = None
    extract_id: t.Callable[[t.Any], str] | None = None
    compensation: Request | None = None
    missing_ok: bool = False
    explain: t.Callable[[t.Any], str] | None = None
    carries: str = ""
    renew: t.Callable[[t.Any], t.Any] | None = None
    renews_from_list: bool = False
    fill: t.Callable[[t.Mapping[str, str]], t.Any] | None = None
    hidden_failure: t.Callable[[t.Any], str] | None = None

    @property
    def displayed(self) -> t.Any:
        """What a user sees of the body, and what tells two requests apart."""
        return self.body if self.display_body is None else self.display_body

    def show(self) -> dict[str, t.Any]:
        """The request as a user sees it under ``requests`` and ``pending``."""
        return {"method": self.method, "path": self.path, "body": self.displayed, **self.extra}


class Chain(t.NamedTuple):
    """Requests that go out one after the other; different chains of one phase go out concurrently. ``key`` names the unit."""

    key: str
    requests: tuple[Request, ...]


class Plan(t.NamedTuple):
    """What a run will do.

    ``before`` and ``after`` hold the units that change, in the shape of ``config`` (``after`` as predicted). ``phases`` are carried out one
    after the other. ``removed`` names the objects that go, each in its own way, so that two plans can be compared. ``identity`` is what
    the digest is taken over, beside the place: the change itself in a canonical form, without ids that the server has yet to give,
    without names that were only looked up, without anything unrelated. ``expected`` maps each changing unit's key to the canonical form
    that a later read must show (None: gone), and ``titles`` names these units for people. ``carried`` are keys of units that the writes
    carry along and must leave as they are. ``extras`` are more result keys. ``refused``: why, as errors, the plan must not be carried out;
    it is shown all the same. ``notes``: lines of the plan for people about what ``before`` and ``after`` do not tell.
    """

    before: list[dict[str, t.Any]]
    after: list[dict[str, t.Any]]
    phases: tuple[tuple[Chain, ...], ...]
    summary: dict[str, int]
    removed: frozenset[str]
    identity: t.Any
    expected: dict[str, t.Any]
    titles: t.Mapping[str, str] = MappingProxyType({})
    carried: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    extras: t.Mapping[str, t.Any] = MappingProxyType({})
    refused: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def requests(self) -> list[Request]:
        """Every planned write, in order."""
        return [request for phase in self.phases for chain in phase for request in chain.requests]

    def carries(self, *kinds: str) -> bool:
        """Whether any request takes along what it does not mean to change, of these kinds."""
        return any(request.carries in kinds for request in self.requests)

    def digest(self, place: t.Mapping[str, str]) -> str:
        """sha256 over the canonical JSON of ``identity`` and the place (a resource's ``place()``): a plan is approved for one tenant."""
        return hashlib.sha256(canonical_json({"place": dict(place), **NO_OPTIONS, **self.identity}).encode()).hexdigest()


#: The options that alter what is written, as they enter a digest where a resource has none.
NO_OPTIONS: dict[str, t.Any] = {
    "options": {"force": False, "allow_group_removal": False, "groups_removed": [], "groups_created": [], "api": ""}
}


class Outcome:
    """How far a plan came: every planned request is in exactly one of ``made``, ``unknown`` and ``pending``, each in the plan's order.

    ``late`` are those of ``unknown`` on which the server may act at any time yet. ``put_back`` are compensations that were carried out
    (``unknown`` may hold some too); ``failures`` what was refused and ``doubts`` why the plan has to be made again, in words; ``responses``
    the data that came back. ``gone`` are those of ``unknown`` that were answered 404: somebody else removed what was to go, or, if it is
    still there, they were refused. ``outdated`` and ``not_acted``: why nothing more was sent from this view, in words (it is too old by
    now; the server did not act, and what is tried again is made anew); the plan has to be made again from a new one.
    """

    def __init__(self) -> None:
        self.made: list[Request] = []
        self.unknown: list[Request] = []
        self.late: list[Request] = []
        self.pending: list[Request] = []
        self.put_back: list[Request] = []
        self.gone: list[Request] = []
        self.outdated: list[str] = []
        self.not_acted: list[str] = []
        self.failures: list[str] = []
        self.doubts: list[str] = []
        self.responses: list[tuple[Request, t.Any]] = []


def canonical_json(data: t.Any) -> str:
    """One text for one value, whatever the order of its keys."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def longest_increasing_run(choices: t.Sequence[t.Sequence[int]]) -> dict[int, int]:
    """What may stay while the rest moves around it: a longest increasing run (subsequence) of positions, one at most of each choice.

    ``choices`` are, in the desired order, the positions that each thing has now (copies have several, what is not there has none). Returns
    the chosen position by the index of what stays. Where several runs are equally long it is the one that keeps the last thing if that can
    stay, else the one before it, and so on: once some of the rest has moved, the choice is still the same one.
    """
    from bisect import bisect_left

    # For each length the lowest end of a run that long; and for each position how long a run may be that ends there.
    ends: list[int] = []
    lengths: list[list[tuple[int, int]]] = []
    for positions in choices:
        found = []
        # From the highest down, so that no run takes two positions of one choice.
        for position in sorted(positions, reverse=True):
            length = bisect_left(ends, position) + 1
            ends[length - 1 : length] = [position]
            found.append((position, length))
        lengths.append(found)
    kept: dict[int, int] = {}
    desired, below = len(ends), float("inf")
    for index in reversed(range(len(lengths))):
        fits = [position for position, length in lengths[index] if length == desired and position < below]
        if fits:
            kept[index] = below = fits[-1]
            desired -= 1
    return kept
