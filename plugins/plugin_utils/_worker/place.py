# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Where a task runs: in Ansible's worker, or as a module process. And the surroundings that the latter would have."""

from __future__ import annotations

import contextlib
import os
import typing as t

RUN_ON = "secops_policy_run_on"
CONTROLLER, HOST = "controller", "host"


class Circumstances(t.NamedTuple):
    """What decides where a task runs. ``local``: the connection is; ``missing``: libraries that Ansible's own Python lacks."""

    run_on: t.Any = CONTROLLER
    asynchronous: bool = False
    delegated: bool = False
    local: bool = False
    missing: t.Sequence[str] = ()

    def error(self) -> str | None:
        """What is wrong with the variable that chooses."""
        if self.run_on in (CONTROLLER, HOST):
            return None
        return f"the variable {RUN_ON} must be {CONTROLLER} or {HOST}, not {self.run_on!r}. Nothing was sent."

    @property
    def module_process(self) -> bool:
        """Whether the task needs a module process. Without libraries, only where that may find another Python on this machine."""
        elsewhere = self.delegated and not self.local
        return self.run_on == HOST or self.asynchronous or elsewhere or bool(self.missing) and self.local


@contextlib.contextmanager
def surroundings(environment: t.Mapping[str, t.Any], folder: str) -> t.Iterator[None]:
    """The environment and the working directory that a module process on this machine would have. Taken off again at the end."""
    before = {name: os.environ.get(name) for name in environment}
    here = None
    with contextlib.suppress(OSError):
        here = os.getcwd()
        os.chdir(folder)
    try:
        os.environ.update({name: str(value) for name, value in environment.items()})
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if here is not None:
            with contextlib.suppress(OSError):
                os.chdir(here)
