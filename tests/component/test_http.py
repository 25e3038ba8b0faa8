# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client alone: what it retries, what it refuses, where it leads credentials, and what it says."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from email.utils import formatdate

import pytest
import requests
import urllib3
import yaml
from ansible_collections.secops.policy.plugins.module_utils._http import body as http_body
from ansible_collections.secops.policy.plugins.module_utils._http import client as http_client
from ansible_collections.secops.policy.plugins.module_utils._http import links, rate_limit, retry, transport
from ansible_collections.secops.policy.plugins.module_utils._http.client import Client
from ansible_collections.secops.policy.plugins.module_utils._http.errors import ApiError, RequestCancelled, WriteOutcomeUnknown
from ansible_collections.secops.policy.plugins.module_utils._http.options import secret_errors, url_errors
from ansible_collections.secops.policy.plugins.module_utils._http.rate_limit import Budget, Pacer
from ansible_collections.secops.policy.plugins.module_utils._http.request import Vendor
from ansible_collections.secops.policy.plugins.module_utils._http.retry import poll_wait

from .certificates import authority
from .scripted import RESET, Scripted, answer

SECRET = "s3cret-key-0123456789"


class Auth:
    """A token that can be renewed so many times."""

    def __init__(self, renewals: int = 0) -> None:
        self.renewals = renewals
        self.number = 0

    def headers(self):
        return {"Authorization": f"Bearer {SECRET}{self.number or ''}"}

    def renew(self, used, times):
        self.number += 1
        return self.number <= self.renewals


def client(server, auth=None, pending="", **options):
    vendor = Vendor(
        "Vendor",
        ("vendor.example",),
        "X-Request-Id",
        lambda data: "; ".join(data.get("errors", [])),
        lambda status, target: "Look at it",
        pending,
    )
    given = {"timeout": 5, "retry_timeout": 20, "rate_limit": 1000, "validate_certs": True, "ca_path": None, **options}
    made = Client(server.url + "/base", vendor, auth or Auth(), given)
    made.secrets.add(SECRET)
    return made


@pytest.mark.parametrize(
    "fault",
    [
        RESET,
        answer(500),
        answer(502),
        answer(503, Retry_After="0"),
        answer(504),
        answer(body=b'{"a": 1', length=30),
        answer(body=b"<html>"),
    ],
)
def test_a_read_survives_one_fault_of_any_kind(fault):
    with Scripted(fault, answer(data=[1])) as server:
        tried = client(server)
        assert tried.get("/x").data == [1]
        assert tried.stats()["retries"] == 1
        assert tried.stats()["reads"] == 1


@pytest.mark.parametrize(
    "fault", [RESET, answer(500), answer(502), answer(503), answer(504), answer(body=b'{"a": 1', length=30), answer(body=b"<html>")]
)
def test_a_write_that_may_have_acted_is_not_sent_again(fault):
    with Scripted(fault, answer(data={})) as server:
        with pytest.raises(WriteOutcomeUnknown):
            client(server).send("PUT", "/x", {"a": 1})
        assert len(server.requests) == 1


@pytest.mark.parametrize("header", ["1", "a date", None, "soon"])
def test_a_rate_limited_write_is_sent_again_after_the_wait(header):
    headers = {"Retry_After": formatdate(time.time() + 2, usegmt=True) if header == "a date" else header} if header else {}
    with Scripted(answer(429, {"errors": ["slow down"]}, **headers), answer(201, {"id": 1})) as server:
        tried = client(server)
        assert tried.send("POST", "/x", {"a": 1}).status == 201
        waited = server.times[1] - server.times[0]
        assert waited >= (0.9 if header in ("1", "a date") else 0.2)
        assert tried.stats()["writes"] == 1


@pytest.mark.parametrize("status", [408, 500, 507, 520, 524, 599])
def test_a_status_that_says_nothing_of_what_the_server_did(status):
    with Scripted(answer(status), answer(data=[1])) as server:
        with pytest.raises(WriteOutcomeUnknown, match=str(status)):
            client(server).send("PUT", "/x", {})
        assert client(server).get("/x").data == [1] and len(server.requests) == 2
    with Scripted(answer(status), answer(data=[1])) as server:
        assert client(server).get("/x").data == [1] and len(server.requests) == 2, "a read is made again"


@pytest.mark.parametrize("status", [303, 501, 505])
def test_a_status_that_says_what_it_did(status):
    with Scripted(answer(status, Location="/y")) as server:
        with pytest.raises(ApiError, match=str(status)) as caught:
            client(server).get("/x")
        assert not isinstance(caught.value, WriteOutcomeUnknown)
        with pytest.raises(ApiError, match=str(status)) as caught:
            client(server).send("PUT", "/x", {})
        assert isinstance(caught.value, WriteOutcomeUnknown) == (status == 303), "303 leads to what came of it"
        assert len(server.requests) == 2


def test_a_wait_longer_than_the_budget_fails_at_once_and_says_so():
    with Scripted(answer(429, Retry_After="3600")) as server:
        tried = client(server)
        with pytest.raises(ApiError, match="retry_timeout"):
            tried.get("/x")
        assert tried.stats() == {"reads": 1, "writes": 0, "retries": 0, "waited_seconds": 0.0}


def test_the_budget_ends_the_tries():
    with Scripted(answer(503)) as server, pytest.raises(ApiError, match="given up after"):
        client(server, retry_timeout=2).get("/x")


def test_a_slow_answer_counts_as_lost_even_if_it_drips():
    head, _blank, body = answer(body=b" " * 40).partition(b"\r\n\r\n")
    with Scripted(3, head + b"\r\n\r\n" + body) as server, pytest.raises(ApiError, match="no answer from"):
        client(server, timeout=0.5, retry_timeout=0.6).get("/x")


@pytest.mark.parametrize("part", ["head", "body"])
@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_that_drips_is_late_by_the_timeout(tmp_path, part, tls):
    """Byte by byte, none of them late: the whole would take a minute, and the retries of the test's budget many."""
    ours = authority(tmp_path) if tls else None
    drip = (answer(data=[1], X="x" * 600) if part == "head" else answer(body=b" " * 600 + b"[1]").partition(b"[1]")[0], 0.1)
    with Scripted((drip[0], 0.1), answer(data=[1]), tls=ours and ours.server) as server:
        tried = client(server, timeout=0.5, retry_timeout=10, **({"ca_path": str(ours.file)} if ours else {}))
        assert tried.get("/x").data == [1] and tried.stats()["retries"] == 1
    with Scripted((drip[0], 0.1), tls=ours and ours.server) as server, pytest.raises(WriteOutcomeUnknown, match="no answer from") as caught:
        client(server, timeout=0.5, **({"ca_path": str(ours.file)} if ours else {})).send("PUT", "/x", {})
    assert caught.value.late


def test_a_connection_that_is_kept_has_its_timeout_again():
    with Scripted(answer(data=[1]), (answer(data=[2]), 0.02), answer(data=[3])) as server:
        tried = client(server, timeout=5)
        assert [tried.get("/x").data for _number in range(3)] == [[1], [2], [3]]


def test_a_refusal_says_everything_once_and_no_secret():
    body = {"errors": [f"key {SECRET} may not do this"]}
    with Scripted(answer(403, body, X_Request_Id="abc-1")) as server:
        with pytest.raises(ApiError) as caught:
            client(server).send("PUT", "/x?token=1", {})
        text = str(caught.value)
        assert text == "PUT /x: answered 403: key ******** may not do this (X-Request-Id abc-1). Look at it."
        assert len(server.requests) == 1


def test_an_html_page_is_named_and_not_quoted():
    page = answer(404, body=b"<html><head><title>Oops</title></head>" + b"x" * 5000)
    with Scripted(page) as server, pytest.raises(ApiError, match="404 with an HTML page titled 'Oops'"):
        client(server).get("/x")


def test_nobody_there_is_one_clear_sentence_soon():
    with Scripted(answer()) as server:
        pass
    tried = client(server, retry_timeout=300)
    with pytest.raises(ApiError, match="cannot be reached"):
        tried.get("/x")
    assert tried.stats()["retries"] == 2


def test_an_expired_token_is_renewed_as_often_as_the_sign_in_allows():
    with Scripted(answer(401), answer(data=[2])) as server:
        assert client(server, Auth(renewals=1)).get("/x").data == [2]
    with Scripted(answer(401)) as server:
        with pytest.raises(ApiError, match="401"):
            client(server, Auth(renewals=2)).get("/x")
        assert len(server.requests) == 3


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(retry, "poll_wait", lambda polls: 0.01)
    monkeypatch.setattr(retry, "backoff", lambda attempt, draw: 0.01)


ACCEPTED = answer(202, body=b"", Response_Id="r-1", X_Request_Id="q-1")
WRITE = ("POST", "/x", {"a": 1})


def without_credentials(request):
    """A request's text without what may differ when a pending answer is fetched."""
    return [line for line in request.split("\r\n") if not line.lower().startswith(("response-id:", "authorization:"))]


def response_ids(server):
    return [
        next((line.split(": ")[1] for line in text.split("\r\n") if line.lower().startswith("response-id:")), None)
        for text in server.requests
    ]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_pending_answer_is_fetched_by_the_identical_request(impatient, method):
    again = answer(202, body=b"", Response_Id="r-2")
    with Scripted(ACCEPTED, again, answer(202, body=b""), answer(data={"id": 7})) as server:
        tried = client(server, pending="response-id")
        got = tried.get("/x", [("name", "a b")]) if method == "GET" else tried.send(*WRITE)
        assert got.data == {"id": 7}
        assert response_ids(server) == [None, "r-1", "r-2", "r-2"]
        assert len({tuple(without_credentials(text)) for text in server.requests}) == 1
        assert tried.stats()["reads" if method == "GET" else "writes"] == 1 and tried.stats()["retries"] == 0


def test_202_is_an_answer_like_any_other_to_whom_it_means_nothing_more():
    with Scripted(ACCEPTED) as server:
        assert client(server).send(*WRITE).status == 202


def test_what_is_fetched_may_be_a_refusal(impatient):
    with Scripted(ACCEPTED, answer(400, {"errors": ["no"]})) as server:
        with pytest.raises(ApiError, match="answered 400: no") as caught:
            client(server, pending="response-id").send(*WRITE)
        assert not isinstance(caught.value, WriteOutcomeUnknown)


@pytest.mark.parametrize("gone", [404, 504])
def test_a_lost_answer_makes_a_write_unclear_and_a_read_begin_anew(impatient, gone):
    with Scripted(ACCEPTED, answer(gone)) as server:
        with pytest.raises(WriteOutcomeUnknown) as caught:
            client(server, pending="response-id").send(*WRITE)
        assert not caught.value.pending, "what is there can be looked up"
        assert len(server.requests) == 2
    with Scripted(ACCEPTED, answer(gone), answer(data=[1])) as server:
        assert client(server, pending="response-id").get("/x").data == [1]
        assert response_ids(server) == [None, "r-1", None]


@pytest.mark.parametrize(
    "fault",
    [RESET, answer(500), answer(502), answer(503), answer(429, Retry_After="0"), answer(body=b"<html>"), answer(body=b"{", length=9)],
)
def test_what_goes_wrong_while_fetching_is_no_reason_to_stop_fetching(impatient, fault):
    """The write was sent once; fetching its answer again cannot make it twice."""
    with Scripted(ACCEPTED, fault, answer(data={"id": 7})) as server:
        assert client(server, pending="response-id").send(*WRITE).data == {"id": 7}
        assert response_ids(server) == [None, "r-1", "r-1"]


@pytest.mark.parametrize("end", [answer(401), answer(302, Location="https://evil.example/x"), answer(429, Retry_After="3600"), answer(503)])
def test_a_pending_write_is_never_taken_for_one_that_was_refused(impatient, end):
    """Whoever cannot fetch the answer does not know: neither that it was made nor that it was not."""
    with Scripted(ACCEPTED, end) as server, pytest.raises(WriteOutcomeUnknown, match="may still act") as caught:
        client(server, pending="response-id", retry_timeout=0.3).send(*WRITE)
    assert caught.value.pending


def test_a_pending_write_is_not_held_back():
    """It is under way; only its answer is still to be fetched."""
    asked = []
    with Scripted(ACCEPTED, answer(data={"id": 7})) as server:
        sent = client(server, pending="response-id").send(*WRITE, proceed=lambda: asked.append(1) is None and len(asked) == 1)
        assert sent.data == {"id": 7}


def test_signing_in_that_fails_while_an_answer_is_pending(impatient):
    class Ends(Auth):
        def renew(self, used, times):
            raise ApiError("POST /token: answered 400", 400)

    with (
        Scripted(ACCEPTED, answer(401)) as server,
        pytest.raises(WriteOutcomeUnknown, match="POST /token: answered 400; it was accepted before"),
    ):
        client(server, Ends(), pending="response-id").send(*WRITE)


def test_a_token_may_end_between_any_two_looks(impatient):
    """Each of them is let in before the next, so that none of it is a loop."""
    with Scripted(ACCEPTED, answer(401), ACCEPTED, answer(401), ACCEPTED, answer(401), answer(data={"id": 7})) as server:
        seen = []

        class Counts(Auth):
            def renew(self, used, times):
                seen.append(times)
                return super().renew(used, times)

        assert client(server, Counts(renewals=9), pending="response-id").send(*WRITE).data == {"id": 7}
        assert seen == [0, 0, 0]


def test_a_token_may_end_between_any_two_tries(impatient):
    with Scripted(answer(401), answer(503), answer(401), answer(429, Retry_After="0"), answer(401), answer(data=[1])) as server:

        class Once(Auth):
            def renew(self, used, times):
                return times == 0

        assert client(server, Once()).get("/x").data == [1]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_202_without_an_id_names_the_request(method):
    with Scripted(answer(202, body=b"", X_Request_Id="q-1")) as server:
        with pytest.raises(ApiError, match=r"answered 202 with an empty body \(X-Request-Id q-1\), without the response-id") as caught:
            client(server, pending="response-id").send(method, "/x", None if method == "GET" else {})
        assert isinstance(caught.value, WriteOutcomeUnknown) == (method == "POST")
        assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pending_for_longer_than_the_budget_is_a_failure(monkeypatch, method):
    monkeypatch.setattr(retry, "poll_wait", lambda polls: 0.1)
    with Scripted(ACCEPTED) as server:
        with pytest.raises(ApiError, match="retry_timeout is used up") as caught:
            client(server, pending="response-id", retry_timeout=0.35).send(method, "/x", None if method == "GET" else {})
        assert isinstance(caught.value, WriteOutcomeUnknown) == (method == "POST")
        assert len(server.requests) == 4


def test_what_refusals_cost_beyond_what_they_ask_for_counts_as_waited(monkeypatch):
    """retry_timeout is a promise: a server that refuses everything must not hold a run for longer."""
    monkeypatch.setattr(rate_limit.random, "random", lambda: 1.0)
    monkeypatch.setattr(rate_limit, "_SPREAD", 0.4)
    with Scripted(answer(429, Retry_After="0.1")) as server:
        with pytest.raises(ApiError, match="answered 429"):
            client(server, retry_timeout=1.0).get("/x")
        # 0.1 s each; after the first one 0.4 s more.
        assert len(server.requests) == 4


@pytest.mark.parametrize("seconds", [0.35, 0.55, 0.8])
def test_refusals_never_take_more_than_the_budget(monkeypatch, seconds):
    monkeypatch.setattr(rate_limit.random, "random", lambda: 1.0)
    with Scripted(answer(429, Retry_After="0.1")) as server:
        refused = client(server, retry_timeout=seconds)
        with pytest.raises(ApiError, match="answered 429"):
            refused.get("/x")
        assert refused.budget.spent <= seconds + 0.001


def test_looks_grow_apart():
    waits = [poll_wait(polls) for polls in range(9)]
    assert waits[0] == 2 and waits == sorted(waits) and 15 <= waits[-1] <= 30


def test_a_redirect_keeps_method_body_and_key_on_the_own_host():
    with Scripted(answer(data={"done": True})) as other:
        with Scripted(answer(308, Location=other.url + "/shard/x"), answer()) as server:
            assert client(server).send("PUT", "/x", {"a": 1}).data == {"done": True}
        (request,) = other.requests
        assert request.startswith("PUT /shard/x ")
        assert request.endswith('{"a": 1}')
        assert f"Bearer {SECRET}" in request


@pytest.mark.parametrize(
    "to", ["http://evil.example/x", "https://evil.example/x", "https://vendor.example.evil.example/x", "http://n1.vendor.example/x", ""]
)
def test_a_redirect_elsewhere_is_refused(to):
    with Scripted(answer(302, Location=to)) as server, pytest.raises(ApiError, match="not followed"):
        client(server).get("/x")


def test_a_certificate_is_checked_against_the_given_authority(tmp_path):
    ours, other = authority(tmp_path / "ours"), authority(tmp_path / "other")
    with Scripted(answer(data=[1]), tls=ours.server) as server:
        assert client(server, ca_path=str(ours.file)).get("/x").data == [1]
        for untrusted in ({}, {"ca_path": str(other.file)}):
            tried = client(server, **untrusted)
            with pytest.raises(ApiError, match="not trusted.*ca_path"):
                tried.get("/x")
            assert tried.stats()["retries"] == 0, "another try would end no better"
        assert len(server.requests) == 1, "nothing was sent to who could not show a certificate"


@pytest.mark.parametrize("ca_path", [None, "ours"])
def test_without_checking_any_certificate_does(tmp_path, recwarn, ca_path):
    ours, other = authority(tmp_path / "ours"), authority(tmp_path / "other")
    with Scripted(answer(data=[1]), tls=other.server) as server:
        tried = client(server, validate_certs=False, ca_path=ca_path and str(ours.file))
        assert tried.get("/x").data == [1]
        said = [warning for warning in recwarn if issubclass(warning.category, urllib3.exceptions.HTTPWarning)]
        assert not said, "urllib3 would write to standard error at each request"
        assert [("ca_path" in text) for text in tried.warnings] == [True] * bool(ca_path)


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example\\@n1.vendor.example/x", "https://evil.example\\.vendor.example/x", "//evil.example\\@127.0.0.1/x",
        "https://user@n1.vendor.example/x", "https://evil.example%2f.vendor.example/x", "https://evil.example;.vendor.example/x",
        "https://[bad/x", "https://n1.vendor.example:99999/x", "https://n1.vendor.example:x/x", "https://n1.vendor.example /x",
    ],
)  # fmt: skip
def test_a_url_that_not_everybody_reads_alike_is_not_followed(to):
    with Scripted(answer(302, Location=to)) as server:
        with pytest.raises(ApiError, match="not followed"):
            client(server).get("/x")
        assert not client(server).trusts(to) and len(server.requests) == 1


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("<https://n1.vendor.example/x?t=a;b,c>; rel=next", "https://n1.vendor.example/x?t=a;b,c"),
        ('</y>; title="rel=first"; REL="prev Next"', "/y"), ("</y>; flag; rel=next", "/y"), ("</y>; rel=first, </z>; rel='next'", "/z"),
        ("</y>; rel=first, </z>; rel=next", "/z"), ("</y>; rel=nextpage", None), ("", None), ("<https://[x/>; rel=next", "https://[x/"),
    ],
)  # fmt: skip
def test_where_the_next_page_is(link, leads):
    with Scripted(answer(data=[1], Link=link)) as server:
        found = client(server).get("/x").next_url
        assert found == (server.url + leads if leads and leads.startswith("/") else leads)


@pytest.mark.parametrize("body", [b"[" * 100_000 + b"]" * 100_000, b'{"a": ' * 50_000 + b"1" + b"}" * 50_000])
def test_a_body_that_nobody_can_read_is_unclear(body):
    with Scripted(answer(body=body)) as server, pytest.raises(WriteOutcomeUnknown):
        client(server).send("POST", "/x", {})


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_from_https_never_leads_credentials_out(tmp_path, method, status):
    """Neither to plain http on the same host, nor to another host that would show a good certificate."""
    ours = authority(tmp_path)
    with Scripted(answer()) as plain, Scripted(answer(), tls=ours.server) as other:
        for to in (plain.url, other.url, other.url.replace("127.0.0.1", "localhost")):
            sent_on = answer(status, Location=f"{to}/x")
            with Scripted(sent_on, tls=ours.server) as server, pytest.raises(ApiError, match="not followed"):
                client(server, ca_path=str(ours.file)).send(method, "/x", {"a": 1})
        assert plain.requests == other.requests == []


LOOPBACK = ["http://127.0.0.1:8080", "http://127.0.0.2:8080", "http://localhost:8080", "http://[::1]:8080"]


@pytest.mark.parametrize("base", LOOPBACK)
@pytest.mark.parametrize("to", LOOPBACK)
def test_two_names_of_this_machine_are_two_hosts(base, to):
    """Who listens on one of them need not be who listens on the other; a port says no more than it did."""
    vendor = Vendor("Vendor", ("vendor.example",), "X-Request-Id", str, lambda status, target: "")
    options = {"timeout": 5, "retry_timeout": 20, "rate_limit": 10, "validate_certs": True, "ca_path": None}
    made = Client(base + "/base", vendor, Auth(), options)
    assert made.trusts(to + "/x") is made.trusts(to.replace("8080", "9090") + "/x") is (to == base)
    assert not made.trusts(to.replace("http:", "https:") + "/x")
    secure = Client(base.replace("http:", "https:") + "/base", vendor, Auth(), options)
    assert secure.trusts(to.replace("http:", "https:") + "/x") is (to == base) and not secure.trusts(to + "/x")


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_name_of_this_machine_gets_no_key(method, status):
    with Scripted(answer()) as other:
        to = other.url.replace("127.0.0.1", "localhost")
        with (
            Scripted(answer(status, Location=f"{to}/x")) as server,
            pytest.raises(ApiError, match="redirect to http://localhost:.*not followed"),
        ):
            client(server).send(method, "/x", {"a": 1})
        assert other.requests == []


def test_redirects_in_a_circle_end():
    with Scripted(answer(302, Location="/again")) as server:
        with pytest.raises(ApiError, match="redirected more than"):
            client(server).get("/x")
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://api.vendor.example/api/v1/x", True),
        ("https://n12.vendor.example/x", True),
        ("https://n12.vendor.example:8443/x", False),
        ("http://n12.vendor.example/x", False),
        ("https://vendor.example.evil.example/x", False),
        ("https://evilvendor.example/x", False),
        ("https://own.example:444/x", True),
        ("https://own.example/x", False),
    ],
)
def test_where_credentials_may_go(url, trusted):
    vendor = Vendor("Vendor", ("vendor.example",), "X-Request-Id", str, lambda status, target: "")
    options = {"timeout": 5, "retry_timeout": 20, "rate_limit": 10, "validate_certs": True, "ca_path": None}
    assert Client("https://own.example:444/base", vendor, Auth(), options).trusts(url) is trusted


def test_a_password_in_netrc_does_not_replace_the_key(tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password something\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Scripted(answer()) as server:
        client(server).get("/x")
        assert f"Authorization: Bearer {SECRET}" in server.requests[0]


def test_a_proxy_from_the_environment_is_used_and_no_proxy_heeded(monkeypatch):
    with Scripted(answer(data=["direct"])) as server, Scripted(answer(data=["by proxy"])) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://user:pa55word@"))
        assert client(server).get("/x").data == ["by proxy"]
        assert proxy.requests[0].startswith(f"GET {server.url}/base/x ") and f"Bearer {SECRET}" in proxy.requests[0]
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert client(server).get("/x").data == ["direct"]
        assert len(proxy.requests) == 1


@pytest.mark.parametrize("end", [RESET, answer(502), answer(body=b'{"a": 1', length=30)])
def test_a_write_whose_answer_a_proxy_loses_is_not_sent_again(monkeypatch, end):
    """What breaks on the way through a proxy is called the proxy's failure, whenever it was."""
    with Scripted(end, answer(data={})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with Scripted(answer()) as server, pytest.raises(WriteOutcomeUnknown):
            client(server).send("POST", "/x", {})
        assert len(proxy.requests) == 1


def test_a_redirect_below_the_base_may_hold_what_is_no_ascii():
    with Scripted(answer(302, Location="/b\u00e4 se/x"), answer(data=[1])) as server:
        assert client(server).get("/x").data == [1]
        assert server.requests[1].startswith("GET /b%C3%A4%20se/x ") or server.requests[1].startswith("GET /b%C3%83%C2%A4%20se/x ")


def test_the_classes_of_a_proxys_pools_are_kept():
    """Those of SOCKS take options of their own."""

    class Pool(urllib3.HTTPSConnectionPool):
        pass

    manager = urllib3.PoolManager()
    manager.pool_classes_by_scheme = {"https": Pool}
    transport._set_pool_classes(manager)
    first = manager.pool_classes_by_scheme["https"]
    transport._set_pool_classes(manager)
    assert manager.pool_classes_by_scheme["https"] is first and issubclass(first, Pool)
    assert first.ConnectionCls.response_class is transport._Response


def test_a_proxy_that_makes_no_tunnel_has_sent_nothing(tmp_path, monkeypatch):
    ours = authority(tmp_path)
    with Scripted(answer(503)) as proxy, Scripted(answer(data={}), tls=ours.server) as server:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(ApiError, match="the proxy on the way") as caught:
            client(server, ca_path=str(ours.file), retry_timeout=2).send("POST", "/x", {})
        assert not isinstance(caught.value, WriteOutcomeUnknown) and server.requests == [] and len(proxy.requests) > 1


def test_a_proxy_that_is_not_there_is_named_without_its_password(monkeypatch):
    with Scripted(answer()) as gone:
        monkeypatch.setenv("http_proxy", gone.url.replace("http://", "http://user:pa55word@"))
    with Scripted(answer()) as server:
        with pytest.raises(ApiError, match="the proxy on the way") as caught:
            client(server, retry_timeout=1).get("/x")
        assert "pa55word" not in str(caught.value) and server.requests == []


@pytest.mark.parametrize("proxy", ["http://", "ftp://proxy.example", "http://[::1", "http://proxy.example:port"])
def test_what_is_not_the_url_of_a_proxy_is_named_as_that(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    with Scripted(answer()) as server:
        with pytest.raises(ApiError, match="is not the URL of a proxy. Correct that"):
            client(server).get("/x")
        assert server.requests == []


def test_a_library_that_a_proxy_needs_is_named(monkeypatch):
    def lacking(*_arguments, **_named):
        raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", lacking)
    with Scripted(answer()) as server, pytest.raises(ApiError, match=r"pip install 'requests\[socks\]'"):
        client(server).get("/x")


def test_a_ca_bundle_that_is_missing_is_named_as_that(tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with (
        Scripted(answer(), tls=authority(tmp_path).server) as server,
        pytest.raises(ApiError, match="REQUESTS_CA_BUNDLE .* does not exist"),
    ):
        client(server).get("/x")


def test_cookies_are_not_kept():
    with Scripted(answer(Set_Cookie="session=1")) as server:
        tried = client(server)
        tried.get("/x")
        tried.get("/x")
        assert "Cookie" not in server.requests[1]


def test_the_user_agent_has_the_form_that_the_vendor_asks_for():
    name, vendor = http_client.USER_AGENT.split(" ")
    application, version = name.split("/")
    assert application.isalnum() and vendor.isalnum()
    assert "meraki" not in http_client.USER_AGENT.lower() and "cisco" not in http_client.USER_AGENT.lower()
    with open(__file__.replace("tests/component/test_http.py", "galaxy.yml"), encoding="utf-8") as galaxy:
        assert version == yaml.safe_load(galaxy)["version"] == http_client.VERSION


def test_a_held_request_is_not_sent():
    with Scripted(answer()) as server:
        with pytest.raises(RequestCancelled):
            client(server).send("PUT", "/x", {}, proceed=lambda: False)
        assert server.requests == []


class Clock:
    """In place of ``time``: it stands still but for who sleeps, and for what reading it takes."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        self.now += 1e-6
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(rate_limit, "time", clock)
    return clock


def test_requests_that_overlap_are_spaced_evenly_and_stay_under_the_rate(clock):
    pacer = Pacer(20)
    sent = [pacer.begin()[1] for _number in range(50)]
    assert min(late - early for early, late in zip(sent, sent[1:])) >= 0.05
    assert min(late - early for early, late in zip(sent, sent[20:])) >= 1.0
    assert sent[-1] - sent[0] < 49 * 0.05 * 1.05, "and none waits for longer than it has to"


def test_a_request_that_may_have_been_late_counts_from_when_it_may_have_been_there(clock):
    pacer = Pacer(10)
    tickets = []
    for took in (0.0, 0.06, 0.3):
        ticket = pacer.begin()
        clock.sleep(took)
        pacer.end(ticket)
        tickets.append(ticket[0] - ticket[1])
    assert tickets[0] < 0.03, "it was there when the answer was"
    assert 0.05 < tickets[1] <= 0.08 and tickets[2] == pytest.approx(0.08), "a slow answer is not always a late request"


@pytest.mark.parametrize(("rate", "at_once", "second"), [(10, 10, 1.0), (2.5, 2, 0.8), (0.5, 1, 2.0)])
def test_requests_one_after_the_other_use_the_rate_at_once_and_then_keep_to_it(clock, rate, at_once, second):
    pacer = Pacer(rate)
    sent = []
    for _number in range(at_once + 1):
        ticket = pacer.begin()
        pacer.end(ticket)
        sent.append(ticket[1])
    assert sent[at_once - 1] - sent[0] < 0.001
    assert second <= sent[at_once] - sent[0] < second + 0.001


def test_every_request_of_the_client_waits_for_its_turn(monkeypatch):
    turns = []
    monkeypatch.setattr(Pacer, "begin", lambda _self: turns.append("begin"))
    monkeypatch.setattr(Pacer, "end", lambda _self, _ticket: turns.append("end"))
    with Scripted(answer(503), answer()) as server:
        client(server).get("/x")
        client(server).send("PUT", "/x", {})
        assert len(server.requests) == 3 and turns == ["begin", "end"] * 3


def test_waits_that_overlap_count_once():
    budget = Budget(10)
    budget.charge(100.0, 103.0)
    budget.charge(101.0, 104.0)
    assert budget.spent == pytest.approx(4.0)
    assert budget.allows(6.0) and not budget.allows(6.1)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://api.example/api/v1", True), ("http://127.0.0.1:8080/api/v1", True), ("http://localhost/api", True),
        ("http://[::1]:80/", True), ("http://api.example/api/v1", False), ("ftp://api.example", False), ("api.example", False),
        ("https://user:pw@api.example", False), ("https://api.example/?a=1", False), ("https://api.example:port", False),
        ("http://127.0.0.1.evil.example/", False), ("https://api.example/api/v1\n", False), (" https://api.example", False),
        ("https://evil.example\\@api.example/", False), ("https://m\u00fcnchen.example/", False),
    ],
)  # fmt: skip
def test_base_urls(url, good):
    errors = url_errors("base_url", url)
    assert (not errors) is good
    assert "pw" not in str(errors)


def test_a_secret_that_no_header_can_carry_is_an_error_that_does_not_show_it():
    (found,) = secret_errors("api_key", "abc\ndef")
    assert "abc" not in found["message"]
    assert secret_errors("api_key", SECRET) == []


# Bodies, headers and runs end.

BOMB = gzip.compress(bytes(400 << 20), 6)


def packed(data, encoding="gzip", pack=gzip.compress):
    return answer(body=pack(json.dumps(data).encode()), Content_Encoding=encoding)


def test_bodies_are_asked_for_packed():
    data = [{"name": f"network {number}"} for number in range(50_000)]
    with Scripted(packed(data)) as server:
        got = client(server).get("/x")
        assert got.data == data and got.size == len(json.dumps(data))
        assert "accept-encoding: gzip\r\n" in server.requests[0].lower()


def test_a_body_that_unpacks_to_more_than_any_is_not_unpacked():
    """400 MB of nothing come as 0.4 MB."""
    with Scripted(answer(body=BOMB, Content_Encoding="gzip")) as server:
        tracemalloc.start()
        with pytest.raises(ApiError, match="GET /x: answered 200 with a body of more than 128 MiB") as caught:
            client(server).get("/x")
        assert not isinstance(caught.value, WriteOutcomeUnknown) and len(server.requests) == 1, "another try would end no better"
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken < 300 << 20
        with pytest.raises(WriteOutcomeUnknown, match="more than 128 MiB"):
            client(server).send("PUT", "/x", {})


def test_a_body_without_end_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_BODY", 1 << 20)
    with Scripted(answer(body=b"[" + b"1," * (1 << 20) + b"1]")) as server, pytest.raises(ApiError, match="more than 1 MiB"):
        client(server).get("/x")
    with Scripted(answer(body=b"[" + b"1," * ((1 << 19) - 10) + b"1]")) as server:
        assert client(server).get("/x").size < 1 << 20


def test_more_values_than_any_body_holds(monkeypatch):
    monkeypatch.setattr(http_body, "MOST_VALUES", 1000)
    with Scripted(answer(data=[1] * 2000)) as server:
        with pytest.raises(ApiError, match="more than 1,000 values"):
            client(server).get("/x")
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [302, 400, 403, 404])
def test_a_refusal_with_a_large_body_is_one_all_the_same(status):
    refusal = answer(status, body=BOMB, Content_Encoding="gzip", Location="https://evil.example/", X_Request_Id="abc-1")
    with Scripted(refusal) as server, pytest.raises(ApiError, match=f"answered {status}") as caught:
        client(server).send("PUT", "/x", {})
    assert not isinstance(caught.value, WriteOutcomeUnknown) and caught.value.status == status


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x" * 5000])
def test_what_was_not_asked_for_is_not_unpacked(encoding):
    with Scripted(packed([1], encoding)) as server:
        with pytest.raises(ApiError, match="packed in a way that was not asked for") as caught:
            client(server).get("/x")
        assert len(server.requests) == 1 and len(str(caught.value)) < 500
        with pytest.raises(WriteOutcomeUnknown):
            client(server).send("PUT", "/x", {})


@pytest.mark.parametrize("damage", [lambda body: body[:-12], lambda body: body[:20] + b"\xff\xff" + body[22:], lambda body: b"[1]"])
def test_what_cannot_be_unpacked_is_read_again(damage):
    body = gzip.compress(json.dumps(list(range(100))).encode())
    with Scripted(answer(body=damage(body), Content_Encoding="gzip"), packed([1])) as server:
        tried = client(server)
        assert tried.get("/x").data == [1] and tried.stats()["retries"] == 1
    with Scripted(answer(body=damage(body), Content_Encoding="gzip")) as server, pytest.raises(WriteOutcomeUnknown, match="broke"):
        client(server).send("PUT", "/x", {})


@pytest.mark.parametrize("length", ["", "-1", "\u00b2", "1" * 5000])
def test_a_length_that_is_none(length):
    """The end of the body is then where the connection ends."""
    body = b"HTTP/1.1 200 X\r\nContent-Length: " + length.encode("latin-1") + b"\r\n\r\n[1]"
    with Scripted((body, 0)) as server:
        assert client(server).get("/x").data == [1]


@pytest.mark.parametrize(
    "head",
    [b"".join(b"X-%d: 1\r\n" % number for number in range(200)), b"X-Long: " + b"x" * 70_000 + b"\r\n"],
    ids=["many", "long"],
)
def test_headers_without_end(head):
    with Scripted(b"HTTP/1.1 200 X\r\nContent-Length: 3\r\n" + head + b"\r\n[1]") as server:
        with pytest.raises(ApiError, match="the headers of .*longer, or more, than those of any API"):
            client(server).get("/x")
        assert len(server.requests) == 1, "another try would end no better"
        with pytest.raises(WriteOutcomeUnknown, match="the headers of"):
            client(server).send("PUT", "/x", {})


def test_what_a_header_says_is_quoted_in_part():
    with Scripted(answer(403, X_Request_Id="x" * 60_000)) as server, pytest.raises(ApiError, match="X-Request-Id x") as caught:
        client(server).get("/x")
    assert len(str(caught.value)) < 1000
    with Scripted(answer(302, Location="https://user:pa55word@" + "x" * 60_000)) as server, pytest.raises(ApiError) as caught:
        client(server).get("/x")
    assert len(str(caught.value)) < 1000 and "pa55word" not in str(caught.value)


@pytest.mark.parametrize("link", ["<" * 60_000, "<x>;rel" + " " * 60_000, "<x>" * 20_000, '<x>; rel="' * 5000])
def test_a_link_that_is_none_takes_no_time(link):
    started = time.process_time()
    assert links.next_url(link, "http://127.0.0.1/") is None
    assert time.process_time() - started < 1


@pytest.mark.parametrize("value", ["9" * 5000, "1" + "0" * 400 + ".5"])
def test_a_wait_without_end_is_a_failure(value):
    with (
        Scripted(answer(429, Retry_After=value)) as server,
        pytest.raises(ApiError, match="does not fit into what is left of retry_timeout"),
    ):
        client(server).get("/x")


@pytest.mark.parametrize("value", ["Mon, 01 Jan 0001 00:00:00 +99999999999999999", "Mon, 99 Foo 2026 00:00:00 GMT", "-1", "\u00b2", "nan"])
def test_a_wait_that_is_none_is_our_own(value):
    with Scripted(answer(429, Retry_After=value), answer(data=[1])) as server:
        assert client(server).get("/x").data == [1]


def test_a_run_has_an_end(monkeypatch):
    monkeypatch.setattr(rate_limit, "MOST_REQUESTS", 3)
    with Scripted(answer(data=[1])) as server:
        tried = client(server)
        for _number in range(3):
            tried.get("/x")
        for method in ("GET", "PUT"):
            with pytest.raises(ApiError, match=f"{method} /base/x: not sent: this run has sent 3 requests") as caught:
                tried.send(method, "/x")
            assert not isinstance(caught.value, WriteOutcomeUnknown)
        assert len(server.requests) == 3
    monkeypatch.setattr(rate_limit, "LARGEST_RUN", 100)
    with Scripted(answer(data=["x" * 200])) as server:
        tried = client(server)
        tried.get("/x")
        with pytest.raises(ApiError, match="not sent: this run has read more than"):
            tried.get("/x")


# What a body says.


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"rank": Infinity}', "Infinity"),
        (b'{"rank": NaN}', "NaN"),
        (b'{"rank": 1e999}', "a number that is too large"),
        (b'{"rank": ' + b"9" * 5000 + b"}", "a number of 5000 digits"),
        (b'{"policies": ["a"], "policies": []}', "a name twice in one object"),
        (b'["\xff"]', "not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_means_several_things_is_none(impatient, body, words):
    with Scripted(answer(body=body)) as server:
        with pytest.raises(ApiError, match=f"answered 200 with a body .*{words}"):
            client(server).get("/x")
        assert len(server.requests) == 3
        with pytest.raises(WriteOutcomeUnknown, match=words):
            client(server).send("PUT", "/x", {})


def test_half_a_character_comes_as_text_and_goes_back_as_it_was():
    with Scripted(answer(body=rb'{"name": "cut \ud83d", "tags": ["whole \ud83d\ude00"]}'), answer(data={})) as server:
        tried = client(server)
        found = tried.get("/x").data
        assert found == {"name": "cut \ufffd", "tags": ["whole \U0001f600"]}
        tried.send("PUT", "/x", found)
        assert json.loads(server.requests[1].partition("\r\n\r\n")[2]) == {"name": "cut \ud83d", "tags": ["whole \U0001f600"]}


def test_a_text_that_could_be_one_of_two_is_not_sent():
    with Scripted(answer(body=rb'["cut \ud83d", "cut \ude00"]')) as server:
        tried = client(server)
        (first, second) = tried.get("/x").data
        assert first == second == "cut \ufffd"
        with pytest.raises(ApiError, match="PUT /x: not sent: the vendor has several texts that read") as caught:
            tried.send("PUT", "/x", {"tags": [first]})
        assert not isinstance(caught.value, WriteOutcomeUnknown) and len(server.requests) == 1 and tried.stats()["writes"] == 0


@pytest.mark.parametrize(
    ("refusal", "shown"),
    [
        (answer(403, body=rb'{"errors": ["cut \ud83d"]}'), "answered 403: cut \ufffd"),
        (answer(403, body=b'{"errors": ["K\xf6ln"]}'), "answered 403: K\ufffdln"),
        (answer(403, body=b"<title>K\xf6ln &#xD83D;</title>"), "titled 'K\ufffdln \ufffd'"),
        (answer(403, {"errors": []}, X_Request_Id="\u00e4\u00ff"), "X-Request-Id \u00c3"),
    ],
)
def test_what_a_refusal_quotes_is_text(refusal, shown):
    with Scripted(refusal) as server, pytest.raises(ApiError) as caught:
        client(server).send("PUT", "/x", {})
    assert shown in str(caught.value)
    str(caught.value).encode()


@pytest.mark.parametrize(
    "body", [b'{"errors": %s}' % (b"[" * 900 + b"]" * 900), b'{"errors": [%s]}' % (b'{"a":' * 900 + b"1" + b"}" * 900)]
)
def test_a_refusal_that_is_nested_deeply_is_one_all_the_same(body):
    with Scripted(answer(403, body=body)) as server, pytest.raises(ApiError, match="answered 403 with a body that is nested too deeply"):
        client(server).send("PUT", "/x", {})


def test_a_title_that_is_cut_is_not_shown():
    """What is looked at may end within a secret."""
    for filler in (8192 - 20, 1000 - 20):
        page = answer(500, body=b"<title>" + b" " * filler + SECRET.encode() + b" more" * 400 + b"</title>")
        with Scripted(page) as server, pytest.raises(WriteOutcomeUnknown) as caught:
            client(server).send("PUT", "/x", {})
        assert SECRET[:5] not in str(caught.value) and "HTML page" in str(caught.value)


def test_a_token_that_no_header_can_carry_ends_in_words():
    class Odd(Auth):
        def headers(self):
            return {"Authorization": "Bearer to\ufffdken"}

    with Scripted(answer()) as server, pytest.raises(ApiError, match="header cannot be sent"):
        client(server, Odd()).get("/x")
    with Scripted(answer()) as server, pytest.raises(ApiError, match="cannot be sent"):
        client(server).get("/x", [("name", "cut \ud83d")])


def test_many_warnings_take_no_time():
    with Scripted(answer()) as server:
        tried = client(server)
        started = time.process_time()
        for number in range(20_000):
            tried.warn(f"config[{number}]: {SECRET} is not there")
        tried.warn("config[0]: ******** is not there")
        assert len(tried.warnings) == 20_000 and time.process_time() - started < 5
        assert not any(SECRET in text for text in tried.warnings)
