# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""The drift report in words: what modules, units, fields and values are called where people read them. Pure."""

from __future__ import annotations

import json
import re
import typing as t

Data = t.Mapping[str, t.Any]

MODULE_NAMES = {
    "meraki_sentry_assignments": "Sentry policies",
    "meraki_private_app": "Private applications",
    "eset_policy_assignment": "ESET policy assignments",
}
#: What a verdict means, seen from what is there.
VERDICTS = {
    "in_sync": "is there as it should be",
    "changed": "differs from what is desired",
    "missing": "is desired, and not there",
    "extra": "is there, and not desired",
    "moved": "stands at another place than is desired",
    "unreadable": "could not be read",
}
_FIELDS = {
    "application_group_ids": "application group",
    "resource_group_ids": "application group",
    "destinations": "destination",
    "group_policy_id": "group policy",
    "sm_network_id": "SM network",
}

#: What neither XML 1.0 nor HTML can hold, however it is written.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def label(thing: Data | None) -> str:
    """A name with its id behind it, as far as there are any."""
    if thing is None:
        return ""
    name, own = thing["name"], thing["id"]
    return f"{name} ({own})" if name and own else name or own or ""


def field_name(field: str) -> str:
    """A field of ``config`` in words."""
    return _FIELDS.get(field, field.replace("_", " "))


def value(data: t.Any) -> str:
    """A field's value on one line; what is not there is empty."""
    if data is None:
        return ""
    if isinstance(data, str):
        return data
    if isinstance(data, bool):
        return "yes" if data else "no"
    if isinstance(data, list):
        return ", ".join(map(value, data))
    if isinstance(data, dict) and set(data) == {"destination_addr", "protocol_ports", "access_type"}:
        ports = "; ".join(f"{pair.get('protocol')} {pair.get('ports')}" for pair in data["protocol_ports"])
        return f"{', '.join(data['destination_addr'])} \N{MIDDLE DOT} {ports} \N{MIDDLE DOT} {data['access_type']}"
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def side(field: Data, key: str) -> str:
    """One side of a difference, ``actual`` or ``desired``: an id with its name before it, where it is known."""
    text = value(field[key])
    name = field.get("names", {}).get(text)
    return f"{name} ({text})" if name else text


def difference(field: Data) -> str:
    """One field on one line: what is there, and what is desired."""
    actual, desired = (side(field, key) or "nothing" for key in ("actual", "desired"))
    return f"{field_name(field['field'])}: {actual} \N{RIGHTWARDS ARROW} {desired}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 tenant``, ``2 tenants``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def clean(text: str) -> str:
    """``text`` with a replacement character for each one that neither XML nor HTML can hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
