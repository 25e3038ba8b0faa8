# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders are layers: docs/architecture.md lists them, and no file imports from a higher one, nor gets to the network by way of another."""

from __future__ import annotations

import ast
import graphlib
import re
from pathlib import Path

import pytest

# Files are read, and none is run.
pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.secops.policy.plugins."
#: What a planning function could learn that its arguments do not say, or could do that its result does not.
IMPURE = {"ansible", "datetime", "http", "logging", "os", "pathlib", "random", "requests", "socket", "subprocess", "threading", "time"}
#: The files of a resource that are plain functions over plain data.
PURE = ("backend", "config", "description", "fields", "groups", "order", "plan", "refusal", "schema")
#: What concerns every task on the controller.
AROUND = {"plugin_utils/_terminal", "plugin_utils/_given", "plugin_utils/_positions"}
NETWORK = {"http", "requests", "socket", "urllib3"}


def files():
    """Every file with code in it, as (name relative to plugins, without .py; path)."""
    for path in sorted(PLUGINS.rglob("*.py")):
        name = path.relative_to(PLUGINS).with_suffix("").as_posix()
        if path.stat().st_size and not name.startswith("doc_fragments/"):
            yield name, path


def table():
    """The rows of the table."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("\n## Layers\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `plugins/.+$", text, flags=re.MULTILINE)


def layers():
    """[folders of a layer, relative to plugins], the highest layer first."""
    return [re.findall(r"`plugins/(.+?)/`", row.split(" | ")[0]) for row in table()]


LAYERS = layers()


def layer_of(name):
    """The number of a file's layer, the highest is 0: that of the folder nearest to it. None where no folder of the table holds it."""
    holding = [(len(folder), number) for number, folders in enumerate(LAYERS) for folder in folders if name.startswith(folder + "/")]
    return max(holding)[1] if holding else None


def imported(path, known):
    """(our files that it imports, what else it imports by its first name). Also what is imported in functions, and for types only."""
    ours, others = set(), set()
    package = path.parent.relative_to(PLUGINS).as_posix().replace("/", ".")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = PACKAGE + ".".join([*above, *filter(None, [base])])
            named = [base, *(f"{base}.{item.name}" for item in node.names)]
        elif isinstance(node, ast.Import):
            named = [item.name for item in node.names]
        else:
            continue
        found = {name.removeprefix(PACKAGE).replace(".", "/") for name in named if name.startswith(PACKAGE)} & known
        ours |= found
        others |= {name.partition(".")[0] for name in named[:1]} - {"ansible_collections"}
        assert found or not named[0].startswith("ansible_collections"), f"{path}: {named[0]} is not a file of ours"
    return ours, others


FILES = dict(files())
IMPORTS = {name: imported(path, FILES.keys()) for name, path in FILES.items()}


def reached(name):
    """Every file of ours that is loaded with this one, itself included."""
    found, left = set(), {name}
    while left:
        found |= left
        left = set().union(*(IMPORTS[one][0] for one in left)) - found
    return found


def resource_of(name):
    """The resource to whose folder a file belongs."""
    parts = name.split("/")
    return parts[2] if parts[:2] == ["module_utils", "_resources"] and len(parts) > 3 else None


def of_resources():
    """The pure files of all resources."""
    return [name for name in FILES if resource_of(name) and name.rpartition("/")[2] in PURE]


def test_every_folder_of_the_table_is_one_and_stands_once():
    folders = sum(LAYERS, [])
    assert len(folders) == len(set(folders)) >= 10
    assert [folder for folder in folders if not (PLUGINS / folder).is_dir()] == []


def test_the_files_that_the_table_names_are_there():
    """A row may name a file of a folder, or one that each of its folders has."""
    rows = [row for row in table() if ".py`" in row]
    assert len(rows) >= 6
    for row in rows:
        (folder,) = re.findall(r"`plugins/(.+?)/`", row)
        for name in re.findall(r"`([a-z_*]+\.py)`", row):
            assert list((PLUGINS / folder).glob(name)) or list((PLUGINS / folder).glob(f"*/{name}")), f"{folder}: {name}"


def test_how_it_is_built_fits_a_page():
    """And to add a resource takes five steps at most, none of which is to name it somewhere."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert len(text.split()) < 800
    steps = re.findall(r"^\d\. ", text.partition("\n## Adding a resource\n")[2], flags=re.MULTILINE)
    assert 3 <= len(steps) <= 5


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_in_a_layer(name):
    assert layer_of(name) is not None, "the table of layers in docs/architecture.md has to name its folder"


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_imported_from_a_higher_layer(name):
    assert {other for other in IMPORTS[name][0] if layer_of(other) < layer_of(name)} == set()


def test_no_files_import_each_other():
    graphlib.TopologicalSorter({name: ours for name, (ours, _others) in IMPORTS.items()}).prepare()


@pytest.mark.parametrize(
    ("folder", "may"),
    [
        ("modules", {"module_utils/_runner", "module_utils/_resources"}),
        ("plugin_utils/_worker", {*AROUND, "module_utils/_runner", "module_utils/_model"}),
        ("module_utils/_runner", {"module_utils/_http", "module_utils/_model"}),
        ("module_utils/_vendors", {"module_utils/_http", "module_utils/_model"}),
        ("module_utils/_http", {"module_utils/_model"}),
        ("module_utils/_model", set()),
    ],
)
def test_who_knows_whom(folder, may):
    inside = [name for name in FILES if name.startswith(folder + "/")]
    assert inside
    strangers = {
        name: {other for other in IMPORTS[name][0] if not f"{other}/".startswith(tuple(f"{one}/" for one in {folder, *may}))}
        for name in inside
    }
    assert strangers == {name: set() for name in inside}


def test_no_resource_knows_another():
    for name, (ours, _others) in IMPORTS.items():
        own = resource_of(name) or name.partition("/")[2]
        if resource_of(name) or name.startswith(("modules/", "action/")):
            assert {resource_of(other) for other in ours} <= {own, None}, name


def test_what_plans_is_pure():
    assert len(of_resources()) >= 12
    assert {name: IMPORTS[name][1] & IMPURE for name in of_resources()} == {name: set() for name in of_resources()}


def test_a_resource_keeps_nothing_that_it_read():
    """It is made of its options; what was read is handed along."""
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items() if resource_of(name)}
    classes = [
        (name, node)
        for name, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(line) == "description = DESCRIPTION" for line in node.body)
    ]
    assert len(classes) >= 3
    for name, node in classes:
        for function in [one for one in node.body if isinstance(one, ast.FunctionDef)]:
            kept = [
                node.attr
                for node in ast.walk(function)
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and getattr(node.value, "id", "") == "self"
            ]
            assert function.name == "__init__" or not kept, f"{name}: {function.name} sets {kept}"


def test_no_list_of_what_was_found_is_handed_down():
    """``Diagnostics`` is."""
    for name, path in FILES.items():
        tree = ast.parse(path.read_text(encoding="utf-8") if resource_of(name) else "")
        for node in [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]:
            assert {argument.arg for argument in node.args.args}.isdisjoint({"errors", "warnings"}), f"{name}: {node.name}"


def planning_or_reporting():
    """The pure files of resources, and everything of the controller's and of the model's but what runs resources."""
    own = [name for name in FILES if name.startswith(("plugin_utils/", "module_utils/_model/"))]
    return [*of_resources(), *(name for name in own if not name.startswith("plugin_utils/_worker/"))]


@pytest.mark.parametrize("name", planning_or_reporting())
def test_what_plans_or_reports_never_loads_the_client(name):
    assert {one: IMPORTS[one][1] & NETWORK for one in reached(name) if IMPORTS[one][1] & NETWORK} == {}


def test_only_the_client_speaks_http():
    speaking = {name.rpartition("/")[0] for name, (_ours, others) in IMPORTS.items() if others & NETWORK}
    assert speaking == {"module_utils/_http"}
