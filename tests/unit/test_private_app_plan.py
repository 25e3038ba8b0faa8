# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning of private applications, carried out request by request on the strict stand-in: any organization, any config, any state."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from ansible_collections.secops.policy.plugins.module_utils._names import Index
from ansible_collections.secops.policy.plugins.module_utils._plan import Faults
from ansible_collections.secops.policy.plugins.module_utils._private_app import PrivateApplications
from ansible_collections.secops.policy.plugins.module_utils._private_app_config import SCHEMA, resolve, rule_faults
from ansible_collections.secops.policy.plugins.module_utils._private_app_plan import Options, View, members, plan
from ansible_collections.secops.policy.plugins.module_utils._schema import schema_faults
from ansible_collections.secops.policy.plugins.module_utils._secure_connect import normal, normal_address, normal_ports, read
from ansible_collections.secops.policy.tests.cloud.meraki import Meraki
from ansible_collections.secops.policy.tests.cloud.web import Request
from hypothesis import given, settings
from hypothesis import strategies as st

STATES = ("merged", "replaced", "overridden", "deleted")
NAMES = ("Ant", "Bee", "Cat", "Dog", "Eel")
GROUPS = ("g1", "g2")
PORTS = ("443", "80-82", "443,8080")
ALLOWED = Options(force=False, allow_group_removal=True)


def destination(ports="443", access="browser"):
    return {"destination_addr": ["10.0.0.1"], "protocol_ports": [{"protocol": "tcp", "ports": ports}], "access_type": access}


class Organization:
    """One organization on the stand-in; requests go to it one by one."""

    def __init__(self, applications=(), limit=None):
        self.meraki = Meraki()
        self.meraki.strict_user_agent = False
        self.meraki.add_key("k")
        self.meraki.add_organization("1", "One")
        for key in GROUPS:
            self.meraki.add_group("1", key.upper(), id=key)
        for fields in applications:
            self.meraki.add_application("1", **fields)

    def view(self, config, read_groups=True):
        groups = Index("application group", [(key, group["name"]) for key, group in self.meraki.groups("1").items()])
        applications = {key: read(item) for key, item in self.meraki.applications("1").items()}
        return View("1", applications, groups if read_groups else None, resolve(config, groups))

    def send(self, request):
        body = json.dumps(request.body).encode()
        headers = {"authorization": "Bearer k", "content-type": "application/json"}
        answer = self.meraki.handle(Request(request.method, unquote(request.path), {}, headers, body, 0.0, "http://x"))
        assert answer.status in (200, 201, 204), (request, answer)

    def members(self):
        return {key for key, group in self.meraki.groups("1").items() if group["applicationIds"]}


def stored(name, ports, groups, number):
    return {
        "applicationId": str(number),
        "name": name,
        "destinations": [
            {"destinationAddr": ["10.0.0.1/32"], "protocolPorts": [{"protocol": "TCP", "ports": ports}], "accessType": "browser"}
        ],
        "applicationGroupIds": sorted(groups),
    }


@st.composite
def organizations(draw):
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    return [
        stored(name, draw(st.sampled_from(PORTS)), draw(st.sets(st.sampled_from(GROUPS))), number) for number, name in enumerate(names, start=1)
    ]


@st.composite
def entries(draw, applications, state):
    ids = draw(st.permutations([item["applicationId"] for item in applications]))
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4)):
        entry = {"name": name, "destinations": [destination(draw(st.sampled_from(PORTS)))]}
        if draw(st.booleans()):
            entry["application_group_ids"] = sorted(draw(st.sets(st.sampled_from(GROUPS))))
        kind = draw(st.sampled_from(["name", "id", "stale", "part"]))
        if kind == "id" and ids:
            entry["application_id"] = ids.pop()
            if state == "deleted":
                del entry["name"]
        elif kind == "stale":
            entry["application_id"] = f"9{len(found)}"
        elif kind == "part" and state == "merged" and ids:
            entry = {"application_id": ids.pop(), "description": "changed"}
        found.append(entry)
    return found


@st.composite
def cases(draw):
    state = draw(st.sampled_from(STATES))
    applications = draw(organizations())
    return applications, draw(entries(applications, state)), state, draw(st.integers(0, 12)), draw(st.randoms(use_true_random=False))


@settings(max_examples=500, deadline=None)
@given(cases())
def test_any_organization_any_config_any_state(case):
    """Every request is accepted by the strict stand-in, in any order that the phases allow; a run that dies anywhere is completed by the next."""
    applications, config, state, stop_after, random = case
    organization = Organization(applications)
    try:
        planned = plan(organization.view(config), state, ALLOWED)
    except Faults:
        return
    never_empty = organization.members() & set(members([item for item in _end(organization, planned).values()]))
    sent = 0
    for dies in (True, False):
        planned = plan(organization.view(config), state, ALLOWED)
        for phase in planned.phases:
            chains = list(phase)
            random.shuffle(chains)
            for chain in chains:
                for request in chain.requests:
                    if dies and sent >= stop_after:
                        break
                    organization.send(request)
                    sent += 1
                    assert never_empty <= organization.members(), "a group was empty for a moment"
    again = plan(organization.view(config), state, ALLOWED)
    assert again.requests == []
    assert again.before == again.after == []
    _means(state, config, applications, organization)


def _end(organization, planned):
    found = {f"new: {item['name']}": read(item) for item in organization.meraki.applications("1").values()}
    found |= {key: read(item) for key, item in organization.meraki.applications("1").items()}
    for key, form in planned.expected.items():
        if form is None:
            found.pop(key, None)
        else:
            found[key] = {**form}
    return {key: item for key, item in found.items() if not key.startswith("new: ") or key in planned.expected}


def _means(state, config, before, organization):
    now = {item["name"]: item for item in organization.meraki.applications("1").values()}
    old = {item["name"]: item for item in before}
    ids = {item["applicationId"]: item["name"] for item in before}
    named = {entry["name"] for entry in config if "name" in entry}
    meant = named | {ids.get(entry.get("application_id"), "") for entry in config}
    if state == "deleted":
        assert not set(now) & named
        assert set(old) - meant <= set(now)
        return
    assert named <= set(now)
    for entry in config:
        if "destinations" in entry:
            form = normal(read(now[entry["name"]]))
            wanted = normal({**read(now[entry["name"]]), "destinations": entry["destinations"]})
            assert form == wanted
            groups = set(entry.get("application_group_ids", []))
            have = set(now[entry["name"]]["applicationGroupIds"])
            assert groups <= have if state == "merged" else groups == have
    if state == "overridden":
        assert set(now) == named
    else:
        for name in set(old) - meant:
            assert normal(read(now[name])) == normal(read(old[name])), "an application that is not listed changed"


@settings(max_examples=100, deadline=None)
@given(organizations())
def test_what_is_there_fed_back_changes_nothing(applications):
    organization = Organization(applications)
    view = organization.view([])
    config = [{**item} for item in view.applications.values()]
    for state in ("replaced", "overridden", "merged"):
        assert plan(organization.view(config), state, Options(False, False)).requests == []


def _plan(applications, config, state="merged", options=ALLOWED):
    organization = Organization(applications)
    return organization, plan(organization.view(config), state, options)


def test_two_names_are_swapped_with_one_temporary_name():
    config = [{"application_id": "1", "name": "Bee"}, {"application_id": "2", "name": "Ant"}]
    organization, planned = _plan([stored("Ant", "443", [], 1), stored("Bee", "80", [], 2)], config)
    assert [len(phase) for phase in planned.phases] == [1, 1, 1]
    for request in planned.requests:
        organization.send(request)
    assert {key: item["name"] for key, item in organization.meraki.applications("1").items()} == {"1": "Bee", "2": "Ant"}


def test_at_the_limit_what_goes_makes_room_first():
    there = [stored(f"App {number}", "443", [], number) for number in range(300)]
    config = [{"name": f"App {number}", "destinations": [destination()]} for number in range(10, 310)]
    organization, planned = _plan(there, config, "overridden")
    assert planned.summary["created"] == planned.summary["deleted"] == 10
    for request in planned.requests:
        organization.send(request)
    with pytest.raises(Faults, match="301"):
        plan(organization.view([{"name": "One More", "destinations": [destination()]}]), "merged", ALLOWED)


def test_below_the_limit_what_replaces_is_there_before_what_goes():
    _organization, planned = _plan([stored("Ant", "443", [], 1)], [{"name": "Bee", "destinations": [destination()]}], "overridden")
    assert [request.method for request in planned.requests] == ["POST", "DELETE"]


def test_a_group_is_never_lost_by_surprise():
    there = [stored("Ant", "443", ["g1"], 1), stored("Bee", "443", ["g1"], 2)]
    with pytest.raises(Faults) as caught:
        _plan(there, [{"name": "Ant"}, {"name": "Bee"}], "deleted", Options(False, False))
    assert "'G1' (g1)" in caught.value.faults[0]["message"]
    assert caught.value.faults[0]["path"] == "config[0]"
    organization, planned = _plan(there, [{"name": "Ant"}, {"name": "Bee"}], "deleted")
    assert planned.summary["groups_removed"] == [{"id": "g1", "name": "G1"}]
    assert planned.removals == 3
    assert any("cannot be brought back" in text for text in planned.warnings)
    _organization, one = _plan(there, [{"name": "Ant"}], "deleted", Options(False, False))
    assert one.removals == 1


def test_options_that_alter_what_is_written_enter_the_digest():
    there = [stored("Ant", "443", [], 1)]
    forced, plain = (_plan(there, [{"name": "Ant"}], "deleted", Options(force, False))[1] for force in (True, False))
    assert forced.digest != plain.digest
    same = [_plan(there, [{"name": "Ant", "description": "x"}], "merged", Options(force, False))[1].digest for force in (True, False)]
    assert same[0] == same[1]


@pytest.mark.parametrize(
    ("state", "entry", "path"),
    [
        ("merged", {"name": "ant"}, "config[0].name"),
        ("deleted", {"name": "ant"}, "config[0].name"),
        ("deleted", {"application_id": "1", "name": "Bee"}, "config[0].name"),
        ("merged", {"application_id": "1", "name": "Bee"}, "config[0].name"),
        ("merged", {"application_id": "1", "name": "bee"}, "config[0].name"),
        ("merged", {"name": "New"}, "config[0].destinations"),
        ("merged", {"application_id": "77"}, "config[0].name"),
    ],
)
def test_names_that_clash_and_pieces_that_are_missing(state, entry, path):
    with pytest.raises(Faults) as caught:
        _plan([stored("Ant", "443", [], 1), stored("Bee", "443", [], 2)], [entry], state)
    assert path in [item["path"] for item in caught.value.faults]


def test_one_application_reached_twice_is_a_fault():
    with pytest.raises(Faults, match="one entry for one"):
        _plan([stored("Ant", "443", [], 1)], [{"name": "Ant", "description": "x"}, {"application_id": "1", "description": "y"}])


def test_what_breaks_a_rule_of_words_and_is_there_can_be_fed_back():
    odd = stored("Ant_1", "443", [], 1)
    odd["destinations"][0]["destinationAddr"] = ["10.0.0.0/24"]
    organization = Organization([odd])
    config = [dict(item) for item in organization.view([]).applications.values()]
    assert plan(organization.view(config), "replaced", ALLOWED).requests == []
    config[0]["sni"] = "no domain"
    with pytest.raises(Faults) as caught:
        plan(organization.view(config), "replaced", ALLOWED)
    assert [item["path"] for item in caught.value.faults] == ["config[0].sni"]


def test_the_normal_form():
    assert normal_address("10.0.0.1") == normal_address("10.0.0.1/32") == normal_address(" 10.0.0.1/32")
    assert normal_ports("8080, 443,443") == normal_ports("443,8080")
    one = {"name": "A", "destinations": [destination("443,80"), destination("22", "network")]}
    other = {"name": "A", "description": "", "sni": "", "destinations": [destination("22", "network"), destination("80, 443")], "application_group_ids": []}
    other["destinations"][1]["protocol_ports"][0]["protocol"] = "TCP"
    assert normal(one) == normal(other)
    assert normal({**one, "sni": "a.example"}) != normal(one)
    plain = {"name": "A", "destinations": [destination("22", "network")]}
    assert normal({**plain, "sni": "a.example", "ssl_verification_enabled": False}) == normal(plain)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (".name", {"name": "Jira_1"}),
        (".name", {"name": " Jira"}),
        (".sni", {"sni": "not a domain"}),
        (".sni", {"sni": "10.0.0.1"}),
        (".destinations", {"destinations": []}),
        (".destinations[0].access_type", {"destinations": [{**destination(), "access_type": "tunnel"}]}),
        (".destinations[0].destination_addr", {"destinations": [{**destination(), "destination_addr": []}]}),
        (".destinations[0].destination_addr[0]", {"destinations": [{**destination(), "destination_addr": ["2001:db8::1"]}]}),
        (".destinations[0].destination_addr[0]", {"destinations": [{**destination(), "destination_addr": ["10.0.0.256"]}]}),
        (".destinations[0].destination_addr[0]", {"destinations": [{**destination(), "destination_addr": ["10.0.0"]}]}),
        (".destinations[0].destination_addr[0]", {"destinations": [{**destination(), "destination_addr": ["10.0.0.0/24"]}]}),
        (".destinations[0].destination_addr[0]", {"destinations": [{**destination(), "destination_addr": ["10.0.0.0/33"]}]}),
        (".destinations[0].protocol_ports[0].protocol", {"destinations": [{**destination(), "protocol_ports": [{"protocol": "UDP", "ports": "1"}]}]}),
        (
            ".destinations[0].protocol_ports[1].protocol",
            {"destinations": [{**destination(), "protocol_ports": [{"protocol": "TCP", "ports": "1"}, {"protocol": "tcp", "ports": "2"}]}]},
        ),
        *[
            (".destinations[0].protocol_ports[0].ports", {"destinations": [destination(ports)]})
            for ports in ("0", "65536", "90-80", "", "a", "1,,2", "1-2-3", "-1")
        ],
        (".destinations[0].colour", {"destinations": [{**destination(), "colour": "red"}]}),
        (".external_fqdn", {"external_fqdn": "https://x.example"}),
    ],
)
def test_validation(path, change):
    config = [{"name": "Jira", "destinations": [destination()], **change}]
    assert f"config[0]{path}" in [item["path"] for item in schema_faults(SCHEMA, config) + rule_faults(config, "merged")]


@pytest.mark.parametrize("address", ["10.0.0.0/24", "10.0.0.1", "app.internal.example", "*.internal.example", "intranet"])
def test_addresses_that_the_vendor_is_left_to_judge(address):
    config = [{"name": "Jira", "destinations": [{**destination(access="network"), "destination_addr": [address]}]}]
    assert rule_faults(config, "merged") == []


def test_what_is_missing_for_replaced_and_what_is_listed_twice():
    config = [{"name": "A"}, {"name": "A", "destinations": [destination()]}, {"destinations": [destination()]}]
    assert {item["path"] for item in rule_faults(config, "replaced")} == {"config[0].destinations", "config[1].name", "config[2].name"}


def test_the_resource_speaks_of_unknown_groups_by_path():
    with pytest.raises(Faults) as caught:
        resolve([{"name": "A", "application_groups": ["East", "west"]}], Index("application group", [("1", "West")]))
    assert [item["path"] for item in caught.value.faults] == ["config[0].application_groups[0]", "config[0].application_groups[1]"]
    assert "'West' (1)" in caught.value.faults[1]["message"]
    assert PrivateApplications.schema is SCHEMA
