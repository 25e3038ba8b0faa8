# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong on the way, on demand."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from .web import Request, Response, html_response, json_response

#: A prefix that the mock server serves like its root: where redirects lead by default.
SHARD = "/shard"
_REQUIRED: Any = object()
#: The kinds with their arguments and what these are when they are not given.
KINDS: dict[str, dict[str, Any]] = {
    "status": {"status": 503, "headers": None, "body": None, "acted": False},
    "reset_before": {},
    "reset_after": {},
    "cut_body": {},
    "html": {"status": 200, "acted": False},
    "empty": {},
    "slow": {"seconds": _REQUIRED, "acted": False},
    "redirect": {"status": 302, "to": None},
    "link_host": {"host": "n1.example"},
}


@dataclass
class Fault:
    """One fault to come: which requests it hits, how often, and how."""

    kind: str
    method: str | None = None
    path: str | None = None
    who: str | None = None
    nth: int = 1
    times: int | None = 1
    arguments: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def matches(self, method: str, target: str, who: str) -> bool:
        """Whether it concerns such a request; ``target`` is path and query, ``who`` the credentials that came with it."""
        if self.method not in (None, method) or (self.who is not None and self.who not in who):
            return False
        return self.path is None or re.search(self.path, target) is not None

    @property
    def used_up(self) -> bool:
        """Whether it has hit as often as it was to."""
        return self.times is not None and self.hits >= self.times

    @property
    def reaches_vendor(self) -> bool:
        """Whether the vendor gets to see a request that it hits."""
        if self.kind in ("status", "html"):
            return bool(self.arguments["acted"])
        return self.kind not in ("reset_before", "redirect")

    def answer(self, request: Request, act: Callable[[Request], Response], refuse: Callable[..., Response]) -> Response | None:
        """What the client gets; None: the connection is reset instead.

        ``act``: lets the vendor act. ``refuse(request, status, message, headers)``: an error in the vendor's shape.
        """
        given = self.arguments
        if self.kind == "slow" and not given["acted"]:
            time.sleep(given["seconds"])
        acted = act(request) if self.reaches_vendor else None
        if self.kind == "slow" and given["acted"]:
            time.sleep(given["seconds"])
        if self.kind in ("reset_before", "reset_after"):
            return None
        if self.kind == "status":
            return _status(request, refuse, **given)
        if self.kind == "html":
            return html_response(given["status"], "Something went wrong")
        if self.kind == "redirect":
            return Response(given["status"], {"Location": _location(request, given["to"])})
        if acted is not None and self.kind == "empty":
            return Response(acted.status, {name: value for name, value in acted.headers.items() if name != "Content-Type"})
        if acted is not None and self.kind == "link_host" and "Link" in acted.headers:
            host = given["host"] if "://" in given["host"] else f"https://{given['host']}"
            return Response(acted.status, {**acted.headers, "Link": acted.headers["Link"].replace(request.origin, host)}, acted.body)
        return acted


class Faults:
    """The faults to come, in the order in which they were added. Where several are due at a request, the first one hits it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        kind: str,
        method: str | None = None,
        path: str | None = None,
        nth: int = 1,
        times: int | None = 1,
        who: str | None = None,
        **arguments: Any,
    ) -> Fault:
        """One more; ``ValueError`` where there is no such kind or argument.

        ``path``: a regular expression, searched in path and query. ``nth``: the first matching request to hit, counted from 1 from now.
        ``times``: how many matching requests from there on; None: all. ``who``: a key or token; only the requests of its owner match.

        - ``status``: ``status`` (503), ``headers``, ``body`` (None: the vendor's own shape; a text or bytes: just that; else JSON)
        - ``reset_before``, ``reset_after``: the connection is reset before, or after, the vendor acts
        - ``cut_body``: half of the answer's body, then the end; where there is none, half of the status line
        - ``html``: a page, with ``status`` (200)
        - ``empty``: the answer without its body
        - ``slow``: the answer after ``seconds``
        - ``redirect``: ``status`` (302), ``to``: what comes before the path (default: the same origin and ``/shard``), or the whole URL
        - ``link_host``: the URLs in the ``Link`` header lead to ``host``, by https, or to such an origin

        ``status``, ``html`` and ``slow`` take ``acted`` (False): whether the vendor acts, or, of ``slow``, whether it does so first.
        """
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}; there are {', '.join(KINDS)}")
        unknown = sorted(set(arguments) - set(KINDS[kind]))
        given = {**KINDS[kind], **arguments}
        missing = [name for name, value in given.items() if value is _REQUIRED]
        if unknown or missing:
            raise ValueError(f"{kind} takes {', '.join(KINDS[kind]) or 'no arguments'}; unknown: {unknown}, missing: {missing}")
        fault = Fault(kind, method, path, who, nth, times, given)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._faults.clear()

    @property
    def left(self) -> list[Fault]:
        """Those that have not hit as often as they were to; such without an end count until they have hit once."""
        return [fault for fault in self._faults if not (fault.used_up or fault.times is None and fault.hits)]

    def take(self, method: str, target: str, who: str = "") -> Fault | None:
        """The fault that hits this request."""
        due: Fault | None = None
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, target, who):
                    continue
                fault.seen += 1
                if due is None and fault.seen >= fault.nth and not fault.used_up:
                    due = fault
                    due.hits += 1
        return due


def _status(request: Request, refuse: Callable[..., Response], status: int, headers: Any, body: Any, **_acted: Any) -> Response:
    given = headers or {}
    if body is None:
        return refuse(request, status, "something went wrong", given)
    if isinstance(body, (str, bytes)):
        return Response(status, {"Content-Type": "text/plain", **given}, body.encode() if isinstance(body, str) else body)
    return json_response(status, body, given)


def _location(request: Request, to: str | None) -> str:
    if to is not None and request.path in to:
        return to
    query = urlencode(request.query, doseq=True)
    return (request.origin + SHARD if to is None else to) + request.path + (f"?{query}" if query else "")
