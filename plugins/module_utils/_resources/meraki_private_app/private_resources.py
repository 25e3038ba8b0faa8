# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Secure Connect's private resources, the successor of private applications (beta).

How a resource may be reached is said once for all its addresses, where an application says it for each destination. So the destinations of
an application are a resource's blocks of addresses, each with each kind of access; and a resource can be made of destinations only where
each kind of access has the same of them.
"""

from __future__ import annotations

import re
import time
import typing as t
from collections import Counter
from urllib.parse import quote

from ..._http.errors import ApiError
from ..._model.documented import Shape
from ..._model.plan import canonical_json, error
from .backend import Error, Listed
from .fields import DEFAULTS, GROUP_KEYS, ID_KEYS, KEPT, Application, normal_destination, pairs_from_api, pairs_to_api
from .private_applications import NotThere

if t.TYPE_CHECKING:
    from ..._vendors.meraki import Meraki

_PATH = "/secureConnect/privateResources"
_GROUPS = "/secureConnect/privateResourceGroups"
#: The kinds of access, in the order in which destinations list them.
_TYPES = ("browser", "client", "network")
#: Listed with every resource of the sister API, and never sent there.
_NEVER_SENT = "branch"
#: What the API documents of its answers (docs/specs/meraki-private-resources.openapi.json). There is no way to read one resource, so that
#: what the list leaves out cannot be had.
_RESOURCE = Shape(
    "a private resource",
    resourceId="id!",
    name="text!",
    description="text",
    accessTypes="objects!",
    resourceAddresses="objects!",
    resourceGroupIds="ids",
    dnsServerId="word",
    certificateId="word",
    deletedAt="text",
)
_ACCESS = Shape("an access type", type="text!", reachableAddresses="texts")
_BLOCK = Shape("an element of resourceAddresses", destinationAddr="texts", protocolPorts="objects")
_META = Shape("meta", total="number")
_GROUP = Shape("a private resource group", resourceGroupId="id!", name="text!", resourceIds="ids")
_ERROR_MESSAGE = re.compile("umbrella.*ErrorMessage")
_READ_ONLY = {"dnsServerId": "DNS server", "certificateId": "certificate"}
_DEFAULTS = {"description": DEFAULTS["description"]}
_SHOWN = 5


class Resources:
    """The API as planning sees it."""

    name = "private_resources"
    title = "private resources"
    id_key = ID_KEYS[name]
    group_key = GROUP_KEYS[name]
    defaults = _DEFAULTS
    limit: int | None = None
    strict_browser = False
    can_force = False
    reads_one = False
    groups_path = _GROUPS
    warning = (
        "Private resources are a beta of Secure Connect's early-access API: it may change without notice (deprecation_warning: false, in "
        "the task or in the entry of secops_policy, turns this warning off)"
    )

    def __init__(self) -> None:
        self._lists = _Lists()

    def path(self, application_id: str | None = None) -> str:
        return _PATH + (f"/{quote(application_id, safe='')}" if application_id is not None else "")

    def from_api(self, item: t.Mapping[str, t.Any]) -> Application:
        where = f" of the private resource {_RESOURCE.check(item)['resourceId']}"
        access = [_ACCESS.check(one, where) for one in item["accessTypes"]]
        types = {one["type"].lower() for one in access}
        blocks = [
            {
                "destination_addr": list(_BLOCK.check(block, where).get("destinationAddr") or []),
                "protocol_ports": pairs_from_api(block.get("protocolPorts") or [], where),
            }
            for block in item["resourceAddresses"]
        ]
        destinations = [{**block, "access_type": kind} for block in blocks for kind in _TYPES if kind in types]
        return {
            "application_id": str(item["resourceId"]),
            "name": item["name"],
            "description": item.get("description") or "",
            "destinations": destinations,
            "application_group_ids": [str(group) for group in item.get("resourceGroupIds") or []],
            KEPT: {
                "accessTypes": [one for one in access if one["type"].lower() != _NEVER_SENT],
                "resourceAddresses": item["resourceAddresses"],
                "blocks": _blocks(destinations),
                **{key: str(item.get(key) or "") for key in _READ_ONLY},
                "problem": _problem(item),
            },
        }

    def to_api(self, fields: t.Mapping[str, t.Any], new: bool = False) -> dict[str, t.Any]:
        body = {"name": fields["name"], "description": fields["description"], "resourceGroupIds": list(fields["application_group_ids"])}
        if new:
            body = {key: value for key, value in body.items() if value not in ("", [])}
        kept = fields.get(KEPT, {"accessTypes": [], "resourceAddresses": [], "blocks": None})
        destinations = fields["destinations"]
        if not destinations:
            # Nothing here says how such a resource is reached: it stays as it is.
            return {**body, "accessTypes": kept["accessTypes"], "resourceAddresses": kept["resourceAddresses"]}
        types = {destination["access_type"] for destination in destinations}
        first = destinations[0]["access_type"]
        known = {one["type"].lower(): one for one in kept["accessTypes"]} if _blocks(destinations) == kept["blocks"] else {}
        unknown = [one for one in kept["accessTypes"] if one["type"].lower() not in _TYPES]
        # The addresses that a client reaches are filled in by the server: they go back as long as the others are what they were.
        access = [known.get(kind, {"type": kind}) for kind in _TYPES if kind in types]
        blocks = [
            {"destinationAddr": list(destination["destination_addr"]), "protocolPorts": pairs_to_api(destination)}
            for destination in destinations
            if destination["access_type"] == first
        ]
        return {**body, "accessTypes": access + unknown, "resourceAddresses": blocks}

    def deletion(self, force: bool) -> t.Any:
        return None

    def errors(self, path: str, given: t.Mapping[str, t.Any], existing: Application | None) -> list[Error]:
        destinations = given.get("destinations")
        if destinations is None and existing is not None:
            destinations = existing["destinations"]
        found = [one for one in destinations if _is_destination(one)] if isinstance(destinations, list) else []
        errors = []
        if any(one["access_type"] == "browser" for one in found):
            errors += [
                error(f"{path}.{key}", "private resources do not have it: leave it out, or set it where the vendor keeps it (Umbrella)")
                for key, default in DEFAULTS.items()
                if key != "description" and given.get(key, default) != default
            ]
        if found and len(found) == len(destinations or []):
            errors += _uneven(path, found)
        if found and existing is not None and _is_unknown(existing):
            types = ", ".join(one["type"] for one in existing[KEPT]["accessTypes"])
            says = f"cannot be changed: {existing['name']!r} is reached in a way that is not known here ({types})"
            errors.append(error(f"{path}.destinations", says))
        return errors

    def advice(self, path: str, given: t.Mapping[str, t.Any], existing: Application | None) -> list[str]:
        known = set() if existing is None else {canonical_json(normal_destination(one)) for one in existing["destinations"]}
        new = [
            (place, one) for place, one in enumerate(given.get("destinations", [])) if canonical_json(normal_destination(one)) not in known
        ]
        warnings = [
            f"{path}.destinations[{place}]: host names may not work with network access, says the vendor's guide: {', '.join(names)}"
            for place, one in new
            for names in [[address for address in one["destination_addr"] if re.search("[A-Za-z]", address)]]
            if names and one["access_type"] == "network"
        ]
        others = [one["type"] for one in existing[KEPT]["accessTypes"] if one["type"].lower() not in _TYPES] if existing else []
        if new and others:
            which = ", ".join(others)
            warnings.append(
                f"{path}.destinations: {existing and existing['name']!r} is also reached by {which}, which gets these addresses too"
            )
        return warnings

    def told(self, data: t.Any) -> Application | None:
        return self.from_api(data) if isinstance(data, dict) and "resourceId" in data else None

    def hidden_failure(self, data: t.Any) -> str:
        problem = _problem(data) if isinstance(data, dict) else ""
        return f"it went wrong behind this API: {problem}" if problem else ""

    def failures(self, before: Application | None, now: Application) -> list[str]:
        kept = now[KEPT]
        found = [f"it went wrong behind this API: {kept['problem']}"] if kept["problem"] else []
        if before is not None:
            for key, what in _READ_ONLY.items():
                if before[KEPT][key] and kept[key] != before[KEPT][key]:
                    found.append(f"it has lost its {what} ({before[KEPT][key]}): set it again in the dashboard")
        return found

    def remarks(self, applications: t.Iterable[Application], written: t.Iterable[Application]) -> list[str]:
        ids = {item.get("application_id") for item in written}
        found = list(applications)
        broken = [item for item in found if item[KEPT]["problem"] and item["application_id"] not in ids]
        bound = [item for item in found if item["application_id"] in ids and any(item[KEPT][key] for key in _READ_ONLY)]
        unknown = [item for item in found if _is_unknown(item)]
        texts = []
        if broken:
            texts.append(f"something is wrong behind this API with {_some(broken, lambda item: ': ' + item[KEPT]['problem'])}")
        if bound:
            texts.append(
                f"a DNS server or a certificate, which this API only reads, belongs to {_some(bound)}: whether an update keeps it is not "
                "documented, and is checked after the write"
            )
        if unknown:
            texts.append(f"no kind of access that is known here: {_some(unknown)}")
        return texts

    def read(self, api: Meraki) -> Listed:
        whole = self._lists.whole(api)
        counted = whole.counted
        if any(item.get("resourceGroupIds") is None for item in whole.items):
            # Nothing requires the field. Taken for empty where it is left out, the next PUT would end memberships.
            groups = self._lists.groups(api)
            counted = False
            for item in whole.items:
                if item.get("resourceGroupIds") is None:
                    own = str(item["resourceId"])
                    item["resourceGroupIds"] = [
                        group["resourceGroupId"] for group in groups if own in map(str, group.get("resourceIds") or [])
                    ]
        listed = {item["application_id"]: item for item in map(self.from_api, self._lists.present(whole.items))}
        return Listed(listed, counted, whole.since)

    def groups(self, api: Meraki) -> list[tuple[str, str]]:
        return [(str(item["resourceGroupId"]), item["name"]) for item in self._lists.groups(api)]

    def group_body(self, name: str) -> dict[str, t.Any]:
        return {"name": name, "resourceIds": []}

    def group_id(self, name: str, data: t.Any) -> str:
        # The group alone, or all of them: that is not documented.
        return next((str(item["resourceGroupId"]) for item in map(_GROUP.check, data["data"]) if item["name"] == name), "") or _missing(
            name
        )


class _Whole(t.NamedTuple):
    items: list[dict[str, t.Any]]
    counted: bool
    since: float


class _Lists:
    """Reads the lists of one organization, and remembers what it takes."""

    def __init__(self) -> None:
        self._size: dict[str, t.Any] = {"perPage": 1000}
        #: Resources that were read without a time of deletion.
        self._undated: set[str] = set()

    def groups(self, api: Meraki) -> list[dict[str, t.Any]]:
        """Every group; the API has no pages of them."""
        return [_GROUP.check(item) for page in api.pages(api.path(_GROUPS), {}) for item in _data(api, _GROUPS, page)]

    def present(self, items: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        """What is there. What a time of deletion means is not documented, and the vendor's example shows one on an ordinary resource: only
        what this run has read without one before is gone, and what has the name of another that has none."""
        undated = [item for item in items if not item.get("deletedAt")]
        names = {item["name"] for item in undated}
        gone = set(self._undated)
        self._undated |= {str(item["resourceId"]) for item in undated}
        dated = [item for item in items if item.get("deletedAt") and str(item["resourceId"]) not in gone and item["name"] not in names]
        return undated + dated

    def whole(self, api: Meraki) -> _Whole:
        """Every page: by ``Link`` where there is one, else, as long as fewer came than there are, from the last name on."""
        found: dict[str, dict[str, t.Any]] = {}
        total: t.Any = None
        since, name = 0.0, ""
        while True:
            known = len(found)
            for page in self._pages(api, name):
                since = since or time.monotonic()
                for item in map(_RESOURCE.check, _data(api, _PATH, page)):
                    found.setdefault(str(item["resourceId"]), item)
                    name = item["name"]
                total = _META.check(page.get("meta") or {}, f" of {_PATH}").get("total")
            if total is None or len(found) >= total:
                return _Whole(list(found.values()), len(found) == total, since)
            if len(found) == known:
                raise ApiError(
                    f"GET {api.path(_PATH)}: the list has {len(found)} of {total} items, and the page after {name!r} has no others. "
                    "Nothing can be planned from an incomplete list"
                )

    def _pages(self, api: Meraki, name: str) -> t.Iterator[t.Any]:
        read = False
        try:
            for page in api.pages(api.path(_PATH), {**self._size, **({"startingAfter": name} if name else {})}):
                read = True
                yield page
        except ApiError as problem:
            if read or name or problem.status not in (400, 404) or problem.status == 400 and not self._size:
                raise
            if problem.status == 404:
                raise NotThere(problem.message, 404, problem.data) from None
            # Which sizes there are is not documented, and early versions took no parameters.
            self._size = {}
            yield from self._pages(api, name)


def _data(api: Meraki, tail: str, page: t.Any) -> list[t.Any]:
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        raise ApiError(f"GET {api.path(tail)}: the answer is not the list that the API documents")
    return t.cast("list[t.Any]", page["data"])


def _is_unknown(item: Application) -> bool:
    """Whether it is reached, and in no way that is known here."""
    types = {one["type"].lower() for one in item[KEPT]["accessTypes"]}
    return bool(types) and types.isdisjoint(_TYPES)


def _missing(name: str) -> t.NoReturn:
    raise KeyError(name)


def _problem(item: t.Mapping[str, t.Any]) -> str:
    """What the API says to have gone wrong in Umbrella, which it writes to."""
    return "; ".join(f"{value}".strip() for key, value in item.items() if _ERROR_MESSAGE.fullmatch(key) and f"{value or ''}".strip())


def _blocks(destinations: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """The blocks of addresses in destinations of which each kind of access has the same, in a form to compare."""
    first = destinations[0]["access_type"] if destinations else ""
    return sorted(canonical_json(normal_destination(one)[1:]) for one in destinations if one["access_type"] == first)


def _is_destination(one: t.Any) -> bool:
    """Whether it keeps the schema as far as it is looked at here."""
    if not isinstance(one, dict) or one.get("access_type") not in _TYPES:
        return False
    addresses, pairs = one.get("destination_addr"), one.get("protocol_ports")
    if not isinstance(addresses, list) or not isinstance(pairs, list) or not all(isinstance(address, str) for address in addresses):
        return False
    return all(isinstance(pair, dict) and all(isinstance(pair.get(key), str) for key in ("protocol", "ports")) for pair in pairs)


def _uneven(path: str, destinations: t.Sequence[t.Mapping[str, t.Any]]) -> list[Error]:
    """The error about destinations that not every kind of access has alike."""
    blocks = [canonical_json(normal_destination(one)[1:]) for one in destinations]
    by_type = {kind: Counter(block for block, one in zip(blocks, destinations) if one["access_type"] == kind) for kind in _TYPES}
    counts = [count for count in by_type.values() if count]
    differ = [
        f"destinations[{place}] ({one['access_type']})"
        for place, (block, one) in enumerate(zip(blocks, destinations))
        if any(count[block] != counts[0][block] for count in counts)
    ]
    if not differ:
        return []
    says = (
        "a private resource has the same addresses and ports for every kind of access, and these differ: "
        f"{', '.join(differ)}. Write an entry with a name of its own for each kind of access"
    )
    return [error(f"{path}.destinations", says)]


def _some(items: t.Sequence[Application], more: t.Callable[[Application], str] = lambda item: "") -> str:
    listed = "; ".join(f"{item['name']!r} ({item['application_id']}){more(item)}" for item in items[:_SHOWN])
    return listed + (f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else "")
