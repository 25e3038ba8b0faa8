# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Options that may come from the environment."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.errors import AnsibleFallbackNotFound


def from_environment(name: str) -> tuple[t.Callable[..., str], list[str]]:
    """What an option of an argument spec has as its ``fallback``.

    An empty variable counts as none. AWX sets all that a credential type injects, and the fields that were left out to nothing.
    """
    return _value, [name]


def _value(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise AnsibleFallbackNotFound
    return value
