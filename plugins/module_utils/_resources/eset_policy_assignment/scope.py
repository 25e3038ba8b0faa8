# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The part of a tenant that a task is limited to: a device group and everything below it. Pure."""

from __future__ import annotations

import typing as t

from ..._model.lookup import Index
from ..._model.plan import ValidationErrors, error
from .config import Target

#: How a message about a name that does not exist goes on.
WHERE = " in the scope"


class Scope(t.NamedTuple):
    """A device group, the groups below it and itself, and the devices in them (None: they were not read)."""

    uuid: str
    groups: Index
    devices: Index | None = None

    def holds(self, target: Target) -> bool:
        """Whether a target is inside. Subscriptions belong to no group, and so to no scope."""
        index = {"device_group_uuid": self.groups, "device_uuid": self.devices}.get(target.kind)
        return index is not None and target.uuid in index.names


def subtree(uuid: str, groups: t.Iterable[t.Mapping[str, t.Any]]) -> set[str]:
    """The ids of a group and of all groups below it."""
    children: dict[str, list[str]] = {}
    for group in groups:
        children.setdefault(str(group.get("parentGroupUuid") or ""), []).append(str(group["uuid"]))
    found, left = {uuid}, [uuid]
    while left:
        below = [child for child in children.get(left.pop(), []) if child not in found]
        found.update(below)
        left += below
    return found


def top(given: t.Mapping[str, t.Any], groups: Index) -> str:
    """The id of the group that the option ``scope`` means. Raises ``ValidationErrors``."""
    fields = {"device_group_uuid": given["device_group_uuid"]} if given.get("device_group_uuid") else {}
    problem = groups.settle("scope", "device_group_uuid", fields, given.get("device_group"))
    if problem:
        raise ValidationErrors([problem])
    return str(fields["device_group_uuid"])


def option_errors(given: t.Mapping[str, t.Any] | None, config: t.Iterable[t.Any]) -> list[dict[str, str]]:
    """What is wrong with the option ``scope``, and with a config beside it, as far as it can be told without reading anything."""
    if given is None:
        return []
    if not given.get("device_group") and not given.get("device_group_uuid"):
        return [error("scope", "must name a device group, by device_group or device_group_uuid")]
    targets = [(number, entry.get("target")) for number, entry in enumerate(config) if isinstance(entry, dict)]
    says = "is outside of every scope, because subscriptions belong to no device group"
    return [
        error(f"config[{number}].target.subscription_uuid", says)
        for number, target in targets
        if isinstance(target, dict) and "subscription_uuid" in target
    ]
