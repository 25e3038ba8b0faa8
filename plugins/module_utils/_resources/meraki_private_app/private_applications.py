# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""The lists of Secure Connect's private applications and their groups, as they are read.

The vendor has marked these endpoints deprecated; a successor (``privateResources``) can stand beside this file with the same functions.
"""

from __future__ import annotations

import time
import typing as t

from ..._http.client import ApiError
from ..._model.documented import Shape
from .fields import APPLICATION_SHAPE, APPLICATIONS, Application, from_api, path

if t.TYPE_CHECKING:
    from ..._vendors.meraki import Meraki

GROUPS = "/secureConnect/privateApplicationGroups"
WARNING = (
    "Private applications are an early-access API of Secure Connect that never became generally available, and the vendor has marked it "
    "deprecated: it may change or go (deprecation_warning: false turns this warning off)"
)


class Listed(t.NamedTuple):
    """``applications`` by id. ``counted``: the lists that they were read from hold as many as they say that there are. ``since``: when, on
    the monotonic clock, the first answer came."""

    applications: dict[str, Application]
    counted: bool
    since: float


def applications(api: Meraki) -> Listed:
    """Every application of the organization. The page size is the largest, so that one request reads all (at most 300)."""
    whole = _whole_list(api, APPLICATIONS, APPLICATION_SHAPE)
    listed = [_with_destinations(api, item) for item in whole.items]
    unknown = [item for item in listed if item.get("applicationGroupIds") is None]
    counted = whole.counted
    if unknown:
        # The spec lists the field without requiring it. Taken for empty where it is left out, the next PUT would end memberships.
        joined = _whole_list(api, GROUPS, _GROUP)
        counted = counted and joined.counted
        for item in unknown:
            own = str(item["applicationId"])
            item["applicationGroupIds"] = [
                str(group["applicationGroupId"]) for group in joined.items if own in map(str, group.get("applicationIds") or [])
            ]
    return Listed({item["application_id"]: item for item in map(from_api, listed)}, counted, whole.since)


def groups(api: Meraki) -> list[tuple[str, str]]:
    """Every application group as ``(id, name)``."""
    return [(str(item["applicationGroupId"]), item["name"]) for item in _whole_list(api, GROUPS, _GROUP).items]


_META = Shape("meta", total="number")
_GROUP = Shape("an application group", applicationGroupId="id!", name="text!", applicationIds="ids")


def _with_destinations(api: Meraki, item: dict[str, t.Any]) -> dict[str, t.Any]:
    """An application of the list, or as it is read by itself where the list leaves its destinations out: taken for empty, the next PUT
    would take them away."""
    if isinstance(item.get("destinations"), list):
        return item
    target = api.path(path(str(item["applicationId"])))
    whole = api.client.get(target).data
    if not isinstance(whole, dict) or not isinstance(whole.get("destinations"), list):
        raise ApiError(f"GET {target}: the application comes without its destinations, so that nothing can be planned on it")
    return {**item, **whole}


class _Whole(t.NamedTuple):
    items: list[dict[str, t.Any]]
    counted: bool
    since: float


def _whole_list(api: Meraki, tail: str, shape: Shape) -> _Whole:
    listed: list[dict[str, t.Any]] = []
    total: t.Any = None
    since = 0.0
    for page in api.pages(api.path(tail), {"perPage": 1000}):
        since = since or time.monotonic()
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise ApiError(f"GET {api.path(tail)}: the answer is not the list that the API documents")
        listed += [shape.check(item) for item in page["data"]]
        total = _META.check(page.get("meta") or {}, f" of {tail}").get("total")
    if total is not None and len(listed) < total:
        raise ApiError(
            f"GET {api.path(tail)}: {len(listed)} came of the {total} that there are, without a Link to the rest. Nothing can be planned "
            "on a list that is not whole; is there a proxy that takes the Link header off?"
        )
    return _Whole(listed, len(listed) == total, since)
