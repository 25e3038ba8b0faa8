# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The deviations of a report in words, the same one on many tenants once. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.differences import EXTRA, MISSING
from ansible_collections.secops.policy.plugins.module_utils._model.plan_text import SIGNS, difference_text
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

from .items import IN_SYNC
from .text import clean

Data = t.Mapping[str, t.Any]


class Deviation(t.NamedTuple):
    """What differs, in one line of ``text`` that ``apply`` would make so; ``module`` is its title, ``tenants`` where it does."""

    module: str
    text: str
    tenants: list[str]


def grouped(report: Data) -> list[Deviation]:
    """Every deviation that counts, in the order of modules and tenants; two are the same where their names and values are. A tenant that is
    not in this run is left out."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for module in RESOURCES:
        for one in report["tenants"]:
            for resource in one["resources"]:
                if resource["module"] == module and "read_at" not in one:
                    for item in resource["items"]:
                        if item["verdict"] != IN_SYNC and not item["accepted"]:
                            found.setdefault((module, _text(module, item)), {})[one["name"]] = None
    return [Deviation(RESOURCES[module].title, text, list(tenants)) for (module, text), tenants in found.items()]


def _text(module: str, item: Data) -> str:
    """A deviation in words, by names where there are any: ids differ from tenant to tenant."""
    parts = [thing["name"] or thing["id"] or "" for thing in (item["unit"], item["object"]) if thing is not None]
    text = f"{SIGNS[item['verdict']]} {': '.join(filter(None, parts))}"
    if item["verdict"] not in (MISSING, EXTRA) and item["fields"]:
        text += f" ({'; '.join(difference_text(RESOURCES[module], field) for field in item['fields'])})"
    return clean(text).replace("\n", " ")
