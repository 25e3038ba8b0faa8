# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which organization or tenant a result is of."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._vendors.eset import with_port
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import KEY, branches, run_meraki, run_module

SENTRY, APPS, ESET = "meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"


@pytest.mark.parametrize("module", [SENTRY, APPS])
def test_an_organization_is_told_by_its_id_also_when_it_is_given_by_name(module):
    entry = {"network": "Branch 1", "policies": []} if module == SENTRY else {"name": "Jira", "destinations": []}
    with Cloud() as cloud:
        branches(cloud.meraki)
        for given in ({"organization_id": "1"}, {"organization_id": None, "organization": "Example Health"}):
            for options in ({"state": "gathered"}, {"state": "deleted", "config": [{key: entry[key] for key in list(entry)[:1]}]}):
                found = run_meraki(module, cloud, {**given, **options}, check=True)
                # The ids of applications belong to one API.
                api = {"api": "private_applications"} if module == APPS else {}
                assert found["place"] == {"vendor": "meraki", "organization": "1", **api}, found
        refused = run_meraki(module, cloud, {"organization_id": "2", "state": "gathered"})
        assert refused["failed"] and "place" not in refused
    assert KEY not in str(found)


def test_a_tenant_is_told_by_the_host_of_policy_management():
    with Cloud() as cloud:
        cloud.eset.add_user("api", "a-password")
        given = {"username": "api", "password": "a-password", "base_url": cloud.eset_url + "/", "state": "gathered"}
        place = run_module(ESET, given)["place"]
        assert place == {"vendor": "eset", "host": cloud.eset_url.removeprefix("http://"), "scope": ""}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://eu.policy-management.eset.systems", "eu.policy-management.eset.systems:443"),
        ("https://PROTECT.example.com:9443/", "protect.example.com:9443"),
        ("http://localhost", "localhost:80"),
        ("https://[2001:DB8::1]", "[2001:db8::1]:443"),
    ],
)
def test_the_default_port_is_filled_in(url, host):
    assert with_port(url) == host
