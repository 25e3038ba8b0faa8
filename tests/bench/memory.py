# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process and those that it starts take, while they run: time, processor time, memory. Memory on Linux only."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")


class Watched(NamedTuple):
    """Seconds that a command took, those of the processor for itself and for its children, and its memory in words: its own, the largest
    child's, and all together at most. What processes share is counted once in the sum."""

    seconds: float
    parent: float
    children: float
    memory: str

    @property
    def words(self) -> str:
        """All of it."""
        return f"{self.seconds:.1f} s, processor {self.parent:.1f} s and workers {self.children:.1f} s, {self.memory}"


def watched(command: list[str], env: Mapping[str, str]) -> Watched:
    """Run a command. Ends the bench where it fails."""
    parent = child = own = together = 0
    cpu = 0.0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            sizes = {pid: _sizes(pid) for pid in [process.pid, *_children(process.pid)]}
            cpu = max(cpu, _cpu(process.pid))
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
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory = "memory unknown on this system"
    if parent:
        memory = f"memory {parent >> 10} MB, a worker {child >> 10} MB of which {own >> 10} MB its own, all together {together >> 10} MB"
    return Watched(seconds, cpu, whole - cpu, memory)


def _cpu(pid: int) -> float:
    """Seconds of the processor that a process took for itself; 0 where it has ended."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
