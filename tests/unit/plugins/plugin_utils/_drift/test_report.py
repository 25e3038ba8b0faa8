# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drift report: what counts, what is accepted, what is new; and the files, whatever stands in the texts."""

from __future__ import annotations

import copy
import datetime
import html.parser
import json
import random
import xml.etree.ElementTree as ET
from collections import Counter

import jsonschema
import pytest
from ansible_collections.secops.policy.plugins.action.drift_report import _failures
from ansible_collections.secops.policy.plugins.plugin_utils._drift import report as reports
from ansible_collections.secops.policy.plugins.plugin_utils._drift.accepted import parse
from ansible_collections.secops.policy.plugins.plugin_utils._drift.compare import compare
from ansible_collections.secops.policy.plugins.plugin_utils._drift.files import FORMATS, json_text, read_accepted, write_reports
from ansible_collections.secops.policy.plugins.plugin_utils._drift.html import html as html_text
from ansible_collections.secops.policy.plugins.plugin_utils._drift.items import described
from ansible_collections.secops.policy.plugins.plugin_utils._drift.junit import junit
from ansible_collections.secops.policy.plugins.plugin_utils._drift.report import VERDICTS, desired, digests, drift, reasons, report, unread
from ansible_collections.secops.policy.plugins.plugin_utils._drift.terminal import terminal
from ansible_collections.secops.policy.tests.integration.harness import ROOT
from ansible_collections.secops.policy.tests.support.drift_samples import (
    APPLICATION,
    DRIFTED,
    ESET,
    IN_SYNC,
    NOW,
    SENTRY,
    application,
    desired_state,
    drifted,
    fleet,
    in_sync,
    network,
    networks,
    planned,
    policy,
    reordered,
    shown,
    tenant,
    unreadable,
)
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import given
from hypothesis import strategies as st

SCHEMA = json.loads((ROOT / "docs" / "drift.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
EXAMPLES = [in_sync, drifted, reordered, unreadable, lambda name: unread(name, "not reached")]


def accept(entries):
    found, errors = parse(entries)
    assert errors == []
    return found


def identities(made, *verdicts):
    everything = [item for one in made["tenants"] for resource in one["resources"] for item in resource["items"]]
    return [item["id"] for item in everything if item["verdict"] in verdicts]


def test_the_samples_are_as_the_schema_says():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for made in (shown(), fleet(2), report([], [], NOW)):
        VALIDATOR.validate(made)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**shown(), "more": 1})


def test_totals_add_up_and_nothing_unread_is_in_line():
    made = shown()
    assert made["totals"] == {
        "tenants": {"total": 16, "read": 14, "unreadable": 2, "invalid": 0, "in_sync": 12, "drifted": 2},
        "objects": {"in_sync": 787, "changed": 2, "missing": 1, "extra": 1, "moved": 2, "accepted": 1},
        "deviations": 6,
    }
    by_name = {one["name"]: one for one in made["tenants"]}
    assert [drift(by_name[name]) for name in ("amsterdam", "berlin", "warsaw", "sofia")] == [False, True, None, None]
    assert digests(by_name["berlin"]) == {SENTRY: DRIFTED, APPLICATION: DRIFTED}
    assert digests(by_name["warsaw"]) == {ESET: IN_SYNC} and digests(by_name["sofia"]) == {}
    assert reasons(by_name["sofia"]) == ["the host was not reached"] and "401" in reasons(by_name["warsaw"])[0]


@examples(30)
@given(st.lists(st.sampled_from(EXAMPLES), max_size=8), st.randoms(use_true_random=False))
def test_the_same_tenants_make_the_same_bytes_in_whatever_order(kinds, shuffle):
    tenants = [kind(f"t{number}") for number, kind in enumerate(kinds)]
    first = json_text(report(copy.deepcopy(tenants), [], NOW))
    shuffle.shuffle(tenants)
    later = report(tenants, [], NOW + datetime.timedelta(days=1))
    VALIDATOR.validate(later)
    assert json_text({**later, "generated_at": json.loads(first)["generated_at"]}) == first
    totals = later["totals"]["tenants"]
    assert totals["total"] == sum(totals[verdict] for verdict in VERDICTS) == totals["read"] + totals["unreadable"] + totals["invalid"]


@pytest.mark.parametrize(
    ("desired_state_", "results", "says"),
    [
        ({}, {}, "names no module"),
        (None, {}, "names no module"),
        ([1], {}, "must be a dictionary, with a key for each module"),
        ("{}", {}, "must be a dictionary, with a key for each module"),
        ({"meraki_sentry": {}}, {}, "is not a module of this collection"),
        ({SENTRY: None}, {}, "must be a dictionary"),
        ({SENTRY: {"state": "gathered"}}, {SENTRY: {"gathered": []}}, "does not describe a desired state"),
        ({SENTRY: {"state": ["x"]}}, {SENTRY: {"failed": True, "msg": "bad"}}, "bad"),
        (
            {SENTRY: {"config": [], "forse": True}},
            {SENTRY: planned()},
            "secops_policy.meraki_sentry_assignments.forse: Unsupported parameter",
        ),
        ({SENTRY: {"config": []}}, {}, "was not run"),
        ({SENTRY: {"config": []}}, {SENTRY: {"skipped": True, "changed": False}}, "was not run"),
        ({SENTRY: {"config": []}}, {SENTRY: {"unreachable": True, "msg": "no route"}}, "no route"),
        ({SENTRY: {"config": []}}, {SENTRY: {"failed": True, "msg": "MODULE FAILURE"}}, "MODULE FAILURE"),
        ({SENTRY: {"config": []}}, {SENTRY: {"changed": False}}, "did not return the current state"),
        ({SENTRY: {"config": []}}, {SENTRY: {"failed": True}}, "did not return the current state"),
    ],
)
def test_what_makes_no_sense_is_never_in_sync_and_says_why(desired_state_, results, says):
    made = report([tenant("t", desired_state_, results)], [], NOW)
    VALIDATOR.validate(made)
    wrong = says.startswith(("must be", "is not a module", "does not describe", "secops_policy"))
    assert made["tenants"][0]["verdict"] == ("invalid" if wrong else "unreadable") and drift(made["tenants"][0]) is None
    assert made["totals"]["tenants"][made["tenants"][0]["verdict"]] == 1
    assert says in "; ".join(reasons(made["tenants"][0]))
    assert 'errors="1"' in junit(made)


def test_an_option_that_does_not_exist_hides_no_other_error():
    """The module was run without it, and has errors of its own; one that both find stands once."""
    own = [{"path": "config[0].network", "message": "does not exist"}, {"path": "forse", "message": "Unsupported parameter"}]
    made = report([tenant("t", {SENTRY: {"forse": 1, "config": [{}]}}, {SENTRY: {"failed": True, "msg": "no", "errors": own}})], [], NOW)
    resource = made["tenants"][0]["resources"][0]
    prefix = f"secops_policy.{SENTRY}."
    assert [item["path"] for item in resource["errors"]] == [f"{prefix}forse", f"{prefix}config[0].network"]
    assert resource["verdict"] == "invalid" and resource["message"].count("forse") == 1


def test_an_error_about_what_the_vendor_has_is_no_error_of_the_desired_state():
    """One such is worse than any in the desired state."""
    locale = {"path": "organization: network L_9", "message": "the API lists it as L_9"}
    wrong = {"path": "config[0].network", "message": "network 'Berlin' does not exist"}
    for errors, verdict in (([locale], "unreadable"), ([wrong], "invalid"), ([wrong, locale], "unreadable")):
        failed = {"failed": True, "msg": "no", "errors": errors}
        made = report([tenant("t", desired_state(SENTRY), {SENTRY: failed})], [], NOW)
        assert made["tenants"][0]["verdict"] == verdict
        assert len(made["tenants"][0]["resources"][0]["errors"]) == len(errors)


def test_a_tenant_that_is_read_in_part_shows_the_drift_that_was_seen():
    results = {SENTRY: {"failed": True, "msg": "no"}, APPLICATION: planned([application("Jira", "1")])}
    made = report([tenant("t", desired_state(SENTRY, APPLICATION), results)], [], NOW)
    assert made["tenants"][0]["verdict"] == "unreadable" and drift(made["tenants"][0]) is True
    assert made["totals"]["deviations"] == 1


def test_a_result_that_no_desired_state_names_is_reported_all_the_same():
    gone = planned([application("Jira", "1")])
    for names in ({}, desired_state(SENTRY)):
        made = report([tenant("t", names, {APPLICATION: gone, SENTRY: {"skipped": True}})], [], NOW)
        VALIDATOR.validate(made)
        assert [item["verdict"] for one in made["tenants"][0]["resources"] for item in one["items"]] == ["extra"]
        assert made["totals"]["deviations"] == 1 and drift(made["tenants"][0]) is True


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("nobody/*", True),
        (f"berlin/{ESET}/*", True),
        (f"berlin/{SENTRY}/N_1/99", True),
        (f"berlin/{SENTRY}/N_1/*", False),
        (f"warsaw/{SENTRY}/N_1/99", False),
        (f"warsaw/{SENTRY}*", False),
        (f"warsaw/{ESET}/g-1/p-9", True),
        ("war*/p-9", False),
        ("wars", True),
        ("sofia/*", False),
        ("elsewhere/x", False),
        ("*/p-9", False),
    ],
)
def test_an_accepted_deviation_that_matches_nothing_is_said_where_that_is_known(what, said):
    """warsaw could be read in part, sofia not at all, elsewhere is in the inventory and not in this run."""
    entries = accept([{"what": what, "reason": "x", "expires": "2999-12-31"}])
    made = report([drifted("berlin"), unreadable("warsaw"), unread("sofia", "not reached")], entries, NOW)
    assert reports.unmatched(made, ["berlin", "warsaw", "sofia", "elsewhere"]) == [what] * said
    expired = report([drifted("berlin")], accept([{"what": what, "reason": "x", "expires": "2020-12-31"}]), NOW)
    assert reports.unmatched(expired, []) == []


def test_what_a_result_was_asked_for_counts_before_what_anybody_else_says():
    own = described(SENTRY, {"state": "overridden", "organization": "Acme", "config": [{"network": "Berlin", "policies": [1]}]})
    assert own == {"state": "overridden", "scope": "Acme", "units": [{"network": "Berlin"}]}, "no more than the report needs"
    expected = desired({SENTRY: {"state": "merged", "config": [{"network": "Paris"}]}})
    made = report([reports.tenant("t", expected, {SENTRY: {**planned(unchanged=3), "desired": own}})], [], NOW)
    (resource,) = made["tenants"][0]["resources"]
    assert (resource["state"], resource["scope"]) == ("overridden", "Acme")
    assert [item["unit"]["name"] for item in resource["items"]] == ["Berlin"]


def test_units_that_are_too_many_to_travel_are_counted():
    own = described(SENTRY, {"config": networks(10_000)})
    assert own["units"] is None and described(SENTRY, {"config": networks(2000)})["units"] == networks(2000)
    results = {SENTRY: {**planned([network(1, policy("11"))], [network(1)], unchanged=9), "desired": own}}
    made = report([tenant("t", desired_state(SENTRY), results)], [], NOW)
    VALIDATOR.validate(made)
    (resource,) = made["tenants"][0]["resources"]
    assert resource["counts"]["in_sync"] == 9 and [item["verdict"] for item in resource["items"]] == ["extra"]
    assert "not listed" in resource["warnings"][0]


@pytest.mark.parametrize("config", [None, "text", 5, {}, [5, None, "x"], [{"network": {"odd": 1}}]])
def test_whatever_an_entry_holds_can_travel(config):
    for module in (SENTRY, APPLICATION, ESET):
        for entry in ({"config": config}, {"config": config, "state": None, "organization": ["x"]}):
            own = described(module, entry)
            assert own["state"] == "merged" and isinstance(own["scope"], str) and isinstance(own["units"], list)
    assert described(SENTRY, config) == {"state": "" if config != {} else "merged", "scope": "", "units": []}


def test_errors_are_shown_with_their_place_in_the_desired_state():
    failed = {"failed": True, "msg": "2 errors", "errors": [{"path": "config[0].name", "message": "is required"}]}
    (resource,) = tenant("t", desired_state(APPLICATION), {APPLICATION: failed})["resources"]
    assert resource["errors"] == [{"path": f"secops_policy.{APPLICATION}.config[0].name", "message": "is required"}]


def test_accepted_deviations_do_not_count_until_they_have_expired():
    day = [{"what": "t/*/11", "reason": "known", "expires": "2026-11-25"}]
    gone = planned([network(1, policy("11"), policy("12"))], [network(1)])
    for hours, deviations in ((0, 1), (19, 1), (20, 2)):
        made = report([tenant("t", desired_state(SENTRY), {SENTRY: gone})], accept(day), NOW + datetime.timedelta(hours=hours))
        assert (made["totals"]["deviations"], made["totals"]["objects"]["accepted"]) == (deviations, 2 - deviations), (
            "through the day, in UTC"
        )
        assert made["accepted"] == [{**day[0], "expired": deviations == 2, "deviations": 1}]
    everything = [{"what": "*", "reason": "all", "expires": datetime.datetime(2027, 1, 1, 12, 0)}]
    made = report([tenant("t", desired_state(SENTRY), {SENTRY: gone}), unreadable("u")], accept(everything), NOW)
    assert [one["verdict"] for one in made["tenants"]] == ["in_sync", "unreadable"], "what cannot be read cannot be accepted"
    assert made["accepted"][0]["expires"] == "2027-01-01T12:00:00"
    suite = ET.fromstring(junit(made)).find("testsuite[@name='t']")
    assert suite.get("skipped") == "1" and "all (until 2027" in suite.find("testcase/skipped").get("message")


@pytest.mark.parametrize(
    ("expires", "good"),
    [
        ("2027-01-31", True), (datetime.date(2027, 1, 31), True), (datetime.date.max, True), ("2027-01-31T08:00:00Z", True),
        ("2027-01-31T08:00:00+02:00", True), ("9999-12-31", True), ("soon", False), ("2027-02-30", False), (20270131, False), (None, False),
        ("", False), (True, False),
    ],
)  # fmt: skip
def test_until_when(expires, good):
    found, errors = parse([{"what": "x", "reason": "y", "expires": expires}])
    assert (len(found), len(errors)) == ((1, 0) if good else (0, 1))


def test_every_error_in_the_accepted_deviations_is_found_and_nothing_is_accepted(tmp_path):
    file = tmp_path / "accepted.yml"
    good = {"what": "x", "reason": "y", "expires": "2999-01-01"}
    file.write_text(json.dumps([good, {}, 7, {**good, "what": " ", "why": "z"}]), encoding="utf-8")
    found, errors = read_accepted(str(file))
    assert found == []
    assert [error.rsplit(": ", 2)[1] for error in errors] == ["[1].what", "[1].reason", "[1].expires", "[2]", "[3].why", "[3].what"]
    for text in ("{a: 1}", "- [", "text", "\x00", "- {what: *x}"):
        file.write_text(text, encoding="utf-8")
        assert read_accepted(str(file))[1], text
    file.write_bytes(b"\xff\xfe\xfd")
    assert read_accepted(str(file))[1]
    file.write_text("# nothing yet\n", encoding="utf-8")
    assert read_accepted(str(file)) == ([], [])


@given(st.text(max_size=20), st.text(max_size=20))
def test_only_the_star_is_special_in_what(left, right):
    (entry,) = accept([{"what": f"x{left}*{right}", "reason": "r", "expires": "2999-01-01"}])
    assert entry.covers(f"x{left}{right}") and entry.covers(f"x{left} in between\n{right}")
    assert not entry.covers("y")


def test_what_is_new_resolved_and_unchanged():
    earlier, later = report([drifted("a"), reordered("b")], [], NOW), report([drifted("b"), reordered("c")], [], NOW)
    found = compare(earlier, later)
    assert found["earlier"] == "2026-11-25T04:30:00Z"
    assert {item["tenant"] for item in found["new"]} == {"b", "c"} and found["unchanged"] == found["resolved"] == []
    assert {item["tenant"] for item in found["unknown"]} == {"a", "b"}, "neither a, nor ESET of b, was looked at"
    same = compare(earlier, earlier)
    assert len(same["unchanged"]) == 7 and not (same["new"] or same["resolved"] or same["unknown"])


@examples(50)
@given(*[st.lists(st.sampled_from(EXAMPLES), min_size=3, max_size=3)] * 2)
def test_a_comparison_accounts_for_every_deviation_once(before, after):
    earlier, later = ([kind(name) for kind, name in zip(kinds, "abc")] for kinds in (before, after))
    earlier, later = report(earlier, [], NOW), report(later, [], NOW)
    found = compare(earlier, later)
    VALIDATOR.validate({**later, "comparison": found})

    def ids(*keys):
        return sorted(item["id"] for key in keys for item in found[key] if item["verdict"] != "unreadable")

    deviations = ("changed", "missing", "extra", "moved")
    assert ids("new", "unchanged") == sorted(identities(later, *deviations))
    assert ids("resolved", "unchanged", "unknown") == sorted(identities(earlier, *deviations)), "the samples differ in one way only"
    # Seen from the other side new is resolved, but for what cannot be seen from there.
    sides = {"earlier": later, "later": earlier}
    assert {item["id"] for item in compare(**sides)["resolved"]} <= {item["id"] for item in found["new"]}


def test_the_same_object_that_differs_in_another_way_is_new_and_names_and_places_are_no_difference():
    def at(place, tags, name):
        current = network(1, *[policy(f"9{number}") for number in range(place)], policy("12", "withAny", tags, ("102", name)))
        desired = network(1, *current["policies"][:-1], policy("12", "withAny", ["x"], ("103", name)))
        return report([tenant("t", desired_state(SENTRY), {SENTRY: planned([current], [desired])})], [], NOW)

    assert [item["id"] for item in compare(at(1, ["a"], "Staff"), at(4, ["a"], ""))["unchanged"]] == [f"t/{SENTRY}/N_1/12"]
    found = compare(at(1, ["a"], "Staff"), at(1, ["b"], "Staff"))
    assert len(found["new"]) == 1 and found["resolved"] == found["unchanged"] == []


def test_a_tenant_that_can_be_read_again_is_resolved_and_one_that_cannot_is_new():
    down, up = report([unreadable("t"), unread("u", "gone")], [], NOW), report([unreadable("t"), in_sync("u")], [], NOW)
    assert [item["id"] for item in compare(down, up)["resolved"]] == ["u"]
    assert [(item["id"], item["verdict"]) for item in compare(up, down)["new"]] == [("u", "unreadable")]


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({}, "not a drift.json"), ([], "not a drift.json"), (None, "not a drift.json"), ("x", "not a drift.json"),
        ({"version": 2, "tenants": []}, "version 2"), ({"version": 1, "tenants": [{}]}, "not a complete"),
        ({"version": 1, "tenants": 3}, "not a complete"), ({"version": 1, "tenants": [None]}, "not a complete"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_said_to_be_none(other, says):
    with pytest.raises(ValueError, match=f"earlier report .*{says}"):
        compare(other, shown())
    with pytest.raises(ValueError, match="later report"):
        compare(shown(), other)


def test_junit_as_ci_systems_read_it():
    """Jenkins and GitLab: suites with counts; cases with classname, name, time and one of failure, error, skipped; each name once."""
    root = ET.fromstring(junit(shown()))
    assert root.tag == "testsuites"
    for suite in [root, *root]:
        cases = list(suite.iter("testcase"))
        for kind in ("failure", "error", "skipped"):
            assert int(suite.get({"failure": "failures", "error": "errors"}.get(kind, kind))) == len(list(suite.iter(kind)))
        assert int(suite.get("tests")) == len(cases)
        names = [(case.get("classname"), case.get("name")) for case in cases]
        assert len(set(names)) == len(names) and all(case.get("time") is not None and len(case) <= 1 for case in cases)
    berlin = root.find("testsuite[@name='berlin']")
    failure = berlin.find(f"testcase[@classname='berlin.{SENTRY}'][@name='Branch Berlin (N_1)']/failure")
    assert "withAny noncompliant → Quarantine is desired, and not there" in failure.get("message")
    assert f"missing: withAny noncompliant → Quarantine [berlin/{SENTRY}/N_1/withAny:noncompliant:N_SM:103]" in failure.text
    assert "    tags: staff → compliant, staff" in failure.text
    assert root.find(f"testsuite[@name='warsaw']/testcase[@classname='warsaw.{SENTRY}']/error").get("type") == "unreadable"
    wrong = ET.fromstring(junit(report([tenant("bad", {SENTRY: {"forse": 1}}, {})], [], NOW))).find("testsuite/testcase/error")
    assert wrong.get("type") == "invalid" and wrong.text.count("Unsupported parameter") == 1
    assert root.find("testsuite[@name='sofia']/testcase/error").get("message") == "the host was not reached"
    made = report([in_sync("t")], [], NOW, problems=["the file is gone"])
    assert ET.fromstring(junit(made)).find("testsuite[@name='audit']/testcase/error").get("message") == "the file is gone"


class Page(html.parser.HTMLParser):
    """What a browser makes of the page: elements with their attributes, and texts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


TEXTS = st.text(min_size=1, max_size=30) | st.sampled_from(
    [
        "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 1 + 1 }}", "{% raw %}", "\"><b>", "' onclick='x", "]]>",
        "&amp;", "\ud800", "\x00\x07", "-->",
    ]
)  # fmt: skip


@examples(80)
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_breaks_a_file(one, two, three):
    """Names, values and messages as hostile as they can be: all files stay whole, and the page has the same elements as with tame ones."""

    def made(one, two, three):
        current = network(1, policy("11", "withAny", [one], (two, three)), name=three)
        current["network_id"] = two
        results = {
            SENTRY: {**planned([current], [{**current, "policies": []}]), "warnings": [one]},
            APPLICATION: planned([], [application(one, description=two, sni=three)]),
            ESET: {"failed": True, "msg": three, "errors": [{"path": one, "message": two}]},
        }
        found = report(
            [tenant(one, desired_state(SENTRY, APPLICATION, ESET), results), unread(three + "x", two)], accept([]), NOW, problems=[two]
        )
        found["accepted"] = [{"what": one, "reason": two, "expires": three, "expired": True, "deviations": 0}]
        found["comparison"] = compare(report([in_sync("t")], [], NOW), found)
        return found

    hostile, tame = made(one, two, three), made("a", "b", "c")
    VALIDATOR.validate(hostile)
    assert json.loads(json_text(hostile).encode("utf-8")) == json.loads(json.dumps(hostile))
    trees = [Counter(element.tag for element in ET.fromstring(junit(found)).iter()) for found in (hostile, tame)]
    assert trees[0] == trees[1]
    text = html_text(hostile)
    text.encode("utf-8")
    page, calm = Page(text), Page(html_text(tame))
    assert Counter(page.tags) == Counter(calm.tags)
    assert {name for name, _value in page.attributes} == {name for name, _value in calm.attributes}
    if one.isprintable():
        assert one in "".join(page.texts)


def test_the_page_takes_nothing_from_elsewhere_and_runs_no_script_but_its_own():
    text = html_text(shown())
    page = Page(text)
    assert page.tags.count("script") == page.tags.count("style") == 1
    attributes = dict(page.attributes)
    assert not {"src", "srcset", "action", "style", "onclick", "onload"} & set(attributes)
    assert {value[:1] for name, value in page.attributes if name == "href"} == {"#", "d"}, "anchors, and the empty icon"
    policy_ = next(value for name, value in page.attributes if name == "content" and "default-src" in value)
    assert "default-src 'none'" in policy_ and "unsafe" not in policy_ and "http" not in policy_


def test_files_are_whole_and_private(tmp_path):
    folder = tmp_path / "made" / "here"
    for _round in range(2):
        paths = write_reports(str(folder), shown(), FORMATS)
    names = ["drift.gitlab.json", "drift.html", "drift.json", "drift.md", "drift.prom", "drift.xml"]
    assert sorted(file.name for file in folder.iterdir()) == names
    assert {oct((folder / f"drift.{kind}").stat().st_mode & 0o777) for kind in paths} == {"0o600"}
    assert json.loads((folder / "drift.json").read_text(encoding="utf-8")) == json.loads(json.dumps(shown()))


def test_a_fleet_stays_small_and_is_made_quickly():
    made = fleet(500)
    assert made["totals"]["deviations"] == 2500
    assert len(html_text(made).encode()) < 3_000_000
    assert random.Random(1).choice(made["tenants"])["verdict"] == "drifted"


def test_one_unreachable_and_one_misconfigured_tenant_among_a_thousand():
    """Two rows say so, the others are complete, and exactly these two hosts fail the play."""
    names = [f"tenant-{number:03}" for number in range(998)]
    wrong = tenant("misconfigured", {**desired_state(SENTRY), ESET: {"stat": "replaced"}}, {SENTRY: planned(unchanged=20)})
    fine = [tenant(name, desired_state(SENTRY, **{SENTRY: networks(2)}), {SENTRY: planned(unchanged=2)}) for name in names]
    made = report([*fine, unreadable("unreachable"), wrong], [], NOW)
    expected = {"total": 1000, "read": 998, "unreadable": 1, "invalid": 1, "in_sync": 998, "drifted": 0}
    assert made["totals"]["tenants"] == expected
    assert made["totals"]["objects"]["in_sync"] == 998 * 2 + 9 + 20, "also what could be read of these two"
    lines = terminal(made)
    assert [line.split()[:2] for line in lines if " in_sync  " not in line][:2] == [
        ["unreachable", "unreadable"],
        ["misconfigured", "invalid"],
    ]
    assert lines[-1] == "... and 800 tenants more, in the report"
    suites = {suite.get("name"): int(suite.get("errors")) for suite in ET.fromstring(junit(made))}
    assert len(suites) == 1000 and {name for name, errors in suites.items() if errors} == {"unreachable", "misconfigured"}
    page = html_text(made)
    assert "1 of 1000 tenants could not be read completely; 1 tenant with an error in the desired state" in page
    hosts = sorted([*names, "unreachable", "misconfigured"])
    failed = _failures(made, {"ansible_play_hosts": hosts, "ansible_play_batch": hosts}, False)
    assert set(failed) == {"unreachable", "misconfigured"}
    assert "401" in failed["unreachable"] and "secops_policy.eset_policy_assignment.stat" in failed["misconfigured"]
