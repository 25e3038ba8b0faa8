# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users write, as Ansible hands it over: omitted items, vaulted texts, and the file and line of what is wrong with it."""

from __future__ import annotations

import json

import pytest
from ansible.constants import DEFAULT_VAULT_IDENTITY
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo

from .tenants import APPS, ESET, SENTRY, host, inventory, seeded, task

MODULE = """\
    - name: {name}
      secops.policy.meraki_private_app:
        api_key: "{{{{ meraki_api_key }}}}"
        base_url: "{{{{ meraki_base_url }}}}"
        organization_id: "{{{{ meraki_organization_id }}}}"
        deprecation_warning: false
        config: {config}
      check_mode: true
      ignore_errors: true
"""
PROCESS = (
    '      vars: {secops_policy_run_on: host, ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}\n'
)


@pytest.fixture(scope="module")
def tenant():
    with Cloud() as cloud:
        yield seeded(cloud)


@pytest.fixture
def run(tenant, run_playbook, tmp_path, monkeypatch):
    """Runs a playbook, given as text, on the tenant acme."""

    def run(text, *arguments):
        book = tmp_path / "site.yml"
        book.write_text(text, encoding="utf-8")
        return run_playbook(book, inventory=inventory(acme=host(tenant, None)), arguments=arguments)

    return run


def vaulted(text, indent):
    """A vaulted text, as ``ansible-vault encrypt_string`` prints it."""
    secret = [(DEFAULT_VAULT_IDENTITY, VaultSecret(b"of the vault"))]
    lines = VaultLib(secret).encrypt(text, secret[0][1]).decode().split()
    return "!vault |\n" + "".join(f"{' ' * indent}{line}\n" for line in lines)


def test_omitted_items_are_not_there_and_vaulted_texts_are_what_they_hold(run, tmp_path):
    """In a task of a module, in the worker and beside it, and in the roles."""
    config = f"""
          - name: Jira
            description: {vaulted("Vaulted tickets", 14)}
            sni: "{{{{ nothing | default(omit) }}}}"
          - "{{{{ nothing | default(omit) }}}}"
          - name: Wiki
            destinations:
              - destination_addr:
                  - "{{{{ nothing | default(omit) }}}}"
                  - {vaulted("172.16.0.9", 20)}
                protocol_ports: [{{protocol: TCP, ports: "443"}}]
                access_type: browser
            application_groups: [Clinics, "{{{{ nothing | default(omit) }}}}"]
"""
    (tmp_path / "password").write_text("of the vault", encoding="utf-8")
    text = f"""
- hosts: all
  gather_facts: false
  vars:
    secops_policy:
      {APPS}:
        verify: "{{{{ nothing | default(omit) }}}}"
        config: {config}
  tasks:
{MODULE.format(name="in the worker", config=config)}
{MODULE.format(name="variable", config="'{{ secops_policy." + APPS + ".config }}'")}
{MODULE.format(name="process", config="'{{ secops_policy." + APPS + ".config }}'")}{PROCESS}
    - ansible.builtin.include_role: {{name: secops.policy.validate}}
    - ansible.builtin.include_role: {{name: secops.policy.audit}}
    - ansible.builtin.include_role: {{name: secops.policy.apply}}
"""
    done = run(text, "--vault-password-file", str(tmp_path / "password"), "--check").ok()
    here = task(done, "in the worker")
    assert here["summary"] == {**here["summary"], "created": 1, "updated": 1}
    assert "172.16.0.9" in json.dumps(here["requests"]) and "Vaulted tickets" in here["plan_text"]
    for name in ("variable", "process"):
        assert {key: task(done, name)[key] for key in ("requests", "plan_digest")} == {
            key: here[key] for key in ("requests", "plan_digest")
        }
    assert task(done, "Validate the desired state")["modules"] == [APPS]
    assert task(done, "Write the report")["totals"]["deviations"] == 2
    assert task(done, "Check the plans")["digests"] == {APPS: here["plan_digest"]}
    assert "omit_place_holder" not in done.output


@pytest.mark.parametrize(("role", "at"), [("apply", "Summarize the results"), ("audit", "Show the summary")])
def test_a_run_that_starts_behind_the_first_task_is_refused(tenant, run_playbook, role, at):
    desired = {APPS: {"config": [{"name": "Jira", "description": "Tickets"}]}}
    done = run_playbook(
        f"secops.policy.{role}",
        inventory=inventory(acme=host(tenant, desired)),
        arguments=["--start-at-task", f"secops.policy.{role} : {at}"],
    )
    assert done.rc == 2 and "nothing was planned" not in done.output
    assert f"The role secops.policy.{role} cannot start behind its first task" in done.failed_result()["msg"]


def test_tags_that_select_nothing_of_a_role_are_said_and_those_that_do_are_not(run):
    """Where Ansible lets us: what a tag keeps from being included says nothing."""
    tasks = "".join(
        f"    - ansible.builtin.import_role: {{name: secops.policy.{role}}}\n" for role in ("apply", "audit", "export", "restore")
    )
    text = f"""
- hosts: all
  gather_facts: false
  vars: {{secops_policy: {{}}}}
  tasks:
{tasks}
    - ansible.builtin.import_role: {{name: secops.policy.validate}}
      tags: checks
"""
    done = run(text, "--tags", "checks").ok()
    warned = [item["result"]["warnings"][0].split(" was not run")[0] for item in done.results if item["result"].get("warnings")]
    assert warned == [f"the role secops.policy.{role}" for role in ("apply", "audit", "export", "restore")]
    assert task(done, "Validate the desired state")["msg"] == "the host has no desired state"


def test_no_desired_state_or_one_of_another_form_is_said_in_a_sentence(run_playbook, tenant):
    hosts = {"none": host(tenant, None), "null": host(tenant, None, secops_policy=None), "list": host(tenant, None, secops_policy=[])}
    done = run_playbook("secops.policy.apply", inventory=inventory(**hosts))
    assert done.rc == 2 and "argument_spec_data" not in done.output
    said = {item["host"]: item["result"]["msg"] for item in done.results if item["failed"]}
    missing = "Nothing was read or written: secops_policy is missing: set it for this host"
    assert said["none"] == said["null"] and said["none"].startswith(f"{missing}, for example in host_vars. ")
    assert "secops.policy.export" in said["none"], "which writes one"
    assert "must be a dictionary, with a key for each module" in said["list"] and len(said["list"]) < 250


def test_an_option_of_the_connection_that_is_missing_is_said_with_the_host_s_variable(run_playbook, tenant):
    bare = host(tenant, {SENTRY: {"config": []}})
    del bare["meraki_organization_id"], bare["meraki_api_key"]
    tenant.clear_log()
    said = run_playbook("secops.policy.apply", inventory=inventory(bare=bare)).failed_result()["msg"]
    assert "MERAKI_ORGANIZATION_ID" in said and "MERAKI_DASHBOARD_API_KEY" in said and tenant.log == []
    assert all(f"The host's variable is {name}" in said for name in ("meraki_api_key", "meraki_organization_id"))


def test_a_misspelled_desired_state_is_not_left_out(run_playbook, tenant):
    typo = host(tenant, None, secops_polcy={SENTRY: {"config": []}})
    for role in ("apply", "audit", "validate"):
        done = run_playbook(f"secops.policy.{role}", inventory=inventory(typo=typo))
        assert (
            done.rc == 2 and "secops_polcy is not a variable of this collection. Did you mean secops_policy?" in done.failed_result()["msg"]
        )


def test_a_host_s_desired_state_under_another_name_is_warned_of_where_its_group_has_one(run_playbook, tenant):
    """That of the group is taken, and an account from the environment where the host's own is called something else."""
    own = {"secops_polcy": {SENTRY: {"config": []}}, "meraki_key": "another-key-0123456789"}
    hosts = inventory(acme=host(tenant, None, **own))
    del hosts["all"]["hosts"]["acme"]["meraki_api_key"]
    hosts["all"]["vars"] = {"secops_policy": {SENTRY: {"config": [{"network": "Branch Berlin", "policies": []}]}}}
    for role in ("apply", "audit", "validate", "export"):
        done = run_playbook(f"secops.policy.{role}", inventory=hosts, env={"MERAKI_DASHBOARD_API_KEY": demo.API_KEY})
        said = " ".join(done.output.split())
        assert "secops_polcy is not a variable of this collection, and secops_policy is used" in said, role
        assert role == "validate" or "meraki_key is not a variable of this collection. Did you mean meraki_api_key?" in said, role


def test_what_is_wrong_with_an_account_names_the_variable_that_holds_it(run_playbook, tenant):
    wanted = {SENTRY: {"config": [{"network": "Branch Berlin", "policies": []}]}}
    wrong = host(tenant, wanted, meraki_api_key="another-key-0123456789")
    vault = host(tenant, wanted, meraki_api_key="{{ vault_key }}")
    done = run_playbook("secops.policy.apply", inventory=inventory(wrong=wrong, vault=vault))
    said = {item["host"]: item["result"]["msg"] for item in done.results if item["failed"]}
    assert "check meraki_api_key (or MERAKI_DASHBOARD_API_KEY)" in said["wrong"]
    assert "the variable meraki_api_key cannot be evaluated: 'vault_key' is undefined" in said["vault"]


def test_role_options_of_another_type_are_one_failure_in_words(run_playbook, tenant):
    """Each role's playbook, and nothing of an argument spec."""
    given = {
        "apply": ({"apply_snapshot_keep": "many", "apply_modules": ["x"]}, ["apply_snapshot_keep must be a whole number, and is 'many'"]),
        "audit": ({"audit_formats": "pdf", "audit_fail_on_drift": "maybe"}, ["audit_fail_on_drift must be true or false, and is 'maybe'"]),
        "export": ({"export_names": "perhaps"}, ["export_names must be true or false, and is 'perhaps'"]),
        "validate": ({"validate_modules": ["meraki_sentry_assignment"]}, ["Did you mean meraki_sentry_assignments?"]),
        "restore": ({"restore_modules": ["x"], "restore_force": 7}, ["restore_force must be true or false, and is 7"]),
    }
    tenant.clear_log()
    for role, (options, sentences) in given.items():
        done = run_playbook(f"secops.policy.{role}", inventory=inventory(acme=host(tenant, {})), extra_vars=options)
        assert done.rc == 2 and "argument_spec" not in done.output and tenant.log == []
        (failure,) = {item["result"]["msg"] for item in done.results if item["failed"]}
        assert failure.startswith("Nothing was read or written: ") and all(text in failure for text in sentences), failure
        assert all(name in failure for name in options), failure


def test_a_host_whose_organization_is_misspelled_or_missing_gets_no_other_ones(run_playbook, tenant):
    """The environment names the organization of another host: nothing is read or written there."""

    def sent():
        return [one for one in tenant.log if f"/{demo.ORGANIZATION}/" in one.path]

    desired = {SENTRY: {"state": "replaced", "config": [{"network": "Branch Berlin", "policies": []}]}}
    typo, none = host(tenant, desired, meraki_organisation_id="2930419"), host(tenant, desired)
    del typo["meraki_organization_id"], none["meraki_organization_id"]
    env = {"MERAKI_ORGANIZATION_ID": demo.ORGANIZATION}
    tenant.clear_log()
    for role in ("apply", "audit", "export"):
        hosts = inventory(typo=typo, none=none, own=host(tenant, desired, meraki_organization_id="999999"))
        done = run_playbook(f"secops.policy.{role}", inventory=hosts, env=env)
        assert "meraki_organisation_id is not a variable of this collection. Did you mean meraki_organization_id?" in done.output, role
        assert "meraki_organization_id is missing for this host, and MERAKI_ORGANIZATION_ID may be meant for another one" in done.output
        assert not sent(), role
    # One host, or several that all leave it to the environment, are as they were.
    done = run_playbook("secops.policy.audit", inventory=inventory(none=none, other=none), env=env)
    assert done.rc == 0 and sent()


BASE = """
- hosts: all
  gather_facts: false
  vars:
    base:
      - name: Jira
        destinations:
          - destination_addr: ["0x1"]
      - name: NO
    secops_policy:
      meraki_private_app:
        config: "{{ base }}"
      eset_policy_assignment:
        expected_plan: abc
        config:
          - "{{ nothing | default(omit) }}"
          - target:
              device_group: Servers
            policies: [{policy: Baseline}]
      meraki_sentry_assignments:
        state: replaced
        forse: true
        config: []
      meraki_firewall: {}
  tasks:
"""


def test_errors_carry_file_and_line_of_the_users_data(run, tenant):
    """Literal and by variables, found before the connection and after it; in the message, in ``errors``, and in the report."""
    literal = """
          - name: jira
            description: of the look-alike
"""
    modules = "".join(
        MODULE.format(name=name, config=config) + more
        for name, config, more in (
            ("literal", literal, ""),
            ("by variable", "'{{ base }}'", ""),
            ("beside the worker", "'{{ base }}'", PROCESS),
        )
    )
    roles = "".join(
        f"    - block: [{{include_role: {{name: secops.policy.{role}}}}}]\n      rescue: [{{debug: {{}}}}]\n"
        for role in ("validate", "audit", "export", "restore", "apply")
    )
    done = run(BASE + modules + roles)

    def line(text, which=0):
        return [number for number, one in enumerate((BASE + modules).splitlines(), start=1) if text in one][which]

    def positions(result):
        return {error["path"].rpartition("secops_policy.")[2]: error.get("line") for error in result["errors"]}

    (looked_up,) = task(done, "literal")["errors"]
    assert (looked_up["file"].endswith("site.yml"), looked_up["line"]) == (True, line("name: jira"))
    assert f"config[0].name ({looked_up['file']}:{looked_up['line']}): application 'jira' does not exist" in task(done, "literal")["msg"]
    config = {
        "config[0].destinations[0].destination_addr[0]": line("0x1"),
        "config[0].destinations[0].protocol_ports": line("0x1"),
        "config[1].name": line("name: NO"),
    }
    for name in ("by variable", "beside the worker"):
        found = positions(task(done, name))
        assert {path: found[path] for path in config} == config
    own = {f"{SENTRY}.forse": line("forse"), "meraki_firewall": line("meraki_firewall")}
    everything = {
        **own,
        **{f"{APPS}.{path}": number for path, number in config.items()},
        f"{ESET}.expected_plan": line("abc"),
        f"{SENTRY}.config": line("config: []"),
    }
    for name, expected in (
        ("Validate the desired state", everything),
        ("Write the desired state", own),
        ("Read the snapshot", own),
        ("Check the plans", everything),
    ):
        found = positions(task(done, name))
        assert {path: found.get(path) for path in expected} == expected, name
        assert f"site.yml:{line('forse')})" in task(done, name)["msg"]
    (failure,) = task(done, "Write the report")["failures"].values()
    assert f"site.yml:{line('abc')})" in failure and f"site.yml:{line('forse')})" in failure and f"site.yml:{line('name: NO')})" in failure
    assert tenant.writes() == []
    assert demo.API_KEY not in done.output
