# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change log of the Dashboard API's mock server: that it is as the specification says, and holds what was written."""

from __future__ import annotations

import json

import pytest
import requests
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, spec
from jsonschema import Draft202012Validator

# The mock server is nothing that users install.
pytestmark = pytest.mark.once

KEY, OTHER = "key-0123456789", "key-9876543210"
LOG = "/organizations/1/configurationChanges"
PAGE = "Wireless > SSIDs"
ENTRY = json.loads((spec.SPECS / "meraki-change-log.openapi.json").read_text(encoding="utf-8"))["paths"][
    "/organizations/{organizationId}/configurationChanges"
]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["items"]


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        made.meraki.add_key(KEY, owner="Miles Meraki")
        made.meraki.add_key(OTHER)
        made.meraki.add_organization("1", "Example Health")
        made.meraki.add_organization("2", "Another")
        made.meraki.add_network("1", "N_1", "Branch 1")
        yield made


def ask(cloud, method, path, data=None, key=KEY, expect=200, **query):
    headers = {"Authorization": f"Bearer {key}", "User-Agent": "Tests/1.0 Tests"}
    url = path if "://" in path else cloud.meraki_url + path
    answer = requests.request(method, url, params=query, json=data, headers=headers, timeout=5)
    assert answer.status_code == expect, answer.text
    return answer


def log(cloud, **query):
    """The entries, each as the spec has it; where its text says that a field may be null it may be."""
    entries = ask(cloud, "GET", LOG, **query).json()
    validator = Draft202012Validator({**ENTRY, "additionalProperties": False, "required": ["ts", "adminName", "page", "label"]})
    for entry in entries:
        assert entry.keys() == ENTRY["properties"].keys()
        nullable = {name for name, field in ENTRY["properties"].items() if "may be null" in field["description"]}
        given = {name: value for name, value in entry.items() if value is not None or name not in nullable}
        assert [error.message for error in validator.iter_errors(given)] == []
    return entries


def test_writes_by_api_are_logged_and_what_is_refused_or_only_read_is_not(cloud):
    ask(cloud, "PUT", "/organizations/1/sm/sentry/policies/assignments", {"items": []})
    ask(cloud, "PUT", "/organizations/1/sm/sentry/policies/assignments", {"items": [{"networkId": "N_1", "policies": []}]}, OTHER)
    ask(cloud, "PUT", "/organizations/1/sm/sentry/policies/assignments", {"items": [{"networkId": "N_9", "policies": []}]}, expect=400)
    ask(cloud, "POST", "/organizations/1/secureConnect/privateApplicationGroups", {"name": "West"}, expect=201)
    label = "PUT /api/v1/organizations/1/sm/sentry/policies/assignments"
    entries = log(cloud)
    assert [(entry["page"], entry["label"]) for entry in entries] == [
        ("via API", "POST /api/v1/organizations/1/secureConnect/privateApplicationGroups"),
        ("via API", label),
        ("via API", label),
    ]
    assert [entry["adminName"] for entry in entries] == ["Miles Meraki", "Administrator 9002", "Miles Meraki"]
    assert '"N_1"' in entries[1]["newValue"] and entries[1]["oldValue"] == entries[2]["newValue"]
    assert ask(cloud, "GET", "/organizations/2/configurationChanges").json() == []
    who = ask(cloud, "GET", "/administered/identities/me").json()
    assert (who["name"], who["email"]) == (entries[0]["adminName"], entries[0]["adminEmail"])


def test_the_log_is_read_from_its_end(cloud):
    for number in range(10):
        cloud.meraki.changes.add("1", PAGE, f"change {number}", ago=3600 * number, network_id="N_1" if number % 2 else None)
    assert [entry["label"] for entry in log(cloud)] == [f"change {number}" for number in range(10)]
    answer = ask(cloud, "GET", LOG, perPage=4)
    pages = [answer]
    assert "next" not in answer.links
    while "prev" in pages[-1].links:
        pages.append(ask(cloud, "GET", pages[-1].links["prev"]["url"]))
    found = [[entry["label"].removeprefix("change ") for entry in page.json()] for page in pages]
    assert found == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9"]]
    cloud.meraki.changes.newest_first = False
    assert [entry["label"] for entry in log(cloud, perPage=3)] == ["change 2", "change 1", "change 0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"timespan": 3600}, ["minutes"]),
        ({"timespan": 90000.5}, ["minutes", "day"]),
        ({"networkId": "N_1"}, ["day"]),
        ({"adminId": "77"}, ["week"]),
        ({"t0": "2000-01-01T00:00:00Z"}, 400),
        ({"t0": "yesterday"}, 400),
        ({"timespan": 60, "t0": "2026-01-01T00:00:00Z"}, 400),
        ({"timespan": 31536001}, 400),
        ({"timespan": "-1"}, 400),
        ({"perPage": 2}, 400),
        ({"perPage": 5001}, 400),
        ({"page": 1}, 400),
    ],
)
def test_filters(cloud, query, found):
    cloud.meraki.changes.add("1", PAGE, "minutes", ago=600)
    cloud.meraki.changes.add("1", PAGE, "day", ago=86400, network_id="N_1")
    cloud.meraki.changes.add("1", PAGE, "week", ago=7 * 86400, adminId="77")
    if found == 400:
        ask(cloud, "GET", LOG, expect=400, **query)
    else:
        assert [entry["label"] for entry in log(cloud, **query)] == found


def test_who_may_not_see_it(cloud):
    cloud.meraki.add_key("blind", change_log=False)
    assert "permission" in ask(cloud, "GET", LOG, key="blind", expect=403).text
    cloud.meraki.add_key("elsewhere", organizations=["2"])
    ask(cloud, "GET", LOG, key="elsewhere", expect=404)
    ask(cloud, "GET", LOG, key="unknown", expect=401)
