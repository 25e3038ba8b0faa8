# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""ESET policy assignments as the frame drives them: the domain tied to ESET's API."""

from __future__ import annotations

import typing as t
from functools import cached_property

from ..._http.client import Client
from ..._model.diagnostics import Diagnostics
from ..._model.plan import Plan, Request
from ..._vendors.eset_options import ASSIGNMENTS, errors
from . import plan as eset_planner
from .config import KINDS, SCHEMA, Desired, DesiredPolicy, Target, resolve, rule_errors
from .description import DESCRIPTION
from .order import arranged, canonical
from .plan import Current, camel, gathered, to_config
from .scope import option_errors
from .tenant import Tenant

Config = list[dict[str, t.Any]]


class PolicyAssignments:
    """The resource behind ``eset_policy_assignment``."""

    schema = SCHEMA
    description = DESCRIPTION

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options

    @cached_property
    def _tenant(self) -> Tenant:
        return Tenant(self._options)

    def errors(self, config: Config, state: str) -> list[dict[str, str]]:
        found = errors(self._options, state) + option_errors(self._options["scope"], config)
        return found + rule_errors(config, state)

    def rendered(self, config: Config, found: Diagnostics) -> list[dict[str, t.Any]]:
        requests = []
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
            for assigned in arranged([], desired, found):
                policy = _rendered(policies[assigned.policy], "policy_uuid", "policy")
                requests.append({"method": "POST", "path": ASSIGNMENTS, "body": {"assignment": {"policyUuid": policy, "target": target}}})
        return requests

    def connect(self) -> Client:
        return self._tenant.api.client

    def read(self, config: Config | None, state: str, earlier: Current | None) -> Current:
        return self._tenant.read(config or [], state, earlier)

    def resolve(self, config: Config | None, state: str, current: Current) -> Desired:
        return resolve(config or [], state, current.names)

    def plan(self, current: Current, desired: Desired, state: str) -> Plan:
        return eset_planner.plan(current, desired, state)

    def begun(self, desired: Desired, plan: Plan) -> Desired:
        return desired._replace(begun=plan.expected)

    def proven(self, current: Current, plan: Plan) -> bool:
        # Nothing says how many assignments there are: a target that shows none may only be missing from the list.
        assigned = [chain.key for phase in plan.phases for chain in phase if any(request.produces for request in chain.requests)]
        listed = {target.key for target, stack in current.stacks.items() if stack}
        return listed.issuperset(assigned)

    def with_names(self, current: Current, config: Config | None, state: str, keys: t.Iterable[str]) -> Current:
        targets = [Target(*key.split(" ", 1)) for key in keys]
        return self._tenant.labelled(current, current.names.copy(), config or [], state, targets)

    def place(self, current: Current) -> dict[str, str]:
        return {**self._tenant.api.place(), "scope": current.scope.uuid if current.scope else ""}

    def failures(self, current: t.Any, now: t.Any, plan: Plan) -> list[str]:
        return []

    def recent_changes(self, current: t.Any, plan: Plan, made: t.Sequence[Request], started: float) -> dict[str, t.Any]:
        return {}  # This API has no log of changes.

    def about(self) -> dict[str, t.Any]:
        return {}

    def undone(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return []  # No request carries what somebody else has assigned.

    def gathered(self, current: Current, desired: Desired, config: Config | None, found: Diagnostics) -> Config:
        return gathered(current, desired, config, found)

    def ambiguous(self, current: Current) -> dict[str, list[str]]:
        names = current.labels
        # A group without a unique name is shown by its path; devices are looked up one by one, so that nobody knows which others there are.
        policies = names.policies.ambiguous() if names.policies is not None else []
        devices = {*names.known.values(), *(names.devices.names.values() if names.devices is not None else ())}
        return {"policy": policies, "device": sorted(name for name in devices if name)}

    def source(self) -> str:
        return self._tenant.api.client.base_url

    def canonical(self, current: Current, keys: t.Iterable[str]) -> dict[str, t.Any]:
        found = {target.key: canonical(stack) for target, stack in current.stacks.items()}
        return {key: found.get(key, []) for key in keys}

    def after_from_responses(self, current: Current, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        return plan.after  # A stack is told by its policies: what the server gives, ids of assignments and ranks, is not shown.

    def units(self, current: Current, keys: t.Iterable[str]) -> Config:
        found = {target.key: stack for target, stack in current.stacks.items()}
        targets = [Target(*key.split(" ", 1)) for key in keys]
        return [to_config(target, found.get(target.key, []), current.labels) for target in targets]


def _rendered(fields: t.Mapping[str, t.Any], key: str, name: str) -> t.Any:
    return fields[key] if key in fields else {"name": fields[name]}
