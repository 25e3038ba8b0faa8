# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ESET Connect's pending answers: 202 with a ``response-id``, to be fetched by sending the identical request again with that header."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .eset_auth import SIGN_IN
from .eset_errors import not_found, refusal
from .web import Request, Response

#: Seconds (monotonic) after which a request that is not ready ends with 504, and after which a cached answer is gone.
NOT_READY_AFTER = 120.0
GONE_AFTER = 600.0
_ACTS = ("first", "fetch", "never")
_LOST = (None, "404", "504")


@dataclass
class _Rule:
    """Requests that are to be answered 202."""

    method: str | None
    path: str | None
    polls: int
    times: int
    lost: str | None
    acts: str
    no_response_id: bool

    def matches(self, request: Request) -> bool:
        if self.path is None:
            # Signing in has its own switch: a rule for any request means the API's.
            return request.path not in SIGN_IN and self.method in (None, request.method)
        return self.method in (None, request.method) and re.search(self.path, _target(request)) is not None


@dataclass
class _Entry:
    """One request under way; ``response`` is None as long as it has not acted."""

    rule: _Rule
    identity: tuple[Any, ...]
    since: float
    polled: int
    response: Response | None


class Pending:
    """The rules to come, and the requests under way."""

    def __init__(self, act: Callable[[Request], Response]) -> None:
        self._act = act
        self._rules: list[_Rule] = []
        self._entries: dict[str, _Entry] = {}

    def add(self, method: str | None, path: str | None, polls: int, times: int, lost: str | None, acts: str, no_response_id: bool) -> None:
        """A rule, as ``Eset.pend`` documents it."""
        if acts not in _ACTS or lost not in _LOST or polls < 1:
            raise ValueError(f"acts is one of {_ACTS}, lost one of {_LOST}, polls at least 1")
        if acts == "never" and lost is None and not no_response_id:
            raise ValueError("a request that never acts has no answer to fetch: lost, or no_response_id, says what comes instead")
        self._rules.append(_Rule(method, path, polls, times, lost, acts, no_response_id))

    @property
    def left(self) -> int:
        """How many requests are still to be answered 202 for the first time."""
        return sum(rule.times for rule in self._rules)

    def handle(self, request: Request) -> Response:
        """The answer: what is cached, 202, or what the request does."""
        if "response-id" in request.headers:
            return self._poll(request.headers["response-id"], request)
        for rule in self._rules:
            if rule.times and rule.matches(request):
                rule.times -= 1
                return self._begin(rule, request)
        return self._act(request)

    def _begin(self, rule: _Rule, request: Request) -> Response:
        response = self._act(request) if rule.acts == "first" else None
        if rule.no_response_id:
            return Response(202)
        key = str(uuid.uuid4())
        self._entries[key] = _Entry(rule, _identity(request), request.at, 0, response)
        return Response(202, {"response-id": key})

    def _poll(self, key: str, request: Request) -> Response:
        entry = self._entries.get(key)
        if entry is None or entry.identity != _identity(request):
            raise not_found("There is no cached response for this request.")
        entry.polled += 1
        rule = entry.rule
        waited = request.at - entry.since
        if rule.lost == "404" or waited > GONE_AFTER:
            self._end(key, request)
            raise not_found("There is no cached response for this request.")
        if entry.polled < rule.polls and waited <= NOT_READY_AFTER:
            return Response(202, {"response-id": key})
        response = self._end(key, request)
        if rule.lost == "504" or entry.polled < rule.polls or response is None:
            raise refusal(504, 4, "Action took too long; timeout reached")
        return response

    def _end(self, key: str, request: Request) -> Response | None:
        """Take the request off; one that acts when it is fetched does so now, also where nobody will see its answer."""
        entry = self._entries.pop(key)
        return self._act(request) if entry.rule.acts == "fetch" else entry.response


def _identity(request: Request) -> tuple[Any, ...]:
    """What has to be the same in the request that fetches: all but the token."""
    return request.method, request.path, [(name, list(values)) for name, values in request.query.items()], request.body


def _target(request: Request) -> str:
    return request.path + ("?" + urlencode(request.query, doseq=True, safe=":") if request.query else "")
