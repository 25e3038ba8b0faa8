# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The Meraki Dashboard API: signing, paging, organizations, networks, group policies, and how its failures read."""

from __future__ import annotations

import re
import time
import typing as t
from functools import partial
from urllib.parse import quote

from .._http.client import Client
from .._http.errors import ApiError
from .._http.links import Pages
from .._http.request import Vendor
from .._http.together import together
from .._model.documented import Shape, Undocumented
from .._model.lookup import Index
from .._model.plan import Plan, Request, ValidationErrors, error
from .meraki_options import organization_path, stripped_key

if t.TYPE_CHECKING:
    from .._http.request import Response
    from .meraki_changes import Admin, Explains

#: Seconds that the change log is worth, and the most entries on one of its pages that every version of the API allows (spec).
_CHANGES_TIME = 10.0
_CHANGES_PAGE = 5000
#: A server tells its time in whole seconds, and logs a write a little after or before it.
_CLOCK = 2.0

_ORGANIZATION = Shape("an organization", id="id!", name="text!")
_NETWORK = Shape("a network", id="id!", name="text!", tags="texts", productTypes="texts")
_GROUP_POLICY = Shape("a group policy", groupPolicyId="id!", name="text!")


class Meraki:
    """One organization behind one API key. ``options`` are the module's."""

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._organization: str | None = None
        key = stripped_key(options)
        vendor = Vendor(
            "Meraki Dashboard",
            ("meraki.com", "meraki.ca", "meraki.cn", "meraki.in", "gov-meraki.com"),
            "X-Request-Id",
            _error_message,
            _hint,
        )
        self.client = Client(options["base_url"], vendor, _Bearer(key), options)
        self.client.secrets.add(key)

    def organization(self) -> str:
        """The organization's id; looked up once where only its name is given. Raises ``ValidationErrors``."""
        if self._organization is None:
            self._organization = self._options["organization_id"] or self._by_name(self._options["organization"])
        return self._organization

    def source(self) -> str:
        """The organization's URL."""
        return self.client.base_url + self.path("")

    def place(self) -> dict[str, str]:
        """Which tenant it is: the organization's id, also where its name was given."""
        return {"vendor": "meraki", "organization": self.organization()}

    def path(self, tail: str) -> str:
        """A path below the organization."""
        return organization_path(self.organization(), tail)

    def pages(self, path: str, query: t.Mapping[str, t.Any]) -> t.Iterator[t.Any]:
        """The body of each page, following ``Link``. Raises ``ApiError`` where a link leads away, or in a circle, or on and on."""
        response = self.client.get(path, query)
        pages = Pages(path)
        while True:
            yield response.data
            url = response.next_url
            if url is None:
                return
            if not self.client.trusts(url):
                raise ApiError(
                    f"GET {path}: the Link to the next page leads to {self.client.host_of(url)}, which is neither the host of base_url nor "
                    "the vendor's, and is not followed. Check base_url"
                )
            pages.follow(response, _things(response.data), url, "the Link to the next page")
            response = self.client.get(url)

    def organizations(self) -> list[dict[str, t.Any]]:
        """Every organization that the key can see. Page size: the largest (spec, getOrganizations)."""
        organizations: list[dict[str, t.Any]] = []
        for page in self.pages("/organizations", {"perPage": 9000}):
            organizations += [_ORGANIZATION.check(item) for item in _listed(page, "organizations")]
        return organizations

    def networks(self) -> list[dict[str, t.Any]]:
        """Every network of the organization that the key can see. Page size: the largest (spec, getOrganizationNetworks)."""
        networks: list[dict[str, t.Any]] = []
        for page in self.pages(self.path("/networks"), {"perPage": 100000}):
            networks += [_NETWORK.check(item) for item in _listed(page, "networks")]
        return networks

    def group_policies(self, network_ids: t.Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """For each network its group policies as ``(id, name)``; one request a network, concurrently."""

        def read(network_id: str) -> list[tuple[str, str]]:
            data = self.client.get(f"/networks/{quote(network_id, safe='')}/groupPolicies").data
            where = f" of network {network_id}"
            listed = [_GROUP_POLICY.check(item, where) for item in _listed(data, "group policies")]
            return [(str(item["groupPolicyId"]), item["name"]) for item in listed]

        return dict(zip(network_ids, together(self.client, [partial(read, network_id) for network_id in network_ids])))

    def recent_changes(
        self, plan: Plan, networks: t.Collection[str], explains: Explains, made: t.Sequence[Request], started: float
    ) -> dict[str, t.Any]:
        """The result's ``recent_changes``, where the options ask for it: entries of the change log that may explain a plan which changes
        these ``networks``. As ``Resource.recent_changes``; ``explains`` is asked for paths below the organization."""
        days = self._options["recent_changes_days"]
        if not days:
            return {}
        found: list[dict[str, t.Any]] = []
        if plan.requests:
            try:
                found = self._changes(days, networks, explains, made, started)
            except (ApiError, Undocumented) as problem:
                self.client.warn(f"recent_changes: who changed it is not known, because the change log could not be read: {problem}")
        return {"recent_changes": found}

    def _changes(
        self, days: int, networks: t.Collection[str], explains: Explains, made: t.Sequence[Request], started: float
    ) -> list[dict[str, t.Any]]:
        from . import meraki_changes as log  # Most runs change nothing.

        client = self.client.limited(_CHANGES_TIME)
        response = client.get(self.path("/configurationChanges"), {"timespan": days * 86400, "perPage": _CHANGES_PAGE})
        listed = log.entries(response.data)
        if len(listed) >= _CHANGES_PAGE:
            self.client.warn(f"recent_changes: of the change log the newest {len(listed)} entries were looked at, and no earlier ones")

        def ask() -> Admin | None:
            try:
                return log.identity(client.get("/administered/identities/me").data)
            except (ApiError, Undocumented):
                return None  # Then nothing is left out.

        if made:
            calls = [log.call(request.method, request.path) for request in made]
            listed = log.without_own(listed, calls, _server_time(response) - (time.monotonic() - started) - _CLOCK, ask)
        own = log.call("", self.path("/"))[1]

        def related(path: str) -> bool | None:
            tail = path[len(own) - 1 :] if path.startswith(own) else ""
            # A batch may hold any call.
            return None if tail.startswith("/actionBatches") else bool(tail) and explains(tail)

        found = log.explaining(listed, networks, related)
        shown = log.newest(found)
        if len(shown) < len(found):
            self.client.warn(f"recent_changes: {len(found)} entries of the change log may explain the difference; {len(shown)} are shown")
        return shown

    def _by_name(self, name: str) -> str:
        listed = [(str(item["id"]), item["name"]) for item in self.organizations()]
        found, problem = Index("organization", listed).find(name)
        if found is None:
            raise ValidationErrors([error("organization", problem)])
        return found


class _Bearer:
    def __init__(self, key: str) -> None:
        self._headers = {"Authorization": f"Bearer {key}"}

    def headers(self) -> dict[str, str]:
        return self._headers

    def renew(self, used: t.Mapping[str, str], times: int) -> bool:
        return False


def _server_time(response: Response) -> float:
    """The server's time at its answer, in seconds since 1970: its clock need not go as this machine's."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return time.time()


def _listed(data: t.Any, what: str) -> list[t.Any]:
    if not isinstance(data, list):
        raise ApiError(f"the list of {what} is not a list")
    return data


def _things(page: t.Any) -> int:
    """How many things a page holds: it is a list, or an object with one under ``items`` or ``data``, or a list of such an object."""
    if isinstance(page, list):
        return sum(_things(item) if isinstance(item, dict) and "items" in item else 1 for item in page)
    listed = (page.get("items") or page.get("data")) if isinstance(page, dict) else None
    return len(listed) if isinstance(listed, list) else 0


def _error_message(data: t.Any) -> str:
    """``{"errors": ["..."]}``, as the vendor documents it, or what looks alike."""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors") or data.get("error") or data.get("message") or ""
    return "; ".join(map(str, errors)) if isinstance(errors, list) else str(errors)


def _hint(status: int | None, target: str) -> str:
    if status is None:
        return "Check base_url (or MERAKI_DASHBOARD_BASE_URL), the network and any proxy"
    if status in (400, 409, 422):
        return "Fix what it names, and run the task again"
    if status == 401:
        return "The API key was not accepted: check api_key (or MERAKI_DASHBOARD_API_KEY)"
    if status == 403:
        return "The API key may not do this: reading needs a read-only administrator, writing a full one"
    if status == 404 and re.search(r"/secureConnect/private\w+/[^/]+$", target):
        return "It was removed in the meantime. Run the task again: it plans from the current state"
    if status == 404 and "/secureConnect/" in target:
        return (
            "The organization does not exist, the key cannot see it, its API access is off, it has not opted in to early access for Secure "
            "Connect, or it has the other API (option api). Check that base_url ends in /api/v1"
        )
    if status == 404:
        return (
            "What was asked for does not exist, the key cannot see it, or the organization's API access is off: check organization_id (or "
            "MERAKI_ORGANIZATION_ID) and the key, and that base_url ends in /api/v1"
        )
    return ""
