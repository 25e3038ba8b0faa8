# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role validate as users run it: every error of every host, without a connection and without credentials."""

from __future__ import annotations

from .tenants import ALL, APPS, ESET, SENTRY, destination, task


def test_every_error_of_every_host_is_found_without_a_connection(run_playbook):
    good = {
        SENTRY: {"state": "replaced", "config": [{"network": "Branch Berlin", "policies": [ALL]}]},
        ESET: {"state": "overridden", "config": [], "max_removals": 0, "deployment": "on_prem"},
    }
    bad = {
        ESET: {"state": "replaced", "config": [{"target": {"device_group": "Servers"}, "policies": [{"policy": "A", "rank": 1}]}]},
        SENTRY: {"state": "replaced", "config": [{"network": "Branch Berlin", "policies": [{**ALL, "scope": "some"}]}], "forse": True},
        APPS: {
            "config": [{"name": "Jira", "destinations": [destination(1, "70000")]}, {"nam": "x"}],
            "api_key": "key 5ecret",
            "rate_limit": -1,
        },
        "meraki_firewall": {},
    }
    hosts = {"all": {"hosts": {"good": {"secops_policy": good}, "bad": {"secops_policy": bad}, "none": {}, "text": {"secops_policy": "x"}}}}
    done = run_playbook("secops.policy.validate", inventory=hosts)
    assert done.rc == 2
    failed = {item["host"]: item["result"] for item in done.results if item["failed"]}
    assert sorted(failed) == ["bad", "text"]
    paths = {item["path"].removeprefix("secops_policy.") for item in failed["bad"]["errors"]}
    assert {
        f"{ESET}.config[0].policies[0].rank",
        f"{SENTRY}.forse",
        f"{SENTRY}.config[0].policies[0].scope",
        f"{APPS}.config[0].destinations[0].protocol_ports[0].ports",
        f"{APPS}.rate_limit",
        "meraki_firewall",
    } <= paths
    assert any(path.startswith(f"{APPS}.config[1]") for path in paths)
    assert "5ecret" not in done.stdout + done.stderr
    said = {item["host"]: item["result"]["msg"] for item in done.results if item["name"].endswith("Validate the desired state")}
    assert said["good"] == f"valid: {ESET}, {SENTRY}" and said["none"] == "the host has no desired state"
    warned = {item["host"]: item["result"].get("warnings") for item in done.results if item["name"].endswith("Validate the desired state")}
    assert warned["none"][0].startswith("none has no secops_policy: ") and not warned["good"]
    some = run_playbook(
        "secops.policy.validate", inventory=hosts, extra_vars={"validate_modules": [SENTRY], "secops_policy_hosts": "good"}
    ).ok()
    assert task(some, "Validate the desired state")["modules"] == [SENTRY]


def test_a_host_without_a_desired_state_is_warned_of_and_does_not_fail(run_playbook):
    hosts = {"all": {"hosts": {"none": {"policies": {}}, "empty": {"secops_policy": {}}}}}
    done = run_playbook("secops.policy.validate", inventory=hosts).ok()
    found = {item["host"]: item["result"] for item in done.results if item["name"].endswith("Validate the desired state")}
    assert {result["msg"] for result in found.values()} == {"the host has no desired state"}
    assert "check the name of the variable" in found["none"]["warnings"][0] and not found["empty"].get("warnings")
