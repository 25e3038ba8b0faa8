# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What users write for private applications: schema, and rules in words. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import unicodedata

from ..._model.plan import error
from ..._vendors.meraki_options import ARGUMENTS as CONNECTION
from ..._vendors.meraki_options import TASK_ARGUMENTS
from .backend import Backend
from .fields import DEFAULTS, GROUP_KEYS, ID_KEYS, port_error
from .schema import APPLICATION, RESOURCE

_FIELDS: t.Any = APPLICATION["properties"]
_DESTINATION = _FIELDS["destinations"]["items"]
_PAIR = _DESTINATION["properties"]["protocol_ports"]["items"]
_ACCESS: t.Any = RESOURCE["properties"]["access_types"]["items"]["properties"]["type"]
_NAME = {"type": "string", "minLength": 1}

#: One entry of ``config``: the vendor's fields (docs/specs/meraki-secure-connect.openapi.json) without the one that the server
#: generates, the kinds of access that either API has, the application's own id, and groups by name.
SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(ID_KEYS.values(), _NAME),
        "name": {**_FIELDS["name"], "minLength": 1},
        **{key: _FIELDS[key] for key in DEFAULTS},
        "destinations": {
            "type": "array",
            "items": {
                **_DESTINATION,
                "additionalProperties": False,
                "properties": {
                    **_DESTINATION["properties"],
                    "access_type": _ACCESS,
                    "protocol_ports": {"type": "array", "items": {**_PAIR, "additionalProperties": False}},
                },
            },
        },
        **dict.fromkeys(GROUP_KEYS.values(), {**_FIELDS["application_group_ids"], "items": _NAME}),
        "application_groups": {"type": "array", "items": _NAME},
    },
}

#: The options of the module beside those that all have.
ARGUMENTS: dict[str, t.Any] = {
    "config": {
        "type": "list",
        "elements": "dict",
        "options": {
            **dict.fromkeys(ID_KEYS.values(), {"type": "str"}),
            "name": {"type": "str"},
            "description": {"type": "str"},
            "destinations": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "destination_addr": {"type": "list", "elements": "str"},
                    "protocol_ports": {
                        "type": "list",
                        "elements": "dict",
                        "options": {"protocol": {"type": "str"}, "ports": {"type": "str"}},
                    },
                    "access_type": {"type": "str", "choices": ["browser", "network", "client"]},
                },
            },
            "app_protocol": {"type": "str"},
            "sni": {"type": "str"},
            "ssl_verification_enabled": {"type": "bool"},
            "application_groups": {"type": "list", "elements": "str"},
            **dict.fromkeys(GROUP_KEYS.values(), {"type": "list", "elements": "str"}),
        },
    },
    "force": {"type": "bool", "default": False},
    "allow_group_removal": {"type": "bool", "default": False},
    "api": {"type": "str", "default": "auto", "choices": ["auto", *ID_KEYS]},
    "create_groups": {"type": "bool", "default": False},
    "deprecation_warning": {"type": "bool", "default": True},
    **TASK_ARGUMENTS,
    **CONNECTION,
}

_BROWSER_ONLY = ("app_protocol", "sni", "ssl_verification_enabled")
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}(/[0-9]{1,2})?")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
#: A host name, or a pattern of host names. Their rules are the vendor's, so that only what cannot be one is refused.
_HOST = re.compile(r"(\*\.)?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


#: What some programs read as an IPv4 address, though it does not look like one.
_NUMBER = re.compile(r"(0[xX][0-9A-Fa-f]*|[0-9]+)(\.(0[xX][0-9A-Fa-f]*|[0-9]+))*(/[0-9]+)?")


#: In an entry: which keys of the other API it has.
FOREIGN = "foreign"
Known = t.Callable[[str, t.Any], bool]


class DesiredApplication(t.NamedTuple):
    """One application of the config. ``fields`` are those given, with this API's own id, and groups by id alone (absent: no groups were
    given).

    ``lenient``: it came with an id, of whichever API, so that what is there needs not keep the rules. ``keeps_groups``: its groups were
    given by ids of the other API alone, so that nobody knows which ones are meant.
    """

    path: str
    fields: dict[str, t.Any]
    lenient: bool = False
    keeps_groups: bool = False


class Desired(t.NamedTuple):
    """The config by ids. ``errors``: what the list of groups says against it."""

    units: t.Sequence[DesiredApplication] = ()
    errors: tuple[dict[str, str], ...] = ()


def rule_errors(config: t.Any, state: str, backend: Backend | None) -> list[dict[str, str]]:
    """What the contract and the vendor's words forbid, for a config that may break the schema too; without a ``backend`` only what both
    APIs forbid.

    The vendor's words about an entry with an own id wait for the read, but with ``rendered``, which reads nothing.
    """
    errors: list[dict[str, str]] = []
    seen: dict[tuple[str, str], str] = {}
    own = [backend.id_key] if backend else list(ID_KEYS.values())
    for number, entry in enumerate(config):
        if not isinstance(entry, dict):
            continue
        path = f"config[{number}]"
        if not any(key in entry for key in ("name", *own)):
            errors.append(error(f"{path}.name", f"is required, or {' or '.join(own)}"))
        for key in (*own, "name"):
            value = entry.get(key)
            if isinstance(value, str):
                first = seen.setdefault((key, value), path)
                if first != path:
                    says = f"application {value} is listed twice, by {first} too: one entry for one application"
                    errors.append(error(f"{path}.{key}", says))
        if state in ("replaced", "overridden"):
            errors += [error(f"{path}.{key}", f"is required for state {state}") for key in ("name", "destinations") if key not in entry]
        errors += _group_errors(path, entry, backend)
        if state in ("gathered", "deleted"):
            continue
        if state == "rendered" or not any(key in entry for key in ID_KEYS.values()):
            errors += spec_rules(path, entry, backend is not None and backend.strict_browser)
        if backend is not None:
            errors += backend.errors(path, entry, None)
    return errors


def _group_errors(path: str, entry: t.Mapping[str, t.Any], backend: Backend | None) -> list[dict[str, str]]:
    names = entry.get("application_groups")
    return [
        error(f"{path}.application_groups", f"and {key} cannot agree, because one of them is empty")
        for key in ([backend.group_key] if backend else GROUP_KEYS.values())
        if isinstance(names, list) and isinstance(entry.get(key), list) and bool(names) != bool(entry[key])
    ]


def own_keys(config: t.Iterable[t.Mapping[str, t.Any]], backend: Backend) -> list[dict[str, t.Any]]:
    """The config with the ids of this API as ``application_id`` and ``application_group_ids``; under ``FOREIGN`` the keys of the other
    API's, which say nothing here."""
    ours = {backend.id_key: "application_id", backend.group_key: "application_group_ids"}
    foreign = {key for key in (*ID_KEYS.values(), *GROUP_KEYS.values()) if key not in ours}
    return [
        {
            **{ours.get(key, key): value for key, value in entry.items() if key not in foreign},
            FOREIGN: [key for key in entry if key in foreign],
        }
        for entry in config
    ]


def foreign_ids(config: t.Iterable[t.Mapping[str, t.Any]], backend: Backend) -> list[str]:
    """The warning about ids of the other API in what ``own_keys`` returned, if there are any."""
    found = [(number, key) for number, entry in enumerate(config) for key in entry[FOREIGN]]
    if not found:
        return []
    places = ", ".join(f"config[{number}].{key}" for number, key in found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    kept = ". If an entry has only these group ids, the application keeps its groups"
    groups = kept if any(key in GROUP_KEYS.values() for _number, key in found) else ""
    return [f"{places}: ignored, because the organization has {backend.title} and these are ids of the other API. The names count{groups}"]


def spec_rules(
    path: str, fields: t.Mapping[str, t.Any], strict_browser: bool, known: Known = lambda key, value: False
) -> list[dict[str, str]]:
    """The rules that only the spec's words give, ``strict_browser`` as the API has it. ``known`` says of a name, an sni, the destinations
    or one of them that it is there as it is."""
    errors = []
    name, sni = fields.get("name"), fields.get("sni")
    if isinstance(name, str) and not known("name", name):
        errors += name_errors(f"{path}.name", name)
    if isinstance(sni, str) and sni and not known("sni", sni) and not _is_domain(sni):
        errors.append(error(f"{path}.sni", f"{sni!r} is not a domain"))
    destinations = fields.get("destinations")
    if destinations == [] and not known("destinations", destinations):
        errors.append(error(f"{path}.destinations", "must not be empty: an application is what its destinations are"))
    for place, destination in enumerate(destinations if isinstance(destinations, list) else []):
        if isinstance(destination, dict) and not known("destination", destination):
            strict = strict_browser and destination.get("access_type") == "browser"
            errors += _destination_errors(f"{path}.destinations[{place}]", destination, strict)
    return errors


def without_effect(fields: t.Mapping[str, t.Any]) -> list[str]:
    """The options that concern browser access only, where they are set and no destination has it."""
    if any(destination["access_type"] == "browser" for destination in fields["destinations"]):
        return []
    return [key for key in _BROWSER_ONLY if key in fields and fields[key] != DEFAULTS[key]]


def name_errors(path: str, name: str) -> list[dict[str, str]]:
    """What the vendor's words forbid in the name of an application, or of a group of them."""
    # Letters of every script, with the marks that some scripts write beside them.
    odd = sorted({letter for letter in name if letter not in " -" and unicodedata.category(letter)[0] not in "LMN"})
    if odd:
        return [error(path, f"{name!r} holds {' '.join(map(repr, odd))}: no special characters but spaces and hyphens are allowed")]
    if name != name.strip():
        return [error(path, f"{name!r} must not begin or end with a space")]
    return []


def _destination_errors(path: str, destination: t.Mapping[str, t.Any], browser: bool) -> list[dict[str, str]]:
    errors = []
    addresses, pairs = destination.get("destination_addr"), destination.get("protocol_ports")
    for key, value in (("destination_addr", addresses), ("protocol_ports", pairs)):
        if value == []:
            errors.append(error(f"{path}.{key}", "must not be empty"))
    for place, address in enumerate(addresses if isinstance(addresses, list) else []):
        problem = _address_error(address, browser) if isinstance(address, str) else ""
        if problem:
            errors.append(error(f"{path}.destination_addr[{place}]", problem))
    protocols: dict[str, int] = {}
    for place, pair in enumerate(pairs if isinstance(pairs, list) else []):
        if not isinstance(pair, dict):
            continue
        at = f"{path}.protocol_ports[{place}]"
        protocol, ports = pair.get("protocol"), pair.get("ports")
        if isinstance(protocol, str):
            first = protocols.setdefault(protocol.upper(), place)
            if not protocol.strip():
                errors.append(error(f"{at}.protocol", "must not be empty"))
            elif first != place:
                stands = f"{protocol} stands at protocol_ports[{first}] already: protocols must be unique in a destination"
                errors.append(error(f"{at}.protocol", stands))
            elif browser and protocol.upper() != "TCP":
                errors.append(error(f"{at}.protocol", f"{protocol} is not allowed for browser access, which is TCP only"))
        problem = port_error(ports) if isinstance(ports, str) else ""
        if problem:
            errors.append(error(f"{at}.ports", problem))
    return errors


def _address_error(address: str, browser: bool) -> str:
    """What is wrong with an address, in words, or nothing.

    The spec contradicts itself about networks and is silent about host names: both are left to the server, but for networks in browser
    access, where only single addresses are allowed.
    """
    if _IPV4.fullmatch(address):
        try:
            network = ipaddress.IPv4Network(address, strict=False)
        except ValueError:
            return f"{address!r} is not an IPv4 address or network"
        single = network.prefixlen == 32
        return f"{address!r}: only single addresses (/32) are allowed for browser access" if browser and not single else ""
    if _is_ipv6(address):
        return f"{address!r}: IPv6 is not supported"
    if _NUMBER.fullmatch(address):
        numbers = address.partition("/")[0].split(".")
        if all(number in ("0", number.lstrip("0")) for number in numbers):
            return f"{address!r} is not an IPv4 address or network: it has {len(numbers)} numbers, and not 4"
        return f"{address!r} reads as a number in hexadecimal or octal notation, and not as a host name: write the address in decimal"
    if _HOST.fullmatch(address) and re.search("[A-Za-z]", address):
        return ""
    return f"{address!r} is neither an IPv4 address, nor a network such as 10.0.0.0/24, nor a host name"


def _is_ipv6(address: str) -> bool:
    try:
        return bool(ipaddress.IPv6Network(address, strict=False))
    except ValueError:
        return False


def _is_domain(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return len(text) <= 253 and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
