# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit of some hosts does with the report that is there already."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.secops.policy.plugins.action.drift_report import ActionModule


def kept(folder, hosts):
    said = []
    action = object.__new__(ActionModule)
    action._display = SimpleNamespace(warning=said.append)
    found = action._kept({"groups": {"all": ["berlin", "paris"]}, "ansible_play_hosts_all": hosts}, str(folder))
    return found, said


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 99, "tenants": []}', '{"version": 1, "tenants": [{"name": "paris"}]}'])
def test_parts_that_cannot_be_kept_are_not_lost_in_silence(tmp_path, text):
    (tmp_path / "drift.json").write_text(text, encoding="utf-8")
    found, said = kept(tmp_path, ["berlin"])
    assert found == [] and len(said) == 1 and said[0].endswith("The parts of tenants that are not in this run cannot be kept")
    assert kept(tmp_path, ["berlin", "paris"]) == ([], [])


def test_without_an_earlier_report_there_is_nothing_to_say(tmp_path):
    assert kept(tmp_path, ["berlin"]) == ([], [])
