# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who changed it: a second writer and an edit in the dashboard, in a module's result and in the report of an audit."""

from __future__ import annotations

import json
import re

import jsonschema
import requests
from ansible_collections.secops.policy.tests.mock_cloud import demo

from .harness import ROOT
from .tenants import ALL, BAD, SENTRY, by_hand, host, inventory, seeded

SCHEMA = json.loads((ROOT / "docs" / "drift.schema.json").read_text(encoding="utf-8"))
OTHER_KEY = "another-key-0123456789"
PRIVATE = "a value that is nobody's business"
PUT = f"PUT /api/v1/organizations/{demo.ORGANIZATION}/sm/sentry/policies/assignments"
KEYS = {"ts", "admin", "network_id", "page", "label", "certain"}


def second_writer(cloud):
    """Somebody else's key clears Berlin."""
    policies = cloud.meraki.sentry(demo.ORGANIZATION)
    fields = ("policyId", "smNetworkId", "scope", "tags", "groupPolicyId")
    items = [
        {"networkId": key, "policies": [] if key == "N_24329160" else [{name: one[name] for name in fields} for one in listed]}
        for key, listed in policies.items()
    ]
    answer = requests.put(
        f"{cloud.meraki_url}{PUT.removeprefix('PUT /api/v1')}",
        json={"items": items},
        headers={"Authorization": f"Bearer {OTHER_KEY}", "User-Agent": "ByHand/1.0 Tests"},
        timeout=10,
    )
    assert answer.ok, answer.text


def edit(cloud, label, network_id=None, organization=demo.ORGANIZATION):
    cloud.meraki.changes.add(
        organization, "Systems Manager > Sentry", label, network_id=network_id, ago=3600, oldValue=PRIVATE, newValue=PRIVATE
    )


def test_a_second_writer_is_certain_and_an_edit_in_the_dashboard_a_candidate(cloud, run_playbook, tmp_path):
    seeded(cloud).meraki.add_key(OTHER_KEY, owner="Olga Other")
    entry = {"state": "replaced", "config": [{"network": "Branch Berlin", "policies": [ALL, BAD]}]}
    application = {"config": [{"name": "Jira", "description": "Tickets"}], "deprecation_warning": False}
    clinics = {"network": "Clinic Cologne", "policies": [{**ALL, "sm_network": "Clinics SM"}]}
    edit(cloud, "Hostile \x1b[31m {{ 7 * 6 }} <b>", "N_24329160")
    edit(cloud, "Another branch", "N_24329161")
    second_writer(cloud)
    by_hand(cloud, "PUT", next(iter(cloud.meraki.applications(demo.ORGANIZATION))), description="Mine")
    forbidden = {"meraki_organization_id": demo.OTHER_ORGANIZATION, "meraki_api_key": "blind-key-0123456789"}
    cloud.meraki.add_key(forbidden["meraki_api_key"], read_only=True, change_log=False)
    listed = inventory(
        berlin=host(cloud, {SENTRY: entry, "meraki_private_app": application, "eset_policy_assignment": {"config": [
            {"target": {"device": "reception"}, "policies": [{"policy": "USB control"}]}
        ]}}),
        cologne=host(cloud, {SENTRY: {"state": "replaced", "config": [{**clinics, "policies": []}]}}, **forbidden),
        synced=host(cloud, {SENTRY: {"state": "replaced", "config": [clinics]}}, meraki_organization_id=demo.OTHER_ORGANIZATION),
        off=host(cloud, {SENTRY: {**entry, "recent_changes_days": 0}}),
    )  # fmt: skip
    connection = {"api_key": demo.API_KEY, "base_url": cloud.meraki_url, "organization_id": demo.ORGANIZATION}
    module = {f"secops.policy.{SENTRY}": {**connection, **entry, "recent_changes_days": 1}, "check_mode": True, "run_once": True}
    role = {"role": "secops.policy.audit", "audit_report_dir": str(tmp_path / "report")}
    book = tmp_path / "book.yml"
    plays = [
        {"hosts": "all", "gather_facts": False, "tasks": [module]},
        {"hosts": "all", "gather_facts": False, "roles": [{**role, "audit_recent_changes_days": 7}]},
        {"hosts": "all", "gather_facts": False, "roles": [{**role, "audit_recent_changes_days": 400}]},
    ]
    book.write_text(json.dumps(plays), encoding="utf-8")
    cloud.clear_log()
    report_dir = tmp_path / "report"
    done = run_playbook(book, inventory=listed, verbosity=1)
    assert cloud.writes() == [] and "[DEPRECATION WARNING]" not in done.stdout + done.stderr
    # The last play's number of days is refused before anything is read; nothing else failed.
    assert done.rc == 2 and "audit_recent_changes_days must be 0" in done.failed_result()["msg"], done.output
    assert {item["action"] for item in done.results if item["failed"]} == {"ansible.builtin.assert"}, done.output

    (alone,) = [item["result"] for item in done.results if item["action"] == f"secops.policy.{SENTRY}"]
    assert [(one["admin"], one["network_id"], one["certain"]) for one in alone["recent_changes"]] == [
        ("Olga Other", None, True),
        ("Dana Dashboard", "N_24329160", False),
    ]
    assert all(one.keys() == KEYS for one in alone["recent_changes"])

    report = json.loads((report_dir / "drift.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    found = {(one["name"], resource["module"]): resource["recent_changes"] for one in report["tenants"] for resource in one["resources"]}
    assert found["berlin", SENTRY] == alone["recent_changes"]
    assert [one["certain"] for one in found["berlin", "meraki_private_app"]] == [True]
    assert not any(changes for (tenant, module), changes in found.items() if tenant != "berlin" or module == "eset_policy_assignment")
    warned = {one["name"]: [text for resource in one["resources"] for text in resource["warnings"]] for one in report["tenants"]}
    assert [name for name, texts in warned.items() if any("403" in text and "who changed it is not known" in text for text in texts)] == [
        "cologne"
    ]

    logs = [entry.path.split("/")[4] for entry in cloud.log if "configurationChanges" in entry.path]
    assert sorted(logs) == [demo.ORGANIZATION] * 3 + [demo.OTHER_ORGANIZATION], "nobody asked for those in sync, or where it is off"

    texts = {file.name: file.read_text(encoding="utf-8") for file in report_dir.iterdir()}
    everything = json.dumps([*texts.values(), done.stdout, done.stderr, done.results])
    assert PRIVATE not in everything and OTHER_KEY not in everything
    plain = re.sub(r"\\(.)", r"\1", texts["drift.md"])
    for text in (done.stdout, plain):
        assert (
            f"UTC Olga Other: via API: {PUT}" in text
            and "candidate: " in text
            and "Dana Dashboard, network Branch Berlin (N_24329160)" in text
        )
        assert "\x1b" not in text and "Another branch" not in text and "{{ 7 * 6 }}" in text
    assert "<b>" not in texts["drift.md"]
