# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restoring: what puts back what, and what is refused. Applications through the module itself, whatever was applied."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import restore
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import snapshot as snapshots
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.snapshot_shape import flaw
from ansible_collections.secops.policy.tests.mock_cloud import Cloud
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import given
from hypothesis import strategies as st

from .harness import run_module

APPS, SENTRY, ESET = "meraki_private_app", "meraki_sentry_assignments", "eset_policy_assignment"
NAMES = ("Ant", "Bee", "Cat", "Dog")
DESCRIPTION = RESOURCES[APPS]


def app(name, number=1, groups=(), **more):
    pair = {"protocol": "TCP", "ports": "443"}
    destination = {"destination_addr": [f"10.0.0.{number}/32"], "protocol_ports": [pair], "access_type": "network"}
    return {"name": name, "destinations": [destination], "application_group_ids": list(groups), **more}


def there(name, key, *given, **more):
    return app(name, *given, application_id=key, description="", **more)


def snapshot(before, after):
    return {"state": "done", "before": before, "after": after}


APPLICATIONS = st.lists(
    st.builds(app, st.sampled_from(NAMES), st.integers(1, 3), st.sets(st.sampled_from(["901", "902"])).map(sorted)),
    max_size=4,
    unique_by=lambda item: item["name"],
)


@examples(25)
@given(APPLICATIONS, APPLICATIONS, st.data())
def test_whatever_was_applied_to_applications_comes_back_and_once(present, wanted, data):
    with Cloud() as cloud:
        cloud.limit(None)
        cloud.meraki.add_key("key")
        cloud.meraki.add_organization("1", "One")
        for key in ("901", "902"):
            cloud.meraki.add_group("1", f"Group {key}", key)

        def run(**options):
            given = {
                "api_key": "key",
                "base_url": cloud.meraki_url,
                "organization_id": "1",
                "deprecation_warning": False,
                "retry_timeout": 0,
            }
            result = run_module(APPS, {**given, **options})
            assert not result.get("failed"), result
            return result

        def gathered():
            return run(state="gathered")["gathered"]

        def contents(units):
            return sorted((DESCRIPTION.content(unit) for unit in units), key=lambda unit: unit["name"])

        # An application in both groups that nobody touches, so that none of them goes.
        keeper = app("Keeper", 9, ["901", "902"])
        run(state="merged", config=[keeper, *present])
        before = gathered()
        keep = next(unit for unit in before if unit["name"] == "Keeper")
        # Some of what is desired is what is there under another name: renamed, also where another takes the old name.
        ids = data.draw(st.permutations([unit["application_id"] for unit in before if unit["name"] != "Keeper"]))
        renamed = [{**unit, "application_id": key} for unit, key in zip(wanted, ids) if data.draw(st.booleans())]
        taken = {unit["name"] for unit in renamed}
        rest = [unit for unit in wanted if unit["name"] not in taken]
        done = run(state="overridden", max_removals=9, config=[keep, *renamed, *rest])
        entry = snapshot(done["before"], done["after"])
        kept = snapshots.begun("acme", {APPS: done}, snapshots.now())
        assert flaw(kept) == "", "what a run returns can be kept"

        found = restore.changes(DESCRIPTION, entry, gathered(), False)
        assert found.errors == []
        if found.remove:
            run(state="deleted", config=found.remove)
        if found.put_back:
            run(state=found.state, config=found.put_back, **({"max_removals": 9} if found.state == "overridden" else {}))
        assert contents(gathered()) == contents(before)
        again = restore.changes(DESCRIPTION, entry, gathered(), False)
        assert again == restore.Changes([], [], "replaced", [], [], [])


@pytest.mark.parametrize("api", ["private_applications", "private_resources"])
def test_an_application_comes_back_with_the_group_that_went_with_it(api):
    with Cloud() as cloud:
        cloud.limit(None)
        meraki = cloud.meraki
        meraki.private_resources = "on"
        meraki.secure_connect.cascade_on_delink = meraki.successor.cascade_on_delink = True
        meraki.add_key("key")
        meraki.add_organization("1", "One")
        given = {"api_key": "key", "base_url": cloud.meraki_url, "organization_id": "1", "api": api, "allow_group_removal": True}
        made = [app("Jira"), app("Wiki", 2)]
        config = [{**{key: unit[key] for key in ("name", "destinations")}, "application_groups": ["West"]} for unit in made]
        first = run_module(APPS, {**given, "create_groups": True, "config": config})
        done = run_module(APPS, {**given, "state": "deleted", "config": [{"name": "Jira"}, {"name": "Wiki"}]})
        assert done["summary"]["groups_removed"] and not done["after"]
        present = run_module(APPS, {**given, "state": "gathered"})["gathered"]
        found = restore.changes(DESCRIPTION, snapshot(done["before"], done["after"]), present, False)
        assert found.errors == [] and [unit["application_groups"] for unit in found.put_back] == [["West"]] * 2
        back = run_module(APPS, {**given, "state": found.state, "create_groups": True, "config": found.put_back})
        assert not back.get("failed"), back["msg"]
        assert back["summary"]["groups_created"] == ["West"] and back["summary"]["created"] == 2
        assert [unit["name"] for unit in back["after"]] == [unit["name"] for unit in first["after"]]


def test_what_only_after_has_goes_by_its_id_alone():
    entry = snapshot([], [there("Wiki", "9")])
    gone = restore.changes(DESCRIPTION, entry, [there("Wiki", "30", 2)], False)
    assert gone.remove == [] and gone.errors == [], "another application of the same name, made later"
    assert len(gone.left) == 1 and "(30) was made since, and stays" in gone.left[0]
    ours = restore.changes(DESCRIPTION, entry, [there("Wiki", "9")], False)
    assert ours.remove == [{"application_id": "9", "name": "Wiki"}]
    changed = [there("Wiki", "9", 2)]
    assert len(restore.changes(DESCRIPTION, entry, changed, False).errors) == 1
    assert restore.changes(DESCRIPTION, entry, changed, True).remove == [{"application_id": "9", "name": "Wiki"}]


def test_of_a_run_that_was_killed_ids_are_not_known():
    """What the plan would have made is known by name, and goes if it is just that."""
    entry = snapshot([there("Jira", "1")], [there("Jira", "1", 2), app("Wiki")])
    present = [there("Jira", "1", 2), there("Wiki", "9")]
    assert restore.changes(DESCRIPTION, entry, present, False).remove == [{"application_id": "9", "name": "Wiki"}]
    assert restore.changes(DESCRIPTION, entry, [there("Jira", "1"), there("Wiki", "9", 3)], False).errors[0]["path"].endswith("'Wiki'")
    nothing = restore.changes(DESCRIPTION, entry, [there("Jira", "1")], False)
    assert nothing == restore.Changes([], [], "replaced", [], [], []), "it was killed before its first write"


@pytest.mark.parametrize(
    ("before", "after", "present"),
    [
        ([there("Jira", "1")], [], [there("Jira", "9", 2)]),
        ([there("Jira", "1")], [there("Jira", "1", 2)], []),
        ([there("Jira", "1")], [there("Jira", "1", 2)], [there("Jira", "1", 3)]),
        ([there("Jira", "1")], [there("Tickets", "1")], [there("Desk", "1")]),
    ],
)
def test_what_was_changed_since_is_refused(before, after, present):
    refused = restore.changes(DESCRIPTION, snapshot(before, after), present, False)
    assert [item["path"] for item in refused.errors] == [f"{APPS}: application 'Jira'"]
    assert refused.put_back == refused.remove == []
    forced = restore.changes(DESCRIPTION, snapshot(before, after), present, True)
    assert forced.errors == [] and [unit["name"] for unit in forced.put_back] == ["Jira"]


def test_what_was_put_back_by_hand_is_not_taken_for_what_was_made():
    """Jira became Tickets and another Jira was to be made when the run was killed; Tickets is gone, and somebody made the old Jira anew."""
    entry = snapshot([there("Jira", "1")], [there("Tickets", "1"), app("Jira")])
    assert restore.changes(DESCRIPTION, entry, [there("Jira", "9")], False) == restore.Changes([], [], "replaced", [], [], [])


def test_a_name_that_went_from_one_to_another_goes_back():
    """Ant was removed, and Bee took its name: Bee is Bee again, and Ant is made anew."""
    entry = snapshot([there("Bee", "1"), there("Ant", "2")], [there("Ant", "1")])
    found = restore.changes(DESCRIPTION, entry, [there("Ant", "1")], False)
    assert [(unit["application_id"], unit["name"]) for unit in found.put_back] == [("1", "Bee"), ("2", "Ant")] and found.errors == []


def test_a_plan_for_the_whole_organization_touches_what_it_is_to():
    """A group that the removed one shares with the one that comes back needs one plan; what somebody does meanwhile is refused."""
    entry = snapshot([there("Jira", "1", 1, ["901"])], [there("Wiki", "9", 1, ["901"])])
    present = [there("Wiki", "9", 1, ["901"]), there("Other", "2")]
    found = restore.changes(DESCRIPTION, entry, present, False)
    assert found.state == "overridden" and found.remove == [] and found.touched == ["9"]
    assert [unit["application_id"] for unit in found.put_back] == ["2", "1"]
    plan = {"plan_digest": "d", "before": [present[0]]}
    assert restore.meanwhile(DESCRIPTION, found, present, {APPS: plan}) == []
    for before in ([there("New", "3")], [there("Wiki", "9", 2, ["901"])], [present[1]]):
        refused = restore.meanwhile(DESCRIPTION, found, present, {APPS: {**plan, "before": before}})
        assert [item["path"] for item in refused] == [f"{APPS}: application {before[0]['name']!r}"]


def test_networks_and_targets():
    policy = {"policy_id": "5", "sm_network_id": "N_9", "sm_network": "SM", "scope": "all", "tags": ["b", "a"], "group_policy_id": "1"}
    entry = snapshot(
        [{"network_id": "N_1", "network": "Berlin", "policies": [policy]}],
        [{"network_id": "N_1", "policies": []}, {"network_id": "N_2", "policies": [policy]}],
    )
    by_id = {key: value for key, value in policy.items() if key != "sm_network"}
    assert restore.desired(RESOURCES[SENTRY], entry) == [{"network_id": "N_1", "policies": [by_id]}, {"network_id": "N_2", "policies": []}]
    now = [{"network_id": "N_2", "policies": [{**policy, "policy_id": "6", "tags": ["a", "b"]}]}, {"network_id": "N_1", "policies": []}]
    plan = {"plan_digest": "d", "before": now}
    assert restore.plan_errors({SENTRY: entry}, {SENTRY: plan}, False) == [], "as it was left: new ids and the order of tags say nothing"
    changed = {**plan, "before": [{"network_id": "N_1", "policies": [policy]}]}
    assert [item["path"] for item in restore.plan_errors({SENTRY: entry}, {SENTRY: changed}, False)] == [f"{SENTRY}: network N_1"]
    assert restore.plan_errors({SENTRY: entry}, {SENTRY: changed}, True) == []

    target = {"device_group_uuid": "u", "device_group": "All/Servers"}
    stack = [{"policy_uuid": "p", "policy": "P"}, {"policy_uuid": "q"}]
    entry = snapshot([], [{"target": target, "policies": stack}])
    assert restore.desired(RESOURCES[ESET], entry) == [{"target": {"device_group_uuid": "u"}, "policies": []}]
    plan = {"plan_digest": "d", "before": [{"target": target, "policies": stack[::-1]}]}
    assert [item["path"] for item in restore.plan_errors({ESET: entry}, {ESET: plan}, False)] == [f"{ESET}: device group All/Servers (u)"]
    failed = {"msg": "no", "errors": [{"path": "config[0].target", "message": "gone"}]}
    assert [item["path"] for item in restore.plan_errors({ESET: entry}, {ESET: failed}, True)] == [f"{ESET}.config[0].target"]
