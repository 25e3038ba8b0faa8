# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``copy_tree.py TARGET``: makes TARGET a fresh copy of the checkout, without what git ignores.

Tools that insist on a real ``ansible_collections/secops/policy`` folder get one that holds no environments and no build results.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(target: Path) -> None:
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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
