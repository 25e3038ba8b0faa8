# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry of the desired state as a module's arguments."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.secops.policy.plugins.action.policy_run import ActionModule
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

POLICY = "group/secops.policy.policy"


@pytest.mark.parametrize("module", RESOURCES)
@pytest.mark.parametrize("policy_last", [True, False])
def test_module_defaults_rank_as_in_a_task_of_the_module(module, policy_last):
    """The later group counts, and the module's own before any group's."""
    vendor = f"group/secops.policy.{RESOURCES[module].vendor.name}"
    groups = {vendor: {"max_removals": 1, "timeout": 1}, POLICY: {"max_removals": 2, "timeout": 2}}
    written = groups if policy_last else dict(reversed(groups.items()))
    action = object.__new__(ActionModule)
    action._task = SimpleNamespace(module_defaults=[{**written, f"secops.policy.{module}": {"timeout": 3}}])
    action._templar = SimpleNamespace(template=lambda value: value)
    found = {}
    action._defaults(module, found)
    assert found == {"max_removals": 2 if policy_last else 1, "timeout": 3}
