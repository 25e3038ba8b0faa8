# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in to ESET's mock server: users, tokens, the cloud's ``/oauth/token`` and On-Prem's ``/GetTokens``."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .eset_errors import denied, invalid, not_found, oauth_error, unauthenticated, wrong_content_type
from .spec import find
from .web import Request, Response, json_response

if TYPE_CHECKING:
    from .eset import Eset

CLOUD_PATH = "/oauth/token"
ON_PREM_PATH = "/GetTokens"
SIGN_IN = (CLOUD_PATH, ON_PREM_PATH)
_FORM = "application/x-www-form-urlencoded"
#: What each published form of the On-Prem body has beside ``username`` and ``password``.
_ON_PREM_FORMS = {
    "13.0": {"grant_type": 0},
    "password": {"grant_type": "password"},
    "13.1": {"is_domain_user": False, "grantType": "PASSWORD"},
}


@dataclass
class Token:
    """An access token: whose it is, until when (monotonic seconds; None: for ever), and how many requests are left (None: any)."""

    user: str
    read_only: bool
    ends: float | None
    uses: int | None


@dataclass(frozen=True)
class _User:
    password: str
    read_only: bool


class SignIn:
    """The users and tokens. The switches that concern it are attributes of ``Eset``."""

    def __init__(self, eset: Eset) -> None:
        self.issued: list[str] = []
        self._eset = eset
        self._users: dict[str, _User] = {}
        self._tokens: dict[str, Token] = {}
        self._refresh: dict[str, str] = {}

    def add_user(self, username: str, password: str, read_only: bool) -> None:
        """Somebody who can sign in."""
        self._users[username] = _User(password, read_only)

    def add_token(self, token: str, at: float, lifetime: float | None, uses: int | None, read_only: bool) -> None:
        """An access token that is there without signing in."""
        self._tokens[token] = Token("", read_only, None if lifetime is None else at + lifetime, uses)

    def known(self, request: Request) -> Token | None:
        """The token of a request as far as there is one, good or not; does not count as a use."""
        scheme, _space, value = request.headers.get("authorization", "").partition(" ")
        return self._tokens.get(value) if scheme == "Bearer" else None

    def admit(self, request: Request) -> Token:
        """The token of a request, one use less; 401 where it is missing, unknown, expired or used up."""
        token = self.known(request)
        if token is None or token.uses == 0 or (token.ends is not None and request.at >= token.ends):
            raise unauthenticated("Token has expired or is invalid.")
        if token.uses is not None:
            token.uses -= 1
        return token

    def handle(self, request: Request) -> Response:
        """The answer to a token call."""
        own = ON_PREM_PATH if self._eset.deployment == "on_prem" else CLOUD_PATH
        if request.path != own or request.method != "POST":
            raise not_found()
        if request.query:
            raise invalid("no query parameter is known here")
        return self._get_tokens(request) if own == ON_PREM_PATH else self._oauth(request)

    def _oauth(self, request: Request) -> Response:
        if _content_type(request) != _FORM:
            raise wrong_content_type(_FORM)
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        if any(len(values) > 1 for values in form.values()):
            raise oauth_error("invalid_request", "a parameter is given twice")
        given = {name: values[0] for name, values in form.items()}
        if given.get("grant_type") not in ("password", "refresh_token"):
            error = "unsupported_grant_type" if "grant_type" in given else "invalid_request"
            raise oauth_error(error, "grant_type must be password or refresh_token")
        operation, _places, _known = find(("eset-oauth.openapi.json",), "POST", CLOUD_PATH)
        errors = operation.body_errors(given, _FORM) if operation else []
        needed = ("username", "password") if given["grant_type"] == "password" else ("refresh_token",)
        errors += [f"{name} must be set" for name in needed if not given.get(name)]
        if errors:
            raise oauth_error("invalid_request", "; ".join(errors))
        if given["grant_type"] == "refresh_token":
            user = self._refreshed(given["refresh_token"])
        else:
            user = given["username"]
            if not self._fits(user, given["password"]):
                raise oauth_error("invalid_grant", "The credentials are not valid.")
        refresh = self._new("refresh")
        self._refresh[refresh] = user
        return json_response(
            200,
            {
                "access_token": self._access(user, request.at),
                "refresh_token": refresh,
                "token_type": "Bearer",
                "expires_in": self._expires_in(),
            },
        )

    def _refreshed(self, token: str) -> str:
        """Whose refresh token it was: each can be used once, for a refresh makes both tokens anew."""
        if self._eset.refresh == "refused" or token not in self._refresh:
            raise oauth_error("invalid_grant", "The refresh token is not valid.")
        return self._refresh.pop(token)

    def _get_tokens(self, request: Request) -> Response:
        if _content_type(request) != "application/json":
            raise wrong_content_type("application/json")
        try:
            given = request.json()
        except ValueError:
            raise invalid("the body is not JSON") from None
        if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in ("username", "password")):
            raise invalid("username and password must be strings")
        rest = {name: value for name, value in given.items() if name not in ("username", "password")}
        form = self._eset.on_prem_signin
        accepted = _ON_PREM_FORMS.values() if form == "any" else [_ON_PREM_FORMS[form]]
        # As text, for to Python 0 and False are equal.
        if _canonical(rest) not in map(_canonical, accepted):
            raise invalid("the body is not of the form that this server's version knows")
        user = given["username"]
        if not self._fits(user, given["password"]):
            raise unauthenticated("The credentials are not valid.")
        if user == "Administrator":
            raise denied("The built-in Administrator cannot use the API.")
        return json_response(200, {"accessToken": self._access(user, request.at), "expiresIn": self._expires_in()})

    def _fits(self, user: str, password: str) -> bool:
        return user in self._users and self._users[user].password == password

    def _access(self, user: str, at: float) -> str:
        made = self._new("access")
        self._tokens[made] = Token(user, self._users[user].read_only, at + self._eset.token_seconds, self._eset.token_uses)
        return made

    def _expires_in(self) -> int:
        return int(self._eset.token_seconds) if self._eset.expires_in is None else self._eset.expires_in

    def _new(self, kind: str) -> str:
        made = f"{kind}-{uuid.uuid4().hex}"
        self.issued.append(made)
        return made


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True)
