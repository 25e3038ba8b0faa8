# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Sentry policy assignments as the frame drives them: the domain tied to the Dashboard API."""

from __future__ import annotations

import time
import typing as t
from functools import cached_property

from ..._http.client import Client
from ..._http.errors import ApiError
from ..._model.diagnostics import Diagnostics
from ..._model.documented import Shape
from ..._model.plan import Plan, Request
from ..._vendors.meraki import Meraki
from ..._vendors.meraki_options import errors, organization_path
from . import plan as sentry_planner
from .config import SCHEMA, Desired, Names, needs_networks, networks_with_groups, resolve, rule_errors
from .description import DESCRIPTION
from .plan import Current, canonical, content, gathered, to_api, to_config, undone

_WRITE = "/sm/sentry/policies/assignments"
_READ = _WRITE + "/byNetwork"
_API_FIELDS = (
    ("policyId", "policy_id"),
    ("smNetworkId", "sm_network_id"),
    ("scope", "scope"),
    ("tags", "tags"),
    ("groupPolicyId", "group_policy_id"),
)

Config = list[dict[str, t.Any]]


class SentryAssignments:
    """The resource behind ``meraki_sentry_assignments``."""

    schema = SCHEMA
    description = DESCRIPTION

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options

    @cached_property
    def _api(self) -> Meraki:
        return Meraki(self._options)

    def errors(self, config: Config, state: str) -> list[dict[str, str]]:
        return errors(self._options, state) + rule_errors(config, state)

    def rendered(self, config: Config, found: Diagnostics) -> list[dict[str, t.Any]]:
        items = [
            {"networkId": _rendered(entry, "network_id", "network"), "policies": [_rendered_policy(policy) for policy in entry["policies"]]}
            for entry in config
        ]
        path = organization_path(self._options["organization_id"], _WRITE)
        return [{"method": "PUT", "path": path, "body": {"items": items}, "partial": True}]

    def connect(self) -> Client:
        return self._api.client

    def read(self, config: Config | None, state: str, earlier: Current | None) -> Current:
        names, shown = (self._look_up(config or [], state), None) if earlier is None else (earlier.names, earlier.shown)
        listing = _Listing(self._api)
        networks: dict[str, list[dict[str, t.Any]]] = {}
        locales: dict[str, list[str]] = {}
        unknown: set[str] = set()
        for item in listing:
            key = str(_ITEM.check(item)["networkId"])
            if key in networks:
                raise ApiError(
                    f"GET {self._api.path(_READ)}: network {key} is listed twice; somebody may be changing it at this moment. "
                    "Run the task again"
                )
            policies = item.get("policies") or []
            if item.get("policies") is None:
                unknown.add(key)
            networks[key] = [_from_api(policy, f" of network {key}") for policy in policies]
            others = sorted({str(policy["networkId"]) for policy in policies if policy.get("networkId") is not None} - {key})
            if others:
                locales[key] = others
        current = Current(self._api.path(_WRITE), networks, names, locales, listing.since, frozenset(unknown), listing.counted, shown)
        if state == "gathered" and self._options["with_names"]:
            asked = list(networks) if config is None else [unit.network_id for unit in resolve(config, state, names).units]
            # A network that the list does not hold (a locale) has no names.
            current = self.with_names(current, config, state, [key for key in asked if networks.get(key)])
        self._warn(current)
        return current

    def resolve(self, config: Config | None, state: str, current: Current) -> Desired:
        return resolve(config or [], state, current.names)

    def plan(self, current: Current, desired: Desired, state: str) -> Plan:
        return sentry_planner.plan(current, desired, state)

    def begun(self, desired: Desired, plan: Plan) -> Desired:
        return desired  # The one request is made or not: no state in between has to be told.

    def proven(self, current: Current, plan: Plan) -> bool:
        return current.counted

    def with_names(self, current: Current, config: Config | None, state: str, keys: t.Iterable[str]) -> Current:
        shown = current.names.copy()
        if shown.networks is None:
            shown.add_networks(self._api.networks())
        shown.add_groups(self._api.group_policies([key for key in keys if key in shown.tags and key not in shown.group_policies]))
        known = resolve(config or [], state, current.names).errors
        for item in resolve(config or [], state, shown).errors:
            if item not in known:
                self._api.client.warn(f"{item['path']}: {item['message']}")
        return current._replace(shown=shown)

    def place(self, current: Current) -> dict[str, str]:
        return self._api.place()

    def failures(self, current: t.Any, now: t.Any, plan: Plan) -> list[str]:
        return []

    def recent_changes(self, current: Current, plan: Plan, made: t.Sequence[Request], started: float) -> dict[str, t.Any]:
        found: dict[str, t.Any] = self._api.recent_changes(plan, plan.expected.keys(), lambda path: path == _WRITE, made, started)
        return found

    def about(self) -> dict[str, t.Any]:
        return {}

    def undone(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return undone(current, now, plan.carried)

    def gathered(self, current: Current, desired: Desired, config: Config | None, found: Diagnostics) -> Config:
        return gathered(current, desired, config, found)

    def ambiguous(self, current: Current) -> dict[str, list[str]]:
        networks = current.labels.networks.ambiguous() if current.labels.networks else []
        groups = {name for index in current.labels.group_policies.values() for name in index.ambiguous()}
        return {"network": networks, "sm_network": networks, "group_policy": sorted(groups)}

    def source(self) -> str:
        return self._api.source()

    def canonical(self, current: Current, keys: t.Iterable[str]) -> dict[str, t.Any]:
        return {key: canonical(current.networks.get(key, [])) for key in keys}

    def units(self, current: Current, keys: t.Iterable[str]) -> Config:
        return [to_config(key, current.networks.get(key, []), current.labels) for key in keys]

    def after_from_responses(self, current: Current, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        reported: dict[str, list[dict[str, t.Any]]] = {}
        for _request, data in responses:
            for item in (data or {}).get("items") or [] if isinstance(data, dict) else []:
                reported[str(item.get("networkId"))] = [_from_api(policy) for policy in item.get("policies") or []]
        return [
            to_config(key, reported[key], current.labels)
            if key in reported and [content(policy) for policy in reported[key]] == [content(policy) for policy in unit["policies"]]
            else unit
            for key, unit in zip(plan.expected, plan.after)
        ]

    def _look_up(self, config: Config, state: str) -> Names:
        """The lists that names make necessary: the networks where names or tags are used, group policies for the networks that need
        them."""
        networks = self._api.networks() if needs_networks(config, state) else None
        needing = [] if state == "gathered" else networks_with_groups(config, Names(networks))
        return Names(networks, self._api.group_policies(needing))

    def _warn(self, current: Current) -> None:
        """Say what of the list cannot be worked with."""
        for key, others in current.locales.items():
            self._api.client.warn(
                f"network {key} is listed under a locale's id; its policies belong to {', '.join(others)}. It cannot be written"
            )
        for key in sorted(current.unknown):
            self._api.client.warn(f"network {key} is listed without its policies: what it has is not known")


class _Listing:
    """Every item of every page, once they are walked through. ``since``: when (on the monotonic clock) the first answer came; ``counted``:
    there were as many as the list says that there are."""

    def __init__(self, api: Meraki) -> None:
        self._api = api
        self.since = 0.0
        self.counted = True

    def __iter__(self) -> t.Iterator[dict[str, t.Any]]:
        """1000 a page is the most (spec). The body is an array holding one object, or that object alone."""
        path = self._api.path(_READ)
        total = remaining = None
        count = 0
        for page in self._api.pages(path, {"perPage": 1000}):
            self.since = self.since or time.monotonic()
            total = remaining = None
            for part in page if isinstance(page, list) else [page]:
                yield from _PART.check(part)["items"]
                count += len(part["items"])
                total, remaining = _counts(part)
        self.counted = total == count and not remaining
        missing = remaining or (max(0, total - count) if total is not None else 0)
        if missing:
            raise ApiError(
                f"GET {path}: the last page announces {missing} more, but has no Link to them. "
                "Nothing can be planned from an incomplete list. Check whether a proxy removes the Link header"
            )


_ITEM = Shape("an item of the list of Sentry policy assignments", networkId="id!", policies="objects")
_POLICY = Shape("a Sentry policy", policyId="id", networkId="id", smNetworkId="id", scope="text", tags="texts", groupPolicyId="id")


_PART = Shape("the list of Sentry policy assignments", items="objects!", meta="object")
_META = Shape("meta of the list of Sentry policy assignments", counts="object")
_COUNTS = Shape("meta.counts of the list of Sentry policy assignments", items="object")
_COUNT = Shape("meta.counts.items of the list of Sentry policy assignments", total="number", remaining="number")


def _counts(part: dict[str, t.Any]) -> tuple[int | None, int | None]:
    """How many items there are in all, and behind this page, as far as it says so."""
    counts = _COUNTS.check(_META.check(part.get("meta") or {}).get("counts") or {})
    count = _COUNT.check(counts.get("items") or {})
    return count.get("total"), count.get("remaining")


def _from_api(policy: t.Mapping[str, t.Any], where: str = "") -> dict[str, t.Any]:
    """A policy as the API gives it, with the fields of ``config``; read-only ones and those unknown to the spec left out."""
    _POLICY.check(policy, where)
    read: dict[str, t.Any] = {ours: str(policy[theirs]) for theirs, ours in _API_FIELDS if policy.get(theirs) is not None}
    if policy.get("tags") is not None:
        read["tags"] = list(policy["tags"])
    elif not str(policy.get("scope")).startswith("with"):
        read["tags"] = []  # There are none. A scope that looks at tags has some, and nobody knows which.
    return read


def _rendered(fields: t.Mapping[str, t.Any], key: str, name: str) -> t.Any:
    if key in fields:
        return fields[key]
    if name in fields:
        return {"name": fields[name]}
    return {"tags": fields["network_tags"]} if "network_tags" in fields else None


def _rendered_policy(policy: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Nothing is there yet, so that a policy is new and has no id; one given by its id with some fields only can but be shown as it is."""
    managed, group = _rendered(policy, "sm_network_id", "sm_network"), _rendered(policy, "group_policy_id", "group_policy")
    if managed is not None and group is not None and "scope" in policy:
        return to_api({"sm_network_id": managed, "scope": policy["scope"], "tags": policy.get("tags"), "group_policy_id": group})
    given = {
        "policyId": policy["policy_id"],
        "smNetworkId": managed,
        "scope": policy.get("scope"),
        "tags": policy.get("tags"),
        "groupPolicyId": group,
    }
    return {key: value for key, value in given.items() if value is not None}
