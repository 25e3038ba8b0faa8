# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``audit`` and its playbook as users run them: real ansible-playbook, several tenants, the strict stand-in."""

from __future__ import annotations

import json
import stat
import xml.etree.ElementTree as ET

import jsonschema
import pytest

from .harness import ROOT

PLAYBOOK = "secops.policy.audit"
KEY = "a-key-that-nobody-should-see-0123456789"
OTHER_KEY = "another-key-that-nobody-should-see-42"
PASSWORD = "a-password-that-nobody-should-see"
SENTRY, APPLICATION, ESET = "meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"
SCHEMA = json.loads((ROOT / "docs" / "drift.schema.json").read_text(encoding="utf-8"))
GUEST = {"sm_network": "Corp SM", "scope": "all", "group_policy": "Guest"}
STAFF = {"sm_network": "Corp SM", "scope": "withAny", "tags": ["staff"], "group_policy": "Staff"}
JIRA = {
    "name": "Jira",
    "description": "Where tickets live",
    "destinations": [
        {"destination_addr": ["172.16.0.1"], "protocol_ports": [{"protocol": "TCP", "ports": "443"}], "access_type": "browser"}
    ],
    "application_groups": ["Westcoast"],
}


@pytest.fixture
def tenants(cloud):
    """Three organizations, alike and as their trees say, and an ESET tenant; the inventory is ``inventory(cloud)``."""
    cloud.limit(None)
    cloud.meraki.add_key(KEY)
    for number in ("1", "2", "3"):
        organization(cloud, number)
    cloud.eset.add_user("api@example.com", PASSWORD, read_only=True)
    cloud.eset.seed_demo()
    return cloud


def organization(cloud, number, name="Berlin"):
    meraki = cloud.meraki
    meraki.add_organization(number, f"Organization {number}")
    meraki.add_network(number, f"N_SM{number}", "Corp SM", product_types=["systemsManager"])
    meraki.add_network(number, f"N_{number}", name)
    for place, group in enumerate(("Guest", "Staff")):
        meraki.add_group_policy(f"N_{number}", f"{number}0{place}", group)
    meraki.add_sentry(f"N_{number}", [sentry(number, "all"), sentry(number, "withAny", ["staff"], "01")])
    west = meraki.add_group(number, "Westcoast")
    meraki.add_application(
        number, name="Jira", description="Where tickets live", applicationGroupIds=[west],
        destinations=[{"destinationAddr": ["172.16.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}], "accessType": "browser"}],
    )  # fmt: skip


def sentry(number, scope, tags=(), group="00"):
    return {"smNetworkId": f"N_SM{number}", "scope": scope, "tags": list(tags), "groupPolicyId": number + group}


def meraki_tree(cloud, number, network="Berlin", policies=(GUEST, STAFF), application=JIRA, key=KEY):
    connection = {"api_key": key, "base_url": cloud.meraki_url, "organization_id": number}
    return {
        SENTRY: {**connection, "state": "replaced", "config": [{"network": network, "policies": list(policies)}]},
        APPLICATION: {**connection, "state": "replaced", "config": [application], "deprecation_warning": False},
    }


def eset_tree(cloud, *policies):
    return {
        ESET: {
            "username": "api@example.com", "password": PASSWORD, "base_url": cloud.eset_url, "state": "replaced",
            "config": [{"target": {"device_group": "Workstations"}, "policies": [{"policy": name} for name in policies]}],
        }
    }  # fmt: skip


def inventory(cloud, **trees):
    """Hosts by name, each with its tree; as they are left out, three that are in line."""
    if not trees:
        trees = {"berlin": meraki_tree(cloud, "1"), "paris": meraki_tree(cloud, "2"), "rome": eset_tree(cloud, "Workstation protection", "USB control")}
    return {"all": {"hosts": {name: {"secops_policy": tree} for name, tree in trees.items()}}}


@pytest.fixture
def audit(tenants, run_playbook, tmp_path):
    """Run the playbook over an inventory; the result, and the report as data (None where none was written)."""

    def run(listed, playbook=PLAYBOOK, **more):
        extra = {"audit_report_dir": str(tmp_path / "report"), **more.pop("extra_vars", {})}
        done = run_playbook(playbook, inventory=listed, extra_vars=extra, **more)
        file = tmp_path / "report" / "drift.json"
        report = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        if report is not None:
            jsonschema.Draft202012Validator(SCHEMA).validate(report)
            ET.parse(tmp_path / "report" / "drift.xml")
        return done, report

    return run


def items(report, name=None, verdict=None):
    found = [
        item for one in report["tenants"] if name in (None, one["name"]) for resource in one["resources"] for item in resource["items"]
    ]
    return [item for item in found if verdict is None or item["verdict"] == verdict]


@pytest.mark.parametrize("check", [False, True])
def test_what_is_in_line(check, tenants, audit, tmp_path):
    done, report = audit(inventory(tenants), check=check)
    done.ok()
    assert report["totals"]["tenants"] == {"total": 3, "read": 3, "unreadable": 0, "in line": 3, "drifted": 0}
    assert tenants.writes() == []
    assert {item["verdict"] for item in items(report)} == {"in sync"}
