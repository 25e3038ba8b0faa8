# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""ESET Connect and ESET PROTECT On-Prem: hosts, signing in, paging, policies, groups and devices, and how their failures read."""

from __future__ import annotations

import time
import typing as t
from functools import partial
from urllib.parse import quote, urlsplit

from .._http.client import Client
from .._http.errors import ApiError
from .._http.links import Pages
from .._http.request import Vendor
from .._http.together import together
from .._model.documented import Shape
from .._model.lookup import Index
from .eset_auth import CLOUD_PATH, ON_PREM_PATH, TokenAuth
from .eset_options import ASSIGNMENTS, DEVICES, GROUPS, POLICIES

#: What the API documents of its answers (docs/specs/eset-*.openapi.json).
_ASSIGNMENT = Shape("a policy assignment", uuid="id!", policyUuid="id!", rank="rank", target="object!")
_NAMED = Shape("an item of a list", uuid="id!", displayName="text", parentGroupUuid="text")
_DEVICE = Shape("a device", uuid="id", displayName="text")

#: The group All, the same everywhere; its name is localised.
ROOT = "00000000-0000-0000-7001-000000000001"

_DOMAIN = "eset.systems"
#: The largest pages (spec: "values above 1000 will be coerced to 1000"; On-Prem's documentation: 10000).
_PAGE = {"cloud": 1000, "on_prem": 10000}
#: How long a query may be, in characters, so that its URL stays well below 8 KiB.
_QUERY = 4000
#: How a server says that it has no such call.
_NO_CALL = (404, 405, 501)


class Eset:
    """One tenant behind one set of credentials. ``options`` are the module's. Nothing is opened before the first read."""

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._on_prem = options["deployment"] == "on_prem"
        self._auth = TokenAuth(options, self._url(ON_PREM_PATH if self._on_prem else CLOUD_PATH))
        vendor = Vendor("ESET", (_DOMAIN,), "request-id", _error_message, _hint, pending="response-id")
        self.client = Client(self._host("policy-management"), vendor, self._auth, options)
        self._auth.client = self.client
        self.client.secrets |= self._auth.secrets

    def place(self) -> dict[str, str]:
        """Which tenant it is, as far as that can be told: where its policies are managed."""
        return {"vendor": "eset", "host": with_port(self.client.base_url)}

    def assignments(self, query: t.Mapping[str, str] | None = None) -> tuple[list[dict[str, t.Any]], float]:
        """The policy assignments that the credentials can see, in no particular order, and when (on the monotonic clock) the first answer
        came; ``query`` may limit them to one target."""
        items: list[dict[str, t.Any]] = []
        since = 0.0
        for page in self._pages(ASSIGNMENTS, "assignments", list((query or {}).items())):
            since = since or time.monotonic()
            items += map(_ASSIGNMENT.check, page)
        return items, since

    def policies(self) -> Index:
        """Every visible policy."""
        return Index("policy", [(str(item["uuid"]), _name(item)) for item in self._listed(POLICIES, "policies")])

    def device_groups(self) -> list[dict[str, t.Any]]:
        """Every device group."""
        return self._listed(GROUPS, "deviceGroups")

    def groups(self) -> Index:
        """Every device group, by name and by path from the group All (``All/Servers/Berlin``)."""
        return group_index(self.device_groups())

    def devices_named(self, names: t.Sequence[str]) -> Index:
        """The devices with one of these names; where one of them fits nothing, every device there is, to say what there is instead."""
        found = dict(self._devices(names))
        if not set(names) <= set(found.values()):
            found.update(self._devices([]))
        return Index("device", list(found.items()))

    def devices(self, uuids: t.Sequence[str]) -> dict[str, str]:
        """The names of those of these devices that there are."""
        found: dict[str, str] = {}
        for some in _in_parts("devicesUuids", uuids):
            part = self._batch(some) if len(some) > 1 or self._on_prem else None
            if part is None and self._on_prem:
                # A server that has not got the calls for devices says the same as one that has not got the device.
                members = dict(self.members())
                return {uuid: members[uuid] for uuid in uuids if uuid in members}
            found.update(self._one_by_one(some) if part is None else part)
        return found

    def _batch(self, uuids: t.Sequence[str]) -> dict[str, str] | None:
        """None where one of them is not there ("either every requested device is returned or none", says the spec), or the call is not."""
        try:
            data = self.client.get(self._url(f"{DEVICES}:batchGet"), [("devicesUuids", uuid) for uuid in uuids]).data
        except ApiError as error:
            if error.status not in (400, *_NO_CALL):
                raise
            return None
        return {str(item["uuid"]): _name(item) for item in map(_NAMED.check, _items(data, "devices", DEVICES))}

    def _one_by_one(self, uuids: t.Sequence[str]) -> dict[str, str]:
        found = together(self.client, [partial(self._one, uuid) for uuid in uuids])
        return {uuid: name for uuid, name in zip(uuids, found) if name is not None}

    def _one(self, uuid: str) -> str | None:
        try:
            data = self.client.get(self._url(f"{DEVICES}/{quote(uuid, safe='')}")).data
        except ApiError as error:
            if error.status not in (400, *_NO_CALL):
                raise
            return None
        device = data.get("device") if isinstance(data, dict) else None
        # A server that does not mind case found another id than the one that the assignments have.
        return _name(_DEVICE.check(device)) if isinstance(device, dict) and device.get("uuid") in (None, uuid) else None

    def _devices(self, names: t.Sequence[str]) -> list[tuple[str, str]]:
        """Those with one of these names, all where none are given."""
        found = []
        try:
            for some in _in_parts("displayNames", names) or [[]]:
                query = [("displayNames", name) for name in some]
                found += [(str(item["uuid"]), _name(item)) for item in self._listed(DEVICES, "devices", query)]
        except ApiError as error:
            if not self._on_prem or error.status not in _NO_CALL:
                raise
            found = self.members()
        return [(uuid, name) for uuid, name in found if not names or name in names]

    def members(self, group: str = ROOT) -> list[tuple[str, str]]:
        """The devices in a group and below it. Those of the group All are all devices: On-Prem 13.0 may have no list of devices."""
        listed = self._listed(f"{GROUPS}/{quote(group, safe='')}/devices", "devices", [("recurseSubgroups", "true")])
        return [(str(item["uuid"]), _name(item)) for item in listed]

    def _listed(self, path: str, key: str, query: t.Sequence[tuple[str, str]] = ()) -> list[dict[str, t.Any]]:
        """Every item of every page: things that have a name."""
        return [_NAMED.check(item) for page in self._pages(path, key, query) for item in page]

    def _pages(self, path: str, key: str, query: t.Sequence[tuple[str, str]]) -> t.Iterator[list[dict[str, t.Any]]]:
        """The items of each page; ``nextPageToken`` missing, null or empty means the end."""
        sized = [*query, ("pageSize", str(_PAGE[self._options["deployment"]]))]
        pages = Pages(path)
        token = ""
        while True:
            response = self.client.get(self._url(path), [*sized, ("pageToken", token)] if token else sized)
            found = _items(response.data, key, path)
            yield found
            token = response.data.get("nextPageToken") or ""
            if not token:
                return
            if not isinstance(token, str):
                raise ApiError(f"GET {path}: the token of the next page is not a text; the list cannot be read")
            pages.follow(response, len(found), token, "the next page")

    def _url(self, path: str) -> str:
        if path in (CLOUD_PATH, ON_PREM_PATH):
            return self._host("business-account.iam") + path
        return self._host("device-management" if path.startswith("/v1/") else "policy-management") + path

    def _host(self, service: str) -> str:
        base = self._options["base_url"]
        return base.rstrip("/") if base else f"https://{self._options['region']}.{service}.{_DOMAIN}"


def group_index(listed: t.Sequence[t.Mapping[str, t.Any]], only: t.Container[str] | None = None, where: str = "") -> Index:
    """Device groups by name and by path from the group All; those of ``only``, where it is given. ``where`` completes a sentence."""
    names = {str(item["uuid"]): _name(item) for item in listed}
    paths = _paths(names, {str(item["uuid"]): item.get("parentGroupUuid") for item in listed})
    inside = [(uuid, name) for uuid, name in names.items() if only is None or uuid in only]
    return Index("device group", inside, where, [(uuid, path) for uuid, path in paths if only is None or uuid in only])


def with_port(url: str) -> str:
    """The host of a URL and its port, also where that is the default."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _in_parts(key: str, values: t.Sequence[str]) -> list[list[str]]:
    """``values`` in as few parts as queries take that repeat ``key`` for each of them."""
    parts: list[list[str]] = []
    room = 0
    for value in values:
        size = len(quote(f"{key}={value}&", safe=""))
        if not parts or size > room:
            parts.append([])
            room = _QUERY
        parts[-1].append(value)
        room -= size
    return parts


def _items(data: t.Any, key: str, path: str) -> list[dict[str, t.Any]]:
    """The items of a page. An empty list may be left out (https://protobuf.dev/programming-guides/json/), but then nothing else stands
    there."""
    listed = data.get(key, [] if not set(data) - {"nextPageToken", "totalSize"} else None) if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise ApiError(f"GET {path}: the answer is not the list that the API documents. Check base_url, region and deployment")
    return listed


def _paths(names: t.Mapping[str, str], parents: t.Mapping[str, t.Any]) -> list[tuple[str, str]]:
    """The path of each group; below the group All also one that begins with All, whatever its name is here."""
    found = []
    for uuid in names:
        steps: list[str] = []
        here: t.Any = uuid
        while here in names and here not in steps:
            steps.insert(0, here)
            here = parents[here]
        labels = [names[step] for step in steps]
        found.append((uuid, "/".join(labels)))
        if steps[0] == ROOT and labels[0] != "All":
            found.append((uuid, "/".join(["All", *labels[1:]])))
    return found


def _name(item: t.Mapping[str, t.Any]) -> str:
    return str(item.get("displayName") or "")


def _error_message(data: t.Any) -> str:
    """gRPC's ``{"code", "message"}``, or OAuth's ``{"error", "error_description"}``."""
    if not isinstance(data, dict):
        return ""
    message = str(data.get("message") or data.get("error_description") or "")
    code = data.get("code") if data.get("code") is not None else data.get("error")
    if code is None:
        return message
    return f"{message.rstrip('.')} (code {code})" if message else f"code {code}"


def _hint(status: int | None, target: str) -> str:
    if status is None:
        return "Check region and base_url (or ESET_REGION and ESET_BASE_URL), the network and any proxy"
    if target.endswith((CLOUD_PATH, ON_PREM_PATH)) and status in (400, 401, 403):
        return (
            "Signing in was refused: check username and password (or ESET_USERNAME and ESET_PASSWORD), region and deployment. The account "
            "must be one for the API; On-Prem's built-in Administrator cannot use it"
        )
    if status == 401:
        return (
            "The access token is wrong or has expired: check access_token (or ESET_ACCESS_TOKEN), or give username and password beside it, "
            "both in the task or both in the environment"
        )
    if status == 403:
        return "The account may not do this: it needs the permission Use on Policies and on Groups & Computers. A firewall may also say so"
    if status in (400, 412) and target.endswith(":updateRanking"):
        return (
            "The rank may be above the number of the target's assignments, if somebody has removed some in the meantime. Assignments that "
            "these credentials cannot see count too. Run the task again: it reads the ranks again"
        )
    if status == 404 and "/policy-assignments/" in target:
        return "Somebody else may have removed it in the meantime. Run the task again: it reads the current state"
    if status == 404:
        return "What was asked for does not exist, or the account cannot see it: check region, base_url and deployment"
    return ""
