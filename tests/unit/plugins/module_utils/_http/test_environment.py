# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies and CAs of the environment: the ones that ``requests`` would find there, and never the system's."""

from __future__ import annotations

import urllib.request

import pytest
import requests
from ansible_collections.secops.policy.plugins.module_utils._http import transport
from ansible_collections.secops.policy.plugins.module_utils._http.environment import environment_cas, environment_proxies
from requests import utils

HOSTS = ["api.meraki.com", "API.Meraki.com", "xmeraki.com", "localhost", "127.0.0.1", "10.1.2.3", "[::1]", "[fd00::5]", "eset.systems"]
EXCEPTED = [
    None, "", "*", "meraki.com", ".meraki.com", "meraki.com,eset.systems", " meraki.com , localhost", "api.meraki.com:8443",
    "meraki.com:443", "10.0.0.0/8", "10.1.2.3", "10.1.2.3,127.0.0.1", "127.0.0.0/8, eset.systems", "::1", "com", "eki.com", "10.1",
]  # fmt: skip
PROXIES = [{}, {"https_proxy": "http://p:1"}, {"HTTPS_PROXY": "http://p:1"}, {"http_proxy": "http://p:2"}, {"all_proxy": "http://p:3"}]


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("excepted", EXCEPTED)
@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_proxies_are_the_ones_that_requests_finds(monkeypatch, excepted, name):
    if excepted is not None:
        monkeypatch.setenv(name, excepted)
    for proxies in PROXIES:
        with pytest.MonkeyPatch.context() as more:
            for key, value in proxies.items():
                more.setenv(key, value)
            for host in HOSTS:
                for url in (f"https://{host}/x", f"https://{host}:8443/x", f"http://{host}:443/x"):
                    theirs = utils.select_proxy(url, utils.get_environ_proxies(url))
                    assert utils.select_proxy(url, environment_proxies(url)) == theirs, (url, proxies)


def test_networks_of_ipv6_are_excepted_too(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://p:1")
    monkeypatch.setenv("no_proxy", "fd00::/8")
    assert not environment_proxies("https://[fd00::5]/x") and environment_proxies("https://[::1]/x")


def test_a_session_takes_the_environments_settings_and_asks_nothing_of_the_system(monkeypatch):
    """On macOS, where requests would ask it, that ends a process that was forked."""

    def ask(*_arguments):
        raise AssertionError("the system was asked")

    for module in (urllib.request, utils, requests.sessions):
        for name in ("getproxies", "proxy_bypass", "get_environ_proxies", "should_bypass_proxies"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, ask)
    session = transport.session("Test/1.0", True)
    monkeypatch.setenv("https_proxy", "http://p:1")
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, f"/{name}")
        assert environment_cas() == f"/{name}"
        found = session.merge_environment_settings("https://api.meraki.com/x", {}, True, True, None)
        assert found["proxies"]["https"] == "http://p:1" and found["verify"] == f"/{name}"
    for given in (False, "/own"):
        assert session.merge_environment_settings("https://api.meraki.com/x", {}, True, given, None)["verify"] == given
