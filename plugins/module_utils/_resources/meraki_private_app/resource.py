# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Private applications as the frame drives them: the domain tied to the Dashboard API, whichever of its two APIs they are behind."""

from __future__ import annotations

import typing as t
from functools import cached_property, partial

from ..._http.client import Client
from ..._model.diagnostics import Diagnostics
from ..._model.lookup import Index
from ..._model.plan import NEW, Plan, Request, ValidationErrors
from ..._vendors.meraki import Meraki
from ..._vendors.meraki_options import errors
from . import plan as private_app_planner
from .apis import Choice
from .backend import Backend, Listed
from .config import FOREIGN, SCHEMA, Desired, DesiredApplication, foreign_ids, own_keys, rule_errors
from .description import DESCRIPTION
from .fields import Application, group_ids, normal, own_id, without_spaces
from .groups import made, missing, needs_groups, resolve
from .order import Writes
from .plan import Current, Options, changed, emptied_groups, gathered, to_config

Config = list[dict[str, t.Any]]


class PrivateApplications:
    """The resource behind ``meraki_private_app``."""

    schema = SCHEMA
    description = DESCRIPTION

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._choice = Choice(options)

    @cached_property
    def _api(self) -> Meraki:
        return Meraki(self._options)

    def errors(self, config: Config, state: str) -> list[dict[str, str]]:
        return errors(self._options, state) + rule_errors(config, state, self._choice.backend)

    def rendered(self, config: Config, found: Diagnostics) -> list[dict[str, t.Any]]:
        backend = self._choice.known
        entries = own_keys(config, backend)
        desired = Desired([DesiredApplication(f"config[{number}]", _unbound(entry)) for number, entry in enumerate(entries)])
        changes, _unchanged = changed(Current("", backend, {}), desired, "merged", found)
        found.warnings += foreign_ids(entries, backend)
        path = Writes(self._options["organization_id"] or "", backend).target()
        return [{"method": "POST", "path": path, "body": backend.to_api(change.after, new=True)} for change in changes if change.after]

    def connect(self) -> Client:
        self._choice.announce(self._api)
        return self._api.client

    def read(self, config: Config | None, state: str, earlier: Current | None) -> Current:
        found = self._choice.read(self._api)
        groups = self._groups(config, state, found) if earlier is None else self._groups_again(earlier)
        current = _current(self._api.organization(), self._choice.known, found, groups)
        if state == "gathered":
            naming = bool(self._options["with_names"])
        else:
            # What goes with an application is said by name.
            naming = current.labels is None and _empties(current, self.resolve(config, state, current), state)
        return self.with_names(current, config, state, ()) if naming else current

    def resolve(self, config: Config | None, state: str, current: Current) -> Desired:
        entries = _concerned(own_keys(config or [], current.backend), state, current.applications)
        return resolve(entries, current.backend, current.groups, current.creating, hint=state != "deleted")

    def plan(self, current: Current, desired: Desired, state: str) -> Plan:
        options = Options(self._options["force"], self._options["allow_group_removal"])
        return private_app_planner.plan(current, desired, state, options)

    def begun(self, desired: Desired, plan: Plan) -> Desired:
        return desired  # From any state in between the config alone says how it is to end.

    def proven(self, current: Current, plan: Plan) -> bool:
        # That a group is not there is never proven by one list of groups.
        return current.counted and not t.cast("t.Mapping[str, t.Any]", plan.summary)["groups_created"]

    def with_names(self, current: Current, config: Config | None, state: str, keys: t.Iterable[str]) -> Current:
        if current.labels is not None:
            return current
        shown = self._read_groups()
        entries = _concerned(own_keys(config or [], current.backend), state, current.applications)
        # Whether names are read to be shown must not decide anything.
        for item in resolve(entries, current.backend, shown, {}, hint=False).errors:
            self._api.client.warn(f"{item['path']}: {item['message']}")
        return current._replace(shown=shown)

    def place(self, current: Current) -> dict[str, str]:
        # An id means nothing in the other API, so that a plan, and a snapshot, is of one.
        return {**self._api.place(), "api": current.backend.name}

    def undone(self, current: Current, now: Current, plan: Plan) -> list[str]:
        return []  # An application that was changed in between shows nothing of it.

    def failures(self, current: Current, now: Current, plan: Plan) -> list[str]:
        found, after = _by_key(current), _by_key(now)
        written = [key for key, form in plan.expected.items() if form is not None and key in after]
        return [f"{plan.titles[key]}: {text}" for key in written for text in now.backend.failures(found.get(key), after[key])]

    def recent_changes(self, current: Current, plan: Plan, made: t.Sequence[Request], started: float) -> dict[str, t.Any]:
        # Applications belong to no network, so that what the log says of one explains nothing.
        explains = partial(private_app_planner.explains, current, plan)
        found: dict[str, t.Any] = self._api.recent_changes(plan, (), explains, made, started)
        return found

    def about(self) -> dict[str, t.Any]:
        return {} if self._choice.backend is None else {"api": self._choice.backend.name}

    def gathered(self, current: Current, desired: Desired, config: Config | None, found: Diagnostics) -> Config:
        return gathered(current, desired, config, found)

    def ambiguous(self, current: Current) -> dict[str, list[str]]:
        names = [(key, item["name"]) for key, item in current.applications.items()]
        groups = current.labels.ambiguous() if current.labels is not None else []
        return {"name": Index("application", names).ambiguous(), "application_groups": groups}

    def source(self) -> str:
        return self._api.source()

    def canonical(self, current: Current, keys: t.Iterable[str]) -> dict[str, t.Any]:
        found = {key: normal(item) for key, item in _by_key(current).items()}
        groups = {key: {"name": name} for key, name in current.creating.items() if key in current.made}
        return {key: groups.get(key, found.get(key)) for key in keys}

    def units(self, current: Current, keys: t.Iterable[str]) -> Config:
        found = _by_key(current)
        return [to_config(found[key], current) for key in keys if key in found]

    def after_from_responses(self, current: Current, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        backend = current.backend
        reported: dict[str, Application] = {}
        new: dict[str, str] = {}
        for request, data in responses:
            if request.produces is not None and request.extract_id is not None:
                new[current.creating[request.produces]] = request.extract_id(data)
            elif request.method != "DELETE" and (item := backend.told(data)) is not None:
                reported[item["application_id"]] = reported[item["name"]] = item
        units = [_with_made(backend, unit, new) for unit in plan.after]
        groups = current.labels
        if groups is not None:
            groups = Index(groups.what, [*groups.names.items(), *((key, name) for name, key in new.items())])
        shown = Current("", backend, {}, groups)
        found = [reported.get(own_id(unit) or unit["name"]) for unit in units]
        return [to_config(item, shown) if item and normal(item) == normal(unit) else unit for item, unit in zip(found, units)]

    def _groups(self, config: Config | None, state: str, found: Listed) -> _Groups:
        """The groups, as far as names in the config make them necessary; and those of them that are to be made."""
        entries = own_keys(config or [], self._choice.known)
        for text in foreign_ids(entries, self._choice.known):
            self._api.client.warn(text)
        listed = _concerned(entries, state, found.applications)
        groups = self._read_groups() if needs_groups(listed) else None
        creates = self._options["create_groups"] and state != "deleted"
        return _Groups(groups, None, missing(listed, groups) if creates and groups is not None else {})

    def _groups_again(self, earlier: Current) -> _Groups:
        """The same at a later read: whether they are there is asked again only of those that this run makes."""
        return _Groups(self._read_groups() if earlier.creating else earlier.groups, earlier.shown, earlier.creating)

    def _read_groups(self) -> Index:
        return Index("application group", self._choice.known.groups(self._api))


class _Groups(t.NamedTuple):
    """``listed``: the list that names need; ``shown``: the one that was read to be shown alone; ``creating``: the names of those that this
    run makes, by their keys."""

    listed: Index | None
    shown: Index | None
    creating: t.Mapping[str, str]


def _current(organization: str, backend: Backend, found: Listed, groups: _Groups) -> Current:
    """What was read, with the keys of the groups that this run makes in place of their ids."""
    ids = made(groups.creating, groups.listed)
    keys = {own: key for key, own in ids.items()}
    applications = found.applications
    if keys:
        applications = {
            own: {**item, "application_group_ids": [keys.get(group, group) for group in item["application_group_ids"]]}
            for own, item in applications.items()
        }
    return Current(organization, backend, applications, groups.listed, found.counted, found.since, groups.shown, groups.creating, ids)


def _with_made(backend: Backend, unit: dict[str, t.Any], new: t.Mapping[str, str]) -> dict[str, t.Any]:
    """A unit as planned, with the ids of the groups that were made for it."""
    ids, names = group_ids(unit), unit.get("application_groups", [])
    if NEW not in ids:
        return unit
    return {**unit, backend.group_key: [new.get(name, key) if key == NEW else key for key, name in zip(ids, names)]}


def _concerned(config: Config, state: str, applications: t.Mapping[str, Application]) -> list[dict[str, t.Any]]:
    """The config without what does not matter: for gathered, and for deleted where the application is gone already (and its groups may
    have gone with it), an entry says which application is meant and nothing else."""
    names = {item["name"] for item in applications.values()}

    def matters(entry: t.Mapping[str, t.Any]) -> bool:
        existing = entry.get("application_id") in applications or entry.get("name") in names
        return state != "gathered" and (state != "deleted" or existing)

    identity = ("application_id", "name", FOREIGN)
    return [entry if matters(entry) else {key: entry[key] for key in identity if key in entry} for entry in config]


def _empties(current: Current, desired: Desired, state: str) -> bool:
    try:
        return bool(emptied_groups(current, changed(current, desired, state, Diagnostics(desired.errors))[0]))
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
