# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mock server for the Dashboard API: that it holds clients to the specification, and that every switch does what it says."""

from __future__ import annotations

import functools
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, spec
from ansible_collections.secops.policy.tests.mock_cloud.meraki import FILES
from ansible_collections.secops.policy.tests.mock_cloud.secure_connect import LIMIT
from jsonschema import Draft202012Validator

# The mock server is nothing that users install.
pytestmark = pytest.mark.once

KEY = "key-0123456789"
ORG = "/organizations/1"
NETWORKS = f"{ORG}/networks"
SENTRY = f"{ORG}/sm/sentry/policies/assignments"
APPS = f"{ORG}/secureConnect/privateApplications"
GROUPS = f"{ORG}/secureConnect/privateApplicationGroups"


class Dashboard:
    """Asks over HTTP; every good answer is compared with what the specification says of it, every other with the vendor's shape."""

    def __init__(self, cloud, session):
        self.cloud = cloud
        self.session = session

    def send(self, method, path, data=None, **options):
        return self.session.request(method, self.cloud.meraki_url + path, json=data, timeout=5, **options)

    def ask(self, method, path, data=None, expect=200, **query):
        """The body as JSON."""
        answer = self.send(method, path, data, params=query)
        assert answer.status_code == expect, answer.text
        assert answer.headers["X-Request-Id"]
        read = answer.json() if answer.content else None
        if expect < 300:
            conforms(method, path, expect, read)
        else:
            assert set(read) == {"errors"} and all(isinstance(text, str) for text in read["errors"])
        return read

    def get(self, path, expect=200, **query):
        return self.ask("GET", path, None, expect, **query)

    def refused(self, method, path, data=None, **query):
        """The texts of a 400, as one."""
        return "; ".join(self.ask(method, path, data, 400, **query)["errors"])

    def follow(self, path, rel="next", **query):
        """Every page from this one on, as answers."""
        answer = self.send("GET", path, params=query)
        pages = [answer]
        while rel in answer.links:
            answer = self.session.get(answer.links[rel]["url"], timeout=5)
            pages.append(answer)
        assert {page.status_code for page in pages} == {200}
        return pages

    def sentry(self, **query):
        """The policies by network."""
        (wrapper,) = self.get(f"{SENTRY}/byNetwork", **query)
        return {item["networkId"]: item["policies"] for item in wrapper["items"]}

    def put_sentry(self, items, expect=200):
        listed = [{"networkId": network_id, "policies": policies} for network_id, policies in items.items()]
        return self.ask("PUT", SENTRY, {"items": listed}, expect)


@functools.cache
def schema_of(method, path, status):
    operation, _places, _known = spec.find(FILES, method, path)
    assert operation is not None
    for file in FILES:
        document = json.loads((spec.SPECS / file).read_text())
        raw = document["paths"].get(operation.template, {}).get(method.lower())
        if raw:
            content = raw["responses"][str(status)].get("content")
            return content and Draft202012Validator(spec._strict(content["application/json"]["schema"], document))
    raise AssertionError(path)


def conforms(method, path, status, data):
    if data is None or (method, data) == ("DELETE", {}):
        return
    found = schema_of(method, path, status)
    assert [error.message for error in found.iter_errors(data)] == []


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        meraki = made.meraki
        meraki.add_key(KEY)
        meraki.add_organization("1", "Example Health")
        meraki.add_organization("2", "Another")
        meraki.add_network("1", "N_SM", "Corp SM", product_types=["systemsManager"])
        meraki.add_network("2", "N_OTHER", "Elsewhere", product_types=["systemsManager"])
        meraki.add_group_policy("N_OTHER", "100", "Group 0")
        for number in range(1, 4):
            meraki.add_network("1", f"N_{number}", f"Branch {number}", tags=["branch", f"b{number}"])
            for group in range(3):
                meraki.add_group_policy(f"N_{number}", f"10{group}", f"Group {group}")
        meraki.add_sentry("N_1", [policy(0), policy(1)])
        meraki.add_sentry("N_2", [policy(0)])
        yield made


@pytest.fixture
def dashboard(cloud):
    with requests.Session() as session:
        session.headers.update({"Authorization": f"Bearer {KEY}", "User-Agent": "Tests/1.0 Tests"})
        yield Dashboard(cloud, session)


@pytest.fixture
def connect(cloud):
    return cloud.meraki.secure_connect


def policy(group, **fields):
    return {"smNetworkId": "N_SM", "scope": "withAny", "tags": [f"tag{group}"], "groupPolicyId": f"10{group}"} | fields


def application(name, *destinations, **fields):
    return {"name": name, "destinations": list(destinations) or [destination()], **fields}


def destination(address="10.0.0.1/32", access="browser", **ports):
    return {
        "destinationAddr": [address],
        "protocolPorts": [{"protocol": protocol, "ports": text} for protocol, text in (ports or {"TCP": "443"}).items()],
        "accessType": access,
    }


def column(items, name):
    return [item[name] for item in items]


# Keys, organizations, paths.


def test_keys(cloud, dashboard):
    headers = dashboard.session.headers
    for wrong in ("Bearer wrong", f"Basic {KEY}", f"bearer{KEY}", "Bearer "):
        headers["Authorization"] = wrong
        assert dashboard.get(ORG, 401) == {"errors": ["Invalid API key"]}
    del headers["Authorization"]
    dashboard.get(ORG, 401)
    headers["X-Cisco-Meraki-API-Key"] = KEY
    assert dashboard.get(ORG)["name"] == "Example Health"


def test_a_read_only_key_reads(cloud, dashboard):
    cloud.meraki.add_key("reader", read_only=True)
    dashboard.session.headers["Authorization"] = "Bearer reader"
    assert len(dashboard.sentry()) == 2
    for method, path in (("PUT", SENTRY), ("POST", APPS), ("DELETE", f"{APPS}/1")):
        assert "read-only" in dashboard.ask(method, path, {}, 403)["errors"][0]


def test_a_key_for_some_organizations(cloud, dashboard):
    assert column(dashboard.get("/organizations"), "id") == ["1", "2"]
    cloud.meraki.add_key("some", organizations=["2"])
    dashboard.session.headers["Authorization"] = "Bearer some"
    assert column(dashboard.get("/organizations"), "name") == ["Another"]
    for path in (ORG, NETWORKS, f"{SENTRY}/byNetwork", "/networks/N_1/groupPolicies", "/organizations/3", "/networks/N_9/groupPolicies"):
        assert dashboard.get(path, 404) == {"errors": ["Not found"]}
    assert dashboard.get("/networks/N_OTHER/groupPolicies")[0]["name"] == "Group 0"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", f"{ORG}/nowhere"), ("PATCH", SENTRY), ("GET", SENTRY), ("GET", f"{ORG}/")]
)
def test_an_unknown_path_is_a_page(dashboard, method, path):
    answer = dashboard.send(method, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html") and answer.text.startswith("<!DOCTYPE html>")
    assert answer.headers["X-Request-Id"]


def test_every_answer_has_its_own_request_id(dashboard):
    ids = [dashboard.send("GET", path).headers["X-Request-Id"] for path in (ORG, "/nowhere", "/organizations/9") * 2]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "agent",
    [
        "SecopsPolicy/1.0.0 SecopsCollection",
        "A/1 B",
        "python-meraki/4.7.0 Caller/(App/1.0 Vendor)",
        "python-meraki/aio-4.6.1b0 Caller/(App Vendor)",
        "python-meraki/4.7.0 Caller/(unidentified)",
    ],
)
def test_good_user_agents(dashboard, agent):
    dashboard.session.headers["User-Agent"] = agent
    dashboard.get(ORG)


@pytest.mark.parametrize(
    "agent",
    ["", "python-requests/2.34.2", "App Vendor", "App/1.0", "App/1.0 Vendor Client", "App/1.0 (Vendor)", "MyMeraki/1.0 V", "A/1 CISCO"]
    + ["python-meraki/4.7.0", "python-meraki/4.7.0 Caller/()", "python-meraki/4.7.0 App/1.0 Vendor"],
)
def test_odd_user_agents(cloud, dashboard, agent):
    dashboard.session.headers["User-Agent"] = agent
    assert "User-Agent" in dashboard.refused("GET", ORG)
    assert cloud.log[-1].headers["user-agent"] == agent
    cloud.meraki.strict_user_agent = False
    dashboard.get(ORG)


# Requests against the specification.


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        (NETWORKS, {"perPag": 5}, "perPag"),
        (ORG, {"perPage": 5}, "perPage"),
        (NETWORKS, {"perPage": 2}, "between 3 and 100000"),
        (NETWORKS, {"perPage": 100001}, "between 3 and 100000"),
        (f"{SENTRY}/byNetwork", {"perPage": 1001}, "between 3 and 1000"),
        (APPS, {"perPage": "ten"}, "between 3 and 1000"),
        (APPS, {"perPage": -5}, "between 3 and 1000"),
        ("/organizations", {"perPage": 9001}, "between 3 and 9000"),
        (NETWORKS, {"perPage[]": 5}, "perPage[]"),
        (NETWORKS, {"perPage": [5, 6]}, "twice"),
        (NETWORKS, {"isBoundToConfigTemplate": "yes"}, "isBoundToConfigTemplate"),
        (NETWORKS, {"isBoundToConfigTemplate": "false", "configTemplateId": "1"}, "isBoundToConfigTemplate"),
        (NETWORKS, {"tagsFilterType": "all"}, "withAllTags, withAnyTags"),
        (APPS, {"appTypes[]": ["browser", "app"]}, "browser, network"),
        (APPS, {"sortBy": "applicationId"}, "modifiedAt, name"),
        (APPS, {"sortOrder": "up"}, "asc, desc"),
        (NETWORKS, {"startingAfter": "N_1"}, "startingAfter"),
        (NETWORKS, {"endingBefore": "bm9uZQ=="}, "endingBefore"),
    ],
)
def test_queries_outside_the_specification(dashboard, path, query, named):
    assert named in dashboard.refused("GET", path, **query)


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("PUT", SENTRY, {}, "body: 'items' is a required property"),
        ("PUT", SENTRY, [], "body: [] is not of type 'object'"),
        ("PUT", SENTRY, {"items": [{}]}, "items.0: 'networkId' is a required property"),
        ("PUT", SENTRY, {"items": [{"networkId": 1}]}, "items.0.networkId: 1 is not of type 'string'"),
        ("PUT", SENTRY, {"items": [], "meta": {}}, "'meta' was unexpected"),
        ("PUT", SENTRY, {"items": [{"networkId": "N_1", "policies": [policy(0, priority="1")]}]}, "items.0.policies.0: Additional"),
        ("PUT", SENTRY, {"items": [{"networkId": "N_1", "policies": [policy(0, scope="some")]}]}, "items.0.policies.0.scope: 'some'"),
        ("PUT", SENTRY, {"items": [{"networkId": "N_1", "policies": [policy(0, policyId=None)]}]}, "items.0.policies.0.policyId: None"),
        ("POST", APPS, {"name": "A"}, "body: 'destinations' is a required property"),
        ("POST", APPS, application("A", createdAt="now"), "'createdAt' was unexpected"),
        ("POST", APPS, application("A", sni=None), "sni: None is not of type 'string'"),
        ("POST", APPS, application("A", destination(access="vpn")), "destinations.0.accessType: 'vpn'"),
        ("POST", APPS, application("A", destination(TCP=443)), "destinations.0.protocolPorts.0.ports: 443"),
        ("POST", GROUPS, {"description": "A"}, "body: 'name' is a required property"),
    ],
)
def test_bodies_outside_the_specification(dashboard, method, path, body, named):
    assert named in dashboard.refused(method, path, body)


def test_all_errors_of_a_body_are_named(dashboard):
    text = dashboard.refused("PUT", SENTRY, {"items": [{}, {"networkId": 1}]})
    assert "items.0:" in text and "items.1.networkId:" in text


def test_bodies_that_are_no_json(cloud, dashboard):
    url = cloud.meraki_url
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    for answer, named in (
        (dashboard.session.put(url + SENTRY, timeout=5), "is required"),
        (dashboard.session.put(url + SENTRY, data="items", headers=json_type, timeout=5), "not JSON"),
        (dashboard.session.put(url + SENTRY, data='{"items": []}', timeout=5), "Content-Type"),
        (dashboard.session.get(url + ORG, json={}, timeout=5), "none is allowed"),
    ):
        assert answer.status_code == 400 and named in answer.json()["errors"][0]
    assert dashboard.session.put(url + SENTRY, data='{"items": []}', headers=json_type, timeout=5).status_code == 200


def test_nobody_learns_more_than_that_it_is_not_found(dashboard):
    """What a key cannot see is 404 whatever the request is like."""
    assert dashboard.ask("PUT", "/organizations/9/sm/sentry/policies/assignments", {}, 404) == {"errors": ["Not found"]}


# Paging.


def branches(cloud, count):
    for number in range(10, 10 + count):
        cloud.meraki.add_network("1", f"N_{number}", f"Branch {number}", tags=["many"])


def test_pages_forwards_and_backwards(cloud, dashboard):
    branches(cloud, 10)
    everything = [network["id"] for network in dashboard.get(NETWORKS)]
    pages = dashboard.follow(NETWORKS, perPage=4)
    assert [len(page.json()) for page in pages] == [4, 4, 4, 2]
    assert [item["id"] for page in pages for item in page.json()] == everything
    back = dashboard.follow(f"{NETWORKS}?{urlsplit(pages[-1].links['prev']['url']).query}", rel="prev")
    assert [[item["id"] for item in page.json()] for page in back] == [everything[8:12], everything[4:8], everything[:4]]
    last = dashboard.session.get(pages[0].links["last"]["url"], timeout=5)
    assert [item["id"] for item in last.json()] == everything[-4:]
    first = dashboard.session.get(pages[2].links["first"]["url"], timeout=5)
    assert first.json() == pages[0].json()


def test_the_link_header_as_the_vendor_writes_it(cloud, dashboard):
    branches(cloud, 10)
    first, *_others, last = (page.headers["Link"] for page in dashboard.follow(NETWORKS, perPage=4, **{"tags[]": "many"}))
    url = rf"<{re.escape(cloud.meraki_url + NETWORKS)}\?[^>]+>"
    assert re.fullmatch(f"{url}; rel=first, {url}; rel=next, {url}; rel=last", first)
    assert re.fullmatch(f"{url}; rel=first, {url}; rel=prev", last)
    assert first.count("tags%5B%5D=many&perPage=4") == 3
    assert "next" not in dashboard.send("GET", NETWORKS).links


def test_tokens_are_opaque_and_survive_what_is_gone(cloud, dashboard):
    """The item that a page ended with may be gone when the next page is asked for."""
    for number in range(10, 16):
        cloud.meraki.add_application("1", applicationId=str(number), name=f"App {number}")
    link = dashboard.send("GET", APPS, params={"perPage": 3}).links["next"]["url"]
    token = parse_qs(urlsplit(link).query)["startingAfter"][0]
    assert "App" not in token and token != "12"
    dashboard.ask("DELETE", f"{APPS}/12", expect=204)
    dashboard.ask("DELETE", f"{APPS}/10", expect=204)
    assert column(dashboard.session.get(link, timeout=5).json()["data"], "applicationId") == ["15"]
    assert "together" in dashboard.refused("GET", APPS, startingAfter=token, endingBefore=token)


def test_links_to_another_host(cloud, dashboard):
    branches(cloud, 10)
    cloud.meraki.link_origin = cloud.url.replace("127.0.0.1", "localhost")
    link = dashboard.send("GET", NETWORKS, params={"perPage": 4}).links["next"]["url"]
    assert link.startswith(f"{cloud.meraki.link_origin}/api/v1{NETWORKS}?perPage=4&startingAfter=")
    cloud.meraki.link_origin = "https://n1.meraki.com"
    link = dashboard.send("GET", f"{SENTRY}/byNetwork").links["first"]["url"]
    assert link == f"https://n1.meraki.com/api/v1{SENTRY}/byNetwork?perPage=50"


@pytest.mark.parametrize(
    ("path", "default", "largest", "read"),
    [
        ("/organizations", 9000, 9000, lambda data: data),
        (NETWORKS, 1000, 100000, lambda data: data),
        (f"{SENTRY}/byNetwork", 50, 1000, lambda data: data[0]["items"]),
        (APPS, 10, 1000, lambda data: data["data"]),
        (GROUPS, 10, 1000, lambda data: data["data"]),
    ],
)
def test_default_pages(cloud, dashboard, path, default, largest, read):
    count = 1010 if path == NETWORKS else 60
    for number in range(count):
        cloud.meraki.add_organization(f"9{number}", "One more")
        cloud.meraki.add_network("1", f"N_9{number}", "One more")
        cloud.meraki.add_sentry(f"N_9{number}", [policy(0)])
        cloud.meraki.add_application("1", name=f"One more {number}")
        cloud.meraki.add_group("1", "One more")
    assert len(read(dashboard.get(path))) == default or default == 9000
    assert len(read(dashboard.get(path, perPage=largest))) >= count
    assert len(read(dashboard.get(path, perPage=3))) == 3


@pytest.mark.parametrize(("path", "count"), [(NETWORKS, 5), (f"{SENTRY}/byNetwork", 2), (APPS, 3), (GROUPS, 2)])
def test_pages_that_are_smaller_than_what_was_asked_for(cloud, dashboard, path, count):
    """Link leads on, and to all that there is."""
    cloud.meraki.add_network("1", "N_9", "One more")
    for number in range(3):
        cloud.meraki.add_application("1", name=f"App {number}")
    for number in range(2):
        cloud.meraki.add_group("1", f"Group {number}")
    cloud.meraki.page_most = 1
    pages = dashboard.follow(path, perPage=1000)
    assert len(pages) == count
    assert all("perPage=1000" in page.headers["Link"] for page in pages)
    cloud.meraki.page_most = None
    assert len(dashboard.follow(path, perPage=1000)) == 1


# Networks and group policies.


def test_networks_by_tags(dashboard):
    for query, found in (
        ({"tags": "branch"}, ["N_1", "N_2", "N_3"]),
        ({"tags[]": ["b1", "b3", "none"]}, ["N_1", "N_3"]),
        ({"tags[]": ["b1", "branch"], "tagsFilterType": "withAllTags"}, ["N_1"]),
        ({"tags": ["b1", "b2"], "tagsFilterType": "withAllTags"}, []),
        ({"tags": "Branch"}, []),
        ({"isBoundToConfigTemplate": "true"}, []),
        ({"isBoundToConfigTemplate": "false"}, ["N_SM", "N_1", "N_2", "N_3"]),
        ({"configTemplateId": "N_1"}, []),
    ):
        assert column(dashboard.get(NETWORKS, **query), "id") == found, query


def test_group_policies_belong_to_one_network(cloud, dashboard):
    cloud.meraki.add_group_policy("N_3", "777", "Guest")
    found = [{item["groupPolicyId"]: item["name"] for item in dashboard.get(f"/networks/N_{number}/groupPolicies")} for number in (1, 3)]
    assert found[1] == {**found[0], "777": "Guest"}


# Sentry: reading.


def test_the_sentry_list_is_wrapped_or_bare(cloud, dashboard):
    (wrapper,) = dashboard.get(f"{SENTRY}/byNetwork")
    assert column(wrapper["items"], "networkId") == ["N_1", "N_2"]
    assert wrapper["meta"] == {"counts": {"items": {"total": 2, "remaining": 0}}}
    cloud.meraki.sentry_bare = True
    assert dashboard.send("GET", f"{SENTRY}/byNetwork").json() == wrapper


def test_a_policy_as_it_is_read(dashboard):
    first, second = dashboard.sentry()["N_1"]
    assert first == {
        **policy(0),
        "policyId": first["policyId"],
        "networkId": "N_1",
        "groupNumber": "1",
        "priority": "1",
        "createdAt": first["createdAt"],
        "lastUpdatedAt": first["createdAt"],
    }
    assert second["priority"] == "2"
    assert second["policyId"] != first["policyId"]


def test_every_page_of_the_sentry_list_repeats_the_wrapper(cloud, dashboard):
    branches(cloud, 5)
    for number in range(10, 15):
        cloud.meraki.add_sentry(f"N_{number}", [policy(0)])
    pages = [page.json() for page in dashboard.follow(f"{SENTRY}/byNetwork", perPage=3)]
    assert [wrapper["meta"]["counts"]["items"] for (wrapper,) in pages] == [
        {"total": 7, "remaining": 4},
        {"total": 7, "remaining": 1},
        {"total": 7, "remaining": 0},
    ]


def test_the_sentry_list_of_some_networks(cloud, dashboard):
    assert list(dashboard.sentry(**{"networkIds[]": ["N_2", "N_3", "N_9"]})) == ["N_2"]
    assert list(dashboard.sentry(networkIds=["N_1", "N_2"])) == ["N_1", "N_2"]
    cloud.meraki.sentry_list_empty = True
    assert dashboard.sentry(**{"networkIds[]": "N_3"}) == {"N_3": []}
    assert set(dashboard.sentry()) == {"N_SM", "N_1", "N_2", "N_3"}


def test_a_locale(cloud, dashboard):
    cloud.meraki.locale("N_2", "L_9")
    read = dashboard.sentry()
    assert list(read) == ["N_1", "L_9"]
    assert column(read["L_9"], "networkId") == ["N_2"]
    assert list(dashboard.sentry(**{"networkIds[]": "L_9"})) == ["L_9"]
    assert "items.0.networkId" in dashboard.put_sentry({"L_9": [policy(0)]}, 400)["errors"][0]
    assert column(dashboard.put_sentry({"N_2": [policy(0)]})["items"], "networkId") == ["N_2"]


# Sentry: writing.


def test_policies_keep_their_id_and_age_where_it_is_given(cloud, dashboard):
    first, second = dashboard.sentry()["N_1"]
    dashboard.put_sentry({"N_1": [policy(2), policy(1, policyId=first["policyId"])]})
    made, kept = dashboard.sentry()["N_1"]
    assert (kept["policyId"], kept["createdAt"]) == (first["policyId"], first["createdAt"])
    assert kept["lastUpdatedAt"] > first["lastUpdatedAt"]
    assert (kept["groupPolicyId"], kept["tags"]) == ("101", ["tag1"])
    assert made["policyId"] not in (first["policyId"], second["policyId"])
    assert made["createdAt"] > first["createdAt"]
    assert [made["priority"], kept["priority"]] == ["1", "2"]
    assert cloud.meraki.sentry("1")["N_1"] == [made, kept]


def test_an_id_that_is_not_there_is_refused_or_made_anew(cloud, dashboard):
    stale = {"N_2": [policy(2, policyId="77")]}
    assert "77" in "; ".join(dashboard.put_sentry(stale, 400)["errors"])
    cloud.meraki.sentry_stale_id = "create"
    dashboard.put_sentry(stale)
    (made,) = dashboard.sentry()["N_2"]
    assert made["groupPolicyId"] == "102" and made["policyId"] != "77"


def test_a_network_that_somebody_deletes(cloud, dashboard):
    cloud.meraki.remove_network("N_1")
    assert "N_1" not in dashboard.sentry() and "N_1" not in column(dashboard.get(NETWORKS), "id")
    dashboard.get("/networks/N_1/groupPolicies", 404)
    assert "N_1" in "; ".join(dashboard.put_sentry({"N_1": []}, 400)["errors"])


@pytest.mark.parametrize("reading", ["organization", "listed"])
@pytest.mark.parametrize("answer", ["organization", "listed"])
def test_both_readings_and_both_answers(cloud, dashboard, reading, answer):
    cloud.meraki.sentry_put, cloud.meraki.sentry_answer = reading, answer
    said = dashboard.put_sentry({"N_3": [policy(0), policy(1)]})
    after = dashboard.sentry()
    assert set(after) == ({"N_3"} if reading == "organization" else {"N_1", "N_2", "N_3"})
    assert {item["networkId"]: item["policies"] for item in said["items"]} == (after if answer == "organization" else {"N_3": after["N_3"]})


@pytest.mark.parametrize(("reading", "left"), [("organization", set()), ("listed", {"N_1", "N_2"})])
def test_nothing_listed(cloud, dashboard, reading, left):
    cloud.meraki.sentry_put = reading
    assert dashboard.put_sentry({}) == {"items": []}
    assert set(dashboard.sentry()) == left


@pytest.mark.parametrize("item", [{"networkId": "N_1", "policies": []}, {"networkId": "N_1"}])
def test_clearing_a_network(cloud, dashboard, item):
    cloud.meraki.sentry_put = "listed"
    assert dashboard.ask("PUT", SENTRY, {"items": [item]}) == {"items": [{"networkId": "N_1", "policies": []}]}
    assert set(dashboard.sentry()) == {"N_2"}


@pytest.mark.parametrize(("canonical", "stored"), [(True, ["a", "b"]), (False, ["b", "a", "b"])])
def test_tags_are_stored_sorted_and_once(cloud, dashboard, canonical, stored):
    cloud.meraki.canonical_tags = canonical
    dashboard.put_sentry({"N_1": [policy(0, tags=["b", "a", "b"])]})
    assert dashboard.sentry()["N_1"][0]["tags"] == stored


@pytest.mark.parametrize("scope", ["all", "none", "withAll", "withAny", "withoutAll", "withoutAny"])
def test_tags_fit_the_scope(dashboard, scope):
    good, bad = ([], ["a"]) if scope in ("all", "none") else (["a"], [])
    assert (
        f"items.0.policies.0.tags: must {'' if bad else 'not '}be empty"
        in dashboard.put_sentry({"N_3": [policy(0, scope=scope, tags=bad)]}, 400)["errors"][0]
    )
    dashboard.put_sentry({"N_3": [policy(0, scope=scope, tags=good)]})


@pytest.mark.parametrize(
    ("network", "changed", "named"),
    [
        ("N_9", {}, "items.1.networkId"),
        ("N_OTHER", {"smNetworkId": "N_OTHER"}, "items.1.networkId"),
        ("N_3", {"groupPolicyId": "999"}, "items.1.policies.1.groupPolicyId"),
        ("N_3", {"smNetworkId": "N_1"}, "items.1.policies.1.smNetworkId"),
        ("N_3", {"smNetworkId": "N_OTHER"}, "items.1.policies.1.smNetworkId"),
        ("N_3", {"smNetworkId": "N_9"}, "items.1.policies.1.smNetworkId"),
        ("N_3", {"policyId": "999"}, "items.1.policies.1.policyId"),
        ("N_3", {"policyId": "that of N_1"}, "items.1.policies.1.policyId"),
    ],
)
def test_a_refused_put_changes_nothing(cloud, dashboard, network, changed, named):
    before = dashboard.sentry()
    if changed.get("policyId") == "that of N_1":
        changed = {"policyId": before["N_1"][0]["policyId"]}
    errors = dashboard.put_sentry({"N_2": [policy(2)], network: [policy(1), policy(0, **changed)]}, 400)["errors"]
    assert [error.partition(":")[0] for error in errors] == [named]
    assert dashboard.sentry() == before


def test_what_cannot_be_given_twice(dashboard):
    first, _second = dashboard.sentry()["N_1"]
    twice = {"networkId": "N_3", "policies": []}
    assert "given twice" in dashboard.refused("PUT", SENTRY, {"items": [twice, twice]})
    same = [policy(0, policyId=first["policyId"]), policy(1, policyId=first["policyId"])]
    assert "given twice" in dashboard.put_sentry({"N_1": same}, 400)["errors"][0]
    dashboard.put_sentry({"N_1": [policy(0), policy(0)]})
    assert len(dashboard.sentry()["N_1"]) == 2


def test_all_errors_of_a_put_are_named(dashboard):
    text = "; ".join(dashboard.put_sentry({"N_9": [], "N_1": [policy(0, groupPolicyId="9", smNetworkId="N_9", tags=[])]}, 400)["errors"])
    for named in ("items.0.networkId", "items.1.policies.0.groupPolicyId", "items.1.policies.0.smNetworkId", "items.1.policies.0.tags"):
        assert named in text


# Time and other people.


def test_reads_lag(cloud, dashboard):
    before = dashboard.sentry()
    cloud.meraki.lag = 2
    assert dashboard.sentry() == before
    dashboard.put_sentry({"N_1": []})
    cloud.meraki.add_sentry("N_2", [policy(1)])
    assert [dashboard.sentry() for _number in range(2)] == [before] * 2
    assert list(dashboard.sentry()) == ["N_2"]


def test_reads_of_applications_and_groups_lag(cloud, dashboard):
    cloud.meraki.add_group("1", "West", id="g1")
    cloud.meraki.lag = 3
    made = dashboard.ask("POST", APPS, application("Jira", applicationGroupIds=["g1"]), 201)
    assert dashboard.get(f"{APPS}/{made['applicationId']}")["name"] == "Jira"
    for _number in range(2):
        assert dashboard.get(APPS) == {"data": [], "meta": {"total": 0}}
    assert dashboard.get(GROUPS)["data"][0]["applicationIds"] == []
    assert dashboard.get(APPS)["data"] == [made]
    assert dashboard.get(GROUPS)["data"][0]["applicationIds"] == [made["applicationId"]]


def test_somebody_else_is_quicker(cloud, dashboard):
    seen = []

    def hook(request):
        seen.append((request.method, request.path, request.json()))
        cloud.meraki.add_sentry("N_3", [policy(0)])

    cloud.before_write = hook
    cloud.meraki.sentry_put = "listed"
    dashboard.sentry()
    dashboard.refused("PUT", SENTRY, {})
    assert seen == []
    dashboard.put_sentry({"N_1": []})
    assert seen == [("PUT", SENTRY, {"items": [{"networkId": "N_1", "policies": []}]})]
    assert list(dashboard.sentry()) == ["N_2", "N_3"]


def test_apis_that_are_off(cloud, dashboard):
    cloud.meraki.sm_off = True
    for method, path in (("GET", f"{SENTRY}/byNetwork"), ("PUT", SENTRY)):
        assert dashboard.ask(method, path, None, 404) == {"errors": ["Not found"]}
    dashboard.get(APPS)
    cloud.meraki.sm_off, cloud.meraki.early_access_off = False, True
    for method, path in (("GET", APPS), ("POST", GROUPS), ("DELETE", f"{APPS}/1")):
        assert dashboard.ask(method, path, None, 404) == {"errors": ["Not found"]}
    dashboard.sentry()
    dashboard.get(NETWORKS)


# Applications: reading.


@pytest.fixture
def three(cloud):
    cloud.meraki.add_group("1", "West Coast", id="g1")
    cloud.meraki.add_group("1", "East", id="g2")
    cloud.meraki.add_application("1", applicationId="11", **application("Wiki", applicationGroupIds=["g2"]))
    cloud.meraki.add_application(
        "1", applicationId="12", **application("Jira", destination(access="network"), applicationGroupIds=["g1", "g2"])
    )
    cloud.meraki.add_application("1", applicationId="13", **application("westbound"))


def test_lists_of_applications(dashboard, three):
    for query, found in (
        ({}, ["11", "12", "13"]),
        ({"nameIncludes": "WEST"}, ["12", "13"]),
        ({"nameIncludes": "ik"}, ["11"]),
        ({"applicationGroupIds[]": ["g2"]}, ["11", "12"]),
        ({"applicationGroupIds": ["g1", "g9"]}, ["12"]),
        ({"appTypes": "browser"}, ["11", "13"]),
        ({"appTypes[]": ["browser", "network"]}, ["11", "12", "13"]),
        ({"sortBy": "name"}, ["12", "11", "13"]),
        ({"sortBy": "name", "sortOrder": "desc"}, ["13", "11", "12"]),
        ({"sortBy": "modifiedAt", "sortOrder": "desc"}, ["13", "12", "11"]),
        ({"sortOrder": "desc"}, ["11", "12", "13"]),
    ):
        listed = dashboard.get(APPS, **query)
        assert column(listed["data"], "applicationId") == found, query
        assert listed["meta"] == {"total": len(found)}


def test_lists_of_groups(dashboard, three):
    for query, found in (
        ({}, ["g1", "g2"]),
        ({"nameIncludes": "COAST"}, ["g1"]),
        ({"applicationGroupIds[]": ["g2", "g9"]}, ["g2"]),
        ({"sortBy": "name"}, ["g2", "g1"]),
        ({"sortBy": "applicationGroupId", "sortOrder": "desc"}, ["g2", "g1"]),
    ):
        assert column(dashboard.get(GROUPS, **query)["data"], "applicationGroupId") == found, query


def test_pages_of_applications(cloud, dashboard):
    for number in range(25):
        cloud.meraki.add_application("1", name=f"App {number}")
    pages = [page.json() for page in dashboard.follow(APPS)]
    assert [len(page["data"]) for page in pages] == [10, 10, 5]
    assert {page["meta"]["total"] for page in pages} == {25}
    assert len({item["applicationId"] for page in pages for item in page["data"]}) == 25


def test_lists_in_another_order(dashboard, connect, three):
    body = application(
        "Many", {**destination(TCP="1", UDP="2"), "destinationAddr": ["10.0.0.1", "10.0.0.2"], "accessType": "network"}, destination()
    )
    plain = dashboard.ask("POST", APPS, {**body, "applicationGroupIds": ["g1", "g2"]}, 201)
    connect.shuffle = True
    mixed = dashboard.get(f"{APPS}/{plain['applicationId']}")
    assert mixed["applicationGroupIds"] == ["g2", "g1"]
    assert mixed["destinations"][1]["destinationAddr"] == ["10.0.0.2/32", "10.0.0.1/32"]
    assert column(mixed["destinations"][1]["protocolPorts"], "protocol") == ["UDP", "TCP"]
    assert column(dashboard.get(APPS)["data"], "applicationId") == [plain["applicationId"], "13", "12", "11"]
    assert dashboard.get(f"{GROUPS}/g2")["applicationIds"] == [plain["applicationId"], "12", "11"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", [APPS, GROUPS])
def test_what_is_not_there(dashboard, three, method, path):
    body = application("New") if path == APPS else {"name": "New"}
    assert dashboard.ask(method, f"{path}/99", body if method == "PUT" else None, 404) == {"errors": ["Not found"]}


# Applications: writing.


def test_an_application_is_stored_in_the_vendors_form(cloud, dashboard):
    body = application(
        "Lab Results",
        {
            "destinationAddr": ["10.0.0.1", "10.0.0.2/32"],
            "protocolPorts": [{"protocol": "tcp", "ports": "443, 8000-8080 ,22"}],
            "accessType": "browser",
        },
        externalFQDN="https://mine.example.com",
    )
    made = dashboard.ask("POST", APPS, body, 201)
    assert made["destinations"] == [
        {
            "destinationAddr": ["10.0.0.1/32", "10.0.0.2/32"],
            "protocolPorts": [{"protocol": "TCP", "ports": "443,8000-8080,22"}],
            "accessType": "browser",
        }
    ]
    assert made["externalFQDN"] == "https://lab-results-1.ztna.example.com"
    assert {key: made[key] for key in ("description", "appProtocol", "sni", "sslVerificationEnabled", "applicationGroupIds")} == {
        "description": "", "appProtocol": "", "sni": "", "sslVerificationEnabled": True, "applicationGroupIds": [],
    }  # fmt: skip
    assert made["createdAt"] == made["modifiedAt"]
    assert dashboard.get(f"{APPS}/{made['applicationId']}") == made
    assert dashboard.get(APPS) == {"data": [made], "meta": {"total": 1}}
    assert cloud.meraki.applications("1") == {made["applicationId"]: made}


FULL = {
    "description": "For all",
    "appProtocol": "https",
    "sni": "jira.example.com",
    "sslVerificationEnabled": False,
    "applicationGroupIds": ["g1"],
}


@pytest.mark.parametrize(
    ("omitted", "left"),
    [
        ("keep", FULL),
        ("reset", {"description": "", "appProtocol": "", "sni": "", "sslVerificationEnabled": True, "applicationGroupIds": []}),
    ],
)
def test_what_a_put_leaves_out(dashboard, connect, three, omitted, left):
    connect.put_omitted = omitted
    made = dashboard.ask("POST", APPS, application("Full", **FULL), 201)
    assert {key: made[key] for key in FULL} == FULL
    changed = dashboard.ask("PUT", f"{APPS}/{made['applicationId']}", application("Renamed", destination("10.0.0.9")))
    assert {key: changed[key] for key in left} == left
    assert (changed["name"], changed["applicationId"], changed["createdAt"]) == ("Renamed", made["applicationId"], made["createdAt"])
    assert changed["modifiedAt"] > made["modifiedAt"]
    assert changed["externalFQDN"] != made["externalFQDN"]
    assert changed["destinations"][0]["destinationAddr"] == ["10.0.0.9/32"]
    cleared = dashboard.ask(
        "PUT", f"{APPS}/{made['applicationId']}", application("Renamed", sni="", description="", applicationGroupIds=[])
    )
    assert (cleared["sni"], cleared["description"], cleared["applicationGroupIds"]) == ("", "", [])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (application(""), "name:"),
        (application(" "), "name:"),
        (application("Jira_2"), "name:"),
        (application("R&D"), "name:"),
        (application("Jira"), "Application name has already been taken"),
        (application("A", destination("10.0.0.256")), "destinations.0.destinationAddr:"),
        (application("A", destination("10.0.0")), "destinations.0.destinationAddr:"),
        (application("A", destination("")), "destinations.0.destinationAddr:"),
        (application("A", destination("10.0.0.0/33", "network")), "destinations.0.destinationAddr:"),
        (application("A", destination("10.0.0.0/255.0.0.0", "network")), "destinations.0.destinationAddr:"),
        (application("A", destination("2001:db8::1", "network")), "IPv6 is unsupported"),
        (application("A", destination("not a name", "network")), "destinations.0.destinationAddr:"),
        (application("A", destination("10.0.0.0/24")), "Only /32 addresses"),
        (application("A", destination("jira.example.com")), "destinations.0.destinationAddr:"),
        (application("A", destination(), destination(UDP="53")), "destinations.1.protocolPorts: Only TCP"),
        (application("A", destination(TCP="1", tcp="2")), "Protocols must be unique"),
        *[
            (application("A", destination(TCP=ports)), "destinations.0.protocolPorts:")
            for ports in ("", "0", "65536", "443-80", "80,", "80-", "a", "1-2-3", "80 81", "123456")
        ],
        (application("A", sni="localhost"), "sni:"),
        (application("A", sni="-a.example.com"), "sni:"),
        (application("A", sni="a..example.com"), "sni:"),
        (application("A", sni="*.example.com"), "sni:"),
        (application("A", sni="10.0.0.1"), "sni:"),
        (application("A", applicationGroupIds=["g1", "g9"]), "applicationGroupIds: there is no application group g9"),
    ],
    ids=str,
)
def test_applications_that_are_refused(cloud, dashboard, three, body, named):
    before = cloud.meraki.state()
    assert named in dashboard.refused("POST", APPS, body)
    assert named in dashboard.refused("PUT", f"{APPS}/11", body)
    assert cloud.meraki.state() == before


@pytest.mark.parametrize(
    "body",
    [
        application("A-1 b"),
        application("Überweisung 7"),
        application("A", destination("10.1.2.3/8", "network", TCP="1-65535", UDP="53", ICMP="1")),
        application("A", destination("0.0.0.0/0", "network")),
        application("A", destination("db.corp.example.com", "network")),
        application("A", sni="xn--bcher-kva.xn--p1ai"),
        application("A", applicationGroupIds=["g1", "g1"]),
    ],
    ids=str,
)
def test_applications_that_are_taken(dashboard, three, body):
    assert dashboard.ask("POST", APPS, body, 201)["name"] == body["name"]


def test_host_names_can_be_refused(dashboard, connect):
    connect.host_names = False
    assert "db.example.com" in dashboard.refused("POST", APPS, application("A", destination("db.example.com", "network")))


def test_names_and_their_case(dashboard, connect, three):
    dashboard.ask("PUT", f"{APPS}/12", application("Jira"))
    dashboard.ask("POST", APPS, application("JIRA"), 201)
    connect.names_ignore_case = True
    assert "already been taken" in dashboard.refused("POST", APPS, application("wiki"))
    dashboard.ask("PUT", f"{APPS}/11", application("WIKI"))


def test_at_most_three_hundred(cloud, dashboard):
    for number in range(LIMIT - 1):
        cloud.meraki.add_application("1", name=f"App {number}")
        cloud.meraki.add_group("1", f"Group {number}")
    last = dashboard.ask("POST", APPS, application("Last"), 201)
    dashboard.ask("POST", GROUPS, {"name": "Last"}, 201)
    assert "maximum of 300" in dashboard.refused("POST", APPS, application("One more"))
    assert "maximum of 300" in dashboard.refused("POST", GROUPS, {"name": "One more"})
    dashboard.ask("PUT", f"{APPS}/{last['applicationId']}", application("Changed"))
    dashboard.ask("DELETE", f"{APPS}/{last['applicationId']}", expect=204)
    dashboard.ask("POST", APPS, application("One more"), 201)
    assert len(cloud.meraki.applications("1")) == LIMIT


# Groups and deletions.


def test_membership_is_one_thing_from_both_sides(cloud, dashboard, three):
    dashboard.ask("PUT", f"{GROUPS}/g1", {"name": "West Coast", "applicationIds": ["11", "13", "13"]})
    assert dashboard.get(f"{APPS}/12")["applicationGroupIds"] == ["g2"]
    assert dashboard.get(f"{APPS}/13")["applicationGroupIds"] == ["g1"]
    dashboard.ask("PUT", f"{APPS}/11", application("Wiki", applicationGroupIds=["g1"]))
    assert dashboard.get(f"{GROUPS}/g1")["applicationIds"] == ["11", "13"]
    assert dashboard.get(f"{GROUPS}/g2")["applicationIds"] == ["12"]
    assert {key: group["applicationIds"] for key, group in cloud.meraki.groups("1").items()} == {"g1": ["11", "13"], "g2": ["12"]}


@pytest.mark.parametrize(("omitted", "left"), [("keep", ("North", ["11"])), ("reset", ("", []))])
def test_groups_come_change_and_go(dashboard, connect, three, omitted, left):
    connect.put_omitted = omitted
    made = dashboard.ask("POST", GROUPS, {"name": "North", "description": "North", "applicationIds": ["11"]}, 201)
    path = f"{GROUPS}/{made['applicationGroupId']}"
    assert dashboard.get(path) == made
    changed = dashboard.ask("PUT", path, {"name": "Norden"})
    assert (changed["name"], changed["description"], changed["applicationIds"]) == ("Norden", *left)
    assert changed["createdAt"] == made["createdAt"] < changed["modifiedAt"]
    assert "name:" in dashboard.refused("POST", GROUPS, {"name": "N/S"})
    assert "applicationIds: there is no private application 99" in dashboard.refused("PUT", path, {"name": "N", "applicationIds": ["99"]})
    dashboard.ask("DELETE", path, expect=204)
    dashboard.get(path, 404)
    assert dashboard.get(f"{APPS}/11")["applicationGroupIds"] == ["g2"]


@pytest.mark.parametrize(("status", "content"), [(204, b""), (200, b"{}")])
@pytest.mark.parametrize("body", [None, {}, {"force": False}, {"force": True}])
def test_deletions(dashboard, connect, three, status, content, body):
    connect.delete_status = status
    for path in (f"{APPS}/11", f"{GROUPS}/g1"):
        answer = dashboard.send("DELETE", path, body)
        assert (answer.status_code, answer.content) == (status, content)
        dashboard.get(path, 404)
    assert "force" in dashboard.refused("DELETE", f"{APPS}/12", {"force": "yes"})


def test_deleting_what_is_in_a_group(cloud, dashboard, connect, three):
    connect.delete_linked = "refuse"
    assert "Delink the application" in dashboard.refused("DELETE", f"{APPS}/12", {"force": True})
    assert dashboard.get(f"{APPS}/12")["applicationGroupIds"] == ["g1", "g2"]
    dashboard.ask("DELETE", f"{APPS}/13", expect=204)
    connect.delete_linked = "delink"
    dashboard.ask("DELETE", f"{APPS}/12", expect=204)
    assert cloud.meraki.groups("1")["g2"]["applicationIds"] == ["11"]


@pytest.mark.parametrize(
    ("on_delete", "on_delink", "after_delete", "after_delink"),
    [(True, False, False, True), (True, True, False, False), (False, False, True, True)],
)
def test_a_group_that_loses_its_only_application(cloud, dashboard, connect, three, on_delete, on_delink, after_delete, after_delink):
    connect.cascade, connect.cascade_on_delink = on_delete, on_delink
    cloud.meraki.add_group("1", "Lonely", id="g3")
    cloud.meraki.add_application("1", applicationId="14", **application("Lonely", applicationGroupIds=["g3"]))
    dashboard.ask("DELETE", f"{APPS}/14", expect=204)
    assert ("g3" in cloud.meraki.groups("1")) == after_delete
    dashboard.ask("PUT", f"{APPS}/12", application("Jira", applicationGroupIds=["g2"]))
    assert ("g1" in cloud.meraki.groups("1")) == after_delink
    assert cloud.meraki.groups("1")["g2"]["applicationIds"] == ["11", "12"]


def test_what_rules_use(cloud, dashboard, connect, three):
    connect.in_rules.add("13")
    connect.rule_groups.add("g1")
    for path in (f"{APPS}/13", f"{GROUPS}/g1"):
        for body in (None, {"force": False}):
            assert "in use by one or more rules" in dashboard.refused("DELETE", path, body)
        dashboard.ask("DELETE", path, {"force": True}, 204)
    assert set(cloud.meraki.applications("1")) == {"11", "12"}


def test_what_tests_see_is_a_copy(cloud, dashboard, three):
    cloud.meraki.sentry("1")["N_1"].clear()
    cloud.meraki.applications("1")["11"]["destinations"].clear()
    cloud.meraki.groups("1")["g1"]["applicationIds"].clear()
    cloud.meraki.state()["networks"].clear()
    assert len(dashboard.sentry()["N_1"]) == 2
    assert dashboard.get(f"{APPS}/11")["destinations"]
    assert dashboard.get(f"{GROUPS}/g1")["applicationIds"] == ["12"]
    assert len(dashboard.get(NETWORKS)) == 4
    assert json.loads(json.dumps(cloud.meraki.state())) == cloud.meraki.state()
