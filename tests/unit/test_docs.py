# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that are written by hand hang together: guides are listed, and links into the repository lead to what is there."""

from __future__ import annotations

import contextlib
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.secops.policy.tests.tools.copy_tree import with_absolute_links

# Pages are read, and nothing is run.
pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "docsite" / "rst"
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
#: A file that is read outside of a checkout has to name the repository in full.
ELSEWHERE = (
    "galaxy.yml",
    ".github/ISSUE_TEMPLATE/",
    "docs/docsite/links.yml",
    "docs/drift.schema.json",
    "docs/docsite/rst/getting_started.rst",  # the line that clones it
    "docs/docsite/rst/pipelines.rst",  # the line that an editor reads
    "examples/",
)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "roles").glob("*/README.md"), *GUIDES.glob("*.rst")])


def test_every_guide_is_in_the_sites_contents_and_in_the_readme():
    sections = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    listed = [name for section in sections for name in section["toctree"]]
    there = sorted(file.stem for file in GUIDES.glob("*.rst"))
    assert sorted(listed) == there
    linked = re.findall(r"\(docs/docsite/rst/(\w+)\.rst\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(set(linked)) == there


def test_the_changelog_names_everything_there_is():
    """Otherwise: ``antsibull-changelog release``; with ``--update-existing --reload-plugins`` for the version that is in preparation."""
    releases = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"].values()
    kinds = ("callback", "filter", "inventory")
    plugins = {kind: sorted(file.stem for file in (ROOT / "plugins" / kind).glob("[!_]*.py")) for kind in ("modules", *kinds)}
    named = {
        "modules": [module["name"] for release in releases for module in release.get("modules", [])],
        **{kind: [one["name"] for release in releases for one in release.get("plugins", {}).get(kind, [])] for kind in kinds},
        "roles": [role["name"] for release in releases for role in release.get("objects", {}).get("role", [])],
    }
    there = {**plugins, "roles": sorted(folder.name for folder in (ROOT / "roles").iterdir())}
    assert {kind: sorted(names) for kind, names in named.items()} == there
    (latest,) = releases
    entries = [("modules", one) for one in latest["modules"]] + [(kind, one) for kind in kinds for one in latest["plugins"][kind]]
    files = [(one, ROOT / "plugins" / kind / f"{one['name']}.py") for kind, one in entries]
    files += [(one, ROOT / "roles" / one["name"] / "meta" / "argument_specs.yml") for one in latest["objects"]["role"]]
    assert [
        one["name"] for one, file in files if f"short_description: {one['description']}\n" not in file.read_text(encoding="utf-8")
    ] == []


def described(options, path=""):
    """Every option with its description, those inside of others too."""
    for name, option in options.items():
        yield f"{path}{name}", "".join(option["description"])
        yield from described(option.get("suboptions") or option.get("options") or {}, f"{path}{name}.")


def test_no_description_leans_on_the_one_before_it():
    """ansible-doc sorts options by name, so that the one before is another one there."""
    documented = {}
    for path in [
        *(ROOT / "plugins" / "modules").glob("*.py"),
        *(ROOT / "plugins" / "inventory").glob("*.py"),
        *(ROOT / "plugins" / "doc_fragments").glob("[!_]*.py"),
    ]:
        text = re.search(r'DOCUMENTATION = r"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)[1]
        documented[path.name] = yaml.safe_load(text)["options"]
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        documented[path.parts[-3]] = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    leans = re.compile(r"(It|Its|That|The same|Their|These|They|This|Those)\b|.* in their place\b")
    found = [(place, name, text) for place, options in documented.items() for name, text in described(options) if leans.match(text)]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_into_the_repository_lead_somewhere(page):
    name = str(page.relative_to(ROOT))
    absolute = with_absolute_links(name, page.read_text(encoding="utf-8"), REPOSITORY)
    targets = {ROOT / path for path in re.findall(rf"{re.escape(REPOSITORY)}/(?:blob|tree|raw)/main/([^\s)>`#]+)", absolute)}
    targets |= {page.parent / path for path in re.findall(r"^\.\. image:: (\S+)", absolute, flags=re.MULTILINE)}
    assert [str(target.relative_to(ROOT)) for target in targets if not target.exists()] == []
    assert not re.search(r"\]\((?!https?://|#|mailto:)", absolute), "a relative link that the artefact would still hold"


def test_galaxy_yml_alone_names_the_repository():
    """Other files link to each other by relative paths, or are listed above; those name the same repository as galaxy.yml."""
    owner = REPOSITORY.rsplit("/", 2)[1]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    naming, other = set(), set()
    for name in filter(None, listed.split("\0")):
        with contextlib.suppress(UnicodeDecodeError, FileNotFoundError):
            found = set(re.findall(rf"{owner}/[\w.-]+", (ROOT / name).read_text(encoding="utf-8")))
            naming |= {name} if found else set()
            other |= {name} if found - {REPOSITORY.split("/", 3)[3]} else set()
    assert not other and not {name for name in naming if not name.startswith(ELSEWHERE)}


@pytest.mark.parametrize(
    ("name", "text", "becomes"),
    [
        ("README.md", "[a](docs/x.md)", "[a](REPO/blob/main/docs/x.md)"),
        ("README.md", "![a](docs/a.png) [b](docs)", "![a](REPO/raw/main/docs/a.png) [b](REPO/tree/main/docs)"),
        ("roles/apply/README.md", "[a](../../docs/x.md#part) [b](#here)", "[a](REPO/blob/main/docs/x.md#part) [b](#here)"),
        ("README.md", "[a](https://example.com/x.md) [b](mailto:a@b.c)", "[a](https://example.com/x.md) [b](mailto:a@b.c)"),
        ("docs/docsite/rst/x.rst", "`a <../../../SECURITY.md>`__", "`a <REPO/blob/main/SECURITY.md>`__"),
        ("docs/docsite/rst/x.rst", "`a <https://example.com>`__ :ref:`b <c>`", "`a <https://example.com>`__ :ref:`b <c>`"),
    ],
)
def test_the_artefact_links_to_the_repository(name, text, becomes):
    assert with_absolute_links(name, text, "REPO") == becomes
