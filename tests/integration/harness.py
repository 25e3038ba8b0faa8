# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs real ``ansible-playbook`` and hands back what each task returned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.secops.policy.tests.support import messages

from . import preloaded

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / "build" / "collections"
CALLBACKS = Path(__file__).resolve().parent / "callback_plugins"
#: Seconds. A playbook that takes longer hangs.
LIMIT = 240
#: Where the results are, in a run's own folder.
RECORD = "results.jsonl"
#: By what each of them loads with.
_PLAYBOOKS: dict[frozenset[tuple[str, str]], preloaded.Server] = {}

#: Variables of a host that cannot be reached, as an inventory of servers may have them for all of its hosts.
TENANT = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_become": True}
#: Of one where modules run on this machine, with this Python; and of one where those of this collection do as well.
LOCAL = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": sys.executable}
IN_PROCESS = {**LOCAL, "secops_policy_run_on": "host"}


@dataclass(frozen=True)
class PlayResult:
    """What a run of ``ansible-playbook`` left.

    ``results`` has, in the order in which they ended, one dict for each task and host: ``host``, ``name``, ``action``, ``failed``,
    ``skipped``, ``unreachable`` (bools) and ``result``, the task's result. ``failed`` is True under ``ignore_errors`` too.
    """

    rc: int
    stdout: str
    stderr: str
    results: list[dict[str, Any]]

    def ok(self) -> PlayResult:
        """Itself; AssertionError, with the output, where the run failed or Ansible deprecates something that it did."""
        assert self.rc == 0, f"ansible-playbook ended with {self.rc}\n{self.output}"
        deprecated = [item["result"]["deprecations"] for item in self.results if item["result"].get("deprecations")]
        assert not deprecated, f"deprecated: {deprecated}\n{self.output}"
        assert "[DEPRECATION WARNING]" not in self.stdout + self.stderr, self.output
        return self

    def failed_result(self) -> dict[str, Any]:
        """The result of the first task that failed; AssertionError where none did."""
        failed = [item["result"] for item in self.results if item["failed"]]
        assert failed, f"no task failed\n{self.output}"
        return failed[0]

    @property
    def output(self) -> str:
        """Both streams, for people."""
        return f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


def play(
    tasks: Sequence[Mapping[str, Any]] | str,
    *,
    check: bool = False,
    diff: bool = False,
    verbosity: int = 0,
    env: Mapping[str, str] | None = None,
    vars: Mapping[str, Any] | None = None,  # noqa: A002 - the playbook's own word
    module_defaults: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> PlayResult:
    """Run ``tasks`` (dicts, or the YAML text of a list of tasks) on localhost. ``env`` is added to the environment."""
    book = {
        "name": "Test",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": dict(vars or {}),
        "module_defaults": dict(module_defaults or {}),
        "tasks": yaml.safe_load(tasks) if isinstance(tasks, str) else list(tasks),
    }
    with tempfile.TemporaryDirectory(dir=folder) as own:
        playbook = Path(own) / "playbook.yml"
        playbook.write_text(yaml.dump([book], Dumper=_Plain, sort_keys=False, allow_unicode=True, width=10_000), encoding="utf-8")
        return run_playbook(playbook, check=check, diff=diff, verbosity=verbosity, env=env, folder=folder)


def run_playbook(
    playbook: str | Path,
    *,
    inventory: Mapping[str, Any] | None = None,
    extra_vars: Mapping[str, Any] | None = None,
    check: bool = False,
    diff: bool = False,
    verbosity: int = 0,
    env: Mapping[str, str] | None = None,
    loading: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    folder: Path | None = None,
) -> PlayResult:
    """Run a playbook, given by path or as ``secops.policy.NAME``.

    ``inventory`` is a YAML inventory as a dict; left out, it is localhost alone. Its hosts are tenants, and no machines: whatever
    connects to one fails, unless its variables say otherwise (``LOCAL``). ``env`` is added to the environment, and so is ``loading``:
    what Ansible reads while it loads, and many runs share.
    """
    with tempfile.TemporaryDirectory(dir=folder) as own:
        hosts = Path(own) / "inventory.yml"
        listed = json.loads(json.dumps(inventory or {"all": {"hosts": {"localhost": {}}}}))
        listed["all"]["vars"] = {**TENANT, **listed["all"].get("vars", {})}
        hosts.write_text(json.dumps(listed), encoding="utf-8")
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(hosts), str(playbook)]
        command += ["--check"] * check + ["--diff"] * diff + ["-" + "v" * verbosity] * bool(verbosity)
        if extra_vars:
            file = Path(own) / "extra.json"
            file.write_text(json.dumps(extra_vars), encoding="utf-8")
            command += ["-e", f"@{file}"]
        done = _run([*command, *arguments], env or {}, loading or {}, own)
        record = Path(own) / RECORD
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    results = [json.loads(line) for line in lines]
    for item in results:
        for one in item["result"].get("results") or [item["result"]] if item["failed"] else []:
            messages.record({"failed": True, **one})
    return PlayResult(done.returncode, done.stdout, done.stderr, results)


def _run(command: list[str], env: Mapping[str, str], loading: Mapping[str, str], folder: str) -> subprocess.CompletedProcess[str]:
    if preloaded.suits(env):
        key = frozenset(loading.items())
        if key not in _PLAYBOOKS:
            _PLAYBOOKS[key] = preloaded.Server()
        return _PLAYBOOKS[key].run(command, {**_environment(folder), **loading, **env}, folder, LIMIT)
    return subprocess.run(
        command, env={**_environment(folder), **loading, **env}, cwd=folder, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, encoding="utf-8", timeout=LIMIT, check=False,
    )  # fmt: skip


def run_command(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of Ansible's in ``folder``, as a user types it there."""
    with tempfile.TemporaryDirectory() as own:
        return subprocess.run(
            [str(Path(sys.executable).parent / command[0]), *command[1:]],
            env=_environment(own) | dict(env), cwd=folder, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, encoding="utf-8", timeout=LIMIT, check=False,
        )  # fmt: skip


def _environment(own: str) -> dict[str, str]:
    """This process's, without what would alter Ansible or the modules; everything that Ansible writes goes below ``own``."""
    foreign = ("ANSIBLE_", "_ANSIBLE_", "ESET_", "MERAKI_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign) and not name.lower().endswith("_proxy")}
    return kept | {
        "ANSIBLE_ASYNC_DIR": f"{own}/async",
        "ANSIBLE_CALLBACKS_ENABLED": "record_results",
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
        "ANSIBLE_HOME": f"{own}/ansible",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_REMOTE_TEMP": f"{own}/remote",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(COLLECTIONS),
        "RECORD_RESULTS_FILE": f"{own}/{RECORD}",
        # A template in data that came from elsewhere is an error, as it will be by default one day.
        "_ANSIBLE_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR": "error",
    }


class _Plain(yaml.SafeDumper):
    """Writes an object that occurs twice twice, for people to read."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True
