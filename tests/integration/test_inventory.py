# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin as users run it: ansible-inventory, and plays over what it lists."""

from __future__ import annotations

import json

import pytest
import yaml

from ..mock_cloud import Cloud
from .harness import run_command

KEY = "key-0123456789"
NAME = "all.secops_policy.yml"


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        made.meraki.add_key(KEY)
        made.meraki.add_organization("1", "Acme Health", msp_id="77")
        made.meraki.add_organization("2", "Bravo")
        yield made


def environment(cloud, **more):
    return {
        "MERAKI_DASHBOARD_API_KEY": KEY,
        "MERAKI_DASHBOARD_BASE_URL": cloud.meraki_url,
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
        **more,
    }


def inventory(cloud, folder, options=None, **env):
    """What ``ansible-inventory --list`` prints for a file with these options."""
    (folder / NAME).write_text(yaml.safe_dump({"plugin": "secops.policy.tenants", **(options or {})}), encoding="utf-8")
    return run_command(["ansible-inventory", "-i", NAME, "--list"], folder, environment(cloud, **env))


def plain(data):
    """Without what ansible-core up to 2.18 writes around a text that is no template."""
    if isinstance(data, dict):
        return data["__ansible_unsafe"] if data.keys() == {"__ansible_unsafe"} else {key: plain(value) for key, value in data.items()}
    return [plain(item) for item in data] if isinstance(data, list) else data


def test_the_list(cloud, tmp_path):
    done = inventory(cloud, tmp_path, {"keyed_groups": [{"key": "secops_tenant.msp_id", "prefix": "msp"}]})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    listed = plain(json.loads(done.stdout))
    assert listed["msp_77"] == {"hosts": ["Acme Health"]} and listed["ungrouped"] == {"hosts": ["Bravo"]}
    assert listed["_meta"]["hostvars"]["Bravo"]["meraki_organization_id"] == "2"
    assert KEY not in done.stdout and len(cloud.log) == 1


@pytest.mark.parametrize("cached", [False, True])
def test_what_a_vendor_returns_is_never_run(cloud, tmp_path, cached):
    """In no place from which Ansible could render it: names, variables, composed ones, groups and their parents."""
    mark = tmp_path / "ran"
    attacks = [f"{{{{ lookup('pipe', 'touch {mark}') }}}}", f"{{% if lookup('pipe', 'touch {mark}') %}}{{% endif %}}"]
    for number, text in enumerate(attacks, start=8):
        cloud.meraki.add_organization(str(number), text, region=text, licensing="co-term", msp_id=text)
        cloud.eset.add_group(text, entity="COMPANY")
    cloud.eset.add_token("token-0123456789")
    composed = {"name": "secops_tenant.name", "joined": "'-' ~ secops_tenant.name ~ '-'", "whole": "secops_tenant"}
    options = {
        "strict": True,
        "compose": {**composed, "listed": "[secops_tenant.name]"},
        "groups": {"lookups": "'lookup' in secops_tenant.name", "same": "name == secops_tenant.name"},
        "keyed_groups": [
            {"key": "secops_tenant.name", "prefix": "name", "parent_group": "{{ secops_tenant.name }}"},
            {"key": "joined"},
            {"key": "whole", "prefix": "whole"},
            {"key": "listed", "prefix": "listed"},
        ],
    }  # fmt: skip
    if cached:
        options |= {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    # As Ansible is by default: what looks like a template is a text, and no error.
    env = {
        "_ANSIBLE_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR": "ignore",
        "ESET_ACCESS_TOKEN": "token-0123456789",
        "ESET_BASE_URL": cloud.eset_url,
    }
    for _run in range(1 + cached):
        done = inventory(cloud, tmp_path, options, **env)
        assert done.returncode == 0, done.stderr
    hosts = plain(json.loads(done.stdout))["_meta"]["hostvars"]
    assert sorted(known["name"] for known in hosts.values()) == sorted(["Acme Health", "Bravo", *attacks, *attacks])
    assert not any(letter in name for name in hosts for letter in "{}%'()")
    show = "{{ inventory_hostname }} {{ secops_tenant }} {{ name }} {{ joined }} {{ whole }} {{ listed }} {{ group_names }} {{ groups }}"
    tasks = [
        {"ansible.builtin.debug": {"msg": show}},
        {"ansible.builtin.debug": {"var": "hostvars"}},
        {"ansible.builtin.set_fact": {"again": "{{ secops_tenant.name }}", "all_of_it": "{{ hostvars[inventory_hostname] }}"}},
        {"ansible.builtin.debug": {"msg": "{{ again }} {{ all_of_it }}"}},
        {"secops.policy.policy_run": {"module": "meraki_sentry_assignments", "connection_only": True, "options": {"state": "gathered"}},
         "ignore_errors": True},
    ]  # fmt: skip
    book = [{"hosts": "all", "gather_facts": False, "connection": "local", "tasks": tasks}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(book), encoding="utf-8")
    done = run_command(["ansible-playbook", "-i", NAME, "play.yml"], tmp_path, environment(cloud, **env))
    assert done.returncode == 0, done.stdout + done.stderr
    assert attacks[0] in done.stdout.replace("\\'", "'")
    assert not mark.exists()


def test_an_error_ends_the_command_where_that_is_asked_for_and_never_looks_like_an_empty_fleet(cloud, tmp_path):
    done = inventory(cloud, tmp_path, {"inclde": ["x"]})
    said = " ".join(done.stderr.split())
    assert done.returncode != 0 and "inclde: Unsupported parameter." in said and KEY not in done.stdout + done.stderr
    said = " ".join(inventory(cloud, tmp_path, {"vendors": ["merak"]}).stderr.split())
    assert "vendors: 'merak' is not one of: meraki, eset. Did you mean meraki?" in said


@pytest.mark.parametrize("playbook", ["apply", "audit", "export", "restore"])
def test_a_playbook_without_a_host_fails(cloud, tmp_path, playbook):
    """An inventory that cannot be read is a warning to Ansible, and a play over nothing a success."""
    (tmp_path / NAME).write_text("plugin: secops.policy.tenants\nmeraki_api_key: wrong-key-0123456789\n", encoding="utf-8")
    done = run_command(
        ["ansible-playbook", "-i", NAME, f"secops.policy.{playbook}"],
        tmp_path,
        environment(cloud, ANSIBLE_INVENTORY_UNPARSED_FAILED="false"),
    )
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0 and "no host matches 'all'. The inventory is empty: pass one with -i" in said
    assert "401" in said and "check meraki_api_key (or MERAKI_DASHBOARD_API_KEY)" in said and "wrong-key-0123456789" not in said


@pytest.mark.slow
def test_the_playbooks_take_the_hosts_as_they_are(cloud, tmp_path):
    """Nothing but credentials is needed: the organization's id comes from the inventory."""
    inventory(cloud, tmp_path, {"include": ["Acme*"]})
    for hosts in ("all", ["Acme?Health"]):
        extra = [
            "-e",
            json.dumps(
                {"export_dir": str(tmp_path / "exports"), "secops_policy_hosts": hosts, "export_modules": ["meraki_sentry_assignments"]}
            ),
        ]
        done = run_command(["ansible-playbook", "-i", NAME, "secops.policy.export", *extra], tmp_path, environment(cloud))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Acme Health" in done.stdout
    assert any("/organizations/1/" in entry.path for entry in cloud.log) and not any(
        "/organizations/2/" in entry.path for entry in cloud.log
    )


@pytest.mark.slow
def test_each_customer_of_an_msp_is_a_tenant_of_its_own(cloud, tmp_path):
    """One ESET user sees them all. What is applied, audited and restored for one leaves the others alone."""
    eset = cloud.eset
    eset.add_user("api@example.com", "password-0123456789")
    for policy in "AB":
        eset.add_policy(f"Policy {policy}", uuid=policy)
    for name in ("Acme", "Coda"):
        eset.add_group(name, uuid=name, entity="COMPANY")
        eset.add_group("Servers", name, uuid=f"{name}-servers")
        eset.assign("A", "deviceGroupUuid", f"{name}-servers")
        eset.assign("A", "deviceGroupUuid", name)
    eset.add_group("Elsewhere", uuid="elsewhere")
    eset.assign("A", "deviceGroupUuid", "elsewhere")

    def stacks():
        targets = ("Acme", "Acme-servers", "Coda", "Coda-servers", "elsewhere")
        return ["".join(eset.stack("deviceGroupUuid", target)) for target in targets]

    desired = {"state": "overridden", "config": [{"target": {"device_group": "Servers"}, "policies": [{"policy": "Policy B"}]}]}
    (tmp_path / "group_vars").mkdir()
    group_vars = {"secops_policy": {"eset_policy_assignment": desired}, "apply_snapshot_dir": str(tmp_path / "snapshots")}
    (tmp_path / "group_vars" / "all.yml").write_text(yaml.safe_dump(group_vars), encoding="utf-8")
    (tmp_path / NAME).write_text("plugin: secops.policy.tenants\nvendors: [eset]\n", encoding="utf-8")
    env = environment(cloud, ESET_USERNAME="api@example.com", ESET_PASSWORD="password-0123456789", ESET_BASE_URL=cloud.eset_url)

    def run(playbook, *arguments):
        done = run_command(["ansible-playbook", "-i", NAME, f"secops.policy.{playbook}", *arguments], tmp_path, env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    run("apply", "--limit", "Acme")
    assert stacks() == ["", "B", "A", "A", "A"]
    run("audit", "-e", f"audit_report_dir={tmp_path}/report")
    report = json.loads((tmp_path / "report" / "drift.json").read_text(encoding="utf-8"))
    assert {tenant["name"]: tenant["verdict"] for tenant in report["tenants"]} == {"Acme": "in_sync", "Coda": "drifted"}
    run("apply")
    assert stacks() == ["", "B", "", "B", "A"]
    (file,) = (tmp_path / "snapshots").glob("Coda.*")
    assert '"scope": "Coda"' in file.read_text(encoding="utf-8")
    run("restore", "--limit", "Coda", "-e", f"restore_snapshot_dir={tmp_path}/snapshots")
    assert stacks() == ["", "B", "A", "A", "A"]
    run("export", "-e", f"export_dir={tmp_path}/exports", "-e", json.dumps({"export_modules": ["eset_policy_assignment"]}))
    exported = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "exports").rglob("*.yml") if "Acme" in str(file))
    assert "Acme-servers" in exported and "Coda" not in exported and "elsewhere" not in exported
    # The snapshot of one customer is not put into another one, nor into the whole tenant.
    done = run_command(
        ["ansible-playbook", "-i", NAME, "secops.policy.restore", "--limit", "Acme", "-e", f"restore_snapshot={file}"], tmp_path, env
    )
    assert done.returncode != 0 and stacks() == ["", "B", "A", "A", "A"]
