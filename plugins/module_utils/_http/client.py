# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The HTTP client: one session, pacing, retries where a request may be repeated, redirects and bodies looked at with suspicion. Knows no
vendor.

A request goes down a ladder, and each step knows one thing: ``request`` tries again, ``_authenticated`` has credentials, ``_redirected``
follows, ``_in_turn`` keeps the pace, ``_single`` sends.
"""

from __future__ import annotations

import copy
import random
import threading
import time
import typing as t
from urllib.parse import urlsplit

from .._model.mask import Mask
from .body import BadBody, Texts
from .errors import ApiError, RequestCancelled, TransportError
from .exchange import BEGINNING, LONGEST_ID, exchange, outcome_of
from .links import joined, next_url, scheme_and_host, trusted
from .options import VERSION
from .rate_limit import Budget, Pacer, Usage
from .request import Auth, Request, Response, Vendor
from .retry import Attempt, Raise, Return, decide, failure, wasted
from .transport import session

#: The vendor asks for "ApplicationName/Version VendorName" without other characters
#: (developer.cisco.com/meraki, "User agents overview").
USER_AGENT = f"SecopsPolicy/{VERSION} SecopsCollection"

_REDIRECTS = (301, 302, 307, 308)
_HOPS = 5


class Client:
    """Requests to one vendor, for one organization or tenant.

    ``options``: the module's (``timeout``, ``retry_timeout``, ``rate_limit``, ``validate_certs``, ``ca_path``). Safe for threads.
    """

    def __init__(self, base_url: str, vendor: Vendor, auth: Auth, options: t.Mapping[str, t.Any]) -> None:
        self.base_url = base_url.rstrip("/")
        self.vendor = vendor
        self.auth = auth
        self.timeout = float(options["timeout"])
        #: When, on the monotonic clock, the last answer has to be there.
        self._until: float | None = None
        self.budget = Budget(float(options["retry_timeout"]))
        self.pacer = Pacer(float(options["rate_limit"]))
        self.verify: bool | str = options["ca_path"] or True if options["validate_certs"] else False
        self.usage = Usage()
        self._texts = Texts()
        self.secrets: set[str] = set()
        self._mask = Mask(())
        self.warnings: list[str] = []
        self._warned: set[str] = set()
        self._reached = False
        self._cancelled = threading.Event()
        self._session = session(USER_AGENT, bool(self.verify))
        if options["ca_path"] and not self.verify:
            self.warn("ca_path has no effect, because validate_certs is false")

    def get(self, target: str, query: t.Any = None) -> Response:
        """Read ``target`` (a path below the base, or a URL). The answer's status is 200, its body JSON. Raises ``ApiError``."""
        response = self.request(Request("GET", target, query=query))
        if response.status != 200:
            # Part of a list, or a proxy's own version of it.
            raise ApiError(f"GET {urlsplit(response.url).path}: answered {response.status} where the API documents 200", response.status)
        return response

    def send(self, method: str, target: str, body: t.Any = None, **more: t.Any) -> Response:
        """Write; ``more`` are fields of ``Request``. Raises as ``request`` does."""
        return self.request(Request(method, target, body, **more))

    def request(self, request: Request) -> Response:
        """One request, with every retry that is allowed. Raises ``WriteOutcomeUnknown`` where nobody knows whether the server acted,
        ``RequestCancelled`` where it was not sent, ``NotActed`` where the caller is to send it again, else ``ApiError``."""
        request = self._addressed(request)
        attempt = Attempt(tries=request.tries or 0)
        while True:
            try:
                ended, attempt = self._authenticated(request, attempt)
            except ApiError as error:
                if attempt.pending_id:
                    raise failure(request, attempt, error.message, error.status, error.data) from None
                raise
            following = self._followed_by(request, ended, attempt)
            if isinstance(following, Response):
                return following
            attempt = following

    def limited(self, seconds: float) -> Client:
        """This client with a limit of ``seconds`` for everything that it sends. Its waits count to the same budget."""
        part = copy.copy(self)
        part.budget = self.budget.part(seconds)
        part._until = time.monotonic() + seconds
        return part

    def cancel(self) -> None:
        """Send nothing from now on: what is still to be sent raises ``RequestCancelled`` when its turn comes."""
        self._cancelled.set()

    def mask(self, text: str) -> str:
        """``text`` without any secret that this run holds."""
        if self._mask.secrets != self.secrets:
            self._mask = Mask(self.secrets)
        return self._mask(text)

    def warn(self, text: str) -> None:
        """Keep a warning for the user; each text once."""
        text = self.mask(text)
        if text not in self._warned:
            self._warned.add(text)
            self.warnings.append(text)

    def trusts(self, url: str) -> bool:
        """Whether credentials may go to ``url``, and so redirects and ``Link`` headers may lead there."""
        return trusted(url, self.base_url, self.vendor.domains)

    def host_of(self, url: str) -> str:
        """The scheme and the host of a URL that is not followed, to show."""
        return self.mask(scheme_and_host(url))[:LONGEST_ID]

    def stats(self) -> dict[str, t.Any]:
        """What the run cost: ``reads writes retries`` in requests, ``waited_seconds``."""
        return {**self.usage.counted(), "waited_seconds": round(self.budget.spent, 1)}

    def _addressed(self, request: Request) -> Request:
        """The request with its URL, its name, and its body as the vendor has it."""
        name = f"{request.method} {request.target.removeprefix(self.base_url).split('?')[0]}"
        try:
            body = self._texts.written(request.body)
        except ValueError as error:
            raise ApiError(f"{name}: not sent: {error}") from None
        counted_as = ("reads" if request.method == "GET" else "writes") if request.counted_as is None else request.counted_as
        url = request.target if "://" in request.target else self.base_url + request.target
        return request._replace(name=name, url=url, body=body, counted_as=counted_as)

    def _followed_by(self, request: Request, ended: Response | TransportError, attempt: Attempt) -> Response | Attempt:
        """The answer to go on with, or, after the wait, the attempt that comes next. Raises where there is neither."""
        outcome = outcome_of(request, ended, self.vendor, self.mask)
        if wasted(request, outcome):
            self.budget.charge(ended.started, time.monotonic())
        while True:
            left = self.budget.left if self._until is None else min(self.budget.left, self._until - time.monotonic())
            known = attempt._replace(reached=self._reached, left=left, draw=random.random())  # noqa: S311 - no secret
            decision = decide(request, outcome, known)
            if isinstance(decision, Return):
                return t.cast(Response, ended)
            more = self.pacer.pause(decision.pause, ended.started, left - decision.pause) if decision.pause else 0.0
            if isinstance(decision, Raise):
                raise decision.error
            if self.budget.wait(decision.wait, more):
                break
            # Another request has used it up in the meantime.
        if decision.counted:
            self.usage.count("retries")
        if decision.handed_back is not None:
            raise decision.handed_back
        return decision.attempt

    def _authenticated(self, request: Request, attempt: Attempt) -> tuple[Response | TransportError, Attempt]:
        """How a try ended, with other credentials where there are any and these are refused; and the attempt that it was."""
        if attempt.pending_id:
            # What was accepted with 202 is under way: fetching its answer is no new request.
            request = request.with_headers({self.vendor.pending: attempt.pending_id})._replace(proceed=None)
        while True:
            credentials = self.auth.headers() if request.authenticated else {}
            ended = self._redirected(request.with_headers(credentials), attempt.counted)
            attempt = attempt._replace(counted=True)
            if isinstance(ended, TransportError):
                return ended, attempt
            if ended.status != 401:
                return ended, attempt._replace(renewals=0)
            if not request.authenticated or not self.auth.renew(credentials, attempt.renewals):
                return ended, attempt
            attempt = attempt._replace(renewals=attempt.renewals + 1)

    def _redirected(self, request: Request, counted: bool) -> Response | TransportError:
        """How it ended where redirects lead. They are followed here: ``requests`` would turn a redirected PUT into a GET, and carry headers
        to foreign hosts."""
        for hop in range(_HOPS + 1):
            ended = self._in_turn(request, counted or hop > 0)
            if isinstance(ended, TransportError) or ended.status not in _REDIRECTS:
                return ended
            location = ended.headers.get("Location", "")
            url = joined(request.url, location)
            if not location or not self.trusts(url):
                raise ApiError(
                    f"{request.method} {urlsplit(ended.url).path}: answered {ended.status}, a redirect to {self.host_of(url)}, which is "
                    "not followed: the credentials go to the base's own host and the vendor's domains only, over https. Check base_url.",
                    ended.status,
                )
            request = request._replace(url=url, query=None)
        raise ApiError(f"{request.method} {urlsplit(request.url).path}: redirected more than {_HOPS} times. Check base_url.")

    def _in_turn(self, request: Request, counted: bool) -> Response | TransportError:
        """How it ended once the pace allowed it."""
        ticket = self.pacer.begin()
        started = time.monotonic()
        try:
            if self._cancelled.is_set() or request.proceed is not None and not request.proceed():
                raise RequestCancelled
            if request.counted_as and not counted:
                self.usage.count(request.counted_as)
            response = self._single(request, started)
        except TransportError as broken:
            broken.started = started
            return broken
        finally:
            self.pacer.end(ticket)
        self._reached = True
        if response.status != 429:
            self.pacer.admitted()
        return response

    def _allowed(self) -> float:
        """Seconds that the next answer may take; a moment in any case, because only an answer that is late can say so."""
        return self.timeout if self._until is None else max(0.01, min(self.timeout, self._until - time.monotonic()))

    def _single(self, request: Request, started: float) -> Response:
        """The answer to one request, its body read as JSON."""
        self.usage.spend(request)
        received = exchange(self._session, request, self._allowed(), self.verify)
        data, bad = None, received.bad
        if received.content.strip():
            try:
                data = self._texts.read(received.content, received.status >= 300)
            except BadBody as error:
                bad = error
        self.usage.received(len(received.content))
        onward = next_url(received.headers.get("Link", ""), request.url)
        size, beginning = len(received.content), received.content[:BEGINNING]
        return Response(received.status, received.headers, data, request.url, onward, size, started, beginning, bad)
