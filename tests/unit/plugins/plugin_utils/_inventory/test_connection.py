# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options with which an inventory is read."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils._inventory.connection import (
    OPTIONS,
    TEXTS,
    of,
    public,
    settled,
    vendors,
    with_own_names,
)

KEY, TOKEN = {"meraki_api_key": "k" * 40}, {"eset_access_token": "t" * 40}
COMMON = {"timeout": 60, "retry_timeout": 300, "rate_limit": 10, "validate_certs": True, "ca_path": None}


def made(environment=(), **given):
    return settled({**dict.fromkeys(OPTIONS), **COMMON, **dict(environment), **given}, given)


def test_the_names_are_those_of_the_roles_variables():
    assert TEXTS == (
        "meraki_api_key", "meraki_base_url", "eset_username", "eset_password", "eset_access_token", "eset_region", "eset_deployment",
        "eset_base_url",
    )  # fmt: skip


def test_defaults_are_those_of_the_modules_and_what_is_empty_in_the_environment_is_not_set():
    found = made(dict.fromkeys(TEXTS, ""), **KEY)
    assert found["meraki_base_url"] == "https://api.meraki.com/api/v1"
    assert (found["eset_region"], found["eset_deployment"], found["eset_base_url"]) == ("eu", "cloud", None)
    assert public("meraki", found) == public("eset", found) == {}


def test_what_is_not_the_default_is_a_variable_and_no_credential_is():
    found = made(**KEY, **TOKEN, eset_username="u", eset_region="de", meraki_base_url="https://api.meraki.ca/api/v1")
    assert public("meraki", found) == {"meraki_base_url": "https://api.meraki.ca/api/v1"}
    assert public("eset", found) == {"eset_region": "de"}


@pytest.mark.parametrize(
    ("given", "wanted", "found"),
    [
        (KEY, None, ["meraki"]),
        (TOKEN, None, ["eset"]),
        ({**KEY, **TOKEN}, None, ["meraki", "eset"]),
        ({**KEY, **TOKEN}, ["eset"], ["eset"]),
        ({"eset_username": "u", "eset_password": "p"}, [], ["eset"]),
    ],
)
def test_the_vendors_are_those_that_have_credentials(given, wanted, found):
    assert vendors(made(**given), wanted) == (found, [])


@pytest.mark.parametrize(
    ("given", "wanted", "paths"),
    [
        ({}, None, ["meraki_api_key"]),
        (KEY, ["eset"], ["eset_username", "eset_password"]),
        (KEY, ["meraki", "eset"], ["eset_username", "eset_password"]),
        ({"eset_username": "u"}, None, ["eset_password"]),
        ({**KEY, "meraki_base_url": "http://example.com"}, None, ["meraki_base_url"]),
        ({**KEY, "meraki_base_url": ""}, None, ["meraki_base_url"]),
        ({**TOKEN, "eset_region": "mars"}, None, ["eset_region"]),
        ({**TOKEN, "eset_deployment": "on_prem"}, None, ["eset_base_url"]),
        ({**KEY, "timeout": 0}, None, ["timeout"]),
    ],
)
def test_what_is_wrong_is_said_under_the_name_of_the_option(given, wanted, paths):
    assert [item["path"] for item in vendors(made(**given), wanted)[1]] == paths


def test_the_credentials_of_the_file_are_not_mixed_with_those_of_the_environment():
    signed_in = {"eset_username": "env", "eset_password": "env"}
    assert made(signed_in, **TOKEN)["eset_username"] is None
    found = made(TOKEN, eset_username="u", eset_password="p")
    assert found["eset_access_token"] is None and found["eset_username"] == "u"
    assert made({**signed_in, **TOKEN})["eset_access_token"] == TOKEN["eset_access_token"]


def test_a_client_gets_its_own_options():
    found = made(**KEY, **TOKEN)
    assert of("meraki", found) == {**COMMON, "api_key": KEY["meraki_api_key"], "base_url": "https://api.meraki.com/api/v1"}
    assert of("eset", found).keys() == {*COMMON, "username", "password", "access_token", "region", "deployment", "base_url"}


def test_what_a_client_says_names_the_options_as_they_are_called_here():
    said = "GET /organizations: 401. The API key is wrong: check api_key (or MERAKI_DASHBOARD_API_KEY)."
    assert with_own_names("meraki", said) == said.replace("api_key (", "meraki_api_key (")
    said = "The username is odd: check username and password (or ESET_USERNAME), region and deployment. The account has a password"
    shown = "check eset_username and eset_password (or ESET_USERNAME), eset_region and eset_deployment. The account has a password"
    assert with_own_names("eset", said) == f"The username is odd: {shown}"
    assert with_own_names("eset", said, ["username"]).startswith("The username is odd: check eset_username and password (or ESET_USERNAME)")
    assert with_own_names("eset", "503: Check region, base_url and any proxy").endswith(": Check eset_region, eset_base_url and any proxy")
