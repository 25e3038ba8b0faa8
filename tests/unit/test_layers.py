# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers that docs/architecture.md lists, and that no file imports from a higher one."""

from __future__ import annotations

import ast
import fnmatch
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


def files():
    """Every file with code in it, as (name relative to plugins, without .py; path)."""
    for path in sorted(PLUGINS.rglob("*.py")):
        name = path.relative_to(PLUGINS).with_suffix("").as_posix()
        if path.stat().st_size and not name.startswith("doc_fragments/"):
            yield name, path


def layers():
    """The table: {layer: [pattern of files, relative to plugins]}, the highest first."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("\n## Layers\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (`.+?`) \|", text, flags=re.MULTILINE)
    return {layer: [_relative(name) for name in re.findall(r"`(.+?)`", names)] for layer, names in rows}


def _relative(name):
    return name.removeprefix("plugins/") if name.startswith("plugins/") else f"module_utils/{name}"


def layers_of(name):
    return [layer for layer, patterns in layers().items() if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


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
        others |= {named[0].partition(".")[0]} - {"ansible_collections"}
        assert found or not named[0].startswith("ansible_collections"), f"{path}: {named[0]} is no file of ours"
    return ours, others


FILES = dict(files())
IMPORTS = {name: imported(path, FILES.keys()) for name, path in FILES.items()}
HEIGHT = {layer: -number for number, layer in enumerate(layers())}


def test_the_table_lists_the_layers():
    assert list(layers()) == ["action", "controller", "module", "frame", "resource", "domain", "api", "http", "words"]


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_in_one_layer(name):
    assert len(layers_of(name)) == 1, "the table of layers in docs/architecture.md has to name it, once"


@pytest.mark.parametrize("pattern", sum(layers().values(), []))
def test_every_entry_of_the_table_is_a_file(pattern):
    assert fnmatch.filter(FILES, pattern)


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_imported_from_a_higher_layer(name):
    (own,) = layers_of(name)
    higher = {other for other in IMPORTS[name][0] for layer in layers_of(other) if HEIGHT[layer] > HEIGHT[own]}
    assert not higher


def test_no_files_import_each_other():
    graphlib.TopologicalSorter({name: ours for name, (ours, _others) in IMPORTS.items()}).prepare()


@pytest.mark.parametrize(
    ("layer", "may"), [("module", {"frame", "resource"}), ("frame", {"frame", "http", "words"}), ("http", {"http", "words"})]
)
def test_who_knows_whom(layer, may):
    of_layer = [name for name in FILES if layers_of(name) == [layer]]
    assert of_layer
    assert {name: set(sum(map(layers_of, IMPORTS[name][0]), [])) - may for name in of_layer} == {name: set() for name in of_layer}


def test_the_domains_are_pure():
    domains = [name for name in FILES if layers_of(name) == ["domain"]]
    assert len(domains) >= 6
    assert {name: IMPORTS[name][1] & IMPURE for name in domains} == {name: set() for name in domains}


def test_only_the_client_speaks_http():
    speaking = {name for name, (_ours, others) in IMPORTS.items() if others & {"requests", "urllib3", "socket", "http"}}
    assert speaking == {"module_utils/_http/client", "module_utils/_http/transport"}
