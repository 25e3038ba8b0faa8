# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What a snapshot holds, so that whoever restores from it need not doubt a type or a key. Pure."""

from __future__ import annotations

import typing as t
from collections import Counter
from datetime import datetime

from ansible_collections.secops.policy.plugins.module_utils._model.description import Description
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

Unit = t.Mapping[str, t.Any]

STATES = ("planned", "done", "failed", "not run")

_WORDS = {str: "a text", bool: "true or false", int: "a whole number"}


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
    if module not in RESOURCES:
        return " is not a module of this collection"
    description = RESOURCES[module]
    units = [description.shape]
    wrong = _misfit(entry, {"state": str, "place": {"vendor": str}, "before": units, "after": units, "plan_digest": str}, "")
    if wrong:
        return wrong
    if entry["state"] not in STATES:
        return f".state is none of {', '.join(STATES)}"
    if entry["place"]["vendor"] != description.vendor.name or not all(isinstance(value, str) for value in entry["place"].values()):
        return ".place is not one of this module"
    for side in ("before", "after"):
        for number, unit in enumerate(entry[side]):
            if not _has_id(description, unit, side):
                return f".{side}[{number}] has no id, or more than one"
        twice = [key for key, count in Counter(map(description.key, entry[side])).items() if count > 1]
        if twice:
            return f".{side} holds {twice[0]} twice"
    return ""


def _has_id(description: Description, unit: Unit, side: str) -> bool:
    # What the server has yet to create has none.
    has_none = description.named(unit).keys().isdisjoint(kind.id_field for kind in description.kinds)
    return description.has_one_id(unit) or description.lifecycle and side == "after" and has_none


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
    # To Python, true is a number.
    fits = isinstance(data, shape) and isinstance(data, bool) == (shape is bool)
    return "" if fits and not _is_broken(data) else f"{path} is not {_WORDS[shape]}"


def _is_broken(data: t.Any) -> bool:
    """Whether it is a text with half of a surrogate pair, which nothing can carry."""
    return isinstance(data, str) and not data.isascii() and any("\ud800" <= letter <= "\udfff" for letter in data)


def _is_time(text: t.Any) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
