# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""ESET policy assignments as the frame drives them: the domain tied to ESET's API."""

from __future__ import annotations

import typing as t

from ..._http.client import Client
from ..._http.together import together
from ..._model.documented import Shape, Undocumented
from ..._model.lookup import Index
from ..._model.plan import Plan, Request
from ..._vendors.eset import Eset, group_index
from ..._vendors.eset_options import ASSIGNMENTS, errors
from . import plan as eset_planner
from .config import KINDS, SCHEMA, Desired, DesiredPolicy, Names, Target, names_used, resolve, rule_errors
from .description import DESCRIPTION
from .order import Assigned, Stack, arranged, canonical, ranked
from .plan import Current, camel, changes, gathered, to_config, unknown
from .scope import WHERE, Scope, option_errors, subtree, top

Config = list[dict[str, t.Any]]

#: How often the assignments are read, at most, until the ranks fit together.
_READS = 3


class PolicyAssignments:
    """The resource behind ``eset_policy_assignment``."""

    schema = SCHEMA
    description = DESCRIPTION

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._api: t.Any = None
        self._names = Names()
        self._shown: Names | None = None
        self._since = 0.0
        self._desired: list[Desired] | None = None
        self._config: Config = []
        self._errors: list[dict[str, str]] = []
        self._begun: dict[str, t.Any] = {}
        self._scope: Scope | None = None

    def errors(self, config: Config, state: str) -> list[dict[str, str]]:
        found = errors(self._options, state) + option_errors(self._options["scope"], config)
        return found + rule_errors(config, state)

    def rendered(self, config: Config) -> tuple[list[dict[str, t.Any]], list[str]]:
        requests = []
        warnings: list[str] = []
        for number, entry in enumerate(config):
            given = entry["target"]
            target = {camel(kind): _rendered(given, kind, name) for kind, name in KINDS.items() if kind in given or name in given}
            # In quotes a name is no id, whatever it is.
            policies = {policy.get("policy_uuid") or repr(policy["policy"]): policy for policy in entry.get("policies") or []}
            desired = [
                DesiredPolicy(f"config[{number}].policies[{place}]", label, policy.get("rank"), False)
                for place, (label, policy) in enumerate(policies.items())
            ]
            # Nothing is there: assigned in the order of the stack, nothing has to move.
            for assigned in arranged([], desired, warnings):
                policy = _rendered(policies[assigned.policy], "policy_uuid", "policy")
                requests.append({"method": "POST", "path": ASSIGNMENTS, "body": {"assignment": {"policyUuid": policy, "target": target}}})
        return requests, warnings

    def connect(self) -> Client:
        api = self._api = Eset(self._options)
        return api.client

    def read(self, config: Config | None, state: str) -> Current:
        if self._desired is None:
            stacks = self._first(config or [], state)
        else:
            stacks = self._inside(self._stacks(self._only(state)))
        current = self._current(stacks)
        if state not in ("gathered", "deleted") and not current.errors and self._look_up_new(current, state):
            # Names that stand beside ids can be checked only now.
            self._resolve(state)
        return self._current(stacks)

    def plan(self, current: Current, config: Config, state: str) -> Plan:
        return eset_planner.plan(current, state)

    def begin(self, plan: Plan) -> None:
        self._begun = dict(plan.expected)

    def proven(self, current: Current, plan: Plan) -> bool:
        # Nothing says how many assignments there are: a target that shows none may only be missing from the list.
        assigned = [chain.key for phase in plan.phases for chain in phase if any(request.produces for request in chain.requests)]
        listed = {target.key for target, stack in current.stacks.items() if stack}
        return listed.issuperset(assigned)

    def with_names(self, current: Current, keys: t.Iterable[str]) -> Current:
        return self._labelled(current, self._names.copy(), [Target(*key.split(" ", 1)) for key in keys], self._options["state"])

    def place(self) -> dict[str, str]:
        return {**self._api.place(), "scope": self._scope.uuid if self._scope else ""}

    def failures(self, current: t.Any, now: t.Any, plan: Plan) -> list[str]:
        return []

    def recent_changes(self, current: t.Any, plan: Plan, made: t.Sequence[Request], started: float) -> dict[str, t.Any]:
        return {}  # This API has no log of changes.

    def about(self) -> dict[str, t.Any]:
        return {}

    def undone(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return []  # No request carries what somebody else has assigned.

    def gathered(self, current: Current, config: Config | None) -> tuple[Config, list[str]]:
        return gathered(current, config)

    def ambiguous(self, current: Current) -> dict[str, list[str]]:
        names = current.labels
        # A group without a unique name is shown by its path; devices are looked up one by one, so that nobody knows which others there are.
        policies = names.policies.ambiguous() if names.policies is not None else []
        devices = {*names.known.values(), *(names.devices.names.values() if names.devices is not None else ())}
        return {"policy": policies, "device": sorted(name for name in devices if name)}

    def source(self) -> str:
        return str(self._api.client.base_url)

    def canonical(self, current: Current, keys: t.Iterable[str]) -> dict[str, t.Any]:
        found = {target.key: canonical(stack) for target, stack in current.stacks.items()}
        return {key: found.get(key, []) for key in keys}

    def after_from_responses(self, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        return plan.after  # A stack is told by its policies: what the server gives, ids of assignments and ranks, is not shown.

    def units(self, current: Current, keys: t.Iterable[str]) -> Config:
        found = {target.key: stack for target, stack in current.stacks.items()}
        targets = [Target(*key.split(" ", 1)) for key in keys]
        return [to_config(target, found.get(target.key, []), current.labels) for target in targets]

    def _first(self, config: Config, state: str) -> dict[Target, Stack]:
        """The assignments, and beside them the lists that names make necessary, all at once; then the config by ids."""
        self._config = config
        policies, groups, devices = names_used(config, state)
        scoped = self._options["scope"] is not None
        naming = state == "gathered" and self._options["with_names"]
        only = _by_id(config) if state != "overridden" else None
        lists: dict[str, t.Callable[[], t.Any]] = {"stacks": lambda: self._stacks(only)}
        if policies or naming:
            lists["policies"] = self._api.policies
        if groups or naming or scoped:
            lists["groups"] = self._api.device_groups if scoped else self._api.groups
        if devices and not scoped:
            lists["devices"] = lambda: self._api.devices_named(devices)
        found = dict(zip(lists, together(self._api.client, list(lists.values()))))
        if scoped:
            found["groups"] = self._limit(found["groups"])
        stacks: dict[Target, Stack] = self._inside(found.pop("stacks"))
        if self._scope is not None and self._scope.devices is not None:
            found["devices"] = self._scope.devices
        needed = {"policies": policies, "groups": groups or scoped, "devices": devices or scoped}
        self._names = Names(**{name: index for name, index in found.items() if needed[name]})
        desired = self._resolve(state)
        if naming:
            shown = sorted(stacks) if not config else [unit.target for unit in desired]
            self._labelled(self._current(stacks), Names(**found), shown, state)
        return stacks

    def _limit(self, groups: list[dict[str, t.Any]]) -> Index:
        """Limit the run to the scope; the groups in it, of all groups."""
        uuid = top(self._options["scope"], group_index(groups))
        self._scope = Scope(uuid, group_index(groups, subtree(uuid, groups), WHERE))
        return self._scope.groups

    def _inside(self, stacks: dict[Target, Stack]) -> dict[Target, Stack]:
        """The stacks in the scope. Its devices are read once there is one to tell."""
        if self._scope is None:
            return stacks
        kinds = {target.kind for target in stacks} | {key for entry in self._config for key in entry["target"]}
        if self._scope.devices is None and kinds & {"device_uuid", "device"}:
            self._scope = self._scope._replace(devices=Index("device", self._api.members(self._scope.uuid), WHERE))
        return {target: stack for target, stack in stacks.items() if self._scope.holds(target)}

    def _labelled(self, current: Current, shown: Names, targets: t.Iterable[Target], state: str) -> Current:
        """The current state with the names that show these targets. What they say against the config is a warning: whether they are read
        must not decide anything."""
        self._look_up(shown, True, targets)
        self._shown = shown
        found: list[dict[str, str]] = []
        desired = resolve(self._config, shown, state, found)
        for item in [*found, *unknown(Current(current.stacks, shown, desired), state, [])]:
            if item not in self._errors:
                self._api.client.warn(f"{item['path']}: {item['message']}")
        return self._current(current.stacks)

    def _resolve(self, state: str) -> list[Desired]:
        self._errors = []
        self._desired = resolve(self._config, self._names, state, self._errors)
        return self._desired

    def _current(self, stacks: dict[Target, Stack]) -> Current:
        return Current(stacks, self._names, self._desired or [], tuple(self._errors), self._since, self._shown, self._begun, self._scope)

    def _only(self, state: str) -> Target | None:
        """The one target that matters, where there is just one: then the list can be limited to it."""
        return self._desired[0].target if self._desired is not None and len(self._desired) == 1 and state != "overridden" else None

    def _look_up_new(self, current: Current, state: str) -> bool:
        """What gets a new assignment, and what is assigned, has to be there: found out before the first write, once. Whether it was now."""
        new = [change for change in changes(current, state, []) if change.new]
        named = {unit.target for unit in current.desired if unit.named}
        return self._look_up(self._names, bool(new), [change.target for change in new if change.target not in named])

    def _look_up(self, names: Names, policies: bool, targets: t.Iterable[Target]) -> bool:
        """Read into ``names``, all at once, the list of policies, where it is wanted, and what tells of these targets, as far as it was not
        read before; whether there was any to be read."""
        # What is in the scope is there, and nothing else matters.
        unknown = [target for target in targets if self._scope is None and not names.tell(target)]
        devices = [target.uuid for target in unknown if target.kind == "device_uuid"]
        lists: list[t.Callable[[], t.Any]] = []
        if policies and names.policies is None:
            lists.append(lambda: setattr(names, "policies", self._api.policies()))
        if any(target.kind == "device_group_uuid" for target in unknown):
            lists.append(lambda: setattr(names, "groups", self._api.groups()))
        if devices:
            # What was looked up and is not there is known not to be.
            lists.append(lambda: names.known.update({**dict.fromkeys(devices), **self._api.devices(devices)}))
        together(self._api.client, lists)
        return bool(lists)

    def _stacks(self, only: Target | None) -> dict[Target, Stack]:
        """The stacks by target, each in the order of its ranks; those of ``only``, where one is given."""
        found: dict[Target, Stack] = {}
        for _read in range(_READS):
            found, self._since = _read_stacks(self._api, only)
            # A list that somebody writes to while it is paged may show a rank twice.
            if all(ranked(stack) for stack in found.values()):
                break
        return found


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


def _by_id(config: Config) -> Target | None:
    """The one target of the config, where it is one and given by its id."""
    if len(config) != 1:
        return None
    return next((Target(kind, config[0]["target"][kind]) for kind in KINDS if kind in config[0]["target"]), None)


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


def _rendered(fields: t.Mapping[str, t.Any], key: str, name: str) -> t.Any:
    return fields[key] if key in fields else {"name": fields[name]}
