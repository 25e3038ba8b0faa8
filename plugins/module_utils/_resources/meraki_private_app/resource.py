# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Private applications as the frame drives them: the domain tied to the Dashboard API."""

from __future__ import annotations

import typing as t

from ..._http.client import Client
from ..._model.lookup import Index
from ..._model.plan import Plan, Request, ValidationErrors
from ..._vendors.meraki import Meraki
from ..._vendors.meraki_options import errors, organization_path
from . import plan as private_app_planner
from . import private_applications
from .config import SCHEMA, Desired, needs_groups, resolve, rule_errors
from .fields import Application, from_api, normal, path, to_api, without_spaces
from .plan import Current, Options, changed, emptied_groups, to_config
from .private_applications import WARNING

Config = list[dict[str, t.Any]]


class PrivateApplications:
    """The resource behind ``meraki_private_app``."""

    schema = SCHEMA

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._chosen = Options(options["force"], options["allow_group_removal"])
        self._api: t.Any = None
        self._groups: Index | None = None
        self._shown: Index | None = None
        self._listed: t.Sequence[t.Mapping[str, t.Any]] = []
        self._desired: list[Desired] | None = None
        self._errors: list[dict[str, str]] = []

    def errors(self, config: Config, state: str) -> list[dict[str, str]]:
        # The frame speaks of rendered as of merged; here it matters that nothing will be read.
        chosen = self._options["state"]
        return errors(self._options, chosen) + rule_errors(config, "rendered" if chosen == "rendered" else state)

    def rendered(self, config: Config) -> tuple[list[dict[str, t.Any]], list[str]]:
        desired = [Desired(f"config[{number}]", _unbound(entry)) for number, entry in enumerate(config)]
        changes, _unchanged, warnings = changed(Current("", {}, None, desired), "merged")
        target = organization_path(self._options["organization_id"], path())
        return [{"method": "POST", "path": target, "body": to_api(change.after, new=True)} for change in changes if change.after], warnings

    def connect(self) -> Client:
        api = self._api = Meraki(self._options)
        if self._options["deprecation_warning"]:
            api.client.warn(WARNING)
        return api.client

    def read(self, config: Config | None, state: str) -> Current:
        found = private_applications.applications(self._api)
        if self._desired is None:
            self._listed = _concerned(config or [], state, found.applications)
            if needs_groups(self._listed):
                self._groups = self._read_groups()
            self._resolve()
        current = Current(
            self._api.organization(),
            found.applications,
            self._groups,
            self._desired or [],
            tuple(self._errors),
            found.counted,
            found.since,
            self._shown,
        )
        if state == "gathered":
            naming = bool(self._options["with_names"])
        else:
            naming = _empties(current, state)  # What goes with an application is said by name.
        return self.with_names(current, ()) if naming else current

    def plan(self, current: Current, config: Config, state: str) -> Plan:
        return private_app_planner.plan(current, state, self._chosen)

    def begin(self, plan: Plan) -> None:
        pass  # From any state in between the config alone says how it is to end.

    def proven(self, current: Current, plan: Plan) -> bool:
        return current.counted

    def with_names(self, current: Current, keys: t.Iterable[str]) -> Current:
        if self._groups is None and self._shown is None:
            self._shown = self._read_groups()
            found: list[dict[str, str]] = []
            # Whether names are read to be shown must not decide anything.
            resolve(self._listed, self._shown, found)
            for item in found:
                self._api.client.warn(f"{item['path']}: {item['message']}")
        return current._replace(shown=self._shown)

    def place(self) -> dict[str, str]:
        return dict(self._api.place())

    def undone(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return []  # An application that was changed in between shows nothing of it.

    def gathered(self, current: Current, config: Config | None) -> tuple[Config, list[str]]:
        if config is None:
            return [to_config(item, current.labels) for item in current.applications.values()], []
        found: list[dict[str, str]] = []
        warnings = [] if config else ["config is an empty list: nothing was asked for. Leave it out to gather the whole organization"]
        units = [existing for _unit, existing in private_app_planner.match(current, "gathered", found, warnings) if existing is not None]
        if found:
            raise ValidationErrors(found)
        return [to_config(item, current.labels) for item in units], warnings

    def source(self) -> str:
        return str(self._api.source())

    def canonical(self, current: Current, keys: t.Iterable[str]) -> dict[str, t.Any]:
        found = _by_key(current)
        return {key: normal(found[key]) if key in found else None for key in keys}

    def units(self, current: Current, keys: t.Iterable[str]) -> Config:
        found = _by_key(current)
        return [to_config(found[key], current.labels) for key in keys if key in found]

    def after_from_responses(self, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        reported: dict[str, t.Any] = {}
        for request, data in responses:
            if request.method != "DELETE" and isinstance(data, dict) and "applicationId" in data:
                item = from_api(data)
                reported[item["application_id"]] = reported[item["name"]] = item
        found = [reported.get(unit.get("application_id", unit["name"])) for unit in plan.after]
        groups = self._shown or self._groups
        return [to_config(item, groups) if item and normal(item) == normal(unit) else unit for item, unit in zip(found, plan.after)]

    def _resolve(self) -> None:
        self._errors = []
        self._desired = resolve(self._listed, self._groups, self._errors)

    def _read_groups(self) -> Index:
        return Index("application group", private_applications.groups(self._api))


def _concerned(config: Config, state: str, applications: t.Mapping[str, Application]) -> list[dict[str, t.Any]]:
    """The config without what does not matter: for gathered, and for deleted where the application is gone already (and its groups may
    have gone with it), an entry says which application is meant and nothing else."""
    names = {item["name"] for item in applications.values()}

    def matters(entry: t.Mapping[str, t.Any]) -> bool:
        existing = entry.get("application_id") in applications or entry.get("name") in names
        return state != "gathered" and (state != "deleted" or existing)

    return [entry if matters(entry) else {key: entry[key] for key in ("application_id", "name") if key in entry} for entry in config]


def _empties(current: Current, state: str) -> bool:
    try:
        return bool(emptied_groups(current, changed(current, state)[0]))
    except ValidationErrors:
        return False  # plan() raises them again, where they are reported.


def _by_key(current: Current) -> dict[str, t.Any]:
    return {**{f"new: {item['name']}": item for item in current.applications.values()}, **current.applications}


def _unbound(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """An entry as if nothing were there: no id to find it by, and groups given by name stay names."""
    fields = {key: value for key, value in entry.items() if key not in ("application_id", "application_groups")}
    if not fields.get("application_group_ids"):
        fields["application_group_ids"] = [{"name": name} for name in entry.get("application_groups", [])]
    return without_spaces(fields)
