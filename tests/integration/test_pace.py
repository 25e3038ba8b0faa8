# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that share a vendor's limit divide it among those that run at once, unless the user says how fast."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible_collections.secops.policy.tests.mock_cloud import demo

from .tenants import SENTRY, host, inventory, seeded

#: More than ten hosts at once would pass what Meraki allows one address.
HOSTS = [f"clinic-{number:02}" for number in range(12)]


@pytest.fixture
def fleet(cloud):
    return seeded(cloud)


def test_the_pace_is_divided_by_the_hosts_at_once(fleet, run_playbook, tmp_path):
    entry = {"state": "replaced", "config": [{"network": "Branch Berlin", "policies": []}]}
    hosts = {name: host(fleet, {SENTRY: entry}) for name in HOSTS}
    hosts[HOSTS[1]] = host(fleet, {SENTRY: {**entry, "rate_limit": 7}})
    read = {"secops.policy.policy_run": {"module": SENTRY, "entry": {"state": "gathered"}}}
    scope = {"device_group": "Servers"}
    plays = [
        {"name": "role", "roles": ["secops.policy.audit"]},
        {"name": "defaults", "module_defaults": {"group/secops.policy.meraki": {"rate_limit": 9}}, "tasks": [read]},
        {"name": "serial", "serial": 6, "tasks": [read]},
        {"name": "throttle", "tasks": [{**read, "throttle": 5}]},
        {
            "name": "eset",
            "hosts": f"{HOSTS[0]},{HOSTS[1]}",
            "vars": {"eset_scope": scope},
            "tasks": [{"secops.policy.policy_run": {"module": "eset_policy_assignment", "entry": {"state": "gathered"}}}],
        },
    ]
    book = tmp_path / "plays.yml"
    book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, **play} for play in plays]), encoding="utf-8")
    variables = {"audit_report_dir": str(tmp_path / "report"), "audit_formats": ["json"]}
    done = run_playbook(book, inventory=inventory(**hosts), extra_vars=variables, verbosity=1, arguments=("--forks", "25"))
    done.ok()
    parts = dict(re.findall(r"^PLAY \[(\w+)\] \*+\n(.*?)(?=^PLAY )", done.stdout, re.MULTILINE | re.DOTALL))
    said = {name: re.findall(r"<(\S+)> \w+: (.* rate_limit is .* here)", text) for name, text in parts.items()}
    assert {found for found, _text in said["role"]} == set(HOSTS) - {HOSTS[1]}, "one has said how fast"
    assert {text for _found, text in said["role"]} == {
        "Meraki allows 100 requests a second from one source address, and up to 12 hosts run at once: rate_limit is 8.33333 here"
    }
    assert [said[name] for name in ("defaults", "serial", "throttle")] == [[], [], []]
    assert sorted(found for found, _text in said["eset"]) == HOSTS[:2]
    assert all("2 hosts run at once: rate_limit is 5 here" in text for _found, text in said["eset"])
    results = [one for item in done.results for one in item["result"].get("results", [item["result"]]) if "invocation" in one]
    rates = {round(one["invocation"]["module_args"].get("rate_limit", 0), 2) for one in results}
    # From ansible-core 2.21 on results hold no arguments.
    assert not results or {5, 7, 8.33, 9, 10} <= rates
    assert demo.API_KEY not in done.stdout
