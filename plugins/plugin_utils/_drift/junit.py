# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The drift report as JUnit's XML, as Jenkins and GitLab read it: drift fails, what cannot be read is an error. Pure."""

from __future__ import annotations

import typing as t
from xml.sax.saxutils import escape, quoteattr

from ansible_collections.secops.policy.plugins.module_utils._model.plan import describe
from ansible_collections.secops.policy.plugins.module_utils._model.plan_text import difference_text
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

from .items import IN_SYNC
from .report import UNKNOWN
from .text import VERDICTS, clean, label, title

Data = t.Mapping[str, t.Any]


class _Case(t.NamedTuple):
    """One test case. ``kind``: ``failure``, ``error``, ``skipped``, or empty for one that passed; ``type``: of a failure or an error."""

    place: str
    name: str
    kind: str = ""
    message: str = ""
    text: str = ""
    type: str = "drift"


def junit(report: Data) -> str:
    """The report as one ``testsuites``: a suite for each tenant, in it a case for each unit.

    A unit whose deviations are all accepted is skipped, with the reasons. Errors of the audit itself are a suite of their own.
    """
    suites = [(one["name"], _cases(one)) for one in report["tenants"] if "read_at" not in one]
    if report["problems"]:
        suites.insert(
            0,
            (
                "audit",
                [_Case("audit", f"problem {number}", "error", text, type="problem") for number, text in enumerate(report["problems"], 1)],
            ),
        )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="secops.policy audit" {_counts([case for suite in suites for case in suite[1]])}>',
    ]
    for name, cases in suites:
        lines.append(f"  <testsuite name={_attribute(name)} {_counts(cases)} timestamp={_attribute(report['generated_at'].rstrip('Z'))}>")
        lines += [line for case in cases for line in _written(case)]
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _cases(one: Data) -> list[_Case]:
    found = [_Case(one["name"], one["name"], "error", one["message"], "", one["verdict"])] if one["message"] else []
    for resource in one["resources"]:
        place = f"{one['name']}.{resource['module']}"
        if resource["verdict"] in UNKNOWN:
            text = "\n".join(map(describe, resource["errors"]))
            found.append(_Case(place, title(resource["module"]), "error", resource["message"], text, resource["verdict"]))
            continue
        units: dict[str, list[Data]] = {}
        for item in resource["items"]:
            units.setdefault(label(item["unit"]), []).append(item)
        cases = [_case(place, resource["module"], name, items) for name, items in units.items()]
        found += [case if case.kind != "failure" else case._replace(text=_joined(resource["message"], case.text)) for case in cases]
        if not units:
            found.append(_Case(place, title(resource["module"])))
    return found


def _joined(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def _case(place: str, module: str, name: str, items: list[Data]) -> _Case:
    drifted = [item for item in items if item["verdict"] != IN_SYNC]
    counted = [item for item in drifted if not item["accepted"]]
    if counted:
        message = "; ".join(f"{_what(item)} {VERDICTS[item['verdict']]}" for item in counted[:5])
        more = f"; and {len(counted) - 5} more" if len(counted) > 5 else ""
        return _Case(place, name, "failure", message + more, "\n".join(line for item in drifted for line in _lines(module, item)))
    if drifted:
        reasons = dict.fromkeys(f"{item['accepted']['reason']} (until {item['accepted']['expires']})" for item in drifted)
        return _Case(place, name, "skipped", f"accepted: {'; '.join(reasons)}. The role apply would change it too")
    return _Case(place, name)


def _what(item: Data) -> str:
    return label(item["object"]) or label(item["unit"])


def _lines(module: str, item: Data) -> t.Iterator[str]:
    accepted = f" (accepted until {item['accepted']['expires']}: {item['accepted']['reason']})" if item["accepted"] else ""
    yield f"{item['verdict']}: {_what(item)} [{item['id']}]{accepted}"
    for field in item["fields"]:
        yield f"    {difference_text(RESOURCES[module], field)}"


def _written(case: _Case) -> list[str]:
    head = f'    <testcase classname={_attribute(case.place)} name={_attribute(case.name)} time="0"'
    if not case.kind:
        return [head + "/>"]
    inner = f"      <{case.kind} message={_attribute(case.message)}"
    if case.kind != "skipped":
        inner += f' type="{case.type}"'
    inner += f">{_text(case.text)}</{case.kind}>" if case.text else "/>"
    return [head + ">", inner, "    </testcase>"]


def _counts(cases: t.Sequence[_Case]) -> str:
    kinds = [case.kind for case in cases]
    return (
        f'tests="{len(cases)}" failures="{kinds.count("failure")}" errors="{kinds.count("error")}" '
        f'skipped="{kinds.count("skipped")}" time="0"'
    )


def _attribute(text: str) -> str:
    return quoteattr(clean(text), {"\t": "&#9;", "\n": "&#10;"})


def _text(text: str) -> str:
    return escape(clean(text))
