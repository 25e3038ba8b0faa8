# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``site_index.py FOLDER``: writes the start page of the site into FOLDER, which holds the pages that antsibull-docs has made.

The sidebar shows its groups: the guides as ``docs/docsite/extra-docs.yml`` groups them, the reference, and the internal modules apart.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
_KINDS = {"role": "Roles", "inventory": "Inventory plugin", "filter": "Filters", "callback": "Callback plugin"}
_TITLE = re.compile(r"^secops\.policy\.(?P<name>\w+) (?P<kind>\w+) -- (?P<says>.*)$", re.MULTILINE)
_HEAD = """\
.. meta::
   :description: {description}

.. _plugins_in_secops.policy:
.. _plugin_index_for_secops.policy:

secops.policy
=============

{description}.

You say which devices and people get which policy, in YAML under version control. The collection shows every change by name before you make
it, makes only the changes that are necessary, and tells you every morning which organizations differ from what you decided.

- New here? Begin with :doc:`docsite/getting_started`.
- An organization that already has policies? Read :doc:`docsite/brownfield`.
- Many organizations? Read :doc:`docsite/fleets`.
- Something failed? Read :doc:`docsite/failures`.

.. _communication_for_secops.policy:

Get help
--------

Ask questions about Ansible in the `Ansible forum <https://forum.ansible.com/>`__. Report bugs in the `issue tracker <{issues}>`__. Report
vulnerabilities privately: :doc:`docsite/security`.
"""


def main(folder: Path) -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    sections = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    parts = [_HEAD.format(description=galaxy["description"], issues=galaxy["issues"])]
    parts += [_contents(section["title"], [f"docsite/{name}" for name in section["toctree"]]) for section in sections]
    parts += [_contents(title, pages) for title, pages in _reference(folder).items()]
    (folder / "index.rst").write_text("\n".join(parts), encoding="utf-8")


def _reference(folder: Path) -> dict[str, list[str]]:
    """The pages of plugins and roles by the groups of the sidebar; in the sidebar they have short names."""
    groups: dict[str, list[str]] = {"Modules": [], **{title: [] for title in _KINDS.values()}, "More": [], "Internal modules": []}
    for page in sorted(folder.glob("*.rst")):
        found = _TITLE.search(page.read_text(encoding="utf-8"))
        if found is None:
            groups["More"] += [] if page.stem == "index" else [page.stem]
        else:
            internal = found["says"].startswith("Internal")
            title = "Internal modules" if internal else _KINDS.get(found["kind"], "Modules")
            groups[title].append(f"{found['name']} <{page.stem}>")
    return groups


def _contents(caption: str, pages: list[str]) -> str:
    return f".. toctree::\n   :maxdepth: 1\n   :caption: {caption}\n\n" + "".join(f"   {page}\n" for page in pages)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
