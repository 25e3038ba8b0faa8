# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Sentry module in-process against the stand-in: every fault at every step, both readings, both shapes, somebody else."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.secops.policy.tests.cloud import Cloud

from .harness import FAULTS, branches, run_meraki


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        branches(made.meraki)
        for number in range(1, 4):
            made.meraki.add_sentry(f"N_{number}", [policy(0, snake=False), policy(1, snake=False)])
        yield made


def policy(group, snake=True):
    names = ("sm_network_id", "scope", "tags", "group_policy_id") if snake else ("smNetworkId", "scope", "tags", "groupPolicyId")
    return dict(zip(names, ("N_SM", "withAny", [f"tag{group}"], f"10{group}")))


def run(cloud, check=False, **options):
    return run_meraki("meraki_sentry_assignments", cloud, options, check=check)


def groups(cloud, network="N_1"):
    return [item["groupPolicyId"] for item in cloud.meraki.sentry("1").get(network, [])]


WANTED = [{"network": "Branch 1", "policies": [{**policy(2), "sm_network": "Corp SM"}, policy(0)]}]

ALL_FAULTS = [
    *FAULTS,
    ("redirect", {"status": 308}),
    ("slow", {"seconds": 3, "acted": True}),
]
STEPS = ["/networks\\?", "byNetwork", "byNetwork#2", "PUT"]


@pytest.mark.parametrize(("fault", "step"), list(itertools.product(ALL_FAULTS, STEPS)), ids=str)
def test_any_single_fault_at_any_step(cloud, fault, step):
    kind, arguments = fault
    name, _hash, nth = step.partition("#")
    if name == "PUT":
        cloud.faults.add(kind, method="PUT", path=".", **arguments)
    else:
        cloud.faults.add(kind, method="GET", path=name, nth=int(nth or 1), **arguments)
    result = run(cloud, state="replaced", config=WANTED, timeout=2)
    assert not cloud.faults.left
    assert groups(cloud) in (["102", "100"], ["100", "101"])
    if result.get("failed"):
        assert result["msg"] and result["pending"] is not None
        result = run(cloud, state="replaced", config=WANTED)
    assert not result.get("failed"), result["msg"]
    assert groups(cloud) == ["102", "100"]
    assert groups(cloud, "N_2") == groups(cloud, "N_3") == ["100", "101"]
    again = run(cloud, state="replaced", config=WANTED)
    assert not again["changed"]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_an_unclear_write_is_looked_up_and_not_made_twice(cloud, kind):
    cloud.faults.add(kind, method="PUT", path=".")
    result = run(cloud, state="replaced", config=WANTED)
    assert result["changed"] and len(result["requests"]) == 1
    assert "outcome" not in result["requests"][0]
    assert len(cloud.writes()) == (1 if kind == "reset_after" else 2)
    assert [item["policy_id"] for item in result["after"][0]["policies"]] == [item["policyId"] for item in cloud.meraki.sentry("1")["N_1"]]


def test_a_write_that_nobody_can_look_up_is_reported_as_unknown(cloud):
    cloud.faults.add("reset_after", method="PUT", path=".")
    cloud.faults.add("status", status=503, method="GET", path="byNetwork", nth=2, times=None)
    result = run(cloud, state="replaced", config=WANTED, retry_timeout=4)
    assert result["failed"] and result["changed"]
    assert result["requests"][0]["outcome"] == result["pending"][0]["outcome"] == "unknown"
    assert "with unknown outcome: 1" in result["msg"]


@pytest.mark.parametrize("reading", ["organization", "listed"])
@pytest.mark.parametrize("answer", ["organization", "listed"])
@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("verify", [False, True])
def test_both_readings_both_answers_both_shapes(cloud, reading, answer, bare, verify):
    cloud.meraki.sentry_put, cloud.meraki.sentry_answer, cloud.meraki.sentry_bare = reading, answer, bare
    before = cloud.meraki.sentry("1")["N_2"]
    kept = [item["policyId"] for item in before]
    result = run(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}], verify=verify)
    assert groups(cloud) == ["100", "101", "102"]
    assert [item["policyId"] for item in cloud.meraki.sentry("1")["N_2"]] == kept
    assert result["after"] == run(cloud, state="gathered", config=[{"network_id": "N_1"}])["gathered"]
    assert result["stats"]["reads"] == (2 if verify else 1)


def test_reads_that_lag_are_waited_for(cloud):
    cloud.meraki.lag = 2
    result = run(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])
    assert not result.get("failed"), result
    assert len(cloud.writes()) == 1


def test_a_write_that_does_not_stick_fails_with_what_differs(cloud):
    cloud.meraki.before_write = lambda request: cloud.meraki.add_sentry("N_2", [policy(2, snake=False)])
    cloud.meraki.sentry_put = "listed"
    original = cloud.meraki.handle

    def handle(request):
        answer = original(request)
        if request.method == "PUT":
            cloud.meraki.add_sentry("N_1", [policy(1, snake=False)])
        return answer

    cloud.meraki.handle = handle
    result = run(cloud, state="replaced", config=[{"network_id": "N_1", "policies": [policy(2)]}], retry_timeout=2)
    assert result["failed"] and "N_1" in result["msg"] and result["changed"]
    assert len(result["requests"]) == 1 and result["pending"] == []


def test_all_pages_are_read_at_the_largest_size(cloud):
    for number in range(10, 1210):
        cloud.meraki.add_network("1", f"N_{number}", f"Branch {number}")
        cloud.meraki.add_group_policy(f"N_{number}", "100", "Group 0")
        cloud.meraki.add_sentry(f"N_{number}", [policy(0, snake=False)])
    result = run(cloud, state="gathered")
    assert len(result["gathered"]) == 1203
    assert result["stats"]["reads"] == 2
    assert [entry.query["perPage"] for entry in cloud.reads()][:1] == [["1000"]]


def test_a_list_that_says_it_is_not_whole_is_not_planned_on(cloud, monkeypatch):
    original = cloud.meraki.handle

    def without_link(request):
        answer = original(request)
        headers = {key: value for key, value in answer.headers.items() if key != "Link"}
        return type(answer)(answer.status, headers, answer.body.replace(b'"remaining":0', b'"remaining":7'))

    cloud.meraki.handle = without_link
    result = run(cloud, state="replaced", config=WANTED)
    assert result["failed"] and "not whole" in result["msg"]
    assert cloud.writes() == []


def test_a_locale_is_read_with_a_warning_and_never_written(cloud):
    cloud.meraki.locale("N_2", "L_9")
    read = run(cloud, state="gathered")
    assert not read.get("failed") and any("L_9" in str(text) for text in read["warnings"])
    result = run(cloud, state="replaced", config=WANTED)
    assert result["failed"] and "locale" in result["msg"]
    assert cloud.writes() == []


def test_the_order_of_tags_is_no_difference(cloud):
    config = [{"network_id": "N_1", "policies": [{**policy(0), "tags": ["b", "a", "b"]}]}]
    run(cloud, state="replaced", config=config)
    assert not run(cloud, state="replaced", config=config)["changed"]


def test_a_link_to_a_foreign_host_is_not_followed(cloud):
    for number in range(10, 1020):
        cloud.meraki.add_network("1", f"N_{number}", f"Branch {number}")
        cloud.meraki.add_group_policy(f"N_{number}", "100", "Group 0")
        cloud.meraki.add_sentry(f"N_{number}", [policy(0, snake=False)])
    cloud.faults.add("link_host", path="byNetwork", host="evil.example")
    result = run(cloud, state="gathered")
    assert result["failed"] and "Link" in result["msg"]
