# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What users give a task, as a module process would get it: plain data without omitted items. Pure."""

from __future__ import annotations

import datetime
import json
import re
import typing as t

#: An omitted value up to ansible-core 2.18, which takes it away where it stands in a dictionary of a task's arguments, and nowhere else.
_OMITTED = re.compile("__omit_place_holder__[0-9a-f]{40}")


def plain(data: t.Any) -> t.Any:
    """Data without what Ansible hangs on it (tags, subclasses, vaulted texts) and, at every depth, without what is omitted.

    None where all of it is omitted.
    """
    text = json.dumps(data, default=_as_json)
    found = json.loads(text)
    if "__omit_place_holder__" not in text:
        return found
    return None if _is_omitted(found) else _without_omitted(found)


def why_not_evaluated(error: Exception) -> str:
    """What is wrong with a template, in the words of ansible-core and without the template itself, which it quotes up to 2.18."""
    text = str(error).partition(" String: ")[0].rstrip(".")
    first, _dot, again = text.rpartition(". ")
    return first if first == again else text  # Up to 2.18 an error repeats its cause.


def _without_omitted(data: t.Any) -> t.Any:
    if isinstance(data, dict):
        return {key: _without_omitted(value) for key, value in data.items() if not _is_omitted(value)}
    return [_without_omitted(value) for value in data if not _is_omitted(value)] if isinstance(data, list) else data


def _is_omitted(value: t.Any) -> bool:
    return isinstance(value, str) and _OMITTED.fullmatch(value) is not None


def _as_json(value: t.Any) -> t.Any:
    if getattr(value, "__ENCRYPTED__", False):  # A vaulted text, up to ansible-core 2.18.
        return str(value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, t.Mapping):
        return dict(value)
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    return list(value) if isinstance(value, (t.Sequence, t.AbstractSet)) else str(value)
