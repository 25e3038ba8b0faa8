# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The Python libraries that a task needs and ansible-core does not bring."""

from __future__ import annotations

import platform
import shlex
import sys
from importlib.util import find_spec

from .._http.exchange import HAS_REQUESTS


def missing_libraries(state: str | None) -> list[str]:
    """The libraries that this Python lacks for a task in ``state``; ``rendered`` opens no connection."""
    missing = [] if HAS_REQUESTS or state == "rendered" else ["requests"]
    return missing if find_spec("jsonschema") else [*missing, "jsonschema"]


def install_message(missing: list[str]) -> str:
    """What is missing, and the command that installs it for this Python."""
    python = shlex.quote(sys.executable)
    return (
        f"Failed to import the required Python {'libraries' if len(missing) > 1 else 'library'} ({', '.join(missing)}) on "
        f"{platform.node()}'s Python {sys.executable}. Install with: {python} -m pip install {' '.join(missing)}"
    )
