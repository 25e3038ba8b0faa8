# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's ``main()`` in this process: hundreds of runs in the time that ansible-playbook takes for ten."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings as said
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.secops.policy.plugins.module_utils._http import exchange, retry
from ansible_collections.secops.policy.plugins.module_utils._runner import recovery
from ansible_collections.secops.policy.tests.support import messages

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core before 2.19

    @contextlib.contextmanager
    def patch_module_args(args: dict[str, Any]) -> Iterator[None]:
        with mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()):
            yield


try:
    from ansible.module_utils import _internal
    from ansible.module_utils._internal._json import _profiles
except ImportError:  # ansible-core before 2.19
    _internal = _profiles = None

MODULES = "ansible_collections.secops.policy.plugins.modules"
ACTIONS = "ansible_collections.secops.policy.plugins.action"
KEY = "key-0123456789"
#: How one request can fail, as ``cloud.faults.add`` takes it; which ones matter besides is the vendor's.
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("status", {"status": 429, "headers": {"Retry-After": "1"}}),
    ("status", {"status": 429}),
    ("status", {"status": 500}),
    ("status", {"status": 502, "acted": True}),
    ("status", {"status": 503}),
    ("status", {"status": 504, "acted": True}),
    ("status", {"status": 507}),
    ("status", {"status": 524, "acted": True}),
    ("reset_before", {}),
    ("reset_after", {}),
    ("cut_body", {}),
    ("html", {}),
    ("html", {"acted": True}),
    ("empty", {}),
    ("redirect", {"status": 302}),
]


def impatient(monkeypatch: Any) -> None:
    """The same waits, but a fiftieth as long: what they are for happens on this machine. Of those that a server asks for, a second's."""
    asked = exchange._retry_after
    monkeypatch.setattr(retry, "backoff", lambda attempt, draw: 0.02)
    monkeypatch.setattr(retry, "poll_wait", lambda polls: 0.02)
    monkeypatch.setattr(exchange, "_retry_after", lambda headers: 0.02 if asked(headers) == 1 else asked(headers))
    for looks in ("_LOOKS_AFTER_DOUBT", "_LOOKS_AFTER_WRITE"):
        monkeypatch.setattr(recovery, looks, tuple(wait / 50 for wait in getattr(recovery, looks)))


def branches(meraki: Any) -> None:
    """An organization of three branches with three group policies each, and a Systems Manager network, for ``KEY``."""
    meraki.add_key(KEY)
    meraki.add_organization("1", "Example Health")
    meraki.add_network("1", "N_SM", "Corp SM", product_types=["systemsManager"])
    for number in range(1, 4):
        meraki.add_network("1", f"N_{number}", f"Branch {number}", tags=["branch"])
        for group in range(3):
            meraki.add_group_policy(f"N_{number}", f"10{group}", f"Group {group}")


def meanwhile(cloud: Any, act: Callable[[], Any]) -> None:
    """``act``, once, when Meraki's mock server is read for the second time: by then a write has been tried."""
    original = cloud.meraki.handle
    reads = []

    def handle(request: Any) -> Any:
        if request.method == "GET":
            reads.append(request)
        if len(reads) == 2:
            cloud.meraki.handle = original
            act()
        return original(request)

    cloud.meraki.handle = handle


def run_meraki(name: str, cloud: Any, options: Mapping[str, Any], **how: bool) -> dict[str, Any]:
    """``run_module`` for a Meraki module in the organization 1 of the mock server."""
    given = {"api_key": KEY, "base_url": cloud.meraki_url, "organization_id": "1", "rate_limit": 1000, "retry_timeout": 20}
    return run_module(name, {**given, **options}, **how)


def run_module(name: str, args: Mapping[str, Any], *, check: bool = False, diff: bool = False) -> dict[str, Any]:
    """The result of the module ``name`` run with ``args``: what it gave ``exit_json`` or ``fail_json``.

    ``warnings`` and ``deprecations``, where there are any, are lists of texts.
    Not for several threads at once: arguments, warnings and standard output belong to the process. Raises AssertionError where the
    module ends without a result, and whatever it raises itself.
    """
    result = printed_result(f"{MODULES}.{name}", f"secops.policy.{name}", args, check=check, diff=diff)
    return result | {key: [_text(item) for item in result[key]] for key in ("warnings", "deprecations") if key in result}


def printed_result(module: str, name: str, args: Mapping[str, Any], *, check: bool, diff: bool) -> dict[str, Any]:
    """What a Python module, any that has ``main()``, prints as its result when it is run in this process as the Ansible module ``name``."""
    main = importlib.import_module(module).main
    given = {**args, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_module_name": name}
    output = io.StringIO()
    said._global_warnings.clear()
    said._global_deprecations.clear()
    with patch_module_args(given), _as_on_a_target(), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        main()
    lines = [line for line in output.getvalue().splitlines() if line.startswith("{")]
    assert lines, f"{name} ended without a result: {output.getvalue()!r}"
    result: dict[str, Any] = json.loads(lines[-1])
    messages.record(result, args)
    return result


def run_in_worker(
    name: str, args: Mapping[str, Any], *, check: bool = False, diff: bool = False, environment: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The result of the same module run by its action, as in Ansible's worker on a host that is reached by ssh."""
    connection = SimpleNamespace(
        transport="ssh", has_native_async=False, _shell=SimpleNamespace(tmpdir=None, env_prefix=lambda **_given: "")
    )
    task = SimpleNamespace(
        args=dict(args), check_mode=check, diff=diff, async_val=0, delegate_to=None, environment=[dict(environment or {})], action=name
    )
    loader = DataLoader()
    action = importlib.import_module(f"{ACTIONS}.{name}").ActionModule(task, connection, None, loader, Templar(loader=loader), None)
    result: dict[str, Any] = json.loads(json.dumps(action.run(None, {})))
    messages.record(result, args)
    return result


def _text(item: Any) -> str:
    """A warning is a text until 2.18 and an event from 2.19 on; a deprecation was a dict before that."""
    return item if isinstance(item, str) else item.get("event", item)["msg"]


@contextlib.contextmanager
def _as_on_a_target() -> Iterator[None]:
    """As where no controller code is imported: warnings go into the result and not to a display, and arguments may hold any text."""
    if _profiles is None:
        yield
    else:
        checks = mock.patch.object(_profiles, "_string_encoding_check_enabled", return_value=False)
        with mock.patch.object(_internal, "is_controller", False), checks:
            yield
