# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role awx: the real modules of awx.awx, through the example project's awx.yml, against a strict mock server for AWX's API.

Skipped, and said so, where awx.awx cannot be had; with SECOPS_REQUIRE_AWX=1, as continuous integration sets it, that is a failure.
"""

from __future__ import annotations

import json
import os

import pytest
import yaml
from ansible_collections.secops.policy.tests.awx import Awx, rules, server
from ansible_collections.secops.policy.tests.mock_cloud import demo

from . import runner, tenants
from .harness import COLLECTIONS, LOCAL, ROOT

pytestmark = pytest.mark.slow

PROJECT = ROOT / "examples" / "awx"
ROLE = ROOT / "roles" / "awx"
#: What runs the modules of awx.awx in the worker.
ACTIONS = ROOT / "tests" / "integration" / "action_plugins"
#: Where ``make test`` puts awx.awx.
MODULES = ROOT / "build" / "awx"
PLAYBOOKS = sorted(path.name for path in PROJECT.glob("*.yml"))
JOBS = ("audit", "apply", "export", "restore")
#: All that the role needs to be told.
PLAIN = {"awx_scm_url": "https://git.example.com/policy/awx.git"}
#: Files of the inventory plugin in the project, and the credential that each is read with.
SOURCES = {f"tenants/{vendor.lower()}.secops_policy.yml": f"{vendor} read only" for vendor in ("Meraki", "ESET")}
TENANT_SOURCES = [{"path": path, "credential": credential} for path, credential in SOURCES.items()]


@pytest.fixture(scope="module", autouse=True)
def modules():
    if (MODULES / "ansible_collections" / "awx" / "awx" / "plugins").is_dir():
        return
    lacking = "awx.awx is not in build/awx, where make test-slow puts it"
    if os.environ.get("SECOPS_REQUIRE_AWX"):
        pytest.fail(f"SECOPS_REQUIRE_AWX is set, and {lacking}")
    pytest.skip(f"{lacking}: the role awx is not run")


@pytest.fixture
def awx():
    with Awx(PLAYBOOKS) as started:
        started.add("teams", name="Security", organization=started.one("organizations", name="Default")["id"])
        yield started


@pytest.fixture
def set_up(awx, run_playbook):
    """Run the project's awx.yml, or the role with other variables; nothing of ours is deprecated.

    ``processes``: start the modules of awx.awx as Ansible does, and not in Ansible's worker, which takes half the time.
    """

    def run(extra_vars=None, collections=f"{COLLECTIONS}:{MODULES}", fails=False, processes=False, **more):
        loading = {"ANSIBLE_COLLECTIONS_PATH": collections}
        # Nothing here speaks TLS, and loading the certificates of all CAs for each request takes most of the time.
        env = {**awx.environment, "SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
        if not processes:
            loading |= {"ANSIBLE_ACTION_PLUGINS": str(ACTIONS)}
        playbook = PROJECT / "awx.yml" if extra_vars is None else "secops.policy.awx"
        hosts = {"all": {"hosts": {"localhost": LOCAL}}}
        done = run_playbook(playbook, inventory=hosts, extra_vars=extra_vars, env=env, loading=loading, **more)
        assert (done.rc != 0) is fails, done.output
        ours = [item["result"].get("deprecations") for item in done.results if not item["action"].startswith("awx.awx.")]
        assert not any(ours), done.output
        return done

    return run


def changed(done):
    return [item["name"] for item in done.results if item["result"].get("changed")]


def test_what_it_makes_is_there_and_as_it_says(awx, set_up):
    """On every ansible-core, for numbers and templates that AWX is to get come through each in its own way; in module processes first."""
    first = set_up(processes=True)
    assert changed(first)
    count = len(awx.writes())
    assert len(awx.objects["job_templates"]) == 4 and len(awx.objects["workflow_job_template_nodes"]) == 3
    it_is_what_the_role_says(awx)
    second = set_up(check=True)
    assert changed(second) == []
    assert len(awx.writes()) == count
    assert server.TOKEN not in first.output + second.output


@pytest.mark.once
def test_check_mode_makes_nothing_and_a_second_run_neither(awx, set_up):
    credentials = [{"name": name, "type": name.split()[0].lower(), "jobs": ["audit"]} for name in SOURCES.values()]
    given = {**PLAIN, "awx_credentials": credentials, "awx_tenant_sources": TENANT_SOURCES}
    first = set_up(given, check=True)
    assert awx.writes() == [] and changed(first)
    assert "could not be looked at" in first.stdout
    set_up(given)
    count = len(awx.writes())
    assert changed(set_up(given)) == [] and changed(set_up(given, check=True)) == []
    assert len(awx.writes()) == count


def it_is_what_the_role_says(awx):
    workflow = awx.one("workflow_job_templates")["id"]
    nodes = {node["identifier"]: node for node in awx.objects["workflow_job_template_nodes"].values()}
    edges = {
        (name, relation, child)
        for name, node in nodes.items()
        for relation in ("success_nodes", "failure_nodes", "always_nodes")
        for child in awx.names("workflow_job_template_nodes", node["id"], relation)
    }
    assert edges == {("audit", "failure_nodes", "approval"), ("approval", "success_nodes", "apply")}
    assert {node["workflow_job_template"] for node in nodes.values()} == {workflow}
    approval = awx.objects["workflow_approval_templates"][nodes["approval"]["unified_job_template"]]
    assert approval["timeout"] == 86400
    templates = {job: awx.one("job_templates", name=f"Policy {job}") for job in JOBS}
    assert [nodes[name]["unified_job_template"] for name in ("audit", "apply")] == [templates[name]["id"] for name in ("audit", "apply")]
    for job, template in templates.items():
        source = (PROJECT / template["playbook"]).read_text(encoding="utf-8")
        assert yaml.safe_load(source)[0]["ansible.builtin.import_playbook"] == f"secops.policy.{job}"
        wanted = ["ESET read only", "Meraki read only"] if job in ("audit", "export") else ["ESET", "Meraki"]
        assert awx.names("job_templates", template["id"], "credentials") == wanted
        assert template["execution_environment"] == awx.one("execution_environments")["id"]
        assert set(rules.survey_answers(awx.surveys[template["id"]], {})) <= documented_variables(job)
        assert set(json.loads(template["extra_vars"])) <= documented_variables(job)
    assert awx.names("job_templates", templates["audit"]["id"], "notification_templates_error") == ["Policy drift"]
    assert awx.names("workflow_job_templates", workflow, "notification_templates_approvals") == ["Policy drift"]
    assert awx.teams("workflow_job_templates", "Policy audit, approval, apply", "approval") == ["Security"]
    assert awx.teams("job_templates", "Policy audit", "read") == ["Security"]
    assert awx.one("schedules")["unified_job_template"] == templates["audit"]["id"]
    source = awx.one("inventory_sources")
    assert (PROJECT / source["source_path"]).is_file() and source["source_project"] == awx.one("projects")["id"]


def documented_variables(role):
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return set(specs["argument_specs"]["main"]["options"])


@pytest.mark.once
def test_jobs_of_what_it_makes_do_what_was_approved(awx, set_up, cloud, tmp_path):
    """The workflow as AWX runs it: variables, surveys, credentials and artifacts are those of the templates that the role made."""
    tenants.seeded(cloud)
    names = (("ESET read only", ["audit"]), ("ESET", ["apply"]), ("Meraki read only", ["audit"]), ("Meraki", ["apply"]))
    credentials = [{"name": name, "type": name.split()[0].lower(), "jobs": jobs} for name, jobs in names]
    hook = {"type": "webhook", "configuration": {"url": "https://chat.example.com", "headers": {}}}
    own = {"awx_files_dir": str(tmp_path / "files"), "awx_tenant_sources": TENANT_SOURCES, "awx_slices": 2}
    set_up({**PLAIN, **own, "awx_credentials": credentials, "awx_notification": hook})
    said = json.loads(said_of_an_audit(awx))
    assert said["drifted"] == ["berlin"] and said["unreadable"] == ['"paris" <&>']
    for credential in awx.objects["credentials"].values():
        eset = {"username": demo.ESET_USER, "password": demo.ESET_PASSWORD, "base_url": cloud.eset_url}
        # As somebody enters them in AWX.
        credential["inputs"] = eset if credential["name"].startswith("ESET") else {"api_key": demo.API_KEY, "base_url": cloud.meraki_url}
    inventory = runner.exported_inventory()

    def launch(template, artifacts=None):
        job = awx.job(template, workflow="Policy audit, approval, apply", artifacts=artifacts)
        folder = tmp_path / template.replace(" ", "-")
        folder.mkdir()
        arguments = ["--forks", str(job["forks"]), *["--diff"] * job["diff"]]
        return runner.run(runner.private_data(folder, inventory, job["env"], job["extra_vars"], arguments), job["playbook"])

    audit = launch("Policy audit")
    assert audit.status == "failed" and cloud.writes() == []
    assert (tmp_path / "files" / "reports" / "4711" / "drift.html").is_file()
    message = {**rules.STUB, "job": {**rules.STUB["job"], "name": "Policy audit", "artifacts": audit.artifacts}}
    told = json.loads(rules.rendered(awx.one("notification_templates")["messages"]["error"]["body"], message))
    assert set(told["drifted"]) == set(inventory) and told["unreadable"] == []
    apply = launch("Policy apply", audit.artifacts)
    assert (apply.status, apply.changed) == ("successful", set(inventory)), apply.output
    assert len(tenants.files(tmp_path / "files" / "snapshots")) == len(inventory)
    sliced_audit_of_what_the_vendors_list(awx, tmp_path)


def sliced_audit_of_what_the_vendors_list(awx, folder):
    """A source for each vendor with its credential and a schedule, read as AWX reads it; jobs of the sliced template share the hosts."""
    hosts = {}
    for path in SOURCES:
        source = awx.one("inventory_sources", name=f"Policy tenants, {path}")
        assert source["update_on_launch"] and source["overwrite"] and source["overwrite_vars"]
        assert awx.one("schedules", unified_job_template=source["id"])["rrule"].startswith("DTSTART:20260101T013000Z")
        found = runner.listed(**awx.update(source["name"]))
        assert found and not hosts.keys() & found.keys()
        hosts |= found
    assert set(hosts) == {"Example Clinics", "Example Dental", "Example Health", "Example Optics"}
    job, started = awx.job("Policy audit"), []
    for number, names in enumerate(awx.slices("Policy audit", hosts)):
        own = folder / f"slice{number}"
        own.mkdir()
        given = ({name: hosts[name] for name in names}, job["env"], job["extra_vars"], ("--forks", str(job["forks"])))
        started.append((own, runner.start(runner.private_data(own, *given), "run", "--ident", "job", "--playbook", job["playbook"])))
    jobs = [runner.finished(*one) for one in started]
    artifacts = [dict(one.artifacts) for one in jobs]
    assert [len(one) for one in artifacts] == [2, 2], "\n".join(one.output for one in jobs)
    assert {key: one["drift"] for both in artifacts for key, one in both.items()} == {f"secops_policy_audit_{name}": True for name in hosts}
    assert not [secret for one in jobs for text in one.texts() for secret in tenants.SECRETS if secret in text]


@pytest.mark.once
def test_an_email_reads_the_artifacts(awx, set_up):
    """What the other kinds say is looked at where they are made: a webhook with the jobs, Slack with the secrets."""
    configuration = {"host": "mail.example.com", "port": 25, "sender": "awx@example.com", "recipients": ["a@example.com"]}
    set_up({**PLAIN, "awx_notification": {"type": "email", "configuration": configuration}})
    body = said_of_an_audit(awx)
    assert body.split("\n") == ["Audit #7: failed", "- berlin drifted", '- "paris" <&> could not be read', rules.STUB["url"]]


def said_of_an_audit(awx):
    """The body of what is said of an audit that failed; the message says the same in every kind of notification."""
    artifacts = {
        "secops_policy_audit_berlin": {"drift": True, "digests": {"eset_policy_assignment": "ab"}},
        'secops_policy_audit_"paris" <&>': {"drift": None, "digests": {}},
        "secops_policy_audit_rome": {"drift": False, "digests": {}},
        "something_else": 42,
    }
    context = {**rules.STUB, "job": {**rules.STUB["job"], "id": 7, "name": "Audit", "status": "failed", "artifacts": artifacts}}
    messages = awx.one("notification_templates")["messages"]
    said = rules.rendered(messages["error"]["message"], context)
    assert said == f'Audit #7: failed. berlin drifted, "paris" <&> could not be read. {rules.STUB["url"]}'
    assert rules.rendered(messages["success"]["message"], rules.STUB) == f"Stub JobTemplate #42: running. {rules.STUB['url']}"
    assert "Approve Me" in rules.rendered(messages["workflow_approval"]["running"]["message"], rules.STUB)
    return rules.rendered(messages["error"]["body"], context)


@pytest.mark.once
def test_secrets_are_sent_once_or_on_demand_and_never_shown(awx, set_up):
    secret, token = "a-key-that-nobody-should-see", "a-hook-that-nobody-should-see"
    given = {
        **PLAIN,
        "awx_credentials": [{"name": "Meraki", "type": "meraki", "jobs": ["audit", "apply"], "inputs": {"api_key": secret}}],
        "awx_notification": {"type": "slack", "configuration": {"token": token, "channels": ["policy"]}},
        "awx_hosts": {"rome": {"eset_password": secret, "secops_policy": {}}, "vienna": None},
    }
    done = [set_up(given, verbosity=3), set_up(given)]
    assert said_of_an_audit(awx) == ""
    assert awx.one("credentials")["inputs"] == {"api_key": secret}
    assert json.loads(awx.one("hosts", name="rome")["variables"])["eset_password"] == secret and awx.one("hosts", name="vienna")
    assert awx.one("notification_templates")["notification_configuration"]["token"] == token
    assert changed(done[1]) == []
    count = len(awx.writes())
    done.append(set_up({**given, "awx_update_secrets": True}))
    assert [path.split("/")[3] for _method, path, _body in awx.writes()[count:]] == ["credentials", "notification_templates"]
    for one in done:
        assert not [secret_ for secret_ in (secret, token, server.TOKEN) if secret_ in one.output + json.dumps(one.results)]


def test_options_that_are_text_are_what_they_say(awx, set_up):
    """As ``-e name=value`` gives them, on every ansible-core: before 2.19 any text but an empty one counts as true in a condition."""
    given = {
        **PLAIN, "awx_credential_types": "false", "awx_update_secrets": "no", "awx_slices": "3", "awx_approvers": "Security",
        "awx_approval_timeout": "60", "awx_notification": {"type": "slack", "configuration": {"token": "a-token", "channels": ["policy"]}},
    }  # fmt: skip
    done = set_up(given)
    assert len(awx.objects["credential_types"]) == 0 and "Make the credential type for Meraki" not in changed(done)
    assert awx.one("job_templates", name="Policy audit")["job_slice_count"] == 3
    assert awx.one("workflow_approval_templates")["timeout"] == 60
    assert awx.teams("workflow_job_templates", "Policy audit, approval, apply", "approval") == ["Security"]
    count = len(awx.writes())
    assert changed(set_up(given)) == [] and len(awx.writes()) == count


@pytest.mark.once
def test_a_second_set_beside_the_first(awx, set_up):
    """Without what only a system administrator may do, and without a volume: nothing that would lose its files is made."""
    set_up(PLAIN)
    awx.add("execution_environments", name="Ours", image="registry.example.com/ours:1")
    awx.add("instance_groups", name="Volumes")
    count = len(awx.writes())
    given = {
        "awx_name": "Lab", "awx_credential_types": False, "awx_execution_environment": {"name": "Ours"}, "awx_instance_groups": ["Volumes"],
        "awx_inventory_source": "", "awx_hosts": {"lab": {}}, "awx_schedule_starts": "workflow", "awx_slices": 3,
        "awx_playbooks": {"audit": "audit_upload.yml"}, "awx_credentials": [], "awx_scm_branch": "lab",
    }  # fmt: skip
    set_up({**PLAIN, **given})
    made = awx.writes()[count:]
    assert "credential_types" not in {path.split("/")[3] for _method, path, _body in made}
    audit = awx.one("job_templates", name="Lab audit")
    assert (audit["playbook"], audit["job_slice_count"]) == ("audit_upload.yml", 3)
    assert awx.names("job_templates", audit["id"], "instance_groups") == ["Volumes"]
    assert sorted(item["name"] for item in awx.objects["job_templates"].values()) == [
        "Lab apply",
        "Lab audit",
        "Policy apply",
        "Policy audit",
    ]
    assert (
        awx.one("schedules", name="Lab workflow")["unified_job_template"]
        == awx.one("workflow_job_templates", name="Lab audit, approval, apply")["id"]
    )
    assert len(awx.objects["inventory_sources"]) == 1 and len(awx.objects["notification_templates"]) == 0


@pytest.mark.once
def test_what_it_refuses(awx, set_up):
    done = set_up(collections=str(COLLECTIONS), fails=True)
    assert done.failed_result()["msg"] == (
        "The role secops.policy.awx needs the collection awx.awx: ansible-galaxy collection install 'awx.awx:>=24.6.1'"
    )
    two = [{"name": name, "type": "eset", "jobs": ["audit"]} for name in ("one", "another")]
    done = set_up({**PLAIN, "awx_credentials": two}, fails=True)
    assert "AWX takes one credential of a type for a job, and there are several for audit" in done.output
    done = set_up({"awx_credentials": [{"name": "one", "type": "esset"}], "awx_notification": {"type": "webhook"}}, fails=True)
    assert all(word in done.output for word in ("esset", "jobs", "configuration"))
    done = set_up({"awx_organization": "Example Health"}, fails=True)
    assert done.failed_result()["msg"] == "awx_scm_url is missing. Set it to the Git repository of the project."
    assert "argument_spec_data" not in done.output
    twice = {"path": "a.secops_policy.yml", "credential": "one"}
    done = set_up({**PLAIN, "awx_tenant_sources": [{"path": "tenants.yml", "credential": "one"}, twice, twice]}, fails=True)
    assert all(f"{path} must end in .secops_policy.yml and be listed once" in done.output for path in ("tenants.yml", twice["path"]))
    assert awx.log == []


@pytest.mark.once
def test_defaults_are_those_documented():
    options = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert {name: option["default"] for name, option in options.items() if "default" in option} == defaults
