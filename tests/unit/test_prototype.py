# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fourth resource, made up, in its own places alone: everything that is not its API takes it as it is."""

from __future__ import annotations

import datetime
import importlib
import json
import xml.etree.ElementTree as ET

import jsonschema
import pytest
import yaml
from ansible_collections.secops.policy.tests.support.prototype import MODULE, collection, imported

# Every user has the same code, on whichever ansible-core.
pytestmark = pytest.mark.once

NOW = datetime.datetime(2026, 11, 25, 4, 30, tzinfo=datetime.timezone.utc)
PLUGINS = "ansible_collections.secops.policy.plugins."
PLACE = {"vendor": "turnstile", "site": "north"}
ZONES = [("z1", "Lobby"), ("z2", "Server room")]
STAFF = {"rule_id": "1", "title": "Staff", "level": 1, "enabled": True, "zone_ids": ["z1"]}
GUESTS = {"rule_id": "2", "title": "Guests", "level": 1, "enabled": False, "zone_ids": []}
VAULT = {"title": "Vault", "level": 3, "zone_ids": ["z2", "z1"]}


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """The folder of collections with the prototype in it."""
    return collection(tmp_path_factory.mktemp("prototype"))


@pytest.fixture
def load(copied):
    """Imports a module of the plugins from the copy."""
    with imported(copied):
        yield lambda name: importlib.import_module(PLUGINS + name)


@pytest.fixture
def result(load):
    """What the module says in check mode: a rule changes, one goes, one is new."""
    planner, config = (load(f"module_utils._resources.{MODULE}.{name}") for name in ("plan", "config"))
    zones = load("module_utils._model.lookup").Index("zone", ZONES)
    desired = config.resolve([{"title": "Staff", "level": 2}, {**VAULT, "zone_ids": ["z2", "z1"]}], zones)
    plan = planner.plan(planner.Current("/sites/north/rules", {"1": STAFF, "2": GUESTS}, zones, 0.0), desired, "overridden", False)
    return {
        "changed": True, "before": plan.before, "after": plan.after, "requests": [request.show() for request in plan.requests],
        "summary": plan.summary, "plan_digest": plan.digest(PLACE), "place": PLACE, "stats": {},
    }  # fmt: skip


def test_the_plan_is_shown(load, result):
    shown, description = load("module_utils._model.plan_text"), load("plugin_utils._resources").RESOURCES[MODULE]
    assert shown.plan_text(description, result["before"], result["after"], result["summary"]).splitlines() == [
        "~ badge rule Staff (1): level: 1 \N{RIGHTWARDS ARROW} 2; zone: Lobby (z1) \N{RIGHTWARDS ARROW} nothing",
        "- badge rule Guests (2)",
        "+ badge rule Vault",
        "Plan: 1 to create, 1 to update, 0 to move, 1 to delete; 0 unchanged.",
    ]
    (_staff, _guests, vault) = shown.diff(description, result["before"], result["after"])
    assert vault == {
        "before_header": "badge rule Vault", "after_header": "badge rule Vault", "before": "",
        "after": "title: Vault\nlevel: 3\nenabled: yes\nzone: Lobby (z1)\nzone: Server room (z2)\n",
    }  # fmt: skip


def test_what_is_generated_names_it(load, copied):
    root = copied / "ansible_collections" / "secops" / "policy"
    schema = json.loads((root / "docs" / "desired_state.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"secops_policy": {MODULE: {"config": [VAULT], "evict": True}}})
    assert not validator.is_valid({"secops_policy": {MODULE: {"config": [{"titel": "Vault"}]}}})
    groups = yaml.safe_load((root / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    assert groups["turnstile"] == [MODULE] and MODULE in groups["policy"]
    specs = yaml.safe_load((root / "roles" / "apply" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = specs["argument_specs"]["main"]["options"]
    assert options["turnstile_token"]["no_log"] is True and MODULE in options["apply_modules"]["choices"]
    assert f"secops.policy.{MODULE}:" in (root / "extensions" / "audit" / "event_query.yml").read_text(encoding="utf-8")


def test_the_desired_state_and_its_secrets(load):
    states, secrets = load("plugin_utils._workflow.desired_state"), load("plugin_utils._workflow.secrets")
    assert states.desired_state_errors({MODULE: {"config": [], "evict": True}}) == []
    assert [item["path"] for item in states.desired_state_errors({MODULE: {"evicts": True}})] == [f"secops_policy.{MODULE}.evicts"]
    layers = [{"token": "from a variable", "site": "north"}, {"evict": True, "config": []}]
    assert states.module_arguments(MODULE, layers, True, {}) == {"token": "from a variable", "site": "north"}
    assert "turnstile_token" in secrets.VARIABLES and "TURNSTILE_TOKEN" in secrets.ENVIRONMENT
    assert secrets.in_entry(MODULE, {"token": "hidden"}) == ["hidden"]
    assert [step["name"] for step in load("plugin_utils._workflow.steps").steps() if step["module"] == MODULE] == [
        f"{MODULE}_removed", MODULE,
    ]  # fmt: skip


def test_a_snapshot_holds_it_and_a_damaged_one_says_what_is_wrong(load, result, tmp_path):
    snapshots = load("plugin_utils._workflow.snapshot")
    made = snapshots.ended(snapshots.recorded(snapshots.begun("acme", {MODULE: result}, NOW), MODULE, result, None))
    path = tmp_path / snapshots.file_name("acme", NOW)
    snapshots.write(str(path), made)
    assert snapshots.read(str(path), "acme") == made and made["modules"][MODULE]["state"] == "done"
    for level, why in (("1", ".before[0].level is not a whole number"), (True, ".before[0].level is not a whole number")):
        damaged = json.loads(json.dumps(made))
        damaged["modules"][MODULE]["before"][0]["level"] = level
        snapshots.write(str(path), damaged)
        with pytest.raises(snapshots.Unusable) as caught:
            snapshots.read(str(path), "acme")
        assert str(caught.value).endswith(f"{MODULE}{why}")


def test_an_export_takes_it_by_ids_and_by_names(load):
    exports = load("plugin_utils._workflow.export")
    gathered = {
        MODULE: {
            "gathered": [{**STAFF, "zones": ["Lobby"]}, {**GUESTS, "zones": []}], "ambiguous_names": {}, "source": "https://turnstile.example",
        }
    }  # fmt: skip
    by_ids, by_names = (exports.export("acme", gathered, "replaced", "1", "now", names).text for names in (False, True))
    assert yaml.safe_load(by_ids) == {"secops_policy": {MODULE: {"state": "replaced", "config": [GUESTS, STAFF]}}}
    assert "- z1  # Lobby" in by_ids
    assert yaml.safe_load(by_names)["secops_policy"][MODULE]["config"][1] == {
        "title": "Staff", "level": 1, "enabled": True, "zones": ["Lobby"],
    }  # fmt: skip


def test_the_audit_reports_it_in_every_format(load, result):
    reports, formats = load("plugin_utils._drift.report"), load("plugin_utils._drift.files").FORMATS
    desired = reports.desired({MODULE: {"state": "overridden", "config": [{"title": "Staff"}, {"title": "Vault"}]}})
    made = reports.report([reports.tenant("acme", desired, {MODULE: result})], [], NOW)
    assert made["totals"]["objects"] == {"in_sync": 0, "changed": 1, "missing": 1, "extra": 1, "moved": 0, "accepted": 0}
    (resource,) = made["tenants"][0]["resources"]
    assert [item["id"] for item in resource["items"]] == ["acme/" + MODULE + "/1", f"acme/{MODULE}/2", f"acme/{MODULE}/name:Vault"]
    texts = {name: written(made) for name, (_ending, written) in formats.items()}
    assert json.loads(texts["json"]) == made
    assert sum(1 for _failure in ET.fromstring(texts["junit"]).iter("failure")) == 3
    for name in ("html", "junit", "markdown"):
        assert "Badge rules" in texts[name] or MODULE in texts[name], name
        assert "Staff" in texts[name] and "Vault" in texts[name], name
    assert json.loads(texts["gitlab"]) == {"create": 1, "update": 1, "delete": 1}
    said = "\n".join(load("plugin_utils._drift.terminal").terminal(made))
    assert "Badge rules" in said and "Staff" in said


def test_a_restore_puts_it_back(load, result):
    restore, description = load("plugin_utils._workflow.restore"), load("plugin_utils._resources").RESOURCES[MODULE]
    entry = {"before": result["before"], "after": [{**unit, "rule_id": unit.get("rule_id", "3")} for unit in result["after"]]}
    found = restore.changes(description, entry, entry["after"], False)
    assert not found.errors and found.touched == ["1", "3"]
    assert (found.state, found.remove) == ("replaced", [{"rule_id": "3", "title": "Vault"}])
    assert [unit["title"] for unit in found.put_back] == ["Staff", "Guests"]
    somebody = [{**entry["after"][0], "level": 9}, entry["after"][1]]
    (error,) = restore.changes(description, entry, somebody, False).errors
    assert error["path"] == f"{MODULE}: badge rule 'Staff'" and "has been changed" in error["message"]
    taken = [{**entry["after"][0]}, {**entry["after"][1], "title": "guests"}]
    assert restore.changes(description, {**entry, "after": taken}, taken, False).state == "overridden", "both need one title"
