# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Reading, resolving and planning: what was read may be written from only while it is fresh, and only if it proves to be whole."""

from __future__ import annotations

import time
import typing as t

from .._http.errors import ApiError
from .._model.documented import Undocumented
from .._model.plan import ATTRIBUTES, FRESH, OBJECTS, POSITION, Plan

if t.TYPE_CHECKING:
    from .._model.diagnostics import Diagnostics
    from .resource import Resource

#: How often a list that does not prove to be whole is read, at most, until it is the same twice.
READS = 3


class Reader:
    """Reads and plans for one ``config`` in one ``state``, as often as it takes. What a run has to remember from one read to the next is
    here, and in what was read."""

    def __init__(self, resource: Resource, config: t.Any, state: str) -> None:
        self._resource = resource
        self._config = config
        self._state = state
        #: What was read last, with the lists of names, which are read once a run.
        self._earlier: t.Any = None
        #: The plan with which the run has begun to write.
        self._begun: Plan | None = None

    def read(self) -> t.Any:
        """A state that was read of what is there now. Raises ``ApiError``, ``ValidationErrors``."""
        try:
            current = self._resource.read(self._config, self._state, self._earlier)
        except Undocumented as error:
            raise ApiError(f"{error}. Nothing can be planned on a list that is not as the API documents it") from None
        except (AttributeError, KeyError, TypeError) as error:
            raise ApiError(
                f"the list is not as the API documents it ({type(error).__name__}: {error}). Nothing can be planned from it. If the list "
                "is correct, please report this"
            ) from None
        self._earlier = current
        return current

    def with_names(self, current: t.Any, keys: t.Iterable[str]) -> t.Any:
        """The same with the names that show these units. Raises ``ApiError``, ``Undocumented``."""
        self._earlier = self._resource.with_names(current, self._config, self._state, keys)
        return self._earlier

    def begin(self, plan: Plan) -> None:
        """``plan`` is carried out from now on: what is planned after that must lead to the same end, from every state in between."""
        self._begun = plan

    def plan(self, current: t.Any) -> Plan:
        """The plan from a state that was read. Raises ``ValidationErrors``."""
        return self._resource.plan(current, self._desired(current), self._state)

    def gathered(self, current: t.Any, found: Diagnostics) -> list[dict[str, t.Any]]:
        """The scope in the shape of ``config``. Raises ``ValidationErrors``."""
        return self._resource.gathered(current, self._desired(current), self._config, found)

    def must_reread(self, current: t.Any, plan: Plan, named: bool) -> bool:
        """Whether what was read may not be written from: names were read since, it is too old, or it does not prove to be whole."""
        aged = plan.carries(POSITION, ATTRIBUTES, OBJECTS) and time.monotonic() - current.since > FRESH
        return aged or named and plan.carries(ATTRIBUTES, OBJECTS) or not self._resource.proven(current, plan)

    def for_writing(self, earlier: t.Any = None) -> tuple[t.Any, Plan]:
        """A state that was read that may be written from, and its plan: the list proves to be whole, or is what it was at the read before,
        ``earlier``."""
        for _read in range(READS):
            current = self.read()
            plan = self.plan(current)
            if not plan.requests or self._resource.proven(current, plan) or earlier is not None and earlier.listed == current.listed:
                return current, plan
            earlier = current
        raise ApiError(
            f"GET {self._resource.source()}: the list does not say whether it is whole, and was another one at each of {READS} reads. "
            "Run the task again once nobody else is writing, and look at any proxy in between"
        )

    def differences(self, current: t.Any, desired: t.Mapping[str, t.Any]) -> dict[str, tuple[t.Any, t.Any]]:
        """The units that are not in the desired canonical form, by their keys: that form, and the one they are in."""
        seen = self._resource.canonical(current, desired)
        return {key: (form, seen.get(key)) for key, form in desired.items() if seen.get(key) != form}

    def _desired(self, current: t.Any) -> t.Any:
        """The desired state, by the names that were read."""
        desired = self._resource.resolve(self._config, self._state, current)
        return desired if self._begun is None else self._resource.begun(desired, self._begun)
