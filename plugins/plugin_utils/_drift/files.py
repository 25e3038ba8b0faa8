# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The files of an audit: the accepted deviations and the earlier report that it reads, the reports that it writes."""

from __future__ import annotations

import json
import os
import re
import typing as t

from .._files import read_whole, write_private
from .accepted import Accepted, parse
from .html import html
from .junit import junit
from .markdown import markdown
from .metrics import gitlab, prometheus

Data = t.Mapping[str, t.Any]


def read_accepted(path: str) -> tuple[list[Accepted], list[str]]:
    """The accepted deviations of a YAML or JSON file, and what is wrong with it; where anything is, nothing in it is accepted."""
    import yaml

    try:
        text = read_whole(path)
    except (OSError, ValueError) as exc:
        return [], [f"the accepted deviations cannot be read: {path}: {getattr(exc, 'strerror', None) or exc}"]
    try:
        data = yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as exc:
        return [], [f"the accepted deviations are neither YAML nor JSON: {path}: {exc}"]
    found, errors = parse(data)
    return ([] if errors else found), [f"the accepted deviations have an error: {path}: {error}" for error in errors]


def read_report(path: str) -> tuple[t.Any, list[str], bool]:
    """An earlier ``drift.json``, what is wrong with it, and whether there is such a file at all."""
    try:
        text = read_whole(path)
    except FileNotFoundError:
        return None, [], False
    except (OSError, ValueError) as exc:
        return None, [f"the report cannot be read: {path}: {getattr(exc, 'strerror', None) or exc}"], True
    try:
        return json.loads(text), [], True
    except (ValueError, RecursionError) as exc:
        return None, [f"the report is not JSON: {path}: {exc}"], True


def write_reports(folder: str, report: Data, formats: t.Iterable[str]) -> dict[str, str]:
    """Write the report in these formats; the paths by ending. The folder is made where it is missing. Raises ``OSError``."""
    chosen = [FORMATS[name] for name in formats]
    paths = {ending: os.path.join(folder, f"drift.{ending}") for ending, _written in chosen}
    for ending, written in chosen:
        write_private(paths[ending], written(report))
    return paths


def json_text(report: Data) -> str:
    """The report as JSON, in the order in which it was made, readable; halves of surrogate pairs, which no file can hold, as escapes."""
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


#: Each format with the ending of its file, and what writes it.
FORMATS: dict[str, tuple[str, t.Callable[[Data], str]]] = {
    "json": ("json", json_text),
    "html": ("html", html),
    "junit": ("xml", junit),
    "markdown": ("md", markdown),
    "prometheus": ("prom", prometheus),
    "gitlab": ("gitlab.json", gitlab),
}
