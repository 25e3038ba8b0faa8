# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found on the way to a plan: everything is kept in order, and errors stop."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.diagnostics import Diagnostics
from ansible_collections.secops.policy.plugins.module_utils._model.plan import ValidationErrors, error, summed


def test_warnings_stop_nothing():
    found = Diagnostics()
    found.warn("one")
    found.warn("two")
    found.raise_errors()
    assert (found.errors, found.warnings) == ([], ["one", "two"])


def test_every_error_is_raised_at_once():
    earlier = ({"path": "config[0].network", "message": "there is none"},)
    found = Diagnostics(earlier)
    found.error("config[1]", "is listed twice")
    with pytest.raises(ValidationErrors) as caught:
        found.raise_errors()
    assert [item["path"] for item in caught.value.errors] == ["config[0].network", "config[1]"]
    assert len(earlier) == 1, "what it begins with stays as it is"


def test_errors_at_one_place_are_one_in_a_sentence():
    """A name that no network of many has is one mistake of the user's."""
    same = [error("config[0].network_tags", f"is not in N_{number}.") for number in range(30)]
    assert summed([*same, error("config[1].tags", "is wrong")]) == (
        "config[0].network_tags: is not in N_0 (and 29 more here); config[1].tags: is wrong"
    )
    both = [error("config[0].name", "must not be empty"), error("config[0].name", "is listed twice.")]
    assert summed(both) == "config[0].name: must not be empty; config[0].name: is listed twice.", "two problems of one place are two"
    many = [error(f"config[{number}]", "is wrong") for number in range(25)]
    assert summed(many).endswith("config[19]: is wrong; ... and 5 more, under errors")
