# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change log of the Dashboard API's mock server, and whose key is asking.

A write by API is logged with the page ``via API`` and its method and path as the label, as the spec's example has it. What the dashboard
logs of an edit there is not documented: tests say it by ``add``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from .meraki_errors import Refusal, refuse
from .meraki_lists import last_page
from .web import Request, Response, json_response

if TYPE_CHECKING:
    from .meraki import Meraki

VIA_API = "via API"
_YEAR = timedelta(days=365)
#: Characters of an old or a new value that are kept.
_LONGEST = 2000


class ChangeLog:
    """The log of every organization, and the administrators behind the keys.

    - ``newest_first``: in which order the entries of a page stand; the spec does not say it
    - ``ahead``: by how many seconds the vendor's clock is ahead of this machine's
    - ``sends_date``: whether the answer carries the header ``Date``
    """

    def __init__(self, meraki: Meraki) -> None:
        self.newest_first = True
        self.ahead = 0.0
        self.sends_date = True
        self._meraki = meraki
        self._admins = itertools.count(9001)
        #: By organization, the oldest first.
        self._entries: dict[str, list[dict[str, Any]]] = {}
        self._values: dict[str, str] = {}

    def owner(self, name: str | None) -> dict[str, str]:
        """An administrator who may own a key."""
        number = next(self._admins)
        return {"id": str(number), "name": name or f"Administrator {number}", "email": f"admin-{number}@example.com"}

    def add(self, org_id: str, page: str, label: str, *, ago: float = 0.0, network_id: str | None = None, **more: Any) -> None:
        """An entry of so many seconds ``ago``; ``more`` are fields of it in the API's form, such as ``adminName`` and ``oldValue``."""
        made = {
            "ts": f"{self.now() - timedelta(seconds=ago):%Y-%m-%dT%H:%M:%S.%fZ}",
            "adminName": "Dana Dashboard",
            "adminEmail": "dana@example.com",
            "adminId": "8001",
            "networkName": self._meraki.network_name(network_id) if network_id else None,
            "networkId": network_id,
            "networkUrl": f"https://n1.meraki.com/n/{network_id}/manage/nodes/list" if network_id else None,
            "ssidName": None,
            "ssidNumber": None,
            "page": page,
            "label": label,
            "oldValue": "",
            "newValue": "",
            **more,
        }
        found = self._entries.setdefault(org_id, [])
        found.append(made)
        found.sort(key=lambda entry: str(entry["ts"]))

    def record(self, request: Request, key: Mapping[str, Any], org_id: str) -> None:
        """A write that was made by API."""
        label, value = f"{request.method} /api/v1{request.path}", request.body.decode("utf-8", "replace")[:_LONGEST]
        path = f"{org_id} {request.path}"
        admin = key["admin"]
        self.add(
            org_id,
            VIA_API,
            label,
            adminName=admin["name"],
            adminEmail=admin["email"],
            adminId=admin["id"],
            oldValue=self._values.get(path, "{}"),
            newValue=value,
        )
        self._values[path] = value

    def of(self, org_id: str) -> list[dict[str, Any]]:
        """A copy of an organization's log, the oldest entry first."""
        return [dict(entry) for entry in self._entries.get(org_id, [])]

    def now(self) -> datetime:
        """The vendor's time."""
        return datetime.now(timezone.utc) + timedelta(seconds=self.ahead)

    def routes(self) -> dict[str, Callable[..., Response]]:
        """The operations by the ids that the spec gives them."""
        return {"getOrganizationConfigurationChanges": self._list, "getAdministeredIdentitiesMe": self._identity}

    def _list(self, request: Request, key: Mapping[str, Any], org_id: str) -> Response:
        if not key["change_log"]:
            raise Refusal(403, "You don't have permission to view the change log")
        begin, end = self._span(request)
        wanted = {name: request.query[name][0] for name in ("networkId", "adminId") if name in request.query}
        found = [
            entry
            for entry in self._entries.get(org_id, [])
            if begin <= _time(entry["ts"]) <= end and all(entry[name] == value for name, value in wanted.items())
        ]
        # Cursors are places in the log: an entry has no id.
        listed = last_page(request, [str(number) for number in range(len(found))], 5000, self._meraki.page_most, self._meraki.link_origin)
        entries = [found[int(number)] for number in listed.keys]
        date = {"Date": format_datetime(self.now().replace(microsecond=0), usegmt=True)} if self.sends_date else {}
        return json_response(200, entries[::-1] if self.newest_first else entries, {**listed.headers, **date})

    def _span(self, request: Request) -> tuple[datetime, datetime]:
        """From when to when; ``Refusal`` for what the spec's texts rule out."""
        given = {name: request.query[name][0] for name in ("t0", "t1", "timespan") if name in request.query}
        refuse(["'timespan' cannot be given with 't0' or 't1'"] if "timespan" in given and len(given) > 1 else [])
        now = self.now()
        if "timespan" in given:
            return now - timedelta(seconds=float(given["timespan"])), now
        times = {}
        for name, text in given.items():
            try:
                times[name] = _time(text)
            except ValueError:
                raise Refusal(400, f"'{name}' is not a time in ISO 8601") from None
        begin = times.get("t0", now - _YEAR)
        end = times.get("t1", now)
        refuse(["'t0' must be within 365 days from today"] if now - begin > _YEAR + timedelta(minutes=1) else [])
        refuse(["'t1' must be after 't0', by 365 days at most"] if not timedelta() <= end - begin <= _YEAR + timedelta(minutes=1) else [])
        return begin, end

    def _identity(self, _request: Request, key: Mapping[str, Any]) -> Response:
        admin = key["admin"]
        return json_response(
            200,
            {
                "name": admin["name"],
                "email": admin["email"],
                "lastUsedDashboardAt": "2026-01-01T00:00:00Z",
                "authentication": {
                    "mode": "email",
                    "api": {"key": {"created": True}},
                    "twoFactor": {"enabled": False},
                    "saml": {"enabled": False},
                },
            },
        )


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
