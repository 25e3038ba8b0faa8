# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``ansible-playbook``, loaded once by each process of pytest and forked for each run: the same program, without the second that it takes
to load.

A process of its own, without threads. It reads runs from standard input, one JSON object a line, and writes the exit code of each to
standard output. Whatever Ansible decides while it loads, it decides from the environment that this process was started in: a run whose
environment says other things about Ansible or Python needs a process that is started for it (``suits``).
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import multiprocessing.util
import os
import secrets
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import ansible

#: What ansible-playbook and its workers load sooner or later, of Ansible and of the libraries that the collection uses.
_LOADED = (
    "ansible.cli.playbook",
    "ansible.executor.playbook_executor",
    "ansible.executor.process.worker",
    "ansible.module_utils.basic",
    "ansible.module_utils.urls",
    "ansible.plugins.strategy.linear",
    "jinja2.nativetypes",
    "jsonschema",
    "requests",
    "unittest.mock",
)
#: The beginnings of variables that are read during a run alone.
_OF_A_RUN = ("CONTROLLER_", "ESET_", "MERAKI_", "SECOPS_", "SSL_CERT_")


def suits(env: Mapping[str, str]) -> bool:
    """Whether a run whose environment has these variables of its own can be a fork."""
    return all(name.startswith(_OF_A_RUN) for name in env)


class Server:
    """The process that is forked; started at the first run, with the environment that all runs share."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._home = tempfile.TemporaryDirectory()

    def run(self, arguments: list[str], env: Mapping[str, str], folder: str, limit: float) -> subprocess.CompletedProcess[str]:
        """What ``subprocess.run`` of ``ansible-playbook`` with these ``arguments`` in ``folder`` returns. ``limit``: in seconds."""
        if self._process is None:
            home = {"ANSIBLE_HOME": f"{self._home.name}/ansible"}
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                env={**env, **home},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            atexit.register(self.close)
        with tempfile.TemporaryDirectory() as own:
            streams = [f"{own}/stdout", f"{own}/stderr"]
            assert self._process.stdin and self._process.stdout
            print(
                json.dumps({"arguments": arguments, "env": dict(env), "folder": folder, "streams": streams}),
                file=self._process.stdin,
                flush=True,
            )
            with selectors.DefaultSelector() as selector:
                selector.register(self._process.stdout, selectors.EVENT_READ)
                if not selector.select(limit):
                    self.close()
                    raise subprocess.TimeoutExpired(arguments, limit)
            code = self._process.stdout.readline()
            assert code, "the process that is forked for each run has ended by itself"
            texts = [Path(stream).read_text(encoding="utf-8") for stream in streams]
        return subprocess.CompletedProcess(arguments, int(code), *texts)

    def close(self) -> None:
        """End the process, and what it has forked."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, 9)
            self._process.wait()
            self._process = None


def main() -> None:
    for name in _LOADED:
        importlib.import_module(name)
    _prepare_collections()
    # What is there stays there, in memory that the forks share.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            _run(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _prepare_collections() -> None:
    """Do once what Ansible does in each process whenever it comes to a collection, of which it keeps no bytecode: compile its files, and
    read its own long list of what moved where."""
    from ansible.utils.collection_loader import _collection_finder as finder

    def compiled(source: Any, filename: str, **options: Any) -> Any:
        key = str(filename), source if isinstance(source, bytes) else source.encode()
        if key not in codes:
            codes[key] = compile(source, filename, **options)
        return codes[key]

    def routing(text: bytes, content_id: Any) -> Any:
        return moved if text == builtin else parse(text, content_id)

    codes: dict[tuple[str, bytes], Any] = {}
    for root in os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep):
        for plugins in Path(root, "ansible_collections").glob("*/*/plugins"):
            for path in plugins.rglob("*.py"):
                compiled(path.read_bytes(), str(path), mode="exec", flags=0, dont_inherit=True)
    parse: Any = vars(finder)["_meta_yml_to_dict"]
    builtin = Path(ansible.__path__[0], "config", "ansible_builtin_runtime.yml").read_bytes()
    moved = parse(builtin, ("ansible.builtin", "runtime.yml"))
    # The first one in place of the built-in function, in that module alone.
    vars(finder).update({"compile": compiled, "_meta_yml_to_dict": routing})


def _run(arguments: list[str], env: Mapping[str, str], folder: str, streams: list[str]) -> NoReturn:
    """In the fork: all that a process has of its own, and then what the command does."""
    for number, path in enumerate([os.devnull, *streams]):
        stream = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    # Of what a run leaves in memory nobody needs anything back before it ends.
    gc.disable()
    sys.argv = arguments
    _of_its_own(env)
    from ansible.cli.playbook import main as playbook

    playbook()
    sys.exit(0)


def _of_its_own(env: Mapping[str, str]) -> None:
    """What Ansible makes while it loads, and a process must not share: its temporary folder, and the number that its ids begin with."""
    from ansible import constants
    from ansible.utils import vars as ids

    atexit._clear()
    atexit.register(multiprocessing.util._exit_function)
    constants.DEFAULT_LOCAL_TMP = tempfile.mkdtemp(dir=Path(env["ANSIBLE_HOME"]).parent)
    ids.random_int = f"{secrets.randbelow(2**32):08x}"


if __name__ == "__main__":
    # Not as a module of the collection, whose modules Ansible loads in its own way; and without this folder in the path.
    sys.path.pop(0)
    main()
