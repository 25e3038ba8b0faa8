# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor of the prototype: how a badge system is reached. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._http.options import connection_errors, from_environment, secret_errors
from ansible_collections.secops.policy.plugins.module_utils._model.description import Vendor
from ansible_collections.secops.policy.plugins.module_utils._model.plan import error

ARGUMENTS: dict[str, t.Any] = {
    "token": {"type": "str", "no_log": True, "fallback": from_environment("TURNSTILE_TOKEN")},
    "base_url": {"type": "str"},
    "site": {"type": "str"},
}
VENDOR = Vendor("turnstile", "Turnstile", ARGUMENTS)


def errors(options: t.Mapping[str, t.Any], state: str) -> list[dict[str, str]]:
    """What is wrong with the connection options. ``rendered`` needs none of them."""
    if state == "rendered":
        return []
    missing = [error(name, "is required") for name in ARGUMENTS if not options[name]]
    return connection_errors(options) + secret_errors("token", options["token"]) + missing
