# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""One tenant as planning sees it: its stacks, the names that a config makes necessary, and what a scope holds, read from ESET's API."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._http.together import together
from ..._model.diagnostics import Diagnostics
from ..._model.documented import Shape, Undocumented
from ..._model.lookup import Index
from ..._vendors.eset import Eset, group_index
from .config import KINDS, Names, Target, names_used, resolve
from .order import Assigned, Stack, ranked
from .plan import Current, camel, check_ids, with_new
from .scope import WHERE, Scope, subtree, top

Config = list[dict[str, t.Any]]

#: How often the assignments are read, at most, until the ranks fit together.
_READS = 3


class Tenant:
    """Reads one tenant, as far as it is needed. ``options`` are the module's."""

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self.api = Eset(options)
        self._scope = options["scope"]
        self._with_names = options["with_names"]

    def read(self, config: Config, state: str, earlier: Current | None) -> Current:
        """The current state. Names are looked up once a run: ``earlier`` is what was read before, and has them."""
        if earlier is None:
            current = self._first(config, state)
        else:
            stacks, since = self._stacks(_only(config, state, earlier.names))
            current = self._inside(replace(earlier, stacks=stacks, since=since), config)
        return current if state in ("gathered", "deleted") else self._with_new(current, config, state)

    def labelled(self, current: Current, shown: Names, config: Config, state: str, targets: t.Iterable[Target]) -> Current:
        """The current state with the names ``shown``, and those that show these targets. What they say against the config is a warning:
        whether they are read must not decide anything."""
        self._look_up(shown, True, targets)
        desired = resolve(config, state, shown)
        found = Diagnostics(desired.errors)
        check_ids(Current(current.stacks, shown), desired, state, found)
        known = resolve(config, state, current.names).errors
        for item in found.errors:
            if item not in known:
                self.api.client.warn(f"{item['path']}: {item['message']}")
        return replace(current, shown=shown)

    def _first(self, config: Config, state: str) -> Current:
        """The assignments, and beside them the lists that names make necessary, all at once."""
        policies, groups, devices = names_used(config, state)
        scoped = self._scope is not None
        naming = state == "gathered" and self._with_names
        only = _only(config, state, Names())
        lists: dict[str, t.Callable[[], t.Any]] = {"stacks": lambda: self._stacks(only)}
        if policies or naming:
            lists["policies"] = self.api.policies
        if groups or naming or scoped:
            lists["groups"] = self.api.device_groups if scoped else self.api.groups
        if devices and not scoped:
            lists["devices"] = lambda: self.api.devices_named(devices)
        found = dict(zip(lists, together(self.api.client, list(lists.values()))))
        stacks, since = found.pop("stacks")
        scope = self._limited(found["groups"]) if scoped else None
        current = self._inside(Current(stacks, Names(), since, scope=scope), config)
        if current.scope is not None:
            found["groups"] = current.scope.groups
            if current.scope.devices is not None:
                found["devices"] = current.scope.devices
        needed = {"policies": policies, "groups": groups or scoped, "devices": devices or scoped}
        current = replace(current, names=Names(**{name: index for name, index in found.items() if needed[name]}))
        if not naming:
            return current
        shown = sorted(current.stacks) if not config else [unit.target for unit in resolve(config, state, current.names).units]
        return self.labelled(current, Names(**found), config, state, shown)

    def _with_new(self, current: Current, config: Config, state: str) -> Current:
        """What gets a new assignment, and what is assigned, has to be there: found out before the first write, once."""
        desired = resolve(config, state, current.names)
        if desired.errors:
            return current
        new, names = with_new(current, desired), current.names.copy()
        self._look_up(names, bool(new), [unit.target for unit in new if not unit.named])
        return replace(current, names=names)

    def _limited(self, groups: list[dict[str, t.Any]]) -> Scope:
        """What the run is limited to, with the groups in it, of all groups."""
        uuid = top(self._scope, group_index(groups))
        return Scope(uuid, group_index(groups, subtree(uuid, groups), WHERE))

    def _inside(self, current: Current, config: Config) -> Current:
        """The current state without what is outside of the scope. Its devices are read once there is one to tell."""
        scope = current.scope
        if scope is None:
            return current
        kinds = {target.kind for target in current.stacks} | {key for entry in config for key in entry["target"]}
        if scope.devices is None and kinds & {"device_uuid", "device"}:
            scope = scope._replace(devices=Index("device", self.api.members(scope.uuid), WHERE))
        stacks = {target: stack for target, stack in current.stacks.items() if scope.holds(target)}
        return replace(current, stacks=stacks, scope=scope)

    def _look_up(self, names: Names, policies: bool, targets: t.Iterable[Target]) -> None:
        """Read into ``names``, all at once, the list of policies, where it is wanted, and what tells of these targets, as far as it was not
        read before."""
        # What is in the scope is there, and nothing else matters.
        unknown = [target for target in targets if self._scope is None and not names.tell(target)]
        devices = [target.uuid for target in unknown if target.kind == "device_uuid"]
        lists: list[t.Callable[[], t.Any]] = []
        if policies and names.policies is None:
            lists.append(lambda: setattr(names, "policies", self.api.policies()))
        if any(target.kind == "device_group_uuid" for target in unknown):
            lists.append(lambda: setattr(names, "groups", self.api.groups()))
        if devices:
            # What was looked up and is not there is known not to be.
            lists.append(lambda: names.known.update({**dict.fromkeys(devices), **self.api.devices(devices)}))
        together(self.api.client, lists)

    def _stacks(self, only: Target | None) -> tuple[dict[Target, Stack], float]:
        """The stacks by target, each in the order of its ranks, and when the first answer came; those of ``only``, where one is given."""
        for _read in range(_READS):
            found, since = _read_stacks(self.api, only)
            # A list that somebody writes to while it is paged may show a rank twice.
            if all(ranked(stack) for stack in found.values()):
                break
        return found, since


def _only(config: Config, state: str, names: Names) -> Target | None:
    """The one target that matters, where there is just one and these names tell which: then the list can be limited to it."""
    if state == "overridden" or len(config) != 1:
        return None
    units = resolve(config, state, names).units
    return units[0].target if units else None


def _read_stacks(api: Eset, only: Target | None) -> tuple[dict[Target, Stack], float]:
    """The stacks by target, each in the order of its ranks, and when the first answer came."""
    listed, since = api.assignments(None if only is None else {f"target.{camel(only.kind)}": only.uuid})
    found: dict[Target, dict[str, Assigned]] = {}
    strange = 0
    for item in listed:
        target = _target(item["target"])
        if target is None:
            strange += 1
        elif only is None or (only.kind, only.uuid.casefold()) == (target.kind, target.uuid.casefold()):
            uuid = str(item["uuid"])
            # A list that somebody writes to while it is paged may show an assignment twice.
            found.setdefault(target, {})[uuid] = Assigned(str(item["policyUuid"]), uuid, _rank(item.get("rank")))
    if strange:
        api.client.warn(f"{strange} assignment(s) have a kind of target that is not known here; they are left as they are")
    stacks = {target: sorted(stack.values(), key=lambda assigned: (assigned.rank or 0, assigned.uuid)) for target, stack in found.items()}
    return stacks, since


_TARGET = Shape("the target of a policy assignment", **{camel(kind): "word" for kind in KINDS})


def _target(given: t.Mapping[str, t.Any]) -> Target | None:
    _TARGET.check(given)
    if not any(given.values()):
        raise Undocumented("a policy assignment has a target that says nothing, and the API documents one of its kinds")
    return next((Target(kind, str(given[camel(kind)])) for kind in KINDS if given.get(camel(kind))), None)


def _rank(given: t.Any) -> int | None:
    """A rank, which JSON may hold as a text (https://protobuf.dev/programming-guides/json/, int64)."""
    try:
        return max(0, int(given)) or None
    except (TypeError, ValueError):
        return None
