# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The drift report in words: what modules, units and verdicts are called where people read them. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

Data = t.Mapping[str, t.Any]

#: What a verdict means, seen from what is there.
VERDICTS = {
    "in_sync": "is there as it should be",
    "changed": "differs from what is desired",
    "missing": "is desired, and not there",
    "extra": "is there, and not desired",
    "moved": "stands at another place than is desired",
    "unreadable": "could not be read",
    "invalid": "has an error in its desired state",
}


def label(thing: Data | None) -> str:
    """A name with its id behind it, as far as there are any."""
    if thing is None:
        return ""
    name, own = thing["name"], thing["id"]
    return f"{name} ({own})" if name and own else name or own or ""


def title(module: str) -> str:
    """What the objects of a module are called together; empty for no module."""
    return RESOURCES[module].title if module in RESOURCES else ""


def count(number: int, one: str, many: str = "") -> str:
    """``1 tenant``, ``2 tenants``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def clean(text: str) -> str:
    """``text`` with an escape for each character that could hide something, or that neither XML nor HTML can hold."""
    return printable(text, "\n\t")
