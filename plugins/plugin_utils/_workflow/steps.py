# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The steps in which roles write: the same for every host, so that Ansible runs a step on all hosts before the next one. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

_REMOVALS = "_removed"


def steps() -> list[dict[str, t.Any]]:
    """What is written one after the other, each as ``{name, module, looks_again}``: removals of the resources that want them first, then
    everything in the order of application. ``looks_again``: a failure may leave a unit between before and after."""
    first = [(removals(module), module) for module, description in RESOURCES.items() if description.removals_first]
    return [
        {"name": name, "module": module, "looks_again": RESOURCES[module].several_writes_per_unit}
        for name, module in [*first, *((module, module) for module in RESOURCES)]
    ]


def removals(module: str) -> str:
    """The name of the step, and of the plan, in which a module only removes."""
    return module + _REMOVALS


def module_of(name: str) -> str:
    """The module of a step."""
    return name.removesuffix(_REMOVALS)
