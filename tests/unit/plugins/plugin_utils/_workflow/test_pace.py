# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace of hosts that share a vendor's limit."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.description import Vendor
from ansible_collections.secops.policy.plugins.module_utils._vendors import eset_options, meraki_options
from ansible_collections.secops.policy.plugins.plugin_utils._resources import vendors
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.pace import hosts_at_once, shared_pace

MERAKI, ESET = meraki_options.VENDOR, eset_options.VENDOR
SCOPE = {"scope": {"device_group_uuid": "7f1d"}}


@pytest.mark.parametrize(
    ("forks", "batch", "throttle", "count"),
    [(10, 1000, 0, 10), (25, 4, 0, 4), (25, 1000, 3, 3), ("25", 1000, 0, 25), (5, 0, 0, 5), (None, 0, 0, 1)],
)
def test_how_many_hosts_run_at_once(forks, batch, throttle, count):
    variables = {"ansible_forks": forks, "ansible_play_batch": [f"tenant-{number}" for number in range(batch)]}
    assert hosts_at_once(variables, throttle) == count
    assert hosts_at_once({}, 0) == 1, "ad hoc"


@pytest.mark.parametrize("at_once", range(1, 201))
def test_all_hosts_together_stay_within_the_limit(at_once):
    """As long as each may send one request a second; a host alone is as fast as ever."""
    for vendor, options in ((MERAKI, {}), (ESET, SCOPE)):
        pace = shared_pace(vendor, options, 10, at_once)
        rate = 10 if pace is None else pace.rate
        assert 1 <= rate <= 10
        assert rate == 1 or rate * at_once <= vendor.shared_limit.rate + 1e-9
        assert rate == 10 or (rate + 1e-6) * at_once >= vendor.shared_limit.rate, "and no slower than that"


def test_what_it_says():
    assert shared_pace(MERAKI, {}, 10, 25) == (
        4,
        "Meraki allows 100 requests a second from one source address, and up to 25 hosts run at once: rate_limit is 4 here",
    )
    assert shared_pace(ESET, SCOPE, 10, 4).reason == (
        "ESET allows 10 requests a second for one user from one source address, and up to 4 hosts run at once: rate_limit is 2.5 here"
    )


@pytest.mark.parametrize("own", [20, "4", 10])
def test_what_a_user_has_said_counts(own):
    assert shared_pace(MERAKI, {"rate_limit": own}, 10, 25) is None
    assert shared_pace(ESET, {"rate_limit": own, **SCOPE}, 10, 25) is None


def test_where_nothing_is_shared():
    assert shared_pace(ESET, {}, 10, 25) is None, "a tenant with a user of its own"
    assert shared_pace(MERAKI, {}, 10, 10) is None
    assert shared_pace(Vendor("other", "Other", {}), {}, 10, 1000) is None
    assert all(vendor.shared_limit for vendor in vendors())
