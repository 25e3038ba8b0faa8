# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The body of a response: JSON that means the same to everybody, and no more of it than memory holds; text in valid Unicode, and the way
back."""

from __future__ import annotations

import json
import math
import re
import typing as t

#: Numbers, texts, lists and objects in one body. A list of 100,000 networks holds some two million.
MOST_VALUES = 10_000_000
#: Lists within lists in what a server says of an error.
_DEEPEST_ERROR = 20
#: Digits of a number: beyond these it is none that others can read.
_LONGEST_NUMBER = 100

_SURROGATE = re.compile(r"[\ud800-\udfff]")
#: Where JSON may hold a surrogate without its other half, or what stands for one here.
_ODD_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|[fF]{3}[dD])")
_REPLACEMENT = "\ufffd"


class BadBody(ValueError):
    """A body that cannot be used; ``str()`` says in a few words what it is. ``final``: another try would end no better."""

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Texts:
    """A vendor's texts in valid Unicode, as Ansible wants them, and as the vendor has them, which is how they go back.

    JSON can hold half a character (a lone surrogate): where somebody has cut a text, say. It is read as U+FFFD. What a request carries
    along unchanged must not be changed by that.
    """

    def __init__(self) -> None:
        #: Every text that holds U+FFFD, and what it is at the vendor's.
        self._originals: dict[str, set[str]] = {}

    def read(self, content: bytes, error: bool) -> t.Any:
        """A body as JSON, its texts in valid Unicode. ``error``: it is there to be quoted. Raises ``BadBody``."""
        try:
            text = content.decode(json.detect_encoding(content), "replace" if error else "surrogatepass")
        except UnicodeDecodeError:
            raise BadBody("a body that is not UTF-8") from None
        if len(text) > MOST_VALUES and sum(map(text.count, ",[{")) > MOST_VALUES:
            raise BadBody(f"a body of more than {MOST_VALUES:,} values", final=True)
        try:
            data = _DECODER.decode(text)
            if error and _too_deep(data):
                raise RecursionError
            odd = _REPLACEMENT in text or "\\u" in text and _ODD_ESCAPE.search(text) or not _encodable(text)
            return each_text(data, self._valid) if odd else data
        except BadBody:
            raise
        except RecursionError:
            raise BadBody("a body that is nested too deeply") from None
        except ValueError:
            raise BadBody("a body that is not JSON") from None

    def written(self, data: t.Any) -> t.Any:
        """What is to be sent, with each text as the vendor has it. Raises ``ValueError``, in words, where that is not known."""
        return each_text(data, self._original) if self._originals else data

    def _valid(self, text: str) -> str:
        valid = valid_text(text)
        if _REPLACEMENT in valid:
            self._originals.setdefault(valid, set()).add(text)
        return valid

    def _original(self, text: str) -> str:
        originals = self._originals.get(text, {text})
        if len(originals) > 1:
            raise ValueError(
                f"the vendor has several texts that read {text!r}, because they hold half characters (lone surrogates). The module cannot "
                "distinguish them. Correct these texts at the vendor"
            )
        return next(iter(originals))


def valid_text(text: str) -> str:
    """``text`` with U+FFFD for each half of a character (lone surrogate): Ansible takes no result that holds one."""
    return _SURROGATE.sub(_REPLACEMENT, text)


def _too_deep(data: t.Any) -> bool:
    """Whether what a server says of an error is nested as no API's is: others walk through it."""
    level = [data]
    for _depth in range(_DEEPEST_ERROR):
        level = [item for node in level if isinstance(node, (dict, list)) for item in (node.values() if isinstance(node, dict) else node)]
    return bool(level)


def each_text(data: t.Any, change: t.Callable[[str], str]) -> t.Any:
    """JSON data with each of its texts changed; names in objects stay."""
    if isinstance(data, str):
        return change(data)
    if isinstance(data, dict):
        return {key: each_text(value, change) for key, value in data.items()}
    if isinstance(data, list):
        return [each_text(item, change) for item in data]
    return data


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    """An object. Of a name that it holds twice one reader takes the first value, and another the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadBody("a body with a name twice in one object")
    return found


def _whole_number(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise BadBody(f"a body with a number of {len(digits)} digits")
    return int(digits)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadBody("a body with a number that is too large")
    return number


def _constant(name: str) -> t.NoReturn:
    raise BadBody(f"a body with the number {name}, which is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_int=_whole_number, parse_constant=_constant)
