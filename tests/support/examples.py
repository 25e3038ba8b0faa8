# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long hypothesis looks for a counterexample, by profile. ``HYPOTHESIS_PROFILE`` names it:

- ``quick``, the default: a fifth of the examples that a test is worth, the same ones each time, so that an answer comes soon
- ``full``, what continuous integration runs: all of them, the same ones each time, so that a change is checked by what it changed
- ``search``: other examples each time, and thousands of them
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
#: What a test gets that does not say how many examples it is worth.
_DEFAULT = 100
_SEARCH = 2000
_LEAST = 10


def load_profile() -> None:
    """Times vary on shared machines; what matters is asserted, not measured, here."""
    for name, number in (("quick", _quick(_DEFAULT)), ("full", _DEFAULT), ("search", _SEARCH)):
        settings.register_profile(name, deadline=None, print_blob=True, derandomize=name != "search", max_examples=number)
    settings.load_profile(PROFILE)


def examples(number: int, **more: Any) -> settings:
    """For a test that is worth so many examples, in place of ``settings(max_examples=...)``."""
    chosen = {"quick": _quick(number), "search": max(number, _SEARCH)}
    return settings(max_examples=chosen.get(PROFILE, number), deadline=None, **more)


def _quick(number: int) -> int:
    return max(_LEAST, number // 5)
