# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options from the environment."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo

from .harness import run_module

NAMES = ("MERAKI_DASHBOARD_API_KEY", "MERAKI_DASHBOARD_BASE_URL", "MERAKI_ORGANIZATION_ID")
NAMES += ("ESET_USERNAME", "ESET_PASSWORD", "ESET_ACCESS_TOKEN", "ESET_REGION", "ESET_DEPLOYMENT", "ESET_BASE_URL")


@pytest.fixture
def environment(monkeypatch):
    """Set these variables, and all others of ours to nothing, as AWX does with the fields that a credential leaves out."""

    def set_(**given):
        for name in NAMES:
            monkeypatch.setenv(name, given.get(name, ""))

    return set_


@pytest.fixture
def cloud():
    with Cloud() as started:
        started.limit(None)
        demo.seed_demo(started)
        yield started


def test_an_empty_variable_counts_as_none(environment, cloud):
    environment(MERAKI_DASHBOARD_API_KEY=demo.API_KEY)
    result = run_module("meraki_sentry_assignments", {"state": "gathered", "base_url": cloud.meraki_url, "organization": "Example Health"})
    assert result["gathered"], result
    environment(ESET_USERNAME=demo.ESET_USER, ESET_PASSWORD=demo.ESET_PASSWORD, ESET_BASE_URL=cloud.eset_url)
    result = run_module("eset_policy_assignment", {"state": "gathered"})
    assert result["gathered"], result


def test_all_empty_is_as_if_none_were_set(environment, monkeypatch):
    environment()
    results = [run_module(name, {"state": "gathered"}) for name in ("meraki_private_app", "eset_policy_assignment")]
    for name in NAMES:
        monkeypatch.delenv(name)
    assert results == [run_module(name, {"state": "gathered"}) for name in ("meraki_private_app", "eset_policy_assignment")]
    assert [[error["path"] for error in result["errors"]] for result in results] == [
        ["api_key", "organization_id"],
        ["username", "password"],
    ]


def test_what_is_set_is_used(environment):
    environment(ESET_USERNAME="user", ESET_PASSWORD="a-password", ESET_DEPLOYMENT="on_prem")
    assert run_module("eset_policy_assignment", {"state": "gathered"})["errors"][0]["path"] == "base_url"
    environment(ESET_USERNAME="user", ESET_PASSWORD="a-password", ESET_DEPLOYMENT="moon")
    assert (
        "deployment: 'moon' is not one of: cloud, on_prem (from the environment variable ESET_DEPLOYMENT)"
        in run_module("eset_policy_assignment", {"state": "gathered"})["msg"]
    )
