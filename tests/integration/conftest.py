# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests: the mock server for the vendors, and real ansible-playbook."""

from __future__ import annotations

import functools

import pytest

from . import harness


@pytest.fixture
def cloud():
    """A started mock server, empty, with the vendors' rate limits; ``cloud.limit(None)`` lifts them."""
    from ansible_collections.secops.policy.tests.mock_cloud import Cloud

    with Cloud() as started:
        yield started


@pytest.fixture
def play(tmp_path):
    """``harness.play`` in a folder of the test's own."""
    return functools.partial(harness.play, folder=tmp_path)


@pytest.fixture
def run_playbook(tmp_path):
    """``harness.run_playbook`` in a folder of the test's own."""
    return functools.partial(harness.run_playbook, folder=tmp_path)
