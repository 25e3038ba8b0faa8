# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else writes while a run does, whatever they do and whenever, and whatever goes wrong on the way: the rules hold."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.secops.policy.tests.mock_cloud import Cloud
from ansible_collections.secops.policy.tests.mock_cloud.eset import Eset
from ansible_collections.secops.policy.tests.mock_cloud.meraki import Meraki
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import Phase, given, note
from hypothesis import strategies as st

from .harness import FAULTS, KEY, branches, run_meraki, run_module
from .second_writer import OTHER, ApplicationAdmin, AssignmentAdmin, Clock, SentryAdmin, Watched, virtual_time
from .second_writer_rules import ApplicationRules, AssignmentRules, Case, SentryRules, violations

# The second writer, the server and the clock are the tests' own: another ansible-core cannot change how they end.
pytestmark = pytest.mark.once

#: What may explain a failure is said by the test itself.
PHASES = [phase for phase in Phase if phase is not Phase.explain]
PACE = {"rate_limit": 10, "retry_timeout": 300}


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.limit(None)
        yield made


#: What may go wrong with a request, and most of all a wait that makes everything old.
TOO_MANY = ("status", {"status": 429, "headers": {"Retry-After": "14"}})
ANY_FAULT = st.sampled_from(FAULTS) | st.just(TOO_MANY)
#: ``(which requests, which of them, before or after it)``
MOMENT = st.one_of(
    st.just(("write", 0, "before")),
    st.just(("write", 0, "after")),
    st.tuples(st.just("any"), st.integers(0, 6), st.sampled_from(["before", "after"])),
    st.tuples(st.just("write"), st.integers(0, 2), st.sampled_from(["before", "after"])),
    st.tuples(st.just("list"), st.integers(0, 2), st.just("after")),
)


@st.composite
def disturbances(draw, actions, methods):
    """What somebody else does, when, and how many seconds later; what goes wrong; how long everything takes."""
    later = st.sampled_from([0, 0, 3, 7, 12])
    return {
        "acts": draw(st.lists(st.tuples(MOMENT, later, actions), min_size=draw(st.sampled_from([0, 1, 1, 1])), max_size=2)),
        "faults": draw(st.lists(st.tuples(ANY_FAULT, st.sampled_from(methods), st.sampled_from([1, 1, 2])), max_size=2)),
        "latency": draw(st.sampled_from([0.0, 0.0, 0.4, 4.0])),
        "pages": draw(st.sampled_from([None, None, 1, 2])),
        "approved": draw(st.sampled_from([False, False, True])),
        "max_removals": draw(st.sampled_from([None, None, None, 1])),
        "with_names": draw(st.booleans()),
    }


#: What is of another type, by the type that is documented.
OF_ANOTHER_TYPE = {
    bool: ("false", [], None),
    int: ("x", [], {}),
    str: ([], {}, True, None, ["x"]),
    list: ("abc", {}, None, 7),
    dict: ([], "abc", None, 7),
}
#: Lists of which it has to be proved that they are whole.
WHOLE = ((), ("data",), ("assignments",), (0, "items"))


def damaging(said, number, field, pick):
    """The run's read of that number is answered with one value of another type, or without all that it lists. ``field`` chooses the field,
    ``pick`` one of those that are called so and what stands there instead. It is added to ``said``."""
    count = itertools.count()

    def tamper(sent, data):
        if sent.method != "GET" or next(count) != number:
            return data
        fields = {}
        for place, value in wrong_values(data):
            fields.setdefault(tuple(key for key in place if isinstance(key, str)), []).append((place, value))
        chosen = fields[sorted(fields)[field % len(fields)]]
        place, value = chosen[pick % len(chosen)]
        said.append(f"request {sent.number}: {place} is {value!r}")
        return replaced(data, place, value)

    return tamper


def wrong_values(data, place=()):
    """Every ``(place, value)`` with which the data is not what it was, nor what is documented."""
    for value in OF_ANOTHER_TYPE.get(type(data), ()):
        # A token that is null ends a list, as it is documented.
        if not (place[-1:] == ("nextPageToken",) and value is None):
            yield place, value
    if isinstance(data, list) and data and place in WHOLE:
        yield place, []
    for key in sorted(set(data) - UNUSED) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield from wrong_values(data[key], (*place, key))


def replaced(data, place, value):
    """The data with another value at a place."""
    if not place:
        return value
    made = data.copy()
    made[place[0]] = replaced(data[place[0]], place[1:], value)
    return made


#: What only the server has a use for, in none of our requests.
UNUSED = {"createdAt", "lastUpdatedAt", "modifiedAt", "priority", "groupNumber", "externalFQDN", "splashAuthSettings", "url", "notes"}
DAMAGE = st.tuples(st.sampled_from([0, 0, 0, 1, 2]), st.integers(0, 59), st.integers(0, 59))


def undisturbed(damage, with_names):
    """Nobody else writes, and one answer is damaged."""
    nothing = {"acts": [], "faults": [], "latency": 0.0, "pages": None, "approved": False, "max_removals": None}
    return {**nothing, "with_names": with_names, "damage": [damage]}


class World:
    """One resource of the cloud: how it is run, who else writes, and the rules."""

    rules: Any
    key = KEY
    listed = ""
    single = "(?!)"

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        cloud.meraki, cloud.eset = Meraki(), Eset()
        cloud.faults.clear()
        cloud.clear_log()

    def run(self, check: bool = False, **options: Any) -> dict[str, Any]:
        raise NotImplementedError

    def state(self) -> Any:
        raise NotImplementedError


class Sentry(World):
    rules = SentryRules()
    listed = "assignments/byNetwork$"

    def __init__(self, cloud, present, reading="organization", stale="refuse"):
        super().__init__(cloud)
        branches(cloud.meraki)
        cloud.meraki.add_key(OTHER)
        cloud.meraki.sentry_put, cloud.meraki.sentry_stale_id = reading, stale
        for network, groups in present.items():
            cloud.meraki.add_sentry(network, [api_policy(group) for group in groups])
        self.admin = SentryAdmin(cloud)

    def run(self, check=False, **options):
        return run_meraki("meraki_sentry_assignments", self.cloud, {**PACE, **options}, check=check)

    def state(self):
        return self.cloud.meraki.sentry("1")


class Applications(World):
    rules = ApplicationRules()
    listed = "privateApplications$"
    single = "privateApplications/([^/]+)$"

    def __init__(self, cloud, present, in_rules=(), cascade=False):
        super().__init__(cloud)
        meraki = cloud.meraki
        for key in (KEY, OTHER):
            meraki.add_key(key)
        meraki.add_organization("1", "Example Health")
        for group in ("g1", "g2"):
            meraki.add_group("1", f"Group {group}", id=group)
        for number, (name, numbers, groups) in enumerate(present):
            fields = {"name": name, "destinations": [api_destination(one) for one in numbers], "applicationGroupIds": groups}
            meraki.add_application("1", applicationId=str(101 + number), description=f"about {name}", **fields)
        meraki.secure_connect.in_rules = {str(101 + number) for number in in_rules}
        meraki.secure_connect.cascade_on_delink = cascade
        self.admin = ApplicationAdmin(cloud)

    def run(self, check=False, **options):
        return run_meraki(
            "meraki_private_app", self.cloud, {**PACE, "api": "private_applications", "deprecation_warning": False, **options}, check=check
        )

    def state(self):
        there = self.cloud.meraki.secure_connect.state()
        return {"applications": dict(there["applications"].get("1", {})), "groups": dict(there["applicationGroups"].get("1", {}))}


class Assignments(World):
    rules = AssignmentRules()
    key = "token-0123456789"
    listed = "policy-assignments$"

    def __init__(self, cloud, present):
        super().__init__(cloud)
        eset = cloud.eset
        for token in (self.key, OTHER):
            eset.add_token(token)
        eset.add_group("Servers", uuid="g1")
        eset.add_device("web", uuid="d1")
        eset.add_subscription("s1")
        for name in "ABCDE":
            eset.add_policy(f"Policy {name}", uuid=name)
        for target, stack in present.items():
            for policy in stack:
                eset.assign(policy, *target)
        self.admin = AssignmentAdmin(cloud)

    def run(self, check=False, **options):
        given = {"access_token": self.key, "base_url": self.cloud.eset_url, **PACE, **options}
        return run_module("eset_policy_assignment", given, check=check)

    def state(self):
        return self.cloud.eset.stacks()


def play(world, case, disturbed):
    """A run of the case, disturbed; then the rules, and two more runs that nobody disturbs."""
    cloud, clock = world.cloud, Clock()
    if disturbed["pages"]:
        cloud.meraki.page_most = cloud.eset.page_max = disturbed["pages"]
    options = {"state": case.state, "config": case.config, **case.options, "with_names": disturbed["with_names"]}
    limits = {"max_removals": disturbed["max_removals"]} if disturbed["max_removals"] is not None else {}
    with virtual_time(clock):
        digest = world.run(check=True, **options).get("plan_digest") if disturbed["approved"] else None
        guards = {**limits, **({"expected_plan": digest} if digest else {})}
        watched = Watched(cloud, world.key, clock, world.listed, lambda cloud: world.state(), world.single)
        watched.latency = lambda sent: disturbed["latency"]
        said = []
        watched.tampers += [damaging(said, *damage) for damage in disturbed.get("damage", [])]
        for (which, number, when), later, (name, arguments) in disturbed["acts"]:

            def act(name=name, arguments=arguments):
                before = world.state()
                getattr(world.admin, name)(*arguments)
                if world.state() != before:
                    watched.note(f"{name}{arguments}")

            watched.on(which, number, when, act if not later else lambda act=act, later=later: clock.later(later, act))
        for (kind, given), method, nth in disturbed["faults"]:
            path = world.listed if method == "LIST" else "."
            cloud.faults.add(
                kind, method={"LIST": "GET", "ANY": None}.get(method, method), path=path.rstrip("$"), nth=nth, who=world.key, **given
            )
        with watched:
            result = world.run(**options, **guards)
        clock.forget()
        cloud.faults.clear()
        case = Case(case.state, case.config, {**case.options, **limits}, digest)
        found = violations(watched, result, case, world.rules)
        view = watched.last_view
        if not result.get("failed") and result["changed"] and view and not any(order > view.order for _at, order, _what in watched.others):
            found += world.rules.after(result, world.state())
        again = world.run(**options)
        found += [f"the second run: {word}" for word in ("internal error", "Traceback") if word in again.get("msg", "")]
        if again.get("failed"):
            found += [] if again["msg"] else ["the second run failed without a word"]
        else:
            # Where a damaged list shows nothing to do, nothing is read twice.
            trusted = not watched.others and not result.get("failed") and (result["changed"] or not watched.tampers)
            if trusted and again["changed"]:
                found.append("nobody else wrote, the first run was a success, and the second one changed something")
            cloud.clear_log()
            # One that changed nothing is the last one itself.
            third = world.run(**options) if again["changed"] else again
            if third.get("failed") or third["changed"] or cloud.writes():
                found.append(f"the third run: {third.get('msg') or third['requests']}")
    world.admin.close()
    note("\n".join([watched.story(), *said]))
    note({key: result.get(key) for key in ("msg", "changed", "requests", "pending", "before", "after", "warnings")})
    return found


# Sentry.

BRANCHES = ["N_1", "N_2", "N_3"]


def policy(group):
    """One of five that can be told apart: three groups, and two of them under another scope."""
    fields = {"sm_network_id": "N_SM", "group_policy_id": f"10{group % 3}"}
    return {**fields, "scope": "withAny", "tags": [f"tag{group}"]} if group < 3 else {**fields, "scope": "all", "tags": []}


def api_policy(group):
    names = {"sm_network_id": "smNetworkId", "group_policy_id": "groupPolicyId"}
    return {names.get(key, key): value for key, value in policy(group).items()}


GROUPS = st.integers(0, 3)


def preferring(listed, everything):
    """One of those that a case lists, or of all."""
    return st.sampled_from([*listed, *listed, *everything])


def sentry_acts(case):
    network = preferring([entry["network_id"] for entry in case.config], BRANCHES)
    return st.one_of(
        st.tuples(st.just("add"), st.tuples(network, GROUPS.map(api_policy), st.sampled_from([0, 99]))),
        st.tuples(st.just("remove"), st.tuples(network, st.integers(0, 2))),
        st.tuples(st.just("reorder"), st.tuples(network)),
        st.tuples(st.just("retag"), st.tuples(network, st.integers(0, 2))),
        st.tuples(st.just("clear"), st.tuples(network)),
        st.tuples(st.just("delete_network"), st.tuples(network)),
    )


@st.composite
def sentry_cases(draw):
    state = draw(st.sampled_from(["merged", "replaced", "overridden", "deleted"]))
    config = [
        {"network_id": network, "policies": [policy(group) for group in draw(st.lists(GROUPS, min_size=1, max_size=3))]}
        for network in draw(st.lists(st.sampled_from(BRANCHES), min_size=1, max_size=2, unique=True))
    ]
    if state == "deleted" and draw(st.booleans()):
        config = [{"network_id": entry["network_id"]} for entry in config]
    return Case(state, config)


@st.composite
def sentry(draw):
    present = {network: draw(st.lists(GROUPS, max_size=3)) for network in BRANCHES}
    case = draw(sentry_cases())
    switches = {"reading": draw(st.sampled_from(["organization", "listed"])), "stale": draw(st.sampled_from(["refuse", "create"]))}
    return present, case, switches, draw(disturbances(sentry_acts(case), ["LIST", "PUT", "PUT", "ANY"]))


@examples(80, phases=PHASES)
@given(sentry())
def test_sentry_policies(cloud, drawn):
    present, case, switches, disturbed = drawn
    assert play(Sentry(cloud, present, **switches), case, disturbed) == []


@examples(120, phases=PHASES)
@given(sentry(), DAMAGE, st.booleans())
def test_sentry_policies_from_a_damaged_list(cloud, drawn, damage, with_names):
    present, case, switches, _disturbed = drawn
    assert play(Sentry(cloud, present, **switches), case, undisturbed(damage, with_names)) == []


# Private applications.

SOME_NAMES = ["App A", "App B", "App C", "App D"]
NAMES = st.sampled_from(SOME_NAMES)


def destination(number):
    return {"destination_addr": [f"10.0.0.{number}"], "protocol_ports": [{"protocol": "TCP", "ports": "443"}], "access_type": "browser"}


def api_destination(number):
    return {"destinationAddr": [f"10.0.0.{number}/32"], "protocolPorts": [{"protocol": "TCP", "ports": "443"}], "accessType": "browser"}


DESTINATIONS = st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True)
MEMBERSHIPS = st.lists(st.sampled_from(["g1", "g2"]), unique=True)
PRESENT_APPLICATIONS = st.lists(st.tuples(NAMES, DESTINATIONS, MEMBERSHIPS), min_size=1, max_size=4, unique_by=lambda one: one[0])


def application_acts(case):
    name = preferring([entry["name"] for entry in case.config], SOME_NAMES)
    group = st.sampled_from(["g1", "g2"])
    return st.one_of(
        st.tuples(st.just("describe"), st.tuples(name, st.sampled_from(["theirs", "text"]))),
        st.tuples(st.just("open"), st.tuples(name, DESTINATIONS)),
        st.tuples(st.just("rename"), st.tuples(name, st.sampled_from(["App B", "App E"]))),
        st.tuples(st.just("make"), st.tuples(name, DESTINATIONS)),
        st.tuples(st.just("delete"), st.tuples(name)),
        st.tuples(st.just("join"), st.tuples(name, group)),
        st.tuples(st.just("leave"), st.tuples(name, group)),
        st.tuples(st.just("rename_group"), st.tuples(group, st.just("Another"))),
        st.tuples(st.just("delete_group"), st.tuples(group)),
    )


@st.composite
def application_cases(draw, present):
    state = draw(st.sampled_from(["merged", "merged", "replaced", "overridden", "deleted"]))
    there = {name: str(101 + number) for number, (name, _numbers, _groups) in enumerate(present)}
    config = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        entry = {"name": name}
        if state != "deleted":
            needed = name not in there or state != "merged"
            if needed or draw(st.booleans()):
                entry["destinations"] = [destination(number) for number in draw(DESTINATIONS)]
            if not needed or draw(st.booleans()):
                entry["description"] = draw(st.sampled_from(["text", "about it", ""]))
            if draw(st.booleans()):
                entry["application_group_ids"] = draw(MEMBERSHIPS)
        if name in there and draw(st.integers(0, 3)) == 0:
            entry["application_id"] = there[name]
        config.append(entry)
    return Case(state, config, {"allow_group_removal": draw(st.booleans())})


@st.composite
def applications(draw):
    present = draw(PRESENT_APPLICATIONS)
    case = draw(application_cases(present))
    switches = {"in_rules": draw(st.sets(st.integers(0, len(present) - 1), max_size=1)), "cascade": draw(st.booleans())}
    return present, case, switches, draw(disturbances(application_acts(case), ["LIST", "PUT", "PUT", "DELETE", "POST", "ANY"]))


@examples(80, phases=PHASES)
@given(applications())
def test_private_applications(cloud, drawn):
    present, case, switches, disturbed = drawn
    assert play(Applications(cloud, present, **switches), case, disturbed) == []


@examples(120, phases=PHASES)
@given(applications(), DAMAGE, st.booleans())
def test_private_applications_from_a_damaged_list(cloud, drawn, damage, with_names):
    present, case, switches, _disturbed = drawn
    assert play(Applications(cloud, present, **switches), case, undisturbed(damage, with_names)) == []


# ESET assignments.

TARGETS = [("deviceGroupUuid", "g1"), ("deviceUuid", "d1")]
KINDS = {"deviceGroupUuid": "device_group_uuid", "deviceUuid": "device_uuid", "subscriptionUuid": "subscription_uuid"}
TARGET = st.sampled_from(TARGETS)
POLICY = st.sampled_from("ABCD")
STACKS = st.fixed_dictionaries({target: st.lists(POLICY, max_size=3, unique=True) for target in TARGETS})


def assignment_acts(case):
    target = preferring(
        [(camel, unit["target"][ours]) for unit in case.config for camel, ours in KINDS.items() if ours in unit["target"]], TARGETS
    )
    policy = preferring([one["policy_uuid"] for unit in case.config for one in unit.get("policies", [])], "ABCD")
    return st.one_of(
        st.tuples(st.just("assign"), st.tuples(target, policy)),
        st.tuples(st.just("remove"), st.tuples(target, st.integers(0, 2))),
        st.tuples(st.just("remove_policy"), st.tuples(target, policy)),
        st.tuples(st.just("rank"), st.tuples(target, st.integers(0, 2), st.integers(1, 4))),
        st.tuples(st.just("assign_hidden"), st.tuples(target, policy)),
    )


@st.composite
def assignment_cases(draw):
    state = draw(st.sampled_from(["merged", "replaced", "overridden", "deleted"]))
    config = []
    for kind, uuid in draw(st.lists(TARGET, min_size=1, max_size=2, unique=True)):
        policies = [{"policy_uuid": one} for one in draw(st.lists(POLICY, min_size=1, max_size=4, unique=True))]
        if state == "merged" and draw(st.booleans()):
            policies[0]["rank"] = draw(st.integers(1, 4))
        config.append({"target": {KINDS[kind]: uuid}, "policies": policies})
    if state == "deleted" and draw(st.booleans()):
        config = [{"target": entry["target"]} for entry in config]
    return Case(state, config)


@st.composite
def assignments(draw):
    case = draw(assignment_cases())
    return draw(STACKS), case, draw(disturbances(assignment_acts(case), ["LIST", "POST", "POST", "DELETE", "ANY"]))


@examples(80, phases=PHASES)
@given(assignments())
def test_eset_assignments(cloud, drawn):
    present, case, disturbed = drawn
    assert play(Assignments(cloud, present), case, disturbed) == []


@examples(120, phases=PHASES)
@given(assignments(), DAMAGE, st.booleans())
def test_eset_assignments_from_a_damaged_list(cloud, drawn, damage, with_names):
    present, case, _disturbed = drawn
    assert play(Assignments(cloud, present), case, undisturbed(damage, with_names)) == []
