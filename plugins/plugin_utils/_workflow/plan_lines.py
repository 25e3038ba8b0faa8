# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The plans of a host as lines for the terminal. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import place_text
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.steps import module_of

Result = t.Mapping[str, t.Any]


def plan_lines(host: str, plans: t.Mapping[str, Result]) -> list[str]:
    """What a role prints before it writes: each plan under its host and its title, with the place that it is for; of those that change
    something also the whole digest."""
    found = []
    for name, plan in plans.items():
        text = plan.get("plan_text")
        if not text:
            continue
        head = f"{printable(host)}: {RESOURCES[module_of(name)].title}"
        lines = str(text).splitlines()
        if len(lines) == 1:
            where = f" ({place_text(plan['place'])})" if plan.get("place") else ""
            found.append(f"{head}: {lines[0]}{where}")
            continue
        found += [head, *(f"  {line}" for line in lines)]
        if plan.get("place") and plan.get("plan_digest"):
            # It is approved for one tenant, which the name of a host need not tell.
            found += [f"  place: {place_text(plan['place'])}", f"  plan_digest: {plan['plan_digest']}"]
    return found
