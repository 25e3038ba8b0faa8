# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else writes while a run does: nothing of theirs is lost in silence, and what the run says of itself is true. Examples."""

from __future__ import annotations

import re

import pytest
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import FAULTS, KEY, branches, run_meraki, run_module
from .second_writer import OTHER, ApplicationAdmin, AssignmentAdmin, Clock, SentryAdmin, Watched, virtual_time

# The second writer, the server and the clock are the tests' own: another ansible-core cannot change how they end.
pytestmark = pytest.mark.once

TOKEN = "token-0123456789"
GROUP, DEVICE = ("deviceGroupUuid", "g1"), ("deviceUuid", "d1")
#: No wait is a real one here.
PACE = {"rate_limit": 10, "retry_timeout": 300}


@pytest.fixture
def clock():
    with virtual_time(Clock()) as made:
        yield made


@pytest.fixture
def cloud():
    with Cloud() as made:
        made.limit(None)
        branches(made.meraki)
        made.meraki.add_key(OTHER)
        made.eset.add_token(TOKEN)
        made.eset.add_token(OTHER)
        yield made


def answering(watched, path, change, numbers=(0,)):
    """The data of the run's reads of ``path`` passes through ``change``: those of these numbers, all where there are none."""
    count = iter(range(1000))

    def tamper(sent, data):
        hit = sent.method == "GET" and re.search(path, sent.path)
        return change(data) if hit and (not numbers or next(count) in numbers) else data

    watched.tampers.append(tamper)


# Sentry: one request carries the whole organization.


def policy(group, scope="withAny", tags=None):
    """A policy as users write it."""
    return {"sm_network_id": "N_SM", "scope": scope, "tags": [f"tag{group}"] if tags is None else tags, "group_policy_id": f"10{group}"}


def stored(group, scope="withAny", tags=None):
    """The same as the API has it."""
    names = {"sm_network_id": "smNetworkId", "group_policy_id": "groupPolicyId"}
    return {names.get(key, key): value for key, value in policy(group, scope, tags).items()}


def groups(cloud, network):
    """The group policies of a network's policies, in their order."""
    return [one["groupPolicyId"] for one in cloud.meraki.sentry("1").get(network, [])]


def contents(cloud, network):
    """A network's policies, ids included."""
    return [(one["policyId"], one["scope"], one["tags"], one["groupPolicyId"]) for one in cloud.meraki.sentry("1").get(network, [])]


@pytest.fixture
def admin(cloud):
    """Somebody else in an organization whose three branches have two policies each."""
    for number in range(1, 4):
        cloud.meraki.add_sentry(f"N_{number}", [stored(0), stored(1)])
    made = SentryAdmin(cloud)
    yield made
    made.close()


@pytest.fixture
def watched(cloud, clock, admin):
    with Watched(cloud, KEY, clock, "assignments/byNetwork$", lambda cloud: cloud.meraki.sentry("1")) as made:
        yield made


def sentry(cloud, check=False, **options):
    return run_meraki("meraki_sentry_assignments", cloud, {**PACE, **options}, check=check)


TO_N_1 = {"config": [{"network_id": "N_1", "policies": [policy(2)]}]}
TOO_MANY = {"status": 429, "headers": {"Retry-After": "14"}}


@pytest.mark.parametrize("reading", ["organization", "listed"])
@pytest.mark.parametrize("state", ["merged", "replaced", "deleted"])
@pytest.mark.parametrize("did", ["add", "remove", "reorder", "change", "clear"])
def test_what_a_retry_of_the_put_carries_is_not_old(cloud, clock, admin, watched, did, state, reading):
    """Somebody changes a network that is not listed seven of the fourteen seconds in for which the vendor wants no request."""
    cloud.meraki.sentry_put, cloud.meraki.sentry_stale_id = reading, "create"
    arguments = {"add": [stored(2)], "change": [0]}.get(did, [])
    fields = {"tags": ["theirs"]} if did == "change" else {}
    theirs = []

    def act():
        getattr(admin, did)("N_2", *arguments, **fields)
        theirs.append(contents(cloud, "N_2"))

    cloud.faults.add("status", method="PUT", who=KEY, **TOO_MANY)
    watched.on("write", 0, "after", lambda: clock.later(7, act))
    config = [{"network_id": "N_1"}] if state == "deleted" else TO_N_1["config"]
    result = sentry(cloud, state=state, config=config)
    assert [contents(cloud, "N_2")] == theirs, watched.story()
    assert not result.get("failed"), result["msg"]
    assert groups(cloud, "N_1") == {"merged": ["100", "101", "102"], "replaced": ["102"], "deleted": []}[state]
    assert result["changed"] and len(result["requests"]) == len(watched.writes) == 1


@pytest.mark.parametrize("state", ["replaced", "overridden", "deleted"])
def test_a_retry_of_the_put_does_not_remove_what_was_not_in_the_plan(cloud, clock, admin, watched, state):
    """Somebody adds a policy to a network that is to be exactly as listed: the plan that was looked at does not remove it."""
    cloud.faults.add("status", method="PUT", who=KEY, **TOO_MANY)
    watched.on("write", 0, "after", lambda: clock.later(7, lambda: admin.add("N_1", stored(2, "all", []))))
    listed = [policy(0), policy(1)]
    others = [{"network_id": network, "policies": listed} for network in ("N_2", "N_3")] if state == "overridden" else []
    config = [{"network_id": "N_1"}] if state == "deleted" else [{"network_id": "N_1", "policies": [policy(1)]}, *others]
    result = sentry(cloud, state=state, config=config)
    assert groups(cloud, "N_1") == ["100", "101", "102"], watched.story()
    assert result["failed"] and "N_1" in result["msg"]
    assert not result["changed"] and result["requests"] == [] and len(result["pending"]) == 1


def test_a_retry_of_the_put_joins_what_somebody_added_to_a_listed_network(cloud, clock, admin, watched):
    cloud.faults.add("status", method="PUT", who=KEY, **TOO_MANY)
    watched.on("write", 0, "after", lambda: clock.later(7, lambda: admin.add("N_1", stored(1, "all", []), 0)))
    result = sentry(cloud, **TO_N_1)
    assert groups(cloud, "N_1") == ["101", "100", "101", "102"], watched.story()
    assert not result.get("failed"), result["msg"]
    assert [one["group_policy_id"] for one in result["after"][0]["policies"]] == groups(cloud, "N_1")


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault[0] != "redirect"], ids=str)
@pytest.mark.parametrize("times", [1, 2])
def test_a_retry_of_the_put_always_reads_first(cloud, watched, fault, times):
    kind, arguments = fault
    cloud.faults.add(kind, method="PUT", who=KEY, times=times, **arguments)
    sentry(cloud, **TO_N_1)
    for one, next_one in zip(watched.attempts, watched.attempts[1:]):
        between = [sent for sent in watched.lists(next_one) if sent.number > one.number and sent.status == 200]
        assert between, watched.story()


@pytest.mark.parametrize("seconds", [1.0, 2.0, 5.0])
def test_names_are_read_before_the_assignments_are_for_the_last_time(cloud, admin, watched, seconds):
    """Each network costs a request of its own: what somebody does meanwhile must be in what is written."""
    watched.latency = lambda sent: seconds if sent.path.endswith("/groupPolicies") else 0.0

    def act(sent, data):
        if sent.path.endswith("N_2/groupPolicies"):
            admin.add("N_2", stored(2, "all", []))
            admin.add("N_SM", {**stored(0), "groupPolicyId": "9"})
        return data

    cloud.meraki.add_group_policy("N_SM", "9", "Another")
    watched.tampers.append(act)
    config = [{"network_id": f"N_{number}", "policies": [policy(2)]} for number in (1, 2, 3)]
    result = sentry(cloud, config=config, with_names=True)
    assert groups(cloud, "N_SM") == ["9"] and groups(cloud, "N_2") == ["100", "101", "102", "102"], watched.story()
    assert not result.get("failed"), result["msg"]
    assert [unit["network"] for unit in result["after"]] == ["Branch 1", "Branch 2", "Branch 3"]
    named = [sent.number for sent in watched.sent if sent.path.endswith(("/networks", "/groupPolicies"))]
    assert [sent.number for sent in watched.lists(watched.attempts[0])][-1] > max(named)


@pytest.mark.parametrize("state", ["merged", "replaced"])
def test_a_plan_that_changed_while_names_were_read_is_not_the_approved_one(cloud, admin, watched, state):
    planned = sentry(cloud, check=True, state=state, **TO_N_1)
    watched.latency = lambda sent: 4.0 if sent.path.endswith("/groupPolicies") else 0.0
    theirs = iter([lambda: admin.add("N_1", stored(1, "all", []))])

    def act(sent, data):
        if sent.path.endswith("/groupPolicies"):
            next(theirs, lambda: None)()
        return data

    watched.tampers.append(act)
    result = sentry(cloud, state=state, with_names=True, expected_plan=planned["plan_digest"], **TO_N_1)
    assert groups(cloud, "N_1") == ["100", "101", "101"], watched.story()
    assert result["failed"] and "expected_plan" in result["msg"] and watched.writes == []


def test_a_list_that_takes_longer_than_it_may_be_old_is_written_from_at_once(cloud, watched):
    """And the run says how long others had."""
    cloud.meraki.page_most = 1
    watched.latency = lambda sent: 6.0 if watched.lists() and sent is watched.lists()[-1] else 0.0
    result = sentry(cloud, **TO_N_1)
    assert not result.get("failed"), result["msg"]
    (put,) = watched.writes
    assert put.view() is not None and put.at - put.view().at == pytest.approx(12, abs=1), watched.story()
    assert any(re.search(r"\b1[12](\.\d+)?\s*s", text) for text in result.get("warnings", [])), result.get("warnings")


@pytest.mark.parametrize("seconds", [0.0, 9.0, 12.0])
def test_what_was_read_long_ago_is_read_again_before_the_first_write(cloud, clock, admin, watched, seconds):
    """The answer to the read comes, and then the run is held up."""
    watched.latency = lambda sent: 0.0
    cloud.faults.add("status", method="GET", path="groupPolicies", who=KEY, status=429, headers={"Retry-After": str(int(seconds))})
    watched.on("list", 0, "after", lambda: clock.later(seconds / 2, lambda: admin.add("N_2", stored(2))))
    result = sentry(cloud, with_names=True, **TO_N_1)
    assert not result.get("failed"), result["msg"]
    (put,) = watched.writes
    assert put.view() is not None and put.at - put.view().at <= 10, watched.story()


def test_a_loss_that_the_look_afterwards_proves_is_said(cloud, admin, watched):
    """Somebody removes a policy between the last read and the PUT, which cannot be helped; it is there again, under another id."""
    cloud.meraki.sentry_stale_id = "create"
    (gone, _other) = contents(cloud, "N_2")
    watched.on("write", 0, "before", lambda: admin.remove("N_2", 0))
    result = sentry(cloud, **TO_N_1)
    assert gone[0] not in [one[0] for one in contents(cloud, "N_2")] and groups(cloud, "N_2") == ["100", "101"], watched.story()
    assert result["changed"] and any("N_2" in text for text in [result.get("msg", ""), *result.get("warnings", [])])


# Sentry: lists that do not prove to be whole.


def without(*keys):
    return lambda data: [{key: part[key] for key in part if key not in keys} for part in data]


LESS = {
    "nothing at all": lambda data: [],
    "no items, no meta": lambda data: [{"items": []}],
    "an empty object": lambda data: [{}],
    "no meta": without("meta"),
    "no meta, one network": lambda data: [{"items": data[0]["items"][:1]}],
    "meta without counts": lambda data: [{"items": [], "meta": {}}],
    "counts without numbers": lambda data: [{"items": data[0]["items"][1:], "meta": {"counts": {"items": {}}}}],
    "a bare object without meta": lambda data: {"items": []},
}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("state", ["merged", "replaced", "deleted", "overridden"])
@pytest.mark.parametrize("less", LESS)
def test_a_sentry_list_that_is_damaged_once_wipes_nothing(cloud, watched, less, state, number):
    listed = [policy(0), policy(1)]
    others = [{"network_id": network, "policies": listed} for network in ("N_2", "N_3")] if state == "overridden" else []
    before = {network: contents(cloud, network) for network in ("N_2", "N_3")}
    answering(watched, "byNetwork$", LESS[less], numbers=(number,))
    config = [{"network_id": "N_1", "policies": [policy(0)]}, *others]
    result = sentry(cloud, state=state, config=config)
    assert {network: contents(cloud, network) for network in before} == before, watched.story()
    assert "internal error" not in result.get("msg", "")
    wanted = {"merged": ["100", "101"], "replaced": ["100"], "deleted": ["101"], "overridden": ["100"]}[state]
    # Where nothing seems to be left to remove, nothing is written, and nothing is read twice.
    if not result.get("failed") and (result["changed"] or state != "deleted"):
        assert groups(cloud, "N_1") == wanted, watched.story()
    assert sum(put.before != put.after for put in watched.writes) <= 1
    assert result["changed"] == bool(watched.writes)


def test_a_list_without_proof_is_read_twice_where_something_changes_and_once_where_not(cloud, watched):
    answering(watched, "byNetwork$", without("meta"), numbers=())
    unchanged = sentry(cloud, config=[{"network_id": "N_1", "policies": [policy(0)]}])
    assert not unchanged["changed"] and len(watched.lists()) == 1
    result = sentry(cloud, verify=False, **TO_N_1)
    assert not result.get("failed"), result["msg"]
    (put,) = watched.writes
    assert len(watched.lists(put)) == 3 and groups(cloud, "N_2") == ["100", "101"]


def test_a_list_with_proof_is_read_once_before_the_write(cloud, watched):
    result = sentry(cloud, verify=False, **TO_N_1)
    assert not result.get("failed") and result["stats"]["reads"] == len(watched.lists()) == 1


def test_a_list_without_proof_that_is_another_one_each_time_is_not_written_from(cloud, admin, watched):
    """Three times is enough."""
    answering(watched, "byNetwork$", without("meta"), numbers=())
    for number in range(12):
        watched.on("list", number, "after", lambda number=number: admin.change("N_2", 0, tags=[f"their{number}"]))
    result = sentry(cloud, **TO_N_1)
    assert result["failed"] and watched.writes == [] and not result["changed"], watched.story()
    assert len(watched.lists()) <= 6


def policies_of(network, change):
    """A list in which one policy of a network is another one."""

    def changed(data):
        items = [
            {**item, "policies": [change(item["policies"][0]), *item["policies"][1:]]} if item["networkId"] == network else item
            for item in data[0]["items"]
        ]
        return [{**data[0], "items": items}]

    return changed


WRONG = {
    "tags: a text": policies_of("N_2", lambda one: {**one, "tags": "abc"}),
    "tags: an object": policies_of("N_2", lambda one: {**one, "tags": {"a": 1}}),
    "tags: a number": policies_of("N_2", lambda one: {**one, "tags": 7}),
    "tags: lists": policies_of("N_2", lambda one: {**one, "tags": [["a"]]}),
    "tags: objects": policies_of("N_2", lambda one: {**one, "tags": [{"a": 1}]}),
    "scope: a list": policies_of("N_2", lambda one: {**one, "scope": ["all"]}),
    "scope: an object": policies_of("N_2", lambda one: {**one, "scope": {}}),
    "groupPolicyId: a list": policies_of("N_2", lambda one: {**one, "groupPolicyId": ["101"]}),
    "groupPolicyId: a truth": policies_of("N_2", lambda one: {**one, "groupPolicyId": True}),
    "smNetworkId: an object": policies_of("N_2", lambda one: {**one, "smNetworkId": {"id": "N_SM"}}),
    "policyId: a list": policies_of("N_2", lambda one: {**one, "policyId": [one["policyId"]]}),
    "a policy: a text": policies_of("N_2", lambda one: "abc"),
    "policies: an object": lambda data: [{**data[0], "items": [{**data[0]["items"][0], "policies": {}}, *data[0]["items"][1:]]}],
    "policies: a text": lambda data: [{**data[0], "items": [{**data[0]["items"][0], "policies": "abc"}, *data[0]["items"][1:]]}],
    "networkId: a list": lambda data: [{**data[0], "items": [{**data[0]["items"][0], "networkId": ["N_1"]}, *data[0]["items"][1:]]}],
    "networkId: none": lambda data: [{**data[0], "items": [{**data[0]["items"][0], "networkId": None}, *data[0]["items"][1:]]}],
    "items: an object": lambda data: [{**data[0], "items": {}}],
    "items: a text": lambda data: [{**data[0], "items": "abc"}],
    "meta: a list": lambda data: [{**data[0], "meta": ["x"]}],
    "counts: a text": lambda data: [{**data[0], "meta": {"counts": "x"}}],
    "total: a text": lambda data: [{**data[0], "meta": {"counts": {"items": {"total": "x", "remaining": 0}}}}],
    "a text": lambda data: "abc",
    "a list of texts": lambda data: ["abc"],
}


@pytest.mark.parametrize("wrong", WRONG)
def test_sentry_data_of_another_type_is_an_error_before_the_first_write(cloud, watched, wrong):
    answering(watched, "byNetwork$", WRONG[wrong], numbers=())
    before = cloud.meraki.sentry("1")
    result = sentry(cloud, **TO_N_1)
    assert result["failed"] and not result["changed"] and watched.attempts == [], watched.story()
    assert cloud.meraki.sentry("1") == before
    assert "internal error" not in result["msg"]


# Applications: a request for one carries all of its attributes.


def destination(number, ports="443"):
    return {"destination_addr": [f"10.0.0.{number}"], "protocol_ports": [{"protocol": "TCP", "ports": ports}], "access_type": "browser"}


def stored_destination(number):
    return {"destinationAddr": [f"10.0.0.{number}/32"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}], "accessType": "browser"}


def application(name, *numbers, groups=()):
    """An application as the API has it."""
    return {"name": name, "destinations": [stored_destination(number) for number in numbers], "applicationGroupIds": list(groups)}


def organization(cloud):
    """The applications and groups, as they are."""
    there = cloud.meraki.secure_connect.state()
    return {"applications": dict(there["applications"].get("1", {})), "groups": dict(there["applicationGroups"].get("1", {}))}


@pytest.fixture
def owner(cloud):
    """Somebody else in an organization with three applications and two groups."""
    cloud.meraki.add_group("1", "West", id="g1")
    cloud.meraki.add_group("1", "East", id="g2")
    for number, name in enumerate(("Jira", "Wiki", "Lab"), start=1):
        cloud.meraki.add_application("1", **application(name, number, number + 10, groups=["g1"]))
    made = ApplicationAdmin(cloud)
    yield made
    made.close()


@pytest.fixture
def watched_apps(cloud, clock, owner):
    with Watched(cloud, KEY, clock, "privateApplications$", organization, "privateApplications/([^/]+)$") as made:
        yield made


def apps(cloud, check=False, **options):
    return run_meraki(
        "meraki_private_app", cloud, {**PACE, "api": "private_applications", "deprecation_warning": False, **options}, check=check
    )


def named(cloud, name):
    """The application of that name."""
    return next(item for item in cloud.meraki.applications("1").values() if item["name"] == name)


def names(cloud):
    return sorted(item["name"] for item in cloud.meraki.applications("1").values())


#: What somebody may do to an application, and how it is then, as ``(attribute, value)``.
THEIRS = {
    "closes a destination": (
        lambda owner: owner.change("Lab", destinations=[stored_destination(3)]),
        "destinations",
        [stored_destination(3)],
    ),
    "opens a destination": (
        lambda owner: owner.change("Lab", destinations=[stored_destination(number) for number in (3, 13, 23)]),
        "destinations",
        [stored_destination(number) for number in (3, 13, 23)],
    ),
    "sets its sni": (lambda owner: owner.change("Lab", sni="lab.example.com"), "sni", "lab.example.com"),
    "turns verification off": (lambda owner: owner.change("Lab", sslVerificationEnabled=False), "sslVerificationEnabled", False),
    "puts it into a group": (lambda owner: owner.join("Lab", "g2"), "applicationGroupIds", ["g1", "g2"]),
    "takes it out of a group": (lambda owner: owner.leave("Lab", "g1"), "applicationGroupIds", []),
}


def described(cloud, result, text, watched):
    """The description was written, or the run failed and named the application."""
    assert named(cloud, "Lab")["description"] == text or result["failed"] and "Lab" in result["msg"], watched.story()


@pytest.mark.parametrize("in_turn", [True, False])
@pytest.mark.parametrize("theirs", ["closes a destination", "takes it out of a group"])
def test_what_comes_after_many_creations_is_not_old(cloud, owner, theirs, in_turn):
    """A hundred and thirty creations take thirteen seconds; an application of which only the description is given is written after them."""
    does, key, left = THEIRS[theirs]
    new = [{"name": f"New {number}", "destinations": [destination(number)]} for number in range(130)]
    with (
        virtual_time(Clock(), in_turn) as clock,
        Watched(cloud, KEY, clock, "privateApplications$", organization, "privateApplications/([^/]+)$") as watched,
    ):
        watched.on("write", 0, "before", lambda: clock.later(11, lambda: does(owner)))
        result = apps(cloud, config=[*new, {"name": "Lab", "description": "x"}])
        clock.advance(60)
    assert named(cloud, "Lab")[key] == left
    described(cloud, result, "x", watched)
    assert len([put for put in watched.writes if put.method == "POST"]) == 130


def test_of_many_updates_none_is_old(cloud, clock, owner, watched_apps):
    does, key, left = THEIRS["closes a destination"]
    for number in range(125):
        cloud.meraki.add_application("1", **application(f"App {number}", number))
    # While the first view is still young enough; the last update comes from the next one.
    watched_apps.on("write", 0, "before", lambda: clock.later(9.5, lambda: does(owner)))
    config = [*({"name": f"App {number}", "description": "x"} for number in range(125)), {"name": "Lab", "description": "x"}]
    result = apps(cloud, config=config)
    assert named(cloud, "Lab")[key] == left
    described(cloud, result, "x", watched_apps)
    old = [put for put in watched_apps.writes if put.at - put.view(put.path.rsplit("/", 1)[1]).at > 10.5]
    assert not old, f"{len(old)} were made from a view that was older than 10 s"


@pytest.mark.parametrize("theirs", THEIRS)
def test_a_retry_of_an_application_is_not_old(cloud, clock, owner, watched_apps, theirs):
    does, key, left = THEIRS[theirs]
    cloud.faults.add("status", method="PUT", who=KEY, **TOO_MANY)
    watched_apps.on("write", 0, "after", lambda: clock.later(7, lambda: does(owner)))
    result = apps(cloud, config=[{"name": "Lab", "description": "x"}])
    assert named(cloud, "Lab")[key] == left, watched_apps.story()
    described(cloud, result, "x", watched_apps)


@pytest.mark.parametrize("theirs", THEIRS)
def test_names_that_take_long_make_no_application_old(cloud, owner, watched_apps, theirs):
    does, key, left = THEIRS[theirs]
    watched_apps.latency = lambda sent: 12.0 if sent.path.endswith("Groups") else 0.0

    def act(sent, data):
        if sent.path.endswith("Groups"):
            does(owner)
        return data

    watched_apps.tampers.append(act)
    result = apps(cloud, config=[{"name": "Lab", "description": "x"}], with_names=True)
    assert named(cloud, "Lab")[key] == left, watched_apps.story()
    described(cloud, result, "x", watched_apps)


@pytest.mark.parametrize("theirs", ["closes a destination", "sets its sni", "puts it into a group"])
def test_what_is_put_back_is_not_old(cloud, clock, owner, watched_apps, theirs):
    """The application was taken off its groups to be deleted, which was refused in the end: what comes back is not what it was."""
    does, key, left = THEIRS[theirs]
    cloud.meraki.secure_connect.in_rules.add(named(cloud, "Lab")["applicationId"])
    cloud.faults.add("status", method="DELETE", who=KEY, **TOO_MANY)
    watched_apps.on("write", 1, "after", lambda: clock.later(7, lambda: does(owner)))
    result = apps(cloud, state="deleted", config=[{"name": "Lab"}])
    # Where it is in a group again by then, it is not even tried once more.
    assert result["failed"] and ("in use by one or more rules" in result["msg"] or key == "applicationGroupIds" and "Lab" in result["msg"])
    there = named(cloud, "Lab")[key]
    if key == "applicationGroupIds":
        assert set(there) == {"g1", "g2"} or "g2" in there and "back into its groups" in result["msg"], watched_apps.story()
    else:
        assert there == left, watched_apps.story()


def test_a_slow_list_of_applications_is_written_from_at_once(cloud, watched_apps):
    cloud.meraki.page_most = 1
    watched_apps.latency = lambda sent: 6.0 if sent in watched_apps.lists() else 0.0
    result = apps(cloud, config=[{"name": "Lab", "description": "x"}])
    assert not result.get("failed"), result["msg"]
    (put,) = watched_apps.writes
    age = put.at - put.view(put.path.rsplit("/", 1)[1]).at
    said = any(re.search(rf"\b{int(age)}(\.\d+)?\s*s", text) for text in result.get("warnings", []))
    assert age <= 10 or said, watched_apps.story()


# Applications: lists that do not prove to be whole.

LESS_APPLICATIONS = {
    "nothing, no meta": lambda data: {"data": []},
    "nothing, meta without total": lambda data: {"data": [], "meta": {}},
    "some, no meta": lambda data: {"data": data["data"][1:]},
    "some, total is null": lambda data: {"data": data["data"][:1], "meta": {"total": None}},
    "less than counted": lambda data: {"data": data["data"][1:], "meta": data["meta"]},
}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("state", ["merged", "replaced", "deleted", "overridden"])
@pytest.mark.parametrize("less", LESS_APPLICATIONS)
def test_a_list_of_applications_that_is_damaged_once_makes_nothing_twice(cloud, watched_apps, less, state, number):
    answering(watched_apps, "privateApplications$", LESS_APPLICATIONS[less], numbers=(number,))
    config = [{"name": "Jira"}] if state == "deleted" else [{"name": "Jira", "description": "x", "destinations": [destination(1)]}]
    result = apps(cloud, state=state, config=config, allow_group_removal=True)
    assert [sent for sent in watched_apps.attempts if sent.method == "POST"] == [], watched_apps.story()
    expected = {"overridden": ["Jira"], "deleted": ["Lab", "Wiki"]}.get(state, ["Jira", "Lab", "Wiki"])
    if not result.get("failed") and (result["changed"] or state != "deleted"):
        assert names(cloud) == expected
        assert state == "deleted" or named(cloud, "Jira")["description"] == "x"
    assert result["changed"] == bool(watched_apps.writes) and "internal error" not in result.get("msg", "")


def test_a_list_of_applications_without_total_is_read_twice_where_something_changes_and_once_where_not(cloud, watched_apps):
    answering(watched_apps, "privateApplications$", lambda data: {"data": data["data"]}, numbers=())
    unchanged = apps(cloud, config=[{"name": "Jira", "destinations": [destination(1), destination(11)]}])
    assert not unchanged["changed"] and len(watched_apps.lists()) == 1
    result = apps(cloud, verify=False, config=[{"name": "Jira", "description": "x"}])
    assert not result.get("failed") and len(watched_apps.lists()) == 3, watched_apps.story()


def test_a_list_of_applications_with_total_is_read_once_before_the_write(cloud, watched_apps):
    result = apps(cloud, verify=False, config=[{"name": "Jira", "description": "x"}, {"name": "New", "destinations": [destination(9)]}])
    assert not result.get("failed") and result["stats"]["reads"] == 1, watched_apps.story()


def ungrouped(data):
    """Applications that do not say in which groups they are."""
    return {**data, "data": [{key: item[key] for key in item if key != "applicationGroupIds"} for item in data["data"]]}


@pytest.mark.parametrize(
    "less",
    [lambda data: {"data": []}, lambda data: {"data": [], "meta": {}}, lambda data: {"data": data["data"][:0], "meta": {"total": None}}],
)
def test_memberships_are_not_taken_from_a_list_of_groups_that_is_damaged(cloud, watched_apps, less):
    """Where applications come without their groups, the list of groups tells them."""
    answering(watched_apps, "privateApplications$", ungrouped, numbers=())
    answering(watched_apps, "privateApplicationGroups$", less)
    result = apps(cloud, config=[{"name": "Jira", "description": "x"}])
    assert named(cloud, "Jira")["applicationGroupIds"] == ["g1"], watched_apps.story()
    assert result.get("failed") or named(cloud, "Jira")["description"] == "x"


def first(change):
    """A list whose first application is another one."""
    return lambda data: {**data, "data": [change(data["data"][0]), *data["data"][1:]]}


def first_destination(**fields):
    return first(lambda item: {**item, "destinations": [{**item["destinations"][0], **fields}]})


WRONG_APPLICATIONS = {
    "a text": lambda data: "abc",
    "data: an object": lambda data: {**data, "data": {}},
    "data: a text": lambda data: {**data, "data": "abc"},
    "meta: a text": lambda data: {**data, "meta": "abc"},
    "total: a text": lambda data: {**data, "meta": {"total": "abc"}},
    "an application: a text": first(lambda item: "abc"),
    "applicationId: a list": first(lambda item: {**item, "applicationId": ["1"]}),
    "applicationId: none": first(lambda item: {**item, "applicationId": None}),
    "name: a list": first(lambda item: {**item, "name": ["Jira"]}),
    "name: none": first(lambda item: {**item, "name": None}),
    "description: an object": first(lambda item: {**item, "description": {"text": "x"}}),
    "sni: a list": first(lambda item: {**item, "sni": ["a.example"]}),
    "appProtocol: an object": first(lambda item: {**item, "appProtocol": {"a": 1}}),
    "sslVerificationEnabled: a text": first(lambda item: {**item, "sslVerificationEnabled": "false"}),
    "applicationGroupIds: a text": first(lambda item: {**item, "applicationGroupIds": "g1"}),
    "applicationGroupIds: an object": first(lambda item: {**item, "applicationGroupIds": {"g1": 1}}),
    "applicationGroupIds: objects": first(lambda item: {**item, "applicationGroupIds": [{"id": "g1"}]}),
    "destinations: a text": first(lambda item: {**item, "destinations": "abc"}),
    "destinations: an object": first(lambda item: {**item, "destinations": {"a": 1}}),
    "destinations: texts": first(lambda item: {**item, "destinations": ["abc"]}),
    "destinationAddr: a text": first_destination(destinationAddr="10.0.0.1/32"),
    "destinationAddr: objects": first_destination(destinationAddr=[{"a": 1}]),
    "destinationAddr: an object": first_destination(destinationAddr={"10.0.0.1/32": 1}),
    "protocolPorts: a text": first_destination(protocolPorts="443"),
    "protocolPorts: an object": first_destination(protocolPorts={"protocol": "TCP", "ports": "443"}),
    "protocolPorts: texts": first_destination(protocolPorts=["443"]),
    "protocol: a list": first_destination(protocolPorts=[{"protocol": ["TCP"], "ports": "443"}]),
    "ports: a list": first_destination(protocolPorts=[{"protocol": "TCP", "ports": ["443"]}]),
    "accessType: a list": first_destination(accessType=["browser"]),
}


@pytest.mark.parametrize("wrong", WRONG_APPLICATIONS)
def test_application_data_of_another_type_is_an_error_before_the_first_write(cloud, watched_apps, wrong):
    """Though it is not the application that is written."""
    answering(watched_apps, "privateApplications$", WRONG_APPLICATIONS[wrong], numbers=())
    before = organization(cloud)
    result = apps(cloud, config=[{"name": "Lab", "description": "x"}])
    assert result["failed"] and not result["changed"] and watched_apps.attempts == [], watched_apps.story()
    assert organization(cloud) == before and "internal error" not in result["msg"]


WRONG_GROUPS = {
    "data: a text": lambda data: {**data, "data": "abc"},
    "a group: a text": first(lambda item: "abc"),
    "applicationGroupId: a list": first(lambda item: {**item, "applicationGroupId": ["g1"]}),
    "applicationGroupId: none": first(lambda item: {**item, "applicationGroupId": None}),
    "name: an object": first(lambda item: {**item, "name": {"a": "West"}}),
}


@pytest.mark.parametrize("wrong", WRONG_GROUPS)
def test_group_data_of_another_type_is_an_error_before_the_first_write(cloud, watched_apps, wrong):
    answering(watched_apps, "privateApplicationGroups$", WRONG_GROUPS[wrong], numbers=())
    result = apps(cloud, config=[{"name": "Jira", "application_groups": ["East"]}])
    assert result["failed"] and watched_apps.attempts == [] and "internal error" not in result["msg"], watched_apps.story()


# Applications: removals that somebody else was quicker with.


@pytest.mark.parametrize("state", ["deleted", "overridden"])
def test_a_removal_that_somebody_else_made_is_not_made(cloud, owner, watched_apps, state):
    """It is in no group, so that its deletion is the only request."""
    owner.leave("Lab", "g1")
    watched_apps.on("write", 0, "before", lambda: owner.delete("Lab"))
    rest = [
        {"name": name, "destinations": [destination(n), destination(n + 10)], "application_groups": ["West"]}
        for n, name in ((1, "Jira"), (2, "Wiki"))
    ]
    result = apps(cloud, state=state, config=[{"name": "Lab"}] if state == "deleted" else rest)
    assert not result.get("failed"), result["msg"]
    assert watched_apps.attempts[0].status == 404, watched_apps.story()
    assert (result["changed"], result["requests"]) == (False, [])


def test_a_removal_that_somebody_else_made_is_not_made_and_the_others_are(cloud, owner, watched_apps):
    for name in ("Lab", "Wiki"):
        owner.leave(name, "g1")
    gone = named(cloud, "Lab")["applicationId"]
    watched_apps.on("any", 0, "after", lambda: owner.delete("Lab"))
    result = apps(cloud, state="deleted", config=[{"name": "Lab"}, {"name": "Wiki"}])
    assert not result.get("failed"), result["msg"]
    assert names(cloud) == ["Jira"] and [request["method"] for request in result["requests"]] == ["DELETE"]
    assert result["changed"] and gone not in result["requests"][0]["path"]


def test_an_application_that_somebody_else_deleted_after_it_was_taken_off_its_groups(cloud, owner, watched_apps):
    watched_apps.on("write", 0, "after", lambda: owner.delete("Lab"))
    result = apps(cloud, state="deleted", config=[{"name": "Lab"}])
    assert not result.get("failed"), result["msg"]
    assert result["changed"] and [request["method"] for request in result["requests"]] == ["PUT"], watched_apps.story()


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("fault", [("reset_before", {}), ("status", {"status": 507})], ids=str)
def test_what_is_not_in_the_plan_any_more_was_not_made_for_that(cloud, owner, watched_apps, fault, method):
    """The request did not arrive, and nobody knows it. By the time of the look the application has another name, and so is not meant."""
    kind, arguments = fault
    cloud.faults.add(kind, method=method, who=KEY, **arguments)
    watched_apps.on("write", ["PUT", "DELETE"].index(method), "before", lambda: owner.rename("Lab", "Laboratory"))
    result = apps(cloud, state="deleted", config=[{"name": "Lab"}])
    assert "Laboratory" in names(cloud), watched_apps.story()
    done = [request for request in result["requests"] if "outcome" not in request]
    assert [request["method"] for request in done] == [sent.method for sent in watched_apps.writes], watched_apps.story()
    assert "Everything was written" not in result.get("msg", "")


@pytest.mark.parametrize("state", ["replaced", "deleted"])
def test_a_group_that_somebody_filled_meanwhile_is_not_emptied(cloud, clock, owner, watched_apps, state):
    """It would be empty, or gone, with nobody having allowed it."""
    owner.leave("Lab", "g1")
    cloud.faults.add("status", method="PUT" if state == "replaced" else "DELETE", who=KEY, **TOO_MANY)
    watched_apps.on("write", 0, "after", lambda: clock.later(7, lambda: owner.join("Lab", "g2")))
    config = [{"name": "Lab", "destinations": [destination(3)]}] if state == "replaced" else [{"name": "Lab"}]
    result = apps(cloud, state=state, config=config)
    there = cloud.meraki.groups("1").get("g2", {}).get("applicationIds")
    assert there or any("g2" in text for text in [result.get("msg", ""), *result.get("warnings", [])]), watched_apps.story()


# ESET: targets with stacks.


def unit(target, policies=None):
    kinds = {"deviceGroupUuid": "device_group_uuid", "deviceUuid": "device_uuid", "subscriptionUuid": "subscription_uuid"}
    made = {"target": {kinds[target[0]]: target[1]}}
    return made if policies is None else {**made, "policies": [{"policy_uuid": one} for one in policies]}


@pytest.fixture
def assigner(cloud):
    """Somebody else in a tenant with two targets."""
    cloud.eset.add_group("Servers", uuid="g1")
    cloud.eset.add_device("web", uuid="d1")
    for name in "ABCDE":
        cloud.eset.add_policy(f"Policy {name}", uuid=name)
    for target, stack in ((GROUP, "ABC"), (DEVICE, "CA")):
        for one in stack:
            cloud.eset.assign(one, *target)
    made = AssignmentAdmin(cloud)
    yield made
    made.close()


@pytest.fixture
def watched_eset(cloud, clock, assigner):
    with Watched(cloud, TOKEN, clock, "policy-assignments$", lambda cloud: cloud.eset.stacks()) as made:
        yield made


def eset(cloud, check=False, **options):
    given = {"access_token": TOKEN, "base_url": cloud.eset_url, **PACE, **options}
    return run_module("eset_policy_assignment", given, check=check)


def stack(cloud, target):
    return "".join(cloud.eset.stack(*target))


def of_target(target, kept):
    """A list without what it says of a target, as far as it is not ``kept``."""
    return lambda data: {
        **data,
        "assignments": [one for one in data["assignments"] if one["target"] != dict([target]) or one["policyUuid"] in kept],
    }


LESS_ASSIGNMENTS = {
    "none of the target": of_target(GROUP, ""),
    "an empty list": lambda data: {"assignments": []},
    "no list": lambda data: {},
}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("wanted", ["A", "CB", "AE"])
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden", "two targets"])
@pytest.mark.parametrize("less", LESS_ASSIGNMENTS)
def test_a_list_without_its_assignments_makes_no_second_copy(cloud, watched_eset, less, state, wanted, number):
    """Once; ``two targets``: they are not asked for by the one that the config has."""
    answering(watched_eset, "policy-assignments$", LESS_ASSIGNMENTS[less], numbers=(number,))
    config = [unit(GROUP, wanted), *([unit(DEVICE, "CA")] if state == "two targets" else [])]
    result = eset(cloud, state="merged" if state == "two targets" else state, config=config)
    ever = [[one.policy for one in stack] for sent in watched_eset.writes for stack in sent.after.values()]
    assert [policies for policies in ever if len(set(policies)) < len(policies)] == [], watched_eset.story()
    if not result.get("failed"):
        exactly = state in ("replaced", "overridden")
        assert set(stack(cloud, GROUP)) == {*wanted, *("" if exactly else "ABC")}, watched_eset.story()
        assert stack(cloud, GROUP) == wanted or not exactly
        assert stack(cloud, DEVICE) == ("" if state == "overridden" else "CA")
    assert result["changed"] == bool(watched_eset.writes) and "internal error" not in result.get("msg", "")


@pytest.mark.parametrize(("target", "wanted", "reads"), [(GROUP, "ABCE", 1), (GROUP, "ABC", 1), (("subscriptionUuid", "s1"), "A", 2)])
def test_the_list_of_a_target_is_read_twice_only_where_it_is_empty_and_something_is_assigned(cloud, watched_eset, target, wanted, reads):
    cloud.eset.add_subscription("s1")
    result = eset(cloud, verify=False, config=[unit(target, wanted)])
    assert not result.get("failed"), result["msg"]
    assert stack(cloud, target) == wanted and len(watched_eset.lists()) == reads, watched_eset.story()


def first_assignment(**fields):
    return lambda data: {**data, "assignments": [{**data["assignments"][0], **fields}, *data["assignments"][1:]]}


WRONG_ASSIGNMENTS = {
    "a text": lambda data: "abc",
    "a list": lambda data: data["assignments"],
    "assignments: a text": lambda data: {"assignments": "abc"},
    "assignments: an object": lambda data: {"assignments": {"a": 1}},
    "assignments: texts": lambda data: {"assignments": ["abc", *data["assignments"]]},
    "assignments: nulls": lambda data: {"assignments": [None, *data["assignments"]]},
    "uuid: a list": first_assignment(uuid=["x"]),
    "uuid: none": first_assignment(uuid=None),
    "policyUuid: a list": first_assignment(policyUuid=["A"]),
    "policyUuid: none": first_assignment(policyUuid=None),
    "policyUuid: an object": first_assignment(policyUuid={"uuid": "A"}),
    "target: a text": first_assignment(target="abc"),
    "target: a list": first_assignment(target=[{"deviceGroupUuid": "g1"}]),
    "target: an object within": first_assignment(target={"deviceGroupUuid": {"uuid": "g1"}}),
    "target: a list within": first_assignment(target={"deviceGroupUuid": ["g1"]}),
    "rank: a list": first_assignment(rank=[1]),
    "rank: an object": first_assignment(rank={"value": 1}),
    "rank: words": first_assignment(rank="first"),
    "nextPageToken: an object": lambda data: {**data, "nextPageToken": {"a": 1}},
    "nextPageToken: a list": lambda data: {**data, "nextPageToken": ["x"]},
}


@pytest.mark.parametrize("config", [[unit(GROUP, "ABCE")], [unit(GROUP, "ABC"), unit(DEVICE, "CAE")]], ids=["one", "two"])
@pytest.mark.parametrize("wrong", WRONG_ASSIGNMENTS)
def test_assignment_data_of_another_type_is_an_error_before_the_first_write(cloud, watched_eset, wrong, config):
    answering(watched_eset, "policy-assignments$", WRONG_ASSIGNMENTS[wrong], numbers=())
    cloud.eset.shuffle = False
    before = cloud.eset.stacks()
    result = eset(cloud, config=config)
    assert result["failed"] and not result["changed"] and watched_eset.attempts == [], watched_eset.story()
    assert cloud.eset.stacks() == before and "internal error" not in result["msg"]


@pytest.mark.parametrize("state", ["deleted", "replaced", "overridden"])
def test_an_assignment_that_somebody_else_removed_is_not_removed(cloud, assigner, watched_eset, state):
    watched_eset.on("write", 0, "before", lambda: assigner.remove(GROUP, 2))
    config = {"deleted": [unit(GROUP, "C")], "replaced": [unit(GROUP, "AB")], "overridden": [unit(GROUP, "AB"), unit(DEVICE, "CA")]}[state]
    result = eset(cloud, state=state, config=config)
    assert not result.get("failed"), result["msg"]
    assert watched_eset.attempts[0].status == 404 and stack(cloud, GROUP) == "AB"
    assert (result["changed"], result["requests"]) == (False, []), watched_eset.story()


def test_an_assignment_that_somebody_else_removed_is_not_removed_and_the_others_are(cloud, assigner, watched_eset):
    watched_eset.on("list", 0, "after", lambda: assigner.remove(GROUP, 0))
    result = eset(cloud, state="deleted", config=[unit(GROUP, "AC")])
    assert not result.get("failed"), result["msg"]
    assert stack(cloud, GROUP) == "B" and len(result["requests"]) == len(watched_eset.writes) == 1, watched_eset.story()


@pytest.mark.parametrize("verify", [True, False])
def test_a_copy_that_somebody_else_made_at_the_same_time_is_said(cloud, assigner, watched_eset, verify):
    """Between the last look and the request: that cannot be helped, and the look afterwards shows it."""
    watched_eset.on("write", 0, "before", lambda: assigner.assign(GROUP, "E"))
    result = eset(cloud, verify=verify, config=[unit(GROUP, "ABCE")])
    assert stack(cloud, GROUP) == "ABCEE" and len(result["requests"]) == 1
    assert not verify or result["failed"] and "g1" in result["msg"]
