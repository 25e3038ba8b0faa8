# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The change log of an organization: which of its entries may explain what a plan finds different. Pure.

Documented are the parameters, the fields of an entry, and that the log is paged. That a page holds the newest entries unless a token asks
for others, in which order they stand, and what the dashboard calls its own pages, is not documented. So entries are put in order here, and
only a call of the API, which the log names by method and path, is said to be certain. Old and new values are never looked at.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from datetime import datetime, timezone
from urllib.parse import unquote

from .._model.documented import Shape

#: What the log says in place of a page of the dashboard where a change was made by API.
VIA_API = "via API"
#: Entries of a result, and characters of a text in one.
MOST = 50
_LONGEST = 300

_ENTRY = Shape(
    "an entry of the change log",
    ts="text!",
    adminName="text",
    adminEmail="text",
    adminId="id",
    networkId="id",
    page="text",
    label="text",
)
_IDENTITY = Shape("the administrator behind the key", name="text", email="text")
_CALL = re.compile(r"(GET|POST|PUT|DELETE|PATCH) /api/v\d+(/[^\s?]*)(?:\?\S*)?")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s*(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)

#: Whether a call of a path explains what a plan finds different: True, None where it only may, False where nothing speaks for it.
Explains = t.Callable[[str], "bool | None"]


class Admin(t.NamedTuple):
    """Whom the log, or the API, names."""

    name: str
    email: str
    id: str = ""


class Entry(t.NamedTuple):
    """One entry. ``at``: its time in seconds since 1970. ``call``: the method and the path where it is a call of the API, else None."""

    ts: str
    at: float
    admin: Admin
    network_id: str | None
    page: str
    label: str
    call: tuple[str, str] | None


def entries(data: t.Any) -> list[Entry]:
    """The log's entries, the newest first. Raises ``Undocumented``."""
    listed = [_entry(_ENTRY.check(item)) for item in Shape("the change log", entries="objects!").check({"entries": data})["entries"]]
    return sorted(listed, key=lambda entry: entry.at, reverse=True)


def identity(data: t.Any) -> Admin:
    """Whose key is asking. Raises ``Undocumented``."""
    found = _IDENTITY.check(data)
    return Admin(found.get("name") or "", found.get("email") or "")


def call(method: str, path: str) -> tuple[str, str]:
    """A request in the form in which two of them are compared."""
    return method, unquote(path)


def without_own(
    listed: t.Sequence[Entry], made: t.Sequence[tuple[str, str]], since: float, ask: t.Callable[[], Admin | None]
) -> list[Entry]:
    """The entries without those of the calls that this run ``made``, ``since`` then in the server's time: they explain nothing.

    Where there are more of a call than this run made, somebody else made it as well. Then ``ask`` says, once, whose key this is (None: not
    known), and nothing is left out that is not this key's.
    """
    calls = Counter(made)
    own = [entry for entry in listed if entry.call is not None and entry.call in calls and entry.at >= since]
    if Counter(entry.call for entry in own if entry.call is not None) - calls:
        who = ask()
        own = [entry for entry in own if who is not None and _same(entry.admin, who)]
    dropped = {id(entry) for entry in own}
    return [entry for entry in listed if id(entry) not in dropped]


def explaining(listed: t.Sequence[Entry], networks: t.Collection[str], explains: Explains) -> list[dict[str, t.Any]]:
    """What may explain a plan that changes these ``networks``, as results show it. Left out are entries of other networks, and calls of
    unrelated paths where the log does not say that they concern one of these. ``explains`` is asked for paths below the API's version."""
    names = _names(listed)
    found = []
    for entry in listed:
        certain = explains(entry.call[1]) if entry.call else None
        if entry.network_id in networks or entry.network_id is None and certain is not False:
            found.append(
                {
                    "ts": entry.ts,
                    "admin": _short(names[entry.admin]),
                    "network_id": entry.network_id,
                    "page": _short(entry.page),
                    "label": _short(entry.label),
                    "certain": certain is True,
                }
            )
    return found


def newest(found: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """As many as a result holds: the certain ones before the others, in the order in which they were."""
    kept = sorted(range(len(found)), key=lambda number: (not found[number]["certain"], number))[:MOST]
    return [found[number] for number in sorted(kept)]


def _entry(item: t.Mapping[str, t.Any]) -> Entry:
    page, label = item.get("page") or "", item.get("label") or ""
    made = _CALL.fullmatch(label.strip()) if page.strip().lower() == VIA_API.lower() else None
    network = item.get("networkId")
    admin = Admin(item.get("adminName") or "", item.get("adminEmail") or "", str(item.get("adminId") or ""))
    ts = _short(item["ts"])
    return Entry(ts, _seconds(ts), admin, None if network is None else str(network), page, label, call(made[1], made[2]) if made else None)


def _seconds(text: str) -> float:
    """A time in ISO 8601 as seconds since 1970; what is none is older than everything."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return 0.0
    day, time, fraction, zone = found.groups()
    zone = "+00:00" if zone is None or zone.upper() == "Z" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    try:
        return datetime.fromisoformat(f"{day}T{time}.{(fraction or '')[:6]:0<6}{zone}").astimezone(timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _names(listed: t.Sequence[Entry]) -> dict[Admin, str]:
    """What each administrator is called: by name, with the address or the id behind it where several have that name."""
    people = {entry.admin for entry in listed}
    by_id = {admin.id: admin for admin in sorted(people) if admin.id and admin.name}
    known = {admin: by_id.get(admin.id, admin) for admin in people}
    shared = Counter(admin.name for admin in set(known.values()))
    return {admin: _called(one, shared[one.name] > 1) for admin, one in known.items()}


def _called(admin: Admin, is_shared: bool) -> str:
    own = admin.email or (f"administrator {admin.id}" if admin.id else "")
    if not admin.name:
        return own or "unknown"
    return f"{admin.name} ({own})" if is_shared and own else admin.name


def _same(one: Admin, other: Admin) -> bool:
    if one.email and other.email:
        return one.email.casefold() == other.email.casefold()
    return bool(one.name) and one.name == other.name


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
