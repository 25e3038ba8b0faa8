# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The successor's part of the Dashboard API's mock server: Secure Connect's private resources and their groups."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .meraki_errors import not_found, refuse
from .secure_connect import ipv4_errors, is_domain, is_ports, name_errors, once
from .web import Request, Response, json_response

if TYPE_CHECKING:
    from .meraki import Meraki

Item = dict[str, Any]
#: So many are on a page where nobody asks for another size.
PAGE = 10
_DEFAULTS: Item = {"description": "", "resourceGroupIds": []}
_GROUP_DEFAULTS: Item = {"description": "", "resourceIds": []}
_READ_ONLY = ("dnsServerId", "certificateId")
_ERRORS = ("umbrellaResourceErrorMessage", "umbrellaApplicationErrorMessage")


@dataclass
class _Organization:
    """By id. No item is changed once it is in here, only replaced; only groups know who is in which."""

    resources: dict[str, Item] = field(default_factory=dict)
    groups: dict[str, Item] = field(default_factory=dict)
    deleted: dict[str, Item] = field(default_factory=dict)

    def groups_of(self, resource_id: str) -> list[str]:
        return [group_id for group_id, group in self.groups.items() if resource_id in group["resourceIds"]]


class PrivateResources:
    """What the successor knows of each organization. Switches are plain attributes:

    - ``per_page``: whether the list takes ``perPage`` (else it is 400, and pages have ``PAGE`` resources)
    - ``link``: whether a page has a ``Link`` to the next one; there is the cursor all the same, the name of a resource
    - ``total``: whether the list says how many resources there are
    - ``group_answer``: what answers a group's POST and PUT: ``one``, the group itself, or ``all`` of them
    - ``branch``: every resource is listed with access of the type ``branch`` as well, which cannot be sent
    - ``dated``: every resource has a ``deletedAt``, as in the vendor's example
    - ``keeps_deleted``: what was deleted stays in the list, with a ``deletedAt``
    - ``hidden_errors``: by name, what went wrong in Umbrella with a resource though it was written; ``hidden_from_answer``: it shows only
      when the resource is read
    - ``put_omitted``: what a PUT does to a field that it leaves out: ``reset`` or ``keep``; ``put_drops``: it clears what cannot be sent
    - ``delete_status``: what a deletion answers: 204, or 200 and ``{}``
    - ``delete_linked``: deleting a resource that is in groups with others: ``delink`` takes it out of them, ``refuse`` is 400; the last one
      of a group is always refused
    - ``cascade_on_delink``: a group whose only resource is taken out of it goes
    - ``shuffle``: lists within a resource come back in another order
    - ``in_rules``: ids of resources that rules use, so that they cannot be deleted
    """

    def __init__(self, meraki: Meraki) -> None:
        self.per_page = True
        self.link = True
        self.total = True
        self.group_answer = "one"
        self.branch = True
        self.dated = False
        self.keeps_deleted = False
        self.hidden_errors: dict[str, str] = {}
        self.hidden_from_answer = False
        self.put_omitted = "reset"
        self.put_drops = False
        self.delete_status = 204
        self.delete_linked = "refuse"
        self.cascade_on_delink = False
        self.shuffle = False
        self.in_rules: set[str] = set()
        self._meraki = meraki
        self._organizations: dict[str, _Organization] = {}

    def add_group(self, org_id: str, name: str, group_id: str | None = None) -> str:
        """An empty group; its id."""
        return self._made_group(self._of(org_id), {**_GROUP_DEFAULTS, "name": name}, group_id)

    def add_resource(self, org_id: str, fields: Item) -> str:
        """A resource as it is stored, whatever the rules say; its id."""
        return self._made(org_id, {**_DEFAULTS, "accessTypes": [], "resourceAddresses": [], **fields}, fields.get("resourceId"))

    def resources(self, org_id: str) -> dict[str, Item]:
        """A copy, by id, with the groups of each."""
        known = self._of(org_id)
        return copy.deepcopy({key: self._shown(known, key) for key in known.resources})

    def groups(self, org_id: str) -> dict[str, Item]:
        """A copy, by id."""
        return copy.deepcopy(self._of(org_id).groups)

    def remove(self, org_id: str, resource_id: str) -> None:
        """Somebody deletes a resource."""
        known = self._of(org_id)
        self._leave(known, resource_id, set())
        del known.resources[resource_id]

    def state(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        return {
            "privateResources": {org_id: known.resources for org_id, known in self._organizations.items()},
            "privateResourceGroups": {org_id: known.groups for org_id, known in self._organizations.items()},
        }

    def routes(self) -> dict[str, Callable[..., Response]]:
        """The operations by the ids that the spec gives them."""
        name = "OrganizationSecureConnectPrivateResource"
        return {
            f"get{name}s": self._list,
            f"create{name}": self._create,
            f"update{name}": self._update,
            f"delete{name}": self._delete,
            f"get{name}Groups": self._list_groups,
            f"create{name}Group": self._create_group,
            f"update{name}Group": self._update_group,
            f"delete{name}Group": self._delete_group,
        }

    # Resources.

    def _list(self, request: Request, _key: Any, org_id: str) -> Response:
        known = self._meraki.lagging(f"private resources {org_id}", self._of(org_id))
        listed = {**{key: self._shown(known, key) for key in known.resources}, **known.deleted}
        asked = request.query.get("perPage", [""])[0]
        if asked and not (self.per_page and asked.isascii() and asked.isdigit() and int(asked) > 0):
            refuse(["'perPage' is not taken"])
        by, descending = request.query.get("sortBy", ["name"])[0], request.query.get("sortOrder") == ["desc"]
        if by not in ("name", "resourceId", "createdAt"):
            refuse([f"'sortBy' cannot be {by}"])
        items = sorted(listed.values(), key=lambda item: (item[by], item["resourceId"]), reverse=descending)
        most = self._meraki.page_most
        size = min(int(asked or PAGE), most or len(items) + 1)
        start, end = self._bounds(request, [item["name"] for item in items], size)
        meta = {"meta": {"total": len(items)}} if self.total else {}
        headers = {}
        if self.link and end < len(items):
            headers["Link"] = self._meraki.link(request, {"perPage": asked} if asked else {}, items[end - 1]["name"])
        return json_response(200, {"data": items[start:end], **meta}, headers)

    def _bounds(self, request: Request, names: list[str], size: int) -> tuple[int, int]:
        after, before = (request.query.get(name, [""])[0] for name in ("startingAfter", "endingBefore"))
        for name, value in (("startingAfter", after), ("endingBefore", before)):
            if value and value not in names:
                refuse([f"'{name}': there is no private resource named {value}"])
        if before:
            end = names.index(before)
            return max(0, end - size), end
        start = len(names) - names[::-1].index(after) if after else 0
        return start, min(start + size, len(names))

    def _create(self, request: Request, _key: Any, org_id: str) -> Response:
        body = request.json()
        known = self._of(org_id)
        refuse(self._errors(known, body, None))
        self._wrote(org_id)
        made = self._made(org_id, {**_DEFAULTS, **body}, None)
        return json_response(201, self._answered(known, made))

    def _update(self, request: Request, _key: Any, org_id: str, resource_id: str) -> Response:
        known = self._of(org_id)
        there = _look_up(known.resources, resource_id)
        body = request.json()
        refuse(self._errors(known, body, resource_id))
        self._wrote(org_id)
        omitted = there if self.put_omitted == "keep" else _DEFAULTS
        kept = {name: "" if self.put_drops else there[name] for name in _READ_ONLY}
        known.resources[resource_id] = self._stored(resource_id, {**omitted, **body, **kept}, there["createdAt"])
        if "resourceGroupIds" in body or self.put_omitted == "reset":
            wanted = body.get("resourceGroupIds", [])
            self._leave(known, resource_id, set(wanted))
            self._join(known, resource_id, wanted)
        return json_response(200, self._answered(known, resource_id))

    def _delete(self, _request: Request, _key: Any, org_id: str, resource_id: str) -> Response:
        known = self._of(org_id)
        there = _look_up(known.resources, resource_id)
        errors = []
        if resource_id in self.in_rules:
            errors.append("Private resource is in use by one or more rules")
        if any(known.groups[group]["resourceIds"] == [resource_id] for group in known.groups_of(resource_id)):
            errors.append("This is the last resource of a private resource group. Remove it from the group first")
        elif self.delete_linked == "refuse" and known.groups_of(resource_id):
            errors.append("Remove the private resource from its groups before deleting it")
        refuse(errors)
        self._wrote(org_id)
        self._leave(known, resource_id, set())
        del known.resources[resource_id]
        if self.keeps_deleted:
            known.deleted[resource_id] = {**there, "resourceGroupIds": [], "deletedAt": self._now()}
        return self._gone()

    # Groups.

    def _list_groups(self, _request: Request, _key: Any, org_id: str) -> Response:
        known = self._meraki.lagging(f"private resources {org_id}", self._of(org_id))
        return json_response(200, {"data": [self._shuffled_group(group) for group in known.groups.values()]})

    def _create_group(self, request: Request, _key: Any, org_id: str) -> Response:
        body = request.json()
        known = self._of(org_id)
        refuse(_group_errors(known, body, None))
        self._wrote(org_id)
        made = self._made_group(known, {**_GROUP_DEFAULTS, **body}, None)
        return json_response(201, self._answered_group(known, made))

    def _update_group(self, request: Request, _key: Any, org_id: str, group_id: str) -> Response:
        known = self._of(org_id)
        there = _look_up(known.groups, group_id)
        body = request.json()
        refuse(_group_errors(known, body, group_id))
        self._wrote(org_id)
        omitted = there if self.put_omitted == "keep" else {**there, **_GROUP_DEFAULTS}
        fields = {**omitted, **body}
        known.groups[group_id] = {**fields, "resourceIds": once(fields["resourceIds"]), "updatedAt": self._now()}
        return json_response(200, self._answered_group(known, group_id))

    def _delete_group(self, _request: Request, _key: Any, org_id: str, group_id: str) -> Response:
        known = self._of(org_id)
        _look_up(known.groups, group_id)
        self._wrote(org_id)
        del known.groups[group_id]
        return self._gone()

    # Storing.

    def _of(self, org_id: str) -> _Organization:
        return self._organizations.setdefault(org_id, _Organization())

    def _wrote(self, org_id: str) -> None:
        """About to write: what is there is what lagging reads show."""
        known = self._of(org_id)
        before = _Organization(dict(known.resources), dict(known.groups), dict(known.deleted))
        self._meraki.wrote(f"private resources {org_id}", before)

    def _now(self) -> str:
        return self._meraki.now(".000000")

    def _made(self, org_id: str, fields: Item, resource_id: Any) -> str:
        known = self._of(org_id)
        made = str(resource_id or self._meraki.new_id())
        known.resources[made] = self._stored(made, fields, None)
        self._join(known, made, fields["resourceGroupIds"])
        return made

    def _made_group(self, known: _Organization, fields: Item, group_id: str | None) -> str:
        made = group_id or self._meraki.new_id()
        at = self._now()
        known.groups[made] = {
            "resourceGroupId": made,
            "name": fields["name"],
            "description": fields["description"],
            "resourceIds": once(fields["resourceIds"]),
            "createdAt": at,
            "updatedAt": at,
        }
        return made

    def _stored(self, resource_id: str, fields: Item, created: str | None) -> Item:
        """In the form that the vendor's example has: single addresses without a length, protocols in lower case; and the addresses that a
        client reaches, which the server fills in where nobody sends any."""
        at = self._now()
        blocks = [
            {
                "destinationAddr": [address.removesuffix("/32") for address in block["destinationAddr"]],
                "protocolPorts": [
                    {"protocol": pair["protocol"].lower(), "ports": pair["ports"].replace(" ", "")} for pair in block["protocolPorts"]
                ],
            }
            for block in fields["resourceAddresses"]
        ]
        reachable = once([address for block in blocks for address in block["destinationAddr"]])
        types = [{"reachableAddresses": reachable, **one} if one["type"].lower() == "client" else one for one in fields["accessTypes"]]
        return {
            "resourceId": resource_id,
            "name": fields["name"],
            "description": fields["description"],
            "accessTypes": types,
            "resourceAddresses": blocks,
            **{name: fields.get(name, "") for name in _READ_ONLY},
            "organizationId": "106642",
            "createdAt": created or at,
            "updatedAt": at,
            **dict.fromkeys(_ERRORS, ""),
        }

    def _join(self, known: _Organization, resource_id: str, group_ids: Sequence[str]) -> None:
        for group_id in group_ids:
            group = known.groups[group_id]
            if resource_id not in group["resourceIds"]:
                known.groups[group_id] = {**group, "resourceIds": [*group["resourceIds"], resource_id], "updatedAt": self._now()}

    def _leave(self, known: _Organization, resource_id: str, stay: set[str]) -> None:
        for group_id in known.groups_of(resource_id):
            if group_id in stay:
                continue
            group = known.groups[group_id]
            others = [other for other in group["resourceIds"] if other != resource_id]
            if others or not self.cascade_on_delink:
                known.groups[group_id] = {**group, "resourceIds": others, "updatedAt": self._now()}
            else:
                del known.groups[group_id]

    # Answers.

    def _shown(self, known: _Organization, resource_id: str) -> Item:
        item = known.resources[resource_id]
        hidden = self.hidden_errors.get(item["name"], "")
        shown = {**item, "resourceGroupIds": known.groups_of(resource_id), _ERRORS[0]: hidden}
        if self.branch:
            shown["accessTypes"] = [*item["accessTypes"], {"type": "branch"}]
        if self.dated:
            shown["deletedAt"] = "2026-03-02T09:30:00.000000Z"
        if self.shuffle:
            shown["accessTypes"] = shown["accessTypes"][::-1]
            shown["resourceGroupIds"] = shown["resourceGroupIds"][::-1]
            shown["resourceAddresses"] = [
                {"destinationAddr": block["destinationAddr"][::-1], "protocolPorts": block["protocolPorts"][::-1]}
                for block in reversed(item["resourceAddresses"])
            ]
        return shown

    def _answered(self, known: _Organization, resource_id: str) -> Item:
        shown = self._shown(known, resource_id)
        return {**shown, _ERRORS[0]: ""} if self.hidden_from_answer else shown

    def _answered_group(self, known: _Organization, group_id: str) -> Item:
        listed = known.groups.values() if self.group_answer == "all" else [known.groups[group_id]]
        return {"data": [self._shuffled_group(group) for group in listed]}

    def _shuffled_group(self, group: Item) -> Item:
        return {**group, "resourceIds": group["resourceIds"][::-1]} if self.shuffle else group

    def _gone(self) -> Response:
        return Response(204) if self.delete_status == 204 else json_response(200, {})

    # Rules.

    def _errors(self, known: _Organization, body: Item, own: str | None) -> list[str]:
        errors = name_errors(body["name"])
        if body["name"] in {item["name"] for key, item in known.resources.items() if key != own}:
            errors.append("Resource name has already been taken")
        if not body["accessTypes"]:
            errors.append("accessTypes: must not be empty")
        types = [one["type"] for one in body["accessTypes"]]
        if len(types) != len(set(types)):
            errors.append("accessTypes: each type can be given once")
        if any("reachableAddresses" in one for one in body["accessTypes"] if one["type"] != "client"):
            errors.append("accessTypes: reachableAddresses are for the type client")
        if not body["resourceAddresses"]:
            errors.append("resourceAddresses: must not be empty")
        for number, block in enumerate(body["resourceAddresses"]):
            errors += [f"resourceAddresses.{number}.{error}" for error in _block_errors(block)]
        for group_id in body.get("resourceGroupIds", []):
            if group_id not in known.groups:
                errors.append(f"resourceGroupIds: there is no private resource group {group_id}")
        return errors


def _block_errors(block: Item) -> list[str]:
    errors = []
    for address in block["destinationAddr"]:
        if not is_domain(address.removeprefix("*.")):
            errors += [f"destinationAddr: {error}" for error in ipv4_errors(address)]
    protocols = [pair["protocol"].lower() for pair in block["protocolPorts"]]
    if len(protocols) != len(set(protocols)):
        errors.append("protocolPorts: Protocols must be unique in this list")
    errors += [
        f"protocolPorts: {pair['ports']!r} is not a list of ports between 1-65535 and ranges of them"
        for pair in block["protocolPorts"]
        if not is_ports(pair["ports"])
    ]
    return errors


def _group_errors(known: _Organization, body: Item, own: str | None) -> list[str]:
    errors = name_errors(body["name"])
    if body["name"] in {group["name"] for key, group in known.groups.items() if key != own}:
        errors.append("Resource group name has already been taken")
    unknown = [resource_id for resource_id in body.get("resourceIds", []) if resource_id not in known.resources]
    return errors + [f"resourceIds: there is no private resource {resource_id}" for resource_id in unknown]


def _look_up(table: dict[str, Item], key: str) -> Item:
    if key not in table:
        raise not_found()
    return table[key]
