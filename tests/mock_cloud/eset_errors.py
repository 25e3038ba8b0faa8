# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ESET's mock server refuses: gRPC codes as JSON, OAuth's errors, and what is left of either on the way."""

from __future__ import annotations

from typing import Any

from .web import Response, json_response

_PAGE = b"<!DOCTYPE html><html><head><title>Request rejected</title></head><body>The request was blocked.</body></html>"


class Refusal(Exception):
    """An error on its way to the client: an HTTP status and the body in full."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    def response(self, bodies: str) -> Response:
        """The answer; ``bodies`` as in ``Eset.error_bodies``: ``grpc``, ``empty`` or ``html``."""
        if bodies == "empty":
            return Response(self.status)
        if bodies == "html":
            return Response(self.status, {"Content-Type": "text/html"}, _PAGE)
        return json_response(self.status, self.body)


def refusal(status: int, code: int, message: str) -> Refusal:
    """An error with a code of gRPC's (https://grpc.github.io/grpc/core/md_doc_statuscodes.html)."""
    return Refusal(status, {"code": code, "message": message, "details": []})


def invalid(message: str) -> Refusal:
    """The request is wrong in itself."""
    return refusal(400, 3, message)


def not_found(message: str = "Requested resource not found.") -> Refusal:
    """What the request refers to is not there, or not for this caller."""
    return refusal(404, 5, message)


def denied(message: str) -> Refusal:
    """The caller is known, and may not."""
    return refusal(403, 7, message)


def unauthenticated(message: str) -> Refusal:
    """The caller is not known."""
    return refusal(401, 16, message)


def wrong_content_type(wanted: str) -> Refusal:
    """The body is not of the type that the operation's specification names."""
    return refusal(415, 3, f"Content-Type must be {wanted}")


def oauth_error(error: str, description: str) -> Refusal:
    """A token call that failed (RFC 6749, section 5.2)."""
    return Refusal(400, {"error": error, "error_description": description})
