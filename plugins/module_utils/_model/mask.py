# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Hides secrets in texts, in every encoding in which a server, a proxy or a page of HTML may repeat them."""

from __future__ import annotations

import base64
import re
import typing as t
from html import unescape
from html.entities import html5
from itertools import groupby
from urllib.parse import quote, unquote, unquote_plus

STARS = "********"
WITHHELD = "******** (withheld: the text holds a secret in an encoded form)"

#: A shorter secret is hidden where it stands by itself, and not within words: that would ruin every text, and spell the secret.
_SHORT = 6
#: Of a longer secret this much is looked for, and what follows it, as far as it can belong to a token: compiling takes time.
_LONG = 64
_REST = r"(?:[A-Za-z0-9._~+/=-]|%[0-9A-Fa-f]{2}|\\+u[0-9A-Fa-f]{4}|&#[xX]?[0-9A-Fa-f]+;?)*"
#: This much is looked for first. Hardly any text holds it, and the rest is compiled for none that does not.
_START = 4
#: How often a text may have been encoded as a whole.
_ROUNDS = 5

_CONTROLS = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_STANDARD_TO_URLSAFE = str.maketrans("+/", "-_")
_URLSAFE_TO_STANDARD = str.maketrans("-_", "+/")


def within_words(secrets: t.Iterable[str]) -> set[str]:
    """The secrets that are long enough to be hidden wherever they stand, as Ansible does it with all."""
    return {secret for secret in secrets if len(secret) >= _SHORT}


class Mask:
    """``Mask(secrets)(text)`` is the text with asterisks in place of the secrets."""

    def __init__(self, secrets: t.Iterable[str]) -> None:
        self.secrets = frozenset(secrets)
        forms = {form for secret in self.secrets for form in _decoded(secret)}
        # The longest first: one may be a part of another.
        self._patterns = [_Pattern(form) for form in sorted(forms, key=len, reverse=True)]

    def __call__(self, text: str) -> str:
        if not self._patterns:
            return text
        for pattern in self._patterns:
            text = pattern.hide(text)
        # What was encoded in several ways, one upon the other, is found, but not where it begins and ends.
        decoded = text
        for _round in range(_ROUNDS):
            before, decoded = decoded, _decoded_once(decoded)
            if decoded == before:
                break
            if self.finds(decoded):
                return WITHHELD
        return text

    def finds(self, text: str) -> bool:
        """Whether ``text`` holds any of the secrets, encoded as a whole no more than once."""
        return any(pattern.finds(text) for pattern in self._patterns)


class _Pattern:
    """One secret, in all its encodings."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._start = re.compile(_escaped(secret[:_START]))
        self._whole: re.Pattern[str] | None = None
        self._fixed = _fixed(secret)

    def hide(self, text: str) -> str:
        if self._start.search(text):
            text = self._compiled().sub(STARS, text)
        for form, rest in self._fixed.items():
            if form in text:
                text = re.sub(re.escape(form) + rest, STARS, text)
        return text

    def finds(self, text: str) -> bool:
        escaped = self._start.search(text) and self._compiled().search(text)
        return bool(escaped) or any(form in text for form in self._fixed)

    def _compiled(self) -> re.Pattern[str]:
        if self._whole is None:
            secret = self._secret
            pattern = _escaped(secret[:_LONG]) + (_REST if len(secret) > _LONG else "")
            self._whole = re.compile(rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])" if len(secret) < _SHORT else pattern)
        return self._whole


def _decoded(secret: str) -> set[str]:
    """A secret, and what a server makes of it that decodes once too often."""
    found = {unquote(secret), unquote_plus(secret), unescape(secret)}
    try:
        padded = secret + "=" * (-len(secret) % 4)
        found.add(base64.b64decode(padded.translate(_URLSAFE_TO_STANDARD), validate=True).decode())
    except ValueError:  # It is no text in base64.
        pass
    return {form for form in found if len(form) >= _SHORT and form.isprintable()} | ({secret} - {""})


def _decoded_once(text: str) -> str:
    """A text out of a URL, out of HTML, and out of JSON as far as patterns do not see to that."""
    if not any(mark in text for mark in "%&\\"):
        return text
    return re.sub(r"\\u00([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), unescape(unquote(text)))


def _fixed(secret: str) -> dict[str, str]:
    """The encodings that do not go character by character, each with a pattern of what may follow: hex, and base64, where it matters
    what stands before the secret, such as a user's name."""
    if len(secret) < _SHORT:
        return {}
    data = secret[:_LONG].encode("utf-8", "surrogatepass")
    more = "*" if len(secret) > _LONG else "?"
    forms = dict.fromkeys((data.hex(), data.hex().upper()), "[0-9A-Fa-f]*" if len(secret) > _LONG else "")
    for before in range(3):
        # Without the characters at both ends: these hold bits of what stands there.
        core = base64.b64encode(bytes(before) + data).decode()[(0, 2, 3)[before] : 8 * (before + len(data)) // 6]
        written = {core, core.translate(_STANDARD_TO_URLSAFE), quote(core, safe=""), core.replace("/", r"\/")}
        forms.update(dict.fromkeys(written, rf"[A-Za-z0-9+/_-]{more}(?:=|%3[dD]){{0,2}}"))
    return forms


def _escaped(secret: str) -> str:
    """A pattern for ``secret`` with each of its characters as it is, or escaped in any way."""
    return "".join(_run(character, len(list(run))) for character, run in groupby(secret))


def _run(character: str, count: int) -> str:
    """A pattern for so many of one character. Each alternative begins with a literal, which makes searching fast."""
    if character == "\\":
        # JSON within JSON makes two of each.
        times = f"{{{count},{32 * count}}}"
        return rf"(?:(?:\\\\{{0,31}}u005[cC]){times}|\\{times}|(?:%(?:25){{0,3}}5[cC]){times}|(?:{_entity(character)}){times})"
    code, literal = ord(character), re.escape(character)
    units = re.findall("....", character.encode("utf-16-be", "surrogatepass").hex())
    escapes = [literal, r"\\{1,32}".join(f"u{_hex(unit)}" for unit in units)]
    if code < 0x100:
        escapes.append(f"x{_hex(f'{code:02x}')}")
    if character in _CONTROLS:
        escapes.append(_CONTROLS[character])
    ways = [literal, rf"\\\\{{0,31}}(?:{'|'.join(escapes)})", _percent(character.encode("utf-8", "surrogatepass")), _entity(character)]
    if 0x80 <= code < 0x100:
        ways.append(_percent(bytes([code])))
    if character == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join(ways)})" + (f"{{{count}}}" if count > 1 else "")


def _percent(data: bytes) -> str:
    """A pattern for bytes as a URL has them, also where the percent sign was encoded again."""
    return "".join(f"%(?:25){{0,3}}{_hex(f'{byte:02x}')}" for byte in data)


def _entity(character: str) -> str:
    """A pattern for a character as HTML has it, also where the ampersand was encoded again."""
    code = ord(character)
    names = [f"#0{{0,6}}{code}", f"#[xX]0{{0,6}}{_hex(f'{code:x}')}"]
    if not character.isalnum():
        names += [re.escape(name[:-1]) for name, text in html5.items() if text == character and name[-1] == ";"]
    return f"&(?:amp;){{0,3}}(?:{'|'.join(names)});?"


def _hex(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)
