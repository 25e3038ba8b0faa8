# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's ``main()`` in this process, for tests that need hundreds of runs."""

from __future__ import annotations

import importlib
import io
import json
from contextlib import redirect_stdout
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings as ansible_warnings


def run_module(name: str, arguments: dict[str, Any], *, check: bool = False, diff: bool = False) -> dict[str, Any]:
    """What the module returns for these arguments; ``warnings`` and ``failed`` as a task would show them."""
    module = importlib.import_module(f"ansible_collections.secops.policy.plugins.modules.{name}")
    options = {
        **arguments,
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        "_ansible_remote_tmp": "/tmp",
        "_ansible_keep_remote_files": False,
    }
    _forget_warnings()
    output = io.StringIO()
    with redirect_stdout(output), _arguments(options):
        try:
            module.main()
        except SystemExit:
            pass
    return json.loads(output.getvalue().strip().splitlines()[-1])


def _arguments(options: dict[str, Any]) -> Any:
    """The arguments where Ansible looks for them; from ansible-core 2.19 on there is an official way."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:
        return mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
    return patch_module_args(options)


def _forget_warnings() -> None:
    """Ansible collects warnings in a table of the module that defines ``warn``; a process that runs one module never empties it."""
    for table in ("_global_warnings", "_global_deprecations"):
        kept = getattr(ansible_warnings, table, None)
        if kept is not None:
            kept.clear()


