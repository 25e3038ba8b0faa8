# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role restore: what apply has changed is put back, exactly that, and not over what somebody did since."""

from __future__ import annotations

import json
import shutil

import pytest
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo

from .tenants import (
    ALL,
    APPS,
    BAD,
    ESET,
    POLICIES,
    SECRETS,
    SENTRY,
    SERVERS,
    WORKSTATIONS,
    by_hand,
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

DONE = "Summarize the results"


@pytest.fixture
def tenant(cloud):
    return seeded(cloud)


@pytest.fixture
def role(run_playbook, tmp_path):
    """Run one of the playbooks on hosts given by their variables."""

    def run(name, extra=None, **hosts):
        options = {key: hosts.pop(key) for key in ("check", "verbosity", "diff") if key in hosts}
        variables = {"apply_snapshot_dir": str(tmp_path / "snapshots"), **(extra or {})}
        return run_playbook(f"secops.policy.{name}", inventory=inventory(**hosts), extra_vars=variables, **options)

    return run


def wide():
    """A desired state that creates, changes, renames, moves and removes, of everything."""
    return {
        ESET: {
            "state": "replaced",
            "config": [
                {"target": {"device_group": "Servers"}, "policies": [{"policy": "USB control"}, {"policy": "Server hardening"}]},
                {"target": {"device_group_uuid": WORKSTATIONS}, "policies": []},
                {"target": {"device": "reception"}, "policies": [{"policy": "Baseline"}]},
            ],
        },
        SENTRY: {
            "state": "overridden",
            "max_removals": 10,
            "config": [
                {"network": "Branch Berlin", "policies": [BAD, ALL]},
                {"network": "Branch Munich", "policies": [{**ALL, "scope": "none"}]},
            ],
        },
        APPS: {
            "state": "overridden",
            "max_removals": 10,
            "config": [
                {"application_id": 5008, "name": "Tickets", "destinations": [destination(7)], "application_groups": ["Westcoast"]},
                {"name": "Jira", "destinations": [destination(8)], "application_groups": ["Westcoast"]},
                {"name": "Wiki", "destinations": [destination(9, "80, 443")], "application_groups": ["Westcoast"]},
                {"name": "Intranet", "destinations": [destination(2)], "application_groups": ["Westcoast"]},
            ],
        },
    }


def test_everything_comes_back_once(tenant, role):
    """Made, changed, renamed (and the old name taken by a new one), moved and removed, in check mode first, and nothing a second time."""
    before = state(tenant)
    role("apply", acme=host(tenant, wide())).ok()
    applied = state(tenant)
    assert applied != before
    tenant.clear_log()
    planned = role("restore", check=True, acme=host(tenant, None)).ok()
    assert tenant.writes() == [] and state(tenant) == applied
    done = role("restore", acme=host(tenant, None)).ok()
    assert state(tenant) == before
    for run in (planned, done):
        results = [one for item in run.results for one in item["result"].get("results", [item["result"]])]
        assert sorted(one["module"] for one in results if one.get("changed") and "module" in one) == sorted([APPS, ESET, SENTRY])
    # Ids of what was removed and made again are new ones: it is found by content and by name.
    tenant.clear_log()
    again = role("restore", acme=host(tenant, None)).ok()
    assert tenant.writes() == [] and state(tenant) == before
    assert not [item for item in again.results if item["result"].get("changed")]
    assert {entry["state"] for entry in task(again, DONE)["summary"].values()} == {"unchanged"}


def test_what_restricts_comes_first(tenant, role):
    """An application that was opened is closed before the policies behind it change, and one that was closed comes back after."""
    modules = desired_state()
    modules[APPS] = {
        "state": "replaced",
        "config": [{"name": "Wiki", "destinations": [destination(9)]}, {"name": "Lab Results", "destinations": [destination(4)]}],
    }
    before = state(tenant)
    role("apply", acme=host(tenant, modules)).ok()
    tenant.clear_log()
    role("restore", acme=host(tenant, None)).ok()
    assert kinds(tenant) == [APPS, ESET, SENTRY, APPS]
    writes = [entry.method for entry in tenant.writes() if "/secureConnect/" in entry.path]
    assert writes == ["DELETE", "PUT"]
    assert state(tenant) == before


def test_what_somebody_changed_since_is_refused_unless_forced(tenant, role):
    """All of it in one failure, before anything is written; what they left alone would have been put back."""
    before = state(tenant)
    role("apply", acme=host(tenant, desired_state())).ok()
    meraki = tenant.meraki
    meraki.add_sentry("N_24329160", [{"smNetworkId": "N_24329157", "scope": "none", "tags": [], "groupPolicyId": "100"}])
    tenant.eset.assign(POLICIES["Baseline"], "deviceGroupUuid", SERVERS)
    ids = {item["name"]: key for key, item in meraki.applications(demo.ORGANIZATION).items()}
    by_hand(tenant, "PUT", ids["Wiki"], description="by hand")
    by_hand(tenant, "PUT", ids["Jira"], description="by hand")
    tenant.clear_log()
    refused = role("restore", acme=host(tenant, None))
    assert refused.rc == 2 and tenant.writes() == []
    errors = refused.failed_result()["errors"]
    assert {item["path"] for item in errors} == {
        f"{SENTRY}: network Branch Berlin (N_24329160)",
        f"{ESET}: device group Servers ({SERVERS})",
        f"{APPS}: application 'Wiki'",
        f"{APPS}: application 'Jira'",
    }
    assert all("restore_force" in item["message"] for item in errors)
    role("restore", {"restore_force": True}, acme=host(tenant, None)).ok()
    assert state(tenant) == before


def test_an_application_made_later_under_the_same_name_stays(tenant, role):
    """What apply made is gone and somebody made another: it is not ours to remove. What apply removed was made by hand: it is there."""
    modules = {
        APPS: {
            "state": "overridden",
            "max_removals": 1,
            "config": [
                {"application_id": "5008", "name": "Jira", "destinations": [destination(1)], "application_groups": ["Westcoast"]},
                {"application_id": "5009", "name": "Intranet", "destinations": [destination(2)], "application_groups": ["Westcoast"]},
                {"name": "Wiki", "destinations": [destination(9)]},
            ],
        }
    }
    lab = next(item for item in tenant.meraki.applications(demo.ORGANIZATION).values() if item["name"] == "Lab Results")
    role("apply", acme=host(tenant, modules)).ok()
    ids = {item["name"]: key for key, item in tenant.meraki.applications(demo.ORGANIZATION).items()}
    by_hand(tenant, "DELETE", ids["Wiki"])
    made = by_hand(tenant, "POST", name="Wiki", destinations=lab["destinations"])
    fields = ("name", "description", "destinations", "appProtocol", "applicationGroupIds")
    by_hand(tenant, "POST", **{key: lab[key] for key in fields})
    done = role("restore", acme=host(tenant, None)).ok()
    names = {item["name"]: key for key, item in tenant.meraki.applications(demo.ORGANIZATION).items()}
    assert sorted(names) == ["Intranet", "Jira", "Lab Results", "Wiki"]
    assert names["Wiki"] == made["applicationId"]
    assert f"({made['applicationId']}) was made since, and stays" in done.output


def test_what_a_failed_run_has_left_comes_back(tenant, role):
    """ESET refused the second of its writes: the target that got the first one is put back, and nothing else needs to be."""
    before = state(tenant)
    tenant.faults.add("status", method="POST", path="updateRanking", nth=1, status=400)
    assert role("apply", acme=host(tenant, wide())).rc == 2
    assert state(tenant) != before and kinds(tenant) == [ESET]
    done = role("restore", acme=host(tenant, None)).ok()
    assert state(tenant) == before
    assert list(task(done, DONE)["summary"]) == [ESET]


def test_the_role_twice_in_a_play_accounts_for_each_run(tenant, role, run_playbook, tmp_path):
    """What a module did in the first run is not said to be done in the second, where it was not reached."""
    first = {name: desired_state()[name] for name in (ESET, SENTRY)}
    role("apply", acme=host(tenant, first)).ok()
    second = {
        ESET: {"state": "replaced", "config": [{"target": {"device_group_uuid": WORKSTATIONS}, "policies": []}]},
        SENTRY: {"state": "replaced", "config": [{"network": "Branch Munich", "policies": [BAD]}]},
    }
    role("apply", acme=host(tenant, second)).ok()
    older, newer = files(tmp_path / "snapshots")
    book = tmp_path / "twice.yml"
    use = "    - ansible.builtin.include_role:\n        name: secops.policy.restore\n      vars:\n        restore_snapshot: "
    book.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{use}{newer}\n{use}{older}\n", encoding="utf-8")
    count = len(tenant.writes())
    tenant.faults.add("status", method="DELETE", path="policy-assignments", status=400)
    done = run_playbook(book, inventory=inventory(acme=host(tenant, None)))
    accounts = [item["result"]["summary"] for item in done.results if item["name"].endswith(DONE)]
    states = [{name: entry["state"] for name, entry in account.items()} for account in accounts]
    puts = [entry for entry in tenant.writes()[count:] if entry.method == "PUT"]
    assert done.rc == 2 and states[0] == {ESET: "done", SENTRY: "done"} and len(puts) == 1
    assert states[1][SENTRY] == "not run"


def test_a_restore_that_fails_goes_on_when_it_is_run_again(tenant, role):
    before = state(tenant)
    role("apply", acme=host(tenant, desired_state())).ok()
    tenant.faults.add("status", method="PUT", path="sentry", status=400)
    failed = role("restore", acme=host(tenant, None))
    assert failed.rc == 2 and state(tenant) != before
    assert {name: entry["state"] for name, entry in task(failed, DONE)["summary"].items()} == {
        f"{APPS}_removed": "done",
        ESET: "done",
        SENTRY: "not run",
        APPS: "not run",
    }
    assert f"{APPS} (made since): 1 deleted; " in task(failed, DONE)["msg"], "and people read no key that is no module"
    role("restore", acme=host(tenant, None)).ok()
    assert state(tenant) == before


def test_which_snapshot(tenant, role, tmp_path):
    """The newest of the host, or the one that is named; none is nothing to do, another host's is refused, and so is what is no snapshot."""
    folder = tmp_path / "snapshots"
    missing = role("restore", acme=host(tenant, None))
    said = missing.failed_result()["msg"]
    assert (
        "cannot be listed" in said
        and "in which you ran apply, or set restore_snapshot_dir" in said
        and said.count("No such file or directory") == 1
    ), "later versions of Ansible add a cause"
    first = state(tenant)
    role("apply", acme=host(tenant, {APPS: desired_state()[APPS]})).ok()
    second = state(tenant)
    role("apply", acme=host(tenant, {SENTRY: desired_state()[SENTRY]})).ok()
    older, newer = files(folder)
    tenant.clear_log()
    none = role("restore", **{"acm": host(tenant, None), "acme.20": host(tenant, None)}).ok()
    assert "nothing to restore" in task(none, "Read the snapshot")["msg"] and not tenant.log
    other = role("restore", {"restore_snapshot": str(newer)}, other=host(tenant, None))
    assert "not of 'other'" in other.failed_result()["msg"] and not tenant.log
    wrong = tmp_path / "wrong.json"
    kept = json.loads(newer.read_text(encoding="utf-8"))
    five = {**kept["modules"][SENTRY], "before": [5]}
    texts = {
        "{}": "is not a snapshot",
        json.dumps({**kept, "version": 1}): "does not say which organization or tenant it belongs to",
        json.dumps({**kept, "modules": {SENTRY: five}}): f"is damaged: {SENTRY}.before[0] is not a dictionary",
    }
    for text, says in texts.items():
        wrong.write_text(text, encoding="utf-8")
        refused = role("restore", {"restore_snapshot": str(wrong)}, acme=host(tenant, None)).failed_result()["msg"]
        assert f"Nothing was written: {wrong} " in refused and says in refused and "Traceback" not in refused
    assert not tenant.log
    role("restore", acme=host(tenant, None)).ok()
    assert state(tenant) == second
    role("restore", {"restore_snapshot": str(older)}, acme=host(tenant, None)).ok()
    assert state(tenant) == first
    assert files(folder) == [older, newer], "a restore keeps none, so that running it twice is not taking it back"
    shutil.rmtree(folder)


def test_two_hosts_of_one_tenant_do_not_both_restore_the_same_objects(tenant, role, tmp_path):
    role("apply", acme=host(tenant, desired_state())).ok()
    (file,) = files(tmp_path / "snapshots")
    twin = file.with_name(file.name.replace("acme", "twin"))
    twin.write_text(json.dumps({**snapshot(tmp_path / "snapshots"), "host": "twin"}), encoding="utf-8")
    twin.chmod(0o600)
    tenant.clear_log()
    done = role("restore", acme=host(tenant, None), twin=host(tenant, None))
    said = {item["host"]: item["result"]["msg"] for item in done.results if item["failed"]}
    assert done.rc == 2 and said.keys() == {"acme", "twin"} and tenant.writes() == []
    assert all("is one tenant with another host of this run" in text for text in said.values())
    assert not list((tmp_path / "snapshots").glob(".lock*")), "no lock was taken"
    role("restore", acme=host(tenant, None)).ok()
    assert tenant.writes()


def test_a_snapshot_goes_back_to_its_own_organization_or_tenant_and_to_no_other(tenant, role, tmp_path):
    """Whoever it is given by, and whatever is forced: another one is refused before anything is written on the host."""
    tenant.meraki.add_organization("2", "Other")
    tenant.meraki.add_application("2", name="Jira", destinations=[])
    before = state(tenant)
    role("apply", acme=host(tenant, desired_state())).ok()
    kept = snapshot(tmp_path / "snapshots")
    tenant.clear_log()
    with Cloud() as other:
        seeded(other)
        hosts = {
            "by_id": host(tenant, None, meraki_organization_id="2"),
            "by_name": host(tenant, None, meraki_organization_id=None, meraki_organization="Other"),
            "of_eset": host(tenant, None, eset_base_url=other.eset_url),
            "of_sentry_alone": host(tenant, None, meraki_organization_id="2"),
        }
        (file,) = files(tmp_path / "snapshots")
        for name in hosts:
            modules = {SENTRY: kept["modules"][SENTRY]} if name == "of_sentry_alone" else kept["modules"]
            copied = file.with_name(file.name.replace("acme", name))
            copied.write_text(json.dumps({**kept, "host": name, "modules": modules}), encoding="utf-8")
            copied.chmod(0o600)
        refused = role("restore", {"restore_force": "true"}, **hosts)
        assert tenant.writes() == other.writes() == []
        address = other.eset_url.removeprefix("http://")
    errors = {item["host"]: item["result"]["errors"] for item in refused.results if item["failed"]}
    assert set(errors) == set(hosts)
    for name in ("by_id", "by_name"):
        (error,) = errors[name]
        assert error["path"] == APPS and f"organization {demo.ORGANIZATION}, and this host is organization 2 now" in error["message"]
    (error,) = errors["of_eset"]
    assert error["path"] == ESET and f"this host is host {address} now" in error["message"]
    (error, *_rest) = errors["of_sentry_alone"]
    assert SENTRY in error["path"] and f"the snapshot is of organization {demo.ORGANIZATION}" in error["message"]

    own = {"meraki_organization_id": None, "meraki_organization": "Example Health"}
    role("restore", acme=host(tenant, None, **own)).ok()
    assert state(tenant) == before


def test_what_another_organization_had_is_not_made_here(tenant, role):
    """The environment says one organization, and the run of apply had another by a variable of its own."""
    tenant.meraki.add_organization("2", "Other")
    tenant.meraki.add_application("2", name="Theirs", destinations=[demo_destination()])
    gone = {APPS: {"state": "deleted", "config": [{"name": "Theirs"}]}}
    role("apply", {"meraki_organization_id": "2"}, acme=host(tenant, gone)).ok()
    before = state(tenant)
    refused = role("restore", acme=host(tenant, None))
    assert refused.rc == 2 and state(tenant) == before


def demo_destination():
    return {"destinationAddr": ["10.0.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}], "accessType": "network"}


def test_a_snapshot_that_may_be_of_somebody_elses_making_has_to_be_named(tenant, role, tmp_path):
    """The newest is not taken, and neither is an older one in its place."""
    before = state(tenant)
    role("apply", acme=host(tenant, {APPS: desired_state()[APPS]})).ok()
    after = state(tenant)
    (own,) = files(tmp_path / "snapshots")
    tenant.clear_log()
    later = own.with_name("acme.20991231T000000_000000Z.json")
    shutil.copy(own, later)
    refused = role("restore", {"restore_force": True}, acme=host(tenant, None))
    assert f"{later}, the newest snapshot, is not used because it is dated in the future" in refused.failed_result()["msg"]
    later.unlink()
    link = own.with_name(_next(own.name))
    link.symlink_to(own)
    assert "symbolic link" in role("restore", acme=host(tenant, None)).failed_result()["msg"]
    link.unlink()
    own.chmod(0o660)
    assert "others than its owner can write to it" in role("restore", acme=host(tenant, None)).failed_result()["msg"]
    assert tenant.log == [] and state(tenant) == after
    role("restore", {"restore_snapshot": str(own)}, acme=host(tenant, None)).ok()
    assert state(tenant) == before


def _next(name):
    """The name of a snapshot a microsecond later."""
    head, _line, tail = name.rpartition("_")
    return f"{head}_{int(tail[:6]) + 1:06}Z.json"


def test_one_tenant_that_fails_does_not_stop_the_others(tenant, role):
    before = state(tenant)
    tenant.meraki.add_organization("2", "Other")
    other = {APPS: {"config": [{"name": "Only", "destinations": [destination(1)]}]}}
    hosts = {"good": host(tenant, desired_state()), "bad": host(tenant, other, meraki_organization_id="2")}
    role("apply", **hosts).ok()
    hosts["bad"]["meraki_api_key"] = "wrong"
    done = role("restore", **hosts)
    assert done.rc == 2 and {item["host"] for item in done.results if item["failed"]} == {"bad"}
    assert state(tenant) == before and len(tenant.meraki.applications("2")) == 1


HOSTILE = "\"'<b>&amp;</b> {{ 7 * 7 }} {% raw %} #\n---\r\n\u2028x: y \\"


def test_hostile_texts_come_back_and_no_secret_is_shown(tenant, role):
    meraki = tenant.meraki
    meraki.add_network(demo.ORGANIZATION, "N_9", HOSTILE)
    meraki.add_group_policy("N_9", "900", HOSTILE)
    meraki.add_sentry("N_9", [{"smNetworkId": "N_24329157", "scope": "withAny", "tags": [HOSTILE], "groupPolicyId": "900"}])
    open_to_all = {"destinationAddr": ["10.0.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": "1"}], "accessType": "network"}
    for name in ("Odd", "Odder"):
        meraki.add_application(demo.ORGANIZATION, name=name, description=HOSTILE, destinations=[open_to_all])
    before = state(tenant)
    modules = {
        SENTRY: {"state": "replaced", "config": [{"network_id": "N_9", "policies": []}]},
        APPS: {"state": "merged", "config": [{"name": "Odd", "description": "x", "destinations": [destination(5)]}]},
    }
    role("apply", acme=host(tenant, modules)).ok()
    done = role("restore", verbosity=4, diff=True, acme=host(tenant, None)).ok()
    assert state(tenant) == before
    shown = done.stdout + done.stderr + json.dumps(done.results)
    assert not [secret for secret in (*SECRETS, *tenant.eset.issued) if secret in shown]
