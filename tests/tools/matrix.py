# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``matrix.py [--workers N] [--seconds N] [VERSION...]``: sanity and tests on every ansible-core that the collection supports, and the
references in the documentation on the newest.

Each version gets an environment of its own (``.venv-2.16`` and so on), with the first Python that fits and is installed here. Where there
is none the version is skipped, and said so; where there is none for any version the run fails. With ``--seconds`` a version that would
not end in that time, judged by the slowest so far, is skipped and said so too; the first one always runs.

Tests marked ``once`` are left out: what they test runs neither modules nor Ansible (the mock server, the checkout, the artefact), so that
another ansible-core cannot change how they end, and ``make test`` has run them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tests" / "tools"
REQUIREMENTS = ROOT / "tests" / "requirements-pytest.txt"
#: ansible-core, and the Pythons that can control with it. The first ones differ, so that a run covers as many as there are.
VERSIONS = {
    "2.16": ("2.16.19", ("3.10", "3.11", "3.12")),
    "2.18": ("2.18.19", ("3.11", "3.12", "3.13")),
    "2.20": ("2.20.10", ("3.12", "3.13", "3.14")),
    "2.21": ("2.21.5", ("3.13", "3.12", "3.14")),
}
#: What the documentation's references are checked with as well.
NEWEST = "2.21"


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the tests on the ansible-core versions that the collection supports.")
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=f"{', '.join(VERSIONS)}; left out: all of them")
    parser.add_argument("--workers", default="4", help="how many tests run at once")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="what all versions together may take")
    asked = parser.parse_args()
    unknown = sorted(set(asked.versions) - set(VERSIONS))
    if unknown:
        parser.error(f"not in the matrix: {', '.join(unknown)}; there are: {', '.join(VERSIONS)}")
    outcomes = {}
    begun = time.monotonic()
    longest = 0.0
    for version in asked.versions or VERSIONS:
        started = time.monotonic()
        if longest and started - begun + 1.2 * longest > asked.seconds:
            outcomes[version] = None, "SKIPPED, for there is not enough time left"
            continue
        outcomes[version] = _outcome(version, asked.workers)
        longest = max(longest, time.monotonic() - started)
    for version, (_good, text) in outcomes.items():
        print(f"matrix: ansible-core {version}: {text}")
    ran = [good for good, _text in outcomes.values() if good is not None]
    if not ran:
        print("matrix: FAILED, for nothing could run: no Python fits any version")
    return 0 if ran and all(ran) else 1


def _outcome(version: str, workers: str) -> tuple[bool | None, str]:
    """Whether all of it went well (None: skipped), and a line that says so."""
    core, pythons = VERSIONS[version]
    python = next(filter(None, map(_python, pythons)), None)
    if python is None:
        text = f"SKIPPED, for none of the Pythons it runs on is installed here ({', '.join(pythons)})"
        print(f"=== ansible-core {version}: {text}", flush=True)
        return None, text
    started = time.monotonic()
    print(f"=== ansible-core {core}, {python}", flush=True)
    failed = [name for name, good in _parts(version, core, python, workers) if not good]
    taken = f"{time.monotonic() - started:.0f} s, {core} on {_release(python)}"
    return not failed, f"FAILED: {' '.join(failed)} ({taken})" if failed else f"ok ({taken})"


def _parts(version: str, core: str, python: str, workers: str) -> list[tuple[str, bool]]:
    """What was run, and whether it went well. Sanity looks at a copy of the checkout, for it wants a real folder."""
    environment = ROOT / f".venv-{version}"
    if not _environment(environment, core, python):
        return [("environment", False)]
    own = environment / "bin" / "python"
    tree = ROOT / "build" / f"tree-{version}" / "ansible_collections" / "secops" / "policy"
    commands = {
        "tests": [own, "-m", "pytest", "-m", "not once", "-n", workers, "--dist", "worksteal"],
        "copy": [own, TOOLS / "copy_tree.py", tree],
        "sanity": [own, TOOLS / "ansible_test.py", "sanity", tree, ROOT / ".cache" / "home" / f"sanity-{version}"],
    }
    if version == NEWEST:
        # Which references there are, it learns from ansible-doc.
        commands["docs"] = [environment / "bin" / "antsibull-docs", "lint-collection-docs", "--plugin-docs"]
        commands["docs"] += ["--validate-collection-refs", "self", tree]
    found = {"PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(tree.parents[2])}
    done = []
    for name, command in commands.items():
        print(f"=== ansible-core {version}: {name}", flush=True)
        done.append((name, _run(*command, **(found if name == "docs" else {}))))
    return done


def _environment(folder: Path, core: str, python: str) -> bool:
    """Make the environment, unless there is one just as wanted; whether it is there."""
    more = [_pinned("antsibull-docs")] if core == VERSIONS[NEWEST][0] else []
    wanted = "\n".join([f"{python} {_release(python)}", f"ansible-core=={core}", *more, REQUIREMENTS.read_text()])
    ready = folder / "ready"
    if ready.exists() and ready.read_text() == wanted:
        return True
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    made = _run(python, "-m", "venv", "--clear", folder) and _run(*pip, "--requirement", REQUIREMENTS, f"ansible-core=={core}", *more)
    if made:
        ready.write_text(wanted)
    return made


def _pinned(name: str) -> str:
    """A requirement of the checks, as it is pinned there."""
    lines = (ROOT / "tests" / "requirements-lint.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{name}=="))


def _python(release: str) -> str | None:
    """A Python of that release that can make environments: this one, on the path, or one that pyenv holds."""
    name = f"python{release}"
    found = [sys.executable, shutil.which(name)]
    for root in _pyenvs(name):
        versions = sorted(root.glob(f"versions/{release}.*/bin/{name}"), key=lambda path: _number(path.parts[-3]), reverse=True)
        found += [str(path) for path in versions]
    return next((path for path in found if path and _release(path) == release), None)


def _pyenvs(name: str) -> list[Path]:
    """Where pyenv keeps its Pythons; on the path it has a shim for each, which starts the chosen ones only."""
    shim = shutil.which(name)
    roots = [Path(os.environ["PYENV_ROOT"])] if os.environ.get("PYENV_ROOT") else []
    if shim and Path(shim).parent.name == "shims":
        roots.append(Path(shim).parents[1])
    return [*roots, Path.home() / ".pyenv"]


def _number(release: str) -> list[int]:
    return [int(part) for part in release.split(".") if part.isdigit()]


def _release(python: str) -> str | None:
    """3.12 and the like; None for what does not start, or cannot make environments."""
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _run(*command: str | Path, **environment: str) -> bool:
    parts = [str(part) for part in command]
    return subprocess.run(parts, cwd=ROOT, env=os.environ | environment, stdin=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
