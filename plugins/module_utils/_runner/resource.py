# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What the frame asks of a module's domain: one resource, read, planned, shown."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .._http.client import Client
    from .._model.description import Description
    from .._model.diagnostics import Diagnostics
    from .._model.plan import Plan, Request

Config = list[dict[str, t.Any]]
Error = dict[str, str]


class Resource(t.Protocol):
    """One kind of unit (networks' sentry policies, applications, targets' stacks) at one vendor.

    It is made with the module's options before anything is validated, opens no connection by itself,
    and reads through the client that ``connect`` gives it. Everything but ``connect``, ``read`` and ``with_names`` is pure, and nothing
    that was read is kept in it.
    A ``current`` is what ``read`` returned, names included: only the resource looks into it, but for ``since`` (when, on the monotonic
    clock, the first answer came of the list that a write depends on) and ``listed`` (that list, as data; two reads that are equal in it saw
    the same). A ``desired`` is what ``resolve`` returned.
    ``config`` is always coerced, without nulls and validated. Keys name units: the same unit has the same key before and after the run.
    """

    #: jsonschema for one entry of ``config``
    schema: dict[str, t.Any]
    #: what everything that is not its API knows of it
    description: Description

    def errors(self, config: Config, state: str) -> list[Error]:
        """What the vendor's words and the contract forbid and the schema cannot say, each with its path.

        Called with a coerced ``config`` that may still break the schema (those errors are reported beside these), so it must not trip
        over wrong types or missing keys. ``rendered`` is checked as ``merged``, except for what needs a read: nothing will be read. Also
        checks the resource's own options (``path`` is then the option's name).
        """

    def rendered(self, config: Config, found: Diagnostics) -> list[dict[str, t.Any]]:
        """``[{method, path, body}]``, the config as requests, as if nothing were there."""

    def connect(self) -> Client:
        """The client, made from the options; opens no connection yet."""

    def read(self, config: Config | None, state: str, earlier: t.Any) -> t.Any:
        """The current state: everything that planning needs, read from the vendor, the lists that names in ``config`` make necessary first.

        These are read once a run: ``earlier`` is what was read before, None at the first read. For ``gathered`` with the option
        ``with_names``, the lists of all names that are shown. Raises ``ApiError`` for what the vendor refused, ``ValidationErrors``.
        """

    def resolve(self, config: Config | None, state: str, current: t.Any) -> t.Any:
        """The desired state: ``config`` by ids, as far as the lists that were read tell them; and what they say against it, which is for
        ``plan`` and ``gathered`` to raise, together with all else that is wrong."""

    def begun(self, desired: t.Any, plan: Plan) -> t.Any:
        """The desired state in a run that has begun to carry out ``plan``: what is planned for it leads to the same end, from every state
        in between."""

    def plan(self, current: t.Any, desired: t.Any, state: str) -> Plan:
        """From the current state to the desired one. Raises ``ValidationErrors``."""

    def proven(self, current: t.Any, plan: Plan) -> bool:
        """Whether the lists that ``plan`` was made from prove to be whole, as far as it depends on that."""

    def with_names(self, current: t.Any, config: Config | None, state: str, keys: t.Iterable[str]) -> t.Any:
        """The current state with the names that show these units, from lists that ``read`` did not need: they are shown, and decide
        nothing. What they say against the config is a warning. Raises ``ApiError``."""

    def gathered(self, current: t.Any, desired: t.Any, config: Config | None, found: Diagnostics) -> Config:
        """The scope in the shape of ``config``, limited to the units named in ``config``, where given. Raises ``ValidationErrors``."""

    def ambiguous(self, current: t.Any) -> dict[str, list[str]]:
        """By the field that holds them, the names in ``gathered`` that the next run could not find one object by; where names were read."""

    def source(self) -> str:
        """Where it is read from, as a URL; called after ``read``."""

    def place(self, current: t.Any) -> dict[str, str]:
        """Which tenant of which vendor was read, the same however it was given. A plan is approved for it, and a snapshot belongs to it."""

    def undone(self, current: t.Any, now: t.Any, plan: Plan) -> list[str]:
        """After the write: what ``now`` proves that somebody else had changed since ``current``, and that the write has undone; in
        words."""

    def failures(self, current: t.Any, now: t.Any, plan: Plan) -> list[str]:
        """After the write: what ``now`` shows to have gone wrong with what was written since ``current``, beside the units' forms; in
        words."""

    def recent_changes(self, current: t.Any, plan: Plan, made: t.Sequence[Request], started: float) -> dict[str, t.Any]:
        """More keys of the result of ``plan``: who may have made what is there another thing than is desired, where the vendor keeps a log
        and the options ask for it. ``made``: what this run wrote, from ``started`` (of the monotonic clock) on, which explains nothing. A
        log that cannot be read is a warning."""

    def about(self) -> dict[str, t.Any]:
        """More keys of every result of this resource, as far as they are known by now."""

    def canonical(self, current: t.Any, keys: t.Iterable[str]) -> dict[str, t.Any]:
        """Each unit in the canonical form in which ``Plan.expected`` holds it; None for a unit that is not there."""

    def after_from_responses(self, current: t.Any, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        """``plan.after`` with what the answers to its writes tell (ids of what is new), for a run that does not read back."""

    def units(self, current: t.Any, keys: t.Iterable[str]) -> Config:
        """Those of the units that are there, in the shape of ``config``, in the order of ``keys``."""
