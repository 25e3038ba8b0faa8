# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who changed it, in the drift report: as data, in the terminal and in Markdown."""

from __future__ import annotations

import json

import jsonschema
import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._drift.accepted import parse
from ansible_collections.secops.policy.plugins.plugin_utils._drift.changes import change_lines, when
from ansible_collections.secops.policy.plugins.plugin_utils._drift.files import FORMATS
from ansible_collections.secops.policy.plugins.plugin_utils._drift.markdown import LARGEST
from ansible_collections.secops.policy.plugins.plugin_utils._drift.report import kept, report
from ansible_collections.secops.policy.plugins.plugin_utils._drift.terminal import terminal
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import module_arguments
from ansible_collections.secops.policy.tests.integration.harness import ROOT
from ansible_collections.secops.policy.tests.support.drift_samples import (
    APPLICATION,
    ESET,
    NOW,
    SENTRY,
    desired_state,
    network,
    planned,
    policy,
    tenant,
)

VALIDATOR = jsonschema.Draft202012Validator(json.loads((ROOT / "docs" / "drift.schema.json").read_text(encoding="utf-8")))
PATH = "PUT /api/v1/organizations/1/sm/sentry/policies/assignments"
CALL = {"ts": "2026-11-24T16:04:11.090210Z", "admin": "Miles Meraki", "network_id": None, "page": "via API", "label": PATH, "certain": True}
EDIT = {"ts": "2026-11-24T09:00:00Z", "admin": "Dana", "network_id": "N_1", "page": "Sentry", "label": "Policies", "certain": False}


def with_changes(name, *changes, **more):
    """A tenant in which a network differs, with these entries of the log; with None, the log was not read."""
    differs = planned([network(1, policy("11"), name="Branch Berlin")], [network(1, name="Branch Berlin")], deleted=1)
    entries = {} if changes == (None,) else {"recent_changes": list(changes)}
    return tenant(name, desired_state(SENTRY, APPLICATION), {SENTRY: {**differs, **entries, **more}, APPLICATION: planned()})


def made(*tenants, accepted=(), earlier=()):
    found = report(tenants, accepted, NOW, kept=earlier)
    VALIDATOR.validate(found)
    return found


def test_the_data_is_as_the_module_has_it():
    found = made(with_changes("berlin", CALL, EDIT))
    by_module = {resource["module"]: resource["recent_changes"] for resource in found["tenants"][0]["resources"]}
    assert by_module == {SENTRY: [CALL, EDIT], APPLICATION: []}
    again = kept(json.loads(FORMATS["json"][1](found)), {"berlin"})
    assert made(earlier=again)["tenants"][0]["resources"][0]["recent_changes"] == [CALL, EDIT]


def test_who_and_when_below_the_deviations():
    found = made(with_changes("berlin", CALL, EDIT), with_changes("paris"))
    lines = terminal(found)
    at = lines.index("Changed recently (candidate: a change in this network that may be the cause):")
    assert lines[at - 1].startswith("  - Branch Berlin") and lines[at + 1 :] == [
        f"  berlin, Sentry policies: 2026-11-24 16:04 UTC Miles Meraki: via API: {PATH}",
        "  berlin, Sentry policies: candidate: 2026-11-24 09:00 UTC Dana, network Branch Berlin (N_1): Sentry: Policies",
        "  paris, Sentry policies: no entry of the change log explains it",
    ]
    text = FORMATS["markdown"][1](found).replace("\\", "")
    deviation, changed, call, candidate = (
        text.index(part)
        for part in ("all → Guest (11)", "- Sentry policies, changed recently", "  - 2026-11-24 16:04", "  - candidate: 2026")
    )
    assert deviation < changed < call < candidate < text.index("</details>") and text.count("changed recently") == 2


def test_nothing_is_said_where_nothing_counts_or_was_looked_for():
    for found in (
        made(with_changes("berlin", None)),
        made(with_changes("berlin", warnings=["recent_changes: ... because the change log could not be read: 403"])),
        made(with_changes("berlin", CALL), accepted=parse([{"what": "*", "reason": "x", "expires": "2099-01-01"}])[0]),
    ):
        assert not any("Changed recently" in line for line in terminal(found))
        assert "changed recently" not in FORMATS["markdown"][1](found)


def test_hostile_texts_change_nothing():
    hostile = {
        **EDIT,
        "admin": "<script>|{{ 1 }}`\x1b[2J",
        "label": "a\nb\u202e **bold** " * 30,
        "page": "",
        "more": "kept by nobody",
        "oldValue": "x",
    }
    found = made(with_changes("berlin", hostile, "text", None, {"ts": 5, "certain": "yes"}))
    (one, other) = found["tenants"][0]["resources"][0]["recent_changes"]
    assert one.keys() == CALL.keys() and other == {"ts": "5", "admin": "", "network_id": None, "page": "", "label": "", "certain": False}
    lines = terminal(found)
    assert all(line.isprintable() and len(line) <= 300 for line in lines)
    text = FORMATS["markdown"][1](found)
    assert "<script>" not in text and "**bold**" not in text and "\x1b" not in text and "a change without a label" in text
    assert made(with_changes("berlin", recent_changes="x"))["tenants"][0]["resources"][0]["recent_changes"] == []


def test_many_are_cut():
    found = made(*[with_changes(f"t{number:03}", *[CALL] * 50) for number in range(100)])
    lines = terminal(found)
    assert (
        sum("Miles Meraki" in line for line in lines) <= 200 and "  t000, Sentry policies: ... and 45 more changes, in drift.json" in lines
    )
    assert any("more lines, in the report" in line for line in lines)
    assert len(FORMATS["markdown"][1](found)) < LARGEST
    assert len(change_lines(found["tenants"][0]["resources"][0], 10)) == 11


@pytest.mark.parametrize(
    "junk", [None, 5, {}, ["text"], [{}], [{**CALL, "certain": 1}], [{**CALL, "ts": None}], [{**CALL, "network_id": 5}]]
)
def test_of_a_damaged_report_nothing_is_kept(junk):
    whole = json.loads(FORMATS["json"][1](made(with_changes("paris", CALL))))
    whole["tenants"][0]["resources"][0]["recent_changes"] = junk
    assert kept(whole, {"paris"}) is None


def test_a_report_of_an_earlier_version_is_kept():
    whole = json.loads(FORMATS["json"][1](made(with_changes("paris", CALL))))
    for resource in whole["tenants"][0]["resources"]:
        del resource["recent_changes"]
    found = made(earlier=kept(whole, {"paris"}))
    assert [one["name"] for one in found["tenants"]] == ["paris"]
    for _ending, written in FORMATS.values():
        written(found)


def test_the_roles_number_of_days_is_beneath_the_entrys_and_only_for_modules_that_have_the_option():
    seven, entry = {"recent_changes_days": 7}, {"config": [], "recent_changes_days": 0}
    assert module_arguments(SENTRY, [seven, {}, {}, {"config": []}], False, {}) == {"config": [], **seven}
    assert module_arguments(SENTRY, [seven, {}, {}, entry], False, {}) == entry
    assert module_arguments(ESET, [seven, {}, {}, {"config": []}], False, {}) == {"config": []}
    assert module_arguments(SENTRY, [entry], True, {}) == {}, "it says nothing of how to reach the vendor"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2026-11-24T16:04:11.09Z", "2026-11-24 16:04 UTC"), ("2026-11-24T16:04:11+01:00", "2026-11-24T16:04:11+01:00"), ("x", "x")],
)
def test_times(text, shown):
    assert when(text) == shown
