# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What Sentry policy assignments are, for everything that does not speak to the API. Plain data."""

from __future__ import annotations

import typing as t

from ..._model.description import Data, Description, Kind, Objects
from ..._vendors.meraki_options import VENDOR
from .config import ARGUMENTS, SCHEMA, tag_error
from .plan import canonical


def _title(policy: Data) -> str:
    who = " ".join([policy.get("scope") or "", ", ".join(sorted(set(policy.get("tags") or [])))]).strip()
    return f"{who} \N{RIGHTWARDS ARROW} {policy.get('group_policy') or policy.get('group_policy_id')}"


def _needs_id(policy: Data) -> bool:
    return bool(tag_error("", policy.get("scope"), policy.get("tags")))


def _content(unit: Data) -> t.Any:
    return canonical(unit["policies"])


DESCRIPTION = Description(
    module="meraki_sentry_assignments",
    title="Sentry policies",
    vendor=VENDOR,
    arguments=ARGUMENTS,
    schema=SCHEMA,
    stage=2,
    kinds=(Kind("network_id", "network", "network"),),
    selectors={"network_tags": "networks tagged"},
    names={"network_id": "network", "sm_network_id": "sm_network", "group_policy_id": "group_policy"},
    sets=("tags",),
    content=_content,
    writes_whole=True,
    objects=Objects("policies", "policy_id", ("scope", "tags", "sm_network_id", "group_policy_id"), _title, needs_id=_needs_id),
    titles={"sm_network_id": "SM network", "group_policy_id": "group policy"},
    shape={
        "network_id": str,
        "network?": str,
        "policies": [
            {
                "policy_id?": str,
                "sm_network_id?": str,
                "sm_network?": str,
                "scope?": str,
                "tags?": [str],
                "group_policy_id?": str,
                "group_policy?": str,
            }
        ],
    },
)
