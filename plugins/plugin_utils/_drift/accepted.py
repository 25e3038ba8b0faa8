# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Accepted deviations: a file of ``{what, reason, expires}``, every error in it found, and what it covers. Pure."""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass

Item = dict[str, t.Any]

_KEYS = ("what", "reason", "expires")


@dataclass(frozen=True)
class Accepted:
    """One accepted deviation. ``expires`` as it was written, ``until`` the first moment at which it counts again."""

    what: str
    reason: str
    expires: str
    until: datetime.datetime

    def covers(self, identity: str) -> bool:
        """Whether ``what``, in which ``*`` stands for anything, is this id."""
        return re.fullmatch(".*".join(map(re.escape, self.what.split("*"))), identity, re.DOTALL) is not None


def parse(data: t.Any) -> tuple[list[Accepted], list[str]]:
    """The deviations in a file's data, and what is wrong with it, in words that name the place."""
    if data is None:
        return [], []
    if not isinstance(data, list):
        return [], ["it must be a list of entries with what, reason and expires"]
    found, errors = [], []
    for number, entry in enumerate(data):
        problems, made = _entry(entry)
        errors += [f"[{number}]{problem}" for problem in problems]
        if made is not None:
            found.append(made)
    return found, errors


def accept(items: t.Iterable[Item], accepted: t.Sequence[Accepted], now: datetime.datetime) -> list[dict[str, t.Any]]:
    """Mark the deviations that are accepted (``item["accepted"]``: ``{what, reason, expires}``, else None).

    Returns the entries as the report shows them, with how many deviations each covers, or would if it had not expired.
    """
    counts = [0] * len(accepted)
    for item in items:
        item["accepted"] = None
        for number, entry in enumerate(accepted):
            if item["verdict"] != "in_sync" and entry.covers(item["id"]):
                counts[number] += 1
                if item["accepted"] is None and now < entry.until:
                    item["accepted"] = {"what": entry.what, "reason": entry.reason, "expires": entry.expires}
    return [
        {"what": entry.what, "reason": entry.reason, "expires": entry.expires, "expired": now >= entry.until, "deviations": count}
        for entry, count in zip(accepted, counts)
    ]


def may_cover(what: str, beginning: str) -> bool:
    """Whether ``what`` covers any id that begins so."""
    literal, star, _rest = what.partition("*")
    return literal.startswith(beginning) or bool(star) and beginning.startswith(literal)


def _entry(entry: t.Any) -> tuple[list[str], Accepted | None]:
    if not isinstance(entry, dict):
        return [": must be a dictionary with what, reason and expires"], None
    errors = [f".{key}: is unknown; the known keys are what, reason and expires" for key in entry if key not in _KEYS]
    for key in ("what", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            errors.append(f".{key}: must be a text that is not empty")
    until = _until(entry.get("expires"))
    if until is None:
        errors.append(".expires: must be a date such as 2027-01-31, the last day on which it is accepted, or a point in time")
    if errors or until is None:
        return errors, None
    return [], Accepted(entry["what"], entry["reason"], _written(entry["expires"]), until)


def _until(value: t.Any) -> datetime.datetime | None:
    """The first moment after a day, or the point in time itself; UTC where no zone is given."""
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, datetime.datetime):
        return value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
    if isinstance(value, datetime.date):
        try:
            value += datetime.timedelta(days=1)
        except OverflowError:  # the last day that there is
            return datetime.datetime.max.replace(tzinfo=datetime.timezone.utc)
        return datetime.datetime.combine(value, datetime.time(), datetime.timezone.utc)
    return None


def _parsed(text: str) -> t.Any:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    try:
        # Python 3.10 does not know the Z.
        return datetime.datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
    except ValueError:
        return None


def _written(value: t.Any) -> str:
    return value.strip() if isinstance(value, str) else str(value.isoformat())
