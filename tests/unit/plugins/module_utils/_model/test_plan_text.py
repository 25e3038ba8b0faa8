# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan for people: what it says of each kind of change, names before ids, and nothing that a vendor's text could do to a terminal."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.plan_text import diff, plan_text
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

SENTRY, APPS, ESET = (RESOURCES[name] for name in ("meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"))
COUNTS = {"created": 1, "updated": 1, "moved": 1, "deleted": 1, "unchanged": 2}


def policy(key, scope="all", tags=(), group="101", name="Staff"):
    return {
        "policy_id": key, "sm_network_id": "N_9", "scope": scope, "tags": list(tags), "group_policy_id": group, "group_policy": name,
    }  # fmt: skip


def network(*policies):
    return {"network_id": "N_1", "network": "Branch Berlin", "policies": list(policies)}


def application(name="Jira", **more):
    destination = {"destination_addr": ["10.0.0.1/32"], "protocol_ports": [{"protocol": "TCP", "ports": "443"}], "access_type": "network"}
    return {"application_id": "5", "name": name, "description": "", "destinations": [destination], "application_group_ids": [], **more}


def target(*names):
    return {
        "target": {"device_group_uuid": "g1", "device_group": "All/Servers"},
        "policies": [{"policy_uuid": f"u-{name}", "policy": name} for name in names],
    }


def test_policies_of_a_network():
    before = network(policy("1", tags=["staff"], scope="withAny"), policy("2", name="Old", group="103"), policy("3"), policy("4"))
    new = {key: value for key, value in policy("", scope="none", name="Guests").items() if key != "policy_id"}
    after = network(policy("1", tags=["compliant", "staff"], scope="withAny"), policy("4"), policy("3"), new)
    assert plan_text(SENTRY, [before], [after], COUNTS).splitlines() == [
        "network Branch Berlin (N_1)",
        "  ~ withAny staff → Staff (1): tags: staff → compliant, staff",
        "  ↕ all → Staff (4): position: 4 → 2",
        "  + none → Guests",
        "  - all → Old (2)",
        "Plan: 1 to create, 1 to update, 1 to move, 1 to delete; 2 unchanged.",
    ]


def test_applications_are_a_line_each_and_groups_are_named():
    before = [application(), application("Gone", application_id="6")]
    groups = {"application_group_ids": ["901"], "application_groups": ["Westcoast"]}
    new = {key: value for key, value in application("New").items() if key != "application_id"}
    after = [application("Tickets", description="Where tickets live", **groups), new]
    counts = {**COUNTS, "groups_created": ["East"], "groups_removed": [{"id": "902", "name": "Old"}]}
    assert plan_text(APPS, before, after, counts).splitlines()[:-1] == [
        "~ application Jira (5): name: Jira → Tickets; description: nothing → Where tickets live; "
        "application group: nothing → Westcoast (901)",
        "- application Gone (6)",
        "+ application New",
        "+ group East",
        "- group Old (902)",
    ]


def test_stacks_of_a_target():
    text = plan_text(ESET, [target("A", "B")], [target("B", "C")], COUNTS)
    assert text.splitlines()[:-1] == ["device group All/Servers (g1)", "  + C (u-C)", "  - A (u-A)"]
    passed = plan_text(ESET, [target("A", "B", "C")], [target("C", "B")], COUNTS)
    assert passed.splitlines()[1:-1] == ["  ↕ C (u-C): position: 3 → 1", "  - A (u-A)"]
    reverse = plan_text(ESET, [target("A", "B", "C")], [target("C", "B", "A")], COUNTS)
    assert reverse.splitlines()[1:-1] == ["  ↕ C (u-C): position: 3 → 1", "  ↕ B (u-B): position: 2 in the new order"]
    copies = plan_text(ESET, [target("A")], [target("A")], COUNTS)
    assert copies.splitlines()[1] == "  - a second copy of a policy"


def test_without_changes_there_is_one_sentence():
    for description in RESOURCES.values():
        assert plan_text(description, [], [], COUNTS) == "No changes." and diff(description, [], []) == []


@pytest.mark.parametrize("hostile", ["\x1b[2K", "a\rb", "a\nb", "\u202egnp.exe", "\u2028"])
def test_a_vendors_text_stays_on_its_line_and_does_nothing(hostile):
    named = {**network(policy("1", name=hostile)), "network": hostile}
    plans = [
        (SENTRY, [named], []),
        (APPS, [application(hostile)], [application(hostile, description=hostile)]),
        (ESET, [{**target(hostile), "target": {"device_uuid": "d", "device": hostile}}], []),
    ]
    for description, before, after in plans:
        text = plan_text(description, before, after, COUNTS)
        assert hostile not in text and all(line.isprintable() for line in text.split("\n")) and len(text.split("\n")) <= 3
        for entry in diff(description, before, after):
            assert entry["before_header"].isprintable()
            assert all(line.isprintable() for key in ("before", "after") for line in entry[key].split("\n"))


def test_a_diff_has_an_entry_for_each_unit_in_words():
    (entry,) = diff(SENTRY, [network(policy("1"))], [network(policy("1"), policy("2", name="Guests"))])
    assert entry["before_header"] == entry["after_header"] == "network Branch Berlin (N_1)"
    assert entry["before"] == "all → Staff (1)\n" and entry["after"] == "all → Staff (1)\nall → Guests (2)\n"
    gone, made = diff(APPS, [application()], [{key: value for key, value in application("New").items() if key != "application_id"}])
    assert gone["after"] == made["before"] == "" and "destination: 10.0.0.1/32 · TCP 443 · network\n" in made["after"]
    assert made["after_header"] == "application New"


def test_notes_stand_above_the_counts():
    assert plan_text(ESET, [target("A")], [], COUNTS, ["more"]).splitlines()[-2:] == [
        "more",
        "Plan: 1 to create, 1 to update, 1 to move, 1 to delete; 2 unchanged.",
    ]
