# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format is read by its own tool, whatever a vendor calls things; and a fleet stays within what the readers take."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._drift.accepted import Accepted
from ansible_collections.secops.policy.plugins.plugin_utils._drift.compare import compare
from ansible_collections.secops.policy.plugins.plugin_utils._drift.files import FORMATS
from ansible_collections.secops.policy.plugins.plugin_utils._drift.grouped import grouped
from ansible_collections.secops.policy.plugins.plugin_utils._drift.markdown import LARGEST, markdown
from ansible_collections.secops.policy.plugins.plugin_utils._drift.metrics import gitlab, prometheus
from ansible_collections.secops.policy.plugins.plugin_utils._drift.report import digests, kept, report
from ansible_collections.secops.policy.plugins.plugin_utils._drift.terminal import terminal
from ansible_collections.secops.policy.tests.support.drift_samples import (
    APPLICATION,
    NOW,
    SENTRY,
    application,
    desired_state,
    drifted,
    fleet,
    in_sync,
    network,
    planned,
    policy,
    shown,
    tenant,
    unreadable,
)
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

DOCS = Path(__file__).resolve().parents[5] / "docs"
SCHEMAS = {
    "json": json.loads((DOCS / "drift.schema.json").read_text(encoding="utf-8")),
    # As GitLab's documentation of the report has it.
    "gitlab": {
        "type": "object", "required": ["create", "update", "delete"], "additionalProperties": False,
        "properties": {name: {"type": "integer", "minimum": 0} for name in ("create", "update", "delete")},
    },
}  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>", "| a | b |", "`code` *b* _i_ [x](http://evil)", 'quote" back\\slash', "line\nbreak\r", "\x1b[2Kgone",
    "\u202egnp", "{{ lookup('pipe', 'id') }}", "</details><h1>", "![x](http://evil/p.png)", "&amp; <!-- x", "\u2028", "@everyone #1 http://evil",
]  # fmt: skip


def hostile(text):
    """A report in which everything that a vendor or a user names is this text."""
    there = network(1, policy("11", group=("101", text)), name=text)
    wanted = network(1, policy("11", "none", group=("101", text)), name=text)
    results = {SENTRY: planned([there], [wanted], updated=1), APPLICATION: planned([], [application(text, description=text)], created=1)}
    failed = {SENTRY: {"failed": True, "msg": text, "errors": [{"path": text, "message": text}]}}
    tenants = [tenant(text or "x", desired_state(SENTRY, APPLICATION), results), tenant(f"{text}2", desired_state(SENTRY), failed)]
    return report(tenants, [], NOW, [text])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_text_in_every_format(text):
    made = hostile(text)
    for name, (_ending, written) in FORMATS.items():
        output = written(made)
        assert name == "json" or not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\u2028]", output), name
        assert "uid=" not in output, f"{name}: a template was evaluated"
        if name in SCHEMAS:
            jsonschema.Draft202012Validator(SCHEMAS[name]).validate(json.loads(output))
    assert json.loads(FORMATS["json"][1](made))["tenants"][0]["name"] in (text, f"{text}2")
    suites = ET.fromstring(FORMATS["junit"][1](made)).findall("testsuite")
    shown_as = printable(text, "\n\t")
    assert {suite.get("name") for suite in suites} == {"audit", shown_as, f"{shown_as}2"}
    page = FORMATS["html"][1](made)
    (approval,) = re.findall(r'<button value="([^"]*)">Copy approval', page)
    drifted_one = next(one for one in made["tenants"] if one["name"] == text)
    assert yaml.safe_load(html.unescape(approval)) == {"apply_expected_plans": digests(drifted_one)}
    parsed = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown(made))
    tokens = [inner for token in parsed for inner in [token, *(token.children or [])]]
    kinds = [token.type for token in tokens]
    assert not {"link_open", "image", "em_open", "html_inline"} & set(kinds) and kinds.count("strong_open") == 1
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert all(re.fullmatch(r"<details><summary>[^<>]*</summary>\n?|</details>\n?", block) for block in blocks) and len(blocks) == 4
    assert sum(token.type == "tr_open" for token in tokens) == 3, "a row for each tenant, and the head"
    families = {family.name: family.samples for family in text_string_to_metric_families(prometheus(made))}
    assert {sample.labels["tenant"] for sample in families["secops_policy_tenant_verdict"]} and len(families) == 5
    lines = terminal(made)
    assert all(line.isprintable() for line in lines)


def test_numbers_are_those_of_the_report():
    made = shown()
    assert json.loads(gitlab(made)) == {"create": 1, "update": 4, "delete": 1}
    samples = [sample for family in text_string_to_metric_families(prometheus(made)) for sample in family.samples]
    assert sum(sample.value for sample in samples if sample.name == "secops_policy_deviations") == 6
    verdicts = [sample.labels for sample in samples if sample.name == "secops_policy_tenant_verdict" and sample.value]
    assert {(one["tenant"], one["verdict"]) for one in verdicts} >= {("berlin", "drifted"), ("warsaw", "unreadable"), ("rome", "in_sync")}
    assert prometheus(made).count("# TYPE") == prometheus(made).count("# HELP") == 5


def test_a_fleet_stays_within_what_readers_take():
    for count in (500, 1000):
        made = fleet(count)
        text = markdown(made)
        assert len(text) < LARGEST and "more tenants with something to say" in text and text.count("<details>") == text.count("</details>")
    assert len(terminal(made)) < 250


def test_names_and_messages_of_any_length_stay_within_what_readers_take():
    name = "*" * 250
    tenants = [tenant(f"{number:03}{name}", desired_state(SENTRY), {}) for number in range(400)]
    there = network(1, *(policy(str(number), "withAny", [f"{number}{name}"]) for number in range(40)), name=name)
    tenants += [tenant(other, desired_state(SENTRY), {SENTRY: planned([there], [network(1, name=name)])}) for other in ("a", "b")]
    text = markdown(report(tenants, [], NOW, ["\U000e0001" * 70_000, *["\U000e0001" * 500] * 50]))
    assert len(text) < LARGEST and text.count("<details>") == text.count("</details>")
    assert "more tenants in the whole report" in text and "more tenants with something to say" in text


def test_the_same_deviation_is_said_once_with_its_tenants():
    made = report([drifted("berlin"), drifted("paris"), in_sync("rome")], [], NOW)
    found = grouped(made)
    assert found and all(one.tenants == ["berlin", "paris"] for one in found)
    lines = terminal(made)
    assert sum("[berlin, paris]" in line for line in lines) == len(found)
    assert [line.split()[:2] for line in lines[:3]] == [["berlin", "drifted"], ["paris", "drifted"], ["rome", "in_sync"]]
    assert "The same on several tenants" in markdown(made) and "The same on several tenants" in FORMATS["html"][1](made)


def test_a_tenant_that_cannot_be_read_is_a_line():
    lines = terminal(report([unreadable("warsaw"), tenant("bad", {SENTRY: {"forse": 1}}, {})], [], NOW))
    assert len(lines) == 2 and "unreadable" in lines[0] and "401" in lines[0] and "invalid" in lines[1] and "forse" in lines[1]


def test_other_tenants_keep_their_part_and_do_not_count():
    earlier = json.loads(FORMATS["json"][1](report([drifted("berlin"), drifted("paris"), in_sync("gone")], [], NOW)))
    others = kept(earlier, {"paris"})
    assert [(one["name"], one["read_at"]) for one in others] == [("paris", "2026-11-25T04:30:00Z")]
    made = report([in_sync("berlin")], [], NOW, kept=others)
    assert made["totals"]["tenants"] == {"total": 1, "read": 1, "unreadable": 0, "invalid": 0, "in_sync": 1, "drifted": 0}
    assert [one["name"] for one in made["tenants"]] == ["berlin", "paris"] and made["totals"]["deviations"] == 0
    again = kept(json.loads(FORMATS["json"][1](made)), {"paris"})
    assert again[0]["read_at"] == "2026-11-25T04:30:00Z"
    accepted = report(
        [in_sync("berlin")], [Accepted("*", "fine", "2099-12-31", NOW.replace(year=2100))], NOW, kept=kept(earlier, {"paris"})
    )
    assert [one["verdict"] for one in accepted["tenants"]] == ["in_sync", "in_sync"] and made["tenants"][1]["verdict"] == "drifted"
    assert "paris" not in FORMATS["junit"][1](made) and "not in this run" in FORMATS["html"][1](made) and "read at" in markdown(made)
    assert len(terminal(made)) == 1
    compared = compare(earlier, made)
    assert {item["tenant"] for item in compared["unknown"]} == {"paris"} and compared["unchanged"] == []
    assert {item["tenant"] for item in compared["resolved"]} == {"berlin"}, "what this run has not looked at is not counted"


@pytest.mark.parametrize("broken", [None, [], {"version": 2}, {"version": 1, "tenants": [{"name": "paris"}]}, {"version": 1}])
def test_of_what_is_no_report_nothing_is_kept(broken):
    assert kept(broken, {"paris"}) is None


def test_of_a_damaged_report_nothing_is_kept():
    whole = json.loads(FORMATS["json"][1](report([drifted("paris")], [], NOW)))
    for path in (
        ("name",),
        ("verdict",),
        ("resources",),
        ("resources", 0, "counts"),
        ("resources", 0, "items", 0, "unit"),
        ("resources", 0, "module"),
        ("resources", 0, "plan_digest"),
        ("resources", 0, "recent_changes"),
    ):
        for junk in (None, 5, [], {}):
            copy = json.loads(json.dumps(whole))
            at = copy["tenants"][0]
            for key in path[:-1]:
                at = at[key]
            if at.get(path[-1], ...) == junk:
                continue
            at[path[-1]] = junk
            found = kept(copy, {"paris"})
            assert found is None or FORMATS["html"][1](report([], [], NOW, kept=found))


def test_what_apply_would_refuse_is_said_in_every_form_for_people():
    """Drift that a guard of the desired state holds back is drift, and nobody must expect it to be repaired."""
    gone = planned([application("Jira", "1")], deleted=1)
    refused = {
        **gone,
        "failed": True,
        "msg": "Nothing was written: the plan removes 1, and max_removals allows 0.\nthe plan",
        "pending": [],
    }
    made = report([tenant("berlin", desired_state(APPLICATION), {APPLICATION: refused})], [], NOW)
    says = "apply would refuse this: the plan removes 1, and max_removals allows 0."
    assert [line for line in terminal(made) if says in line and "berlin" in line]
    assert says in markdown(made).replace("\\", "")
    assert says in FORMATS["junit"][1](made) and says in FORMATS["html"][1](made)
    assert 'type="drift"' in FORMATS["junit"][1](made)
