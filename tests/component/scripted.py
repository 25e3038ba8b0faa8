# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on loopback that answers what it is told to, byte for byte: for tests of the client alone."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from typing import Any


def answer(status: int = 200, data: Any = None, body: bytes | None = None, length: int | None = None, **headers: str) -> bytes:
    """The bytes of an answer; ``length`` lies about the body's length."""
    content = json.dumps({} if data is None else data).encode() if body is None else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content) if length is None else length}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


RESET = "reset"


class Scripted:
    """Answers the connections' requests with ``script``, one after the other; the last one again and again.

    An item is the bytes of an answer, RESET, a number of seconds to wait before the next item, a function of the request's text, or the
    bytes of an answer and the seconds after each of them.
    With ``tls``, a context of the standard library, it speaks https.
    """

    def __init__(self, *script: Any, tls: ssl.SSLContext | None = None) -> None:
        self.script = list(script)
        self._tls = tls
        self.requests: list[str] = []
        self.times: list[float] = []
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as wrapped:
                self._answer(wrapped)
        except OSError:
            connection.close()  # The client did not like the certificate, or is gone.

    def _answer(self, connection: socket.socket) -> None:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                piece = connection.recv(65536)
                if not piece:
                    return
                data += piece
            head, _blank, data = data.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
            while len(data) < length:
                data += connection.recv(65536)
            text, data = (head + b"\r\n\r\n" + data[:length]).decode(), data[length:]
            with self._lock:
                self.requests.append(text)
                self.times.append(time.monotonic())
                item = self._next()
            while isinstance(item, (int, float)):
                time.sleep(item)
                with self._lock:
                    item = self._next()
            if callable(item):
                item = item(text)
            if item == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if isinstance(item, tuple):
                for number in range(len(item[0])):
                    connection.sendall(item[0][number : number + 1])
                    time.sleep(item[1])
                return
            connection.sendall(item)
            if b"Content-Length: " in item and len(item.partition(b"\r\n\r\n")[2]) < int(
                item.split(b"Content-Length: ")[1].split(b"\r\n")[0]
            ):
                return

    def _next(self) -> Any:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]
