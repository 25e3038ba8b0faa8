# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private application module on private resources, in-process against the mock server: every fault, every way of the vendor's."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import FAULTS, KEY, impatient, meanwhile, run_meraki, run_module

MODULE = "meraki_private_app"


def destination(number, ports="443", access="network"):
    return {"destination_addr": [f"10.0.0.{number}"], "protocol_ports": [{"protocol": "TCP", "ports": ports}], "access_type": access}


def stored(name, number, groups=(), types=("network",), **more):
    block = {"destinationAddr": [f"10.0.0.{number}"], "protocolPorts": [{"protocol": "tcp", "ports": "443"}]}
    return {
        "name": name,
        "accessTypes": [{"type": kind} for kind in types],
        "resourceAddresses": [block],
        "resourceGroupIds": groups,
        **more,
    }


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        meraki = made.meraki
        meraki.private_resources = "on"
        meraki.add_key(KEY)
        meraki.add_organization("1", "Example Health")
        meraki.add_resource_group("1", "West", id="g1")
        meraki.add_resource_group("1", "East", id="g2")
        for number, name in enumerate(("Keep", "Change", "Remove"), start=1):
            meraki.add_resource("1", **stored(name, number, ["g1"]))
        yield made


def run(cloud, check=False, **options):
    return run_meraki(MODULE, cloud, options, check=check)


def by_name(cloud):
    return {item["name"]: item for item in cloud.meraki.resources("1").values()}


def names(cloud):
    return sorted(by_name(cloud))


def paths(result):
    return [item["path"] for item in result["errors"]]


WANTED = [
    {"name": "Keep", "destinations": [destination(1)], "application_groups": ["West"]},
    {"name": "Change", "destinations": [destination(2, "443,8443"), destination(2, "443,8443", "client")], "application_groups": ["East"]},
    {"name": "New", "destinations": [destination(4)], "application_groups": ["North", "West"]},
]
STEPS = [
    ("GET", "Resources\\?", 1),
    ("GET", "Groups", 2),
    ("POST", "Groups", 1),
    ("POST", "Resources$", 1),
    ("PUT", ".", 1),
    ("DELETE", ".", 1),
]


# Every fault.


@pytest.mark.once
@pytest.mark.parametrize(("fault", "step"), list(itertools.product([*FAULTS, ("slow", {"seconds": 0.5, "acted": True})], STEPS)), ids=str)
def test_any_single_fault_at_any_step(cloud, fault, step):
    """A group is created once, and so is a resource."""
    kind, arguments = fault
    method, path, nth = step
    cloud.faults.add(kind, method=method, path=path, nth=nth, **arguments)
    result = run(cloud, state="overridden", config=WANTED, create_groups=True, timeout=0.3)
    assert not cloud.faults.left
    if result.get("failed"):
        assert result["pending"] is not None
        result = run(cloud, state="overridden", config=WANTED, create_groups=True)
    assert not result.get("failed"), result["msg"]
    assert names(cloud) == ["Change", "Keep", "New"], "each once"
    assert sorted(group["name"] for group in cloud.meraki.resource_groups("1").values()) == ["East", "North", "West"]
    again = run(cloud, state="overridden", config=WANTED, create_groups=True)
    assert not again["changed"] and again["summary"]["groups_created"] == []
    assert sum(entry.method == "POST" and entry.status == 201 for entry in cloud.log) <= 2


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_lost_answer_to_a_groups_creation_is_looked_up_by_name(cloud, kind):
    cloud.faults.add(kind, method="POST", path="Groups")
    result = run(cloud, config=WANTED[2:], create_groups=True)
    assert not result.get("failed"), result["msg"]
    planned = [(request["method"], request["body"]) for request in result["requests"]]
    assert [body.get("resourceGroupIds") for _method, body in planned] == [None, ["<new>", "g1"]] and len(planned) == 2
    (north,) = [key for key, group in cloud.meraki.resource_groups("1").items() if group["name"] == "North"]
    assert sorted(result["after"][0]["resource_group_ids"]) == sorted(["g1", north])


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_reads_that_lag_are_waited_for(cloud, lag):
    cloud.meraki.lag = lag
    result = run(cloud, config=[{"name": "New", "destinations": [destination(4)]}])
    assert not result.get("failed"), result["msg"]
    assert len(cloud.writes()) == 1 and result["after"][0]["resource_id"]


def test_a_deletion_that_is_refused_puts_the_links_back(cloud):
    (key,) = [key for key, item in cloud.meraki.resources("1").items() if item["name"] == "Remove"]
    cloud.meraki.successor.in_rules.add(key)
    reads = len(cloud.reads())
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and "in use by one or more rules" in result["msg"]
    assert by_name(cloud)["Remove"]["resourceGroupIds"] == ["g1"]
    assert [request["method"] for request in result["requests"]] == ["PUT", "PUT"]
    assert [request["method"] for request in result["pending"]] == ["DELETE"]
    assert len(cloud.reads()) == reads + 2, "there is no way to read one: the list is read again"
    forced = run(cloud, state="deleted", config=[{"name": "Remove"}], force=True)
    assert forced["failed"] and paths(forced) == ["force"] and len(cloud.writes()) == 3


def test_what_is_put_back_is_what_is_there_by_then(cloud):
    known = cloud.meraki.successor._organizations["1"].resources
    (key,) = [key for key, item in known.items() if item["name"] == "Remove"]
    cloud.meraki.successor.in_rules.add(key)
    meanwhile(cloud, lambda: known.update({key: {**known[key], "description": "by somebody else"}}))
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and known[key]["description"] == "by somebody else"
    assert by_name(cloud)["Remove"]["resourceGroupIds"] == ["g1"]


def test_groups_that_lose_their_last_resource(cloud):
    config = [{"name": name} for name in ("Keep", "Change", "Remove")]
    refused = run(cloud, state="deleted", config=config)
    assert refused["failed"] and "'West' (g1)" in refused["msg"] and cloud.writes() == []
    done = run(cloud, state="deleted", config=config, allow_group_removal=True, max_removals=4)
    assert not done.get("failed"), done["msg"]
    assert done["summary"]["groups_removed"] == [{"id": "g1", "name": "West"}] and names(cloud) == []


# Every way of the vendor's.


@pytest.mark.parametrize(
    "switches",
    [
        {"put_omitted": "keep", "delete_status": 200, "group_answer": "all", "branch": False},
        {"delete_linked": "delink", "shuffle": True, "keeps_deleted": True},
        {"dated": True, "link": False, "per_page": False, "cascade_on_delink": True},
        {"total": False},
    ],
    ids=str,
)
def test_every_way_of_the_vendors(cloud, switches):
    for name, value in switches.items():
        setattr(cloud.meraki.successor, name, value)
    result = run(cloud, state="overridden", config=WANTED, create_groups=True)
    assert not result.get("failed"), result["msg"]
    counts = {"created": 1, "updated": 1, "moved": 0, "deleted": 1, "unchanged": 1}
    assert result["summary"] == {**counts, "groups_removed": [], "groups_created": ["North"]}
    assert names(cloud) == ["Change", "Keep", "New"]
    if not switches.get("keeps_deleted"):
        assert not run(cloud, state="overridden", config=WANTED)["changed"]
        gathered = run(cloud, state="gathered")["gathered"]
        for state in ("merged", "replaced", "overridden"):
            assert not run(cloud, state=state, config=gathered)["changed"]


@pytest.mark.parametrize(("link", "per_page"), [(True, True), (False, True), (False, False)])
def test_a_list_in_pages_is_read_whole(cloud, link, per_page):
    successor = cloud.meraki.successor
    successor.link, successor.per_page = link, per_page
    cloud.meraki.page_most = 4
    for number in range(12):
        cloud.meraki.add_resource("1", **stored(f"Elk {number}", number))
    result = run(cloud, state="gathered", api="private_resources")
    assert len(result["gathered"]) == 15 and result["stats"]["reads"] == 4 + (not per_page)
    result = run(cloud, state="overridden", config=result["gathered"])
    assert not result.get("failed") and not result["changed"]


def altered(cloud, change):
    """The list of resources as ``change`` makes it."""
    original = cloud.meraki.handle

    def handle(request):
        answer = original(request)
        if request.method != "GET" or not request.path.endswith("privateResources"):
            return answer
        return replace(answer, body=json.dumps(change(json.loads(answer.body))).encode())

    cloud.meraki.handle = handle


def without(data, key):
    return {**data, "data": [{name: value for name, value in item.items() if name != key} for item in data["data"]]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: {"data": data["data"], "meta": {"total": 9}}, "has no others"),
        (lambda data: {"items": []}, "not the list that the API documents"),
        (lambda data: without(data, "resourceAddresses"), "has no resourceAddresses"),
        (lambda data: without(data, "accessTypes"), "has no accessTypes"),
        (lambda data: without(data, "resourceId"), "has no resourceId"),
    ],
)
def test_a_list_that_is_not_whole_is_not_written_from(cloud, change, says):
    altered(cloud, change)
    result = run(cloud, config=[{"name": "Keep", "description": "x"}])
    assert result["failed"] and says in result["msg"] and cloud.writes() == []


def test_groups_that_are_not_told_are_asked_for(cloud):
    altered(cloud, lambda data: without(data, "resourceGroupIds"))
    result = run(cloud, config=[{"name": "Keep", "description": "new"}], verify=False)
    assert not result.get("failed"), result["msg"]
    assert by_name(cloud)["Keep"]["resourceGroupIds"] == ["g1"]


def test_a_list_without_a_total_is_read_twice_before_a_write_and_once_without(cloud):
    cloud.meraki.successor.total = False
    assert run(cloud, config=[{"name": "Keep", "description": "x"}], verify=False)["stats"]["reads"] == 2
    assert run(cloud, config=[{"name": "Keep", "description": "x"}])["stats"]["reads"] == 1


# What is written, and what is not.


def test_addresses_that_a_client_reaches_go_back_until_the_others_change(cloud):
    reachable = {"type": "client", "reachableAddresses": ["10.9.9.9"]}
    cloud.meraki.add_resource("1", **{**stored("Odd", 9, ["g1"]), "accessTypes": [reachable]})
    assert not run(cloud, config=[{"name": "Odd", "description": "x"}]).get("failed")
    assert not run(cloud, config=[{"name": "Odd", "destinations": [destination(8, access="client")]}]).get("failed")
    kept, changed = cloud.writes()
    assert kept.body == {
        "name": "Odd",
        "description": "x",
        "accessTypes": [reachable],
        "resourceAddresses": [{"destinationAddr": ["10.0.0.9"], "protocolPorts": [{"protocol": "tcp", "ports": "443"}]}],
        "resourceGroupIds": ["g1"],
    }
    assert changed.body["accessTypes"] == [{"type": "client"}]
    assert by_name(cloud)["Odd"]["accessTypes"][0]["reachableAddresses"] == ["10.0.0.8"]


@pytest.mark.parametrize("drops", [False, True])
def test_a_dns_server_is_warned_of_and_must_still_be_there(cloud, drops):
    cloud.meraki.successor.put_drops = drops
    cloud.meraki.add_resource("1", **stored("Bound", 9, dnsServerId="77"))
    result = run(cloud, config=[{"name": "Bound", "description": "x"}])
    assert sum("DNS server" in text and "'Bound'" in text for text in result["warnings"]) == 1
    assert bool(result.get("failed")) is drops
    if drops:
        assert "lost its DNS server (77)" in result["msg"] and result["changed"]
    assert not any("DNS" in text for text in run(cloud, config=[{"name": "Keep", "description": "y"}])["warnings"])


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("entry", [{"name": "New", "destinations": [destination(4)]}, {"name": "Keep", "description": "x"}], ids=str)
def test_a_success_that_hides_a_failure_is_one(cloud, hidden, entry):
    cloud.meraki.successor.hidden_errors = {entry["name"]: "no room in Umbrella"}
    cloud.meraki.successor.hidden_from_answer = hidden
    result = run(cloud, config=[entry])
    assert result["failed"] and "no room in Umbrella" in result["msg"] and result["changed"]
    assert [request["path"].split("/")[-1][:16] for request in result["requests"]] and result["pending"] == []
    later = run(cloud, config=[entry])
    assert not later.get("failed") and sum("no room in Umbrella" in text for text in later["warnings"]) == 1, "on others it is a warning"
    assert any("no room in Umbrella" in text for text in run(cloud, state="gathered")["warnings"])


def test_a_hidden_failure_on_the_way_to_a_deletion_puts_the_links_back(cloud):
    cloud.meraki.successor.hidden_errors = {"Remove": "no room in Umbrella"}
    result = run(cloud, state="deleted", config=[{"name": "Remove"}])
    assert result["failed"] and by_name(cloud)["Remove"]["resourceGroupIds"] == ["g1"]
    assert [request["method"] for request in result["pending"]] == ["DELETE"]


def test_what_cannot_be_carried_is_an_error_before_anything_is_written(cloud):
    jira = [
        destination(1, access="browser"),
        {**destination(1), "destination_addr": ["10.0.0.0/24"]},
    ]
    config = [
        {"name": "Jira", "destinations": jira},
        {"name": "Sni", "destinations": [destination(1, access="browser")], "sni": "a.example", "ssl_verification_enabled": False},
        {"name": "Plain", "destinations": [destination(1, access="browser")], "sni": "", "ssl_verification_enabled": True},
    ]
    expected = ["config[0].destinations", "config[1].sni", "config[1].ssl_verification_enabled"]
    for api, reads in (("auto", 1), ("private_resources", 0)):
        result = run(cloud, config=config, api=api)
        assert paths(result) == expected and result["stats"]["reads"] == reads
        assert "destinations[0] (browser), destinations[1] (network)" in result["msg"]
    assert cloud.writes() == []
    done = run(cloud, config=config[2:])
    assert not done.get("failed") and "sni" not in done["after"][0] and not run(cloud, config=config[2:])["changed"]


def test_a_resource_that_is_reached_in_an_unknown_way_keeps_it(cloud):
    cloud.meraki.add_resource("1", **stored("Odd", 9, types=["tunnel"]))
    gathered = run(cloud, state="gathered", config=[{"name": "Odd"}])
    assert gathered["gathered"][0]["destinations"] == [] and any("'Odd'" in text for text in gathered["warnings"])
    for state in ("merged", "replaced"):
        assert not run(cloud, state=state, config=gathered["gathered"])["changed"]
    refused = run(cloud, config=[{"name": "Odd", "destinations": [destination(1)]}])
    assert paths(refused) == ["config[0].destinations"] and "tunnel" in refused["msg"]


def test_host_names_by_network_access_are_warned_of(cloud):
    config = [{"name": "Host", "destinations": [{**destination(1), "destination_addr": ["a.example"]}]}]
    assert any("a.example" in text for text in run(cloud, config=config)["warnings"])
    assert not any("a.example" in text for text in run(cloud, config=config)["warnings"]), "once"


@pytest.mark.parametrize("access", ["browser", "client"])
def test_networks_and_other_protocols_are_left_to_the_vendor(cloud, access):
    there = {"destination_addr": ["10.0.0.0/24", "*.a.example"], "protocol_ports": [{"protocol": "any", "ports": "1-65535"}]}
    config = [{"name": "Wide", "destinations": [{**there, "access_type": access}]}]
    assert not run(cloud, config=config).get("failed") and not run(cloud, config=config)["changed"]


# Ids.


def test_ids_of_the_other_api_are_ignored_with_a_warning_and_names_decide(cloud):
    (change,) = [key for key, item in cloud.meraki.resources("1").items() if item["name"] == "Change"]
    config = [
        {"application_id": change, "name": "Keep", "destinations": [destination(1)], "application_group_ids": ["g2"]},
        {"application_id": "9", "name": "New", "destinations": [destination(4)], "application_groups": ["West"]},
    ]
    result = run(cloud, state="replaced", config=config)
    assert not result.get("failed"), result["msg"]
    assert names(cloud) == ["Change", "Keep", "New", "Remove"] and by_name(cloud)["Change"]["resourceId"] == change
    assert by_name(cloud)["Keep"]["resourceGroupIds"] == ["g1"], "nobody knows which groups are meant"
    assert sum("ids of the other API" in text for text in result["warnings"]) == 1
    only = run(cloud, state="deleted", config=[{"application_id": change}])
    assert paths(only) == ["config[0].name"] and "Change" in names(cloud)
    gathered = run(cloud, state="gathered", config=[{"application_id": change}], api="private_resources")
    assert paths(gathered) == ["config[0].name"] and gathered["stats"]["reads"] == 0
    assert paths(run(cloud, state="gathered", config=[{"application_id": change}])) == ["config[0].name"]


def test_ids_are_those_of_the_api_in_use(cloud):
    gathered = run(cloud, state="gathered", with_names=True)
    assert gathered["api"] == gathered["place"]["api"] == "private_resources"
    (keep,) = [unit for unit in gathered["gathered"] if unit["name"] == "Keep"]
    assert {"resource_id", "resource_group_ids", "application_groups"} <= set(keep) and not set(keep) & {"sni", "application_id"}
    renamed = run(cloud, config=[{"resource_id": keep["resource_id"], "name": "Kept"}])
    assert renamed["after"][0]["name"] == "Kept" and renamed["api"] == "private_resources"
    wrong = run(cloud, config=[{"name": "Kept", "resource_group_ids": ["g9"], "application_groups": ["West"]}, {"name": "New"}])
    assert "config[0].resource_group_ids" not in paths(wrong) and paths(wrong) == ["config[1].destinations"]


# Which API.


def older(cloud, *listed):
    for number, name in enumerate(listed, start=1):
        pair = {"protocol": "TCP", "ports": "443"}
        there = {"destinationAddr": [f"10.0.0.{number}/32"], "protocolPorts": [pair], "accessType": "network"}
        cloud.meraki.add_application("1", name=name, destinations=[there])


def emptied(cloud):
    for key in cloud.meraki.resources("1"):
        cloud.meraki.successor.remove("1", key)


@pytest.mark.parametrize("off", ["off", "off_html"])
def test_a_404_means_the_older_api(cloud, off):
    cloud.meraki.private_resources = off
    older(cloud, "Old")
    result = run(cloud, config=[{"name": "Old", "destinations": [destination(1)]}])
    assert (result["api"], result["changed"], result["stats"]["reads"]) == ("private_applications", False, 2)
    explicit = run(cloud, config=[{"name": "Old"}], api="private_applications")
    assert explicit["stats"]["reads"] == 1 and any("deprecated" in text for text in explicit["warnings"])


def test_resources_are_the_api_where_there_are_any(cloud):
    older(cloud, "Old")
    result = run(cloud, config=[{"name": "Keep", "destinations": [destination(1)]}])
    assert (result["api"], result["changed"], result["stats"]["reads"]) == ("private_resources", False, 1)
    assert any("beta" in text for text in result["warnings"])


@pytest.mark.parametrize("listed", [(), ("Old",)])
@pytest.mark.parametrize("there", ["on", "off"])
def test_no_resources_and_what_the_older_api_has(cloud, listed, there):
    emptied(cloud)
    older(cloud, *listed)
    cloud.meraki.private_applications = there
    used = "private_applications" if listed and there == "on" else "private_resources"
    result = run(cloud, config=[{"name": "New", "destinations": [destination(4)]}])
    assert result["api"] == used and not result.get("failed")
    assert any("To choose an API, set api" in text for text in result["warnings"]) is (used == "private_applications")
    assert {entry.path.split("/")[-1] for entry in cloud.writes()} == {f"private{used.split('_')[1].capitalize()}"}


@pytest.mark.parametrize("status", [401, 403, 400])
def test_any_other_answer_is_an_error(cloud, status):
    older(cloud, "Old")
    cloud.faults.add("status", status=status, path="privateResources", times=None)
    result = run(cloud, state="gathered")
    assert result["failed"] and result["http_status"] == status and "api" not in result
    assert ("api: private_applications" in result["msg"]) is (status == 403)
    assert not any("privateApplications" in entry.path for entry in cloud.log)


@pytest.mark.parametrize("link", [True, False])
def test_a_404_in_the_middle_of_the_list_is_an_error(cloud, link):
    """The API is there, and what follows the first page is not known."""
    older(cloud, "Old")
    cloud.meraki.successor.link, cloud.meraki.page_most = link, 2
    cloud.faults.add("status", status=404, path="privateResources", nth=2)
    result = run(cloud, config=[{"name": "New", "destinations": [destination(4)]}])
    assert result["failed"] and cloud.writes() == [] and not any("privateApplications" in entry.path for entry in cloud.log)


def test_client_access_is_an_error_on_the_older_api_and_so_are_ids_of_the_successor(cloud):
    cloud.meraki.private_resources = "off"
    older(cloud, "Old", "Other")
    config = [{"name": "New", "destinations": [destination(4, access="client")]}]
    for api, reads in (("auto", 2), ("private_applications", 0)):
        result = run(cloud, config=config, api=api)
        assert paths(result) == ["config[0].destinations[0].access_type"] and result["stats"]["reads"] == reads
    (other,) = [key for key, item in cloud.meraki.applications("1").items() if item["name"] == "Other"]
    result = run(cloud, config=[{"resource_id": other, "name": "Old", "description": "x"}])
    assert result["after"][0]["name"] == "Old" and any("ids of the other API" in text for text in result["warnings"])


def test_an_export_of_one_api_is_fed_to_the_other(cloud):
    """Names decide, and groups are made: what was moved is there, and nothing else has changed."""
    before = by_name(cloud)
    older(cloud, "Old", "Older")
    group = cloud.meraki.add_group("1", "Portals")
    run(cloud, api="private_applications", config=[{"name": "Old", "application_group_ids": [group]}])
    gathered = run(cloud, api="private_applications", state="gathered", with_names=True)["gathered"]
    moved = run(cloud, config=gathered, create_groups=True)
    assert not moved.get("failed"), moved["msg"]
    assert moved["summary"]["created"] == 2 and moved["summary"]["groups_created"] == ["Portals"]
    assert {name: item for name, item in by_name(cloud).items() if name in before} == before
    again = run(cloud, config=gathered)
    assert not again["changed"]
    back = run(cloud, api="private_applications", state="merged", config=run(cloud, state="gathered", with_names=True)["gathered"])
    assert back["failed"] and "With create_groups it would be created" in back["msg"]


# Groups that are created, on both APIs.


@pytest.fixture(params=["private_applications", "private_resources"])
def api(request):
    return request.param


def groups_of(cloud, api):
    found = cloud.meraki.groups("1") if api == "private_applications" else cloud.meraki.resource_groups("1")
    return sorted(group["name"] for group in found.values())


def test_groups_are_created_once_and_joined(cloud, api):
    config = [
        {"name": name, "destinations": [destination(number)], "application_groups": ["North", "South"]}
        for number, name in ((5, "A"), (6, "B"))
    ]
    refused = run(cloud, api=api, config=config)
    assert len(refused["errors"]) == 4 and "With create_groups it would be created" in refused["msg"]
    planned = run(cloud, True, api=api, config=config, create_groups=True)
    assert cloud.writes() == []
    done = run(cloud, api=api, config=config, create_groups=True)
    assert not done.get("failed"), done["msg"]
    for key in ("changed", "before", "requests", "summary", "plan_digest"):
        assert planned[key] == done[key], key
    assert done["summary"]["groups_created"] == ["North", "South"]
    assert planned["after"][0]["application_groups"] == ["North", "South"]
    ids = "application_group_ids" if api == "private_applications" else "resource_group_ids"
    assert planned["after"][0][ids] == ["<new>", "<new>"] and "<new>" not in json.dumps(done["after"])
    assert [request["body"]["name"] for request in done["requests"]] == ["North", "South", "A", "B"]
    assert groups_of(cloud, api) == ["East", "North", "South", "West"] if api == "private_resources" else ["North", "South"]
    again = run(cloud, api=api, config=config, create_groups=True)
    assert not again["changed"] and again["stats"]["reads"] == 2
    assert again["after"] == [] and again["summary"]["groups_created"] == []


def test_without_reading_back_the_ids_of_groups_come_from_the_answers(cloud, api):
    config = [{"name": "A", "destinations": [destination(5)], "application_groups": ["North"]}]
    done = run(cloud, api=api, config=config, create_groups=True, verify=False)
    assert done["stats"]["reads"] == 4, "the lists, and again before the first write"
    gathered = run(cloud, api=api, state="gathered", config=[{"name": "A"}], with_names=True)["gathered"]
    assert done["after"] == gathered


def test_a_group_that_somebody_makes_meanwhile_is_joined(cloud, api):
    make = cloud.meraki.add_group if api == "private_applications" else cloud.meraki.add_resource_group
    original = cloud.meraki.handle
    reads = []

    def handle(request):
        reads.append(request.path)
        if len([path for path in reads if path.endswith("Groups")]) == 2:
            cloud.meraki.handle = original
            make("1", "North")
        return original(request)

    cloud.meraki.handle = handle
    config = [{"name": "A", "destinations": [destination(5)], "application_groups": ["North"]}]
    done = run(cloud, api=api, config=config, create_groups=True)
    assert not done.get("failed"), done["msg"]
    assert groups_of(cloud, api).count("North") == 1 and done["summary"]["groups_created"] == []


@pytest.mark.parametrize(
    ("given", "says"),
    [(["west"], "Names must match exactly"), (["No_rth"], "no special characters"), (["North", "north"], "differs in case only")],
)
def test_groups_that_are_not_created(cloud, given, says):
    config = [{"name": "A", "destinations": [destination(5)], "application_groups": given}]
    result = run(cloud, config=config, create_groups=True)
    assert result["failed"] and says in result["msg"] and cloud.writes() == []


def test_no_group_is_created_for_what_goes_or_is_only_listed(cloud):
    gone = run(cloud, state="deleted", config=[{"name": "Keep", "application_groups": ["North"]}], create_groups=True)
    assert paths(gone) == ["config[0].application_groups[0]"] and "create_groups" not in gone["msg"]


def test_the_digest_tells_the_groups_and_the_api(cloud):
    entry = {"name": "A", "destinations": [destination(5)]}
    digests = {
        run(cloud, True, api=api, config=[{**entry, **more}], create_groups=True)["plan_digest"]
        for api in ("private_applications", "private_resources")
        for more in ({}, {"application_groups": ["North"]}, {"application_groups": ["South"]})
    }
    assert len(digests) == 6


def test_rendered():
    config = [
        {"resource_id": "5", "name": "A", "destinations": [destination(5), destination(5, access="client")], "application_groups": ["West"]}
    ]
    result = run_module(MODULE, {"state": "rendered", "api": "private_resources", "config": config})
    assert result["api"] == "private_resources" and result["rendered"] == [
        {
            "method": "POST",
            "path": "/organizations/{organizationId}/secureConnect/privateResources",
            "body": {
                "name": "A",
                "accessTypes": [{"type": "client"}, {"type": "network"}],
                "resourceAddresses": [{"destinationAddr": ["10.0.0.5"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}]}],
                "resourceGroupIds": [{"name": "West"}],
            },
        }
    ]
    auto = run_module(MODULE, {"state": "rendered", "config": config})
    assert paths(auto) == ["config[0].destinations[1].access_type"]
