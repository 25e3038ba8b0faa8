# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``conftest.py`` promises of the unit tests."""

from __future__ import annotations

import socket

import pytest
import requests
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

pytestmark = pytest.mark.once


ACTS = {
    "server": lambda: Cloud().start(),
    "client": lambda: requests.get("http://127.0.0.1:1", timeout=1),
    "pair": socket.socketpair,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_unit_test_that_opens_a_socket_fails(act):
    with pytest.raises(pytest.fail.Exception, match="opens a socket"):
        act()
