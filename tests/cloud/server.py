# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front end of the stand-in: real HTTP on loopback, with log, limits, latency and faults; the vendors behind it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable
from urllib.parse import parse_qs, urlsplit

from .eset import Eset
from .faults import Fault, Faults
from .limits import Limiter
from .meraki import Meraki
from .web import Request, Response, json_response

MERAKI = "/api/v1"
#: A prefix that is served like the root: where redirects lead by default.
SHARD = "/shard"
_ESET = ("/oauth/", "/GetTokens", "/v1/", "/v2/")
_SIGN_IN = ("/oauth/token", "/GetTokens")
_PAGE = b"<!DOCTYPE html><html><head><title>Something went wrong</title></head><body>It is not you.</body></html>"


@dataclass
class Entry:
    """One request in the log. ``status`` is None where the connection was cut before an answer; ``at`` monotonic seconds of arrival."""

    vendor: str
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    status: int | None
    at: float
    fault: str | None
    headers: dict[str, str]


class Cloud:
    """The stand-in. ``with Cloud() as cloud:`` starts it on a free port of loopback and stops it."""

    def __init__(self) -> None:
        self.meraki = Meraki()
        self.eset = Eset()
        self.faults = Faults()
        self.latency = 0.0
        self.retry_after: str | None = "1"
        self.log: list[Entry] = []
        self._limiter = Limiter()
        self._server: _Server | None = None

    def __enter__(self) -> Cloud:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self, port: int = 0) -> None:
        """Listen; ``port`` 0 takes a free one."""
        self._server = _Server(self, port)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        """Scheme and authority."""
        if self._server is None:
            raise RuntimeError("the stand-in is not started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def meraki_url(self) -> str:
        """``base_url`` of the Meraki modules."""
        return self.url + MERAKI

    @property
    def eset_url(self) -> str:
        """``base_url`` of the ESET module."""
        return self.url

    def limit(self, rate: float | None) -> None:
        """Requests a second for each organization or credential; None: no limit."""
        self._limiter.rate = rate

    def reads(self) -> list[Entry]:
        """The GETs so far."""
        return [entry for entry in self.log if entry.method == "GET"]

    def writes(self) -> list[Entry]:
        """Everything else but signing in."""
        return [entry for entry in self.log if entry.method != "GET" and not entry.path.endswith(_SIGN_IN)]

    def clear_log(self) -> None:
        """Forget what was asked so far."""
        self.log.clear()

    def answer(self, request: Request) -> Response:
        """What the vendor says, within its limits."""
        path = request.path
        while path.startswith(SHARD + "/"):
            path = path[len(SHARD) :]
        if path.startswith("/_cloud/"):
            return self._admin(request, path)
        if path.startswith(MERAKI + "/"):
            inner = Request(request.method, path[len(MERAKI) :], request.query, request.headers, request.body, request.at, request.origin + MERAKI)
            if not self._limiter.admits(self.meraki.bucket(inner), request.at):
                return self._limited({"errors": ["API rate limit exceeded for organization"]})
            return self.meraki.handle(inner)
        if path.startswith(_ESET):
            inner = Request(request.method, path, request.query, request.headers, request.body, request.at, request.origin)
            if not self._limiter.admits("eset " + request.headers.get("authorization", ""), request.at):
                return self._limited({"code": 8, "message": "Too many requests", "details": []})
            return self.eset.handle(inner)
        return Response(404, {"Content-Type": "text/html"}, _PAGE)

    def _limited(self, data: Any) -> Response:
        return json_response(429, data, {} if self.retry_after is None else {"Retry-After": self.retry_after})

    def _admin(self, request: Request, path: str) -> Response:
        if path == "/_cloud/state":
            return json_response(200, {"meraki": self.meraki.state(), "eset": self.eset.state()})
        if path == "/_cloud/log":
            return json_response(200, [{**vars(entry), "headers": None} for entry in self.log])
        if path == "/_cloud/faults" and request.method == "POST":
            self.faults.add(**request.json())
        elif path == "/_cloud/clear" and request.method == "POST":
            self.faults.clear()
            self.clear_log()
        else:
            return json_response(404, {"errors": ["there are state, log, faults, clear"]})
        return json_response(200, {})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    block_on_close = False

    def __init__(self, cloud: Cloud, port: int) -> None:
        self.cloud = cloud
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is a mistake of ours and goes to stderr."""
        import sys

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
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        request = Request(self.command, parts.path, query, headers, body, at, f"http://{headers.get('host', '')}")
        admin = parts.path.startswith("/_cloud/")
        fault = None if admin else cloud.faults.take(self.command, self.path)
        entry = Entry(_vendor(parts.path), self.command, parts.path, query, _parsed(body), None, at, fault.kind if fault else None, headers)
        if not admin:
            cloud.log.append(entry)
        if cloud.latency:
            time.sleep(cloud.latency)
        response = _faulty(fault, request, cloud.answer) if fault else cloud.answer(request)
        if response is None:
            self._reset()
            return
        entry.status = response.status
        self._send(response, cut=fault is not None and fault.kind == "cut_body")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_any  # noqa: N815 - the base class's names

    def _send(self, response: Response, cut: bool) -> None:
        lines = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}"]
        headers = {**response.headers}
        if response.status != 204:
            headers["Content-Length"] = str(len(response.body))
        lines += [f"{key}: {value}" for key, value in headers.items()]
        content = response.body[: len(response.body) // 2] if cut else response.body
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (b"" if response.status == 204 else content))
        if cut:
            self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Closed here and now, and for good: the base class would first shut it down in good order.
        self.connection.close()
        self.rfile.close()
        self.close_connection = True
        raise ConnectionResetError


def _faulty(fault: Fault, request: Request, act: Callable[[Request], Response]) -> Response | None:
    """The answer to a request that a fault hits; None: the connection is reset."""
    given = fault.arguments
    if fault.kind == "reset_before":
        return None
    if fault.kind == "reset_after":
        act(request)
        return None
    if fault.kind == "status":
        if given.get("acted"):
            act(request)
        status = given.get("status", 503)
        data = given.get("body")
        if data is None:
            data = {"errors": ["something went wrong"]} if _vendor(request.path) == "meraki" else {"code": 13, "message": "internal", "details": []}
        return json_response(status, data, given.get("headers") or {})
    if fault.kind == "html":
        if given.get("acted"):
            act(request)
        return Response(given.get("status", 200), {"Content-Type": "text/html"}, _PAGE)
    if fault.kind == "slow":
        if given.get("acted"):
            response = act(request)
            time.sleep(given["seconds"])
            return response
        time.sleep(given["seconds"])
        return act(request)
    if fault.kind == "redirect":
        target = given.get("to") or request.origin + SHARD
        query = "&".join(f"{key}={value}" for key, values in request.query.items() for value in values)
        return Response(given.get("status", 302), {"Location": target + request.path + (f"?{query}" if query else "")})
    response = act(request)
    if fault.kind == "empty":
        return Response(response.status, {key: value for key, value in response.headers.items() if key != "Content-Type"})
    if fault.kind == "link_host" and "Link" in response.headers:
        link = response.headers["Link"].replace(request.origin, f"https://{given.get('host', 'n1.example')}")
        return Response(response.status, {**response.headers, "Link": link}, response.body)
    return response


def _vendor(path: str) -> str:
    return "meraki" if MERAKI + "/" in path else "eset"


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode("utf-8", "replace")
