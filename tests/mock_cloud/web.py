# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mock server's front end and its vendors hand each other: one request, one answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as a vendor sees it.

    ``path`` is raw (still percent-encoded) and has no query; ``query`` maps each key to all of its values;
    ``headers`` has lower-case keys; ``at`` is ``time.monotonic()`` of its arrival; ``origin`` is the scheme and
    authority that the client spoke to (``http://127.0.0.1:4711``).
    """

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    at: float
    origin: str

    def json(self) -> Any:
        """The body read as JSON; ``ValueError`` when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """One answer: status, headers and the bytes of the body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_text(data: Any) -> bytes:
    """``data`` as JSON, as short as it gets."""
    return json.dumps(data, separators=(",", ":")).encode()


def json_response(status: int, data: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose body is ``data`` as JSON."""
    return Response(status, {"Content-Type": "application/json", **(headers or {})}, json_text(data))


def html_response(status: int, title: str) -> Response:
    """A page for people, as it comes from whatever stands before a vendor's API."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Response(status, {"Content-Type": "text/html; charset=utf-8"}, page.encode())
