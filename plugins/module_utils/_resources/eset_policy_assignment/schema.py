# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
# Derived by docs/specs/derive.py: change the spec or that script, not this file.
"""The vendor's schemas for eset_policy_assignment, with field names in snake_case."""

from __future__ import annotations

import typing as t

ASSIGNMENT: dict[str, t.Any] = {
    "type": "object",
    "properties": {
        "policy_uuid": {
            "type": "string",
        },
        "rank": {
            "type": "integer",
            "format": "int64",
            "readOnly": True,
        },
        "target": {
            "type": "object",
            "properties": {
                "device_uuid": {
                    "type": "string",
                },
                "device_group_uuid": {
                    "type": "string",
                },
                "subscription_uuid": {
                    "type": "string",
                },
            },
        },
        "uuid": {
            "type": "string",
            "readOnly": True,
        },
    },
}

RANKING: dict[str, t.Any] = {
    "type": "object",
    "properties": {
        "rank": {
            "type": "integer",
            "format": "int64",
        },
    },
}
