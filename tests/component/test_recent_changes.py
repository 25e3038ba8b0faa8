# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who changed it: the Meraki modules and the organization's change log, whatever it answers."""

from __future__ import annotations

import json

import pytest
from ansible_collections.secops.policy.plugins.module_utils._http import transport
from ansible_collections.secops.policy.plugins.module_utils._vendors import meraki, meraki_changes
from ansible_collections.secops.policy.tests.integration.tenants import by_hand
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo
from ansible_collections.secops.policy.tests.mock_cloud.meraki import Meraki

from .harness import impatient, run_in_worker, run_module
from .second_writer import Clock, virtual_time

SENTRY, APPLICATION, ESET = "meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"
ORG, BERLIN, HAMBURG = demo.ORGANIZATION, "N_24329160", "N_24329161"
LOG = "/configurationChanges"
PUT = f"PUT /api/v1/organizations/{ORG}/sm/sentry/policies/assignments"
APPS = f"/api/v1/organizations/{ORG}/secureConnect/privateApplications"
GUEST = {"sm_network_id": "N_24329157", "scope": "all", "group_policy_id": "100"}
PRIVATE = "a value that is nobody's business"


@pytest.fixture
def cloud():
    with Cloud() as started:
        demo.seed_demo(started)
        started.limit(None)
        yield started


def arguments(cloud, module=SENTRY, **options):
    given = {"api_key": demo.API_KEY, "base_url": cloud.meraki_url, "organization_id": ORG, "retry_timeout": 0, "recent_changes_days": 7}
    if module == SENTRY:
        own = {"state": "replaced", "config": [{"network_id": BERLIN, "policies": [GUEST]}], "with_names": False}
    else:
        own = {"config": [{"name": "Jira", "description": "Tickets"}], "deprecation_warning": False, "with_names": False}
    return {**given, **own, **options}


def run(cloud, module=SENTRY, check=True, **options):
    cloud.clear_log()
    return run_module(module, arguments(cloud, module, **options), check=check)


def logs(cloud):
    return [entry for entry in cloud.log if LOG in entry.path or "identities" in entry.path]


def edit(cloud, label="Sentry policies", **more):
    """Somebody changes something in the dashboard."""
    cloud.meraki.changes.add(ORG, "Systems Manager > Sentry", label, **{"oldValue": PRIVATE, "newValue": PRIVATE, **more})


def other(cloud, path, method="PUT", **more):
    """Somebody else's key writes."""
    own = {"adminName": "Olga Other", "adminEmail": "olga@example.com", "adminId": "8100", "oldValue": PRIVATE, "newValue": PRIVATE}
    cloud.meraki.changes.add(ORG, "via API", f"{method} {path}", **{**own, **more})


def labels(result):
    return [(one["label"], one["certain"]) for one in result["recent_changes"]]


def test_calls_are_certain_edits_are_candidates_and_the_rest_is_left_out(cloud):
    other(cloud, PUT.removeprefix("PUT "), ago=60)
    other(cloud, APPS + "/1", ago=30)
    other(cloud, f"/api/v1/organizations/{ORG}/actionBatches", "POST", ago=40)
    other(cloud, f"/api/v1/networks/{BERLIN}/groupPolicies/101", "DELETE", ago=50, networkId=BERLIN)
    other(cloud, f"/api/v1/networks/{HAMBURG}/groupPolicies/201", "DELETE", ago=50, networkId=HAMBURG)
    edit(cloud, network_id=BERLIN, ago=120)
    edit(cloud, "Elsewhere", network_id=HAMBURG, ago=90)
    edit(cloud, "Long ago", network_id=BERLIN, ago=8 * 86400)
    result = run(cloud)
    assert labels(result) == [
        (f"POST /api/v1/organizations/{ORG}/actionBatches", False),
        (f"DELETE /api/v1/networks/{BERLIN}/groupPolicies/101", False),
        (PUT, True),
        ("Sentry policies", False),
    ]
    assert [one["admin"] for one in result["recent_changes"]] == ["Olga Other"] * 3 + ["Dana Dashboard"]
    assert [one["network_id"] for one in result["recent_changes"]] == [None, BERLIN, None, BERLIN]
    assert {frozenset(one) for one in result["recent_changes"]} == {frozenset(("ts", "admin", "network_id", "page", "label", "certain"))}
    assert PRIVATE not in json.dumps(result) and "warnings" not in result
    (asked,) = logs(cloud)
    assert asked.query == {"timespan": ["604800"], "perPage": ["5000"]} and asked is cloud.log[-1]
    without = run(cloud, recent_changes_days=0)
    assert "recent_changes" not in without and logs(cloud) == [] and without["plan_digest"] == result["plan_digest"]
    assert result["stats"]["reads"] == without["stats"]["reads"] + 1


@pytest.mark.parametrize("module", [SENTRY, APPLICATION])
def test_an_unchanged_run_costs_nothing(cloud, module):
    there = run(cloud, module, state="gathered", config=None, recent_changes_days=0)["gathered"]
    off, on = (run(cloud, module, state="replaced", config=there, recent_changes_days=days) for days in (0, 7))
    assert not on["changed"] and on["recent_changes"] == [] and logs(cloud) == [] and on["stats"] == off["stats"]
    read_only = run(cloud, module, state="gathered", config=None)
    assert "recent_changes" not in read_only and logs(cloud) == []
    assert "recent_changes_days has no effect in state gathered" in read_only["warnings"]


def test_a_run_reads_the_log_after_its_writes_and_leaves_those_out(cloud):
    other(cloud, PUT.removeprefix("PUT "), ago=600)
    result = run(cloud, check=False)
    assert result["changed"] and len(logs(cloud)) == 1 and cloud.log[-1].path.endswith(LOG)
    assert [(one["admin"], one["certain"]) for one in result["recent_changes"]] == [("Olga Other", True)]
    assert len(cloud.meraki.changes.of(ORG)) == 2, "its own write is in the log"


@pytest.mark.parametrize(("ahead", "sends_date"), [(0, True), (7200, True), (-7200, True), (0, False)])
def test_the_vendors_clock_need_not_go_as_ours(cloud, ahead, sends_date):
    cloud.meraki.changes.ahead, cloud.meraki.changes.sends_date = ahead, sends_date
    other(cloud, PUT.removeprefix("PUT "), ago=60)
    assert [one["admin"] for one in run(cloud, check=False)["recent_changes"]] == ["Olga Other"]


@pytest.mark.parametrize(("known", "admins"), [(True, ["Olga Other"]), (False, ["Administrator 9001", "Olga Other"])])
def test_somebody_who_writes_at_the_same_time_is_told_by_whose_key_it_is(cloud, known, admins):
    cloud.before_write = lambda request: other(cloud, PUT.removeprefix("PUT "))
    if not known:
        cloud.faults.add("status", status=403, path="identities")
    result = run(cloud, check=False)
    assert [entry.path.rpartition("/")[2] for entry in logs(cloud)] == ["configurationChanges", "me"]
    assert [one["admin"] for one in result["recent_changes"]] == admins and "warnings" not in result


def test_applications_calls_for_those_that_stay_are_left_out(cloud):
    by_name = {item["name"]: key for key, item in cloud.meraki.applications(ORG).items()}
    gone = by_hand(cloud, "POST", name="Wiki", destinations=cloud.meraki.applications(ORG)[by_name["Jira"]]["destinations"])
    by_hand(cloud, "PUT", by_name["Jira"], description="Mine")
    by_hand(cloud, "PUT", by_name["Intranet"], description="Also mine")
    by_hand(cloud, "DELETE", gone["applicationId"])
    edit(cloud, network_id=BERLIN)
    other(cloud, f"/api/v1/organizations/{ORG}/admins", "POST")
    edit(cloud, "Private applications")
    jira, wiki = f"{APPS}/{by_name['Jira']}", f"{APPS}/{gone['applicationId']}"
    changes = labels(run(cloud, APPLICATION))
    assert changes == [("Private applications", False), (f"PUT {jira}", True), (f"POST {APPS}", True)]
    destinations = [
        {"destination_addr": ["172.16.0.9/32"], "protocol_ports": [{"protocol": "TCP", "ports": "443"}], "access_type": "browser"}
    ]
    created = labels(run(cloud, APPLICATION, config=[{"name": "Wiki", "destinations": destinations}]))
    assert created == [("Private applications", False), (f"DELETE {wiki}", True), (f"POST {APPS}", True)]


def test_private_resources_have_paths_of_their_own(cloud):
    cloud.meraki.private_resources, path = "on", APPS.replace("Applications", "Resources")
    ports = {"destinationAddr": ["172.16.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}]}
    key = cloud.meraki.add_resource(ORG, name="Jira", description="Mine", resourceAddresses=[ports], accessTypes=[{"type": "network"}])
    for called in (f"{path}/{key}", f"{path}/999", APPS, path, path.replace("Resources", "ResourceGroups")):
        other(cloud, called)
    found = dict(labels(run(cloud, APPLICATION, api="private_resources")))
    assert found == {
        f"PUT {path}/{key}": True,
        f"PUT {APPS}": False,
        f"PUT {path}": True,
        f"PUT {path.replace('Resources', 'ResourceGroups')}": False,
    }


def test_what_is_refused_says_who_changed_it(cloud):
    other(cloud, PUT.removeprefix("PUT "), ago=60)
    for check in (True, False):
        result = run(cloud, check=check, max_removals=0)
        assert result["failed"] and labels(result) == [(PUT, True)] and cloud.writes() == []
    cloud.faults.add("status", status=400, method="PUT")
    result = run(cloud, check=False)
    assert result["failed"] and labels(result) == [(PUT, True)] and result["pending"]


FAULTS = [
    ("status", {"status": 403}, "403"),
    ("status", {"status": 404}, "404"),
    ("status", {"status": 429, "headers": {"Retry-After": "1"}}, "429"),
    ("status", {"status": 500}, "500"),
    ("html", {}, "HTML"),
    ("empty", {}, "empty body"),
    ("cut_body", {}, "broke"),
    ("reset_before", {}, "broke"),
    ("status", {"status": 200, "body": {"not": "a list"}}, "a list of objects"),
    ("status", {"status": 200, "body": [{"ts": 5}]}, "has 5 as its ts"),
    ("status", {"status": 200, "body": "[" * 100_000}, "nested"),
    ("redirect", {"to": "https://elsewhere.example"}, "redirect"),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("kind", "how", "says"), FAULTS)
def test_a_log_that_cannot_be_read_is_a_warning(cloud, kind, how, says, check, monkeypatch):
    impatient(monkeypatch)
    edit(cloud, network_id=BERLIN)
    cloud.faults.add(kind, path=LOG, times=None, **how)
    result = run(cloud, check=check)
    assert not result.get("failed") and result["changed"] and result["recent_changes"] == []
    assert bool(cloud.writes()) is not check
    (warning,) = result["warnings"]
    assert warning.startswith("recent_changes: who changed it is not known") and says in warning and demo.API_KEY not in warning


def test_a_fault_that_passes_is_waited_for(cloud, monkeypatch):
    impatient(monkeypatch)
    edit(cloud, network_id=BERLIN)
    cloud.faults.add("status", status=503, path=LOG)
    result = run(cloud, retry_timeout=5)
    assert len(result["recent_changes"]) == 1 and result["stats"]["retries"] == 1 and "warnings" not in result


def test_a_log_that_takes_long_is_given_up(cloud, monkeypatch):
    monkeypatch.setattr(meraki, "_CHANGES_TIME", 0.3)
    cloud.faults.add("slow", path=LOG, times=None, seconds=1.5)
    result = run(cloud, retry_timeout=60)
    assert not result.get("failed") and result["recent_changes"] == [] and "no answer" in result["warnings"][0]
    assert result["stats"]["waited_seconds"] < 0.5 and len(logs(cloud)) == 1, "what is waited counts, and there is no time for more"


@pytest.mark.parametrize(("retry_timeout", "most"), [(300, 10), (4, 4)])
def test_at_most_ten_seconds_of_what_may_be_waited(cloud, retry_timeout, most):
    """By a clock that goes on when somebody sleeps."""
    with virtual_time(Clock()) as clock:
        cloud.faults.add("status", status=503, path=LOG, times=None)
        result = run(cloud, retry_timeout=retry_timeout)
        assert len(logs(cloud)) >= 3 and most / 3 < result["stats"]["waited_seconds"] <= most
        assert clock.now < most + 1, "nothing else is waited for"
        # A rate limit that asks for more than that is not waited for.
        cloud.faults.clear()
        cloud.faults.add("status", status=429, headers={"Retry-After": str(most + 1)}, path=LOG, times=None)
        result = run(cloud, retry_timeout=retry_timeout)
        assert len(logs(cloud)) == 1 and result["stats"]["waited_seconds"] == 0 and "429" in result["warnings"][0]


def test_a_log_that_is_huge(cloud, monkeypatch):
    for number in range(meraki_changes.MOST + 10):
        edit(cloud, f"edit {number}", network_id=BERLIN, ago=number)
    other(cloud, PUT.removeprefix("PUT "), ago=3600)
    result = run(cloud)
    assert len(result["recent_changes"]) == meraki_changes.MOST and result["recent_changes"][-1]["certain"]
    assert result["warnings"] == [
        f"recent_changes: {meraki_changes.MOST + 11} entries of the change log may explain the difference; 50 are shown"
    ]
    with monkeypatch.context() as patches:
        patches.setattr(transport, "LARGEST_BODY", 10_000)
        result = run(cloud)
    assert result["recent_changes"] == [] and "a body of more than" in result["warnings"][0] and len(logs(cloud)) == 1
    monkeypatch.setattr(meraki, "_CHANGES_PAGE", 20)
    result = run(cloud)
    assert [one["label"] for one in result["recent_changes"]] == [f"edit {number}" for number in range(20)] and len(logs(cloud)) == 1
    assert result["warnings"] == ["recent_changes: of the change log the newest 20 entries were looked at, and no earlier ones"]


def test_what_nobody_thought_of_is_a_warning_too(cloud, monkeypatch):
    def broken(*_args):
        raise KeyError("ts")

    monkeypatch.setattr(meraki_changes, "explaining", broken)
    for check in (True, False):
        result = run(cloud, check=check)
        assert not result.get("failed") and result["changed"]
        assert result["warnings"] == ["who changed it cannot be shown, please report it: KeyError: 'ts'"]


@pytest.mark.parametrize("days", [-1, 366])
def test_the_log_goes_back_a_year(cloud, days):
    result = run(cloud, recent_changes_days=days)
    assert result["failed"] and [item["path"] for item in result["errors"]] == ["recent_changes_days"] and cloud.log == []


def test_secrets_and_odd_texts(cloud):
    edit(cloud, f"key {demo.API_KEY} \x1b[31m \ud800", network_id=BERLIN, adminName="A\u202eB" * 200)
    result = run(cloud)
    (one,) = result["recent_changes"]
    assert demo.API_KEY not in json.dumps(result) and "\ufffd" in one["label"] and len(one["admin"]) == 300


@pytest.mark.parametrize("module", [SENTRY, APPLICATION])
@pytest.mark.parametrize("check", [True, False])
def test_the_same_in_ansibles_worker(cloud, module, check):
    results = []
    for how in (run_module, run_in_worker):
        cloud.meraki = Meraki()
        demo.seed_demo(cloud)
        edit(cloud, ago=60)
        edit(cloud, network_id=BERLIN, ago=60)
        cloud.clear_log()
        results.append(how(module, arguments(cloud, module), check=check))
        results[-1]["asked"] = [(entry.method, entry.path, entry.query) for entry in cloud.log]
    own, worker = results
    for key in ("changed", "requests", "plan_digest", "asked", "stats"):
        assert own[key] == worker[key], key
    assert labels(own) == labels(worker) != []


def test_the_other_vendor_has_no_such_option(cloud):
    options = {"username": demo.ESET_USER, "password": demo.ESET_PASSWORD, "base_url": cloud.eset_url, "recent_changes_days": 1}
    result = run_module(ESET, {**options, "config": [{"target": {"device": "reception"}, "policies": [{"policy": "USB control"}]}]})
    assert result["failed"] and [item["path"] for item in result["errors"]] == ["recent_changes_days"]
