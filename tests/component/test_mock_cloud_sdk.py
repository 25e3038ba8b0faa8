# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Meraki's own client, two releases of it, against ``python -m tests.mock_cloud`` as it starts by itself.

Skipped, and said so, where a release cannot be had; with SECOPS_REQUIRE_SDK=1, as continuous integration sets it, that is a failure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from ansible_collections.secops.policy.tests.mock_cloud.demo import ORGANIZATION

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
#: Where ``make test`` puts the releases.
RELEASES = ROOT / "build" / "sdk"
CALLS = ROOT / "tests" / "support" / "meraki_sdk_calls.py"
SM, BERLIN = "N_24329157", "N_24329160"
HTTPS = {"destinationAddr": ["10.0.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}]}


@pytest.fixture
def url():
    with subprocess.Popen([sys.executable, "-m", "tests.mock_cloud"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def calls(release, url, *made):
    """What a release returns of each call, ``(section, method, arguments)``."""
    folder = RELEASES / release
    if not (folder / "meraki").is_dir():
        lacking = f"meraki is not in build/sdk/{release}, where make test puts it"
        if os.environ.get("SECOPS_REQUIRE_SDK"):
            pytest.fail(f"SECOPS_REQUIRE_SDK is set, and {lacking}")
        pytest.skip(lacking)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MERAKI_", "PYTHON"))} | {"PYTHONPATH": str(folder)}
    command = [sys.executable, str(CALLS), f"{url}/api/v1"]
    given = json.dumps([[section, method, {"organizationId": ORGANIZATION, **arguments}] for section, method, arguments in made])
    done = subprocess.run(command, input=given, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("release", ["stable", "beta"])
def test_networks_and_sentry_policies(url, release):
    policies = [{"smNetworkId": SM, "scope": "withAny", "tags": ["lost"], "groupPolicyId": "102"}]
    every = {"perPage": 3, "total_pages": "all"}
    networks, was, put, now, refused = calls(
        release,
        url,
        ("organizations", "getOrganizationNetworks", every),
        ("sm", "getOrganizationSmSentryPoliciesAssignmentsByNetwork", every),
        ("sm", "updateOrganizationSmSentryPoliciesAssignments", {"items": [{"networkId": BERLIN, "policies": policies}]}),
        ("sm", "getOrganizationSmSentryPoliciesAssignmentsByNetwork", every),
        ("sm", "updateOrganizationSmSentryPoliciesAssignments", {"items": [{"networkId": BERLIN, "policies": [{"scope": "all"}]}]}),
    )
    assert [network["name"] for network in networks] == ["Corp SM", "Branch Berlin", "Branch Hamburg", "Branch Munich"]
    assert [item["networkId"] for page in was for item in page["items"]] == [BERLIN, "N_24329161", "N_24329162"]
    assert [item["networkId"] for item in put["items"]] == [BERLIN]
    assert [policy["tags"] for policy in now[0]["items"][0]["policies"]] == [["lost"]]
    assert refused["status"] == 400
    log = requests.get(f"{url}/_cloud/log", timeout=5).json()
    pages = [entry for entry in log if entry["path"] == f"/api/v1/organizations/{ORGANIZATION}/networks"]
    assert len(pages) == 2, "the client followed no link"


def test_the_change_log(url):
    """The client pages it backwards."""
    put = ("sm", "updateOrganizationSmSentryPoliciesAssignments", {"items": [{"networkId": BERLIN, "policies": []}]})
    *_made, changes = calls(
        "stable", url, *[put] * 5, ("organizations", "getOrganizationConfigurationChanges", {"perPage": 3, "total_pages": "all"})
    )
    path = f"/api/v1/organizations/{ORGANIZATION}/sm/sentry/policies/assignments"
    assert [(change["page"], change["label"]) for change in changes] == [("via API", f"PUT {path}")] * 5


def test_private_applications(url):
    fields = {"destinations": [{**HTTPS, "accessType": "browser"}]}
    made = [("secureConnect", "createOrganizationSecureConnectPrivateApplication", {"name": f"App {n}", **fields}) for n in range(1, 5)]
    *created, listed, groups = calls(
        "beta",
        url,
        *made,
        # The client puts no pages of this form together.
        ("secureConnect", "getOrganizationSecureConnectPrivateApplications", {"perPage": 1000, "total_pages": "all"}),
        ("secureConnect", "getOrganizationSecureConnectPrivateApplicationGroups", {}),
    )
    names = {"Jira", "Intranet", "Lab Results", *(one["name"] for one in created)}
    assert len(names) == 7 and {item["name"] for item in listed["data"]} == names
    assert [group["name"] for group in groups["data"]] == ["Westcoast", "Clinics"]
    one = {"id": created[0]["applicationId"]}
    renamed, gone, missing = calls(
        "beta",
        url,
        ("secureConnect", "updateOrganizationSecureConnectPrivateApplication", {**one, "name": "Renamed", **fields}),
        ("secureConnect", "deleteOrganizationSecureConnectPrivateApplication", one),
        ("secureConnect", "getOrganizationSecureConnectPrivateApplication", one),
    )
    assert (renamed["name"], gone, missing["status"]) == ("Renamed", None, 404)


def test_private_resources(url):
    fields = {"accessTypes": [{"type": "network"}], "resourceAddresses": [HTTPS]}
    made = [("secureConnect", "createOrganizationSecureConnectPrivateResource", {"name": f"Resource {n}", **fields}) for n in range(1, 5)]
    *created, first, second, grouped = calls(
        "beta",
        url,
        *made,
        ("secureConnect", "getOrganizationSecureConnectPrivateResources", {"perPage": "3"}),
        ("secureConnect", "getOrganizationSecureConnectPrivateResources", {"perPage": "3", "startingAfter": "Resource 3"}),
        ("secureConnect", "createOrganizationSecureConnectPrivateResourceGroup", {"name": "Clinics"}),
    )
    assert [len(page["data"]) for page in (first, second)] == [3, 1]
    assert [item["name"] for page in (first, second) for item in page["data"]] == [one["name"] for one in created]
    one = {"id": created[0]["resourceId"]}
    renamed, gone, left = calls(
        "beta",
        url,
        ("secureConnect", "updateOrganizationSecureConnectPrivateResource", {**one, "name": "Renamed", **fields}),
        ("secureConnect", "deleteOrganizationSecureConnectPrivateResource", one),
        ("secureConnect", "getOrganizationSecureConnectPrivateResources", {}),
    )
    assert grouped["data"][0]["name"] == "Clinics"
    assert (renamed["name"], gone, len(left["data"])) == ("Renamed", None, 3)
