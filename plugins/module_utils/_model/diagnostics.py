# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What is found on the way to a plan: errors that stand in its way, and warnings that go with it."""

from __future__ import annotations

import typing as t

from .plan import ValidationErrors, error


class Diagnostics:
    """Collects ``errors``, each in the shape in which users get it, and ``warnings``, in the order in which they are found."""

    def __init__(self, errors: t.Iterable[dict[str, str]] = ()) -> None:
        self.errors = list(errors)
        self.warnings: list[str] = []

    def error(self, path: str, message: str) -> None:
        """Something is wrong: ``path`` is the place in ``config``, or an option."""
        self.errors.append(error(path, message))

    def warn(self, message: str) -> None:
        """Something is worth knowing, and stands in the way of nothing."""
        self.warnings.append(message)

    def raise_errors(self) -> None:
        """Raise ``ValidationErrors`` with everything that is wrong, where anything is."""
        if self.errors:
            raise ValidationErrors(self.errors)
