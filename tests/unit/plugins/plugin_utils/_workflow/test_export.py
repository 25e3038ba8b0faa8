# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports: what the ids in one belong to."""

from __future__ import annotations

from ansible_collections.secops.policy.plugins.plugin_utils._workflow.export import export

APPS = "meraki_private_app"


def test_an_export_of_private_resources_says_so_and_has_their_ids():
    unit = {"name": "Desk", "destinations": [], "resource_group_ids": ["2", "1"], "application_groups": ["West", "East"]}
    units = [{"resource_id": "5", **unit}, {"resource_id": "3", **unit}]
    result = {"gathered": units, "source": "https://api.example/organizations/1", "api": "private_resources"}
    text = export("acme", {APPS: result}, "replaced", "1.0.0", "now").text
    assert f"# {APPS}: 2 private resources from https://api.example/organizations/1\n" in text
    assert text.index('resource_id: "3"') < text.index('resource_id: "5"') and "application_id" not in text
    assert '          - "1"  # East\n          - "2"  # West\n' in text
