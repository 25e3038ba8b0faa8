# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Destinations as private resources, and back: nothing is lost, and what cannot be carried is an error."""

from __future__ import annotations

import itertools
import json
from unittest import mock
from urllib.parse import unquote

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.documented import Undocumented
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index
from ansible_collections.secops.policy.plugins.module_utils._model.plan import NEW, ValidationErrors
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.config import own_keys
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.fields import KEPT, normal
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.groups import made, missing, resolve
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.plan import Current, Options, plan, to_config
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.private_resources import Resources
from ansible_collections.secops.policy.tests.mock_cloud.meraki import Meraki
from ansible_collections.secops.policy.tests.mock_cloud.web import Request
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import given
from hypothesis import strategies as st

TYPES = ("browser", "client", "network")
NAMES = ("Ant", "Bee", "Cat", "Dog")
GROUPS = ("g1", "g2")
ALLOWED = Options(force=False, allow_group_removal=True)
API = Resources()


def block(number=1, ports="443", protocol="tcp"):
    return {"destination_addr": [f"10.0.0.{number}"], "protocol_ports": [{"protocol": protocol, "ports": ports}]}


BLOCKS = st.lists(
    st.builds(block, st.integers(1, 3), st.sampled_from(["443", "80-82"]), st.sampled_from(["tcp", "any"])), min_size=1, max_size=3
)
SOME_TYPES = st.sets(st.sampled_from(TYPES), min_size=1)
GIVEN = st.lists(st.tuples(st.builds(block, st.integers(1, 2)), st.sampled_from(TYPES)), min_size=1, max_size=5).map(
    lambda found: [{**one, "access_type": kind} for one, kind in found]
)


def crossed(blocks, types):
    return [{**one, "access_type": kind} for one in blocks for kind in sorted(types)]


def read(body, **more):
    return API.from_api({"resourceId": "5", **body, **more})


@given(BLOCKS, SOME_TYPES, st.randoms(use_true_random=False))
def test_destinations_become_a_resource_and_are_read_back(blocks, types, random):
    destinations = crossed(blocks, types)
    random.shuffle(destinations)
    fields = {"name": "A", "description": "", "destinations": destinations, "application_group_ids": []}
    assert API.errors("config[0]", fields, None) == []
    body = API.to_api(fields)
    assert len(body["resourceAddresses"]) == len(blocks) and {one["type"] for one in body["accessTypes"]} == types
    again = read(body)
    assert normal(again) == normal(fields)
    assert API.to_api(again) == body, "and so they stay"


@given(GIVEN)
def test_what_is_not_the_same_for_every_kind_of_access_is_an_error(destinations):
    """Else the addresses of one would be open to the other."""
    fields = {"name": "A", "description": "", "destinations": destinations, "application_group_ids": []}
    same = normal(read(API.to_api(fields))) == normal(fields)
    errors = API.errors("config[0]", fields, None)
    assert [item["path"] for item in errors] == ([] if same else ["config[0].destinations"])


def test_the_destinations_that_differ_are_named():
    destinations = [*crossed([block(1)], ["browser", "client"]), {**block(2), "access_type": "client"}]
    (found,) = API.errors("config[0]", {"destinations": destinations}, None)
    assert "differ: destinations[2] (client). " in found["message"]


@pytest.mark.parametrize(
    "broken", [None, 7, [7], [{"access_type": "client"}], [{**block(), "access_type": 7}], [{**block(), "destination_addr": 1}]]
)
def test_what_breaks_the_schema_is_left_to_it(broken):
    assert API.errors("config[0]", {"destinations": broken}, None) == []


def test_unknown_kinds_of_access_go_back_as_they_were_and_branch_never_does():
    body = {"name": "A", "resourceAddresses": [{"destinationAddr": ["10.0.0.1"], "protocolPorts": [{"protocol": "any", "ports": "1"}]}]}
    listed = [{"type": "Tunnel", "more": 1}, {"type": "branch"}, {"type": "Client", "reachableAddresses": ["10.0.0.9"]}]
    there = read({**body, "accessTypes": listed})
    assert [one["access_type"] for one in there["destinations"]] == ["client"]
    assert API.to_api(there)["accessTypes"] == [listed[2], listed[0]]
    moved = {**there, "destinations": crossed([block(2)], ["client", "network"])}
    assert API.to_api(moved)["accessTypes"] == [{"type": "client"}, {"type": "network"}, listed[0]]
    assert any("Tunnel" in text for text in API.advice("config[0]", moved, there))
    only = read({**body, "accessTypes": listed[:2]})
    assert only["destinations"] == [] and API.to_api(only)["accessTypes"] == [listed[0]]
    assert API.to_api(only)["resourceAddresses"] == body["resourceAddresses"]


@pytest.mark.parametrize(
    "item",
    [
        {"accessTypes": [{"type": 7}]},
        {"accessTypes": None},
        {"resourceAddresses": ["10.0.0.1"]},
        {"resourceAddresses": [{"destinationAddr": "10.0.0.1"}]},
        {"resourceAddresses": [{"protocolPorts": [{"ports": []}]}]},
        {"name": None},
    ],
    ids=str,
)
def test_what_is_not_documented_is_not_guessed_at(item):
    with pytest.raises(Undocumented):
        read({"name": "A", "accessTypes": [], "resourceAddresses": [], **item})


def test_a_time_of_deletion_is_a_removal_only_where_there_was_none_before():
    lists = Resources()._lists
    ant, bee, again = ({"resourceId": key, "name": name} for key, name in (("1", "Ant"), ("2", "Bee"), ("3", "Bee")))
    dated = {"deletedAt": "2026-03-02T09:30:00.000000Z"}
    assert lists.present([{**ant, **dated}, bee]) == [bee, {**ant, **dated}]
    assert lists.present([{**ant, **dated}, {**bee, **dated}]) == [{**ant, **dated}]
    assert lists.present([{**again, **dated}, ant]) == [ant, {**again, **dated}], "new, and dated from the start"
    assert lists.present([bee, {**again, **dated}]) == [bee], "of two with one name it is the one without"


def test_the_group_that_was_made_is_found_in_either_answer():
    groups = [{"resourceGroupId": key, "name": name} for key, name in (("1", "West"), ("2", "East"))]
    assert API.group_id("East", {"data": groups}) == API.group_id("East", {"data": groups[1:]}) == "2"
    with pytest.raises(KeyError):
        API.group_id("North", {"data": groups})


# Planning, carried out on the strict mock server.


class Organization:
    """One organization on the mock server; requests go to it one by one."""

    def __init__(self, resources=(), **switches):
        self.meraki = Meraki()
        self.meraki.private_resources = "on"
        self.meraki.strict_user_agent = False
        for name, value in switches.items():
            setattr(self.meraki.successor, name, value)
        self.meraki.add_key("k")
        self.meraki.add_organization("1", "One")
        for key in GROUPS:
            self.meraki.add_resource_group("1", key.upper(), id=key)
        for fields in resources:
            self.meraki.add_resource("1", **fields)
        self.creating = None
        self.ids = {}

    def current(self, config):
        """``config`` decides at the first look which groups are made."""
        groups = Index("application group", [(key, item["name"]) for key, item in self.meraki.resource_groups("1").items()])
        if self.creating is None:
            self.creating = missing(own_keys(config, API), groups)
        ids = made(self.creating, groups)
        keys = {own: key for key, own in ids.items()}
        found = {key: API.from_api(item) for key, item in self.meraki.resources("1").items()}
        for item in found.values():
            item["application_group_ids"] = [keys.get(key, key) for key in item["application_group_ids"]]
        return Current("1", API, found, groups, creating=self.creating, made=ids)

    def plan(self, config, state, options):
        current = self.current(config)
        return plan(current, resolve(own_keys(config, API), API, current.groups, current.creating, hint=True), state, options)

    def send(self, request):
        data = request.body if request.fill is None else request.fill(self.ids)
        body = b"" if data is None else json.dumps(data).encode()
        headers = {"authorization": "Bearer k", "content-type": "application/json"}
        answer = self.meraki.handle(Request(request.method, unquote(request.path), {}, headers, body, 0.0, "http://x"))
        assert answer.status in (200, 201, 204), (request, answer)
        if request.produces:
            self.ids[request.produces] = request.extract_id(json.loads(answer.body))


@st.composite
def cases(draw):
    state = draw(st.sampled_from(["merged", "replaced", "overridden", "deleted"]))
    listed = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    stored = []
    for number, name in enumerate(listed, start=1):
        fields = {"name": name, "description": "", "destinations": crossed(draw(BLOCKS), draw(SOME_TYPES)), "application_group_ids": []}
        stored.append({"resourceId": str(number), **API.to_api(fields), "resourceGroupIds": sorted(draw(st.sets(st.sampled_from(GROUPS))))})
    config = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3)):
        entry = {"name": name, "destinations": crossed(draw(BLOCKS), draw(SOME_TYPES))}
        if state != "deleted" and draw(st.booleans()):
            entry["application_groups"] = sorted(draw(st.sets(st.sampled_from(["G1", "G2", "Other", "North"]))))
        if draw(st.booleans()):
            entry["application_id"] = "1"
        config.append(entry)
    return stored, config, state


SWITCHES = st.fixed_dictionaries(
    {
        "branch": st.booleans(),
        "cascade_on_delink": st.booleans(),
        "delete_linked": st.sampled_from(["delink", "refuse"]),
        "group_answer": st.sampled_from(["one", "all"]),
        "put_omitted": st.sampled_from(["keep", "reset"]),
        "shuffle": st.booleans(),
    }
)


@examples(150)
@given(cases(), SWITCHES, st.integers(0, 8))
def test_any_organization_any_config_any_state(case, switches, stop_after):
    """Every request is accepted by the strict mock server; a run that dies anywhere is completed by the next, and nobody is renamed or gone
    by an id of the other API."""
    stored, config, state = case
    organization = Organization(stored, **switches)
    try:
        planned = organization.plan(config, state, ALLOWED)
    except ValidationErrors:
        return
    for request in itertools.islice(planned.requests, stop_after):
        organization.send(request)
    for request in organization.plan(config, state, ALLOWED).requests:
        organization.send(request)
    assert organization.plan(config, state, ALLOWED).requests == []
    again = organization.current(config)
    now = {item["name"]: item for item in again.applications.values()}
    named = {entry["name"] for entry in config}
    for entry in config if state != "deleted" else []:
        assert normal({**now[entry["name"]], "destinations": entry["destinations"]}) == normal(now[entry["name"]])
        joined = {again.creating.get(key, again.groups.names.get(key)) for key in now[entry["name"]]["application_group_ids"]}
        assert set(entry.get("application_groups", [])) <= joined
    left = {item["name"] for item in stored} - named
    assert not set(now) & named if state == "deleted" else named <= set(now)
    assert not left & set(now) if state == "overridden" else left <= set(now)
    assert len({group["name"] for group in organization.meraki.resource_groups("1").values()}) == len(
        organization.meraki.resource_groups("1")
    )


def test_a_request_is_the_same_whenever_it_is_planned():
    """The group that it joins is made by then, or not yet."""
    config = [{"name": "Ant", "destinations": crossed([block()], ["network"]), "application_groups": ["North"]}]
    organization = Organization()
    first = organization.plan(config, "merged", ALLOWED)
    group, application = first.requests
    assert application.displayed["resourceGroupIds"] == [NEW] and first.summary["groups_created"] == ["North"]
    organization.send(group)
    (rest,) = organization.plan(config, "merged", ALLOWED).requests
    assert rest.show() == application.show() and rest.fill is None
    (key,) = [key for key, item in organization.meraki.resource_groups("1").items() if item["name"] == "North"]
    assert rest.body["resourceGroupIds"] == application.fill(organization.ids)["resourceGroupIds"] == [key]
    organization.send(rest)
    current = organization.current(config)
    (unit,) = [to_config(item, current) for item in current.applications.values()]
    assert unit["resource_group_ids"] == [key] and unit["application_groups"] == ["North"] and KEPT not in unit


@pytest.mark.parametrize("name", ["North", "north"])
def test_a_group_of_that_name_that_comes_up_meanwhile_is_no_reason_for_another(name):
    """Somebody else has made one like it too."""
    config = own_keys([{"name": "Ant", "application_groups": ["North"]}], API)
    nothing = Index("application group", [])
    creating = missing(config, nothing)
    assert resolve(config, API, nothing, creating, hint=True).errors == () and list(creating.values()) == ["North"]
    listed = [("1", "North"), ("2", name)] if name == "North" else [("2", name)]
    errors = resolve(config, API, Index("application group", listed), creating, hint=True).errors
    assert [item["path"] for item in errors] == ["config[0].application_groups[0]"]


def test_there_are_no_more_groups_than_an_organization_can_have():
    config = [{"name": "Ant", "destinations": crossed([block()], ["network"]), "application_groups": ["North"]}]
    with mock.patch.object(API, "limit", 2), pytest.raises(ValidationErrors, match="3 application groups"):
        Organization().plan(config, "merged", ALLOWED)


def test_force_is_an_error_only_where_something_goes():
    organization = Organization([{"resourceId": "1", "name": "Ant", "accessTypes": [{"type": "network"}]}])
    forced = Options(force=True, allow_group_removal=False)
    with pytest.raises(ValidationErrors, match="by force"):
        organization.plan([{"name": "Ant"}], "deleted", forced)
    assert organization.plan([{"name": "Ant", "description": "x"}], "merged", forced).requests
