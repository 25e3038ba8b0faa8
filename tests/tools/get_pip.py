# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-test finds in place of the get-pip script that it would download: pip from Python itself, then the packages asked for.

ansible-test runs it in a new virtual environment with pip's options and requirements as arguments. So that a check does not depend on
one more host, ``ensurepip`` installs the pip that Python ships, and that one installs the rest from the index that pip is configured for.
"""

from __future__ import annotations

import subprocess
import sys

#: get-pip's own; pip does not know them.
_NOT_PIPS = ("--no-setuptools", "--no-wheel")


def main(arguments: list[str]) -> int:
    # A process of its own, for ensurepip points pip away from all configuration, for good.
    bundled = subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], capture_output=True, text=True, check=False)
    if bundled.returncode:
        print(bundled.stdout + bundled.stderr, file=sys.stderr)
        return bundled.returncode
    wanted = [argument for argument in arguments if argument not in _NOT_PIPS]
    return subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *wanted], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
