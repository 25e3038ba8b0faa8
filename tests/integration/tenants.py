# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tenants for the tests of the roles: the demo's, a desired state for each module that changes it, and what of it can be compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo

ESET, SENTRY, APPS = "eset_policy_assignment", "meraki_sentry_assignments", "meraki_private_app"
SERVERS, BERLIN, WORKSTATIONS = (f"7f1d0c52-0a31-4a66-9d1c-0e6a4f1b000{number}" for number in (1, 2, 3))
POLICIES = {
    name: f"4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e{number:04}"
    for number, name in enumerate(
        ("Baseline", "Server hardening", "Updates at night", "Workstation protection", "USB control", "Web server exclusions"), start=1
    )
}
SECRETS = (demo.API_KEY, demo.ESET_PASSWORD)
ALL = {"sm_network": "Corp SM", "scope": "all", "group_policy": "Guest"}
BAD = {"sm_network": "Corp SM", "scope": "withAny", "tags": ["noncompliant"], "group_policy": "Quarantine"}


def seeded(cloud: Cloud) -> Cloud:
    """The demo's tenant, without rate limits."""
    demo.seed_demo(cloud)
    cloud.limit(None)
    return cloud


def destination(number: int, ports: str = "443") -> dict[str, Any]:
    pair = {"protocol": "TCP", "ports": ports}
    return {"destination_addr": [f"172.16.0.{number}/32"], "protocol_ports": [pair], "access_type": "browser"}


def desired_state(**modules: Any) -> dict[str, Any]:
    """A desired state that changes something for every module, or the ``modules`` given."""
    everything = {
        ESET: {
            "state": "replaced",
            "config": [
                {"target": {"device_group": "Servers"}, "policies": [{"policy": "Server hardening"}, {"policy": "USB control"}]},
                {"target": {"device": "reception"}, "policies": [{"policy": "USB control"}]},
            ],
        },
        SENTRY: {"state": "replaced", "config": [{"network": "Branch Berlin", "policies": [ALL, BAD]}]},
        APPS: {"config": [{"name": "Jira", "description": "Tickets"}, {"name": "Wiki", "destinations": [destination(9)]}]},
    }
    return modules or everything


def host(cloud: Cloud, modules: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """A host's variables: credentials as variables, and its desired state where it has one."""
    found = {
        "meraki_api_key": demo.API_KEY,
        "meraki_base_url": cloud.meraki_url,
        "meraki_organization_id": demo.ORGANIZATION,
        "eset_username": demo.ESET_USER,
        "eset_password": demo.ESET_PASSWORD,
        "eset_base_url": cloud.eset_url,
        **more,
    }
    return found if modules is None else {**found, "secops_policy": modules}


def inventory(**hosts: Any) -> dict[str, Any]:
    return {"all": {"hosts": hosts}}


def state(cloud: Cloud) -> dict[str, Any]:
    """What is there, without ids that the vendors give: to compare what was with what is."""
    meraki = cloud.meraki
    groups = {key: group["name"] for key, group in meraki.groups(demo.ORGANIZATION).items()}
    fields = ("name", "description", "destinations", "appProtocol", "sni", "sslVerificationEnabled")
    return {
        "sentry": {
            key: [(policy["scope"], sorted(policy["tags"]), policy["groupPolicyId"]) for policy in policies]
            for key, policies in meraki.sentry(demo.ORGANIZATION).items()
            if policies
        },
        "applications": sorted(
            [
                {**{key: item.get(key) for key in fields}, "groups": sorted(groups[key] for key in item["applicationGroupIds"])}
                for item in meraki.applications(demo.ORGANIZATION).values()
            ],
            key=lambda item: item["name"],
        ),
        "eset": [[item["target"], item["rank"], item["policyUuid"]] for item in cloud.eset.assignments()],
    }


def kinds(cloud: Cloud) -> list[str]:
    """Which APIs were written to, in order, each run of the same once."""
    found: list[str] = []
    for entry in cloud.writes():
        kind = APPS if "/secureConnect/" in entry.path else SENTRY if "/sentry/" in entry.path else ESET
        if found[-1:] != [kind]:
            found.append(kind)
    return found


def files(folder: Path) -> list[Path]:
    """Every file below a folder, by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def snapshot(folder: Path) -> dict[str, Any]:
    """The newest snapshot in a folder."""
    data: dict[str, Any] = json.loads(files(folder)[-1].read_text(encoding="utf-8"))
    return data


def task(done: Any, name: str, which: int = -1) -> dict[str, Any]:
    """The result of the last task with this name."""
    found: dict[str, Any] = [item for item in done.results if item["name"].endswith(name)][which]["result"]
    return found


def by_hand(cloud: Cloud, method: str, application: str = "", **fields: Any) -> Any:
    """Somebody makes, changes or deletes an application in another way."""
    url = f"{cloud.meraki_url}/organizations/{demo.ORGANIZATION}/secureConnect/privateApplications" + (
        f"/{application}" if application else ""
    )
    present = cloud.meraki.applications(demo.ORGANIZATION).get(application, {})
    kept = ("name", "description", "destinations", "appProtocol", "sni", "sslVerificationEnabled", "applicationGroupIds")
    body = {"force": False} if method == "DELETE" else {**{key: present[key] for key in kept if key in present}, **fields}
    headers = {"Authorization": f"Bearer {demo.API_KEY}", "User-Agent": "ByHand/1.0 Tests"}
    answer = requests.request(method, url, json=body, headers=headers, timeout=10)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None
