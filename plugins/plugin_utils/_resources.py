# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The resources of this collection: every folder of ``module_utils/_resources`` that has a description. Controller only."""

from __future__ import annotations

import difflib
import os
import typing as t
from importlib import import_module

from ansible_collections.secops.policy.plugins.module_utils._model.description import Description, Vendor
from ansible_collections.secops.policy.plugins.module_utils._runner.argspec import COMMON

#: The options of every module that say what is to be done, and neither to whom nor how fast.
_PURPOSE = ("state", "config", "with_names", "max_removals", "expected_plan")


def _found() -> t.Iterator[Description]:
    plugins, package = os.path.dirname(os.path.dirname(__file__)), __name__.rpartition(".plugin_utils")[0]
    for name in os.listdir(os.path.join(plugins, "module_utils", "_resources")):
        if os.path.isfile(os.path.join(plugins, "module_utils", "_resources", name, "description.py")):
            yield import_module(f"{package}.module_utils._resources.{name}.description").DESCRIPTION


#: The descriptions by module, in the order in which modules are applied: nothing is opened before what restricts it.
RESOURCES: dict[str, Description] = {item.module: item for item in sorted(_found(), key=lambda item: (item.stage, item.module))}


def vendors() -> list[Vendor]:
    """Every vendor once."""
    return list({item.vendor.name: item.vendor for item in RESOURCES.values()}.values())


def options(module: str) -> dict[str, t.Any]:
    """The argument spec of a module."""
    return {**COMMON, **RESOURCES[module].arguments}


def config_schema(module: str) -> dict[str, t.Any]:
    """The JSON Schema of an entry of a module's ``config``."""
    return RESOURCES[module].schema


def purpose(module: str) -> frozenset[str]:
    """The options of a module that say what is to be done."""
    return frozenset(_PURPOSE + RESOURCES[module].purpose).union(RESOURCES[module].vendor.task_arguments)


def variable(vendor: Vendor, option: str) -> str:
    """The variable of a host that stands for an option of a connection, such as ``meraki_api_key``."""
    return f"{vendor.name}_{option}"


def misspelled(vendor: Vendor, variables: t.Mapping[str, t.Any], given: t.Container[str]) -> str:
    """What is wrong with the name of a variable that is nearly that of an option of a connection, or short for it; "" where there is none.

    ``given`` are the options that the host has otherwise. Without this, a default or the environment would stand in for what was meant.
    """
    named = {variable(vendor, option): option for option in vendor.arguments}
    tenant = any(option in given for option in vendor.tenant)
    lacking = [name for name, option in named.items() if option not in given and not (tenant and option in vendor.tenant)]
    for name, value in variables.items():
        if name[:3] == vendor.name[:3] and name not in named:
            likely = [option for option in lacking if _may_be(value, vendor.arguments[named[option]])]
            short = [option for option in likely if _abbreviates(name, option)]
            for near in [*difflib.get_close_matches(name, likely, n=1, cutoff=0.9), *short][:1]:
                return f"{name} is not a variable of this collection. Did you mean {near}?"
    return ""


def resembling(vendor: Vendor, variables: t.Mapping[str, t.Any], given: t.Container[str]) -> list[str]:
    """A warning for each variable that ends as one of an option that the host does not have, such as ``meraki_key``: from the environment
    another account or server than the one that is meant may stand in for it. ``given`` as in ``misspelled``."""
    named = {variable(vendor, option) for option in vendor.arguments}
    tenant = any(option in given for option in vendor.tenant)
    lacking = [option for option in vendor.arguments if option not in given and not (tenant and option in vendor.tenant)]
    found = []
    for name, value in variables.items():
        start, _line, rest = name.partition("_")
        if start == vendor.name and name not in named:
            likely = [option for option in lacking if _may_be(value, vendor.arguments[option])]
            near = [option for option in likely if rest.endswith(f"_{option}") or option.endswith(f"_{rest}")]
            found += [f"{name} is not a variable of this collection. Did you mean {variable(vendor, option)}?" for option in near[:1]]
    return found


def _may_be(value: t.Any, spec: t.Mapping[str, t.Any]) -> bool:
    """Whether a value can be that of an option; one that is not a dictionary may still be a template."""
    return isinstance(value, (str, t.Mapping) if spec["type"] == "dict" else (str, int, float))


def _abbreviates(name: str, option: str) -> bool:
    """Whether a name is an option's, word by word, with some of them cut short."""
    words = [*zip(name.split("_"), option.split("_"))]
    return name.count("_") == option.count("_") and all(full == word or len(word) > 2 and full.startswith(word) for word, full in words)
