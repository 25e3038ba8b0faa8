# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The session of ``requests`` that the client sends with: no cookies, no netrc, and a deadline for each answer."""

from __future__ import annotations

import http.client
import re
import threading
import time
import typing as t
import zlib
from http.cookiejar import DefaultCookiePolicy

from .body import BadBody
from .environment import environment_cas, environment_proxies

#: Bytes of a body, unpacked. A list of 100,000 networks takes about a hundred million.
LARGEST_BODY = 1 << 27
#: And of one that tells of an error.
LARGEST_ERROR = 1 << 20
_PIECE = 1 << 16
_DEADLINE = threading.local()


def session(user_agent: str, verified: bool) -> t.Any:
    """A session; safe for threads as far as this collection uses it. Raises ``ImportError`` where ``requests`` is missing."""
    import requests
    import urllib3

    class Adapter(requests.adapters.HTTPAdapter):
        """Makes connections of ours, directly and through proxies."""

        def init_poolmanager(self, *arguments: t.Any, **named: t.Any) -> None:
            super().init_poolmanager(*arguments, **named)
            _set_pool_classes(self.poolmanager)

        def proxy_manager_for(self, *arguments: t.Any, **named: t.Any) -> t.Any:
            manager = super().proxy_manager_for(*arguments, **named)
            _set_pool_classes(manager)
            return manager

    class Session(requests.Session):
        """It looks at no redirect: the client does. Of the environment it takes proxies and CAs."""

        def get_redirect_target(self, resp: t.Any) -> None:
            return None

        def merge_environment_settings(self, url: t.Any, proxies: t.Any, stream: t.Any, verify: t.Any, cert: t.Any) -> t.Any:
            verify = environment_cas() or verify if verify is True else verify
            return super().merge_environment_settings(url, environment_proxies(url), stream, verify, cert)

    made = Session()
    # It would ask the system for proxies too. On macOS that ends a process that was forked, as Ansible's worker is.
    made.trust_env = False
    adapter = Adapter(pool_connections=8, pool_maxsize=64)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    made.headers.update({"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"})
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if not verified:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return made


def set_deadline(deadline: float) -> None:
    """Answers that this thread reads from now on have to be there, whole, by ``deadline`` (of the monotonic clock)."""
    _DEADLINE.at = deadline


def no_netrc(request: t.Any) -> t.Any:
    """Given as ``auth`` so that ``requests`` does not put a password from ~/.netrc over our own header."""
    return request


def read_body(response: t.Any) -> bytes | None:
    """The body, unpacked; None where it is shorter than the answer says. Raises ``BadBody`` where it is larger than any API's."""
    most = LARGEST_BODY if response.status_code < 300 else LARGEST_ERROR
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise BadBody(f"a body packed in a way that was not asked for ({encoding[:40]})", final=True)
    unpack = zlib.decompressobj(zlib.MAX_WBITS + 16) if "gzip" in encoding else None
    content, received = bytearray(), 0
    # As they came: urllib3 unpacks a piece as a whole, however much that makes.
    for piece in response.raw.stream(_PIECE, decode_content=False):
        received += len(piece)
        while piece:
            content += piece if unpack is None else unpack.decompress(piece, _PIECE)
            if len(content) > most:
                raise BadBody(f"a body of more than {most >> 20} MiB", final=True)
            piece = b"" if unpack is None else unpack.unconsumed_tail
    length = response.headers.get("Content-Length", "")
    cut = re.fullmatch("[0-9]{1,15}", length) and received < int(length)
    return None if cut or unpack is not None and received and not unpack.eof else bytes(content)


class _DeadlineSocket:
    """A socket whose reads are over by the deadline: the timeout of ``requests`` starts anew with each piece that drips in."""

    def __init__(self, socket: t.Any) -> None:
        self._socket = socket

    def recv_into(self, *arguments: t.Any) -> int:
        usual = self._socket.gettimeout()
        left = getattr(_DEADLINE, "at", float("inf")) - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        if usual is None or left < usual:
            self._socket.settimeout(left)
        try:
            return int(self._socket.recv_into(*arguments))
        finally:
            # The next request may go out over it.
            self._socket.settimeout(usual)

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._socket, name)


class _Response(http.client.HTTPResponse):
    """An answer whose status, headers and body are read from a socket with a deadline."""

    def __init__(self, sock: t.Any, *arguments: t.Any, **named: t.Any) -> None:
        super().__init__(sock, *arguments, **named)
        raw: t.Any = getattr(self.fp, "raw", None)
        if hasattr(raw, "_sock"):
            raw._sock = _DeadlineSocket(raw._sock)


def _set_pool_classes(manager: t.Any) -> None:
    """Have a manager make pools whose answers have a deadline; it may be given again. A proxy's may have classes of its own."""
    manager.pool_classes_by_scheme = {scheme: _deadline_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}


def _deadline_pool(pool: t.Any) -> t.Any:
    if pool.ConnectionCls.response_class is _Response:
        return pool
    connection = type("Connection", (pool.ConnectionCls,), {"response_class": _Response})
    return type("Pool", (pool,), {"ConnectionCls": connection})
