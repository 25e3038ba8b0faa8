# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The prototype's vendor: a site with rules and zones, in memory."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "turnstile-token-0123456789"


class Site:
    """A server on loopback; ``rules`` by id, ``zones`` by id, ``log`` of what was asked as ``METHOD path``."""

    def __init__(self, zones: dict[str, str], *rules: dict[str, Any]) -> None:
        self.zones = zones
        self.rules = {str(number): {"id": str(number), **rule} for number, rule in enumerate(rules, start=1)}
        self.log: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Site:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """The status and the data of an answer."""
        self.log.append(f"{method} {path}")
        what, _slash, own = path.removeprefix("/sites/north/").partition("/")
        if method == "GET" and what == "zones":
            return 200, {"zones": [{"id": key, "name": name} for key, name in self.zones.items()]}
        if method == "GET" and what == "rules":
            return 200, {"rules": list(self.rules.values())}
        if method == "POST" and what == "rules":
            own = str(max(map(int, self.rules), default=0) + 1)
        elif what != "rules" or own not in self.rules:
            return 404, {"message": "there is no such thing"}
        if method == "DELETE":
            del self.rules[own]
            return 204, None
        self.rules[own] = {"id": own, **body}
        return 200, self.rules[own]


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        status, data = self.site.answer(self.command, self.path, body) if known else (401, {"message": "who is it?"})
        content = b"" if data is None else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the standard library's names

    def log_message(self, *_args: object) -> None:
        pass
