# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in Ansible's worker and as module processes: the same for whoever writes playbooks, whatever surrounds a task."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo
from ansible_collections.secops.policy.tests.support.alike import comparable, sent

from . import harness
from .harness import IN_PROCESS, LOCAL
from .tenants import APPS, desired_state, destination, files, host, inventory, seeded, state

pytestmark = pytest.mark.slow

BERLIN = [{"network": "Branch Berlin", "policies": [{"sm_network": "Corp SM", "scope": "all", "group_policy": "Staff"}]}]
GATHERED = {"secops.policy.meraki_private_app": {"state": "gathered"}}


@pytest.fixture
def tenant(cloud):
    return seeded(cloud)


def book(tasks, **more):
    """A play as people write it: credentials by ``module_defaults`` of the groups."""
    defaults = {
        "group/secops.policy.meraki": {
            "api_key": "{{ meraki_api_key }}",
            "base_url": "{{ meraki_base_url }}",
            "organization_id": "{{ meraki_organization_id }}",
        },
        "group/secops.policy.eset": {
            "username": "{{ eset_username }}",
            "password": "{{ eset_password }}",
            "base_url": "{{ eset_base_url }}",
        },
    }
    return [{"hosts": "all", "gather_facts": False, "module_defaults": defaults, **more, "tasks": tasks}]


@pytest.fixture
def run(run_playbook, tmp_path):
    """Run tasks for one tenant; ``variables`` are its own."""

    def run_(cloud, tasks, variables=None, **more):
        path = tmp_path / "play.yml"
        path.write_text(yaml.safe_dump(book(tasks), sort_keys=False), encoding="utf-8")
        return run_playbook(path, inventory=inventory(acme=host(cloud, None, **(variables or {}))), **more)

    return run_


def every_keyword(cloud):
    """Tasks of each module, and one for each keyword of a task that may treat an action otherwise than a module."""
    tasks = []
    for name, entry in desired_state().items():
        task = {f"secops.policy.{name}": entry}
        tasks += [
            {**task, "check_mode": True, "diff": True},
            {**task, "diff": True},
            task,
            {f"secops.policy.{name}": {"state": "gathered"}},
        ]
    wrong = {"secops.policy.meraki_private_app": {"config": [{"nam": "x"}, {"name": 1.5}], "timeout": 0, "nonsense": 1}}
    environment = {"MERAKI_DASHBOARD_API_KEY": "{{ item.key }}", "MERAKI_DASHBOARD_BASE_URL": cloud.meraki_url}
    tasks += [
        {**wrong, "ignore_errors": True},
        {
            "secops.policy.meraki_sentry_assignments": {
                "state": "gathered",
                "max_removals": "{{ item.most or omit }}",
                "organization_id": "{{ item.id }}",
            },
            "module_defaults": {"group/secops.policy.meraki": {"organization_id": None}},
            "environment": environment,
            "loop": [
                {"id": demo.ORGANIZATION, "key": demo.API_KEY, "most": 1},
                {"id": demo.ORGANIZATION, "key": "wrong", "most": 0},
                {"id": demo.OTHER_ORGANIZATION, "key": demo.API_KEY, "most": 0},
            ],
            "ignore_errors": True,
        },
        {**GATHERED, "no_log": True, "register": "hidden"},
        {"ansible.builtin.assert": {"that": ["hidden.gathered | length > 1", "hidden.place.organization == meraki_organization_id"]}},
        {**GATHERED, "register": "tried", "until": "tried.attempts == 2", "retries": 2, "delay": 0},
        {**GATHERED, "run_once": True, "throttle": 1, "delegate_to": "localhost"},
    ]
    return tasks


def test_all_keywords_and_states_are_alike_in_both_places(run):
    """Results, warnings by item, what is shown, and requests; where the worker is used, the host cannot be reached."""
    found = []
    for variables in ({}, IN_PROCESS):
        with Cloud() as cloud:
            done = run(seeded(cloud), every_keyword(cloud), variables)
            assert done.rc == 0, done.output
            results = [
                {**item, "result": {key: value for key, value in item["result"].items() if key != "exception"}} for item in done.results
            ]
            for item in results:
                for one in item["result"].get("results", []):
                    one.pop("exception", None)
            found.append((json.loads(comparable(results, cloud)), sent(cloud), done.stdout.count("censored")))
    for ours, theirs in zip(found[0][0], found[1][0]):
        assert ours == theirs
    assert found[0][1:] == found[1][1:]
    looped = next(item["result"] for item in found[0][0] if "results" in item["result"])
    assert [one.get("http_status") for one in looped["results"]] == [None, 401, None], looped
    # Ansible lists them with the task; up to 2.20 it takes them from the items.
    assert len(looped["warnings"]) == 1 and "max_removals" in looped["warnings"][0]
    assert not any("warnings" in one for one in looped["results"][1:])


def test_what_cannot_run_in_the_worker_is_a_module_process(run, tenant):
    """``async``, and a delegation to a host that is reached otherwise. Any other place than the two is an error."""
    bastion = {"ansible.builtin.add_host": {"name": "bastion", "ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}}
    there = {**GATHERED, "ignore_errors": True, "ignore_unreachable": True}
    done = run(
        tenant,
        [
            {**GATHERED, "async": 60, "poll": 1, "vars": LOCAL},
            bastion,
            {**there, "delegate_to": "bastion"},
            {**there, "vars": {"secops_policy_run_on": "host"}},
            {**there, "vars": {"secops_policy_run_on": "bastion"}},
            {**there, "vars": {"secops_policy_run_on": "{{ undefined_one }}"}},
            there,
        ],
    )
    assert len(done.results) == 7, done.output
    asynchronous, _added, delegated, on_host, nowhere, undefined, plain = done.results
    assert not asynchronous["failed"] and asynchronous["result"]["gathered"] == plain["result"]["gathered"]
    assert delegated["unreachable"] and on_host["unreachable"]
    assert nowhere["failed"] and "secops_policy_run_on must be controller or host, not 'bastion'" in nowhere["result"]["msg"]
    assert undefined["failed"] and "undefined_one" in undefined["result"]["msg"]
    assert len(tenant.log) == 4, "two reads each of the first and the last"


def test_without_libraries_another_python_of_this_machine_is_used_or_the_command_is_given(run, tenant, tmp_path):
    (tmp_path / "lacking").mkdir()
    (tmp_path / "lacking" / "requests.py").write_text("raise ImportError\n")
    done = run(
        tenant,
        [{**GATHERED, "vars": LOCAL, "environment": {"PYTHONPATH": ""}}, {**GATHERED, "ignore_errors": True}],
        env={"PYTHONPATH": f"{tmp_path / 'lacking'}{os.pathsep}{harness.COLLECTIONS}"},
    )
    assert len(done.results) == 2, done.output
    here, there = done.results
    assert not here["failed"] and here["result"]["gathered"], done.output
    assert there["failed"] and there["result"]["msg"].endswith(f"Install with: {sys.executable} -m pip install requests")


def test_a_tasks_timeout_ends_it_and_sends_nothing_more(run, tenant):
    """In the middle of writes; the next run converges."""
    config = [{"name": f"Wiki {number}", "destinations": [destination(number)]} for number in range(150)]
    options = {"config": config, "rate_limit": 1000, "timeout": 5, "deprecation_warning": False}
    tenant.faults.add("slow", method="POST", seconds=1.5, times=None, acted=True)
    task = {"secops.policy.meraki_private_app": options}
    started = time.monotonic()
    result = run(tenant, [{**task, "timeout": 3, "ignore_errors": True}]).failed_result()
    written = len(tenant.writes())
    assert "timedout" in result or "expected time frame" in result["msg"]
    assert 0 < written < 150
    assert time.monotonic() - started < 20
    time.sleep(2)
    assert len(tenant.writes()) == written
    tenant.faults.clear()
    (after,) = run(tenant, [task]).ok().results
    assert after["result"]["summary"]["created"] == 150 - written
    assert len(tenant.meraki.applications(demo.ORGANIZATION)) == 153


def test_ad_hoc(tenant, tmp_path):
    """``ansible -m``, for a host that cannot be reached."""
    (tmp_path / "hosts").write_text("acme ansible_host=127.0.0.1 ansible_port=1\n")
    env = {"MERAKI_DASHBOARD_API_KEY": demo.API_KEY, "MERAKI_DASHBOARD_BASE_URL": tenant.meraki_url}
    options = json.dumps({"state": "gathered", "organization_id": demo.ORGANIZATION})
    done = harness.run_command(["ansible", "acme", "-i", "hosts", "-m", "secops.policy.meraki_private_app", "-a", options], tmp_path, env)
    assert done.returncode == 0 and '"Lab Results"' in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_in_the_middle_of_writes(tenant, run_playbook, tmp_path, how):
    """It leaves a snapshot that is whole, and the next run goes on from what is there, or puts back what was."""
    wiki = {"config": [{"name": f"Wiki {number}", "destinations": [destination(number)]} for number in range(40)], "rate_limit": 20}
    hosts = inventory(acme=host(tenant, {APPS: wiki}))
    before = state(tenant)
    snapshots = tmp_path / "snapshots"
    variables = {"apply_snapshot_dir": str(snapshots), "restore_snapshot_dir": str(snapshots)}
    process = _started(tmp_path, hosts, variables)
    try:
        _wait(lambda: len(tenant.writes()) >= 8)
        # A terminal sends it to all of its processes.
        (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
        process.wait(30)
    finally:
        process.kill()
        process.wait()
    _settled(tenant)
    # Beside it a lock, which the next run takes over: the process that held it is gone.
    (left,) = [file for file in files(snapshots) if not file.name.startswith(".lock")]
    assert json.loads(left.read_text(encoding="utf-8"))["modules"][APPS]["before"] == []
    if how == signal.SIGKILL:
        run_playbook("secops.policy.restore", inventory=hosts, extra_vars={**variables, "restore_allow_group_removal": True}).ok()
        assert state(tenant) == before
    else:
        run_playbook("secops.policy.apply", inventory=hosts, extra_vars=variables).ok()
        names = [item["name"] for item in tenant.meraki.applications(demo.ORGANIZATION).values()]
        assert len(names) == len(set(names)) == 43


def _started(folder, hosts, variables):
    """``ansible-playbook secops.policy.apply``, in a session of its own."""
    hosts["all"]["vars"] = harness.TENANT
    (folder / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
    (folder / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "hosts.json", "secops.policy.apply", "-e", "@variables.json"]
    env = harness._environment(str(folder))
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=folder, env=env, start_new_session=True, **streams)


def _wait(reached, seconds=60):
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, "it did not come that far"
        time.sleep(0.02)


def _settled(cloud):
    """Wait until whatever is still at work has ended: where Ansible itself was killed, its worker goes on, as a module process would."""
    count = -1
    while count != len(cloud.log):
        count = len(cloud.log)
        time.sleep(1)
