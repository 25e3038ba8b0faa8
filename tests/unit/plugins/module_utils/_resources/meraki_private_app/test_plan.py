# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning of private applications, carried out request by request on the strict mock server: any organization, any config, any state."""

from __future__ import annotations

import cProfile
import json
from unittest import mock
from urllib.parse import unquote

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index
from ansible_collections.secops.policy.plugins.module_utils._model.plan import ValidationErrors
from ansible_collections.secops.policy.plugins.module_utils._model.validation import schema_errors
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.config import SCHEMA, own_keys, rule_errors
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.fields import (
    LIMIT,
    normal,
    normal_address,
    normal_ports,
    without_spaces,
)
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.groups import resolve
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.plan import Current, Options, members, plan
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.private_applications import Applications
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.resource import PrivateApplications
from ansible_collections.secops.policy.tests.mock_cloud import secure_connect
from ansible_collections.secops.policy.tests.mock_cloud.meraki import Meraki
from ansible_collections.secops.policy.tests.mock_cloud.web import Request
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import given
from hypothesis import strategies as st

STATES = ("merged", "replaced", "overridden", "deleted")
NAMES = ("Ant", "Bee", "Cat", "Dog", "Eel")
GROUPS = ("g1", "g2")
INDEX = Index("application group", [(key, key.upper()) for key in GROUPS])
PORTS = ("443", "80-82", "443,8080")
ALLOWED = Options(force=False, allow_group_removal=True)
API = Applications()


def destination(ports="443", access="browser"):
    return {"destination_addr": ["10.0.0.1"], "protocol_ports": [{"protocol": "tcp", "ports": ports}], "access_type": access}


def desired(config):
    return resolve(own_keys(config, API), API, INDEX, {}, hint=False)


class Organization:
    """One organization on the mock server; requests go to it one by one."""

    def __init__(self, applications=(), **switches):
        self.meraki = Meraki()
        for name, value in switches.items():
            setattr(self.meraki.secure_connect, name, value)
        self.meraki.strict_user_agent = False
        self.meraki.add_key("k")
        self.meraki.add_organization("1", "One")
        for key in GROUPS:
            self.meraki.add_group("1", key.upper(), id=key)
        for fields in applications:
            self.meraki.add_application("1", **fields)

    def current(self):
        applications = {key: API.from_api(item) for key, item in self.meraki.applications("1").items()}
        return Current("1", API, applications, INDEX)

    def plan(self, config, state, options):
        return plan(self.current(), desired(config), state, options)

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
    groups = st.sets(st.sampled_from(GROUPS))
    return [stored(name, draw(st.sampled_from(PORTS)), draw(groups), number) for number, name in enumerate(names, start=1)]


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
    return applications, draw(entries(applications, state)), state


@st.composite
def shuffles(draw, new=2):
    """Applications by their ids, under each other's names, in each other's groups; some go and some come: circles."""
    count = draw(st.integers(2, 4))
    groups = st.sets(st.sampled_from(GROUPS), min_size=1)
    current = [stored(name, "443", draw(groups), number) for number, name in enumerate(NAMES[:count], start=1)]
    names = draw(st.permutations(NAMES))
    stay = [number for number in range(1, count + 1) if draw(st.integers(0, 3))]
    config = [_entry(names[number], draw(groups), application_id=str(number)) for number in stay]
    for number in range(draw(st.integers(0, new))):
        config.append(_entry((names[0], "Fox")[number], draw(groups)))
    return current, config, "overridden"


def _entry(name, groups, **more):
    return {"name": name, "destinations": [destination()], "application_group_ids": sorted(groups), **more}


#: What the vendor may do in one way or the other.
SWITCHES = st.fixed_dictionaries(
    {
        "cascade": st.booleans(),
        "cascade_on_delink": st.booleans(),
        "delete_linked": st.sampled_from(["delink", "refuse"]),
        "names_ignore_case": st.booleans(),
        "put_omitted": st.sampled_from(["keep", "reset"]),
        "shuffle": st.booleans(),
    }
)


@examples(1000)
@given(cases() | shuffles(), SWITCHES, st.integers(0, 2), st.integers(0, 12), st.randoms(use_true_random=False))
def test_any_organization_any_config_any_state(case, switches, room, stop_after, random):
    """Every request is accepted by the strict mock server, in any order that the phases allow; a run that dies anywhere is completed by
    the next.

    ``room`` is how many more applications the organization can have, so that the limit is met often.
    """
    applications, config, state = case
    limit = len(applications) + room
    organization = Organization(applications, **switches)
    with (
        mock.patch.object(secure_connect, "LIMIT", limit),
        mock.patch.object(API, "limit", limit),
    ):
        try:
            planned = organization.plan(config, state, ALLOWED)
        except ValidationErrors:
            return
        never_empty = organization.members() & set(members(_end(organization, planned).values()))
        sent = 0
        for dies in (True, False):
            planned = organization.plan(config, state, ALLOWED)
            for request in _carried_out(planned, random):
                if dies and sent >= stop_after:
                    break
                organization.send(request)
                sent += 1
                assert never_empty <= organization.members(), "a group was empty for a moment"
        again = organization.plan(config, state, ALLOWED)
    assert again.requests == []
    assert again.before == again.after == []
    _means(state, config, applications, organization)


def _carried_out(planned, random):
    """The requests in one of the orders in which they may arrive: phase after phase, the chains of a phase at once."""
    for phase in planned.phases:
        waiting = [list(chain.requests) for chain in phase]
        while any(waiting):
            yield random.choice([requests for requests in waiting if requests]).pop(0)


@examples(300)
@given(shuffles(new=0))
def test_names_and_groups_are_exchanged_in_any_way(case):
    """Below the limit there is always a safe order, with at most one request more for each application that changes."""
    applications, config, state = case
    planned = Organization(applications).plan(config, state, ALLOWED)
    writes = [request for request in planned.requests if request.method == "PUT" and "off its groups" not in request.what]
    assert len(writes) <= 2 * planned.summary["updated"]
    assert planned.summary["deleted"] == len(applications) - len(config)


def _end(organization, planned):
    found = {key: API.from_api(item) for key, item in organization.meraki.applications("1").items()} | planned.expected
    return {key: item for key, item in found.items() if item is not None}


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
            form = normal(API.from_api(now[entry["name"]]))
            desired = normal({**API.from_api(now[entry["name"]]), "destinations": entry["destinations"]})
            assert form == desired
            groups = set(entry.get("application_group_ids", []))
            have = set(now[entry["name"]]["applicationGroupIds"])
            assert groups <= have if state == "merged" else groups == have
    if state == "overridden":
        assert set(now) == named
    else:
        for name in set(old) - meant:
            assert normal(API.from_api(now[name])) == normal(API.from_api(old[name])), "an application that is not listed changed"


@examples(100)
@given(organizations())
def test_what_is_there_fed_back_changes_nothing(applications):
    organization = Organization(applications)
    current = organization.current()
    config = [{**item} for item in current.applications.values()]
    for state in ("replaced", "overridden", "merged"):
        assert organization.plan(config, state, Options(False, False)).requests == []


def _plan(applications, config, state="merged", options=ALLOWED):
    organization = Organization(applications)
    return organization, organization.plan(config, state, options)


def test_two_names_are_swapped_with_one_temporary_name():
    config = [{"application_id": "1", "name": "Bee"}, {"application_id": "2", "name": "Ant"}]
    organization, planned = _plan([stored("Ant", "443", [], 1), stored("Bee", "80", [], 2)], config)
    assert [len(phase) for phase in planned.phases] == [1, 1, 1]
    assert planned.summary["updated"] == 2
    for request in planned.requests:
        organization.send(request)
    assert {key: item["name"] for key, item in organization.meraki.applications("1").items()} == {"1": "Bee", "2": "Ant"}


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_a_name_that_is_given_up_by_id_can_be_taken_in_the_same_run(state):
    """Ant becomes Bee, and there is another Ant; where all is listed, an old Bee goes for it."""
    current = [stored("Ant", "443", [], 1), stored("Bee", "443", [], 2)]
    config = [
        {"application_id": "1", "name": "Bee", "destinations": [destination("80-82")]},
        {"name": "Ant", "destinations": [destination("443,8080")]},
    ]
    organization, planned = _plan(current if state == "overridden" else current[:1], config, state)
    assert (planned.summary["created"], planned.summary["updated"]) == (1, 1)
    for request in planned.requests:
        organization.send(request)
    assert {item["name"]: key == "1" for key, item in organization.meraki.applications("1").items()} == {"Bee": True, "Ant": False}
    assert organization.plan(config, state, ALLOWED).requests == []


def test_at_the_limit_what_goes_makes_room_first():
    current = [stored(f"App {number}", "443", [], number) for number in range(300)]
    config = [{"name": f"App {number}", "destinations": [destination()]} for number in range(10, 310)]
    organization, planned = _plan(current, config, "overridden")
    assert planned.summary["created"] == planned.summary["deleted"] == 10
    for request in planned.requests:
        organization.send(request)
    with pytest.raises(ValidationErrors, match="301"):
        organization.plan([{"name": "One More", "destinations": [destination()]}], "merged", ALLOWED)


def test_an_organization_beyond_the_documented_limit_can_still_be_exchanged():
    current = [stored(f"App {number}", "443", [], number) for number in range(LIMIT + 2)]
    config = [{"name": f"App {number}", "destinations": [destination()]} for number in range(1, LIMIT + 3)]
    _organization, planned = _plan(current, config, "overridden")
    assert [request.method for request in planned.requests] == ["DELETE", "POST"]


def test_at_the_limit_what_cannot_be_done_in_a_safe_order_is_refused_with_the_reason():
    current = [stored(f"App {number}", "443", ["g1"] if number == 0 else [], number) for number in range(LIMIT)]
    config = [{"application_id": str(number), "name": f"App {number}", "destinations": [destination()]} for number in range(1, LIMIT)]
    config.append({"name": "New", "destinations": [destination()], "application_group_ids": ["g1"]})
    with pytest.raises(ValidationErrors, match="('App 0', 'New'|'New', 'App 0') cannot be changed in a safe order"):
        _plan(current, config, "overridden")
    # Another one that goes makes the room, and the group is never empty.
    _organization, planned = _plan(current, [entry for entry in config if entry["name"] != "App 7"], "overridden")
    assert [(request.method, request.what) for request in planned.requests] == [
        ("DELETE", "delete the application 'App 7'"),
        ("POST", "create the application 'New'"),
        ("PUT", "take the application 'App 0' off its groups"),
        ("DELETE", "delete the application 'App 0'"),
    ]


@pytest.mark.parametrize(
    ("groups", "more"),
    [
        # What the group waits for is created first, in the place of another; only then its last application goes, for the rest.
        ({0: ["g1"]}, [_entry("Other", []), _entry("New", ["g1"])]),
        # Who leaves the group without going waits, for what goes has to make the place.
        ({0: ["g1"], 2: ["g1"]}, [_entry("New", ["g1"])]),
    ],
)
def test_at_the_limit_a_group_never_keeps_from_a_safe_order_that_there_is(groups, more):
    current = [stored(f"App {number}", "443", groups.get(number, []), number) for number in range(LIMIT)]
    config = [_entry(f"App {number}", []) for number in range(len(more), LIMIT)] + more
    organization, planned = _plan(current, config, "overridden", Options(False, False))
    assert planned.summary["created"] == planned.summary["deleted"] == len(more)
    _sent(organization, planned, {"g1"})


def test_the_work_for_an_organization_that_changes_altogether_stays_small():
    current = [stored(f"App {number}", "443", [GROUPS[number % 2]], number) for number in range(LIMIT)]
    swapped = [
        {
            "application_id": str(number),
            "name": f"App {LIMIT - 1 - number}",
            "destinations": [destination("80")],
            "application_group_ids": ["g1"],
        }
        for number in range(LIMIT)
    ]
    others = [_entry(f"Other {number}", GROUPS) for number in range(LIMIT)]
    for config in (swapped, others):
        state_read = Organization(current).current()
        watch = cProfile.Profile()
        planned = watch.runcall(plan, state_read, desired(config), "overridden", ALLOWED)
        assert len(planned.requests) >= LIMIT
        # Calls, which do not depend on the machine: a few for each pair of applications, not for each three of them.
        assert sum(entry.callcount for entry in watch.getstats()) < 10 * LIMIT**2


def test_below_the_limit_what_replaces_is_there_before_what_goes():
    _organization, planned = _plan([stored("Ant", "443", [], 1)], [{"name": "Bee", "destinations": [destination()]}], "overridden")
    assert [[request.method for chain in phase for request in chain.requests] for phase in planned.phases] == [["POST"], ["DELETE"]]


def _sent(organization, planned, never_empty):
    for request in planned.requests:
        organization.send(request)
        assert never_empty <= organization.members(), request.what


def test_two_applications_exchange_their_groups_and_neither_group_is_empty():
    current = [stored("Ant", "443", ["g1"], 1), stored("Bee", "443", ["g2"], 2)]
    organization, planned = _plan(current, [_entry("Ant", ["g2"]), _entry("Bee", ["g1"])], "replaced", Options(False, False))
    assert [request.method for request in planned.requests] == ["PUT"] * 3
    _sent(organization, planned, {"g1", "g2"})


def test_temporary_names_differ_however_alike_the_ids_are():
    ids = ("a.1", "b.1", "a-1", "b-1")
    current = [{**stored(name, "443", [], 0), "applicationId": key} for key, name in zip(ids, NAMES)]
    config = [{"application_id": key, "name": name} for key, name in zip(ids, ("Bee", "Ant", "Dog", "Cat"))]
    organization, planned = _plan(current, config)
    _sent(organization, planned, set())
    assert [item["name"] for item in organization.meraki.applications("1").values()] == ["Bee", "Ant", "Dog", "Cat"]


def test_a_group_is_never_lost_by_surprise():
    current = [stored("Ant", "443", ["g1"], 1), stored("Bee", "443", ["g1"], 2)]
    _organization, refused = _plan(current, [{"name": "Ant"}, {"name": "Bee"}], "deleted", Options(False, False))
    assert "'G1' (g1)" in refused.refused[0]["message"]
    assert refused.refused[0]["path"] == "config[0]"
    organization, planned = _plan(current, [{"name": "Ant"}, {"name": "Bee"}], "deleted")
    assert planned.refused == () and planned.digest({}) == refused.digest({}), "what was looked at is what is then allowed"
    assert planned.summary["groups_removed"] == [{"id": "g1", "name": "G1"}]
    assert len(planned.removed) == 3
    assert any("cannot be brought back" in text for text in planned.warnings)
    _organization, one = _plan(current, [{"name": "Ant"}], "deleted", Options(False, False))
    assert len(one.removed) == 1


def test_options_that_alter_what_is_written_enter_the_digest():
    current = [stored("Ant", "443", [], 1)]
    forced, plain = (_plan(current, [{"name": "Ant"}], "deleted", Options(force, False))[1] for force in (True, False))
    assert forced.digest({}) != plain.digest({})
    same = [_plan(current, [{"name": "Ant", "description": "x"}], "merged", Options(force, False))[1].digest({}) for force in (True, False)]
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
    with pytest.raises(ValidationErrors) as caught:
        _plan([stored("Ant", "443", [], 1), stored("Bee", "443", [], 2)], [entry], state)
    assert path in [item["path"] for item in caught.value.errors]


def test_one_application_reached_twice_is_an_error():
    with pytest.raises(ValidationErrors, match="one entry for one"):
        _plan([stored("Ant", "443", [], 1)], [{"name": "Ant", "description": "x"}, {"application_id": "1", "description": "y"}])


def test_what_breaks_a_rule_of_words_and_is_there_can_be_fed_back():
    odd = stored("Ant_1", "443", [], 1)
    odd["destinations"][0]["destinationAddr"] = ["10.0.0.0/24"]
    organization = Organization([odd])
    config = [dict(item) for item in organization.current().applications.values()]
    assert organization.plan(config, "replaced", ALLOWED).requests == []
    bare = Organization([{**stored("Bare", "443", [], 1), "destinations": []}])
    fed_back = [dict(item) for item in bare.current().applications.values()]
    assert bare.plan(fed_back, "replaced", ALLOWED).requests == []
    config[0]["sni"] = "no domain"
    with pytest.raises(ValidationErrors) as caught:
        organization.plan(config, "replaced", ALLOWED)
    assert [item["path"] for item in caught.value.errors] == ["config[0].sni"]


def test_the_order_in_which_the_server_lists_does_not_enter_the_digest():
    current = [stored("Ant", "443", [], 1), stored("Bee", "443", [], 2), stored("Cat", "443", [], 3)]
    config = [{"name": "Cat", "destinations": [destination()]}]
    digests = {_plan(listed, config, "overridden")[1].digest({}) for listed in (current, current[::-1])}
    assert len(digests) == 1


def test_merged_leaves_and_replaced_resets():
    current = {**stored("Ant", "443", ["g1"], 1), "description": "old", "sni": "a.example", "sslVerificationEnabled": False}
    other = stored("Bee", "443", ["g1"], 2)
    _organization, merged = _plan([current, other], [{"name": "Ant", "description": "", "application_group_ids": ["g2"]}])
    (put,) = merged.requests
    assert put.body == {
        "name": "Ant",
        "description": "",
        "appProtocol": "",
        "sni": "a.example",
        "sslVerificationEnabled": False,
        "applicationGroupIds": ["g1", "g2"],
        "destinations": current["destinations"],
    }
    _organization, replaced = _plan([current, other], [{"name": "Ant", "destinations": [destination()]}], "replaced")
    (put,) = replaced.requests
    assert (put.body["description"], put.body["sni"], put.body["sslVerificationEnabled"]) == ("", "", True)
    assert put.body["applicationGroupIds"] == []


def test_an_option_without_effect_is_said_where_it_is_set():
    current = {**stored("Ant", "443", [], 1), "sni": "a.example"}
    current["destinations"][0]["accessType"] = "network"
    for sni, said in (("a.example", 0), ("b.example", 1), ("", 0)):
        _organization, planned = _plan([current], [{"name": "Ant", "sni": sni}])
        assert planned.requests == [] and len(planned.warnings) == said, sni


def test_what_the_list_does_not_say_about_groups_the_groups_say():
    class Api:
        lists = {
            "applications": [
                {"applicationId": 1, "name": "Ant", "destinations": []},
                {"applicationId": 2, "name": "Bee", "destinations": [], "applicationGroupIds": ["g2"]},
            ],
            "groups": [{"applicationGroupId": 7, "name": "West", "applicationIds": ["1", "2"]}],
        }

        def path(self, tail):
            return tail

        def pages(self, path, query):
            assert query == {"perPage": 1000}
            yield {"data": self.lists["groups" if path.endswith("Groups") else "applications"]}

    assert {key: item["application_group_ids"] for key, item in API.read(Api()).applications.items()} == {"1": ["7"], "2": ["g2"]}


def test_what_goes_over_the_wire():
    written = {"name": "A", "destinations": [{**destination("80, 443 ,8000 - 8010", "network"), "destination_addr": ["10.0.0.1"]}]}
    body = API.to_api(without_spaces(written))
    assert body["destinations"] == [
        {"destinationAddr": ["10.0.0.1"], "protocolPorts": [{"protocol": "tcp", "ports": "80,443,8000-8010"}], "accessType": "network"}
    ]
    current = {**stored("Ant", "443", [], 1), "externalFQDN": "https://ant.example"}
    current["destinations"][0]["accessType"] = "Network"
    assert API.from_api(current)["destinations"][0]["access_type"] == "network", "as config has to write it"
    assert "externalFQDN" not in API.to_api(API.from_api(current))


def test_the_normal_form():
    assert normal_address("10.0.0.1") == normal_address("10.0.0.1/32") == normal_address(" 10.0.0.1/32")
    assert normal_ports("8080, 443,443") == normal_ports("443,8080")
    one = {"name": "A", "destinations": [destination("443,80"), destination("22", "network")]}
    other = {"name": "A", "description": "", "sni": "", "application_group_ids": []}
    other["destinations"] = [destination("22", "network"), destination("80, 443")]
    other["destinations"][1]["protocol_ports"][0]["protocol"] = "TCP"
    assert normal(one) == normal(other)
    assert normal({**one, "ssl_verification_enabled": True}) == normal(one) != normal({**one, "ssl_verification_enabled": False})
    assert normal({**one, "sni": "a.example"}) != normal(one)
    plain = {"name": "A", "destinations": [destination("22", "network")]}
    assert normal({**plain, "sni": "a.example", "ssl_verification_enabled": False}) == normal(plain)


def _to(address, access="browser"):
    return {"destinations": [{**destination(access=access), "destination_addr": [address]}]}


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("10.0.0", "'10.0.0' is not an IPv4 address or network: it has 3 numbers, and not 4"),
        ("10.0.0.0.1", "it has 5 numbers, and not 4"),
        ("0x0a.0.1", "hexadecimal or octal notation"),
        ("010.1", "hexadecimal or octal notation"),
    ],
)
def test_what_is_wrong_with_an_address_of_numbers(address, says):
    (found,) = rule_errors([{"name": "A", **_to(address, "network")}], "merged", API)
    assert says in found["message"]


def _by(*pairs, access="browser"):
    found = [{"protocol": protocol, "ports": ports} for protocol, ports in pairs]
    return {"destinations": [{**destination(access=access), "protocol_ports": found}]}


@pytest.mark.parametrize(
    ("path", "change"),
    [
        *[(".name", {"name": name}) for name in ("Jira_1", "Jira.1", " Jira", "Jira ", "", "Jira\t", "Jira/1")],
        *[(".sni", {"sni": sni}) for sni in ("not a domain", "10.0.0.1", "https://a.example", "a..example", "jira")],
        (".destinations", {"destinations": []}),
        (".destinations[0].access_type", {"destinations": [{**destination(), "access_type": "tunnel"}]}),
        (".destinations[0].destination_addr", {"destinations": [{**destination(), "destination_addr": []}]}),
        (".destinations[0].protocol_ports", {"destinations": [{**destination(), "protocol_ports": []}]}),
        *[
            (".destinations[0].destination_addr[0]", _to(address, "network"))
            for address in (
                "2001:db8::1", "2001:db8::/32", "10.0.0.256", "10.0.0", "10", "10.0.0.0/33", "10.0.0.0/255.255.255.0", "10.0.0.1/",
                "10.0.0.01", "", " 10.0.0.1", "10.0.0.1 ", "https://a.example", "a.example:443", "a b", "10.0.0.1-10.0.0.9",
            )
        ],
        (".destinations[0].destination_addr[0]", _to("10.0.0.0/24")),
        (".destinations[0].protocol_ports[0].protocol", _by(("UDP", "1"))),
        (".destinations[0].protocol_ports[0].protocol", _by(("", "1"), access="network")),
        (".destinations[0].protocol_ports[1].protocol", _by(("TCP", "1"), ("tcp", "2"))),
        *[
            (".destinations[0].protocol_ports[0].ports", _by(("TCP", ports)))
            for ports in ("0", "65536", "90-80", "", "a", "1,,2", "1-2-3", "-1", "80-", "1;2", "100000")
        ],
        (".destinations[0].colour", {"destinations": [{**destination(), "colour": "red"}]}),
        (".external_fqdn", {"external_fqdn": "https://x.example"}),
        (".application_group_ids[0]", {"application_group_ids": [""]}),
    ],
)  # fmt: skip
def test_validation(path, change):
    config = [{"name": "Jira", "destinations": [destination()], **change}]
    assert {item["path"] for item in schema_errors(SCHEMA, config) + rule_errors(config, "merged", API)} == {f"config[0]{path}"}
    with_id = [{"application_id": "1", **config[0]}]
    assert {item["path"] for item in schema_errors(SCHEMA, with_id) + rule_errors(with_id, "rendered", API)} == {f"config[0]{path}"}


@pytest.mark.parametrize(
    "fields",
    [
        *[_to(address, "network") for address in ("10.0.0.0/24", "10.0.0.5/24", "10.0.0.1", "0.0.0.0/0")],
        *[
            _to(address)
            for address in ("10.0.0.1", "10.0.0.1/32", "app.internal.example", "*.internal.example", "intranet", "my_host.example")
        ],
        *[{"name": name} for name in ("Jira 1-2", "Übergabe", "日本語", "हिन्दी", "-")],
        *[{"sni": sni} for sni in ("", "a.example", "xn--bcher-kva.example")],
        _by(("ICMP", "1"), ("udp", "53, 80 - 90"), access="network"),
        {"app_protocol": "", "description": ""},
    ],
    ids=str,
)
def test_what_is_allowed_and_what_the_vendor_is_left_to_judge(fields):
    config = [{"name": "Jira", "destinations": [destination()], **fields}]
    assert schema_errors(SCHEMA, config) + rule_errors(config, "merged", API) == []


def test_rules_are_for_what_is_written():
    odd = [{"name": "Jira_1"}]
    assert rule_errors(odd, "deleted", API) == rule_errors(odd, "gathered", API) == []
    assert rule_errors([{"application_id": "1", "name": "Jira_1"}], "merged", API) == [], "checked after the read"


def test_what_is_missing_for_replaced_and_what_is_listed_twice():
    config = [{"name": "A"}, {"name": "A", "destinations": [destination()]}, {"destinations": [destination()]}]
    assert {item["path"] for item in rule_errors(config, "replaced", API)} == {"config[0].destinations", "config[1].name", "config[2].name"}


def test_the_resource_speaks_of_unknown_groups_by_path():
    config = own_keys([{"name": "A", "application_groups": ["East", "west"]}], API)
    errors = resolve(config, API, Index("application group", [("1", "West")]), {}, hint=True).errors
    assert [item["path"] for item in errors] == ["config[0].application_groups[0]", "config[0].application_groups[1]"]
    assert "'West' (1)" in errors[1]["message"]
    assert PrivateApplications.schema is SCHEMA
