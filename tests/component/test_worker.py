# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task in Ansible's worker beside the same task as a module: the same results, the same requests, under every fault; and nothing left."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.plan import FRESH
from ansible_collections.secops.policy.plugins.module_utils._runner import libraries
from ansible_collections.secops.policy.plugins.module_utils._runner import run as runner
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo
from ansible_collections.secops.policy.tests.support.alike import comparable, sent

from .harness import FAULTS, impatient, run_in_worker, run_module

SENTRY, APPS, ESET = "meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"
GUEST = {"sm_network": "Corp SM", "scope": "all", "group_policy": "Guest"}
PAIR = {"protocol": "TCP", "ports": "443"}
WIKI = {"name": "Wiki", "destinations": [{"destination_addr": ["172.16.0.9"], "protocol_ports": [PAIR], "access_type": "browser"}]}
#: One unit of each module that changes by one write, and how its objects are listed.
CHANGES = {
    SENTRY: ([{"network": "Branch Berlin", "policies": [GUEST]}], "byNetwork"),
    APPS: ([{"name": "Jira", "description": "Tickets"}], "privateApplications"),
    ESET: ([{"target": {"device_group": "Servers"}, "policies": [{"policy": "USB control"}]}], "policy-assignments"),
}
STATES = ("merged", "replaced", "overridden", "deleted", "gathered", "rendered")
WRITE = "PUT|POST|PATCH|DELETE"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


@pytest.fixture
def clouds():
    """Two mock servers that are alike."""
    with Cloud() as first, Cloud() as second:
        for cloud in (first, second):
            demo.seed_demo(cloud)
            cloud.limit(None)
        yield first, second


def connection(name, cloud):
    given = {"rate_limit": 1000, "retry_timeout": 20, "timeout": 5}
    if name == ESET:
        return {**given, "username": demo.ESET_USER, "password": demo.ESET_PASSWORD, "base_url": cloud.eset_url}
    return {**given, "api_key": demo.API_KEY, "base_url": cloud.meraki_url, "organization_id": demo.ORGANIZATION}


def both(clouds, name, options, **how):
    """The result of a task, the same from a module and in the worker, which sent the same as well."""
    results = []
    for cloud, run in zip(clouds, (run_module, run_in_worker)):
        result = run(name, {**connection(name, cloud), **options}, **how)
        result.pop("invocation", None)
        results.append(result)
    assert comparable(results[0], clouds[0]) == comparable(results[1], clouds[1])
    assert sent(clouds[0]) == sent(clouds[1])
    return results[1]


@pytest.mark.parametrize("name", CHANGES)
def test_states_in_check_mode_and_not(clouds, name):
    """Every state, with a diff; what writes is done in check mode first, and twice."""
    config, _listed = CHANGES[name]
    changed = set()
    for state in STATES:
        options = {"state": state, "config": config, "allow_group_removal": True, "max_removals": 20}
        options = {key: value for key, value in options.items() if name == APPS or key != "allow_group_removal"}
        if name == APPS and state in ("replaced", "overridden", "rendered"):
            options["config"] = [WIKI]
        for check in (True, False, False):
            result = both(clouds, name, options, check=check, diff=True)
            if result["changed"]:
                changed.add(state)
    assert len(changed) >= 3
    assert both(clouds, name, {"state": "replaced", "config": config, "max_removals": -1, "expected_plan": "0", "nonsense": 1})["errors"]


def test_states_of_private_resources(clouds):
    """The other API of the same module."""
    for cloud in clouds:
        cloud.meraki.private_resources = "on"
    changed = []
    for state in ("merged", "gathered", "replaced", "overridden", "deleted"):
        options = {"state": state, "config": [WIKI], "api": "private_resources", "allow_group_removal": True, "max_removals": 20}
        for check in (True, False, False):
            changed.append(both(clouds, APPS, options, check=check, diff=True)["changed"])
    assert changed == [True, True, False, *[False] * 9, True, True, False]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("where", ["read", "write"])
# The first one waits for a second, and is the same as the next but for that.
@pytest.mark.parametrize("fault", FAULTS[1:], ids=lambda fault: f"{fault[0]}-{'-'.join(map(str, fault[1].values()))}")
def test_faults(clouds, name, where, fault):
    config, listed = CHANGES[name]
    kind, arguments = fault
    for cloud in clouds:
        cloud.retry_after = "0"
        # The sign-in is a POST, and no write.
        path = listed if name != ESET or where == "read" else "policy-assignments"
        for method in ("GET",) if where == "read" else ("PUT", "POST"):
            cloud.faults.add(kind, method=method, path=path, **arguments)
    both(clouds, name, {"state": "merged", "config": config})


def test_warnings_and_settings_of_one_task_do_not_show_with_the_next(clouds):
    """As with the items of a loop, which one worker runs."""
    cloud, _other = clouds
    given = connection(APPS, cloud)
    before = (dict(os.environ), os.getcwd(), gc.isenabled())
    first = run_in_worker(APPS, {**given, "state": "gathered", "max_removals": 1}, environment={"NAME_OF_OURS": "x"})
    second = run_in_worker(APPS, {**given, "state": "gathered", "deprecation_warning": False})
    assert any("max_removals" in text for text in first["warnings"])
    assert "warnings" not in second
    third = run_in_worker(APPS, {**given, "state": "gathered", "timeout": 0})
    assert third["failed"] and [error["path"] for error in third["errors"]] == ["timeout"]
    assert (dict(os.environ), os.getcwd(), gc.isenabled()) == before


def test_the_environment_of_the_task_is_there_when_arguments_are_validated(clouds, monkeypatch):
    cloud, _other = clouds
    monkeypatch.setenv("MERAKI_ORGANIZATION_ID", "of the controller")
    environment = {
        "MERAKI_DASHBOARD_API_KEY": demo.API_KEY,
        "MERAKI_DASHBOARD_BASE_URL": cloud.meraki_url,
        "MERAKI_ORGANIZATION_ID": int(demo.ORGANIZATION),
    }
    result = run_in_worker(SENTRY, {"state": "gathered"}, environment=environment)
    assert result["place"]["organization"] == demo.ORGANIZATION
    assert os.environ["MERAKI_ORGANIZATION_ID"] == "of the controller" and "MERAKI_DASHBOARD_API_KEY" not in os.environ
    proxied = run_in_worker(
        SENTRY, {"state": "gathered", "retry_timeout": 0}, environment={**environment, "http_proxy": "http://127.0.0.1:9"}
    )
    assert proxied["failed"] and "proxy" in proxied["msg"]


@pytest.mark.internal_error
@pytest.mark.parametrize("name", CHANGES)
def test_no_secret_is_in_what_is_returned(clouds, name, monkeypatch):
    """Also where the server repeats it, where an option is wrong, and where this collection is; in both places alike."""
    secret = "S3cret/with+signs=="
    given = {"password": secret} if name == ESET else {"api_key": secret}
    for cloud in clouds:
        cloud.faults.add("status", status=403, body={"errors": [f"no {secret}"], "message": f"no {secret}"}, times=None)
    results = [
        both(clouds, name, {**given, "state": "gathered"}),
        both(clouds, name, {**given, "state": secret}),
        both(clouds, name, {**given, "state": "gathered", "region" if name == ESET else "organization": secret}),
    ]

    def broken(*_arguments):
        raise RuntimeError(f"broken with {secret}")

    monkeypatch.setattr(runner, "execute", broken)
    results.append(run_in_worker(name, {**connection(name, clouds[0]), **given, "state": "gathered"}))
    assert all(result["failed"] and result["msg"] for result in results)
    assert "internal error" in results[-1]["msg"] and "RuntimeError" in results[-1]["msg"]
    assert secret not in json.dumps(results)


@pytest.mark.parametrize("name", CHANGES)
def test_a_short_secret_is_hidden_where_it_stands_alone_and_spelled_by_no_gap(clouds, name):
    """In ``proxy`` it is a part of a word: the gap would show it."""
    option, secret = ("password" if name == ESET else "api_key"), "pro"
    for cloud in clouds:
        cloud.faults.add("status", status=403, body={"errors": [f"no {secret}"], "message": f"no {secret}"}, times=None)
    refused = both(clouds, name, {option: secret, "state": "gathered"})
    assert f"no {secret}" not in refused["msg"] and "********" in refused["msg"]
    closed = {option: secret, "state": "gathered", "base_url": "http://127.0.0.1:9/proxy", "retry_timeout": 0}
    for run in (run_module, run_in_worker):
        result = run(name, {**connection(name, clouds[0]), **closed})
        assert "and any proxy" in result["msg"]
        assert result["invocation"]["module_args"][option] == "********"
        assert result["invocation"]["module_args"]["base_url"] == "http://127.0.0.1:9/proxy"


def test_the_working_directory_is_the_playbooks(clouds, tmp_path, monkeypatch):
    cloud, _other = clouds
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.chdir(tmp_path)
    errors = run_in_worker(SENTRY, {**connection(SENTRY, cloud), "state": "gathered", "ca_path": "ca.pem"})["errors"]
    assert "no certificate in PEM form" in errors[0]["message"]
    assert Path.cwd() == tmp_path


def test_every_library_that_is_missing_is_named_with_the_command(clouds, monkeypatch):
    cloud, _other = clouds
    monkeypatch.setattr(libraries, "HAS_REQUESTS", False)
    monkeypatch.setattr(libraries, "find_spec", lambda _name: None)
    result = run_in_worker(SENTRY, {**connection(SENTRY, cloud), "state": "gathered"})
    assert result["failed"] and result["requests"] == [] and cloud.log == []
    assert result["msg"].endswith("-m pip install requests jsonschema")
    assert run_module(SENTRY, {**connection(SENTRY, cloud), "state": "gathered"})["msg"] == result["msg"]


class Interrupted(BaseException):
    """As a task's timeout is."""


def test_after_an_interrupt_nothing_new_is_sent(clouds, monkeypatch):
    """In the middle of writes that go out at once: what is under way ends, nothing follows, and the next run converges."""
    cloud, _other = clouds
    config = [{**WIKI, "name": f"Wiki {number}"} for number in range(60)]
    given = {**connection(APPS, cloud), "config": config, "deprecation_warning": False, "rate_limit": 100}
    cloud.latency = 0.05
    joined = threading.Thread.join

    def interrupt(thread, timeout=None):
        if timeout is None and thread.daemon and len(cloud.writes()) < 60:
            time.sleep(0.2)
            monkeypatch.setattr(threading.Thread, "join", joined)
            raise Interrupted
        joined(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupt)
    with pytest.raises(Interrupted):
        run_in_worker(APPS, given)
    written = len(cloud.writes())
    assert 0 < written < 60
    time.sleep(0.3)
    assert len(cloud.writes()) == written
    cloud.latency = 0
    done = run_in_worker(APPS, {**given, "rate_limit": 1000})
    assert done["summary"]["created"] == 60 - written
    assert not run_in_worker(APPS, given)["changed"] and len(cloud.writes()) == 60 <= FRESH * 100
