# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role apply as users run it: ``ansible-playbook secops.policy.apply`` against the strict mock server."""

from __future__ import annotations

import collections
import datetime
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import lock
from ansible_collections.secops.policy.tests.mock_cloud import demo

from . import harness
from .tenants import (
    ALL,
    APPS,
    BAD,
    ESET,
    SECRETS,
    SENTRY,
    desired_state,
    destination,
    files,
    host,
    inventory,
    kinds,
    seeded,
    snapshot,
    state,
    task,
)

SAY = "Summarize the results"


@pytest.fixture
def tenant(cloud):
    return seeded(cloud)


@pytest.fixture
def apply(run_playbook, tmp_path):
    def run(hosts, **more):
        variables = {"apply_snapshot_dir": str(tmp_path / "snapshots"), **more.pop("extra_vars", {})}
        return run_playbook("secops.policy.apply", inventory=hosts, extra_vars=variables, **more)

    return run


def tenant_policies(tenant):
    """What the branch in Berlin has, by ids."""
    fields = {"smNetworkId": "sm_network_id", "scope": "scope", "tags": "tags", "groupPolicyId": "group_policy_id"}
    return [{ours: policy[theirs] for theirs, ours in fields.items()} for policy in tenant.meraki.sentry(demo.ORGANIZATION)["N_24329160"]]


@pytest.fixture
def apply_on_a_terminal(tmp_path):
    """Run the playbook on a terminal on which somebody types an answer; the exit code, and what the terminal showed."""

    def run(hosts, answer, serial="100%"):
        hosts["all"]["vars"] = harness.TENANT
        (tmp_path / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
        variables = {"apply_confirm": True, "apply_snapshot_dir": str(tmp_path / "snapshots"), "secops_policy_serial": serial}
        command = [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "-i",
            "hosts.json",
            "secops.policy.apply",
            "-e",
            json.dumps(variables),
        ]
        env = harness._environment(str(tmp_path))
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(tmp_path)
            os.execvpe(command[0], command, env)
        shown, typed, until = "", False, time.monotonic() + 100
        while True:
            if not select.select([terminal], [], [], 3)[0]:
                if time.monotonic() > until:
                    os.kill(pid, signal.SIGKILL)
                    pytest.fail(f"nothing more is shown: {shown}")
                # What is typed before somebody reads is thrown away.
                if typed:
                    os.write(terminal, f"{answer}\n".encode())
                continue
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # Linux says so where the other end is closed.
                break
            if not piece:
                break
            shown += piece.decode(errors="replace")
            if not typed and "Only yes will be accepted" in shown:
                typed = True
                os.write(terminal, f"{answer}\n".encode())
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown

    return run


def changed(done):
    """What reported a change, in order: planned in check mode, applied in a run."""
    results = [one for item in done.results for one in item["result"].get("results", [item["result"]])]
    return [one["module"] for one in results if one.get("changed") and "module" in one]


def plans(done):
    """What the role planned, by module."""
    return {one["module"]: one for one in task(done, "Plan")["results"] if not one.get("skipped")}


def test_a_desired_state_is_applied_in_a_safe_order_once(tenant, apply, tmp_path):
    """Check mode, a run, a second run: the same changes announced and made, one snapshot, then nothing."""
    hosts = inventory(acme=host(tenant, desired_state()))
    before = state(tenant)
    planned = apply(hosts, check=True, diff=True).ok()
    assert tenant.writes() == [] and not (tmp_path / "snapshots").exists()
    assert changed(planned) == [ESET, SENTRY, APPS]
    assert plans(planned)[APPS]["diff"][0]["after"], "check mode shows what would change"

    done = apply(hosts, diff=True).ok()
    assert changed(done) == changed(planned)
    assert kinds(tenant) == [ESET, SENTRY, APPS]
    account = task(done, SAY)
    assert {name: entry["state"] for name, entry in account["summary"].items()} == {ESET: "done", SENTRY: "done", APPS: "done"}
    assert account["summary"][APPS]["created"] == 1 and account["summary"][APPS]["updated"] == 1
    for name in (ESET, SENTRY, APPS):
        assert account["summary"][name]["plan_digest"] == plans(planned)[name]["plan_digest"]
        assert "diff" not in plans(done)[name], "a run shows it once, where it is made"

    (file,) = files(tmp_path / "snapshots")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert account["snapshot"] == str(file)
    kept = snapshot(tmp_path / "snapshots")
    assert kept["host"] == "acme" and kept["state"] == "done" and list(kept["modules"]) == [ESET, SENTRY, APPS]
    names = {unit["name"] for unit in kept["modules"][APPS]["after"]}
    assert names == {"Jira", "Wiki"} and [unit["name"] for unit in kept["modules"][APPS]["before"]] == ["Jira"]
    assert all(unit["application_id"] for unit in kept["modules"][APPS]["after"]), "with the ids that the server gave"
    assert kept["modules"][SENTRY]["after"][0]["policies"][1]["policy_id"]

    assert state(tenant) != before
    writes = len(tenant.writes())
    again = apply(hosts).ok()
    assert changed(again) == [] and len(tenant.writes()) == writes
    assert len(files(tmp_path / "snapshots")) == 1
    assert {entry["state"] for entry in task(again, SAY)["summary"].values()} == {"unchanged"}


def test_a_step_that_no_host_needs_is_not_there(tenant, apply):
    """Every task costs each host a fork, also one that is skipped."""
    elsewhere = {SENTRY: {"config": [{"network": "Clinic Cologne", "policies": [{**BAD, "sm_network": "Clinics SM"}]}]}}
    other = host(tenant, elsewhere, meraki_organization_id=demo.OTHER_ORGANIZATION)
    hosts = inventory(acme=host(tenant, desired_state()), other=other)
    first = apply(hosts, arguments=("--forks", "1")).ok()
    count = collections.Counter((item["host"], item["skipped"]) for item in first.results if item["name"].endswith("Carry out the plan"))
    assert count[("acme", False)] == 3 and count[("other", False)] + count[("other", True)] == 3
    again = apply(hosts).ok()
    assert not [item for item in again.results if item["name"].endswith("Carry out the plan")]


def test_two_hosts_of_one_tenant_do_not_both_write_what_both_have_planned(tenant, apply, tmp_path):
    """Where each names other objects, both do; but not where a request holds the whole tenant. One that is refused is in nobody's way."""
    own = host(tenant, desired_state())
    twin = host(tenant, {ESET: desired_state()[ESET], SENTRY: {"config": [{"network": "Branch Hamburg", "policies": [BAD]}]}})
    for check in (True, False):
        done = apply(inventory(acme=own, twin=twin), check=check)
        said = {item["host"]: item["result"]["msg"] for item in done.results if item["failed"]}
        assert done.rc == 2 and said.keys() == {"acme", "twin"} and tenant.writes() == []
        for name, other in (("acme", "twin"), ("twin", "acme")):
            assert f"{name} is one tenant with another host of this run" in said[name] and f"(as {other} would)" in said[name]
            assert f"Sentry policies of organization {demo.ORGANIZATION}" in said[name] and "device group Servers" in said[name]
    assert not (tmp_path / "snapshots").exists(), "nothing is left"
    wrong = {**twin, "secops_policy": {**twin["secops_policy"], "meraki_private_ap": {}}}
    others = {"config": [{"target": {"device": "web-01"}, "policies": [{"policy": "USB control"}]}]}
    done = apply(inventory(acme=own, wrong=wrong, others=host(tenant, {ESET: others})))
    assert {item["host"] for item in done.results if item["failed"]} == {"wrong"}
    assert len(files(tmp_path / "snapshots")) == 2 and set(kinds(tenant)) == {ESET, SENTRY, APPS}
    # An account of its own is a tenant of its own: what all tenants have, such as the group of all devices, is no sign.
    tenant.eset.add_user("second", "another-password-0123")
    second = host(tenant, {ESET: {"config": [{"target": {"device": "web-01"}, "policies": [{"policy": "Baseline"}]}]}})
    first = {**second, "eset_username": "second", "eset_password": "another-password-0123"}
    done = apply(inventory(first=first, second=second), check=True).ok()


def test_without_a_terminal_to_ask_on_nothing_is_written_that_nobody_has_approved(tenant, apply, run_playbook, tmp_path):
    hosts, asked = inventory(acme=host(tenant, desired_state())), {"apply_confirm": True}
    apply(hosts, extra_vars=asked, check=True).ok()
    refused = apply(hosts, extra_vars=asked)
    said = refused.failed_result()["msg"]
    assert refused.rc == 2 and "apply_confirm: asks on a terminal, and there is none" in said and "apply_approved" in said
    assert tenant.writes() == [] and not (tmp_path / "snapshots").exists()
    run_playbook("secops.policy.audit", inventory=hosts, extra_vars={"audit_report_dir": str(tmp_path / "report")}).ok()
    apply(hosts, extra_vars={**asked, "apply_approved": str(tmp_path / "report" / "drift.json")}).ok()
    assert kinds(tenant) == [ESET, SENTRY, APPS]
    apply(hosts, extra_vars=asked).ok()  # Nothing is left to write.


def test_an_entry_with_an_option_that_does_not_exist_has_no_plan(tenant, apply):
    modules = desired_state()
    modules[SENTRY]["stat"] = "replaced"
    done = apply(inventory(acme=host(tenant, modules)), check=True)
    assert done.rc == 2 and "acme: ESET policy assignments" in done.stdout and "acme: Sentry policies" not in done.stdout


def test_applications_go_first_where_they_only_go(tenant, apply):
    modules = desired_state()
    modules[APPS] = {"state": "deleted", "config": [{"name": "Jira"}]}
    done = apply(inventory(acme=host(tenant, modules))).ok()
    assert kinds(tenant) == [APPS, ESET, SENTRY]
    assert task(done, SAY)["summary"][APPS]["deleted"] == 1


def test_everything_that_is_wrong_is_one_failure_before_the_first_write(tenant, apply, tmp_path):
    """Of the desired state itself, of each module's arguments, and of what they refer to."""
    modules = {
        ESET: {"state": "replaced", "config": [{"target": {"device_group": "Servers"}, "policies": [{"policy": "USB controls"}]}]},
        SENTRY: {"config": [{"network": "Branch Berlin", "policies": [{**ALL, "scope": "some"}, {**ALL, "tags": ["x"]}]}], "forse": True},
        APPS: {"config": [{"name": "Jira", "destinations": [destination(1, "70000")]}, {"nam": "x"}]},
        "meraki_firewall": {},
    }
    done = apply(inventory(acme=host(tenant, modules)))
    assert done.rc == 2 and tenant.writes() == [] and not (tmp_path / "snapshots").exists()
    result = done.failed_result()
    paths = {item["path"] for item in result["errors"]}
    assert paths == {
        f"secops_policy.{ESET}.config[0].policies[0].policy",
        f"secops_policy.{SENTRY}.config[0].policies[0].scope",
        f"secops_policy.{SENTRY}.config[0].policies[1].tags",
        f"secops_policy.{SENTRY}.forse",
        f"secops_policy.{APPS}.config[0].destinations[0].protocol_ports[0].ports",
        f"secops_policy.{APPS}.config[1].nam",
        f"secops_policy.{APPS}.config[1].name",
        "secops_policy.meraki_firewall",
    }
    assert result["msg"].startswith("8 errors; nothing was written on this host. ")
    assert all(path in result["msg"] for path in paths)
    assert sum(item["failed"] for item in done.results) == 1


@pytest.mark.parametrize(
    ("modules", "path"),
    [
        ({APPS: []}, f"secops_policy.{APPS}"),
        ({APPS: {}}, f"secops_policy.{APPS}.config"),
        ({APPS: {"state": "gathered"}}, f"secops_policy.{APPS}.state"),
        ({APPS: {"config": [], "state": "overridden"}}, f"secops_policy.{APPS}.config"),
    ],
)
def test_a_desired_state_that_says_nothing_is_an_error(tenant, apply, modules, path):
    result = apply(inventory(acme=host(tenant, modules))).failed_result()
    assert [item["path"] for item in result["errors"]] == [path]


def test_a_desired_state_without_modules_is_warned_of(tenant, apply):
    """It is not an error: an export of a tenant with nothing in it says that."""
    done = apply(inventory(acme=host(tenant, {}))).ok()
    assert "secops_policy names no module" in " ".join((done.stdout + done.stderr).split())


def test_one_tenant_that_fails_does_not_stop_the_others(tenant, apply, tmp_path):
    """A key that is refused, a config with an error, a module that is not named: the good ones are applied."""
    for number in (1, 2, 3):
        tenant.meraki.add_organization(str(number), f"Tenant {number}")
        tenant.meraki.add_application(str(number), name="Jira", destinations=[])
    wanted = {APPS: {"config": [{"name": "Jira", "description": "Tickets"}]}}
    done = apply(
        inventory(
            first=host(tenant, wanted, meraki_organization_id="1"),
            second=host(tenant, wanted, meraki_organization_id="2", meraki_api_key="wrong"),
            third=host(tenant, {APPS: {"config": [{"name": "Jira", "colour": "red"}]}}, meraki_organization_id="3"),
            fourth=host(tenant, {APPS: {"organization_id": "3", **wanted[APPS]}}),
        )
    )
    assert done.rc == 2
    assert {item["host"] for item in done.results if item["failed"]} == {"second", "third"}
    assert [next(iter(tenant.meraki.applications(key).values()))["description"] for key in ("1", "2", "3")] == ["Tickets", "", "Tickets"]
    assert [file.name.split(".")[0] for file in files(tmp_path / "snapshots")] == ["first", "fourth"]


def test_after_a_failure_nothing_is_opened_and_the_next_run_goes_on(tenant, apply, tmp_path):
    """ESET refuses the second write: what it left is in the snapshot, and neither Sentry nor the applications were touched."""
    hosts = inventory(acme=host(tenant, desired_state()))
    tenant.faults.add("status", method="POST", path="policy-assignments", nth=2, status=400)
    done = apply(hosts)
    assert done.rc == 2 and kinds(tenant) == [ESET]
    assert [item["name"].split(" : ")[-1] for item in done.results if item["failed"]] == ["Carry out the plan"]
    account = task(done, SAY)
    assert {name: entry["state"] for name, entry in account["summary"].items()} == {ESET: "failed", SENTRY: "not run", APPS: "not run"}
    assert "FAILED" in account["msg"] and account["snapshot"] in account["msg"]
    kept = snapshot(tmp_path / "snapshots")
    assert {name: entry["state"] for name, entry in kept["modules"].items()} == {ESET: "failed", SENTRY: "not run", APPS: "not run"}
    left = {json.dumps(item["target"]): len(tenant.eset.stack(*next(iter(item["target"].items())))) for item in tenant.eset.assignments()}
    assert [len(unit["policies"]) for unit in kept["modules"][ESET]["after"]] == [
        left.get(json.dumps({_camel(kind): uuid for kind, uuid in unit["target"].items() if kind.endswith("_uuid")}), 0)
        for unit in kept["modules"][ESET]["after"]
    ], "after is what is there, not what was planned"

    again = apply(hosts).ok()
    assert kinds(tenant)[-3:] == [ESET, SENTRY, APPS]
    assert {entry["state"] for entry in task(again, SAY)["summary"].values()} == {"done"}


def _camel(name):
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def test_a_run_that_could_write_nothing_keeps_no_snapshot(tenant, apply, tmp_path):
    """The newest snapshot must be one that there is something to put back from."""
    tenant.faults.add("status", method="PUT", path="sentry", status=403)
    done = apply(inventory(acme=host(tenant, {SENTRY: desired_state()[SENTRY]})))
    assert done.rc == 2 and files(tmp_path / "snapshots") == []
    assert task(done, SAY)["snapshot"] == ""


def test_a_play_that_ends_for_another_host_leaves_no_snapshot(tenant, run_playbook, tmp_path):
    """It would stand before the last one that there is something to put back from."""
    book = tmp_path / "fatal.yml"
    book.write_text("- hosts: all\n  gather_facts: false\n  any_errors_fatal: true\n  roles: [secops.policy.apply]\n", encoding="utf-8")
    hosts = inventory(acme=host(tenant, desired_state()), bad=host(tenant, desired_state(), meraki_api_key="a-key-that-is-none"))
    done = run_playbook(book, inventory=hosts, extra_vars={"apply_snapshot_dir": str(tmp_path / "snapshots")})
    assert done.rc == 2 and tenant.writes() == [] and not (tmp_path / "snapshots").exists()


def test_what_changes_between_plan_and_write_is_not_written_over(tenant, apply):
    """Somebody changes the network after it was planned: the digest of the plan does not fit any more."""
    seen = []

    def meanwhile(_request):
        if not seen:
            seen.append(True)
            tenant.meraki.add_sentry("N_24329160", [{"smNetworkId": "N_24329157", "scope": "none", "tags": [], "groupPolicyId": "100"}])

    tenant.eset.before_write = meanwhile
    done = apply(inventory(acme=host(tenant, desired_state())))
    assert done.rc == 2 and "expected_plan" in done.failed_result()["msg"]
    assert kinds(tenant) == [ESET], "and what would follow is not written either"


def test_only_what_was_approved_is_done(tenant, apply, run_playbook, tmp_path):
    """Digests from an audit, by the name under which it leaves them; a change since, a module that was not audited, a guard in the desired
    state."""
    hosts = inventory(**{"ac-me.example": host(tenant, desired_state())})
    planned = apply(hosts, check=True).ok()
    digests = {name: entry["plan_digest"] for name, entry in task(planned, SAY)["summary"].items()}
    audit = {"drift": True, "digests": digests}

    none = apply(hosts, extra_vars={"apply_require_expected_plans": True})
    assert {item["path"] for item in none.failed_result()["errors"]} == {f"secops_policy.{name}" for name in (ESET, SENTRY, APPS)}
    unread = apply(hosts, extra_vars={"secops_policy_audit_ac-me.example": {"drift": None, "digests": {}}})
    assert len(unread.failed_result()["errors"]) == 3, "an audit that could not read the tenant approves nothing"
    text = apply(hosts, extra_vars={"secops_policy_audit_ac-me.example": 'as text: {"drift": true}'})
    assert len(text.failed_result()["errors"]) == 3, "whatever it is"
    part = {"drift": True, "digests": {name: digests[name] for name in (ESET, SENTRY)}}
    some = apply(hosts, extra_vars={"secops_policy_audit_ac-me.example": part})
    assert [item["path"] for item in some.failed_result()["errors"]] == [f"secops_policy.{APPS}"]
    other = apply(hosts, extra_vars={"apply_expected_plans": {**digests, SENTRY: "0" * 64}}, check=True, diff=True)
    (refused,) = other.failed_result()["errors"]
    assert "expected_plan" in refused["message"] and digests[SENTRY] in refused["message"], "the digest that an approval would have to name"
    assert re.search(r"^ +\+ withAny noncompliant → Quarantine", other.stdout, re.MULTILINE), "and what it stands for"
    assert tenant.writes() == []

    apply(hosts, extra_vars={"secops_policy_audit_ac-me.example": audit, "apply_require_expected_plans": True}).ok()
    assert kinds(tenant) == [ESET, SENTRY, APPS]
    apply(hosts, extra_vars={"secops_policy_audit_ac-me.example": audit}).ok()

    modules = {APPS: {"state": "deleted", "max_removals": 0, "config": [{"name": "Wiki"}]}}
    guarded = apply(inventory(acme=host(tenant, modules)))
    said = guarded.failed_result()["errors"][0]["message"]
    assert said.startswith("the plan removes 1, and max_removals allows 0. ") and "The plan_digest is " in said and "\n" not in said
    assert "- application Wiki" in guarded.stdout and f"place: organization {demo.ORGANIZATION}" in guarded.stdout
    assert [item["name"] for item in tenant.meraki.applications(demo.ORGANIZATION).values()].count("Wiki") == 1


ZEROS = "0" * 64


@pytest.fixture
def digest(tenant, apply):
    """Of what the desired state makes of the applications."""
    planned = apply(inventory(acme=host(tenant, {APPS: desired_state()[APPS]})), check=True).ok()
    return task(planned, SAY)["summary"][APPS]["plan_digest"]


def test_what_is_not_the_digest_approves_nothing(tenant, apply, digest):
    """As text, which is all that ``-e name=value`` can be, and as data; a host for each, approvals required for every other one."""
    approvals = [
        f'{{"{APPS}": "{ZEROS}"}}', f"{APPS}={ZEROS}", f'{{"{APPS}": null}}', f'{{"{APPS}": ""}}', f'{{"{APPS}s": "{digest}"}}', digest, "",
        "null", [], None, {APPS: None}, {APPS: ""}, {APPS: []}, {APPS: [digest]}, {APPS: {"plan_digest": digest}}, {APPS: ZEROS},
        {APPS: "not a digest"}, {APPS: digest.upper()}, {ESET: digest},
    ]  # fmt: skip
    given = {f"host{number}": {"apply_expected_plans": value} for number, value in enumerate(approvals)}
    hosts = {name: host(tenant, {APPS: desired_state()[APPS]}, **more) for name, more in given.items()}
    for number, variables in enumerate(hosts.values()):
        variables["apply_require_expected_plans"] = ("no", "true")[number % 2]
    for value in ("yes", "1", None):
        variables = {"apply_expected_plans": {}, "apply_require_expected_plans": value}
        hosts[f"required {value}"] = host(tenant, {APPS: desired_state()[APPS]}, **variables)
    done = apply(inventory(**hosts))
    assert tenant.writes() == [], done.output
    refused = {item["host"]: item["result"]["msg"] for item in done.results if item["failed"]}
    assert set(refused) == set(hosts) and all("expected_plan" in message for message in refused.values())

    text = f"apply_require_expected_plans=true apply_expected_plans='{approvals[0]}'"
    assert apply(inventory(acme=host(tenant, {APPS: desired_state()[APPS]})), arguments=["-e", text]).rc == 2 and tenant.writes() == []


def test_the_digest_approves_in_every_form(tenant, apply, digest):
    """As text on the command line; then there is nothing left to do, whatever was approved."""
    hosts = inventory(acme=host(tenant, {APPS: desired_state()[APPS]}))
    text = f"""apply_expected_plans='{{"{APPS}": "{digest}"}}' apply_require_expected_plans=yes"""
    apply(hosts, arguments=["-e", text]).ok()
    assert kinds(tenant) == [APPS]
    apply(hosts, arguments=["-e", text.replace(digest, ZEROS)]).ok()


def test_no_digest_at_all_approves_nothing(tenant, apply):
    """Where somebody says so; as long as nobody does, nothing has to be approved."""
    hosts = inventory(acme=host(tenant, {APPS: desired_state()[APPS]}))
    refused = apply(hosts, extra_vars={"apply_expected_plans": {}})
    assert refused.rc == 2 and "nobody has approved it" in refused.failed_result()["msg"] and tenant.writes() == []
    apply(hosts, extra_vars={"apply_expected_plans": {}, "apply_require_expected_plans": False}).ok()
    apply(hosts, extra_vars={"apply_expected_plans": {}}).ok()  # There is nothing left to approve.


def test_what_lifts_the_requirement(tenant, apply):
    """A false, also as text."""
    text = "apply_require_expected_plans=false"
    apply(
        inventory(acme=host(tenant, {APPS: desired_state()[APPS]})), arguments=["-e", text], extra_vars={"secops_policy_audit_acme": {}}
    ).ok()
    assert kinds(tenant) == [APPS]


def test_a_plan_that_the_desired_state_itself_expects_has_to_be_that_one(tenant, apply, digest):
    """Beside what was approved, and without; as data that is none too."""
    hosts = {}
    for number, expected in enumerate((ZEROS, "", [], [digest], digest.upper())):
        wanted = {APPS: {**desired_state()[APPS], "expected_plan": expected}}
        hosts[f"alone{number}"] = host(tenant, wanted)
        hosts[f"beside{number}"] = host(tenant, wanted, apply_expected_plans={APPS: digest}, apply_require_expected_plans=True)
    good = {APPS: {**desired_state()[APPS], "expected_plan": digest}}
    hosts["other"] = host(tenant, good, apply_expected_plans={APPS: ZEROS})
    done = apply(inventory(**hosts))
    assert tenant.writes() == []
    refused = {item["host"]: item["result"]["msg"] for item in done.results if item["failed"]}
    assert set(refused) == set(hosts) and all("expected_plan" in message for message in refused.values())
    apply(inventory(acme=host(tenant, good, apply_expected_plans={APPS: digest}))).ok()
    assert kinds(tenant) == [APPS]


def test_credentials_in_the_desired_state_in_defaults_and_in_the_environment(tenant, play, tmp_path):
    """The desired state comes first, then variables, then module_defaults, the environment last; an organization by name beats another by
    id."""
    modules = {
        SENTRY: {"organization": "Example Health", **desired_state()[SENTRY]},
        APPS: {"organization_id": demo.ORGANIZATION, "api_key": demo.API_KEY, **desired_state()[APPS]},
        ESET: desired_state()[ESET],
    }
    done = play(
        [{"name": "Apply", "ansible.builtin.include_role": {"name": "secops.policy.apply"}}],
        vars={
            "secops_policy": modules,
            "meraki_organization_id": "404",
            "apply_snapshot_dir": str(tmp_path / "s"),
            "eset_username": demo.ESET_USER,
        },
        module_defaults={
            "group/secops.policy.meraki": {"api_key": demo.API_KEY, "base_url": tenant.meraki_url},
            "group/secops.policy.eset": {"base_url": tenant.eset_url},
        },
        env={"ESET_PASSWORD": demo.ESET_PASSWORD, "MERAKI_DASHBOARD_API_KEY": "wrong"},
    ).ok()
    assert kinds(tenant) == [ESET, SENTRY, APPS]
    assert not any(item["failed"] for item in done.results)


HOSTILE = "\"'<b>&amp;</b> {{ 7 * 7 }} {% raw %} #\n---\r\n\u2028x: y \\"


def test_hostile_texts_and_no_secrets(tenant, apply, tmp_path):
    """What vendors return may hold anything; it goes through snapshots as it is, and no key goes anywhere."""
    tenant.meraki.add_network(demo.ORGANIZATION, "N_9", HOSTILE)
    tenant.meraki.add_group_policy("N_9", "900", HOSTILE)
    tenant.meraki.add_sentry("N_9", [{"smNetworkId": "N_24329157", "scope": "withAny", "tags": [HOSTILE], "groupPolicyId": "900"}])
    tenant.meraki.add_application(demo.ORGANIZATION, name="Odd", description=HOSTILE, destinations=[])
    modules = {
        SENTRY: {"state": "replaced", "config": [{"network_id": "N_9", "policies": []}, {"network": "Branch Berlin", "policies": [BAD]}]},
        APPS: {"config": [{"name": "Odd", "sni": "odd.example.com", "destinations": [destination(5)]}]},
        ESET: desired_state()[ESET],
    }
    done = apply(inventory(acme=host(tenant, modules)), verbosity=4, diff=True).ok()
    kept = snapshot(tmp_path / "snapshots")
    (odd,) = kept["modules"][APPS]["before"]
    assert odd["description"] == HOSTILE
    cleared = next(unit for unit in kept["modules"][SENTRY]["before"] if unit["network_id"] == "N_9")
    assert cleared["network"] == HOSTILE and cleared["policies"][0]["tags"] == [HOSTILE]
    shown = done.stdout + done.stderr + json.dumps(done.results) + files(tmp_path / "snapshots")[0].read_text(encoding="utf-8")
    assert not [secret for secret in (*SECRETS, *tenant.eset.issued) if secret in shown]


def test_the_plan_is_printed_in_names_with_whole_digests(tenant, apply):
    done = apply(inventory(acme=host(tenant, desired_state())), check=True).ok()
    digests = {name: entry["plan_digest"] for name, entry in task(done, SAY)["summary"].items()}
    for line in ("acme: ESET policy assignments", "acme: Sentry policies", "acme: Private applications"):
        assert f"\n{line}\n" in done.stdout
    assert "\n  network Branch Berlin (N_24329160)\n    + " in done.stdout and "\n  + application Wiki\n" in done.stdout
    assert all(f"\n  plan_digest: {digest}\n" in done.stdout for digest in digests.values())
    assert f"\n  place: organization {demo.ORGANIZATION}\n  plan_digest: {digests[SENTRY]}\n" in done.stdout
    printed = [line for line in done.stdout.splitlines() if re.match(r"^  +(?:[+~↕-] |network |device |device group |application )", line)]
    assert len(printed) >= 6
    alone = re.compile(r"(?:network|device|group|application|→|[+~↕-]) (?:N_\d+|\d+|[0-9a-f]{8}-[0-9a-f-]{27})(?:[ ,:;]|$)")
    assert [line for line in printed if alone.search(line)] == [], "no id stands alone where its name was read"
    quiet = apply(inventory(acme=host(tenant, desired_state())), check=True, env={"ANSIBLE_STDOUT_CALLBACK": "minimal"})
    assert "\n  + application Wiki\n" in quiet.stderr, "standard output may be a program's"


def test_a_report_that_somebody_approved_is_carried_out_and_nothing_else(tenant, apply, run_playbook, tmp_path):
    hosts = inventory(acme=host(tenant, desired_state()))
    run_playbook("secops.policy.audit", inventory=hosts, extra_vars={"audit_report_dir": str(tmp_path / "report")}).ok()
    approved = {"apply_approved": str(tmp_path / "report" / "drift.json")}
    before = state(tenant)
    for hosts_, more, says in (
        (inventory(other=host(tenant, desired_state())), {}, "does not contain other"),
        (hosts, {"apply_approved_max_age": 0}, "at most 0 hours old"),
        (hosts, {"apply_expected_plans": {ESET: "0" * 64}}, "Set only one of them"),
    ):
        refused = apply(hosts_, extra_vars={**approved, **more})
        assert refused.rc == 2 and says in refused.failed_result()["msg"], says
    tenant.clear_log()
    for nothing in ("", None):
        empty = apply(hosts, extra_vars={"apply_approved": nothing})
        assert empty.rc == 2 and "apply_approved is empty: give the path of a file" in empty.failed_result()["msg"]
    apply(hosts, extra_vars={"apply_approved": "{{ omit }}"}, check=True).ok()
    tenant.clear_log()
    missing = apply(hosts, extra_vars={"apply_approved": str(tmp_path / "none.json"), "apply_confrim": True})
    said = missing.failed_result()["msg"]
    assert missing.rc == 2 and "apply_approved: the file does not exist: " in said and "Did you mean apply_confirm?" in said
    assert tenant.log == [], "before anything is read"
    modules = desired_state()
    modules[APPS]["config"][0]["description"] = "Something else"
    other = apply(inventory(acme=host(tenant, modules)), extra_vars=approved)
    assert [item["path"] for item in other.failed_result()["errors"]] == [f"secops_policy.{APPS}"]
    assert state(tenant) == before and tenant.writes() == []
    apply(hosts, extra_vars=approved).ok()
    assert kinds(tenant) == [ESET, SENTRY, APPS]


def test_two_runs_do_not_write_to_one_tenant_at_the_same_time(tenant, apply, tmp_path):
    """Another run is one whose process is there; one that was killed holds nothing."""
    folder = tmp_path / "snapshots"
    place = {"vendor": "meraki", "organization": demo.ORGANIZATION}
    modules = {name: entry for name, entry in desired_state().items() if name == SENTRY}
    hosts = inventory(acme=host(tenant, modules))
    at = datetime.datetime(2026, 7, 12, 10, 15, 30, tzinfo=datetime.timezone.utc)
    (path,) = lock.acquire(str(folder), [place], "elsewhere", os.getpid(), at)
    refused = apply(hosts)
    assert refused.rc == 2 and tenant.writes() == []
    assert f"another run writes to organization {demo.ORGANIZATION}: it started at 2026-07-12T10:15:30" in refused.failed_result()["msg"]
    assert [file.name for file in files(folder)] == [os.path.basename(path)], "no snapshot of a run that wrote nothing"
    lock.release([path])
    over = subprocess.Popen([sys.executable, "-c", ""])
    over.wait()
    lock.acquire(str(folder), [place], "killed", over.pid, at)
    apply(hosts).ok()
    assert kinds(tenant) == [SENTRY] and len(files(folder)) == 1 and files(folder)[0].name.startswith("acme.")


def test_modules_snapshots_and_batches_can_be_limited(tenant, apply, tmp_path):
    hosts = inventory(acme=host(tenant, desired_state()))
    folder = tmp_path / "snapshots"
    folder.mkdir()
    for day in range(10, 14):
        (folder / f"acme.202601{day}T000000_000000Z.json").write_text("{}", encoding="utf-8")
    more = {"apply_modules": SENTRY, "apply_snapshot_keep": 2, "secops_policy_serial": 1, "secops_policy_max_fail_percentage": 0}
    done = apply(hosts, extra_vars=more).ok()
    assert kinds(tenant) == [SENTRY] and list(task(done, SAY)["summary"]) == [SENTRY]
    assert [file.name[:13] for file in files(folder)] == ["acme.20260113", task(done, SAY)["snapshot"].rpartition("/")[2][:13]]
    wrong = apply(hosts, extra_vars={"apply_modules": ["cisco_ios"]})
    assert wrong.rc == 2 and "cisco_ios" in wrong.failed_result()["msg"]


@pytest.mark.parametrize(("answer", "written"), [("yes", True), ("no", False), ("", False)])
def test_it_asks_once_for_all_hosts_before_the_first_write(tenant, apply_on_a_terminal, answer, written):
    """The first host has nothing to do, and is asked all the same: for the others."""
    nothing = {SENTRY: {"config": [{"network": "Branch Berlin", "policies": tenant_policies(tenant)}]}}
    modules = {name: entry for name, entry in desired_state().items() if name == APPS}
    rc, output = apply_on_a_terminal(inventory(a=host(tenant, nothing), b=host(tenant, modules)), answer)
    assert output.count("Carry out these plans?") == 1, output
    assert (rc == 0) is written and bool(tenant.writes()) is written, output
    assert ("because the answer was not yes" in output) is not written


def test_it_asks_once_for_each_batch(tenant, apply_on_a_terminal):
    first, second = ({name: entry for name, entry in desired_state().items() if name == module} for module in (SENTRY, APPS))
    rc, output = apply_on_a_terminal(inventory(a=host(tenant, first), b=host(tenant, second)), "yes", serial=1)
    assert rc == 0 and output.count("Carry out these plans?") == 2 and kinds(tenant) == [SENTRY, APPS], output
