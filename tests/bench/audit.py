# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit costs beside the modules that it runs and for a fleet, and what its page weighs."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.secops.policy.plugins.plugin_utils._drift.html import html
from ansible_collections.secops.policy.tests.bench.memory import Watched, watched
from ansible_collections.secops.policy.tests.integration import browser
from ansible_collections.secops.policy.tests.mock_cloud import Cloud
from ansible_collections.secops.policy.tests.support import drift_samples

KEY = "bench-key"
PASSWORD = "bench-password"
TENANTS, UNITS, FORKS = 100, 20, 10
#: A smaller fleet, to try it out, takes minutes less.
FLEET = int(os.environ.get("SECOPS_BENCH_TENANTS") or 1000)
#: So many of the tenants are not as their desired state says, for a report with something in it.
DRIFTED = 10
COLLECTIONS = Path(__file__).resolve().parents[2] / "build" / "collections"
MODULES = ("meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment")


def audit_fleet(report: Any) -> None:
    """100 tenants, each with 20 networks with policies, 20 applications and 20 ESET targets, audited in the worker and in module processes,
    each beside the bare modules there."""
    with Cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        cloud.limit(None)
        hosts = {f"tenant-{number:03}": {"secops_policy": _tenant(cloud, number)} for number in range(TENANTS)}
        listed = {"all": {"hosts": hosts, "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}
        inventory, bare = _inventory(folder, listed), Path(folder) / "bare.yml"
        bare.write_text(yaml.safe_dump([_bare_play()], sort_keys=False), encoding="utf-8")
        runs = {
            "audit": ("secops.policy.audit", "controller"),
            "bare": (str(bare), "controller"),
            "audit on hosts": ("secops.policy.audit", "host"),
            "bare on hosts": (str(bare), "host"),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        memory = ""
        # In module processes it takes minutes, and little of it is chance.
        for name in (*runs, "audit", "bare", "bare", "audit"):
            took = _playbook(*runs[name], inventory, folder)
            times[name].append(took.seconds)
            memory = took.memory if name == "audit" else memory
        found = json.loads((Path(folder) / "report" / "drift.json").read_text(encoding="utf-8"))["totals"]
        writes = len(cloud.writes())
    report.count("tenants that were read", found["tenants"]["read"], TENANTS)
    report.count("tenants that drifted", found["tenants"]["drifted"], DRIFTED)
    report.count("writes", writes, 0)
    audit, alone, on_hosts, alone_on_hosts = (statistics.median(times[name]) for name in runs)
    report.ratio(f"audit of {TENANTS} tenants / the bare modules, forks={FORKS}", audit / alone, 1.1, f"{audit:.1f} s / {alone:.1f} s")
    detail = f"{on_hosts:.1f} s / {alone_on_hosts:.1f} s"
    report.ratio("the same, in module processes both", on_hosts / alone_on_hosts, 1.1, detail)
    report.ratio("that audit / in module processes", audit / on_hosts, 0.35, f"{audit:.1f} s / {on_hosts:.1f} s")
    print(f"     that audit: {memory}", flush=True)


def fleet(report: Any) -> None:
    """A thousand such tenants with one desired state for all, under 10 and 25 forks, and a quarter of them: what grows faster than the
    fleet shows here."""
    with Cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        cloud.limit(None)
        shared = {"secops_policy": _desired_state(cloud, "{{ meraki_organization_id }}", "{{ description }}")}
        hosts = {}
        for number in range(FLEET):
            _seed(cloud, number)
            hosts[f"tenant-{number:04}"] = {"meraki_organization_id": str(number + 1), "description": _description(number)}
        took = {}
        for count, forks in ((FLEET // 4, 10), (FLEET, 10), (FLEET, 25)):
            inventory = _inventory(folder, {"all": {"hosts": dict(list(hosts.items())[:count]), "vars": shared}})
            took[count, forks] = _playbook("secops.policy.audit", "controller", inventory, folder, forks)
            cloud.clear_log()
            print(f"     {count} tenants, forks={forks}: {took[count, forks].words}", flush=True)
        files = {file.name: file.stat().st_size for file in (Path(folder) / "report").iterdir()}
        found = json.loads((Path(folder) / "report" / "drift.json").read_text(encoding="utf-8"))["totals"]
    part, whole = took[FLEET // 4, 10], took[FLEET, 10]
    report.count("tenants that were read", found["tenants"]["read"], FLEET)
    report.count("tenants that drifted", found["tenants"]["drifted"], min(DRIFTED, FLEET))
    detail = f"{whole.seconds:.1f} s / {part.seconds:.1f} s"
    report.ratio(f"audit of {FLEET} tenants / of {FLEET // 4}, forks=10", whole.seconds / part.seconds, 4.4, detail)
    detail = f"{whole.parent:.1f} s / {part.parent:.1f} s"
    report.ratio("the same, processor time of ansible-playbook itself", whole.parent / part.parent, 4.4, detail)
    print("     report: " + ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sorted(files.items())), flush=True)


def drift_page(report: Any) -> None:
    """drift.html for 500 tenants with five differences each."""
    started = time.monotonic()
    text = html(drift_samples.fleet(500))
    made = time.monotonic() - started
    report.ratio("drift.html of 500 tenants, MB", len(text.encode()) / 1e6, 3.0, f"made in {made:.1f} s")
    if browser.missing():
        print(f"SKIP drift.html in Chromium: {browser.missing()}", flush=True)
        return
    with tempfile.TemporaryDirectory() as folder, browser.chromium() as driver:
        page = Path(folder) / "drift.html"
        page.write_text(text, encoding="utf-8")
        seconds = []
        for _round in range(3):
            driver.get("about:blank")
            driver.get(page.as_uri())
            # Without the way of a command from here to the browser.
            loaded, answered = driver.execute_script(
                "const loaded = performance.getEntriesByType('navigation')[0].loadEventEnd, started = performance.now();"
                "document.getElementById('search').value = 'tenant-499'; document.getElementById('tools').requestSubmit();"
                "void document.body.offsetHeight; return [loaded, performance.now() - started]"
            )
            seconds.append((loaded + answered) / 1000)
    report.ratio("drift.html open and filtered in Chromium, s", statistics.median(seconds), 1.0, "loaded, and one filter answered")


def _tenant(cloud: Cloud, number: int) -> dict[str, Any]:
    """An organization with its desired state, by names."""
    _seed(cloud, number)
    return _desired_state(cloud, str(number + 1), _description(number))


def _description(number: int) -> str:
    """What the first application of a tenant is to say; nothing, as it does, where the tenant has not drifted."""
    return "Not as it is" if number < DRIFTED else ""


def _seed(cloud: Cloud, number: int) -> None:
    """An organization. ESET's tenant is the same for all: what a run reads of it is what counts."""
    key = str(number + 1)
    meraki = cloud.meraki
    if number == 0:
        meraki.add_key(KEY)
        cloud.eset.add_user("bench", PASSWORD)
        cloud.eset.add_policy("Baseline")
        for place in range(UNITS):
            cloud.eset.assign(cloud.eset.add_policy(f"Policy {place}"), "deviceUuid", cloud.eset.add_device(f"web-{place:02}"))
    meraki.add_organization(key, f"Organization {key}")
    meraki.add_network(key, f"N_SM{key}", "Corp SM", product_types=["systemsManager"])
    for place in range(UNITS):
        network = f"N_{key}_{place}"
        meraki.add_network(key, network, f"Branch {place}")
        meraki.add_group_policy(network, "100", "Guest")
        meraki.add_sentry(network, [{"smNetworkId": f"N_SM{key}", "scope": "all", "tags": [], "groupPolicyId": "100"}])
        pairs = [{"protocol": "TCP", "ports": "443"}]
        there = {"destinationAddr": [f"172.16.0.{place + 1}/32"], "protocolPorts": pairs, "accessType": "browser"}
        meraki.add_application(key, name=f"Application {place}", destinations=[there], applicationGroupIds=[])


def _desired_state(cloud: Cloud, key: str, description: str) -> dict[str, Any]:
    """The desired state of the organization ``key``, of which a template may stand in its place."""
    applications = [
        {
            "name": f"Application {place}",
            "description": "" if place else description,
            "destinations": [
                {
                    "destination_addr": [f"172.16.0.{place + 1}"],
                    "protocol_ports": [{"protocol": "TCP", "ports": "443"}],
                    "access_type": "browser",
                }
            ],
        }
        for place in range(UNITS)
    ]
    policy = {"sm_network_id": f"N_SM{key}", "scope": "all", "group_policy_id": "100"}
    networks = [{"network": f"Branch {place}", "policies": [policy]} for place in range(UNITS)]
    targets = [{"target": {"device": f"web-{place:02}"}, "policies": [{"policy": f"Policy {place}"}]} for place in range(UNITS)]
    connection = {"api_key": KEY, "base_url": cloud.meraki_url, "organization_id": key, "state": "replaced"}
    signing_in = {"username": "bench", "password": PASSWORD, "base_url": cloud.eset_url, "state": "replaced"}
    return {
        "meraki_sentry_assignments": {**connection, "config": networks},
        "meraki_private_app": {**connection, "config": applications, "deprecation_warning": False},
        "eset_policy_assignment": {**signing_in, "config": targets},
    }


def _bare_play() -> dict[str, Any]:
    """The same work without a role and a report."""
    options = {
        "meraki_sentry_assignments": ("state", "config", "api_key", "base_url", "organization_id"),
        "meraki_private_app": ("state", "config", "api_key", "base_url", "organization_id", "deprecation_warning"),
        "eset_policy_assignment": ("state", "config", "username", "password", "base_url"),
    }
    tasks = [
        {f"secops.policy.{module}": {name: f"{{{{ secops_policy.{module}.{name} }}}}" for name in options[module]}, "check_mode": True}
        for module in MODULES
    ]
    return {"hosts": "all", "gather_facts": False, "tasks": tasks}


def _inventory(folder: str, listed: dict[str, Any]) -> Path:
    """The file of an inventory."""
    file = Path(folder) / "inventory.json"
    file.write_text(json.dumps(listed), encoding="utf-8")
    return file


def _playbook(playbook: str, run_on: str, inventory: Path, folder: str, forks: int = FORKS) -> Watched:
    """What it took."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), "--forks", str(forks), playbook]
    command += ["-e", f"audit_report_dir={folder}/report", "-e", f"secops_policy_run_on={run_on}"]
    return watched(command, {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": f"{folder}/ansible"})
