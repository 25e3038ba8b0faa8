# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paging of the Dashboard API's mock server: opaque tokens, and the Link header as the vendor writes it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urlencode, urlsplit

from .meraki_errors import Refusal
from .web import Request

_PAGING = ("perPage", "startingAfter", "endingBefore")


@dataclass(frozen=True)
class Page:
    """One page: the keys of its items, how many items come after them, and the ``Link`` header."""

    keys: Sequence[str]
    remaining: int
    headers: dict[str, str]


def page(request: Request, keys: Sequence[str], default: int, most: int | None, link_origin: str | None) -> Page:
    """The page that the request asks for, of the items with these keys. Raises ``Refusal`` for a token that is none."""
    asked = int(request.query.get("perPage", [str(default)])[0])
    size = asked if most is None else min(asked, most)
    start, end = _bounds(request, keys, size)
    links = [("first", "")]
    if start:
        # The list may have become shorter since the page before was asked for.
        links.append(("prev", f"&endingBefore={_token(start, keys[start] if start < len(keys) else '')}"))
    if end < len(keys):
        links.append(("next", f"&startingAfter={_token(end, keys[end - 1])}"))
        links.append(("last", f"&endingBefore={_token(len(keys), '')}"))
    base = _base(request, asked, link_origin)
    # ``rel`` without quotes, though RFC 8288 would have them around most values and clients expect them.
    return Page(keys[start:end], len(keys) - end, {"Link": ", ".join(f"<{base}{token}>; rel={name}" for name, token in links)})


def last_page(request: Request, keys: Sequence[str], default: int, most: int | None, link_origin: str | None) -> Page:
    """The same of a list that is read from its end: without a token the last page, whose ``prev`` leads to the one before."""
    if "startingAfter" not in request.query and "endingBefore" not in request.query:
        request = replace(request, query={**request.query, "endingBefore": [unquote(_token(len(keys), ""))]})
    return page(request, keys, default, most, link_origin)


def next_link(request: Request, query: dict[str, str], after: str, link_origin: str | None) -> str:
    """A ``Link`` header with the next page alone, whose cursor is no token but a name."""
    origin = request.origin if link_origin is None else link_origin + urlsplit(request.origin).path
    return f"<{origin}{quote(request.path, safe='/%')}?{urlencode({**query, 'startingAfter': after})}>; rel=next"


def values(request: Request, name: str) -> list[str]:
    """All values of a query parameter that is an array, however it is written."""
    return request.query.get(name, []) + request.query.get(f"{name}[]", [])


def _bounds(request: Request, keys: Sequence[str], size: int) -> tuple[int, int]:
    after, before = (request.query.get(name, [""])[0] for name in ("startingAfter", "endingBefore"))
    if after and before:
        raise Refusal(400, "'startingAfter' and 'endingBefore' cannot be given together")
    if before:
        position, key = _place("endingBefore", before)
        end = keys.index(key) if key in keys else min(position, len(keys))
        return max(0, end - size), end
    start = 0
    if after:
        position, key = _place("startingAfter", after)
        start = keys.index(key) + 1 if key in keys else min(position, len(keys))
    return start, min(start + size, len(keys))


def _token(position: int, key: str) -> str:
    """The key of an item and, should it be gone when the token comes back, where the page begins or ends."""
    return quote(base64.b64encode(f"{position}:{key}".encode()).decode(), safe="")


def _place(name: str, token: str) -> tuple[int, str]:
    try:
        position, _colon, key = base64.b64decode(token, validate=True).decode().partition(":")
        return int(position), key
    except (binascii.Error, ValueError):
        raise Refusal(400, f"'{name}' is not a token of this list") from None


def _base(request: Request, size: int, link_origin: str | None) -> str:
    origin = request.origin if link_origin is None else link_origin + urlsplit(request.origin).path
    kept = [(name, value) for name, given in request.query.items() if name not in _PAGING for value in given]
    return f"{origin}{quote(request.path, safe='/%')}?{urlencode([*kept, ('perPage', size)])}"
