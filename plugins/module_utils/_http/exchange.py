# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""One request and its answer, with nothing repeated and nothing followed; and in words how it ended: what ``requests`` raises, what a
server says for itself. No secret, and not all of a page."""

from __future__ import annotations

import re
import sys
import time
import typing as t
import zlib
from html import unescape
from urllib.parse import urlsplit

from .body import BadBody
from .environment import environment_proxies
from .errors import ApiError, TransportError
from .request import Headers, Request, Response, Vendor
from .retry import Outcome
from .transport import no_netrc, read_body, set_deadline

try:
    import requests
    import urllib3

    HAS_REQUESTS = True
except ImportError:
    HAS_REQUESTS = False

#: In what http.client says where a header is too long, or there are too many.
_TOO_MUCH = "got more than "

#: What OpenSSL says where the other side answers in plain text.
_NO_TLS = re.compile("WRONG_VERSION_NUMBER|wrong version number|HTTP_REQUEST|RECORD_LAYER_FAILURE|record layer failure")

#: Of what a server says for itself, and of the id that it gives a request.
_LONGEST_MESSAGE = 2000
LONGEST_ID = 200
#: Of a body that is not JSON, so much is looked at.
BEGINNING = 8192


class Received(t.NamedTuple):
    """An answer as it came. ``bad``: why its body was not read."""

    status: int
    headers: Headers
    content: bytes
    bad: BadBody | None = None


def exchange(session: t.Any, request: Request, timeout: float, verify: bool | str) -> Received:
    """Send ``request`` to its ``url``, and read the answer to its end. Raises ``TransportError`` where there is none, and ``ApiError``
    where there can be none."""
    set_deadline(time.monotonic() + timeout)
    try:
        response = session.request(
            request.method,
            request.url,
            params=request.query,
            json=request.body,
            data=request.form,
            headers=dict(request.headers or {}),
            auth=no_netrc,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
            verify=verify,
        )
        with response:
            content = read_body(response)
    except BadBody as error:
        return Received(response.status_code, response.headers, b"", error)
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, zlib.error, UnicodeEncodeError, OSError) as error:
        raise _failure(error, request, timeout) from None
    if content is None:
        raise _broken(urlsplit(request.url).netloc)
    return Received(response.status_code, response.headers, content)


def _failure(error: Exception, request: Request, timeout: float) -> ApiError | TransportError:
    """What an exception of the libraries means."""
    host = urlsplit(request.url).netloc
    name = f"{request.method} {urlsplit(request.url).path}"
    if isinstance(error, requests.exceptions.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return ApiError(f"{name}: the certificate of {host} is not trusted. Point ca_path to the CA that signed it")
        no_tls = " (the port may not speak TLS: https may stand in place of http)" if _NO_TLS.search(str(error)) else ""
        return TransportError(f"the TLS connection to {host} failed{no_tls}", sent=True)
    named = requests.exceptions
    if isinstance(error, (named.InvalidURL, named.InvalidHeader, named.InvalidSchema, named.MissingSchema, UnicodeEncodeError)):
        return ApiError(f"{name}: {_why_unsendable(error, request.url)}")
    if "TLS CA certificate bundle" in str(error):
        return ApiError(f"{name}: the CA bundle of ca_path, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE does not exist. Correct the path")
    return _no_answer(error, host, timeout)


def _why_unsendable(error: Exception, url: str) -> str:
    if isinstance(error, requests.exceptions.InvalidURL) and environment_proxies(url):
        return (
            "what HTTPS_PROXY, HTTP_PROXY or ALL_PROXY says is not the URL of a proxy. Correct that environment variable, or except the "
            "host in NO_PROXY"
        )
    if "SOCKS" in str(error):
        return (
            "the proxy in the environment is a SOCKS proxy, and this Python lacks the library for it: "
            f"{sys.executable} -m pip install 'requests[socks]'"
        )
    return "the URL or a header cannot be sent. Check base_url and the credentials"


def _no_answer(error: Exception, host: str, timeout: float) -> TransportError:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    kinds = [type(item).__name__ for item in (error, reason)]
    by_proxy = isinstance(error, requests.exceptions.ProxyError)
    if by_proxy and _unsent(reason):
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
    return _broken(host, " by way of the proxy" if by_proxy else "")


def _broken(host: str, way: str = "") -> TransportError:
    return TransportError(f"the connection to {host}{way} broke before the whole answer was there", sent=True)


def _unsent(reason: t.Any) -> bool:
    """Whether a proxy's failure came before the request: no connection to it, or no tunnel. A connection that breaks later through a proxy
    is called its failure as well."""
    original = getattr(reason, "original_error", None)
    kinds = {kind.__name__ for kind in type(original).__mro__}
    early = ("Tunnel connection failed", "CERTIFICATE_VERIFY_FAILED")
    return bool(kinds & {"NewConnectionError", "ConnectTimeoutError"}) or any(text in str(original) for text in early)


def outcome_of(request: Request, ended: Response | TransportError, vendor: Vendor, mask: t.Callable[[str], str]) -> Outcome:
    """What the table of retries has to know of how a try ended."""
    advice = vendor.hint(None, "")
    if isinstance(ended, TransportError):
        description = f"{request.name}: {mask(str(ended))}"
        return Outcome(description, final=ended.final, sent=ended.sent, late=ended.late, advice=advice)
    outcome = Outcome(status=ended.status, readable=ended.readable(request.method), pending_header=vendor.pending)
    if outcome.good:
        return outcome
    return outcome._replace(
        description=f"{request.name}: {_described(ended, vendor, mask)}",
        data=ended.data,
        final=ended.bad is not None and ended.bad.final,
        retry_after=_retry_after(ended.headers),
        pending_id=ended.headers.get(vendor.pending, "") if outcome.accepted else "",
        advice=advice,
        status_advice=vendor.hint(ended.status, request.target),
    )


def _described(response: Response, vendor: Vendor, mask: t.Callable[[str], str]) -> str:
    """The status, whose words, and the request's id, in one clause."""
    message = vendor.error_message(response.data) if response.data is not None else ""
    shown = mask(message)
    shown = shown if len(shown) <= _LONGEST_MESSAGE else shown[: _LONGEST_MESSAGE - 3] + "..."
    ending = f": {shown.rstrip(' .')}" if message else _body(response, mask)
    request_id = mask(response.headers.get(vendor.request_id) or "")[:LONGEST_ID]
    return mask(f"answered {response.status}{ending}" + (f" ({vendor.request_id} {request_id})" if request_id else ""))


def _body(response: Response, mask: t.Callable[[str], str]) -> str:
    """What stands in the place of a vendor's message."""
    if response.data is not None:
        return ""
    if response.bad is None:
        return " with an empty body"
    text = response.beginning.decode("utf-8", "replace")
    if "html" in response.headers.get("Content-Type", "") or text.lstrip()[:1] == "<":
        # One that is cut might end within a secret.
        title = re.search(r"<title[^>]*>([^<]{1,1000})<", text, re.I)
        shown = mask(" ".join(unescape(mask(title[1])).split())) if title else ""
        return " with an HTML page" + (f" titled {shown[:80]!r}" if title else "")
    return f" with {response.bad}"


def _retry_after(headers: Headers) -> float | None:
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
