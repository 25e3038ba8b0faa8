# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front end of the mock server: log, limits, latency, every fault as a client sees it, and the process on its own."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from ansible_collections.secops.policy.tests.mock_cloud import Cloud
from ansible_collections.secops.policy.tests.mock_cloud.demo import (
    API_KEY,
    ESET_PASSWORD,
    ESET_USER,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    seed_demo,
)
from ansible_collections.secops.policy.tests.mock_cloud.faults import KINDS
from ansible_collections.secops.policy.tests.mock_cloud.limits import Limiter

# The mock server is nothing that users install.
pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
HEADERS = {"Authorization": f"Bearer {API_KEY}", "User-Agent": "Tests/1.0 Tests"}
ORG = f"/organizations/{ORGANIZATION}"
GROUPS = f"{ORG}/secureConnect/privateApplicationGroups"


@pytest.fixture
def cloud():
    with Cloud() as made:
        seed_demo(made)
        made.limit(None)
        yield made


@pytest.fixture
def session():
    with requests.Session() as made:
        made.headers.update(HEADERS)
        yield made


def get(cloud, session, path=ORG, **options):
    return session.get(cloud.meraki_url + path, timeout=5, **options)


def create(cloud, session, name="New", **options):
    """A write that can be told from the state whether it was made."""
    return session.post(cloud.meraki_url + GROUPS, json={"name": name}, timeout=5, **options)


def created(cloud, name="New"):
    return [group["name"] for group in cloud.meraki.groups(ORGANIZATION).values()].count(name)


# Serving.


def test_urls_and_restarting(session):
    cloud = Cloud()
    with pytest.raises(RuntimeError, match="not started"):
        assert cloud.url
    seed_demo(cloud)
    cloud.start()
    with pytest.raises(RuntimeError, match="started already"):
        cloud.start()
    port = int(cloud.url.rpartition(":")[2])
    assert cloud.url == f"http://127.0.0.1:{port}"
    assert (cloud.meraki_url, cloud.eset_url) == (f"{cloud.url}/api/v1", cloud.url)
    base = cloud.meraki_url
    assert get(cloud, session).status_code == 200
    cloud.stop()
    cloud.stop()
    with pytest.raises(requests.ConnectionError):
        # Nobody listens, and the connection from before is closed as well.
        session.get(base + ORG, timeout=5)
    cloud.start(port)
    assert get(cloud, session).json()["name"] == "Example Health"
    cloud.stop()


def test_connections_are_kept(cloud, session):
    for _number in range(5):
        assert get(cloud, session).status_code == 200
        assert get(cloud, session, "/organizations/unknown").status_code == 404
        assert session.delete(f"{cloud.meraki_url}{GROUPS}/{cloud.meraki.add_group(ORGANIZATION, 'Gone')}", timeout=5).status_code == 204
        assert session.head(cloud.meraki_url + ORG, timeout=5).status_code == 404
    pools = session.get_adapter(cloud.url).poolmanager.pools
    assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 - not a dict: it cannot be iterated


def test_an_answer_is_one_segment(cloud):
    with socket.create_connection(cloud.url[7:].split(":"), timeout=5) as connection:
        lines = [f"GET /api/v1{ORG} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in HEADERS.items())]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head, _gap, body = connection.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["id"] == ORGANIZATION


def test_half_a_request_is_not_acted_upon(cloud):
    body = b'{"name": "New"}'
    with socket.create_connection(cloud.url[7:].split(":"), timeout=5) as connection:
        lines = [f"POST /api/v1{GROUPS} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body) + 1}"]
        lines += [f"{name}: {value}" for name, value in HEADERS.items()]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
    time.sleep(0.05)
    assert created(cloud) == 0
    assert cloud.log == []


def test_latency_is_for_each_request_and_they_overlap(cloud, session):
    cloud.latency = 0.2
    started = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _number: requests.get(cloud.meraki_url + ORG, headers=HEADERS, timeout=5).status_code, range(20)))
    assert statuses == [200] * 20
    arrived = sorted(entry.at for entry in cloud.log)
    assert time.monotonic() - started >= cloud.latency > min(late - early for early, late in zip(arrived, arrived[1:]))


def test_unknown_paths_are_html(cloud, session):
    for path in ("/nowhere", "/api/v2/organizations"):
        answer = session.get(cloud.url + path, timeout=5)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")


def test_the_shard_is_the_root(cloud, session):
    answer = session.get(f"{cloud.url}/shard/api/v1{ORG}/networks", params={"perPage": 3}, timeout=5)
    assert len(answer.json()) == 3
    assert session.get(answer.links["next"]["url"], timeout=5).status_code == 200


# The log.


def test_the_log(cloud, session):
    before = time.monotonic()
    get(cloud, session, f"{ORG}/networks", params={"perPage": 5, "tags[]": ["a", "b"]})
    create(cloud, session)
    session.put(cloud.meraki_url + ORG, data="no json", timeout=5)
    read, wrote, text = cloud.log
    assert (read.vendor, read.method, read.path) == ("meraki", "GET", f"/api/v1{ORG}/networks")
    assert read.query == {"perPage": ["5"], "tags[]": ["a", "b"]}
    assert (read.body, read.status, read.fault) == (None, 200, None)
    assert before <= read.at <= wrote.at <= time.monotonic()
    assert read.headers["user-agent"] == "Tests/1.0 Tests"
    assert (wrote.body, wrote.status) == ({"name": "New"}, 201)
    assert (text.body, text.status) == ("no json", 404)
    assert (cloud.reads(), cloud.writes()) == ([read], [wrote, text])
    cloud.clear_log()
    assert cloud.log == []


def test_signing_in_is_neither_read_nor_write(cloud):
    form = {"grant_type": "password", "username": ESET_USER, "password": ESET_PASSWORD}
    token = requests.post(f"{cloud.eset_url}/oauth/token", data=form, timeout=5).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{cloud.eset_url}/v2/policies", headers=headers, timeout=5).status_code == 200
    assert [entry.path for entry in cloud.log] == ["/oauth/token", "/v2/policies"]
    assert {entry.vendor for entry in cloud.log} == {"eset"}
    assert [entry.path for entry in cloud.reads()] == ["/v2/policies"]
    assert cloud.writes() == []


# Limits.


def test_the_window_slides_and_refusals_do_not_count():
    limiter = Limiter(2)
    admitted = [limiter.admits("a", at) for at in (0.0, 0.5, 0.9, 0.99, 1.0, 1.4, 1.5)]
    assert admitted == [True, True, False, False, True, False, True]
    assert limiter.admits("b", 0.9)


def test_the_limit_is_ten_for_each_organization(cloud, session):
    cloud.limit(10)
    cloud.meraki.add_organization("2", "Another")
    network = cloud.meraki.network_ids(ORGANIZATION)[0]
    paths = [ORG] * 5 + [f"/networks/{network}/groupPolicies"] * 5
    assert [get(cloud, session, path).status_code for path in paths] == [200] * 10
    refused = get(cloud, session)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["X-Request-Id"]
    assert "limit" in refused.json()["errors"][0]
    assert get(cloud, session, "/organizations/2").status_code == 200
    cloud.limit(None)
    assert get(cloud, session).status_code == 200


@pytest.mark.parametrize("value", [None, "3", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"])
def test_what_a_429_carries(cloud, session, value):
    cloud.limit(0)
    cloud.retry_after = value
    answer = get(cloud, session)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, value)


def test_the_limit_of_eset_is_the_users(cloud):
    cloud.limit(2)
    cloud.eset.add_token("one")
    cloud.eset.add_token("two")
    answers = [
        requests.get(f"{cloud.url}/v2/policies", headers={"Authorization": f"Bearer {token}"}, timeout=5)
        for token in ("one", "two", "one", "one")
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == 8
    assert answers[-1].headers["request-id"]


def test_what_never_gets_to_the_vendor_does_not_count(cloud, session):
    cloud.limit(1)
    cloud.faults.add("status", status=502, times=3)
    assert [get(cloud, session).status_code for _number in range(5)] == [502] * 3 + [200, 429]


def test_a_request_beyond_the_limit_is_not_acted_upon(cloud, session):
    cloud.limit(0)
    cloud.faults.add("reset_after", times=None)
    with pytest.raises(requests.ConnectionError):
        create(cloud, session)
    assert created(cloud) == 0


# Which requests a fault hits.


def test_nth_and_times(cloud, session):
    cloud.faults.add("status", nth=2, times=2, path="/networks")
    paths = [f"{ORG}/networks", ORG, f"{ORG}/networks", ORG, f"{ORG}/networks", f"{ORG}/networks"]
    assert [get(cloud, session, path).status_code for path in paths] == [200, 200, 503, 200, 503, 200]


def test_method_and_query_are_looked_at(cloud, session):
    cloud.faults.add("status", method="POST", path="networks")
    cloud.faults.add("status", status=500, path=r"perPage=4$")
    assert get(cloud, session, f"{ORG}/networks").status_code == 200
    assert get(cloud, session, f"{ORG}/networks?perPage=4").status_code == 500
    assert session.post(f"{cloud.meraki_url}{ORG}/networks", timeout=5).status_code == 503
    assert [entry.fault for entry in cloud.log] == [None, "status", "status"]


def test_several_faults_each_count_from_when_they_were_added(cloud, session):
    cloud.faults.add("status", status=500)
    cloud.faults.add("status", status=502)
    cloud.faults.add("status", status=504, nth=4)
    assert [get(cloud, session).status_code for _number in range(5)] == [500, 502, 200, 504, 200]


def test_what_is_left(cloud, session):
    once = cloud.faults.add("status", path="/networks")
    always = cloud.faults.add("slow", seconds=0, path="/networks", times=None)
    assert cloud.faults.left == [once, always]
    get(cloud, session, f"{ORG}/networks")
    assert cloud.faults.left == [always]
    get(cloud, session, f"{ORG}/networks")
    assert cloud.faults.left == []
    assert (once.hits, always.hits) == (1, 1)
    cloud.faults.clear()
    get(cloud, session, f"{ORG}/networks")
    assert always.hits == 1


def test_a_mistaken_fault_is_refused(cloud):
    with pytest.raises(ValueError, match="no such fault: nonsense"):
        cloud.faults.add("nonsense")
    with pytest.raises(ValueError, match=r"unknown: \['code'\]"):
        cloud.faults.add("status", code=500)
    with pytest.raises(ValueError, match=r"missing: \['seconds'\]"):
        cloud.faults.add("slow")
    assert cloud.faults.left == []


# What a fault does.


@pytest.mark.parametrize("acted", [False, True])
def test_status(cloud, session, acted):
    cloud.faults.add("status", status=504, acted=acted, headers={"Retry-After": "7"})
    answer = create(cloud, session)
    assert (answer.status_code, answer.headers["Retry-After"]) == (504, "7")
    assert answer.json()["errors"] and answer.headers["X-Request-Id"]
    assert created(cloud) == acted


@pytest.mark.parametrize(
    ("body", "content"),
    [({"errors": ["no"]}, b'{"errors":["no"]}'), ("Bad gateway", b"Bad gateway"), (b"\xff", b"\xff"), ([], b"[]"), ("", b"")],
)
def test_status_with_a_body(cloud, session, body, content):
    cloud.faults.add("status", body=body)
    assert get(cloud, session).content == content


def test_status_in_the_shape_of_eset(cloud):
    cloud.faults.add("status")
    answer = requests.get(f"{cloud.url}/v2/policies", timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    assert answer.headers["request-id"]


@pytest.mark.parametrize(("kind", "acted"), [("reset_before", False), ("reset_after", True)])
def test_resets(cloud, session, kind, acted):
    assert get(cloud, session).status_code == 200
    cloud.faults.add(kind)
    with pytest.raises(requests.ConnectionError) as caught:
        create(cloud, session)
    assert isinstance(caught.value.args[0].args[1], ConnectionResetError)
    assert created(cloud) == acted
    assert (cloud.log[-1].status, cloud.log[-1].fault) == (None, kind)
    assert get(cloud, session).status_code == 200


def test_a_cut_body(cloud, session):
    cloud.faults.add("cut_body")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        create(cloud, session)
    assert created(cloud) == 1
    assert cloud.log[-1].status == 201


def test_without_a_body_the_status_line_is_cut(cloud, session):
    group = cloud.meraki.add_group(ORGANIZATION, "New")
    cloud.faults.add("cut_body")
    with pytest.raises(requests.ConnectionError):
        session.delete(f"{cloud.meraki_url}{GROUPS}/{group}", timeout=5)
    assert created(cloud) == 0
    assert cloud.log[-1].status is None


@pytest.mark.parametrize("acted", [False, True])
def test_html(cloud, session, acted):
    cloud.faults.add("html", status=502 if acted else 200, acted=acted)
    answer = create(cloud, session)
    assert answer.status_code == (502 if acted else 200)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert created(cloud) == acted


def test_empty(cloud, session):
    cloud.faults.add("empty")
    answer = create(cloud, session)
    assert (answer.status_code, answer.content) == (201, b"")
    assert created(cloud) == 1


@pytest.mark.parametrize("acted", [False, True])
def test_slow(cloud, acted):
    cloud.faults.add("slow", seconds=0.4, acted=acted)
    with pytest.raises(requests.ReadTimeout):
        requests.post(cloud.meraki_url + GROUPS, json={"name": "New"}, headers=HEADERS, timeout=0.2)
    assert created(cloud) == acted
    time.sleep(0.4)
    assert created(cloud) == 1


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_leads_to_the_shard(cloud, session, status):
    cloud.faults.add("redirect", status=status)
    query = {"perPage": "3", "tags[]": "a & b"}
    answer = get(cloud, session, f"{ORG}/networks", params=query)
    assert answer.status_code == 200
    assert [entry.status for entry in cloud.log] == [status, 200]
    assert cloud.log[1].path == f"/shard/api/v1{ORG}/networks"
    assert cloud.log[1].query == cloud.log[0].query == {"perPage": ["3"], "tags[]": ["a & b"]}


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("https://n1.example.com", f"https://n1.example.com/api/v1{ORG}?a=b"),
        (f"https://n1.example.com/api/v1{ORG}?c=d", f"https://n1.example.com/api/v1{ORG}?c=d"),
        ("/shard", f"/shard/api/v1{ORG}?a=b"),
        ("", f"/api/v1{ORG}?a=b"),
    ],
)
def test_a_redirect_to_anywhere(cloud, session, to, location):
    cloud.faults.add("redirect", to=to)
    answer = get(cloud, session, f"{ORG}?a=b", allow_redirects=False)
    assert answer.headers["Location"] == location


@pytest.mark.parametrize(("host", "origin"), [("evil.example", "https://evil.example"), ("http://localhost:1", "http://localhost:1")])
def test_the_host_of_links(cloud, session, host, origin):
    cloud.faults.add("link_host", host=host)
    answers = [get(cloud, session, f"{ORG}/networks", params={"perPage": 3}) for _number in range(2)]
    links = [answer.links["next"]["url"] for answer in answers]
    assert links[0] == links[1].replace(cloud.url, origin)
    assert links[0].startswith(f"{origin}/api/v1/")
    assert answers[0].json() == answers[1].json()


def test_every_kind_hits_once_and_then_all_is_well(cloud, session):
    for kind in KINDS:
        cloud.faults.add(kind, **({"seconds": 0} if kind == "slow" else {}))
        with contextlib.suppress(requests.RequestException):
            get(cloud, session)
        assert cloud.faults.left == [], kind
        assert get(cloud, session).json()["id"] == ORGANIZATION, kind


# Somebody else, and the process on its own.


def test_before_write_is_called_for_both_vendors(cloud, session):
    seen = []
    cloud.before_write = lambda request: seen.append((request.method, request.path, created(cloud)))
    assert cloud.before_write is cloud.meraki.before_write is cloud.eset.before_write
    get(cloud, session)
    assert create(cloud, session).status_code == 201
    cloud.eset.add_token("token")
    group = next(item for item in cloud.eset.assignments() if "deviceGroupUuid" in item["target"])
    headers = {"Authorization": "Bearer token"}
    assert requests.delete(f"{cloud.url}/v2/policy-assignments/{group['uuid']}", headers=headers, timeout=5).status_code == 200
    assert seen == [("POST", GROUPS, 0), ("DELETE", f"/v2/policy-assignments/{group['uuid']}", 1)]
    cloud.before_write = None
    assert create(cloud, session, "Another").status_code == 201


def test_what_is_around_a_request_sees_every_way_it_ends(cloud, session):
    """Others can act before and after it, and their own requests do not come back to the same place."""
    seen = []

    def around(entry, respond):
        if entry.headers.get("x-other"):
            return respond()
        create(cloud, session, f"Before {len(seen)}", headers={"X-Other": "yes"})
        response = respond()
        seen.append((entry.fault, entry.acted, response and response.status))
        create(cloud, session, f"After {len(seen)}", headers={"X-Other": "yes"})
        return response

    cloud.around = around
    cloud.faults.add("reset_after", path="networks")
    with contextlib.suppress(requests.ConnectionError):
        get(cloud, session, f"{ORG}/networks")
    cloud.faults.add("status", status=503, path="networks")
    assert get(cloud, session, f"{ORG}/networks").status_code == 503
    assert get(cloud, session, f"{ORG}/networks").status_code == 200
    cloud.limit(0)
    assert get(cloud, session, f"{ORG}/networks").status_code == 429
    assert seen == [("reset_after", 200, None), ("status", None, 503), (None, 200, 200), (None, None, 429)]
    assert [entry.acted for entry in cloud.log if entry.method == "GET"] == [200, None, 200, None]
    made = [group["name"].split()[0] for group in cloud.meraki.groups(ORGANIZATION).values()]
    assert (made.count("Before"), made.count("After")) == (3, 3), "those beyond the limit were turned away"


def test_a_fault_for_one_of_the_clients(cloud, session):
    cloud.meraki.add_key("another")
    cloud.faults.add("status", who="another")
    assert get(cloud, session).status_code == 200
    assert requests.get(f"{cloud.meraki_url}{ORG}", headers={"Authorization": "Bearer another"}, timeout=5).status_code == 503
    cloud.faults.add("status", who="another", nth=2)
    for status in (400, 503):
        headers = {"X-Cisco-Meraki-API-Key": "another", "User-Agent": "x"}
        assert requests.get(f"{cloud.meraki_url}{ORG}", headers=headers, timeout=5).status_code == status
    assert cloud.faults.left == []


def test_the_administration(cloud, session):
    def post(what, data=None):
        return session.post(f"{cloud.url}/_cloud/{what}", json=data, timeout=5)

    requests.post(f"{cloud.url}/oauth/token", data={"grant_type": "password", "username": ESET_USER, "password": ESET_PASSWORD}, timeout=5)
    get(cloud, session)
    log = session.get(f"{cloud.url}/_cloud/log", timeout=5)
    assert [entry["path"] for entry in log.json()] == ["/oauth/token", f"/api/v1{ORG}"]
    state = session.get(f"{cloud.url}/_cloud/state", timeout=5)
    assert state.json() == json.loads(json.dumps({"meraki": cloud.meraki.state(), "eset": cloud.eset.state()}))
    assert state.json()["meraki"]["organizations"][ORGANIZATION]["name"] == "Example Health"
    for secret in (API_KEY, ESET_PASSWORD):
        assert secret not in log.text and secret not in state.text
    assert post("faults", {"kind": "status", "status": 500, "path": "networks$"}).status_code == 200
    assert get(cloud, session, f"{ORG}/networks").status_code == 500
    assert post("faults", {"kind": "nonsense"}).status_code == 400
    assert post("faults", {"type": "status"}).status_code == 400
    assert post("nonsense").status_code == 404
    post("faults", {"kind": "status"})
    assert post("clear").status_code == 200
    assert (cloud.faults.left, cloud.log) == ([], [])


def test_a_reset_begins_anew(cloud, session):
    cloud.fill = seed_demo
    session.post(f"{cloud.url}/_cloud/reset", timeout=5)
    first = cloud.meraki.state()
    cloud.faults.add("status", status=500, times=None)
    cloud.meraki.add_network(ORGANIZATION, "N_new", "New")
    assert session.post(f"{cloud.url}/_cloud/reset", timeout=5).status_code == 200
    assert cloud.meraki.state() == first and cloud.faults.left == [] and cloud.log == []


def test_a_port_that_is_taken_is_said_in_a_line(cloud):
    port = cloud.url.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.mock_cloud", "--port", port], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"Port {port} cannot be used: ") and "--port" in done.stderr


@contextlib.contextmanager
def process(*arguments):
    """``python -m tests.mock_cloud``, and its URL."""
    with subprocess.Popen([sys.executable, "-m", "tests.mock_cloud", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            yield started, started.stdout.readline().strip()
        finally:
            started.terminate()


@pytest.mark.parametrize("arguments", [["--print-url", "--rate", "0"], ["--seed", "none", "--latency", "0.01"]])
def test_the_process(arguments):
    with process(*arguments) as (started, url):
        state = requests.get(f"{url}/_cloud/state", timeout=5).json()
        assert list(state["meraki"]["organizations"]) == ([] if "none" in arguments else [ORGANIZATION, OTHER_ORGANIZATION])
        started.terminate()
        rest = started.stdout.read()
        assert ("_cloud/state" in rest) == ("--print-url" not in arguments)


@pytest.mark.parametrize(
    ("arguments", "applications", "resources", "sign_in"),
    [([], 200, 200, "oauth/token"), (["--no-private-applications", "--no-private-resources", "--on-prem"], 404, 404, "GetTokens")],
)
def test_what_the_process_offers(session, arguments, applications, resources, sign_in):
    with process(*arguments) as (_started, url):
        secure_connect = f"{url}/api/v1{ORG}/secureConnect"
        assert session.get(f"{secure_connect}/privateApplications", timeout=5).status_code == applications
        assert session.get(f"{secure_connect}/privateResources", timeout=5).status_code == resources
        user = {"username": ESET_USER, "password": ESET_PASSWORD}
        cloud = requests.post(f"{url}/oauth/token", data={"grant_type": "password", **user}, timeout=5)
        on_prem = requests.post(f"{url}/GetTokens", json={"is_domain_user": False, "grantType": "PASSWORD", **user}, timeout=5)
        answers = {"oauth/token": cloud.status_code, "GetTokens": on_prem.status_code}
        assert answers.pop(sign_in) == 200
        assert list(answers.values()) == [404]


def test_a_link_is_followed_as_the_vendors_client_does(cloud, session):
    """It puts the whole URL behind its base, unless that leads to the vendor's domains; a URL that leads elsewhere is still no path."""
    answer = get(cloud, session, f"{ORG}/networks?perPage=3")
    followed = get(cloud, session, answer.links["next"]["url"])
    assert [network["name"] for network in followed.json()] == ["Branch Munich"]
    assert cloud.log[-1].path == f"/api/v1{ORG}/networks"
    assert get(cloud, session, f"http://api.meraki.com/api/v1{ORG}/networks").status_code == 404
