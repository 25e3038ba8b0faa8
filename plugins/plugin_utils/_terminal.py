# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Plain lines on the terminal, beside what the callback plugin prints of a task's result."""

from __future__ import annotations

import typing as t

from ansible import constants
from ansible.utils.display import Display

_DEFAULT = ("default", "ansible.builtin.default")


def show(lines: t.Iterable[str], no_log: bool) -> None:
    """Print the lines; on stderr where standard output belongs to a callback that may write JSON, and never for a task with ``no_log``."""
    text = "\n".join(lines)
    if text and not no_log:
        Display().display(text, stderr=constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK") not in _DEFAULT)
