# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where credentials may stand, and that no form of one is left in what the roles return and write."""

from __future__ import annotations

import json
from urllib.parse import quote

from ansible_collections.secops.policy.plugins.plugin_utils._workflow import secrets as known_secrets
from hypothesis import given
from hypothesis import strategies as st

APPS, ESET = "meraki_private_app", "eset_policy_assignment"


def test_where_credentials_may_stand_follows_from_the_modules_options():
    assert known_secrets.VARIABLES == ["eset_access_token", "eset_password", "meraki_api_key"]
    assert known_secrets.ENVIRONMENT == ["ESET_ACCESS_TOKEN", "ESET_PASSWORD", "MERAKI_DASHBOARD_API_KEY"]
    assert known_secrets.in_entry(APPS, {"api_key": "k", "organization": "o"}) == ["k"]
    assert set(known_secrets.in_entry(ESET, {"password": "p", "access_token": "t", "username": "u"})) == {"p", "t"}
    for entry in (None, [], "text"):
        assert known_secrets.in_entry(APPS, entry) == []
    assert known_secrets.in_entry("cisco_ios", {"password": "p"}) == []


@given(st.text(min_size=6, max_size=20).filter(lambda text: len(text.strip()) >= 6), st.text(max_size=5), st.text(max_size=5))
def test_a_secret_is_masked_wherever_it_stands(secret, left, right):
    known = known_secrets.worth_masking([secret, None, "", 5])
    forms = [secret, secret.strip(), json.dumps(secret)[1:-1], quote(secret, safe="", errors="surrogatepass")]
    for form in forms:
        data = {"key": [f"{left}{form}{right}", {"inner": form}], "number": 5, "none": None, "other": (form,)}
        shown = known_secrets.masked(data, known)
        assert form not in shown["key"][0].replace("********", "") or form in left + right
        assert shown["key"][1] == {"inner": "********"} and shown["number"] == 5 and shown["none"] is None
    assert data["key"][1] == {"inner": forms[-1]}, "what was given stays as it was"


def test_what_is_short_is_a_word_by_chance():
    assert known_secrets.masked("Corp SM", known_secrets.worth_masking(["Corp", "SM"])) == "Corp SM"
