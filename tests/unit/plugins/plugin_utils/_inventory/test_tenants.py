# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tenants as hosts: their names, which of them, their variables."""

from __future__ import annotations

import json

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.documented import Undocumented
from ansible_collections.secops.policy.plugins.plugin_utils._inventory.tenants import (
    RESERVED,
    Tenant,
    companies,
    host_names,
    in_order,
    organizations,
    restored,
    safe_name,
    selected,
    stored,
    variables,
)
from hypothesis import given
from hypothesis import strategies as st


def tenant(number, name, vendor="meraki", enabled=True):
    return Tenant(vendor, str(number), name, enabled, {})


def named(*names, preferences=("name",), reserved=RESERVED):
    return host_names([tenant(number, name) for number, name in enumerate(names, start=1)], preferences, reserved)


ITEM = {
    "id": "2930418",
    "name": "Example Health",
    "url": "https://n1.meraki.com/o/x",
    "api": {"enabled": False},
    "licensing": {"model": "co-term"},
    "cloud": {"region": {"name": "Europe"}},
    "management": {"details": [{"name": "IP restriction mode for API", "value": "off"}, {"name": "MSP ID", "value": "123456"}]},
}


def test_what_the_list_of_organizations_says():
    details = {"region": "Europe", "licensing": "co-term", "msp_id": "123456", "url": "https://n1.meraki.com/o/x"}
    assert organizations([ITEM]) == [Tenant("meraki", "2930418", "Example Health", False, details)]
    (bare,) = organizations([{"id": 7, "name": "", "api": None, "management": {"details": [{"name": "MSP ID", "value": None}]}}])
    assert bare == Tenant("meraki", "7", "", True, dict.fromkeys(details, ""))


@pytest.mark.parametrize(
    "wrong",
    [
        {"api": {"enabled": "no"}},
        {"api": True},
        {"cloud": {"region": "Europe"}},
        {"licensing": {"model": 7}},
        {"management": {"details": [{"name": "MSP ID", "value": {}}]}},
        {"management": {"details": {}}},
        {"url": []},
    ],
)
def test_what_is_not_as_documented_is_not_guessed_at(wrong):
    with pytest.raises(Undocumented):
        organizations([{**ITEM, **wrong}])


def test_company_groups_are_tenants_and_no_others():
    groups = [
        {"uuid": name, "displayName": name, "linkedEntityType": f"DEVICE_GROUP_ENTITY_TYPE_{name}"} for name in ("COMPANY", "MSP", "SITE")
    ]
    assert companies([*groups, {"uuid": "plain"}]) == [Tenant("eset", "COMPANY", "COMPANY", True, {})]
    with pytest.raises(Undocumented):
        companies([{"uuid": "a", "linkedEntityType": 3}])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example Health", "Example Health"),
        ("Praxis M\u00fcller & S\u00f6hne", "Praxis M\u00fcller _ S\u00f6hne"),
        ("Mu\u0308ller", "M\u00fcller"),
        ("a.b_c-d 1", "a.b_c-d 1"),
        ("{{ lookup('pipe', 'id') }}", "__ lookup__pipe__ _id__ __"),
        ("a:b,c!d&e~f@g[1:2]", "a_b_c_d_e_f_g_1_2_"),
        ("  spaced\t\n", "spaced__"),
        ("\u202eevil\u200b", "_evil_"),
        ("", ""),
    ],
)
def test_what_a_host_name_keeps(text, name):
    assert safe_name(text) == name


def test_clashes_get_their_ids_all_of_them():
    assert named("Acme", "Other", "Acme") == ["Acme_1", "Other", "Acme_3"]
    assert named("a&b", "a|b") == ["a_b_1", "a_b_2"]
    assert named("", "", "all", "localhost", "127.0.0.1", "ungrouped") == ["1", "2", "all_3", "localhost_4", "127.0.0.1_5", "ungrouped_6"]
    assert named("clinic", reserved={*RESERVED, "clinic"}) == ["clinic_1"]
    # What clashes only once an id is appended gets one too.
    assert named("A", "A", "A_1") == ["A_1", "A_2", "A_1_3"]


def test_a_name_can_be_the_id():
    assert named("A", "A", preferences=("id",)) == ["1", "2"]
    assert named("", "B", preferences=("name", "id")) == ["1", "B"]
    both = [tenant(1, "A"), tenant(1, "A", "eset")]
    with pytest.raises(ValueError, match="another tenant"):
        host_names(both, ["id"], RESERVED)
    with pytest.raises(ValueError, match="group"):
        named("A", reserved={*RESERVED, "A", "A_1"})


@given(st.lists(st.text(max_size=4) | st.sampled_from(["A", "A_1", "all", "localhost", "{{ x }}"]), max_size=8))
def test_whatever_the_names_are_the_host_names_are_unique_and_safe(names):
    try:
        found = named(*names)
    except ValueError:
        # Somebody may call a tenant as another one is called with its id.
        assert any("_" in safe_name(name) for name in names)
        return
    assert len(set(found)) == len(found) and not set(found) & RESERVED
    assert all(name == safe_name(name) and name for name in found)


def test_patterns_match_the_whole_of_a_name_or_an_id_and_case_matters():
    listed = [tenant(1, "Clinic Bonn"), tenant(22, "clinic"), tenant(3, "Practice [x]", enabled=False)]

    def found(include=(), exclude=(), api_disabled=True):
        return [one.id for one in selected(listed, include, exclude, api_disabled)[0]]

    assert found() == ["1", "22", "3"]
    assert found(api_disabled=False) == ["1", "22"]
    assert found(["Clinic*"]) == ["1"]
    assert found(["clinic", "Practice [[]x]"]) == ["22", "3"]
    assert found(["2?"]) == ["22"]
    assert found(["*"], ["Clinic Bonn", "3"]) == ["22"]
    _found, warnings = selected(listed, ["Clinic*", "Bonn"], ["Practice"], True)
    assert warnings == [
        "include holds 'Bonn', which matches no tenant's name or id",
        "exclude holds 'Practice', which matches no tenant's name or id",
    ]


def test_the_order_is_always_the_same_and_nothing_is_there_twice():
    listed = [tenant(2, "B"), tenant(3, "A", "eset"), tenant(1, "B"), tenant(2, "B")]
    assert [(one.vendor, one.id) for one in in_order(listed)] == [("meraki", "1"), ("meraki", "2"), ("eset", "3")]
    assert in_order(listed[::-1]) == in_order(listed)


def test_what_a_host_knows():
    (one,) = organizations([ITEM])
    assert variables(one, {"meraki_base_url": "https://api.meraki.ca/api/v1"}) == {
        "meraki_organization_id": "2930418",
        "meraki_base_url": "https://api.meraki.ca/api/v1",
        "secops_tenant": {"vendor": "meraki", "id": "2930418", "name": "Example Health", **one.details},
    }
    assert variables(tenant("g1", "Acme", "eset"), {}) == {
        "eset_scope": {"device_group_uuid": "g1"},
        "secops_tenant": {"vendor": "eset", "id": "g1", "name": "Acme"},
    }


def test_a_cache_gives_back_what_it_was_given_and_nothing_else():
    listed = organizations([ITEM, {"id": "1", "name": "x"}])
    assert restored(json.loads(json.dumps(stored(listed)))) == listed
    for other in (None, 7, "x", [1], [{}], [{"vendor": "meraki", "id": "1", "name": "x", "enabled": True, "details": []}], {"a": 1}):
        assert restored(other) is None
