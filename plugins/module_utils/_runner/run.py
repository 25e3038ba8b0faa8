# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The run of every module: validate, read, plan, and - unless in check mode - carry out and verify. Knows no vendor, and not where it
runs: in a module process (``module.py``), or in Ansible's worker."""

from __future__ import annotations

import contextlib
import gc
import re
import time
import typing as t

from .._http.errors import ApiError
from .._model.diagnostics import Diagnostics
from .._model.documented import Undocumented
from .._model.mask import Mask
from .._model.plan import Plan, ValidationErrors, error, summed
from .._model.validation import schema_errors
from .argspec import COMMON, Arguments, validate_arguments
from .libraries import install_message, missing_libraries
from .reader import Reader
from .report import Failed, Report, Result, Task
from .result import presentable

if t.TYPE_CHECKING:
    from .._http.client import Client
    from .._model.description import Description
    from .progress import Show
    from .resource import Resource


class ResourceType(t.Protocol):
    """The class of a resource."""

    description: Description

    def __call__(self, options: t.Mapping[str, t.Any]) -> Resource:
        """The resource for the options of a module."""


@contextlib.contextmanager
def no_collecting() -> t.Iterator[None]:
    """A run is short and hardly makes any garbage in circles: to look for it takes two fifths of a fleet's time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def complete_spec(argument_spec: dict[str, t.Any]) -> dict[str, t.Any]:
    """All options of a module, from those that it has besides the ones that all have."""
    return {**COMMON, **argument_spec}


def validated(resource_type: ResourceType, argument_spec: dict[str, t.Any], given: t.Mapping[str, t.Any]) -> Arguments:
    """What a task was given, with everything that is wrong with it; ``argument_spec`` is complete."""

    def validate(params: t.Mapping[str, t.Any], config: t.Any) -> list[dict[str, str]]:
        if "jsonschema" in missing_libraries(params["state"]):
            return []
        try:
            return argument_errors(resource_type(params), params, config)
        except ImportError as exc:  # It is there, and cannot be used: pieces of it belong to another Python or processor.
            return [error("config", f"cannot be validated, because the Python library jsonschema does not work: {exc}")]

    return validate_arguments(resource_type.description.vendor, argument_spec, given, validate)


def refusal(arguments: Arguments) -> Result | None:
    """The failure of a task that cannot be run: its arguments are wrong, or this Python lacks a library. Nothing was connected to."""
    missing = missing_libraries(arguments.state)
    if missing and not arguments.rejected:
        return _unsent(install_message(missing), arguments)
    errors = arguments.errors
    if not errors:
        return None
    many = f"{len(errors)} errors in the arguments" if len(errors) > 1 else "An error in the arguments"
    return _unsent(f"{many}; nothing was sent. {summed(errors)}", arguments, errors=errors)


def run_validated(resource_type: ResourceType, arguments: Arguments, check_mode: bool, diff: bool, show: Show | None = None) -> Result:
    """Run a task. Returns how it ended, whatever happens; nothing exits, and only ``show`` prints how far it is."""
    task = Task(arguments.params, arguments.config, check_mode, diff, arguments.secrets, show)
    return refusal(arguments) or execute(resource_type(arguments.params), task)


def execute(resource: Resource, task: Task) -> Result:
    """Run a task whose arguments are validated. Returns how it ended, whatever happens; nothing is printed and nothing exits."""
    return _Run(resource, task).go()


def argument_errors(resource: Resource, params: t.Mapping[str, t.Any], config: t.Any) -> list[dict[str, str]]:
    """Everything that is wrong with the options and ``config``, each once; without a ``state`` only what any state would find."""
    state = params["state"]
    errors = []
    if params["max_removals"] is not None and params["max_removals"] < 0:
        errors.append(error("max_removals", "must not be negative"))
    if params["expected_plan"] is not None and not re.fullmatch("[0-9a-f]{64}", params["expected_plan"]):
        errors.append(error("expected_plan", "must be a plan_digest: 64 hexadecimal digits"))
    if state not in ("gathered", None):
        errors += _needed(config, state, params["max_removals"])
    errors += schema_errors(resource.schema, config) if config not in (None, []) else []
    if state is not None:
        errors += resource.errors(config if isinstance(config, list) else [], state)
    else:  # What is missing may not be needed.
        errors += [item for item in resource.errors([], "merged") if not item["message"].startswith("is required")]
    return list({(item["path"], item["message"]): item for item in errors}.values())


def _needed(config: t.Any, state: str, max_removals: int | None) -> list[dict[str, str]]:
    if config is None:
        return [error("config", f"is required for state {state}")]
    if config == [] and state != "overridden":
        return [error("config", f"is empty: nothing to do for state {state}")]
    if config == [] and max_removals is None:
        says = "is empty: with overridden that removes everything there is; give max_removals to say that it is meant"
        return [error("config", says)]
    return []


#: A unit costs one request at most, and the lists that all share a few more: 100 in all.
_NAMED_UNITS = 90


def _unsent(message: str, arguments: Arguments, **more: t.Any) -> Result:
    none = {"reads": 0, "writes": 0, "retries": 0, "waited_seconds": 0.0}
    result = {"msg": message, "changed": False, "requests": [], "pending": [], "stats": none, **more}
    data, said = presentable(result, (), Mask(arguments.secrets))
    return Result(data, True, said, arguments.secrets)


class _Run:
    """One run of a module: reads, plans, and writes where it is to."""

    def __init__(self, resource: Resource, task: Task) -> None:
        self._resource = resource
        self._task = task
        self._report = Report(task, resource)
        self._reader = Reader(resource, task.config, task.state)
        self._current: t.Any = None
        #: When, on the monotonic clock, it began to write.
        self._started = 0.0

    def go(self) -> Result:
        """Everything. Never raises: what goes wrong is a failed result."""
        report = self._report
        try:
            if self._task.state == "rendered":
                return self._render()
            report.client = self._resource.connect()
            return self._gather() if self._task.state == "gathered" else self._write(report.client)
        except Failed as failed:
            return report.failure(str(failed), **failed.result)
        except ValidationErrors as exc:
            return report.failure(report.ended(str(exc)), errors=exc.errors)
        except ApiError as exc:
            return report.failure(report.ended(str(exc)), **({} if exc.status is None else {"http_status": exc.status}))
        except Exception as exc:  # A user can do nothing with a traceback; what was written matters more.
            return report.failure(report.ended(f"internal error, please report it: {type(exc).__name__}: {exc}"))

    def _render(self) -> Result:
        found = Diagnostics()
        requests = self._resource.rendered(self._task.config, found)
        for text in found.warnings:
            self._report.warn(text)
        return self._report.success(rendered=requests)

    def _gather(self) -> Result:
        current = self._reader.read()
        found = Diagnostics()
        units = self._reader.gathered(current, found)
        for text in found.warnings:
            self._report.warn(text)
        named = {"ambiguous_names": self._resource.ambiguous(current)} if self._task.params["with_names"] else {}
        return self._report.success(gathered=units, **named, source=self._resource.source(), place=self._resource.place(current))

    def _write(self, client: Client) -> Result:
        """Plan, and write where it is to; then, in every case in which the vendor can be asked, who changed what is different."""
        try:
            after = self._carry_out(client)
        except Failed:
            self._explain()
            raise
        self._explain()
        return self._report.written(after)

    def _explain(self) -> None:
        """Add who may have changed what the plan finds different. Whatever goes wrong with that is a warning: it decides nothing."""
        if self._report.plan is None:
            return
        done = self._report.done
        try:
            found = self._resource.recent_changes(self._current, self._report.plan, [*done.made, *done.unknown], self._started)
        except Exception as exc:
            self._report.warn(f"who changed it cannot be shown, please report it: {type(exc).__name__}: {exc}")
        else:
            self._report.extras.update(found)

    def _carry_out(self, client: Client) -> list[dict[str, t.Any]]:
        """The units that change, as they are afterwards."""
        current = self._current = self._reader.read()
        self._report.place = self._resource.place(current)
        plan = self._report.plan = self._reader.plan(current)
        named = bool(plan.requests and self._task.shows_names)
        if named:
            current = self._with_names(current, plan)
            plan = self._report.plan = self._reader.plan(current)
        writes = bool(plan.requests) and not self._task.check_mode
        if writes and self._reader.must_reread(current, plan, named):
            current, plan = self._reader.for_writing(current)
            self._report.plan = plan
        self._guard(plan)
        if not plan.requests or self._task.check_mode:
            return plan.after
        from .recovery import Writer  # Most runs change nothing.

        writer = Writer(client, self._reader, self._report, self._guard)
        self._started = time.monotonic()
        current, plan = writer.carry_out(current, plan)
        return writer.verify(current, plan) if self._task.params["verify"] else writer.after_from_responses(current, plan)

    def _with_names(self, current: t.Any, plan: Plan) -> t.Any:
        """The current state with names for what changes. They are there to be read: where they cannot be had, ids do."""
        keys = list(plan.expected)
        if len(keys) > _NAMED_UNITS:
            self._report.notes.append(
                f"{len(keys) - _NAMED_UNITS} more units change; their names were not all read (at most 100 requests)."
            )
        try:
            return self._reader.with_names(current, keys[:_NAMED_UNITS])
        except (ApiError, Undocumented) as exc:
            self._report.warn(f"names are not shown, because they could not be read: {exc}")
            return current

    def _guard(self, plan: Plan) -> None:
        """Refuse, before the first write, a plan that must not be carried out, or that nobody approved."""
        if not plan.requests:
            return
        limit, expected = self._task.params["max_removals"], self._task.params["expected_plan"]
        refusals = [f"{item['path']}: {item['message']}" for item in plan.refused]
        if limit is not None and len(plan.removed) > limit:
            refusals.append(
                f"the plan removes {len(plan.removed)}, and max_removals allows {limit}. Review the plan. If the removals are correct, "
                "raise max_removals"
            )
        if expected is not None and expected != (digest := plan.digest(self._report.place)):
            refusals.append(
                "the plan is not the one that expected_plan names: the current state, or the config, has changed since. Review the plan. "
                f"To approve it, set expected_plan to its plan_digest, {digest}"
            )
        if refusals:
            errors = {"errors": list(plan.refused)} if plan.refused else {}
            pending = [request.show() for request in plan.requests]
            said = f"Nothing was written: {'; and '.join(refusals)}."
            raise Failed(f"{said}\n{self._report.plan_text(plan)}", pending=pending, **errors)
