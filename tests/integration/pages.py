# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the guides and the README: taken out of the pages, and told by what they are.

Every YAML block of a page is an example that runs. A list of tasks runs as it stands, in the page's order, against a mock server of its
own. What else a block is, a comment before it says (``.. example: WORDS`` in reStructuredText, ``<!-- example: WORDS -->`` in Markdown):

- ``before``: units that the mock server holds at the start; begins a new scenario, with a new mock server
- ``after``: units that it holds then; the other units are as they were. ``after, all``: these and no others;
  ``after, without NAME``: and that application is gone
- ``returned``: keys of the result of the task before it, with their values
- ``fails``: tasks of which the last fails, or a console block whose commands fail
- ``file NAME``: a file of a project, for the ``ansible-playbook`` of a later console block; in reStructuredText the caption is the name
- ``not run: REASON``: nothing of the above; the test counts these

Two comments stand alone: ``start`` begins a new scenario, ``start {...}`` one with these switches of Meraki's mock server, and
``fault {...}`` has something go wrong in it (``tests/mock_cloud/faults.py``). In console blocks the lines ``$ ansible-playbook ...`` are
run, and what they print holds the lines that follow, in order; ``...`` leaves some out.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

#: What a page may hold beside YAML.
LANGUAGES = {"yaml", "console", "json", "text", "ini"}
_RST = re.compile(
    r"^\.\. example: (?P<words>.*(?:\n   \S.*)*)$"
    r"|^(?P<indent> *)\.\. code-block:: *(?P<language>\S+)\n(?P<options>(?:(?P=indent) +:.*\n)*)\n(?P<text>(?:(?P=indent) +.*\n|\n)+)"
    r"|^(?P<other>\S.*)$",
    re.MULTILINE,
)
_MARKDOWN = re.compile(
    r"^<!-- example: (?P<words>.*) -->$|^```(?P<language>\S*)\n(?P<text>(?:(?!```).*\n)*)```$|^(?P<other>\S.*)$", re.MULTILINE
)
_KINDS = ("before", "after", "returned", "fails", "file", "not run")
_ALONE = ("start", "fault")


class BadPage(Exception):
    """A page whose examples cannot be told apart."""


@dataclass(frozen=True)
class Block:
    """One block: ``kind`` is one of those above, ``tasks`` or ``console``; ``words`` what its comment says beside the kind."""

    page: str
    line: int
    kind: str
    words: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.page}:{self.line}"

    @property
    def data(self) -> Any:
        """The block as YAML."""
        return yaml.safe_load(self.text)


@dataclass
class Scenario:
    """Blocks that share a mock server, its switches, and what goes wrong in it."""

    blocks: list[Block] = field(default_factory=list)
    switches: dict[str, Any] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Block]:
        """Its blocks of these kinds."""
        return [block for block in self.blocks if block.kind in kinds]


def scenarios(page: str, text: str) -> list[Scenario]:
    """The scenarios of a page; those without examples are left out. Raises ``BadPage``."""
    found = [Scenario()]
    for item in _items(page, text):
        if isinstance(item, Block):
            if item.kind == "before":
                found.append(Scenario())
            found[-1].blocks.append(item)
        elif item[0] == "start":
            found.append(Scenario(switches=item[1] or {}))
        else:
            found[-1].faults.append(item[1])
    return [scenario for scenario in found if scenario.blocks]


def _items(page: str, text: str) -> Iterator[Block | tuple[str, Any]]:
    words: str | None = None
    for match in (_MARKDOWN if page.endswith(".md") else _RST).finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if page.endswith(".rst") and match["other"] is None and not f"\n\n{text[: match.start()]}".endswith("\n\n"):
            raise BadPage(f"{page}:{line}: a blank line has to come before it, or it is part of the paragraph")
        if match["words"] is not None:
            if words is not None:
                raise BadPage(f"{page}:{line}: nothing follows the comment before this one")
            words = " ".join(match["words"].split())
            alone = words.split(" ", 1)[0]
            if alone in _ALONE:
                yield alone, yaml.safe_load(words[len(alone) :])
                words = None
        elif match["other"] is not None:
            if words is not None:
                raise BadPage(f"{page}:{line}: a block was to follow {words!r}")
            if re.search(r"^(?!\.\. ).*::$|^\.\. literalinclude::", match["other"]):
                raise BadPage(f"{page}:{line}: code is shown by code-block, with its language")
        else:
            block = _block(page, line, match, words)
            words = None
            if block is not None:
                yield block
    if words is not None:
        raise BadPage(f"{page}: a block was to follow {words!r}")


def _block(page: str, line: int, match: re.Match[str], words: str | None) -> Block | None:
    language = match["language"]
    if language not in LANGUAGES:
        raise BadPage(f"{page}:{line}: {language!r} is not one of {', '.join(sorted(LANGUAGES))}")
    text = textwrap.dedent(match["text"]).strip("\n") + "\n"
    caption = re.search(r":caption: *(\S+)", match.groupdict().get("options") or "")
    kind, rest = _kind(page, line, words)
    if kind is None and language == "yaml":
        kind, rest = ("file", caption[1]) if caption else ("tasks", "")
    if kind is None and language == "console" and re.search(r"^\$ ansible-playbook ", text, re.MULTILINE):
        kind = "console"
    if kind is None:
        return None
    if kind == "fails" and language == "console":
        kind, rest = "console", "fails"
    if language != "yaml" and kind not in ("console", "file", "not run"):
        raise BadPage(f"{page}:{line}: {words!r} is for YAML")
    if kind in ("tasks", "fails") and not _are_tasks(yaml.safe_load(text)):
        raise BadPage(f"{page}:{line}: these are no tasks; a caption makes it a file, a comment something else")
    if kind in ("file", "not run") and not rest:
        raise BadPage(f"{page}:{line}: {kind!r} without its name or reason")
    return Block(page, line, kind, rest, text)


def _kind(page: str, line: int, words: str | None) -> tuple[str | None, str]:
    if words is None:
        return None, ""
    for kind in _KINDS:
        if words == kind or re.match(rf"{kind}[ ,:]", words):
            return kind, words[len(kind) :].lstrip(" ,:")
    raise BadPage(f"{page}:{line}: {words!r} is none of {', '.join(_KINDS + _ALONE)}")


def _are_tasks(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(item, dict) and "name" in item and "hosts" not in item for item in data)


def read(path: Path, root: Path) -> list[Scenario]:
    """The scenarios of a page below ``root``."""
    return scenarios(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
