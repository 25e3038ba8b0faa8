# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Tenants as hosts: which ones, under which names, with which variables. Pure."""

from __future__ import annotations

import typing as t
import unicodedata
from collections import Counter
from fnmatch import fnmatchcase

from ...module_utils._model.documented import Shape

#: Names that no host may have: groups that are always there, and what Ansible takes for this machine.
RESERVED = frozenset(("all", "ungrouped", "localhost", "127.0.0.1", "::1"))
#: The entity of a group that is an MSP's customer (spec, v1DeviceGroupEntityType).
_COMPANY = "DEVICE_GROUP_ENTITY_TYPE_COMPANY"

_ORGANIZATION = Shape("an organization", url="text", api="object", licensing="object", cloud="object", management="object")
_API = Shape("the api of an organization", enabled="flag")
_LICENSING = Shape("the licensing of an organization", model="text")
_CLOUD = Shape("the cloud of an organization", region="object")
_REGION = Shape("the region of an organization", name="text")
_MANAGEMENT = Shape("the management of an organization", details="objects")
_DETAIL = Shape("a detail of an organization's management", name="text", value="word")
_GROUP = Shape("a device group", linkedEntityType="text")


class Tenant(t.NamedTuple):
    """An organization of Meraki's, or a company group of ESET's. ``details`` is what a vendor says of it besides."""

    vendor: str
    id: str
    name: str
    enabled: bool
    details: dict[str, str]


def organizations(listed: t.Iterable[dict[str, t.Any]]) -> list[Tenant]:
    """The tenants of Meraki's list of organizations. Raises ``Undocumented``."""
    found = []
    for item in listed:
        _ORGANIZATION.check(item)
        region = _REGION.check(_CLOUD.check(item.get("cloud") or {}).get("region") or {})
        managed = map(_DETAIL.check, _MANAGEMENT.check(item.get("management") or {}).get("details") or [])
        details = {
            "region": region.get("name") or "",
            "licensing": _LICENSING.check(item.get("licensing") or {}).get("model") or "",
            "msp_id": next((str(detail["value"]) for detail in managed if detail.get("name") == "MSP ID" and detail.get("value")), ""),
            "url": item.get("url") or "",
        }
        enabled = _API.check(item.get("api") or {}).get("enabled")
        found.append(Tenant("meraki", str(item["id"]), item["name"], enabled is not False, details))
    return found


def companies(groups: t.Iterable[dict[str, t.Any]]) -> list[Tenant]:
    """The tenants of ESET's list of device groups: the groups that are a company. Raises ``Undocumented``."""
    listed = [group for group in map(_GROUP.check, groups) if group.get("linkedEntityType") == _COMPANY]
    return [Tenant("eset", str(group["uuid"]), group.get("displayName") or "", True, {}) for group in listed]


def in_order(tenants: t.Iterable[Tenant]) -> list[Tenant]:
    """Each tenant once, in an order that is always the same: what is paged while somebody adds to it may be listed twice."""
    once = {(tenant.vendor, tenant.id): tenant for tenant in tenants}
    return sorted(once.values(), key=lambda tenant: (tenant.vendor != "meraki", tenant.name, tenant.id))


def stored(tenants: t.Iterable[Tenant]) -> list[dict[str, t.Any]]:
    """The tenants as a cache holds them."""
    return [tenant._asdict() for tenant in tenants]


def restored(data: t.Any) -> list[Tenant] | None:
    """The tenants that a cache holds; None where that is anything else."""
    try:
        return [
            Tenant(
                str(item["vendor"]), str(item["id"]), str(item["name"]), item["enabled"] is True,
                {str(key): str(value) for key, value in item["details"].items()},
            )
            for item in data
        ]  # fmt: skip
    except (AttributeError, KeyError, TypeError):
        return None


def selected(
    tenants: t.Iterable[Tenant], include: t.Sequence[str], exclude: t.Sequence[str], api_disabled: bool
) -> tuple[list[Tenant], list[str]]:
    """Those of the tenants that are meant, and a warning for each pattern that matches none."""
    everything = list(tenants)
    unused = [
        f"{option} holds {pattern!r}, which matches no tenant's name or id"
        for option, patterns in (("include", include), ("exclude", exclude))
        for pattern in patterns
        if not any(_matches(tenant, [pattern]) for tenant in everything)
    ]
    found = [
        tenant
        for tenant in everything
        if (not include or _matches(tenant, include)) and not _matches(tenant, exclude) and (tenant.enabled or api_disabled)
    ]
    return found, unused


def host_names(tenants: t.Sequence[Tenant], preferences: t.Sequence[str], reserved: t.Collection[str]) -> list[str]:
    """A name for each tenant: what is preferred of it, with its id appended where that is empty, is reserved or fits several tenants.

    Raises ``ValueError``, in words, where even that is not enough.
    """
    names = [_preferred(tenant, preferences) for tenant in tenants]
    left = set(range(len(names)))
    while True:
        count = Counter(names)
        wrong = [number for number, name in enumerate(names) if not name or name in reserved or count[name] > 1]
        again = [number for number in wrong if number in left]
        if not again:
            break
        for number in again:
            left.discard(number)
            names[number] = "_".join(filter(None, [names[number], safe_name(tenants[number].id)]))
    if wrong:
        what = "a group has that name" if names[wrong[0]] in reserved else "another tenant has that name"
        raise ValueError(f"the host name {names[wrong[0]]!r} cannot be given, not even with the tenant's id in it: {what}")
    return names


def safe_name(text: str) -> str:
    """What a host name keeps of a text: letters, digits, space and ``._-``. Ansible renders host names, so that they hold nothing else."""
    whole = unicodedata.normalize("NFC", text)
    return "".join(letter if letter.isalpha() or letter.isdecimal() or letter in " ._-" else "_" for letter in whole).strip()


def variables(tenant: Tenant, connection: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The variables of a tenant's host. ``connection``: those that say where it is."""
    shown = {"vendor": tenant.vendor, "id": tenant.id, "name": tenant.name, **tenant.details}
    if tenant.vendor == "meraki":
        return {"meraki_organization_id": tenant.id, **connection, "secops_tenant": shown}
    return {"eset_scope": {"device_group_uuid": tenant.id}, **connection, "secops_tenant": shown}


def _matches(tenant: Tenant, patterns: t.Sequence[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns for text in (tenant.name, tenant.id))


def _preferred(tenant: Tenant, preferences: t.Sequence[str]) -> str:
    texts = {"name": safe_name(tenant.name), "id": safe_name(tenant.id)}
    return next((texts[preference] for preference in preferences if texts[preference]), "")
