# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A strict mock server for the part of AWX's API that the role awx needs."""

from __future__ import annotations

from .server import Awx

__all__ = ["Awx"]
