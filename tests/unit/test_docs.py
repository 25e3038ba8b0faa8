# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that are written by hand hang together: guides are listed, and links into the repository lead to what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

# Pages are read, and nothing is run.
pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "docsite" / "rst"
REPOSITORY = "https://github.com/secops-policy/secops.policy"
RAW = "https://raw.githubusercontent.com/secops-policy/secops.policy/main"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "roles").glob("*/README.md"), *GUIDES.glob("*.rst")])


def test_every_guide_is_in_the_sites_contents_and_in_the_readme():
    sections = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    listed = [name for section in sections for name in section["toctree"]]
    there = sorted(file.stem for file in GUIDES.glob("*.rst"))
    assert sorted(listed) == there
    linked = re.findall(rf"{re.escape(REPOSITORY)}/blob/main/docs/docsite/rst/(\w+)\.rst", (ROOT / "README.md").read_text(encoding="utf-8"))
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
    text = page.read_text(encoding="utf-8")
    targets = {ROOT / path for path in re.findall(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/([^\s)>`#]+)", text)}
    targets |= {ROOT / path for path in re.findall(rf"{re.escape(RAW)}/([^\s)>`#]+)", text)}
    targets |= {page.parent / path for path in re.findall(r"^\.\. image:: (\S+)", text, flags=re.MULTILINE)}
    if page.suffix == ".md":
        targets |= {page.parent / path for path in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text)}
    assert [str(target.relative_to(ROOT)) for target in targets if not target.exists()] == []
