# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in's front end and its vendors hand each other: one request, one answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Mapping


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


def json_response(status: int, data: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose body is ``data`` as JSON."""
    body = json.dumps(data, separators=(",", ":")).encode()
    return Response(status, {"Content-Type": "application/json", **(headers or {})}, body)
