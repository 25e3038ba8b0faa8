# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Where a server leads: whether credentials may go there, and lists that come in pages, which get on and end."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import quote, urljoin, urlsplit

from .errors import ApiError
from .options import is_loopback
from .request import Response

#: A URL that everybody reads alike: what takes a backslash for a slash, or for the end of a host, connects elsewhere than was checked.
_PLAIN_URL = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][\x21-\x5b\x5d-\x7e]*)?")
#: What no list of a real organization comes near, in pages and in bytes.
MOST_PAGES = 2000
LARGEST_LIST = 1 << 28
#: A page may be empty and not the last one (https://google.aip.dev/158), but not one after the other.
_EMPTY_PAGES = 10
_LINK = re.compile(r"<([^<>]*)>([^<]*)")


def trusted(url: str, base_url: str, domains: t.Iterable[str]) -> bool:
    """Whether credentials may go to ``url``: the base's own host or a subdomain of the vendor's domains, over https except for loopback.

    Neither redirects nor ``Link`` headers lead anywhere else. Two names or addresses of loopback are two hosts, for different users may
    listen there. With plain http, which is for loopback, the port does not matter.
    """
    if not _PLAIN_URL.fullmatch(url):
        return False
    base, to = urlsplit(base_url), urlsplit(url)
    try:
        port = to.port
    except ValueError:
        return False
    host = (to.hostname or "").lower()
    same = host == (base.hostname or "").lower()
    of_vendor = any(host.endswith("." + domain) for domain in domains)
    if is_loopback(base.hostname or "") and base.scheme == "http":
        return to.scheme == "http" and same or to.scheme == "https" and of_vendor
    same = same and (port or 443) == (base.port or 443)
    return to.scheme == "https" and (same or of_vendor and port in (None, 443))


def scheme_and_host(url: str) -> str:
    """What may be shown of a URL that is not followed: no user, no password, no path."""
    found = re.match(r"(\w+://)?(?:[^/?#]*@)?([^/?#]*)", url)
    return "".join(filter(None, found.groups())) if found else ""


def next_url(links: str, url: str) -> str | None:
    """Where the ``Link`` header says the next page is (``rel`` quoted or not, several or one), as an absolute URL."""
    for target, parameters in _LINK.findall(links):
        rel = re.search(r"""(?:^|[;\s])rel\s*=\s*("[^"]*"|'[^']*'|[^\s;,]+)""", parameters, re.I)
        if rel and "next" in rel[1].strip("\"'").lower().split():
            return joined(url, target)
    return None


def joined(base: str, url: str) -> str:
    """``url`` from ``base``, in ASCII; as it is where that is no URL, so that it is trusted by nobody."""
    try:
        return urljoin(base, quote(url, safe="".join(map(chr, range(0x21, 0x7F)))))
    except ValueError:
        return url


class Pages:
    """One list that comes in pages. ``target``: where it is read."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._seen: set[str] = set()
        self._empty = 0
        self._bytes = 0

    def follow(self, response: Response, things: int, onward: str, back: str) -> None:
        """Called where a page, which brings so many ``things``, says that another one comes after it, which ``onward`` stands for. Raises
        ``ApiError`` where the list cannot be read; ``back`` are the words for an ``onward`` that was there before."""
        self._bytes += response.size
        self._empty = 0 if things else self._empty + 1
        if onward in self._seen:
            raise ApiError(f"GET {self._target}: {back} leads back to a page that was read already; the list cannot be read")
        self._seen.add(onward)
        if self._empty >= _EMPTY_PAGES:
            raise ApiError(
                f"GET {self._target}: {self._empty} pages in a row are empty, and each says that there are more; the list cannot be read"
            )
        if len(self._seen) >= MOST_PAGES or self._bytes > LARGEST_LIST:
            raise ApiError(
                f"GET {self._target}: the list does not end: {len(self._seen)} pages were read, {self._bytes >> 20} MiB, and each says "
                "that there are more. Nothing can be planned from an incomplete list"
            )
