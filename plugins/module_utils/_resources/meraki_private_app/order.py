# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The order in which changes to private applications are safe: names and places freed first, groups never empty on the way. Pure."""

from __future__ import annotations

import re
import typing as t
from types import MappingProxyType

from ..._model.documented import Undocumented
from ..._model.lookup import folded
from ..._model.plan import ATTRIBUTES, NEW, Chain, Request, ValidationErrors, error
from ..._vendors.meraki_options import organization_path
from .backend import Backend
from .fields import Application

#: (what must be done first, what has to wait for it, why)
Edge = tuple[str, str, str]


class Change(t.NamedTuple):
    """One application that changes: ``before`` None is new, ``after`` None goes. ``path`` is that of its entry."""

    before: Application | None
    after: Application | None
    path: str

    @property
    def key(self) -> str:
        """Names the unit: the same before and after the run."""
        if self.before is not None:
            return str(self.before["application_id"])
        return f"new: {self.after['name'] if self.after else ''}"

    @property
    def kind(self) -> str:
        """create, update or delete."""
        if self.before is None:
            return "create"
        return "delete" if self.after is None else "update"


class Writes(t.NamedTuple):
    """How changes are written: to which API of which organization, with which options.

    ``emptied``: the groups that will have no member. ``creating``: the names of the groups that this run makes, by the keys that stand for
    their ids; ``made``: the ids of those that are there by now.
    """

    organization: str
    backend: Backend
    force: bool = False
    emptied: t.Collection[str] = ()
    creating: t.Mapping[str, str] = MappingProxyType({})
    made: t.Mapping[str, str] = MappingProxyType({})

    def target(self, application_id: str | None = None) -> str:
        """The path of the applications, or of one."""
        return organization_path(self.organization, self.backend.path(application_id))

    def body(self, fields: Application, ids: t.Mapping[str, str], new: bool = False) -> dict[str, t.Any]:
        """The body of a request, with these ids for the keys of groups."""
        groups = [ids.get(key, key) for key in fields["application_group_ids"]]
        return self.backend.to_api({**fields, "application_group_ids": groups}, new)

    def write(self, application_id: str | None, fields: Application, what: str, **more: t.Any) -> Request:
        """A request that makes an application, or (with its id) changes it. A group that this run makes is shown without its id, so that
        the request is the same whenever it is planned."""
        new = application_id is None
        made = [key for key in fields["application_group_ids"] if key in self.creating]
        if made:
            more["display_body"] = self.body(fields, dict.fromkeys(made, NEW), new)
        if any(key not in self.made for key in made):

            def fill(ids: t.Mapping[str, str]) -> dict[str, t.Any]:
                known = {**self.made, **ids}
                return self.body(fields, {key: known[key] for key in made}, new)

            more["fill"] = fill
        return Request(
            "POST" if new else "PUT",
            self.target(application_id),
            self.body(fields, self.made, new),
            what,
            hidden_failure=self.backend.hidden_failure,
            **more,
        )

    def group(self, key: str) -> Request:
        """The request that makes a group."""
        name = self.creating[key]
        return Request(
            "POST",
            organization_path(self.organization, self.backend.groups_path),
            self.backend.group_body(name),
            f"create the application group {name!r}",
            produces=key,
            extract_id=lambda data: self.backend.group_id(name, data),
        )


def phases(changes: list[Change], current: t.Mapping[str, Application], writes: Writes) -> tuple[tuple[Chain, ...], ...]:
    """The changes as chains in phases. Raises ``ValidationErrors`` where no order is safe.

    A name is freed before it is taken; an application joins a group before the last other one leaves it; deletions that make room at the
    limit come before what needs the room; all other deletions come last. Where these wait for each other in a circle, an application is
    first given a temporary name, or joins its new groups early, in a request of its own. Groups that are missing are made before all that.
    """
    if not changes:
        return ()
    limit = writes.backend.limit
    by_key = {change.key: change for change in changes}
    groups = _group_edges(changes, current, limit)
    edges = _name_edges(changes) + groups + _room_edges(changes, current, groups, limit)
    early: dict[str, set[str]] = {}
    while True:
        levels, stuck = _levels(list(by_key), edges)
        if not stuck:
            break
        edges = _loosened(_circle(stuck, edges), edges, by_key, early, limit)
    waited_for = {first for first, _then, _why in edges}
    last = max(levels.values()) + 1
    names = {folded(item["name"]) for item in current.values()} | {folded(change.after["name"]) for change in changes if change.after}
    interim = {key: _interim(by_key[key], why, names) for key, why in early.items()}
    placed: dict[int, list[Chain]] = {}
    for change in changes:
        level = last if change.kind == "delete" and change.key not in waited_for else levels[change.key]
        placed.setdefault(level + 1, []).append(Chain(change.key, _requests(change, writes)))
    if interim:
        placed[0] = [Chain(key, (_early(by_key[key], fields, writes),)) for key, fields in interim.items()]
    missing = [Chain(key, (writes.group(key),)) for key in missing_groups(changes, writes.creating, writes.made)]
    return (*([tuple(missing)] if missing else []), *(tuple(placed[level]) for level in sorted(placed)))


def missing_groups(changes: t.Iterable[Change], creating: t.Iterable[str], made: t.Container[str]) -> list[str]:
    """The groups that have to be made for these changes, by their keys."""
    left = [key for key in creating if key not in made]
    return [key for key in left if any(change.after and key in change.after["application_group_ids"] for change in changes)]


def _requests(change: Change, writes: Writes) -> tuple[Request, ...]:
    if change.before is None:
        new = change.after or {}
        return (writes.write(None, new, f"create the application {new['name']!r}"),)
    if change.after is None:
        return _removal(change.before, writes)
    return (_put(change, change.after, writes, "update the application"),)


def _removal(existing: Application, writes: Writes) -> tuple[Request, ...]:
    """Taken off its groups, then deleted (spec: "Delink the application from any application groups before deleting the app"); put back
    into them should the deletion be refused, or into those that have not gone with their last application."""
    name, groups = existing["name"], existing["application_group_ids"]
    delete = Request(
        "DELETE",
        writes.target(existing["application_id"]),
        writes.backend.deletion(writes.force),
        f"delete the application {name!r}",
        missing_ok=True,
        carries=ATTRIBUTES,
    )
    if not groups:
        return (delete,)
    left = [group for group in groups if group not in writes.emptied]
    some = _joining(existing, left, writes, f"put the application {name!r} back into the groups that are left")
    whole = _joining(existing, groups, writes, f"put the application {name!r} back into its groups")
    compensation = whole if left in ([], groups) else whole._replace(compensation=some)
    delinked = _joining(existing, [], writes, f"take the application {name!r} off its groups")
    return (delinked._replace(compensation=compensation, missing_ok=True), delete)


def _joining(current: Application, groups: list[str], writes: Writes, what: str) -> Request:
    """Puts an application into these groups, and leaves everything else as it is."""
    own = current["application_id"]
    backend = writes.backend

    def renew(data: t.Any) -> t.Any:
        now = backend.from_api(data) if backend.reads_one else data.applications.get(own)
        if now is None:
            raise Undocumented(f"the application {current['name']!r} ({own}) is not in the list any more")
        return writes.body({**now, "application_group_ids": list(dict.fromkeys([*now["application_group_ids"], *groups]))}, writes.made)

    fields = {**current, "application_group_ids": groups}
    return writes.write(own, fields, what, carries=ATTRIBUTES, renew=renew, renews_from_list=not backend.reads_one)


def _interim(change: Change, why: set[str], names: set[str]) -> Application:
    """What an application is in between: with a temporary name, or in its new groups besides the present ones."""
    fields = dict(change.before or {})
    if "name" in why:
        fields["name"] = _temporary(change.key, names)
    if "group" in why and change.after is not None:
        fields["application_group_ids"] = list(dict.fromkeys([*fields["application_group_ids"], *change.after["application_group_ids"]]))
    return fields


def _early(change: Change, fields: Application, writes: Writes) -> Request:
    renamed = change.before is not None and fields["name"] != change.before["name"]
    what = "give a temporary name to the application" if renamed else "put into its new groups early the application"
    return _put(change, fields, writes, what)


# An update sends what was read of the attributes that it was not given; and each update or removal may take the last application from a
# group, which somebody may have filled since.
def _put(change: Change, fields: Application, writes: Writes, what: str) -> Request:
    name = (change.before or fields)["name"]
    return writes.write(change.key, fields, f"{what} {name!r}", carries=ATTRIBUTES)


def _temporary(application_id: str, names: set[str]) -> str:
    """A valid name that nothing else has, added to ``names``; a run that dies here is completed by the next, which finds the application
    by its id."""
    name = "temporary name " + re.sub(r"[^0-9A-Za-z]", "-", application_id)
    while folded(name) in names:
        name += "-"
    names.add(folded(name))
    return name


def _name_edges(changes: list[Change]) -> list[Edge]:
    freed = {
        folded(change.before["name"]): change.key
        for change in changes
        if change.before and (change.after is None or change.after["name"] != change.before["name"])
    }
    return [
        (freed[folded(change.after["name"])], change.key, "name")
        for change in changes
        if change.after and freed.get(folded(change.after["name"]), change.key) != change.key
    ]


def _group_edges(changes: list[Change], current: t.Mapping[str, Application], limit: int | None) -> list[Edge]:
    """Where all present members of a group leave it and others join it, one of those that leave waits for one of those that join."""
    stay, leaving, joining = _moves(changes, current)
    kinds = {change.key: change.kind for change in changes}
    # What goes can wait at no cost, unless it has to make room.
    patient = "update" if _needed(changes, current, limit) else "delete"
    edges = []
    for group in leaving:
        if group not in stay and group in joining:
            first = min(joining[group], key=lambda key: kinds[key] != "update")
            last = min(leaving[group], key=lambda key: kinds[key] != patient)
            edges.append((first, last, "group"))
    return edges


def _moves(changes: list[Change], current: t.Mapping[str, Application]) -> tuple[set[str], dict[str, list[str]], dict[str, list[str]]]:
    """The groups in which at least one application stays; and for each group who leaves it, and who joins it."""
    touched = {change.key for change in changes}
    stay = {group for key, item in current.items() if key not in touched for group in item["application_group_ids"]}
    leaving: dict[str, list[str]] = {}
    joining: dict[str, list[str]] = {}
    for change in changes:
        before = change.before["application_group_ids"] if change.before else []
        after = change.after["application_group_ids"] if change.after else []
        for group in before:
            if group in after:
                stay.add(group)
            else:
                leaving.setdefault(group, []).append(change.key)
        for group in after:
            if group not in before:
                joining.setdefault(group, []).append(change.key)
    return stay, leaving, joining


def _room_edges(changes: list[Change], current: t.Mapping[str, Application], groups: list[Edge], limit: int | None) -> list[Edge]:
    """At the limit each creation waits for as many deletions as it takes to have a place.

    The creations that a group waits for come first, and the deletions that wait for these last.
    """
    needed = _needed(changes, current, limit)
    if not needed:
        return []
    before, after = {first for first, _then, _why in groups}, {then for _first, then, _why in groups}
    new = sorted((change.key for change in changes if change.kind == "create"), key=lambda key: key not in before)
    gone = sorted((change.key for change in changes if change.kind == "delete"), key=lambda key: key in after)
    free = len(new) - needed
    return [(gone[place], key, "room") for number, key in enumerate(new) for place in range(min(number - free + 1, len(gone)))]


def _needed(changes: list[Change], current: t.Mapping[str, Application], limit: int | None) -> int:
    """How many deletions have to make room for creations."""
    return 0 if limit is None else max(0, len(current) + sum(change.kind == "create" for change in changes) - limit)


def _levels(keys: list[str], edges: list[Edge]) -> tuple[dict[str, int], set[str]]:
    """How deep each key stands below what it waits for; and those that wait in a circle, or for one."""
    waits: dict[str, set[str]] = {key: set() for key in keys}
    for first, then, _why in edges:
        if then in waits:
            waits[then].add(first)
    levels: dict[str, int] = {}
    while True:
        ready = [key for key, before in waits.items() if key not in levels and all(one in levels or one not in waits for one in before)]
        if not ready:
            return levels, {key for key in keys if key not in levels}
        for key in ready:
            levels[key] = max((levels[one] + 1 for one in waits[key] if one in levels), default=0)


def _circle(stuck: set[str], edges: list[Edge]) -> list[Edge]:
    """One circle among the stuck."""
    into: dict[str, Edge] = {}
    for edge in edges:
        if edge[0] in stuck and edge[1] in stuck:
            into.setdefault(edge[1], edge)
    key = min(into)
    walked: list[Edge] = []
    seen: dict[str, int] = {}
    while key not in seen:
        seen[key] = len(walked)
        walked.append(into[key])
        key = into[key][0]
    return walked[seen[key] :]


def _loosened(
    circle: list[Edge], edges: list[Edge], by_key: t.Mapping[str, Change], early: dict[str, set[str]], limit: int | None
) -> list[Edge]:
    """The edges without those of the circle that an early request makes unnecessary.

    Only what is and stays gets such a request: were an application that goes given a temporary name, it would be left with that should its
    deletion be refused. Nor is there a need: who takes its name is in the circle too.
    """
    for why in ("name", "group"):
        for first, _then, reason in circle:
            if reason == why and by_key[first].kind == "update":
                early.setdefault(first, set()).add(why)
                return [edge for edge in edges if not (edge[0] == first and edge[2] == why)]
    names = ", ".join(repr((by_key[first].before or by_key[first].after or {})["name"]) for first, _then, _why in circle)
    says = (
        f"{names} cannot be changed in a safe order: at the limit of {limit} applications, one must be deleted before another can be "
        "created, and a group would be empty in between. Do it in two runs"
    )
    raise ValidationErrors([error(by_key[circle[0][0]].path, says)])
