# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Sentry module in-process against the mock server: every fault at every step, both readings, both shapes, somebody else."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from ansible_collections.secops.policy.plugins.module_utils._http.client import Client
from ansible_collections.secops.policy.plugins.module_utils._http.options import without_secret
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import FAULTS, branches, impatient, meanwhile, run_meraki


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


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


@pytest.mark.once
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
    assert result["failed"] and "incomplete list" in result["msg"]
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


def answering(cloud, change):
    """What lists of assignments say passes through ``change``."""
    original = cloud.meraki.handle

    def handle(request):
        answer = original(request)
        if request.method == "GET" and request.path.endswith("byNetwork"):
            answer = replace(answer, body=json.dumps(change(json.loads(answer.body))).encode())
        return answer

    cloud.meraki.handle = handle


def test_a_list_with_fewer_items_than_it_counts_is_not_planned_on(cloud):
    answering(cloud, lambda data: [{**data[0], "items": data[0]["items"][:1]}])
    result = run(cloud, config=[{"network_id": "N_3", "policies": [policy(2)]}])
    assert result["failed"] and "2 more" in result["msg"] and cloud.writes() == []


def test_a_list_that_is_not_as_documented_is_no_fault_of_ours(cloud):
    answering(cloud, lambda data: [{**data[0], "items": [None]}])
    result = run(cloud, state="gathered")
    assert result["failed"] and "None" in result["msg"] and "the API documents a list of objects" in result["msg"]


def test_ids_may_be_numbers(cloud):
    def numbers(data):
        items = [{**item, "policies": [{**one, "policyId": int(one["policyId"])} for one in item["policies"]]} for item in data[0]["items"]]
        return [{**data[0], "items": items}]

    answering(cloud, numbers)
    gathered = run(cloud, state="gathered")["gathered"]
    assert all(isinstance(one["policy_id"], str) for item in gathered for one in item["policies"])
    assert not run(cloud, state="overridden", config=gathered)["changed"]


@pytest.mark.parametrize("answer", ["organization", "listed"])
@pytest.mark.parametrize("state", ["replaced", "deleted"])
def test_a_network_that_was_cleared_without_reading_back(cloud, answer, state):
    cloud.meraki.sentry_answer = answer
    cloud.faults.add("empty", method="PUT", path=".")
    unit = {"network_id": "N_1"} if state == "deleted" else {"network_id": "N_1", "policies": []}
    result = run(cloud, state=state, config=[unit], verify=False)
    assert not result.get("failed"), result["msg"]
    assert result["after"] == [{"network_id": "N_1", "policies": []}] and groups(cloud) == []


def test_what_changes_elsewhere_after_a_doubt_is_carried_along(cloud):
    """The first PUT did not arrive; the second carries what somebody else has done to another network since."""
    meanwhile(cloud, lambda: cloud.meraki.add_sentry("N_2", [policy(2, snake=False)]))
    cloud.faults.add("reset_before", method="PUT", path=".")
    result = run(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])
    assert not result.get("failed"), result["msg"]
    assert len(result["requests"]) == 1 and "outcome" not in result["requests"][0] and result["stats"]["retries"] == 1
    assert groups(cloud) == groups(cloud, "N_2") == ["100", "101", "102"]


def test_a_write_that_may_yet_come_is_not_made_again(cloud):
    """It carries the organization as it was: what somebody else does until it comes would be lost."""
    cloud.faults.add("slow", seconds=10, method="PUT", path=".")
    result = run(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}], timeout=0.3)
    assert result["failed"] and "may still act" in result["msg"] and result["requests"][0]["outcome"] == "unknown"
    assert len(cloud.writes()) == 1


def test_what_somebody_else_has_done_is_not_said_to_be_ours(cloud):
    """The PUT for two networks did not arrive, and somebody does the half of it."""
    meanwhile(cloud, lambda: cloud.meraki.add_sentry("N_2", [policy(2, snake=False)]))
    cloud.faults.add("reset_before", method="PUT", path=".")
    result = run(cloud, config=[{"network_id": f"N_{number}", "policies": [policy(2)]} for number in (1, 2)])
    assert result["failed"] and "no longer what was planned" in result["msg"] and result["requests"][0]["outcome"] == "unknown"


def test_a_write_that_is_repeated_and_refused_may_have_been_made(cloud):
    cloud.meraki.lag = 6
    cloud.faults.add("status", status=504, acted=True, method="PUT", path=".")
    cloud.faults.add("status", status=403, method="PUT", path=".", nth=2)
    result = run(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])
    assert result["failed"] and result["changed"] and result["requests"] == result["pending"]
    assert result["requests"][0]["outcome"] == "unknown" and groups(cloud) == ["100", "101", "102"]


@pytest.mark.parametrize(
    ("unit", "path", "says"),
    [
        ({"network_id": "N_1", "network": "Branch 2", "policies": [policy(2)]}, "network", "'Branch 2' is N_2"),
        ({"network_id": "N_404", "policies": [policy(0)]}, "network_id", "network N_404 is not in the list of networks"),
        (
            {"network_id": "N_1", "policies": [{**policy(2), "sm_network": "Branch 1"}]},
            "policies[0].sm_network",
            "Systems Manager network 'Branch 1' does not exist",
        ),
        ({"network_id": "N_1", "policies": [{**policy(2), "group_policy": "Group 1"}]}, "policies[0].group_policy", "'Group 1' is 101"),
    ],
)
@pytest.mark.parametrize("state", ["merged", "replaced", "gathered"])
def test_a_list_that_is_read_to_show_names_decides_nothing(cloud, unit, path, says, state):
    bare, named = (run(cloud, True, state=state, config=[unit], with_names=names) for names in (False, True))
    assert not named.get("failed"), named
    for key in ("plan_digest", "requests", "changed", "summary"):
        assert named.get(key) == bare.get(key), key
    # What is only gathered is shown whatever stands in its policies.
    expected = state != "gathered" or path.startswith("network")
    assert any(f"config[0].{path}: " in text and says in text for text in named.get("warnings", [])) is expected


def test_every_name_that_fits_nothing_is_said_at_once(cloud):
    config = [
        {"network": "Nowhere", "policies": [{**policy(0), "sm_network": "No SM", "sm_network_id": None}]},
        {"network_id": "N_X", "policies": [{**policy(1), "group_policy": "Group 1", "group_policy_id": None}]},
        {"network_tags": ["branch"], "policies": [{"sm_network": "No SM", "scope": "all", "group_policy": "Group 0"}]},
    ]
    result = run(cloud, state="replaced", config=config)
    assert [item["path"] for item in result["errors"]] == [
        "config[0].network",
        "config[0].policies[0].sm_network",
        "config[1].network_id",
        "config[2].policies[0].sm_network",
    ]


def test_of_two_networks_with_one_name_the_id_says_which(cloud):
    """Without an id only the one that can be meant is: a Systems Manager network."""
    cloud.meraki.add_network("1", "N_10", "Corp SM")
    cloud.meraki.add_network("1", "N_11", "Two", product_types=["systemsManager"])
    cloud.meraki.add_network("1", "N_12", "Two", product_types=["systemsManager"])
    wanted = {"scope": "all", "group_policy_id": "102"}
    named = [{"network": "Branch 1", "policies": [{**wanted, "sm_network": "Two", "sm_network_id": "N_12"}]}]
    assert "errors" not in run(cloud, True, config=named)
    # An id of a network without Systems Manager is refused by the vendor; the list was read, so that it is an error before.
    named = [{"network": "Branch 1", "policies": [{**wanted, "sm_network": "Corp SM", "sm_network_id": "N_10"}]}]
    assert [item["path"] for item in run(cloud, True, config=named)["errors"]] == ["config[0].policies[0].sm_network_id"]
    done = run(cloud, True, config=[{"network": "Branch 1", "policies": [{**wanted, "sm_network": "Corp SM"}]}])
    assert done["after"][0]["policies"][-1]["sm_network_id"] == "N_SM"


def test_nothing_to_remove_is_a_warning_for_an_id_whatever_else_is_read(cloud):
    config = [{"network_id": "N_SM"}, {"network": "Branch 1", "policies": [policy(2)]}]
    result = run(cloud, True, state="deleted", config=config)
    assert ["Nothing to remove" in text for text in result["warnings"]] == [True]


def test_a_rate_limit_beyond_the_budget_says_what_to_do(cloud):
    cloud.faults.add("status", status=429, headers={"Retry-After": "900"}, method="GET", path="byNetwork")
    result = run(cloud, state="gathered")
    assert result["failed"] and "Run the task again later" in result["msg"]


@pytest.mark.parametrize(
    "url",
    [
        "https://user:s3same@host/api",
        "https://host/api?token=s3same",
        "https://user:s3/s@me@host",
        "user:s3same@host:9443",
        "https:/user:s3same@host",
        "https://user:s3\nsame@host",
        "https://host/?a\nb=s3same",
    ],
)
@pytest.mark.parametrize("place", ["task", "environment"])
def test_what_may_be_a_password_in_base_url_is_in_no_result(monkeypatch, cloud, url, place):
    monkeypatch.setenv("MERAKI_DASHBOARD_BASE_URL", url)
    options = {"base_url": url} if place == "task" else {"base_url": None}
    result = run(cloud, state="gathered", **options)
    assert [item["path"] for item in result["errors"]] == ["base_url"]
    assert not [part for part in ("s3", "same", "s@me") if part in json.dumps(result)]


@pytest.mark.parametrize("url", ["https://host/api@v1", "https://host:8443/api/v1", "http://[::1]:80/x@y", "host"])
def test_other_urls_stay_as_they_are(url):
    assert without_secret(url) == url


@pytest.mark.parametrize("state", ["gathered", "rendered"])
def test_options_without_effect_are_warned_about(cloud, state):
    config = None if state == "gathered" else [{"network_id": "N_1", "policies": []}]
    result = run(cloud, state=state, config=config, max_removals=0, expected_plan="0" * 64)
    assert [text for text in result["warnings"] if "no effect" in text] == [
        f"max_removals has no effect in state {state}",
        f"expected_plan has no effect in state {state}",
    ]


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("kind", ["reset_after", "cut_body", "html"])
def test_of_equal_copies_no_other_is_removed_after_a_doubt(cloud, kind, stale):
    """The id that the config gives is gone by then, and another copy would be taken for it."""
    cloud.meraki.add_sentry("N_1", [policy(0, snake=False), policy(0, snake=False)])
    own = "1" if stale else cloud.meraki.sentry("1")["N_1"][0]["policyId"]
    cloud.faults.add(kind, method="PUT", path=".", **({"acted": True} if kind == "html" else {}))
    result = run(cloud, state="deleted", config=[{"network_id": "N_1", "policies": [{**policy(0), "policy_id": own}]}])
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["deleted"] == 1 and groups(cloud) == ["101", "100", "100"] and len(cloud.writes()) == 1


def without_policies(network):
    def changed(data):
        items = [{key: item[key] for key in item if key != "policies" or item["networkId"] != network} for item in data[0]["items"]]
        return [{**data[0], "items": items}]

    return changed


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden", "deleted"])
def test_a_network_whose_policies_are_not_told_is_not_written(cloud, state):
    """Nor is any other, for the request would have to carry it along."""
    answering(cloud, without_policies("N_2"))
    for network in ("N_1", "N_2"):
        result = run(cloud, state=state, config=[{"network_id": network, "policies": [policy(0 if state == "deleted" else 2)]}])
        assert [item["path"] for item in result["errors"]] == ["organization: network N_2"]
    assert cloud.writes() == [] and groups(cloud, "N_2") == ["100", "101"]
    assert not run(cloud, state="merged", config=[{"network_id": "N_1", "policies": [policy(0)]}])["changed"]


def test_a_network_whose_policies_are_not_told_is_not_gathered(cloud):
    """Fed back, it would be cleared."""
    answering(cloud, without_policies("N_2"))
    for config in (None, [{"network_id": "N_1"}, {"network_id": "N_2"}]):
        result = run(cloud, state="gathered", config=config)
        assert "N_2" not in [unit["network_id"] for unit in result["gathered"]]
        assert result["warnings"] == ["network N_2 is listed without its policies: what it has is not known"]


@pytest.mark.parametrize("fault", [("reset_before", {}), ("status", {"status": 502}), ("reset_after", {})])
@pytest.mark.parametrize("state", ["merged", "replaced"])
def test_equal_copies_that_change_places_do_so_after_a_doubt(cloud, fault, state):
    """By their contents alone nothing has to be done."""
    cloud.meraki.add_sentry("N_1", [policy(0, snake=False)])
    ids = [item["policyId"] for item in cloud.meraki.sentry("1")["N_1"]]
    kind, arguments = fault
    cloud.faults.add(kind, method="PUT", path=".", **arguments)
    wanted = [{**policy(group), "policy_id": ids[place]} for group, place in ((0, 2), (1, 1), (0, 0))]
    result = run(cloud, state=state, config=[{"network_id": "N_1", "policies": wanted}])
    assert not result.get("failed"), result["msg"]
    assert [item["policyId"] for item in cloud.meraki.sentry("1")["N_1"]] == ids[::-1]


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden", "deleted", "gathered"])
def test_an_id_that_fits_but_for_its_case_is_an_error(cloud, state):
    config = [{"network_id": "n_1", "policies": [policy(2)]}, {"network_id": "N_2", "policies": [policy(2)]}]
    result = run(cloud, state=state, config=config)
    assert [item["path"] for item in result["errors"]] == ["config[0].network_id"] and cloud.writes() == []
    assert "n_1" in result["msg"] and "N_1" in result["msg"]


def test_nothing_is_known_of_a_network_by_its_id(cloud):
    result = run(cloud, state="gathered", config=[{"network_id": "N_9"}, {"network_id": "N_1"}])
    assert result["warnings"] == ["config[0]: network N_9 is not listed as one with Sentry policies, and its id was not looked up"]
    assert [len(unit["policies"]) for unit in result["gathered"]] == [0, 2]
    cloud.meraki.sentry_list_empty = True
    assert run(cloud, state="replaced", config=[{"network_id": "N_1", "policies": []}])["changed"]
    assert not run(cloud, state="gathered", config=[{"network_id": "N_1"}]).get("warnings"), "it is listed, and has none"


def test_an_answer_that_is_not_as_documented_takes_nothing_from_what_was_written(cloud):
    def told(request):
        answer = original(request)
        return replace(answer, body=b'{"items": ["x"]}') if request.method == "PUT" else answer

    original, cloud.meraki.handle = cloud.meraki.handle, told
    result = run(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}], verify=False)
    assert not result.get("failed"), result["msg"]
    assert result["changed"] and [one["group_policy_id"] for one in result["after"][0]["policies"]] == ["100", "101", "102"]


def test_rendered_judges_the_tags_of_policies_with_an_id_as_well(cloud):
    policies = [{**policy(0), "policy_id": 5, "scope": "all"}, {**policy(1), "policy_id": 6, "tags": []}, {"policy_id": 7, "tags": []}]
    result = run(cloud, state="rendered", config=[{"network_id": "N_1", "policies": policies}])
    assert [item["path"] for item in result["errors"]] == [f"config[0].policies[{place}].tags" for place in (0, 1)]


@pytest.mark.parametrize("organization", ["..", "1/../2", "1\n", " "])
def test_an_organization_that_is_no_id_is_an_error(cloud, organization):
    """Its path would lead elsewhere."""
    result = run(cloud, state="gathered", organization_id=organization)
    assert [item["path"] for item in result["errors"]] == ["organization_id"] and cloud.log == []


def test_references_that_fit_nothing_are_all_under_errors_and_not_all_in_the_message(cloud):
    config = [{"network": f"Nowhere {number}", "policies": []} for number in range(100)]
    result = run(cloud, config=config)
    assert len(result["errors"]) == 100 and "and 80 more, under errors" in result["msg"] and result["msg"].count("Nowhere") == 20


@pytest.mark.internal_error
def test_what_goes_wrong_here_after_a_write_leaves_its_outcome_unknown(cloud, monkeypatch):
    original = Client.send

    def sent(*arguments, **more):
        original(*arguments, **more)
        raise ZeroDivisionError

    monkeypatch.setattr(Client, "send", sent)
    result = run(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])
    assert result["failed"] and result["changed"] and "internal error" in result["msg"] and "unknown outcome: 1" in result["msg"]
    assert result["requests"] == result["pending"] and result["requests"][0]["outcome"] == "unknown"


@pytest.mark.parametrize("where", ["both", "item", "policies"])
def test_ids_of_networks_that_are_numbers_are_no_locales(cloud, where):
    cloud.meraki.add_network("1", "7", "Seven")
    cloud.meraki.add_group_policy("7", "100", "Staff")
    cloud.meraki.add_sentry("7", [policy(0, snake=False)])

    def told(data):
        items = [dict(item) for item in data[0]["items"]]
        for item in items:
            if item["networkId"] == "7":
                policies = [{**one, "networkId": 7 if where != "item" else "7"} for one in item["policies"]]
                item.update(networkId=7 if where != "policies" else "7", policies=policies)
        return [{**data[0], "items": items}]

    answering(cloud, told)
    result = run(cloud, config=[{"network_id": "N_1", "policies": [policy(2)]}])
    assert not result.get("failed"), result["msg"]
    assert result["changed"] and not [text for text in result.get("warnings", []) if "locale" in text]
