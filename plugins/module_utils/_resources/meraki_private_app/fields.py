# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""An application: its fields, whichever API it is behind, and the form in which two of them are equal. Pure.

Inside of this folder an application's id is ``application_id`` and those of its groups are ``application_group_ids``, also where the API
calls it a resource; in ``config`` and in results each API has its own keys for them, so that an id is never taken for another API's.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ..._model.documented import Shape

Application = dict[str, t.Any]
#: The keys of an application's own id and of its groups' ids in ``config``, by API.
ID_KEYS = {"private_applications": "application_id", "private_resources": "resource_id"}
GROUP_KEYS = {"private_applications": "application_group_ids", "private_resources": "resource_group_ids"}
#: The most private applications of an organization (spec, createOrganizationSecureConnectPrivateApplication), and as many groups. For
#: private resources no limit is documented.
LIMIT = 300
#: The attributes that can be written, with their defaults. All but the description concern browser access, and private applications only.
DEFAULTS: dict[str, t.Any] = {"description": "", "app_protocol": "", "sni": "", "ssl_verification_enabled": True}
#: In an application, what its API has beside these fields and needs back; never shown, and never compared.
KEPT = "kept"
#: As both APIs document it.
_PAIR = Shape("an element of protocolPorts", protocol="text", ports="word")
_PORTS = re.compile(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?")


def own_id(unit: t.Mapping[str, t.Any]) -> str | None:
    """An application's id, as whichever API's it is listed; None where it has none yet."""
    return next((str(unit[key]) for key in ID_KEYS.values() if key in unit), None)


def group_ids(unit: t.Mapping[str, t.Any]) -> list[str]:
    """The ids of an application's groups, as whichever API's they are listed."""
    return next((unit[key] for key in GROUP_KEYS.values() if unit.get(key)), [])


def pairs_from_api(pairs: t.Iterable[t.Any], where: str) -> list[dict[str, str]]:
    """Protocols with their ports, as both APIs give them. Raises ``Undocumented``."""
    checked = [_PAIR.check(pair, where) for pair in pairs]
    return [{"protocol": str(pair.get("protocol") or ""), "ports": str(pair.get("ports") or "")} for pair in checked]


def pairs_to_api(destination: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """Protocols with their ports, as both APIs take them."""
    return [{"protocol": pair["protocol"], "ports": pair["ports"]} for pair in destination["protocol_ports"]]


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
        "application_group_ids": sorted(set(group_ids(fields))),
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
