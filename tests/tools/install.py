# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``install.py REQUIREMENTS``: installs them into the environment of the Python that runs this, and says how far it is."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

#: Seconds. Where no terminal shows each package, a line comes as often as this.
EVERY = 10


def main(requirements: str) -> int:
    """What pip ends with; what it says is shown where it fails."""
    environment = Path(sys.prefix).name
    print(f"Installing {Path(requirements).name} into {environment}", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--progress-bar", "off", "--requirement", requirements]
    said, count, told = [], 0, time.monotonic()
    with subprocess.Popen(pip, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            said.append(line)
            installing = line.startswith("Installing collected packages")
            if not (installing or line.startswith("Collecting ")):
                continue
            count += not installing
            step = f"unpacking {count} packages" if installing else f"{count} packages so far"
            if sys.stdout.isatty():
                print(f"\r\033[K  {step[:70]}", end="", flush=True)
            elif installing or time.monotonic() - told > EVERY:
                told = time.monotonic()
                print(f"  {step}", flush=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if process.returncode:
        print("".join(said), end="")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
