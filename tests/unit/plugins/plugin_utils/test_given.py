# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users give: plain data, and nothing that is omitted."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain, why_not_evaluated

#: As ansible-core up to 2.18 has it.
OMITTED = "__omit_place_holder__" + "0a" * 20


def test_arguments_become_plain_data():
    class Text(str):
        """As Ansible's texts that are not to be templated."""

    class Vaulted:
        __ENCRYPTED__ = True

        def __str__(self):
            return "decrypted"

    given = {
        "a": Text("text"), "b": Vaulted(), "c": datetime.date(2026, 1, 2), "d": datetime.datetime(2026, 1, 2, 3, 4), "e": (1, 2.5, None),
        "f": {"x"}, "g": b"bytes", "h": {1: True},
    }  # fmt: skip
    found = plain(given)
    assert found == {
        "a": "text", "b": "decrypted", "c": "2026-01-02", "d": "2026-01-02T03:04:00", "e": [1, 2.5, None], "f": ["x"], "g": "bytes",
        "h": {"1": True},
    }  # fmt: skip
    assert not isinstance(found["a"], Text)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"a": OMITTED, "b": 1}, {"b": 1}),
        ([OMITTED, "a", OMITTED], ["a"]),
        ([{"a": [OMITTED, {"b": OMITTED, "c": [[OMITTED]]}]}], [{"a": [{"c": [[]]}]}]),
        (OMITTED, None),
        # Not what Ansible makes.
        ([f"a {OMITTED}", "__omit_place_holder__"], [f"a {OMITTED}", "__omit_place_holder__"]),
    ],
)
def test_what_is_omitted_is_not_there_at_any_depth(given, found):
    assert plain(given) == found


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("template error while templating string: no tag 'x'.. String: s{%x.", "template error while templating string: no tag 'x'"),
        ("Syntax error in template: no tag 'x'.", "Syntax error in template: no tag 'x'"),
        ("'vault_key' is undefined", "'vault_key' is undefined"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_evaluated_is_not_quoted(said, why):
    assert why_not_evaluated(Exception(said)) == why
