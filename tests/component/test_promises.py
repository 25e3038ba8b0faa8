# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both Meraki modules promise, sentence by sentence, in-process against the mock server, where no other test says it."""

from __future__ import annotations

import json
import sys
import time
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from ansible_collections.secops.policy.plugins.module_utils._http import client as http_client
from ansible_collections.secops.policy.plugins.module_utils._runner import libraries, reader
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import branches, run_meraki, run_module


@pytest.fixture
def cloud():
    """An organization of three branches with group policies, without Sentry policies, applications or rate limit."""
    with Cloud() as made:
        made.limit(None)
        branches(made.meraki)
        made.meraki.add_group("1", "West", id="g1")
        yield made


def policy(group, scope="withAny", tags=None):
    return {"sm_network_id": "N_SM", "scope": scope, "tags": [f"t{group}"] if tags is None else tags, "group_policy_id": f"10{group}"}


def stored(group, scope="withAny", tags=None):
    """The same as the API has it."""
    names = {"sm_network_id": "smNetworkId", "group_policy_id": "groupPolicyId"}
    return {names.get(key, key): value for key, value in policy(group, scope, tags).items()}


def destination(number, ports="443"):
    return {"destination_addr": [f"10.0.0.{number}"], "protocol_ports": [{"protocol": "TCP", "ports": ports}], "access_type": "browser"}


def application(name, number, groups=()):
    """An application as the API has it."""
    return {
        "name": name,
        "destinations": [
            {"destinationAddr": [f"10.0.0.{number}/32"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}], "accessType": "browser"}
        ],
        "applicationGroupIds": list(groups),
    }


def sentry(cloud, check=False, diff=False, **options):
    return run_meraki("meraki_sentry_assignments", cloud, options, check=check, diff=diff)


def apps(cloud, check=False, diff=False, **options):
    return run_meraki("meraki_private_app", cloud, {"deprecation_warning": False, **options}, check=check, diff=diff)


def paths(result):
    return [item["path"] for item in result["errors"]]


# Everything that is wrong with the arguments, at once.


def test_a_wrong_type_beside_config_does_not_hide_what_else_is_wrong(cloud):
    wrong = {"timeout": "soon", "max_removals": "some", "rate_limit": 0, "colour": "red"}
    result = sentry(cloud, **wrong, config=[{"network_id": "N_1"}, {"policies": []}])
    assert set(paths(result)) == {"timeout", "max_removals", "rate_limit", "colour", "config[0].policies", "config[1].network_id"}
    assert (result["changed"], result["requests"], result["pending"], result["stats"]["reads"]) == (False, [], [], 0)
    assert cloud.log == []


def test_a_state_that_there_is_not_leaves_what_every_state_would_find(cloud):
    result = sentry(cloud, state="present", timeout=-1, config=[{"network_id": "N_1", "policies": None, "colour": "red"}])
    assert set(paths(result)) == {"state", "timeout", "config[0].policies", "config[0].colour"}
    assert "merged" in result["errors"][0]["message"]


def test_an_option_that_there_is_not_is_named(cloud):
    result = apps(cloud, colour="red", config=[{"name": "A"}])
    assert paths(result) == ["colour"] and "api_key" in result["errors"][0]["message"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"rate_limit": float("inf")}, "rate_limit"),
        ({"rate_limit": float("nan")}, "rate_limit"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"retry_timeout": -1}, "retry_timeout"),
        ({"retry_timeout": float("nan")}, "retry_timeout"),
        ({"max_removals": -1}, "max_removals"),
        ({"ca_path": "/nowhere/ca.pem"}, "ca_path"),
        ({"base_url": "http://api.example/api/v1"}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"api_key": None}, "api_key"),
        ({"api_key": "two words"}, "api_key"),
        ({"organization_id": None}, "organization_id"),
        ({"config": {}}, "config"),
        ({"config": {"network_id": "N_1"}}, "config"),
        ({"config": None}, "config"),
        ({"config": []}, "config"),
        ({"config": [], "state": "replaced"}, "config"),
        ({"config": [], "state": "deleted"}, "config"),
        ({"config": [], "state": "rendered"}, "config"),
        ({"config": [], "state": "overridden"}, "config"),
    ],
    ids=str,
)
def test_what_is_wrong_with_one_option(cloud, options, path):
    result = sentry(cloud, **{"config": [{"network_id": "N_1", "policies": []}], **options})
    assert result["failed"] and paths(result) == [path]
    assert cloud.log == []


def test_json_as_text_is_to_go_through_from_json(cloud):
    """At every depth, and in one sentence; a text in the place of a list of texts is one of them, or several with commas."""
    entry = {"network_id": "N_1", "policies": [policy(1)]}
    found = [
        sentry(cloud, config=json.dumps([entry, entry])),
        apps(cloud, config=json.dumps([application("Jira", 1)])),
        sentry(cloud, config=[{**entry, "policies": json.dumps(entry["policies"])}]),
        sentry(cloud, config=[{**entry, "policies": [{**policy(1), "tags": '["a", "b"]'}]}]),
    ]
    assert [paths(result) for result in found] == [["config"], ["config"], ["config[0].policies"], ["config[0].policies[0].tags"]]
    assert all("from_json" in result["msg"] for result in found) and cloud.log == []
    assert sentry(cloud, config=[{**entry, "policies": [{**policy(1), "tags": "a,b"}]}])["after"][0]["policies"][0]["tags"] == ["a", "b"]


def test_a_choice_of_another_type_is_one_error(cloud):
    result = sentry(cloud, config=[{"network_id": "N_1", "policies": [{**policy(1), "scope": False}]}])
    assert paths(result) == ["config[0].policies[0].scope"] and "quote it" in result["msg"]


def test_what_was_written_by_name_is_named(cloud):
    """Where two entries turn out to be the same network, a network is to have the same policy twice, or it lacks a group policy."""
    named = {"network": "Branch 1", "policies": []}
    for other in ({"network_id": "N_1", "policies": []}, {"network_tags": ["branch"], "policies": []}):
        assert "network Branch 1 (N_1) is reached twice" in sentry(cloud, state="replaced", config=[named, other])["msg"]
    twice = sentry(cloud, check=True, config=[{**named, "policies": [policy(1), policy(1)]}])
    assert "network Branch 1 (N_1) will have it twice" in twice["warnings"][0]
    by_name = {"sm_network": "Corp SM", "scope": "all", "group_policy": "Group 9"}
    assert "in network Branch 1 (N_1)" in sentry(cloud, config=[{**named, "policies": [by_name]}])["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_in_check_mode_nothing_is_created_anew_but_would_be(cloud, check):
    cloud.meraki.add_application("1", **application("Jira", 1))
    entry = {"name": "Wiki", "application_id": "99", "destinations": [destination(1)]}
    for result in (
        apps(cloud, check=check, config=[entry]),
        sentry(cloud, check=check, config=[{"network_id": "N_1", "policies": [{**policy(1), "policy_id": "99"}]}]),
    ):
        assert ("would be created" in result["warnings"][0], "is created" in result["warnings"][0]) == (check, not check)


def test_names_that_look_the_same_are_told_apart(cloud):
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    result = apps(cloud, config=[{"name": name, "destinations": [destination(1)]} for name in (composed, decomposed)])
    assert result["failed"] and "'Caf\\xe9', 'Cafe\\u0301'" in result["msg"]


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden", "deleted", "gathered", "rendered"])
def test_policies_that_are_null_are_an_error_in_every_state(cloud, state):
    result = sentry(cloud, state=state, config=[{"network_id": "N_1", "policies": None}])
    assert "config[0].policies" in paths(result) and cloud.log == []


def test_other_nulls_count_as_left_out(cloud):
    cloud.meraki.add_application("1", **application("Jira", 1, ["g1"]))
    nulls = {"application_id": None, "destinations": None, "sni": None, "application_groups": None, "description": None}
    assert apps(cloud, config=[{"name": "Jira", **nulls}])["summary"]["unchanged"] == 1
    cloud.meraki.add_sentry("N_1", [stored(1, "all", [])])
    same = {**policy(1, "all"), "tags": None, "policy_id": None}
    entry = {"network_id": "N_1", "network": None, "network_tags": None, "policies": [same]}
    assert not sentry(cloud, state="replaced", config=[entry])["changed"]


def test_values_are_coerced_before_they_are_validated(cloud):
    numbered = {"sm_network_id": "N_SM", "scope": "withAny", "tags": "t1", "group_policy_id": 101}
    result = sentry(cloud, state="replaced", max_removals="5", verify="yes", config=[{"network_id": "N_1", "policies": [numbered]}])
    assert result["after"][0]["policies"][0]["group_policy_id"] == "101"
    entry = {
        "name": "Jira",
        "description": 7,
        "ssl_verification_enabled": "no",
        "destinations": [{**destination(1), "protocol_ports": [{"protocol": "TCP", "ports": 443}]}],
    }
    made = apps(cloud, config=[entry], force="yes")
    (after,) = made["after"]
    assert (after["description"], after["ssl_verification_enabled"]) == ("7", False)
    assert after["destinations"][0]["protocol_ports"][0]["ports"] == "443"


# References.


def test_every_reference_that_fits_nothing_is_reported_at_once(cloud):
    cloud.meraki.add_sentry("N_2", [stored(0)])
    (other,) = cloud.meraki.sentry("1")["N_2"]
    named = {"scope": "all", "sm_network": "corp sm", "group_policy": "group 1"}
    config = [
        {"network": "Nowhere", "policies": []},
        {"network": "Branch 1", "policies": [named, {**policy(0), "policy_id": other["policyId"]}]},
    ]
    result = sentry(cloud, config=config)
    assert paths(result) == [
        "config[0].network",
        "config[1].policies[0].sm_network",
        "config[1].policies[0].group_policy",
        "config[1].policies[1].policy_id",
    ]
    assert "'Branch 1'" in result["errors"][0]["message"] and "'Corp SM' (N_SM)" in result["errors"][1]["message"]
    assert "'Group 1' (101)" in result["errors"][2]["message"] and "N_2" in result["errors"][3]["message"]
    assert cloud.writes() == []


def test_names_and_groups_of_applications_are_reported_at_once(cloud):
    cloud.meraki.add_application("1", **application("Jira", 1, ["g1"]))
    config = [{"name": "jira"}, {"name": "New", "destinations": [destination(2)], "application_groups": ["West", "west"]}]
    result = apps(cloud, config=config)
    assert sorted(paths(result)) == ["config[0].name", "config[1].application_groups[1]"]
    assert cloud.writes() == []


def test_an_application_by_id_and_name_must_agree_where_nothing_is_renamed(cloud):
    own = cloud.meraki.add_application("1", **application("Jira", 1))
    cloud.meraki.add_application("1", **application("Wiki", 2))
    for state in ("deleted", "gathered"):
        result = apps(cloud, state=state, config=[{"application_id": own, "name": "Wiki"}])
        assert paths(result) == ["config[0].name"] and "'Wiki'" in result["msg"] and "'Jira'" in result["msg"], state


def test_a_name_that_is_given_up_can_be_taken_over_and_not_in_another_case(cloud):
    own = cloud.meraki.add_application("1", **application("Jira", 1))
    taken = {"name": "Jira", "destinations": [destination(2)]}
    leaves = {"application_id": own, "name": "Wiki"}
    result = apps(cloud, check=True, config=[taken, leaves])
    assert (result["summary"]["created"], result["summary"]["updated"]) == (1, 1)
    clash = apps(cloud, check=True, config=[{**taken, "name": "jira"}, leaves])
    assert paths(clash) == ["config[0].name"] and "'jira'" in clash["msg"] and f"'Jira' ({own})" in clash["msg"]


def test_a_stale_id_is_said_in_every_state(cloud):
    cloud.meraki.add_application("1", **application("Jira", 1))
    entry = {"application_id": "77", "name": "Jira", "destinations": [destination(1)]}
    for state in ("merged", "replaced", "overridden", "gathered", "deleted"):
        result = apps(cloud, state=state, config=[entry])
        assert not result.get("failed"), result
        assert any("77 no longer exists" in text for text in result["warnings"]), state


def test_an_id_with_nothing_there_is_no_change_in_deleted_and_said(cloud):
    result = sentry(cloud, state="deleted", config=[{"network_id": "N_404"}])
    assert not result["changed"] and "N_404" in result["warnings"][0]
    by_name = sentry(cloud, state="deleted", config=[{"network": "Branch 1"}])
    assert not by_name["changed"] and not by_name.get("warnings"), "a network that is there, and clear"
    by_id = apps(cloud, state="deleted", config=[{"application_id": "404"}])
    assert not by_id["changed"] and "404" in by_id["warnings"][0]
    assert not apps(cloud, state="deleted", config=[{"name": "Nobody"}]).get("warnings"), "a name is an identity"


# What the vendor returned, and what is carried along.


def test_what_is_carried_along_and_refused_is_named(cloud):
    cloud.meraki.add_sentry("N_1", [stored(0)])
    cloud.meraki.add_sentry("N_2", [stored(1), stored(1, "all", ["odd"])])
    odd = cloud.meraki.sentry("1")["N_2"][1]["policyId"]
    result = sentry(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])
    assert result["failed"] and "N_2" in result["msg"] and f"the policy {odd}" in result["msg"] and "carried along" in result["msg"]
    assert "must be empty for the scope all" in result["msg"], "the API's own words"


@pytest.mark.parametrize("words", ["items[1].policies[0] is wrong", "items/1/policies/0: wrong", 'Invalid "items" 1 "policies" 0'])
def test_places_in_the_words_of_a_refusal_are_translated(cloud, words):
    cloud.meraki.add_sentry("N_1", [stored(0)])
    cloud.meraki.add_sentry("N_2", [stored(1)])
    (there,) = cloud.meraki.sentry("1")["N_2"]
    cloud.faults.add("status", status=400, body={"errors": [words]}, method="PUT")
    result = sentry(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])
    assert f"the policy {there['policyId']} of network N_2" in result["msg"] and words in result["msg"]


def test_a_refusal_that_names_no_place_says_what_else_was_carried(cloud):
    cloud.meraki.add_sentry("N_1", [stored(0)])
    cloud.faults.add("status", status=400, body={"errors": ["no"]}, method="PUT")
    assert "not listed" in sentry(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])["msg"]


def test_what_cannot_be_sent_back_whole_stops_the_write(cloud):
    cloud.meraki.add_sentry("N_1", [stored(0)])
    cloud.meraki.add_sentry("N_2", [{**stored(1), "groupPolicyId": None}])
    result = sentry(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])
    assert result["failed"] and "N_2" in result["msg"] and "group policy" in result["msg"] and "internal" not in result["msg"]
    assert cloud.writes() == []
    assert not sentry(cloud, config=[{"network_id": "N_1", "policies": [policy(0)]}])["changed"], "reading is no fault"


@pytest.mark.parametrize("state", ["merged", "replaced", "deleted"])
def test_a_network_that_hides_behind_a_locale_is_not_taken_for_empty(cloud, state):
    cloud.meraki.add_sentry("N_2", [stored(0)])
    cloud.meraki.locale("N_2", "L_9")
    config = [{"network_id": "N_2"} if state == "deleted" else {"network_id": "N_2", "policies": []}]
    result = sentry(cloud, state=state, config=config)
    assert result["failed"] and "L_9" in result["msg"] and "N_2" in result["msg"], "clearing it would be a silent success"
    shown = sentry(cloud, state="gathered", config=config)
    assert [len(unit["policies"]) for unit in shown["gathered"]] == [1]
    everything = sentry(cloud, state="gathered")["gathered"]
    assert not sentry(cloud, state="overridden", config=everything)["changed"]


def test_odd_things_that_the_vendor_returned_change_nothing_when_fed_back(cloud):
    cloud.meraki.canonical_tags = False
    odd = [stored(0, "none", ["odd"]), stored(1, "withAll", []), stored(1, tags=["b", "a", "b"]), stored(0), stored(0)]
    cloud.meraki.add_sentry("N_1", odd)
    cloud.meraki.add_application("1", **{**application("Jira_1!", 1, ["g1"]), "sni": "no domain", "appProtocol": "HTTPS"})
    odd = application("Plain", 2)
    odd["destinations"][0].update(
        accessType="network",
        destinationAddr=["::1", "10.0.0.0/8"],
        protocolPorts=[{"protocol": "tcp", "ports": "90-80"}, {"protocol": "TCP", "ports": ""}],
    )
    cloud.meraki.add_application("1", **odd)
    cloud.meraki.add_application("1", **{**application("Bare", 3), "destinations": []})
    for module in (sentry, apps):
        everything = module(cloud, state="gathered")["gathered"]
        for state in ("replaced", "overridden"):
            result = module(cloud, state=state, config=everything)
            assert not result.get("failed"), result["msg"]
            assert not result["changed"] and not result.get("warnings")
    assert cloud.writes() == []


# What is waited for, and how long.


def test_the_pace_of_the_client_does_not_count_as_waiting(cloud):
    cloud.faults.add("status", status=503, headers={"Retry-After": "1"}, path="byNetwork")
    started = time.monotonic()
    result = sentry(cloud, state="gathered", rate_limit=0.5, config=[{"network": "Branch 1"}])
    assert time.monotonic() - started > 3.5, "there was a pace to wait for"
    assert result["stats"]["reads"] == 2 and result["stats"]["retries"] == 1 and result["stats"]["waited_seconds"] < 1.5


def test_a_server_that_asks_for_no_wait_at_all_is_not_asked_without_end(cloud):
    cloud.faults.add("status", status=429, headers={"Retry-After": "0"}, times=None)
    result = sentry(cloud, state="gathered", retry_timeout=2)
    assert result["failed"] and "429" in result["msg"] and len(cloud.log) < 10


def test_looking_names_up_does_not_make_the_list_old(cloud, monkeypatch):
    """What the PUT is made of is read after the names, however long these took; it is read again where it is old itself."""
    monkeypatch.setattr(reader, "FRESH", 0.5)
    config = [{"network": "Branch 1", "policies": [{**policy(0), "group_policy_id": None, "group_policy": "Group 0"}]}]
    cloud.faults.add("slow", seconds=1, path="groupPolicies")
    assert sentry(cloud, config=config)["stats"]["reads"] == 4
    monkeypatch.setattr(reader, "FRESH", 0.0)
    config[0]["policies"][0]["tags"] = ["other"]
    assert sentry(cloud, config=config)["stats"]["reads"] == 5


def test_a_change_by_somebody_else_before_the_write_is_seen_where_time_has_passed(cloud, monkeypatch):
    monkeypatch.setattr(reader, "FRESH", 0.0)
    cloud.meraki.add_sentry("N_2", [stored(0)])
    original, reads = cloud.meraki.handle, []

    def handle(request):
        answer = original(request)
        if "byNetwork" in request.path:
            reads.append(request)
            if len(reads) == 1:
                cloud.meraki.add_sentry("N_2", [stored(2)])
        return answer

    cloud.meraki.handle = handle
    result = sentry(cloud, config=[{"network_id": "N_1", "policies": [policy(1)]}])
    assert not result.get("failed"), result["msg"]
    assert [item["groupPolicyId"] for item in cloud.meraki.sentry("1")["N_2"]] == ["100", "102"], "the other's change is kept"


# Results.


def test_a_result_keeps_below_what_awx_stores(cloud):
    for number in range(10, 1000):
        cloud.meraki.add_network("1", f"N_{number}", f"Branch {number}")
        cloud.meraki.add_group_policy(f"N_{number}", "100", "Group 0")
        cloud.meraki.add_sentry(f"N_{number}", [stored(0, "all", [])])
    config = [{"network_id": f"N_{number}", "policies": [policy(0, tags=["a" * 60])]} for number in range(10, 1000)]
    small = sentry(cloud, state="replaced", config=config[:5], check=True, diff=True)
    assert small["diff"][0]["after"] and not small.get("warnings")
    large = sentry(cloud, state="replaced", config=config, diff=True)
    assert len(json.dumps(large)) < 500_000
    assert any("large" in text for text in large["warnings"])
    assert large["requests"][0]["body"] == {"items": 990} and large["requests"][0]["untouched"] == 0
    assert "990" in large["diff"][0]["after"]
    assert len(large["before"]) == len(large["after"]) == 990
    again = sentry(cloud, state="replaced", config=config)
    assert not again["changed"] and not again.get("warnings")


def test_the_digest_says_what_changes_and_not_how_it_was_written(cloud):
    cloud.meraki.add_sentry("N_1", [stored(0)])
    by_id = {"network_id": "N_1", "policies": [policy(1)]}
    named = {"sm_network": "Corp SM", "scope": "withAny", "tags": ["t1"], "group_policy": "Group 1"}
    digest = sentry(cloud, config=[by_id], check=True)["plan_digest"]
    assert digest == sentry(cloud, config=[{"network": "Branch 1", "policies": [named]}], check=True)["plan_digest"]
    assert digest == sentry(cloud, config=[{"network_id": "N_1", "policies": [policy(0), policy(1)]}], check=True)["plan_digest"]
    cloud.meraki.add_sentry("N_2", [stored(2)])
    assert digest == sentry(cloud, config=[by_id], check=True)["plan_digest"], "unrelated networks do not enter"
    cloud.meraki.add_sentry("N_1", [stored(2)])
    assert digest != sentry(cloud, config=[by_id], check=True)["plan_digest"]
    one = cloud.meraki.add_application("1", **application("Jira", 1, ["g1"]))
    removal = apps(cloud, state="deleted", config=[{"name": "Jira"}], allow_group_removal=True, check=True)["plan_digest"]
    cloud.meraki.add_application("1", **application("Wiki", 2))
    assert removal == apps(cloud, state="deleted", config=[{"application_id": one}], allow_group_removal=True, check=True)["plan_digest"]
    cloud.meraki.add_application("1", **application("Lab", 3, ["g1"]))
    assert removal != apps(cloud, state="deleted", config=[{"name": "Jira"}], check=True)["plan_digest"], "the group goes no more"


def test_without_requests_the_failure_has_the_keys_that_are_always_there(monkeypatch):
    monkeypatch.setattr(libraries, "HAS_REQUESTS", False)
    result = run_module("meraki_private_app", {"config": [{"name": "A"}]})
    assert result["failed"] and "requests" in result["msg"]
    assert (result["changed"], result["requests"], result["pending"], result["stats"]["writes"]) == (False, [], [], 0)
    rendered = run_module("meraki_private_app", {"state": "rendered", "config": [{"name": "A", "destinations": [destination(1)]}]})
    assert len(rendered["rendered"]) == 1, "which needs no connection"


def test_what_is_lacking_for_judging_config_is_said(monkeypatch):
    bad = {"config": [{"name": 1.5, "colour": "red"}], "state": "rendered"}
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    result = run_module("meraki_private_app", bad)
    assert result["failed"] and "jsonschema" in result["msg"] and result["requests"] == []
    monkeypatch.setitem(sys.modules, "jsonschema", ModuleType("jsonschema"))
    sys.modules["jsonschema"].__spec__ = ModuleSpec("jsonschema", None)
    result = run_module("meraki_private_app", bad)
    assert result["failed"] and paths(result) == ["config"] and "jsonschema" in result["msg"]


def test_the_user_agent_reaches_the_vendor(cloud):
    sentry(cloud, state="gathered")
    assert cloud.log[0].headers["user-agent"] == http_client.USER_AGENT
