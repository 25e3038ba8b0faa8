# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook for Meraki's webhook, and the playbook that it runs.

What a rulebook says can be looked at anywhere. It is run by a real ansible-rulebook where `make rulebook` has set one up, which needs
Java; elsewhere that test is skipped, and says so.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
import yaml

from .harness import COLLECTIONS, ROOT
from .test_audit import GUEST, KEY, SENTRY, organization

pytestmark = pytest.mark.slow

FILE = ROOT / "extensions" / "eda" / "rulebooks" / "meraki_settings_changed.yml"
PROGRAM = ROOT / ".venv-eda" / "bin" / "ansible-rulebook"
PLAYBOOK = "secops.policy.audit_organization"
SECRET = "a-webhook-secret-that-nobody-should-see"
#: What Meraki sends, as its documentation has it.
WEBHOOK = {
    "version": "0.1", "sharedSecret": SECRET, "sentAt": "2026-11-24T17:03:20.000000Z", "occurredAt": "2026-11-24T17:03:12.000000Z",
    "organizationId": "1", "organizationName": "Organization 1", "networkId": "N_1", "networkName": "Berlin", "alertId": "0000000000000000",
    "alertType": "Settings changed", "alertData": {"name": "Anna Meyer", "changes": {}, "userId": 11},
}  # fmt: skip


@pytest.fixture
def tenants(cloud):
    """Three organizations; each has a policy more than is desired."""
    cloud.limit(None)
    cloud.meraki.add_key(KEY)
    for number in ("1", "2", "3"):
        organization(cloud, number)
    return cloud


def inventory(cloud):
    """Their hosts. One names its organization in its desired state, one as a number."""
    hosts = {"berlin": {"meraki_organization_id": "1"}, "paris": {"meraki_organization_id": 2}, "rome": {}}
    entry = {"state": "replaced", "config": [{"network": "Berlin", "policies": [GUEST]}]}
    for host in hosts.values():
        host.update({"meraki_api_key": KEY, "meraki_base_url": cloud.meraki_url, "secops_policy": {SENTRY: entry}})
    hosts["rome"]["secops_policy"] = {SENTRY: {**entry, "organization_id": "3"}}
    return {"all": {"hosts": hosts}}


def report(folder):
    """Each tenant of the report, with when it was read where that was before."""
    found = json.loads((folder / "drift.json").read_text(encoding="utf-8"))
    return {one["name"]: one.get("read_at") for one in found["tenants"]}


def test_an_organization_is_audited_and_the_others_keep_their_part(tenants, run_playbook, tmp_path):
    listed, folder = inventory(tenants), {"audit_report_dir": str(tmp_path / "report")}
    done = run_playbook(PLAYBOOK, inventory=listed)
    assert done.rc == 2 and "secops_policy_organization_id is missing. Set it" in done.failed_result()["msg"]
    done = run_playbook(PLAYBOOK, inventory=listed, extra_vars={**folder, "secops_policy_organization_id": ["2", "3"]}).ok()
    assert "2 tenants: 2 drifted; 2 deviations" in done.stdout
    before = json.loads((tmp_path / "report" / "drift.json").read_text(encoding="utf-8"))["generated_at"]
    assert report(tmp_path / "report") == {"paris": None, "rome": None}
    # One that nobody has is told, and the others are audited; where nobody has any, nothing is.
    done = run_playbook(PLAYBOOK, inventory=listed, extra_vars={**folder, "secops_policy_organization_id": "1,4"})
    assert done.rc == 2 and "No host of the inventory has this as meraki_organization_id: 4" in done.output
    assert report(tmp_path / "report") == {"berlin": None, "paris": before, "rome": before}
    done = run_playbook(PLAYBOOK, inventory=listed, extra_vars={**folder, "secops_policy_organization_id": 5})
    assert done.rc == 2 and "has one of these as meraki_organization_id: 5" in done.output and "Audit the tenants" not in done.stdout


@pytest.mark.once
def test_what_the_rulebook_says():
    (ruleset,) = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    take, audit = ruleset["rules"]
    parts = take["condition"].split(" and ")
    assert parts[:2] == ["event.payload.sharedSecret == vars.MERAKI_WEBHOOK_SECRET", 'event.payload.sharedSecret != ""']
    assert " or " not in take["condition"] and 'event.payload.alertType == "Settings changed"' in parts
    # What goes on holds the id alone, which is digits and no template; what comes from outside cannot begin there.
    assert list(take["action"]) == ["post_event"] and parts[3] == 'event.payload.organizationId is regex("^[0-9]{1,19}$")'
    assert take["action"]["post_event"]["event"] == {"changed_organization": "{{ event.payload.organizationId }}"}
    assert audit["condition"] == "event.changed_organization is defined"
    assert audit["throttle"] == {"once_after": "10 minutes", "group_by_attributes": ["event.changed_organization"]}
    run = audit["action"]["run_playbook"]
    assert (ROOT / "playbooks" / f"{run['name'].removeprefix('secops.policy.')}.yml").is_file()
    assert set(run["extra_vars"]) == {"secops_policy_organization_id", "audit_report_dir"}
    # It listens to this machine alone unless it is told otherwise, and holds no secret.
    (source,) = ruleset["sources"]
    assert source["eda.builtin.webhook"]["host"] == "{{ meraki_webhook_host | default('127.0.0.1') }}"


@pytest.fixture
def rulebook(tenants, tmp_path):
    """A running ansible-rulebook whose ten minutes are seconds: the port it listens to, and its output so far."""
    if not PROGRAM.exists() or not shutil.which("java"):
        if os.environ.get("SECOPS_REQUIRE_RULEBOOK"):
            pytest.fail("SECOPS_REQUIRE_RULEBOOK is set, and there is no ansible-rulebook in .venv-eda, or no Java")
        pytest.skip("no ansible-rulebook in .venv-eda (make rulebook), or no Java: the rulebook is not run")
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yml").write_text(yaml.safe_dump(inventory(tenants)), encoding="utf-8")
    quick = FILE.read_text(encoding="utf-8").replace("10 minutes", "5 seconds")
    (tmp_path / "quick.yml").write_text(quick, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "vars.yml").write_text(f"meraki_webhook_port: {port}\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "_ANSIBLE_", "PYTHON"))}
    env = {
        **kept, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(tmp_path / "home"),
        "MERAKI_WEBHOOK_SECRET": SECRET, "AUDIT_REPORT_DIR": str(tmp_path / "report"),
    }  # fmt: skip
    command = [str(PROGRAM), "-r", "quick.yml", "-i", "inventory", "-e", "vars.yml", "-E", "MERAKI_WEBHOOK_SECRET,AUDIT_REPORT_DIR"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield port, lambda: log.read_text(encoding="utf-8", errors="replace")
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(30)


def until(what, seconds=120):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.2)


@pytest.mark.once
def test_a_webhook_audits_its_organization_once(rulebook, tmp_path):
    port, output = rulebook

    def send(**other):
        body = json.dumps({**WEBHOOK, **other}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    until(lambda: send(sharedSecret="guessed"))
    for refused in ({"sharedSecret": ""}, {"alertType": "Network usage alert"}, {"organizationId": "{{ 7 * 6 }}"}, {"organizationId": ""}):
        assert send(**{"organizationId": "3", **refused})

    for number in ("1", "2", "1", "2"):
        assert send(organizationId=number)
    until(lambda: output().count("PLAY RECAP") == 1)
    time.sleep(8)
    assert output().count("PLAY RECAP") == 1 and "2 tenants: 2 drifted; 2 deviations" in output()
    assert report(tmp_path / "report") == {"berlin": None, "paris": None}
    assert send(organizationId="3")
    until(lambda: output().count("PLAY RECAP") == 2)
    assert report(tmp_path / "report")["rome"] is None and report(tmp_path / "report")["berlin"]
    assert SECRET not in output() and KEY not in output()
