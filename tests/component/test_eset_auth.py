# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in to ESET: tokens that are given, asked for, refreshed and used up in the middle of a run; refusals that never become a loop."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.secops.policy.plugins.module_utils._vendors import eset as eset_api
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import impatient, run_module

USER = "api@example.com"
PASSWORD = "correct horse & battery=staple"
GIVEN = "given-token-0123456789"
GROUP = "7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0001"
CREDENTIALS = {"username": USER, "password": PASSWORD}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        made.eset.add_user(USER, PASSWORD)
        made.eset.add_group("Servers", uuid=GROUP)
        for number in range(40):
            made.eset.add_policy(f"Policy {number}", uuid=f"p{number}")
            made.eset.add_device(f"device {number}", uuid=f"d{number}")
        yield made


def run(cloud, check=False, **options):
    """One run; nothing secret is in what it returns, however it ends."""
    given = {"base_url": cloud.eset_url, "rate_limit": 1000, "retry_timeout": 20, **options}
    result = run_module("eset_policy_assignment", given, check=check)
    shown = json.dumps(result)
    assert not [secret for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], GIVEN, *cloud.eset.issued) if secret in shown]
    return result


def sign_ins(cloud):
    return [entry for entry in cloud.log if entry.path in ("/oauth/token", "/GetTokens")]


def grants(cloud):
    return [entry.body.split("grant_type=")[1].split("&")[0] for entry in sign_ins(cloud)]


def on_devices(count, policy="p0"):
    return [{"target": {"device_uuid": f"d{number}"}, "policies": [{"policy_uuid": policy}]} for number in range(count)]


BY_NAME = [{"target": {"device_group": "Servers"}, "policies": [{"policy": "Policy 1"}]}]


def test_the_password_grant_once_for_a_run(cloud):
    result = run(cloud, config=BY_NAME, **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    (entry,) = sign_ins(cloud)
    assert entry.body == "grant_type=password&username=api%40example.com&password=correct+horse+%26+battery%3Dstaple"
    assert "authorization" not in entry.headers
    (sent,) = {entry.headers["authorization"] for entry in cloud.reads() + cloud.writes()}
    assert sent.removeprefix("Bearer ") in cloud.eset.issued
    assert result["stats"]["reads"] == 5 and result["stats"]["writes"] == 1, "signing in is neither"


def test_a_token_is_refreshed_before_its_time_is_over(cloud):
    cloud.eset.expires_in = 1
    cloud.latency = 0.15
    config = [{"target": {"device_group_uuid": GROUP}, "policies": [{"policy_uuid": f"p{number}"} for number in range(12)]}]
    result = run(cloud, config=config, **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    assert [entry.status for entry in cloud.log if entry.status != 200] == [], "no request was refused for it"
    assert set(grants(cloud)[1:]) == {"refresh_token"} and grants(cloud)[0] == "password"


@pytest.mark.parametrize("refresh", ["ok", "refused"])
def test_a_token_that_ends_sooner_than_was_said(cloud, refresh):
    cloud.eset.token_seconds, cloud.eset.expires_in, cloud.eset.refresh = 0.5, 3600, refresh
    cloud.latency = 0.1
    config = [{"target": {"device_group_uuid": GROUP}, "policies": [{"policy_uuid": f"p{number}"} for number in range(10)]}]
    result = run(cloud, config=config, **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    assert cloud.eset.stack("deviceGroupUuid", GROUP) == [f"p{number}" for number in range(10)], "each once"
    assert "refresh_token" in grants(cloud)
    assert (grants(cloud).count("password") > 1) == (refresh == "refused")
    assert 0 < sum(entry.status == 401 for entry in cloud.log) < len(sign_ins(cloud)) + 1


@pytest.mark.parametrize("uses", [1, 2, 3, 7])
@pytest.mark.parametrize("latency", [0.0, 0.03])
def test_tokens_that_are_used_up_while_many_requests_are_under_way(cloud, uses, latency):
    cloud.eset.token_uses = uses
    cloud.latency = latency
    result = run(cloud, config=on_devices(40), **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    assert all(cloud.eset.stack("deviceUuid", f"d{number}") == ["p0"] for number in range(40))
    admitted = [entry for entry in cloud.log if entry.status == 200 and entry not in sign_ins(cloud)]
    assert len(sign_ins(cloud)) <= 2 * len(admitted), "two for a request, and no more"


def test_a_refresh_that_fails_for_a_while_does_not_keep_the_password_waiting(cloud):
    cloud.eset.token_seconds, cloud.eset.expires_in, cloud.eset.refresh = 0.5, 3600, "ok"
    cloud.latency = 0.1
    original = cloud.eset.handle

    def handle(request):
        answer = original(request)
        return replace(answer, status=503) if b"grant_type=refresh_token" in request.body else answer

    cloud.eset.handle = handle
    config = [{"target": {"device_group_uuid": GROUP}, "policies": [{"policy_uuid": f"p{number}"} for number in range(10)]}]
    result = run(cloud, config=config, **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    tried = grants(cloud)
    assert "refresh_token" in tried and all(then == "password" for now, then in zip(tried, tried[1:]) if now == "refresh_token")


def test_a_given_token_is_used_and_nobody_signs_in(cloud):
    cloud.eset.add_token(GIVEN)
    for more in ({}, CREDENTIALS):
        assert not run(cloud, state="gathered", access_token=f" {GIVEN}\n", **more).get("failed")
    assert sign_ins(cloud) == []


def test_a_given_token_that_ends_in_the_middle_of_a_run(cloud):
    cloud.eset.add_token(GIVEN, uses=5)
    config = on_devices(6)
    result = run(cloud, access_token=GIVEN, config=config)
    assert result["failed"] and "ESET_ACCESS_TOKEN" in result["msg"] and sign_ins(cloud) == []
    done = len(result["requests"])
    assert done + len(result["pending"]) == 6 and sum(bool(cloud.eset.stack("deviceUuid", f"d{number}")) for number in range(6)) == done
    result = run(cloud, access_token=GIVEN, config=config, **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    assert grants(cloud) == ["password"] and result["summary"]["created"] == 6 - done


def test_a_token_that_no_header_can_carry_is_an_error(cloud):
    result = run(cloud, access_token="two words", state="gathered")
    assert [item["path"] for item in result["errors"]] == ["access_token"] and "two words" not in result["msg"] and cloud.log == []


@pytest.mark.parametrize("more", [{}, {"username": USER}, {"password": PASSWORD}, {"access_token": "  "}])
def test_credentials_that_are_missing_are_errors(cloud, more):
    result = run(cloud, state="gathered", **more)
    assert {item["path"] for item in result["errors"]} == {"username", "password"} - set(more)
    assert "ESET_" in result["msg"] and cloud.log == []


@pytest.mark.parametrize("bodies", ["grpc", "empty", "html"])
def test_bad_credentials_are_tried_once_and_said_clearly(cloud, bodies):
    """Also where several requests wait for the token: accounts get locked for that."""
    cloud.eset.error_bodies = bodies
    config = [*BY_NAME, {"target": {"device": "device 1"}, "policies": [{"policy": "Policy 2"}]}]
    result = run(cloud, config=config, username=USER, password="wrong")
    assert result["failed"] and "Nothing was written" in result["msg"] and "ESET_USERNAME" in result["msg"] and "400" in result["msg"]
    assert ("invalid_grant" in result["msg"]) == (bodies == "grpc")
    assert len(cloud.log) == 1


def test_bad_credentials_once_a_given_token_is_over(cloud):
    result = run(cloud, config=BY_NAME, access_token=GIVEN, username=USER, password="wrong")
    assert result["failed"] and "ESET_PASSWORD" in result["msg"]
    assert len(sign_ins(cloud)) == 1 and len(cloud.reads()) <= 3


def test_a_password_that_ends_while_a_run_writes(cloud):
    """What was written is said, and what was not."""
    cloud.eset.token_uses = 5
    cloud.eset.refresh = "refused"
    cloud.faults.add("status", method="POST", path="/oauth/token", nth=2, times=None, status=400, body={"error": "invalid_grant"})
    config = [{"target": {"device_group_uuid": GROUP}, "policies": [{"policy_uuid": f"p{number}"} for number in range(5)]}]
    result = run(cloud, config=config, **CREDENTIALS)
    assert result["failed"] and result["changed"] and "invalid_grant" in result["msg"]
    there = cloud.eset.stack("deviceGroupUuid", GROUP)
    assert [request["body"]["assignment"]["policyUuid"] for request in result["requests"]] == there != []
    assert len(result["pending"]) == 5 - len(there)
    assert grants(cloud) == ["password", "refresh_token", "password"]


@pytest.mark.parametrize("path", ["/v2/policies", "/v2/policy-assignments$"])
def test_401_for_one_path_only_is_no_loop(cloud, path):
    method = "POST" if path.endswith("$") else "GET"
    cloud.faults.add("status", path=path, method=method, times=None, status=401, body={"code": 16, "message": "no"})
    result = run(cloud, config=BY_NAME, **CREDENTIALS)
    assert result["failed"] and f"{path.rstrip('$')}: answered 401: no (code 16)" in result["msg"]
    assert len(sign_ins(cloud)) <= 3
    assert cloud.writes() == [] or all(entry.status == 401 for entry in cloud.writes())


@pytest.mark.parametrize("polls", [1, 3])
@pytest.mark.parametrize("deployment", ["cloud", "on_prem"])
def test_signing_in_may_be_pending(cloud, polls, deployment):
    cloud.eset.deployment, cloud.eset.signin_pending = deployment, polls
    result = run(cloud, state="gathered", deployment=deployment, **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    assert [entry.status for entry in sign_ins(cloud)] == [202] * polls + [200]
    assert len({json.dumps(entry.body) for entry in sign_ins(cloud)}) == 1


@pytest.mark.parametrize("lost", ["404", "504"])
def test_a_pending_token_that_gets_lost_is_asked_for_again(cloud, lost):
    cloud.eset.pend("POST", "/oauth/token", lost=lost)
    assert not run(cloud, state="gathered", **CREDENTIALS).get("failed")
    cloud.eset.pend("POST", "/oauth/token", no_response_id=True)
    assert "without the response-id" in run(cloud, state="gathered", **CREDENTIALS)["msg"]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("status", {"status": 429, "headers": {"Retry-After": "0"}}),
        ("status", {"status": 503}),
        ("status", {"status": 504, "acted": True}),
        ("reset_before", {}),
        ("reset_after", {}),
        ("cut_body", {}),
        ("html", {}),
        ("slow", {"seconds": 0.6, "acted": True}),
    ],
)
def test_signing_in_survives_one_fault_of_any_kind(cloud, kind, arguments):
    cloud.faults.add(kind, method="POST", path="/oauth/token", **arguments)
    result = run(cloud, state="gathered", timeout=0.3, **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    assert not cloud.faults.left and len(sign_ins(cloud)) == 2


def test_an_answer_without_a_token_says_what_to_check(cloud):
    cloud.faults.add("status", method="POST", path="/oauth/token", times=None, status=200, body={"hello": "there"})
    result = run(cloud, config=BY_NAME, **CREDENTIALS)
    assert result["failed"] and "holds no token" in result["msg"] and "region" in result["msg"]


def test_what_a_server_echoes_is_masked(cloud):
    said = {"error": "invalid_grant", "error_description": f"{USER} and {PASSWORD} do not fit"}
    cloud.faults.add("status", method="POST", path="/oauth/token", status=400, body=said)
    assert f"{USER} and ******** do not fit" in run(cloud, state="gathered", **CREDENTIALS)["msg"]
    cloud.eset.add_token(GIVEN)
    cloud.faults.add("status", method="GET", path="assignments", status=403, body={"code": 7, "message": f"{GIVEN} may not"})
    assert "******** may not (code 7)" in run(cloud, state="gathered", access_token=GIVEN)["msg"]


@pytest.mark.parametrize("form", ["13.0", "password", "13.1"])
def test_on_prem_knows_one_of_three_bodies(cloud, form):
    cloud.eset.deployment, cloud.eset.on_prem_signin = "on_prem", form
    cloud.eset.token_uses = 2
    result = run(cloud, deployment="on_prem", config=BY_NAME, **CREDENTIALS)
    assert not result.get("failed"), result["msg"]
    statuses = [entry.status for entry in sign_ins(cloud)]
    assert statuses == [400] * ("13.0", "password", "13.1").index(form) + [200] * (len(cloud.eset.issued))
    assert len(cloud.eset.issued) > 1, "the form that fits is remembered"
    assert {entry.path for entry in sign_ins(cloud)} == {"/GetTokens"}


@pytest.mark.parametrize("form", ["13.0", "password", "13.1"])
def test_bad_credentials_on_prem_are_tried_once(cloud, form):
    cloud.eset.deployment, cloud.eset.on_prem_signin = "on_prem", form
    result = run(cloud, deployment="on_prem", config=BY_NAME, username=USER, password="wrong")
    assert result["failed"] and "check username and password" in result["msg"] and "401" in result["msg"]
    assert [entry.status for entry in cloud.log].count(401) == 1, "bodies of other versions tell nothing of the credentials"
    cloud.clear_log()
    cloud.eset.add_user("Administrator", PASSWORD)
    result = run(cloud, deployment="on_prem", config=BY_NAME, username="Administrator", password=PASSWORD)
    assert result["failed"] and "built-in Administrator" in result["msg"] and [entry.status for entry in cloud.log].count(403) == 1


def test_on_prem_bodies_that_are_all_refused_end(cloud):
    cloud.eset.deployment = "on_prem"
    cloud.faults.add("status", method="POST", path="/GetTokens", times=None, status=400, body={"code": 3, "message": "what"})
    result = run(cloud, deployment="on_prem", config=BY_NAME, **CREDENTIALS)
    assert result["failed"] and "what (code 3)" in result["msg"] and len(cloud.log) == 3


def test_hosts_follow_the_region_and_base_url_replaces_them():
    options = {
        "username": USER, "password": PASSWORD, "access_token": None, "timeout": 1, "retry_timeout": 1, "rate_limit": 10,
        "validate_certs": True, "ca_path": None, "region": "jpn", "deployment": "cloud", "base_url": None,
    }  # fmt: skip
    api = eset_api.Eset(options)
    assert api.client.base_url == "https://jpn.policy-management.eset.systems"
    assert api._url("/v1/devices") == "https://jpn.device-management.eset.systems/v1/devices"
    assert api._url("/oauth/token") == "https://jpn.business-account.iam.eset.systems/oauth/token"
    assert api.client.trusts(api._url("/v1/devices")) and not api.client.trusts("https://eset.systems.example/v1/devices")
    one = eset_api.Eset({**options, "deployment": "on_prem", "base_url": "https://server.example:9443/"})
    assert {one._url(path) for path in ("/v1/devices", "/v2/policies", "/GetTokens")} == {
        f"https://server.example:9443{path}" for path in ("/v1/devices", "/v2/policies", "/GetTokens")
    }


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        ({"deployment": "on_prem", **CREDENTIALS}, ["base_url"]),
        ({"base_url": "http://eset.example", **CREDENTIALS}, ["base_url"]),
        ({"base_url": "https://u:pw@eset.example", **CREDENTIALS}, ["base_url"]),
        ({"base_url": "", "timeout": 0, "rate_limit": -1, "ca_path": "/nowhere", **CREDENTIALS}, ["ca_path", "rate_limit", "timeout"]),
        ({"timeout": 1e10, "rate_limit": 1e10, "ca_path": __file__, **CREDENTIALS}, ["ca_path", "rate_limit", "timeout"]),
        ({"region": "xx", **CREDENTIALS}, ["region"]),
    ],
)
def test_connection_options_that_are_wrong_are_errors(options, paths):
    result = run_module("eset_policy_assignment", {"state": "gathered", **options})
    assert sorted(item["path"] for item in result["errors"]) == paths and "pw" not in result["msg"]
