# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""A drift report as approvals: what it says of a host's plans, and why it cannot be taken for that. Pure."""

from __future__ import annotations

import datetime
import typing as t

from .report import UNKNOWN, VERSION, digests


def approved(report: t.Any, host: str, now: datetime.datetime, max_age: float) -> tuple[dict[str, str], str]:
    """The digests of a host's plans, by module, and why there are none, in words. ``max_age`` in hours."""
    if not isinstance(report, dict) or report.get("version") != VERSION or not isinstance(report.get("tenants"), list):
        return {}, f"it is not a drift.json of version {VERSION}"
    try:
        made = datetime.datetime.fromisoformat(str(report["generated_at"]).replace("Z", "+00:00"))
        age = (now - made).total_seconds() / 3600
        tenants = [one for one in report["tenants"] if one["name"] == host]
        if len(tenants) != 1:
            return {}, f"it does not contain {host}"
        if age > max_age or age < -1:
            at = report["generated_at"]
            return {}, f"it was made at {at}, and must be at most {max_age:g} hours old (apply_approved_max_age). Audit again"
        if "read_at" in tenants[0] and tenants[0]["read_at"] != report["generated_at"]:
            at = tenants[0]["read_at"]
            return {}, f"{host} was not looked at in that audit, but earlier, at {at}. Audit it again, or leave it out with --limit"
        bad = [tenants[0]["verdict"], *(resource["verdict"] for resource in tenants[0]["resources"])]
        refused = next((verdict for verdict in bad if verdict in UNKNOWN), "")
        return ({}, f"it shows {host} as {refused}") if refused else (digests(tenants[0]), "")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return {}, f"it is not a complete drift.json: {type(error).__name__}: {error}"
