# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``meraki_sentry_assignments`` as users run it: real ansible-playbook, real HTTP, the strict mock server."""

from __future__ import annotations

import json

import pytest

from .harness import IN_PROCESS

MODULE = "secops.policy.meraki_sentry_assignments"
KEY = "a-key-that-nobody-should-see-0123456789"


@pytest.fixture
def organization(cloud):
    """Two branches with policies, a Systems Manager network, no rate limit."""
    meraki = cloud.meraki
    meraki.add_key(KEY)
    meraki.add_organization("1", "Example Health")
    meraki.add_network("1", "N_SM", "Corp SM", product_types=["systemsManager"])
    for number, name in ((1, "Berlin"), (2, "Paris")):
        meraki.add_network("1", f"N_{number}", name, tags=["branch"])
        meraki.add_group_policy(f"N_{number}", f"{number}01", "Guest")
        meraki.add_group_policy(f"N_{number}", f"{number}02", "Staff")
        meraki.add_sentry(f"N_{number}", [{"smNetworkId": "N_SM", "scope": "all", "tags": [], "groupPolicyId": f"{number}01"}])
    cloud.limit(None)
    return cloud


def defaults(cloud, **more):
    return {"api_key": KEY, "base_url": cloud.meraki_url, "organization_id": "1", **more}


def task(cloud, register=None, **options):
    made = {"name": options.get("state", "merged"), MODULE: defaults(cloud, **options), "ignore_errors": True}
    return {**made, "register": register} if register else made


STAFF = {"sm_network": "Corp SM", "scope": "withAny", "tags": ["staff", "compliant"], "group_policy": "Staff"}


def test_states_and_what_is_written(organization, play):
    """merged, again, gathered fed back, replaced by tags, deleted, overridden: one PUT a change, nothing for the rest."""
    config = [{"network": "Berlin", "policies": [STAFF]}]
    done = play(
        [
            task(organization, config=config),
            task(organization, config=config),
            task(organization, register="was", state="gathered"),
            task(organization, state="overridden", config="{{ was.gathered }}"),
            task(organization, state="replaced", config=[{"network_tags": ["branch"], "policies": [STAFF]}]),
            task(organization, state="deleted", config=[{"network_id": "N_1", "policies": [STAFF]}]),
            task(organization, state="overridden", config=[], max_removals=5),
            task(organization, state="gathered"),
        ]
    ).ok()
    first, second, was, fed_back, replaced, deleted, cleared, last = [item["result"] for item in done.results]
    assert first["changed"] and first["summary"] == {"created": 1, "updated": 0, "moved": 0, "deleted": 0, "unchanged": 1}
    assert [policy["scope"] for policy in first["after"][0]["policies"]] == ["all", "withAny"]
    assert first["after"][0]["policies"][1]["policy_id"]
    assert first["stats"]["reads"] == 4, "networks, one network's group policies, the list, and the list again"
    assert first["requests"][0]["untouched"] == 1
    assert not second["changed"] and second["requests"] == [] and second["before"] == second["after"] == []
    assert {unit["network_id"]: len(unit["policies"]) for unit in was["gathered"]} == {"N_1": 2, "N_2": 1}
    assert not fed_back["changed"] and fed_back["stats"] == {"reads": 1, "writes": 0, "retries": 0, "waited_seconds": 0.0}
    assert replaced["summary"] == {"created": 1, "updated": 0, "moved": 0, "deleted": 2, "unchanged": 1}
    assert deleted["summary"]["deleted"] == 1
    assert cleared["summary"]["deleted"] == 1
    assert cleared["requests"][0]["body"] == {"items": [{"networkId": "N_2", "policies": []}]}
    assert all(unit["policies"] == [] for unit in last["gathered"])
    assert [entry.method for entry in organization.writes()] == ["PUT"] * 4
    assert organization.writes()[0].body["items"][1]["networkId"] == "N_2", "a network that is not listed is carried along"
    assert organization.writes()[0].body["items"][1]["policies"][0]["policyId"]


def test_check_mode_says_exactly_what_the_run_does(organization, play):
    config = [{"network": "Paris", "policies": [STAFF]}, {"network_id": "N_1", "policies": []}]
    tasks = [task(organization, state="replaced", config=config)]
    planned = play(tasks, check=True, diff=True).ok().results[0]["result"]
    assert organization.writes() == []
    run = play(tasks, diff=True).ok().results[0]["result"]
    for key in ("changed", "before", "requests", "summary", "plan_digest"):
        assert planned[key] == run[key], key
    (written,), (predicted,) = (
        [{**policy, "tags": sorted(policy["tags"])} for policy in result["after"][0]["policies"]] for result in (run, planned)
    )
    assert written.pop("policy_id")
    assert written == predicted, "what was predicted, but for the id that only the server can give"
    assert {entry["before_header"] for entry in planned["diff"]} == {"network Berlin (N_1)", "network Paris (N_2)"}
    assert all(entry["before_header"] == entry["after_header"] and entry["before"] != entry["after"] for entry in planned["diff"])
    assert "network Paris (N_2)\n  + " in planned["plan_text"] and planned["plan_text"] == run["plan_text"]
    assert len(organization.writes()) == 1


def test_guards_refuse_before_the_first_write(organization, play):
    config = [{"network": "Paris", "policies": []}]
    done = play(
        [
            task(organization, state="replaced", config=config, max_removals=0),
            task(organization, state="replaced", config=config, expected_plan="0" * 64),
            {**task(organization, state="replaced", config=config, register="plan"), "check_mode": True},
            task(organization, state="replaced", config=config, expected_plan="{{ plan.plan_digest }}", max_removals=1),
            task(organization, state="replaced", config=config, expected_plan="0" * 64),
        ]
    )
    many, other, plan, approved, empty = done.results
    assert many["failed"] and "max_removals" in many["result"]["msg"] and len(many["result"]["pending"]) == 1
    assert other["failed"] and "expected_plan" in other["result"]["msg"]
    assert not approved["failed"] and approved["result"]["changed"]
    assert approved["result"]["plan_digest"] == plan["result"]["plan_digest"]
    assert not empty["failed"], "an empty plan always passes"
    assert len(organization.writes()) == 1


def test_bad_input_gets_every_error_and_no_connection(organization, play):
    config = [
        {
            "network_id": "N_1",
            "policies": [{"sm_network": "Corp SM", "scope": "some", "group_policy": "Staff"}, {"scope": "withAny", "colour": "red"}],
        },
        {"network_id": "N_1", "policies": None},
        {"network_tags": ["branch"], "network": "Berlin", "policies": []},
    ]
    (done,) = play([task(organization, config=config, timeout=0)]).results
    assert done["failed"]
    assert {item["path"] for item in done["result"]["errors"]} == {
        "timeout", "config[0].policies[0].scope", "config[0].policies[1].colour", "config[0].policies[1].sm_network_id",
        "config[0].policies[1].group_policy_id", "config[0].policies[1].tags", "config[1].policies", "config[1].network_id",
        "config[2].network_tags",
    }  # fmt: skip
    assert organization.log == []


def test_failures_are_one_clear_sentence(organization, play):
    organization.meraki.add_key("read-only", read_only=True)
    config = [{"network_id": "N_1", "policies": []}]
    done = play(
        [
            task(organization, config=config, state="gathered") | {MODULE: defaults(organization, state="gathered", api_key="wrong")},
            {MODULE: defaults(organization, state="gathered", organization_id="404"), "ignore_errors": True},
            {MODULE: defaults(organization, state="replaced", config=config, api_key="read-only"), "ignore_errors": True},
            {MODULE: defaults(organization, state="gathered", base_url="http://127.0.0.1:9/api/v1"), "ignore_errors": True},
            {MODULE: defaults(organization, state="gathered", base_url="http://192.0.2.1/api/v1"), "ignore_errors": True},
            {
                MODULE: {
                    **defaults(organization, config=config, state="replaced"),
                    "organization_id": None,
                    "organization": "example health",
                },
                "ignore_errors": True,
            },
            {
                MODULE: defaults(organization, config=[{"network": "berlin", "policies": []}, {"network": "Rome", "policies": []}]),
                "ignore_errors": True,
            },
        ],
        env={"MERAKI_ORGANIZATION_ID": ""},
    )
    messages = [item["result"]["msg"] for item in done.results]
    assert all(item["failed"] for item in done.results)
    for message, words in zip(messages, ("401", "404", "403", "cannot be reached", "plain http", "'Example Health'", "'Berlin' (N_1)")):
        assert words in message
        assert "Traceback" not in message
    assert "api_key" in messages[0]
    assert "Nothing was written" in messages[2]
    assert len(done.results[6]["result"]["errors"]) == 2
    assert all(entry.status == 403 for entry in organization.writes())


@pytest.mark.parametrize("place", [{}, pytest.param(IN_PROCESS, marks=pytest.mark.slow)], ids=["worker", "module"])
def test_no_secret_in_any_output(organization, play, place):
    done = play(
        [
            task(organization, config=[{"network": "Berlin", "policies": [STAFF]}]),
            task(organization, state="gathered", organization_id="404"),
        ],
        verbosity=4,
        vars=place,
        diff=True,
    )
    assert [item["failed"] for item in done.results] == [False, True]
    assert KEY not in done.output
    assert all(KEY not in json.dumps(item["result"]) for item in done.results)


def test_rendered_needs_no_connection_and_no_credentials(cloud, play):
    policy = {"sm_network": "Corp SM", "scope": "all", "group_policy_id": 101, "policy_id": 7}
    done = play([{MODULE: {"state": "rendered", "config": [{"network": "Berlin", "policies": [policy]}]}}]).ok()
    assert done.results[0]["result"]["rendered"] == [
        {
            "method": "PUT",
            "path": "/organizations/{organizationId}/sm/sentry/policies/assignments",
            "body": {
                "items": [
                    {
                        "networkId": {"name": "Berlin"},
                        "policies": [{"smNetworkId": {"name": "Corp SM"}, "scope": "all", "tags": [], "groupPolicyId": "101"}],
                    }
                ]
            },
            "partial": True,
        }
    ]
    assert cloud.log == []


def test_credentials_from_the_environment_and_from_module_defaults(organization, play):
    env = {"MERAKI_DASHBOARD_API_KEY": KEY, "MERAKI_DASHBOARD_BASE_URL": organization.meraki_url, "MERAKI_ORGANIZATION_ID": "404"}
    block = {
        "block": [{MODULE: {"state": "gathered"}}],
        "module_defaults": {"group/secops.policy.meraki": {"organization": "Example Health"}},
    }
    done = play([block], env=env).ok()
    assert len(done.results[0]["result"]["gathered"]) == 2


def test_one_networks_policies_are_copied_to_another_by_names(organization, play):
    """Ids of group policies differ from network to network, and own ids are another policy's there."""
    quarantine = {"smNetworkId": "N_SM", "scope": "withAny", "tags": ["noncompliant"], "groupPolicyId": "102"}
    organization.meraki.add_sentry("N_1", [quarantine])
    done = play(
        [
            task(organization, register="berlin", state="gathered", with_names=True, config=[{"network": "Berlin"}]),
            task(
                organization,
                state="replaced",
                config="{{ [(berlin | secops.policy.by_names)[0] | combine({'network': 'Paris'})] }}",
            ),
            task(
                organization,
                state="replaced",
                config="{{ [(berlin.gathered | secops.policy.by_names)[0] | combine({'network': 'Paris'})] }}",
            ),
            {"ansible.builtin.debug": {"msg": "{{ 5 | secops.policy.by_names }}"}, "ignore_errors": True},
        ]
    ).ok()
    gathered, copied, again, wrong = (item["result"] for item in done.results)
    assert copied["changed"] and not again["changed"]
    contents = [[policy["scope"], policy["tags"]] for policy in gathered["gathered"][0]["policies"]]
    assert ["withAny", ["noncompliant"]] in contents
    assert [[policy["scope"], policy["tags"]] for policy in copied["after"][0]["policies"]] == contents
    assert copied["after"][0]["policies"][-1]["group_policy_id"] == "202", "Paris' own Staff"
    assert "by_names: needs the result of a module" in wrong["msg"]
