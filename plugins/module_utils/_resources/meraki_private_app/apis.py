# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Which of the vendor's two APIs an organization has its applications behind."""

from __future__ import annotations

import typing as t

from ..._http.errors import ApiError
from .backend import Backend, Listed
from .private_applications import Applications, NotThere
from .private_resources import Resources

if t.TYPE_CHECKING:
    from ..._vendors.meraki import Meraki

#: What the option ``api`` can name.
EXPLICIT: dict[str, t.Callable[[], Backend]] = {"private_applications": Applications, "private_resources": Resources}


class Choice:
    """The API in use, for one run. ``backend`` is None before it is known: where none is asked for, the first read finds it."""

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        # Nothing is read in state rendered, where auto is the API that has been there all along.
        chosen = "private_applications" if options["state"] == "rendered" and options["api"] == "auto" else options["api"]
        self.backend: Backend | None = EXPLICIT[chosen]() if chosen in EXPLICIT else None
        self._warns = options["deprecation_warning"]

    @property
    def known(self) -> Backend:
        """The API in use. Raises ``RuntimeError`` before it is known."""
        if self.backend is None:
            raise RuntimeError("the API is not known yet")
        return self.backend

    def announce(self, api: Meraki) -> None:
        """Say once what is to be said of the API, where it is known without a read."""
        if self.backend is not None:
            self._use(self.backend, api)

    def read(self, api: Meraki) -> Listed:
        """The applications, by the API in use."""
        if self.backend is not None:
            return self.backend.read(api)
        backend, found, warnings = detect(api)
        self._use(backend, api)
        for text in warnings:
            api.client.warn(text)
        return found

    def _use(self, backend: Backend, api: Meraki) -> None:
        self.backend = backend
        if self._warns:
            api.client.warn(backend.warning)


def detect(api: Meraki) -> tuple[Backend, Listed, list[str]]:
    """The API to use, what was read from it, and warnings. Raises ``ApiError``.

    The vendor documents no way to tell. Only a 404 says that the successor is not there: a 401 or a 403 is about the key, and both APIs may
    answer without showing the same objects.
    """
    resources = Resources()
    try:
        found = resources.read(api)
    except NotThere:
        applications = Applications()
        return applications, applications.read(api), []
    except ApiError as problem:
        if problem.status != 403:
            raise
        says = f"{problem.message} If the organization has private applications alone, set api: private_applications."
        raise ApiError(says, problem.status, problem.data) from None
    if found.applications:
        return resources, found, []
    applications = Applications()
    try:
        older = applications.read(api)
    except NotThere:
        return resources, found, []
    if not older.applications:
        return resources, found, []
    says = (
        f"the organization {api.organization()} has both APIs, and no private resources: its private applications are used. To choose an "
        "API, set api, in the task or in the entry of secops_policy"
    )
    return applications, older, [says]
