# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result as it leaves: no secrets, valid Unicode, and small enough for AWX."""

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.mask import STARS, Mask
from ansible_collections.secops.policy.plugins.module_utils._runner.result import LARGEST, presentable

SECRET = "s3cret-key-0123456789"


def errors(count, length=100):
    return [{"path": f"config[{number}].name", "message": "x" * length} for number in range(count)]


def requests(count, length=100):
    return [{"method": "PUT", "path": "/x", "body": {"items": ["x" * length], "name": "abc", "on": True}} for _number in range(count)]


def size(result, warnings):
    return len(json.dumps({**result, "warnings": warnings}))


def test_a_small_result_stays_as_it_is():
    result = {"changed": True, "requests": requests(3), "errors": errors(3), "diff": [{"before": "a\n", "after": ""}], "msg": "Bad."}
    assert presentable(dict(result), ["one", "two"], Mask({SECRET})) == (result, ["one", "two"])


@pytest.mark.parametrize("count", [6_000, 60_000])
def test_errors_are_reduced_to_some_and_their_number(count):
    result, said = presentable({"msg": "Many errors.", "errors": errors(count)}, [], Mask(()))
    assert size(result, said) < LARGEST and result["msg"] == "Many errors."
    assert result["errors"][0] == errors(1)[0] and str(count) in result["errors"][-1]["message"]
    assert {tuple(item) for item in result["errors"]} == {("path", "message")}
    assert len(said) == 1 and "errors were reduced to counts" in said[0]


def test_few_errors_may_be_large_too():
    result, said = presentable({"msg": "x" * 1_000_000, "errors": errors(5, 1_000_000)}, [], Mask(()))
    assert size(result, said) < LARGEST and len(result["errors"]) == 5 and "cut, of 1000000 characters" in result["msg"]


def test_what_changes_is_reduced_but_never_what_there_is():
    units = [{"name": "x" * 100}] * 6000
    given = {
        "before": units, "after": units[:2], "diff": [{"before": "x" * 600_000, "after": "x"}], "plan_text": "+ x\n" * 150_000,
        "requests": requests(2), "pending": requests(1),
    }  # fmt: skip
    result, said = presentable(given, [], Mask(()))
    assert (result["before"], result["after"]) == (units, units[:2])
    assert result["diff"] == [{"before": "6000 units, too many to show\n", "after": "2 units, too many to show\n"}]
    assert result["plan_text"] == "150000 lines, too many to show\n"
    assert [item["body"] for item in result["requests"] + result["pending"]] == [{"items": 1, "name": 3, "on": True}] * 3
    assert said == [
        "The result is large: diff, plan_text, the bodies in requests, the bodies in pending were reduced to counts. Split the scope over "
        "several tasks or hosts."
    ]


def test_what_is_there_alone_cannot_be_reduced():
    given = {"gathered": [{"name": "x" * 100}] * 6000, "requests": []}
    result, said = presentable(dict(given), [], Mask(()))
    assert result == given and "nothing of it can be left out" in said[0]


def test_many_warnings_are_reduced_as_well():
    result, said = presentable({"changed": False}, [f"config[{number}]: {'x' * 200}" for number in range(10_000)], Mask(()))
    assert size(result, said) < LARGEST and "10000 in all" in said[-2] and said[0].startswith("config[0]: ")
    _result, said = presentable({"changed": False}, ["x" * 1_000_000], Mask(()))
    assert len(said[0]) < 2000


def test_no_secret_in_any_of_it():
    encoded = base64.b64encode(f"user:{SECRET}".encode()).decode()
    given = {"msg": f"it is {SECRET}", "gathered": [{"name": encoded, "tags": [f'"{SECRET}"', "other"]}], "http_status": 403}
    result, said = presentable(given, [f"a warning with {SECRET}"], Mask({SECRET}))
    assert SECRET not in str(result) and encoded[8:-4] not in str(result) and result["http_status"] == 403
    assert result["msg"] == f"it is {STARS}" and result["gathered"][0]["tags"] == [f'"{STARS}"', "other"]
    assert said == [f"a warning with {STARS}"]


def test_a_secret_that_reads_like_a_key_renames_none():
    result, _said = presentable({"path": ["path"], "requests": []}, [], Mask({"path"}))
    assert result == {"path": [STARS], "requests": []}


def test_half_a_character_is_none_in_a_result():
    result, said = presentable({"msg": "cut \ud83d", "errors": [{"path": "config", "message": "\udcff \U0001f600"}]}, ["\ud83d"], Mask(()))
    json.dumps([result, said], ensure_ascii=False).encode()
    assert result["msg"] == "cut \ufffd" and result["errors"][0]["message"] == "\ufffd \U0001f600" and said == ["\ufffd"]
