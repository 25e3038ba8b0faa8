# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""The groups that a config names: turned into ids, or to be made. Pure.

A group that this run makes has a key of its own in place of an id, from the plan on and however often it is read again: the server's id is
shown once it is known, and decides nothing.
"""

from __future__ import annotations

import typing as t

from ..._model.lookup import Index, folded, unlike
from ..._model.plan import error
from .backend import Backend
from .config import FOREIGN, Desired, name_errors
from .fields import without_spaces

Error = dict[str, str]


class Creating:
    """The groups that a run makes: ``names`` by their keys. ``allowed``: whether it may; ``settled``: what it makes has been decided."""

    def __init__(self, allowed: bool, hint: bool = True) -> None:
        self.names: dict[str, str] = {}
        self._allowed = allowed
        self._hint = hint
        self.settled = False

    def key(self, path: str, name: str, groups: Index, errors: list[Error]) -> str | None:
        """The key of a group that is, or will be, made; None where it is not: then ``errors`` says why, unless it is there."""
        key = f"new group: {name}"
        found, problem = groups.find(name)
        if found is None and groups.alike(name):
            # Also where somebody made another one while this run made its own.
            errors.append(error(path, problem))
        elif key in self.names:
            return key
        elif found is not None:
            return None
        elif not self._allowed or self.settled:
            errors.append(error(path, problem + (". With create_groups it would be created" if self._hint else "")))
        else:
            twin = next((other for other in self.names.values() if folded(other) == folded(name)), None)
            if twin is not None:
                errors.append(error(path, f"{name!r} differs {unlike(name, twin)} from {twin!r}, and neither group is there"))
            errors += name_errors(path, name)
            self.names[key] = name
            return key
        return None

    def made(self, groups: Index | None) -> dict[str, str]:
        """The ids of those that are there by now, by their keys."""
        found = {} if groups is None else {key: groups.means(name) for key, name in self.names.items()}
        return {key: ids[0] for key, ids in found.items() if len(ids) == 1}


def needs_groups(config: t.Iterable[t.Mapping[str, t.Any]]) -> bool:
    """Whether names make it necessary to read the groups."""
    return any(entry.get("application_groups") and "application_group_ids" not in entry for entry in config)


def resolve(
    config: t.Sequence[t.Mapping[str, t.Any]], groups: Index | None, errors: list[Error], backend: Backend, creating: Creating
) -> list[Desired]:
    """The config with groups by id, or by the key under which they are made; ``errors`` gets the names that fit nothing or fit twice, and
    what the list disproves."""
    desired = []
    for number, entry in enumerate(config):
        path = f"config[{number}]"
        foreign = entry.get(FOREIGN, [])
        if "name" not in entry and "application_id" not in entry:
            errors.append(error(f"{path}.name", f"is required, or {backend.id_key}: the organization has {backend.title}"))
            continue
        fields = {key: value for key, value in entry.items() if key not in ("application_groups", FOREIGN)}
        ids = fields.get("application_group_ids")
        if entry.get("application_groups") == [] and ids is None:
            fields["application_group_ids"] = []
        if groups is not None:
            _find(path, entry, fields, groups, errors, backend, creating)
        if "application_group_ids" in fields:
            fields["application_group_ids"] = list(dict.fromkeys(fields["application_group_ids"]))
        by_other_ids = any(key.endswith("_ids") for key in foreign) and "application_group_ids" not in fields
        desired.append(Desired(path, without_spaces(fields), "application_id" in entry or bool(foreign), by_other_ids))
    return desired


def _find(
    path: str,
    entry: t.Mapping[str, t.Any],
    fields: dict[str, t.Any],
    groups: Index,
    errors: list[Error],
    backend: Backend,
    creating: Creating,
) -> None:
    """Look the groups of one entry up in their list."""
    ids = fields.get("application_group_ids")
    unknown = [key for key in ids or [] if key not in groups.names]
    errors += [error(f"{path}.{backend.group_key}", f"there is no application group with the id {key}") for key in unknown]
    given = entry.get("application_groups", [])
    # Names may repeat where ids stand beside them.
    if "application_groups" not in entry or ids is not None and sorted(given) == sorted(groups.names.get(key, "") for key in ids):
        return
    named = []
    for place, name in enumerate(given):
        at = f"{path}.application_groups[{place}]"
        key = creating.key(at, name, groups, errors) if ids is None else None
        found, problem = (key, "") if key else groups.find(name)
        if found is not None:
            named.append(found)
        elif ids is not None:
            errors.append(error(at, problem))
    if ids is not None and set(ids) != set(named):
        says = f"are {', '.join(named) or 'none'}, but {backend.group_key} says {', '.join(ids) or 'none'}"
        errors.append(error(f"{path}.application_groups", says))
    fields["application_group_ids"] = named if ids is None else ids
