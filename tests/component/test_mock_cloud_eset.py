# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mock server for ESET: that it holds clients to the specification, and that every switch does what it says."""

from __future__ import annotations

import functools
import json
import time
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import requests
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, spec
from ansible_collections.secops.policy.tests.mock_cloud import eset as mock_server
from ansible_collections.secops.policy.tests.mock_cloud.eset import ROOT, Eset
from ansible_collections.secops.policy.tests.mock_cloud.web import Request
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

# The mock server is nothing that users install.
pytestmark = pytest.mark.once

TOKEN = "access-0123456789"
USER = "api@example.com"
PASSWORD = "pass word&1"
LIST = "/v2/policy-assignments"
DEVICE, GROUP, SUBSCRIPTION = "deviceUuid", "deviceGroupUuid", "subscriptionUuid"
FORM = "application/x-www-form-urlencoded"


class Client:
    """Asks one ``Eset`` directly; every answer is compared with what the specification says of it."""

    def __init__(self, eset):
        self.eset = eset
        self.token = TOKEN
        self.now = time.monotonic()

    def raw(self, method, target, body=b"", **headers):
        parts = urlsplit(target)
        given = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        query = parse_qs(parts.query, keep_blank_values=True)
        return self.eset.handle(Request(method, parts.path, query, given, body, self.now, "http://127.0.0.1"))

    def ask(self, method, target, data=None, expect=200, **headers):
        """The body as JSON, where there is one."""
        body = b"" if data is None else json.dumps(data).encode()
        content_type = None if data is None else "application/json"
        response = self.raw(method, target, body, **{"authorization": f"Bearer {self.token}", "content_type": content_type, **headers})
        assert response.status == expect, response.body
        assert response.headers["request-id"]
        read = json.loads(response.body) if response.body and response.headers["Content-Type"] == "application/json" else None
        if response.status == 200:
            conforms(method, urlsplit(target).path, read)
        elif isinstance(read, dict):
            assert set(read) == {"code", "message", "details"}
        return read

    def get(self, target, **options):
        return self.ask("GET", target, **options)

    def everything(self, target, key, size=None):
        """All items of a list, and how many pages they were on."""
        items, pages, token = [], 0, ""
        while pages == 0 or token:
            query = {**({"pageSize": size} if size else {}), **({"pageToken": token} if token else {})}
            data = self.get(f"{target}{'&' if '?' in target else '?'}{urlencode(query)}")
            items += data[key]
            token = data.get("nextPageToken")
            pages += 1
        return items, pages

    def assign(self, policy, kind, target, **options):
        return self.ask("POST", LIST, {"assignment": {"policyUuid": policy, "target": {kind: target}}}, **options)

    def rank(self, uuid, rank, **options):
        return self.ask("POST", f"{LIST}/{uuid}:updateRanking", {"rank": rank}, **options)

    def form(self, **fields):
        return self.raw("POST", "/oauth/token", urlencode(fields).encode(), content_type=FORM)


def conforms(method, path, data):
    """Fail where an answer is not what the specification's schema has; a page token of null is one of the deviations that are switches."""
    operation, _places, _known = spec.find(mock_server.FILES, method, path)
    shown = {key: value for key, value in data.items() if (key, value) != ("nextPageToken", None)}
    answer_schema(operation.template, method.lower()).validate(shown)


@functools.cache
def answer_schema(template, method):
    """The schema of the answer 200, unknown properties refused."""
    for file in mock_server.FILES:
        document = json.loads((spec.SPECS / file).read_text())
        if method in document["paths"].get(template, {}):
            answer = document["paths"][template][method]["responses"]["200"]
            return Draft202012Validator(spec._strict(answer["content"]["application/json"]["schema"], document))
    raise AssertionError(f"{method} {template} is not of the specification")


@pytest.fixture
def eset():
    made = Eset()
    made.add_user(USER, PASSWORD)
    made.add_token(TOKEN)
    return made


@pytest.fixture
def client(eset):
    return Client(eset)


@pytest.fixture
def group(eset):
    return eset.add_group("Servers")


@pytest.fixture
def policies(eset):
    return [eset.add_policy(f"Policy {number}") for number in range(5)]


# Signing in.


def test_the_password_grant_gives_tokens_and_a_refresh_rotates_both(eset, client):
    answer = client.form(grant_type="password", username=USER, password=PASSWORD)
    first = json.loads(answer.body)
    assert answer.status == 200
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 3600)
    second = json.loads(client.form(grant_type="refresh_token", refresh_token=first["refresh_token"]).body)
    assert not {first["access_token"], first["refresh_token"]} & {second["access_token"], second["refresh_token"]}
    for tokens in (first, second):
        client.token = tokens["access_token"]
        client.get("/v2/policies")
    used = client.form(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (used.status, json.loads(used.body)["error"]) == (400, "invalid_grant")
    assert eset.issued == [value for tokens in (first, second) for value in (tokens["refresh_token"], tokens["access_token"])]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": "password", "username": USER, "password": "wrong"}, "invalid_grant"),
        ({"grant_type": "password", "username": "nobody", "password": PASSWORD}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
        ({"grant_type": "password", "username": USER}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "password", "username": USER, "password": PASSWORD, "client_id": "1"}, "invalid_request"),
        ({"username": USER, "password": PASSWORD}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
def test_a_token_call_that_is_refused(client, fields, error):
    answer = client.form(**fields)
    assert (answer.status, json.loads(answer.body)["error"]) == (400, error)


def test_a_parameter_given_twice_is_refused(client):
    assert client.raw("POST", "/oauth/token", b"grant_type=password&username=a&username=b&password=c", content_type=FORM).status == 400


def test_the_token_call_takes_a_form_only(client):
    body = json.dumps({"grant_type": "password", "username": USER, "password": PASSWORD}).encode()
    assert client.raw("POST", "/oauth/token", body, content_type="application/json").status == 415
    assert client.raw("POST", "/oauth/token", body).status == 415
    assert client.raw("GET", "/oauth/token").status == 404
    assert client.raw("POST", "/GetTokens", body, content_type="application/json").status == 404


def test_a_refused_refresh(eset, client):
    tokens = json.loads(client.form(grant_type="password", username=USER, password=PASSWORD).body)
    eset.refresh = "refused"
    assert json.loads(client.form(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).body)["error"] == "invalid_grant"


BODIES = {
    "13.0": {"grant_type": 0},
    "password": {"grant_type": "password"},
    "13.1": {"is_domain_user": False, "grantType": "PASSWORD"},
}


@pytest.mark.parametrize("accepted", [*BODIES, "any"])
@pytest.mark.parametrize("sent", BODIES)
def test_on_prem_accepts_one_of_the_published_bodies(eset, client, accepted, sent):
    eset.deployment, eset.on_prem_signin = "on_prem", accepted
    body = {"username": USER, "password": PASSWORD, **BODIES[sent]}
    answer = client.raw("POST", "/GetTokens", json.dumps(body).encode(), content_type="application/json; charset=utf-8")
    if accepted not in (sent, "any"):
        assert answer.status == 400
        return
    data = json.loads(answer.body)
    assert set(data) == {"accessToken", "expiresIn"}
    client.token = data["accessToken"]
    client.get("/v2/policies")


def test_on_prem_is_as_strict(eset, client):
    eset.deployment = "on_prem"
    eset.add_user("Administrator", PASSWORD)

    def sign_in(data, content_type="application/json"):
        return client.raw("POST", "/GetTokens", json.dumps(data).encode(), content_type=content_type).status

    assert sign_in({"username": USER, "password": "wrong", "grant_type": 0}) == 401
    assert sign_in({"username": USER, "password": PASSWORD, "grant_type": False}) == 400
    assert sign_in({"username": USER, "password": PASSWORD, "grant_type": 0, "more": 1}) == 400
    assert sign_in([]) == 400
    assert sign_in({"username": USER, "password": PASSWORD, "grant_type": 0}, FORM) == 415
    # The built-in Administrator cannot use the API.
    assert sign_in({"username": "Administrator", "password": PASSWORD, "grant_type": 0}) == 403
    assert client.form(grant_type="password", username=USER, password=PASSWORD).status == 404


def test_tokens_end_by_time_and_by_use(eset, client):
    eset.token_seconds, eset.token_uses, eset.expires_in = 10, 2, 99
    tokens = json.loads(client.form(grant_type="password", username=USER, password=PASSWORD).body)
    assert tokens["expires_in"] == 99
    client.token = tokens["access_token"]
    client.get("/v2/policies")
    client.get("/v2/policies")
    assert client.get("/v2/policies", expect=401)["code"] == 16
    client.token = json.loads(client.form(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).body)["access_token"]
    client.get("/v2/policies")
    client.now += 10
    client.get("/v2/policies", expect=401)


def test_given_tokens_end_too(eset, client):
    eset.add_token("short", lifetime=5)
    eset.add_token("scarce", uses=1)
    client.token = "scarce"
    client.get("/v2/policies")
    client.get("/v2/policies", expect=401)
    client.token = "short"
    client.get("/v2/policies")
    client.now += 6
    client.get("/v2/policies", expect=401)


@pytest.mark.parametrize("header", [None, "", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer wrong"])
def test_without_a_good_token_everything_is_401(client, header):
    client.get("/v2/policies", authorization=header, expect=401)
    client.get("/v9/nothing", authorization=header, expect=401)


def test_a_read_only_user_reads(eset, client, group, policies):
    eset.add_user("auditor", PASSWORD, read_only=True)
    client.token = json.loads(client.form(grant_type="password", username="auditor", password=PASSWORD).body)["access_token"]
    uuid = eset.assign(policies[0], GROUP, group)
    assert client.assign(policies[1], GROUP, group, expect=403)["code"] == 7
    client.rank(uuid, 1, expect=403)
    client.ask("DELETE", f"{LIST}/{uuid}", expect=403)
    client.get(f"{LIST}/{uuid}")


def test_the_limit_counts_the_user_and_not_the_token(eset, client):
    tokens = json.loads(client.form(grant_type="password", username=USER, password=PASSWORD).body)
    again = json.loads(client.form(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).body)

    def bucket(token):
        return eset.bucket(Request("GET", LIST, {}, {"authorization": f"Bearer {token}"}, b"", 0.0, ""))

    assert bucket(tokens["access_token"]) == bucket(again["access_token"]) != bucket(TOKEN)


# Lists.


def test_default_and_largest_pages(eset, client):
    for number in range(1101):
        eset.add_policy(f"Policy {number}")

    def size(query):
        return len(client.get(f"/v2/policies{query}")["policies"])

    assert [size(query) for query in ("", "?pageSize=0", "?pageSize=7", "?pageSize=1000", "?pageSize=99999")] == [50, 50, 7, 1000, 1000]
    eset.deployment = "on_prem"
    assert [size(query) for query in ("", "?pageSize=1001", "?pageSize=20000")] == [100, 1001, 1101]
    eset.page_default, eset.page_max = 3, 5
    assert [size(query) for query in ("", "?pageSize=1000")] == [3, 5]


@pytest.mark.parametrize(
    "query",
    [
        "pageSize=-1",
        "pageSize=100000",
        "pageSize=x",
        "pageSize=",
        "pageSize=1&pageSize=2",
        "page=1",
        "pageToken=unknown",
        f"pageToken={'x' * 129}",
    ],
)
def test_bad_paging_is_400(client, query):
    assert client.get(f"/v2/policies?{query}", expect=400)["code"] == 3


@pytest.mark.parametrize(("end", "last"), [("missing", "absent"), ("null", None), ("empty", "")])
def test_the_pages_of_a_listing_fit_together(eset, client, end, last):
    eset.next_token_end = end
    names = {eset.add_policy(f"Policy {number}") for number in range(23)}
    items, pages = client.everything("/v2/policies", "policies", size=5)
    assert pages == 5
    assert sorted(item["uuid"] for item in items) == sorted(names)
    assert client.get("/v2/policies").get("nextPageToken", "absent") == last


def test_lists_are_in_no_order_unless_wanted(eset, client):
    uuids = [eset.add_policy(f"Policy {number}") for number in range(30)]

    def listed():
        return [item["uuid"] for item in client.get("/v2/policies")["policies"]]

    first, second = listed(), listed()
    assert len({tuple(order) for order in (uuids, first, second)}) == 3
    eset.shuffle = False
    assert listed() == uuids


def test_a_page_token_belongs_to_its_listing_and_has_to_be_escaped(client, eset, policies, group):
    for policy in policies:
        eset.assign(policy, GROUP, group)
    token = client.get(f"{LIST}?pageSize=2")["nextPageToken"]
    client.get(f"/v2/policies?pageToken={quote(token, safe='')}", expect=400)
    client.get(f"{LIST}?policyUuid={policies[0]}&pageToken={quote(token, safe='')}", expect=400)
    client.get(f"{LIST}?pageToken={token}", expect=400)
    assert len(client.get(f"{LIST}?pageSize=3&pageToken={quote(token, safe='')}")["assignments"]) == 3
    # The same page can be had again.
    client.get(f"{LIST}?pageToken={quote(token, safe='')}")


def test_twenty_thousand_assignments_are_read_in_no_time(eset, client):
    policies = [eset.add_policy(f"Policy {number}") for number in range(20)]
    for number in range(1000):
        device = eset.add_device(f"device-{number}")
        for policy in policies:
            eset.assign(policy, DEVICE, device)
    started = time.process_time()
    items, pages, token = 0, 0, ""
    while pages == 0 or token:
        data = json.loads(
            client.raw("GET", f"{LIST}?{urlencode({'pageSize': 1000, 'pageToken': token})}", authorization=f"Bearer {TOKEN}").body
        )
        items, pages, token = items + len(data["assignments"]), pages + 1, data.get("nextPageToken")
    assert (items, pages) == (20000, 20)
    assert time.process_time() - started < 2


# Policies, devices, groups.


def test_policies_that_are_not_visible_are_not_there(eset, client, group):
    seen, hidden = eset.add_policy("Seen"), eset.add_policy("Hidden", visible=False)
    assert [item["uuid"] for item in client.get("/v2/policies")["policies"]] == [seen]
    assert client.get(f"/v2/policies/{seen}")["policy"]["displayName"] == "Seen"
    client.get(f"/v2/policies/{hidden}", expect=404)
    client.get(f"/v2/policies/{'x' * 101}", expect=400)
    client.assign(hidden, GROUP, group, expect=404)
    client.get("/v2/policies?displayName=Seen", expect=400)


def test_groups_are_a_tree_below_all(eset, client):
    eset.root_name = "Alle"
    servers = eset.add_group("Servers")
    berlin = eset.add_group("Berlin", servers, static=False)
    listed = {item["uuid"]: item for item in client.get("/v1/device_groups")["deviceGroups"]}
    assert listed[ROOT]["displayName"] == "Alle"
    assert "parentGroupUuid" not in listed[ROOT]
    assert (listed[servers]["parentGroupUuid"], listed[servers]["isSecurityGroup"]) == (ROOT, True)
    assert (listed[berlin]["parentGroupUuid"], listed[berlin]["isSecurityGroup"]) == (servers, False)
    client.get(f"/v1/device_groups/{servers}", expect=404)
    client.get("/v1/device_groups?displayName=Servers", expect=400)
    with pytest.raises(ValueError, match="no group"):
        eset.add_group("Lost", parent="unknown")


def test_devices_by_exact_names(eset, client):
    eset.add_device("web")
    twins = {eset.add_device("twin"), eset.add_device("twin")}
    eset.add_device("web-2")

    def named(query):
        return sorted(item["displayName"] for item in client.get(f"/v1/devices?{query}")["devices"])

    assert named("displayNames=web&displayNames=twin&displayNames=none") == ["twin", "twin", "web"]
    assert named("displayNames=Web") == []
    assert len(named("")) == 4
    assert {client.get(f"/v1/devices/{uuid}")["device"]["displayName"] for uuid in twins} == {"twin"}
    assert named("isMuted=true") == []
    assert len(named("functionalityStatus=DEVICE_FUNCTIONALITY_STATUS_OK")) == 4
    client.get("/v1/devices/none", expect=404)
    client.get("/v1/devices?displayName=web", expect=400)
    client.get("/v1/devices?isMuted=1", expect=400)
    client.get("/v1/devices?functionalityStatus=OK", expect=400)


def test_a_batch_is_all_or_nothing(eset, client):
    one, two = eset.add_device("one"), eset.add_device("two")
    found = client.get(f"/v1/devices:batchGet?devicesUuids={two}&devicesUuids={one}")["devices"]
    assert [item["uuid"] for item in found] == [two, one]
    client.get(f"/v1/devices:batchGet?devicesUuids={two}&devicesUuids=none", expect=404)
    client.get("/v1/devices:batchGet", expect=400)
    client.get(f"/v1/devices%3AbatchGet?devicesUuids={one}", expect=404)


def test_members_with_and_without_subgroups(eset, client):
    servers = eset.add_group("Servers")
    berlin = eset.add_group("Berlin", servers)
    dynamic = eset.add_group("Outdated", berlin, static=False)
    one, two = eset.add_device("one", servers), eset.add_device("two", berlin)
    eset.add_device("three")
    eset.add_member(dynamic, two)

    def members(group, query=""):
        data = client.get(f"/v1/device_groups/{group}/devices{query}")
        assert data["totalSize"] == len(data["devices"])
        return sorted(item["displayName"] for item in data["devices"])

    assert members(servers) == ["one"]
    assert members(dynamic) == ["two"]
    # A device is listed once for every group that it is in.
    assert members(servers, "?recurseSubgroups=true") == ["one", "two", "two"]
    assert members(ROOT, "?recurseSubgroups=true&pageSize=100") == ["one", "three", "two", "two"]
    assert members(ROOT, "?recurseSubgroups=false") == ["three"]
    client.get("/v1/device_groups/none/devices", expect=404)
    client.get(f"/v1/device_groups/{ROOT}/devices?recurseSubgroups=yes", expect=400)
    assert client.get(f"/v1/devices/{one}")["device"]["parentGroupUuid"] == servers


@pytest.mark.parametrize(("switch", "status"), [(False, 404), (501, 501)])
def test_on_prem_may_lack_the_list_of_devices(eset, client, switch, status):
    uuid = eset.add_device("one")
    eset.on_prem_device_list = switch
    client.get("/v1/devices")
    eset.deployment = "on_prem"
    client.get("/v1/devices", expect=status)
    client.get(f"/v1/devices/{uuid}")


# Assignments.


def test_an_assignment_lands_last_and_has_the_shape_of_the_specification(eset, client, group, policies):
    eset.assign(policies[0], GROUP, group)
    made = client.assign(policies[1], GROUP, group)["assignment"]
    assert made == {"uuid": made["uuid"], "policyUuid": policies[1], "rank": 2, "target": {GROUP: group}}
    assert client.get(f"{LIST}/{made['uuid']}")["assignment"] == made
    assert made in client.get(LIST)["assignments"]
    assert eset.stack(GROUP, group) == policies[:2]
    assert [item["rank"] for item in eset.assignments()] == [1, 2]
    eset.assign(policies[0], GROUP, group, visible=False)
    there = eset.stacks()[GROUP, group]
    assert [(one.policy, one.visible) for one in there] == [(policies[0], True), (policies[1], True), (policies[0], False)]
    assert there[1].uuid == made["uuid"]


def test_every_kind_of_target(eset, client, policies):
    targets = {DEVICE: eset.add_device("one"), GROUP: ROOT, SUBSCRIPTION: eset.add_subscription()}
    for kind, uuid in targets.items():
        client.assign(policies[0], kind, uuid)
        assert eset.stack(kind, uuid) == [policies[0]]
        client.assign(policies[0], kind, "none", expect=404)


def assignment(**fields):
    return {"assignment": {"policyUuid": "P", "target": {GROUP: ROOT}, **fields}}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"assignment": None},
        {"assignment": {}},
        {"policyUuid": "P", "target": {GROUP: ROOT}},
        {"assignment": {"policyUuid": "P"}},
        {"assignment": {"target": {GROUP: ROOT}}},
        {**assignment(), "more": 1},
        assignment(rank=1),
        assignment(uuid="U"),
        assignment(policyUuid=""),
        assignment(policyUuid=1),
        assignment(policyUUID="P"),
        assignment(target={}),
        assignment(target={GROUP: ""}),
        assignment(target={GROUP: ROOT, DEVICE: "D"}),
        assignment(target={"group": ROOT}),
    ],
)
def test_what_the_schema_forbids_is_400(eset, client, body):
    eset.add_policy("Policy", uuid="P")
    assert client.ask("POST", LIST, body, expect=400)["code"] == 3
    assert not eset.assignments()


def test_a_body_has_its_content_type_and_is_json(eset, client, policies):
    body = json.dumps(assignment(policyUuid=policies[0]))
    token = {"authorization": f"Bearer {TOKEN}"}
    assert client.raw("POST", LIST, body.encode(), content_type="text/plain", **token).status == 415
    assert client.raw("POST", LIST, body[:-2].encode(), content_type="application/json", **token).status == 400
    assert client.raw("POST", LIST, b"", content_type="application/json", **token).status == 400
    client.ask("GET", LIST, {"pageSize": 1}, expect=400)
    assert not eset.assignments()


def test_an_unknown_policy_or_assignment_is_404(client, group, policies):
    assert client.assign("none", GROUP, group, expect=404)["code"] == 5
    client.get(f"{LIST}/none", expect=404)
    client.ask("DELETE", f"{LIST}/none", expect=404)
    client.rank("none", 1, expect=404)
    client.ask("PUT", f"{LIST}/none", {}, expect=404)
    client.ask("POST", f"{LIST}?validateOnly=true", {}, expect=400)


def test_identifiers_are_opaque(eset, client):
    policy, device = eset.add_policy("Policy", uuid="p/1 %2F"), eset.add_device("one", uuid="d:1+2")
    assert client.get(f"/v2/policies/{quote(policy, safe='')}")["policy"]["uuid"] == policy
    assert client.get(f"/v1/devices/{quote(device, safe='')}")["device"]["uuid"] == device
    assert client.assign(policy, DEVICE, device)["assignment"]["target"] == {DEVICE: device}
    assert client.get(f"{LIST}?{urlencode({'target.deviceUuid': device, 'policyUuid': policy})}")["assignments"]


def test_filters_of_the_list(eset, client, group, policies):
    device = eset.add_device("one")
    for policy in policies[:3]:
        eset.assign(policy, GROUP, group)
    eset.assign(policies[0], DEVICE, device)

    def found(query):
        return sorted((next(iter(item["target"])), item["rank"]) for item in client.get(f"{LIST}?{query}")["assignments"])

    assert found(f"target.deviceUuid={device}") == [(DEVICE, 1)]
    assert found(f"target.deviceGroupUuid={group}") == [(GROUP, 1), (GROUP, 2), (GROUP, 3)]
    assert found("target.deviceGroupUuid=none") == found("policyUuid=none") == []
    assert found(f"policyUuid={policies[0]}") == [(GROUP, 1), (DEVICE, 1)]
    assert found(f"policyUuids={policies[1]}&policyUuids={policies[2]}") == [(GROUP, 2), (GROUP, 3)]
    assert found(f"policyUuid={policies[0]}&policyUuids={policies[2]}&target.deviceGroupUuid={group}") == [(GROUP, 1), (GROUP, 3)]
    client.get(f"{LIST}?target.deviceUuid={device}&target.deviceGroupUuid={group}", expect=400)
    client.get(f"{LIST}?deviceUuid={device}", expect=400)


def test_the_ranking_call_is_particular(eset, client, group, policies):
    uuids = [eset.assign(policy, GROUP, group) for policy in policies[:3]]
    path = f"{LIST}/{uuids[0]}:updateRanking"
    client.ask("POST", path, {"ranking": 1}, expect=400)
    client.ask("POST", path, {"rank": "1"}, expect=400)
    client.ask("POST", path, {}, expect=400)
    client.ask("POST", path.replace(":", "%3A"), {"rank": 1}, expect=404)
    client.ask("GET", path, expect=404)
    client.rank(uuids[0], 0, expect=400)
    client.rank(uuids[0], -1, expect=400)
    client.rank(uuids[0], 4, expect=400)
    eset.rank_error = 412
    assert client.rank(uuids[0], 4, expect=412)["code"] == 9
    client.rank(uuids[0], 0, expect=400)
    assert eset.stack(GROUP, group) == policies[:3]
    assert client.rank(uuids[0], 3) == {}
    assert eset.stack(GROUP, group) == [policies[1], policies[2], policies[0]]


@given(st.lists(st.tuples(st.sampled_from(["assign", "rank", "unassign"]), st.integers(0, 9), st.integers(1, 9)), max_size=25))
def test_ranks_are_always_1_to_n(operations):
    eset = Eset()
    eset.add_token(TOKEN)
    client = Client(eset)
    policies = [eset.add_policy(f"Policy {number}") for number in range(10)]
    groups = [eset.add_group("One"), eset.add_group("Two")]
    model = {group: [] for group in groups}
    for operation, number, rank in operations:
        group = groups[number % 2]
        stack = model[group]
        if operation == "assign":
            made = client.assign(policies[number], GROUP, group)["assignment"]
            stack.append(made["uuid"])
            assert made["rank"] == len(stack)
        elif stack and operation == "unassign":
            assert client.ask("DELETE", f"{LIST}/{stack.pop(number % len(stack))}") == {}
        elif stack:
            rank = 1 + rank % len(stack)
            uuid = stack.pop(number % len(stack))
            stack.insert(rank - 1, uuid)
            client.rank(uuid, rank)
        listed = sorted(client.get(LIST)["assignments"], key=lambda item: (groups.index(item["target"][GROUP]), item["rank"]))
        assert [(item["uuid"], item["rank"]) for item in listed] == [
            (uuid, place + 1) for group in groups for place, uuid in enumerate(model[group])
        ]


def test_hidden_assignments_count_and_are_not_there(eset, client, group, policies):
    hidden = eset.assign(policies[0], GROUP, group, visible=False)
    seen = eset.assign(policies[1], GROUP, group)
    assert [(item["uuid"], item["rank"]) for item in client.get(LIST)["assignments"]] == [(seen, 2)]
    client.get(f"{LIST}/{hidden}", expect=404)
    client.ask("DELETE", f"{LIST}/{hidden}", expect=404)
    client.rank(hidden, 1, expect=404)
    assert client.assign(policies[2], GROUP, group)["assignment"]["rank"] == 3
    client.rank(seen, 3)
    assert eset.stack(GROUP, group) == [policies[0], policies[2], policies[1]]
    assert len(eset.assignments()) == 3
    with pytest.raises(ValueError, match="no policy"):
        eset.assign("none", GROUP, group)
    with pytest.raises(ValueError, match="no target"):
        eset.assign(policies[0], DEVICE, group)


def test_what_assigning_twice_does(eset, client, group, policies):
    first = client.assign(policies[0], GROUP, group)["assignment"]
    eset.duplicates = "refuse"
    assert client.assign(policies[0], GROUP, group, expect=400)["code"] == 6
    eset.duplicates = "ignore"
    assert client.assign(policies[0], GROUP, group)["assignment"] == first
    assert eset.stack(GROUP, group) == [policies[0]]
    eset.duplicates = "allow"
    second = client.assign(policies[0], GROUP, group)["assignment"]
    assert (second["rank"], second["uuid"] == first["uuid"]) == (2, False)


def test_reads_that_lag(eset, client, group, policies):
    eset.assign(policies[0], GROUP, group)

    def shown():
        return [item["policyUuid"] for item in client.get(f"{LIST}?target.deviceGroupUuid={group}")["assignments"]]

    eset.shuffle = False
    eset.lag = 2
    assert shown() == policies[:1]
    made = client.assign(policies[1], GROUP, group)["assignment"]
    assert client.get(f"{LIST}/{made['uuid']}")
    assert [shown(), shown(), shown()] == [policies[:1], policies[:1], policies[:2]]
    assert eset.lag == 0
    eset.lag = 1
    assert shown() == policies[:2]
    client.rank(made["uuid"], 1)
    client.ask("DELETE", f"{LIST}/{made['uuid']}")
    assert [shown(), shown()] == [[policies[1], policies[0]], policies[:1]]


def test_somebody_else_just_before_a_write(eset, client, group, policies):
    asked = []

    def meddle(request):
        asked.append((request.method, request.path))
        eset.assign(policies[1], GROUP, group)

    eset.before_write = meddle
    client.get(LIST)
    client.assign("", GROUP, group, expect=400)
    assert client.assign(policies[0], GROUP, group)["assignment"]["rank"] == 3
    assert asked == [("POST", LIST), ("POST", LIST)]


@pytest.mark.parametrize(("bodies", "content_type"), [("grpc", "application/json"), ("empty", None), ("html", "text/html")])
def test_bodies_of_errors(eset, client, bodies, content_type):
    eset.error_bodies = bodies
    eset.pend(path="none")
    bad_token = client.raw("GET", LIST)
    bad_password = client.form(grant_type="password", username=USER, password="wrong")
    first = client.raw("GET", f"{LIST}/none", authorization=f"Bearer {TOKEN}")
    cached = client.raw("GET", f"{LIST}/none", authorization=f"Bearer {TOKEN}", response_id=first.headers["response-id"])
    answers = (bad_token, bad_password, cached)
    assert [answer.status for answer in answers] == [401, 400, 404]
    for answer in answers:
        assert answer.headers.get("Content-Type") == content_type
        assert bool(answer.body) == (bodies != "empty")
        assert answer.headers["request-id"]


# Pending answers.


@pytest.fixture
def pending(eset, client, group, policies):
    """A write that is answered 202 as ``eset.pend`` is told to; gives a poll, and whether the write has acted."""

    class Write:
        path = LIST
        body = json.dumps({"assignment": {"policyUuid": policies[0], "target": {GROUP: group}}}).encode()

        def __init__(self, **rule):
            eset.pend(**rule)
            first = self.send()
            assert (first.status, first.body) == (202, b"")
            assert first.headers["request-id"]
            self.key = first.headers.get("response-id")

        def send(self, method="POST", path=LIST, body=body, **headers):
            return client.raw(method, path, body, **{"authorization": f"Bearer {TOKEN}", "content_type": "application/json", **headers})

        def poll(self, **changes):
            return self.send(**{"response_id": self.key, **changes})

        @property
        def acted(self):
            return bool(eset.stack(GROUP, group))

    return Write


def test_a_pending_write_acts_at_once_and_is_fetched_once(pending):
    write = pending()
    assert write.acted
    answer = write.poll()
    assert (answer.status, json.loads(answer.body)["assignment"]["rank"]) == (200, 1)
    assert "response-id" not in answer.headers
    assert write.poll().status == 404


def test_a_pending_write_takes_its_polls_with_any_token(eset, pending):
    eset.add_token("other")
    write = pending(method="POST", path=f"{LIST}$", polls=3)
    again = [write.poll(authorization="Bearer other") for _number in range(3)]
    assert [answer.status for answer in again] == [202, 202, 200]
    assert again[0].headers["response-id"] == write.key


def test_a_poll_has_to_be_the_identical_request(pending):
    write = pending()
    assert write.poll(body=write.body + b" ").status == 404
    assert write.poll(path=f"{LIST}?pageSize=1").status == 404
    assert write.poll(path=f"{LIST}/x").status == 404
    assert write.poll(method="DELETE").status == 404
    assert write.poll(response_id="unknown").status == 404
    assert write.poll(authorization="Bearer wrong").status == 401
    assert write.poll().status == 200


def test_a_pending_write_may_act_only_when_it_is_fetched(pending):
    write = pending(polls=2, acts="fetch")
    assert not write.acted
    assert (write.poll().status, write.acted) == (202, False)
    assert (write.poll().status, write.acted) == (200, True)


@pytest.mark.parametrize(("acts", "before", "after"), [("first", True, True), ("fetch", False, True), ("never", False, False)])
@pytest.mark.parametrize(("lost", "statuses"), [("404", [404, 404]), ("504", [202, 504, 404])])
def test_a_lost_answer_says_nothing_of_the_write(pending, acts, before, after, lost, statuses):
    write = pending(lost=lost, acts=acts, polls=2)
    assert write.acted == before
    assert [write.poll().status for _status in statuses] == statuses
    assert write.acted == after


@pytest.mark.parametrize(("acts", "acted"), [("first", True), ("never", False)])
def test_202_without_an_id(pending, acts, acted):
    write = pending(no_response_id=True, acts=acts)
    assert (write.key, write.acted) == (None, acted)


def test_pending_answers_end_with_time(client, pending):
    write = pending(polls=9)
    client.now += 121
    assert write.poll().status == 504
    write = pending()
    client.now += 601
    assert write.poll().status == 404


def test_rules_count_and_choose(eset, client, policies):
    eset.pend(method="GET", path=r"policies\?pageSize=2", times=2)
    client.get("/v2/policies")
    client.get(LIST)
    assert eset.pending_left == 2
    for _number in range(2):
        client.get("/v2/policies?pageSize=2", expect=202)
    client.get("/v2/policies?pageSize=2")
    assert eset.pending_left == 0
    with pytest.raises(ValueError, match="acts"):
        eset.pend(acts="later")
    with pytest.raises(ValueError, match="never"):
        eset.pend(acts="never")


def test_signing_in_can_be_pending_too(eset, client):
    eset.pend()
    eset.signin_pending = 2
    fields = {"grant_type": "password", "username": USER, "password": PASSWORD}
    body = urlencode(fields).encode()
    first = client.form(**fields)
    key = first.headers["response-id"]
    polls = [client.raw("POST", "/oauth/token", body, content_type=FORM, response_id=key) for _number in range(2)]
    assert [first.status, *(answer.status for answer in polls)] == [202, 202, 200]
    assert client.form(**fields).status == 200
    client.get("/v2/policies", expect=202)


# The whole.


def test_the_demo_tenant(eset, client):
    eset.seed_demo()
    state = eset.state()
    assert json.loads(json.dumps(state)) == state
    groups = {item["displayName"]: item for item in client.get("/v1/device_groups")["deviceGroups"]}
    assert groups["Berlin"]["parentGroupUuid"] == groups["Servers"]["uuid"]
    assert groups["Servers"]["parentGroupUuid"] == groups["Workstations"]["parentGroupUuid"] == groups["All"]["uuid"] == ROOT
    names = {item["uuid"]: item["displayName"] for item in client.get("/v2/policies")["policies"]}
    assert [names[uuid] for uuid in eset.stack(GROUP, groups["Servers"]["uuid"])] == ["Updates at night", "Server hardening"]
    assert client.get("/v1/devices?displayNames=web-01")["devices"]
    other = Eset()
    other.seed_demo()
    assert other.state() == state


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        made.eset.add_user(USER, PASSWORD)
        made.eset.seed_demo()
        yield made


@pytest.fixture
def session(cloud):
    made = requests.Session()
    made.trust_env = False
    fields = {"grant_type": "password", "username": USER, "password": PASSWORD}
    made.headers["Authorization"] = "Bearer " + made.post(cloud.eset_url + "/oauth/token", data=fields, timeout=10).json()["access_token"]
    yield made
    made.close()


def test_over_http(cloud, session):
    eset = cloud.eset
    eset.page_max = 3
    found, token = [], None
    while token is None or token:
        data = session.get(cloud.eset_url + LIST, params={"pageSize": 1000, "pageToken": token}, timeout=10).json()
        found += data["assignments"]
        token = data.get("nextPageToken", "")
    assert sorted(item["uuid"] for item in found) == sorted(item["uuid"] for item in eset.assignments())
    servers = found[0]
    moved = session.post(f"{cloud.eset_url}{LIST}/{servers['uuid']}:updateRanking", json={"rank": 1}, timeout=10)
    assert (moved.status_code, moved.json()) == (200, {})
    assert session.post(f"{cloud.eset_url}{LIST}/{servers['uuid']}%3AupdateRanking", json={"rank": 1}, timeout=10).status_code == 404
    assert [entry.path for entry in cloud.writes()] == [f"{LIST}/{servers['uuid']}{colon}updateRanking" for colon in (":", "%3A")]
    assert requests.get(cloud.eset_url + LIST, timeout=10).status_code == 401
    eset.deployment = "on_prem"
    signed_in = session.post(cloud.eset_url + "/GetTokens", json={"username": USER, "password": PASSWORD, "grant_type": 0}, timeout=10)
    assert signed_in.json()["accessToken"]
    assert session.get(cloud.eset_url + "/v1/devices", timeout=10).status_code == 200


def test_pending_over_http(cloud, session):
    policy = cloud.eset.add_policy("One more")
    cloud.eset.pend(method="POST", polls=2)
    body = {"assignment": {"policyUuid": policy, "target": {GROUP: ROOT}}}
    first = session.post(cloud.eset_url + LIST, json=body, timeout=10)
    assert (first.status_code, first.content) == (202, b"")
    header = {"response-id": first.headers["response-id"]}
    polls = [session.post(cloud.eset_url + LIST, json=body, headers=header, timeout=10) for _number in range(3)]
    assert [answer.status_code for answer in polls] == [202, 200, 404]
    assert cloud.eset.stack(GROUP, ROOT)[-1] == policy


def test_faults_and_the_limit_come_before_the_vendor(cloud, session):
    policy = cloud.eset.add_policy("One more")
    body = {"assignment": {"policyUuid": policy, "target": {GROUP: ROOT}}}
    cloud.faults.add("reset_after", method="POST", path=LIST)
    with pytest.raises(requests.ConnectionError):
        session.post(cloud.eset_url + LIST, json=body, timeout=10)
    assert cloud.eset.stack(GROUP, ROOT).count(policy) == 1
    cloud.limit(5)
    statuses = [session.get(cloud.eset_url + "/v2/policies", timeout=10).status_code for _number in range(6)]
    assert statuses == [200] * 5 + [429]
