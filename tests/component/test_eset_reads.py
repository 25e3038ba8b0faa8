# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ESET module in-process against the mock server: what it reads, how often, and what it makes of it; names, groups, devices,
On-Prem."""

from __future__ import annotations

import json

import pytest
from ansible_collections.secops.policy.plugins.module_utils._vendors import eset as eset_api
from ansible_collections.secops.policy.tests.mock_cloud import Cloud
from ansible_collections.secops.policy.tests.mock_cloud.eset import ROOT

from .harness import impatient, run_module

USER, PASSWORD = "api@example.com", "password-0123456789"
LIST = "/v2/policy-assignments"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


@pytest.fixture(params=["cloud", "on_prem"])
def deployment(request):
    return request.param


@pytest.fixture
def cloud(deployment):
    """A tree of groups in which Berlin is there twice, devices of which two are named web, policies of which two are named Twice."""
    with Cloud() as made:
        made.limit(None)
        eset = made.eset
        eset.deployment = deployment
        eset.add_user(USER, PASSWORD)
        for uuid, name, parent in (
            ("g1", "Servers", None), ("g2", "Berlin", "g1"), ("g3", "Clients", None), ("g4", "Berlin", "g3"), ("g5", "A/B", None),
        ):  # fmt: skip
            eset.add_group(name, parent, uuid=uuid)
        for uuid, name, group in (("d1", "web", "g2"), ("d2", "db & more", "g1"), ("d3", "web", "g4"), ("d4", "Büro", None)):
            eset.add_device(name, group, uuid=uuid)
        eset.add_member("g5", "d2")
        eset.add_subscription("s1")
        for uuid, name in (("p1", "Baseline"), ("p2", "Hardening"), ("p3", "Twice"), ("p4", "Twice")):
            eset.add_policy(name, uuid=uuid)
        made.deployment = deployment
        yield made


def run(cloud, check=False, **options):
    given = {
        "username": USER,
        "password": PASSWORD,
        "deployment": cloud.deployment,
        "base_url": cloud.eset_url,
        "rate_limit": 1000,
        "retry_timeout": 5,
    }
    return run_module("eset_policy_assignment", {**given, **options}, check=check)


def good(result):
    assert not result.get("failed"), result["msg"]
    return result


def asked(cloud):
    """What was read: the paths, shortened."""
    return sorted(entry.path.rsplit("/", 1)[-1] for entry in cloud.reads())


def paths(result):
    return [item["path"] for item in result["errors"]]


def of(target, *policies, **more):
    return [{"target": target, "policies": [{"policy_uuid": policy} for policy in policies], **more}]


# How often.


def test_two_hundred_targets_unchanged_are_one_paged_list(cloud):
    for number in range(200):
        cloud.eset.add_device(f"device {number}", uuid=f"x{number}")
        for policy in range(10):
            if number == 0:
                cloud.eset.add_policy(f"Policy {policy}", uuid=f"q{policy}")
            cloud.eset.assign(f"q{policy}", "deviceUuid", f"x{number}")
    config = [unit for number in range(200) for unit in of({"device_uuid": f"x{number}"}, *(f"q{policy}" for policy in range(10)))]
    pages = 1 if cloud.deployment == "on_prem" else 2
    for state in ("merged", "replaced", "overridden"):
        cloud.clear_log()
        result = good(run(cloud, state=state, config=config))
        assert not result["changed"] and result["stats"] == {"reads": pages, "writes": 0, "retries": 0, "waited_seconds": 0.0}
        assert {entry.query["pageSize"][0] for entry in cloud.reads()} == {"10000" if cloud.deployment == "on_prem" else "1000"}
    assert good(run(cloud, state="gathered"))["stats"]["reads"] == pages


def test_one_target_is_read_alone(cloud):
    cloud.eset.assign("p1", "deviceGroupUuid", "g1")
    cloud.eset.assign("p2", "deviceUuid", "d1")
    for state in ("merged", "replaced", "deleted", "gathered"):
        cloud.clear_log()
        good(run(cloud, check=True, state=state, config=of({"device_group_uuid": "g1"}, "p1"), with_names=False))
        (entry,) = cloud.reads()
        assert entry.query["target.deviceGroupUuid"] == ["g1"]
    result = good(run(cloud, check=True, state="overridden", config=of({"device_group_uuid": "g1"}, "p1")))
    assert result["summary"]["deleted"] == 1, "all that can be seen is the scope"


def test_a_server_that_ignores_filters_is_filtered_here(cloud, monkeypatch):
    cloud.eset.assign("p1", "deviceGroupUuid", "g1")
    cloud.eset.assign("p2", "deviceGroupUuid", "g2")
    listed = cloud.eset._policies._listed
    monkeypatch.setattr(cloud.eset._policies, "_listed", lambda target, policies: listed(None, policies))
    result = good(run(cloud, state="gathered", config=[{"target": {"device_group_uuid": "g1"}}]))
    assert result["gathered"] == of({"device_group_uuid": "g1"}, "p1")
    assert not run(cloud, state="replaced", config=of({"device_group_uuid": "g1"}, "p1"))["changed"]


def test_lists_are_read_for_names_and_for_what_is_new_once_each(cloud):
    by_name = [{"target": {"device_group": "Servers"}, "policies": [{"policy": "Baseline"}, {"policy": "Hardening"}]}]
    result = good(run(cloud, config=by_name))
    # Once more before the first write, for a target that shows nothing may only be missing from the list; and once after it.
    assert asked(cloud) == ["device_groups", "policies", "policy-assignments", "policy-assignments", "policy-assignments"]
    assert result["after"][0]["policies"] == [{"policy_uuid": "p1", "policy": "Baseline"}, {"policy_uuid": "p2", "policy": "Hardening"}]
    cloud.clear_log()
    good(run(cloud, config=of({"device_uuid": "d1"}, "p1") + of({"device_group_uuid": "g2"}, "p1"), verify=False))
    # Nothing by name, so that what is new is looked up once it is known to be new.
    assert asked(cloud) == sorted(
        ["devices:batchGet" if cloud.deployment == "on_prem" else "d1", "device_groups", "policies", "policy-assignments"]
        + ["policy-assignments"]
    )
    cloud.clear_log()
    good(run(cloud, config=of({"subscription_uuid": "s1"}, "p1"), verify=False))
    assert asked(cloud) == ["policies", "policy-assignments", "policy-assignments"], "a subscription cannot be looked up"
    cloud.clear_log()
    good(run(cloud, state="deleted", config=of({"device_uuid": "d1"}, "p1"), verify=False))
    assert asked(cloud) == ["policy-assignments"], "what goes need not be looked up"


@pytest.mark.parametrize("count", [2, 60, 130])
def test_many_new_devices_are_looked_up_in_few_requests_with_short_urls(cloud, count):
    for number in range(count):
        cloud.eset.add_device(f"device {number}", uuid=f"{number:0100}")
    config = [unit for number in range(count) for unit in of({"device_uuid": f"{number:0100}"}, "p1")]
    result = good(run(cloud, check=True, config=config))
    assert result["summary"]["created"] == count
    looked_up = [entry for entry in cloud.reads() if "devices" in entry.path]
    assert len(looked_up) == -(-count // 34)
    assert all(
        len("devicesUuids=") * len(entry.query["devicesUuids"]) + 100 * len(entry.query["devicesUuids"]) < 5000 for entry in looked_up
    )


def test_many_names_of_devices_in_another_script_are_asked_for_with_short_urls(cloud):
    names = [f"機器の名前がとても長い場合はどうなりますか {number}" for number in range(60)]
    for number, name in enumerate(names):
        cloud.eset.add_device(name, uuid=f"x{number}")
    config = [{"target": {"device": name}, "policies": [{"policy": "Baseline"}]} for name in names]
    assert good(run(cloud, check=True, config=config))["summary"]["created"] == 60
    asked_for = [entry.query["displayNames"] for entry in cloud.reads() if entry.path == "/v1/devices"]
    assert sorted(name for query in asked_for for name in query) == sorted(names)
    assert max(sum(len(name.encode()) * 3 for name in query) for query in asked_for) < 5000


@pytest.mark.parametrize("end", ["missing", "null", "empty"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_all_pages_of_every_list_are_read(cloud, end, size):
    cloud.eset.page_max, cloud.eset.next_token_end = size, end
    for policy in ("p1", "p2", "p3", "p4"):
        cloud.eset.assign(policy, "deviceGroupUuid", "g1")
    config = [
        {"target": {"device_group": "Servers"}, "policies": [{"policy": "Baseline"}]},
        {"target": {"device": "db & more"}, "policies": [{"policy": "Hardening"}]},
    ]
    result = good(run(cloud, check=True, state="overridden", config=config))
    assert result["summary"] == {"created": 1, "updated": 0, "moved": 0, "deleted": 3, "unchanged": 1}


def test_pages_that_lead_back_are_no_endless_loop(cloud):
    cloud.faults.add("status", status=200, body={"assignments": [], "nextPageToken": "again"}, path=LIST, times=None)
    result = run(cloud, state="gathered")
    assert result["failed"] and "read already" in result["msg"] and len(cloud.reads()) == 2


@pytest.mark.parametrize("body", [{"hello": 1}, [], {"assignments": None, "x": 1}, {"policies": []}, "text"])
def test_an_answer_that_is_no_such_list_is_not_taken_for_an_empty_one(cloud, body):
    cloud.faults.add("status", status=200, body=json.dumps(body), headers={"Content-Type": "application/json"}, path=LIST, times=None)
    result = run(cloud, state="overridden", config=[], max_removals=9)
    assert result["failed"] and "not the list" in result["msg"] and cloud.writes() == []


def test_a_list_that_is_left_out_is_empty(cloud):
    cloud.faults.add("status", status=200, body={}, path=LIST)
    assert good(run(cloud, state="gathered"))["gathered"] == []


# Ranks.


@pytest.mark.parametrize("as_text", [False, True])
def test_ranks_order_the_stack_whatever_order_the_list_has(cloud, as_text):
    cloud.eset.ranks_as_text = as_text
    for policy in ("p4", "p2", "p1", "p3"):
        cloud.eset.assign(policy, "deviceUuid", "d1")
    for number in range(11):
        cloud.eset.add_policy(f"More {number}", uuid=f"q{number}")
        cloud.eset.assign(f"q{number}", "deviceUuid", "d1")
    stack = cloud.eset.stack("deviceUuid", "d1")
    for _read in range(3):
        assert good(run(cloud, state="gathered"))["gathered"] == of({"device_uuid": "d1"}, *stack)
    done = good(run(cloud, state="replaced", config=of({"device_uuid": "d1"}, *stack[::-1])))
    assert done["summary"]["moved"] == 14 and cloud.eset.stack("deviceUuid", "d1") == stack[::-1]


@pytest.mark.parametrize("ranks", [(1, 1), (None, 2), (0, 1), ("0", "1")])
@pytest.mark.parametrize("times", [1, None])
def test_ranks_that_do_not_fit_together_are_read_again_and_else_an_error(cloud, ranks, times):
    cloud.eset.assign("p1", "deviceUuid", "d1")
    cloud.eset.assign("p2", "deviceUuid", "d1")
    torn = [
        {"uuid": f"a{number}", "policyUuid": f"p{number}", "rank": rank, "target": {"deviceUuid": "d1"}}
        for number, rank in enumerate(ranks, start=1)
    ]
    cloud.faults.add("status", status=200, body={"assignments": torn}, path=LIST, times=times)
    result = run(cloud, state="replaced", config=of({"device_uuid": "d1"}, "p1", "p2"))
    if times:
        assert not good(result)["changed"]
    else:
        assert "device d1" in result["msg"] and "order" in result["msg"] and len(cloud.reads()) == 3
    assert cloud.writes() == []


@pytest.mark.parametrize("rank", ["x", 1.5, "", "-1", True, [], "9" * 5000])
def test_a_rank_that_is_none_is_an_error_before_the_first_write(cloud, rank):
    torn = [{"uuid": "a1", "policyUuid": "p1", "rank": rank, "target": {"deviceUuid": "d1"}}]
    cloud.faults.add("status", status=200, body={"assignments": torn}, path=LIST, times=None)
    result = run(cloud, state="replaced", config=of({"device_uuid": "d1"}, "p1", "p2"))
    assert result["failed"] and "rank" in result["msg"] and "documents a whole number" in result["msg"] and cloud.writes() == []


def test_an_order_that_is_not_known_matters_only_where_it_does(cloud):
    cloud.eset.assign("p1", "deviceUuid", "d1")
    cloud.eset.assign("p2", "deviceUuid", "d1")
    original = cloud.eset._policies._listed

    def listed(target, policies):
        return [{**item, "rank": 1} if item["target"] == {"deviceUuid": "d1"} else item for item in original(target, policies)]

    cloud.eset._policies._listed = listed
    gathered = good(run(cloud, state="gathered"))
    assert "order" in gathered["warnings"][0] and "device d1" in gathered["warnings"][0]
    good(run(cloud, state="replaced", config=of({"device_group_uuid": "g1"}, "p1") + of({"device_uuid": "d2"}, "p1")))
    good(run(cloud, config=of({"device_uuid": "d1"}, "p1", "p2")))
    ranked = [{"target": {"device_uuid": "d1"}, "policies": [{"policy_uuid": "p1", "rank": 2}]}]
    assert paths(run(cloud, config=ranked)) == ["config[0].target"]
    good(run(cloud, state="deleted", config=of({"device_uuid": "d1"}, "p2")))
    assert good(run(cloud, state="overridden", config=of({"device_uuid": "d2"}, "p1")))["summary"]["deleted"] == 2


def test_a_target_of_another_kind_is_left_as_it_is_and_said(cloud):
    targets = ({"mailboxUuid": "m1"}, {"x": 1})
    other = [{"uuid": f"a{number}", "policyUuid": "p1", "rank": 1, "target": target} for number, target in enumerate(targets)]
    cloud.faults.add("status", status=200, body={"assignments": other}, path=LIST, times=None)
    result = good(run(cloud, state="overridden", config=[], max_removals=9))
    assert not result["changed"] and any("2 assignment(s)" in text for text in result["warnings"])


@pytest.mark.parametrize("target", [None, {}, {"deviceUuid": None}, {"deviceUuid": ""}, {"deviceUuid": {}}, [], "d1"])
def test_a_target_that_says_nothing_is_an_error(cloud, target):
    """It may be any target's: what is assigned to that would be assigned a second time."""
    torn = [{"uuid": "a1", "policyUuid": "p1", "rank": 1, "target": target}]
    cloud.faults.add("status", status=200, body={"assignments": torn}, path=LIST, times=None)
    result = run(cloud, state="merged", config=of({"device_uuid": "d1"}, "p1"))
    assert result["failed"] and "target" in result["msg"] and "the API documents" in result["msg"] and cloud.writes() == []


# Names.


@pytest.mark.parametrize(
    ("target", "uuid"),
    [
        ({"device_group": "Servers"}, "g1"), ({"device_group": "All/Servers"}, "g1"), ({"device_group": "All/Clients/Berlin"}, "g4"),
        ({"device_group": "A/B"}, "g5"), ({"device_group": "All/A/B"}, "g5"), ({"device_group": "Alle/Servers/Berlin"}, "g2"),
        ({"device_group": "All"}, ROOT), ({"device_group": "Alle"}, ROOT),
        ({"device": "db & more"}, "d2"), ({"device": "Büro"}, "d4"),
    ],
)  # fmt: skip
def test_names_and_paths_also_where_the_root_is_localised(cloud, target, uuid):
    cloud.eset.root_name = "Alle"
    (unit,) = good(run(cloud, state="gathered", config=[{"target": target}]))["gathered"]
    ((_kind, found),) = [item for item in unit["target"].items() if item[0].endswith("_uuid")]
    assert found == uuid
    again = run(cloud, state="replaced", config=[unit], check=True)
    assert not good(again)["changed"], "what is shown can be fed back"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"device_group": "Berlin"}, ["g2 (All/Servers/Berlin)", "g4 (All/Clients/Berlin)", "path"]),
        ({"device_group": "servers"}, ["'Servers' (g1)", "case"]),
        ({"device_group": "all/servers/berlin"}, ["'All/Servers/Berlin' (g2)", "case"]),
        ({"device_group": "Nowhere"}, ["'Servers'", "'Clients'"]),
        ({"device": "web"}, ["d1", "d3"]),
        ({"device": "WEB"}, ["'web' (d1)", "'web' (d3)", "case"]),
        ({"device": "nothing"}, ["'db & more'", "'Büro'"]),
    ],
)
@pytest.mark.parametrize("state", ["merged", "deleted", "gathered"])
def test_names_that_fit_nothing_or_twice_list_what_there_is(cloud, target, words, state):
    result = run(cloud, state=state, config=of(target, "p1"))
    (kind,) = target
    assert paths(result) == [f"config[0].target.{kind}"] and all(word in result["msg"] for word in words), result["msg"]


def test_every_reference_that_is_wrong_is_reported_at_once(cloud):
    config = [
        {"target": {"device": "nothing"}, "policies": [{"policy": "Twice"}, {"policy": "baseline"}, {"policy": "Nope"}]},
        {"target": {"device_group": "Berlin"}, "policies": [{"policy": "Baseline", "policy_uuid": "p2"}]},
    ]
    result = run(cloud, config=config)
    assert paths(result) == [
        "config[0].target.device", "config[0].policies[0].policy", "config[0].policies[1].policy", "config[0].policies[2].policy",
        "config[1].target.device_group", "config[1].policies[0].policy",
    ]  # fmt: skip
    assert "p3" in result["msg"] and "p4" in result["msg"] and "'Baseline' (p1)" in result["msg"]
    assert result["requests"] == [] and cloud.writes() == []


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ({"device_group_uuid": "g1", "device_group": "Clients"}, "target.device_group"),
        ({"device_group_uuid": "g1", "device_group": "servers"}, "target.device_group"),
        ({"device_uuid": "d1", "device": "db & more"}, "target.device"),
    ],
)
def test_names_beside_ids_are_judged_with_lists_that_are_read_for_what_is_new(cloud, target, path):
    """Though nothing had to be looked up by name."""
    result = run(cloud, config=[{"target": target, "policies": [{"policy_uuid": "p1"}]}])
    assert paths(result) == [f"config[0].{path}"] and cloud.writes() == []
    wrong = [{"target": {"subscription_uuid": "s1"}, "policies": [{"policy_uuid": "p1", "policy": "Hardening"}]}]
    result = run(cloud, config=wrong)
    assert paths(result) == ["config[0].policies[0].policy"] and "'Hardening' is p2" in result["msg"] and cloud.writes() == []
    # Where nothing is new no list is read, and nothing is there to check with.
    cloud.eset.assign("p1", "subscriptionUuid", "s1")
    assert not good(run(cloud, config=wrong))["changed"]


def test_names_that_repeat_may_stand_beside_ids(cloud):
    config = [
        {"target": {"device_uuid": "d3", "device": "web"}, "policies": [{"policy_uuid": "p4", "policy": "Twice"}]},
        {"target": {"device_group_uuid": "g4", "device_group": "Berlin"}, "policies": [{"policy": "Baseline"}]},
    ]
    result = good(run(cloud, config=config))
    assert cloud.eset.stack("deviceUuid", "d3") == ["p4"] and cloud.eset.stack("deviceGroupUuid", "g4") == ["p1"]
    assert [unit["target"] for unit in result["after"]] == [
        {"device_uuid": "d3", "device": "web"},
        {"device_group_uuid": "g4", "device_group": "All/Clients/Berlin"},
    ]
    assert not good(run(cloud, state="replaced", config=result["after"]))["changed"]


# Ids.


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ({"device_uuid": "d9"}, "device d9 does not exist"),
        ({"device_group_uuid": "g9"}, "device group g9 does not exist"),
        ({"device_uuid": "D1"}, "device D1 does not exist"),
        ({"device_group_uuid": "G1"}, "in case only: g1"),
    ],
)
def test_what_gets_a_new_assignment_has_to_be_there_before_the_first_write(cloud, target, says):
    config = of({"device_group_uuid": "g2"}, "p1") + of(target, "p1")
    result = run(cloud, config=config)
    assert paths(result) == [f"config[1].target.{next(iter(target))}"] and says in result["msg"] and cloud.writes() == []


def test_policies_have_to_be_visible_before_the_first_write(cloud):
    cloud.eset.add_policy("Hidden", uuid="p5", visible=False)
    result = run(cloud, config=of({"device_group_uuid": "g2"}, "p1", "p5", "P1"))
    assert paths(result) == ["config[0].policies[2].policy_uuid", "config[0].policies[1].policy_uuid"] and cloud.writes() == []


def test_one_missing_device_among_many_is_named(cloud):
    config = [unit for uuid in ("d1", "d2", "d9", "d4", "d8") for unit in of({"device_uuid": uuid}, "p1")]
    assert paths(run(cloud, config=config)) == ["config[2].target.device_uuid", "config[4].target.device_uuid"]
    assert len([entry for entry in cloud.reads() if "device" in entry.path]) == (2 if cloud.deployment == "on_prem" else 6)


@pytest.mark.parametrize("state", ["deleted", "gathered", "merged"])
def test_ids_in_another_case_are_an_error_in_every_state(cloud, state, monkeypatch):
    """Also where the server's filter does not mind case: nothing that is meant is passed over in silence."""
    cloud.eset.assign("p1", "deviceUuid", "d1")
    listed = cloud.eset._policies._listed
    monkeypatch.setattr(
        cloud.eset._policies, "_listed", lambda target, policies: listed(target and (target[0], target[1].lower()), policies)
    )
    result = run(cloud, state=state, config=of({"device_uuid": "D1"}, "p1"))
    assert paths(result) == ["config[0].target.device_uuid"] and "d1" in result["msg"] and cloud.writes() == []


def test_what_is_not_assigned_is_no_change_and_a_warning_in_deleted(cloud):
    cloud.eset.assign("p1", "deviceUuid", "d1")
    config = of({"device_uuid": "d1"}, "p2") + [{"target": {"device_uuid": "nowhere"}}, {"target": {"device_group": "Servers"}}]
    result = good(run(cloud, state="deleted", config=config))
    assert not result["changed"] and len(result["warnings"]) == 2
    assert "config[0].policies[0]" in result["warnings"][0] and "config[1]" in result["warnings"][1]


# On-Prem.


@pytest.mark.parametrize("answer", [False, 501])
def test_on_prem_without_lists_of_devices_asks_the_group_all(cloud, answer):
    cloud.eset.on_prem_device_list = answer
    config = [{"target": {"device": "db & more"}, "policies": [{"policy": "Baseline"}]}, *of({"device_uuid": "d1"}, "p1")]
    result = good(run(cloud, config=config))
    assert cloud.eset.stack("deviceUuid", "d2") == cloud.eset.stack("deviceUuid", "d1") == ["p1"]
    assert result["after"][0]["target"] == {"device_uuid": "d2", "device": "db & more"}
    if cloud.deployment == "on_prem":
        assert [entry.query for entry in cloud.reads() if entry.path == f"/v1/device_groups/{ROOT}/devices"]
    missing = run(cloud, config=[{"target": {"device": "Web"}, "policies": []}])
    assert paths(missing) == ["config[0].target.device"] and "d1" in missing["msg"] and "d3" in missing["msg"]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_on_prem_without_any_call_for_devices(cloud, status):
    if cloud.deployment == "cloud":
        pytest.skip("the cloud has these calls")
    cloud.faults.add("status", status=status, path="^/v1/devices", times=None)
    good(run(cloud, config=of({"device_uuid": "d1"}, "p1") + of({"device_uuid": "d2"}, "p1")))
    result = run(cloud, config=of({"device_uuid": "d9"}, "p1"))
    assert paths(result) == ["config[0].target.device_uuid"]


# Results.


def test_a_name_is_no_id_whatever_it_is():
    policies = [{"policy": "A"}, {"policy_uuid": "A"}, {"policy": "B"}]
    result = run_module("eset_policy_assignment", {"state": "rendered", "config": [{"target": {"device_uuid": "d"}, "policies": policies}]})
    assigned = [request["body"]["assignment"]["policyUuid"] for request in result["rendered"]]
    assert assigned == [{"name": "A"}, "A", {"name": "B"}]


def test_rendered_is_what_a_run_on_nothing_sends(cloud):
    policies = [{"policy": "Hardening", "rank": 2}, {"policy": "Twice", "policy_uuid": "p3"}, {"policy_uuid": "p1", "rank": 1}]
    config = [
        {"target": {"device_group": "Servers"}, "policies": policies},
        {"target": {"subscription_uuid": "s1"}, "policies": policies[1:]},
    ]
    rendered = run_module("eset_policy_assignment", {"state": "rendered", "config": config})
    assert rendered["stats"] == {"reads": 0, "writes": 0, "retries": 0, "waited_seconds": 0.0} and not rendered["changed"]
    sent = json.dumps(good(run(cloud, check=True, config=config))["requests"])
    for name, uuid in (("Servers", "g1"), ("Hardening", "p2")):
        sent = sent.replace(f'"{uuid}"', json.dumps({"name": name}))
    assert rendered["rendered"] == json.loads(sent)
    assert [request["body"]["assignment"]["policyUuid"] for request in rendered["rendered"]] == [
        "p1",
        {"name": "Hardening"},
        "p3",
        "p1",
        "p3",
    ]


def test_check_mode_says_what_the_run_does_and_reads_only(cloud):
    for policy in ("p1", "p2", "p3"):
        cloud.eset.assign(policy, "deviceGroupUuid", "g1")
    config = of({"device_group_uuid": "g1"}, "p4", "p3", "p1") + of({"device_uuid": "d2"}, "p2")
    planned = good(run(cloud, check=True, state="overridden", config=config))
    assert cloud.writes() == []
    done = good(run(cloud, state="overridden", config=config))
    for key in ("changed", "before", "after", "requests", "summary", "plan_digest"):
        assert planned[key] == done[key], key
    assert [request["path"].rsplit(":")[-1] for request in done["requests"] if request["method"] == "POST"][2:] == ["updateRanking"] * 2
    assert any("<new>" in request["path"] for request in done["requests"])
    assert not good(run(cloud, state="overridden", config=done["after"]))["changed"]


def test_the_order_in_which_the_server_lists_changes_nothing(cloud):
    for number in range(12):
        cloud.eset.assign("p1", "deviceUuid", cloud.eset.add_device(f"device {number}"))
    results = [good(run(cloud, check=True, state="overridden", config=[], max_removals=20)) for _run in range(4)]
    assert {json.dumps([result[key] for key in ("before", "after", "requests", "plan_digest")]) for result in results} == {
        json.dumps([results[0][key] for key in ("before", "after", "requests", "plan_digest")])
    }


def test_ids_are_opaque(cloud):
    """Nothing in them is taken for a path, a query or a template; the colon of the call stays one."""
    odd = "a/b?c=d:e f{{ 1 }}%41"
    cloud.eset.add_device("odd", uuid=odd)
    cloud.eset.add_policy("Odd", uuid=odd + "1")
    cloud.eset.add_policy("Even", uuid=odd + "2")
    made = iter(f"{odd}{number}" for number in range(9))
    cloud.eset.new_uuid = lambda: next(made)
    config = of({"device_uuid": odd}, odd + "1", odd + "2")
    good(run(cloud, state="replaced", config=config))
    ranked = [{"target": {"device_uuid": odd}, "policies": [{"policy_uuid": "p1", "rank": 1}]}]
    good(run(cloud, config=ranked))
    assert cloud.eset.stack("deviceUuid", odd) == ["p1", odd + "1", odd + "2"]
    good(run(cloud, state="replaced", config=of({"device_uuid": odd}, odd + "2")))
    assert cloud.eset.stack("deviceUuid", odd) == [odd + "2"]
    assert all(entry.path.count(":updateRanking") == 1 for entry in cloud.writes() if "Ranking" in entry.path)


def test_a_user_who_may_only_read(cloud):
    cloud.eset.add_user("reader", PASSWORD, read_only=True)
    config = of({"device_group_uuid": "g1"}, "p1")
    assert good(run(cloud, check=True, username="reader", config=config))["changed"]
    good(run(cloud, username="reader", state="gathered"))
    result = run(cloud, username="reader", config=config)
    assert result["failed"] and "403" in result["msg"] and "(code 7)" in result["msg"] and "permission Use" in result["msg"]
    assert not result["changed"] and result["requests"] == [] and len(result["pending"]) == 1


def test_parts_of_a_query():
    assert eset_api._in_parts("k", []) == []
    parts = eset_api._in_parts("k", ["x" * 1000] * 7 + ["é" * 5000, "y"])
    assert [len(part) for part in parts] == [3, 3, 1, 1, 1]


def changing(target, policies, **more):
    return {"config": [{"target": target, "policies": policies}], **more}


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        (changing({"device_group_uuid": "g1", "device_group": "Clients"}, [{"policy_uuid": "p1"}]), ["target.device_group"]),
        (changing({"device_uuid": "d2", "device": "other"}, []), ["target.device"]),
        (changing({"device_group_uuid": "g1"}, [{"policy_uuid": "p2", "policy": "Baseline"}]), ["policies[0].policy"]),
    ],
)
def test_lists_that_are_read_to_show_names_decide_nothing(cloud, options, paths):
    for kind, uuid in (("deviceGroupUuid", "g1"), ("deviceUuid", "d2")):
        for policy in ("p1", "p2"):
            cloud.eset.assign(policy, kind, uuid)
    bare, named = (run(cloud, check=True, state="replaced", with_names=names, **options) for names in (False, True))
    for key in ("plan_digest", "requests", "changed", "summary"):
        assert named[key] == bare[key], key
    assert all(any(f"config[0].{path}: " in text for text in named["warnings"]) for path in paths)


def test_gathered_does_not_show_what_a_list_disproves(cloud):
    config = [{"target": {"device_group": "Clients"}}, {"target": {"device_group_uuid": "nope"}}]
    result = run(cloud, state="gathered", config=config)
    assert [item["path"] for item in result["errors"]] == ["config[1].target.device_group_uuid"]
    config = [{"target": {"device_uuid": "nodev"}}, {"target": {"device_uuid": "d2"}}]
    result = run(cloud, state="gathered", config=config, with_names=True)
    assert [len(unit["policies"]) for unit in result["gathered"]] == [0, 0]
    assert any("config[0].target.device_uuid" in text and "nodev" in text for text in result["warnings"])
    (text,) = run(cloud, state="gathered", config=[{"target": {"device_group_uuid": "nope"}}])["warnings"]
    assert "not looked up" in text


def test_all_that_the_lists_say_against_a_config_is_said_at_once(cloud):
    config = [
        {"target": {"device_group": "Nowhere"}, "policies": []},
        {"target": {"device_group_uuid": "G3"}, "policies": [{"policy": "Nothing"}, {"policy_uuid": "zzz"}]},
    ]
    result = run(cloud, state="replaced", config=config)
    assert [item["path"] for item in result["errors"]] == [
        "config[0].target.device_group",
        "config[1].policies[0].policy",
        "config[1].target.device_group_uuid",
        "config[1].policies[1].policy_uuid",
    ]


def test_a_device_that_the_list_of_names_holds_is_not_asked_for_again(cloud):
    config = [
        {"target": {"device": "db & more"}, "policies": [{"policy_uuid": "p1"}]},
        {"target": {"device_uuid": "d4", "device": "Büro"}, "policies": [{"policy_uuid": "p1"}]},
    ]
    run(cloud, True, state="replaced", config=config)
    assert not [entry for entry in cloud.reads() if entry.path.endswith(("d4", "batchGet"))]


def test_a_policy_that_is_not_assigned_is_a_warning_for_a_target_by_name_too(cloud):
    result = run(cloud, state="deleted", config=[{"target": {"device_group": "Clients"}, "policies": [{"policy_uuid": "typo"}]}])
    assert not result["changed"] and ["typo" in text for text in result["warnings"]] == [True]


def test_what_a_list_holds_is_looked_up_whatever_name_it_has(cloud):
    """Berlin is there twice; that the list was read is enough."""
    config = [{"target": {"device_group": "Clients"}}, {"target": {"device_group_uuid": "g2"}}]
    assert not run(cloud, state="gathered", config=config).get("warnings")


def test_names_of_devices_that_are_known_are_not_read_again(cloud):
    config = [{"target": {"device_uuid": "d4", "device": "Büro"}, "policies": [{"policy_uuid": "p1"}]}]
    config += [{"target": {"device": "db & more"}, "policies": [{"policy_uuid": "p1"}]}]
    counts = [run(cloud, True, config=config, with_names=names)["stats"]["reads"] for names in (False, True)]
    assert counts[0] == counts[1]


def test_what_was_written_by_name_is_named(cloud):
    """Where two entries turn out to be the same, and where a rank is not what it says."""
    entry = {"target": {"device_group": "Servers"}, "policies": [{"policy": "Baseline", "rank": 9}]}
    twice = run(cloud, config=[entry, {**entry, "target": {"device_group_uuid": "g1"}}])["msg"]
    assert "device group Servers (g1) is listed twice" in twice
    policies = [{"policy": "Baseline"}, {"policy_uuid": "p1"}]
    assert "policy Baseline (p1) is listed twice" in run(cloud, config=[{**entry, "policies": policies}])["msg"]
    assert "Baseline is placed at 1" in run(cloud, check=True, config=[entry])["warnings"][0]
