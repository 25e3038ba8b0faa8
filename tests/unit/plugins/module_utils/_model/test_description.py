# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unit by ids and by names: what stays, what goes, and what tells units apart; for every resource alike."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

SENTRY = {
    "network_id": "N_1",
    "network": "Branch Berlin",
    "policies": [
        {
            "policy_id": "5", "sm_network_id": "N_9", "sm_network": "Corp SM", "scope": "withAny", "tags": ["b", "a"],
            "group_policy_id": "101", "group_policy": "Staff",
        },
        {"policy_id": "6", "sm_network_id": "N_9", "sm_network": "Corp SM", "scope": "all", "tags": [], "group_policy_id": "102"},
    ],
}  # fmt: skip
BROWSER = {"destination_addr": ["10.0.0.1"], "protocol_ports": [{"protocol": "TCP", "ports": "443"}], "access_type": "browser"}
APP = {
    "application_id": "7", "name": "Jira", "description": "", "destinations": [BROWSER], "application_group_ids": ["901", "902"],
    "application_groups": ["West", "East"],
}  # fmt: skip
STACK = {"target": {"device_group_uuid": "g", "device_group": "All/Servers"}, "policies": [{"policy_uuid": "p", "policy": "Baseline"}]}
DEVICE = {"target": {"device_uuid": "d", "device": "web-01"}, "policies": []}
UNITS = {"meraki_sentry_assignments": [SENTRY], "meraki_private_app": [APP], "eset_policy_assignment": [STACK, DEVICE]}


def strings(data):
    """Every text in a unit."""
    if isinstance(data, dict):
        return {text for value in data.values() for text in strings(value)}
    return {text for value in data for text in strings(value)} if isinstance(data, list) else {data}


def test_by_ids_drops_the_names_beside_ids_and_nothing_else():
    for module, units in UNITS.items():
        for unit in units:
            bare = RESOURCES[module].by_ids(unit)
            assert not strings(bare) & {"Branch Berlin", "Corp SM", "Staff", "West", "East", "All/Servers", "Baseline", "web-01"}
            assert RESOURCES[module].key(bare) == RESOURCES[module].key(unit)
    assert RESOURCES["meraki_private_app"].by_ids(APP)["name"] == "Jira", "an application's own name is no name beside an id"


def test_by_names_keeps_an_id_only_where_no_name_was_read():
    sentry, app, stack = (RESOURCES[module].by_names(units[0], {}) for module, units in UNITS.items())
    assert sentry == {
        "network": "Branch Berlin",
        "policies": [
            {"sm_network": "Corp SM", "scope": "withAny", "tags": ["b", "a"], "group_policy": "Staff"},
            {"sm_network": "Corp SM", "scope": "all", "tags": [], "group_policy_id": "102"},
        ],
    }
    assert app == {"name": "Jira", "description": "", "destinations": [BROWSER], "application_groups": ["West", "East"]}
    assert stack == {"target": {"device_group": "All/Servers"}, "policies": [{"policy": "Baseline"}]}


@pytest.mark.parametrize(
    ("module", "ambiguous", "kept", "gone"),
    [
        ("meraki_sentry_assignments", {"network": ["Branch Berlin"]}, {"N_1", "Corp SM", "Staff"}, {"Branch Berlin", "N_9"}),
        ("meraki_sentry_assignments", {"sm_network": ["Corp SM"], "group_policy": ["Staff"]}, {"N_9", "101"}, {"Corp SM", "Staff", "N_1"}),
        ("meraki_private_app", {"name": ["Jira"]}, {"7", "Jira", "West"}, {"901"}),
        ("meraki_private_app", {"application_groups": ["East"]}, {"901", "902", "Jira"}, {"7", "West", "East"}),
        ("eset_policy_assignment", {"policy": ["Baseline"]}, {"p", "All/Servers"}, {"Baseline", "g"}),
    ],
)
def test_a_name_that_would_not_do_leaves_its_id(module, ambiguous, kept, gone):
    found = strings(RESOURCES[module].by_names(UNITS[module][0], ambiguous))
    assert kept <= found and not gone & found


def test_what_tells_units_apart_is_in_words():
    labels = {module: [RESOURCES[module].label(unit) for unit in units] for module, units in UNITS.items()}
    assert labels == {
        "meraki_sentry_assignments": ["network Branch Berlin (N_1)"],
        "meraki_private_app": ["application Jira (7)"],
        "eset_policy_assignment": ["device group All/Servers (g)", "device web-01 (d)"],
    }
    assert RESOURCES["meraki_private_app"].label({"name": "New"}) == "application New"
    with pytest.raises(KeyError):
        RESOURCES["eset_policy_assignment"].identity({"target": {}})


@pytest.mark.parametrize(
    "broken",
    [
        {"name": "R&D (prod)"},
        {"name": " Jira"},
        {"sni": "no domain"},
        {"destinations": []},
        {"destinations": [{**BROWSER, "destination_addr": ["10.0.0.0/24"]}]},
        {"destinations": [{**BROWSER, "protocol_ports": [{"protocol": "TCP", "ports": "any"}]}]},
    ],
    ids=str,
)
def test_an_application_that_is_accepted_only_with_its_id_keeps_it(broken):
    """The vendor's words are checked for an entry without an id whatever is there, so that its name alone could not be fed back."""
    description = RESOURCES["meraki_private_app"]
    assert description.by_names({**APP, **broken}, {})["application_id"] == "7"
    assert "application_id" not in description.by_names(APP, {})
    # The successor leaves networks in browser access to the vendor.
    resource = {"resource_id": "9", **{key: value for key, value in APP.items() if key != "application_id"}, **broken}
    wide = broken.get("destinations") and broken["destinations"][0]["destination_addr"] == ["10.0.0.0/24"]
    assert ("resource_id" in description.by_names(resource, {})) == (not wide)
