# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paging of ESET's mock server: page sizes, opaque page tokens, an order that nobody may rely on."""

from __future__ import annotations

import base64
import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .eset_errors import invalid
from .web import Request

if TYPE_CHECKING:
    from .eset import Eset

#: Default and largest page size (the specifications for the cloud; On-Prem's own documentation).
SIZES = {"cloud": (50, 1000), "on_prem": (100, 10000)}
_TOKENS_KEPT = 1000


@dataclass(frozen=True)
class _Place:
    """Where a page token leads: into one listing, which stays as it was when its first page was read."""

    listing: tuple[Any, ...]
    items: list[dict[str, Any]]
    start: int


class Lists:
    """The listings under way. The switches that concern them are attributes of ``Eset``."""

    def __init__(self, eset: Eset) -> None:
        self._eset = eset
        self._random = random.Random(20260101)
        self._places: OrderedDict[str, _Place] = OrderedDict()

    def page(self, request: Request, name: str, listed: Callable[[], list[dict[str, Any]]]) -> dict[str, Any]:
        """One page: ``{name: items, "nextPageToken": ...}``; ``listed`` gives all items and is called for the first page only."""
        items, start = self._continued(request) if _first(request, "pageToken") else (self._begun(listed()), 0)
        end = start + self._size(request)
        data: dict[str, Any] = {name: items[start:end]}
        if end < len(items):
            data["nextPageToken"] = self._token(_Place(_listing(request), items, end))
        elif self._eset.next_token_end != "missing":
            data["nextPageToken"] = {"null": None, "empty": ""}[self._eset.next_token_end]
        return data

    def _begun(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self._eset.shuffle:
            self._random.shuffle(items)
        return items

    def _continued(self, request: Request) -> tuple[list[dict[str, Any]], int]:
        place = self._places.get(_first(request, "pageToken"))
        if place is None or place.listing != _listing(request):
            raise invalid("pageToken is not one of this listing")
        return place.items, place.start

    def _size(self, request: Request) -> int:
        default, largest = SIZES[self._eset.deployment]
        default = self._eset.page_default or default
        largest = self._eset.page_max or largest
        return min(int(_first(request, "pageSize") or 0) or default, largest)

    def _token(self, place: _Place) -> str:
        # With the characters that a client has to escape in a query.
        token = "+/" + base64.b64encode(self._random.randbytes(13)).decode()
        self._places[token] = place
        if len(self._places) > _TOKENS_KEPT:
            self._places.popitem(last=False)
        return token


def _first(request: Request, name: str) -> str:
    return request.query.get(name, [""])[0]


def _listing(request: Request) -> tuple[Any, ...]:
    """What must be the same on all pages: everything but the page itself (https://google.aip.dev/158)."""
    filters = sorted((name, tuple(values)) for name, values in request.query.items() if name not in ("pageSize", "pageToken"))
    return request.path, tuple(filters)
