# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``packaged_collections.py TARGET REQUIREMENTS NAME...``: puts collections into TARGET/ansible_collections, from the Python package that
holds them.

For the tests of the role awx, which run the real modules of awx.awx, and for the bench. Nothing is installed into the environment.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path


def main(target: Path, requirements: str, names: Sequence[str]) -> None:
    wanted = tuple(f"ansible_collections/{name.replace('.', '/')}/" for name in names)
    with tempfile.TemporaryDirectory() as own:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", own]
        subprocess.run([*pip, "--requirement", requirements], check=True, stdin=subprocess.DEVNULL)
        (wheel,) = Path(own).glob("ansible-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target, [name for name in archive.namelist() if name.startswith(wanted)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
