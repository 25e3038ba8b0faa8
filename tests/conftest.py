# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For all tests: the collection importable, nothing of the machine's settings, hypothesis inside the checkout."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parents[1]
COLLECTIONS = ROOT / "build" / "collections"
#: Settings that would alter what Ansible, the modules or their HTTP client do.
FOREIGN = ("ANSIBLE_", "ESET_", "MERAKI_", "_ANSIBLE_")
PROXIES = ("all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy")

pytest.register_assert_rewrite("tests.integration.harness", "tests.component.harness")


def pytest_configure() -> None:
    for name in list(os.environ):
        if name.startswith(FOREIGN) or name.lower() in PROXIES:
            del os.environ[name]
    _importable()
    set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
    from ansible_collections.secops.policy.tests.support.examples import load_profile

    load_profile()


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
