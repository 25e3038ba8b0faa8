# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""A module's result as it may leave: without secrets, in valid Unicode, and small enough for AWX."""

from __future__ import annotations

import json
import typing as t

from .._http.body import each_text, valid_text
from .._model.mask import Mask
from .._model.printable import printable

Result = dict[str, t.Any]

#: AWX drops a task's result above 700,000 characters.
LARGEST = 500_000
#: What people read of a message, however large the result is.
_LONGEST_MESSAGE = 20_000
#: Of what is reduced, so many stay, and of each so many characters.
_SOME = 100
_LONGEST = 1000


def presentable(result: Result, warnings: t.Sequence[str], mask: Mask) -> tuple[Result, list[str]]:
    """The result and the warnings that go with it. What makes a result large is reduced to counts, and a warning says so; ``before``,
    ``after`` and ``gathered`` never are."""
    said = [printable(valid_text(mask(text)), "\n") for text in warnings]
    text = json.dumps(result)
    # JSON has an escape of this form for every half of a character, and for every pair.
    if "\\ud" in text or mask.finds(text):
        result = each_text(result, lambda part: valid_text(mask(part)))
    if "msg" in result:
        result = {**result, "msg": _cut(printable(valid_text(mask(result["msg"])), "\n"), _LONGEST_MESSAGE)}
    if "errors" in result:
        result = {**result, "errors": [{key: printable(part) for key, part in item.items()} for item in result["errors"]]}
    if len(text) + sum(map(len, said)) > LARGEST:
        reduced = {key: _REDUCED[key](result) for key in _REDUCED if result.get(key)}
        what = ", ".join(f"the bodies in {key}" if key in _BODIES else key for key in reduced)
        result = {**result, **reduced}
        if len(said) > _SOME:
            said = [*said[:_SOME], f"... and {len(said) - _SOME} more warnings, {len(said)} in all"]
        said = [_cut(text, _LONGEST) for text in said]
        left_out = f"{what} were reduced to counts" if what else "nothing of it can be left out"
        said.append(f"The result is large: {left_out}. Split the scope over several tasks or hosts.")
    return result, said


def _errors(result: Result) -> list[dict[str, str]]:
    errors = result["errors"]
    some = [{key: _cut(text, _LONGEST) for key, text in item.items()} for item in errors[:_SOME]]
    if len(errors) > _SOME:
        some.append({"path": "config", "message": f"{len(errors) - _SOME} more errors, {len(errors)} in all: too many to show"})
    return some


def _diff(result: Result) -> list[dict[str, str]]:
    return [{key: f"{len(result[key])} units, too many to show\n" for key in ("before", "after")}]


def _bodies(key: str) -> t.Callable[[Result], list[Result]]:
    return lambda result: [{**request, "body": _counted(request["body"])} for request in result[key]]


def _counted(body: t.Any) -> t.Any:
    if not isinstance(body, dict):
        return body
    return {key: len(value) if isinstance(value, (list, dict, str)) else value for key, value in body.items()}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 30]}... (cut, of {len(text)} characters)"


_BODIES = ("requests", "pending")
_REDUCED: dict[str, t.Callable[[Result], t.Any]] = {
    "diff": _diff,
    "plan_text": lambda result: f"{len(result['plan_text'].splitlines())} lines, too many to show\n",
    "errors": _errors,
    **{key: _bodies(key) for key in _BODIES},
}
