# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies as the client reads and writes them: JSON that means the same to everybody, text in valid Unicode, and the way back."""

from __future__ import annotations

import json

import pytest
from ansible_collections.secops.policy.plugins.module_utils._http import body as http_body
from ansible_collections.secops.policy.plugins.module_utils._http.body import BadBody, Texts, valid_text

#: Half a character, as it is left where somebody cuts a text in two.
HALF = "\ud83d"


def read(body, texts=None, error=False):
    return (texts or Texts()).read(body.encode() if isinstance(body, str) else body, error)


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (r'{"name": "cut \ud83d"}', {"name": "cut \ufffd"}), (r'["\ude00\ud83d", "\ud83d\ude00"]', ["\ufffd\ufffd", "\U0001f600"]),
        (b'["cut \xed\xa0\xbd"]', ["cut \ufffd"]), ('["\ufffd", "\\uFFFD"]', ["\ufffd", "\ufffd"]), (r'["\\ud83d"]', ["\\ud83d"]),
        ('[1, 1.5, -0, true, null, "\U0001f600"]', [1, 1.5, 0, True, None, "\U0001f600"]), ("\ufeff[1]", [1]),
        ("[1]".encode("utf-16"), [1]), ("1" * 100, int("1" * 100)),
    ],
)  # fmt: skip
def test_text_is_valid(body, data):
    found = read(body)
    assert found == data
    json.dumps(found, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"rank": Infinity}', "Infinity"), ('{"rank": -Infinity}', "Infinity"), ('{"rank": NaN}', "NaN"), ('{"rank": 1e999}', "too large"),
        ('{"rank": ' + "9" * 5000 + "}", "5000 digits"), ('{"rank": -' + "9" * 101 + "}", "digits"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "twice"), (b'["\xff"]', "UTF-8"), (b'["\xe4"]', "UTF-8"),
        ("[" * 100_000 + "]" * 100_000, "nested"), ('{"a":' * 50_000, "nested"),
        ("[1", "not JSON"), ("<html>", "not JSON"), ("[1] [2]", "not JSON"),
    ],
)  # fmt: skip
def test_what_is_no_json_or_means_several_things(body, words):
    with pytest.raises(BadBody, match=words) as caught:
        read(body)
    assert not caught.value.final


def test_more_values_than_memory_holds(monkeypatch):
    monkeypatch.setattr(http_body, "MOST_VALUES", 100)
    assert read("[" + "1," * 99 + "1]") == [1] * 100
    assert read(json.dumps(["x" * 200])) == ["x" * 200]
    for many in ("[" + "1," * 100 + "1]", "[" * 101 + "]" * 101, '{"a":' * 101):
        with pytest.raises(BadBody, match="more than 100 values") as caught:
            read(many)
        assert caught.value.final


def test_what_tells_of_an_error_can_be_quoted():
    assert read(b'{"errors": ["K\xf6ln"]}', error=True) == {"errors": ["K\ufffdln"]}
    with pytest.raises(BadBody, match="nested"):
        read("[" * 30 + "]" * 30, error=True)
    assert read("[" * 15 + "]" * 15, error=True)


def test_what_is_sent_is_what_the_vendor_has():
    texts = Texts()
    found = read(r'{"items": [{"name": "cut \ud83d", "tags": ["a", "\ude00b"], "rank": 1}]}', texts)
    assert texts.written(found) == {"items": [{"name": f"cut {HALF}", "tags": ["a", "\ude00b"], "rank": 1}]}
    assert texts.written({"name": "new", "tags": [], "on": True, "none": None}) == {"name": "new", "tags": [], "on": True, "none": None}
    assert json.loads(json.dumps(texts.written(found))) == texts.written(found), "as requests does"


@pytest.mark.parametrize("other", [r'["cut \ude00"]', '["cut \ufffd"]', r'["cut \ufffd"]'])
def test_what_cannot_be_told_is_not_sent(other):
    texts = Texts()
    read(r'["cut \ud83d"]', texts)
    read(other, texts)
    with pytest.raises(ValueError, match="several texts that read 'cut \ufffd'"):
        texts.written({"tags": ["cut \ufffd"]})
    assert texts.written({"tags": ["another"]}) == {"tags": ["another"]}


def test_a_text_that_holds_the_replacement_itself_stays():
    texts = Texts()
    assert texts.written(read('["cut \ufffd"]', texts)) == ["cut \ufffd"]


def test_valid_text():
    assert valid_text(f"a{HALF}\udcff\U0001f600b") == "a\ufffd\ufffd\U0001f600b"
