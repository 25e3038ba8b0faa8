# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""The HTTP client: one session, pacing, retries where a request may be repeated, redirects and bodies looked at with suspicion. Knows no
vendor."""

from __future__ import annotations

import random
import re
import sys
import threading
import time
import typing as t
import zlib
from collections import Counter
from html import unescape
from urllib.parse import quote, urljoin, urlsplit

from .._model.mask import Mask
from .body import BadBody, Texts
from .environment import environment_proxies
from .options import VERSION, is_loopback
from .rate_limit import Budget, Pacer, backoff, poll_wait
from .transport import no_netrc, read_body, session, set_deadline

try:
    import requests
    import urllib3

    HAS_REQUESTS = True
except ImportError:
    HAS_REQUESTS = False

#: The vendor asks for "ApplicationName/Version VendorName" without other characters
#: (developer.cisco.com/meraki, "User agents overview").
USER_AGENT = f"SecopsPolicy/{VERSION} SecopsCollection"

_REDIRECTS = (301, 302, 307, 308)
_HOPS = 5
#: A host that never answered at all is most likely misspelt: no reason to try for minutes.
_FIRST_CONTACTS = 3
_BAD_BODIES = 3
#: Of what a server says for itself, of the id that it gives a request, and of where it leads.
_LONGEST_MESSAGE = 2000
_LONGEST_ID = 200
#: Of a body that is not JSON, so much is looked at.
_START = 8192
#: What no list of a real organization comes near, in pages and in bytes, and no run, in requests and in bytes.
_MOST_PAGES = 2000
_LARGEST_LIST = 1 << 28
_MOST_REQUESTS = 100_000
_LARGEST_RUN = 1 << 32
#: A page may be empty and not the last one (https://google.aip.dev/158), but not one after the other.
_EMPTY_PAGES = 10


#: A URL that everybody reads alike: what takes a backslash for a slash, or for the end of a host, connects elsewhere than was checked.
_PLAIN_URL = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][\x21-\x5b\x5d-\x7e]*)?")
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
#: In what http.client says where a header is too long, or there are too many.
_TOO_MUCH = "got more than "


class ApiError(Exception):
    """A request was refused, or given up. ``str()`` says which one, how it ended, in whose words, and what to do."""

    def __init__(self, message: str, status: int | None = None, data: t.Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.data = data


class WriteOutcomeUnknown(ApiError):
    """A write was sent and nobody knows whether the server acted: look at the state before writing again.

    ``pending``: the server said that it will act, and not when, so that no look at the state tells whether it still will. ``late``: it
    has not answered in time, so that a look that shows nothing does not say that it never will.
    """

    def __init__(self, message: str, status: int | None = None, data: t.Any = None, pending: bool = False, late: bool = False) -> None:
        super().__init__(message, status, data)
        self.pending = pending
        self.late = late


class NotActed(ApiError):
    """The server did not act, and the wait before another try is over: the caller reads again before it sends the request again."""


class RequestCancelled(Exception):
    """The request was not sent, because the caller's ``proceed`` said no when its turn came, or the run was cancelled."""


class Response(t.NamedTuple):
    """``data`` is the body as JSON (None where it is empty); ``headers`` are case-insensitive; ``url`` is where the answer came from;
    ``size`` is the body's, in bytes."""

    status: int
    headers: t.Mapping[str, str]
    data: t.Any
    url: str
    next_url: str | None
    size: int = 0


class Auth(t.Protocol):
    """Puts credentials on requests."""

    def headers(self) -> dict[str, str]:
        """The headers that sign a request; may have to sign in first."""

    def renew(self, used: t.Mapping[str, str], times: int) -> bool:
        """Called when a request that carried ``used`` was answered 401, after ``times`` renewals since it was last let in: True when there
        are other credentials to try."""


class Vendor(t.NamedTuple):
    """What the client has to know of the other side.

    ``domains``: where a redirect may lead besides the base's own host. ``request_id``: the header to quote in failures. ``error_message``:
    finds the vendor's own message in an error's body. ``hint``: what a user can do about a status (an empty text: nothing to say).
    """

    name: str
    domains: tuple[str, ...]
    request_id: str
    error_message: t.Callable[[t.Any], str]
    hint: t.Callable[[int | None, str], str]
    pending: str = ""


class Client:
    """Requests to one vendor, for one organization or tenant.

    ``options``: the module's (``timeout``, ``retry_timeout``, ``rate_limit``, ``validate_certs``, ``ca_path``). Safe for threads.
    """

    def __init__(self, base_url: str, vendor: Vendor, auth: Auth, options: t.Mapping[str, t.Any]) -> None:
        self.base_url = base_url.rstrip("/")
        self.vendor = vendor
        self.auth = auth
        self.timeout = float(options["timeout"])
        self.budget = Budget(float(options["retry_timeout"]))
        self.pacer = Pacer(float(options["rate_limit"]))
        self.verify: t.Any = options["ca_path"] or True if options["validate_certs"] else False
        self.counts: t.Counter[str] = Counter()
        self._counting = threading.Lock()
        self._requests = 0
        self._received = 0
        self._texts = Texts()
        self.secrets: set[str] = set()
        self._mask = Mask(())
        self.warnings: list[str] = []
        self._said: set[str] = set()
        self._reached = False
        self._cancelled = threading.Event()
        self._session = session(USER_AGENT, bool(self.verify))
        if options["ca_path"] and not self.verify:
            self.warn("ca_path has no effect, for validate_certs is off")

    def get(self, target: str, query: t.Any = None, headers: t.Mapping[str, str] | None = None) -> Response:
        """Read ``target`` (a path below the base, or a URL). The answer's status is 200, its body JSON. Raises ``ApiError``."""
        response = self.request("GET", target, query=query, headers=headers)
        if response.status != 200:
            # Part of a list, or a proxy's own version of it.
            raise ApiError(f"GET {urlsplit(response.url).path}: answered {response.status} where the API documents 200", response.status)
        return response

    def send(self, method: str, target: str, body: t.Any = None, headers: t.Mapping[str, str] | None = None, **more: t.Any) -> Response:
        """Write. Raises ``WriteOutcomeUnknown`` where nobody knows whether the server acted, else ``ApiError``; ``more`` as in
        ``request``."""
        return self.request(method, target, body=body, headers=headers, **more)

    def request(
        self,
        method: str,
        target: str,
        query: t.Any = None,
        body: t.Any = None,
        form: t.Mapping[str, str] | None = None,
        headers: t.Mapping[str, str] | None = None,
        authenticated: bool = True,
        idempotent: bool | None = None,
        count: str | None = None,
        proceed: t.Callable[[], bool] | None = None,
        once: bool = False,
        tries: int | None = None,
    ) -> Response:
        """One request, with every retry that is allowed; with ``once`` without any.

        ``tries``: how often the caller has sent it before; with it, what would be sent again raises ``NotActed`` after the wait.

        ``idempotent``: may be sent again although it may have been acted upon (default: GET only). ``count``: under which name ``stats``
        counts it (``""``: not at all). ``proceed`` is asked when the request's turn has come; ``RequestCancelled`` where it says no. Raises
        ``ApiError``, ``WriteOutcomeUnknown``.
        """
        call = _Call(self, method, target, method == "GET" if idempotent is None else idempotent, once, tries)
        try:
            body = self._texts.written(body)
        except ValueError as error:
            raise ApiError(f"{call.name}: not sent: {error}") from None
        count = ("reads" if method == "GET" else "writes") if count is None else count
        url = target if "://" in target else self.base_url + target
        renewals = 0
        while True:
            try:
                credentials = self.auth.headers() if authenticated else {}
                sent = {**(headers or {}), **call.fetch, **credentials}
                # What was accepted with 202 is under way: fetching its answer is no new request.
                response, content, started = self._exchange(method, url, query, body, form, sent, count, None if call.fetch else proceed)
                count = ""
                if response.status == 401 and authenticated and self.auth.renew(credentials, renewals):
                    renewals += 1
                    continue
            except ApiError as error:
                if call.fetch:
                    raise call.failed(error.message, error.status, error.data) from None
                raise
            except TransportError as broken:
                count = ""
                call.broken(broken, self._reached)
            else:
                renewals = renewals if response.status == 401 else 0
                if call.handle(response, content, started):
                    return response

    def cancel(self) -> None:
        """Send nothing from now on: what is still to be sent raises ``RequestCancelled`` when its turn comes."""
        self._cancelled.set()

    def count(self, what: str) -> None:
        """One more of ``reads``, ``writes`` or ``retries``."""
        with self._counting:
            self.counts[what] += 1

    def mask(self, text: str) -> str:
        """``text`` without any secret that this run holds."""
        if self._mask.secrets != self.secrets:
            self._mask = Mask(self.secrets)
        return self._mask(text)

    def warn(self, text: str) -> None:
        """Keep a warning for the user; each text once."""
        text = self.mask(text)
        if text not in self._said:
            self._said.add(text)
            self.warnings.append(text)

    def trusts(self, url: str) -> bool:
        """Whether credentials may go to ``url``: the base's own host or a subdomain of the vendor's domains; https, but for loopback.

        Neither redirects nor ``Link`` headers lead anywhere else. Two names or addresses of loopback are two hosts, for different users may
        listen there. With plain http, which is for loopback, the port does not matter.
        """
        if not _PLAIN_URL.fullmatch(url):
            return False
        base, to = urlsplit(self.base_url), urlsplit(url)
        try:
            port = to.port
        except ValueError:
            return False
        host = (to.hostname or "").lower()
        same = host == (base.hostname or "").lower()
        if is_loopback(base.hostname or "") and base.scheme == "http":
            return to.scheme == "http" and same or to.scheme == "https" and self._of_vendor(host)
        same = same and (port or 443) == (base.port or 443)
        return to.scheme == "https" and (same or self._of_vendor(host) and port in (None, 443))

    def host_of(self, url: str) -> str:
        """The scheme and the host of a URL that is not followed, to show."""
        shown = re.match(r"(\w+://)?(?:[^/?#]*@)?([^/?#]*)", url)
        return self.mask("".join(filter(None, shown.groups())) if shown else "")[:_LONGEST_ID]

    def stats(self) -> dict[str, t.Any]:
        """What the run cost: ``reads writes retries`` in requests, ``waited_seconds``."""
        return {**{key: self.counts[key] for key in ("reads", "writes", "retries")}, "waited_seconds": round(self.budget.spent, 1)}

    def _of_vendor(self, host: str) -> bool:
        return any(host.endswith("." + domain) for domain in self.vendor.domains)

    def _exchange(
        self,
        method: str,
        url: str,
        query: t.Any,
        body: t.Any,
        form: t.Mapping[str, str] | None,
        headers: t.Mapping[str, str],
        count: str,
        proceed: t.Callable[[], bool] | None,
    ) -> tuple[Response, _Content, float]:
        """Send and follow redirects by hand: ``requests`` would turn a redirected PUT into a GET, and carry headers to foreign hosts.

        The answer, its body, and when (on the monotonic clock) the request that got it went out.
        """
        for _hop in range(_HOPS + 1):
            ticket = self.pacer.begin()
            started = time.monotonic()
            try:
                if self._cancelled.is_set() or proceed is not None and not proceed():
                    raise RequestCancelled
                if count:
                    self.count(count)
                    count = ""
                response, content = self._once(method, url, query, body, form, headers)
            except TransportError as broken:
                broken.started = started
                raise
            finally:
                self.pacer.end(ticket)
            self._reached = True
            if response.status not in _REDIRECTS:
                return response, content, started
            url, query = _joined(url, response.headers.get("Location", "")), None
            if not response.headers.get("Location") or not self.trusts(url):
                raise ApiError(
                    f"{method} {urlsplit(response.url).path}: answered {response.status}, a redirect to {self.host_of(url)}, which is not "
                    "followed: the credentials go to the base's own host and the vendor's domains only, over https. Check base_url.",
                    response.status,
                )
        raise ApiError(f"{method} {urlsplit(url).path}: redirected more than {_HOPS} times. Check base_url.")

    def _once(
        self, method: str, url: str, query: t.Any, body: t.Any, form: t.Mapping[str, str] | None, headers: t.Mapping[str, str]
    ) -> tuple[Response, _Content]:
        self._spend(method, url)
        set_deadline(time.monotonic() + self.timeout)
        content, bad = b"", None
        try:
            response = self._session.request(
                method,
                url,
                params=query,
                json=body,
                data=form,
                headers=dict(headers),
                auth=no_netrc,
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
                verify=self.verify,
            )
            with response:
                received = read_body(response)
            if received is None:
                raise requests.exceptions.ChunkedEncodingError("cut")
            content = received
        except BadBody as error:
            bad = error
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise ApiError(
                    f"{method} {urlsplit(url).path}: the certificate of {urlsplit(url).netloc} is not trusted. "
                    "Point ca_path to the CA that signed it"
                ) from None
            raise TransportError(f"the TLS connection to {urlsplit(url).netloc} failed", sent=True) from None
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidHeader,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
            UnicodeEncodeError,
        ) as error:
            if isinstance(error, requests.exceptions.InvalidURL) and environment_proxies(url):
                raise ApiError(
                    f"{method} {urlsplit(url).path}: what HTTPS_PROXY, HTTP_PROXY or ALL_PROXY says is not the URL of a proxy. Correct "
                    "that environment variable, or except the host in NO_PROXY"
                ) from None
            if "SOCKS" in str(error):
                raise ApiError(
                    f"{method} {urlsplit(url).path}: the proxy in the environment is a SOCKS proxy, for which this Python lacks a library: "
                    f"{sys.executable} -m pip install 'requests[socks]'"
                ) from None
            raise ApiError(
                f"{method} {urlsplit(url).path}: the URL or a header cannot be sent. Check base_url and the credentials"
            ) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, zlib.error, OSError) as error:
            if "TLS CA certificate bundle" in str(error):
                raise ApiError(
                    f"{method} {urlsplit(url).path}: the CA bundle of ca_path, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE does not exist. "
                    "Correct the path"
                ) from None
            raise _transport_error(error, urlsplit(url).netloc, self.timeout) from None
        data = None
        if content.strip():
            try:
                data = self._texts.read(content, response.status_code >= 300)
            except BadBody as error:
                bad = error
        with self._counting:
            self._received += len(content)
        next_url = _next_url(response.headers.get("Link", ""), url)
        reply = Response(response.status_code, response.headers, data, url, next_url, len(content))
        return reply, _Content(content[:_START], bad)

    def _spend(self, method: str, url: str) -> None:
        """Count a request. Raises ``ApiError`` where this run has sent more, or read more, than any needs."""
        with self._counting:
            self._requests += 1
            many, much = self._requests > _MOST_REQUESTS, self._received > _LARGEST_RUN
        if many or much:
            what = f"sent {_MOST_REQUESTS:,} requests" if many else f"read more than {_LARGEST_RUN >> 30} GiB"
            raise ApiError(f"{method} {urlsplit(url).path}: not sent: this run has {what}. Split the scope over several tasks")

    def describe(self, response: Response, content: _Content) -> str:
        """How a request ended, in one clause: status, the vendor's words, the request id."""
        message = self.vendor.error_message(response.data) if response.data is not None else ""
        shown = self.mask(message)
        shown = shown if len(shown) <= _LONGEST_MESSAGE else shown[: _LONGEST_MESSAGE - 3] + "..."
        ending = f": {shown.rstrip(' .')}" if message else _plain(response, content, self.mask)
        request_id = self.mask(response.headers.get(self.vendor.request_id) or "")[:_LONGEST_ID]
        return self.mask(f"answered {response.status}{ending}" + (f" ({self.vendor.request_id} {request_id})" if request_id else ""))


class _Content(t.NamedTuple):
    """How a body begins; ``bad``: what is wrong with it, where it cannot be used."""

    start: bytes
    bad: BadBody | None


class Pages:
    """One list that comes in pages: it gets on, and it ends. ``target``: where it is read."""

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
        if len(self._seen) >= _MOST_PAGES or self._bytes > _LARGEST_LIST:
            raise ApiError(
                f"GET {self._target}: the list does not end: {len(self._seen)} pages were read, {self._bytes >> 20} MiB, and each says "
                "that there are more. Nothing can be planned on a list that is not whole"
            )


class _Call:
    """One request through all its tries: what is known of it by now, and what each answer means for it.

    ``idempotent``: may be sent again although it may have been acted upon. ``once``: never is, for there is another way. ``tries``: how
    often the caller has sent it before, where it is the caller who sends it again. ``fetch``: what fetches a pending answer, which is the
    identical request with this header beside the others.
    """

    def __init__(self, client: Client, method: str, target: str, idempotent: bool, once: bool, tries: int | None) -> None:
        self.client = client
        self.method = method
        self.target = target
        self.idempotent = idempotent
        self.once = once
        self.by_caller = tries is not None
        # The path as users know it: without the base and without what a query may hold.
        self.name = f"{method} {target.removeprefix(client.base_url).split('?')[0]}"
        self.fetch: dict[str, str] = {}
        self._tries = tries or 0
        self._polls = 0
        self._bad_bodies = 0

    def failed(self, message: str, status: int | None = None, data: t.Any = None) -> ApiError:
        """The failure to raise: whatever ends the wait for a pending write says nothing of the write."""
        if self.fetch and not self.idempotent:
            return WriteOutcomeUnknown(f"{message.rstrip('.')}; it was accepted before, and the server may still act", status, pending=True)
        return ApiError(message, status, data)

    def broken(self, broken: TransportError, reached: bool) -> None:
        """No answer: wait for another try, or raise. ``reached``: the other side has answered this run before."""
        self.client.budget.charge(broken.started, time.monotonic())
        why = f"{self.name}: {self.client.mask(str(broken))}"
        if broken.final and (self.idempotent or self.fetch):
            raise self.failed(f"{why}. {self._advice()}".strip()) from None
        if broken.sent and not self.idempotent and not self.fetch:
            raise WriteOutcomeUnknown(why + ": nobody knows whether the server acted", late=broken.late) from None
        if not reached and self._tries + 1 >= _FIRST_CONTACTS:
            raise ApiError(f"{why}. {self._advice()}".strip()) from None
        self._again(why, self._backoff())

    def handle(self, response: Response, content: _Content, started: float) -> bool:
        """Whether ``response``, to what was sent when ``started`` says, is the one to go on with; else wait for another try, or raise."""
        status = response.status
        pending = status == 202 and self.client.vendor.pending
        if 200 <= status < 300 and not pending and not _unreadable(response, content, self.method):
            return True
        why = f"{self.name}: {self.client.describe(response, content)}"
        if pending:
            self._pending(why, response)
        elif status == 404 and self.fetch:
            why += ": the pending answer is gone"
            if not self.idempotent:
                raise WriteOutcomeUnknown(why, status)
            self.fetch = {}
            self._again(why, self._backoff())
        elif status == 429:
            wait = self._asked(response)
            if not self.client.budget.allows(wait):
                raise self.failed(
                    f"{why}; the wait before another try does not fit into what is left of retry_timeout. Run the task again later, or "
                    "raise retry_timeout",
                    status,
                )
            self.client.pacer.pause(wait)
            self._again(why, wait)
        elif _uncertain(status) or status == 303 and not self.idempotent:
            self.client.budget.charge(started, time.monotonic())
            # While an answer is pending only 504 is about the query: the rest is about the fetching, which can be tried again.
            if not self.idempotent and (not self.fetch or status == 504):
                raise WriteOutcomeUnknown(why, status, response.data)
            self.fetch = {} if status == 504 else self.fetch
            self._again(why, self._asked(response))
        elif not 200 <= status < 300:
            refused = self.failed if status == 401 else ApiError
            raise refused(f"{why}. {self._advice(status)}".rstrip(" .") + ".", status, response.data)
        else:
            self.client.budget.charge(started, time.monotonic())
            if not self.idempotent and not self.fetch:
                raise WriteOutcomeUnknown(why, status)
            self._bad_bodies += 1
            if self._bad_bodies >= _BAD_BODIES or content.bad is not None and content.bad.final:
                raise self.failed(f"{why}. Check base_url, the credentials and any proxy in between", status)
            self._again(why, self._backoff())
        return False

    def _pending(self, why: str, response: Response) -> None:
        """Wait after a 202, and then fetch the answer. Raises where there is nothing to fetch it with, or no time is left."""
        header = self.client.vendor.pending
        key = response.headers.get(header) or self.fetch.get(header)
        if key and not (self.once and self._polls) and self.client.budget.wait(poll_wait(self._polls)):
            self.fetch = {header: key}
            self._polls += 1
            return
        why += f", without the {header} to fetch the answer with" if not key else "; retry_timeout is used up"
        if self.idempotent:
            raise ApiError(f"{why}. {self._advice()}", response.status)
        raise WriteOutcomeUnknown(f"{why}: the server may still act", response.status, pending=True)

    def _again(self, why: str, wait: float) -> None:
        """Wait so long for another try, which counts as a retry. Raises where there is no time left."""
        self._tries += 1
        if self.once:
            raise self.failed(f"{why}. {self._advice()}".strip())
        if not self.client.budget.wait(wait):
            raise self.failed(
                f"{why}; given up after {self._tries} {'try' if self._tries == 1 else 'tries'}, for retry_timeout is used up. "
                f"{self._advice()}".strip()
            )
        self.client.count("retries")
        if self.by_caller:
            raise NotActed(why)

    def _asked(self, response: Response) -> float:
        """Seconds before the next try: what the server asks for. Where it does not say, or says that it need be none, it is our own."""
        return _retry_after(response.headers) or self._backoff()

    def _backoff(self) -> float:
        return backoff(self._tries, random.random)

    def _advice(self, status: int | None = None) -> str:
        return self.client.vendor.hint(status, self.target if status is not None else "")


class TransportError(Exception):
    """No answer. ``sent``: the server may have got the request, which went out when ``started`` says. ``late``: there may be one yet.
    ``final``: another try would end no better."""

    def __init__(self, message: str, sent: bool, late: bool = False, final: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.late = late
        self.final = final
        self.started = time.monotonic()


def _transport_error(error: Exception, host: str, timeout: float) -> TransportError:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    kinds = [type(item).__name__ for item in (error, reason)]
    if isinstance(error, requests.exceptions.ProxyError) and _unsent(reason):
        return TransportError(f"the proxy on the way to {host} does not answer as a proxy should", sent=False)
    if "NameResolutionError" in kinds or "getaddrinfo" in str(error) or "Name or service not known" in str(error):
        return TransportError(f"the name of {host} cannot be resolved", sent=False)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return TransportError(f"{host} does not accept connections (none within {timeout:g} s)", sent=False)
    if "NewConnectionError" in kinds:
        return TransportError(f"{host} cannot be reached (connection refused, or no route to it)", sent=False)
    if isinstance(error, requests.exceptions.Timeout) or "Read timed out" in str(error):
        return TransportError(f"no answer from {host} within {timeout:g} s", sent=True, late=True)
    if _TOO_MUCH in str(error):
        return TransportError(f"the headers of {host}'s answer are longer, or more, than those of any API", sent=True, final=True)
    way = " by way of the proxy" if isinstance(error, requests.exceptions.ProxyError) else ""
    return TransportError(f"the connection to {host}{way} broke before the whole answer was there", sent=True)


def _unsent(reason: t.Any) -> bool:
    """Whether a proxy's failure came before the request: no connection to it, or no tunnel. A connection that breaks later through a proxy
    is called its failure as well."""
    original = getattr(reason, "original_error", None)
    kinds = {kind.__name__ for kind in type(original).__mro__}
    early = ("Tunnel connection failed", "CERTIFICATE_VERIFY_FAILED")
    return bool(kinds & {"NewConnectionError", "ConnectTimeoutError"}) or any(text in str(original) for text in early)


def _next_url(links: str, url: str) -> str | None:
    """Where the ``Link`` header says the next page is (``rel`` quoted or not, several or one), as an absolute URL."""
    for target, parameters in _LINK.findall(links):
        rel = re.search(r"""(?:^|[;\s])rel\s*=\s*("[^"]*"|'[^']*'|[^\s;,]+)""", parameters, re.I)
        if rel and "next" in rel[1].strip("\"'").lower().split():
            return _joined(url, target)
    return None


def _joined(base: str, url: str) -> str:
    """``url`` from ``base``, in ASCII; as it is where that is no URL, so that it is trusted by nobody."""
    try:
        return urljoin(base, quote(url, safe="".join(map(chr, range(0x21, 0x7F)))))
    except ValueError:
        return url


def _unreadable(response: Response, content: _Content, method: str) -> bool:
    """A 2xx whose body is not what an API answers: HTML, cut JSON, or nothing at all where something was asked for."""
    return content.bad is not None or response.data is None and method == "GET" and response.status == 200


def _uncertain(status: int) -> bool:
    """Whether a status leaves open if the server acted, and so may be another one at the next try. 501 and 505 say that it knows no such
    request; the codes beyond 511 are what proxies at the vendors' edges answer with."""
    return status == 408 or status >= 500 and status not in (501, 505)


def _plain(response: Response, content: _Content, mask: t.Callable[[str], str]) -> str:
    if response.data is not None:
        return ""
    if content.bad is None:
        return " with an empty body"
    text = content.start.decode("utf-8", "replace")
    if "html" in response.headers.get("Content-Type", "") or text.lstrip()[:1] == "<":
        # One that is cut might end within a secret.
        title = re.search(r"<title[^>]*>([^<]{1,1000})<", text, re.I)
        shown = mask(" ".join(unescape(mask(title[1])).split())) if title else ""
        return " with an HTML page" + (f" titled {shown[:80]!r}" if title else "")
    return f" with {content.bad}"


def _retry_after(headers: t.Mapping[str, str]) -> float | None:
    """``Retry-After`` in seconds, given as seconds or as a date; None where it is missing or makes no sense."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    if value:
        from email.utils import parsedate_to_datetime

        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except (TypeError, ValueError, OverflowError):
            pass
    return None
