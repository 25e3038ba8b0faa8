# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Secure Connect's private applications, which the vendor has marked deprecated."""

from __future__ import annotations

import time
import typing as t
from urllib.parse import quote

from ..._http.errors import ApiError
from ..._model.documented import Shape
from ..._model.plan import error
from .backend import Error, Listed
from .fields import DEFAULTS, GROUP_KEYS, ID_KEYS, LIMIT, Application, pairs_from_api, pairs_to_api

if t.TYPE_CHECKING:
    from ..._vendors.meraki import Meraki

_PATH = "/secureConnect/privateApplications"
_API = {
    "name": "name",
    "description": "description",
    "app_protocol": "appProtocol",
    "sni": "sni",
    "ssl_verification_enabled": "sslVerificationEnabled",
    "application_group_ids": "applicationGroupIds",
}
#: What the API documents of its answers (docs/specs/meraki-secure-connect.openapi.json).
_APPLICATION = Shape(
    "an application",
    applicationId="id!",
    name="text!",
    description="text",
    destinations="objects",
    appProtocol="text",
    sni="text",
    sslVerificationEnabled="flag",
    applicationGroupIds="ids",
)
_DESTINATION = Shape("a destination", destinationAddr="texts", protocolPorts="objects", accessType="text")
_META = Shape("meta", total="number")
_GROUP = Shape("an application group", applicationGroupId="id!", name="text!", applicationIds="ids")


class NotThere(ApiError):
    """The organization does not have this API: the very first request for its list was answered 404."""


class Applications:
    """The API as planning sees it."""

    name = "private_applications"
    title = "private applications"
    id_key = ID_KEYS[name]
    group_key = GROUP_KEYS[name]
    defaults = DEFAULTS
    limit: int | None = LIMIT
    strict_browser = True
    can_force = True
    reads_one = True
    groups_path = "/secureConnect/privateApplicationGroups"
    warning = (
        "Private applications are an early-access API of Secure Connect that never became generally available, and the vendor has marked "
        "it deprecated: it may change or go (deprecation_warning: false, in the task or in the entry of secops_policy, turns this warning "
        "off)"
    )

    def path(self, application_id: str | None = None) -> str:
        return _PATH + (f"/{quote(application_id, safe='')}" if application_id is not None else "")

    def from_api(self, item: t.Mapping[str, t.Any]) -> Application:
        where = f" of the application {_APPLICATION.check(item)['applicationId']}"
        return {
            "application_id": str(item["applicationId"]),
            "name": item["name"],
            "description": item.get("description") or "",
            "destinations": [_destination(destination, where) for destination in item.get("destinations") or []],
            "app_protocol": item.get("appProtocol") or "",
            "sni": item.get("sni") or "",
            "ssl_verification_enabled": item.get("sslVerificationEnabled") is not False,
            "application_group_ids": [str(group) for group in item.get("applicationGroupIds") or []],
        }

    def to_api(self, fields: t.Mapping[str, t.Any], new: bool = False) -> dict[str, t.Any]:
        # externalFQDN is the server's own, never sent and never compared (spec).
        body = {name: fields[key] for key, name in _API.items() if key in fields and not (new and fields[key] in ("", []))}
        body["destinations"] = [
            {
                "destinationAddr": list(destination["destination_addr"]),
                "protocolPorts": pairs_to_api(destination),
                "accessType": destination["access_type"],
            }
            for destination in fields["destinations"]
        ]
        return body

    def deletion(self, force: bool) -> t.Any:
        return {"force": force}

    def errors(self, path: str, given: t.Mapping[str, t.Any], existing: Application | None) -> list[Error]:
        destinations = given.get("destinations")
        return [
            error(
                f"{path}.destinations[{place}].access_type",
                "client is for private resources: private applications have browser and network",
            )
            for place, destination in enumerate(destinations if isinstance(destinations, list) else [])
            if isinstance(destination, dict) and destination.get("access_type") == "client"
        ]

    def advice(self, path: str, given: t.Mapping[str, t.Any], existing: Application | None) -> list[str]:
        return []

    def told(self, data: t.Any) -> Application | None:
        return self.from_api(data) if isinstance(data, dict) and "applicationId" in data else None

    def hidden_failure(self, data: t.Any) -> str:
        return ""

    def failures(self, before: Application | None, now: Application) -> list[str]:
        return []

    def remarks(self, applications: t.Iterable[Application], written: t.Iterable[Application]) -> list[str]:
        return []

    def read(self, api: Meraki) -> Listed:
        # The page size is the largest, so that one request reads all.
        whole = _whole_list(api, _PATH, _APPLICATION, "applicationId")
        listed = [self._with_destinations(api, item) for item in whole.items]
        unknown = [item for item in listed if item.get("applicationGroupIds") is None]
        counted = whole.counted
        if unknown:
            # The spec lists the field without requiring it. Taken for empty where it is left out, the next PUT would end memberships.
            joined = _whole_list(api, self.groups_path, _GROUP, "applicationGroupId")
            counted = counted and joined.counted
            for item in unknown:
                own = str(item["applicationId"])
                item["applicationGroupIds"] = [
                    str(group["applicationGroupId"]) for group in joined.items if own in map(str, group.get("applicationIds") or [])
                ]
        return Listed({item["application_id"]: item for item in map(self.from_api, listed)}, counted, whole.since)

    def groups(self, api: Meraki) -> list[tuple[str, str]]:
        return [
            (str(item["applicationGroupId"]), item["name"])
            for item in _whole_list(api, self.groups_path, _GROUP, "applicationGroupId").items
        ]

    def group_body(self, name: str) -> dict[str, t.Any]:
        return {"name": name}

    def group_id(self, name: str, data: t.Any) -> str:
        return str(_GROUP.check(data)["applicationGroupId"])

    def _with_destinations(self, api: Meraki, item: dict[str, t.Any]) -> dict[str, t.Any]:
        """An application of the list, or as it is read by itself where the list leaves its destinations out: taken for empty, the next PUT
        would take them away."""
        if isinstance(item.get("destinations"), list):
            return item
        target = api.path(self.path(str(item["applicationId"])))
        whole = api.client.get(target).data
        if not isinstance(whole, dict) or not isinstance(whole.get("destinations"), list):
            raise ApiError(f"GET {target}: the response has the application without its destinations. Nothing can be planned from it")
        return {**item, **whole}


def _destination(item: t.Any, where: str) -> dict[str, t.Any]:
    return {
        "destination_addr": list(_DESTINATION.check(item, where).get("destinationAddr") or []),
        "protocol_ports": pairs_from_api(item.get("protocolPorts") or [], where),
        # As config has to write it, whatever the server's case.
        "access_type": str(item.get("accessType") or "").lower(),
    }


class _Whole(t.NamedTuple):
    items: list[dict[str, t.Any]]
    counted: bool
    since: float


def _whole_list(api: Meraki, tail: str, shape: Shape, id_key: str) -> _Whole:
    listed: list[dict[str, t.Any]] = []
    total: t.Any = None
    since = 0.0
    try:
        for page in api.pages(api.path(tail), {"perPage": 1000}):
            since = since or time.monotonic()
            if not isinstance(page, dict) or not isinstance(page.get("data"), list):
                raise ApiError(f"GET {api.path(tail)}: the answer is not the list that the API documents")
            listed += [shape.check(item) for item in page["data"]]
            total = _META.check(page.get("meta") or {}, f" of {tail}").get("total")
    except ApiError as problem:
        if problem.status == 404 and tail == _PATH and not since:
            raise NotThere(problem.message, 404, problem.data) from None
        raise
    ids = [str(item[id_key]) for item in listed]
    if len(set(ids)) < len(ids):
        twice = next(one for place, one in enumerate(ids) if one in ids[:place])
        raise ApiError(
            f"GET {api.path(tail)}: {twice} is listed twice; somebody may be changing the list at this moment. Run the task again"
        )
    if total is not None and len(listed) < total:
        raise ApiError(
            f"GET {api.path(tail)}: the list has {len(listed)} of {total} items, without a Link to the rest. Nothing can be planned from "
            "an incomplete list. Check whether a proxy removes the Link header"
        )
    return _Whole(listed, len(listed) == total, since)
