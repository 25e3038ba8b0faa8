# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secure Connect's stand-in: private applications and their groups."""

from __future__ import annotations

import copy
import ipaddress
import re
from typing import TYPE_CHECKING, Any, Callable

from .web import Request, Response, json_response

if TYPE_CHECKING:
    from .meraki import Meraki

LIMIT = 300
_NOW = "2026-01-01T00:00:00.000Z"
_WRITABLE = ("name", "description", "destinations", "appProtocol", "sni", "sslVerificationEnabled")
_DEFAULTS = {"description": "", "appProtocol": "", "sni": "", "sslVerificationEnabled": True}
_DOMAIN = re.compile(r"^(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$")


class SecureConnect:
    """What Secure Connect knows of each organization. Switches are plain attributes."""

    def __init__(self, meraki: Meraki) -> None:
        self.names_ignore_case = False
        self.delete_status = 204
        self.delete_linked = "delink"
        self.put_omitted = "reset"
        self.cascade = True
        self.cascade_on_delink = False
        self.shuffle = False
        self.in_rules: set[str] = set()
        self.rule_groups: set[str] = set()
        self._meraki = meraki
        self._applications: dict[str, dict[str, dict[str, Any]]] = {}
        self._groups: dict[str, dict[str, dict[str, Any]]] = {}

    def add_group(self, org_id: str, name: str, group_id: str | None = None) -> str:
        """An empty group; its id."""
        made = group_id or str(next(self._meraki.numbers))
        self._groups.setdefault(org_id, {})[made] = {
            "applicationGroupId": made, "name": name, "description": "", "applicationIds": [], "createdAt": _NOW, "modifiedAt": _NOW,
        }  # fmt: skip
        return made

    def add_application(self, org_id: str, fields: dict[str, Any]) -> str:
        """An application as it is stored, whatever the rules say; its id."""
        made = str(fields.get("applicationId") or next(self._meraki.numbers))
        self._applications.setdefault(org_id, {})[made] = {**self._stored(org_id, made, {**_DEFAULTS, **fields}), "applicationId": made}
        self._join(org_id, made, fields.get("applicationGroupIds", []))
        return made

    def applications(self, org_id: str) -> dict[str, dict[str, Any]]:
        """A copy, by id, with the groups of each."""
        with self._meraki.lock:
            return {key: self._shown(org_id, key) for key in self._applications.get(org_id, {})}

    def groups(self, org_id: str) -> dict[str, dict[str, Any]]:
        """A copy, by id."""
        with self._meraki.lock:
            return copy.deepcopy(self._groups.get(org_id, {}))

    def state(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        return {"applications": self._applications, "applicationGroups": self._groups}

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

    def _list(self, request: Request, key: Any, org_id: str) -> Response:
        everything = self._meraki.lagging(f"applications {org_id}", self.applications(org_id))
        listed = list(everything.values())
        included = request.query.get("nameIncludes", [""])[0].lower()
        if included:
            names = {group["applicationGroupId"]: group["name"].lower() for group in self.groups(org_id).values()}
            listed = [item for item in listed if included in item["name"].lower() or any(included in names.get(key, "") for key in item["applicationGroupIds"])]
        groups = set(request.query.get("applicationGroupIds", []) + request.query.get("applicationGroupIds[]", []))
        if groups:
            listed = [item for item in listed if groups & set(item["applicationGroupIds"])]
        types = set(request.query.get("appTypes", []) + request.query.get("appTypes[]", []))
        if types:
            listed = [item for item in listed if any(one["accessType"] in types for one in item["destinations"])]
        return self._page(request, listed, "applicationId")

    def _create(self, request: Request, key: Any, org_id: str) -> Response:
        body = request.json()
        applications = self._applications.setdefault(org_id, {})
        errors = self._errors(org_id, body, None)
        if len(applications) >= LIMIT:
            errors.append(f"A maximum of {LIMIT} private applications are allowed")
        self._refuse(errors)
        self._remember(org_id)
        made = str(next(self._meraki.numbers))
        applications[made] = {**self._stored(org_id, made, {**_DEFAULTS, **body}), "applicationId": made}
        self._join(org_id, made, body.get("applicationGroupIds", []))
        return json_response(201, self._shown(org_id, made))

    def _get(self, request: Request, key: Any, org_id: str, app_id: str) -> Response:
        self._known(self._applications, org_id, app_id)
        return json_response(200, self._shown(org_id, app_id))

    def _update(self, request: Request, key: Any, org_id: str, app_id: str) -> Response:
        there = self._known(self._applications, org_id, app_id)
        body = request.json()
        self._refuse(self._errors(org_id, body, app_id))
        self._remember(org_id)
        base = {name: there[name] for name in _WRITABLE} if self.put_omitted == "keep" else _DEFAULTS
        self._applications[org_id][app_id] = {**self._stored(org_id, app_id, {**base, **body}), "applicationId": app_id, "createdAt": there["createdAt"]}
        if "applicationGroupIds" in body or self.put_omitted == "reset":
            self._leave(org_id, app_id, keep=set(body.get("applicationGroupIds", [])), cascade=self.cascade_on_delink)
            self._join(org_id, app_id, body.get("applicationGroupIds", []))
        return json_response(200, self._shown(org_id, app_id))

    def _delete(self, request: Request, key: Any, org_id: str, app_id: str) -> Response:
        self._known(self._applications, org_id, app_id)
        force = bool(request.json().get("force")) if request.body else False
        errors = []
        if app_id in self.in_rules and not force:
            errors.append("Private application is in use by one or more rules. Use force to delete it")
        if self.delete_linked == "refuse" and self._groups_of(org_id, app_id):
            errors.append("Delink the application from any application groups before deleting the app")
        self._refuse(errors)
        self._remember(org_id)
        self._leave(org_id, app_id, keep=set(), cascade=self.cascade)
        del self._applications[org_id][app_id]
        return self._gone()

    # Groups.

    def _list_groups(self, request: Request, key: Any, org_id: str) -> Response:
        return self._page(request, list(self.groups(org_id).values()), "applicationGroupId")

    def _get_group(self, request: Request, key: Any, org_id: str, group_id: str) -> Response:
        return json_response(200, self._known(self._groups, org_id, group_id))

    def _create_group(self, request: Request, key: Any, org_id: str) -> Response:
        body = request.json()
        errors = self._group_errors(org_id, body, None)
        if len(self._groups.get(org_id, {})) >= LIMIT:
            errors.append(f"A maximum of {LIMIT} private application groups are allowed")
        self._refuse(errors)
        made = self.add_group(org_id, body["name"])
        group = self._groups[org_id][made]
        group["description"] = body.get("description", "")
        group["applicationIds"] = list(dict.fromkeys(body.get("applicationIds", [])))
        return json_response(201, group)

    def _update_group(self, request: Request, key: Any, org_id: str, group_id: str) -> Response:
        group = self._known(self._groups, org_id, group_id)
        body = request.json()
        self._refuse(self._group_errors(org_id, body, group_id))
        group.update({name: body[name] for name in ("name", "description") if name in body})
        if "applicationIds" in body:
            group["applicationIds"] = list(dict.fromkeys(body["applicationIds"]))
        return json_response(200, group)

    def _delete_group(self, request: Request, key: Any, org_id: str, group_id: str) -> Response:
        self._known(self._groups, org_id, group_id)
        force = bool(request.json().get("force")) if request.body else False
        self._refuse(["Private application group is in use by one or more rules"] if group_id in self.rule_groups and not force else [])
        del self._groups[org_id][group_id]
        return self._gone()

    # Rules and storing.

    def _errors(self, org_id: str, body: dict[str, Any], own: str | None) -> list[str]:
        errors = []
        if "name" in body:
            errors += _name_errors(body["name"])
            others = {key: item["name"] for key, item in self._applications.get(org_id, {}).items() if key != own}
            if self._folded(body["name"]) in {self._folded(name) for name in others.values()}:
                errors.append("Application name has already been taken")
        for place, destination in enumerate(body.get("destinations", [])):
            errors += [f"destinations[{place}]: {error}" for error in _destination_errors(destination)]
        if body.get("sni") and not _DOMAIN.match(body["sni"]):
            errors.append("sni is not a valid domain")
        for group_id in body.get("applicationGroupIds", []):
            if group_id not in self._groups.get(org_id, {}):
                errors.append(f"application group {group_id} does not exist")
        return errors

    def _group_errors(self, org_id: str, body: dict[str, Any], own: str | None) -> list[str]:
        errors = _name_errors(body["name"])
        if body["name"] in {item["name"] for key, item in self._groups.get(org_id, {}).items() if key != own}:
            errors.append("Application group name has already been taken")
        errors += [f"application {key} does not exist" for key in body.get("applicationIds", []) if key not in self._applications.get(org_id, {})]
        return errors

    def _folded(self, name: str) -> str:
        return name.casefold() if self.names_ignore_case else name

    def _stored(self, org_id: str, app_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        made = {name: copy.deepcopy(fields[name]) for name in _WRITABLE}
        for destination in made["destinations"]:
            destination["destinationAddr"] = [_canonical(address) for address in destination["destinationAddr"]]
            for pair in destination["protocolPorts"]:
                pair["protocol"] = pair["protocol"].upper()
                pair["ports"] = ",".join(part.strip() for part in pair["ports"].split(","))
        slug = re.sub(r"[^a-z0-9]+", "-", made["name"].lower()).strip("-")
        made["externalFQDN"] = f"https://{slug}-{org_id}.ztna.example.com"
        return {**made, "createdAt": _NOW, "modifiedAt": _NOW}

    def _shown(self, org_id: str, app_id: str) -> dict[str, Any]:
        item = copy.deepcopy(self._applications[org_id][app_id])
        item["applicationGroupIds"] = self._groups_of(org_id, app_id)
        if self.shuffle:
            item["destinations"].reverse()
            item["applicationGroupIds"].reverse()
            for destination in item["destinations"]:
                destination["destinationAddr"].reverse()
                destination["protocolPorts"].reverse()
        return item

    def _groups_of(self, org_id: str, app_id: str) -> list[str]:
        return [key for key, group in self._groups.get(org_id, {}).items() if app_id in group["applicationIds"]]

    def _join(self, org_id: str, app_id: str, group_ids: list[str]) -> None:
        for group_id in group_ids:
            members = self._groups[org_id][group_id]["applicationIds"]
            if app_id not in members:
                members.append(app_id)

    def _leave(self, org_id: str, app_id: str, keep: set[str], cascade: bool) -> None:
        for group_id in self._groups_of(org_id, app_id):
            if group_id not in keep:
                members = self._groups[org_id][group_id]["applicationIds"]
                members.remove(app_id)
                if cascade and not members:
                    del self._groups[org_id][group_id]

    def _known(self, table: dict[str, dict[str, Any]], org_id: str, key: str) -> Any:
        from .meraki import Refusal

        if key not in table.get(org_id, {}):
            raise Refusal(404, "Not found")
        return table[org_id][key]

    def _refuse(self, errors: list[str]) -> None:
        from .meraki import Refusal

        if errors:
            raise Refusal(400, *errors)

    def _remember(self, org_id: str) -> None:
        self._meraki.wrote(f"applications {org_id}", self.applications(org_id))

    def _gone(self) -> Response:
        return Response(204) if self.delete_status == 204 else json_response(200, {})

    def _page(self, request: Request, listed: list[dict[str, Any]], key: str) -> Response:
        by = request.query.get("sortBy", [""])[0]
        if by:
            listed = sorted(listed, key=lambda item: item[by], reverse=request.query.get("sortOrder") == ["desc"])
        elif self.shuffle:
            listed = listed[::-1]
        page, _more, headers = self._meraki.page(request, listed, 10, lambda item: item[key])
        return json_response(200, {"data": page, "meta": {"total": len(listed)}}, headers)


def _name_errors(name: str) -> list[str]:
    if not name.strip() or not all(letter.isalnum() or letter in " -" for letter in name):
        return ["name cannot have any special characters other than spaces and hyphens"]
    return []


def _destination_errors(destination: dict[str, Any]) -> list[str]:
    errors = []
    browser = destination["accessType"] == "browser"
    for address in destination["destinationAddr"]:
        errors += _address_errors(address, browser)
    protocols = [pair["protocol"].upper() for pair in destination["protocolPorts"]]
    if len(protocols) != len(set(protocols)):
        errors.append("protocols must be unique")
    if browser and set(protocols) - {"TCP"}:
        errors.append("only TCP is allowed for browser access")
    for pair in destination["protocolPorts"]:
        for part in pair["ports"].split(","):
            found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", part.strip())
            if not found or not 1 <= int(found[1]) <= int(found[2] or found[1]) <= 65535:
                errors.append(f"ports {pair['ports']!r} are not valid")
    return errors


def _address_errors(address: str, browser: bool) -> list[str]:
    if ":" in address:
        return [f"IPv6 is unsupported: {address}"]
    if not re.fullmatch(r"[\d./]+", address):
        return []
    try:
        network = ipaddress.IPv4Network(address, strict=False)
    except ValueError:
        return [f"not an IPv4 address or CIDR: {address}"]
    return [f"only /32 is allowed for browser access: {address}"] if browser and network.prefixlen != 32 else []


def _canonical(address: str) -> str:
    return f"{address}/32" if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", address) else address
