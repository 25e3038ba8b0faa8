# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Signing in to ESET: tokens given, asked for, refreshed and renewed; the cloud's OAuth and On-Prem's ``GetTokens``."""

from __future__ import annotations

import threading
import time
import typing as t

from .._http.errors import ApiError
from .._http.request import Request

if t.TYPE_CHECKING:
    from .._http.client import Client

CLOUD_PATH = "/oauth/token"
ON_PREM_PATH = "/GetTokens"

#: What the published forms of On-Prem's body have beside username and password: the documentation's of 13.0, the same in words, and
#: that of the client of 13.1. A server knows one of them.
_ON_PREM_FORMS: tuple[dict[str, t.Any], ...] = (
    {"grant_type": 0},
    {"grant_type": "password"},
    {"is_domain_user": False, "grantType": "PASSWORD"},
)
#: How a server refuses a body that it does not know. 401 and 403 speak of the credentials, which are not tried again.
_UNKNOWN_FORM = (400, 415, 422)


class TokenAuth:
    """Puts a bearer token on requests; safe for threads.

    A token that is given is used first. ``client`` is to be set before the first request; ``url`` is where tokens are asked for.
    """

    def __init__(self, options: t.Mapping[str, t.Any], url: str) -> None:
        self.client: Client | None = None
        self._url = url
        self._on_prem = options["deployment"] == "on_prem"
        self._username: str = options["username"] or ""
        self._password: str = options["password"] or ""
        self._token = (options["access_token"] or "").strip()
        self._until = float("inf")
        self._refresh = ""
        self._forms = list(_ON_PREM_FORMS)
        # How often the present token was put on a request.
        self._used = 0
        # Tokens for one request only, by the thread that sends it.
        self._own: dict[int, str] = {}
        self._refused: ApiError | None = None
        self._lock = threading.Lock()

    @property
    def secrets(self) -> set[str]:
        """What no output may show, as far as it is known by now."""
        return {secret for secret in (self._password, self._token, self._refresh) if secret}

    def headers(self) -> dict[str, str]:
        """The header that signs a request. Raises ``ApiError`` where signing in fails."""
        with self._lock:
            own = self._own.pop(threading.get_ident(), "")
            if own:
                return _header(own)
            if not self._token or time.monotonic() >= self._until:
                self._authenticate()
            self._used += 1
            return _header(self._token)

    def renew(self, used: t.Mapping[str, str], times: int) -> bool:
        """Whether there is another token now that the one in ``used`` was refused. Raises ``ApiError`` where signing in fails.

        A request gets a new token once; and where other requests may have used that one up, once more, one of its own.
        """
        with self._lock:
            present = used == _header(self._token)
            if times == 0 and not present:
                return True
            if not (self._username and self._password) or times > 1 or times == 1 and present and self._used == 1:
                return False
            if times == 0:
                self._authenticate()
            else:
                shared = self._token, self._until, self._used
                self._authenticate()
                self._own[threading.get_ident()] = self._token
                self._token, self._until, self._used = shared
            return True

    def _authenticate(self) -> None:
        # What was refused once is not tried again: accounts get locked for that.
        if self._refused is not None:
            raise self._refused
        if self._refresh and self._refreshed():
            return
        try:
            if self._on_prem:
                self._get_tokens()
            else:
                self._grant({"grant_type": "password", "username": self._username, "password": self._password})
        except ApiError as error:
            if error.status in (400, 401, 403):
                self._refused = error
            raise

    def _refreshed(self) -> bool:
        """Whether the refresh token was good for new tokens: how long it lives is not documented, so that its refusal is no failure."""
        # Where the password can do the same there is no reason to try for long.
        once = bool(self._username and self._password)
        try:
            self._grant({"grant_type": "refresh_token", "refresh_token": self._refresh}, once)
        except ApiError:
            self._refresh = ""
            return False
        return True

    def _grant(self, form: dict[str, str], once: bool = False) -> None:
        data = self._ask(form=form, once=once)
        self._take(data, "access_token", "expires_in")
        self._refresh = str(data.get("refresh_token") or "")
        self._hide()

    def _get_tokens(self) -> None:
        while True:
            try:
                data = self._ask(body={"username": self._username, "password": self._password, **self._forms[0]})
            except ApiError as error:
                if error.status not in _UNKNOWN_FORM or len(self._forms) == 1:
                    raise
                del self._forms[0]
            else:
                return self._take(data, "accessToken", "expiresIn")

    def _ask(self, **content: t.Any) -> dict[str, t.Any]:
        if self.client is None:
            raise ApiError("internal error: signing in without a client")
        # Asking for a token twice does no harm, so that it may be asked for again after any fault.
        request = Request("POST", self._url, authenticated=False, idempotent=True, counted_as="", **content)
        data = self.client.request(request).data
        return data if isinstance(data, dict) else {}

    def _take(self, data: t.Mapping[str, t.Any], token: str, seconds: str) -> None:
        if not data.get(token):
            raise ApiError(f"POST {self._url}: the answer holds no token. Check base_url, region and deployment")
        self._token = str(data[token])
        self._used = 0
        try:
            lasts = float(data.get(seconds) or 0)
        except (TypeError, ValueError):
            lasts = 0.0
        # Renewed a little early, so that a token does not end on the way; where it is not said how long it lasts, a 401 will say it.
        self._until = time.monotonic() + lasts - min(30.0, lasts / 10) if lasts > 0 else float("inf")
        self._hide()

    def _hide(self) -> None:
        if self.client is not None:
            self.client.secrets |= self.secrets


def _header(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
