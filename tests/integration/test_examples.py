# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the modules' documentation work as they stand: each module's tasks, in order, against the demo organization."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml
from ansible_collections.secops.policy.tests.mock_cloud import demo

pytestmark = pytest.mark.slow

MODULES = sorted(file.stem for file in (Path(__file__).resolve().parents[2] / "plugins" / "modules").glob("[!_]*.py"))


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module, cloud, play):
    demo.seed_demo(cloud)
    tasks = yaml.safe_load(importlib.import_module(f"ansible_collections.secops.policy.plugins.modules.{module}").EXAMPLES)
    vault = {"vault_eset_password": demo.ESET_PASSWORD}
    done = play(tasks, module_defaults=connections(cloud), env={"MERAKI_ORGANIZATION_ID": demo.ORGANIZATION}, vars=vault).ok()
    assert [item["name"] for item in done.results] == [task["name"] for task in tasks]
    assert not [item["name"] for item in done.results if item["failed"] or item["skipped"]]
    assert f"secops.policy.{module}" in {item["action"] for item in done.results}


def connections(cloud):
    """What the examples leave out, by action group, which shows that the groups hold the modules."""
    return {
        "group/secops.policy.policy": {"timeout": 20},
        "group/secops.policy.meraki": {"api_key": demo.API_KEY, "base_url": cloud.meraki_url},
        "group/secops.policy.eset": {"username": demo.ESET_USER, "password": demo.ESET_PASSWORD, "base_url": cloud.eset_url},
    }
