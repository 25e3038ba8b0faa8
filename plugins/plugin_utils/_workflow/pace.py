# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""How fast each of several hosts may go that share a vendor's limit. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.description import Vendor

#: Requests a second that a host always has. With less, what was read would be too old before anything could be written from it.
_LEAST = 1.0


class Pace(t.NamedTuple):
    """The ``rate`` for each host, in requests a second, and why it is that, in words."""

    rate: float
    reason: str


def hosts_at_once(variables: t.Mapping[str, t.Any], throttle: int) -> int:
    """How many hosts run a task at the same time, by Ansible's own variables and the task's ``throttle`` (0 for none)."""
    found = [variables.get("ansible_forks"), len(variables.get("ansible_play_batch") or ()), throttle]
    return min((int(count) for count in found if count), default=1)


def shared_pace(vendor: Vendor, options: t.Mapping[str, t.Any], usual: float, at_once: int) -> Pace | None:
    """The pace of one of ``at_once`` hosts; None where the ``usual`` rate is theirs, or the user's own ``rate_limit`` counts."""
    limit = vendor.shared_limit
    if limit is None or options.get("rate_limit") is not None or limit.only_with and not options.get(limit.only_with):
        return None
    rate = max(_LEAST, limit.rate / at_once)
    if rate >= usual:
        return None
    reason = f"{vendor.title} allows {limit.rate:g} requests a second {limit.of}, and up to {at_once} hosts run at once"
    return Pace(rate, f"{reason}: rate_limit is {rate:g} here")
