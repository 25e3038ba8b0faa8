# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads holds nothing that moves the cursor, hides, or turns the writing direction."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Jira", "Jira"),
        ("Köln → 東京", "Köln → 東京"),
        ("\x1b[2K\rgone", "\\x1b[2K\\x0dgone"),
        ("abc\u202ecba", "abc\\u202ecba"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        ("\ufeffBOM\u200b", "\\ufeffBOM\\u200b"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_escape(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_all_of_it_can_be_printed_and_nothing_else_changes(text):
    shown = printable(text)
    assert shown.isprintable() and (shown == text or not text.isprintable())
    assert printable(text, "\n").replace("\n", "").isprintable()
