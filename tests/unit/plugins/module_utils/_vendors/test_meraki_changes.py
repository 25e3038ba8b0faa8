# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change log: which entries may explain a difference, who made them, and what is never kept."""

from __future__ import annotations

import json

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.documented import Undocumented
from ansible_collections.secops.policy.plugins.module_utils._vendors import meraki_changes as log

OWN = "/organizations/1/sm/sentry/policies/assignments"
OLD, NEW = "an old value that is nobody's business", "a new value that is nobody's business"


def entry(label="Sentry policy", page="Network-wide > Sentry", ts="2026-11-29T10:00:00Z", **more):
    made = {"ts": ts, "adminName": "Miles Meraki", "adminEmail": "miles@example.com", "adminId": "7", "networkId": None}
    return {**made, "page": page, "label": label, "oldValue": OLD, "newValue": NEW, **more}


def call(method="PUT", path=OWN, **more):
    return entry(f"{method} /api/v1{path}", "via API", **more)


def explaining(*items, networks=("N_1",)):
    return log.explaining(log.entries(list(items)), networks, lambda path: True if path == OWN else None if "/may/" in path else False)


def test_only_calls_of_the_own_path_are_certain():
    found = explaining(
        call(),
        call(path="/organizations/1/may/explain"),
        call(path="/organizations/1/sm/sentry/policies", networkId="N_1"),
        call(path=f"{OWN}/byNetwork", networkId="N_1"),
        call(path=OWN.replace("/1/", "/2/"), networkId="N_1"),
        call(path=f"{OWN}/byNetwork"),
        call(path=OWN.replace("/1/", "/2/")),
        entry(),
        entry(f"PUT /api/v1{OWN}"),
        entry(f"PUTS /api/v1{OWN}", "via API"),
        entry("", "via API"),
        entry(f"PUT /api/v1{OWN} of another kind", "via API"),
    )
    assert [one["certain"] for one in found] == [True] + [False] * 9
    assert found[0] == {
        "ts": "2026-11-29T10:00:00Z",
        "admin": "Miles Meraki",
        "network_id": None,
        "page": "via API",
        "label": f"PUT /api/v1{OWN}",
        "certain": True,
    }
    assert "nobody's business" not in json.dumps(found)


def test_calls_are_told_however_they_are_written():
    listed = [call(path=f"{OWN}?x=1"), call(path=OWN.replace("sentry", "%73entry")), entry(f" PUT /api/v2{OWN} ", "Via API")]
    assert [one["certain"] for one in explaining(*listed)] == [True] * 3
    assert log.entries([call("POST", "/organizations/1/a b")])[0].call is None, "a path has no blank"


def test_networks_that_do_not_change_and_what_cannot_explain_are_left_out():
    listed = [entry(networkId=network) for network in ("N_1", "N_2", None)]
    assert [one["network_id"] for one in explaining(*listed)] == ["N_1", None]
    assert explaining(call(networkId="N_2")) == []
    assert [one["network_id"] for one in explaining(*listed, networks=())] == [None]


@pytest.mark.parametrize(
    "order",
    [
        ["2026-11-29T10:00:00.5Z", "2026-11-29T10:00:00.090210Z", "2026-11-29T10:00:00Z"],
        ["2026-11-29T10:00:00+00:00", "2026-11-29T11:30:00+0200", "2026-11-29 09:00:00"],
        ["2026-11-29t10:00:00.1234567891z", "2026-11-28T23:59:60Z", "yesterday"],
        ["2026-11-29T10:00:00Z", "9999-99-99T99:99:99Z"],
    ],
)
def test_the_newest_come_first_whatever_the_page_has(order):
    assert [one["ts"] for one in explaining(*[entry(ts=ts) for ts in sorted(order)])][:1] == order[:1]
    assert sorted(one["ts"] for one in explaining(*[entry(ts=ts) for ts in order])) == sorted(order)


def test_who_it_was_is_resolved_over_the_whole_log():
    listed = [
        entry(adminId="7", adminName=None, adminEmail=None),
        entry(adminId="7"),
        entry(adminId="8", adminName="Admin", adminEmail=None),
        entry(adminId="9", adminName="Admin", adminEmail="nine@example.com"),
        entry(adminId="10", adminName=None, adminEmail=None),
        entry(adminId=None, adminName=None, adminEmail="who@example.com"),
        entry(adminId=None, adminName=None, adminEmail=None),
        entry(adminId=11, adminName="x" * 999),
    ]
    assert [one["admin"][:40] for one in explaining(*listed)] == [
        "Miles Meraki",
        "Miles Meraki",
        "Admin (administrator 8)",
        "Admin (nine@example.com)",
        "administrator 10",
        "who@example.com",
        "unknown",
        "x" * 40,
    ]
    assert all(len(one["admin"]) <= 300 for one in explaining(*listed))


MILES, OTHER = log.Admin("Miles Meraki", "Miles@Example.com"), log.Admin("Somebody", "else@example.com")


def left(listed, made, since, who):
    asked = []
    found = log.without_own(log.entries(listed), [log.call(*one) for one in made], since, lambda: asked.append(1) or who)
    return [one.admin.name for one in found], len(asked)


def test_writes_of_this_run_are_left_out_and_nothing_else_is():
    early, late = call(ts="2026-11-29T10:00:00Z"), call(ts="2026-11-29T12:00:00Z")
    other = {"adminName": "Dana", "adminEmail": None, "adminId": "8"}
    noon = log.entries([late])[0].at
    put = ("PUT", OWN)
    assert left([early, late], [put], noon - 1, None) == (["Miles Meraki"], 0)
    assert left([early, {**early, **other}], [put], noon - 1, None) == (["Miles Meraki", "Dana"], 0), "made before this run"
    assert left([late], [], noon - 1, None) == (["Miles Meraki"], 0)
    assert left([late], [("DELETE", OWN)], noon - 1, None) == (["Miles Meraki"], 0)
    # Somebody else made the same call meanwhile: whose key this is decides.
    assert left([late, {**late, **other}], [put], noon - 1, MILES) == (["Dana"], 1)
    assert left([late, {**late, **other}], [put], noon - 1, OTHER) == (["Miles Meraki", "Dana"], 1)
    assert left([late, {**late, **other}], [put], noon - 1, None) == (["Miles Meraki", "Dana"], 1)
    assert left([late, {**late, **other}], [put], noon - 1, log.Admin("Dana", "")) == (["Miles Meraki"], 1)
    assert left([late, late, late, {**late, **other}], [put], noon - 1, MILES) == (["Dana"], 1), "what was sent again"


def test_a_result_holds_the_certain_ones_first():
    many = [entry(f"edit {number}", ts=f"2026-11-29T{number // 60:02}:{number % 60:02}:00Z") for number in range(log.MOST + 30)]
    found = log.newest(explaining(call(ts="2026-11-01T00:00:00Z"), *many))
    assert len(found) == log.MOST and found[-1]["certain"] and found[0]["label"] == f"edit {log.MOST + 29}"
    assert [one["ts"] for one in found] == sorted((one["ts"] for one in found), reverse=True)


@pytest.mark.parametrize(
    "data",
    [None, {}, "log", [1], [None], [[]], [{}], [{"ts": None}], [{"ts": 5}], [entry(page=5)], [entry(adminId={})], [entry(networkId=[])]],
)
def test_what_is_not_as_documented(data):
    with pytest.raises(Undocumented):
        log.entries(data)


def test_every_field_that_is_looked_at_is_in_the_spec():
    from ansible_collections.secops.policy.tests.mock_cloud import spec

    paths = json.loads((spec.SPECS / "meraki-change-log.openapi.json").read_text(encoding="utf-8"))["paths"]
    get = paths["/organizations/{organizationId}/configurationChanges"]["get"]
    fields = get["responses"]["200"]["content"]["application/json"]["schema"]["items"]["properties"]
    looked_at = {name for name, *_rest in log._ENTRY._fields}
    assert looked_at < fields.keys() and {fields[name]["type"] for name in looked_at} == {"string"}
    assert not looked_at & {"oldValue", "newValue"}
    assert {"timespan", "perPage"} < {parameter["name"] for parameter in get["parameters"]}
