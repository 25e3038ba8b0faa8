# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example project for AWX, run by ansible-runner as AWX runs it: what its event files say, and what they must not."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading

import pytest
import yaml
from ansible_collections.secops.policy.tests.mock_cloud import demo

from . import runner, tenants
from .test_node_counting import QUERIES, counted

# ansible-runner starts the ansible-playbook that the other tests run on every ansible-core.
pytestmark = [pytest.mark.once, pytest.mark.slow]

HOSTS = {"example_health", "example_clinics", "example_endpoints"}
FIRST = {"audit_fail_on_drift": "true", "audit_report_dir": "report"}
#: What a workflow of the role awx adds to each of its jobs.
WORKFLOW = {"audit_fail_on_drift": True, "apply_require_expected_plans": True}


@pytest.fixture(scope="module")
def inventory():
    return runner.exported_inventory()


@pytest.fixture
def fleet(cloud):
    return tenants.seeded(cloud)


@pytest.fixture
def job(fleet, inventory, tmp_path):
    """Run a playbook of the project as a job, with credentials for the mock server."""
    numbers = iter(range(1, 99))

    def run(playbook, extra_vars=None, hosts=None, arguments=("--forks", "10", "--diff")):
        folder = tmp_path / f"job{next(numbers)}"
        folder.mkdir()
        given = {"awx_job_id": 4711, **(extra_vars or {})}
        runner.private_data(folder, hosts or inventory, runner.credentials(fleet), given, arguments)
        return runner.run(folder, playbook)

    return run


def compact(job):
    """Whether AWX keeps every result of a job."""
    sizes = [len(str(event["event_data"]["res"])) for event in job.events if "res" in event["event_data"]]
    return (
        sizes
        and max(sizes) < runner.LONGEST_RESULT
        and all(event["event_data"]["res"] for event in job.events if "res" in event["event_data"])
    )


def secrets(job):
    """Which secrets of the mock server stand in what a job left."""
    return {secret for secret in tenants.SECRETS for text in job.texts() if secret in text}


def test_the_inventory_is_what_awx_takes_over(inventory):
    assert set(inventory) == HOSTS
    assert inventory["example_clinics"]["meraki_organization_id"] == demo.OTHER_ORGANIZATION
    assert all(variables["secops_policy"] for variables in inventory.values()), "host_vars are beside the inventory"


def test_a_workflow_does_what_was_approved_and_nothing_else(fleet, job):
    audit = job("audit.yml", {**FIRST, **WORKFLOW})
    assert (audit.status, audit.rc) == ("failed", 2), "drift is what a workflow goes on to approval for"
    assert fleet.writes() == [] and audit.changed == HOSTS and compact(audit)
    assert {key: found["drift"] for key, found in audit.artifacts.items()} == {f"secops_policy_audit_{name}": True for name in HOSTS}
    assert "Quarantine" in audit.output, "who approves sees in the output what would change"

    apply = job("apply.yml", {**audit.artifacts, **WORKFLOW})
    assert (apply.status, apply.rc, apply.changed) == ("successful", 0, HOSTS) and compact(apply)
    done = [found["plan_digest"] for found in apply.results("apply") if found.get("plan_digest") and found.get("changed")]
    assert set(done) == {digest for found in audit.artifacts.values() for digest in found["digests"].values()} - {
        found["plan_digest"] for found in audit.results("audit") if found.get("plan_digest") and not found.get("changed")
    }

    # As the platform looks its queries up.
    tasks = [event["event_data"] for event in apply.events if "res" in event["event_data"]]
    units = {unit["name"] for task in tasks if task["resolved_action"] in QUERIES for unit in counted(task["resolved_action"], task["res"])}
    assert units == {"Branch Berlin", "Clinic Cologne", "Workstations"}

    again = job("audit.yml", {**FIRST, **WORKFLOW})
    assert (again.status, {found["drift"] for found in again.artifacts.values()}) == ("successful", {False}), again.output
    for one in (audit, apply, again):
        assert secrets(one) == set()


def test_apply_refuses_what_was_not_approved(fleet, job):
    """Somebody changes one tenant between approval and apply; another was never audited. The third is done."""
    audit = job("audit.yml", {**FIRST, **WORKFLOW})
    approved = {key: value for key, value in audit.artifacts.items() if key != "secops_policy_audit_example_endpoints"}
    networks = fleet.meraki.sentry(demo.OTHER_ORGANIZATION)
    fleet.meraki.add_sentry(
        "N_24329260", [*networks["N_24329260"], {"smNetworkId": "N_24329257", "scope": "none", "tags": [], "groupPolicyId": "401"}]
    )
    apply = job("apply.yml", {**approved, **WORKFLOW})
    assert (apply.status, apply.changed) == ("failed", {"example_health"})
    assert {demo.OTHER_ORGANIZATION} & {entry.path.split("/")[4] for entry in fleet.writes()} == set()
    assert tenants.ESET not in tenants.kinds(fleet)
    failed = {found["host"]: found["msg"] for found in apply.results("apply") if found["failed"]}
    assert set(failed) == HOSTS - {"example_health"}
    assert "is not the plan that was approved" in failed["example_clinics"] and "nobody has approved it" in failed["example_endpoints"]


def test_export_and_restore(fleet, job, tmp_path):
    before = tenants.state(fleet)
    kept = {
        "apply_snapshot_dir": str(tmp_path / "snapshots"),
        "restore_snapshot_dir": str(tmp_path / "snapshots"),
        "restore_force": "false",
    }
    assert job("apply.yml", {**kept, "apply_require_expected_plans": "false"}).changed == HOSTS
    assert tenants.state(fleet) != before
    restored = job("restore.yml", {**kept, "restore_snapshot": ""})
    assert (restored.status, tenants.state(fleet)) == ("successful", before), restored.output
    exported = job(
        "export.yml", {"export_dir": str(tmp_path / "exports"), "export_state": "replaced"}, arguments=("--limit", "meraki*,example_health")
    )
    assert exported.status == "successful", exported.output
    (file,) = tenants.files(tmp_path / "exports")
    assert file.stem == "example_health" and tenants.ESET not in yaml.safe_load(file.read_text(encoding="utf-8"))["secops_policy"]


def test_a_large_tenant(fleet, job):
    """Diff and bodies together would pass AWX's limit, and take everything with them; they give way, before and after stay."""
    meraki, count = fleet.meraki, 450
    meraki.add_organization("7", "Large")
    meraki.add_network("7", "N_7", "Large SM", product_types=["systemsManager"])
    config = []
    for number in range(count):
        name = f"Branch office number {number:04}"
        meraki.add_network("7", f"N_7{number:04}", name)
        meraki.add_group_policy(f"N_7{number:04}", "700", "Guest")
        meraki.add_sentry(f"N_7{number:04}", [{"smNetworkId": "N_7", "scope": "all", "tags": [], "groupPolicyId": "700"}] * 2)
        policies = [
            {"sm_network": "Large SM", "scope": "withAny", "tags": [f"a-tag-{other}"], "group_policy": "Guest"} for other in range(3)
        ]
        config.append({"network": name, "policies": policies})
    large = {
        "large": {
            "meraki_organization_id": "7",
            "secops_policy": {tenants.SENTRY: {"state": "replaced", "config": config, "rate_limit": 1000}},
        }
    }
    audit = job("audit.yml", {**FIRST, "audit_fail_on_drift": "false"}, large)
    assert audit.status == "successful" and compact(audit)
    (found,) = (result for result in audit.results("audit") if result.get("plan_digest"))
    assert len(found["before"]) == len(found["after"]) == count
    assert len(json.dumps([found["before"], found["after"]])) > 200_000, "large enough to tell"
    assert any("The result is large" in str(warning) for warning in found["warnings"])
    assert audit.artifacts["secops_policy_audit_large"]["digests"][tenants.SENTRY] == found["plan_digest"]
    apply = job("apply.yml", {**audit.artifacts, **WORKFLOW}, large)
    assert (apply.status, apply.changed) == ("successful", {"large"}) and compact(apply)


def test_on_another_machine(fleet, inventory, tmp_path):
    """transmit | worker | process: credentials, project and inventory go there, events come back."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    runner.private_data(here, inventory, runner.credentials(fleet), {"awx_job_id": 4711, **FIRST}, ("--forks", "10"))
    sending = runner.start(here, "transmit", "--ident", "job", "--playbook", "audit.yml", stderr=subprocess.PIPE)
    working = runner.start(tmp_path / "work", "worker", "--private-data-dir", stdin=sending.stdout, stderr=subprocess.PIPE)
    received = runner.start(there, "process", "--ident", "job", stdin=working.stdout)
    job = runner.finished(there, received)
    assert (sending.wait(), working.wait()) == (0, 2)
    assert (job.status, job.rc) == ("failed", 2) and compact(job)
    assert set(job.artifacts) == {f"secops_policy_audit_{name}" for name in HOSTS}
    assert secrets(job) == set()


def test_two_slices_share_a_limit(fleet, tmp_path):
    """AWX divides the hosts among two jobs, which run at once with the same ESET user and know nothing of each other."""
    targets = {
        "servers": {"device_group": "Servers"},
        "berlin": {"device_group": "Berlin"},
        "workstations": {"device_group": "Workstations"},
    }
    targets |= {name.replace("-", "_"): {"device": name} for name in ("reception", "web-01")}
    desired_states = {
        name: {"secops_policy": {tenants.ESET: {"config": [{"target": target, "policies": [{"policy": "Baseline"}]}]}}}
        for name, target in targets.items()
    }
    fleet.limit(5)
    started, names = [], sorted(desired_states)
    for number in (0, 1):
        folder = tmp_path / f"slice{number}"
        folder.mkdir()
        hosts = {name: desired_states[name] for name in names[number::2]}
        runner.private_data(folder, hosts, runner.credentials(fleet), FIRST | {"audit_fail_on_drift": "false"}, ("--forks", "5"))
        started.append((folder, runner.start(folder, "run", "--ident", "job", "--playbook", "audit.yml")))
    jobs = [runner.finished(*one) for one in started]
    assert [job.status for job in jobs] == ["successful"] * 2, "\n".join(job.output for job in jobs)
    assert sorted(key for job in jobs for key in job.artifacts) == [f"secops_policy_audit_{name}" for name in names], (
        "each host in one slice"
    )
    refused = [entry for entry in fleet.log if entry.status == 429]
    stats = [found["stats"] for job in jobs for found in job.results("audit") if found.get("stats")]
    assert refused, "the limit was met"
    assert sum(one["retries"] for one in stats) == len(refused)
    # Retry-After says a second; overlapping waits count once.
    assert all(one["waited_seconds"] >= 1 for one in stats if one["retries"])
    assert fleet.writes() == []


def test_the_report_is_uploaded_where_the_audit_fails(fleet, job):
    received = {}

    class Store(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            received[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        audit = job("audit_upload.yml", {**FIRST, "report_upload_url": f"http://127.0.0.1:{server.server_address[1]}/reports"})
    finally:
        server.shutdown()
        server.server_close()
    assert audit.status == "failed" and set(audit.artifacts) == {f"secops_policy_audit_{name}" for name in HOSTS}
    assert set(received) == {f"/reports/4711/drift.{kind}" for kind in ("html", "json", "xml")}
    assert json.loads(received["/reports/4711/drift.json"])["totals"]["tenants"]["drifted"] == 3
