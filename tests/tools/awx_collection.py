# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``awx_collection.py TARGET``: puts the collection awx.awx into TARGET/ansible_collections, from the Python package that holds it.

For the tests of the role awx, which run its real modules. Nothing is installed into the environment.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements-awx.txt"
WANTED = "ansible_collections/awx/awx/"


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as own:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", own]
        subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True, stdin=subprocess.DEVNULL)
        (wheel,) = Path(own).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target, [name for name in archive.namelist() if name.startswith(WANTED)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
