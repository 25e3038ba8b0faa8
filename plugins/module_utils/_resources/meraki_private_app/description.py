# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What private applications are, for everything that does not speak to the API. Plain data."""

from __future__ import annotations

import typing as t

from ..._model.description import Data, Description, Kind
from ..._model.plan import canonical_json
from ..._vendors.meraki_options import VENDOR
from .config import ARGUMENTS, SCHEMA, spec_rules
from .fields import GROUP_KEYS, ID_KEYS, LIMIT, normal, normal_destination


def _destination(data: t.Any) -> str:
    ports = "; ".join(f"{pair.get('protocol')} {pair.get('ports')}" for pair in data["protocol_ports"])
    return f"{', '.join(data['destination_addr'])} \N{MIDDLE DOT} {ports} \N{MIDDLE DOT} {data['access_type']}"


def _needs_id(unit: Data) -> bool:
    return bool(spec_rules("", unit, strict_browser=ID_KEYS["private_applications"] in unit))


DESCRIPTION = Description(
    module="meraki_private_app",
    title="Private applications",
    vendor=VENDOR,
    arguments=ARGUMENTS,
    schema=SCHEMA,
    stage=3,
    kinds=tuple(Kind(key, "name", "application") for key in ID_KEYS.values()),
    names=dict.fromkeys(GROUP_KEYS.values(), "application_groups"),
    sets=tuple(GROUP_KEYS.values()),
    groups=tuple(GROUP_KEYS.values()),
    content=normal,
    fields=("name", "description", "app_protocol", "sni", "ssl_verification_enabled"),
    lists={
        "destinations": lambda destination: canonical_json(normal_destination(destination)),
        **dict.fromkeys(GROUP_KEYS.values(), str),
    },
    lifecycle=True,
    needs_id=_needs_id,
    limits={ID_KEYS["private_applications"]: LIMIT},
    titles={**dict.fromkeys(GROUP_KEYS.values(), "application group"), "destinations": "destination"},
    formats={"destinations": _destination},
    purpose=("force", "allow_group_removal", "create_groups"),
    deleting={"force": "delete_in_use", "allow_group_removal": "allow_group_removal"},
    creating={"create_groups": True},
    removals_first=True,
    shape={
        **{f"{key}?": str for key in ID_KEYS.values()},
        "name": str,
        "description?": str,
        "destinations": [{"destination_addr": [str], "protocol_ports": [{"protocol": str, "ports": str}], "access_type": str}],
        "app_protocol?": str,
        "sni?": str,
        "ssl_verification_enabled?": bool,
        **{f"{key}?": [str] for key in GROUP_KEYS.values()},
        "application_groups?": [str],
    },
)
