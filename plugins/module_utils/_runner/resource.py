# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""What the frame asks of a module's domain: one resource, read, planned, shown."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .._http.client import Client
    from .._model.description import Description
    from .._model.plan import Plan, Request

Config = list[dict[str, t.Any]]
Error = dict[str, str]


class Resource(t.Protocol):
    """One kind of unit (networks' sentry policies, applications, targets' stacks) at one vendor.

    It is made with the module's options before anything is validated, opens no connection by itself,
    and reads through the client that ``connect`` gives it. Everything but ``connect`` and ``read`` is pure.
    A ``current`` is what ``read`` returned: only the resource looks into it, but for ``since`` (when, on the monotonic clock, the first
    answer came of the list that a write depends on) and ``listed`` (that list, as data; two reads that are equal in it saw the same).
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

    def rendered(self, config: Config) -> tuple[list[dict[str, t.Any]], list[str]]:
        """``[{method, path, body}]``, the config as requests, as if nothing were there; and warnings."""

    def connect(self) -> Client:
        """The client, made from the options; opens no connection yet."""

    def read(self, config: Config | None, state: str) -> t.Any:
        """Everything that planning needs, read from the vendor: lists, and names resolved to ids.

        For ``gathered`` with the option ``with_names``, the lists of names too. Raises ``ValidationErrors`` for references that fit nothing
        or fit twice, ``ApiError`` for what the vendor refused.
        """

    def plan(self, current: t.Any, config: Config, state: str) -> Plan:
        """From the current state to what ``config`` and ``state`` mean. Raises ``ValidationErrors``."""

    def begin(self, plan: Plan) -> None:
        """``plan`` is carried out from now on: what this run plans after that must lead to the same end, from every state in between."""

    def proven(self, current: t.Any, plan: Plan) -> bool:
        """Whether the lists that ``plan`` was made from prove to be whole, as far as it depends on that."""

    def with_names(self, current: t.Any, keys: t.Iterable[str]) -> t.Any:
        """The current state with the names that show these units, from lists that ``read`` did not need: they are shown, and decide
        nothing. What they say against the config is a warning. Raises ``ApiError``."""

    def gathered(self, current: t.Any, config: Config | None) -> tuple[Config, list[str]]:
        """The scope in the shape of ``config`` (limited to the units named in ``config``, where given), and warnings."""

    def ambiguous(self, current: t.Any) -> dict[str, list[str]]:
        """By the field that holds them, the names in ``gathered`` that the next run could not find one object by; where names were read."""

    def source(self) -> str:
        """Where it is read from, as a URL; called after ``read``."""

    def place(self) -> dict[str, str]:
        """Which tenant of which vendor it is, the same however it was given; called after ``read``. A plan is approved for it, and a
        snapshot belongs to it."""

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

    def after_from_responses(self, plan: Plan, responses: list[tuple[Request, t.Any]]) -> Config:
        """``plan.after`` with what the answers to its writes tell (ids of what is new), for a run that does not read back."""

    def units(self, current: t.Any, keys: t.Iterable[str]) -> Config:
        """Those of the units that are there, in the shape of ``config``, in the order of ``keys``."""
