# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The options of the Meraki Dashboard API, what is wrong with them, and its paths. Pure."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import quote

from .._http.options import connection_errors, from_environment, secret_errors, url_from_environment
from .._model.description import SharedLimit, Vendor
from .._model.plan import error

DEFAULT_BASE = "https://api.meraki.com/api/v1"
ARGUMENTS: dict[str, t.Any] = {
    "api_key": {"type": "str", "no_log": True, "fallback": from_environment("MERAKI_DASHBOARD_API_KEY")},
    "base_url": {"type": "str", "default": DEFAULT_BASE, "fallback": url_from_environment("MERAKI_DASHBOARD_BASE_URL")},
    "organization_id": {"type": "str", "fallback": from_environment("MERAKI_ORGANIZATION_ID")},
    "organization": {"type": "str"},
}
#: The options of every module beside those of the connection.
TASK_ARGUMENTS: dict[str, t.Any] = {"recent_changes_days": {"type": "int", "default": 0}}
VENDOR = Vendor(
    "meraki",
    "Meraki",
    ARGUMENTS,
    SharedLimit(100.0, "from one source address"),
    TASK_ARGUMENTS,
    # An organization by name must not end in another one by id.
    conflicts=(("organization", "organization_id"),),
    tenant=("organization_id", "organization"),
)
#: The change log goes back so far (spec).
_MOST_DAYS = 365


def errors(options: t.Mapping[str, t.Any], state: str) -> list[dict[str, str]]:
    """What is wrong with the connection options. ``rendered`` needs none of them."""
    if state == "rendered":
        return []
    found = key_errors(options)
    if not 0 <= options["recent_changes_days"] <= _MOST_DAYS:
        found.append(error("recent_changes_days", f"must be 0, for off, or a number of days up to {_MOST_DAYS}"))
    if not options["organization_id"] and not options["organization"]:
        found.append(
            error(
                "organization_id",
                "is required, or organization with its name; it may also come from the environment, as MERAKI_ORGANIZATION_ID",
            )
        )
    elif options["organization_id"] and re.search(r"^\.+$|[\s/\\]", options["organization_id"]):
        found.append(error("organization_id", f"{options['organization_id']!r} is not an id; the option for a name is organization"))
    return found


def key_errors(options: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """What is wrong with the connection options, but for those that say which organization is meant."""
    found = connection_errors(options)
    if not stripped_key(options):
        found.append(error("api_key", "is required; it may also come from the environment, as MERAKI_DASHBOARD_API_KEY"))
    found += secret_errors("api_key", stripped_key(options))
    if not options["base_url"]:
        found.append(error("base_url", "must not be empty"))
    return found


def organization_path(organization: str | None, tail: str) -> str:
    """A path below an organization; ``{organizationId}`` where none is known (state rendered)."""
    return f"/organizations/{quote(organization, safe='') if organization else '{organizationId}'}{tail}"


def stripped_key(options: t.Mapping[str, t.Any]) -> str:
    # A credential pasted into a vault often ends in a line break.
    return (options["api_key"] or "").strip()
