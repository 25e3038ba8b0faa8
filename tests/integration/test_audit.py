# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``audit`` and its playbook as users run them: real ansible-playbook, several tenants, the strict mock server."""

from __future__ import annotations

import itertools
import json
import stat
import xml.etree.ElementTree as ET

import jsonschema
import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._resources import vendors

from .harness import ROOT

PLAYBOOK = "secops.policy.audit"
KEY = "a-key-that-nobody-should-see-0123456789"
OTHER_KEY = "another-key-that-nobody-should-see-42"
PASSWORD = "a-password-that-nobody-should-see"
SENTRY, APPLICATION, ESET = "meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"
EVERY_FORMAT = {"audit_formats": ["json", "html", "junit", "markdown", "prometheus", "gitlab"]}
SCHEMA = json.loads((ROOT / "docs" / "drift.schema.json").read_text(encoding="utf-8"))
GUEST = {"sm_network": "Corp SM", "scope": "all", "group_policy": "Guest"}
STAFF = {"sm_network": "Corp SM", "scope": "withAny", "tags": ["staff"], "group_policy": "Staff"}
JIRA = {
    "name": "Jira",
    "description": "Where tickets live",
    "destinations": [
        {"destination_addr": ["172.16.0.1"], "protocol_ports": [{"protocol": "TCP", "ports": "443"}], "access_type": "browser"}
    ],
    "application_groups": ["Westcoast"],
}


@pytest.fixture
def tenants(cloud):
    """Three organizations, alike and as their desired state says, and an ESET tenant; the inventory is ``inventory(cloud)``."""
    cloud.limit(None)
    cloud.meraki.add_key(KEY)
    for number in ("1", "2", "3"):
        organization(cloud, number)
    cloud.eset.add_user("api@example.com", PASSWORD, read_only=True)
    cloud.eset.seed_demo()
    return cloud


def organization(cloud, number, name="Berlin"):
    meraki = cloud.meraki
    meraki.add_organization(number, f"Organization {number}")
    meraki.add_network(number, f"N_SM{number}", "Corp SM", product_types=["systemsManager"])
    meraki.add_network(number, f"N_{number}", name)
    for place, group in enumerate(("Guest", "Staff")):
        meraki.add_group_policy(f"N_{number}", f"{number}0{place}", group)
    meraki.add_sentry(f"N_{number}", [sentry(number, "all"), sentry(number, "withAny", ["staff"], "01")])
    west = meraki.add_group(number, "Westcoast")
    ports = [{"protocol": "TCP", "ports": "443"}]
    meraki.add_application(
        number,
        name="Jira",
        description="Where tickets live",
        applicationGroupIds=[west],
        destinations=[{"destinationAddr": ["172.16.0.1/32"], "protocolPorts": ports, "accessType": "browser"}],
    )


def sentry(number, scope, tags=(), group="00"):
    return {"smNetworkId": f"N_SM{number}", "scope": scope, "tags": list(tags), "groupPolicyId": number + group}


def meraki_desired_state(cloud, number, network="Berlin", policies=(GUEST, STAFF), application=None, key=KEY):
    connection = {"api_key": key, "base_url": cloud.meraki_url, "organization_id": number}
    return {
        SENTRY: {**connection, "state": "replaced", "config": [{"network": network, "policies": list(policies)}]},
        APPLICATION: {**connection, "state": "replaced", "config": [application or JIRA], "deprecation_warning": False},
    }


def eset_desired_state(cloud, *policies):
    return {
        ESET: {
            "username": "api@example.com", "password": PASSWORD, "base_url": cloud.eset_url, "state": "replaced",
            "config": [{"target": {"device_group": "Workstations"}, "policies": [{"policy": name} for name in policies]}],
        }
    }  # fmt: skip


def inventory(cloud, **desired_states):
    """Hosts by name, each with its desired state; as they are left out, three that are in sync."""
    if not desired_states:
        desired_states = {
            "berlin": meraki_desired_state(cloud, "1"),
            "paris": meraki_desired_state(cloud, "2"),
            "rome": eset_desired_state(cloud, "Workstation protection", "USB control"),
        }
    return {"all": {"hosts": {name: {"secops_policy": desired_state} for name, desired_state in desired_states.items()}}}


@pytest.fixture
def audit(tenants, run_playbook, tmp_path):
    """Run the playbook over an inventory; the result, and the report as data (None where none was written)."""

    def run(listed, playbook=PLAYBOOK, **more):
        extra = {"audit_report_dir": str(tmp_path / "report"), **more.pop("extra_vars", {})}
        done = run_playbook(playbook, inventory=listed, extra_vars=extra, **more)
        file = tmp_path / "report" / "drift.json"
        report = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        if report is not None:
            jsonschema.Draft202012Validator(SCHEMA).validate(report)
            ET.parse(tmp_path / "report" / "drift.xml")
        return done, report

    return run


def items(report, name=None, verdict=None):
    found = [
        item for one in report["tenants"] if name in (None, one["name"]) for resource in one["resources"] for item in resource["items"]
    ]
    return [item for item in found if verdict is None or item["verdict"] == verdict]


@pytest.mark.parametrize("check", [False, True])
def test_what_is_in_line(check, tenants, audit, tmp_path):
    done, report = audit(inventory(tenants), check=check)
    done.ok()
    assert report["totals"]["tenants"] == {"total": 3, "read": 3, "unreadable": 0, "invalid": 0, "in_sync": 3, "drifted": 0}
    assert tenants.writes() == []
    assert {item["verdict"] for item in items(report)} == {"in_sync"}
    assert all(not item["failed"] for item in done.results)
    for kind in ("json", "html", "xml"):
        assert stat.S_IMODE((tmp_path / "report" / f"drift.{kind}").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o700
    assert "All 3 tenants are in sync" in (tmp_path / "report" / "drift.html").read_text(encoding="utf-8")


def set_stats(done):
    """What the run left as set_stats does: a workflow's next job gets it."""
    return next(item["result"]["ansible_stats"]["data"] for item in done.results if item["action"] == "secops.policy.drift_report")


def test_every_kind_of_drift(tenants, audit, play, tmp_path):
    """The verdicts, by object; and the numbers and digests are those of the modules."""
    listed = inventory(
        tenants,
        berlin=meraki_desired_state(
            tenants, "1", policies=[{**STAFF, "tags": ["new"]}, STAFF], application={**JIRA, "description": "Other"}
        ),
        paris=meraki_desired_state(tenants, "2", policies=[STAFF, GUEST], application={**JIRA, "name": "Wiki"}),
        rome=eset_desired_state(tenants, "USB control", "Baseline"),
    )
    done, report = audit(listed)
    done.ok()
    assert tenants.writes() == [], "an audit writes nothing but its report"
    assert {one["name"]: one["verdict"] for one in report["tenants"]} == dict.fromkeys(("berlin", "paris", "rome"), "drifted")
    seen = {(one["name"], resource["module"]): resource["counts"] for one in report["tenants"] for resource in one["resources"]}
    none = dict.fromkeys(("in_sync", "changed", "missing", "extra", "moved", "accepted"), 0)
    assert seen == {
        ("berlin", SENTRY): {**none, "missing": 1, "extra": 1, "in_sync": 1},
        ("berlin", APPLICATION): {**none, "changed": 1},
        ("paris", SENTRY): {**none, "moved": 1, "in_sync": 1},
        ("paris", APPLICATION): {**none, "missing": 1},
        ("rome", ESET): {**none, "missing": 1, "extra": 1, "in_sync": 1},
    }
    for item in done.results:
        for result in item["result"].get("results", []):
            if result.get("skipped") or "skip_reason" in result:
                continue
            module = result["module"]
            counts, summary = seen[item["host"], module], result["summary"]
            assert [counts[key] for key in ("missing", "changed", "moved", "extra", "in_sync")] == [
                summary[key] for key in ("created", "updated", "moved", "deleted", "unchanged")
            ]
            said = set_stats(done)[f"secops_policy_audit_{item['host']}"]
            assert said["drift"] is True
            assert said["digests"][module] == result["plan_digest"]
    (changed,) = items(report, "berlin", "changed")
    assert changed["unit"]["name"] == "Jira" and changed["object"] is None
    assert changed["fields"] == [{"field": "description", "actual": "Where tickets live", "desired": "Other"}]
    (extra,) = items(report, "berlin", "extra")
    assert extra["id"] == f"berlin/{SENTRY}/N_1/{extra['object']['id']}" and extra["unit"] == {"id": "N_1", "name": "Berlin"}
    (missing,) = items(report, "rome", "missing")
    assert missing["object"]["name"] == "Baseline" and missing["unit"]["name"].endswith("Workstations")
    (moved,) = items(report, "paris", "moved")
    assert moved["fields"][0]["field"] == "position"
    suites = {suite.get("name"): suite for suite in ET.parse(tmp_path / "report" / "drift.xml").getroot()}
    assert {name: suite.get("failures") for name, suite in suites.items()} == {"berlin": "2", "paris": "2", "rome": "1"}


def test_a_tenant_that_cannot_be_read_is_an_error_and_the_others_are_read(tenants, audit, tmp_path):
    listed = inventory(
        tenants,
        berlin=meraki_desired_state(tenants, "1", policies=[GUEST]),
        paris=meraki_desired_state(tenants, "2", key=OTHER_KEY),
        rome=eset_desired_state(tenants, "Workstation protection", "USB control"),
        vienna={
            **meraki_desired_state(tenants, "3"),
            ESET: {**eset_desired_state(tenants)[ESET], "config": [{"target": {}, "policies": [{"rank": 0}]}]},
        },
    )
    done, report = audit(listed)
    assert done.rc == 2
    assert report["totals"]["tenants"] == {"total": 4, "read": 2, "unreadable": 1, "invalid": 1, "in_sync": 1, "drifted": 1}
    assert {item["host"] for item in done.results if item["failed"] and item["action"] == "ansible.builtin.fail"} == {"paris", "vienna"}
    verdicts = {(one["name"], resource["module"]): resource for one in report["tenants"] for resource in one["resources"]}
    assert "401" in verdicts["paris", SENTRY]["message"] and verdicts["paris", SENTRY]["verdict"] == "unreadable"
    assert verdicts["paris", SENTRY]["plan_digest"] is None
    errors = verdicts["vienna", ESET]["errors"]
    assert f"secops_policy.{ESET}.config[0].policies[0].rank" in {error["path"] for error in errors}
    stats = set_stats(done)
    assert stats["secops_policy_audit_paris"] == {"drift": None, "digests": {}}
    assert stats["secops_policy_audit_rome"]["drift"] is False and list(stats["secops_policy_audit_rome"]["digests"]) == [ESET]
    assert stats["secops_policy_audit_berlin"]["drift"] is True
    assert stats["secops_policy_audit_vienna"]["drift"] is None
    suites = {suite.get("name"): suite for suite in ET.parse(tmp_path / "report" / "drift.xml").getroot()}
    assert [suites[name].get("errors") for name in ("berlin", "paris", "rome", "vienna")] == ["0", "2", "0", "1"]
    assert "1 of 4 tenants could not be read completely; 1 tenant with an error in the desired state" in (
        tmp_path / "report" / "drift.html"
    ).read_text(encoding="utf-8")


def test_drift_fails_where_that_is_asked_for(tenants, audit):
    listed = inventory(tenants, berlin=meraki_desired_state(tenants, "1", policies=[GUEST]), paris=meraki_desired_state(tenants, "2"))
    done, report = audit(listed, extra_vars={"audit_fail_on_drift": True})
    assert done.rc == 2 and report["totals"]["deviations"] == 1
    assert [item["host"] for item in done.results if item["failed"]] == ["berlin"]
    assert done.failed_result()["msg"] == "berlin: drift: 1 deviation"


def test_hosts_fail_each_for_itself_whatever_tags_are_asked_for_and_nobody_pays_where_none_has_to(tenants, audit, tmp_path):
    """What follows runs on the others; where no host fails, the last task of the role is skipped once for all of them."""
    playbook = tmp_path / "nightly.yml"
    playbook.write_text(
        """
- hosts: all
  gather_facts: false
  roles:
    - {role: secops.policy.audit, tags: nightly}
  post_tasks:
    - name: Afterwards
      ansible.builtin.debug:
        msg: still here
      tags: nightly
""",
        encoding="utf-8",
    )
    listed = inventory(tenants, berlin=meraki_desired_state(tenants, "1"), paris=meraki_desired_state(tenants, "2", policies=[GUEST]))
    for tags in ((), ("--tags", "nightly")):
        done, _report = audit(listed, playbook=playbook, extra_vars={"audit_fail_on_drift": True}, arguments=tags)
        assert done.rc == 2 and [item["host"] for item in done.results if item["failed"]] == ["paris"]
        assert [item["host"] for item in done.results if item["name"] == "Afterwards"] == ["berlin"]
    done, _report = audit(listed, playbook=playbook)
    done.ok()
    assert [item["host"] for item in done.results if item["name"].endswith("Fail hosts with errors or unwanted drift")] == ["berlin"]
    assert {item["host"] for item in done.results if item["name"] == "Afterwards"} == {"berlin", "paris"}


def test_what_one_host_read_says_nothing_of_the_others(tenants, audit, tmp_path):
    """With ``run_once`` every host has the results of the first."""
    playbook = tmp_path / "once.yml"
    playbook.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "    - ansible.builtin.import_role: {name: secops.policy.audit}\n      run_once: true\n",
        encoding="utf-8",
    )
    done, report = audit(inventory(tenants), playbook=playbook)
    assert {one["name"]: one["verdict"] for one in report["tenants"]} == {"berlin": "in_sync", "paris": "unreadable", "rome": "unreadable"}
    assert done.rc == 2


@pytest.mark.slow
def test_exit_code_of_the_callback(tenants, audit):
    """10 for drift, 0 where all is in sync or nobody enabled it, Ansible's own for a failure."""
    drifted = {"berlin": meraki_desired_state(tenants, "1", policies=[GUEST]), "paris": meraki_desired_state(tenants, "2")}
    enabled = {"ANSIBLE_CALLBACKS_ENABLED": "record_results,secops.policy.drift_exit_code"}
    done, _report = audit(inventory(tenants, **drifted), env=enabled)
    assert done.rc == 10 and "PLAY RECAP" in done.stdout
    assert audit(inventory(tenants, paris=drifted["paris"]), env=enabled)[0].ok().rc == 0
    assert audit(inventory(tenants, **drifted))[0].ok().rc == 0
    assert audit(inventory(tenants, **drifted, rome=meraki_desired_state(tenants, "3", key=OTHER_KEY)), env=enabled)[0].rc == 2


def test_accepted_deviations(tenants, audit, tmp_path):
    """Shown apart; counted again once expired; an error in the file accepts nothing and fails the play, the report written."""
    berlin = meraki_desired_state(tenants, "1", policies=[], application={**JIRA, "description": "Other"})
    listed = inventory(tenants, berlin=berlin, paris=meraki_desired_state(tenants, "2"))
    file = tmp_path / "accepted.yml"
    _done, report = audit(listed)
    first, second = items(report, verdict="extra")
    entry = {"what": first["id"], "reason": "until the merger", "expires": "2999-12-31"}
    others = [
        {"what": f"berlin/{APPLICATION}/*", "reason": "known", "expires": "2020-01-31"},
        {"what": "nobody/*", "reason": "x", "expires": "2999-01-01"},
    ]

    file.write_text(json.dumps([entry, *others]), encoding="utf-8")
    done, report = audit(listed, extra_vars={"audit_accepted": str(file), "audit_fail_on_drift": True})
    assert done.rc == 2 and report["totals"]["deviations"] == 2 and report["totals"]["objects"]["accepted"] == 1
    assert [item["accepted"] for item in items(report, verdict="extra")] == [entry, None]
    assert [(shown["expired"], shown["deviations"]) for shown in report["accepted"]] == [(False, 1), (True, 1), (False, 0)]
    said = " ".join((done.stdout + done.stderr).split())
    assert "expired at the end of" in said and "1 deviation that it covered counts again" in said
    assert said.count("the accepted deviation 'nobody/*' matches nothing") == 1 and said.count("matches nothing") == 1
    assert "1 deviation accepted and not counted. The role apply would change them too." in done.stdout
    assert all("would change them too" in (tmp_path / "report" / f"drift.{kind}").read_text(encoding="utf-8") for kind in ("html", "md"))

    file.write_text("- {what: berlin/*, reason: all of it, expires: 2999-12-31}\n", encoding="utf-8")
    enabled = {"ANSIBLE_CALLBACKS_ENABLED": "record_results,secops.policy.drift_exit_code"}
    done, report = audit(listed, extra_vars={"audit_accepted": str(file), "audit_fail_on_drift": True}, env=enabled)
    assert done.ok().rc == 0 and report["tenants"][0]["verdict"] == "in_sync"
    assert "The role apply would change it too" in (tmp_path / "report" / "drift.xml").read_text(encoding="utf-8")
    assert set_stats(done)["secops_policy_audit_berlin"]["drift"] is False

    file.write_text(
        "- {what: berlin/*, reason: all of it, expires: soon}\n- {what: [], raeson: x, expires: 2999-12-31}\n", encoding="utf-8"
    )
    done, report = audit(listed, extra_vars={"audit_accepted": str(file)})
    said = done.failed_result()["msg"]
    assert done.rc == 2 and [said.count(text) for text in ("[0].expires", "[1].what", "[1].raeson", str(file))] == [1] * 4, said
    assert [item["host"] for item in done.results if item["failed"]] == ["berlin"], "one host says it for all"
    assert len(report["problems"]) == 4 and report["totals"]["objects"]["accepted"] == 0 and report["totals"]["deviations"] == 3

    done, report = audit(listed, extra_vars={"audit_accepted": str(tmp_path / "nowhere.yml")})
    assert done.rc == 2 and "nowhere.yml" in report["problems"][0]


def test_comparison_with_the_report_that_is_replaced(tenants, audit, run_playbook, tmp_path):
    compare = {"audit_compare_to": str(tmp_path / "report" / "drift.json")}
    desired_states = {
        "berlin": meraki_desired_state(tenants, "1", policies=[GUEST]),
        "paris": meraki_desired_state(tenants, "2", policies=[]),
    }
    done, report = audit(inventory(tenants, **desired_states), extra_vars=compare)
    done.ok()
    assert report["comparison"] is None and "earlier drift report does not exist" in done.stdout + done.stderr
    kept = tmp_path / "kept.json"
    kept.write_text((tmp_path / "report" / "drift.json").read_text(encoding="utf-8"), encoding="utf-8")
    was = {item["id"] for item in items(report) if item["verdict"] != "in_sync"}
    assert len(was) == 3
    desired_states["berlin"] = meraki_desired_state(tenants, "1", application={**JIRA, "description": "Other"})
    desired_states["paris"] = meraki_desired_state(tenants, "2", policies=[STAFF])
    done, report = audit(inventory(tenants, **desired_states), extra_vars=compare)
    done.ok()
    ids = {key: {found["id"] for found in report["comparison"][key]} for key in ("new", "resolved", "unchanged", "unknown")}
    assert ids["unknown"] == set() and ids["resolved"] | ids["unchanged"] == was
    assert len(ids["resolved"]) == 2 and ids["new"] == {item["id"] for item in items(report, "berlin", "changed")}
    assert "1 new, 2 resolved, 1 unchanged" in done.stdout
    # The same in a template, and the other way round.
    book = tmp_path / "compare.yml"
    book.write_text(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debug:\n"
        '        msg: "{{ now_ | secops.policy.drift_compare(was) }}"\n'
        "  vars:\n    was: \"{{ lookup('ansible.builtin.file', kept) | from_json }}\"\n"
        "    now_: \"{{ lookup('ansible.builtin.file', report) | from_json }}\"\n",
        encoding="utf-8",
    )
    done = run_playbook(book, extra_vars={"kept": str(kept), "report": compare["audit_compare_to"]}).ok()
    back = done.results[0]["result"]["msg"]
    assert {found["id"] for found in back["resolved"]} == ids["new"] and {found["id"] for found in back["new"]} == ids["resolved"]
    kept.write_text("{}", encoding="utf-8")
    done, report = audit(inventory(tenants, **desired_states), extra_vars={"audit_compare_to": str(kept)})
    assert done.rc == 2 and report["problems"] == ["the earlier report is not a drift.json"]


def test_warnings_are_words_in_every_file(tenants, audit, tmp_path):
    """Some versions of Ansible keep what a module warns of as objects."""
    desired_state = meraki_desired_state(tenants, "1")
    desired_state[APPLICATION]["deprecation_warning"] = True
    done, report = audit(inventory(tenants, berlin=desired_state))
    done.ok()
    (resource,) = [resource for resource in report["tenants"][0]["resources"] if resource["module"] == APPLICATION]
    (text,) = resource["warnings"]
    assert text.startswith("Private applications are an early-access API") and "\\" not in text
    assert not [name for name in ("json", "html") if "Summary(" in (tmp_path / "report" / f"drift.{name}").read_text(encoding="utf-8")]


HOSTILE = (
    "<img src=x onerror=alert(1)> \"quoted\" 'single' {{ 7 * 6 }} {% raw %} </script><script>alert(2)</script>\n\ttab & ]]> "
    "\u202e \x07 \u2028 \x00"
)


def test_hostile_texts_go_through_every_file(tenants, audit, tmp_path):
    """Names and messages with quotes, markup, Jinja, line breaks and control characters: nothing is evaluated, broken or lost."""
    organization(tenants, "4", HOSTILE)
    tenants.meraki.add_application(
        "4", name="Extra", description=HOSTILE, applicationGroupIds=[],
        destinations=[{"destinationAddr": ["10.0.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": "1"}], "accessType": "network"}],
    )  # fmt: skip
    desired_state = meraki_desired_state(tenants, "4")
    desired_state[SENTRY]["config"] = [{"network_id": "N_4", "policies": [{**STAFF, "tags": ["a"]}]}]
    desired_state[APPLICATION] |= {"state": "overridden", "config": [{**JIRA, "description": "x"}]}
    file = tmp_path / "accepted.yml"
    file.write_text(json.dumps([{"what": HOSTILE, "reason": HOSTILE, "expires": "2999-12-31"}]), encoding="utf-8")
    done, report = audit(
        inventory(tenants, **{"berlin {odd} & <co>": desired_state}), extra_vars={"audit_accepted": str(file), **EVERY_FORMAT}, verbosity=1
    )
    done.ok()
    assert len(list((tmp_path / "report").iterdir())) == 6
    (one,) = report["tenants"]
    assert one["name"] == "berlin {odd} & <co>" and "<" not in one["id"]
    assert any(item["unit"]["name"] == HOSTILE for item in items(report)), "the network's name is as the vendor has it"
    assert any(field["actual"] == HOSTILE for item in items(report) for field in item["fields"])
    assert report["accepted"][0]["what"] == HOSTILE
    assert all("\n" not in item["id"] for item in items(report))
    page = (tmp_path / "report" / "drift.html").read_text(encoding="utf-8")
    assert "<img" not in page and page.count("<script>") == 1 and "{{ 7 * 6 }}" in page


def test_no_secret_in_any_file_or_output(tenants, audit, tmp_path):
    """Credentials in the desired state, in the host's variables and in the environment; with -vvvv; good, wrong, and echoed by the
    server."""
    echo = {"errors": [f"not with the key {KEY}"]}
    tenants.faults.add("status", path="/organizations/2/sm/", status=400, body=echo, times=None)
    desired_state = meraki_desired_state(tenants, "2")
    for entry in desired_state.values():
        del entry["api_key"]
    listed = inventory(
        tenants,
        berlin=meraki_desired_state(tenants, "1", policies=[GUEST]),
        paris=desired_state,
        rome=eset_desired_state(tenants, "Baseline"),
        vienna=meraki_desired_state(tenants, "3", key=OTHER_KEY),
    )
    listed["all"]["hosts"]["paris"]["meraki_api_key"] = KEY
    done, report = audit(listed, verbosity=4, diff=True, env={"ESET_PASSWORD": PASSWORD}, extra_vars=EVERY_FORMAT)
    assert done.rc == 2 and report["totals"]["tenants"]["unreadable"] == 2
    texts = [
        done.stdout,
        done.stderr,
        json.dumps(done.results),
        *(file.read_text(encoding="utf-8") for file in (tmp_path / "report").iterdir()),
    ]
    for secret in (KEY, OTHER_KEY, PASSWORD, *tenants.eset.issued):
        assert not [text for text in texts if secret in text]


def stated(where, variables, tmp_path):
    """A play that has the role's variables in one of the places that a host's own variables do not show."""
    play = {"hosts": "all", "gather_facts": False, "roles": ["secops.policy.audit"]}
    if where == "play":
        play["vars"] = variables
    elif where == "file":
        (tmp_path / "more.yml").write_text(json.dumps(variables), encoding="utf-8")
        play["vars_files"] = [str(tmp_path / "more.yml")]
    elif where == "role":
        play["roles"] = [{"role": "secops.policy.audit", "vars": variables}]
    else:
        play["roles"] = []
        play["tasks"] = [{"ansible.builtin.include_role": {"name": "secops.policy.audit"}, "vars": variables}]
    book = tmp_path / "stated.yml"
    book.write_text(json.dumps([play]), encoding="utf-8")
    return book


@pytest.mark.parametrize("where", ["play", "file", "role", "task"])
def test_the_desired_state_is_the_one_that_the_modules_were_given(tenants, audit, tmp_path, where):
    """The inventory names one module, and the play two, one of which drifted; on another host the inventory names none, or nonsense."""
    wanted = meraki_desired_state(tenants, "1", application={**JIRA, "description": "Other"})
    wanted[SENTRY]["organization"] = wanted[SENTRY].pop("organization_id").replace("1", "Organization 1")
    own = {SENTRY: {**meraki_desired_state(tenants, "1")[SENTRY], "state": "merged", "config": [{"network": "Paris", "policies": []}]}}
    listed = inventory(tenants, berlin=own, nonsense=[1], unknown={"meraki_sentry": {}})
    listed["all"]["hosts"]["nothing"] = {}
    done, report = audit(listed, playbook=stated(where, {"secops_policy": wanted}, tmp_path))
    assert done.rc == 0, done.output
    assert report["totals"]["tenants"] == {"total": 4, "read": 4, "unreadable": 0, "invalid": 0, "in_sync": 0, "drifted": 4}
    for one in report["tenants"]:
        sentry_, application = one["resources"]
        assert (sentry_["scope"], sentry_["state"], sentry_["verdict"]) == ("Organization 1", "replaced", "in_sync")
        assert [item["unit"]["name"] for item in sentry_["items"]] == ["Berlin"]
        assert application["verdict"] == "drifted" and application["counts"]["changed"] == 1
        assert set_stats(done)[f"secops_policy_audit_{one['name']}"]["drift"] is True
        assert set(set_stats(done)[f"secops_policy_audit_{one['name']}"]["digests"]) == {SENTRY, APPLICATION}
    done, _report = audit(listed, playbook=stated(where, {"secops_policy": wanted, "audit_fail_on_drift": "yes"}, tmp_path))
    assert done.rc == 2 and {item["host"] for item in done.results if item["failed"]} == set(listed["all"]["hosts"])


def test_a_desired_state_that_is_wrong_elsewhere_than_in_the_inventory(tenants, audit, tmp_path):
    listed = inventory(tenants, berlin=meraki_desired_state(tenants, "1"))
    for wrong, says in (([1], "must be a dictionary"), ({}, "names no module"), ({SENTRY: {"forse": 1, "config": []}}, "forse")):
        done, report = audit(listed, playbook=stated("play", {"secops_policy": wrong}, tmp_path), extra_vars={"secops_policy": wrong})
        verdict = "invalid" if wrong else "unreadable"
        assert done.rc == 2 and report["totals"]["tenants"][verdict] == 1 and says in json.dumps(report)


@pytest.mark.parametrize("where", ["play", "file", "role", "task", "environment", "defaults", "entry"])
def test_a_secret_is_masked_wherever_it_comes_from(tenants, audit, tmp_path, where):
    """An application that bears its name is in sync, and so in the report, in results, and with -vvvv on the screen."""
    name = f"named {KEY} by somebody"
    (jira,) = tenants.meraki.applications("1").values()
    tenants.meraki.add_application("1", name=name, description="", destinations=jira["destinations"], applicationGroupIds=[])
    wanted = {APPLICATION: {**meraki_desired_state(tenants, "1")[APPLICATION], "config": [{"name": name}], "state": "merged"}}
    variables = {"hidden": f"{KEY[:9]}"}
    if where != "entry":
        del wanted[APPLICATION]["api_key"]
    # As a template, for what a file of the inventory holds in clear is in clear whatever the role does.
    wanted[APPLICATION]["config"] = [{"name": "named {{ hidden }}" + KEY[9:] + " by somebody"}]
    book = stated(where if where in ("play", "file", "role") else "task", {**variables, **({"meraki_api_key": KEY} if where in
                  ("play", "file", "role", "task") else {})}, tmp_path)  # fmt: skip
    (play,) = json.loads(book.read_text(encoding="utf-8"))
    if where == "environment":
        play["environment"] = {"MERAKI_DASHBOARD_API_KEY": KEY}
    elif where == "defaults":
        play["module_defaults"] = {"group/secops.policy.meraki": {"api_key": KEY}}
    book.write_text(json.dumps([play]), encoding="utf-8")
    done, report = audit(inventory(tenants, berlin=wanted), playbook=book, verbosity=3, extra_vars=EVERY_FORMAT)
    assert done.rc == 0, done.output
    (item,) = items(report)
    assert item["verdict"] == "in_sync" and item["unit"]["name"] == "named ******** by somebody"
    results = [json.dumps(one["result"]) for one in done.results if one["action"] != "ansible.builtin.validate_argument_spec"]
    texts = [*results, *(file.read_text(encoding="utf-8") for file in (tmp_path / "report").iterdir())]
    assert not [text for text in texts if KEY in text]


def test_a_secret_in_an_error_of_a_variable_is_masked(tenants, audit, tmp_path):
    """Ansible quotes what cannot be evaluated, and with it what was put in already."""
    wanted = meraki_desired_state(tenants, "1")
    for entry in wanted.values():
        del entry["organization_id"], entry["api_key"]
    variables = {"meraki_api_key": KEY, "meraki_organization_id": f"{{{{ ('{KEY}' | from_json) }}}}"}
    done, report = audit(inventory(tenants, berlin=wanted), playbook=stated("play", variables, tmp_path))
    assert done.rc == 2 and report["tenants"][0]["verdict"] == "unreadable" and "meraki_organization_id" in json.dumps(report)
    texts = [file.read_text(encoding="utf-8") for file in (tmp_path / "report").iterdir()]
    assert not [text for text in [*texts, json.dumps([item["result"] for item in done.results])] if KEY in text]


def test_batches_failed_hosts_and_desired_states_that_are_none(tenants, audit, tmp_path):
    """serial: a tenant that cannot be read does not keep the next batch from being read, and the play fails at its end."""
    book = tmp_path / "serial.yml"
    book.write_text(
        "- hosts: all\n  gather_facts: false\n  serial: 1\n  pre_tasks:\n    - ansible.builtin.fail:\n      when: fails | default(false)\n"
        "  roles: [secops.policy.audit]\n",
        encoding="utf-8",
    )
    listed = inventory(
        tenants,
        a_unreadable=meraki_desired_state(tenants, "1", key=OTHER_KEY),
        b_good=meraki_desired_state(tenants, "2"),
        c_good=meraki_desired_state(tenants, "3"),
    )
    done, report = audit(listed, playbook=book)
    assert done.rc == 2
    assert report["totals"]["tenants"] == {"total": 3, "read": 2, "unreadable": 1, "invalid": 0, "in_sync": 2, "drifted": 0}
    assert (
        "a_unreadable"
        in [item["result"]["msg"] for item in done.results if item["action"] == "ansible.builtin.fail" and item["failed"]][-1]
    )
    text = book.read_text(encoding="utf-8").replace("  serial: 1\n", "")
    book.write_text(text, encoding="utf-8")
    desired_states = {
        "b_good": meraki_desired_state(tenants, "2"),
        "empty": {},
        "unknown": {"meraki_sentry": {}, **eset_desired_state(tenants, "Workstation protection", "USB control")},
        "reads": {SENTRY: {**meraki_desired_state(tenants, "1")[SENTRY], "state": "gathered"}},
        "none": {SENTRY: None},
    }
    listed = inventory(tenants, **desired_states)
    listed["all"]["hosts"] |= {"a_failed": {"fails": True, "secops_policy": desired_states["b_good"]}, "missing": {}}
    done, report = audit(listed, playbook=book)
    assert done.rc == 2
    verdicts = {one["name"]: one["verdict"] for one in report["tenants"]}
    assert verdicts == {
        "b_good": "in_sync",
        **dict.fromkeys(("a_failed", "empty", "missing"), "unreadable"),
        **dict.fromkeys(("unknown", "reads", "none"), "invalid"),
    }
    messages = {
        one["name"]: " ".join([one["message"], *(resource["message"] for resource in one["resources"])]) for one in report["tenants"]
    }
    assert "before it could be looked at" in messages["a_failed"]
    assert "names no module" in messages["empty"] and "names no module" in messages["missing"]
    assert "secops_policy.meraki_sentry" in messages["unknown"] and "gathered" in messages["reads"]


def test_a_single_tenant_whose_desired_state_has_another_name_has_a_report(tenants, audit):
    """An earlier one would be taken for that of today."""
    done, report = audit({"all": {"hosts": {"berlin": {"secops_polcy": {}}}}})
    assert done.rc == 2 and report["totals"]["tenants"]["invalid"] == 1
    assert "secops_polcy is not a variable of this collection. Did you mean secops_policy?" in report["tenants"][0]["message"]
    done, report = audit(inventory(tenants, berlin=meraki_desired_state(tenants, "1")), extra_vars={"audit_formats": ["pdf"]})
    assert done.rc == 2 and "audit_formats must be" in done.failed_result()["msg"], "what is wrong with the audit itself is another thing"


@pytest.mark.parametrize("desired_state", [[1], "none", {}, None])
def test_a_single_tenant_whose_desired_state_is_none_has_a_report(tenants, audit, desired_state):
    done, report = audit({"all": {"hosts": {"berlin": {"secops_policy": desired_state}}}})
    assert done.rc == 2 and report["totals"]["tenants"]["invalid" if desired_state else "unreadable"] == 1
    assert report["tenants"][0]["message"] in done.failed_result()["msg"] and "secops_policy" in report["tenants"][0]["message"]


def test_a_variable_that_cannot_be_evaluated_is_in_the_report(tenants, audit):
    """One that holds credentials on a single host; and a desired state, which is invalid, alone or beside others, and fails its host."""
    desired_state = meraki_desired_state(tenants, "1")
    for entry in desired_state.values():
        del entry["api_key"]
    listed = inventory(tenants, berlin=desired_state)
    listed["all"]["hosts"]["berlin"]["meraki_api_key"] = "{{ vault_nowhere }}"
    done, report = audit(listed)
    assert done.rc == 2 and report["tenants"][0]["verdict"] == "unreadable"

    done, report = audit(inventory(tenants, berlin=meraki_desired_state(tenants, "1"), paris="{{ vault_nowhere }}"))
    assert done.rc == 2 and {item["host"] for item in done.results if item["failed"]} == {"paris"}
    assert [one["verdict"] for one in report["tenants"]] == ["in_sync", "invalid"]
    for hosts in ({"paris": "{{ vault_nowhere }}"}, {"paris": {SENTRY: {"state": "merged", "config": ["{{ vault_nowhere }}"]}}}):
        done, report = audit(inventory(tenants, **hosts))
        assert done.rc == 2 and report["totals"]["tenants"]["invalid"] == 1
        reason = report["tenants"][0]["message"] or report["tenants"][0]["resources"][0]["message"]
        assert "cannot be evaluated: " in reason and "vault_nowhere" in reason


@pytest.mark.parametrize("second", ["one batch", "serial"])
def test_what_an_earlier_audit_of_the_run_has_read_is_no_news(tenants, audit, tmp_path, second):
    """What tasks registered outlives the play: a host that fails before the second audit was not looked at, nor was one whose batch is not
    reached."""
    book = tmp_path / "twice.yml"
    role = "  gather_facts: false\n  roles: [secops.policy.audit]\n"
    batches = "  serial: 1\n" if second == "serial" else ""
    fails = "  gather_facts: false\n  tasks:\n    - ansible.builtin.fail:\n      when: inventory_hostname == 'berlin'\n"
    book.write_text(
        f"- hosts: all\n{role}- hosts: all\n{fails}- hosts: all\n  order: reverse_sorted\n{batches}{role}",
        encoding="utf-8",
    )
    done, report = audit(inventory(tenants), playbook=book)
    assert done.rc == 2
    assert {one["name"]: one["verdict"] for one in report["tenants"]} == {"berlin": "unreadable", "paris": "in_sync", "rome": "in_sync"}
    assert "before it could be looked at" in next(one["message"] for one in report["tenants"] if one["name"] == "berlin")
    # Rome, whose batch is the first, sees that Paris is still to come.
    told = [item["result"]["totals"]["tenants"] for item in done.results if item["action"] == "secops.policy.drift_report"]
    assert [tenants_["read"] for tenants_ in told] == ([3, 1, 2] if second == "serial" else [3, 2])


CONNECTIONS = {vendor.name: vendor.arguments for vendor in vendors()}


def test_a_variable_that_cannot_be_evaluated_is_not_left_out(tenants, audit):
    """Another organization or tenant, from the environment, would be taken for this one. Each variable has a host of its own."""
    environment = {
        "MERAKI_DASHBOARD_API_KEY": KEY, "MERAKI_DASHBOARD_BASE_URL": tenants.meraki_url, "MERAKI_ORGANIZATION_ID": "2",
        "ESET_USERNAME": "api@example.com", "ESET_PASSWORD": PASSWORD, "ESET_BASE_URL": tenants.eset_url,
    }  # fmt: skip
    desired_states = {
        "meraki": meraki_desired_state(tenants, "2"),
        "eset": eset_desired_state(tenants, "Workstation protection", "USB control"),
    }
    entries = {
        vendor: {
            module: {key: value for key, value in entry.items() if key not in CONNECTIONS[vendor]}
            for module, entry in desired_states[vendor].items()
        }
        for vendor in CONNECTIONS
    }
    done, report = audit(inventory(tenants, **entries), env=environment)
    assert done.rc == 0 and {one["verdict"] for one in report["tenants"]} == {"in_sync"}
    tenants.clear_log()
    cases = {f"host{number}": case for number, case in enumerate((vendor, name) for vendor, names in CONNECTIONS.items() for name in names)}
    assert len(cases) >= 11
    listed = inventory(tenants, **{host: entries[vendor] for host, (vendor, _name) in cases.items()})
    for host, (vendor, name) in cases.items():
        listed["all"]["hosts"][host][f"{vendor}_{name}"] = "{{ nowhere }}"
    done, report = audit(listed, env=environment)
    assert done.rc == 2 and tenants.log == []
    assert {one["name"]: one["verdict"] for one in report["tenants"]} == dict.fromkeys(cases, "unreadable")
    for one in report["tenants"]:
        vendor, name = cases[one["name"]]
        assert name in ("api_key", "password", "access_token") or f"{vendor}_{name}" in json.dumps(one)


def test_a_secret_that_looks_like_a_template_is_nowhere(tenants, audit, tmp_path):
    """Each of them on a host of its own, once as a key and once, with another word in it, as what is no secret."""
    values = ("sup3r{{secretX", "sup3r{%secretX", "{{ 1 / 0 }}sup3rsecretX")
    names = ("meraki_api_key", "meraki_organization_id")
    cases = {f"host{number}": case for number, case in enumerate(itertools.product(names, values))}
    listed = inventory(tenants, **{host: meraki_desired_state(tenants, "1") for host in cases})
    for host, (name, value) in cases.items():
        variables = listed["all"]["hosts"][host]
        for entry in variables["secops_policy"].values():
            entry.pop(name.removeprefix("meraki_"))
        variables[name] = value if name == "meraki_api_key" else value.replace("secret", "public")
    done, report = audit(listed)
    assert done.rc == 2 and tenants.log == []
    assert {one["name"]: one["verdict"] for one in report["tenants"]} == dict.fromkeys(cases, "unreadable")
    assert all(cases[one["name"]][0] in json.dumps(one) for one in report["tenants"])
    texts = [file.read_text(encoding="utf-8") for file in (tmp_path / "report").iterdir()]
    assert not [text for text in [*texts, json.dumps([item["result"] for item in done.results])] if "secretX" in text]


@pytest.mark.parametrize("plays", [1, 2])
def test_a_module_that_was_run_without_the_role_is_reported(tenants, audit, tmp_path, plays):
    """Whenever it was: only policy_run says of which play a result is."""
    book = tmp_path / "own.yml"
    entry = meraki_desired_state(tenants, "1")[SENTRY]
    module = {"secops.policy.meraki_sentry_assignments": entry, "check_mode": True, "register": "found", "ignore_errors": True}
    action = {"dest": str(tmp_path / "report"), "results": {SENTRY: "found"}}
    report = {"secops.policy.drift_report": action, "run_once": True}
    tasks = [[module, report]] if plays == 1 else [[module], [report]]
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": part} for part in tasks]), encoding="utf-8")
    done, report = audit(inventory(tenants, berlin={SENTRY: entry}), playbook=book)
    assert done.rc == 0 and report["tenants"][0]["verdict"] == "in_sync"


def test_what_tasks_of_ones_own_have_read_is_never_dropped(tenants, audit, tmp_path):
    """Also where the host's variables name nothing, or cannot be evaluated without the play's: then more may have been wanted."""
    wanted = meraki_desired_state(tenants, "1", policies=[GUEST])
    run = {"module": SENTRY, "entry": "{{ secops_policy[module] }}"}
    tasks = [
        {"secops.policy.policy_run": run, "vars": {"module": SENTRY}, "check_mode": True, "register": "found"},
        {"secops.policy.drift_report": {"dest": str(tmp_path / "report"), "results": {SENTRY: "found"}}, "run_once": True},
    ]
    book = tmp_path / "own.yml"
    book.write_text(
        json.dumps([{"hosts": "all", "gather_facts": False, "vars": {"desired_state": wanted}, "tasks": tasks}]), encoding="utf-8"
    )
    done, report = audit(inventory(tenants, berlin="{{ desired_state }}"), playbook=book)
    (one,) = report["tenants"]
    assert one["verdict"] == "invalid" and "cannot be evaluated" in one["message"]
    assert [resource["counts"]["extra"] for resource in one["resources"]] == [1]
    assert set_stats(done)["secops_policy_audit_berlin"]["drift"] is True

    tasks[0]["secops.policy.policy_run"] = {**run, "entry": "{{ desired_state[module] }}"}
    book.write_text(
        json.dumps([{"hosts": "all", "gather_facts": False, "vars": {"desired_state": wanted}, "tasks": tasks}]), encoding="utf-8"
    )
    _done, report = audit(inventory(tenants, berlin={}), playbook=book)
    (one,) = report["tenants"]
    assert one["verdict"] == "drifted" and [resource["state"] for resource in one["resources"]] == ["replaced"]


def test_a_plan_that_apply_would_refuse_is_drift(tenants, audit):
    """max_removals and groups that would be emptied: read, so neither unreadable nor in sync; the report says what apply will say."""
    berlin = meraki_desired_state(tenants, "1", policies=[])
    berlin[SENTRY]["max_removals"] = 1
    berlin[APPLICATION] |= {"state": "overridden", "config": [{**JIRA, "name": "Wiki", "application_groups": []}]}
    done, report = audit(inventory(tenants, berlin=berlin))
    assert done.rc == 0, done.output
    sentry_, application = report["tenants"][0]["resources"]
    assert sentry_["verdict"] == application["verdict"] == "drifted"
    assert sentry_["counts"]["extra"] == 2 and "max_removals" in sentry_["message"] and sentry_["plan_digest"]
    assert application["counts"]["extra"] == 1 and "Westcoast" in application["message"] and "allow_group_removal" in application["message"]
    assert all(one["message"].startswith("apply would refuse this: ") for one in (sentry_, application))
    assert not [item for item in done.results if item["failed"]] and "FAILED" not in done.stdout, "and no error in the terminal"


def test_credentials_in_module_defaults_and_in_variables(tenants, audit, tmp_path):
    """As for the other roles: the desired state beats variables, they beat module_defaults; an organization by name beats an id from
    elsewhere."""
    book = tmp_path / "defaults.yml"
    book.write_text(
        '- hosts: all\n  gather_facts: false\n  module_defaults:\n    group/secops.policy.meraki:\n      base_url: "{{ url }}"\n'
        '      organization_id: "404"\n  roles: [secops.policy.audit]\n',
        encoding="utf-8",
    )
    bare = {module: {key: entry[key] for key in ("state", "config")} for module, entry in meraki_desired_state(tenants, "1").items()}
    bare[APPLICATION]["organization"] = "Organization 1"
    listed = inventory(tenants, berlin=bare)
    listed["all"]["hosts"]["berlin"] |= {"meraki_api_key": KEY, "meraki_organization_id": "1"}
    done, report = audit(listed, playbook=book, extra_vars={"url": tenants.meraki_url})
    done.ok()
    assert report["totals"]["tenants"]["in_sync"] == 1


def test_a_report_that_cannot_be_written_fails_the_play(tenants, audit, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    done, report = audit(
        inventory(tenants, paris=meraki_desired_state(tenants, "2")), extra_vars={"audit_report_dir": str(tmp_path / "file" / "x")}
    )
    assert done.rc == 2 and report is None
    said = done.failed_result()["msg"]
    assert "the drift report cannot be written" in said and said.count("Not a directory") == 1, "later versions of Ansible add a cause"
