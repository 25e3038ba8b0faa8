# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Files on the controller: whole or not at all, and for their owner only; one name for one host."""

from __future__ import annotations

import os
import tempfile
from urllib.parse import quote


def write_private(path: str, text: str) -> None:
    """Write ``text`` (UTF-8) to ``path``: whoever reads it finds the old content or the new one, and nobody else can read either.

    Folders that are missing are made, for their owner only. Raises ``OSError``.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    # Made with mode 0600.
    handle, made = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(made, path)
    except BaseException:
        os.unlink(made)
        raise


def read(path: str) -> str | None:
    """The text of a file, None where there is none. Raises ``OSError``."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def host_part(host: str) -> str:
    """A host's name as a part of a file's name: no separator, and no two hosts alike."""
    return quote(host, safe="")


def local_path(path: str) -> str:
    """A path as users give it: from their home, or from where ansible-playbook was started."""
    return os.path.abspath(os.path.expanduser(path))
