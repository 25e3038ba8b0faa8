# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Carries a plan out to its end: looks again where an outcome is unknown or the current state too old, plans what is left, and verifies."""

from __future__ import annotations

import typing as t

from .._http.errors import ApiError
from .._model.documented import Undocumented
from .._model.plan import FRESH, Outcome, Plan, Request, ValidationErrors, canonical_json, joined
from .executor import Age, Executor
from .reader import READS, Reader
from .report import Failed, Report

if t.TYPE_CHECKING:
    from .._http.client import Client

Guard = t.Callable[[Plan], None]

#: Seconds before each further look, where a read may lag behind a write.
_LOOKS_AFTER_WRITE = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
_LOOKS_AFTER_DOUBT = (0.5, 1.0, 2.0, 4.0)
_CHANGED = "the current state has changed in the meantime, and the remaining changes are no longer what was planned"
_CARRIED = " (not listed, carried along)"


class Writer:
    """Carries out the plan of ``report``, and any that takes its place. ``guard`` raises ``Failed`` for a plan that must not be."""

    def __init__(self, client: Client, reader: Reader, report: Report, guard: Guard) -> None:
        self._client = client
        self._reader = reader
        self._report = report
        self._done = report.done
        self._guard = guard
        self._executor = Executor(client, reader.read, report.task.show)
        #: What is unknown, and was written again because a look did not show it.
        self._repeated: list[Request] = []

    def carry_out(self, current: t.Any, plan: Plan) -> tuple[t.Any, Plan]:
        """Everything that ``plan``, made from ``current``, says. Returns the current state that the last write was made from, and its
        plan."""
        rest, idle = plan, 0
        self._reader.begin(plan)
        while rest.requests:
            age = Age(current.since)
            outcome = self._executor.run(rest.phases, age)
            self._say_window(age)
            gone = self._record(outcome)
            if not (outcome.doubts or outcome.outdated or outcome.not_acted):
                break
            idle = idle + 1 if outcome.outdated and not outcome.made else 0
            if idle > READS:
                raise ApiError(f"{outcome.outdated[0]}. Nothing could be sent within {FRESH:g} s of being read: raise rate_limit")
            if not outcome.doubts and not self._report.touched:
                current, plan = self._begin_again(current, plan, outcome)
                rest = plan
                continue
            rest, current = self._look_again(plan, outcome)
            self._settle(plan, rest, current, gone)
            if not self._report.touched and not rest.requests:
                self._report.plan = plan = rest  # Somebody else has done all of it.
        self._done.unknown, self._done.pending = [], []
        return current, plan

    def verify(self, state_read: t.Any, plan: Plan) -> list[dict[str, t.Any]]:
        """The units that changed as they are read back. ``state_read``: what the last write was made from."""
        resource = self._report.resource
        carried = resource.canonical(state_read, plan.carried)
        wrong: dict[str, tuple[t.Any, t.Any]] = {}
        failures: list[str] = []
        for wait in _LOOKS_AFTER_WRITE:
            if wait and not self._client.budget.wait(wait):
                break
            now = self._reader.read()
            wrong = self._reader.differences(now, {**plan.expected, **carried})
            failures = resource.failures(state_read, now, plan)
            if not wrong and not failures:
                for text in resource.undone(state_read, now, plan):
                    self._client.warn(text)
                return resource.units(now, plan.expected)
        if failures:
            raise Failed(f"Everything was written, but reading it back shows that it failed: {'; '.join(failures[:5])}.")
        found = "; ".join(
            f"{plan.titles.get(key, key)}{_CARRIED if key in carried else ''}: wanted {_short(form)}, found {_short(current)}"
            for key, (form, current) in list(wrong.items())[:5]
        )
        raise Failed(
            f"Everything was written, but reading it back shows something else for {len(wrong)} unit(s): {found}. "
            "Somebody else may have changed it at the same time: look at it, and run the task again."
        )

    def after_from_responses(self, state_read: t.Any, plan: Plan) -> list[dict[str, t.Any]]:
        """The units that changed as the answers to the writes tell them, for a run that does not read back. ``state_read``: as in
        ``verify``."""
        try:
            return self._report.resource.after_from_responses(state_read, plan, self._done.responses)
        except (AttributeError, KeyError, TypeError, Undocumented):
            return plan.after  # The answers are not as documented: what was written is known all the same.

    def _record(self, outcome: Outcome) -> list[Request]:
        """Take up what was done. Returns the removals that somebody else made: those answered 404, unless a request of ours may have done
        it before. Raises ``Failed`` for a refusal."""
        identity = self._executor.identity
        doubted = {identity(request) for request in self._repeated}
        gone = [request for request in outcome.gone if identity(request) not in doubted]
        self._done.made += outcome.made + outcome.put_back
        self._done.responses += outcome.responses
        made = {identity(request) for request in outcome.made + outcome.unknown}
        self._repeated = [request for request in self._repeated if identity(request) not in made]
        doubtful = {identity(request) for request in self._repeated}
        self._done.unknown = self._repeated + outcome.unknown
        self._done.pending = [request for request in outcome.pending if identity(request) not in doubtful]
        if outcome.failures:
            self._not_made(gone)
            raise Failed(self._report.ended(joined(outcome.failures + outcome.doubts)))
        return gone

    def _begin_again(self, current: t.Any, plan: Plan, outcome: Outcome) -> tuple[t.Any, Plan]:
        """Nothing is written yet: what is there now is planned for, and guarded, as if it had been read first."""
        newer, rest = self._reader.for_writing(current)
        if _exceeds(plan, rest):
            self._done.pending = plan.requests
            raise ApiError(joined([*outcome.outdated, *outcome.not_acted, f"{_CHANGED}{_units_of(plan, rest)}"]))
        self._report.plan = rest
        self._reader.begin(rest)
        self._done.pending = []
        self._guard(rest)
        return newer, rest

    def _settle(self, plan: Plan, rest: Plan, current: t.Any, gone: list[Request]) -> None:
        """After a look that shows what is left: what is unknown and is still to be done is written again; what is not was made, if its
        unit is as it was to be, or on the way there."""
        again = {self._executor.identity(request) for request in rest.requests}
        shown = [request for request in self._done.unknown if self._executor.identity(request) not in again and request not in gone]
        on_the_way = {chain.key for phase in rest.phases for chain in phase if chain.requests}
        elsewhere = set(self._reader.differences(current, plan.expected))
        lost = []
        for request in shown:
            key = self._executor.keys[self._executor.identity(request)]
            # A request for several units is about all of them.
            if key not in on_the_way and elsewhere & ({key} if key in plan.expected else set(plan.expected)):
                lost.append(request)
        if lost:
            self._done.pending = rest.requests
            self._done.unknown = [request for request in self._done.unknown if request not in gone]
            raise ApiError(f"{lost[0].what}: nobody knows whether it was made; {_CHANGED}{_units_of(plan, rest)}")
        self._repeated = [request for request in self._done.unknown if self._executor.identity(request) in again]
        self._done.made += shown
        self._done.made.sort(key=_places(plan, self._executor))
        self._done.unknown, self._done.pending = [], rest.requests
        self._client.usage.count("retries", len(self._repeated))

    def _say_window(self, age: Age) -> None:
        if age.longest > FRESH:
            self._client.warn(
                f"reading took so long that {age.longest:.0f} s lay between the first answer and the write: what somebody else changed in "
                "that time, in what the request carries along, may be lost"
            )

    def _not_made(self, gone: t.Sequence[Request]) -> None:
        """A removal that was answered 404 was not made."""
        self._done.unknown = [request for request in self._done.unknown if request not in gone]
        self._done.pending = [*gone, *self._done.pending]

    def _look_again(self, first: Plan, outcome: Outcome) -> tuple[Plan, t.Any]:
        """What is left to do after writes whose outcome nobody knows, or once the current state is too old, planned anew from what is there
        now; and that.

        A read may lag behind the write, so that only what is still missing after several looks is written again; and that only while it is
        part of the first plan: nobody has seen another one.
        """
        doubts = joined(outcome.doubts + outcome.outdated + outcome.not_acted).removesuffix(".")
        rest, current = self._looked(first, doubts, _LOOKS_AFTER_DOUBT if outcome.doubts else (0.0, *_LOOKS_AFTER_DOUBT))
        again = {self._executor.identity(request) for request in rest.requests}
        for requests, why in (
            (self._done.made, "what was made before that does not show when it is read: to make it again might make it twice"),
            # Whatever is written instead, it might act after that.
            ([request for request in outcome.late if request.method != "DELETE"], "it does not show, and the server may still act"),
            (outcome.gone, "but it still exists"),
        ):
            if any(self._executor.identity(request) in again for request in requests):
                self._not_made([request for request in outcome.gone if self._executor.identity(request) in again])
                self._done.unknown = [request for request in self._done.unknown if request not in outcome.gone]
                self._give_up(f"{doubts}; {why}", rest, current)
        if _strays(first, rest, self._executor):
            if not outcome.doubts:
                self._finish(_still_planned(first, rest, self._executor), current)
            self._give_up(f"{doubts}; {_CHANGED}{_units_of(first, rest)}", rest, current)
        return rest, current

    def _looked(self, first: Plan, doubts: str, waits: t.Iterable[float]) -> tuple[Plan, t.Any]:
        """Look until everything that was, or may have been, made shows, or there has been time enough for that."""
        rest, current = first, None
        for wait in waits:
            if wait and not self._client.budget.wait(wait):
                raise ApiError(f"{doubts}; the outcome was not checked, because retry_timeout is used up")
            tried = {self._executor.identity(request) for request in self._done.unknown + self._done.made}
            try:
                current, rest = self._reader.for_writing()
                repeats = any(self._executor.identity(request) in tried for request in rest.requests)
                reached = rest.expected.keys() <= first.expected.keys() and not self._reader.differences(current, first.expected)
            except (ApiError, ValidationErrors) as error:
                raise ApiError(f"{doubts}; and it could not be looked up: {error}", getattr(error, "status", None)) from None
            if not repeats:
                # Where all is as it was to be nothing is left, whatever else a plan would find to do from there.
                return (first._replace(phases=()) if rest.requests and reached else rest), current
        return rest, current

    def _finish(self, rest: Plan, current: t.Any) -> None:
        """Carry out what is left of the first plan before the run ends with what is not part of it any more."""
        outcome = self._executor.run(rest.phases, Age(current.since))
        pending = self._done.pending
        self._record(outcome)
        done = {self._executor.identity(request) for request in outcome.made + outcome.unknown}
        self._done.pending = [request for request in pending if self._executor.identity(request) not in done]

    def _give_up(self, reason: str, rest: Plan, current: t.Any) -> t.NoReturn:
        """End without doing the rest; what was taken away for it is put back."""
        outcome = self._executor.put_back(rest.phases, Age(current.since))
        self._done.made += outcome.put_back
        self._done.unknown = self._done.unknown + outcome.unknown
        raise ApiError(joined([reason, *outcome.failures]))


def _strays(first: Plan, rest: Plan, executor: Executor) -> bool:
    """Whether what is left leads elsewhere than the first plan: another unit, another end of one, an object that was to stay removed, or
    one to be made that was there."""
    ends = any(first.expected.get(key, key) != form for key, form in rest.expected.items())
    planned = {executor.identity(request) for request in first.requests}
    # Moves may have other ranks by now.
    fresh = any(executor.identity(request) not in planned for request in rest.requests if request.produces or request.method == "PUT")
    return ends or fresh or _exceeds(first, rest)


def _still_planned(first: Plan, rest: Plan, executor: Executor) -> Plan:
    """What of ``rest`` is part of the first plan, up to the phase in which something is not: what comes later may depend on it."""
    planned = {executor.identity(request) for request in first.requests}
    phases = []
    for phase in () if rest.refused else rest.phases:
        chains = tuple(
            chain
            for chain in phase
            if first.expected.get(chain.key) == rest.expected.get(chain.key)
            and all(executor.identity(request) in planned for request in chain.requests)
        )
        phases.append(chains)
        if len(chains) < len(phase):
            break
    return rest._replace(phases=tuple(phases))


def _exceeds(first: Plan, rest: Plan) -> bool:
    """Whether a plan that is made again does more than the first: it changes another unit, or removes another object."""
    return not rest.removed <= first.removed or not rest.expected.keys() <= first.expected.keys() or bool(rest.refused)


def _units_of(first: Plan, rest: Plan) -> str:
    """The units of a plan that is no longer the first one, as far as they are to end otherwise."""
    keys = [key for key, form in rest.expected.items() if first.expected.get(key, key) != form or key not in first.expected]
    titles = {**first.titles, **rest.titles}
    return f": {', '.join(titles.get(key, key) for key in (keys or list(rest.expected))[:10])}"


def _places(plan: Plan, executor: Executor) -> t.Callable[[Request], int]:
    """Where a request stands in the plan; one that was planned later, beside what it concerns."""
    places: dict[str, int] = {}
    for place, request in enumerate(plan.requests):
        places.setdefault(executor.identity(request), place)
        places.setdefault(executor.path(request), place)
    return lambda request: places.get(executor.identity(request), places.get(executor.path(request), len(places)))


def _short(form: t.Any) -> str:
    text = "nothing" if form is None else canonical_json(form)
    return text if len(text) <= 300 else text[:297] + "..."
