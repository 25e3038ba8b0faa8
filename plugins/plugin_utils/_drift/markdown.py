# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The drift report as Markdown, for a job's summary or a comment: a table of tenants, and what differs in each, folded. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.differences import EXTRA, MISSING
from ansible_collections.secops.policy.plugins.module_utils._model.plan_text import SIGNS, difference_text
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES

from .changes import change_lines
from .grouped import grouped
from .items import DEVIATIONS, IN_SYNC
from .report import UNKNOWN, VERDICTS, reasons
from .text import clean, count, label, title

Data = t.Mapping[str, t.Any]

#: Characters. A comment on GitHub takes 65,536.
LARGEST = 65_000
#: What means something in Markdown or HTML. A vendor's text is text.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&@:/])")
_MOST_TENANTS = 300
#: Characters of the table of tenants, and of a line beside it: names and messages may be of any length.
_LONGEST_TABLE, _LONGEST_LINE, _MOST_LINES = 30_000, 300, 20
#: Entries of a change log, of one module of a tenant.
_CHANGES = 10


def markdown(report: Data) -> str:
    """The report, cut by whole tenants below ``LARGEST`` characters."""
    totals = report["totals"]
    tenants = sorted(report["tenants"], key=lambda one: VERDICTS.index(one["verdict"]))
    head = [
        "# Policy drift report",
        "",
        f"{count(totals['tenants']['total'], 'tenant')}: "
        + ", ".join(f"{totals['tenants'][verdict]} {verdict.replace('_', ' ')}" for verdict in VERDICTS if totals["tenants"][verdict])
        + f"; {count(totals['deviations'], 'deviation')}. Read at {report['generated_at']}.",
        "",
        *[f"- **The audit itself has a problem:** {_cut(problem)}" for problem in report["problems"][:_MOST_LINES]],
        "",
        *_same(report),
        *_table(tenants),
    ]
    if totals["objects"]["accepted"]:
        accepted = count(totals["objects"]["accepted"], "deviation")
        head += ["", f"{accepted} accepted and not counted. The role `apply` would change them too."]
    text = "\n".join([*head, ""])
    left = 0
    for one in tenants:
        part = _details(one)
        if left or len(text) + len(part) > LARGEST - 200:
            left += bool(part)
        else:
            text += part
    return text + (f"\n{count(left, 'more tenant')} with something to say: see the whole report.\n" if left else "")


def escaped(text: str) -> str:
    """A vendor's text on one line, with nothing in it that Markdown or HTML would read."""
    return _SPECIAL.sub(r"\\\1", clean(text).replace("\n", " ").replace("\t", " "))


def _cut(text: str) -> str:
    """A text as ``escaped``, and not all of a long one."""
    shown = clean(text)
    return escaped(shown if len(shown) <= _LONGEST_LINE else f"{shown[: _LONGEST_LINE - 3]}...")


def _same(report: Data) -> list[str]:
    found = [one for one in grouped(report) if len(one.tenants) > 1][:_MOST_LINES]
    if not found:
        return []
    lines = [f"- {_cut(one.text)} ({escaped(one.module)}, {len(one.tenants)} tenants)" for one in found]
    return ["The same on several tenants:", "", *lines, ""]


def _table(tenants: t.Sequence[Data]) -> list[str]:
    lines = ["| tenant | verdict | changed | missing | extra | moved | accepted |", "|---|---|---:|---:|---:|---:|---:|"]
    left = _LONGEST_TABLE
    shown = 0
    for one in tenants[:_MOST_TENANTS]:
        counts = [sum(resource["counts"][key] for resource in one["resources"]) for key in (*DEVIATIONS, "accepted")]
        verdict = one["verdict"].replace("_", " ") + (f" (read at {one['read_at']})" if "read_at" in one else "")
        row = f"| {escaped(one['name'])} | {verdict} | {' | '.join(str(number or '') for number in counts)} |"
        left -= len(row) + 1
        if left < 0:
            break
        lines.append(row)
        shown += 1
    if len(tenants) > shown:
        lines += ["", f"{count(len(tenants) - shown, 'more tenant')} in the whole report."]
    return lines


def _details(one: Data) -> str:
    """What there is to say of a tenant, folded; empty where nothing is."""
    if one["verdict"] == IN_SYNC:
        return ""
    lines = [f"- {escaped(reason)}" for reason in reasons(one)] if one["verdict"] in UNKNOWN else []
    for resource in one["resources"]:
        module = escaped(title(resource["module"]))
        if resource["verdict"] not in UNKNOWN and resource["message"]:
            lines += [f"- {module}: {escaped(resource['message'])}"]
        lines += [f"- {module}: {escaped(_line(resource['module'], item))}" for item in resource["items"] if item["verdict"] != IN_SYNC]
        changes = change_lines(resource, _CHANGES)
        if changes:
            lines += [f"- {module}, changed recently (candidate: a change in this network that may be the cause):"]
            lines += [f"  - {escaped(line)}" for line in changes]
    head = f"{_html(one['name'])}: {one['verdict'].replace('_', ' ')}"
    return f"\n<details><summary>{head}</summary>\n\n" + "\n".join(lines) + "\n\n</details>\n"


def _line(module: str, item: Data) -> str:
    where = ": ".join(filter(None, (label(item["unit"]), label(item["object"]))))
    text = f"{SIGNS[item['verdict']]} {where}"
    if item["verdict"] not in (MISSING, EXTRA) and item["fields"]:
        text += f" ({'; '.join(difference_text(RESOURCES[module], field) for field in item['fields'])})"
    return text + (" (accepted)" if item["accepted"] else "")


def _html(text: str) -> str:
    """A text in an element of HTML."""
    shown = clean(text).replace("\n", " ")
    return "".join(letter if letter.isalnum() or letter in " -" else f"&#{ord(letter)};" for letter in shown)
