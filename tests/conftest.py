# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For all tests: the collection importable, nothing of the machine's settings, hypothesis inside the checkout."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parents[1]
COLLECTIONS = ROOT / "build" / "collections"
#: Settings that would alter what Ansible, the modules or their HTTP client do.
FOREIGN = ("ANSIBLE_", "ESET_", "MERAKI_", "_ANSIBLE_")
PROXIES = ("all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy")

#: ansible-test has an environment of its own making, and says in it where collections are.
BY_ANSIBLE_TEST = "ansible_pytest_collections" in os.environ.get("PYTEST_PLUGINS", "")

pytest.register_assert_rewrite("tests.integration.harness", "tests.component.harness")


#: Here and not in pyproject.toml, which ansible-test does not read.
MARKERS = (
    "internal_error: provokes one, to see that it is said and that nothing is lost",
    "slow: `make test-slow` runs it, and not `make test`",
    "once: tests nothing that users install, so that `make matrix` does not repeat it for each ansible-core",
)


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if not BY_ANSIBLE_TEST:
        for name in list(os.environ):
            if name.startswith(FOREIGN) or name.lower() in PROXIES:
                del os.environ[name]
    set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
    from ansible_collections.secops.policy.tests.support.examples import load_profile

    load_profile()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test fails where one of the failures that it met says what no user should read."""
    from ansible_collections.secops.policy.tests.support import messages

    messages.found.clear()
    result = yield
    if messages.found and item.get_closest_marker("internal_error") is None:
        raise AssertionError("a failure says what no user should read:\n" + "\n".join(dict.fromkeys(messages.found)))
    return result


def _importable() -> None:
    """``ansible_collections.secops.policy`` is the checkout, also where pytest was called without make."""
    link = COLLECTIONS / "ansible_collections" / "secops" / "policy"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT, target_is_directory=True)
    if str(COLLECTIONS) not in sys.path:
        sys.path.insert(0, str(COLLECTIONS))
    importlib.invalidate_caches()


# Before pytest loads what is in the folders below: that may import the collection.
if not BY_ANSIBLE_TEST:
    _importable()
