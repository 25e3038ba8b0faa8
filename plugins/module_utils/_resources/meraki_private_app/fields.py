# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""An application: its fields as ``config`` and the API have them, and the form in which two of them are equal. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from urllib.parse import quote

from ..._model.documented import Shape

Application = dict[str, t.Any]
#: What this API is called where it matters which one it is: in a plan's digest.
API = "private_applications"
#: The most applications of an organization (spec, createOrganizationSecureConnectPrivateApplication).
LIMIT = 300
APPLICATIONS = "/secureConnect/privateApplications"
#: The attributes that can be written, with their defaults; externalFQDN is the server's own, never sent and never compared (spec).
DEFAULTS: dict[str, t.Any] = {"description": "", "app_protocol": "", "sni": "", "ssl_verification_enabled": True}
_API = {
    "application_id": "applicationId",
    "name": "name",
    "description": "description",
    "destinations": "destinations",
    "app_protocol": "appProtocol",
    "sni": "sni",
    "ssl_verification_enabled": "sslVerificationEnabled",
    "application_group_ids": "applicationGroupIds",
    "destination_addr": "destinationAddr",
    "protocol_ports": "protocolPorts",
    "protocol": "protocol",
    "ports": "ports",
    "access_type": "accessType",
}
_PORTS = re.compile(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?")


def path(application_id: str | None = None) -> str:
    """The path of the applications, or of one, below the organization."""
    return APPLICATIONS + (f"/{quote(application_id, safe='')}" if application_id is not None else "")


#: What the API documents of its answers (docs/specs/meraki-secure-connect.openapi.json).
APPLICATION_SHAPE = Shape(
    "an application",
    applicationId="id!",
    name="text!",
    description="text",
    destinations="objects",
    appProtocol="text",
    sni="text",
    sslVerificationEnabled="flag",
    applicationGroupIds="ids",
)
_DESTINATION = Shape("a destination", destinationAddr="texts", protocolPorts="objects", accessType="text")
_PAIR = Shape("an element of protocolPorts", protocol="text", ports="word")


def from_api(item: t.Mapping[str, t.Any]) -> Application:
    """An application as the API gives it, with the fields of ``config``. Raises ``Undocumented``."""
    where = f" of the application {APPLICATION_SHAPE.check(item)['applicationId']}"
    for destination in item.get("destinations") or []:
        for pair in _DESTINATION.check(destination, where).get("protocolPorts") or []:
            _PAIR.check(pair, where)
    return {
        "application_id": str(item["applicationId"]),
        "name": item["name"],
        "description": item.get("description") or "",
        "destinations": [
            {
                "destination_addr": list(destination.get("destinationAddr") or []),
                "protocol_ports": [
                    {"protocol": str(pair.get("protocol") or ""), "ports": str(pair.get("ports") or "")}
                    for pair in destination.get("protocolPorts") or []
                ],
                # As config has to write it, whatever the server's case.
                "access_type": str(destination.get("accessType") or "").lower(),
            }
            for destination in item.get("destinations") or []
        ],
        "app_protocol": item.get("appProtocol") or "",
        "sni": item.get("sni") or "",
        "ssl_verification_enabled": item.get("sslVerificationEnabled") is not False,
        "application_group_ids": [str(group) for group in item.get("applicationGroupIds") or []],
    }


def to_api(fields: t.Mapping[str, t.Any], new: bool = False) -> dict[str, t.Any]:
    """The body of a request. A PUT carries every writable field, for what it does to an omitted one is not documented; a new
    application is sent without those that are empty."""
    keys = ("name", *DEFAULTS, "application_group_ids")
    body = {_API[key]: fields[key] for key in keys if key in fields and not (new and fields[key] in ("", []))}
    body["destinations"] = [
        {
            "destinationAddr": list(destination["destination_addr"]),
            "protocolPorts": [{"protocol": pair["protocol"], "ports": pair["ports"]} for pair in destination["protocol_ports"]],
            "accessType": destination["access_type"],
        }
        for destination in fields["destinations"]
    ]
    return body


def without_spaces(fields: dict[str, t.Any]) -> dict[str, t.Any]:
    """An application whose ports have no spaces, as people write them after a comma: whether the server takes them is not documented."""
    if "destinations" not in fields:
        return fields
    destinations = [
        {**destination, "protocol_ports": [{**pair, "ports": re.sub(r"\s+", "", pair["ports"])} for pair in destination["protocol_ports"]]}
        for destination in fields["destinations"]
    ]
    return {**fields, "destinations": destinations}


def normal(fields: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The form in which two applications are equal when nothing differs that matters; JSON data."""
    form: dict[str, t.Any] = {
        "name": fields["name"],
        "description": fields.get("description") or "",
        "destinations": sorted(map(normal_destination, fields["destinations"])),
        "application_group_ids": sorted(set(fields.get("application_group_ids") or [])),
    }
    # These concern browser access only (spec): where there is none the server may keep or drop them.
    if any(destination["access_type"].lower() == "browser" for destination in fields["destinations"]):
        form["app_protocol"] = (fields.get("app_protocol") or "").lower()
        form["sni"] = (fields.get("sni") or "").lower()
        form["ssl_verification_enabled"] = fields.get("ssl_verification_enabled") is not False
    return form


def normal_destination(destination: t.Mapping[str, t.Any]) -> list[t.Any]:
    """A destination with addresses and ports as sets, protocols in upper case, the access type in lower case."""
    return [
        destination["access_type"].lower(),
        sorted({normal_address(address) for address in destination["destination_addr"]}),
        sorted([pair["protocol"].upper(), normal_ports(pair["ports"])] for pair in destination["protocol_ports"]),
    ]


def normal_address(address: str) -> str:
    """A bare IPv4 address is its /32; anything that is no IPv4 network stays as it is, in lower case."""
    try:
        return str(ipaddress.IPv4Network(address.strip(), strict=False))
    except ValueError:
        return address.strip().lower()


def normal_ports(ports: str) -> str:
    """Ports and ranges, each once, in order; what cannot be read stays as it is."""
    ranges = set()
    for part in ports.split(","):
        found = _PORTS.fullmatch(part.strip())
        if not found:
            return ports.strip()
        ranges.add((int(found[1]), int(found[2] or found[1])))
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in sorted(ranges))


def port_error(ports: str) -> str:
    """What is wrong with ``ports`` (spec: comma-separated ports and ranges, 1-65535), in words, or nothing."""
    for part in ports.split(","):
        found = _PORTS.fullmatch(part.strip())
        if not found:
            return f"{part.strip()!r} is neither a port nor a range such as 8000-8080; several are separated by commas"
        low, high = int(found[1]), int(found[2] or found[1])
        if not (1 <= low <= 65535 and 1 <= high <= 65535):
            return f"{part.strip()!r}: ports are 1 to 65535"
        if low > high:
            return f"{part.strip()!r}: a range's start must not be above its end"
    return ""
