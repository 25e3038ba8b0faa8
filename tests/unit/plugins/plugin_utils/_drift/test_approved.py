# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drift report as approvals: each host its own digests, and nothing from a report that does not speak of the host as it is."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._drift.approved import approved
from ansible_collections.secops.policy.plugins.plugin_utils._drift.report import report
from ansible_collections.secops.policy.tests.support.drift_samples import NOW, drifted
from hypothesis import given
from hypothesis import strategies as st

HOUR = datetime.timedelta(hours=1)


def made(*tenants):
    return report(tenants, [], NOW)


def test_each_host_has_its_own_digests():
    berlin, paris = drifted("berlin"), drifted("paris")
    paris["resources"] = paris["resources"][:1]
    whole = made(berlin, paris)
    found, problem = approved(whole, "berlin", NOW + HOUR, 24)
    assert problem == "" and len(found) == 2 and set(map(len, found.values())) == {64}
    assert list(approved(whole, "paris", NOW, 24)[0]) == [paris["resources"][0]["module"]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda whole: whole["tenants"].clear(), "does not contain berlin"),
        (lambda whole: whole["tenants"].append(whole["tenants"][0]), "does not contain berlin"),
        (lambda whole: whole["tenants"][0].update(verdict="unreadable"), "as unreadable"),
        (lambda whole: whole["tenants"][0].update(verdict="invalid"), "as invalid"),
        (lambda whole: whole["tenants"][0]["resources"][1].update(verdict="unreadable"), "as unreadable"),
        (lambda whole: whole.update(generated_at="2026-11-24T04:29:00Z"), "at most 24 hours old"),
        (lambda whole: whole.update(generated_at="2026-11-25T06:30:00Z"), "at most 24 hours old"),
        (lambda whole: whole["tenants"][0].update(read_at="2026-11-20T04:30:00Z"), "earlier, at 2026-11-20"),
        (lambda whole: whole.update(version=2), "not a drift.json of version 1"),
        (lambda whole: whole.pop("generated_at"), "not a complete drift.json"),
        (lambda whole: whole["tenants"][0].pop("resources"), "not a complete drift.json"),
    ],
)
def test_what_approves_nothing_says_why(change, says):
    whole = made(drifted("berlin"))
    change(whole)
    found, problem = approved(whole, "berlin", NOW, 24)
    assert found == {} and says in problem


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda item: st.lists(item) | st.dictionaries(st.text(max_size=9), item))
)
def test_anything_else_approves_nothing(data):
    assert approved(data, "berlin", NOW, 24)[0] == {}
    assert approved({**made(drifted("berlin")), "tenants": data}, "berlin", NOW, 24)[0] == {}
