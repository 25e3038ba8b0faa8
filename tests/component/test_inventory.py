# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin in-process against the mock server: what becomes of the vendors' lists, and of every error."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible_collections.secops.policy.plugins.inventory import tenants
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import KEY, impatient

NAME = tenants.InventoryModule.NAME
TOKEN = "token-0123456789"
_ANSIBLES_OWN = {"inventory_dir", "inventory_file"}


@pytest.fixture(autouse=True)
def _ready(monkeypatch):
    """The plugin's options as its loader registers them, and nothing to wait for."""
    impatient(monkeypatch)
    options = {}
    for text in (*(fragment.ModuleDocFragment.DOCUMENTATION for fragment in (constructed, inventory_cache)), tenants.DOCUMENTATION):
        options.update(yaml.safe_load(text)["options"])
    constants.config.initialize_plugin_configuration_definitions("inventory", NAME, options)


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        made.meraki.add_key(KEY)
        made.meraki.add_organization("1", "Acme", region="Europe", licensing="per-device", msp_id="77")
        made.meraki.add_organization("2", "Bravo")
        made.meraki.add_organization("3", "Off", api=False)
        made.eset.add_token(TOKEN)
        made.eset.add_group("Customers", uuid="g0", entity="MSP")
        made.eset.add_group("Acme", "g0", uuid="g1", entity="COMPANY")
        made.eset.add_group("Servers", "g1", uuid="g2")
        made.eset.add_group("Coda", "g0", uuid="g3", entity="COMPANY")
        yield made


def read(cloud, folder, *, refresh=False, into=None, **options):
    """The inventory that a file with these options gives; with ``refresh`` whatever a cache holds."""
    given = {
        "plugin": NAME,
        "meraki_api_key": KEY,
        "meraki_base_url": cloud.meraki_url,
        "eset_base_url": cloud.eset_url,
        "retry_timeout": 5,
    }
    given = {name: value for name, value in {**given, **options}.items() if value is not None}
    path = folder / "all.secops_policy.yml"
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    return parse(path, into, not refresh)


def parse(path, into=None, cache=True):
    plugin = tenants.InventoryModule()
    plugin._load_name = plugin.ansible_name = NAME
    plugin._redirected_names = [NAME]
    assert plugin.verify_file(str(path))
    inventory = into or InventoryData()
    plugin.parse(inventory, DataLoader(), str(path), cache)
    if getattr(plugin, "_cache", None) is not None:
        plugin.update_cache_if_changed()
    inventory.reconcile_inventory()
    return inventory


def variables(inventory):
    """The variables of every host, as plain data."""
    kept = {name: {key: host.vars[key] for key in host.vars.keys() - _ANSIBLES_OWN} for name, host in inventory.hosts.items()}
    return json.loads(json.dumps(kept))


def groups(inventory):
    return {name: [host.name for host in group.hosts] for name, group in inventory.groups.items() if name not in ("all", "ungrouped")}


def test_every_organization_that_can_be_read_is_a_host(cloud, tmp_path):
    assert variables(read(cloud, tmp_path)) == {
        "Acme": {
            "meraki_organization_id": "1",
            "meraki_base_url": cloud.meraki_url,
            "secops_tenant": {
                "vendor": "meraki", "id": "1", "name": "Acme", "region": "Europe", "licensing": "per-device", "msp_id": "77",
                "url": "https://n1.meraki.com/o/1/manage/organization/overview",
            },
        },
        "Bravo": {
            "meraki_organization_id": "2",
            "meraki_base_url": cloud.meraki_url,
            "secops_tenant": {
                "vendor": "meraki", "id": "2", "name": "Bravo", "region": "Europe", "licensing": "co-term", "msp_id": "",
                "url": "https://n1.meraki.com/o/2/manage/organization/overview",
            },
        },
    }  # fmt: skip
    assert list(read(cloud, tmp_path, api_disabled=True).hosts) == ["Acme", "Bravo", "Off"]


def test_with_eset_credentials_every_company_is_one_too(cloud, tmp_path):
    inventory = read(cloud, tmp_path, eset_access_token=TOKEN, eset_region="de")
    assert list(inventory.hosts) == ["Acme_1", "Bravo", "Acme_g1", "Coda"]
    assert variables(inventory)["Coda"] == {
        "eset_scope": {"device_group_uuid": "g3"},
        "eset_base_url": cloud.eset_url,
        "eset_region": "de",
        "secops_tenant": {"vendor": "eset", "id": "g3", "name": "Coda"},
    }
    assert list(read(cloud, tmp_path, eset_access_token=TOKEN, vendors=["eset"]).hosts) == ["Acme", "Coda"]


def test_one_request_reads_them_and_pages_are_followed(cloud, tmp_path):
    read(cloud, tmp_path)
    assert [(entry.path.rpartition("/")[2], entry.query) for entry in cloud.log] == [("organizations", {"perPage": ["9000"]})]
    cloud.meraki.page_most = 1
    assert list(read(cloud, tmp_path).hosts) == ["Acme", "Bravo"]


def test_credentials_come_from_the_environment_or_a_template_and_are_in_no_variable(cloud, tmp_path, monkeypatch):
    monkeypatch.setenv("MERAKI_DASHBOARD_API_KEY", KEY)
    monkeypatch.setenv("ESET_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("ESET_REGION", "")
    inventory = read(cloud, tmp_path, meraki_api_key=None)
    assert len(inventory.hosts) == 4
    assert not any(secret in json.dumps(variables(inventory)) for secret in (KEY, TOKEN))
    (tmp_path / "key").write_text(KEY + "\n", encoding="utf-8")
    monkeypatch.setenv("MERAKI_DASHBOARD_API_KEY", "{{ 1 / 0 }}")
    template = f"{{{{ lookup('file', '{tmp_path}/key') }}}}"
    assert len(read(cloud, tmp_path, meraki_api_key=template, vendors=["meraki"]).hosts) == 2


def test_groups_and_variables_are_made_of_what_a_host_knows(cloud, tmp_path):
    inventory = read(
        cloud, tmp_path, strict=True,
        compose={"short": "secops_tenant.name | lower", "own": "inventory_hostname"},
        groups={"acme": "short == 'acme'"},
        keyed_groups=[
            {"key": "secops_tenant.licensing", "prefix": "licensing", "parent_group": "all_of_them"},
            {"key": "secops_tenant.msp_id", "prefix": "msp", "default_value": "none"},
        ],
    )  # fmt: skip
    assert groups(inventory) == {
        "acme": ["Acme"], "all_of_them": [], "licensing_per_device": ["Acme"], "licensing_co_term": ["Bravo"], "msp_77": ["Acme"],
        "msp_none": ["Bravo"],
    }  # fmt: skip
    assert {name: (known["short"], known["own"]) for name, known in variables(inventory).items()} == {
        "Acme": ("acme", "Acme"), "Bravo": ("bravo", "Bravo"),
    }  # fmt: skip
    assert [group.name for group in inventory.groups["all_of_them"].child_groups] == ["licensing_per_device", "licensing_co_term"]


def test_no_host_has_the_name_of_a_group_wherever_that_comes_from(cloud, tmp_path):
    there = InventoryData()
    there.add_group("Bravo")
    assert list(read(cloud, tmp_path, into=there).hosts) == ["Acme", "Bravo_2"]
    keyed = [{"key": "secops_tenant.name", "separator": ""}]
    inventory = read(cloud, tmp_path, keyed_groups=keyed, compose={"own": "inventory_hostname"})
    assert groups(inventory) == {"Acme": ["Acme_1"], "Bravo": ["Bravo_2"]}
    assert variables(inventory)["Acme_1"]["own"] == "Acme_1"
    assert list(read(cloud, tmp_path, groups={"Acme": "false"}).hosts) == ["Acme_1", "Bravo"]
    with pytest.raises(AnsibleParserError, match="a group has that name"):
        read(cloud, tmp_path, keyed_groups=[{"key": "inventory_hostname", "separator": ""}])


def test_include_and_exclude(cloud, tmp_path):
    assert list(read(cloud, tmp_path, include=["A*", "2"], exclude=["Acme"]).hosts) == ["Bravo"]
    assert list(read(cloud, tmp_path, hostnames=["id"]).hosts) == ["1", "2"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"inclde": ["x"]}, "inclde: Unsupported parameter. Supported parameters include: api_disabled, ca_path, cache"),
        ({"inclde": ["x"]}, "Did you mean include?"),
        ({"meraki_api_key": None}, "meraki_api_key: is required, or eset_username and eset_password"),
        ({"meraki_api_key": "a key"}, "meraki_api_key: holds spaces"),
        ({"meraki_api_key": [KEY]}, "meraki_api_key: must be a text"),
        ({"meraki_api_key": "{{ nix }}"}, "meraki_api_key: cannot be evaluated"),
        ({"vendors": ["eset"]}, "eset_username: is required"),
        ({"vendors": ["cisco"]}, "cisco"),
        ({"hostnames": ["serial"]}, "serial"),
        ({"timeout": "long"}, "timeout"),
        ({"meraki_base_url": "http://example.com/api/v1"}, "plain http to example.com"),
        ({"meraki_api_key": "wrong-key-0123456789"}, "401"),
        ({"include": ["Off"]}, "no tenant is left of the 3 that the credentials see: check include, exclude and api_disabled"),
        ({"strict": True, "compose": {"x": "nothing.at.all"}}, "Could not set x"),
        ({"keyed_groups": ["x"]}, "keyed group"),
    ],
)
def test_an_error_is_one_of_the_plugin_with_one_sentence_and_leaves_no_host(cloud, tmp_path, options, words):
    inventory = InventoryData()
    with pytest.raises(AnsibleParserError) as caught:
        read(cloud, tmp_path, into=inventory, **options)
    assert words in str(caught.value) and "Traceback" not in str(caught.value) and "internal error" not in str(caught.value)
    assert not inventory.hosts
    assert KEY not in str(caught.value) and "wrong-key-0123456789" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "how"),
    [("status", {"status": 500}), ("reset_before", {}), ("cut_body", {}), ("status", {"status": 429, "headers": {"Retry-After": "0"}})],
)
def test_one_fault_is_got_over_and_many_are_an_error(cloud, tmp_path, fault, how):
    cloud.faults.add(fault, method="GET", path="organizations", **how)
    assert len(read(cloud, tmp_path).hosts) == 2
    cloud.faults.add(fault, method="GET", path="organizations", times=1000, **how)
    with pytest.raises(AnsibleParserError, match="/organizations"):
        read(cloud, tmp_path, retry_timeout=0.2)


def test_a_list_that_is_not_as_documented_is_an_error(cloud, tmp_path):
    cloud.meraki._organizations["2"]["api"] = {"enabled": "yes"}
    with pytest.raises(AnsibleParserError, match="has 'yes' as its enabled"):
        read(cloud, tmp_path)
    cloud.meraki._organizations["2"]["name"] = None
    with pytest.raises(AnsibleParserError, match="has no name"):
        read(cloud, tmp_path)


def test_one_vendor_that_fails_is_an_error_too(cloud, tmp_path):
    """Half of the hosts would make AWX delete the other half."""
    cloud.faults.add("status", method="GET", path="device_groups", times=1000, status=503)
    with pytest.raises(AnsibleParserError, match="device_groups"):
        read(cloud, tmp_path, eset_access_token=TOKEN, retry_timeout=0.2)


def test_a_cache_spares_the_request_and_holds_no_secret(cloud, tmp_path):
    cached = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache"), "eset_access_token": TOKEN}
    first = variables(read(cloud, tmp_path, **cached))
    cloud.log.clear()
    assert variables(read(cloud, tmp_path, **cached)) == first and cloud.log == []
    text = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "cache").iterdir())
    assert "Bravo" in text and KEY not in text and TOKEN not in text
    assert not any(secret in file.name for file in (tmp_path / "cache").iterdir() for secret in (KEY, TOKEN))
    # Selection is made of what is cached, and other places have another cache.
    assert list(read(cloud, tmp_path, include=["Coda"], **cached).hosts) == ["Coda"] and cloud.log == []
    assert len(read(cloud, tmp_path, **{**cached, "vendors": ["meraki"]}).hosts) == 2 and len(cloud.log) == 1
    cloud.meraki.add_organization("4", "Delta")
    assert "Delta" not in read(cloud, tmp_path, **cached).hosts
    assert "Delta" in read(cloud, tmp_path, refresh=True, **cached).hosts
    assert "Delta" in read(cloud, tmp_path, **cached).hosts
    for file in (tmp_path / "cache").iterdir():
        file.write_text('{"__payload__": "[1]", "x": 1}', encoding="utf-8")
    assert "Delta" in read(cloud, tmp_path, **cached).hosts


def test_only_files_of_that_name_are_for_the_plugin(tmp_path):
    plugin = tenants.InventoryModule()
    for name, good in (("a.secops_policy.yml", True), ("secops_policy.yml", False), ("a.secops_policy.yaml", False), ("hosts.yml", False)):
        (tmp_path / name).write_text("plugin: secops.policy.tenants", encoding="utf-8")
        assert plugin.verify_file(str(tmp_path / name)) is good
    assert not plugin.verify_file(str(tmp_path / "missing.secops_policy.yml"))


def test_fifteen_hundred_organizations_are_one_request_and_little_work(cloud, tmp_path):
    for number in range(1500):
        cloud.meraki.add_organization(f"1{number:04}", f"Clinic {number}", msp_id=str(number % 50))
    began = time.process_time()
    inventory = read(cloud, tmp_path)
    assert len(inventory.hosts) == 1502 and len(cloud.log) == 1
    # Of processor time: other work on the machine does not matter.
    assert time.process_time() - began < 3
