# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Dashboard API's mock server refuses."""

from __future__ import annotations

from collections.abc import Sequence


class Refusal(Exception):
    """An error on its way to the client: an HTTP status and the texts under ``errors``."""

    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(status, *errors)
        self.status = status
        self.errors = list(errors)


def not_found() -> Refusal:
    """What the path names is not there, or not for this key, or the API is off."""
    return Refusal(404, "Not found")


def refuse(errors: Sequence[str]) -> None:
    """Raise ``Refusal`` where there are errors in a request: each begins with the field it is about."""
    if errors:
        raise Refusal(400, *errors)
