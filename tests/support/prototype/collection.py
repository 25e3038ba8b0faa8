# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the collection with the prototype in it."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MODULE = "turnstile_badge_rule"
#: What a collection needs where it is installed, and what ``make generate`` reads and writes.
_PARTS = ("extensions", "meta", "playbooks", "plugins", "roles", "tests/tools")
_FILES = ("galaxy.yml", "docs/desired_state.schema.json", "docs/drift.schema.json")


def collection(folder: Path) -> Path:
    """A folder of collections, below ``folder``, that holds this one with the prototype, everything generated anew."""
    root = folder / "collections" / "ansible_collections" / "secops" / "policy"
    for name in _PARTS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(Path(__file__).with_name("plugins"), root / "plugins", dirs_exist_ok=True)
    path = folder / "collections"
    generate = [sys.executable, str(root / "tests" / "tools" / "generate.py")]
    subprocess.run(generate, env={**os.environ, "PYTHONPATH": str(path)}, check=True, capture_output=True)
    return path


@contextlib.contextmanager
def imported(path: Path) -> Iterator[None]:
    """``ansible_collections`` is the folder ``path`` in here. What was imported before is what it was afterwards."""
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "ansible_collections"}
    sys.path.insert(0, str(path))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(path))
        for name in [name for name in sys.modules if name.partition(".")[0] == "ansible_collections"]:
            del sys.modules[name]
        sys.modules.update(before)
