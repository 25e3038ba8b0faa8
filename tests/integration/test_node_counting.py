# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/audit/event_query.yml: what the platform counts, read by the platform's own jq from what the modules return."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.secops.policy.tests.mock_cloud import demo

# The queries are for the platform, whatever Ansible made the result.
pytestmark = [pytest.mark.once, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
QUERIES = yaml.safe_load((ROOT / "extensions" / "audit" / "event_query.yml").read_text(encoding="utf-8"))
#: Those that write to a vendor.
MODULES = sorted(f"secops.policy.{name}" for name in yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["policy"])

SENTRY, APPLICATION, ESET = (
    "secops.policy.meraki_sentry_assignments",
    "secops.policy.meraki_private_app",
    "secops.policy.eset_policy_assignment",
)
LAPTOP, WORKSTATIONS, SUBSCRIPTION = (
    "c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e0003", "7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0003", "e85f7a10-9c3d-4b52-a7d6-1f2e3d4c0001",
)  # fmt: skip
HTTPS = {"destination_addr": ["172.16.0.9"], "protocol_ports": [{"protocol": "TCP", "ports": 443}], "access_type": "browser"}
#: For each module a task that writes, and what is counted for it: (name, canonical fact, its value or None where the server makes it up).
WRITES = {
    SENTRY: (
        [{"network": "Branch Berlin", "policies": []}, {"network": "Branch Munich", "policies": []}],
        [("Branch Berlin", "network_id", "N_24329160"), ("Branch Munich", "network_id", "N_24329162")],
    ),
    APPLICATION: (
        [{"name": "Desk", "destinations": [HTTPS]}, {"name": "Jira", "destinations": [HTTPS]}],
        [("Desk", "application_id", None), ("Jira", "application_id", None)],
    ),
    ESET: (
        [
            {"target": {"device": "laptop-17"}, "policies": [{"policy": "USB control"}]},
            {"target": {"device_group": "Workstations"}, "policies": [{"policy": "Baseline"}]},
            {"target": {"subscription_uuid": SUBSCRIPTION}, "policies": [{"policy": "USB control"}]},
        ],
        [
            ("Workstations", "device_group_uuid", WORKSTATIONS), (SUBSCRIPTION, "subscription_uuid", SUBSCRIPTION),
            ("laptop-17", "device_uuid", LAPTOP),
        ],
    ),
}  # fmt: skip


#: What the roles run a module by.
RUN = "secops.policy.policy_run"
STATES = {SENTRY: "replaced", APPLICATION: "replaced", ESET: "merged"}


def connection(cloud):
    return {
        "group/secops.policy.meraki": {"api_key": demo.API_KEY, "base_url": cloud.meraki_url, "organization_id": demo.ORGANIZATION},
        "group/secops.policy.eset": {"username": demo.ESET_USER, "password": demo.ESET_PASSWORD, "base_url": cloud.eset_url},
    }


def test_every_module_has_a_query():
    assert sorted(WRITES) == MODULES and sorted(QUERIES) == sorted([*MODULES, RUN])


@pytest.mark.parametrize("module", MODULES)
def test_what_was_written_counts_once_and_nothing_else_does(module, cloud, play):
    demo.seed_demo(cloud)
    config, wanted = WRITES[module]
    task = {module: {"config": config, "state": STATES[module]}}
    tasks = [{**task, "check_mode": True}, task, task, {module: {"state": "gathered"}}, {module: {"state": "rendered", "config": config}}]
    done = play(tasks, module_defaults=connection(cloud)).ok()
    planned, written, *others = (item["result"] for item in done.results)
    assert planned["changed"] and written["changed"]
    found = counted(module, written)
    assert [(item["name"], next(iter(item["canonical_facts"]))) for item in found] == [(name, fact) for name, fact, _value in wanted]
    for item, (_name, fact, value) in zip(found, wanted):
        assert set(item) == {"name", "canonical_facts", "facts"}
        assert item["canonical_facts"] == {fact: value or item["canonical_facts"][fact]}
        assert isinstance(item["name"], str) and all(isinstance(text, str) for text in item["canonical_facts"].values())
    assert counted(RUN, written) == found, "a role's task is counted as the module's own"
    assert [counted(name, result) for name in (module, RUN) for result in (planned, *others)] == [[]] * 8


def test_private_resources_count_as_private_applications_do(cloud, play):
    demo.seed_demo(cloud)
    cloud.meraki.private_resources = "on"
    task = {APPLICATION: {"config": WRITES[APPLICATION][0][:1], "api": "private_resources"}}
    written = play([task], module_defaults=connection(cloud)).ok().results[0]["result"]
    (found,) = counted(APPLICATION, written)
    assert found["name"] == "Desk" and found["canonical_facts"] == {"resource_id": written["after"][0]["resource_id"]}
    assert counted(RUN, written) == [found]


@pytest.mark.parametrize("module", MODULES)
def test_what_was_refused_does_not_count(module, cloud, play):
    """It was sent, and so is a write in stats; the vendor did nothing."""
    demo.seed_demo(cloud)
    for method in ("POST", "PUT"):
        cloud.faults.add("status", method=method, path="(?<!token)$", status=403, times=None)
    config, _wanted = WRITES[module]
    refused = play([{module: {"config": config, "state": STATES[module]}}], module_defaults=connection(cloud)).failed_result()
    assert refused["stats"]["writes"] and not refused["changed"] and "403" in refused["msg"]
    assert counted(module, refused) == counted(RUN, refused) == []


@pytest.mark.parametrize("module", [*MODULES, RUN])
@pytest.mark.parametrize(
    "result",
    [
        {}, {"msg": "no such thing", "failed": True}, {"censored": "the output has been hidden", "changed": True}, "a text", None, [],
        {"stats": None, "before": None}, {"changed": True, "stats": {"writes": 1}}, {"changed": "yes", "stats": {"writes": 1}},
        {"changed": True, "stats": {"writes": 1}, "before": None, "after": "big"},
        {"changed": True, "stats": {"writes": 2}, "before": [{}], "after": [{"target": {}}, {"target": None}]},
    ],
)  # fmt: skip
def test_no_result_makes_a_query_fail(module, result):
    assert counted(module, result) == []


def counted(module, result):
    """What a result is counted as, in the order of names."""
    import jq  # not there on every ansible-core of the matrix, which leaves this file out

    return sorted(jq.compile(QUERIES[module]["query"]).input_value(result).all(), key=lambda item: item["name"])
