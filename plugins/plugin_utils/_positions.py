# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Where in the user's files an error of the desired state is. What this finds goes into errors and their sentences, and nowhere else."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.plan import describe
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable

#: What ansible-core from 2.19 on tags a value with. Not public: where it cannot be had, errors have their paths alone.
_ORIGIN: t.Any = None
with contextlib.suppress(ImportError):
    _ORIGIN = importlib.import_module("ansible._internal._datatag._tags").Origin

#: Nobody looks for more of them by hand, and each takes room in the result.
_MOST = 100
_PART = re.compile(r"[^.\[\]]+|\[\d+\]")
_EXPRESSION = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\]|\[\s*(?:'[^']*'|\"[^\"]*\")\s*\])*)\s*\}\}")
_NAME = re.compile(r"\w+|'[^']*'|\"[^\"]*\"")
#: Of variables that stand for each other.
_DEEPEST = 10

Data = t.Mapping[str, t.Any]
Error = dict[str, t.Any]


class Position(t.NamedTuple):
    """A file of the user's, and a line where that is known."""

    file: str
    line: int | None


class _Found(t.NamedTuple):
    """``depth``: how much of the path could be followed."""

    depth: int
    position: Position | None


def with_positions(errors: t.Sequence[Data], given: t.Any, sources: t.Sequence[t.Any], variables: Data) -> list[Error]:
    """The errors with ``file`` and ``line``, as far as that is known.

    ``given``: the data that the errors' paths lead through. ``sources``: the same data as Ansible has it, with what it knows of each value;
    or before its templates were replaced, which are followed through ``variables`` where they name nothing but another variable.
    """
    return [_placed(error, given, sources, variables) if number < _MOST else dict(error) for number, error in enumerate(errors)]


def failure_with_positions(result: Data, given: t.Any, sources: t.Sequence[t.Any], variables: Data) -> dict[str, t.Any]:
    """A module's failed result whose ``errors`` say where they are, and its message, which repeats them, too."""
    errors = with_positions(result["errors"], given, sources, variables)
    message = str(result.get("msg", ""))
    for before, after in zip(result["errors"], errors):
        if "file" in after:
            message = message.replace(describe(before).removesuffix("."), describe(after).removesuffix("."), 1)
    return {**result, "errors": errors, "msg": message}


def of_desired_state(errors: t.Sequence[Data], desired_state: t.Any, variables: Data, *sources: t.Any) -> list[Error]:
    """``with_positions`` for errors of ``secops_policy``, which a task was given, or found among its variables."""
    given = {"secops_policy": desired_state}
    return with_positions(errors, given, [*({"secops_policy": source} for source in sources), variables], variables)


def resolved(node: t.Any, variables: Data) -> t.Any:
    """What a template stands for that names a variable, or something in it, and nothing else. Anything else stays. Never raises."""
    try:
        return _resolved(node, variables, 0)
    except Exception:  # A vaulted text without its secret, for one.
        return node


def _resolved(node: t.Any, variables: Data, depth: int) -> t.Any:
    named = _EXPRESSION.fullmatch(node.strip()) if isinstance(node, str) and depth < _DEEPEST else None
    if named is None:
        return node
    found: t.Any = variables
    for part in _NAME.findall(named[1]):
        name = part.strip("'\"")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            found = found.get(name) if isinstance(found, t.Mapping) else None
        found = _resolved(found, variables, depth + 1)
    return found


def _placed(error: Data, given: t.Any, sources: t.Sequence[t.Any], variables: Data) -> Error:
    """An error with its position. Never raises: what is wrong, and what was written, matters more than where."""
    try:
        return _with_position(error, given, sources, variables)
    except Exception:  # Whatever the user's variables hold, and whatever Ansible has made of them.
        return dict(error)


def _with_position(error: Data, given: t.Any, sources: t.Sequence[t.Any], variables: Data) -> Error:
    parts = [int(part[1:-1]) if part.startswith("[") else part for part in _PART.findall(error["path"])]
    found = max((_find(source, given, parts, variables) for source in sources), key=lambda one: one.depth, default=_Found(0, None))
    if found.position is None:
        return dict(error)
    line = {} if found.position.line is None else {"line": found.position.line}
    return {**error, "file": found.position.file, **line}


def _find(node: t.Any, given: t.Any, parts: t.Sequence[int | str], variables: Data) -> _Found:
    """The position of what a path leads to, or of the last thing on the way that has one."""
    best = _Found(0, _position(node))
    for depth, part in enumerate(parts, start=1):
        node = resolved(node, variables)
        if isinstance(part, str) and isinstance(node, t.Mapping) and part in node:
            key = next(name for name in node if name == part)
            node, given = node[part], given.get(part) if isinstance(given, dict) else None
            # What was merged (combine, groups of module_defaults) has the key of one place, and the value of another.
            own = None if isinstance(node, (t.Mapping, list)) else _position(node)
            position = own or _position(key) or _position(node)
        elif isinstance(part, int) and isinstance(node, list) and isinstance(given, list) and part < len(node) == len(given):
            node, given = node[part], given[part]
            position = _position(node) or _first_key(node)
        else:
            break
        if position is not None:
            best = _Found(depth, position)
    return best


def _first_key(node: t.Any) -> Position | None:
    return _position(next(iter(node), None)) if isinstance(node, t.Mapping) else None


def _position(value: t.Any) -> Position | None:
    """Where a value stands, as far as this version of Ansible says so. Never raises: it only ever helps."""
    try:
        if _ORIGIN is None:
            path, line, _column = getattr(value, "ansible_pos", None) or (None, None, None)
        else:
            origin = _ORIGIN.get_tag(value)
            path, line = (origin.path, origin.line_num) if origin else (None, None)
    except Exception:  # Of what is not public anything may change.
        return None
    if not isinstance(path, str) or not os.path.isabs(path):
        return None
    return Position(printable(_short(path)), line if isinstance(line, int) and line > 0 else None)


def _short(path: str) -> str:
    """The path from where ansible-playbook was started, where it is below that."""
    try:
        short = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return path if short.startswith(os.pardir) else short
