# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unit tests are pure: one that opens a socket fails."""

from __future__ import annotations

import importlib
import socket
from unittest import mock

import pytest

# Looks an address up when it is loaded; not in the middle of a test.
importlib.import_module("ansible.module_utils.common.arg_spec")


@pytest.fixture(autouse=True)
def _no_sockets():
    def refuse(*_arguments, **_options):
        pytest.fail("a unit test opens a socket; tests/component is for those")

    with mock.patch.object(socket.socket, "__init__", refuse), mock.patch.object(socket, "getaddrinfo", refuse):
        yield
