# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What vendors answer, held against the types that their specs document, where it enters. Pure.

An item of another type is never guessed at: read as something else, it would be written back as something else.
"""

from __future__ import annotations

import typing as t


class Undocumented(Exception):
    """An answer does not have the documented types; ``str()`` says where, and what is there instead."""


def _number(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _word(value: t.Any) -> bool:
    return isinstance(value, str) or _number(value)


def _identifier(value: t.Any) -> bool:
    return _word(value) and value != ""


def _rank(value: t.Any) -> bool:
    # JSON may hold an int64 as a text (https://protobuf.dev/programming-guides/json/).
    return _number(value) or isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20


#: What a field may hold, each with what it is called. Identifiers are texts in every spec; numbers are accepted for them.
_KINDS: dict[str, tuple[t.Callable[[t.Any], bool], str]] = {
    "id": (_identifier, "an identifier"),
    "text": (lambda value: isinstance(value, str), "a text"),
    "word": (_word, "a text"),
    "rank": (_rank, "a whole number"),
    "number": (_number, "a whole number"),
    "flag": (lambda value: isinstance(value, bool), "true or false"),
    "object": (lambda value: isinstance(value, dict), "an object"),
    "texts": (lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value), "a list of texts"),
    "ids": (lambda value: isinstance(value, list) and all(map(_identifier, value)), "a list of identifiers"),
    "objects": (lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value), "a list of objects"),
}


class Shape:
    """The documented fields of one kind of object; others are ignored, and a null counts as missing.

    ``fields`` maps names to kinds (``id text word rank number flag object texts ids objects``); a kind that ends in ``!`` is required.
    """

    def __init__(self, what: str, **fields: str) -> None:
        self._what = what
        self._fields = [(name, *_KINDS[kind.rstrip("!")], kind.endswith("!")) for name, kind in fields.items()]

    def check(self, item: t.Any, where: str = "") -> dict[str, t.Any]:
        """``item`` itself. Raises ``Undocumented``; ``where`` completes the sentence (`` of network N_1``)."""
        if not isinstance(item, dict):
            raise Undocumented(f"{self._what}{where} is {_short(item)}, and the API documents an object")
        for name, fits, kind, required in self._fields:
            value = item.get(name)
            if value is None:
                if required:
                    raise Undocumented(f"{self._what}{where} has no {name}, which the API documents as {kind}")
            elif not fits(value):
                raise Undocumented(f"{self._what}{where} has {_short(value)} as its {name}, and the API documents {kind}")
        return t.cast("dict[str, t.Any]", item)


def _short(value: t.Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
