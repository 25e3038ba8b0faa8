# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
# Derived by docs/specs/derive.py: change the spec or that script, not this file.
"""The vendor's schemas for meraki_private_app, with field names in snake_case."""

from __future__ import annotations

import typing as t

APPLICATION: dict[str, t.Any] = {
    "type": "object",
    "required": ["name", "destinations"],
    "properties": {
        "name": {
            "type": "string",
        },
        "description": {
            "type": "string",
        },
        "destinations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["destination_addr", "protocol_ports", "access_type"],
                "properties": {
                    "destination_addr": {
                        "type": "array",
                        "items": {
                            "type": "string",
                        },
                    },
                    "protocol_ports": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["protocol", "ports"],
                            "properties": {
                                "protocol": {
                                    "type": "string",
                                },
                                "ports": {
                                    "type": "string",
                                },
                            },
                        },
                    },
                    "access_type": {
                        "type": "string",
                        "enum": ["browser", "network"],
                    },
                },
            },
        },
        "app_protocol": {
            "type": "string",
        },
        "sni": {
            "type": "string",
        },
        "external_fqdn": {
            "type": "string",
        },
        "ssl_verification_enabled": {
            "type": "boolean",
        },
        "application_group_ids": {
            "type": "array",
            "items": {
                "type": "string",
            },
        },
    },
}

RESOURCE: dict[str, t.Any] = {
    "type": "object",
    "required": ["name", "access_types", "resource_addresses"],
    "properties": {
        "name": {
            "type": "string",
        },
        "description": {
            "type": "string",
        },
        "access_types": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {
                        "type": "string",
                        "enum": ["browser", "client", "network"],
                    },
                    "reachable_addresses": {
                        "type": "array",
                        "items": {
                            "type": "string",
                        },
                    },
                },
            },
        },
        "resource_addresses": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["destination_addr", "protocol_ports"],
                "properties": {
                    "destination_addr": {
                        "type": "array",
                        "items": {
                            "type": "string",
                        },
                    },
                    "protocol_ports": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["protocol", "ports"],
                            "properties": {
                                "protocol": {
                                    "type": "string",
                                },
                                "ports": {
                                    "type": "string",
                                },
                            },
                        },
                    },
                },
            },
        },
        "resource_group_ids": {
            "type": "array",
            "items": {
                "type": "string",
            },
        },
    },
}
