# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fourth resource, made up, goes through every role as it is: in a copy of the collection, beside a server of its vendor's."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.secops.policy.tests.support.prototype import MODULE, Site, collection
from ansible_collections.secops.policy.tests.support.prototype.server import TOKEN

# What no user has; that Ansible finds a module and its action is the same in every version.
pytestmark = [pytest.mark.once, pytest.mark.slow]

STAFF = {"title": "Staff", "level": 1, "enabled": True, "zoneIds": ["z1"]}
GUESTS = {"title": "Guests", "level": 1, "enabled": False, "zoneIds": []}
DESIRED = {MODULE: {"state": "overridden", "max_removals": 1, "config": [
    {"title": "Staff", "level": 2, "zones": ["Lobby"]}, {"title": "Vault", "level": 3, "zones": ["Server room"]},
]}}  # fmt: skip


def role(name, **variables):
    return {"ansible.builtin.import_role": {"name": f"secops.policy.{name}"}, "vars": variables}


def test_a_fourth_resource_goes_through_every_role(run_playbook, tmp_path):
    folders = {name: str(tmp_path / name) for name in ("before", "after", "snapshots", "exports")}
    tasks = [
        role("validate"),
        role("audit", audit_report_dir=folders["before"], audit_formats=["html", "json", "junit", "markdown"]),
        role("apply", apply_snapshot_dir=folders["snapshots"]),
        role("audit", audit_report_dir=folders["after"]),
        role("export", export_dir=folders["exports"], export_modules=[MODULE], export_names=True),
        role("restore", restore_snapshot_dir=folders["snapshots"]),
    ]
    book = tmp_path / "book.yml"
    book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    with Site({"z1": "Lobby", "z2": "Server room"}, STAFF, GUESTS) as site:
        variables = {"turnstile_token": TOKEN, "turnstile_base_url": site.url, "turnstile_site": "north", "secops_policy": DESIRED}
        path = str(collection(tmp_path))
        done = run_playbook(
            book,
            inventory={"all": {"hosts": {"acme": variables}}},
            env={"ANSIBLE_COLLECTIONS_PATH": path, "PYTHONPATH": path},
        ).ok()
    writes = [line for line in site.log if not line.startswith("GET")]
    assert writes == [
        "PUT /sites/north/rules/1", "POST /sites/north/rules", "DELETE /sites/north/rules/2",
        "DELETE /sites/north/rules/3", "PUT /sites/north/rules/1", "POST /sites/north/rules",
    ]  # fmt: skip
    assert sorted(map(json.dumps, ({**rule, "id": ""} for rule in site.rules.values()))) == sorted(
        json.dumps({"id": "", **rule}) for rule in (STAFF, GUESTS)
    ), "it is as it was"
    before, after = (json.loads((tmp_path / name / "drift.json").read_text(encoding="utf-8")) for name in ("before", "after"))
    assert before["totals"]["objects"] == {"in_sync": 0, "changed": 1, "missing": 1, "extra": 1, "moved": 0, "accepted": 0}
    assert after["totals"]["objects"] == {"in_sync": 2, "changed": 0, "missing": 0, "extra": 0, "moved": 0, "accepted": 0}
    for ending in ("html", "xml", "md"):
        assert "Vault" in (tmp_path / "before" / f"drift.{ending}").read_text(encoding="utf-8"), ending
    (exported,) = (tmp_path / "exports").iterdir()
    assert yaml.safe_load(exported.read_text(encoding="utf-8"))["secops_policy"][MODULE]["config"] == [
        {"title": "Staff", "level": 2, "enabled": True, "zones": ["Lobby"]},
        {"title": "Vault", "level": 3, "enabled": True, "zones": ["Server room"]},
    ]
    assert TOKEN not in done.stdout + done.stderr + json.dumps(done.results)
