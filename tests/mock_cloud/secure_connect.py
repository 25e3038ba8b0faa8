# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secure Connect's part of the Dashboard API's mock server: private applications and their groups."""

from __future__ import annotations

import copy
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .meraki_errors import not_found, refuse
from .meraki_lists import values
from .web import Request, Response, json_response

if TYPE_CHECKING:
    from .meraki import Meraki

Item = dict[str, Any]
#: "A maximum of 300 private applications [and of groups] are allowed for an organization."
LIMIT = 300
_WRITABLE = ("name", "description", "destinations", "appProtocol", "sni", "sslVerificationEnabled")
_DEFAULTS: Item = {"description": "", "appProtocol": "", "sni": "", "sslVerificationEnabled": True}
_GROUP_DEFAULTS: Item = {"description": "", "applicationIds": []}
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}")
_IPV4 = re.compile(r"[\d.]+(?:/\d{1,2})?")
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


@dataclass
class _Organization:
    """By id. No item is changed once it is in here, only replaced; only groups know who is in which."""

    applications: dict[str, Item] = field(default_factory=dict)
    groups: dict[str, Item] = field(default_factory=dict)

    def groups_of(self, app_id: str) -> list[str]:
        return [group_id for group_id, group in self.groups.items() if app_id in group["applicationIds"]]


class SecureConnect:
    """What Secure Connect knows of each organization. Switches are plain attributes:

    - ``names_ignore_case``: names that differ in case only are the same name
    - ``host_names``: destinations for network access may be host names, of which the spec says nothing
    - ``put_omitted``: what a PUT does to a field that it leaves out: ``reset`` or ``keep``
    - ``delete_status``: what a deletion answers: 204, or 200 and ``{}``
    - ``delete_linked``: deleting an application that is in groups: ``delink`` takes it out of them, ``refuse`` is 400
    - ``cascade``: a group whose only application is deleted goes with it
    - ``cascade_on_delink``: already when that application is taken out of it
    - ``shuffle``: lists come back in another order than they were given
    - ``in_rules``, ``rule_groups``: ids of applications and groups that rules use, so that deleting them takes ``force``
    """

    def __init__(self, meraki: Meraki) -> None:
        self.names_ignore_case = False
        self.host_names = True
        self.put_omitted = "reset"
        self.delete_status = 204
        self.delete_linked = "delink"
        self.cascade = True
        self.cascade_on_delink = False
        self.shuffle = False
        self.in_rules: set[str] = set()
        self.rule_groups: set[str] = set()
        self._meraki = meraki
        self._organizations: dict[str, _Organization] = {}

    def add_group(self, org_id: str, name: str, group_id: str | None = None) -> str:
        """An empty group; its id."""
        return self._made_group(self._of(org_id), {**_GROUP_DEFAULTS, "name": name}, group_id)

    def add_application(self, org_id: str, fields: Item) -> str:
        """An application as it is stored, whatever the rules say; its id."""
        return self._made(org_id, {"destinations": [], **_DEFAULTS, **fields}, fields.get("applicationId"))

    def applications(self, org_id: str) -> dict[str, Item]:
        """A copy, by id, with the groups of each."""
        return copy.deepcopy(self._all_shown(self._of(org_id)))

    def groups(self, org_id: str) -> dict[str, Item]:
        """A copy, by id."""
        return copy.deepcopy(self._of(org_id).groups)

    def state(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        return {
            "applications": {org_id: known.applications for org_id, known in self._organizations.items()},
            "applicationGroups": {org_id: known.groups for org_id, known in self._organizations.items()},
        }

    def routes(self) -> dict[str, Callable[..., Response]]:
        """The operations by the ids that the spec gives them."""
        name = "OrganizationSecureConnectPrivateApplication"
        return {
            f"get{name}s": self._list,
            f"create{name}": self._create,
            f"get{name}": self._get,
            f"update{name}": self._update,
            f"delete{name}": self._delete,
            f"get{name}Groups": self._list_groups,
            f"create{name}Group": self._create_group,
            f"get{name}Group": self._get_group,
            f"update{name}Group": self._update_group,
            f"delete{name}Group": self._delete_group,
        }

    # Applications.

    def _list(self, request: Request, _key: Any, org_id: str) -> Response:
        known = self._meraki.lagging(f"secure connect {org_id}", self._of(org_id))
        listed = self._all_shown(known)
        included = request.query.get("nameIncludes", [""])[0].lower()
        if included:
            named = {group_id for group_id, group in known.groups.items() if included in group["name"].lower()}
            listed = {
                key: item for key, item in listed.items() if included in item["name"].lower() or named & set(item["applicationGroupIds"])
            }
        groups = set(values(request, "applicationGroupIds"))
        if groups:
            listed = {key: item for key, item in listed.items() if groups & set(item["applicationGroupIds"])}
        types = set(values(request, "appTypes"))
        if types:
            listed = {key: item for key, item in listed.items() if types & {one["accessType"] for one in item["destinations"]}}
        return self._page(request, listed)

    def _get(self, _request: Request, _key: Any, org_id: str, app_id: str) -> Response:
        known = self._of(org_id)
        _look_up(known.applications, app_id)
        return json_response(200, self._shown(known, app_id))

    def _create(self, request: Request, _key: Any, org_id: str) -> Response:
        body = request.json()
        known = self._of(org_id)
        errors = self._errors(known, body, None)
        if len(known.applications) >= LIMIT:
            errors.append(f"A maximum of {LIMIT} private applications are allowed for an organization")
        refuse(errors)
        self._wrote(org_id)
        app_id = self._made(org_id, {**_DEFAULTS, **body}, None)
        return json_response(201, self._shown(known, app_id))

    def _update(self, request: Request, _key: Any, org_id: str, app_id: str) -> Response:
        known = self._of(org_id)
        there = _look_up(known.applications, app_id)
        body = request.json()
        refuse(self._errors(known, body, app_id))
        self._wrote(org_id)
        omitted = there if self.put_omitted == "keep" else _DEFAULTS
        known.applications[app_id] = self._stored(org_id, app_id, {**omitted, **body}, there["createdAt"])
        if "applicationGroupIds" in body or self.put_omitted == "reset":
            wanted = body.get("applicationGroupIds", [])
            self._leave(known, app_id, set(wanted), self.cascade_on_delink)
            self._join(known, app_id, wanted)
        return json_response(200, self._shown(known, app_id))

    def _delete(self, request: Request, _key: Any, org_id: str, app_id: str) -> Response:
        known = self._of(org_id)
        _look_up(known.applications, app_id)
        errors = []
        if app_id in self.in_rules and not _forced(request):
            errors.append("Private application is in use by one or more rules. Use force to delete it")
        if self.delete_linked == "refuse" and known.groups_of(app_id):
            errors.append("Delink the application from any application groups before deleting the app")
        refuse(errors)
        self._wrote(org_id)
        self._leave(known, app_id, set(), self.cascade)
        del known.applications[app_id]
        return self._gone()

    # Groups.

    def _list_groups(self, request: Request, _key: Any, org_id: str) -> Response:
        listed = self._meraki.lagging(f"secure connect {org_id}", self._of(org_id)).groups
        included = request.query.get("nameIncludes", [""])[0].lower()
        wanted = set(values(request, "applicationGroupIds"))
        listed = {
            key: self._shuffled_group(group)
            for key, group in listed.items()
            if included in group["name"].lower() and (not wanted or key in wanted)
        }
        return self._page(request, listed)

    def _get_group(self, _request: Request, _key: Any, org_id: str, group_id: str) -> Response:
        return json_response(200, self._shuffled_group(_look_up(self._of(org_id).groups, group_id)))

    def _create_group(self, request: Request, _key: Any, org_id: str) -> Response:
        body = request.json()
        known = self._of(org_id)
        errors = _group_errors(known, body)
        if len(known.groups) >= LIMIT:
            errors.append(f"A maximum of {LIMIT} private application groups are allowed for an organization")
        refuse(errors)
        self._wrote(org_id)
        group_id = self._made_group(known, {**_GROUP_DEFAULTS, **body}, None)
        return json_response(201, self._shuffled_group(known.groups[group_id]))

    def _update_group(self, request: Request, _key: Any, org_id: str, group_id: str) -> Response:
        known = self._of(org_id)
        there = _look_up(known.groups, group_id)
        body = request.json()
        refuse(_group_errors(known, body))
        self._wrote(org_id)
        omitted = there if self.put_omitted == "keep" else {**there, **_GROUP_DEFAULTS}
        members = once(body.get("applicationIds", omitted["applicationIds"]))
        known.groups[group_id] = {**omitted, **body, "applicationIds": members, "modifiedAt": self._now()}
        return json_response(200, self._shuffled_group(known.groups[group_id]))

    def _delete_group(self, request: Request, _key: Any, org_id: str, group_id: str) -> Response:
        known = self._of(org_id)
        _look_up(known.groups, group_id)
        if group_id in self.rule_groups and not _forced(request):
            refuse(["Private application group is in use by one or more rules. Use force to delete it"])
        self._wrote(org_id)
        del known.groups[group_id]
        return self._gone()

    # Storing.

    def _of(self, org_id: str) -> _Organization:
        return self._organizations.setdefault(org_id, _Organization())

    def _wrote(self, org_id: str) -> None:
        """About to write: what is there is what lagging reads show."""
        known = self._of(org_id)
        self._meraki.wrote(f"secure connect {org_id}", _Organization(dict(known.applications), dict(known.groups)))

    def _made(self, org_id: str, fields: Item, app_id: Any) -> str:
        known = self._of(org_id)
        made = str(app_id or self._meraki.new_id())
        known.applications[made] = self._stored(org_id, made, fields, None)
        self._join(known, made, fields.get("applicationGroupIds", []))
        return made

    def _made_group(self, known: _Organization, fields: Item, group_id: str | None) -> str:
        made = group_id or self._meraki.new_id()
        at = self._now()
        known.groups[made] = {
            "applicationGroupId": made,
            "name": fields["name"],
            "description": fields["description"],
            "applicationIds": once(fields["applicationIds"]),
            "createdAt": at,
            "modifiedAt": at,
        }
        return made

    def _stored(self, org_id: str, app_id: str, fields: Item, created: str | None) -> Item:
        """In the form that the vendor keeps: addresses with their length, protocols in upper case, ports without spaces."""
        at = self._now()
        slug = re.sub(r"[^a-z0-9]+", "-", fields["name"].lower()).strip("-")
        return {
            "applicationId": app_id,
            **{name: fields[name] for name in _WRITABLE},
            "destinations": [
                {
                    "destinationAddr": [_canonical(address) for address in destination["destinationAddr"]],
                    "protocolPorts": [
                        {"protocol": pair["protocol"].upper(), "ports": ",".join(part.strip() for part in pair["ports"].split(","))}
                        for pair in destination["protocolPorts"]
                    ],
                    "accessType": destination["accessType"],
                }
                for destination in fields["destinations"]
            ],
            # "This field is system generated based on the application name and organization ID and overrides user input in payload."
            "externalFQDN": f"https://{slug}-{org_id}.ztna.example.com",
            "createdAt": created or at,
            "modifiedAt": at,
        }

    def _now(self) -> str:
        return self._meraki.now(".000")

    def _join(self, known: _Organization, app_id: str, group_ids: Sequence[str]) -> None:
        for group_id in group_ids:
            group = known.groups[group_id]
            if app_id not in group["applicationIds"]:
                known.groups[group_id] = {**group, "applicationIds": [*group["applicationIds"], app_id], "modifiedAt": self._now()}

    def _leave(self, known: _Organization, app_id: str, stay: set[str], cascade: bool) -> None:
        for group_id in known.groups_of(app_id):
            if group_id in stay:
                continue
            group = known.groups[group_id]
            others = [other for other in group["applicationIds"] if other != app_id]
            if others or not cascade:
                known.groups[group_id] = {**group, "applicationIds": others, "modifiedAt": self._now()}
            else:
                del known.groups[group_id]

    # Answers.

    def _shown(self, known: _Organization, app_id: str) -> Item:
        return self._shuffled({**known.applications[app_id], "applicationGroupIds": known.groups_of(app_id)})

    def _all_shown(self, known: _Organization) -> dict[str, Item]:
        joined: dict[str, list[str]] = {app_id: [] for app_id in known.applications}
        for group_id, group in known.groups.items():
            for app_id in group["applicationIds"]:
                joined[app_id].append(group_id)
        return {app_id: self._shuffled({**item, "applicationGroupIds": joined[app_id]}) for app_id, item in known.applications.items()}

    def _shuffled(self, item: Item) -> Item:
        if not self.shuffle:
            return item
        destinations = [
            {**one, "destinationAddr": one["destinationAddr"][::-1], "protocolPorts": one["protocolPorts"][::-1]}
            for one in reversed(item["destinations"])
        ]
        return {**item, "destinations": destinations, "applicationGroupIds": item["applicationGroupIds"][::-1]}

    def _shuffled_group(self, group: Item) -> Item:
        return {**group, "applicationIds": group["applicationIds"][::-1]} if self.shuffle else group

    def _page(self, request: Request, listed: dict[str, Item]) -> Response:
        keys = list(listed)
        by = request.query.get("sortBy", [""])[0]
        if by:
            keys.sort(key=lambda key: listed[key][by], reverse=request.query.get("sortOrder") == ["desc"])
        elif self.shuffle:
            keys.reverse()
        found = self._meraki.page(request, keys, 10)
        return json_response(200, {"data": [listed[key] for key in found.keys], "meta": {"total": len(keys)}}, found.headers)

    def _gone(self) -> Response:
        return Response(204) if self.delete_status == 204 else json_response(200, {})

    # Rules.

    def _errors(self, known: _Organization, body: Item, own: str | None) -> list[str]:
        errors = name_errors(body["name"])
        fold = str.casefold if self.names_ignore_case else str
        if fold(body["name"]) in {fold(item["name"]) for key, item in known.applications.items() if key != own}:
            errors.append("Application name has already been taken")
        for number, destination in enumerate(body["destinations"]):
            errors += [f"destinations.{number}.{error}" for error in self._destination_errors(destination)]
        if body.get("sni") and not _DOMAIN.fullmatch(body["sni"]):
            errors.append(f"sni: {body['sni']!r} is not a valid domain")
        for group_id in body.get("applicationGroupIds", []):
            if group_id not in known.groups:
                errors.append(f"applicationGroupIds: there is no application group {group_id}")
        return errors

    def _destination_errors(self, destination: Item) -> list[str]:
        browser = destination["accessType"] == "browser"
        errors = [
            f"destinationAddr: {error}" for address in destination["destinationAddr"] for error in self._address_errors(address, browser)
        ]
        protocols = [pair["protocol"].upper() for pair in destination["protocolPorts"]]
        if len(protocols) != len(set(protocols)):
            errors.append("protocolPorts: Protocols must be unique in this list")
        if browser and set(protocols) - {"TCP"}:
            errors.append("protocolPorts: Only TCP protocol is allowed for Browser Based Access")
        errors += [
            f"protocolPorts: {pair['ports']!r} is not a list of ports between 1-65535 and ranges of them"
            for pair in destination["protocolPorts"]
            if not is_ports(pair["ports"])
        ]
        return errors

    def _address_errors(self, address: str, browser: bool) -> list[str]:
        if self.host_names and not browser and is_domain(address):
            return []
        errors = ipv4_errors(address)
        if errors:
            return errors
        network = ipaddress.IPv4Network(address, strict=False)
        return [f"Only /32 addresses are allowed for Browser Access Policy: {address}"] if browser and network.prefixlen != 32 else []


def _group_errors(known: _Organization, body: Item) -> list[str]:
    unknown = [app_id for app_id in body.get("applicationIds", []) if app_id not in known.applications]
    return name_errors(body["name"]) + [f"applicationIds: there is no private application {app_id}" for app_id in unknown]


def name_errors(name: str) -> list[str]:
    """What is wrong with the name of an application, of a resource or of a group of them."""
    if name.strip() and all(letter.isalnum() or letter in " -" for letter in name):
        return []
    return ["name: is required and cannot have any special characters other than spaces and hyphens"]


def is_ports(text: str) -> bool:
    """Whether these are ports and ranges of ports, separated by commas."""
    found = [_PORTS.fullmatch(part.strip()) for part in text.split(",")]
    return all(part is not None and 1 <= int(part[1]) <= int(part[2] or part[1]) <= 65535 for part in found)


def is_domain(text: str) -> bool:
    """Whether it is a host name of several labels."""
    return _DOMAIN.fullmatch(text) is not None


def ipv4_errors(address: str) -> list[str]:
    """What is wrong with an IPv4 address or network."""
    if ":" in address:
        return [f"IPv6 is unsupported: {address}"]
    try:
        ipaddress.IPv4Network(address if _IPV4.fullmatch(address) else "", strict=False)
    except ValueError:
        return [f"{address!r} is not an IPv4 address or CIDR"]
    return []


def _canonical(address: str) -> str:
    return f"{address}/32" if _IPV4.fullmatch(address) and "/" not in address else address


def _look_up(table: dict[str, Item], key: str) -> Item:
    if key not in table:
        raise not_found()
    return table[key]


def _forced(request: Request) -> bool:
    return bool(request.body) and bool(request.json().get("force"))


def once(ids: Sequence[str]) -> list[str]:
    """Each once, in the order given."""
    return list(dict.fromkeys(ids))
