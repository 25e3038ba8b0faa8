# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``eset_policy_assignment`` as users run it: real ansible-playbook, real HTTP, the strict mock server."""

from __future__ import annotations

import json

import pytest
from ansible_collections.secops.policy.tests.mock_cloud import demo

from .harness import IN_PROCESS

MODULE = "secops.policy.eset_policy_assignment"
USER, PASSWORD = "api@example.com", "a password & more that nobody should see"
READER = "reader@example.com"
SERVERS, BERLIN, WORKSTATIONS = (f"7f1d0c52-0a31-4a66-9d1c-0e6a4f1b000{number}" for number in (1, 2, 3))
WEB, LAPTOP = (f"c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e000{number}" for number in (1, 3))
SUBSCRIPTION = "e85f7a10-9c3d-4b52-a7d6-1f2e3d4c0001"
POLICIES = {
    name: f"4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e000{number}"
    for number, name in enumerate(
        ("Baseline", "Server hardening", "Updates at night", "Workstation protection", "USB control", "Web server exclusions"), start=1
    )
}


@pytest.fixture
def tenant(cloud):
    """The demo tenant with two users, one of whom may only read; no rate limit."""
    cloud.eset.seed_demo()
    cloud.eset.add_user(USER, PASSWORD)
    cloud.eset.add_user(READER, PASSWORD, read_only=True)
    cloud.limit(None)
    return cloud


def task(cloud, register=None, check_mode=None, **options):
    given = {"username": USER, "password": PASSWORD, "base_url": cloud.eset_url, **options}
    made = {"name": options.get("state", "merged"), MODULE: given, "ignore_errors": True}
    if check_mode is not None:
        made["check_mode"] = check_mode
    return {**made, "register": register} if register else made


def unit(target, *policies):
    return {"target": target, "policies": [policy if isinstance(policy, dict) else {"policy": policy} for policy in policies]}


def results(done):
    assert not [item["result"]["msg"] for item in done.results if item["failed"]]
    return [item["result"] for item in done.results]


def counts(**given):
    return {"created": 0, "updated": 0, "moved": 0, "deleted": 0, "unchanged": 0, **given}


def stack(cloud, kind, target):
    names = {uuid: name for name, uuid in POLICIES.items()}
    return [names[uuid] for uuid in cloud.eset.stack(kind, target)]


def test_states_and_what_is_written(tenant, play):
    """merged, again, gathered fed back, replaced, deleted, overridden: as many writes as changes, none for the rest."""
    config = [
        unit({"device_group": "All/Servers/Berlin"}, "Updates at night", {"policy": "Baseline", "rank": "1"}),
        unit({"device": "web-01"}, "Web server exclusions"),
    ]
    stacked = [unit({"device_group_uuid": WORKSTATIONS}, "USB control", "Baseline", "Workstation protection")]
    done = play(
        [
            task(tenant, config=config),
            task(tenant, config=config),
            task(tenant, register="was", state="gathered"),
            task(tenant, state="overridden", config="{{ was.gathered }}"),
            task(tenant, state="replaced", config=stacked),
            task(tenant, state="deleted", config=[unit({"device_group": "Servers"}, "Updates at night"), {"target": {"device_uuid": WEB}}]),
            task(
                tenant, state="gathered", config=[{"target": {"device_group": "Berlin"}}, {"target": {"subscription_uuid": SUBSCRIPTION}}]
            ),
            task(tenant, state="overridden", config=[unit({"subscription_uuid": SUBSCRIPTION}, "USB control")], max_removals=20),
            task(tenant, state="overridden", config=[], max_removals=1),
        ]
    ).ok()
    first, second, was, fed_back, replaced, deleted, some, overridden, cleared = results(done)
    assert first["changed"] and first["summary"] == counts(created=2, unchanged=2)
    assert first["before"] == [unit({"device_group_uuid": BERLIN, "device_group": "Berlin"}, *shown("Server hardening"))]
    assert first["after"][0]["policies"] == shown("Baseline", "Server hardening", "Updates at night")
    assert [(request["method"], request["body"].get("rank")) for request in first["requests"]] == [
        ("POST", None),
        ("POST", None),
        ("POST", 1),
    ]
    assert "<new>:updateRanking" in first["requests"][2]["path"]
    assert first["stats"]["reads"] == 5, "assignments, policies, groups, devices, and the assignments again"
    assert not second["changed"] and second["requests"] == [] and second["before"] == second["after"] == []
    assert second["stats"] == {"reads": 4, "writes": 0, "retries": 0, "waited_seconds": 0.0}
    assert len(was["gathered"]) == 6 and was["stats"]["reads"] == 1
    assert not fed_back["changed"] and fed_back["stats"] == {"reads": 1, "writes": 0, "retries": 0, "waited_seconds": 0.0}
    assert replaced["summary"] == counts(created=1, moved=1, unchanged=1) and replaced["stats"]["writes"] == 3 - 1
    assert deleted["summary"] == counts(deleted=2, unchanged=1) and [len(item["policies"]) for item in deleted["after"]] == [1, 0]
    assert [item["target"].get("device_group", "") for item in some["gathered"]] == ["Berlin", ""]
    assert overridden["summary"]["created"] == 1 and overridden["summary"]["unchanged"] == 0
    methods = [request["method"] for request in overridden["requests"]]
    assert methods == ["POST"] + ["DELETE"] * overridden["summary"]["deleted"], "what replaces is there before what goes"
    assert cleared["summary"] == counts(deleted=1) and tenant.eset.assignments() == []
    assert [entry.status for entry in tenant.log if entry.status != 200] == []


def shown(*names):
    return [{"policy_uuid": POLICIES[name], "policy": name} for name in names]


def test_check_mode_says_exactly_what_the_run_does(tenant, play):
    config = [
        unit({"device_group": "Workstations"}, "USB control", "Updates at night", "Workstation protection"),
        unit({"device": "laptop-17"}, "Baseline"),
        unit({"subscription_uuid": SUBSCRIPTION}),
    ]
    options = {"state": "replaced", "config": config}
    done = play(
        [
            task(tenant, register="plan", check_mode=True, **{**options, "username": READER}),
            task(tenant, expected_plan="0" * 64, **options),
            task(tenant, max_removals=0, **options),
            task(tenant, expected_plan="{{ plan.plan_digest }}", max_removals=1, **options),
            task(tenant, expected_plan="0" * 64, max_removals=0, **options),
            task(tenant, **{**options, "state": "overridden", "username": READER}),
        ],
        diff=True,
    ).ok()
    planned, other, many, run, empty, reader = (item["result"] for item in done.results)
    assert [item["failed"] for item in done.results] == [False, True, True, False, False, True]
    assert "expected_plan" in other["msg"] and "max_removals" in many["msg"] and many["requests"] == []
    assert len(many["pending"]) == 4 and len(many["after"]) == 3
    for key in ("changed", "before", "after", "requests", "summary", "plan_digest"):
        assert planned[key] == run[key], key
    assert planned["summary"] == counts(created=2, moved=1, deleted=1, unchanged=1)
    for result in (planned, run):
        assert len(result["diff"]) == 3 and all(entry["before"] != entry["after"] for entry in result["diff"])
        assert {entry["before_header"].split(" (")[0] for entry in result["diff"]} >= {"device laptop-17", "device group Workstations"}
    assert not empty["changed"] and empty["diff"] == [] and empty["plan_text"] == "No changes.", "an empty plan always passes"
    assert "403" in reader["msg"] and "permission Use" in reader["msg"] and not reader["changed"] and reader["pending"]
    assert stack(tenant, "deviceGroupUuid", WORKSTATIONS) == ["USB control", "Updates at night", "Workstation protection"]
    assert len([entry for entry in tenant.writes() if entry.status == 200]) == 4


@pytest.mark.parametrize("place", [{}, pytest.param(IN_PROCESS, marks=pytest.mark.slow)], ids=["worker", "module"])
def test_what_is_wrong_is_said_before_anything_is_written_and_nothing_secret_is(tenant, play, place):
    bad = [
        unit({"device_uuid": "d", "device_group": "g"}, "A", {"policy": "A", "rank": 0}),
        unit({}, {"rank": 2}, {"policy_uuid": 7, "rank": 2}, {"policy": "B", "colour": "red"}),
        {"target": {"device": "web-01", "path": "x"}, "policies": None},
        {"policies": "many"},
        unit({"device": "web-01"}),
    ]
    config = [unit({"device_group": "servers"}, "Baseline", "baseline"), unit({"device": "nobody"}, "Nothing")]
    done = play(
        [
            task(tenant, config=bad),
            task(tenant, state="replaced", config=[unit({"device": "web-01"}, {"policy": "Baseline", "rank": 1})]),
            task(tenant, state="gathered", base_url="http://eset.example"),
            task(tenant, config=config),
            task(
                tenant, config=[unit({"device_uuid": "nowhere"}, "Baseline"), unit({"device_group_uuid": SERVERS}, {"policy_uuid": "none"})]
            ),
            task(tenant, state="gathered", password="wrong"),
            task(tenant, state="gathered", access_token=PASSWORD.replace(" ", "-"), username=None, password=None),
            task(tenant, config=[unit({"device": "laptop-17"}, "Baseline")]),
        ],
        verbosity=4,
        vars=place,
    )
    errors, ranks, plain, names, ids, refused, token, good = (item["result"] for item in done.results)
    assert [item["failed"] for item in done.results] == [True] * 7 + [False]
    assert {item["path"] for item in errors["errors"]} == {
        "config[0].target",
        "config[0].policies[1].policy",
        "config[0].policies[1].rank",
        "config[1].target",
        "config[1].policies[0].policy_uuid",
        "config[1].policies[1].rank",
        "config[1].policies[2].colour",
        "config[2].target.path",
        "config[2].policies",
        "config[3].target",
        "config[3].policies[0]",
        "config[4].target.device",
    }
    assert [item["path"] for item in ranks["errors"]] == ["config[0].policies[0].rank"]
    assert [item["path"] for item in plain["errors"]] == ["base_url"] and "https" in plain["msg"]
    assert all(result["stats"]["reads"] == 0 and "nothing was sent" in result["msg"] for result in (errors, ranks, plain))
    assert [item["path"] for item in names["errors"]] == [
        "config[0].target.device_group", "config[0].policies[1].policy", "config[1].target.device", "config[1].policies[0].policy",
    ]  # fmt: skip
    assert f"'Servers' ({SERVERS})" in names["msg"] and "'Baseline'" in names["msg"] and "'web-01'" in names["msg"]
    assert [item["path"] for item in ids["errors"]] == ["config[0].target.device_uuid", "config[1].policies[0].policy_uuid"]
    assert "invalid_grant" in refused["msg"] and "ESET_PASSWORD" in refused["msg"] and "ESET_ACCESS_TOKEN" in token["msg"]
    assert good["changed"] and len(tenant.writes()) == 1
    sign_ins = [entry for entry in tenant.log if entry.path == "/oauth/token"]
    assert [entry.status for entry in sign_ins].count(400) == 1
    for secret in (PASSWORD, PASSWORD.replace(" ", "-"), *tenant.eset.issued):
        assert secret not in done.output and secret not in json.dumps([item["result"] for item in done.results])
    assert "Traceback" not in done.output


def test_credentials_from_the_environment_and_module_defaults(tenant, play):
    tenant.eset.add_token("a-token-from-elsewhere", uses=1)
    gather = {"name": "gather", MODULE: {"state": "gathered"}}
    env = {"ESET_USERNAME": USER, "ESET_PASSWORD": PASSWORD, "ESET_BASE_URL": tenant.eset_url, "ESET_REGION": "us"}
    (first,) = results(play([gather], env=env).ok())
    assert len(first["gathered"]) == 6
    tenant.clear_log()
    both = play([gather, gather], env={**env, "ESET_ACCESS_TOKEN": "a-token-from-elsewhere"}).ok()
    assert all(len(item["gathered"]) == 6 for item in results(both)), "the token first, and signing in once it is refused"
    assert [entry.path for entry in tenant.log] == [
        "/v2/policy-assignments",
        "/v2/policy-assignments",
        "/oauth/token",
        "/v2/policy-assignments",
    ]
    defaults = {"group/secops.policy.eset": {"username": USER, "password": PASSWORD, "base_url": tenant.eset_url}}
    assert results(play([gather], module_defaults=defaults).ok())[0]["gathered"] == first["gathered"]
    missing = play([{**gather, "ignore_errors": True}], env={"ESET_REGION": "mars"})
    assert {item["path"] for item in missing.failed_result()["errors"]} == {"region", "username", "password"}


def test_on_prem(tenant, play):
    tenant.eset.deployment, tenant.eset.on_prem_signin, tenant.eset.on_prem_device_list = "on_prem", "13.1", False
    tenant.eset.root_name = "Alle"
    config = [unit({"device_group": "All/Servers/Berlin"}, "Baseline"), unit({"device": "laptop-17"}, "USB control")]
    options = {"deployment": "on_prem", "state": "replaced", "config": config}
    done = play([task(tenant, **options), task(tenant, **options), task(tenant, **{**options, "base_url": None})])
    first, second, without = (item["result"] for item in done.results)
    assert first["summary"] == counts(created=2, deleted=1) and not second["changed"]
    assert [item["path"] for item in without["errors"]] == ["base_url"]
    assert stack(tenant, "deviceGroupUuid", BERLIN) == ["Baseline"] and stack(tenant, "deviceUuid", LAPTOP) == ["USB control"]
    assert {entry.query["pageSize"][0] for entry in tenant.reads() if entry.status == 200} == {"10000"}


def test_rendered_needs_nothing(play):
    config = [unit({"device_group": "Servers"}, "Baseline", {"policy_uuid": 7}), unit({"subscription_uuid": SUBSCRIPTION})]
    bad = [unit({"device": "a"}, {"policy": "A", "rank": 0}), {"target": {"device": "b"}}]
    rendered, wrong = (
        item["result"]
        for item in play(
            [{"name": "rendered", MODULE: {"state": "rendered", "config": given}, "ignore_errors": True} for given in (config, bad)]
        ).results
    )
    assert rendered["rendered"] == [
        {
            "method": "POST",
            "path": "/v2/policy-assignments",
            "body": {"assignment": {"policyUuid": policy, "target": {"deviceGroupUuid": {"name": "Servers"}}}},
        }
        for policy in ({"name": "Baseline"}, "7")
    ]
    assert not rendered["changed"] and rendered["stats"]["reads"] == 0
    assert [item["path"] for item in wrong["errors"]] == ["config[0].policies[0].rank", "config[1].policies"]


def test_pending_answers_expiring_tokens_and_faults_under_ansible(tenant, play):
    """All at once, as in a long run on a bad day; what is in names and messages is never a template."""
    eset = tenant.eset
    evil = "{{ lookup('pipe', 'echo evil') }} {% raw %}"
    eset.add_group(evil, uuid="odd")
    eset.token_uses = 4
    eset.pend("POST", "policy-assignments$", polls=1, times=2)
    eset.pend("GET", "policies")
    tenant.faults.add("reset_after", method="POST", path="policy-assignments$", nth=3)
    tenant.faults.add("status", status=503, method="GET", path="device_groups")
    config = [{"target": {"device_group_uuid": "odd"}, "policies": [{"policy": "Baseline"}, {"policy": "USB control"}]}]
    tasks = [
        task(tenant, register="made", state="replaced", config=config, with_names=True),
        task(tenant, state="replaced", config="{{ made.after }}", with_names=True),
        task(tenant, state="gathered", config=[{"target": {"device_group": "nowhere"}}]),
    ]
    done = play(tasks, diff=True)
    made, again, unknown = (item["result"] for item in done.results)
    assert made["summary"] == counts(created=2) and made["after"][0]["target"]["device_group"] == evil
    assert not again["changed"] and stack(tenant, "deviceGroupUuid", "odd") == ["Baseline", "USB control"]
    assert evil.split()[0] in unknown["msg"] and "\nevil" not in done.output


def test_the_demo_tenant_is_the_one_that_these_tests_know(tenant):
    assert demo.ESET_USER == USER
    assert stack(tenant, "deviceGroupUuid", SERVERS) == ["Updates at night", "Server hardening"]
