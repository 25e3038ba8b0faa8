# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``importer.py ARTEFACT``: imports the artefact as Galaxy does; a warning counts as a failure, which it does not for Galaxy.

Run by the Python whose environment holds galaxy-importer. Everything that it writes goes below HOME.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main(artefact: Path) -> int:
    home = Path.home()
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON"))}
    environment |= {
        "GALAXY_IMPORTER_ANSIBLE_LOCAL_TMP": str(temporary),
        "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true",
        "GALAXY_IMPORTER_REQUIRE_V1_OR_GREATER": "true",
        "GALAXY_IMPORTER_TMP_ROOT_DIR": str(temporary),
    }
    command = [sys.executable, "-m", "galaxy_importer.main", str(artefact)]
    done = subprocess.run(command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, end="")
    remarks = [line for line in done.stdout.splitlines() if line.startswith(("WARNING:", "ERROR:", "CRITICAL:"))]
    print(f"galaxy-importer ended with {done.returncode}, and {len(remarks)} warnings")
    return 1 if done.returncode or remarks else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
