# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front end of the mock server: real HTTP on loopback, with log, limits, latency and faults; the vendors behind it."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .eset import Eset
from .eset_errors import refusal
from .faults import SHARD, Faults
from .limits import Limiter
from .meraki import Meraki
from .web import Request, Response, html_response, json_response

MERAKI = "/api/v1"
_ADMIN = "/_cloud/"
_ESET = ("/oauth/", "/GetTokens", "/v1/", "/v2/")
_SIGN_IN = ("/oauth/token", "/GetTokens")
#: gRPC's codes for what ESET's edge says (https://grpc.github.io/grpc/core/md_doc_statuscodes.html); 13 is an internal error.
_CODES = {429: 8, 503: 14, 504: 4}


@dataclass
class Entry:
    """One request in the log. ``status`` is None where the connection was cut before an answer; ``at`` monotonic seconds of arrival.

    ``acted`` is the status that the vendor answered, whatever became of the answer; None where the request did not get there.
    """

    vendor: str
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    status: int | None
    at: float
    fault: str | None
    headers: dict[str, str]
    acted: int | None = None

    @property
    def who(self) -> str:
        """The credentials that came with it, in the form of their header."""
        return self.headers.get("authorization") or self.headers.get("x-cisco-meraki-api-key", "")

    @property
    def counts(self) -> bool:
        """Whether it is no sign-in, and was not turned away for the rate limit."""
        return not self.path.endswith(_SIGN_IN) and (self.status != 429 or self.fault is not None)


class Cloud:
    """The mock server. ``with Cloud() as cloud:`` starts it on a free port of loopback and stops it.

    ``meraki`` and ``eset`` are the vendors, ``faults`` what goes wrong, ``log`` what was asked, in the order of arrival.
    ``latency``: seconds before every answer. ``retry_after``: what a 429 carries in its header; None: a 429 without.
    ``around``: called with each entry of the log, and with what answers that request (None: with a reset), faults included; what it
    returns is sent. So other things can happen just before and just after any request, on whatever way it ends.
    ``fill``: gives the new vendors of ``reset`` what they hold at first.
    """

    def __init__(self) -> None:
        self.meraki = Meraki()
        self.eset = Eset()
        self.faults = Faults()
        self.latency = 0.0
        self.retry_after: str | None = "1"
        self.log: list[Entry] = []
        self.around: Callable[[Entry, Callable[[], Response | None]], Response | None] | None = None
        self.fill: Callable[[Cloud], None] | None = None
        self._limiter = Limiter()
        self._refused = itertools.count(1)
        self._server: _Server | None = None

    def __enter__(self) -> Cloud:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self, port: int = 0) -> None:
        """Listen; ``port`` 0 takes a free one. ``RuntimeError`` where it listens already."""
        if self._server is not None:
            raise RuntimeError("the mock server is started already")
        self._server = _Server(self, port)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening, and end the connections that are open."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """Scheme and authority."""
        if self._server is None:
            raise RuntimeError("the mock server is not started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def meraki_url(self) -> str:
        """``base_url`` of the Meraki modules."""
        return self.url + MERAKI

    @property
    def eset_url(self) -> str:
        """``base_url`` of the ESET module."""
        return self.url

    @property
    def before_write(self) -> Callable[[Request], None] | None:
        """Called with each valid write just before a vendor acts on it; setting it sets it for both vendors."""
        return self.meraki.before_write

    @before_write.setter
    def before_write(self, hook: Callable[[Request], None] | None) -> None:
        self.meraki.before_write = self.eset.before_write = hook

    def limit(self, rate: float | None) -> None:
        """Requests a second for each organization or credential; None: no limit."""
        self._limiter.rate = rate

    def reads(self) -> list[Entry]:
        """The GETs so far, but for those beyond the rate limit."""
        return [entry for entry in self.log if entry.method == "GET" and entry.counts]

    def writes(self) -> list[Entry]:
        """Everything else but signing in, likewise: runs that follow each other quickly share a limit."""
        return [entry for entry in self.log if entry.method != "GET" and entry.counts]

    def clear_log(self) -> None:
        """Forget what was asked so far."""
        self.log.clear()

    def reset(self) -> None:
        """Begin anew: with new vendors, without faults, and with an empty log."""
        self.meraki, self.eset = Meraki(), Eset()
        self.faults.clear()
        self.clear_log()
        if self.fill is not None:
            self.fill(self)

    # What the front end asks.

    def admits(self, request: Request) -> bool:
        """Whether a request is within its organization's or credential's limit; it counts if so."""
        vendor, inner = self._routed(request)
        return vendor is None or self._limiter.admits(vendor.bucket(inner), request.at)

    def answer(self, request: Request) -> Response:
        """What the vendor says, whom the path leads to."""
        vendor, inner = self._routed(request)
        return html_response(404, "Not found") if vendor is None else vendor.handle(inner)

    def too_many(self, request: Request) -> Response:
        """What a request beyond the limit gets."""
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        return self.refuse(request, 429, "API rate limit exceeded", headers)

    def refuse(self, request: Request, status: int, message: str, headers: Mapping[str, str]) -> Response:
        """An error that the vendor's edge makes, in the vendor's shape."""
        vendor, _inner = self._routed(request)
        number = f"edge-{next(self._refused)}"
        if vendor is self.eset:
            made, name = refusal(status, _CODES.get(status, 13), message).response(self.eset.error_bodies), "request-id"
        else:
            made, name = json_response(status, {"errors": [message]}), "X-Request-Id"
        return Response(status, {**made.headers, name: number, **headers}, made.body)

    def administer(self, request: Request) -> Response:
        """The answer to a request below ``/_cloud/``."""
        asked = f"{request.method} {request.path[len(_ADMIN) :]}"
        if asked == "GET state":
            return json_response(200, {"meraki": self.meraki.state(), "eset": self.eset.state()})
        if asked == "GET log":
            return json_response(200, [_shown(entry) for entry in self.log])
        if asked == "POST faults":
            try:
                self.faults.add(**request.json())
            except (TypeError, ValueError) as error:
                return json_response(400, {"errors": [str(error)]})
        elif asked == "POST clear":
            self.faults.clear()
            self.clear_log()
        elif asked == "POST reset":
            self.reset()
        else:
            return json_response(404, {"errors": ["there are GET state, GET log, POST faults, POST clear, POST reset"]})
        return json_response(200, {})

    def _routed(self, request: Request) -> tuple[Meraki | Eset | None, Request]:
        """The vendor, and the request as it sees it; None where no vendor has such a path."""
        path = request.path
        while path.startswith(SHARD + "/"):
            path = path[len(SHARD) :]
        if path.startswith(MERAKI + "/"):
            return self.meraki, replace(request, path=path[len(MERAKI) :], origin=request.origin + MERAKI)
        if path.startswith(_ESET):
            return self.eset, replace(request, path=path)
        return None, request


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    block_on_close = False

    def __init__(self, cloud: Cloud, port: int) -> None:
        self.cloud = cloud
        self._open: set[Any] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                # The thread that waits for its next request wakes up, and closes it.
                _quietly(connection.shutdown, socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is a mistake of ours and goes to stderr."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Quiet: there is a log of our own."""

    def handle_any(self) -> None:
        at = time.monotonic()
        cloud = self.server.cloud
        body = self._body()
        headers = {key.lower(): value for key, value in self.headers.items()}
        origin = f"http://{headers.get('host') or cloud.url[7:]}"
        target = _target(self.path, origin)
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        request = Request(self.command, parts.path, query, headers, body, at, origin)
        if parts.path.startswith(_ADMIN):
            self._send(cloud.administer(request))
            return
        entry = Entry(_vendor(parts.path), self.command, parts.path, query, _parsed(body), None, at, None, headers)
        fault = cloud.faults.take(self.command, target, entry.who)
        entry.fault = fault.kind if fault else None
        cloud.log.append(entry)
        # Counted when it arrives and not when it is answered; what never gets to the vendor does not count.
        admitted = (fault is not None and not fault.reaches_vendor) or cloud.admits(request)

        def act(request: Request) -> Response:
            if not admitted:
                return cloud.too_many(request)
            answer = cloud.answer(request)
            entry.acted = answer.status
            return answer

        def respond() -> Response | None:
            if cloud.latency:
                time.sleep(cloud.latency)
            return fault.answer(request, act, cloud.refuse) if fault else act(request)

        response = cloud.around(entry, respond) if cloud.around else respond()
        if response is None:
            self._reset()
        elif fault is not None and fault.kind == "cut_body":
            self._send_half(response, entry)
        else:
            entry.status = response.status
            self._send(response)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_any  # noqa: N815 - the base class's names

    def _body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            # Nobody here sends chunks; what follows would be taken for the next request.
            self.close_connection = True
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            raise ConnectionResetError("the client left in the middle of its request")
        return body

    def _send(self, response: Response) -> None:
        self.wfile.write(self._head(response) + (b"" if self.command == "HEAD" else response.body))

    def _send_half(self, response: Response, entry: Entry) -> None:
        self.close_connection = True
        if response.body:
            entry.status = response.status
            self.wfile.write(self._head(response) + response.body[: len(response.body) // 2])
        else:
            self.wfile.write(b"HTTP/1.1 2")

    def _head(self, response: Response) -> bytes:
        lines = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}"]
        lines += [f"{key}: {value}" for key, value in response.headers.items()]
        if response.status != 204:
            lines.append(f"Content-Length: {len(response.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Closed here and now, and for good: the base class would first shut it down in good order.
        self.connection.close()
        self.rfile.close()
        raise ConnectionResetError("a fault")


def _target(target: str, origin: str) -> str:
    """What was asked for, path and query.

    Meraki's SDK puts every URL that does not lead to the vendor's domains behind its base, as if it were a path: so it follows a ``Link``
    of this server to ``/api/v1http://127.0.0.1:4711/api/v1/organizations``.
    """
    return target.removeprefix(MERAKI + origin) if target.startswith(MERAKI + origin + MERAKI + "/") else target


def _vendor(path: str) -> str:
    return "meraki" if MERAKI + "/" in path else "eset"


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode("utf-8", "replace")


def _shown(entry: Entry) -> dict[str, Any]:
    """An entry for whoever looks at the process from outside: without what signs requests."""
    shown = {key: value for key, value in vars(entry).items() if key != "headers"}
    return shown | ({"body": None} if entry.path.endswith(_SIGN_IN) else {})


def _quietly(act: Callable[..., Any], *arguments: Any) -> None:
    try:
        act(*arguments)
    except OSError:
        return
