# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``with_names`` in the states that write: names beside the ids of what changes, at no cost where nothing does, and no word in the plan."""

from __future__ import annotations

import json

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model import plan_text as rendering
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo
from ansible_collections.secops.policy.tests.mock_cloud.eset import ROOT

from .harness import run_module

SENTRY, APPLICATION, ESET = "meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"
SERVERS, WEB = "7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0001", "c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e0001"


@pytest.fixture
def cloud():
    with Cloud() as started:
        demo.seed_demo(started)
        started.limit(None)
        yield started


def run(cloud, module, check=True, diff=False, **options):
    connection = {"username": demo.ESET_USER, "password": demo.ESET_PASSWORD, "base_url": cloud.eset_url}
    if module != ESET:
        connection = {"api_key": demo.API_KEY, "base_url": cloud.meraki_url, "organization_id": demo.ORGANIZATION}
    return run_module(module, {**connection, "state": "replaced", "retry_timeout": 0, **options}, check=check, diff=diff)


def changing(cloud, module):
    """What is there, by ids alone, and the same with a change."""
    there = run(cloud, module, state="gathered")["gathered"]
    if module == SENTRY:
        return there, [{**there[0], "policies": there[0]["policies"][::-1]}]
    if module == APPLICATION:
        return there, [{**there[0], "description": "other", "application_group_ids": []}]
    by_id = {next(iter(unit["target"].values())): unit for unit in there}
    return there, [{**by_id[SERVERS], "policies": by_id[SERVERS]["policies"][::-1]}, {**by_id[WEB], "policies": []}]


@pytest.mark.parametrize(
    ("module", "names", "reads"),
    [
        (SENTRY, ["Branch Berlin", "Corp SM", "Guest", "Staff"], 2),
        (APPLICATION, ["Westcoast"], 1),
        (ESET, ["Servers", "web-01", "Updates at night", "Server hardening", "Web server exclusions"], 3),
    ],
)
def test_names_of_what_changes(cloud, module, names, reads):
    there, wanted = changing(cloud, module)
    unchanged = [run(cloud, module, config=there, with_names=named) for named in (False, True)]
    assert unchanged[0]["stats"]["reads"] == unchanged[1]["stats"]["reads"] and not unchanged[1]["changed"]
    bare, named = (run(cloud, module, config=wanted, with_names=value) for value in (False, True))
    shown = json.dumps([named["before"], named["after"]])
    assert [name for name in names if f'"{name}"' not in shown] == []
    assert not [name for name in names if f'"{name}"' in json.dumps([bare["before"], bare["after"]])]
    assert named["stats"]["reads"] == bare["stats"]["reads"] + reads
    for key in ("plan_digest", "requests", "summary"):
        assert named[key] == bare[key], key
    done = run(cloud, module, check=False, config=wanted, with_names=True, expected_plan=bare["plan_digest"])
    assert done["changed"] and done["after"] == named["after"], "a run that writes shows the same"


@pytest.mark.parametrize(
    ("module", "path"), [(SENTRY, "/networks"), (APPLICATION, "privateApplicationGroups"), (ESET, "/v1/device_groups")]
)
def test_names_that_cannot_be_read_are_done_without(cloud, module, path):
    _there, wanted = changing(cloud, module)
    cloud.faults.add(kind="status", status=403, path=path, times=None)
    named = run(cloud, module, config=wanted, with_names=True)
    assert named["changed"] and "failed" not in named
    assert any("names are not shown" in text and "403" in text for text in named["warnings"])


def test_the_group_all_has_a_name_too(cloud):
    done = run(cloud, ESET, config=[{"target": {"device_group_uuid": ROOT}, "policies": []}], with_names=True)
    assert done["before"][0]["target"] == {"device_group_uuid": ROOT, "device_group": cloud.eset.root_name}
    rendered = run(cloud, ESET, state="rendered", config=[{"target": {"device_group_uuid": ROOT}, "policies": []}], with_names=True)
    assert "no effect" in " ".join(rendered["warnings"])


@pytest.mark.parametrize("module", [SENTRY, APPLICATION, ESET])
@pytest.mark.parametrize("check", [True, False])
def test_a_plan_that_cannot_be_shown_hides_nothing_of_what_was_written(cloud, module, check, monkeypatch):
    def broken(*_args):
        raise KeyError("tags")

    monkeypatch.setattr(rendering, "plan_text", broken)
    monkeypatch.setattr(rendering, "diff", broken)
    result = run(cloud, module, check, config=changing(cloud, module)[1], diff=True)
    assert not result.get("failed") and result["changed"] and result["requests"] and bool(cloud.writes()) is not check
    assert result["plan_text"] == "The plan cannot be shown, please report it: KeyError: 'tags'" and result["diff"] == []
    assert "the diff cannot be shown, please report it: KeyError: 'tags'" in result["warnings"]


def test_a_name_that_does_not_exist_costs_no_names(cloud):
    wrong = {SENTRY: {"network": "Typo"}, ESET: {"target": {"device_group": "Typo"}}}
    for module, entry in wrong.items():
        bare, named = (run(cloud, module, state="gathered", config=[entry], with_names=value) for value in (False, True))
        assert bare["failed"] and named["failed"] and named["errors"] == bare["errors"]
        assert named["stats"]["reads"] <= bare["stats"]["reads"] + (module == ESET), module
