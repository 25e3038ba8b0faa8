# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences of every failure that a test meets, and what no user should ever read in one. ``tests/conftest.py`` fails the test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: What the test that is running has met so far.
found: list[str] = []

_NEVER = ("internal error", "traceback", "please report it", "__omit_place_holder__")
_ID = r"(?:[NL]_\w+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{3,}|[a-z]\d)"
#: What a thing is called in sentences, by the key under which users write its name.
_NOUNS = {
    "network": "network",
    "sm_network": "Systems Manager network",
    "group_policy": "group policy",
    "device": "device",
    "device_group": "device group",
    "policy": "policy",
    "name": "application",
}
#: "network N_1", and not "network Branch 1 (N_1)".
_BY_ID = {key: re.compile(rf"\b{noun} '?({_ID})\b") for key, noun in _NOUNS.items()}
#: Of two sentences of which the first was taken for a part of one.
_STRAY = re.compile(r"\.;|[^.]\.\.(?:\s|$)")
_PART = re.compile(r"[^.\[\]]+|\[\d+\]")


def record(result: Mapping[str, Any], given: Any = None) -> None:
    """Remember what is wrong with the sentences of a failed result; ``given``: the options that the user wrote, where they are known."""
    if result.get("failed"):
        found.extend(flaws(result, given))


def flaws(result: Mapping[str, Any], given: Any = None) -> list[str]:
    """What is wrong with the sentences of a failure, each with the sentence."""
    # Below the first line is the plan; it has a test of its own.
    message = str(result.get("msg") or result.get("failure") or "").partition("\n")[0]
    errors = [item for item in result.get("errors") or [] if isinstance(item, dict)]
    said = []
    for text in (message, *(str(item["message"]) for item in errors)):
        # A template that cannot be evaluated is ansible-core's to tell.
        stray = [] if "undefined variable" in text else _STRAY.findall(text)
        said += [f"{word!r} in: {text}" for word in (*_NEVER, *(marks.casefold() for marks in stray)) if word in text.casefold()]
    for item in errors:
        written = _written(given, str(item["path"]))
        for key, by_id in _BY_ID.items():
            matches = by_id.findall(str(item["message"])) if key in written else []
            said += [
                f"{match} where {key} {written[key]!r} was written: {item['message']}" for match in matches if match not in str(written)
            ]
    return said


def _written(node: Any, path: str) -> dict[str, Any]:
    """Everything that was written on the way that a path leads, by key."""
    found: dict[str, Any] = {}
    for part in _PART.findall(path):
        if isinstance(node, Mapping):
            found.update((key, value) for key, value in node.items() if not isinstance(value, (Mapping, list)))
            node = node.get(part)
        elif isinstance(node, (list, tuple)) and part.startswith("["):
            node = node[int(part[1:-1])] if int(part[1:-1]) < len(node) else None
    if isinstance(node, Mapping):
        found.update((key, value) for key, value in node.items() if not isinstance(value, (Mapping, list)))
        for inner in node.values():
            found.update(inner if isinstance(inner, Mapping) else {})
    return found
