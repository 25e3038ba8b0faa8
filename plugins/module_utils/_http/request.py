# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What goes down the client and comes back up, requests and responses, both immutable; and what the client is told of the other side."""

from __future__ import annotations

import typing as t

from .body import BadBody

Headers = t.Mapping[str, str]


class Request(t.NamedTuple):
    """One request. The client hands on copies, each with what its own step knows.

    ``target``: a path below the base, or a URL. ``idempotent``: may be sent again although it may have been acted upon; None: as its
    method says. ``counted_as``: under which name ``stats`` counts it; None: as its method says, an empty text: not at all. ``proceed`` is
    asked when the request's turn has come; where it says no, the request is not sent. ``once``: without retries, for there is another way.
    ``tries``: how often the caller has sent it before, where it is the caller who sends it again.

    The client sets ``url``, and ``name``: the method and the path as users know it, without the base and without a query.
    """

    method: str
    target: str
    body: t.Any = None
    query: t.Any = None
    form: t.Mapping[str, str] | None = None
    headers: Headers | None = None
    authenticated: bool = True
    idempotent: bool | None = None
    counted_as: str | None = None
    proceed: t.Callable[[], bool] | None = None
    once: bool = False
    tries: int | None = None
    url: str = ""
    name: str = ""

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again although it may have been acted upon."""
        return self.method == "GET" if self.idempotent is None else self.idempotent

    def with_headers(self, headers: Headers) -> Request:
        """The same with more headers."""
        return self._replace(headers={**(self.headers or {}), **headers})


class Response(t.NamedTuple):
    """``data`` is the body as JSON (None where it is empty); ``headers`` are case-insensitive; ``url`` is where the answer came from;
    ``size`` is the body's, in bytes. ``started``: when (on the monotonic clock) the request went out. ``beginning``: how the body begins;
    ``bad``: what is wrong with it, where it cannot be used."""

    status: int
    headers: Headers
    data: t.Any
    url: str
    next_url: str | None
    size: int = 0
    started: float = 0.0
    beginning: bytes = b""
    bad: BadBody | None = None

    def readable(self, method: str) -> bool:
        """Whether the body of a 2xx is what an API answers: not HTML, not cut JSON, nor nothing at all where something was asked for."""
        return self.bad is None and not (self.data is None and method == "GET" and self.status == 200)


class Auth(t.Protocol):
    """Puts credentials on requests."""

    def headers(self) -> dict[str, str]:
        """The headers that sign a request; may have to sign in first."""

    def renew(self, used: t.Mapping[str, str], times: int) -> bool:
        """Called when a request that carried ``used`` was answered 401, after ``times`` renewals since it was last let in: True when there
        are other credentials to try."""


class Vendor(t.NamedTuple):
    """What the client has to know of a vendor.

    ``domains``: where a redirect may lead besides the base's own host. ``request_id``: the header to quote in failures. ``error_message``:
    finds the vendor's own message in an error's body. ``hint``: what a user can do about a status (an empty text: nothing to say).
    ``pending``: the header with the id of an answer that is to be fetched, where 202 means that.
    """

    name: str
    domains: tuple[str, ...]
    request_id: str
    error_message: t.Callable[[t.Any], str]
    hint: t.Callable[[int | None, str], str]
    pending: str = ""
