# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentry policy assignments of the Dashboard API's mock server: the list by network, and the PUT."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .meraki_errors import refuse
from .meraki_lists import values
from .web import Request, Response, json_response, json_text

if TYPE_CHECKING:
    from .meraki import Meraki

Policy = dict[str, Any]
#: Policies by network, highest priority last. Neither a list nor a policy in it is changed once it is in here, only replaced.
Assignments = dict[str, list[Policy]]


class Sentry:
    """The assignments of all organizations. The switches that concern them are attributes of ``Meraki``."""

    def __init__(self, meraki: Meraki) -> None:
        self._meraki = meraki
        self._stored: dict[str, Assignments] = {}
        self._locales: dict[str, str] = {}
        self._texts: dict[str, tuple[list[Policy], str, bytes]] = {}

    def add_organization(self, org_id: str) -> None:
        """An organization without policies."""
        self._stored[org_id] = {}

    def add(self, org_id: str, network_id: str, policies: Iterable[Policy]) -> None:
        """More policies at the end of a network's list."""
        stored = self._stored[org_id]
        at = self._meraki.now()
        made = [*stored.get(network_id, []), *(self._made(network_id, policy, None, at) for policy in policies)]
        stored[network_id] = _ranked(made)

    def remove(self, org_id: str, network_id: str) -> None:
        """The network is no more, nor are its policies."""
        self._stored[org_id] = {key: policies for key, policies in self._stored[org_id].items() if key != network_id}

    def locale(self, network_id: str, locale_id: str) -> None:
        """The read side lists the network under the locale's id from now on."""
        self._locales[network_id] = locale_id

    def of(self, org_id: str) -> Assignments:
        """A copy."""
        return copy.deepcopy(self._stored[org_id])

    def state(self) -> dict[str, Assignments]:
        """Everything, as JSON data."""
        return self._stored

    def routes(self) -> dict[str, Callable[..., Response]]:
        """The operations by the ids that the spec gives them."""
        return {
            "getOrganizationSmSentryPoliciesAssignmentsByNetwork": self._list,
            "updateOrganizationSmSentryPoliciesAssignments": self._put,
        }

    def _list(self, request: Request, _key: Any, org_id: str) -> Response:
        stored = self._meraki.lagging(f"sentry {org_id}", self._stored[org_id])
        networks = [network_id for network_id, policies in stored.items() if policies]
        if self._meraki.sentry_list_empty:
            networks += [network_id for network_id in self._meraki.network_ids(org_id) if not stored.get(network_id)]
        wanted = set(values(request, "networkIds"))
        if wanted:
            networks = [network_id for network_id in networks if wanted & {network_id, self._locales.get(network_id)}]
        listed = self._meraki.page(request, networks, 50)
        items = b",".join(self._item(network_id, stored.get(network_id, [])) for network_id in listed.keys)
        meta = json_text({"counts": {"items": {"total": len(networks), "remaining": listed.remaining}}})
        body = b'{"items":[' + items + b'],"meta":' + meta + b"}"
        return Response(
            200, {"Content-Type": "application/json", **listed.headers}, body if self._meraki.sentry_bare else b"[" + body + b"]"
        )

    def _item(self, network_id: str, policies: list[Policy]) -> bytes:
        """An item of the list. Its text is kept until the list is another one, for long lists are read often."""
        shown_id = self._locales.get(network_id, network_id)
        kept = self._texts.get(network_id)
        if kept is None or kept[0] is not policies or kept[1] != shown_id:
            kept = self._texts[network_id] = (policies, shown_id, json_text({"networkId": shown_id, "policies": policies}))
        return kept[2]

    def _put(self, request: Request, _key: Any, org_id: str) -> Response:
        before = self._stored[org_id]
        items = request.json()["items"]
        refuse(self._errors(org_id, items))
        at = self._meraki.now()
        wanted: Assignments = {}
        for item in items:
            there = {policy["policyId"]: policy for policy in before.get(item["networkId"], [])}
            wanted[item["networkId"]] = _ranked(
                [self._made(item["networkId"], policy, there.get(policy.get("policyId")), at) for policy in item.get("policies", [])]
            )
        # "Policies not present in the request will be deleted" can be read both ways.
        after = wanted if self._meraki.sentry_put == "organization" else {**before, **wanted}
        self._stored[org_id] = after
        self._meraki.wrote(f"sentry {org_id}", before)
        shown = after if self._meraki.sentry_answer == "organization" else wanted
        return json_response(200, {"items": [{"networkId": network_id, "policies": policies} for network_id, policies in shown.items()]})

    def _errors(self, org_id: str, items: list[dict[str, Any]]) -> list[str]:
        errors = []
        seen: set[str] = set()
        networks = set(self._meraki.network_ids(org_id))
        for number, item in enumerate(items):
            network_id, place = item["networkId"], f"items.{number}"
            if network_id in seen:
                errors.append(f"{place}.networkId: network {network_id} is given twice")
            seen.add(network_id)
            if network_id not in networks:
                errors.append(f"{place}.networkId: there is no network {network_id} in the organization")
                continue
            policies = item.get("policies", [])
            ids = [policy["policyId"] for policy in policies if "policyId" in policy]
            if len(ids) != len(set(ids)):
                errors.append(f"{place}.policies: a policyId is given twice")
            known = {policy["policyId"] for policy in self._stored[org_id].get(network_id, [])}
            for index, policy in enumerate(policies):
                errors += [f"{place}.policies.{index}.{error}" for error in self._policy_errors(org_id, network_id, policy, known)]
        return errors

    def _policy_errors(self, org_id: str, network_id: str, policy: Policy, known: set[str]) -> list[str]:
        errors = []
        stale = "policyId" in policy and policy["policyId"] not in known
        if stale and self._meraki.sentry_stale_id == "refuse":
            errors.append(f"policyId: there is no Sentry policy {policy['policyId']} in network {network_id}")
        if not self._meraki.is_manager(org_id, policy["smNetworkId"]):
            errors.append(f"smNetworkId: {policy['smNetworkId']} is not a Systems Manager network of the organization")
        if policy["groupPolicyId"] not in self._meraki.group_policy_ids(network_id):
            errors.append(f"groupPolicyId: there is no group policy {policy['groupPolicyId']} in network {network_id}")
        if policy["scope"] in ("all", "none"):
            if policy["tags"]:
                errors.append(f"tags: must be empty for the scope {policy['scope']}")
        elif not policy["tags"]:
            errors.append(f"tags: must not be empty for the scope {policy['scope']}")
        return errors

    def _made(self, network_id: str, policy: Policy, there: Policy | None, at: str) -> Policy:
        groups = self._meraki.group_policy_ids(network_id)
        return {
            "policyId": there["policyId"] if there else self._meraki.new_id(),
            "networkId": network_id,
            "smNetworkId": policy["smNetworkId"],
            "tags": sorted(set(policy["tags"])) if self._meraki.canonical_tags else list(policy["tags"]),
            "scope": policy["scope"],
            "groupNumber": str(groups.index(policy["groupPolicyId"]) + 1 if policy["groupPolicyId"] in groups else 0),
            "groupPolicyId": policy["groupPolicyId"],
            "priority": "",
            "createdAt": there["createdAt"] if there else at,
            "lastUpdatedAt": at,
        }


def _ranked(policies: list[Policy]) -> list[Policy]:
    """With ``priority`` by place, a text as in the spec."""
    return [{**policy, "priority": str(place)} for place, policy in enumerate(policies, start=1)]
