# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an error is in the user's files: what Ansible has read says it, on every version; what it has not says nothing."""

from __future__ import annotations

import json

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.secops.policy.plugins.module_utils._model.plan import error
from ansible_collections.secops.policy.plugins.plugin_utils import _positions
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain

TEXT = """\
base:
  - network: Branch 1
    policies:
      - scope: some
        tags:
          - a
          - NO
config: "{{ base }}"
deep:
  in: [{there: "{{ config }}"}]
named: "{{ deep['in'][0].there }}"
computed: "{{ base + base }}"
round: "{{ round }}"
few:
  - "{{ nothing | default(omit) }}"
  - network: Branch 2
limits:
  most: few
stricter:
  most: none
"""


@pytest.fixture
def variables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tenant.yml").write_text(TEXT, encoding="utf-8")
    return DataLoader().load_from_file(str(tmp_path / "tenant.yml"))


def lines(paths, given, sources, variables):
    found = _positions.with_positions([error(path, "is wrong") for path in paths], given, sources, variables)
    assert all(set(one) <= {"path", "message", "file", "line"} for one in found)
    assert all(one.get("file", "tenant.yml") == "tenant.yml" for one in found)
    return [one.get("line") for one in found]


@pytest.mark.parametrize("name", ["base", "config", "named"])
def test_a_path_leads_to_a_line_also_through_variables_that_name_others(variables, name):
    """As far as it leads; what is not there is missing where it should be."""
    paths = {
        "config[0].network": 2,
        "config[0].policies": 3,
        "config[0].policies[0].scope": 4,
        "config[0].policies[0].tags[0]": 6,
        "config[0].policies[0].tags[1]": 5,
        "config[0].policies[0].group_policy": 4,
        "config[0]": 2,
    }
    found = lines(paths, {"config": plain(variables["base"])}, [{"config": "{{ " + name + " }}"}], variables)
    assert dict(zip(paths, found)) == paths


def test_a_value_that_cannot_be_looked_at_costs_the_position_and_nothing_else(variables):
    class Locked(str):
        def strip(self, *_args):
            raise RuntimeError("no vault secret")

    assert lines(["config[0].network"], {"config": [{"network": "x"}]}, [{"config": Locked("{{ base }}")}], variables) == [None]


def test_what_was_merged_is_where_its_value_is(variables):
    """A merge keeps the key of the one and takes the value of the other."""
    merged = {next(iter(variables["limits"])): variables["stricter"]["most"]}
    assert lines(["merged.most"], {"merged": {"most": "none"}}, [{"merged": merged}], variables) == [20]


def test_what_cannot_be_followed_says_where_it_began_or_nothing(variables):
    given = {"config": plain(variables["base"])}
    assert lines(["config[0].network"], given, [{"config": variables["computed"]}, None], variables) == [12]
    assert lines(["config[0].network"], given, [{"config": variables["round"]}], variables) == [13]
    assert lines(["config[0].network", "options"], given, [given, "{{ nothing.at.all }}"], variables) == [None, None]
    assert lines(["odd].[path", ""], given, [given], variables) == [None, None]


def test_an_item_that_was_omitted_does_not_shift_the_lines_of_others(variables):
    """The second one is the first that is left."""
    assert lines(["few[0].network"], {"few": [{"network": "Branch 2"}]}, [variables], variables) == [14]


def test_a_message_that_repeats_its_errors_says_it_too(variables):
    errors = [error("config[0].policies[0].scope", "is wrong"), error("config[0]", "is odd"), error("elsewhere", "is far")]
    result = {"msg": "3 errors. " + "; ".join(f"{one['path']}: {one['message']}" for one in errors), "errors": errors, "changed": False}
    given = {"config": plain(variables["base"])}
    found = _positions.failure_with_positions(result, given, [{"config": variables["base"]}], variables)
    assert found["msg"] == (
        "3 errors. config[0].policies[0].scope (tenant.yml:4): is wrong; config[0] (tenant.yml:2): is odd; elsewhere: is far"
    )
    assert found["errors"][0] == {**errors[0], "file": "tenant.yml", "line": 4} and found["errors"][2] == errors[2]
    json.dumps(found)


def test_only_the_first_hundred_are_looked_up(variables):
    found = lines(["config[0]"] * 101, {"config": plain(variables["base"])}, [{"config": variables["base"]}], variables)
    assert found == [2] * 100 + [None]


def test_a_file_elsewhere_is_named_in_full(variables, tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    (found,) = _positions.with_positions([error("base", "is wrong")], plain(variables), [variables], variables)
    assert found["file"] == str(tmp_path / "tenant.yml")


@pytest.mark.parametrize("broken", [AttributeError, RuntimeError, KeyError])
def test_an_ansible_that_keeps_it_elsewhere_costs_the_position_and_nothing_else(variables, monkeypatch, broken):
    class Moved:
        @staticmethod
        def get_tag(_value):
            raise broken("moved")

    monkeypatch.setattr(_positions, "_ORIGIN", Moved)
    assert lines(["base[0]"], plain(variables), [variables], variables) == [None]
