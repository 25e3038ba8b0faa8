# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names to ids: what is said where a name matches nothing, or several objects."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index


@pytest.mark.parametrize(("noun", "nouns"), [("policy", "policies"), ("group policy", "group policies"), ("device group", "device groups")])
def test_several_objects_of_one_name_are_called_by_their_plural(noun, nouns):
    index = Index(noun, [("1", "Twin"), ("2", "Twin")], " of N_1")
    assert index.find("Twin") == (None, f"2 {nouns} of N_1 are named 'Twin': 1, 2. Give the id")
    assert index.settle("config[0]", "group_id", {"group_id": "9"}, None) == {
        "path": "config[0].group_id",
        "message": f"{noun} 9 is not in the list of {nouns} of N_1",
    }


def test_a_name_that_is_near_is_asked_for_before_those_that_exist():
    index = Index("group policy", [("1", "Quarantine"), ("2", "Staff")], " in network N_1")
    exist = "Existing group policies: 'Quarantine', 'Staff'"
    assert index.find("Quarantene")[1] == f"group policy 'Quarantene' does not exist in network N_1. Did you mean 'Quarantine'? {exist}"
    assert index.find("Printers")[1] == f"group policy 'Printers' does not exist in network N_1. {exist}"
