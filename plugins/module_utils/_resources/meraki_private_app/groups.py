# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The groups that a config names: turned into ids, or to be made. Pure.

A group that this run makes has a key of its own in place of an id, from the plan on and however often it is read again: the server's id is
shown once it is known, and decides nothing.
"""

from __future__ import annotations

import typing as t

from ..._model.diagnostics import Diagnostics
from ..._model.lookup import Index, folded, unlike
from .backend import Backend
from .config import FOREIGN, Desired, DesiredApplication, name_errors
from .fields import without_spaces

Config = t.Sequence[t.Mapping[str, t.Any]]


def needs_groups(config: Config) -> bool:
    """Whether names make it necessary to read the groups."""
    return any(entry.get("application_groups") and "application_group_ids" not in entry for entry in config)


def missing(config: Config, groups: Index) -> dict[str, str]:
    """The names of the groups that the config names and that are not there, by the keys under which they can be made."""
    named = [name for entry in config if "application_group_ids" not in entry for name in entry.get("application_groups", [])]
    return {_key(name): name for name in named if not groups.means(name) and not groups.alike(name)}


def made(creating: t.Mapping[str, str], groups: Index | None) -> dict[str, str]:
    """The ids of those groups that are there by now, by the keys under which they are made."""
    found = {} if groups is None else {key: groups.means(name) for key, name in creating.items()}
    return {key: ids[0] for key, ids in found.items() if len(ids) == 1}


def resolve(config: Config, backend: Backend, groups: Index | None, creating: t.Mapping[str, str], hint: bool) -> Desired:
    """The config with groups by id, or by the key under which they are made; its errors are the names that fit nothing or fit twice, and
    what the list disproves. ``creating``: the names of the groups that this run makes, by their keys; ``hint``: whether to say that groups
    could be made."""
    found = Diagnostics()
    finder = None if groups is None else _Groups(backend, groups, creating, hint, found)
    units = []
    for number, entry in enumerate(config):
        path = f"config[{number}]"
        foreign = entry.get(FOREIGN, [])
        if "name" not in entry and "application_id" not in entry:
            found.error(f"{path}.name", f"is required, or {backend.id_key}: the organization has {backend.title}")
            continue
        fields = {key: value for key, value in entry.items() if key not in ("application_groups", FOREIGN)}
        if entry.get("application_groups") == [] and fields.get("application_group_ids") is None:
            fields["application_group_ids"] = []
        if finder is not None:
            finder.find(path, entry, fields)
        if "application_group_ids" in fields:
            fields["application_group_ids"] = list(dict.fromkeys(fields["application_group_ids"]))
        by_other_ids = any(key.endswith("_ids") for key in foreign) and "application_group_ids" not in fields
        units.append(DesiredApplication(path, without_spaces(fields), "application_id" in entry or bool(foreign), by_other_ids))
    return Desired(units, tuple(found.errors))


class _Groups:
    """Looks groups up in their list, and tells ``found`` what is wrong with their names."""

    def __init__(self, backend: Backend, groups: Index, creating: t.Mapping[str, str], hint: bool, found: Diagnostics) -> None:
        self._backend = backend
        self._groups = groups
        self._creating = creating
        self._hint = hint
        self._found = found
        #: Those to be made that were met before, by their keys.
        self._met: dict[str, str] = {}

    def find(self, path: str, entry: t.Mapping[str, t.Any], fields: dict[str, t.Any]) -> None:
        """The groups of one entry, by id, into ``fields``."""
        names, ids = self._groups.names, fields.get("application_group_ids")
        for key in ids or []:
            if key not in names:
                self._found.error(f"{path}.{self._backend.group_key}", f"application group {key} does not exist")
        given = entry.get("application_groups", [])
        # Names may repeat where ids stand beside them.
        if "application_groups" not in entry or ids is not None and sorted(given) == sorted(names.get(key, "") for key in ids):
            return
        places = [(f"{path}.application_groups[{place}]", name) for place, name in enumerate(given)]
        listed = [self._listed(at, name) if ids is not None else self._listed_or_made(at, name) for at, name in places]
        named = [key for key in listed if key is not None]
        if ids is not None and set(ids) != set(named):
            says = f"are {', '.join(named) or 'none'}, but {self._backend.group_key} says {', '.join(ids) or 'none'}"
            self._found.error(f"{path}.application_groups", says)
        fields["application_group_ids"] = named if ids is None else ids

    def _listed(self, path: str, name: str) -> str | None:
        """The id of a group."""
        found, problem = self._groups.find(name)
        if found is None:
            self._found.error(path, problem)
        return found

    def _listed_or_made(self, path: str, name: str) -> str | None:
        """The id of a group, or the key of one that is, or will be, made."""
        there = self._groups.means(name)
        if len(there) != 1 and self._groups.alike(name):
            # Also where somebody made another one while this run made its own.
            return self._listed(path, name)
        key = _key(name)
        if key in self._creating:
            self._meet(path, key, name)
            return key
        if not there:
            self._found.error(path, self._groups.find(name)[1] + (". With create_groups it would be created" if self._hint else ""))
        return there[0] if there else None

    def _meet(self, path: str, key: str, name: str) -> None:
        """Check the name of a group that this run makes, where it stands first."""
        if key in self._met:
            return
        twin = next((other for other in self._met.values() if folded(other) == folded(name)), None)
        if twin is not None:
            self._found.error(path, f"{name!r} differs {unlike(name, twin)} from {twin!r}, and neither group exists")
        self._found.errors += name_errors(path, name)
        self._met[key] = name


def _key(name: str) -> str:
    return f"new group: {name}"
