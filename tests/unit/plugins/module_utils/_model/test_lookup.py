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
