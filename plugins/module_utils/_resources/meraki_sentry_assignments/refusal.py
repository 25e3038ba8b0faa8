# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What of a Sentry PUT, which carries a whole organization, a refusal is about. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._model.plan import canonical_json
from .config import tag_error

Item = dict[str, t.Any]

#: How the API may name a place in what was sent: items.1.policies.0, items[1].policies[0], items/1, "items" 1.
_PLACES = re.compile(r"items\W{1,3}(\d+)(?:\W{1,3}policies\W{1,3}(\d+))?", re.IGNORECASE)


def explained(refusal: t.Any, items: list[Item], current: t.Mapping[str, list[Item]]) -> str:
    """Which of the policies that were sent a refusal is about: those whose places its words name, and those that break a rule.

    The request carries the whole organization: users know networks, and neither places nor what they did not list.
    """
    found: list[str] = []
    for place, index in _PLACES.findall(canonical_json(refusal)):
        if int(place) >= len(items):
            continue
        item = items[int(place)]
        policies = item["policies"][int(index) :][:1] if index else []
        found += [_described(item, policy, current) for policy in policies] or [f"network {item['networkId']}"]
    for item in items:
        odd = [policy for policy in item["policies"] if tag_error("", policy["scope"], policy["tags"])]
        found += [_described(item, policy, current) for policy in odd]
    found = list(dict.fromkeys(found))
    if not found:
        return "The request also carries what is not listed, as it is there: the refusal may be about that"
    more = f" and {len(found) - 10} more" if len(found) > 10 else ""
    return f"It is about {'; '.join(found[:10])}{more}. What is carried along can be fixed in the dashboard, or by listing it in config"


def _described(item: Item, policy: Item, current: t.Mapping[str, list[Item]]) -> str:
    carried = policy in current.get(item["networkId"], [])
    tags = f" and the tags {', '.join(policy['tags'])}" if policy["tags"] else " and no tags"
    which = f"the policy {policy['policyId']}" if "policyId" in policy else "a new policy"
    text = f"{which} of network {item['networkId']}, with scope {policy['scope']}{tags}"
    return text + (", carried along as it is there" if carried else "")
