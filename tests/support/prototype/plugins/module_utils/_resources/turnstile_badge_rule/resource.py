# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Badge rules as the runner drives them: the domain tied to the API."""

from __future__ import annotations

import time
import typing as t
from functools import cached_property

from ansible_collections.secops.policy.plugins.module_utils._http.client import Client
from ansible_collections.secops.policy.plugins.module_utils._http.request import Vendor
from ansible_collections.secops.policy.plugins.module_utils._model.diagnostics import Diagnostics
from ansible_collections.secops.policy.plugins.module_utils._model.documented import Shape
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index
from ansible_collections.secops.policy.plugins.module_utils._model.plan import Plan, Request
from ansible_collections.secops.policy.plugins.module_utils._vendors.turnstile_options import errors

from . import plan as badge_planner
from .config import API, DEFAULTS, SCHEMA, Desired, needs_zones, resolve, rule_errors
from .description import DESCRIPTION
from .plan import Current, find, normal, to_api, to_config

Config = list[dict[str, t.Any]]

_RULE = Shape("a badge rule", id="id!", title="text!", level="number!", enabled="flag!", zoneIds="ids!")
_ZONE = Shape("a zone", id="id!", name="text!")


class BadgeRules:
    """The resource behind ``turnstile_badge_rule``."""

    schema = SCHEMA
    description = DESCRIPTION

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._path = f"/sites/{options['site']}/rules"

    @cached_property
    def _client(self) -> Client:
        vendor = Vendor("Turnstile", (), "X-Request-Id", str, lambda status, target: "")
        return Client(self._options["base_url"], vendor, _Bearer(self._options["token"]), self._options)

    def errors(self, config: Config, state: str) -> list[dict[str, str]]:
        return errors(self._options, state) + rule_errors(config)

    def rendered(self, config: Config, found: Diagnostics) -> list[dict[str, t.Any]]:
        return [{"method": "POST", "path": self._path, "body": to_api({**DEFAULTS, **entry})} for entry in config]

    def connect(self) -> Client:
        return self._client

    def read(self, config: Config | None, state: str, earlier: Current | None) -> Current:
        if earlier is not None:
            zones = earlier.zones
        else:
            zones = self._zones() if needs_zones(config or []) or state == "gathered" and self._options["with_names"] else None
        since = time.monotonic()
        listed = self._client.get(self._path).data["rules"]
        rules = [{ours: rule[name] for name, ours in API.items()} for rule in map(_RULE.check, listed)]
        return Current(self._path, {rule["rule_id"]: rule for rule in rules}, zones, since)

    def resolve(self, config: Config | None, state: str, current: Current) -> Desired:
        return resolve(config or [], current.zones)

    def plan(self, current: Current, desired: Desired, state: str) -> Plan:
        return badge_planner.plan(current, desired, state, self._options["evict"])

    def begun(self, desired: Desired, plan: Plan) -> Desired:
        return desired

    def proven(self, current: Current, plan: Plan) -> bool:
        return True

    def with_names(self, current: Current, config: Config | None, state: str, keys: t.Iterable[str]) -> Current:
        return current._replace(zones=current.zones or self._zones())

    def gathered(self, current: Current, desired: Desired, config: Config | None, found: Diagnostics) -> Config:
        Diagnostics(desired.errors).raise_errors()
        rules = current.rules.values() if config is None else [rule for unit in desired.units if (rule := find(current, unit))]
        return [to_config(rule, current.zones) for rule in rules]

    def ambiguous(self, current: Current) -> dict[str, list[str]]:
        return {"zones": current.zones.ambiguous() if current.zones is not None else []}

    def source(self) -> str:
        return f"{self._client.base_url}{self._path}"

    def place(self, current: Current) -> dict[str, str]:
        return {"vendor": "turnstile", "site": self._options["site"]}

    def undone(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return []

    def failures(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return []

    def recent_changes(self, current: t.Any, plan: Plan, made: t.Sequence[Request], started: float) -> dict[str, t.Any]:
        return {}

    def about(self) -> dict[str, t.Any]:
        return {}

    def canonical(self, current: Current, keys: t.Iterable[str]) -> dict[str, t.Any]:
        found = {key: normal(rule) for key, rule in _by_key(current).items()}
        return {key: found.get(key) for key in keys}

    def after_from_responses(self, current: Current, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        return plan.after

    def units(self, current: Current, keys: t.Iterable[str]) -> Config:
        found = _by_key(current)
        return [to_config(found[key], current.zones) for key in keys if key in found]

    def _zones(self) -> Index:
        listed = self._client.get(f"/sites/{self._options['site']}/zones").data["zones"]
        return Index("zone", [(str(zone["id"]), zone["name"]) for zone in map(_ZONE.check, listed)])


def _by_key(current: Current) -> dict[str, t.Any]:
    return {**{f"new: {rule['title']}": rule for rule in current.rules.values()}, **current.rules}


class _Bearer:
    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}

    def headers(self) -> dict[str, str]:
        return self._headers

    def renew(self, used: t.Mapping[str, str], times: int) -> bool:
        return False
