# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What ESET policy assignments are, for everything that does not speak to the API. Plain data."""

from __future__ import annotations

import typing as t

from ..._model.description import Data, Description, Kind, Objects
from ..._vendors.eset_options import VENDOR
from .config import ARGUMENTS, KINDS, SCHEMA


def _title(policy: Data) -> str:
    return str(policy.get("policy") or "")


def _content(unit: Data) -> t.Any:
    return [policy["policy_uuid"] for policy in unit["policies"]]


DESCRIPTION = Description(
    module="eset_policy_assignment",
    title="ESET policy assignments",
    vendor=VENDOR,
    arguments=ARGUMENTS,
    schema=SCHEMA,
    stage=1,
    kinds=(
        Kind("device_uuid", "device", "device"),
        Kind("device_group_uuid", "device_group", "device group"),
        Kind("subscription_uuid", "", "subscription"),
    ),
    at="target",
    names={"device_uuid": "device", "device_group_uuid": "device_group", "policy_uuid": "policy"},
    content=_content,
    objects=Objects("policies", "policy_uuid", (), _title, append_new=True),
    several_writes_per_unit=True,
    shape={"target": {f"{kind}?": str for kind in KINDS}, "policies": [{"policy_uuid": str, "policy?": str}]},
)
