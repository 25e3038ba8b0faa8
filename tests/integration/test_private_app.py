# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``meraki_private_app`` as users run it: real ansible-playbook, real HTTP, the strict mock server."""

from __future__ import annotations

import json

import pytest

from .harness import IN_PROCESS

MODULE = "secops.policy.meraki_private_app"
KEY = "a-key-that-nobody-should-see-0123456789"


@pytest.fixture
def organization(cloud):
    """Three applications in one of two groups, no rate limit."""
    meraki = cloud.meraki
    meraki.add_key(KEY)
    meraki.add_organization("1", "Example Health")
    meraki.add_group("1", "West", id="g1")
    meraki.add_group("1", "East", id="g2")
    for number, name in enumerate(("Jira", "Wiki", "Lab"), start=1):
        meraki.add_application(
            "1",
            applicationId=str(number),
            name=name,
            description=f"{name} for everybody",
            destinations=[
                {
                    "destinationAddr": [f"10.0.0.{number}/32"],
                    "protocolPorts": [{"protocol": "TCP", "ports": "443"}],
                    "accessType": "browser",
                }
            ],
            applicationGroupIds=["g1"],
        )
    cloud.limit(None)
    return cloud


def task(cloud, register=None, check_mode=None, **options):
    given = {"api_key": KEY, "base_url": cloud.meraki_url, "organization_id": "1", "api": "private_applications", **options}
    made = {"name": options.get("state", "merged"), MODULE: given, "ignore_errors": True}
    if check_mode is not None:
        made["check_mode"] = check_mode
    return {**made, "register": register} if register else made


def destination(number, ports="443", access="browser"):
    return {"destination_addr": [f"10.0.0.{number}"], "protocol_ports": [{"protocol": "tcp", "ports": ports}], "access_type": access}


def results(done):
    assert not [item["result"]["msg"] for item in done.results if item["failed"]]
    return [item["result"] for item in done.results]


def counts(**given):
    return {"created": 0, "updated": 0, "moved": 0, "deleted": 0, "unchanged": 0, "groups_removed": [], "groups_created": [], **given}


def test_states_and_what_is_written(organization, play):
    """merged, again, gathered fed back, renamed, replaced, deleted, overridden: as many writes as changes, none for the rest."""
    added = {"name": "Desk", "destinations": [destination(9, 8443)], "ssl_verification_enabled": "no", "application_groups": ["East"]}
    config = [added, {"name": "Jira", "application_groups": ["East"]}, {"name": "Lab", "destinations": [destination(3)]}]
    swapped = [{"application_id": 1, "name": "Wiki"}, {"application_id": 2, "name": "Jira"}]
    done = play(
        [
            task(organization, config=config),
            task(organization, config=config),
            task(organization, register="was", state="gathered"),
            task(organization, state="overridden", config="{{ was.gathered }}"),
            task(organization, config=swapped),
            task(
                organization, state="replaced", config=[{"name": "Lab", "destinations": [destination(3)], "application_groups": ["West"]}]
            ),
            task(organization, state="deleted", config=[{"application_id": 1}, {"name": "Nobody"}]),
            task(organization, state="gathered", config=[{"name": "Jira"}, {"application_id": 1}]),
            task(organization, state="overridden", config=[], max_removals=5, allow_group_removal=True),
        ]
    ).ok()
    first, second, was, fed_back, renamed, replaced, deleted, some, cleared = results(done)
    assert first["changed"] and first["summary"] == counts(created=1, updated=1, unchanged=1)
    new, jira = first["after"]
    assert new["application_id"] and new["destinations"][0]["protocol_ports"] == [{"protocol": "TCP", "ports": "8443"}]
    assert new["ssl_verification_enabled"] is False
    assert jira["application_groups"] == ["West", "East"], "joined, and none left"
    assert [request["method"] for request in first["requests"]] == ["POST", "PUT"]
    assert first["stats"]["reads"] == 3, "the applications, the groups, and the applications again"
    assert not second["changed"] and second["requests"] == [] and second["before"] == second["after"] == []
    assert second["stats"] == {"reads": 2, "writes": 0, "retries": 0, "waited_seconds": 0.0}
    assert sorted(item["name"] for item in was["gathered"]) == ["Desk", "Jira", "Lab", "Wiki"]
    assert not fed_back["changed"] and fed_back["stats"] == {"reads": 1, "writes": 0, "retries": 0, "waited_seconds": 0.0}
    assert renamed["summary"] == counts(updated=2) and len(renamed["requests"]) == 3
    assert {item["application_id"]: item["name"] for item in renamed["after"]} == {"1": "Wiki", "2": "Jira"}
    assert replaced["summary"] == counts(updated=1) and replaced["after"][0]["description"] == ""
    assert deleted["summary"] == counts(deleted=1) and [item["name"] for item in deleted["before"]] == ["Wiki"] and deleted["after"] == []
    assert [request["method"] for request in deleted["requests"]] == ["PUT", "DELETE"] and deleted["requests"][1]["body"] == {
        "force": False
    }
    assert [item["application_id"] for item in some["gathered"]] == ["2"]
    assert cleared["summary"]["deleted"] == 3 and {item["name"] for item in cleared["summary"]["groups_removed"]} == {"West", "East"}
    assert organization.meraki.applications("1") == {}
    assert [entry.status for entry in organization.log if entry.status not in (200, 201, 204)] == []


def test_check_mode_says_exactly_what_the_run_does(organization, play):
    config = [
        {"name": "Jira", "destinations": [destination(1, "443, 8443")], "application_groups": ["East"]},
        {"name": "Desk", "destinations": [destination(9, access="network")]},
        {"name": "Lab", "destinations": [destination(3)], "description": "Lab for everybody", "application_groups": ["West"]},
    ]
    options = {"state": "overridden", "config": config}
    done = play(
        [
            task(organization, register="plan", check_mode=True, **options),
            task(organization, expected_plan="0" * 64, **options),
            task(organization, max_removals=0, **options),
            task(organization, expected_plan="{{ plan.plan_digest }}", max_removals=1, **options),
            task(organization, expected_plan="0" * 64, max_removals=0, **options),
        ],
        diff=True,
    ).ok()
    planned, other, many, run, empty = (item["result"] for item in done.results)
    assert [item["failed"] for item in done.results] == [False, True, True, False, False]
    assert "expected_plan" in other["msg"] and "max_removals" in many["msg"] and len(many["pending"]) == 4
    for key in ("changed", "before", "requests", "summary", "plan_digest"):
        assert planned[key] == run[key], key
    assert planned["summary"] == counts(created=1, updated=1, deleted=1, unchanged=1)
    assert [request["method"] for request in run["requests"]] == ["PUT", "POST", "PUT", "DELETE"], "what goes, goes last"
    for result in (planned, run):
        assert [entry["before_header"] for entry in result["diff"]] == [entry["after_header"] for entry in result["diff"]]
        assert {entry["before_header"].split(" (")[0] for entry in result["diff"]} >= {"application Desk", "application Jira"}
        assert result["plan_text"].splitlines()[-1] == "Plan: 1 to create, 1 to update, 0 to move, 1 to delete; 1 unchanged."
    assert not empty["changed"], "an empty plan always passes"
    assert len(organization.writes()) == 4
    assert sorted(item["name"] for item in organization.meraki.applications("1").values()) == ["Desk", "Jira", "Lab"]


def test_what_is_wrong_is_said_before_anything_is_written(organization, play):
    bad = [
        {"name": "A_b", "destinations": [{**destination(1), "destination_addr": ["10.0.0.0/24", "::1"]}, {"access_type": "tunnel"}]},
        {"description": 7, "colour": "red"},
        {"name": "Twice", "destinations": [destination(1, "0")], "sni": "no domain"},
        {"name": "Twice", "destinations": []},
    ]
    config = [{"name": "jira"}, {"application_id": 1, "name": "Wiki"}, {"name": "New"}]
    done = play(
        [
            task(organization, config=bad),
            task(organization, config=config),
            task(organization, config=[{"name": "Jira", "application_groups": ["west", "North"]}]),
            task(organization, state="deleted", config=[{"application_id": 1, "name": "Wiki"}]),
            task(organization, state="deleted", config=[{"name": name} for name in ("Jira", "Wiki", "Lab")]),
            task(organization, state="gathered", organization_id="404"),
        ],
        verbosity=4,
    )
    assert all(item["failed"] for item in done.results)
    errors, names, groups, disagree, emptied, unknown = (item["result"] for item in done.results)
    assert {item["path"] for item in errors["errors"]} == {
        "config[0].name",
        "config[0].destinations[0].destination_addr[0]",
        "config[0].destinations[0].destination_addr[1]",
        "config[0].destinations[1].destination_addr",
        "config[0].destinations[1].protocol_ports",
        "config[0].destinations[1].access_type",
        "config[1].name",
        "config[1].colour",
        "config[2].destinations[0].protocol_ports[0].ports",
        "config[2].sni",
        "config[3].name",
        "config[3].destinations",
    }
    assert errors["stats"]["reads"] == 0, "no connection was opened"
    assert [item["path"] for item in names["errors"]] == ["config[0].name", "config[2].destinations"]
    assert "'Jira' (1)" in names["msg"], "both names of a clash in case only"
    assert len(groups["errors"]) == 2 and "'West' (g1)" in groups["msg"] and "'East'" in groups["msg"]
    assert "'Wiki'" in disagree["msg"] and "'Jira'" in disagree["msg"]
    assert "'West' (g1)" in emptied["msg"] and "allow_group_removal" in emptied["msg"]
    assert all(name in emptied["msg"] for name in ("'Jira' (1)", "'Wiki' (2)", "'Lab' (3)"))
    assert [item["path"] for item in emptied["errors"]] == ["config[0]"]
    assert [unit["name"] for unit in emptied["before"]] == ["Jira", "Wiki", "Lab"] and emptied["after"] == []
    assert emptied["requests"] == [] and emptied["changed"] is False and emptied["summary"]["deleted"] == 3
    assert emptied["pending"][-1]["method"] == "DELETE" and emptied["summary"]["groups_removed"] == [{"id": "g1", "name": "West"}]
    assert "404" in unknown["msg"] and "early access" in unknown["msg"]
    assert organization.writes() == []
    assert KEY not in done.output and "Traceback" not in done.output


def test_a_whole_organization_in_one_task(organization, play):
    """The 300 that an organization can have, two of them there already; the 301st fails in the plan."""
    config = [{"name": f"App {number}", "destinations": [destination(number % 250, f"{1000 + number}")]} for number in range(298)]
    config += [{"name": "Jira", "destinations": [destination(1)]}, {"name": "Wiki", "destinations": [destination(2)]}]
    one_more = [*config, {"name": "One More", "destinations": [destination(1)]}]
    organization.meraki.secure_connect.cascade = False
    common = {"rate_limit": 1000, "allow_group_removal": True}
    done = play(
        [
            task(organization, state="overridden", config=one_more, **common),
            task(organization, state="overridden", config=config, **common),
            task(organization, state="overridden", config=config, **common),
            task(organization, state="rendered", config=config[:1]),
        ]
    ).ok()
    refused, made, again, rendered = (item["result"] for item in done.results)
    assert done.results[0]["failed"] and "301 applications" in refused["msg"]
    assert made["summary"]["created"] == 298 and made["summary"]["deleted"] == 1
    assert len(organization.meraki.applications("1")) == 300
    assert not again["changed"] and again["stats"]["reads"] == 1
    assert rendered["rendered"][0]["path"] == "/organizations/1/secureConnect/privateApplications"
    assert rendered["stats"]["reads"] == 0


@pytest.mark.parametrize("place", [{}, pytest.param(IN_PROCESS, marks=pytest.mark.slow)], ids=["worker", "module"])
def test_no_secret_in_any_output(organization, play, place):
    """Not even where the server says it back, and not in what the API's client would tell about headers."""
    organization.faults.add("status", status=400, body={"errors": [f"the key {KEY} is not liked"]}, method="POST")
    done = play(
        [
            task(organization, config=[{"name": "Desk", "destinations": [destination(9)]}]),
            task(organization, config=[{"name": "Desk", "destinations": [destination(9)]}]),
            task(organization, state="gathered", organization_id="404"),
            task(organization, config=[{"name": "jira"}]),
        ],
        verbosity=4,
        vars=place,
        diff=True,
    )
    assert [item["failed"] for item in done.results] == [True, False, True, True]
    assert "is not liked" in done.results[0]["result"]["msg"]
    assert KEY not in done.output
    assert all(KEY not in json.dumps(item["result"]) for item in done.results)


def test_faults_on_the_way_end_well_or_are_told(organization, play):
    """A rate limit, an answer that is lost after the server acted, a refusal in the middle: what is made is made once."""
    organization.faults.add("status", status=429, headers={"Retry-After": "1"}, method="GET")
    organization.faults.add("reset_after", method="POST")
    organization.faults.add("status", status=400, body={"errors": ["not this one"]}, method="PUT")
    config = [{"name": "Desk", "destinations": [destination(9)]}, {"name": "Wiki", "description": "new"}]
    done = play([task(organization, config=config[:1]), task(organization, config=config), task(organization, config=config)]).ok()
    made, told, mended = (item["result"] for item in done.results)
    assert made["changed"] and len(made["requests"]) == 1 and made["stats"]["retries"] == 1 and made["stats"]["waited_seconds"] >= 1
    assert made["after"][0]["application_id"], "it was looked up"
    assert [item["failed"] for item in done.results] == [False, True, False]
    assert not told["changed"] and "'Wiki'" in told["msg"] and "not this one" in told["msg"]
    assert [request["method"] for request in told["pending"]] == ["PUT"] and told["requests"] == []
    assert mended["summary"] == counts(updated=1, unchanged=1)
    assert sum(item["name"] == "Desk" for item in organization.meraki.applications("1").values()) == 1
    assert not organization.faults.left


def test_a_deletion_that_a_rule_stands_against(organization, play):
    """The API's own words, the links put back, and ``force``."""
    organization.meraki.secure_connect.in_rules.add("3")
    remove = {"state": "deleted", "config": [{"name": "Lab"}]}
    done = play([task(organization, **remove), task(organization, force=True, **remove), task(organization, **remove)]).ok()
    refused, forced, again = (item["result"] for item in done.results)
    assert [item["failed"] for item in done.results] == [True, False, False]
    assert refused["changed"] and "in use by one or more rules" in refused["msg"]
    assert [request["method"] for request in refused["requests"]] == ["PUT", "PUT"], "taken off its group, and put back"
    assert refused["requests"][1]["body"]["applicationGroupIds"] == ["g1"]
    assert forced["summary"] == counts(deleted=1) and not again["changed"]


def test_warnings_are_ansibles_own_and_can_be_switched_off(organization, play):
    quiet = {"state": "gathered", "deprecation_warning": False}
    plain = {"name": "Lab", "sni": "lab.example.com", "destinations": [destination(3, access="network")]}
    stale = {"application_id": "77", "name": "Wiki"}
    done = play([task(organization, state="gathered"), task(organization, **quiet), task(organization, config=[plain, stale])]).ok()
    loud, silent, effect = (item["result"].get("warnings", []) for item in done.results)
    assert len(loud) == 1 and "deprecated" in str(loud[0]) and silent == []
    assert [words in str(effect) for words in ("config[0].sni has no effect", "77 no longer exists")] == [True, True]
    assert done.stderr.count("[WARNING]") == 3, "what was said before is not said again"


def test_by_organization_name_and_from_the_environment(organization, play):
    env = {"MERAKI_DASHBOARD_API_KEY": KEY, "MERAKI_DASHBOARD_BASE_URL": organization.meraki_url, "MERAKI_ORGANIZATION_ID": "404"}
    block = {
        "block": [{MODULE: {"state": "gathered"}}, {MODULE: {"config": [{"name": "Jira", "description": "set"}]}}],
        "module_defaults": {"group/secops.policy.policy": {"organization": "Example Health"}},
    }
    done = play([block], env=env).ok()
    assert len(done.results[0]["result"]["gathered"]) == 3
    assert done.results[1]["result"]["requests"][0]["path"] == "/organizations/1/secureConnect/privateApplications/1"


def test_the_same_tasks_on_private_resources(organization, play):
    """What one API has is fed to the other: groups are made, nothing is lost, ids say which API they belong to."""
    organization.meraki.private_resources = "on"
    organization.meraki.add_resource("1", resourceId="3", name="There", accessTypes=[{"type": "network"}], resourceAddresses=[])
    moved = {"config": "{{ was.gathered }}", "create_groups": True}
    client = [destination(7), destination(7, access="client")]
    done = play(
        [
            task(organization, register="was", state="gathered", with_names=True),
            task(organization, register="plan", check_mode=True, api="auto", **moved),
            task(organization, api="auto", expected_plan="{{ plan.plan_digest }}", **moved),
            task(organization, api="auto", **moved),
            task(organization, register="now", api="auto", state="gathered"),
            task(organization, api="private_resources", state="overridden", config="{{ now.gathered }}"),
            task(organization, api="auto", config=[{"name": "Jira", "destinations": client}]),
            task(organization, api="auto", state="deleted", config=[{"name": "Lab"}, {"name": "There"}]),
        ],
        diff=True,
    ).ok()
    _was, planned, made, again, now, fed_back, client, deleted = results(done)
    assert made["api"] == "private_resources" and made["summary"] == counts(created=3, groups_created=["West"])
    for key in ("changed", "before", "requests", "summary", "plan_digest"):
        assert planned[key] == made[key], key
    assert "<new>" in json.dumps(made["requests"]) and "<new>" not in json.dumps(made["after"])
    assert any("ids of the other API" in text for text in made["warnings"])
    assert not again["changed"] and again["stats"]["reads"] == 2
    assert not fed_back["changed"] and fed_back["stats"] == {"reads": 1, "writes": 0, "retries": 0, "waited_seconds": 0.0}
    assert {"resource_id", "resource_group_ids"} <= set(now["gathered"][0]) and "application_id" not in now["gathered"][0]
    assert [one["access_type"] for one in client["after"][0]["destinations"]] == ["browser", "client"]
    assert deleted["summary"] == counts(deleted=2) and deleted["requests"][-1]["body"] is None
    assert sorted(item["name"] for item in organization.meraki.resources("1").values()) == ["Jira", "Wiki"]
    assert len(organization.meraki.applications("1")) == 3, "the other API was only read"
    assert [entry.status for entry in organization.log if entry.status not in (200, 201, 204)] == []
