# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``copy_tree.py TARGET``: makes TARGET a fresh copy of the checkout, without what git ignores.

Tools that insist on a real ``ansible_collections/secops/policy`` folder get one that holds no environments and no build results. Links that
lead from one page to another file of the checkout become links to the ``repository`` of ``galaxy.yml``: on Galaxy, and on the site, these
files are elsewhere.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
#: In Markdown ``](path)``, in reStructuredText ``<path>`__``; a path is relative, and may end with ``#anchor``.
_LINKS = {
    ".md": re.compile(r"(?P<image>!?)(?P<before>\[[^\]]*\]\()(?P<path>(?!\w+:|#)[^)\s]+)(?P<after>\))"),
    ".rst": re.compile(r"(?P<image>)(?P<before>`[^`<>]*<)(?P<path>\.\.?/[^>\s]+)(?P<after>>`__)"),
}


def main(target: Path) -> None:
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    if target.exists():
        shutil.rmtree(target)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, copy = ROOT / name, target / name
        if source.exists():  # not so for a file that was deleted and not committed yet
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
            if source.suffix in _LINKS:
                copy.write_text(with_absolute_links(name, source.read_text(encoding="utf-8"), repository), encoding="utf-8")


def with_absolute_links(name: str, text: str, repository: str) -> str:
    """The page ``name`` (its path in the checkout) with links into ``repository`` in place of relative ones; images as their raw file."""

    def absolute(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), link["path"]))
        kind = "raw" if link["image"] else "tree" if (ROOT / path.partition("#")[0]).is_dir() else "blob"
        return f"{link['image']}{link['before']}{repository}/{kind}/main/{path}{link['after']}"

    return _LINKS[Path(name).suffix].sub(absolute, text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
