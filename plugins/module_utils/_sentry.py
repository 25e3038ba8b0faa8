# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Sentry policy assignments as the frame drives them: the domain tied to the Dashboard API."""

from __future__ import annotations

import time
import typing as t

from . import _sentry_plan
from ._http import ApiError, Client
from ._meraki import ARGUMENTS as CONNECTION
from ._meraki import Meraki, faults, organization_path
from ._plan import Faults, Plan, Request
from ._sentry_config import SCHEMA, Names, needs_networks, resolve, rule_faults, units
from ._sentry_plan import View, canonical, content, other_case, shaped, wire

ARGUMENTS: dict[str, t.Any] = {
    "config": {
        "type": "list",
        "elements": "dict",
        "options": {
            "network_id": {"type": "str"},
            "network": {"type": "str"},
            "network_tags": {"type": "list", "elements": "str"},
            "policies": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "policy_id": {"type": "str"},
                    "sm_network_id": {"type": "str"},
                    "sm_network": {"type": "str"},
                    "scope": {"type": "str", "choices": ["all", "none", "withAll", "withAny", "withoutAll", "withoutAny"]},
                    "tags": {"type": "list", "elements": "str"},
                    "group_policy_id": {"type": "str"},
                    "group_policy": {"type": "str"},
                },
            },
        },
    },
    **CONNECTION,
}

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
    #: The PUT carries the whole organization as it was read: after so many seconds it is read again first.
    stale_after = 10.0

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._api: t.Any = None
        self._names: Names | None = None
        self._config: Config = []
        self._units: list[tuple[str, t.Mapping[str, t.Any], str]] = []
        self._wanted: list[t.Any] = []
        self._faults: list[dict[str, str]] = []

    def faults(self, config: Config, state: str) -> list[dict[str, str]]:
        chosen = self._options["state"]
        return faults(self._options, chosen) + rule_faults(config, state, read=chosen != "rendered")

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

    def read(self, config: Config | None, state: str) -> View:
        if self._names is None:
            self._look_up(config or [], state)
        since = time.monotonic()
        networks: dict[str, list[dict[str, t.Any]]] = {}
        locales: dict[str, list[str]] = {}
        untold: set[str] = set()
        for item in self._items():
            key = str(item.get("networkId"))
            if key in networks:
                raise ApiError(
                    f"GET {self._api.path(_READ)}: network {key} is listed twice; somebody may be changing it at this moment. "
                    "Run the task again"
                )
            policies = item.get("policies") or []
            if not isinstance(item.get("policies"), list):
                untold.add(key)
            networks[key] = [_read(policy) for policy in policies]
            others = sorted({str(policy["networkId"]) for policy in policies if policy.get("networkId") not in (None, key)})
            if others:
                locales[key] = others
        if self._naming(state):
            self._name_groups(networks)
        for key, others in locales.items():
            self._api.client.warn(
                f"network {key} is listed under a locale's id; its policies belong to {', '.join(others)}. It cannot be written"
            )
        for key in sorted(untold):
            self._api.client.warn(f"network {key} is listed without its policies: what it has is not known")
        names = self._names or Names()
        return View(self._api.path(_WRITE), networks, names, self._wanted, locales, tuple(self._faults), since, frozenset(untold))

    def plan(self, view: View, config: Config, state: str) -> Plan:
        return _sentry_plan.plan(view, state)

    def named(self, view: View, keys: t.Iterable[str]) -> View:
        names = view.names
        if names.networks is None:
            names.add_networks(self._api.networks())
        names.add_groups(self._api.group_policies([key for key in keys if key in names.tags and key not in names.group_policies]))
        # Names that stand beside ids can be judged only now.
        self._faults = []
        self._wanted = resolve(units(self._config, names, self._faults), names, self._faults)
        return view._replace(wanted=self._wanted, faults=tuple(self._faults))

    def gathered(self, view: View, config: Config | None) -> tuple[Config, list[str]]:
        given = [(path, network_id) for path, _entry, network_id in self._units]
        faults = [*view.faults, *other_case(given, view)]
        if faults:
            raise Faults(faults)
        if config is None:
            keys = list(view.networks)
        else:
            # A network that is listed under the id of a locale is shown as it is listed; there is a warning about it.
            keys = list(dict.fromkeys(view.hidden.get(network_id, network_id) for _path, _entry, network_id in self._units))
        warnings = [
            f"{path}: network {network_id} is not listed as one with Sentry policies, and its id was not looked up"
            for path, network_id in given
            if not (network_id in view.networks or network_id in view.names.tags or network_id in view.hidden)
        ]
        if config == []:
            warnings.append("config is an empty list, so that nothing was asked for; leave it out to gather the whole organization")
        # One that is not told would be cleared by what said that it had nothing.
        return [shaped(key, view.networks.get(key, []), view.names) for key in keys if key not in view.untold], warnings

    def place(self) -> dict[str, str]:
        return {"vendor": "meraki", "organization": str(self._api.organization())}

    def source(self) -> str:
        return str(self._api.source())

    def canonical(self, view: View, keys: t.Iterable[str]) -> dict[str, t.Any]:
        return {key: canonical(view.networks.get(key, [])) for key in keys}

    def units(self, view: View, keys: t.Iterable[str]) -> Config:
        return [shaped(key, view.networks.get(key, []), view.names) for key in keys]

    def learned(self, plan: Plan, answers: list[tuple[Request, t.Any]]) -> Config:
        told: dict[str, list[dict[str, t.Any]]] = {}
        for _request, data in answers:
            for item in (data or {}).get("items") or [] if isinstance(data, dict) else []:
                told[str(item.get("networkId"))] = [_read(policy) for policy in item.get("policies") or []]
        names = self._names or Names()
        return [
            shaped(key, told[key], names)
            if key in told and [content(policy) for policy in told[key]] == [content(policy) for policy in unit["policies"]]
            else unit
            for key, unit in zip(plan.expected, plan.after)
        ]

    def _look_up(self, config: Config, state: str) -> None:
        """Names to ids, once for a run: the networks where names or tags are used, group policies for the networks that need them."""
        self._config = config
        networks = self._api.networks() if needs_networks(config, state) or self._naming(state) else None
        found = units(config, Names(networks), self._faults)
        needing = [
            network_id
            for _path, entry, network_id in found
            if state != "gathered"
            and any("group_policy" in policy and "group_policy_id" not in policy for policy in entry.get("policies", []))
        ]
        self._names = Names(networks, self._api.group_policies(needing))
        self._units = found
        self._wanted = [] if state == "gathered" else resolve(found, self._names, self._faults)

    def _naming(self, state: str) -> bool:
        return state == "gathered" and bool(self._options["with_names"])

    def _name_groups(self, networks: t.Mapping[str, list[dict[str, t.Any]]]) -> None:
        """The names of the group policies of what will be shown; a network that the list does not hold (a locale) has none."""
        shown = [network_id for _path, _entry, network_id in self._units] or list(networks)
        if self._names:
            self._names.add_groups(self._api.group_policies([key for key in shown if networks.get(key) and key in self._names.tags]))

    def _items(self) -> t.Iterator[dict[str, t.Any]]:
        """Every item of every page; 1000 a page is the most (spec). The body is an array holding one object, or that object alone."""
        path = self._api.path(_READ)
        meta: t.Any = {}
        count = 0
        for page in self._api.pages(path, {"perPage": 1000}):
            for part in page if isinstance(page, list) else [page]:
                if not isinstance(part, dict) or not isinstance(part.get("items"), list):
                    raise ApiError(f"GET {path}: the answer is not the list of assignments that the API documents")
                yield from part["items"]
                count += len(part["items"])
                meta = part.get("meta")
        counts = ((meta or {}).get("counts") or {}).get("items") or {}
        total = counts.get("total")
        missing = counts.get("remaining") or (max(0, total - count) if isinstance(total, int) else 0)
        if missing:
            raise ApiError(
                f"GET {path}: the last page says that there are {missing} more, but has no Link to them. "
                "Nothing can be planned on a list that is not whole; is there a proxy that takes the Link header off?"
            )


def _read(policy: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A policy as the API gives it, with the fields of ``config``; read-only ones and those unknown to the spec left out."""
    read: dict[str, t.Any] = {ours: str(policy[theirs]) for theirs, ours in _API_FIELDS if policy.get(theirs) is not None}
    read["tags"] = list(policy.get("tags") or [])
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
        return wire({"sm_network_id": managed, "scope": policy["scope"], "tags": policy.get("tags"), "group_policy_id": group})
    given = {
        "policyId": policy["policy_id"],
        "smNetworkId": managed,
        "scope": policy.get("scope"),
        "tags": policy.get("tags"),
        "groupPolicyId": group,
    }
    return {key: value for key, value in given.items() if value is not None}
