# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Who may have changed what differs: entries of a vendor's change log, as a module returns them, in a report and in words. Pure."""

from __future__ import annotations

import re
import typing as t

from .items import DEVIATIONS
from .text import clean, count, label

Data = t.Mapping[str, t.Any]

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z")
_TEXTS = ("ts", "admin", "network_id", "page", "label")


def recent_changes(result: Data) -> list[dict[str, t.Any]]:
    """What a module's result says of them, with the keys that it documents and no others."""
    listed = result.get("recent_changes")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [{**{key: _text(key, one.get(key)) for key in _TEXTS}, "certain": one.get("certain") is True} for one in found]


def was_read(result: Data, warnings: t.Iterable[str]) -> bool:
    """Whether the log was asked for, and could be read: a warning says where it could not."""
    return "recent_changes" in result and not any("the change log could not be read" in text for text in warnings)


def are_whole(listed: t.Any) -> bool:
    """Whether they are what a report holds."""
    return isinstance(listed, list) and all(
        isinstance(one, dict)
        and all(isinstance(one.get(key), str) or key == "network_id" and one.get(key) is None for key in _TEXTS)
        and isinstance(one.get("certain"), bool)
        for one in listed
    )


def change_lines(resource: Data, most: int) -> list[str]:
    """Who and when in words, a line for each, the newest first; ``most`` of them, and how many more there are."""
    listed = resource.get("recent_changes") or []
    if not listed and resource.get("change_log_read") and any(resource["counts"][key] for key in DEVIATIONS):
        return ["no entry of the change log explains it"]
    names = {item["unit"]["id"]: label(item["unit"]) for item in resource["items"]}
    lines = [_line(one, names) for one in listed[:most]]
    if len(listed) > most:
        lines.append(f"... and {count(len(listed) - most, 'more change')}, in drift.json")
    return lines


def when(text: str) -> str:
    """A time for people."""
    return _TIME.sub(r"\1 \2 UTC", text)


def _line(one: Data, names: t.Mapping[str | None, str]) -> str:
    what = ": ".join(filter(None, (one["page"], one["label"])))
    where = f", network {names.get(one['network_id'], one['network_id'])}" if one["network_id"] else ""
    text = f"{when(one['ts'])} {one['admin']}{where}: {what or 'a change without a label'}"
    return clean(text if one["certain"] else f"candidate: {text}").replace("\n", " ")


def _text(key: str, value: t.Any) -> str | None:
    return None if value is None and key == "network_id" else "" if value is None else str(value)
