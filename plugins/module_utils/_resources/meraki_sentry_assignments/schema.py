# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
# Derived by docs/specs/derive.py: change the spec or that script, not this file.
"""The vendor's schemas for meraki_sentry_assignments, with field names in snake_case."""

from __future__ import annotations

import typing as t

NETWORK: dict[str, t.Any] = {
    "type": "object",
    "required": ["network_id"],
    "properties": {
        "network_id": {
            "type": "string",
        },
        "policies": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sm_network_id", "scope", "tags", "group_policy_id"],
                "properties": {
                    "policy_id": {
                        "type": "string",
                    },
                    "sm_network_id": {
                        "type": "string",
                    },
                    "scope": {
                        "type": "string",
                        "enum": ["all", "none", "withAll", "withAny", "withoutAll", "withoutAny"],
                    },
                    "tags": {
                        "type": "array",
                        "items": {
                            "type": "string",
                        },
                    },
                    "group_policy_id": {
                        "type": "string",
                    },
                },
            },
        },
    },
}
