# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The drift report as numbers: Prometheus' text format 0.0.4 for its textfile collector, and GitLab's report of a plan. Pure."""

from __future__ import annotations

import datetime
import json
import typing as t

from .items import DEVIATIONS, IN_SYNC
from .report import VERDICTS
from .text import clean

Data = t.Mapping[str, t.Any]


def prometheus(report: Data) -> str:
    """Gauges with a label ``tenant``."""
    tenants = report["tenants"]
    lines = [
        *_family("secops_policy_tenant_verdict", "The verdict of a tenant: 1 for the one that it has."),
        *(
            _sample("secops_policy_tenant_verdict", {"tenant": one["name"], "verdict": verdict}, int(one["verdict"] == verdict))
            for one in tenants
            for verdict in VERDICTS
        ),
        *_family("secops_policy_deviations", "Objects of a tenant that differ from the desired state, by kind, without accepted ones."),
        *_counts(tenants, "secops_policy_deviations", DEVIATIONS),
        *_family("secops_policy_accepted_deviations", "Objects of a tenant whose deviation is accepted."),
        *_counts(tenants, "secops_policy_accepted_deviations", ("accepted",), labelled=False),
        *_family("secops_policy_objects_in_sync", "Objects of a tenant that are as they should be."),
        *_counts(tenants, "secops_policy_objects_in_sync", (IN_SYNC,), labelled=False),
        *_family("secops_policy_read_timestamp_seconds", "When a tenant was read."),
        *(
            _sample("secops_policy_read_timestamp_seconds", {"tenant": one["name"]}, _seconds(one.get("read_at", report["generated_at"])))
            for one in tenants
        ),
    ]
    return "\n".join(lines) + "\n"


def gitlab(report: Data) -> str:
    """``{"create", "update", "delete"}``, as GitLab's widget of a plan reads it: what ``apply`` would do."""
    objects = report["totals"]["objects"]
    counts = {"create": objects["missing"], "update": objects["changed"] + objects["moved"], "delete": objects["extra"]}
    return json.dumps(counts) + "\n"


def _counts(tenants: t.Iterable[Data], name: str, kinds: t.Iterable[str], labelled: bool = True) -> t.Iterator[str]:
    for one in tenants:
        for resource in one["resources"]:
            for kind in kinds:
                labels = {"tenant": one["name"], "module": resource["module"], **({"kind": kind} if labelled else {})}
                yield _sample(name, labels, resource["counts"][kind])


def _family(name: str, words: str) -> list[str]:
    return [f"# HELP {name} {words}", f"# TYPE {name} gauge"]


def _sample(name: str, labels: t.Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{shown}}} {value}"


def _escaped(text: str) -> str:
    return clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _seconds(time: str) -> int:
    return int(datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp())
