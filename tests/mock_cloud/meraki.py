# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mock server for the Dashboard API: keys, organizations, networks, group policies; strict as the specs in ``docs/specs`` are."""

from __future__ import annotations

import copy
import itertools
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from .meraki_changes import ChangeLog
from .meraki_errors import Refusal, not_found, refuse
from .meraki_lists import Page, next_link, page, values
from .meraki_sentry import Sentry
from .private_resources import PrivateResources
from .secure_connect import SecureConnect
from .spec import Operation, find
from .web import Request, Response, html_response, json_response, json_text

FILES = (
    "meraki-sentry.openapi.json",
    "meraki-secure-connect.openapi.json",
    "meraki-private-resources.openapi.json",
    "meraki-change-log.openapi.json",
)
#: ApplicationName/Version VendorName (developer.cisco.com/meraki, "User agents overview").
_AGENT = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9.]+ [A-Za-z0-9]+")
#: What the vendor's own SDK sends: its version, and in brackets the caller's name in much the same form.
_SDK_AGENT = re.compile(
    r"python-meraki/(aio-)?[0-9][A-Za-z0-9.]* Caller/\((unidentified|[A-Za-z0-9]+(/[A-Za-z0-9.]+(-[a-z]+)?)? [A-Za-z0-9-]+)\)"
)
_RANGE = re.compile(r"range is (\d+) - (\d+)")
_EPOCH = datetime(2026, 1, 1)


class Meraki:
    """What the Dashboard knows. Keys, organizations and all below them are added by methods; the switches are plain attributes:

    - ``sentry_put``: what is not in the sentry PUT is deleted: ``organization`` (everywhere) or ``listed`` (in the networks listed)
    - ``sentry_stale_id``: what a ``policyId`` that is not there is in the PUT: ``refuse`` is 400, ``create`` makes it anew under another id
    - ``sentry_answer``: what its answer holds: the networks ``listed``, or the whole ``organization``
    - ``sentry_bare``: the sentry list is the bare object, not an array around it
    - ``sentry_list_empty``: the sentry list holds networks without policies as well
    - ``canonical_tags``: tags are stored sorted, each once
    - ``strict_user_agent``: a ``User-Agent`` of another form than the vendor asks for, or its own SDK sends, is 400
    - ``sm_off``, ``early_access_off``: the paths of Systems Manager, of Secure Connect, are 404
    - ``private_applications``, ``private_resources``: whether Secure Connect has this API: ``on``, ``off`` (404 as JSON) or ``off_html``
      (404 as a page)
    - ``lag``: so many list reads of policies, applications and groups show the state before the last write; counts down
    - ``page_most``: so many items are on a page at most, whatever ``perPage`` asks for; None: as many as it asks for
    - ``link_origin``: scheme and authority of the URLs in ``Link``; None: the request's own
    - ``before_write``: called with each write just before it acts

    Those of Secure Connect are attributes of ``secure_connect``, those of its successor of ``successor``. The two APIs share no object.
    ``changes`` is the change log: it holds every write by API, and what tests add.
    """

    def __init__(self) -> None:
        self.sentry_put = "organization"
        self.sentry_stale_id = "refuse"
        self.sentry_answer = "listed"
        self.sentry_bare = False
        self.sentry_list_empty = False
        self.canonical_tags = True
        self.strict_user_agent = True
        self.sm_off = False
        self.early_access_off = False
        self.private_applications = "on"
        self.private_resources = "off"
        self.lag = 0
        self.page_most: int | None = None
        self.link_origin: str | None = None
        self.before_write: Callable[[Request], None] | None = None
        self.lock = threading.RLock()
        self._ids = itertools.count(5000)
        self._seconds = itertools.count()
        self._requests = itertools.count(1)
        self._keys: dict[str, dict[str, Any]] = {}
        self._organizations: dict[str, dict[str, Any]] = {}
        self._networks: dict[str, dict[str, Any]] = {}
        self._network_texts: dict[str, bytes] = {}
        self._groups: dict[str, dict[str, dict[str, Any]]] = {}
        self._stale: dict[str, Any] = {}
        self._sentry = Sentry(self)
        self.secure_connect = SecureConnect(self)
        self.successor = PrivateResources(self)
        self.changes = ChangeLog(self)
        self._routes: dict[str, Callable[..., Response]] = {
            "getOrganizations": self._list_organizations,
            "getOrganization": self._get_organization,
            "getOrganizationNetworks": self._list_networks,
            "getNetworkGroupPolicies": self._list_group_policies,
            **self._sentry.routes(),
            **self.secure_connect.routes(),
            **self.successor.routes(),
            **self.changes.routes(),
        }

    # What tests seed and look at.

    def add_key(
        self,
        key: str,
        read_only: bool = False,
        organizations: Iterable[str] | None = None,
        owner: str | None = None,
        change_log: bool = True,
    ) -> None:
        """An API key of an administrator of its own, or called ``owner``; ``organizations`` limits what it sees. ``change_log``: whether
        it may read the change log."""
        self._keys[key] = {
            "read_only": read_only,
            "organizations": None if organizations is None else set(organizations),
            "admin": self.changes.owner(owner),
            "change_log": change_log,
        }

    def add_organization(
        self, org_id: str, name: str, *, api: bool = True, licensing: str = "co-term", region: str = "Europe", msp_id: str | None = None
    ) -> None:
        """An organization without networks. Where its API is off, it is listed, and everything else that it has is 404."""
        self._organizations[org_id] = {
            "id": org_id,
            "name": name,
            "url": f"https://n1.meraki.com/o/{org_id}/manage/organization/overview",
            "api": {"enabled": api},
            "licensing": {"model": licensing},
            "cloud": {"region": {"name": region}},
            "management": {"details": [] if msp_id is None else [{"name": "MSP ID", "value": msp_id}]},
        }
        self._sentry.add_organization(org_id)

    def add_network(
        self, org_id: str, network_id: str, name: str, tags: Iterable[str] = (), product_types: Iterable[str] = ("appliance", "wireless")
    ) -> None:
        """A network; one with the product type ``systemsManager`` can enrol devices."""
        network = self._networks[network_id] = {
            "id": network_id,
            "organizationId": org_id,
            "name": name,
            "productTypes": list(product_types),
            "timeZone": "Etc/UTC",
            "tags": list(tags),
            "url": f"https://n1.meraki.com/n/{network_id}/manage/nodes/list",
            "notes": "",
            "isBoundToConfigTemplate": False,
        }
        self._network_texts[network_id] = json_text(network)
        self._groups.setdefault(network_id, {})

    def remove_network(self, network_id: str) -> None:
        """Somebody deletes a network, and with it its group policies and Sentry policies."""
        with self.lock:
            self._sentry.remove(self._networks.pop(network_id)["organizationId"], network_id)
            del self._network_texts[network_id], self._groups[network_id]

    def add_group_policy(self, network_id: str, group_id: str, name: str) -> None:
        """A group policy of a network."""
        self._groups[network_id][group_id] = {"groupPolicyId": group_id, "name": name, "splashAuthSettings": "network default"}

    def add_sentry(self, network_id: str, policies: Iterable[dict[str, Any]]) -> None:
        """Sentry policies at the end of a network's list, in the API's form without their ids, whatever the rules say."""
        with self.lock:
            self._sentry.add(self._networks[network_id]["organizationId"], network_id, policies)

    def locale(self, network_id: str, locale_id: str) -> None:
        """From now on the read side lists this network under the locale's id; its policies carry the network's."""
        self._sentry.locale(network_id, locale_id)

    def add_group(self, org_id: str, name: str, id: str | None = None) -> str:  # noqa: A002 - the API's word
        """An empty application group; its id."""
        with self.lock:
            return self.secure_connect.add_group(org_id, name, id)

    def add_application(self, org_id: str, **fields: Any) -> str:
        """An application with fields in the API's form, whatever the rules say; its id."""
        with self.lock:
            return self.secure_connect.add_application(org_id, fields)

    def add_resource_group(self, org_id: str, name: str, id: str | None = None) -> str:  # noqa: A002 - the API's word
        """An empty resource group; its id."""
        with self.lock:
            return self.successor.add_group(org_id, name, id)

    def add_resource(self, org_id: str, **fields: Any) -> str:
        """A private resource with fields in the API's form, whatever the rules say; its id."""
        with self.lock:
            return self.successor.add_resource(org_id, fields)

    def sentry(self, org_id: str) -> dict[str, list[dict[str, Any]]]:
        """A copy of the policies of each network that has, or had, any."""
        with self.lock:
            return self._sentry.of(org_id)

    def applications(self, org_id: str) -> dict[str, dict[str, Any]]:
        """A copy of the organization's applications by id."""
        with self.lock:
            return self.secure_connect.applications(org_id)

    def groups(self, org_id: str) -> dict[str, dict[str, Any]]:
        """A copy of the organization's application groups by id."""
        with self.lock:
            return self.secure_connect.groups(org_id)

    def resources(self, org_id: str) -> dict[str, dict[str, Any]]:
        """A copy of the organization's private resources by id."""
        with self.lock:
            return self.successor.resources(org_id)

    def resource_groups(self, org_id: str) -> dict[str, dict[str, Any]]:
        """A copy of the organization's resource groups by id."""
        with self.lock:
            return self.successor.groups(org_id)

    def state(self) -> dict[str, Any]:
        """Everything but the keys, as JSON data."""
        with self.lock:
            return copy.deepcopy(
                {
                    "organizations": self._organizations,
                    "networks": self._networks,
                    "groupPolicies": self._groups,
                    "sentry": self._sentry.state(),
                    **self.secure_connect.state(),
                    **self.successor.state(),
                }
            )

    # The API.

    def bucket(self, request: Request) -> str:
        """Whose rate limit a request counts to: the organization's, for networks as well."""
        parts = request.path.split("/")
        place = unquote(parts[2]) if len(parts) > 2 else ""
        if parts[1] == "networks":
            place = self._networks.get(place, {}).get("organizationId", "")
        return f"meraki {place}"

    def handle(self, request: Request) -> Response:
        """The answer to one request; ``request.path`` is below the base. Every answer carries ``X-Request-Id``."""
        with self.lock:
            try:
                response = self._handle(request)
            except Refusal as refused:
                response = json_response(refused.status, {"errors": refused.errors})
            return Response(response.status, {**response.headers, "X-Request-Id": f"req-{next(self._requests)}"}, response.body)

    def _handle(self, request: Request) -> Response:
        key = self._authorized(request)
        operation, parameters, _known = find(FILES, request.method, request.path)
        if operation is None or operation.id not in self._routes:
            return html_response(404, "404 Not Found")
        if self.strict_user_agent and not _good_agent(request.headers.get("user-agent", "")):
            raise Refusal(400, "The User-Agent must be of the form ApplicationName/Version VendorName")
        places = [unquote(value) for value in parameters]
        if places and not self._answers(key, self._organization_of(operation, places[0])):
            raise not_found()
        if ("/sm/" in operation.template and self.sm_off) or ("/secureConnect/" in operation.template and self.early_access_off):
            raise not_found()
        api = next((switch for part, switch in self._secure_connect_apis() if part in operation.template), "on")
        if api != "on":
            return html_response(404, "404 Not Found") if api == "off_html" else json_response(404, {"errors": ["Not found"]})
        if request.method != "GET" and key["read_only"]:
            raise Refusal(403, "The API key has read-only access")
        _check_query(operation, request)
        _check_body(operation, request)
        if request.method != "GET" and self.before_write is not None:
            self.before_write(request)
        response = self._routes[operation.id](request, key, *places)
        if request.method != "GET":
            self.changes.record(request, key, self._organization_of(operation, places[0]))
        return response

    def _secure_connect_apis(self) -> list[tuple[str, str]]:
        return [("/privateApplication", self.private_applications), ("/privateResource", self.private_resources)]

    def _authorized(self, request: Request) -> dict[str, Any]:
        scheme, _space, key = request.headers.get("authorization", "").partition(" ")
        given = key if scheme == "Bearer" else request.headers.get("x-cisco-meraki-api-key", "")
        if given not in self._keys:
            raise Refusal(401, "Invalid API key")
        return self._keys[given]

    def _visible(self, key: dict[str, Any], org_id: str) -> bool:
        return org_id in self._organizations and (key["organizations"] is None or org_id in key["organizations"])

    def _answers(self, key: dict[str, Any], org_id: str) -> bool:
        return self._visible(key, org_id) and self._organizations[org_id]["api"]["enabled"]

    def _organization_of(self, operation: Operation, place: str) -> str:
        return self._networks.get(place, {}).get("organizationId", "") if operation.template.startswith("/networks/") else place

    def _list_organizations(self, request: Request, key: dict[str, Any]) -> Response:
        visible = [org_id for org_id in self._organizations if self._visible(key, org_id)]
        listed = self.page(request, visible, 9000)
        return json_response(200, [self._organizations[org_id] for org_id in listed.keys], listed.headers)

    def _get_organization(self, _request: Request, _key: dict[str, Any], org_id: str) -> Response:
        return json_response(200, self._organizations[org_id])

    def _list_networks(self, request: Request, _key: dict[str, Any], org_id: str) -> Response:
        networks = self.network_ids(org_id)
        bound = request.query.get("isBoundToConfigTemplate")
        if "configTemplateId" in request.query and bound == ["false"]:
            raise Refusal(400, "'isBoundToConfigTemplate' cannot be false with 'configTemplateId'")
        if "configTemplateId" in request.query or bound == ["true"]:
            # There are no templates here, so that no network is bound to one.
            networks = []
        tags = set(values(request, "tags"))
        if tags:
            enough = len(tags) if request.query.get("tagsFilterType") == ["withAllTags"] else 1
            networks = [network_id for network_id in networks if len(tags & set(self._networks[network_id]["tags"])) >= enough]
        listed = self.page(request, networks, 1000)
        body = b"[" + b",".join(self._network_texts[network_id] for network_id in listed.keys) + b"]"
        return Response(200, {"Content-Type": "application/json", **listed.headers}, body)

    def _list_group_policies(self, _request: Request, _key: dict[str, Any], network_id: str) -> Response:
        return json_response(200, list(self._groups[network_id].values()))

    # What the parts ask of the whole.

    def page(self, request: Request, keys: Sequence[str], default: int) -> Page:
        """The page of a list that the request asks for."""
        return page(request, keys, default, self.page_most, self.link_origin)

    def link(self, request: Request, query: dict[str, str], after: str) -> str:
        """The ``Link`` to the page that begins after this cursor."""
        return next_link(request, query, after, self.link_origin)

    def network_ids(self, org_id: str) -> list[str]:
        """The organization's networks."""
        return [network_id for network_id, network in self._networks.items() if network["organizationId"] == org_id]

    def network_name(self, network_id: str) -> str | None:
        """A network's name; None where it is no more."""
        return self._networks[network_id]["name"] if network_id in self._networks else None

    def group_policy_ids(self, network_id: str) -> Sequence[str]:
        """The network's group policies."""
        return list(self._groups[network_id])

    def is_manager(self, org_id: str, network_id: str) -> bool:
        """Whether it is a Systems Manager network of the organization."""
        network = self._networks.get(network_id, {})
        return network.get("organizationId") == org_id and "systemsManager" in network["productTypes"]

    def new_id(self) -> str:
        """The next identifier."""
        return str(next(self._ids))

    def now(self, fraction: str = "") -> str:
        """The time, in the API's form: a clock that goes on by a second whenever it is looked at."""
        return f"{_EPOCH + timedelta(seconds=next(self._seconds)):%Y-%m-%dT%H:%M:%S}{fraction}Z"

    def lagging(self, name: str, current: Any) -> Any:
        """What a list read shows: the state before the last write, as long as reads lag."""
        if self.lag > 0 and name in self._stale:
            self.lag -= 1
            return self._stale[name]
        return current

    def wrote(self, name: str, before: Any) -> None:
        """Remember what lagging reads show; ``before`` must not change any more."""
        self._stale[name] = before


def _good_agent(text: str) -> bool:
    if _SDK_AGENT.fullmatch(text):
        return True
    return bool(_AGENT.fullmatch(text)) and not re.search("meraki|cisco", text, re.IGNORECASE)


def _check_query(operation: Operation, request: Request) -> None:
    """Refuse what the spec does not know, and values outside the ranges that its texts give."""
    errors = []
    for name, given in request.query.items():
        item = operation.query.get(name.removesuffix("[]"))
        if item is None or (name.endswith("[]") and item["schema"]["type"] != "array"):
            errors.append(f"'{name}' is not a parameter of this operation")
            continue
        schema = item["schema"]
        bounds = _RANGE.search(item.get("description", ""))
        allowed = (schema.get("items") or schema).get("enum")
        if schema["type"] != "array" and len(given) > 1:
            errors.append(f"'{name}' is given twice")
        elif schema["type"] == "integer" and not _is_within(given[0], bounds):
            errors.append(f"'{name}' must be an integer between {bounds[1]} and {bounds[2]}" if bounds else f"'{name}' must be an integer")
        elif schema["type"] == "number" and not _is_number(given[0], schema.get("maximum")):
            errors.append(f"'{name}' must be a number of {schema['maximum']} at most")
        elif schema["type"] == "boolean" and given[0] not in ("true", "false"):
            errors.append(f"'{name}' must be true or false")
        elif allowed and not set(given) <= set(allowed):
            errors.append(f"'{name}' must be one of: {', '.join(allowed)}")
    refuse(errors)


def _is_within(text: str, bounds: re.Match[str] | None) -> bool:
    if not (text.isascii() and text.isdigit()):
        return False
    return bounds is None or int(bounds[1]) <= int(text) <= int(bounds[2])


def _is_number(text: str, most: float | None) -> bool:
    return bool(re.fullmatch(r"\d+(\.\d+)?", text)) and (most is None or float(text) <= most)


def _check_body(operation: Operation, request: Request) -> None:
    """Refuse a body that the spec does not know, or that does not fit its schema."""
    if not request.body:
        refuse(["body: is required"] if operation.body_required else [])
        return
    if not operation.content:
        raise Refusal(400, "body: none is allowed here")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(400, "Content-Type must be application/json")
    try:
        data = request.json()
    except ValueError:
        raise Refusal(400, "body: is not JSON") from None
    refuse(operation.body_errors(data))
