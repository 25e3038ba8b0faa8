# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``ansible_test.py sanity|units TREE HOME [ARGUMENT...]``: ``ansible-test sanity`` or ``units``, with ``--venv``, of the collection in
TREE, with all that it keeps under HOME.

Run by the Python whose environment holds ansible-core. ansible-test hands its own pip neither ``PIP_*`` nor any other setting, so what
pip is configured for is written into HOME. A sanity test whose program is missing here is skipped, and said so.
"""

from __future__ import annotations

import ast
import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

#: The pip that ansible-test asks for, by release: 2.16 and 2.17; 2.18 and 2.19; 2.20 and later.
PIPS = ("23_1_2", "24_2", "25_2")
#: Sanity tests that need a program from outside.
PROGRAMS = {"pslint": "pwsh", "shellcheck": "shellcheck"}
#: The section under which pip lists what comes from ``PIP_*``.
ENVIRONMENT = ":env:"


def main(kind: str, tree: Path, home: Path, arguments: list[str]) -> int:
    home.mkdir(parents=True, exist_ok=True)
    _get_pip(home)
    _pip_configuration(home)
    missing = [test for test, program in PROGRAMS.items() if kind == "sanity" and shutil.which(program) is None]
    command = [str(Path(sys.executable).parent / "ansible-test"), kind, "--venv", "--color", "no"]
    command += ["--python", f"{sys.version_info.major}.{sys.version_info.minor}"]
    for test in missing:
        print(f"sanity: {test} is skipped, for {PROGRAMS[test]} is not installed", flush=True)
        command += ["--skip-test", test]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHON"))}
    environment |= {
        # Named, so that it does not look further up, where a checkout that ignores this copy would leave it nothing to test.
        "ANSIBLE_TEST_CONTENT_ROOT": str(tree),
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return subprocess.run([*command, *arguments], cwd=tree, env=environment, check=False).returncode


def _get_pip(home: Path) -> None:
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIPS:
        shutil.copy(Path(__file__).parent / "get_pip.py", cache / f"get_pip_{version}.py")


def _pip_configuration(home: Path) -> None:
    """Write what pip is configured for here, by files or by the environment, where a pip with another HOME finds it."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    found = configparser.RawConfigParser()
    found.read_dict({"global": {"quiet": "1"}})
    settings = [
        (name.rpartition("."), ast.literal_eval(value)) for name, _sign, value in (line.partition("=") for line in listed.splitlines())
    ]
    for (section, _dot, option), value in sorted(settings, key=lambda setting: setting[0][0] == ENVIRONMENT):  # which wins over files
        section = "global" if section == ENVIRONMENT else section
        if option != "config-file":
            if not found.has_section(section):
                found.add_section(section)
            found.set(section, option, " ".join(value.split()))  # blanks separate the items of a list as well as line breaks do
    file = home / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:  # an index's address may hold a password
        found.write(stream)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve(), sys.argv[4:]))
