# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resource is described once: what follows from the description is up to date, and no other code names a module."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.tests.tools import generate

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
#: A resource's own places.
OWN = re.compile(rf"plugins/(module_utils/_resources/({'|'.join(RESOURCES)})/|(modules|action)/({'|'.join(RESOURCES)})\.py)")
WHOLE = {"meta/runtime.yml", "extensions/audit/event_query.yml"}


@pytest.mark.parametrize(("path", "text"), list(generate.files()), ids=lambda value: value if "\n" not in value else "")
def test_what_follows_from_the_descriptions_is_up_to_date(path, text):
    assert (ROOT / path).read_text(encoding="utf-8") == text, "run make generate"


def code(path):
    """The part of a file that runs: no documentation, and nothing that is generated."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        tree = ast.parse(text)
        documentation = [
            node.value if isinstance(node, ast.Assign) else node
            for node in ast.walk(tree)
            if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("DOCUMENTATION", "EXAMPLES", "RETURN"))
        ]
        lines = text.splitlines()
        for node in documentation:
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
        return "\n".join(lines)
    return re.sub(r"# generated: .+\n(?:.*\n)*? *# end of generated\n", "", text)


def files():
    for folder in ("plugins", "roles", "extensions", "meta", "playbooks"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in (".py", ".yml", ".j2", ".js") and name not in WHOLE and not OWN.match(name):
                yield name, path


def test_no_other_code_names_a_module():
    found = {name: sorted(module for module in RESOURCES if module in code(path)) for name, path in files()}
    assert len(found) > 60
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_an_editor_accepts_what_the_examples_say():
    """The schema of the desired state takes what the roles take, and refuses a misspelt key."""
    schema = json.loads((ROOT / "docs" / "desired_state.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    checked = 0
    for path in (ROOT / "examples").rglob("*.yml"):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(data, dict) and "secops_policy" in data:
            assert [error.message for error in validator.iter_errors(data)] == [], path
            checked += 1
    assert checked
    for module in RESOURCES:
        assert validator.is_valid({"secops_policy": {module: {"state": "replaced", "config": []}}})
        for wrong in ({"scpoe": 1}, {"state": "gathered"}, {"config": [{"nam": 1}]}):
            assert not validator.is_valid({"secops_policy": {module: wrong}}), wrong
    assert not validator.is_valid({"secops_policy": {"cisco_ios": {}}})
