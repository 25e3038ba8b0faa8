# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role export: what is there as desired state, for people to read and for apply to find nothing to do."""

from __future__ import annotations

import json
import stat

import pytest
import yaml
from ansible_collections.secops.policy.tests.mock_cloud import demo

from .harness import run_command
from .tenants import APPS, ESET, SECRETS, SENTRY, SERVERS, files, host, inventory, seeded, task

WRITE = "Write the desired state"


@pytest.fixture
def tenant(cloud):
    return seeded(cloud)


@pytest.fixture
def export(run_playbook, tmp_path):
    def run(hosts, **more):
        variables = {"export_dir": str(tmp_path / "exports"), **more.pop("extra_vars", {})}
        return run_playbook("secops.policy.export", inventory=hosts, extra_vars=variables, **more)

    return run


@pytest.fixture
def feed_back(run_playbook, tmp_path):
    """Run apply with an exported file as the host's variables, and nothing else but credentials."""

    def run(cloud, file):
        return run_playbook(
            "secops.policy.apply",
            inventory=inventory(acme=host(cloud, None)),
            arguments=["-e", f"@{file}", "-e", f"apply_snapshot_dir={tmp_path}/s"],
        )

    return run


BY_IDS = (
    "- network_id: N_24329160  # Branch Berlin",
    "sm_network_id: N_24329157  # Corp SM",
    'group_policy_id: "101"  # Staff',
    f'device_group_uuid: "{SERVERS}"  # Servers',
    "device_uuid: c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e0001  # web-01",
    '- policy_uuid: "4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e0002"  # Server hardening',
    '- "5006"  # Westcoast',
)
BY_NAMES = (
    "- network: Branch Berlin  # N_24329160",
    "sm_network: Corp SM  # N_24329157",
    "group_policy: Staff  # 101",
    f"device_group: Servers  # {SERVERS}",
    "device_uuid: c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e0001  # web-01",
    "- policy: Server hardening  # 4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e0002",
    "- Westcoast  # 5006",
)


@pytest.mark.parametrize(("state", "names"), [("replaced", True), ("overridden", True), ("replaced", False)])
def test_an_export_says_what_is_there_and_applying_it_changes_nothing(tenant, export, feed_back, tmp_path, state, names):
    done = export(inventory(acme=host(tenant, None)), extra_vars={"export_state": state, "export_names": names}).ok()
    (file,) = files(tmp_path / "exports")
    assert file.name == "acme.yml" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert task(done, WRITE)["path"] == str(file) and task(done, WRITE)["changed"]
    text = file.read_text(encoding="utf-8")
    head = text.split("---\n")[0]
    assert "acme" in head and f"{tenant.meraki_url}/organizations/{demo.ORGANIZATION}" in head and tenant.eset_url in head
    for line in BY_NAMES if names else BY_IDS:
        assert f"{line}\n" in text
    desired_state = yaml.safe_load(text)["secops_policy"]
    assert list(desired_state) == [ESET, SENTRY, APPS] and {entry["state"] for entry in desired_state.values()} == {state}
    assert ("max_removals" in desired_state[APPS]) == (state == "overridden")
    assert [unit["name"] for unit in desired_state[APPS]["config"]] == ["Intranet", "Jira", "Lab Results"]
    assert ("application_id" in text, "policy_id" in text) == (not names, not names), "own ids would fit this tenant alone"
    assert not [secret for secret in (*SECRETS, *tenant.eset.issued) if secret in text]

    fed = feed_back(tenant, file).ok()
    assert tenant.writes() == [] and not [item for item in fed.results if item["result"].get("changed")]
    assert {entry["state"] for entry in task(fed, "Summarize the results")["summary"].values()} == {"unchanged"}


def test_the_same_again_leaves_the_file_and_anything_else_does_not(tenant, export, tmp_path):
    """Also in another order of the server's; check mode says so and writes nothing; a file that is no export is not written over."""
    hosts = inventory(acme=host(tenant, None))
    planned = export(hosts, check=True).ok()
    assert task(planned, WRITE)["changed"] and files(tmp_path) == []
    export(hosts).ok()
    (file,) = files(tmp_path / "exports")
    first = (file.read_bytes(), file.stat().st_mtime_ns)
    again = export(hosts).ok()
    assert not task(again, WRITE)["changed"] and (file.read_bytes(), file.stat().st_mtime_ns) == first
    tenant.meraki.add_sentry("N_24329162", [{"smNetworkId": "N_24329157", "scope": "none", "tags": [], "groupPolicyId": "300"}])
    assert task(export(hosts).ok(), WRITE)["changed"] and file.read_bytes() != first[0]
    text = file.read_text(encoding="utf-8").replace("state: replaced", "state: merged", 1)
    file.write_text(text, encoding="utf-8")
    tenant.meraki.add_sentry("N_24329162", [{"smNetworkId": "N_24329157", "scope": "all", "tags": [], "groupPolicyId": "300"}])
    assert "has been edited" in export(hosts).failed_result()["msg"] and file.read_text(encoding="utf-8") == text
    file.write_text("meraki_organization_id: 1\n", encoding="utf-8")
    other = export(hosts)
    assert "is not an export" in other.failed_result()["msg"] and file.read_text(encoding="utf-8") == "meraki_organization_id: 1\n"


def test_what_is_off_or_not_set_is_noted_and_what_fails_fails(tenant, export, tmp_path):
    """A tenant without Secure Connect, one with ESET alone, one with nothing, one with a wrong key."""
    tenant.meraki.early_access_off = True
    nothing = dict.fromkeys(("meraki_api_key", "eset_username", "eset_password"), "")
    hosts = inventory(
        plain=host(tenant, None),
        eset=host(tenant, {APPS: {"organization_id": None}}, meraki_api_key=None),
        none={key: value for key, value in host(tenant, None, **nothing).items() if not key.endswith(("key", "name", "word"))},
        wrong=host(tenant, None, eset_password="wrong"),
        typo=host(tenant, {APPS: {"organisation": "1"}}),
        null=host(tenant, {APPS: None, SENTRY: [1]}),
    )
    done = export(hosts)
    assert {item["host"] for item in done.results if item["failed"]} == {"none", "wrong", "typo", "null"}
    failures = {item["host"]: item["result"] for item in done.results if item["failed"]}
    assert "nothing to export" in failures["none"]["msg"]
    assert [item["path"] for item in failures["wrong"]["errors"]] == [f"secops_policy.{ESET}"]
    assert [item["path"] for item in failures["typo"]["errors"]] == [f"secops_policy.{APPS}.organisation"]
    assert {f"secops_policy.{APPS}", f"secops_policy.{SENTRY}"} == {item["path"] for item in failures["null"]["errors"]}
    eset, plain = files(tmp_path / "exports")
    assert (eset.name, plain.name) == ("eset.yml", "plain.yml")
    assert list(yaml.safe_load(plain.read_text(encoding="utf-8"))["secops_policy"]) == [ESET, SENTRY]
    assert f"# {APPS}: left out, because the API is off" in plain.read_text(encoding="utf-8") and "404" in plain.read_text(encoding="utf-8")
    assert f"; {APPS}: left out. File: " in task(done, WRITE, 0)["msg"]
    assert "Secure Connect" in " ".join(task(done, WRITE, 0).get("warnings", [])) + done.stderr
    assert list(yaml.safe_load(eset.read_text(encoding="utf-8"))["secops_policy"]) == [ESET]
    assert f"# {SENTRY}: left out, because its credentials are not set: api_key" in eset.read_text(encoding="utf-8")


def test_an_export_says_which_organization_it_is_of_and_holds_none(tenant, export, tmp_path):
    """By its id, also where it was given by name; the desired state can be fed to another one on purpose."""
    by_name = {"meraki_organization_id": None, "meraki_organization": "Example Health"}
    export(inventory(acme=host(tenant, None, **by_name)), extra_vars={"export_modules": f"{SENTRY},{APPS}"}).ok()
    (file,) = files(tmp_path / "exports")
    head, _line, body = file.read_text(encoding="utf-8").partition("---\n")
    for module, what in ((SENTRY, ""), (APPS, "private applications ")):
        assert f"# {module}: 3 {what}from {tenant.meraki_url}/organizations/{demo.ORGANIZATION}\n" in head
    assert f"# {ESET}: left out, because export_modules does not name it" in head
    assert demo.ORGANIZATION not in body and "Example Health" not in body


def test_modules_that_are_not_asked_for_are_not_read(tenant, export, tmp_path):
    """The credentials of both vendors are there, and each host is a tenant of one of them."""
    hosts = inventory(health=host(tenant, None, export_modules=[SENTRY, APPS]), endpoints=host(tenant, None, export_modules=[ESET]))
    done = export(hosts).ok()
    assert "left out" not in task(done, WRITE, 0)["msg"], "nobody has asked for it"
    desired_states = {file.stem: file.read_text(encoding="utf-8") for file in files(tmp_path / "exports")}
    assert {name: list(yaml.safe_load(text)["secops_policy"]) for name, text in desired_states.items()} == {
        "endpoints": [ESET], "health": [SENTRY, APPS]
    }  # fmt: skip
    assert f"# {ESET}: left out, because export_modules does not name it" in desired_states["health"]
    wrong = export(inventory(health=host(tenant, None, export_modules=["meraki"])))
    assert wrong.rc == 2 and "export_modules" in str(wrong.failed_result())


def test_an_audit_finds_what_was_exported_to_host_vars(tenant, tmp_path):
    """Whatever the hosts are called: the variables of a host are in a file of its name."""
    names = ("Köln", "Acme Inc", "acme.example", "it's & {odd}")
    (tmp_path / "inventory.json").write_text(json.dumps(inventory(**{name: host(tenant, None) for name in names})), encoding="utf-8")
    command = ["ansible-playbook", "-i", "inventory.json"]
    done = run_command([*command, "secops.policy.export", "-e", "export_dir=host_vars"], tmp_path, {})
    assert done.returncode == 0, done.stdout
    done = run_command([*command, "secops.policy.audit"], tmp_path, {})
    assert "4 tenants: 4 in sync" in done.stdout, done.stdout


def test_a_tenant_with_nothing_in_it_can_be_fed_back_too(cloud, export, feed_back, tmp_path):
    cloud.meraki.add_key(demo.API_KEY)
    cloud.meraki.add_organization(demo.ORGANIZATION, "Empty")
    cloud.eset.add_user(demo.ESET_USER, demo.ESET_PASSWORD)
    export(inventory(acme=host(cloud, None))).ok()
    (file,) = files(tmp_path / "exports")
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == {"secops_policy": {}}
    feed_back(cloud, file).ok()
    export(inventory(acme=host(cloud, None)), extra_vars={"export_state": "overridden"}).ok()
    feed_back(cloud, file).ok()
    assert cloud.writes() == []


HOSTILE = "\"'<b>&amp;</b> {{ 7 * 7 }} {% raw %} {# #} #\n---\r\n\u2028\x85\x07x: y \\ \U0001f600"


@pytest.mark.parametrize("names", [True, False])
def test_hostile_texts_are_comments_and_data_and_nothing_else(tenant, export, feed_back, tmp_path, names):
    """Names in comments cannot become data, data cannot become templates; a name that several have, or nearly, is no name. Fed back, all
    of it is the current state."""
    meraki = tenant.meraki
    for number, name in enumerate(("Twin", "Twin", "Near", "near ", "Nea\u200br")):
        network = f"N_77{number}"
        meraki.add_network(demo.ORGANIZATION, network, name)
        meraki.add_group_policy(network, "1", name)
        meraki.add_group_policy(network, "2", name if number % 2 else f"{name} ")
        meraki.add_sentry(
            network, [{"smNetworkId": "N_24329157", "scope": "all", "tags": [], "groupPolicyId": policy} for policy in ("1", "2")]
        )
        group = meraki.add_group(demo.ORGANIZATION, name)
        destination = {"destinationAddr": ["10.0.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": "22"}], "accessType": "network"}
        meraki.add_application(demo.ORGANIZATION, name=f"In group {number}", destinations=[destination], applicationGroupIds=[group])
        uuid = tenant.eset.add_group(name)
        tenant.eset.assign(tenant.eset.add_policy(name), "deviceGroupUuid", uuid)
    meraki.add_network(demo.ORGANIZATION, "N_9", f"secops_policy: {HOSTILE}")
    meraki.add_group_policy("N_9", "900", HOSTILE)
    meraki.add_sentry("N_9", [{"smNetworkId": "N_24329157", "scope": "withAny", "tags": [HOSTILE, "yes", "1"], "groupPolicyId": "900"}])
    group = meraki.add_group(demo.ORGANIZATION, HOSTILE)
    odd = {"destinationAddr": ["10.0.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": "22"}], "accessType": "network"}
    for number, text in enumerate((HOSTILE, "{{ 1", "true", "1e3", "~", "- x", " y ", "{'a': 1}", "{{ [1] }}")):
        fields = {"name": f"Odd {number}", "description": text, "destinations": [odd], "applicationGroupIds": [group]}
        meraki.add_application(demo.ORGANIZATION, **fields)
    server = tenant.eset.add_group(HOSTILE)
    tenant.eset.assign(tenant.eset.add_policy(HOSTILE), "deviceGroupUuid", server)
    done = export(inventory(**{"ac:me/../x": host(tenant, None)}), verbosity=4, extra_vars={"export_names": names}).ok()
    (file,) = files(tmp_path / "exports")
    assert file.parent == tmp_path / "exports" and file.name == "ac:me%2F..%2Fx.yml"
    text = file.read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.split("\n"))
    assert set(yaml.safe_load(text)) == {"secops_policy"}
    shown = done.stdout + done.stderr + json.dumps(done.results) + text
    assert not [secret for secret in (*SECRETS, *tenant.eset.issued) if secret in shown]

    fed = feed_back(tenant, file).ok()
    assert tenant.writes() == [] and not [item for item in fed.results if item["result"].get("changed")]
    assert {entry["state"] for entry in task(fed, "Summarize the results")["summary"].values()} == {"unchanged"}
