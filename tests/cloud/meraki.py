# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Dashboard API's stand-in: keys, organizations, networks, group policies, sentry policies; strict as the spec is."""

from __future__ import annotations

import copy
import itertools
import json
import re
import threading
from typing import Any, Callable, Iterable
from urllib.parse import quote, unquote, urlencode

from .secure_connect import SecureConnect
from .spec import Operation, find
from .web import Request, Response, json_response

FILES = ("meraki-sentry.openapi.json", "meraki-secure-connect.openapi.json")
_NOT_FOUND = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>Not found</body></html>"
_AGENT = re.compile(r"^[A-Za-z0-9]+(/[A-Za-z0-9.]+)? [A-Za-z0-9]+$")
_NOW = "2026-01-01T00:00:00Z"


class Refusal(Exception):
    """An error in the vendor's shape."""

    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(*errors)
        self.status = status
        self.errors = list(errors)


class Meraki:
    """What the Dashboard knows. Switches are plain attributes."""

    def __init__(self) -> None:
        self.sentry_put = "organization"
        self.sentry_answer = "listed"
        self.sentry_bare = False
        self.sentry_list_empty = False
        self.canonical_tags = True
        self.strict_user_agent = True
        self.sm_off = False
        self.early_access_off = False
        self.lag = 0
        self.before_write: Callable[[Request], None] | None = None
        self.lock = threading.RLock()
        self.numbers = itertools.count(5000)
        self._requests = itertools.count(1)
        self._keys: dict[str, dict[str, Any]] = {}
        self._organizations: dict[str, dict[str, Any]] = {}
        self._networks: dict[str, dict[str, Any]] = {}
        self._groups: dict[str, dict[str, dict[str, Any]]] = {}
        self._sentry: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self._locales: dict[str, str] = {}
        self._shown: dict[int, bytes] = {}
        self._stale: dict[str, Any] = {}
        self.secure_connect = SecureConnect(self)

    # What tests seed and look at.

    def add_key(self, key: str, read_only: bool = False, organizations: Iterable[str] | None = None) -> None:
        """An API key; ``organizations`` limits what it sees."""
        self._keys[key] = {"read_only": read_only, "organizations": None if organizations is None else set(organizations)}

    def add_organization(self, org_id: str, name: str) -> None:
        """An organization without networks."""
        self._organizations[org_id] = {"id": org_id, "name": name, "url": f"https://n1.meraki.com/o/{org_id}", "api": {"enabled": True}}
        self._sentry[org_id] = {}

    def add_network(
        self, org_id: str, network_id: str, name: str, tags: Iterable[str] = (), product_types: Iterable[str] = ("appliance", "wireless")
    ) -> None:
        """A network; one with the product type ``systemsManager`` can enrol devices."""
        self._networks[network_id] = {
            "id": network_id, "organizationId": org_id, "name": name, "tags": list(tags), "productTypes": list(product_types),
            "timeZone": "Etc/UTC", "isBoundToConfigTemplate": False,
        }  # fmt: skip
        self._groups.setdefault(network_id, {})

    def add_group_policy(self, network_id: str, group_id: str, name: str) -> None:
        """A group policy of a network."""
        self._groups[network_id][group_id] = {"groupPolicyId": group_id, "name": name, "splashAuthSettings": "network default"}

    def add_sentry(self, network_id: str, policies: Iterable[dict[str, Any]]) -> None:
        """Sentry policies at the end of a network's list, in the API's form without their ids."""
        with self.lock:
            listed = self._sentry[self._networks[network_id]["organizationId"]].setdefault(network_id, [])
            listed += [self._stored(network_id, policy, None) for policy in policies]

    def locale(self, network_id: str, locale_id: str) -> None:
        """From now on the read side lists this network under the locale's id."""
        self._locales[network_id] = locale_id

    def add_group(self, org_id: str, name: str, id: str | None = None) -> str:  # noqa: A002 - the API's word
        """An empty application group; its id."""
        return self.secure_connect.add_group(org_id, name, id)

    def add_application(self, org_id: str, **fields: Any) -> str:
        """An application with fields in the API's form; its id."""
        return self.secure_connect.add_application(org_id, fields)

    def sentry(self, org_id: str) -> dict[str, list[dict[str, Any]]]:
        """A copy of the policies of each network that has, or had, any."""
        with self.lock:
            return copy.deepcopy(self._sentry[org_id])

    def applications(self, org_id: str) -> dict[str, dict[str, Any]]:
        """A copy of the organization's applications by id."""
        return self.secure_connect.applications(org_id)

    def groups(self, org_id: str) -> dict[str, dict[str, Any]]:
        """A copy of the organization's application groups by id."""
        return self.secure_connect.groups(org_id)

    def state(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        with self.lock:
            return copy.deepcopy(
                {
                    "organizations": self._organizations,
                    "networks": self._networks,
                    "groupPolicies": self._groups,
                    "sentry": self._sentry,
                    **self.secure_connect.state(),
                }
            )

    # The API.

    def bucket(self, request: Request) -> str:
        """Whose rate limit a request counts to: the organization's, for networks as well."""
        parts = request.path.split("/")
        if len(parts) > 2 and parts[1] == "networks":
            return "organization " + self._networks.get(parts[2], {}).get("organizationId", "")
        return "organization " + (parts[2] if len(parts) > 2 else "")

    def handle(self, request: Request) -> Response:
        """The answer to one request; ``request.path`` is below the base."""
        with self.lock:
            try:
                response = self._handle(request)
            except Refusal as refusal:
                response = json_response(refusal.status, {"errors": refusal.errors})
            headers = {**response.headers, "X-Request-Id": f"req-{next(self._requests)}"}
            return Response(response.status, headers, response.body)

    def _handle(self, request: Request) -> Response:
        key = self._authorized(request)
        operation, parameters, known = find(FILES, request.method, request.path)
        if operation is None:
            if known:
                raise Refusal(405, f"{request.method} is not supported here")
            return Response(404, {"Content-Type": "text/html"}, _NOT_FOUND)
        if self.strict_user_agent and not _good_agent(request.headers.get("user-agent", "")):
            raise Refusal(400, "The User-Agent must be of the form ApplicationName/Version VendorName")
        self._check(operation, request)
        places = [unquote(value) for value in parameters]
        org_id = self._organization_of(request.path, places)
        if org_id is not None and not self._visible(key, org_id):
            raise Refusal(404, "Not found")
        if request.method != "GET":
            if key["read_only"]:
                raise Refusal(403, "The API key has read-only access")
            if self.before_write is not None:
                self.before_write(request)
        if "/sm/" in operation.template and self.sm_off or "/secureConnect/" in operation.template and self.early_access_off:
            raise Refusal(404, "Not found")
        return self._routes()[operation.id](request, key, *places)

    def _routes(self) -> dict[str, Callable[..., Response]]:
        return {
            "getOrganizations": self._list_organizations,
            "getOrganization": self._get_organization,
            "getOrganizationNetworks": self._list_networks,
            "getNetworkGroupPolicies": self._list_group_policies,
            "getOrganizationSmSentryPoliciesAssignmentsByNetwork": self._list_sentry,
            "updateOrganizationSmSentryPoliciesAssignments": self._put_sentry,
            **self.secure_connect.routes(),
        }

    def _authorized(self, request: Request) -> dict[str, Any]:
        scheme, _space, key = request.headers.get("authorization", "").partition(" ")
        given = key if scheme == "Bearer" else request.headers.get("x-cisco-meraki-api-key", "")
        if given not in self._keys:
            raise Refusal(401, "Invalid API key")
        return self._keys[given]

    def _visible(self, key: dict[str, Any], org_id: str) -> bool:
        return org_id in self._organizations and (key["organizations"] is None or org_id in key["organizations"])

    def _organization_of(self, path: str, places: list[str]) -> str | None:
        if path.startswith("/networks/"):
            network = self._networks.get(places[0])
            if network is None:
                raise Refusal(404, "Not found")
            return network["organizationId"]
        return places[0] if places else None

    def _check(self, operation: Operation, request: Request) -> None:
        known = {name + suffix: item for name, item in operation.query.items() for suffix in ("", "[]")}
        for name, values in request.query.items():
            if name not in known:
                raise Refusal(400, f"unknown parameter {name}")
            schema = known[name].get("schema", {})
            if schema.get("type") == "integer":
                low, high = map(int, re.findall(r"range is (\d+) - (\d+)", known[name].get("description", "")) [0])
                if not values[0].isdigit() or not low <= int(values[0]) <= high:
                    raise Refusal(400, f"'{name}' must be between {low} and {high}")
            allowed = (schema.get("items") or schema).get("enum")
            if allowed and not set(values) <= set(allowed):
                raise Refusal(400, f"'{name}' must be one of: {', '.join(allowed)}")
        if not request.body:
            if operation.body_required:
                raise Refusal(400, "a body is required")
            return
        if not operation.content:
            raise Refusal(400, "no body is allowed here")
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise Refusal(400, "Content-Type must be application/json")
        try:
            data = request.json()
        except ValueError:
            raise Refusal(400, "the body is not JSON") from None
        errors = operation.body_errors(data)
        if errors:
            raise Refusal(400, *errors)

    def page(self, request: Request, items: list[Any], default: int, key: Callable[[Any], str]) -> tuple[list[Any], int, dict[str, str]]:
        """One page of ``items``, how many come after it, and the headers with its links (``rel`` unquoted, as the vendor has it)."""
        size = int(request.query.get("perPage", [str(default)])[0])
        start = 0
        if "startingAfter" in request.query:
            keys = [key(item) for item in items]
            token = request.query["startingAfter"][0]
            start = keys.index(token) + 1 if token in keys else len(keys)
        listed = items[start : start + size]
        more = len(items) - start - len(listed)
        others = [(name, value) for name, values in request.query.items() if name not in ("startingAfter", "endingBefore", "perPage") for value in values]
        base = f"{request.origin}{quote(request.path, safe='/')}?{urlencode([*others, ('perPage', size)])}"
        links = [f"<{base}>; rel=first"]
        if more:
            links.append(f"<{base}&startingAfter={quote(key(listed[-1]), safe='')}>; rel=next")
        return listed, more, {"Link": ", ".join(links)}

    def lagging(self, name: str, now: Any) -> Any:
        """What a list read shows: the state before the last write, as long as reads lag."""
        if self.lag > 0 and name in self._stale:
            self.lag -= 1
            return self._stale[name]
        return now

    def wrote(self, name: str, before: Any) -> None:
        """Remember what lagging reads show."""
        self._stale[name] = before

    def _list_organizations(self, request: Request, key: dict[str, Any]) -> Response:
        seen = [item for item in self._organizations.values() if self._visible(key, item["id"])]
        listed, _more, headers = self.page(request, seen, 9000, lambda item: item["id"])
        return json_response(200, listed, headers)

    def _get_organization(self, request: Request, key: dict[str, Any], org_id: str) -> Response:
        return json_response(200, self._organizations[org_id])

    def _list_networks(self, request: Request, key: dict[str, Any], org_id: str) -> Response:
        networks = [item for item in self._networks.values() if item["organizationId"] == org_id]
        tags = set(request.query.get("tags", []) + request.query.get("tags[]", []))
        if tags:
            fits = tags.issubset if request.query.get("tagsFilterType") == ["withAllTags"] else (lambda carried: bool(tags & set(carried)))
            networks = [item for item in networks if fits(item["tags"])]
        listed, _more, headers = self.page(request, networks, 1000, lambda item: item["id"])
        return json_response(200, listed, headers)

    def _list_group_policies(self, request: Request, key: dict[str, Any], network_id: str) -> Response:
        return json_response(200, list(self._groups[network_id].values()))

    def _list_sentry(self, request: Request, key: dict[str, Any], org_id: str) -> Response:
        stored = self.lagging(f"sentry {org_id}", self._sentry[org_id])
        networks = [item for item in self._networks.values() if item["organizationId"] == org_id] if self.sentry_list_empty else []
        keys = [key for key, policies in stored.items() if policies] + [item["id"] for item in networks if not stored.get(item["id"])]
        wanted = set(request.query.get("networkIds", []) + request.query.get("networkIds[]", []))
        if wanted:
            keys = [key for key in keys if key in wanted]
        listed, more, headers = self.page(request, keys, 50, str)
        items = b",".join(self._item(network_id, stored.get(network_id, [])) for network_id in listed)
        meta = json.dumps({"counts": {"items": {"total": len(keys), "remaining": more}}}, separators=(",", ":")).encode()
        body = b'{"items":[' + items + b'],"meta":' + meta + b"}"
        if not self.sentry_bare:
            body = b"[" + body + b"]"
        return Response(200, {"Content-Type": "application/json", **headers}, body)

    def _item(self, network_id: str, policies: list[dict[str, Any]]) -> bytes:
        """An item of the list; its text is kept as long as the list object is the same, for long lists are read often."""
        key = hash((network_id, id(policies), len(policies), self._locales.get(network_id)))
        if key not in self._shown:
            item = {"networkId": self._locales.get(network_id, network_id), "policies": policies}
            self._shown[key] = json.dumps(item, separators=(",", ":")).encode()
        return self._shown[key]

    def _put_sentry(self, request: Request, key: dict[str, Any], org_id: str) -> Response:
        stored = self._sentry[org_id]
        body = request.json()
        errors: list[str] = []
        wanted: dict[str, list[dict[str, Any]]] = {}
        for item in body["items"]:
            network_id = item["networkId"]
            if network_id in wanted:
                errors.append(f"network {network_id} is listed twice")
            if self._networks.get(network_id, {}).get("organizationId") != org_id:
                errors.append(f"network {network_id} does not exist")
                continue
            known = {policy["policyId"]: policy for policy in stored.get(network_id, [])}
            wanted[network_id] = []
            for policy in item.get("policies", []):
                errors += self._policy_errors(org_id, network_id, policy, known)
                wanted[network_id].append(self._stored(network_id, policy, known.get(policy.get("policyId"))))
        used = [policy["policyId"] for item in body["items"] for policy in item.get("policies", []) if "policyId" in policy]
        if len(used) != len(set(used)):
            errors.append("a policyId is used twice")
        if errors:
            raise Refusal(400, *errors)
        self.wrote(f"sentry {org_id}", dict(stored))
        self._shown.clear()
        self._sentry[org_id] = wanted if self.sentry_put == "organization" else {**stored, **wanted}
        shown = self._sentry[org_id] if self.sentry_answer == "organization" else wanted
        return json_response(200, {"items": [{"networkId": network_id, "policies": policies} for network_id, policies in shown.items()]})

    def _policy_errors(self, org_id: str, network_id: str, policy: dict[str, Any], known: dict[str, Any]) -> list[str]:
        errors = []
        if "policyId" in policy and policy["policyId"] not in known:
            errors.append(f"Sentry policy {policy['policyId']} does not exist in network {network_id}")
        manager = self._networks.get(policy["smNetworkId"], {})
        if manager.get("organizationId") != org_id or "systemsManager" not in manager.get("productTypes", ()):
            errors.append(f"smNetworkId {policy['smNetworkId']} is not a Systems Manager network of the organization")
        if policy["groupPolicyId"] not in self._groups.get(network_id, {}):
            errors.append(f"groupPolicyId {policy['groupPolicyId']} does not exist in network {network_id}")
        if policy["scope"].startswith("with") != bool(policy["tags"]):
            errors.append(f"tags do not fit the scope {policy['scope']}")
        return errors

    def _stored(self, network_id: str, policy: dict[str, Any], there: dict[str, Any] | None) -> dict[str, Any]:
        tags = sorted(set(policy["tags"])) if self.canonical_tags else list(policy["tags"])
        return {
            "policyId": there["policyId"] if there else str(next(self.numbers)),
            "networkId": network_id,
            "smNetworkId": policy["smNetworkId"],
            "tags": tags,
            "scope": policy["scope"],
            "groupNumber": policy["groupPolicyId"][-2:],
            "groupPolicyId": policy["groupPolicyId"],
            "priority": "1",
            "createdAt": there["createdAt"] if there else _NOW,
            "lastUpdatedAt": _NOW,
        }


def _good_agent(text: str) -> bool:
    return bool(_AGENT.match(text)) and not re.search("meraki|cisco", text, re.IGNORECASE)
