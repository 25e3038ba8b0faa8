# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mock server for Secure Connect's private resources: it holds clients to the specification, and each switch does as it says."""

from __future__ import annotations

import pytest
import requests
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .test_mock_cloud_meraki import KEY, ORG, Dashboard

# The mock server is nothing that users install.
pytestmark = pytest.mark.once

RESOURCES = f"{ORG}/secureConnect/privateResources"
GROUPS = f"{ORG}/secureConnect/privateResourceGroups"
APPS = f"{ORG}/secureConnect/privateApplications"


def block(address="10.0.0.1", protocol="TCP", ports="443"):
    return {"destinationAddr": [address], "protocolPorts": [{"protocol": protocol, "ports": ports}]}


def resource(name, *types, **more):
    return {"name": name, "accessTypes": [{"type": kind} for kind in types or ("network",)], "resourceAddresses": [block()], **more}


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        made.meraki.private_resources = "on"
        made.meraki.add_key(KEY)
        made.meraki.add_organization("1", "Example Health")
        made.meraki.add_resource_group("1", "West", id="g1")
        for number, name in enumerate(("Ant", "Bee", "Cat"), start=1):
            made.meraki.add_resource("1", resourceId=str(number), **resource(name), resourceGroupIds=["g1"] if number < 3 else [])
        yield made


@pytest.fixture
def dashboard(cloud):
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"Authorization": f"Bearer {KEY}", "User-Agent": "Tests/1.0 SecopsCollection"})
        yield Dashboard(cloud, session)


@pytest.fixture
def successor(cloud):
    return cloud.meraki.successor


def named(page):
    return [item["name"] for item in page["data"]]


def test_each_api_is_there_or_is_not(cloud, dashboard):
    cloud.meraki.private_resources = "off"
    assert dashboard.get(RESOURCES, 404) and dashboard.get(GROUPS, 404)
    cloud.meraki.private_resources = cloud.meraki.private_applications = "off_html"
    for path in (RESOURCES, APPS):
        answer = dashboard.send("GET", path)
        assert answer.status_code == 404 and answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("link", [True, False])
def test_pages_begin_after_a_name(cloud, dashboard, successor, link):
    successor.link, cloud.meraki.page_most = link, 2
    first = dashboard.get(RESOURCES, perPage=1000)
    assert named(first) == ["Ant", "Bee"] and first["meta"] == {"total": 3}
    assert named(dashboard.get(RESOURCES, startingAfter="Bee", perPage=1000)) == ["Cat"]
    assert named(dashboard.get(RESOURCES, endingBefore="Bee")) == ["Ant"]
    assert named(dashboard.get(RESOURCES, sortBy="name", sortOrder="desc", perPage=1)) == ["Cat"]
    assert ("next" in dashboard.send("GET", RESOURCES, params={"perPage": "1000"}).links) is link
    assert sum(len(page.json()["data"]) for page in dashboard.follow(RESOURCES)) == (3 if link else 2)
    assert "no private resource named Dog" in dashboard.refused("GET", RESOURCES, startingAfter="Dog")


def test_pages_are_small_by_default_and_may_have_one_size_only(cloud, dashboard, successor):
    for number in range(9):
        cloud.meraki.add_resource("1", **resource(f"Elk {number}"))
    assert len(dashboard.get(RESOURCES)["data"]) == 10 and len(dashboard.get(RESOURCES, perPage=1000)["data"]) == 12
    assert dashboard.refused("GET", RESOURCES, perPage=0) and dashboard.refused("GET", RESOURCES, nameIncludes="Ant")
    successor.per_page = successor.total = False
    assert dashboard.refused("GET", RESOURCES, perPage=1000)
    assert "meta" not in dashboard.get(RESOURCES)


def test_a_resource_is_stored_in_the_vendors_form(dashboard, successor):
    made = dashboard.ask("POST", RESOURCES, resource("Desk", "client", "browser", resourceGroupIds=["g1"]), 201)
    assert made["accessTypes"] == [{"type": "client", "reachableAddresses": ["10.0.0.1"]}, {"type": "browser"}, {"type": "branch"}]
    assert made["resourceAddresses"] == [block(protocol="tcp")] and made["resourceGroupIds"] == ["g1"]
    successor.branch, successor.dated, successor.shuffle = False, True, True
    again = next(item for item in dashboard.get(RESOURCES)["data"] if item["name"] == "Desk")
    assert [one["type"] for one in again["accessTypes"]] == ["browser", "client"] and again["deletedAt"]


@pytest.mark.parametrize("name", ["Desk_1", "Ant", ""])
def test_names_that_are_refused(dashboard, name):
    assert "name" in dashboard.refused("POST", RESOURCES, resource(name))
    assert "name" in dashboard.refused("POST", GROUPS, {"name": "West" if name == "Ant" else name})


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Desk", "accessTypes": [{"type": "network"}]},
        {"name": "Desk", "resourceAddresses": [block()]},
        resource("Desk", "branch"),
        resource("Desk", "network", "network"),
        resource("Desk", dnsServerId="1"),
        resource("Desk", sni="a.example"),
        resource("Desk", resourceGroupIds=["g9"]),
        {**resource("Desk"), "resourceAddresses": []},
        {**resource("Desk"), "accessTypes": []},
        {**resource("Desk"), "accessTypes": [{"type": "network", "reachableAddresses": []}]},
        {**resource("Desk"), "resourceAddresses": [block("::1")]},
        {**resource("Desk"), "resourceAddresses": [block(ports="0")]},
        {**resource("Desk"), "resourceAddresses": [{**block(), "protocolPorts": block()["protocolPorts"] * 2}]},
    ],
    ids=str,
)
def test_bodies_that_are_refused(cloud, dashboard, body):
    assert dashboard.refused("POST", RESOURCES, body)
    assert len(cloud.meraki.resources("1")) == 3


@pytest.mark.parametrize(("omitted", "left"), [("keep", (["g1"], "old")), ("reset", ([], ""))])
@pytest.mark.parametrize("drops", [True, False])
def test_what_a_put_leaves_out(cloud, dashboard, successor, omitted, left, drops):
    successor.put_omitted, successor.put_drops = omitted, drops
    cloud.meraki.add_resource("1", resourceId="9", **resource("Desk", description="old", resourceGroupIds=["g1"], dnsServerId="7"))
    changed = dashboard.ask("PUT", f"{RESOURCES}/9", resource("Desk"))
    assert (changed["resourceGroupIds"], changed["description"]) == left and changed["dnsServerId"] == ("" if drops else "7")


@pytest.mark.parametrize("linked", ["delink", "refuse"])
def test_deletions(cloud, dashboard, successor, linked):
    successor.delete_linked, successor.keeps_deleted, successor.delete_status = linked, True, 200
    if linked == "refuse":
        assert "from its groups" in dashboard.refused("DELETE", f"{RESOURCES}/1")
        dashboard.ask("PUT", f"{RESOURCES}/1", resource("Ant"))
    dashboard.ask("DELETE", f"{RESOURCES}/1")
    assert "last resource" in dashboard.refused("DELETE", f"{RESOURCES}/2")
    successor.in_rules.add("3")
    assert "in use" in dashboard.refused("DELETE", f"{RESOURCES}/3")
    assert dashboard.refused("DELETE", f"{RESOURCES}/2", {"force": True})
    dashboard.ask("DELETE", f"{RESOURCES}/1", None, 404)
    assert [item["name"] for item in dashboard.get(RESOURCES)["data"] if item.get("deletedAt")] == ["Ant"]


@pytest.mark.parametrize(("answer", "told"), [("one", ["East"]), ("all", ["West", "East"])])
def test_groups_are_answered_in_a_list(cloud, dashboard, successor, answer, told):
    successor.group_answer = answer
    made = dashboard.ask("POST", GROUPS, {"name": "East", "resourceIds": ["3"]}, 201)
    assert named(made) == told and set(dashboard.get(GROUPS)) == {"data"}
    (key,) = [item["resourceGroupId"] for item in made["data"] if item["name"] == "East"]
    assert cloud.meraki.resources("1")["3"]["resourceGroupIds"] == [key]
    changed = dashboard.ask("PUT", f"{GROUPS}/{key}", {"name": "North"})
    assert [item["resourceIds"] for item in changed["data"] if item["name"] == "North"] == [[]]
    dashboard.ask("DELETE", f"{GROUPS}/{key}", None, 204)
    assert set(cloud.meraki.resource_groups("1")) == {"g1"}


@pytest.mark.parametrize("hidden", [True, False])
def test_what_went_wrong_elsewhere_is_told_or_hidden(dashboard, successor, hidden):
    successor.hidden_errors, successor.hidden_from_answer = {"Desk": "no room in Umbrella"}, hidden
    made = dashboard.ask("POST", RESOURCES, resource("Desk"), 201)
    assert made["umbrellaResourceErrorMessage"] == ("" if hidden else "no room in Umbrella")
    (read,) = [item for item in dashboard.get(RESOURCES)["data"] if item["name"] == "Desk"]
    assert read["umbrellaResourceErrorMessage"] == "no room in Umbrella"


def test_reads_lag(cloud, dashboard):
    cloud.meraki.lag = 1
    dashboard.ask("POST", RESOURCES, resource("Desk"), 201)
    assert "Desk" not in named(dashboard.get(RESOURCES)) and "Desk" in named(dashboard.get(RESOURCES))


def test_a_group_may_go_with_its_last_resource_and_somebody_may_delete_one(cloud, dashboard, successor):
    successor.cascade_on_delink = True
    dashboard.ask("PUT", f"{RESOURCES}/1", resource("Ant"))
    assert set(cloud.meraki.resource_groups("1")) == {"g1"}
    successor.remove("1", "2")
    assert cloud.meraki.resource_groups("1") == {} and "privateResources" in cloud.meraki.state()
