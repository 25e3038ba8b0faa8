# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees, exports and snapshots: any text from a vendor is data in them, options reach the modules, and files are whole."""

from __future__ import annotations

import datetime
import json
import os
import re
import stat
import types
from pathlib import Path
from urllib.parse import quote, unquote_plus

import jinja2
import pytest
import yaml
from ansible_collections.secops.policy.plugins.plugin_utils import _files
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES, options, variable, vendors
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import desired_state
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import export as exports
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import snapshot as snapshots
from hypothesis import example, given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
ESET, SENTRY, APPS = "eset_policy_assignment", "meraki_sentry_assignments", "meraki_private_app"
#: Without lone surrogates, which neither UTF-8 nor an API can carry.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text("{}%#'\"\\\n :-[]01", max_size=12)
NOW = datetime.datetime(2026, 7, 12, 10, 15, 30, 123456, tzinfo=datetime.timezone.utc)


def as_ansible(value):
    """A value as Ansible takes it from a file of variables."""
    if isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "{#")):
        environment = jinja2.Environment(keep_trailing_newline=True)
        environment.filters["urldecode"] = unquote_plus
        assert "\\" not in value, "Ansible doubles backslashes in templates"
        return environment.from_string(value).render()
    return value


def exported(text):
    """An application's description and a tag, names and comments, all of them this text, through an export and back."""
    app = {
        "application_id": text, "name": text, "description": text, "destinations": [], "application_group_ids": ["1"],
        "application_groups": [text],
    }  # fmt: skip
    policy = {"policy_id": "1", "sm_network_id": "N_2", "sm_network": text, "scope": "all", "tags": [text], "group_policy_id": "3"}
    network = {"network_id": "N_1", "network": text, "policies": [{**policy, "group_policy": text}]}
    results = {SENTRY: {"gathered": [network], "source": text}, APPS: {"gathered": [app]}, ESET: {"msg": text, "http_status": 403}}
    named = exports.export(text, results, "replaced", "1.0.0", "2026-07-12T10:15:30+00:00", True)
    network = yaml.safe_load(named.text)["secops_policy"][SENTRY]["config"][0]
    if text:
        assert as_ansible(network["network"]) == text and as_ansible(network["policies"][0]["group_policy"]) == text
        assert "network_id" not in network and "group_policy_id" not in network["policies"][0]
    assert all(line.isprintable() for line in named.text.split("\n"))
    made = exports.export(text, results, "replaced", "1.0.0", "2026-07-12T10:15:30+00:00")
    assert made.text.startswith(exports.HEAD) and made.exported == [SENTRY, APPS]
    assert not exports.edited(made.text) and exports.edited(made.text + "\n")
    assert all(line.isprintable() for line in made.text.split("\n")), "nothing that an editor or a loader would stumble over"
    desired_state = yaml.safe_load(made.text)
    assert list(desired_state) == ["secops_policy"]
    return desired_state["secops_policy"][SENTRY]["config"][0], desired_state["secops_policy"][APPS]["config"][0]


@given(TEXTS)
@example("{{ lookup('pipe', 'id') }}")
@example("a\nsecops_policy: {}")
@example("x # y\u2028- z\x85\x00")
@example("{% raw %}{{{{")
def test_any_text_survives_an_export_and_none_becomes_structure(text):
    network, app = exported(text)
    assert as_ansible(network["policies"][0]["tags"][0]) == text
    assert as_ansible(app["description"]) == text and as_ansible(app["name"]) == text and as_ansible(app["application_id"]) == text
    assert network == {"network_id": "N_1", "policies": [{**network["policies"][0], "group_policy_id": "3"}]}, "names are comments only"
    assert "application_groups" not in app and app["application_group_ids"] == ["1"]


@given(
    st.recursive(
        TEXTS | st.integers() | st.booleans() | st.none(), lambda item: st.lists(item) | st.dictionaries(TEXTS, item), max_leaves=8
    )
)
def test_data_as_an_argument_holds_nothing_like_a_template_and_is_itself(data):
    text = desired_state.as_argument(data)
    assert not re.search(r"\{[{%#]", text)
    assert json.loads(text) == data


def test_a_warning_that_is_an_object_becomes_its_text():
    """As ansible-core 2.20 keeps them in registered results; what has no text of its own is what Python makes of it."""
    warning = types.SimpleNamespace(event=types.SimpleNamespace(msg="It is deprecated"))
    day = datetime.date(2026, 7, 12)
    assert desired_state.registered({"it": {"warnings": [warning, "plain"], "day": day}}, {"a": "it"}) == {
        "a": {"warnings": ["It is deprecated", "plain"], "day": "2026-07-12"}
    }


def test_the_order_of_an_export_does_not_depend_on_the_servers():
    units = [{"network_id": key, "policies": [{"tags": tags}]} for key, tags in (("N_2", ["b", "a"]), ("N_1", []))]
    turned = [{"network_id": "N_1", "policies": [{"tags": []}]}, {"network_id": "N_2", "policies": [{"tags": ["a", "b"]}]}]
    one, other = (exports.export("acme", {SENTRY: {"gathered": item}}, "replaced", "1", at) for item, at in ((units, "1"), (turned, "2")))
    assert one.text != other.text and exports.same(one.text, other.text)
    assert not exports.same(one.text, other.text.replace("N_1", "N_3"))


def test_options_come_from_the_desired_state_then_variables_then_defaults():
    defaults = {"api_key": "from defaults", "base_url": "from defaults", "organization_id": "1", "timeout": 5}
    variables = {"base_url": "from variables", "organization": None, "organization_id": "2"}
    entry = {"organization": "Acme", "state": "replaced", "max_removals": 0, "expected_plan": None, "forse": True}
    options = {"state": "gathered", "config": None}
    found = desired_state.module_arguments(SENTRY, [defaults, variables, entry], False, {"state": None})
    desired = {"api_key": "from defaults", "base_url": "from variables", "organization": "Acme", "timeout": 5}
    assert found == {**desired, "state": "replaced", "max_removals": 0}, "a name in the desired state keeps out an id from elsewhere"
    assert desired_state.module_arguments(SENTRY, [defaults, variables, entry], True, options) == {**desired, "state": "gathered"}
    token = desired_state.module_arguments(ESET, [{"username": "u", "password": "p"}, {"access_token": "t"}], False, {})
    assert token == {"access_token": "t"}
    sign_in = desired_state.module_arguments(ESET, [{"access_token": "t", "username": "u"}, {"password": "p"}], False, {})
    assert sign_in == {"username": "u", "password": "p"}


def test_the_desired_states_own_errors():
    assert [item["path"] for item in desired_state.desired_state_errors([])] == ["secops_policy"]
    desired = {"cisco_ios": {}, ESET: "x", SENTRY: {"states": 1, "config": None}, APPS: {"state": "rendered", 1: 2}}
    assert [item["path"] for item in desired_state.desired_state_errors(desired)] == [
        "secops_policy.cisco_ios", f"secops_policy.{ESET}", f"secops_policy.{SENTRY}.states", f"secops_policy.{APPS}.1",
        f"secops_policy.{APPS}.state",
    ]  # fmt: skip
    assert desired_state.desired_state_errors({}) == []


@pytest.mark.parametrize("role", ["apply", "audit", "export", "restore"])
def test_each_role_documents_the_variables_that_are_taken(role):
    """Those of argument_specs are the ones that policy_run takes, each for the option that it is named after.

    The audit names them in words: what is wrong with one belongs in its report, and a check would fail the host before.
    """
    spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    given = spec["argument_specs"]["main"]["options"]
    names = re.findall(r"C\((\w+)\)", "".join(given["secops_policy"]["description"])) if role == "audit" else given
    documented = {name for name in names if name.startswith(("meraki_", "eset_"))}
    taken = {variable(vendor, option) for vendor in vendors() for option in vendor.arguments}
    assert taken == documented and len(documented) == 11
    for module, description in RESOURCES.items():
        assert set(description.vendor.arguments) <= set(options(module))


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
@example("a", "a.20260712T101530_123456Z")
@example("a/b", "a%2Fb")
@example("..", ".")
@example(".a", "%2Ea")
def test_no_host_takes_anothers_file(one, other):
    names = [snapshots.file_name(host.encode("utf-8", "replace").decode(), NOW) for host in (one, other)]
    assert all("/" not in name and name not in ("", ".", "..") for name in names)
    assert not any(name.startswith(".") for name in names) and all(name.isprintable() for name in names)
    if one.encode("utf-8", "replace") != other.encode("utf-8", "replace"):
        assert names[0] != names[1]


@pytest.mark.parametrize(
    ("host", "part"),
    [
        ("Köln", "Köln"), ("Acme Inc", "Acme Inc"), ("acme.example", "acme.example"), ("a:b", "a:b"), ("a/b", "a%2Fb"), ("..", "%2E."),
        (".a", "%2Ea"), ("5%", "5%25"), ("a\nb\x00", "a%0Ab%00"),
    ],
)  # fmt: skip
def test_a_file_is_named_as_the_host_wherever_it_can_be(host, part, tmp_path):
    assert _files.host_part(host) == part and _files.host_of(part) == host
    for name in (snapshots.file_name(host, NOW), f"{quote(host, safe='')}.20260712T101531_000000Z.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
        assert snapshots.newest(str(tmp_path), host) == str(tmp_path / name), "also one from before, when more was escaped"


def test_the_newest_snapshot_is_the_hosts_own(tmp_path):
    later = NOW + datetime.timedelta(seconds=1)
    for host, at in (("a", NOW), ("a", later), ("a.b", later + datetime.timedelta(days=1)), ("b", NOW)):
        snapshots.write(str(tmp_path / snapshots.file_name(host, at)), snapshots.begun(host, {}, at))
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    found = snapshots.newest(str(tmp_path), "a")
    assert found == str(tmp_path / snapshots.file_name("a", later)) and snapshots.read(found, "a")["made"] == later.isoformat(
        "T", "seconds"
    )
    assert snapshots.newest(str(tmp_path), "c") is None
    with pytest.raises(snapshots.Unusable, match="not of 'a'"):
        snapshots.read(str(tmp_path / snapshots.file_name("b", NOW)), "a")


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "deeper" / "file"
    monkeypatch.setattr(os, "umask", lambda _mask: None)
    _files.write_private(str(path), "one")
    path.chmod(0o644)
    _files.write_private(str(path), "two")
    assert path.read_text(encoding="utf-8") == "two" and stat.S_IMODE(path.stat().st_mode) == 0o600

    def refuse(_one, _other):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        _files.write_private(str(path), "three")
    assert [item.name for item in path.parent.iterdir()] == ["file"] and path.read_text(encoding="utf-8") == "two"


def test_what_became_of_a_run():
    """Done, failed in the middle, never reached, killed: what a snapshot says of each, and whether it is worth keeping."""
    one, other = ({"network_id": key, "policies": []} for key in ("N_1", "N_2"))
    half = {"network_id": "N_1", "policies": [{"scope": "all"}]}
    place = {"vendor": "meraki", "organization": "1"}
    plan = {"place": place, "before": [one, other], "after": [{**one, "policies": [1, 2]}, other], "plan_digest": "d"}
    begun = snapshots.begun("acme", {SENTRY: plan}, NOW)
    assert begun["modules"][SENTRY]["state"] == "planned" and begun["state"] == "begun"

    def became(result, left=None):
        return snapshots.ended(snapshots.recorded(begun, SENTRY, result, left))

    done = {"before": [one], "after": [half], "changed": True, "stats": {}}
    assert became(done)["modules"][SENTRY]["after"] == [half] and became(done)["state"] == "done"
    failed = {"failed": True, "changed": True, "stats": {}, "before": [one]}
    left = became(failed, {"plan_digest": "e", "before": [half]})
    assert left["modules"][SENTRY]["after"] == [half, other] and left["modules"][SENTRY]["state"] == left["state"] == "failed"
    assert snapshots.ended(begun)["modules"][SENTRY]["state"] == "not run" and not snapshots.wrote(snapshots.ended(begun))
    for result in ({}, {"skipped": True}, {"failed": True, "changed": False, "stats": {}}):
        never = became(result)
        assert never["modules"][SENTRY]["state"] == "not run" and not snapshots.wrote(never)
    killed = became({"failed": True, "msg": "MODULE FAILURE", "rc": 137})
    assert killed["modules"][SENTRY] == {**begun["modules"][SENTRY], "state": "failed"} and snapshots.wrote(killed)


def texts(data):
    """Every text in the data, without keys."""
    if isinstance(data, str):
        return [data]
    parts = data.values() if isinstance(data, dict) else data if isinstance(data, list) else []
    return [text for part in parts for text in texts(part)]


@pytest.mark.parametrize("role", ["apply", "audit", "export", "restore", "validate"])
def test_no_task_of_a_role_does_without_what_the_first_one_took(role):
    """``--start-at-task`` begins with any of them; then what they refer to is not there, and says so."""
    folder = ROOT / "roles" / role
    unset = yaml.safe_load((folder / "vars" / "main.yml").read_text(encoding="utf-8"))
    assert all("undef(hint=" in text and f"secops.policy.{role}" in text for text in unset.values())
    first, *others = yaml.safe_load((folder / "tasks" / "main.yml").read_text(encoding="utf-8"))
    assert first["tags"] == "always" and first["register"] in unset
    for task in others:
        # In a block, the last one is run whatever happens to the others.
        for one in task.get("block", [task])[-1:] + task.get("always", []):
            used = {name for text in texts(one) if "default(" not in text for name in re.findall(r"\w+", text)}
            assert used & set(unset), one["name"]
