# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a desired state, before any module looks at it."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import desired_state_errors


@pytest.mark.parametrize("module", RESOURCES)
@pytest.mark.parametrize(("written", "meant"), [("max_removal", "max_removals"), ("stat", "state"), ("expected_plans", "expected_plan")])
def test_a_mistyped_option_is_told_which_one_was_meant(module, written, meant):
    (found,) = desired_state_errors({f"{module}s": {}})
    assert found["message"].endswith(f"Did you mean {module}?")
    (found,) = desired_state_errors({module: {"state": "replaced", "config": [], written: 2}})
    assert found["path"] == f"secops_policy.{module}.{written}" and found["message"].endswith(f"Did you mean {meant}?")
