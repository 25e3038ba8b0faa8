# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users write for badge rules: schema, rules, and zones turned into ids. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.diagnostics import Diagnostics
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index
from ansible_collections.secops.policy.plugins.module_utils._model.plan import error
from ansible_collections.secops.policy.plugins.module_utils._vendors.turnstile_options import ARGUMENTS as CONNECTION

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT}
DEFAULTS: dict[str, t.Any] = {"level": 1, "enabled": True, "zone_ids": []}
#: Fields of ``config`` by those of the API.
API = {"id": "rule_id", "title": "title", "level": "level", "enabled": "enabled", "zoneIds": "zone_ids"}

SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "rule_id": _TEXT,
        "title": _TEXT,
        "level": {"type": "integer", "minimum": 1},
        "enabled": {"type": "boolean"},
        "zone_ids": _TEXTS,
        "zones": _TEXTS,
    },
}
ARGUMENTS: dict[str, t.Any] = {
    "config": {
        "type": "list",
        "elements": "dict",
        "options": {
            "rule_id": {"type": "str"},
            "title": {"type": "str"},
            "level": {"type": "int"},
            "enabled": {"type": "bool"},
            "zone_ids": {"type": "list", "elements": "str"},
            "zones": {"type": "list", "elements": "str"},
        },
    },
    "evict": {"type": "bool", "default": False},
    **CONNECTION,
}


class DesiredRule(t.NamedTuple):
    """One rule of the config, with zones by id alone."""

    path: str
    fields: dict[str, t.Any]


class Desired(t.NamedTuple):
    """The config by ids, and what is wrong with the names in it."""

    units: t.Sequence[DesiredRule] = ()
    errors: tuple[dict[str, str], ...] = ()


def rule_errors(config: t.Any) -> list[dict[str, str]]:
    """What the schema cannot say, for a config that may break it too."""
    return [
        error(f"config[{number}].title", "is required, or rule_id")
        for number, entry in enumerate(config)
        if isinstance(entry, dict) and not {"title", "rule_id"} & entry.keys()
    ]


def needs_zones(config: t.Iterable[t.Mapping[str, t.Any]]) -> bool:
    """Whether names make it necessary to read the zones."""
    return any("zones" in entry and "zone_ids" not in entry for entry in config)


def resolve(config: t.Sequence[t.Mapping[str, t.Any]], zones: Index | None) -> Desired:
    """The config by ids."""
    units, found = [], Diagnostics()
    for number, entry in enumerate(config):
        fields = {key: value for key, value in entry.items() if key != "zones"}
        if zones is not None and "zones" in entry and "zone_ids" not in entry:
            fields["zone_ids"] = []
            for place, name in enumerate(entry["zones"]):
                key, why = zones.find(name)
                if key is None:
                    found.error(f"config[{number}].zones[{place}]", why)
                else:
                    fields["zone_ids"].append(key)
        units.append(DesiredRule(f"config[{number}]", fields))
    return Desired(units, tuple(found.errors))
