# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What a run says of itself: the keys of its result, and the sentences of a failure. Sends nothing."""

from __future__ import annotations

import typing as t

from .._model.mask import Mask
from .._model.plan import CREATED_ANEW, NO_CHANGES, WOULD_BE_CREATED_ANEW, Outcome, Plan, Request
from .argspec import WRITING
from .result import presentable

if t.TYPE_CHECKING:
    from .._http.client import Client
    from .progress import Show
    from .resource import Resource


class Task(t.NamedTuple):
    """What a run is given: coerced and validated options, ``config``, and how Ansible runs the task. ``secrets``: what no output shows;
    ``show``: prints how far a long run is."""

    params: t.Mapping[str, t.Any]
    config: t.Any
    check_mode: bool = False
    diff: bool = False
    secrets: frozenset[str] = frozenset()
    show: Show | None = None

    @property
    def state(self) -> str:
        """The option ``state``."""
        return str(self.params["state"])

    @property
    def shows_names(self) -> bool:
        """Whether names are read for what changes: where somebody looks at the plan, unless the option says otherwise."""
        given = self.params["with_names"]
        return bool(self.check_mode or self.diff if given is None else given)


class Result(t.NamedTuple):
    """How a run ended: the result as users get it (with ``msg`` where it ``failed``), the warnings beside it, and what must stay masked."""

    data: dict[str, t.Any]
    failed: bool
    warnings: list[str]
    secrets: frozenset[str]


class Failed(Exception):
    """The run ends here: ``str()`` is its message, ``result`` holds keys that take the place of the usual ones."""

    def __init__(self, message: str, **result: t.Any) -> None:
        super().__init__(message)
        self.result = result


class Report:
    """Collects what happens in a run. ``done`` is how far it came, ``plan`` what it is to do; ``client`` counts, and keeps warnings."""

    def __init__(self, task: Task, resource: Resource) -> None:
        self.task = task
        self.resource = resource
        self.client: Client | None = None
        self.plan: Plan | None = None
        self.done = Outcome()
        #: Which tenant of which vendor it is about, once that was read.
        self.place: dict[str, str] = {}
        #: What the text of the plan has to say besides.
        self.notes: list[str] = []
        #: More keys of the result of a plan.
        self.extras: dict[str, t.Any] = {}
        self._warnings: list[str] = []

    @property
    def touched(self) -> bool:
        """Whether anything was, or may have been, written."""
        return bool(self.done.made or self.done.unknown)

    def warn(self, text: str) -> None:
        """Say it beside the result."""
        if self.client is None:
            self._warnings.append(text)
        else:
            self.client.warn(text)

    def success(self, **result: t.Any) -> Result:
        """The result of a run that did what it was to do."""
        return self._finished({"changed": False, "requests": [], **result}, False)

    def written(self, after: list[dict[str, t.Any]]) -> Result:
        """The result of a run in a state that writes: what was done, or would be."""
        check, plan = self.task.check_mode, self.plan
        if plan is None:
            return self.failure("internal error, please report it: nothing was planned")
        requests = plan.requests if check else self.done.made
        return self.success(changed=bool(requests), after=after, requests=[request.show() for request in requests], **self._planned(plan))

    def failure(self, message: str, **result: t.Any) -> Result:
        """The result of a run that failed: what was made, what was not, what nobody knows."""
        unknown = [{**request.show(), "outcome": "unknown"} for request in self.done.unknown]
        plan = {} if self.plan is None else {"after": self.plan.after, **self._planned(self.plan)}
        whole = {
            "msg": message,
            "changed": self.touched,
            "requests": _shown(self.done.made) + unknown,
            "pending": unknown + _shown(self.done.pending),
            **plan,
            **result,
        }
        return self._finished(whole, True)

    def ended(self, reason: str) -> str:
        """A failure's text: why, what was done, what was not, what to do next."""
        done, open_, doubt = len(self.done.made), len(self.done.pending), len(self.done.unknown)
        if not self.touched:
            return reason if self.task.state == "gathered" or self.task.check_mode else f"Nothing was written. {reason}"
        text = f"{reason.rstrip('.')}. Writes made: {done} (see requests); "
        if doubt:
            text += f"with unknown outcome: {doubt}; "
        return text + f"not made: {open_} (see pending). Fix the cause and run the task again: it continues from the current state."

    def _planned(self, plan: Plan) -> dict[str, t.Any]:
        for text in plan.warnings:
            self.warn(text.replace(CREATED_ANEW, WOULD_BE_CREATED_ANEW) if self.task.check_mode else text)
        return {
            "plan_text": self.plan_text(plan),
            "before": plan.before,
            "summary": plan.summary,
            "plan_digest": plan.digest(self.place),
            "place": self.place,
            **self.extras,
            **plan.extras,
        }

    def plan_text(self, plan: Plan) -> str:
        """The plan for people. How it is shown must never hide what was written: what cannot be shown says so."""
        if not plan.requests:
            return NO_CHANGES
        try:
            from .._model.plan_text import plan_text  # Most runs change nothing.

            return plan_text(
                self.resource.description, plan.before, plan.after, {**plan.summary, **plan.extras}, [*plan.notes, *self.notes]
            )
        except Exception as exc:
            return f"The plan cannot be shown, please report it: {type(exc).__name__}: {exc}"

    def _diff(self, before: list[dict[str, t.Any]], after: list[dict[str, t.Any]]) -> list[dict[str, str]]:
        if not before and not after:
            return []
        try:
            from .._model.plan_text import diff

            return diff(self.resource.description, before, after)
        except Exception as exc:
            self.warn(f"the diff cannot be shown, please report it: {type(exc).__name__}: {exc}")
            return []

    def _finished(self, result: dict[str, t.Any], failed: bool) -> Result:
        """The result with diff and stats, secrets out, and small enough for AWX."""
        secrets, stats = self.task.secrets, {"reads": 0, "writes": 0, "retries": 0, "waited_seconds": 0.0}
        if self.client is not None:
            stats = self.client.stats()
            secrets = secrets | self.client.secrets
        result.update(stats=stats, **self.resource.about())
        if self.task.state in WRITING and self.task.diff and "after" in result:
            result["diff"] = self._diff(result["before"], result["after"])
        for name in self._without_effect():
            self.warn(f"{name} has no effect in state {self.task.state}")
        warnings = self._warnings if self.client is None else self.client.warnings
        data, said = presentable(result, warnings, Mask(secrets))
        return Result(data, failed, said, secrets)

    def _without_effect(self) -> list[str]:
        if self.task.state in WRITING:
            return []
        names = ["max_removals", "expected_plan", *self.resource.description.purpose]
        names += ["with_names"] if self.task.state == "rendered" else []
        names += [name for name in self.resource.description.vendor.task_arguments if self.task.params.get(name)]
        values = {name: self.task.params.get(name) for name in names}
        return [name for name, value in values.items() if value is not None and value is not False]


def _shown(requests: t.Iterable[Request]) -> list[dict[str, t.Any]]:
    return [request.show() for request in requests]
