# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices and device groups of ESET's mock server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .eset_errors import invalid, not_found, refusal
from .web import Request, Response, json_response

if TYPE_CHECKING:
    from .eset import Eset

#: The group All, the same in every tenant; only its name is localised.
ROOT = "00000000-0000-0000-7001-000000000001"


#: What a group may stand for (spec, v1DeviceGroupEntityType).
_ENTITIES = ("UNSPECIFIED", "COMPANY", "MSP", "SITE", "HOUSEHOLD")


class Devices:
    """The tree of groups and the devices in it. The switches that concern them are attributes of ``Eset``."""

    def __init__(self, eset: Eset) -> None:
        self._eset = eset
        self._devices: dict[str, dict[str, Any]] = {}
        self._groups: dict[str, dict[str, Any]] = {ROOT: _group(ROOT, "All", None, True)}
        # Membership beside the group that holds the device: that of dynamic groups.
        self._members: dict[str, list[str]] = {}

    @property
    def root_name(self) -> str:
        """The name of the group All."""
        return str(self._groups[ROOT]["displayName"])

    @root_name.setter
    def root_name(self, name: str) -> None:
        self._groups[ROOT]["displayName"] = name

    def add_group(self, uuid: str, name: str, parent: str | None, static: bool, entity: str = "UNSPECIFIED") -> None:
        """A group below ``parent``."""
        parent = parent or ROOT
        if parent not in self._groups:
            raise ValueError(f"there is no group {parent}")
        self._groups[uuid] = _group(uuid, name, parent, static, entity)

    def add_device(self, uuid: str, name: str, group: str | None) -> None:
        """A device in the static group ``group``."""
        group = group or ROOT
        if group not in self._groups:
            raise ValueError(f"there is no group {group}")
        self._devices[uuid] = {
            "uuid": uuid,
            "displayName": name,
            "parentGroupUuid": group,
            "enrollmentStatus": "DEVICE_ENROLLMENT_STATUS_FINISHED",
            "functionalityStatus": "DEVICE_FUNCTIONALITY_STATUS_OK",
            "isMuted": False,
        }

    def add_member(self, group: str, device: str) -> None:
        """The device is in one more group."""
        if group not in self._groups or device not in self._devices:
            raise ValueError(f"there is no group {group} or no device {device}")
        self._members.setdefault(group, []).append(device)

    def has_device(self, uuid: str) -> bool:
        return uuid in self._devices

    def has_group(self, uuid: str) -> bool:
        return uuid in self._groups

    def state(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        return {
            "deviceGroups": [dict(group) for group in self._groups.values()],
            "devices": [dict(device) for device in self._devices.values()],
            "groupMembers": {group: list(devices) for group, devices in self._members.items()},
        }

    def routes(self) -> dict[str, Callable[..., Response]]:
        """The operations by the ids that the specification gives them."""
        return {
            "DeviceGroups_ListGroups": self._list_groups,
            "DeviceGroups_ListMemberDevices": self._list_members,
            "Devices_ListDevices": self._list_devices,
            "Devices_GetDevice": self._get_device,
            "Devices_BatchGetDevices": self._batch_get,
        }

    def _list_groups(self, request: Request) -> Response:
        return json_response(200, self._eset.lists.page(request, "deviceGroups", lambda: list(self._groups.values())))

    def _list_members(self, request: Request, group: str) -> Response:
        if group not in self._groups:
            raise not_found("There is no such device group.")
        recurse = request.query.get("recurseSubgroups") == ["true"]
        members = self._members_of(self._below(group) if recurse else [group])
        data = self._eset.lists.page(request, "devices", lambda: members)
        return json_response(200, {**data, "totalSize": len(members)})

    def _members_of(self, groups: list[str]) -> list[dict[str, Any]]:
        """One item for each membership: a device in two of the groups is there twice, as the specification says."""
        wanted = set(groups)
        held = [(device["parentGroupUuid"], device["uuid"]) for device in self._devices.values() if device["parentGroupUuid"] in wanted]
        joined = [(group, device) for group in groups for device in self._members.get(group, [])]
        return [
            {"uuid": device, "displayName": self._devices[device]["displayName"], "groupUuid": group} for group, device in held + joined
        ]

    def _below(self, top: str) -> list[str]:
        """The group and all groups below it."""
        children: dict[str, list[str]] = {}
        for group in self._groups.values():
            children.setdefault(group.get("parentGroupUuid", ""), []).append(group["uuid"])
        found = [top]
        for group in found:
            found += children.get(group, [])
        return found

    def _list_devices(self, request: Request) -> Response:
        if self._eset.deployment == "on_prem" and self._eset.on_prem_device_list is not True:
            raise refusal(501, 12, "Method Not Allowed") if self._eset.on_prem_device_list == 501 else not_found()
        return json_response(200, self._eset.lists.page(request, "devices", lambda: self._filtered(request)))

    def _filtered(self, request: Request) -> list[dict[str, Any]]:
        listed = list(self._devices.values())
        names = set(request.query.get("displayNames", []))
        if names:
            listed = [device for device in listed if device["displayName"] in names]
        status = request.query.get("functionalityStatus", [""])[0]
        if status and not status.endswith("_UNSPECIFIED"):
            listed = [device for device in listed if device["functionalityStatus"] == status]
        muted = request.query.get("isMuted", [""])[0]
        if muted:
            listed = [device for device in listed if device["isMuted"] == (muted == "true")]
        return listed

    def _get_device(self, request: Request, uuid: str) -> Response:
        return json_response(200, {"device": self._known(uuid)})

    def _batch_get(self, request: Request) -> Response:
        uuids = request.query.get("devicesUuids", [])
        if not uuids:
            raise invalid("devicesUuids must not be empty")
        return json_response(200, {"devices": [self._known(uuid) for uuid in uuids]})

    def _known(self, uuid: str) -> dict[str, Any]:
        if uuid not in self._devices:
            raise not_found("There is no such device.")
        return self._devices[uuid]


def _group(uuid: str, name: str, parent: str | None, static: bool, entity: str = "UNSPECIFIED") -> dict[str, Any]:
    if entity not in _ENTITIES:
        raise ValueError(f"there is no entity {entity}")
    group = {"uuid": uuid, "displayName": name, "isSecurityGroup": static, "linkedEntityType": f"DEVICE_GROUP_ENTITY_TYPE_{entity}"}
    return group if parent is None else {**group, "parentGroupUuid": parent}
