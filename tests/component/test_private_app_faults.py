# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private application module in-process against the mock server: every fault at every step, every switch of the vendor's."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import pytest
from ansible_collections.secops.policy.plugins.module_utils._http.client import Client
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import FAULTS, KEY, impatient, meanwhile, run_meraki, run_module

MODULE = "meraki_private_app"


def destination(number, ports="443", access="browser"):
    return {"destination_addr": [f"10.0.0.{number}"], "protocol_ports": [{"protocol": "TCP", "ports": ports}], "access_type": access}


def stored(name, number, groups=()):
    return {
        "name": name,
        "destinations": [
            {"destinationAddr": [f"10.0.0.{number}/32"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}], "accessType": "browser"}
        ],
        "applicationGroupIds": list(groups),
    }


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        meraki = made.meraki
        meraki.add_key(KEY)
        meraki.add_organization("1", "Example Health")
        meraki.add_group("1", "West", id="g1")
        meraki.add_group("1", "East", id="g2")
        for number, name in enumerate(("Keep", "Change", "Remove"), start=1):
            meraki.add_application("1", **stored(name, number, ["g1"]))
        yield made


def run(cloud, check=False, **options):
    return run_meraki(MODULE, cloud, {"api": "private_applications", **options}, check=check)


def names(cloud):
    return sorted(item["name"] for item in cloud.meraki.applications("1").values())


WANTED = [
    {"name": "Keep", "destinations": [destination(1)], "application_groups": ["West"]},
    {"name": "Change", "destinations": [destination(2, "443,8443")], "application_groups": ["East"]},
    {"name": "New", "destinations": [destination(4)]},
]

ALL_FAULTS = [
    *FAULTS,
    ("slow", {"seconds": 0.5, "acted": True}),
]
STEPS = [
    ("GET", "Applications\\?", 1),
    ("GET", "Applications\\?", 2),
    ("GET", "Groups", 1),
    ("POST", ".", 1),
    ("PUT", ".", 1),
    ("PUT", ".", 2),
    ("DELETE", ".", 1),
]


@pytest.mark.once
@pytest.mark.parametrize(("fault", "step"), list(itertools.product(ALL_FAULTS, STEPS)), ids=str)
def test_any_single_fault_at_any_step(cloud, fault, step):
    kind, arguments = fault
    method, path, nth = step
    cloud.faults.add(kind, method=method, path=path, nth=nth, **arguments)
    result = run(cloud, state="overridden", config=WANTED, timeout=0.3)
    assert not cloud.faults.left
    if result.get("failed"):
        assert result["pending"] is not None
        result = run(cloud, state="overridden", config=WANTED)
    assert not result.get("failed"), result["msg"]
    assert names(cloud) == ["Change", "Keep", "New"], "each once"
    assert not run(cloud, state="overridden", config=WANTED)["changed"]
    assert sum(entry.method == "POST" and entry.status == 201 for entry in cloud.log) <= 1


@pytest.mark.once
@pytest.mark.parametrize("seed", range(40))
def test_several_faults_while_names_and_groups_are_exchanged(cloud, seed):
    """Whatever happens, a failed run says so, the next one completes it, nothing is made twice, and no group is empty on the way."""
    draw = random.Random(seed)
    ids = {item["name"]: key for key, item in cloud.meraki.applications("1").items()}
    config = [
        {"application_id": ids["Keep"], "name": "Change", "destinations": [destination(1)], "application_groups": ["West"]},
        {"application_id": ids["Change"], "name": "Keep", "destinations": [destination(2)], "application_groups": ["East"]},
        {"name": "New", "destinations": [destination(4)], "application_groups": ["West", "East"]},
    ]
    original, empty = cloud.meraki.handle, []

    def handle(request):
        answer = original(request)
        empty.extend(key for key, group in cloud.meraki.groups("1").items() if key == "g1" and not group["applicationIds"])
        return answer

    cloud.meraki.handle = handle
    for _number in range(draw.randint(1, 4)):
        kind, arguments = draw.choice(ALL_FAULTS[1:])
        cloud.faults.add(kind, method=draw.choice(["GET", "POST", "PUT", "PUT", "DELETE"]), nth=draw.randint(1, 3), **arguments)
    for _run in range(6):
        result = run(cloud, state="overridden", config=config, timeout=0.3, retry_timeout=draw.choice([0.5, 20]))
        if not result.get("failed"):
            break
        assert result["msg"] and "Traceback" not in result["msg"]
    assert not result.get("failed"), result["msg"]
    cloud.faults.clear()
    there = cloud.meraki.applications("1")
    assert {item["name"]: key for key, item in there.items() if key in ids.values()} == {"Change": ids["Keep"], "Keep": ids["Change"]}
    assert names(cloud) == ["Change", "Keep", "New"]
    assert not empty
    assert not run(cloud, state="overridden", config=config)["changed"]


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_reads_that_lag_are_waited_for(cloud, lag):
    cloud.meraki.lag = lag
    result = run(cloud, config=[{"name": "New", "destinations": [destination(4)]}])
    assert not result.get("failed"), result["msg"]
    assert len(cloud.writes()) == 1 and result["after"][0]["application_id"]


def test_a_write_that_does_not_stick_fails_with_what_differs(cloud):
    original = cloud.meraki.handle

    def handle(request):
        answer = original(request)
        if request.method == "PUT":
            cloud.meraki.handle = original
            run(cloud, config=[{"name": "Change", "description": "by somebody else"}])
        return answer

    cloud.meraki.handle = handle
    result = run(cloud, config=[{"name": "Keep", "destinations": [destination(9)]}])
    assert not result.get("failed"), "what others change elsewhere does not matter"
    cloud.meraki.handle = handle
    result = run(cloud, config=[{"name": "Change", "description": "mine"}])
    assert result["failed"] and "mine" in result["msg"] and "by somebody else" in result["msg"] and result["changed"]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_an_unclear_creation_is_looked_up_by_name(cloud, kind):
    cloud.faults.add(kind, method="POST", path=".")
    result = run(cloud, config=[{"name": "New", "destinations": [destination(4)]}])
    assert result["changed"] and len(result["requests"]) == 1 and result["summary"]["created"] == 1
    assert len([entry for entry in cloud.log if entry.method == "POST"]) == (1 if kind == "reset_after" else 2)
    assert result["after"][0]["application_id"]


def test_a_refusal_in_the_middle_says_what_is_where_and_the_next_run_completes(cloud):
    config = [{"name": f"App {number}", "destinations": [destination(number)]} for number in range(20)]
    cloud.latency = 0.02
    cloud.faults.add("status", status=400, body={"errors": ["not today"]}, method="POST", path=".", nth=8)
    result = run(cloud, config=config)
    assert result["failed"] and "not today" in result["msg"] and result["changed"]
    made = {request["body"]["name"] for request in result["requests"]}
    assert made == set(names(cloud)) - {"Keep", "Change", "Remove"}
    assert made | {request["body"]["name"] for request in result["pending"]} == {item["name"] for item in config}
    assert len(made) + len(result["pending"]) == 20
    done = run(cloud, config=config)
    assert not done.get("failed") and done["summary"]["created"] == 20 - len(made)


def test_a_deletion_that_is_refused_puts_the_links_back(cloud):
    (app,) = [key for key, item in cloud.meraki.applications("1").items() if item["name"] == "Remove"]
    cloud.meraki.secure_connect.in_rules.add(app)
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and "in use by one or more rules" in result["msg"]
    assert cloud.meraki.applications("1")[app]["applicationGroupIds"] == ["g1"]
    assert [request["method"] for request in result["requests"]] == ["PUT", "PUT"]
    assert [request["method"] for request in result["pending"]] == ["DELETE"]
    forced = run(cloud, state="deleted", config=[{"name": "Remove"}], force=True)
    assert not forced.get("failed") and names(cloud) == ["Change", "Keep"]
    assert forced["requests"][-1]["body"] == {"force": True}


def test_the_links_are_put_back_even_when_the_deletion_was_unclear_first(cloud):
    (app,) = [key for key, item in cloud.meraki.applications("1").items() if item["name"] == "Remove"]
    cloud.meraki.secure_connect.in_rules.add(app)
    cloud.faults.add("reset_before", method="DELETE", path=".")
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and "in use by one or more rules" in result["msg"]
    assert cloud.meraki.applications("1")[app]["applicationGroupIds"] == ["g1"]


@pytest.mark.parametrize("linked", ["delink", "refuse"])
@pytest.mark.parametrize("omitted", ["keep", "reset"])
@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize("shuffle", [False, True])
def test_every_way_of_the_vendors(cloud, linked, omitted, status, shuffle):
    connect = cloud.meraki.secure_connect
    connect.delete_linked, connect.put_omitted, connect.delete_status, connect.shuffle = linked, omitted, status, shuffle
    result = run(cloud, state="overridden", config=WANTED)
    assert not result.get("failed"), result["msg"]
    assert not run(cloud, state="overridden", config=WANTED)["changed"]
    gathered = run(cloud, state="gathered")["gathered"]
    for state in ("replaced", "overridden"):
        assert not run(cloud, state=state, config=gathered)["changed"]


@pytest.mark.parametrize("cascade", [(False, False), (True, False), (True, True)])
def test_groups_that_lose_their_last_application(cloud, cascade):
    cloud.meraki.secure_connect.cascade, cloud.meraki.secure_connect.cascade_on_delink = cascade
    config = [{"name": name} for name in ("Keep", "Change", "Remove")]
    refused = run(cloud, state="deleted", config=config)
    assert refused["failed"] and "'West' (g1)" in refused["msg"] and cloud.writes() == []
    both = run(cloud, state="deleted", config=config, max_removals=3)
    assert "'West' (g1)" in both["msg"] and "removes 4" in both["msg"] and len(both["errors"]) == 1
    many = run(cloud, state="deleted", config=config, allow_group_removal=True, max_removals=3)
    assert many["failed"] and "removes 4" in many["msg"] and cloud.writes() == []
    done = run(cloud, state="deleted", config=config, allow_group_removal=True, max_removals=4)
    assert not done.get("failed"), done["msg"]
    assert done["summary"]["groups_removed"] == [{"id": "g1", "name": "West"}]
    assert any("cannot be brought back" in str(text) for text in done["warnings"])
    assert cloud.meraki.applications("1") == {}


def test_a_group_that_went_with_its_applications_does_not_stop_the_next_run(cloud):
    cloud.meraki.secure_connect.cascade_on_delink = True
    config = [{"name": name, "application_groups": ["West"]} for name in ("Keep", "Change", "Remove")]
    done = run(cloud, state="deleted", config=config, allow_group_removal=True)
    assert not done.get("failed"), done["msg"]
    assert "g1" not in cloud.meraki.groups("1")
    again = run(cloud, state="deleted", config=config)
    assert not again.get("failed") and not again["changed"] and again["stats"]["reads"] == 1


def test_groups_that_are_not_there_are_errors_in_deleted_too(cloud):
    result = run(cloud, state="deleted", config=[{"name": "Keep", "application_groups": ["North", "west"]}])
    assert [item["path"] for item in result["errors"]] == ["config[0].application_groups[0]", "config[0].application_groups[1]"]
    assert "'West' (g1)" in result["msg"] and cloud.writes() == []
    # By id: where the list is read anyway; a list that is read to say what goes by name makes no error.
    config = [{"name": name, "application_group_ids": ["g9"]} for name in ("Keep", "Change", "Remove")]
    result = run(cloud, True, state="deleted", config=config, allow_group_removal=True)
    assert "errors" not in result and sum("g9" in text for text in result["warnings"]) == 3


def test_names_and_ids_of_groups_must_agree(cloud):
    both = {"name": "Keep", "application_groups": ["West"], "application_group_ids": ["g2"]}
    result = run(cloud, config=[both, {"name": "Change", "application_groups": ["East"]}])
    assert [item["path"] for item in result["errors"]] == ["config[0].application_groups"]


def test_what_the_vendor_returned_can_be_fed_back_and_a_refusal_names_it(cloud):
    odd = stored("Odd_name", 7)
    odd["destinations"][0]["accessType"] = "BROWSER"
    cloud.meraki.add_application("1", **odd)
    gathered = run(cloud, state="gathered")["gathered"]
    for state in ("merged", "replaced", "overridden"):
        assert not run(cloud, state=state, config=gathered).get("failed")
    assert cloud.writes() == []
    (entry,) = [item for item in gathered if item["name"] == "Odd_name"]
    result = run(cloud, config=[{**entry, "description": "new"}])
    assert result["failed"] and "'Odd_name'" in result["msg"] and "special characters" in result["msg"]


def test_an_organization_restored_from_its_export(cloud):
    """Every application was deleted since: each is created again, by name, with a warning about its id."""
    gathered = run(cloud, state="gathered")["gathered"]
    for key in list(cloud.meraki.applications("1")):
        run(cloud, state="deleted", config=[{"application_id": key}], allow_group_removal=True)
    assert names(cloud) == []
    cloud.meraki.add_group("1", "West", id="g1")
    result = run(cloud, state="overridden", config=gathered)
    assert not result.get("failed"), result["msg"]
    assert sum("A new one is created" in text for text in result["warnings"]) == 3
    assert names(cloud) == ["Change", "Keep", "Remove"]
    again = run(cloud, state="overridden", config=gathered)
    assert not again["changed"] and sum("has the same name" in text for text in again["warnings"]) == 3


def test_unchanged_is_one_read_and_one_more_where_groups_are_named(cloud):
    config = [{"name": "Keep", "destinations": [destination(1)]}]
    assert run(cloud, config=config)["stats"] == {"reads": 1, "writes": 0, "retries": 0, "waited_seconds": 0.0}
    config[0]["application_groups"] = ["West"]
    assert run(cloud, config=config)["stats"]["reads"] == 2
    gathered = run(cloud, state="gathered")
    assert gathered["stats"]["reads"] == 1
    assert run(cloud, state="overridden", config=gathered["gathered"])["stats"]["reads"] == 1
    assert [entry.query["perPage"] for entry in cloud.reads()] == [["1000"]] * len(cloud.reads())


def test_the_warning_about_the_api_can_be_switched_off(cloud):
    assert any("early-access" in str(text) for text in run(cloud, state="gathered")["warnings"])
    assert not run(cloud, state="gathered", deprecation_warning=False).get("warnings")


def test_early_access_that_is_off_is_explained(cloud):
    cloud.meraki.early_access_off = True
    result = run(cloud, state="gathered")
    assert result["failed"] and "early access" in result["msg"]


def test_writes_overlap_and_the_limit_is_kept(cloud):
    cloud.limit(10)
    cloud.latency = 0.3
    config = [{"name": f"App {number}", "destinations": [destination(number)]} for number in range(25)]
    result = run(cloud, config=config, rate_limit=8)
    assert not result.get("failed"), result["msg"]
    assert all(entry.status != 429 for entry in cloud.log)
    arrived = [entry.at for entry in cloud.writes()]
    assert min(late - early for early, late in zip(arrived, arrived[1:])) < cloud.latency, "they did not wait for each other's answers"


def test_without_reading_back_the_new_ids_come_from_the_answers(cloud):
    result = run(cloud, config=[{"name": "New", "destinations": [destination(4)]}], verify=False)
    assert result["stats"] == {"reads": 1, "writes": 1, "retries": 0, "waited_seconds": 0.0}
    assert result["after"] == run(cloud, state="gathered", config=[{"name": "New"}])["gathered"]


def test_check_mode_says_the_same_requests(cloud):
    planned = run(cloud, check=True, state="overridden", config=WANTED)
    assert cloud.writes() == []
    done = run(cloud, state="overridden", config=WANTED)
    for key in ("changed", "before", "requests", "summary", "plan_digest"):
        assert planned[key] == done[key], key


def test_rendered():
    result = run_module(MODULE, {"state": "rendered", "config": [{**WANTED[1], "application_id": 7}]})
    assert result["rendered"] == [
        {
            "method": "POST",
            "path": "/organizations/{organizationId}/secureConnect/privateApplications",
            "body": {
                "name": "Change",
                "sslVerificationEnabled": True,
                "applicationGroupIds": [{"name": "East"}],
                "destinations": [
                    {"destinationAddr": ["10.0.0.2"], "protocolPorts": [{"protocol": "TCP", "ports": "443,8443"}], "accessType": "browser"}
                ],
            },
        }
    ]
    missing = run_module(MODULE, {"state": "rendered", "config": [{"name": "A"}, {"application_id": "7"}]})
    assert [item["path"] for item in missing["errors"]] == ["config[0].destinations", "config[1].name", "config[1].destinations"]


def test_rendered_refuses_what_could_never_be_sent():
    def refused(config):
        return [item["path"] for item in run_module(MODULE, {"state": "rendered", "config": config})["errors"]]

    assert refused([{"name": f"App {number}", "destinations": [destination(number % 250)]} for number in range(301)]) == ["config"]
    assert refused([{"name": name, "destinations": [destination(1)]} for name in ("Jira", "jira")]) == ["config[0].name", "config[1].name"]
    assert refused([{"application_id": "1", "name": "Jira_1", "destinations": [destination(1)]}]) == ["config[0].name"]


def test_rendered_is_what_a_run_on_nothing_sends(cloud):
    cloud.meraki.add_organization("2", "Empty")
    config = [
        {"name": "A", "destinations": [destination(1, "443, 80")], "description": "", "application_group_ids": []},
        {"name": "B", "destinations": [destination(2, access="network")], "description": "b", "sni": "b.example", "app_protocol": "https"},
    ]
    rendered = run_module(MODULE, {"state": "rendered", "organization_id": "2", "config": config})["rendered"]
    assert rendered == run(cloud, check=True, organization_id="2", config=config)["requests"]


def linked(cloud, name):
    return next(item["applicationGroupIds"] for item in cloud.meraki.applications("1").values() if item["name"] == name)


def in_rules(cloud, name):
    cloud.meraki.secure_connect.in_rules |= {key for key, item in cloud.meraki.applications("1").items() if item["name"] == name}


@pytest.mark.parametrize(("kind", "arguments"), [("reset_after", {}), ("status", {"status": 502, "acted": True}), ("reset_before", {})])
def test_the_links_are_put_back_even_when_it_was_unclear_that_they_were_off(cloud, kind, arguments):
    in_rules(cloud, "Remove")
    cloud.faults.add(kind, method="PUT", path=".", **arguments)
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and "in use by one or more rules" in result["msg"]
    assert linked(cloud, "Remove") == ["g1"]


def test_what_was_taken_off_its_groups_for_a_deletion_is_deleted_though_another_is_refused(cloud):
    """It is under way, and must not be left without its groups."""
    in_rules(cloud, "Change")
    cloud.faults.add("slow", seconds=0.4, acted=True, method="PUT", path=".", nth=1)
    cloud.latency = 0.05
    result = run(cloud, state="deleted", config=[{"name": "Remove"}, {"name": "Change"}])
    assert result["failed"] and "in use by one or more rules" in result["msg"]
    assert names(cloud) == ["Change", "Keep"] and linked(cloud, "Change") == ["g1"]
    assert [request["method"] for request in result["pending"]] == ["DELETE"]


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 502, "acted": True}, {"status": 429, "headers": {"Retry-After": "0"}}])
def test_putting_back_is_tried_again(cloud, fault):
    in_rules(cloud, "Remove")
    cloud.faults.add("status", method="PUT", path=".", nth=2, **fault)
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and linked(cloud, "Remove") == ["g1"]
    assert [request["method"] for request in result["requests"]] == ["PUT", "PUT"]


def test_what_nobody_could_put_back_is_said(cloud):
    in_rules(cloud, "Remove")
    cloud.faults.add("reset_after", method="PUT", path=".", nth=2, times=None)
    result = run(cloud, state="deleted", config=[{"name": "Remove"}], retry_timeout=0.2)
    assert result["failed"] and "put the application 'Remove' back into its groups" in result["msg"]
    assert [request.get("outcome") for request in result["requests"]] == [None, "unknown"]


def test_of_the_groups_those_that_are_left_are_put_back(cloud):
    """The other one went with its last application, though that was not deleted in the end."""
    cloud.meraki.secure_connect.cascade_on_delink = True
    key = cloud.meraki.add_application("1", **stored("Both", 9, ["g1", "g2"]))
    cloud.meraki.secure_connect.in_rules.add(key)
    result = run(cloud, state="deleted", config=[{"name": "Both"}], allow_group_removal=True)
    assert result["failed"] and "into the groups that are left" not in result["msg"]
    assert linked(cloud, "Both") == ["g1"] and result["requests"][-1]["body"]["applicationGroupIds"] == ["g1"]
    assert "put the application 'Both' back into its groups" in result["msg"]


def test_a_404_is_no_proof_that_an_application_is_gone(cloud):
    cloud.faults.add("html", status=404, method="DELETE", path=".")
    result = run(cloud, state="deleted", config=[{"name": "Remove"}], verify=False)
    assert result["failed"] and "404" in result["msg"] and "but it still exists" in result["msg"]
    assert [(request["method"], request.get("outcome")) for request in result["pending"]] == [("DELETE", None)]
    assert linked(cloud, "Remove") == ["g1"] and [request["method"] for request in result["requests"]] == ["PUT", "PUT"]


def test_what_somebody_else_has_deleted_is_gone(cloud):
    (key,) = [key for key, item in cloud.meraki.applications("1").items() if item["name"] == "Remove"]
    original = cloud.meraki.handle

    def handle(request):
        if request.method == "DELETE":
            del cloud.meraki.secure_connect._organizations["1"].applications[key]
        return original(request)

    cloud.meraki.handle = handle
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert not result.get("failed"), result["msg"]
    # It was removed by somebody else, and not by this run.
    assert [request["method"] for request in result["requests"]] == ["PUT"] and result["stats"]["writes"] == 2


def test_what_somebody_else_has_written_meanwhile_is_not_put_back(cloud):
    """The first try to take it off its groups never arrived; what is put back is what was there before the second."""
    in_rules(cloud, "Remove")
    known = cloud.meraki.secure_connect._organizations["1"].applications
    (key,) = [key for key, item in known.items() if item["name"] == "Remove"]
    meanwhile(cloud, lambda: known.update({key: {**known[key], "description": "by somebody else"}}))
    cloud.faults.add("reset_before", method="PUT", path=".")
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and linked(cloud, "Remove") == ["g1"] and known[key]["description"] == "by somebody else"


def test_what_is_gone_is_not_put_back(cloud):
    """It was deleted, which a look has shown; what fails after that has nothing to do with it."""
    (key,) = [key for key, item in cloud.meraki.applications("1").items() if item["name"] == "Change"]
    config = [
        {"name": "Keep", "destinations": [destination(1)]},
        {"application_id": key, "name": "Remove", "destinations": [destination(2)]},
    ]
    cloud.faults.add("reset_after", method="DELETE", path=".")
    cloud.faults.add("status", status=400, method="PUT", path=f"/{key}")
    result = run(cloud, state="overridden", config=config, allow_group_removal=True)
    assert result["failed"] and "put the application" not in result["msg"]
    assert names(cloud) == ["Change", "Keep"]


def test_what_is_left_alone_in_the_end_has_its_groups(cloud):
    """The plan that is made again is not the one that was seen; what had been taken off its groups for it gets them back."""
    meanwhile(cloud, lambda: cloud.meraki.add_application("1", **stored("Another", 9)))
    cloud.faults.add("reset_before", method="DELETE", path=".")
    result = run(
        cloud, state="overridden", config=[{"name": name, "destinations": [destination(n)]} for n, name in ((1, "Keep"), (2, "Change"))]
    )
    assert result["failed"] and linked(cloud, "Remove") == ["g1"]


def test_what_somebody_else_does_to_an_application_meanwhile_is_not_written_over(cloud):
    known = cloud.meraki.secure_connect._organizations["1"].applications
    (key,) = [key for key, item in known.items() if item["name"] == "Change"]
    meanwhile(cloud, lambda: known.update({key: {**known[key], "description": "by somebody else"}}))
    cloud.faults.add("status", status=504, method="PUT", path=".")
    result = run(cloud, config=[{"name": "Change", "sni": "a.example"}])
    assert result["failed"] and "no longer what was planned" in result["msg"]
    assert result["requests"][0]["outcome"] == "unknown" and known[key]["description"] == "by somebody else"


def test_groups_that_are_not_told_are_asked_for(cloud):
    """Missing and null alike: taken for none, the next PUT would end memberships."""
    original = cloud.meraki.handle

    def handle(request):
        answer = original(request)
        if request.method == "GET" and request.path.endswith("privateApplications"):
            body = json.loads(answer.body)
            body["data"] = [{**item, "applicationGroupIds": None} for item in body["data"]]
            answer = replace(answer, body=json.dumps(body).encode())
        return answer

    cloud.meraki.handle = handle
    result = run(cloud, config=[{"name": "Keep", "description": "new"}], verify=False)
    assert not result.get("failed"), result["msg"]
    assert linked(cloud, "Keep") == ["g1"]


def test_no_groups_need_no_list_of_groups(cloud):
    config = [{"name": "New", "destinations": [destination(4)], "application_groups": []}]
    assert run(cloud, config=config, verify=False)["stats"]["reads"] == 1
    assert run(cloud, state="replaced", config=config)["changed"] is False


def test_a_list_that_is_read_to_show_names_decides_nothing(cloud):
    config = [{"name": "Keep", "description": "new", "application_groups": ["West"], "application_group_ids": ["g2"]}]
    bare, named = (run(cloud, True, config=config, with_names=names) for names in (False, True))
    for key in ("plan_digest", "requests", "changed", "summary"):
        assert named[key] == bare[key], key
    assert any("config[0].application_groups: " in text and "'West'" in text or "g1" in text for text in named["warnings"])


@pytest.mark.parametrize("told", [True, False])
def test_destinations_that_the_list_leaves_out_are_read(cloud, told):
    """Taken for none, the next PUT would take them away."""
    original = cloud.meraki.handle

    def handle(request):
        answer = original(request)
        body = json.loads(answer.body) if request.method == "GET" else None
        if body and request.path.endswith("privateApplications"):
            body["data"] = [{key: item[key] for key in item if key != "destinations" or item["name"] != "Keep"} for item in body["data"]]
        elif body and not told:
            body.pop("destinations", None)
        return answer if body is None else replace(answer, body=json.dumps(body).encode())

    there = next(item for item in cloud.meraki.applications("1").values() if item["name"] == "Keep")["destinations"]
    cloud.meraki.handle = handle
    result = run(cloud, config=[{"name": "Keep", "description": "new"}])
    if not told:
        assert result["failed"] and "without its destinations" in result["msg"] and cloud.writes() == []
        return
    assert not result.get("failed"), result["msg"]
    assert result["changed"] and [put.body["destinations"] for put in cloud.writes()] == [there]


def test_names_and_ids_of_groups_cannot_agree_where_one_is_empty():
    for names, ids in ((["East"], []), ([], ["g1"])):
        config = [{"name": "New", "destinations": [destination(4)], "application_groups": names, "application_group_ids": ids}]
        result = run_module(MODULE, {"state": "rendered", "config": config})
        assert [item["path"] for item in result["errors"]] == ["config[0].application_groups"]


def test_an_empty_list_of_groups_has_no_effect_in_merged(cloud):
    result = run(cloud, config=[{"name": "Keep", "application_groups": []}])
    assert not result["changed"] and any("config[0].application_groups" in text for text in result["warnings"])


def test_an_answer_that_is_not_as_documented_takes_nothing_from_what_was_written(cloud):
    def told(request):
        answer = original(request)
        return replace(answer, body=b'{"applicationId": "1"}') if request.method == "PUT" else answer

    original, cloud.meraki.handle = cloud.meraki.handle, told
    result = run(cloud, config=[{"name": "Keep", "description": "new"}], verify=False)
    assert not result.get("failed"), result["msg"]
    assert result["changed"] and result["after"][0]["description"] == "new"


@pytest.mark.parametrize("state", ["gathered", "rendered"])
def test_options_that_do_nothing_are_named(cloud, state):
    config = None if state == "gathered" else [{"name": "New", "destinations": [destination(4)]}]
    result = run(cloud, state=state, config=config, force=True, allow_group_removal=True)
    said = [text for text in result["warnings"] if "no effect" in text]
    assert said == [f"{name} has no effect in state {state}" for name in ("force", "allow_group_removal")]


def test_an_option_that_does_not_exist_is_an_error_and_a_null_is_left_out(cloud):
    result = run(cloud, config=[{"name": "Keep", "destinatons": [], "destinations": None}])
    assert [item["path"] for item in result["errors"]] == ["config[0].destinatons"]
    assert not run(cloud, config=[{"name": "Keep", "destinatons": None, "destinations": None}]).get("failed")


def test_ports_are_shown_as_they_are_sent(cloud):
    pair = {"protocol": "TCP", "ports": "443, 8443"}
    config = [{"name": "New", "destinations": [{**destination(4), "protocol_ports": [pair]}]}]
    planned = run(cloud, check=True, config=config)
    done = run(cloud, config=config)
    for result in (planned, done):
        assert result["after"][0]["destinations"][0]["protocol_ports"] == [{**pair, "ports": "443,8443"}]


@pytest.mark.internal_error
@pytest.mark.parametrize("after", [False, True])
def test_what_goes_wrong_here_before_a_write_leaves_nothing_half_done(cloud, monkeypatch, after):
    """The links that were taken off for the deletion are put back; once it went out, nobody knows."""
    original = Client.send

    def sent(client, method, *arguments, **more):
        if method == "DELETE":
            if after:
                original(client, method, *arguments, **more)
            raise ZeroDivisionError
        return original(client, method, *arguments, **more)

    monkeypatch.setattr(Client, "send", sent)
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and "internal error" in result["msg"]
    if after:
        assert "Remove" not in names(cloud) and result["pending"][0]["outcome"] == "unknown"
    else:
        assert linked(cloud, "Remove") == ["g1"] and [request["method"] for request in result["pending"]] == ["DELETE"]
        assert [request["method"] for request in result["requests"]] == ["PUT", "PUT"]


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden", "deleted", "gathered"])
def test_a_name_that_two_applications_have_says_of_neither_which_is_meant(cloud, state):
    """Their ids do. The vendor says that names are unique."""
    first, second = [key for key, item in cloud.meraki.applications("1").items() if item["name"] in ("Keep", "Change")]
    cloud.meraki.secure_connect._organizations["1"].applications[second]["name"] = "Keep"
    config = [{"name": "Keep", "destinations": [destination(1)]}]
    result = run(cloud, state=state, config=config, allow_group_removal=True, max_removals=9)
    assert [item["path"] for item in result["errors"]] == ["config[0].name"] and cloud.writes() == []
    assert f"2 applications are named 'Keep': {first}, {second}. Give application_id" in result["msg"]
    if state == "gathered":
        assert [item["application_id"] for item in run(cloud, state=state, config=[{"application_id": second}])["gathered"]] == [second]


def test_a_list_that_holds_an_application_twice_is_not_planned_from(cloud):
    def told(request):
        answer = original(request)
        if request.method != "GET" or not request.path.endswith("/privateApplications"):
            return answer
        data = json.loads(answer.body)
        return replace(answer, body=json.dumps({**data, "data": [*data["data"][:-1], data["data"][0]]}).encode())

    original, cloud.meraki.handle = cloud.meraki.handle, told
    result = run(cloud, state="overridden", config=WANTED, max_removals=9, allow_group_removal=True)
    assert "is listed twice" in result["msg"] and cloud.writes() == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"data": []}', b'{"applicationGroupId": null}', b'"g9"'])
@pytest.mark.parametrize("api", ["private_applications", "private_resources"])
def test_a_group_whose_id_the_answer_does_not_tell_is_looked_up(cloud, api, body):
    cloud.meraki.private_resources = "on"

    def told(request):
        answer = original(request)
        return replace(answer, body=body) if request.method == "POST" and "Group" in request.path else answer

    original, cloud.meraki.handle = cloud.meraki.handle, told
    wanted = [{"name": "New", "destinations": [destination(4)], "application_groups": ["Fresh"]}]
    result = run(cloud, api=api, config=wanted, create_groups=True)
    assert not result.get("failed"), result["msg"]
    assert [request["method"] for request in result["requests"]] == ["POST", "POST"]
    assert not run(cloud, api=api, config=wanted, create_groups=True)["changed"]
