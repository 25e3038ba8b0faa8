# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to hold of a run beside a second writer, whatever happened: its result against what the server did, and its writes against
what was there. Each rule returns what is wrong, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .second_writer import Sent, State, Watched

#: How many seconds old that may be which a request carries along; and what the clock may add between the look at it and the request.
FRESH, SLACK = 10.0, 0.5

Result = Mapping[str, Any]
Request = Mapping[str, Any]
Unit = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """What a run was asked for. ``approved`` is the digest of the plan that was approved, if one was."""

    state: str
    config: Sequence[Unit]
    options: Mapping[str, Any] = field(default_factory=dict)
    approved: str | None = None

    @property
    def exact(self) -> bool:
        """Whether what is listed is to be exactly so."""
        return self.state in ("replaced", "overridden")


def violations(watched: Watched, result: Result, case: Case, rules: Rules) -> list[str]:
    """Everything that is wrong."""
    found = [*in_words(result), *in_truth(watched, result, rules), *in_the_plan(watched, result, case, rules)]
    for sent in watched.attempts:
        found += too_old(sent, result, case, rules)
    for sent in watched.writes:
        found += [f"{sent.method} {sent.path} {what}" for what in rules.harm(sent, result, case, watched)]
    return [*found, *rules.retries(watched)]


def in_words(result: Result) -> list[str]:
    """A failure says something, and not that we made a mistake; a success left nothing open."""
    message = result.get("msg", "")
    found = [f"the message says {word!r}" for word in ("internal error", "Traceback") if word in message]
    if result.get("failed"):
        found += [] if message else ["it failed without a word"]
        found += [f"a failure without {key}" for key in ("changed", "requests", "pending") if key not in result]
    else:
        found += ["a success with something pending"] if result.get("pending") else []
        found += ["a success with an unknown outcome"] if any("outcome" in request for request in result["requests"]) else []
    return found


def in_truth(watched: Watched, result: Result, rules: Rules) -> list[str]:
    """``requests``, ``pending`` and ``changed`` against what the vendor did."""
    certain = [request for request in result.get("requests", []) if "outcome" not in request]
    unknown = [request for request in result.get("requests", []) if "outcome" in request]
    carried = list(_once(watched.writes))
    found, claims = [], []
    for request in sorted(certain, key=lambda request: "<new>" in request["path"]):
        sent = next((sent for sent in carried if fits(request, sent, rules)), None)
        if sent is not None:
            carried.remove(sent)
        elif _inferred(request, watched, rules):
            claims.append(request)
        else:
            found.append(f"requests has what the server did not do: {_short(request)}")
    doubtful = list(unknown)
    for sent in carried:
        request = next((request for request in doubtful if fits(request, sent, rules)), None)
        if request is not None:
            doubtful.remove(request)
        else:
            found.append(f"the server did what requests has not: {sent}")
    for request in unknown:
        if not any(fits(request, sent, rules) for sent in watched.attempts):
            found.append(f"the outcome of what was never sent is said to be unknown: {_short(request)}")
    if result.get("failed") and sorted(map(str, unknown)) != sorted(str(one) for one in result.get("pending", []) if "outcome" in one):
        found.append("requests and pending name other requests whose outcome is unknown")
    wrote = bool(watched.writes or unknown or claims)
    if result.get("changed") is not wrote:
        found.append(f"changed is {result.get('changed')}, and the server did {len(watched.writes)} of its writes")
    return found + _left_out(watched, result, rules)


def _left_out(watched: Watched, result: Result, rules: Rules) -> list[str]:
    """Without anybody else the plan stays what it was: what was tried and not done is pending, or it is a success by then."""
    if watched.others:
        return []
    said = [*result.get("requests", []), *result.get("pending", [])]
    deleting = [sent.path for sent in watched.attempts if sent.method == "DELETE"]
    return [
        f"neither requests nor pending has what was tried: {sent}"
        for sent in watched.attempts
        # What puts back what a deletion took away was not planned.
        if not sent.carried_out and sent.acted != 404 and not (sent.method == "PUT" and sent.path in deleting)
        if result.get("failed") and not any(fits(request, sent, rules) for request in said)
    ]


def in_the_plan(watched: Watched, result: Result, case: Case, rules: Rules) -> list[str]:
    """Nothing that nobody approved, nor more removals than are allowed."""
    found = []
    if case.approved and watched.writes and result.get("plan_digest") != case.approved:
        found.append("it wrote by another plan than the one that was approved")
    most = case.options.get("max_removals")
    removed = [name for sent in watched.writes for name in rules.removed(sent, result, watched)]
    if most is not None and len(removed) > most:
        found.append(f"it removed {len(removed)}, and max_removals allows {most}: {', '.join(removed)}")
    return found


def too_old(sent: Sent, result: Result, case: Case, rules: Rules) -> list[str]:
    """What carries along anything that it does not mean to change is made from a state that was read that is fresh, or from one that took
    so long."""
    unit = rules.carries(sent, case)
    if unit is None or window_kept(sent, unit, result):
        return []
    view = sent.view(unit)
    age = "no whole list at all" if view is None else f"a view that was {sent.at - view.at:.1f} s old"
    return [f"{sent.method} {sent.path} went out at {sent.at:.1f} s, made from {age}"]


def window_kept(sent: Sent, unit: str, result: Result) -> bool:
    """Whether a request went out soon enough after the read of what it carries along."""
    view = sent.view(unit)
    if view is None:
        return False
    said = any(re.search(r"\d(\.\d+)?\s*s\b", text) for text in result.get("warnings", []))
    at_once = view.until - view.at > FRESH - SLACK and sent.at - view.until <= 1.0 and said
    return sent.at - view.at <= FRESH + SLACK or at_once


def fits(request: Request, sent: Sent, rules: Rules) -> bool:
    """Whether a request of the result is what was sent. ``<new>`` is an id that only the server could give."""
    path = re.escape(request["path"]).replace("<new>", "[^/:]+")
    given = re.sub(r"^(/shard)*(/api/v1)?", "", sent.path)
    return request["method"] == sent.method and re.fullmatch(path, given) is not None and rules.same_body(request, sent)


def _once(writes: Sequence[Sent]) -> Iterator[Sent]:
    """Writes without repetitions of a PUT whose answer got lost: made twice it is still one."""
    seen: list[Sent] = []
    for sent in writes:
        if sent.method == "PUT" and any(one.path == sent.path and one.body == sent.body and one.unclear for one in seen):
            continue
        seen.append(sent)
        yield sent


def _inferred(request: Request, watched: Watched, rules: Rules) -> bool:
    """Whether nobody could tell: it was sent, its answer got lost, somebody else wrote too, and what it asks for was there afterwards."""
    for sent in watched.attempts:
        if sent.unclear and watched.others and fits(request, sent, rules):
            later = [one.before for one in watched.sent if one.number > sent.number and one.before]
            if any(rules.shows(state, sent) for state in [*later, watched.state()]):
                return True
    return False


def _short(request: Request) -> str:
    return f"{request['method']} {request['path']} {str(request.get('body'))[:200]}"


def says(result: Result, *units: str) -> bool:
    """Whether a run says something of a unit, in its message or its warnings."""
    return any(unit in text for unit in units for text in [result.get("msg", ""), *result.get("warnings", [])])


class Rules:
    """What differs between the resources."""

    def same_body(self, request: Request, sent: Sent) -> bool:
        """Whether the body that is shown is that of what was sent."""
        return bool(request.get("body") == sent.body)

    def shows(self, state: State, sent: Sent) -> bool:
        """Whether a state is as after this write."""
        raise NotImplementedError

    def carries(self, sent: Sent, case: Case) -> str | None:
        """The unit of which a request carries along what it does not mean to change (``""``: the whole list); None: it carries nothing."""
        raise NotImplementedError

    def removed(self, sent: Sent, result: Result, watched: Watched) -> list[str]:
        """What a write removed, by name."""
        raise NotImplementedError

    def harm(self, sent: Sent, result: Result, case: Case, watched: Watched) -> list[str]:
        """What a write did to what it was not meant to touch, and nobody says."""
        raise NotImplementedError

    def retries(self, watched: Watched) -> list[str]:
        """What is wrong with how writes were tried again."""
        return []

    def after(self, result: Result, state: State) -> list[str]:
        """Where ``after`` is not what there is."""
        raise NotImplementedError


def _content(policy: Mapping[str, Any]) -> tuple[Any, ...]:
    return policy["smNetworkId"], policy["scope"], tuple(sorted(policy["tags"])), policy["groupPolicyId"]


def _policies(state: State, network: str) -> list[tuple[Any, ...]]:
    return [(policy["policyId"], *_content(policy)) for policy in state.get(network, [])]


class SentryRules(Rules):
    """The state is the policies by network."""

    def same_body(self, request: Request, sent: Sent) -> bool:
        items = {item["networkId"]: item for item in sent.body["items"]}
        shown = request["body"]["items"]
        return all(items.get(item["networkId"]) == item for item in shown) and request["untouched"] == len(items) - len(shown)

    def shows(self, state: State, sent: Sent) -> bool:
        return all(
            [_content(policy) for policy in state.get(item["networkId"], [])] == [_content(policy) for policy in item["policies"]]
            for item in sent.body["items"]
        )

    def carries(self, sent: Sent, case: Case) -> str | None:
        return "" if sent.method == "PUT" else None

    def removed(self, sent: Sent, result: Result, watched: Watched) -> list[str]:
        return [
            f"{network} {policy}"
            for network in sent.before
            for policy in self._gone(sent, network)
            if not self._raced(sent, network, result)
        ]

    def harm(self, sent: Sent, result: Result, case: Case, watched: Watched) -> list[str]:
        listed = {entry["network_id"]: entry.get("policies") for entry in case.config}
        found = []
        for network in sorted({*sent.before, *sent.after}):
            if network in listed or case.state == "overridden":
                what = self._listed_harm(sent, network, listed.get(network) or [], result, case)
            else:
                what = "" if _policies(sent.before, network) == _policies(sent.after, network) else "changed a network that is not listed"
            if what and not self._raced(sent, network, result) and not says(result, network):
                there, left = _policies(sent.before, network), _policies(sent.after, network)
                found.append(f"{what}, {network}: {there} became {left}")
        return found

    def _listed_harm(self, sent: Sent, network: str, policies: Sequence[Unit], result: Result, case: Case) -> str:
        there, left = _policies(sent.before, network), _policies(sent.after, network)
        before = [unit for unit in result.get("before", []) if unit["network_id"] == network]
        shown = {policy.get("policy_id") for unit in before for policy in unit["policies"]}
        gone = self._gone(sent, network)
        if gone and case.state == "merged":
            return "removed policies in state merged"
        if set(gone) - shown:
            return "removed policies that before does not show"
        given = {policy["policy_id"] for policy in policies if "policy_id" in policy}
        kept = {one[0]: one[1:] for one in there}
        if any(one[0] in kept and kept[one[0]] != one[1:] and one[0] not in given for one in left):
            return "changed a policy whose id is not listed"
        contents = [_listed_content(policy) for policy in policies]
        if any(one[0] not in kept and one[1:] not in contents for one in left if not given):
            return "made a policy that is not listed"
        if case.state == "merged" and not given:
            others = [one for one in there if one[1:] not in contents]
            if [one for one in left if one in others] != others:
                return "changed the order of what is not listed"
        return ""

    def _gone(self, sent: Sent, network: str) -> list[str]:
        left = {one[0] for one in _policies(sent.after, network)}
        return [one[0] for one in _policies(sent.before, network) if one[0] not in left]

    def _raced(self, sent: Sent, network: str, result: Result) -> bool:
        """Whether a network was changed after it was read for the last time, and that was not long before."""
        view = sent.view()
        changed = view is not None and _policies(view.state, network) != _policies(sent.before, network)
        return changed and window_kept(sent, "", result)

    def retries(self, watched: Watched) -> list[str]:
        found = []
        for one, again in zip(watched.attempts, watched.attempts[1:]):
            view = again.view()
            if one.fault != "redirect" and (view is None or view.order < one.order):
                found.append(f"a PUT was sent again without reading first: {again}")
        return found

    def after(self, result: Result, state: State) -> list[str]:
        units = {unit["network_id"]: [policy["policy_id"] for policy in unit["policies"]] for unit in result["after"]}
        there = {network: [one[0] for one in _policies(state, network)] for network in units}
        return [] if units == there else [f"after is {units}, and there is {there}"]


def _listed_content(policy: Unit) -> tuple[Any, ...]:
    return policy.get("sm_network_id"), policy.get("scope"), tuple(sorted(policy.get("tags") or [])), policy.get("group_policy_id")


_ATTRIBUTES = {
    "name": "name",
    "description": "description",
    "destinations": "destinations",
    "app_protocol": "appProtocol",
    "sni": "sni",
    "ssl_verification_enabled": "sslVerificationEnabled",
}


class ApplicationRules(Rules):
    """The state has ``applications`` and ``groups`` by id."""

    def shows(self, state: State, sent: Sent) -> bool:
        there = state["applications"]
        if sent.method == "DELETE":
            return _id(sent) not in there
        named = {item["name"]: item for item in there.values()}
        if sent.method == "POST":
            return sent.body["name"] in named
        item = there.get(_id(sent), {})
        same = all(item.get(key) == sent.body[key] for key in _ATTRIBUTES.values() if key in sent.body and key != "destinations")
        return same and _groups(state, _id(sent)) == set(sent.body.get("applicationGroupIds", []))

    def carries(self, sent: Sent, case: Case) -> str | None:
        if sent.method != "PUT" or (case.exact and self._entry(sent, case) is not None):
            return None
        return _id(sent)

    def removed(self, sent: Sent, result: Result, watched: Watched) -> list[str]:
        applications = [key for key in sent.before["applications"] if key not in sent.after["applications"]]
        return applications + [f"group {key}" for key in self._emptied(sent) if not self._members_raced(sent, result, watched)]

    def harm(self, sent: Sent, result: Result, case: Case, watched: Watched) -> list[str]:
        entry, own = self._entry(sent, case), _id(sent)
        found = []
        if sent.method == "POST" and sent.body["name"] not in [one.get("name") for one in case.config]:
            found.append("made an application that is not listed")
        if sent.method == "DELETE":
            found += self._deleted(sent, entry, result, case)
        if sent.method == "PUT":
            found += [
                f"changed {key} of {own} from {_value(sent.before, own, key)} to {_value(sent.after, own, key)}"
                for key in self._carried(sent, entry, case)
                if _value(sent.before, own, key) != _value(sent.after, own, key) and not self._raced(sent, own, key, result)
            ]
            found += self._left(sent, entry, result, case)
        if sent.method != "POST":
            removed = {group["id"] for group in result.get("summary", {}).get("groups_removed", [])}
            for group in self._emptied(sent):
                allowed = case.options.get("allow_group_removal") and group in removed
                if not allowed and not self._members_raced(sent, result, watched):
                    found.append(f"emptied or removed the group {group}")
        name = sent.before["applications"].get(own, {}).get("name", own)
        return [] if sent.method != "POST" and says(result, own, f"'{name}'") else found

    def _entry(self, sent: Sent, case: Case) -> Unit | None:
        """The entry of the config that means an application: by its id, else by the name that it has or was read to have."""
        own = _id(sent)
        view = sent.view(own)
        known = [state.get("applications", {}) for state in (sent.before, view.state if view else {})]
        names = {applications[own]["name"] for applications in known if own in applications}
        by_id = next((entry for entry in case.config if entry.get("application_id") == own), None)
        return by_id or next((entry for entry in case.config if "application_id" not in entry and entry.get("name") in names), None)

    def _carried(self, sent: Sent, entry: Unit | None, case: Case) -> list[str]:
        if entry is None or case.state == "deleted":
            return list(_ATTRIBUTES.values())
        return [] if case.exact else [theirs for ours, theirs in _ATTRIBUTES.items() if ours not in entry]

    def _left(self, sent: Sent, entry: Unit | None, result: Result, case: Case) -> list[str]:
        """Groups that an application is in no more, but for those that it leaves to be deleted, and is in all of a sudden."""
        own = _id(sent)
        before, after = _groups(sent.before, own), _groups(sent.after, own)
        if entry is not None and case.exact:
            return []
        view = sent.view(own)
        raced = view is not None and _groups(view.state, own) != before and window_kept(sent, own, result)
        joins = set((entry or {}).get("application_group_ids", [])) if case.state == "merged" else after
        leaves = not after if entry is None or case.state == "deleted" else False
        found = [] if leaves or not before - after else [f"took {own} out of {sorted(before - after)}"]
        found += [f"put {own} into {sorted(after - before - joins)}"] if after - before - joins else []
        return [] if raced else found

    def _deleted(self, sent: Sent, entry: Unit | None, result: Result, case: Case) -> list[str]:
        own = _id(sent)
        shown = {unit.get("application_id") for unit in result.get("before", [])}
        if case.state in ("merged", "replaced"):
            return [f"deleted {own} in state {case.state}"]
        return [] if own in shown else [f"deleted {own}, which before does not show"]

    def _emptied(self, sent: Sent) -> list[str]:
        before, after = sent.before["groups"], sent.after["groups"]
        return [key for key, group in before.items() if group["applicationIds"] and not after.get(key, {}).get("applicationIds")]

    def _members_raced(self, sent: Sent, result: Result, watched: Watched) -> bool:
        """Whether somebody else wrote since the list was read, and that was not long before: they may have taken the others out."""
        view = sent.view()
        wrote = view is not None and any(view.order < order < sent.done for _at, order, _what in watched.others)
        return wrote and window_kept(sent, "", result)

    def _raced(self, sent: Sent, own: str, key: str, result: Result) -> bool:
        view = sent.view(own)
        changed = view is not None and _value(view.state, own, key) != _value(sent.before, own, key)
        return changed and window_kept(sent, own, result)

    def after(self, result: Result, state: State) -> list[str]:
        def told(unit: Unit) -> tuple[Any, ...]:
            return unit["name"], unit.get("description", ""), sorted(unit.get("application_group_ids", []))

        found = []
        for unit in result["after"]:
            own = unit["application_id"]
            item = state["applications"].get(own)
            there = None if item is None else (item["name"], item["description"], sorted(_groups(state, own)))
            if there != told(unit):
                found.append(f"after is {told(unit)}, and there is {there}")
        return found


def _id(sent: Sent) -> str:
    """The application of a request; for a new one the list's path."""
    return sent.path.rsplit("/", 1)[1]


def _value(state: State, own: str, key: str) -> Any:
    return state["applications"].get(own, {}).get(key)


def _groups(state: State, own: str) -> set[str]:
    return {key for key, group in state["groups"].items() if own in group["applicationIds"]}


_TARGETS = {"device_group_uuid": "deviceGroupUuid", "device_uuid": "deviceUuid", "subscription_uuid": "subscriptionUuid"}
Target = tuple[str, str]


def _target(unit: Unit) -> Target:
    return next((theirs, unit["target"][ours]) for ours, theirs in _TARGETS.items() if ours in unit["target"])


class AssignmentRules(Rules):
    """The state is the stacks by target."""

    def shows(self, state: State, sent: Sent) -> bool:
        if sent.method == "DELETE":
            return _id(sent) not in self._all(state)
        if sent.path.endswith(":updateRanking"):
            return _id(sent).partition(":")[0] in self._all(state)
        ((target, policy),) = self._assigned(sent)
        return policy in [one.policy for one in state.get(target, ())]

    def carries(self, sent: Sent, case: Case) -> str | None:
        return None

    def removed(self, sent: Sent, result: Result, watched: Watched) -> list[str]:
        return [_id(sent)] if sent.method == "DELETE" else []

    def harm(self, sent: Sent, result: Result, case: Case, watched: Watched) -> list[str]:
        wanted = {_target(unit): [policy["policy_uuid"] for policy in unit.get("policies") or []] for unit in case.config}
        if sent.method == "DELETE":
            return self._unassigned(sent, wanted, result, case, watched)
        if sent.path.endswith(":updateRanking"):
            target, moved = self._all(sent.before)[_id(sent).partition(":")[0]]
            # To move one up is to move the other down, so that it may be one that is not listed.
            ok = case.state != "deleted" and target in wanted
            return [] if ok else [f"moved {moved.policy} of {target}, which is not listed"]
        ((target, policy),) = self._assigned(sent)
        found = (
            [] if policy in wanted.get(target, []) and case.state != "deleted" else [f"assigned {policy} to {target}, which is not listed"]
        )
        there = [one.policy for one in sent.before.get(target, ()) if one.visible]
        # One that somebody else took away again before the run looked cannot be seen by it.
        last = watched.sent[-1].after.get(target, ())
        stays = [one.policy for one in last if one.visible].count(policy) > 1
        if policy in there and stays and not result.get("failed") and not says(result, target[1]):
            found.append(f"made a second copy of {policy} on {target}, and says nothing of it")
        view = sent.view(str(target))
        if policy in there and view is not None and policy in [one.policy for one in view.state.get(target, ()) if one.visible]:
            found.append(f"made a second copy of {policy} on {target}, though it had read of the first one")
        return found

    def _unassigned(self, sent: Sent, wanted: Mapping[Target, list[str]], result: Result, case: Case, watched: Watched) -> list[str]:
        target, gone = self._all(sent.before)[_id(sent)]
        before = {_target(unit): [policy["policy_uuid"] for policy in unit["policies"]] for unit in result.get("before", [])}
        after = {_target(unit): [policy["policy_uuid"] for policy in unit["policies"]] for unit in result.get("after", [])}
        found = []
        if case.state == "merged":
            found.append("removed something in state merged")
        if gone.policy not in before.get(target, []):
            found.append(f"removed {gone.policy} of {target}, which before does not show")
        left = [one.policy for one in sent.after.get(target, ()) if one.visible]
        if gone.policy in after.get(target, []) and gone.policy not in left:
            found.append(f"stripped {target} of {gone.policy}, which it has before and is to have after")
        if case.exact:
            # What the run has seen or made itself and somebody else took away is missing for another reason.
            states = [
                sent.before,
                *(view.state for view in sent.views.values()),
                *(one.after for one in watched.writes if one.done < sent.done),
            ]
            for other, policies in wanted.items():
                ever = {one.policy for state in states for one in state.get(other, ())}
                missing = [policy for policy in policies if policy not in ever]
                found += [f"removed {gone.policy} of {target} while {policy} of {other} was missing" for policy in missing]
        return found

    def _all(self, state: State) -> dict[str, tuple[Target, Any]]:
        return {one.uuid: (target, one) for target, stack in state.items() for one in stack}

    def _assigned(self, sent: Sent) -> list[tuple[Target, str]]:
        given = sent.body["assignment"]
        return [(next(iter(given["target"].items())), given["policyUuid"])]

    def after(self, result: Result, state: State) -> list[str]:
        units = {_target(unit): [policy["policy_uuid"] for policy in unit["policies"]] for unit in result["after"]}
        there = {target: list(dict.fromkeys(one.policy for one in state.get(target, ()) if one.visible)) for target in units}
        return [] if units == there else [f"after is {units}, and there is {there}"]
