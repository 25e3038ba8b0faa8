# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning of sentry policies: any present state, any config, any state; under both readings of what the PUT replaces."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.plan import ValidationErrors
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.config import (
    Desired,
    DesiredNetwork,
    Names,
    resolve,
    rule_errors,
)
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.plan import (
    Current,
    canonical,
    content,
    plan,
)
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import given
from hypothesis import strategies as st

STATES = ("merged", "replaced", "overridden", "deleted")
NETWORKS = ("N_1", "N_2", "N_3")

contents = st.sampled_from(
    [
        {"sm_network_id": "N_9", "scope": "all", "tags": [], "group_policy_id": "100"},
        {"sm_network_id": "N_9", "scope": "withAny", "tags": ["a", "b"], "group_policy_id": "101"},
        {"sm_network_id": "N_9", "scope": "withAll", "tags": ["a"], "group_policy_id": "101"},
        {"sm_network_id": "N_8", "scope": "none", "tags": [], "group_policy_id": "102"},
    ]
)


def organization(policies: dict[str, list[dict]]) -> dict[str, list[dict]]:
    """The same with ids."""
    numbers = itertools.count(1)
    return {key: [{"policy_id": str(next(numbers)), **policy} for policy in listed] for key, listed in policies.items()}


current = st.dictionaries(st.sampled_from(NETWORKS), st.lists(contents, max_size=5), max_size=3).map(organization)


@st.composite
def cases(draw):
    """A present organization, a state, and a config that may name policies by id, stale id, part, and content."""
    existing = draw(current)
    state = draw(st.sampled_from(STATES))
    desired = []
    for number, key in enumerate(draw(st.lists(st.sampled_from(NETWORKS), min_size=1, max_size=3, unique=True))):
        ids = [policy["policy_id"] for policy in existing.get(key, [])]
        policies = draw(st.lists(contents, min_size=state == "deleted", max_size=5))
        chosen = draw(st.permutations(ids)) if ids else []
        listed = []
        for policy in policies:
            kind = draw(st.sampled_from(["content", "id", "stale", "part"]))
            fields = dict(policy)
            if draw(st.booleans()):
                fields["tags"] = list(reversed(fields["tags"]))
            if kind == "stale":
                fields["policy_id"] = f"stale{number}{len(listed)}"
            elif kind in ("id", "part") and chosen:
                own = chosen.pop()
                match = next(item for item in existing[key] if item["policy_id"] == own)
                if state == "deleted":
                    fields = {**match} if kind == "id" else {"policy_id": own}
                elif kind == "part" and state == "merged":
                    fields = {"policy_id": own, "group_policy_id": fields["group_policy_id"]}
                else:
                    fields["policy_id"] = own
            listed.append(fields)
        desired.append(DesiredNetwork(f"config[{number}]", key, None if state == "deleted" and draw(st.booleans()) else listed))
    return existing, desired, state


def planned_from(current, units, state):
    """The plan that leads from this organization to these networks."""
    networks = {key: [dict(policy) for policy in listed] for key, listed in current.items()}
    return plan(Current("/put", networks, Names()), Desired(units), state)


def put(current, planned, whole):
    """The vendor's PUT: what is not sent goes, in the organization (``whole``) or in the networks that are sent."""
    fresh = itertools.count(1000)
    if not planned.requests:
        return current
    (request,) = planned.requests
    result = {} if whole else dict(current)
    for item in request.body["items"]:
        known = {policy["policy_id"] for policy in current.get(item["networkId"], [])}
        listed = []
        for policy in item["policies"]:
            assert "policyId" not in policy or policy["policyId"] in known, "an id of something else was sent"
            own = policy.get("policyId") or str(next(fresh))
            listed.append(
                {
                    "policy_id": own,
                    "sm_network_id": policy["smNetworkId"],
                    "scope": policy["scope"],
                    "tags": sorted(set(policy["tags"])),
                    "group_policy_id": policy["groupPolicyId"],
                }
            )
        result[item["networkId"]] = listed
    return result


def bag(policies):
    return Counter(content(policy) for policy in policies)


@examples(600)
@given(cases(), st.booleans())
def test_one_run_reaches_what_the_state_means_and_a_second_writes_nothing(case, whole):
    current, desired, state = case
    planned = planned_from(current, desired, state)
    then = put(current, planned, whole)
    for key, form in planned.expected.items():
        assert canonical(then[key]) == form
    again = planned_from(then, desired, state)
    if _falls_back(state, desired, then):
        assert again.summary["deleted"] == sum(len(unit["policies"]) for unit in again.before) - sum(
            len(unit["policies"]) for unit in again.after
        )
    else:
        assert again.requests == []
        assert again.before == again.after == []
        assert again.digest({}) == planned_from({}, [], "merged").digest({})
        assert again.summary["unchanged"] == sum(again.summary.values())
    listed = {unit.network_id: unit.policies for unit in desired}
    for key in set(current) - set(listed):
        assert then.get(key, []) == ([] if state == "overridden" else current[key]), "a network that is not listed"
    for unit in desired:
        _holds(state, unit, current.get(unit.network_id, []), then.get(unit.network_id, []))
    _adds_up(planned, current, then)


def _falls_back(state, desired, then):
    """The contract's one exception: ``deleted`` with an id that has gone takes one copy of the content beside it."""
    return state == "deleted" and any(
        "policy_id" in policy and content(policy) in bag(then.get(unit.network_id, []))
        for unit in desired
        for policy in unit.policies or []
    )


def _holds(state, unit, before, after):
    by_id = {policy["policy_id"]: policy for policy in before}
    full = [{**by_id.get(policy.get("policy_id"), {}), **policy} for policy in unit.policies or []]
    if state in ("replaced", "overridden"):
        assert [content(policy) for policy in after] == [content(policy) for policy in full]
    elif state == "merged":
        assert not bag(full) - bag(after), "something listed is missing"
        walk = iter([content(policy) for policy in after])
        assert all(content(policy) in walk for policy in full), "the listed do not stand in the listed order"
        named = {policy.get("policy_id") for policy in full}
        untouched = Counter(content(policy) for policy in before if policy["policy_id"] not in named)
        assert not untouched - bag(after), "something that is not listed is gone"
    elif unit.policies is None:
        assert after == []
    else:
        for policy in full:
            if "policy_id" not in policy:
                assert content(policy) not in bag(after)
        assert not {policy.get("policy_id") for policy in full} & {policy["policy_id"] for policy in after}
        wanted_away = bag(full)
        assert all(content(policy) in wanted_away or policy in after for policy in before)


def _adds_up(planned, current, then):
    ids = {policy["policy_id"] for listed in current.values() for policy in listed}
    kept = {policy["policy_id"] for listed in then.values() for policy in listed}
    assert planned.summary["deleted"] == len(planned.removed) == len(ids - kept)
    assert planned.summary["created"] == len(kept - ids)
    assert len(planned.requests) <= 1
    assert bool(planned.requests) == bool(planned.before) == bool(planned.after)


@examples(200)
@given(current)
def test_what_is_there_fed_back_changes_nothing(existing):
    desired = [
        DesiredNetwork(f"config[{number}]", key, [dict(policy) for policy in listed])
        for number, (key, listed) in enumerate(existing.items())
    ]
    for state in ("replaced", "overridden", "merged"):
        assert planned_from(existing, desired, state).requests == []


def _plan(current, policies, state="merged", key="N_1"):
    return planned_from(current, [DesiredNetwork("config[0]", key, policies)], state)


A, B, C, D = ({"sm_network_id": "N_9", "scope": "withAny", "tags": [tag], "group_policy_id": "100"} for tag in ("a", "b", "c", "d"))


def _tags(planned):
    (unit,) = planned.after
    return "".join(policy["tags"][0] for policy in unit["policies"])


@pytest.mark.parametrize(
    ("current", "listed", "desired"),
    [
        ([A, B, C], [C, A], "cba"),
        ([A, B, C], [B, D], "abdc"),
        ([A, B, C], [D, B], "adbc"),
        ([A, B, C], [D], "abcd"),
        ([A, B], [C, D, A], "cdab"),
        ([A, A, D, B], [B, D, A], "badA".lower()),
    ],
)
def test_merged_permutes_the_listed_and_puts_the_new_beside_their_neighbours(current, listed, desired):
    assert _tags(_plan(organization({"N_1": current}), listed)) == desired


def test_equal_content_twice_is_two_policies():
    planned = _plan(organization({"N_1": [A]}), [A, A])
    assert planned.summary["created"] == 1
    assert planned.requests[0].body["items"][0]["policies"][0]["policyId"] == "1"


def test_an_id_of_another_network_is_an_error_that_names_it():
    with pytest.raises(ValidationErrors) as caught:
        _plan(organization({"N_1": [A], "N_2": [B]}), [{**A, "policy_id": "2"}])
    assert caught.value.errors == [{"path": "config[0].policies[0].policy_id", "message": "2 belongs to network N_2, not to N_1"}]


def test_deleted_by_id_refuses_fields_that_do_not_agree():
    with pytest.raises(ValidationErrors) as caught:
        _plan(organization({"N_1": [A, B]}), [{"policy_id": "1", "tags": ["b"]}], "deleted")
    assert caught.value.errors[0]["path"] == "config[0].policies[0].tags"


def test_a_rule_of_words_is_checked_for_an_own_id_only_where_it_changes_something():
    odd = {**A, "scope": "all"}
    current = organization({"N_1": [odd]})
    assert _plan(current, [{**odd, "policy_id": "1"}], "replaced").requests == []
    with pytest.raises(ValidationErrors) as caught:
        _plan(current, [{**odd, "policy_id": "1", "group_policy_id": "7"}], "replaced")
    assert caught.value.errors[0]["path"] == "config[0].policies[0].tags"


def test_a_locale_stops_the_write_and_not_the_reading():
    current = organization({"N_1": [A], "L_2": [B]})
    state_read, desired = Current("/put", current, Names(), {"L_2": ["N_2"]}), Desired([DesiredNetwork("config[0]", "N_1", [A])])
    assert plan(state_read, desired, "merged").requests == []
    with pytest.raises(ValidationErrors) as caught:
        plan(state_read, desired, "overridden")
    assert "L_2" in caught.value.errors[0]["path"]


def test_the_digest_says_the_change_and_nothing_else():
    small = _plan(organization({"N_1": [A]}), [B])
    assert small.digest({}) == _plan({**organization({"N_1": [A]}), "N_2": [{**C, "policy_id": "77"}]}, [B]).digest({})
    assert small.digest({}) != _plan(organization({"N_1": [A]}), [C]).digest({})
    assert small.digest({}) != _plan(organization({"N_1": [A, A]}), [B]).digest({})


def test_the_request_shows_what_changes_and_counts_the_rest():
    (request,) = _plan(organization({"N_1": [A], "N_2": [B], "N_3": []}), [C]).requests
    shown = request.show()
    assert [item["networkId"] for item in shown["body"]["items"]] == ["N_1"]
    assert shown["untouched"] == 2
    assert [item["networkId"] for item in request.body["items"]] == ["N_1", "N_2", "N_3"]


def test_names_that_fit_nothing_or_twice_or_in_another_case_are_all_reported():
    networks = [
        {"id": "N_1", "name": "Berlin", "tags": ["branch"]},
        {"id": "N_2", "name": "Twice", "tags": []},
        {"id": "N_3", "name": "Twice", "tags": []},
    ]
    config = [
        {"network": "berlin", "policies": []},
        {"network": "Twice", "policies": []},
        {"network": "Nowhere", "policies": []},
        {"network_tags": ["branch", "lab"], "policies": []},
        {"network_id": "N_1", "network": "Twice", "policies": []},
        {"network_id": "N_7", "policies": []},
    ]
    errors = resolve(config, "merged", Names(networks)).errors
    paths = [item["path"] for item in errors]
    assert paths == [
        "config[0].network", "config[1].network", "config[2].network", "config[3].network_tags", "config[4].network",
        "config[5].network_id",
    ]  # fmt: skip
    messages = [item["message"] for item in errors]
    assert "'Berlin' (N_1)" in messages[0]
    assert "N_2, N_3" in messages[1]


def test_a_network_reached_twice_is_an_error():
    networks = [{"id": "N_1", "name": "Berlin", "tags": ["branch"]}]
    errors = resolve([{"network": "Berlin"}, {"network_tags": ["branch"]}], "merged", Names(networks)).errors
    assert [item["path"] for item in errors] == ["config[1]"]


def test_group_policies_are_looked_up_in_their_network():
    names = Names([{"id": "N_1", "name": "Berlin"}, {"id": "N_9", "name": "Corp SM"}], {"N_1": [("101", "Staff")]})
    entry = {"network": "Berlin", "policies": [{"sm_network": "Corp SM", "scope": "all", "group_policy": "Staff"}]}
    desired = resolve([entry], "merged", names)
    assert desired.errors == ()
    assert desired.units[0].policies == [{"sm_network_id": "N_9", "scope": "all", "group_policy_id": "101"}]


@pytest.mark.parametrize(
    ("state", "entry", "path"),
    [
        ("merged", {"policies": []}, "config[0].network_id"),
        ("merged", {"network_id": "N_1"}, "config[0].policies"),
        ("rendered", {"network_id": "N_1"}, "config[0].policies"),
        ("rendered", {"network_id": "N_1", "policies": [{**A, "policy_id": "1", "scope": "all"}]}, "config[0].policies[0].tags"),
        ("deleted", {"network_id": "N_1", "policies": []}, "config[0].policies"),
        ("merged", {"network_id": "N_1", "network_tags": ["a"], "policies": []}, "config[0].network_tags"),
        ("merged", {"network_tags": ["a"], "policies": [{**A, "policy_id": "1"}]}, "config[0].policies[0].policy_id"),
        ("merged", {"network_tags": ["a"], "policies": [A]}, "config[0].policies[0].group_policy_id"),
        ("merged", {"network_id": "N_1", "policies": [{**A, "tags": []}]}, "config[0].policies[0].tags"),
        ("merged", {"network_id": "N_1", "policies": [{**A, "scope": "none"}]}, "config[0].policies[0].tags"),
        ("replaced", {"network_id": "N_1", "policies": [{"policy_id": "1", "scope": "all"}]}, "config[0].policies[0].sm_network_id"),
        ("merged", {"network_id": "N_1", "policies": [{"policy_id": "1"}, {"policy_id": "1"}]}, "config[0].policies[1].policy_id"),
    ],
)
def test_rules(state, entry, path):
    assert path in [item["path"] for item in rule_errors([entry], state)]
