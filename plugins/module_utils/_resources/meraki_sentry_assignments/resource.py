# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Sentry policy assignments as the frame drives them: the domain tied to the Dashboard API."""

from __future__ import annotations

import time
import typing as t

from ..._http.client import Client
from ..._http.errors import ApiError
from ..._model.documented import Shape
from ..._model.plan import Plan, Request, ValidationErrors
from ..._vendors.meraki import Meraki
from ..._vendors.meraki_options import errors, organization_path
from . import plan as sentry_planner
from .config import SCHEMA, Names, needs_networks, resolve, rule_errors, units
from .description import DESCRIPTION
from .plan import Current, canonical, content, other_case, to_api, to_config, undone

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
        self._api: t.Any = None
        self._names: Names | None = None
        self._shown: Names | None = None
        self._since = 0.0
        self._counted = True
        self._config: Config = []
        self._units: list[tuple[str, t.Mapping[str, t.Any], str]] = []
        self._desired: list[t.Any] = []
        self._errors: list[dict[str, str]] = []

    def errors(self, config: Config, state: str) -> list[dict[str, str]]:
        return errors(self._options, state) + rule_errors(config, state)

    def rendered(self, config: Config) -> tuple[list[dict[str, t.Any]], list[str]]:
        items = [
            {"networkId": _rendered(entry, "network_id", "network"), "policies": [_rendered_policy(policy) for policy in entry["policies"]]}
            for entry in config
        ]
        path = organization_path(self._options["organization_id"], _WRITE)
        return [{"method": "PUT", "path": path, "body": {"items": items}, "partial": True}], []

    def connect(self) -> Client:
        api = self._api = Meraki(self._options)
        return api.client

    def read(self, config: Config | None, state: str) -> Current:
        if self._names is None:
            self._look_up(config or [], state)
        self._since, self._counted = 0.0, True
        networks: dict[str, list[dict[str, t.Any]]] = {}
        locales: dict[str, list[str]] = {}
        unknown: set[str] = set()
        for item in self._items():
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
            others = sorted({str(policy["networkId"]) for policy in policies if policy.get("networkId") not in (None, key)})
            if others:
                locales[key] = others
        if state == "gathered" and self._options["with_names"]:
            asked = [network_id for _path, _entry, network_id in self._units] or list(networks)
            # A network that the list does not hold (a locale) has no names.
            self._shown = self._names_to_show(self._names or Names(), [key for key in asked if networks.get(key)])
        for key, others in locales.items():
            self._api.client.warn(
                f"network {key} is listed under a locale's id; its policies belong to {', '.join(others)}. It cannot be written"
            )
        for key in sorted(unknown):
            self._api.client.warn(f"network {key} is listed without its policies: what it has is not known")
        return Current(
            self._api.path(_WRITE),
            networks,
            self._names or Names(),
            self._desired,
            locales,
            tuple(self._errors),
            self._since,
            frozenset(unknown),
            self._counted,
            self._shown,
        )

    def plan(self, current: Current, config: Config, state: str) -> Plan:
        return sentry_planner.plan(current, state)

    def begin(self, plan: Plan) -> None:
        pass  # The one request is made or not: no state in between has to be told.

    def proven(self, current: Current, plan: Plan) -> bool:
        return current.counted

    def with_names(self, current: Current, keys: t.Iterable[str]) -> Current:
        self._shown = self._names_to_show(current.names, keys)
        return current._replace(shown=self._shown)

    def place(self) -> dict[str, str]:
        return dict(self._api.place())

    def failures(self, current: t.Any, now: t.Any, plan: Plan) -> list[str]:
        return []

    def recent_changes(self, current: Current, plan: Plan, made: t.Sequence[Request], started: float) -> dict[str, t.Any]:
        found: dict[str, t.Any] = self._api.recent_changes(plan, plan.expected.keys(), lambda path: path == _WRITE, made, started)
        return found

    def about(self) -> dict[str, t.Any]:
        return {}

    def undone(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return undone(current, now, plan.carried)

    def gathered(self, current: Current, config: Config | None) -> tuple[Config, list[str]]:
        given = [(path, network_id) for path, _entry, network_id in self._units]
        errors = [*current.errors, *other_case(given, current)]
        if errors:
            raise ValidationErrors(errors)
        if config is None:
            keys = list(current.networks)
        else:
            # A network that is listed under the id of a locale is shown as it is listed; there is a warning about it.
            keys = list(dict.fromkeys(current.hidden.get(network_id, network_id) for _path, _entry, network_id in self._units))
        warnings = [
            f"{path}: network {network_id} is not listed as one with Sentry policies, and its id was not looked up"
            for path, network_id in given
            if not (network_id in current.networks or network_id in current.names.tags or network_id in current.hidden)
        ]
        if config == []:
            warnings.append("config is an empty list, so that nothing was asked for; leave it out to gather the whole organization")
        # One that is not told would be cleared by what said that it had nothing.
        return [to_config(key, current.networks.get(key, []), current.labels) for key in keys if key not in current.unknown], warnings

    def ambiguous(self, current: Current) -> dict[str, list[str]]:
        networks = current.labels.networks.ambiguous() if current.labels.networks else []
        groups = {name for index in current.labels.group_policies.values() for name in index.ambiguous()}
        return {"network": networks, "sm_network": networks, "group_policy": sorted(groups)}

    def source(self) -> str:
        return str(self._api.source())

    def canonical(self, current: Current, keys: t.Iterable[str]) -> dict[str, t.Any]:
        return {key: canonical(current.networks.get(key, [])) for key in keys}

    def units(self, current: Current, keys: t.Iterable[str]) -> Config:
        return [to_config(key, current.networks.get(key, []), current.labels) for key in keys]

    def after_from_responses(self, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        reported: dict[str, list[dict[str, t.Any]]] = {}
        for _request, data in responses:
            for item in (data or {}).get("items") or [] if isinstance(data, dict) else []:
                reported[str(item.get("networkId"))] = [_from_api(policy) for policy in item.get("policies") or []]
        names = self._shown or self._names or Names()
        return [
            to_config(key, reported[key], names)
            if key in reported and [content(policy) for policy in reported[key]] == [content(policy) for policy in unit["policies"]]
            else unit
            for key, unit in zip(plan.expected, plan.after)
        ]

    def _look_up(self, config: Config, state: str) -> None:
        """Names to ids, once for a run: the networks where names or tags are used, group policies for the networks that need them."""
        self._config = config
        networks = self._api.networks() if needs_networks(config, state) else None
        found = units(config, Names(networks), self._errors)
        needing = [
            network_id
            for _path, entry, network_id in found
            if state != "gathered"
            and any("group_policy" in policy and "group_policy_id" not in policy for policy in entry.get("policies", []))
        ]
        self._names = Names(networks, self._api.group_policies(needing))
        self._units = found
        self._desired = [] if state == "gathered" else resolve(found, self._names, self._errors)

    def _names_to_show(self, names: Names, keys: t.Iterable[str]) -> Names:
        """The names that were read, and those that show these networks. What they say against the config is a warning: whether they are
        read must not decide anything."""
        shown = names.copy()
        if shown.networks is None:
            shown.add_networks(self._api.networks())
        shown.add_groups(self._api.group_policies([key for key in keys if key in shown.tags and key not in shown.group_policies]))
        found: list[dict[str, str]] = []
        reached = units(self._config, shown, found)
        if self._options["state"] != "gathered":
            resolve(reached, shown, found)
        for item in found:
            if item not in self._errors:
                self._api.client.warn(f"{item['path']}: {item['message']}")
        return shown

    def _items(self) -> t.Iterator[dict[str, t.Any]]:
        """Every item of every page; 1000 a page is the most (spec). The body is an array holding one object, or that object alone."""
        path = self._api.path(_READ)
        total = remaining = None
        count = 0
        for page in self._api.pages(path, {"perPage": 1000}):
            self._since = self._since or time.monotonic()
            total = remaining = None
            for part in page if isinstance(page, list) else [page]:
                yield from _PART.check(part)["items"]
                count += len(part["items"])
                total, remaining = _counts(part)
        self._counted = total == count and not remaining
        missing = remaining or (max(0, total - count) if total is not None else 0)
        if missing:
            raise ApiError(
                f"GET {path}: the last page says that there are {missing} more, but has no Link to them. "
                "Nothing can be planned on a list that is not whole; is there a proxy that takes the Link header off?"
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
