# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader can hold: no function of a plugin is longer than a screen or takes more than seven parameters, and no class is longer than
four screens."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

# Files are read, and none is run.
pytestmark = pytest.mark.once

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FUNCTION_LINES, CLASS_LINES, PARAMETERS = 50, 200, 7
FILES = {path.relative_to(PLUGINS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(PLUGINS.rglob("*.py"))}


def parameters(function):
    """How many parameters a function has; ``self`` and ``cls`` are none. ``*args`` and ``**named`` are one each."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, [given.vararg, given.kwarg])]
    return len(named) - (bool(named) and named[0].arg in ("self", "cls"))


def beyond(text):
    """What is too long, or takes too much, in the text of a file. Whole, with its documentation; what decorates it does not count."""
    found = []
    for node in ast.walk(ast.parse(text)):
        lines = node.end_lineno - node.lineno + 1 if isinstance(node, ast.stmt) else 0
        if isinstance(node, ast.ClassDef) and lines > CLASS_LINES:
            found.append(f"class {node.name}: {lines} lines")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if lines > FUNCTION_LINES:
                found.append(f"{node.name}: {lines} lines")
            if parameters(node) > PARAMETERS:
                found.append(f"{node.name}: {parameters(node)} parameters")
    return found


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_longer_than_it_can_be_read(name):
    assert beyond(FILES[name]) == []


def test_what_is_beyond_the_limits_is_found():
    assert len(FILES) > 100
    lines = "\n".join(["        pass"] * 48)
    assert beyond(f"class C:\n    def f(self):\n{lines}\n") == []
    assert beyond(f"class C:\n    async def f(self):\n{lines}\n        pass\n        pass\n") == ["f: 51 lines"]
    assert beyond("class C:\n" + "    x = 1\n" * 199) == []
    assert beyond("class C:\n" + "    x = 1\n" * 200) == ["class C: 201 lines"]
    assert beyond("def f(a, /, b, c, d, e, *, f, g): pass\ndef g(self, a, b, c, d, e, *f, **g): pass") == []
    assert beyond("def f(a, /, b, c, d, e, *f, g, **h): pass") == ["f: 8 parameters"]
    assert beyond("@a\n@b\ndef f(cls, a, b, c, d, e, f, g, h): pass") == ["f: 8 parameters"]
