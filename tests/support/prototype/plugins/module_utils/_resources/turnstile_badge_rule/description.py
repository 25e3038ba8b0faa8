# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What badge rules are, for everything that does not speak to the API. Plain data."""

from __future__ import annotations

from ansible_collections.secops.policy.plugins.module_utils._model.description import Description, Kind
from ansible_collections.secops.policy.plugins.module_utils._vendors.turnstile_options import VENDOR

from .config import ARGUMENTS, SCHEMA
from .plan import normal

DESCRIPTION = Description(
    module="turnstile_badge_rule",
    title="Badge rules",
    vendor=VENDOR,
    arguments=ARGUMENTS,
    schema=SCHEMA,
    stage=4,
    kinds=(Kind("rule_id", "title", "badge rule"),),
    names={"zone_ids": "zones"},
    sets=("zone_ids",),
    content=normal,
    fields=("title", "level", "enabled"),
    lists={"zone_ids": str},
    lifecycle=True,
    titles={"zone_ids": "zone"},
    purpose=("evict",),
    deleting={"evict": "delete_in_use"},
    removals_first=True,
    shape={"rule_id?": str, "title": str, "level": int, "enabled": bool, "zone_ids": [str], "zones?": [str]},
)
