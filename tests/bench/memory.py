# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of a process and of those that it starts, while they run. Linux only: elsewhere it is not known."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

_PROC = Path("/proc")


def watched(command: list[str], env: Mapping[str, str]) -> tuple[float, str]:
    """Seconds that a command takes, and what memory it took, in words: its own, the largest child's, and all together at most.

    What processes share is counted once in the sum. Ends the bench where the command fails.
    """
    parent = child = own = together = 0
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            sizes = {pid: _sizes(pid) for pid in [process.pid, *_children(process.pid)]}
            parent = max(parent, sizes.pop(process.pid)["Rss"])
            child = max([child, *(size["Rss"] for size in sizes.values())])
            own = max([own, *(size["Private_Dirty"] for size in sizes.values())])
            together = max(together, _sizes(process.pid)["Pss"] + sum(size["Pss"] for size in sizes.values()))
            time.sleep(0.1)
        seconds = time.monotonic() - started
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise SystemExit(text[-3000:])
    if not parent:
        return seconds, "memory unknown on this system"
    return seconds, f"memory {parent >> 10} MB, a worker {child >> 10} MB of which {own >> 10} MB its own, all together {together >> 10} MB"


def _children(pid: int) -> list[int]:
    try:
        text = (_PROC / str(pid) / "task" / str(pid) / "children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in text.split()]


def _sizes(pid: int) -> dict[str, int]:
    """Rss, Pss and Private_Dirty of a process in KiB; 0 where it has ended."""
    found = dict.fromkeys(("Rss", "Pss", "Private_Dirty"), 0)
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return found
    for line in lines:
        name, _colon, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0])
    return found
