# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning of ESET policy assignments: any stack, any wanted one, any state, carried out request by request on a small server."""

from __future__ import annotations

import cProfile
import itertools
import random
import re
from urllib.parse import unquote

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.lookup import Index
from ansible_collections.secops.policy.plugins.module_utils._model.merging import merged_order
from ansible_collections.secops.policy.plugins.module_utils._model.plan import ValidationErrors
from ansible_collections.secops.policy.plugins.module_utils._model.plan_text import plan_text
from ansible_collections.secops.policy.plugins.module_utils._model.validation import schema_errors
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.config import (
    SCHEMA,
    Names,
    Target,
    resolve,
    rule_errors,
)
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.description import DESCRIPTION
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.order import Assigned
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.plan import Current, plan
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import example, given
from hypothesis import strategies as st

STATES = ("merged", "replaced", "overridden", "deleted")
POLICIES = "ABCDEF"
GROUP, DEVICE, SUBSCRIPTION = (Target(f"{kind}_uuid", f"{kind}-1") for kind in ("device_group", "device", "subscription"))
TARGETS = (GROUP, DEVICE, SUBSCRIPTION)
FIELDS = {"deviceGroupUuid": "device_group_uuid", "deviceUuid": "device_uuid", "subscriptionUuid": "subscription_uuid"}
HIDDEN = "?"


def seen(stacks, config, state, names, begun=None):
    """What is planned from: the stacks that were read, and the config by these names."""
    return Current(stacks, names), resolve(config, state, names)._replace(begun=begun or {})


class Server:
    """Ranks are 1..N for each target, whether somebody may see an assignment or not; what is new lands last."""

    def __init__(self, stacks):
        self.made = itertools.count(1)
        self.stacks = {target: [(f"{target.kind[:-5]}/{next(self.made)}", policy) for policy in stack] for target, stack in stacks.items()}

    def seen(self, config, state, names=None, begun=None):
        stacks = {}
        for target, stack in self.stacks.items():
            visible = [Assigned(policy, uuid, rank) for rank, (uuid, policy) in enumerate(stack, start=1) if policy != HIDDEN]
            if visible:
                stacks[target] = visible
        return seen(stacks, config, state, names or Names(), begun)

    def plan(self, config, state, begun=None):
        """``begun``: the plan with which a run has begun to write, for one that is made again in the same run."""
        return plan(*self.seen(config, state, begun=begun and begun.expected), state)

    def policies(self, target):
        return [policy for _uuid, policy in self.stacks.get(target, []) if policy != HIDDEN]

    def uuids(self, target):
        return [uuid for uuid, policy in self.stacks.get(target, []) if policy != HIDDEN]

    def send(self, request, ids):
        """Carry out one request as the executor would, which knows by ``ids`` what has been made."""
        path = request.path.replace("<new>", ids[request.requires]) if request.requires else request.path
        uuid = unquote(path.partition("/v2/policy-assignments")[2].removeprefix("/").removesuffix(":updateRanking"))
        if request.method == "POST" and not uuid:
            ((kind, key),) = request.body["assignment"]["target"].items()
            target = Target(FIELDS[kind], key)
            made = (f"new/{next(self.made)}", request.body["assignment"]["policyUuid"])
            self.stacks.setdefault(target, []).append(made)
            assert set(request.body["assignment"]) == {"policyUuid", "target"}
            answer = {"assignment": {"uuid": made[0], "policyUuid": made[1], "rank": len(self.stacks[target])}}
            ids[request.produces] = request.extract_id(answer)
            return
        (stack, place), *more = [(stack, place) for stack in self.stacks.values() for place, item in enumerate(stack) if item[0] == uuid]
        assert not more
        item = stack.pop(place)
        assert item[1] != HIDDEN
        if request.method == "POST":
            assert path.endswith(":updateRanking") and 1 <= request.body["rank"] <= len(stack) + 1
            stack.insert(request.body["rank"] - 1, item)
        else:
            assert request.method == "DELETE" and request.body is None


def kind_of(request):
    return "remove" if request.method == "DELETE" else "move" if request.path.endswith(":updateRanking") else "assign"


def moves(planned):
    return [request for request in planned.requests if kind_of(request) == "move"]


def entry(target, policies=None):
    """Policies as a text, each with its rank after it where it has one: ``AB2C``."""
    made = {"target": {target.kind: target.uuid}}
    if policies is not None:
        found = re.findall(r"([A-Za-z])(\d*)", policies)
        made["policies"] = [{"policy_uuid": name, **({"rank": int(rank)} if rank else {})} for name, rank in found]
    return made


@st.composite
def servers(draw, double=True):
    """Some targets with stacks in which a policy may be twice and some assignments are hidden."""
    stacks = {}
    for target in draw(st.lists(st.sampled_from(TARGETS), unique=True)):
        stack = draw(st.lists(st.sampled_from(POLICIES), max_size=6, unique=not double))
        for _number in range(draw(st.integers(0, 2))):
            stack.insert(draw(st.integers(0, len(stack))), HIDDEN)
        stacks[target] = stack
    return stacks


@st.composite
def configs(draw, state):
    found = []
    for target in draw(st.lists(st.sampled_from(TARGETS), unique=True, min_size=1)):
        listed = draw(st.lists(st.sampled_from(POLICIES), unique=True, min_size=int(state == "deleted"), max_size=6))
        made = entry(target, "".join(listed))
        if state == "merged":
            ranks = draw(st.lists(st.integers(1, 8), unique=True, max_size=len(listed)))
            for policy, rank in zip(draw(st.permutations(made["policies"])), ranks):
                policy["rank"] = rank
        if state == "deleted" and draw(st.booleans()):
            del made["policies"]
        found.append(made)
    return found


@st.composite
def cases(draw, double=True):
    state = draw(st.sampled_from(STATES))
    return draw(servers(double)), draw(configs(state)), state


def interleaved(planned, random):
    """The requests in one of the orders in which they may arrive: phase after phase, the chains of a phase at once."""
    for phase in planned.phases:
        waiting = [list(chain.requests) for chain in phase]
        while any(waiting):
            yield random.choice([requests for requests in waiting if requests]).pop(0)


def carried_out(server, config, state, random, stop_after=None):
    """One run: plans again where an answer is not what the plan counted with, as the executor and the frame do."""
    sent, first = 0, None
    for _plan in range(8):
        planned = server.plan(config, state, first)
        first = first or planned
        ids = {}
        for request in interleaved(planned, random):
            if sent == stop_after:
                return
            sent += 1
            try:
                server.send(request, ids)
            except ValueError:
                break
        else:
            return
    raise AssertionError("it never ends")


@examples(1000)
@given(cases(), st.randoms(use_true_random=False), st.integers(0, 8))
def test_any_stack_any_config_any_state(case, random, stop_after):
    """A run reaches what the state means, also where one before it died anywhere; the second writes nothing; nothing is lost on the way.

    In merged it is what the state means from where the other one died: how the listed policies stood before that nobody can see any more.
    """
    stacks, config, state = case
    server = Server(stacks)
    before = {target: list(server.stacks.get(target, [])) for target in TARGETS}
    planned = server.plan(config, state)
    assert len({kind_of(request) for phase in planned.phases for chain in phase for request in chain.requests}) == len(planned.phases)
    order = [kind_of(request) for request in planned.requests]
    assert order == sorted(order, key=("assign", "move", "remove").index), "all assignments, then all moves, then all removals"
    after = {target: meanings(state, config, target, server.policies(target)) for target in TARGETS}
    unlisted = {target: not_listed(config, target, server.policies(target)) for target in TARGETS}
    shared = {target: set(server.policies(target)) & set(after[target][0]) for target in TARGETS}
    original = server.send

    def send(request, ids):
        original(request, ids)
        assert all(shared[target] <= set(server.policies(target)) for target in TARGETS), "a target was stripped for a moment"

    server.send = send
    carried_out(server, config, state, random, stop_after)
    if state == "merged":
        after = {target: meanings(state, config, target, server.policies(target)) for target in TARGETS}
    carried_out(server, config, state, random)
    for target in TARGETS:
        assert server.policies(target) in after[target]
        assert state != "merged" or not_listed(config, target, server.policies(target)) == unlisted[target]
        hidden = [[uuid for uuid, policy in stack if policy == HIDDEN] for stack in (before[target], server.stacks.get(target, []))]
        assert hidden[0] == hidden[1]
    again = server.plan(config, state)
    assert again.requests == [] and again.before == again.after == [] and not again.removed


def not_listed(config, target, policies):
    listed = [
        policy["policy_uuid"] for item in config if item["target"] == {target.kind: target.uuid} for policy in item.get("policies", [])
    ]
    return [policy for policy in policies if policy not in listed]


def meanings(state, config, target, policies):
    """What the contract says that a target has in the end. Of copies any may be the one that is meant."""
    given = next((item.get("policies", "all") for item in config if item["target"] == {target.kind: target.uuid}), None)
    if given is None:
        return [[] if state == "overridden" else policies]
    listed = [] if given == "all" else [policy["policy_uuid"] for policy in given]
    if state == "deleted":
        return [[policy for policy in policies if given != "all" and policy not in listed]]
    if state != "merged":
        return [listed]
    free, placed = len({*listed}.difference(policies)) + len(policies), {}
    for policy in sorted((policy for policy in given if "rank" in policy), key=lambda policy: -policy["rank"]):
        free = min(policy["rank"], free)
        placed[policy["policy_uuid"]] = free - 1
        free -= 1
    copies = ([place for place, policy in enumerate(policies) if policy == name] or [None] for name in listed)
    return [
        merged_order(policies, [(name, source, placed.get(name)) for name, source in zip(listed, chosen)])
        for chosen in itertools.product(*copies)
    ]


@examples(400)
@given(cases())
def test_what_is_predicted_is_what_comes(case):
    """``before``, ``after``, ``expected`` and the summary against the server; a check-mode run and a run say the same."""
    stacks, config, state = case
    server = Server({target: [policy for policy in stack if policy != HIDDEN] for target, stack in stacks.items()})
    planned = server.plan(config, state)
    assert [request.show() for request in server.plan(config, state).requests] == [request.show() for request in planned.requests]
    was = {target: (server.policies(target), server.uuids(target)) for target in TARGETS}
    for unit in planned.before:
        target = Target(*next(iter(unit["target"].items())))
        assert [policy["policy_uuid"] for policy in unit["policies"]] == list(dict.fromkeys(server.policies(target)))
    ids = {}
    for request in planned.requests:
        server.send(request, ids)
    changed = [target for target in TARGETS if was[target] != (server.policies(target), server.uuids(target))]
    assert sorted(planned.expected) == sorted(target.key for target in changed)
    assert len(planned.before) == len(planned.after) == len(changed)
    for unit in planned.after:
        target = Target(*next(iter(unit["target"].items())))
        assert planned.expected[target.key] == server.policies(target)
        assert [policy["policy_uuid"] for policy in unit["policies"]] == list(dict.fromkeys(server.policies(target)))
    kinds = [kind_of(request) for request in planned.requests]
    concerned = [
        target for target in TARGETS if state == "overridden" or any(item["target"] == {target.kind: target.uuid} for item in config)
    ]
    current = sum(len(was[target][1]) for target in concerned)
    fresh = [request for request in moves(planned) if request.requires]
    assert len(planned.removed) == planned.summary["deleted"] == kinds.count("remove")
    assert planned.summary["created"] == kinds.count("assign") and planned.summary["updated"] == 0
    assert planned.summary["moved"] == kinds.count("move") - len(fresh)
    assert planned.summary["unchanged"] == current - planned.summary["moved"] - planned.summary["deleted"]


@examples(400)
@given(st.lists(st.sampled_from("ABCDE"), max_size=6), st.lists(st.sampled_from("ABCDE"), unique=True, max_size=5))
def test_the_moves_are_as_few_as_there_can_be_copies_or_not(stack, desired):
    """Against all sequences of moves there are, with any copy kept."""
    made = [policy for policy in desired if policy not in stack]

    def reached(line):
        return any(
            "".join(line[place] for place in sorted(kept)) == "".join(desired)
            for kept in itertools.product(*([place for place, policy in enumerate(line) if policy == one] for one in desired))
        )

    planned = Server({GROUP: stack}).plan([entry(GROUP, "".join(desired))], "replaced")
    assert len(moves(planned)) == fewest(tuple(stack + made), reached)


@examples(400)
@given(configs("merged"), st.lists(st.sampled_from("ABCDE"), max_size=6))
@example([entry(GROUP, "B3ACDE")], ["A", "A"])
def test_the_moves_are_as_few_as_there_can_be_for_ranks(config, stack):
    policies = [policy for policy in config[0]["policies"] if policy["policy_uuid"] in "ABCDE"]
    config = [entry(GROUP, "".join(f"{policy['policy_uuid']}{policy.get('rank', '')}" for policy in policies))]
    right = meanings("merged", config, GROUP, stack)
    # In which order what is new is assigned is free: in that of any order that is right.
    starts = {tuple(stack + [policy for policy in order if policy not in stack]) for order in right}
    planned = Server({GROUP: stack}).plan(config, "merged")
    assert len(moves(planned)) == min(fewest(start, lambda line: list(line) in right) for start in starts)


@pytest.mark.parametrize("died_after", [1, 2])
@pytest.mark.parametrize(("stack", "ranks"), [("XYABC", "A1B2C3"), ("ABCXY", "A3B4C5")])
def test_what_has_no_rank_keeps_its_order_wherever_a_run_dies(stack, ranks, died_after):
    """It is what has no rank that moves, for that takes fewer moves; and no two of them pass each other, not even on the way."""
    server, config = Server({GROUP: stack}), [entry(GROUP, ranks)]
    (after,) = meanings("merged", config, GROUP, list(stack))
    assert len(moves(server.plan(config, "merged"))) == 2
    for request in server.plan(config, "merged").requests[:died_after]:
        server.send(request, {})
    carried_out(server, config, "merged", random.Random(0))
    assert server.policies(GROUP) == after


def fewest(line, reached):
    """How many moves it takes until ``reached``, by trying all."""
    front, seen = {line}, {line}
    for count in itertools.count():
        if any(reached(one) for one in front):
            return count
        further = set()
        for one in front:
            for here in range(len(one)):
                rest = one[:here] + one[here + 1 :]
                further.update((*rest[:place], one[here], *rest[place:]) for place in range(len(one)))
        front = further - seen
        seen |= front
    return None


@examples(500)
@given(cases(), st.randoms(use_true_random=False), st.integers(1, 12))
def test_what_is_left_after_any_request_is_the_rest_of_the_plan(case, random, sent):
    """So that looking again after an unclear write tells by the plan whether it acted."""
    stacks, config, state = case
    # What is hidden at the end shows only in the answers.
    server = Server({target: "".join(stack).rstrip(HIDDEN) for target, stack in stacks.items()})
    planned = server.plan(config, state)
    ids = {}
    order = list(interleaved(planned, random))
    for request in order[:sent]:
        server.send(request, ids)

    def shown(request):
        named = request.path.replace("<new>", ids.get(request.requires, "<new>")) if request.requires else request.path
        return request.method, unquote(named), request.body

    rest = [shown(request) for request in planned.requests if request not in order[:sent]]
    assert [shown(request) for request in server.plan(config, state, planned).requests] == rest


@examples(300)
@given(cases(), st.lists(st.sampled_from(POLICIES), min_size=1, max_size=3))
def test_what_is_unrelated_does_not_enter_the_digest(case, more):
    """Neither other targets, nor assignments' ids, nor what is hidden, nor the order in which the server lists."""
    stacks, config, state = case
    server = Server(stacks)
    planned = server.plan(config, state)
    other = Server({target: [policy for policy in stack if policy != HIDDEN] for target, stack in reversed(stacks.items())})
    if state != "overridden":
        other.stacks[Target("device_uuid", "another")] = [(f"x{number}", policy) for number, policy in enumerate(more)]
    assert other.plan(config, state).digest({}) == planned.digest({})
    assert server.plan(config[::-1], state).digest({}) == planned.digest({})


def test_a_change_of_any_kind_is_another_digest():
    digests = {
        Server({GROUP: stack}).plan([entry(target, policies)], "replaced").digest({})
        for stack, target, policies in (
            ("", GROUP, "A"), ("", GROUP, "B"), ("", GROUP, "AB"), ("", GROUP, "BA"), ("B", GROUP, "A"), ("B", GROUP, "BA"),
            ("", DEVICE, "A"), ("AB", GROUP, "BA"), ("AA", GROUP, "A"),
        )
    }  # fmt: skip
    assert len(digests) == 9


@examples(200)
@given(servers(double=False))
def test_what_is_there_fed_back_changes_nothing(stacks):
    server = Server(stacks)
    config = [entry(target, "".join(server.policies(target))) for target in stacks]
    for state in ("merged", "replaced", "overridden"):
        assert server.plan(config, state).requests == []


@pytest.mark.parametrize(
    ("stack", "desired", "state", "requests"),
    [
        # A new one is put before what is there by moving the new one.
        ("AB", "C1", "merged", ["assign C", "move C 1"]),
        ("AB", "C2", "merged", ["assign C", "move C 2"]),
        # Merged keeps the listed order among what is listed, and new ones beside their neighbours.
        ("WU", "UW", "merged", ["move U 1"]),
        ("U", "BU", "merged", ["assign B", "move B 1"]),
        ("AXB", "ACB", "merged", ["assign C", "move C 2"]),
        ("ABCD", "C1DB", "merged", ["move C 1", "move D 3"]),
        ("ABAC", "CA", "merged", ["move C 3"]),
        ("ABAC", "BA", "merged", []),
        ("AB", "ACB", "replaced", ["assign C", "move C 2"]),
        # A longest run that is new may stay while what is there moves behind it.
        ("A", "BCA", "replaced", ["assign B", "assign C", "move A 3"]),
        ("ABCD", "DABC", "replaced", ["move D 1"]),
        ("ABCD", "BCDA", "replaced", ["move A 4"]),
        ("AB", "CD", "replaced", ["assign C", "assign D", "remove A", "remove B"]),
        # What is to go is still there while things move, and what is hidden counts.
        ("ABC", "CB", "replaced", ["move C 1", "remove A"]),
        ("?A?BC", "CAB", "replaced", ["move C 1"]),
        ("?A?B?C", "BCA", "replaced", ["move A 6"]),
        # Of copies the one stays that saves moves.
        ("ABA", "BA", "replaced", ["remove A"]),
        ("ABA", "AB", "replaced", ["remove A"]),
        ("ABA", "A3", "merged", []),
        ("ABAC", "A4", "merged", ["move A 4"]),
        ("ABA", "A", "deleted", ["remove A", "remove A"]),
    ],
)
def test_the_writes_are_those_that_one_expects(stack, desired, state, requests):
    server = Server({GROUP: stack})
    names = dict(item[:2] for item in server.stacks[GROUP])
    said = []
    for request in server.plan([entry(GROUP, desired)], state).requests:
        uuid = unquote(request.path.removeprefix("/v2/policy-assignments/").removesuffix(":updateRanking"))
        if kind_of(request) == "assign":
            said.append(f"assign {request.body['assignment']['policyUuid']}")
        else:
            policy = names.get(uuid) or request.requires.rsplit(" ", 1)[-1]
            said.append(f"{kind_of(request)} {policy}" + (f" {request.body['rank']}" if request.body else ""))
    assert said == requests


def test_a_stack_of_sixty_into_any_order():
    letters = [f"p{number}" for number in range(60)]
    config = [{"target": {"device_group_uuid": GROUP.uuid}, "policies": [{"policy_uuid": name} for name in letters[::-1]]}]
    planned = Server({GROUP: letters}).plan(config, "replaced")
    assert len(moves(planned)) == len(planned.requests) == 59


def test_a_rank_above_the_end_is_the_last_place_with_a_warning():
    server = Server({GROUP: "ABC"})
    planned = server.plan([entry(GROUP, "A9")], "merged")
    assert planned.expected == {GROUP.key: ["B", "C", "A"]}
    (warning,) = planned.warnings
    assert warning.startswith("config[0].policies[0].rank: 9 is above the end")
    assert Server({GROUP: "BCA"}).plan([entry(GROUP, "A9")], "merged").requests == []
    both = server.plan([entry(GROUP, "A9B3")], "merged")
    assert both.expected == {GROUP.key: ["C", "B", "A"]} and len(both.warnings) == 2


def test_copies_are_warned_of_with_what_becomes_of_them():
    for state, says in (("merged", "stay"), ("replaced", "extra copies go"), ("deleted", "every copy")):
        (warning,) = Server({GROUP: "AAB"}).plan([entry(GROUP, "AB")], state).warnings
        assert says in warning and ": A;" in warning and "device group device_group-1" in warning
    (warning,) = Server({GROUP: "AAB", DEVICE: "AA"}).plan([entry(GROUP, "AB")], "overridden").warnings
    assert "device group" in warning, "what is cleared needs no warning"


def test_a_copy_that_goes_is_a_line_of_the_plan_for_people():
    """In the shape of ``config`` a policy stands once, before and after: there its first place changes, and nothing goes."""
    planned = Server({GROUP: "ABCDA", DEVICE: "AB"}).plan([entry(GROUP, "BCDA"), entry(DEVICE, "B")], "replaced")
    assert planned.notes == ("- device group device_group-1: an extra copy of the policy A",)
    text = plan_text(DESCRIPTION, planned.before, planned.after, planned.summary, planned.notes)
    assert planned.notes[0] in text.splitlines() and "2 to delete" in text
    assert Server({GROUP: "ABCDA"}).plan([entry(GROUP, "A")], "deleted").notes == (), "no copy of it stays"


def test_an_answer_that_shows_hidden_assignments_at_the_end_is_not_what_was_counted_with():
    server = Server({GROUP: "A?"})
    planned = server.plan([entry(GROUP, "BCA")], "replaced")
    with pytest.raises(ValueError, match="rank 3"):
        server.send(planned.requests[0], {})
    rest = server.plan([entry(GROUP, "BCA")], "replaced")
    assert [kind_of(request) for request in rest.requests] == ["assign", "move"] and rest.requests[1].body == {"rank": 4}
    # Where nothing moves behind it, its rank does not matter; nor where the answer has none.
    server = Server({GROUP: "A?"})
    server.send(server.plan([entry(GROUP, "AB")], "replaced").requests[0], {})
    extract_id = planned.requests[0].extract_id
    assert extract_id({"assignment": {"uuid": "x"}}) == "x" == extract_id({"assignment": {"uuid": "x", "rank": "2"}})
    for bad in ({"assignment": {}}, {"assignment": {"uuid": ""}}, {"assignment": {"uuid": None}}, {}, None, []):
        with pytest.raises((KeyError, TypeError, ValueError)):
            extract_id(bad)


KNOWN = Names(
    policies=Index("policy", [("A", "Alpha"), ("B", "Beta"), ("b2", "Beta")]),
    groups=Index(
        "device group",
        [(GROUP.uuid, "Servers"), ("g2", "Berlin"), ("g3", "Berlin")],
        paths=[("g2", "All/Berlin"), ("g3", "Servers/Berlin")],
    ),
    devices=Index("device", [(DEVICE.uuid, "web"), ("d2", "web")]),
)


@pytest.mark.parametrize(
    ("config", "paths", "words"),
    [
        ([{"target": {"device_group": "Serverz"}, "policies": []}], ["config[0].target.device_group"], "'Servers'"),
        ([{"target": {"device_group": "servers"}, "policies": []}], ["config[0].target.device_group"], "'Servers' (device_group-1)"),
        ([{"target": {"device_group": "all/berlin"}, "policies": []}], ["config[0].target.device_group"], "'All/Berlin' (g2)"),
        (
            [{"target": {"device_group": "Berlin"}, "policies": []}],
            ["config[0].target.device_group"],
            "g2 (All/Berlin), g3 (Servers/Berlin)",
        ),
        ([{"target": {"device": "web"}, "policies": []}], ["config[0].target.device"], "d2"),
        (
            [{"target": {"device_group": "All/Berlin"}, "policies": [{"policy": "alpha"}, {"policy": "Beta"}, {"policy": "Gamma"}]}],
            [f"config[0].policies[{number}].policy" for number in range(3)],
            "'Alpha' (A)",
        ),
        (
            [{"target": {"device_group": "Servers", "device_group_uuid": "g2"}, "policies": [{"policy": "Alpha", "policy_uuid": "B"}]}],
            ["config[0].target.device_group", "config[0].policies[0].policy"],
            "g2",
        ),
        (
            [{"target": {"device_group": "Servers"}, "policies": []}, {"target": {"device_group_uuid": GROUP.uuid}, "policies": []}],
            ["config[1].target"],
            "config[0]",
        ),
        (
            [{"target": {"device_group": "Servers"}, "policies": [{"policy": "Alpha"}, {"policy_uuid": "A"}]}],
            ["config[0].policies[1]"],
            "A",
        ),
    ],
)
@pytest.mark.parametrize("state", STATES)
def test_references_that_do_not_fit_are_errors_in_every_state(config, paths, words, state):
    with pytest.raises(ValidationErrors) as caught:
        plan(*seen({}, config, state, KNOWN), state)
    assert [item["path"] for item in caught.value.errors] == paths
    assert words in str(caught.value)


def test_an_ambiguous_name_may_stand_beside_one_of_its_ids():
    config = [
        {"target": {"device_group": "Berlin", "device_group_uuid": "g3"}, "policies": [{"policy": "Beta", "policy_uuid": "b2"}]},
        {"target": {"device_group": "All/Berlin", "device_group_uuid": "g2"}, "policies": []},
        {"target": {"device": "web", "device_uuid": "d2"}, "policies": []},
    ]
    assert [unit.target.uuid for unit in resolve(config, "merged", KNOWN).units] == ["g3", "g2", "d2"]


@pytest.mark.parametrize(
    ("target", "policies", "paths"),
    [
        ({"device_group_uuid": "g9"}, ["A"], ["target.device_group_uuid"]),
        ({"device_group_uuid": GROUP.uuid}, ["Z", "A", "Y"], ["policies[0].policy_uuid", "policies[2].policy_uuid"]),
        ({"device_uuid": "d9"}, ["A"], ["target.device_uuid"]),
        ({"subscription_uuid": "s9"}, ["A"], []),
        # In another case only, which the message names.
        ({"device_group_uuid": GROUP.uuid.upper()}, ["a"], ["target.device_group_uuid", "policies[0].policy_uuid"]),
    ],
)
def test_ids_that_the_lists_disprove(target, policies, paths):
    names = Names(policies=KNOWN.policies, groups=KNOWN.groups, known={"d9": None})
    config = [{"target": target, "policies": [{"policy_uuid": policy} for policy in policies]}]
    from_api = seen({}, config, "merged", names)
    if not paths:
        assert len(plan(*from_api, "merged").requests) == 1
        return
    with pytest.raises(ValidationErrors) as caught:
        plan(*from_api, "merged")
    assert [item["path"] for item in caught.value.errors] == [f"config[0].{path}" for path in paths]
    if "a" in policies:
        assert GROUP.uuid in str(caught.value) and " A" in str(caught.value)


def test_what_has_an_assignment_is_there_whatever_a_list_shows():
    names = Names(policies=Index("policy", []), groups=Index("device group", []))
    server = Server({GROUP: "AB"})
    assert plan(*server.seen([entry(GROUP, "BA")], "replaced", names), "replaced").requests
    with pytest.raises(ValidationErrors, match="device group device_group-1 does not exist"):
        plan(*server.seen([entry(GROUP, "BC")], "replaced", names), "replaced")


def test_what_is_not_assigned_is_no_change_in_deleted_and_a_warning():
    planned = Server({GROUP: "AB"}).plan([entry(GROUP, "BC"), entry(DEVICE)], "deleted")
    assert [kind_of(request) for request in planned.requests] == ["remove"]
    assert [text.split(":")[0] for text in planned.warnings] == ["config[0].policies[1]", "config[1]"]


def test_another_case_is_an_error_in_deleted_too():
    """What is meant is there, and saying that nothing is assigned would leave it there in silence."""
    server = Server({Target("device_uuid", "d-one"): "ab"})
    for config in ([entry(Target("device_uuid", "D-One"), "a")], [entry(Target("device_uuid", "d-one"), "A")]):
        for state in ("deleted", "merged"):
            with pytest.raises(ValidationErrors, match="case"):
                server.plan(config, state)


@pytest.mark.parametrize(
    ("state", "config", "paths"),
    [
        ("merged", [{}], ["target", "policies"]),
        ("merged", [{"target": {}, "policies": []}], ["target"]),
        ("merged", [{"target": {"device_uuid": "d", "device_group": "g"}, "policies": []}], ["target"]),
        ("gathered", [{"target": {"device_uuid": "d", "subscription_uuid": "s"}}], ["target"]),
        (
            "merged",
            [{"target": {"device_uuid": "", "colour": "red"}, "policies": None}],
            ["target.device_uuid", "target.colour", "policies"],
        ),
        ("replaced", [{"target": {"device_uuid": "d"}}], ["policies"]),
        ("overridden", [{"target": {"device_uuid": "d"}}], ["policies"]),
        ("deleted", [{"target": {"device_uuid": "d"}, "policies": []}], ["policies"]),
        (
            "merged",
            [{"target": {"device_uuid": "d"}, "policies": [{}, {"policy_uuid": ""}]}],
            ["policies[0].policy_uuid", "policies[1].policy_uuid"],
        ),
        (
            "merged",
            [
                {
                    "target": {"device_uuid": "d"},
                    "policies": [{"policy": "A", "rank": 0}, {"policy": "B", "rank": "x"}, {"policy": "C", "rank": True}],
                }
            ],
            ["policies[0].rank", "policies[1].rank", "policies[2].rank"],
        ),
        (
            "merged",
            [{"target": {"device": "d"}, "policies": [{"policy": "A", "rank": 2}, {"policy": "B", "rank": 2}]}],
            ["policies[1].rank"],
        ),
        ("merged", [{"target": {"device": "d"}, "policies": [{"policy": "A"}, {"policy": "A"}]}], ["policies[1].policy"]),
        ("merged", [{"target": {"device": "d"}, "policies": [{"policy_uuid": "A"}, {"policy_uuid": "A"}]}], ["policies[1].policy_uuid"]),
        *[
            (state, [{"target": {"device": "d"}, "policies": [{"policy": "A", "rank": 1}]}], ["policies[0].rank"])
            for state in ("replaced", "overridden", "deleted", "gathered")
        ],
        ("rendered", [{"target": {"device": "d"}, "policies": [{"policy": "A", "rank": 1}]}], []),
        ("rendered", [{"target": {"device": "d"}}], ["policies"]),
    ],
)
def test_validation(state, config, paths):
    found = {item["path"] for item in schema_errors(SCHEMA, config) + rule_errors(config, state)}
    assert found == {f"config[0].{path}" for path in paths}


def test_a_target_twice_is_an_error_by_whatever_it_is_given():
    config = [{"target": {"device": "d"}, "policies": []}] * 2 + [{"target": {"subscription_uuid": "s"}, "policies": []}] * 2
    assert [item["path"] for item in rule_errors(config, "merged")] == ["config[1].target.device", "config[3].target.subscription_uuid"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["target", "policies", "policy", "policy_uuid", "rank", "device", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=3))
def test_no_input_at_all_trips_the_rules(config):
    for state in (*STATES, "gathered", "rendered"):
        rule_errors(config, state)


def test_the_work_for_ten_thousand_assignments_stays_small():
    targets = [Target("device_uuid", f"d{number}") for number in range(1000)]
    stack = [f"p{number}" for number in range(10)]
    server = Server(dict.fromkeys(targets, stack))
    config = [{"target": {"device_uuid": target.uuid}, "policies": [{"policy_uuid": name} for name in stack[::-1]]} for target in targets]
    from_api = server.seen(config, "overridden")
    watch = cProfile.Profile()
    assert len(watch.runcall(plan, *from_api, "overridden").requests) == 9000
    # Calls, which do not depend on the machine: some for each assignment, not some for each pair of targets.
    assert sum(entry.callcount for entry in watch.getstats()) < 200 * 10_000


@pytest.mark.parametrize("state", ["replaced", "overridden"])
def test_to_clear_a_target_takes_no_order(state):
    stacks = {GROUP: [Assigned("A", "1"), Assigned("B", "2")]}
    cleared = plan(*seen(stacks, [entry(GROUP, "")], state, Names()), state)
    assert [kind_of(request) for request in cleared.requests] == ["remove", "remove"]
    with pytest.raises(ValidationErrors, match="not known"):
        plan(*seen(stacks, [entry(GROUP, "A")], state, Names()), state)


def test_a_rank_that_another_one_is_moved_to_is_told_apart_from_one_above_the_end():
    warnings = Server({GROUP: "EBA"}).plan([entry(GROUP, "E3B4")], "merged").warnings
    assert ["is above the end" in text and "placed at 3" in text for text in warnings] == [True, False]
    assert "is taken by" in warnings[1] and "placed at 2" in warnings[1]


def test_of_copies_that_save_no_move_the_first_is_kept():
    planned = Server({GROUP: "AA"}).plan([entry(GROUP, "A")], "replaced")
    assert planned.removed == {"device_group/2"}


def test_ranks_that_are_kept_already_need_no_choice_between_copies():
    """However many ways there are to choose: 8 policies, each there three times."""
    stack = "ABCDEFGH" * 3
    config = [entry(GROUP, "".join(f"{policy}{rank}" for rank, policy in enumerate("ABCDEFGH", start=9)))]
    assert Server({GROUP: stack}).plan(config, "merged").requests == []
