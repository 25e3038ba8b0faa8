# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Files on the controller: whole or not at all, and for their owner only; one name for one host."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from urllib.parse import quote, unquote

#: Bytes. No report, export or snapshot of thousands of units comes near.
LARGEST = 500_000_000


def write_private(path: str, text: str) -> None:
    """Write ``text`` (UTF-8) to ``path``: whoever reads it finds the old content or the new one, and nobody else can read either.

    Folders that are missing are made, for their owner only. Raises ``OSError``, also where something is there that is not a file.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", path)
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


def read_whole(path: str, largest: int = LARGEST) -> str:
    """The text of a regular file, in UTF-8, of so many bytes at most; a pipe, which would wait for a writer, is not one.

    Raises ``OSError``, and ``ValueError`` that says what it is.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is not a regular file")
        with os.fdopen(handle, "rb", closefd=False) as stream:
            data = stream.read(largest + 1)
    finally:
        os.close(handle)
    if len(data) > largest:
        raise ValueError(f"it is larger than {largest} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def doubt(path: str) -> str:
    """Why a file may be of somebody else's making, in words; empty where it is the user's own and nobody else can write to it.

    Raises ``OSError``.
    """
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link"
    if not stat.S_ISREG(status.st_mode):
        return "it is not a file"
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others than its owner can write to it"
    return ""


def read(path: str) -> str | None:
    """The text of a regular file, None where there is none. Raises ``OSError``, and ``ValueError`` that says what it is."""
    try:
        return read_whole(path)
    except FileNotFoundError:
        return None


def host_part(host: str) -> str:
    """A host's name as the first part of a file's name: no two hosts alike, and as it is wherever it can be, for Ansible finds the
    variables of a host by its name. As percent and digits: a separator, a percent sign, a dot that would hide the file, and what cannot
    be seen."""
    return "".join(
        quote(letter, safe="", errors="surrogatepass").replace(".", "%2E")
        if letter in "/%" or not letter.isprintable() or letter == "." and place == 0
        else letter
        for place, letter in enumerate(host)
    )


def host_of(part: str) -> str:
    """The host whose ``host_part`` this is, also where more was escaped than need be."""
    return unquote(part)


def local_path(path: str) -> str:
    """A path as users give it: from their home, or from where ansible-playbook was started."""
    return os.path.abspath(os.path.expanduser(path))
