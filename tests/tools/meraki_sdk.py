# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``meraki_sdk.py TARGET``: puts Meraki's own client into TARGET/stable and TARGET/beta, each with what it needs.

For the tests that run it against the mock server. Nothing is installed into the environment.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
RELEASES = {"stable": TESTS / "requirements-sdk.txt", "beta": TESTS / "requirements-sdk-beta.txt"}


def main(target: Path) -> int:
    """Both at once; other than 0 where one of them cannot be had."""
    for release in RELEASES:
        shutil.rmtree(target / release, ignore_errors=True)
    # A release is hundreds of files of which a test imports a few, so that compiling them would take longest.
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary", ":all:"]
    started = [
        subprocess.Popen([*pip, "--target", str(target / release), "--requirement", str(file)], stdin=subprocess.DEVNULL)
        for release, file in RELEASES.items()
    ]
    return max(process.wait() for process in started)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
