# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What was gathered as desired state in YAML, for people: ids with names as comments, in a stable order, nothing that Ansible would
evaluate. Pure."""

from __future__ import annotations

import hashlib
import re
import typing as t

import yaml
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES, vendors
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import ran

#: The first line of every export, up to the host's name: a file that begins otherwise is somebody else's, and is not written over.
HEAD = "# The policies of "
_TIME = re.compile(r"^# Exported at .*$", re.M)
_SEAL = re.compile(r"^# A new export replaces this file only while nobody has edited it: checksum ([0-9a-f]*)\.$", re.M)

#: For a field that holds an id the one that holds its name, and the other way round: what is not written becomes the comment.
_OTHERS: dict[str, list[str]] = {}
for _one, _other in [pair for description in RESOURCES.values() for ids in description.names.items() for pair in (ids, ids[::-1])]:
    _OTHERS.setdefault(_one, []).append(_other)
#: Lists in any order, of ids or of names.
_SETS = frozenset(
    name for description in RESOURCES.values() for field in description.sets for name in (field, description.names.get(field, ""))
)
#: What has to be set before a module can read anything.
_CREDENTIALS = frozenset(name for vendor in vendors() for name in vendor.arguments)
_OFF = (403, 404)
_LONGEST_NAME = 120
_MARKS = ("{{", "{%", "{#")
#: What needs no quotes, unless it reads as something else than a text.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.@/+-]*( [A-Za-z0-9_.@/+-]+)*")
_RESOLVER = yaml.resolver.Resolver()
_TEXT = "tag:yaml.org,2002:str"
#: What means something to YAML in single quotes, to Jinja in a string, or to ``urldecode``.
_CODED = "\"'{}%#+\\"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}

Result = t.Mapping[str, t.Any]


_BESIDE = {
    True: "Names replace ids wherever they are unique. The comments show the ids at that time.",
    False: "The comments show the names at that time.",
}


class Export(t.NamedTuple):
    """``text`` is the file (empty where it would not be whole), ``exported`` the modules in it. The others are, with the reason,
    ``left_out`` (not asked for, or no credentials), ``off`` (the API says so) or ``failed``."""

    text: str
    exported: list[str]
    left_out: dict[str, str]
    off: dict[str, str]
    failed: dict[str, str]


def export(host: str, results: t.Mapping[str, Result], state: str, version: str, time: str, names: bool = False) -> Export:
    """The desired state of a host from what the modules gathered, or from how they failed; by ``names`` wherever one says what is meant."""
    left_out, off, failed = {}, {}, {}
    exported = [name for name in RESOURCES if "gathered" in results.get(name, {})]
    for name in RESOURCES:
        result = results.get(name, {})
        why = str(result.get("msg") or "failed without saying why")
        if name in exported:
            continue
        if not ran(result):
            left_out[name] = "left out, because export_modules does not name it"
        elif _unset(result):
            left_out[name] = f"left out, because its credentials are not set: {_unset(result)}"
        elif result.get("http_status") in _OFF:
            off[name] = f"left out, because the API is off, or may not be read: {why}"
        else:
            failed[name] = why
    if failed or not exported:
        return Export("", [], left_out, off, failed)
    lines = [f"{HEAD}{_comment(host)}, in the form in which the roles of secops.policy use them."]
    lines += [f"# Exported at {time} by secops.policy {version}. {_BESIDE[names]}"]
    lines += ["# A new export replaces this file only while nobody has edited it: checksum ."]
    lines += [f"# {name}: {_comment(_where(name, results, {**left_out, **off}))}" for name in RESOURCES]
    lines += ["---", "secops_policy:"]
    body = []
    for name in exported:
        units = sorted(results[name]["gathered"], key=RESOURCES[name].sort_key)
        body += _entry(name, [_Unit(unit, _shown(name, unit, results[name], names)) for unit in units], state)
    if not any(not line.lstrip().startswith("#") for line in body):
        lines[-1] += " {}"
    text = "\n".join(lines + body) + "\n"
    return Export(_SEAL.sub(lambda found: f"{found[0][:-1]}{_checksum(text)}.", text, count=1), exported, left_out, off, {})


def same(old: str, new: str) -> bool:
    """Whether two exports say the same, whenever they were made."""
    return _TIME.sub("", old, count=1) == _TIME.sub("", new, count=1)


def edited(text: str) -> bool:
    """Whether somebody has changed an export since it was made."""
    seal = _SEAL.search(text)
    return seal is None or seal[1] != _checksum(text)


def _checksum(text: str) -> str:
    """Of all but when it was made, and the checksum itself."""
    return hashlib.sha256(_SEAL.sub("", _TIME.sub("", text, count=1), count=1).encode()).hexdigest()[:16]


def _unset(result: Result) -> str:
    errors = result.get("errors") or []
    missing = [item["path"] for item in errors if item["path"] in _CREDENTIALS and item["message"].startswith("is required")]
    return ", ".join(missing)


def _where(name: str, results: t.Mapping[str, Result], without: t.Mapping[str, str]) -> str:
    if name in without:
        return without[name]
    # Where a vendor has two APIs, ids belong to one.
    api = str(results[name].get("api") or "").replace("_", " ")
    return f"{len(results[name]['gathered'])} {api + ' ' if api else ''}from {results[name].get('source')}"


class _Unit(t.NamedTuple):
    """A unit as it was gathered, and with what is written of it."""

    whole: t.Any
    written: t.Any


def _shown(module: str, unit: t.Mapping[str, t.Any], result: Result, names: bool) -> t.Any:
    description = RESOURCES[module]
    return description.by_names(unit, result.get("ambiguous_names") or {}) if names else description.by_ids(unit)


def _entry(name: str, units: t.Sequence[_Unit], state: str) -> list[str]:
    if not units and state != "overridden":
        return [f"  # {name}: nothing is configured."]
    lines = [f"  {name}:", f"    state: {state}"]
    if state == "overridden":
        lines += ["    # Objects that are not listed are removed. Raise this limit to allow removals.", "    max_removals: 0"]
    return lines + (["    config:", *_listed(units, "      ")] if units else ["    config: []"])


def _listed(items: t.Sequence[_Unit], indent: str) -> list[str]:
    """The lines of a list of mappings."""
    lines = []
    for item in items:
        first, *rest = _mapping(item.whole, item.written, indent + "  ")
        lines += [f"{indent}- {first.lstrip()}", *rest]
    return lines


def _mapping(whole: t.Mapping[str, t.Any], written: t.Mapping[str, t.Any], indent: str) -> list[str]:
    lines = []
    for key, value in written.items():
        beside = next((whole[other] for other in _OTHERS.get(key, ()) if other in whole), None)
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_mapping(whole[key], value, indent + "  ")]
        elif not isinstance(value, list):
            lines.append(f"{indent}{key}: {_scalar(value)}{_beside(beside)}")
        elif value and isinstance(value[0], dict):
            lines += [f"{indent}{key}:", *_listed([_Unit(*pair) for pair in zip(whole[key], value)], indent + "  ")]
        elif value:
            lines += [f"{indent}{key}:", *_texts(key, value, beside or [], indent + "  ")]
        else:
            lines.append(f"{indent}{key}: []")
    return lines


def _texts(key: str, values: t.Sequence[t.Any], names: t.Sequence[str], indent: str) -> list[str]:
    """The lines of a list of texts; tags and groups are sets, and sorted, so that a server that lists them anew changes nothing here."""
    pairs: list[tuple[t.Any, str | None]] = list(zip(values, names if len(names) == len(values) else [None] * len(values)))
    if key in _SETS:
        pairs = sorted(pairs, key=lambda pair: str(pair[0]))
    return [f"{indent}- {_scalar(value)}{_beside(name)}" for value, name in pairs]


def _beside(name: str | None) -> str:
    return f"  # {_comment(name, _LONGEST_NAME)}" if name else ""


def _scalar(value: t.Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return "null" if value is None else str(value)
    if any(mark in value for mark in _MARKS):
        return _literal(value)
    if _PLAIN.fullmatch(value) and value not in ("y", "n", "Y", "N") and _RESOLVER.resolve(yaml.ScalarNode, value, (True, False)) == _TEXT:
        return value
    return _quoted(value)


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(character) or printable(character) for character in text) + '"'


def _literal(text: str) -> str:
    """A text that looks like a template, as a template that is nothing but that text: whatever somebody wrote into a description, Ansible
    evaluates a constant. (The tag !unsafe would do as well, but neither in files that others than Ansible read, nor where Ansible takes
    data that looks like a template for an error. Ansible doubles the backslashes of escapes; the filter string keeps older versions from
    reading a list or a number into the result.)
    """
    coded = "".join(character if character.isprintable() and character not in _CODED else _percent(character) for character in text)
    return f"'{{{{ \"{coded}\" | urldecode | string }}}}'"


def _percent(character: str) -> str:
    # A lone surrogate is nothing that could be sent anyway.
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))


def _comment(text: str, longest: int = 1000) -> str:
    """A text on one line: a line break in it would end the comment, and what follows would be data."""
    shown = printable(text)
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."
