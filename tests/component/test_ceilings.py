# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules and a vendor that goes astray: lists without end, text that is none, secrets that it repeats, results too large to keep."""

from __future__ import annotations

import base64
import itertools
import json
import re
from urllib.parse import quote

import pytest
from ansible_collections.secops.policy.plugins.module_utils._http import links
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app import resource as private_app_resource
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import branches, impatient, run_meraki, run_module
from .scripted import Scripted, answer

SENTRY, APPS, ESET = "meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"
#: A key and a token, with what encodings change.
SECRET = 'se/c"r+et&0123456789='
HALF, WHOLE = "cut \ud83d", "cut \ufffd"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


@pytest.fixture
def cloud():
    """Three branches, a group of applications; a device group with a policy of two."""
    with Cloud() as made:
        made.limit(None)
        branches(made.meraki)
        made.meraki.add_key(SECRET)
        made.meraki.add_group("1", "West", id="g1")
        made.eset.add_token(SECRET)
        made.eset.add_group("Servers", uuid="g1")
        for name in "AB":
            made.eset.add_policy(f"Policy {name}", uuid=name)
        made.eset.assign("A", "deviceGroupUuid", "g1")
        yield made


def stored(scope="all", tags=()):
    return {"smNetworkId": "N_SM", "scope": scope, "tags": list(tags), "groupPolicyId": "101"}


def policy(scope="all", tags=()):
    return {"sm_network_id": "N_SM", "scope": scope, "tags": list(tags), "group_policy_id": "101"}


def destination(number, access="network"):
    return {"destination_addr": [f"10.0.0.{number}/32"], "protocol_ports": [{"protocol": "TCP", "ports": "443"}], "access_type": access}


def application(name, number, **more):
    """An application as the API has it."""
    ports = [{"protocol": "TCP", "ports": "443"}]
    return {
        "name": name,
        "destinations": [{"destinationAddr": [f"10.0.0.{number}/32"], "protocolPorts": ports, "accessType": "network"}],
        **more,
    }


def run(module, cloud, check=False, diff=False, **options):
    if module == ESET:
        given = {"access_token": SECRET, "base_url": cloud.eset_url, "rate_limit": 1000, "retry_timeout": 5}
        return run_module(ESET, {**given, **options}, check=check, diff=diff)
    more = {"deprecation_warning": False} if module == APPS else {}
    return run_meraki(module, cloud, {"api_key": SECRET, "retry_timeout": 5, **more, **options}, check=check, diff=diff)


class Vendor:
    """A server in place of a vendor, at one address for all."""

    def __init__(self, server):
        self.meraki_url = self.eset_url = server.url


def valid(result):
    """A result that Ansible takes."""
    json.dumps(result, ensure_ascii=False).encode()
    return result


#: What each module writes in this file, and what it may look like afterwards.
CHANGES = {
    SENTRY: {"config": [{"network_id": "N_1", "policies": [policy()]}]},
    APPS: {"config": [{"name": "New", "destinations": [destination(9)]}]},
    ESET: {"config": [{"target": {"device_group_uuid": "g1"}, "policies": [{"policy_uuid": "B"}]}]},
}

# Lists.


def _named(number):
    return {"uuid": number, "displayName": f"x{number}"}


_ORGANIZATION = {"organization_id": None, "organization": "x"}
_OLDER, _NEWER = {"api": "private_applications"}, {"api": "private_resources"}
_POLICY_BY_NAME = [{"target": {"device_uuid": "d"}, "policies": [{"policy": "x"}]}]
#: The lists that modules read: the module, the options that make it read one, where the list is, a page of things, and one of these.
LISTS = {
    "assignments": (
        SENTRY, {}, "byNetwork", lambda things: [{"items": things}], lambda number: {"networkId": f"N_{number}", "policies": []},
    ),
    "networks": (SENTRY, {"config": [{"network": "x"}]}, "/networks", list, lambda number: {"id": f"N_{number}", "name": f"x{number}"}),
    "organizations": (SENTRY, _ORGANIZATION, "/organizations", list, lambda number: {"id": number, "name": f"x{number}"}),
    "applications": (
        APPS, _OLDER, "privateApplications", lambda things: {"data": things},
        lambda number: {"applicationId": number, **application(f"x{number}", 1), "applicationGroupIds": []},
    ),
    "groups": (
        APPS, {**_OLDER, "with_names": True}, "Groups", lambda things: {"data": things},
        lambda number: {"applicationGroupId": number, "name": f"x{number}"},
    ),
    "resources": (
        APPS, _NEWER, "privateResources", lambda things: {"data": things},
        lambda number: {"resourceId": number, "name": f"x{number}", "accessTypes": [], "resourceAddresses": [], "resourceGroupIds": []},
    ),
    "policy assignments": (
        ESET, {}, "policy-assignments", lambda things: {"assignments": things},
        lambda number: {"uuid": number, "policyUuid": "A", "rank": number, "target": {"deviceUuid": "d"}},
    ),
    "policies": (ESET, {"state": "merged", "config": _POLICY_BY_NAME}, "/v2/policies", lambda things: {"policies": things}, _named),
    "device groups": (
        ESET, {"config": [{"target": {"device_group": "x"}}]}, "device_groups", lambda things: {"deviceGroups": things}, _named,
    ),
    "devices": (ESET, {"config": [{"target": {"device": "x"}}]}, "devices", lambda things: {"devices": things}, _named),
}  # fmt: skip
#: What else is read on the way to it, with nothing in it.
EMPTY = {
    "byNetwork": [{"items": []}],
    "privateApplications": {"data": []},
    "policy-assignments": {"assignments": []},
    "/v2/policies": {"policies": []},
}


def endless(name, each):
    """A server whose list of such things has always one page more, with ``each`` of them; or pages with as many as a list says, and one
    that is the last, and empty."""
    _module, _options, path, page, thing = LISTS[name]
    sizes = itertools.repeat(each) if isinstance(each, int) else iter(each)
    number = itertools.count()

    def act(text):
        target = text.split(" ")[1].split("?")[0]
        if not target.endswith(path):
            return answer(data=next((data for part, data in EMPTY.items() if target.endswith(part)), []))
        size = next(sizes, None)
        data = page([thing(next(number)) for _thing in range(size or 0)])
        if size is None:
            return answer(data=data)
        if isinstance(data, dict) and "data" not in data:
            return answer(data={**data, "nextPageToken": f"t{next(number)}"})
        return answer(data=data, Link=f"<{target}?startingAfter={next(number)}>; rel=next")

    return Scripted(act)


@pytest.mark.parametrize("name", LISTS)
def test_empty_pages_without_end_are_a_failure(name):
    module, options = LISTS[name][:2]
    with endless(name, 0) as server:
        result = run(module, Vendor(server), **{"state": "gathered", **options})
        assert result["failed"] and re.search(r"GET \S+: 10 pages in a row are empty, .*cannot be read", result["msg"]), result["msg"]
        assert result["stats"]["reads"] < 15 and not result["changed"]


@pytest.mark.parametrize("name", LISTS)
def test_pages_without_end_are_a_failure(monkeypatch, name):
    monkeypatch.setattr(links, "MOST_PAGES", 30)
    module, options = LISTS[name][:2]
    with endless(name, 2) as server:
        result = run(module, Vendor(server), **{"state": "gathered", **options})
        assert result["failed"] and re.search(r"GET \S+: the list does not end: 30 pages were read", result["msg"]), result["msg"]
    monkeypatch.setattr(links, "MOST_PAGES", 2000)
    monkeypatch.setattr(links, "LARGEST_LIST", 2000)
    with endless(name, 2) as server:
        result = run(module, Vendor(server), **{"state": "gathered", **options})
        assert result["failed"] and "the list does not end" in result["msg"]
        assert result["stats"]["reads"] < 50


@pytest.mark.parametrize("name", LISTS)
def test_a_page_may_be_empty_and_not_the_last_one(name):
    module, options = LISTS[name][:2]
    with endless(name, [0] * 9 + [1] + [0] * 9 + [2]) as server:
        result = run(module, Vendor(server), **{"state": "gathered", **options})
        assert "pages in a row" not in result.get("msg", "") and result["stats"]["reads"] >= 21


@pytest.mark.parametrize("token", [1, ["t"], {"t": 1}, True])
def test_a_token_that_is_no_text_is_a_failure(token):
    with Scripted(answer(data={"assignments": [], "nextPageToken": token})) as server:
        result = run(ESET, Vendor(server), state="gathered")
        assert result["failed"] and "the token of the next page is not a text" in result["msg"]


@pytest.mark.parametrize(
    "body", [b'{"rank": Infinity}', b'{"rank": 1e999}', b'{"rank": ' + b"1" * 5000 + b"}", b'{"uuid": "a", "uuid": "b"}']
)
@pytest.mark.parametrize("module", [SENTRY, APPS, ESET])
def test_a_list_that_means_several_things_is_a_failure(module, body):
    with Scripted(answer(body=body)) as server:
        result = run(module, Vendor(server), **CHANGES[module])
        assert result["failed"] and "internal error" not in result["msg"] and "answered 200 with a body" in result["msg"]
        assert not result["changed"] and {text.split(" ")[0] for text in server.requests} == {"GET"}


# Where credentials go.


@pytest.mark.parametrize("module", [SENTRY, APPS, ESET])
def test_a_redirect_to_another_name_of_this_machine_gets_no_credentials(cloud, module):
    with Scripted(answer(data=[])) as other:
        to = other.url.replace("127.0.0.1", "localhost")
        for method in ("GET", "PUT" if module == SENTRY else "POST"):
            cloud.faults.clear()
            cloud.faults.add("redirect", method=method, to=to, times=None)
            result = run(module, cloud, **CHANGES[module])
            assert result["failed"] and f"a redirect to {to}, which is not followed" in result["msg"]
            assert not result["changed"] and result["requests"] == []
        assert other.requests == []


@pytest.mark.parametrize(("module", "page"), [(SENTRY, [{"items": []}]), (APPS, {"data": []})])
def test_a_link_to_another_name_of_this_machine_gets_no_credentials(module, page):
    with Scripted(answer(data=page)) as other:
        to = other.url.replace("127.0.0.1", "localhost")
        with Scripted(answer(data=page, Link=f"<{to}/next>; rel=next")) as server:
            result = run(module, Vendor(server), **CHANGES[module])
            assert result["failed"] and f"the Link to the next page leads to {to}" in result["msg"] and not result["changed"]
        assert other.requests == []


def test_signing_in_on_another_name_of_this_machine_gets_no_password(cloud):
    with Scripted(answer(data={"access_token": "t", "expires_in": 3600})) as other:
        to = other.url.replace("127.0.0.1", "localhost")
        cloud.faults.add("redirect", status=307, method="POST", path="token", to=to)
        given = {"username": "me", "password": "pa55word", "access_token": None}
        result = run(ESET, cloud, state="gathered", **given)
        assert result["failed"] and f"a redirect to {to}, which is not followed" in result["msg"] and other.requests == []


# Text.


def test_half_a_character_of_others_is_carried_along_as_it_is(cloud):
    """The PUT carries the whole organization."""
    cloud.meraki.add_sentry("N_2", [stored("withAny", [HALF])])
    result = valid(run(SENTRY, cloud, diff=True, **CHANGES[SENTRY]))
    assert result["changed"] and not result.get("failed") and result["requests"][0]["untouched"] == 1
    (written,) = cloud.writes()
    assert [item["policies"][0]["tags"] for item in written.body["items"]] == [[HALF], []]
    assert cloud.meraki.state()["sentry"]["1"]["N_2"][0]["tags"] == [HALF]


def test_half_a_character_can_be_gathered_listed_and_changed(cloud):
    cloud.meraki.add_sentry("N_1", [stored("withAny", [HALF]), stored()])
    gathered = valid(run(SENTRY, cloud, state="gathered"))["gathered"]
    assert gathered[0]["policies"][0]["tags"] == [WHOLE]
    assert not valid(run(SENTRY, cloud, state="replaced", config=gathered))["changed"]
    result = valid(run(SENTRY, cloud, diff=True, state="replaced", config=[{"network_id": "N_1", "policies": gathered[0]["policies"][:1]}]))
    assert result["changed"] and result["before"][0]["policies"][0]["tags"] == [WHOLE]
    (written,) = cloud.writes()
    assert [item["tags"] for item in written.body["items"][0]["policies"]] == [[HALF]]


def test_half_a_character_in_an_attribute_that_is_not_given(cloud):
    key = cloud.meraki.add_application("1", **application("Jira", 1, description=HALF, applicationGroupIds=["g1"]))
    result = valid(run(APPS, cloud, diff=True, config=[{"name": "Jira", "destinations": [destination(2)]}]))
    assert result["changed"] and result["after"][0]["description"] == WHOLE and result["requests"][0]["body"]["description"] == WHOLE
    assert [entry.body["description"] for entry in cloud.writes()] == [HALF]
    assert not valid(run(APPS, cloud, state="replaced", config=result["after"]))["changed"]
    assert valid(run(APPS, cloud, state="deleted", config=[{"application_id": key}], allow_group_removal=True))["changed"]


def test_texts_that_cannot_be_told_apart_are_not_written_back(cloud):
    cloud.meraki.add_sentry("N_2", [stored("withAny", [HALF])])
    cloud.meraki.add_sentry("N_3", [stored("withAny", ["cut \ude00"])])
    before = cloud.meraki.state()["sentry"]
    result = valid(run(SENTRY, cloud, **CHANGES[SENTRY]))
    assert result["failed"] and result["msg"].startswith("Nothing was written.") and "several texts that read" in result["msg"]
    assert not result["changed"] and len(result["pending"]) == 1 and cloud.writes() == []
    assert cloud.meraki.state()["sentry"] == before


def test_half_a_character_in_names_that_stand_beside_ids(cloud):
    cloud.eset.add_policy(f"Policy {HALF}", uuid="C")
    cloud.eset.assign("C", "deviceGroupUuid", "g1")
    result = valid(run(ESET, cloud, state="gathered", with_names=True))
    assert [item["policy"] for item in result["gathered"][0]["policies"]] == ["Policy A", f"Policy {WHOLE}"]
    target = {"device_group_uuid": "g1"}
    assert not valid(run(ESET, cloud, config=[{"target": target, "policies": [{"policy": f"Policy {WHOLE}"}]}]))["changed"]
    result = valid(run(ESET, cloud, config=[{"target": target, "policies": [{"policy": "Policy X"}]}]))
    assert result["failed"] and WHOLE in result["msg"]


@pytest.mark.parametrize("module", [SENTRY, APPS, ESET])
def test_half_a_character_in_what_a_refusal_says(cloud, module):
    body = {"errors": [HALF]} if module != ESET else {"code": 7, "message": HALF}
    cloud.faults.add("status", method="PUT" if module == SENTRY else "POST", status=403, body=body)
    result = valid(run(module, cloud, **CHANGES[module]))
    assert result["failed"] and WHOLE in result["msg"] and len(result["pending"]) == 1


# Secrets.


def encodings(secret):
    return [
        json.dumps(json.dumps({"key": secret})),
        "".join(f"%{byte:02X}" for byte in secret.encode()),
        quote(quote(secret, safe=""), safe=""),
        "".join(f"&#{byte};" for byte in secret.encode()),
        base64.b64encode(f"user:{secret}".encode()).decode(),
        secret.encode().hex(),
    ]


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("module", [SENTRY, APPS, ESET])
def test_what_a_refusal_repeats_of_a_secret_is_hidden(cloud, module, number):
    echo = encodings(SECRET)[number]
    body = {"errors": [f"bad {echo}"]} if module != ESET else {"code": 7, "message": f"bad {echo}"}
    for method in ("GET", "PUT" if module == SENTRY else "POST"):
        cloud.faults.clear()
        cloud.faults.add("status", method=method, status=403, body=body, headers={"X-Request-Id": echo, "request-id": echo})
        result = run(module, cloud, **CHANGES[module])
        assert result["failed"] and "bad " in result["msg"] and "********" in result["msg"]
        assert echo not in json.dumps(result) and echo[12:-12] not in json.dumps(result) and SECRET not in json.dumps(result)


@pytest.mark.parametrize("number", range(6))
def test_what_a_warning_repeats_of_a_secret_is_hidden(cloud, number):
    """Ansible hides nothing in the text of a warning."""
    echo = encodings(SECRET)[number]
    cloud.faults.add("status", method="GET", path="/networks", times=None, status=403, body={"errors": [f"bad {echo}"]})
    result = run(SENTRY, cloud, with_names=True, check=True, **CHANGES[SENTRY])
    assert result["changed"] and any("names are not shown" in text and "bad " in text for text in result["warnings"])
    assert echo not in json.dumps(result) and echo[12:-12] not in json.dumps(result)


def test_a_warning_without_a_connection_shows_no_secret_either(monkeypatch):
    monkeypatch.setattr(
        private_app_resource.PrivateApplications,
        "rendered",
        lambda self, config, found: found.warn(f"{self._options['api_key']} has no effect") or [],
    )
    options = {"state": "rendered", "api_key": SECRET, "config": [{"name": "A", "destinations": [destination(1)]}]}
    result = run_module(APPS, options)
    assert result["warnings"] == ["******** has no effect"]


@pytest.mark.parametrize("number", range(6))
def test_what_a_vendor_keeps_of_a_secret_is_hidden(cloud, number):
    """Somebody may have written it down there."""
    echo = encodings(SECRET)[number]
    cloud.meraki.add_application("1", **application("Jira", 1, description=f"with {echo}"))
    result = run(APPS, cloud, state="gathered")
    assert result["gathered"][0]["description"].startswith("with ") and "********" in result["gathered"][0]["description"]
    assert echo not in json.dumps(result) and echo[12:-12] not in json.dumps(result)


# Results.


@pytest.mark.parametrize("module", [SENTRY, APPS, ESET])
def test_many_errors_make_a_result_that_can_be_kept(cloud, module):
    result = run(module, cloud, config=[{"colour": "red"}] * 6000)
    assert result["failed"] and len(json.dumps(result)) < 500_000 and cloud.log == []
    assert any("errors were reduced to counts" in text for text in result["warnings"])
    assert result["errors"][0]["path"].startswith("config[0]") and result["errors"][-1]["message"].endswith("in all: too many to show")


def test_many_errors_that_only_the_vendor_tells_are_reduced_as_well(cloud):
    config = [{"network": f"Nowhere {number}", "policies": []} for number in range(5000)]
    result = run(SENTRY, cloud, config=config)
    assert result["failed"] and len(json.dumps(result)) < 500_000 and "5000 in all" in result["errors"][-1]["message"]


def test_many_warnings_make_a_result_that_can_be_kept(cloud):
    entries = [{"sm_network_id": "N_SM", "scope": "all", "group_policy_id": "101", "policy_id": str(number)} for number in range(9000)]
    result = run(SENTRY, cloud, state="deleted", config=[{"network_id": "N_1", "policies": entries}])
    assert not result["changed"] and len(json.dumps(result)) < 500_000
    assert any("9000 in all" in text or "more warnings" in text for text in result["warnings"])


def test_many_reasons_make_no_message_that_nobody_reads(cloud):
    for number in range(250):
        cloud.meraki.add_group("1", f"Group {number}", id=f"new{number}")
        cloud.meraki.add_application("1", **application(f"App {number}", number % 250, applicationGroupIds=[f"new{number}"]))
    result = run(APPS, cloud, state="deleted", config=[{"name": f"App {number}"} for number in range(250)])
    assert result["failed"] and len(result["errors"]) == 250 and cloud.writes() == []
    assert result["msg"].startswith("Nothing was written") and "Group 0" in result["msg"] and len(result["msg"]) <= 20_000
