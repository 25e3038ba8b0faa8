# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""What a snapshot holds, so that whoever restores from it need not doubt a type or a key; and what names a unit in it. Pure."""

from __future__ import annotations

import typing as t
from collections import Counter
from datetime import datetime

from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.config import KINDS
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.fields import GROUP_KEYS, ID_KEYS, own_id
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import (
    ASSIGNMENTS,
    MODULES,
    PRIVATE_APPS,
    SENTRY_POLICIES,
)

Unit = t.Mapping[str, t.Any]

STATES = ("planned", "done", "failed", "not run")

#: A type, a list of one shape, or a dictionary of keys; those with a question mark may be missing, and others may be there.
_PORTS = {"protocol": str, "ports": str}
_UNITS: dict[str, t.Any] = {
    ASSIGNMENTS: {"target": {f"{kind}?": str for kind in KINDS}, "policies": [{"policy_uuid": str, "policy?": str}]},
    SENTRY_POLICIES: {
        "network_id": str,
        "network?": str,
        "policies": [
            {
                "policy_id?": str,
                "sm_network_id?": str,
                "sm_network?": str,
                "scope?": str,
                "tags?": [str],
                "group_policy_id?": str,
                "group_policy?": str,
            }
        ],
    },
    PRIVATE_APPS: {
        **{f"{key}?": str for key in ID_KEYS.values()},
        "name": str,
        "description?": str,
        "destinations": [{"destination_addr": [str], "protocol_ports": [_PORTS], "access_type": str}],
        "app_protocol?": str,
        "sni?": str,
        "ssl_verification_enabled?": bool,
        **{f"{key}?": [str] for key in GROUP_KEYS.values()},
        "application_groups?": [str],
    },
}
_WORDS = {str: "a text", bool: "true or false"}


def unit_key(module: str, unit: Unit) -> str:
    """What names a unit: the same before and after a change, but for applications that have no id yet."""
    if module == SENTRY_POLICIES:
        return str(unit["network_id"])
    if module == PRIVATE_APPS:
        return own_id(unit) or f"new: {unit['name']}"
    return next(f"{kind} {unit['target'][kind]}" for kind in KINDS if kind in unit["target"])


def flaw(snapshot: t.Mapping[str, t.Any]) -> str:
    """The first thing in a snapshot that is not as it has to be, in words with its place; empty where all is."""
    if not _is_time(snapshot.get("made")):
        return "made is not a time"
    for module, entry in snapshot["modules"].items():
        wrong = _entry_flaw(module, entry)
        if wrong:
            return f"{module}{wrong}"
    return ""


def _entry_flaw(module: str, entry: t.Any) -> str:
    if module not in MODULES:
        return " is not a module of this collection"
    units = [_UNITS[module]]
    wrong = _misfit(entry, {"state": str, "place": {"vendor": str}, "before": units, "after": units, "plan_digest": str}, "")
    if wrong:
        return wrong
    if entry["state"] not in STATES:
        return f".state is none of {', '.join(STATES)}"
    if entry["place"]["vendor"] != module.partition("_")[0] or not all(isinstance(value, str) for value in entry["place"].values()):
        return ".place is not one of this module"
    for side in ("before", "after"):
        for number, unit in enumerate(entry[side]):
            if not _has_id(module, unit, side):
                return f".{side}[{number}] has no id, or more than one"
        twice = [key for key, count in Counter(unit_key(module, unit) for unit in entry[side]).items() if count > 1]
        if twice:
            return f".{side} holds {twice[0]} twice"
    return ""


def _has_id(module: str, unit: Unit, side: str) -> bool:
    if module == SENTRY_POLICIES:
        return bool(unit["network_id"])
    if module == PRIVATE_APPS:
        # What the server has yet to make has none.
        own = own_id(unit)
        return side == "after" if own is None else bool(own)
    return [bool(unit["target"][kind]) for kind in KINDS if kind in unit["target"]] == [True]


def _misfit(data: t.Any, shape: t.Any, path: str) -> str:
    if isinstance(shape, dict):
        if not isinstance(data, dict):
            return f"{path} is not a dictionary"
        for key, inner in shape.items():
            name = key.rstrip("?")
            if name not in data and not key.endswith("?"):
                return f"{path}.{name} is missing"
            wrong = _misfit(data[name], inner, f"{path}.{name}") if name in data else ""
            if wrong:
                return wrong
        return ""
    if isinstance(shape, list):
        if not isinstance(data, list):
            return f"{path} is not a list"
        return next(filter(None, (_misfit(item, shape[0], f"{path}[{number}]") for number, item in enumerate(data))), "")
    return "" if isinstance(data, shape) and not _is_broken(data) else f"{path} is not {_WORDS[shape]}"


def _is_broken(data: t.Any) -> bool:
    """Whether it is a text with half of a surrogate pair, which nothing can carry."""
    return isinstance(data, str) and not data.isascii() and any("\ud800" <= letter <= "\udfff" for letter in data)


def _is_time(text: t.Any) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
