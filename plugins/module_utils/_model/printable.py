# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""A vendor's text where a person reads it: what could move the cursor, hide, or turn the writing direction is shown escaped. Pure."""

from __future__ import annotations


def printable(text: str, keep: str = "") -> str:
    """The text with an escape such as ``\\x1b`` or ``\\u202e`` for each control, format, separator or unassigned character, except those
    in ``keep``."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character in keep else escaped(character) for character in text)


def escaped(character: str) -> str:
    """A character as the escape that Python, JSON and YAML know."""
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
