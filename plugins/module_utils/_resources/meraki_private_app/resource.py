# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Private applications as the frame drives them: the domain tied to the Dashboard API, whichever of its two APIs they are behind."""

from __future__ import annotations

import typing as t
from functools import partial

from ..._http.client import Client
from ..._model.lookup import Index
from ..._model.plan import NEW, Plan, Request, ValidationErrors
from ..._vendors.meraki import Meraki
from ..._vendors.meraki_options import errors
from . import plan as private_app_planner
from .apis import EXPLICIT, detect
from .backend import Backend, Listed
from .config import FOREIGN, SCHEMA, Desired, foreign_ids, own_keys, rule_errors
from .description import DESCRIPTION
from .fields import Application, group_ids, normal, own_id, without_spaces
from .groups import Creating, needs_groups, resolve
from .order import Writes
from .plan import Current, Options, changed, emptied_groups, to_config

Config = list[dict[str, t.Any]]


class PrivateApplications:
    """The resource behind ``meraki_private_app``."""

    schema = SCHEMA
    description = DESCRIPTION

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._chosen = Options(options["force"], options["allow_group_removal"])
        self._api: t.Any = None
        # Nothing is read in state rendered, where auto is the API that has been there all along.
        chosen = "private_applications" if options["state"] == "rendered" and options["api"] == "auto" else options["api"]
        self._backend: Backend | None = EXPLICIT[chosen]() if chosen in EXPLICIT else None
        self._creating = Creating(options["create_groups"] and options["state"] != "deleted", hint=options["state"] != "deleted")
        self._groups: Index | None = None
        self._shown: Index | None = None
        self._listed: t.Sequence[t.Mapping[str, t.Any]] = []
        self._desired: list[Desired] | None = None
        self._errors: list[dict[str, str]] = []

    def errors(self, config: Config, state: str) -> list[dict[str, str]]:
        return errors(self._options, state) + rule_errors(config, state, self._backend)

    def rendered(self, config: Config) -> tuple[list[dict[str, t.Any]], list[str]]:
        entries = own_keys(config, self.backend)
        desired = [Desired(f"config[{number}]", _unbound(entry)) for number, entry in enumerate(entries)]
        changes, _unchanged, warnings = changed(Current("", self.backend, {}, None, desired), "merged")
        writes = Writes(self._options["organization_id"] or "", self.backend)
        return [
            {"method": "POST", "path": writes.target(), "body": self.backend.to_api(change.after, new=True)}
            for change in changes
            if change.after
        ], warnings + foreign_ids(entries, self.backend)

    def connect(self) -> Client:
        api = self._api = Meraki(self._options)
        if self._backend is not None:
            self._use(self._backend)
        return api.client

    @property
    def backend(self) -> Backend:
        """The API in use. Raises ``RuntimeError`` before it is known, which the first read makes it."""
        if self._backend is None:
            raise RuntimeError("the API is not known yet")
        return self._backend

    def read(self, config: Config | None, state: str) -> Current:
        found = self._read_applications()
        if self._desired is None:
            entries = own_keys(config or [], self.backend)
            for text in foreign_ids(entries, self.backend):
                self._api.client.warn(text)
            self._listed = _concerned(entries, state, found.applications)
            if needs_groups(self._listed):
                self._groups = self._read_groups()
            self._resolve()
            self._creating.settled = True
        elif self._creating.names:
            self._groups = self._read_groups()
            self._resolve()
        current = self._current(found)
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
        # That a group is not there is never proven by one list of groups.
        return current.counted and not t.cast("t.Mapping[str, t.Any]", plan.summary)["groups_created"]

    def with_names(self, current: Current, keys: t.Iterable[str]) -> Current:
        if self._groups is None and self._shown is None:
            self._shown = self._read_groups()
            found: list[dict[str, str]] = []
            # Whether names are read to be shown must not decide anything.
            resolve(self._listed, self._shown, found, self.backend, Creating(False, hint=False))
            for item in found:
                self._api.client.warn(f"{item['path']}: {item['message']}")
        return current._replace(shown=self._shown)

    def place(self) -> dict[str, str]:
        # An id means nothing in the other API, so that a plan, and a snapshot, is of one.
        return {**self._api.place(), "api": self.backend.name}

    def undone(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return []  # An application that was changed in between shows nothing of it.

    def failures(self, current: Current, now: Current, plan: Plan) -> list[str]:
        found, after = _by_key(current), _by_key(now)
        written = [key for key, form in plan.expected.items() if form is not None and key in after]
        return [f"{plan.titles[key]}: {text}" for key in written for text in self.backend.failures(found.get(key), after[key])]

    def recent_changes(self, current: Current, plan: Plan, made: t.Sequence[Request], started: float) -> dict[str, t.Any]:
        # Applications belong to no network, so that what the log says of one explains nothing.
        explains = partial(private_app_planner.explains, current, plan)
        found: dict[str, t.Any] = self._api.recent_changes(plan, (), explains, made, started)
        return found

    def about(self) -> dict[str, t.Any]:
        return {} if self._backend is None else {"api": self._backend.name}

    def gathered(self, current: Current, config: Config | None) -> tuple[Config, list[str]]:
        listed = current.applications.values()
        warnings = self.backend.remarks(listed, ())
        if config is None:
            return [to_config(item, current) for item in listed], warnings
        found = list(current.errors)
        warnings += [] if config else ["config is an empty list: nothing was asked for. Leave it out to gather the whole organization"]
        units = [existing for _unit, existing in private_app_planner.match(current, "gathered", found, warnings) if existing is not None]
        if found:
            raise ValidationErrors(found)
        return [to_config(item, current) for item in units], warnings

    def ambiguous(self, current: Current) -> dict[str, list[str]]:
        names = [(key, item["name"]) for key, item in current.applications.items()]
        groups = current.labels.ambiguous() if current.labels is not None else []
        return {"name": Index("application", names).ambiguous(), "application_groups": groups}

    def source(self) -> str:
        return str(self._api.source())

    def canonical(self, current: Current, keys: t.Iterable[str]) -> dict[str, t.Any]:
        found = {key: normal(item) for key, item in _by_key(current).items()}
        groups = {key: {"name": name} for key, name in current.creating.items() if key in current.made}
        return {key: groups.get(key, found.get(key)) for key in keys}

    def units(self, current: Current, keys: t.Iterable[str]) -> Config:
        found = _by_key(current)
        return [to_config(found[key], current) for key in keys if key in found]

    def after_from_responses(self, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        reported: dict[str, Application] = {}
        made: dict[str, str] = {}
        for request, data in responses:
            if request.produces is not None and request.extract_id is not None:
                made[self._creating.names[request.produces]] = request.extract_id(data)
            elif request.method != "DELETE" and (item := self.backend.told(data)) is not None:
                reported[item["application_id"]] = reported[item["name"]] = item
        units = [self._with_made(unit, made) for unit in plan.after]
        groups = self._shown or self._groups
        if groups is not None:
            groups = Index(groups.what, [*groups.names.items(), *((key, name) for name, key in made.items())])
        shown = Current("", self.backend, {}, groups, [])
        found = [reported.get(own_id(unit) or unit["name"]) for unit in units]
        return [to_config(item, shown) if item and normal(item) == normal(unit) else unit for item, unit in zip(found, units)]

    def _with_made(self, unit: dict[str, t.Any], made: t.Mapping[str, str]) -> dict[str, t.Any]:
        """A unit as planned, with the ids of the groups that were made for it."""
        ids, names = group_ids(unit), unit.get("application_groups", [])
        if NEW not in ids:
            return unit
        return {**unit, self.backend.group_key: [made.get(name, key) if key == NEW else key for key, name in zip(ids, names)]}

    def _use(self, backend: Backend) -> None:
        self._backend = backend
        if self._options["deprecation_warning"]:
            self._api.client.warn(backend.warning)

    def _read_applications(self) -> Listed:
        if self._backend is not None:
            return self._backend.read(self._api)
        backend, found, warnings = detect(self._api)
        self._use(backend)
        for text in warnings:
            self._api.client.warn(text)
        return found

    def _current(self, found: Listed) -> Current:
        made = self._creating.made(self._groups)
        keys = {own: key for key, own in made.items()}
        applications = found.applications
        if keys:
            applications = {
                own: {**item, "application_group_ids": [keys.get(group, group) for group in item["application_group_ids"]]}
                for own, item in applications.items()
            }
        return Current(
            self._api.organization(),
            self.backend,
            applications,
            self._groups,
            self._desired or [],
            tuple(self._errors),
            found.counted,
            found.since,
            self._shown,
            dict(self._creating.names),
            made,
        )

    def _resolve(self) -> None:
        self._errors = []
        self._desired = resolve(self._listed, self._groups, self._errors, self.backend, self._creating)

    def _read_groups(self) -> Index:
        return Index("application group", self.backend.groups(self._api))


def _concerned(config: Config, state: str, applications: t.Mapping[str, Application]) -> list[dict[str, t.Any]]:
    """The config without what does not matter: for gathered, and for deleted where the application is gone already (and its groups may
    have gone with it), an entry says which application is meant and nothing else."""
    names = {item["name"] for item in applications.values()}

    def matters(entry: t.Mapping[str, t.Any]) -> bool:
        existing = entry.get("application_id") in applications or entry.get("name") in names
        return state != "gathered" and (state != "deleted" or existing)

    identity = ("application_id", "name", FOREIGN)
    return [entry if matters(entry) else {key: entry[key] for key in identity if key in entry} for entry in config]


def _empties(current: Current, state: str) -> bool:
    try:
        return bool(emptied_groups(current, changed(current, state)[0]))
    except ValidationErrors:
        return False  # plan() raises them again, where they are reported.


def _by_key(current: Current) -> dict[str, t.Any]:
    return {**{f"new: {item['name']}": item for item in current.applications.values()}, **current.applications}


def _unbound(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """An entry as if nothing were there: no id to find it by, and groups given by name stay names."""
    fields = {key: value for key, value in entry.items() if key not in ("application_id", "application_groups", FOREIGN)}
    if not fields.get("application_group_ids"):
        fields["application_group_ids"] = [{"name": name} for name in entry.get("application_groups", [])]
    return without_spaces(fields)
