# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The options of ESET Connect and ESET PROTECT On-Prem, what is wrong with them, and their paths. Pure."""

from __future__ import annotations

import typing as t

from .._http.options import connection_errors, from_environment, secret_errors, url_from_environment
from .._model.description import SharedLimit, Vendor
from .._model.plan import error

REGIONS = ("eu", "de", "us", "ca", "jpn")
ARGUMENTS: dict[str, t.Any] = {
    "username": {"type": "str", "fallback": from_environment("ESET_USERNAME")},
    "password": {"type": "str", "no_log": True, "fallback": from_environment("ESET_PASSWORD")},
    "access_token": {"type": "str", "no_log": True, "fallback": from_environment("ESET_ACCESS_TOKEN")},
    "region": {"type": "str", "default": "eu", "choices": [*REGIONS], "fallback": from_environment("ESET_REGION")},
    "deployment": {"type": "str", "default": "cloud", "choices": ["cloud", "on_prem"], "fallback": from_environment("ESET_DEPLOYMENT")},
    "base_url": {"type": "str", "fallback": url_from_environment("ESET_BASE_URL")},
    "scope": {"type": "dict", "options": {"device_group": {"type": "str"}, "device_group_uuid": {"type": "str"}}},
}
VENDOR = Vendor(
    "eset",
    "ESET",
    ARGUMENTS,
    # With a scope a host is one of several behind the same user.
    SharedLimit(10.0, "for one user from one source address", only_with="scope"),
    # One tenant's token must not end in the sign-in of another.
    conflicts=(
        ("access_token", "username"),
        ("access_token", "password"),
        ("username", "access_token"),
        ("password", "access_token"),
    ),
)
POLICIES = "/v2/policies"
ASSIGNMENTS = "/v2/policy-assignments"
DEVICES = "/v1/devices"
GROUPS = "/v1/device_groups"


def errors(options: t.Mapping[str, t.Any], state: str) -> list[dict[str, str]]:
    """What is wrong with the connection options. ``rendered`` needs none of them."""
    if state == "rendered":
        return []
    found = connection_errors(options)
    if not (options["access_token"] or "").strip():
        for name in ("username", "password"):
            if not options[name]:
                found.append(error(name, f"is required, or access_token; it may also come from the environment, as ESET_{name.upper()}"))
    found += secret_errors("access_token", (options["access_token"] or "").strip())
    for name in ("username", "password"):
        if any("\ud800" <= letter <= "\udfff" for letter in options[name] or ""):
            found.append(error(name, "contains bytes that are not valid UTF-8, and cannot be sent"))
    if options["deployment"] == "on_prem" and not options["base_url"]:
        found.append(error("base_url", "is required for deployment on_prem, such as https://SERVER:9443; it may also be ESET_BASE_URL"))
    return found
