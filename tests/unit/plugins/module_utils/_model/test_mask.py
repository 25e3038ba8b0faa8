# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in texts: hidden in every encoding in which a server may repeat them, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
import random
import string
import time
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.mask import STARS, WITHHELD, Mask

SECRETS = {
    "key": "0123456789abcdef0123456789abcdef01234567",
    "words": 'a päss & "word" more',
    "marks": "p\\\\w\\'d/<>!$%^&*()+=?",
    "astral": "x\U0001f600y\u20acz 1+2=3",
    "lines": "line\nbreak\ttab\\",
    "token": "eyJhbGciOiJSUzI1NiJ9." + "".join(random.Random(1).choice(string.ascii_letters + "-_.") for _number in range(900)),
    "six": "secret",
}


def in_json(text, times=1, ascii_only=True):
    for _time in range(times):
        text = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
    return text


def percent(text):
    return "".join(f"%{byte:02x}" for byte in text.encode())


def in_html(text, times=1):
    for _time in range(times):
        text = html.escape(text)
    return text


def units(text, form):
    data = text.encode("utf-16-be")
    return "".join(form.format(int.from_bytes(data[at : at + 2], "big")) for at in range(0, len(data), 2))


#: What goes character by character, so that just the secret is replaced.
EXACT = {
    "as it is": str,
    "JSON": in_json,
    "JSON, not in ASCII": lambda text: in_json(text, 1, False),
    "JSON in JSON": lambda text: in_json(text, 2),
    "JSON in JSON in JSON": lambda text: in_json(text, 3, False),
    "four times JSON": lambda text: in_json(text, 4),
    "JSON with slashes escaped": lambda text: in_json(text).replace("/", "\\/"),
    "JSON, every character": lambda text: units(text, "\\u{:04x}"),
    "JSON, every character, large": lambda text: units(text, "\\u{:04X}"),
    "JSON in JSON, every character": lambda text: in_json(units(text, "\\u{:04x}")),
    "a path": quote,
    "a part of a path": lambda text: quote(text, safe=""),
    "a form": quote_plus,
    "percent, every byte": percent,
    "percent, every byte, large": lambda text: percent(text).upper(),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent three times": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "every byte, and again": lambda text: quote(percent(text)),
    "HTML": in_html,
    "HTML in HTML": lambda text: in_html(text, 2),
    "HTML, decimal": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "HTML, decimal, with noughts": lambda text: "".join(f"&#{ord(character):05};" for character in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(character):x};" for character in text),
    "HTML, hexadecimal, large": lambda text: "".join(f"&#X{ord(character):X};" for character in text),
    "hex": lambda text: text.encode().hex(),
    "hex, large": lambda text: text.encode().hex().upper(),
}
#: What was encoded in several ways, one upon the other or one after the other.
TWICE = {
    "a mixture": lambda text: "".join(
        [str, percent, lambda one: f"&#{ord(one)};", in_json][number % 4](one) for number, one in enumerate(text)
    ),
    "JSON in a URL": lambda text: quote(in_json(text), safe=""),
    "every byte twice": lambda text: percent(percent(text)),
    "HTML in JSON, as .NET has it": lambda text: in_json(in_html(text)).replace("&", "\\u0026"),
    "a URL in HTML in a URL": lambda text: quote(in_html(percent(text)), safe=""),
}


@pytest.mark.parametrize("encoding", EXACT)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_hidden_however_it_is_encoded(name, encoding):
    secret = SECRETS[name]
    shown = EXACT[encoding](secret)
    assert Mask({secret})(f"before {shown} after {shown}, and more") == f"before {STARS} after {STARS}, and more"
    assert Mask({secret}).finds(shown)


@pytest.mark.parametrize("encoding", TWICE)
@pytest.mark.parametrize("name", SECRETS)
def test_what_was_encoded_in_several_ways_is_not_shown_at_all(name, encoding):
    secret = SECRETS[name]
    text = f"before {TWICE[encoding](secret)} after"
    assert Mask({secret})(text) in (WITHHELD, f"before {STARS} after")


@pytest.mark.parametrize("written", ["standard", "urlsafe", "in a URL", "with slashes escaped"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("before", ["", "u", "us", "user:", "Bearer "])
@pytest.mark.parametrize("name", SECRETS)
def test_base64_wherever_the_secret_stands_in_it(name, before, after, written):
    secret = SECRETS[name]
    whole = base64.b64encode(f"{before}{secret}{after}".encode()).decode()
    text = {
        "standard": whole,
        "urlsafe": whole.translate(str.maketrans("+/", "-_")),
        "in a URL": quote(whole, safe=""),
        "with slashes escaped": whole.replace("/", "\\/"),
    }[written]
    hidden = Mask({secret})(f"Basic {text}, it said")
    left = hidden.removeprefix("Basic ").removesuffix(", it said").split(STARS)
    assert len(left) == 2 and len(left[0]) <= len(before) * 4 / 3 + 2 and len(left[1]) <= 12


def test_what_a_server_decodes_once_too_often():
    assert Mask({"p%40ss+w&amp;rd"})("not p@ss w&amp;rd, nor p%40ss+w&rd") == f"not {STARS}, nor {STARS}"
    pair = base64.b64encode(b"user:pa55word").decode()
    assert Mask({pair})(f"{pair} is user:pa55word") == f"{STARS} is {STARS}"


def test_a_short_secret_is_hidden_where_it_stands_by_itself():
    mask = Mask({"ab"})
    assert mask("about a cab: user:ab@host, 'ab', password=%61b") == f"about a cab: user:{STARS}@host, '{STARS}', password={STARS}"
    assert mask("network N_6162 and YWI") == "network N_6162 and YWI"
    assert Mask({"a"})("a cat") == f"{STARS} cat"


def test_the_longer_of_two_secrets_is_hidden_first():
    assert Mask({"password", "password-0123456789"})("password-0123456789 password") == f"{STARS} {STARS}"


@pytest.mark.parametrize("secrets", [(), ("",), ("secret-9876543210",)])
def test_everything_else_stays(secrets):
    text = 'A 100% sure &amp; "quoted" text\\n with %41 and &#65;: N_24329156, 0123456789abcdef, c2VjcmV0LTk4NzY1, %E2%82%AC, \\u00e4'
    assert Mask(secrets)(text) == text and not Mask(secrets).finds(text)


def test_no_text_of_a_server_takes_long():
    """Neither a fleet's result, nor what looks like an escape at every character."""
    result = json.dumps([{"network_id": f"N_{number}", "tags": ["compliant"], "note": 'a "b" c'} for number in range(20_000)])
    for secret in SECRETS.values():
        mask = Mask({secret})
        for text in (result, *(piece * 20_000 for piece in ("\\", "%25", "&amp;", "%5c", "\\u00", "&#0", secret[:5], secret[0]))):
            started = time.process_time()
            mask.finds(text)
            mask(text[:20_000])
            assert time.process_time() - started < 2
