# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mock server's package: ``Cloud`` is all that tests need."""

from __future__ import annotations

from .server import Cloud

__all__ = ["Cloud"]
