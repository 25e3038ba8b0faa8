# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots: only one that is whole is restored, only into the place that it is of, and the newest only if nobody else can have made it."""

from __future__ import annotations

import copy
import datetime
import json
import os
import re

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import restore
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import snapshot as snapshots
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.snapshot_shape import flaw
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.steps import removals
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import given
from hypothesis import strategies as st

ESET, SENTRY, APPS = "eset_policy_assignment", "meraki_sentry_assignments", "meraki_private_app"
NOW = datetime.datetime(2026, 7, 12, 10, 15, 30, 123456, tzinfo=datetime.timezone.utc)
PLACES = {
    ESET: {"vendor": "eset", "host": "eu.policy-management.eset.systems:443", "scope": ""},
    SENTRY: {"vendor": "meraki", "organization": "123"},
    APPS: {"vendor": "meraki", "organization": "123"},
}
DESTINATION = {"destination_addr": ["10.0.0.1/32"], "protocol_ports": [{"protocol": "TCP", "ports": "443"}], "access_type": "browser"}
APPLICATION = {
    "application_id": "1", "name": "Jira", "description": "", "destinations": [DESTINATION], "app_protocol": "https", "sni": "",
    "ssl_verification_enabled": True, "application_group_ids": ["901"], "application_groups": ["Westcoast"],
}  # fmt: skip
POLICY = {
    "policy_id": "5",
    "sm_network_id": "N_9",
    "scope": "withAny",
    "tags": ["staff"],
    "group_policy_id": "101",
    "group_policy": "Staff",
}
UNITS = {
    ESET: [{"target": {"device_group_uuid": "u", "device_group": "All"}, "policies": [{"policy_uuid": "p", "policy": "P"}]}],
    SENTRY: [{"network_id": "N_1", "network": "Berlin", "policies": [POLICY]}],
    APPS: [APPLICATION],
}


def plans():
    """What the modules planned, as a run keeps it."""
    made = {key: value for key, value in APPLICATION.items() if key != "application_id"} | {"name": "Wiki"}
    after = {
        ESET: [{**UNITS[ESET][0], "policies": []}, {"target": {"device_uuid": "d"}, "policies": [{"policy_uuid": "q"}]}],
        SENTRY: [{"network_id": "N_1", "policies": []}, {"network_id": "N_2", "policies": [{**POLICY, "policy_id": "6"}]}],
        APPS: [{**APPLICATION, "description": "x"}, made],
    }
    return {name: {"place": PLACES[name], "before": UNITS[name], "after": after[name], "plan_digest": "0" * 64} for name in UNITS}


def kept():
    return json.loads(json.dumps(snapshots.begun("acme", plans(), NOW)))


def written(folder, data, name=None):
    path = folder / (name or snapshots.file_name("acme", NOW))
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def restored(modules):
    """All that a restore computes from a snapshot before it writes."""
    results = {name: {"plan_digest": "d", "before": entry["before"], "place": PLACES[name]} for name, entry in modules.items()}
    restore.plan_errors(modules, results, False)
    for name, entry in modules.items():
        if name == APPS:
            found = restore.changes(RESOURCES[name], entry, [APPLICATION], False)
            restore.meanwhile(RESOURCES[name], found, [APPLICATION], results)
            json.dumps([found.remove, found.put_back, found.errors, found.left]).encode()
        else:
            json.dumps(restore.desired(RESOURCES[name], entry)).encode()


def test_what_a_run_keeps_can_be_read(tmp_path):
    data = kept()
    assert data["version"] == 2 and flaw(data) == ""
    assert snapshots.read(written(tmp_path, data), "acme") == data
    restored(data["modules"])
    assert {name: entry["place"] for name, entry in data["modules"].items()} == PLACES


def places(data, path=()):
    """The path of every value."""
    yield path
    if isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(value, (*path, key))


JUNK = st.sampled_from([None, True, 5, -1, 1.5, "", "x", "\ud800", [], [5], [None], [[]], {}, {"x": 1}, [{}], "2026-01-01", 10**30])


@examples(400)
@given(st.lists(st.tuples(st.integers(0), st.sampled_from(["replace", "remove", "repeat"]), JUNK), min_size=1, max_size=3))
def test_whatever_is_wrong_in_a_snapshot_is_one_clear_error(tmp_path_factory, changes):
    """Nothing else is raised by what reads it or by what restores from it, whatever was put where."""
    data = kept()
    for number, change, junk in changes:
        found = list(places(data))[1:]
        *path, last = found[number % len(found)] if found else ("version",)
        holder = data
        for key in path:
            holder = holder[key]
        if change == "remove" and isinstance(holder, (dict, list)):
            del holder[last]
        elif change == "repeat" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[last]))
        else:
            holder[last] = copy.deepcopy(junk)
    path = written(tmp_path_factory.getbasetemp(), data)
    try:
        modules = snapshots.read(path, "acme")["modules"]
    except snapshots.Unusable as error:
        said = str(error)
    else:
        said = f"{path} is whole"
        restored(modules)
    assert said.startswith(f"{path} ") and "\n" not in said and said.encode()


def broken(path, value):
    data = kept()
    holder = data["modules"]
    for key in path[:-1]:
        holder = holder[key]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ((APPS, "before"), [5], f"{APPS}.before[0] is not a dictionary"),
        ((SENTRY, "after"), {}, f"{SENTRY}.after is not a list"),
        ((APPS, "before", 0, "application_id"), None, f"{APPS}.before[0] has no id"),
        ((APPS, "before", 0, "resource_group_ids"), [5], f"{APPS}.before[0].resource_group_ids[0] is not a text"),
        ((SENTRY, "before", 0, "network_id"), None, f"{SENTRY}.before[0].network_id is missing"),
        ((SENTRY, "before", 0, "network_id"), "", f"{SENTRY}.before[0] has no id"),
        ((SENTRY, "before", 0, "policies", 0, "tags"), ["a", 5], f"{SENTRY}.before[0].policies[0].tags[1] is not a text"),
        ((ESET, "before", 0, "target"), {"device_group": "All"}, f"{ESET}.before[0] has no id"),
        ((ESET, "before", 0, "target"), {"device_uuid": "1", "device_group_uuid": "2"}, "or more than one"),
        ((ESET, "after", 1, "policies", 0), {"policy": "P"}, f"{ESET}.after[1].policies[0].policy_uuid is missing"),
        ((APPS, "before", 0, "ssl_verification_enabled"), "yes", "is not true or false"),
        ((APPS, "before", 0, "destinations", 0, "protocol_ports"), ["443"], "protocol_ports[0] is not a dictionary"),
        ((APPS, "before"), [APPLICATION, APPLICATION], f"{APPS}.before holds application 1 twice"),
        ((APPS, "state"), "maybe", f"{APPS}.state is none of"),
        ((APPS, "place"), None, f"{APPS}.place is missing"),
        ((APPS, "place"), PLACES[ESET], f"{APPS}.place is not one of this module"),
        ((APPS, "place", "organization"), 123, f"{APPS}.place is not one of this module"),
        (("cisco_ios",), {}, "cisco_ios is not a module of this collection"),
    ],
)
def test_what_is_damaged_is_named(tmp_path, path, value, says):
    with pytest.raises(snapshots.Unusable, match=re.escape(says)):
        snapshots.read(written(tmp_path, broken(path, value)), "acme")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("no JSON", "is not JSON"),
        ("{}", "is not a snapshot of the role apply"),
        ("[]", "is not a snapshot of the role apply"),
        ('{"version": true, "modules": {}}', "is not a snapshot of the role apply"),
        ('{"version": NaN, "modules": {}}', "NaN is not a number"),
        ('{"version": 2, "host": "acme", "modules": {}, "made": Infinity}', "Infinity is not a number"),
        ("[" * 200_000, "is not a snapshot"),
        ("1" * 5000, "is not a snapshot"),
        ('{"version": 3, "modules": {}}', "later version"),
        ('{"version": 1, "modules": {}}', "does not say which organization or tenant it belongs to"),
        ('{"version": 2, "host": "other", "modules": {}}', "is a snapshot of 'other', not of 'acme'"),
        ('{"version": 2, "host": "acme", "modules": {}, "made": "yesterday"}', "made is not a time"),
        ('{"version": 2, "host": "acme", "modules": {}, "made": "2026-01-01T00:00:00"}', "made is not a time"),
    ],
    ids=range(14),
)
def test_a_file_that_is_no_snapshot(tmp_path, text, says):
    with pytest.raises(snapshots.Unusable, match=re.escape(says)):
        snapshots.read(written(tmp_path, text), "acme")


def test_what_is_no_file_or_no_text(tmp_path, monkeypatch):
    """A folder, a pipe (which would wait for ever), nothing at all, another encoding, and too much."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    latin = tmp_path / "latin"
    latin.write_bytes(b'{"version": 2, "host": "K\xf6ln"}')
    whole = written(tmp_path, kept())
    for path, says in (
        (tmp_path, "is not a regular file"),
        (pipe, "is not a regular file"),
        (tmp_path / "none", "No such file"),
        (latin, "not UTF-8"),
    ):
        with pytest.raises(snapshots.Unusable, match=says):
            snapshots.read(str(path), "acme")
    monkeypatch.setattr(snapshots, "_LARGEST", 1000)
    with pytest.raises(snapshots.Unusable, match="larger than 1000 bytes"):
        snapshots.read(whole, "acme")


def doubt(path, at=NOW):
    return snapshots.newest_doubt(path, "acme", at)


def test_only_what_nobody_else_can_have_made_is_taken_as_the_newest(tmp_path, monkeypatch):
    path = written(tmp_path, kept())
    assert doubt(path) == ""
    for mode, says in ((0o620, "can write"), (0o602, "can write"), (0o666, "can write"), (0o644, ""), (0o400, "")):
        os.chmod(path, mode)
        assert says in doubt(path) if says else doubt(path) == ""
    link = tmp_path / snapshots.file_name("acme", NOW + datetime.timedelta(seconds=1))
    link.symlink_to(path)
    assert "symbolic link" in doubt(str(link))
    link.unlink()
    os.mkfifo(link, 0o600)
    assert "not a file" in doubt(str(link))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "another user" in doubt(path)


def test_the_newest_is_not_of_the_future(tmp_path):
    """By its name or by what it says, but for what clocks differ."""
    hour = datetime.timedelta(hours=1)
    path = written(tmp_path, kept())
    assert "future" in doubt(path, NOW - hour) and doubt(path, NOW - hour / 20) == ""
    later = written(tmp_path, kept(), snapshots.file_name("acme", NOW + hour))
    assert "future" in doubt(later) and doubt(later, NOW + hour) == ""
    failed_result = written(tmp_path, {**kept(), "made": (NOW + hour).isoformat()})
    assert "future" in doubt(failed_result)
    assert "no time" in doubt(written(tmp_path, kept(), "acme.99999999T999999_999999Z.json"))


@pytest.mark.parametrize("name", UNITS)
def test_another_place_is_refused_whatever_is_forced(name):
    modules = {name: kept()["modules"][name]}
    good = {"plan_digest": "d", "before": modules[name]["after"], "place": PLACES[name]}
    assert restore.plan_errors(modules, {name: good}, False) == restore.plan_errors(modules, {name: good}, True) == []
    for key in PLACES[name]:
        other = {**good, "place": {**PLACES[name], key: "other"}}
        for force in (False, True):
            (found,) = restore.plan_errors(modules, {name: other}, force)
            assert found["path"] == name and "is not restored to another one" in found["message"]
    gathered = {"gathered": [], "place": {**PLACES[name], "vendor": "other"}}
    assert len(restore.misplaced(modules, {name: gathered})) == 1
    for silent in ({"gathered": []}, {"plan_digest": "d", "before": [], "place": None}):
        assert "an unknown place" in restore.misplaced(modules, {name: silent})[0]["message"], "what does not say where it is"
    failed = {"failed": True, "msg": "no such network"}
    (found,) = restore.plan_errors(modules, {name: failed}, True)
    assert "no such network (the snapshot is of " in found["message"]
    assert restore.misplaced(modules, {name: {}}) == [], "what was not reached writes nothing"


def test_the_two_plans_of_the_applications_say_it_once():
    modules = {APPS: kept()["modules"][APPS]}
    plan = {"plan_digest": "d", "before": [], "place": {"vendor": "meraki", "organization": "124"}}
    (found,) = restore.plan_errors(modules, {APPS: plan, removals(APPS): plan}, True)
    assert found["message"].startswith("the snapshot is of organization 123, and this host is organization 124 now")


def test_private_resources_are_kept_by_their_own_ids():
    keys = {"application_id": "resource_id", "application_group_ids": "resource_group_ids"}
    unit = {keys.get(key, key): value for key, value in APPLICATION.items()}
    assert RESOURCES[APPS].key(unit) == "application 1" and RESOURCES[APPS].key({"name": "Wiki"}) == "new: Wiki"
    entry = {"state": "done", "place": {"vendor": "meraki", "organization": "1", "api": "private_resources"}, "plan_digest": "x"}
    kept_ = {"version": 2, "made": NOW.isoformat(), "modules": {APPS: {**entry, "before": [unit], "after": [unit]}}}
    assert snapshots.flaw(kept_) == ""
    assert (
        snapshots.flaw({**kept_, "modules": {APPS: {**entry, "before": [unit, unit], "after": []}}})
        == f"{APPS}.before holds application 1 twice"
    )
    # What belongs to the other API is not restored to this one.
    modules = {APPS: {**entry, "before": [unit], "after": []}}
    here = {APPS: {"place": {**entry["place"], "api": "private_applications"}, "gathered": []}}
    assert "api private_resources" in restore.misplaced(modules, here)[0]["message"]
