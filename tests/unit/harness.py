# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's ``main()`` in this process: hundreds of runs in the time that ansible-playbook takes for ten."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings as said

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core before 2.19

    @contextlib.contextmanager
    def patch_module_args(args: dict[str, Any]) -> Iterator[None]:
        with mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()):
            yield


try:
    from ansible.module_utils import _internal
except ImportError:  # ansible-core before 2.18
    _internal = None

MODULES = "ansible_collections.secops.policy.plugins.modules"


def run_module(name: str, args: Mapping[str, Any], *, check: bool = False, diff: bool = False) -> dict[str, Any]:
    """The result of the module ``name`` run with ``args``: what it gave ``exit_json`` or ``fail_json``.

    ``warnings`` and ``deprecations``, where there are any, are lists of texts.
    Not for several threads at once: arguments, warnings and standard output belong to the process. Raises AssertionError where the
    module ends without a result, and whatever it raises itself.
    """
    module = importlib.import_module(f"{MODULES}.{name}")
    given = {**args, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_module_name": f"secops.policy.{name}"}
    output = io.StringIO()
    said._global_warnings.clear()
    said._global_deprecations.clear()
    with patch_module_args(given), _as_on_a_target(), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    lines = [line for line in output.getvalue().splitlines() if line.startswith("{")]
    assert lines, f"{name} ended without a result: {output.getvalue()!r}"
    result = json.loads(lines[-1])
    return result | {key: [_text(item) for item in result[key]] for key in ("warnings", "deprecations") if key in result}


def _text(item: Any) -> str:
    """A warning is a text until 2.18 and an event from 2.19 on; a deprecation was a dict before that."""
    return item if isinstance(item, str) else item.get("event", item)["msg"]


@contextlib.contextmanager
def _as_on_a_target() -> Iterator[None]:
    """Warnings go into the result, also where a test has imported controller code and they would go to its display."""
    if not hasattr(_internal, "is_controller"):  # ansible-core before 2.19
        yield
    else:
        with mock.patch.object(_internal, "is_controller", False):
            yield
