# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What planning asks of one of the vendor's APIs: how an application is written there, and what it cannot be."""

from __future__ import annotations

import typing as t

from .fields import Application

Error = dict[str, str]


class Listed(t.NamedTuple):
    """``applications`` by id. ``counted``: the lists that they were read from hold as many as they say that there are. ``since``: when, on
    the monotonic clock, the first answer came."""

    applications: dict[str, Application]
    counted: bool
    since: float


class Backend(t.Protocol):
    """One API, for one run. Everything but ``read`` and ``groups`` is pure."""

    #: Its name in the option ``api``, and in words.
    name: str
    title: str
    #: The keys of ids in ``config``.
    id_key: str
    group_key: str
    #: The attributes that it has, with their defaults.
    defaults: dict[str, t.Any]
    #: How many applications, and how many groups, an organization can have; None where nothing is documented.
    limit: int | None
    #: Whether browser access is by TCP, to single addresses.
    strict_browser: bool
    #: Whether a deletion can be forced, and whether an application can be read by itself.
    can_force: bool
    reads_one: bool
    #: The path of the groups, below the organization.
    groups_path: str
    #: What is said of it once a run.
    warning: str

    def path(self, application_id: str | None = None) -> str:
        """The path of the applications, or of one, below the organization."""

    def from_api(self, item: t.Mapping[str, t.Any]) -> Application:
        """An application as the API gives it. Raises ``Undocumented``."""

    def to_api(self, fields: t.Mapping[str, t.Any], new: bool = False) -> dict[str, t.Any]:
        """The body that makes an application, or changes it: then with every writable field, for what the API does to an omitted one is
        not documented."""

    def deletion(self, force: bool) -> t.Any:
        """The body of a deletion."""

    def errors(self, path: str, given: t.Mapping[str, t.Any], existing: Application | None) -> list[Error]:
        """What ``given`` (fields of an entry, which may break the schema) asks for that this API cannot do. ``existing``: what is there,
        once that is known."""

    def advice(self, path: str, given: t.Mapping[str, t.Any], existing: Application | None) -> list[str]:
        """What may not work, in words, of what is about to be written."""

    def told(self, data: t.Any) -> Application | None:
        """The application in the answer to a write; None where there is none."""

    def hidden_failure(self, data: t.Any) -> str:
        """What went wrong all the same, from the answer to a write that was successful."""

    def failures(self, before: Application | None, now: Application) -> list[str]:
        """What a read after a write shows to have gone wrong beside the fields."""

    def remarks(self, applications: t.Iterable[Application], written: t.Iterable[Application]) -> list[str]:
        """What is to be said about ``applications``, and about those that are ``written``."""

    def read(self, api: t.Any) -> Listed:
        """Every application of the organization behind ``api``, a ``Meraki``."""

    def groups(self, api: t.Any) -> list[tuple[str, str]]:
        """Every group as ``(id, name)``."""

    def group_body(self, name: str) -> dict[str, t.Any]:
        """The body that makes an empty group."""

    def group_id(self, name: str, data: t.Any) -> str:
        """The id of a group that was made, from the answer. Raises ``KeyError`` or ``TypeError`` where it is not in there."""
