# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Options that may come from the environment, and what of an option must not be seen."""

from __future__ import annotations

import os
import re
import typing as t

from ansible.module_utils.errors import AnsibleFallbackNotFound


def from_environment(name: str) -> tuple[t.Callable[..., str], list[str]]:
    """What an option of an argument spec has as its ``fallback``.

    An empty variable counts as none. AWX sets all that a credential type injects, and the fields that were left out to nothing.
    """
    return _value, [name]


def without_secret(url: str) -> str:
    """A URL with asterisks for a user, a password or a query, which it must not hold: Ansible logs options, and returns them."""
    found = re.match(r"(?:[a-z][a-z0-9+.-]*:)?/*", url, re.I)
    scheme, rest = url[: found.end() if found else 0], url[found.end() if found else 0 :]
    host = re.split(r"[/?#]", rest)[0]
    # A password may hold a slash: then what looks like a port is none.
    if "@" in host or ":" in host and not host.rpartition(":")[2].isdigit():
        rest = re.sub(r".*@", "********@", rest, flags=re.S)
    return scheme + re.sub(r"[?#].*", "?********", rest, flags=re.S)


def _value(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise AnsibleFallbackNotFound
    return without_secret(value) if name.endswith("_URL") else value
