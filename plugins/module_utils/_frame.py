# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""The run of every module: validate, read, plan, and - unless in check mode - carry out and verify. Knows Ansible and no vendor."""

from __future__ import annotations

import contextlib
import gc
import json
import time
import typing as t
from importlib.util import find_spec

from ansible.module_utils.basic import missing_required_lib

from ._arguments import COMMON, WRITING, PolicyModule
from ._connection import echoes
from ._http import MISSING, ApiError
from ._plan import Faults, Outcome, Plan, Request, canonical_json, fault
from ._schema import schema_faults

if t.TYPE_CHECKING:
    from ._execute import Executor
    from ._resource import Resource

#: AWX drops a task's result above 700,000 characters.
_LARGEST_RESULT = 500_000
#: Seconds before each further look, where a read may lag behind a write.
_LOOKS_AFTER_WRITE = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
_LOOKS_AFTER_DOUBT = (0.5, 1.0, 2.0, 4.0)


def run(resource_type: t.Callable[[t.Mapping[str, t.Any]], Resource], argument_spec: dict[str, t.Any]) -> None:
    """Run a module. ``argument_spec`` holds ``config`` and what the module has beside the options that all have."""
    with _no_collecting():
        _judge_and_go(resource_type, argument_spec)


@contextlib.contextmanager
def _no_collecting() -> t.Iterator[None]:
    """A run is short and hardly makes any garbage in circles: to look for it takes two fifths of a fleet's time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _judge_and_go(resource_type: t.Callable[[t.Mapping[str, t.Any]], Resource], argument_spec: dict[str, t.Any]) -> None:
    lacking = None if find_spec("jsonschema") else missing_required_lib("jsonschema")

    def judge(params: t.Mapping[str, t.Any], config: t.Any) -> list[dict[str, str]]:
        if lacking:
            return []
        try:
            return argument_faults(resource_type(params), params, config)
        except ImportError as error:  # It is there, and cannot be used: pieces of it belong to another Python or processor.
            return [fault("config", f"cannot be judged, for the Python library jsonschema does not work here: {error}")]

    module = PolicyModule({**COMMON, **argument_spec}, judge)
    lacking = lacking or (MISSING if module.params["state"] != "rendered" else None)
    if lacking:
        module.fail_unsent(lacking)
    faults = module.faults()
    if faults:
        module.fail_faults(faults)
    _Run(module, resource_type(module.params)).go()


def argument_faults(resource: Resource, params: t.Mapping[str, t.Any], config: t.Any) -> list[dict[str, str]]:
    """Everything that is wrong with the options and ``config``, each once; without a ``state`` only what any state would find."""
    state = params["state"]
    faults = []
    if params["max_removals"] is not None and params["max_removals"] < 0:
        faults.append(fault("max_removals", "must not be negative"))
    if state not in ("gathered", None):
        faults += _needed(config, state, params["max_removals"])
    faults += schema_faults(resource.schema, config) if config not in (None, []) else []
    if state is not None:
        judged = "merged" if state == "rendered" else state
        faults += resource.faults(config if isinstance(config, list) else [], judged)
    return list({(item["path"], item["message"]): item for item in faults}.values())


def _needed(config: t.Any, state: str, max_removals: int | None) -> list[dict[str, str]]:
    if config is None:
        return [fault("config", f"is required for state {state}")]
    if config == [] and state != "overridden":
        return [fault("config", f"is empty: nothing to do for state {state}")]
    if config == [] and max_removals is None:
        says = "is empty: with overridden that removes everything there is; give max_removals to say that it is meant"
        return [fault("config", says)]
    return []


class _Run:
    def __init__(self, module: PolicyModule, resource: Resource) -> None:
        self.module = module
        self.resource = resource
        self.config = module.config
        self.state = module.params["state"]
        self._client: t.Any = None
        self._plan: Plan | None = None
        self._done = Outcome()

    def go(self) -> None:
        """Everything, ending in ``exit_json`` or ``fail_json``."""
        if self.state == "rendered":
            self._render()
        self._client = self.resource.connect()
        try:
            if self.state == "gathered":
                self._gather()
            else:
                self._write()
        except Faults as error:
            self._fail(self._ended(str(error)), errors=error.faults)
        except ApiError as error:
            self._fail(self._ended(str(error)), **({} if error.status is None else {"http_status": error.status}))
        except Exception as error:  # A user can do nothing with a traceback; what was written matters more.
            self._fail(self._ended(f"internal error, please report it: {type(error).__name__}: {error}"))

    def _render(self) -> None:
        try:
            requests, warnings = self.resource.rendered(self.config)
        except Faults as error:
            self.module.fail_faults(error.faults)
        for text in warnings:
            self._warn(text)
        self._exit(rendered=requests)

    def _read(self) -> t.Any:
        try:
            return self.resource.read(self.config, self.state)
        except (AttributeError, KeyError, TypeError) as error:
            raise ApiError(
                f"what the API lists is not as it documents it ({type(error).__name__}: {error}), so that nothing can be planned on it. "
                "If it is, please report this"
            ) from None

    def _gather(self) -> None:
        view = self._read()
        units, warnings = self.resource.gathered(view, self.config)
        for text in warnings:
            self._client.warn(text)
        self._exit(gathered=units, place=self.resource.place(), source=self.resource.source())

    def _write(self) -> None:
        started = time.monotonic()
        view = self._read()
        plan = self._plan = self.resource.plan(view, self.config, self.state)
        if plan.requests and self.module.params["with_names"]:
            view = self._named(view, plan)
            plan = self._plan = self.resource.plan(view, self.config, self.state)
        if plan.requests and not self.module.check_mode and time.monotonic() - getattr(view, "since", started) > self.resource.stale_after:
            view = self._read()
            plan = self._plan = self.resource.plan(view, self.config, self.state)
        self._guard(plan)
        after = plan.after
        if plan.requests and not self.module.check_mode:
            after = self._carry_out(plan, view)
        self._exit(
            changed=bool(plan.requests),
            after=after,
            requests=[request.show() for request in (self._done.made if self._touched() else plan.requests)],
            **self._planned(plan),
        )

    def _named(self, view: t.Any, plan: Plan) -> t.Any:
        """The view with names for what changes. They are there to be read: where they cannot be had, ids do."""
        try:
            return self.resource.named(view, plan.expected)
        except ApiError as error:
            self._client.warn(f"names are not shown, for they could not be read: {error}")
            return view

    def _guard(self, plan: Plan) -> None:
        """Refuse, before the first write, a plan that must not be carried out, or that nobody approved."""
        if not plan.requests:
            return
        limit, expected = self.module.params["max_removals"], self.module.params["expected_plan"]
        refusals = [f"{item['path']}: {item['message']}" for item in plan.refused]
        if limit is not None and len(plan.removed) > limit:
            refusals.append(
                f"the plan removes {len(plan.removed)}, and max_removals allows {limit}. Look at before and after; if that is meant, "
                "raise max_removals"
            )
        if expected is not None and expected != plan.digest:
            refusals.append(
                "the plan is not the one that expected_plan names: what is there, or the config, has changed since. Look at before and "
                "after, and give the new plan_digest if they are meant"
            )
        if refusals:
            pending = [request.show() for request in plan.requests]
            errors = {"errors": list(plan.refused)} if plan.refused else {}
            self._fail(f"Nothing was written: {'; and '.join(refusals)}.", pending=pending, **errors)

    def _carry_out(self, plan: Plan, view: t.Any) -> list[dict[str, t.Any]]:
        """Write, look again where an outcome is unclear, verify. Returns ``after``."""
        from ._execute import Executor  # Most runs change nothing.

        executor = Executor(self._client)
        rest = plan
        #: What was unclear, and was written again because a look did not show it.
        repeated: list[Request] = []
        while rest.requests:
            outcome = executor.run(rest.phases)
            self._done.made += outcome.made + outcome.put_back
            self._done.answers += outcome.answers
            made = [executor.identity(request) for request in outcome.made + outcome.unclear]
            repeated = [request for request in repeated if executor.identity(request) not in made]
            doubtful = [executor.identity(request) for request in repeated]
            self._done.unclear = repeated + outcome.unclear
            self._done.pending = [request for request in outcome.pending if executor.identity(request) not in doubtful]
            if outcome.failures:
                self._fail(self._ended("; ".join(outcome.failures + outcome.doubts)))
            if not outcome.doubts:
                break
            rest, seen = self._look_again(plan, outcome, executor)
            again = [executor.identity(request) for request in rest.requests]
            repeated = [request for request in self._done.unclear if executor.identity(request) in again]
            self._done.made += [request for request in self._done.unclear if executor.identity(request) not in again]
            self._done.unclear, self._done.pending = [], rest.requests
            self._client.counts["retries"] += len(repeated)
            self._done.made.sort(key=_places(plan, executor))
            view = seen if rest.requests else view
        self._done.unclear, self._done.pending = [], []
        if not self.module.params["verify"]:
            try:
                return self.resource.learned(plan, self._done.answers)
            except (AttributeError, KeyError, TypeError):  # The answers are not as documented: what was written is known all the same.
                return plan.after
        return self._verify(plan, view)

    def _look_again(self, first: Plan, outcome: Outcome, executor: Executor) -> tuple[Plan, t.Any]:
        """What is left to do after writes whose outcome nobody knows, planned anew from what is there now; and that.

        A read may lag behind the write, so that only what is still missing after several looks is written again; and that only while it is
        part of the first plan: nobody has seen another one.
        """
        rest, view = first, None
        doubts = "; ".join(outcome.doubts)
        for wait in _LOOKS_AFTER_DOUBT:
            if not self._client.budget.wait(wait):
                raise ApiError(f"{doubts}; retry_timeout is used up, so that it was not looked up")
            try:
                view = self._read()
                rest = self.resource.plan(view, self.config, self.state)
                tried = [executor.identity(request) for request in self._done.unclear + self._done.made]
                repeats = any(executor.identity(request) in tried for request in rest.requests)
                if not repeats and rest.expected.keys() <= first.expected.keys() and not self._differences(view, first.expected):
                    # All is as it was to be: nothing is left, whatever else a plan would find to do from there.
                    rest = first._replace(phases=())
            except (ApiError, Faults) as error:
                raise ApiError(f"{doubts}; and it could not be looked up: {error}", getattr(error, "status", None)) from None
            again = [executor.identity(request) for request in rest.requests]
            # What was acknowledged has to show as well, or the look was at what was there before.
            if not any(executor.identity(request) in again for request in self._done.unclear + self._done.made):
                break
        for requests, why in (
            (self._done.made, "what was made before that does not show when it is read: to make it again might make it twice"),
            # Whatever is written instead, it might act after that.
            ([request for request in outcome.late if request.method != "DELETE"], "it does not show, and the server may still act"),
            (outcome.gone, "and it is there all the same"),
        ):
            if any(executor.identity(request) in again for request in requests):
                self._done.unclear = [request for request in self._done.unclear if request not in outcome.gone]
                self._done.pending = [request for request in outcome.gone if executor.identity(request) in again] + self._done.pending
                self._give_up(f"{doubts}; {why}", rest, executor)
        if _strays(first, rest, executor):
            changed = "what is there has changed meanwhile, and what is left to do is no longer what was planned"
            self._give_up(f"{doubts}; {changed}", rest, executor)
        return rest, view

    def _give_up(self, reason: str, rest: Plan, executor: Executor) -> t.NoReturn:
        """End without doing the rest; what was taken away for it is put back."""
        outcome = executor.put_back(rest.phases)
        self._done.made += outcome.put_back
        self._done.unclear = self._done.unclear + outcome.unclear
        raise ApiError("; ".join([reason, *outcome.failures]))

    def _verify(self, plan: Plan, view: t.Any) -> list[dict[str, t.Any]]:
        carried = self.resource.canonical(view, plan.carried)
        wrong: dict[str, tuple[t.Any, t.Any]] = {}
        for wait in _LOOKS_AFTER_WRITE:
            if wait and not self._client.budget.wait(wait):
                break
            now = self._read()
            wrong = self._differences(now, {**plan.expected, **carried})
            if not wrong:
                return self.resource.units(now, plan.expected)
        found = "; ".join(
            f"{key}{' (not listed, carried along)' if key in carried else ''}: wanted {_short(form)}, found {_short(there)}"
            for key, (form, there) in list(wrong.items())[:5]
        )
        self._fail(
            f"Everything was written, but reading it back shows something else for {len(wrong)} unit(s): {found}. "
            "Somebody else may have changed it at the same time: look at it, and run the task again."
        )
        return []

    def _differences(self, view: t.Any, wanted: t.Mapping[str, t.Any]) -> dict[str, tuple[t.Any, t.Any]]:
        """The units that are not in the wanted canonical form, by their keys: that form, and the one they are in."""
        seen = self.resource.canonical(view, wanted)
        return {key: (form, seen.get(key)) for key, form in wanted.items() if seen.get(key) != form}

    def _touched(self) -> bool:
        return bool(self._done.made or self._done.unclear)

    def _ended(self, reason: str) -> str:
        """A failure's text: why, what was done, what was not, what to do next."""
        done, open_, doubt = len(self._done.made), len(self._done.pending), len(self._done.unclear)
        if not self._touched():
            return reason if self.state == "gathered" or self.module.check_mode else f"Nothing was written. {reason}"
        text = f"{reason.rstrip('.')}. Writes made: {done} (see requests); "
        if doubt:
            text += f"with unknown outcome: {doubt}; "
        return text + f"not made: {open_} (see pending). Mend the cause and run the task again: it goes on from what is there."

    def _planned(self, plan: Plan) -> dict[str, t.Any]:
        for text in plan.warnings:
            self._client.warn(text)
        return {"place": self.resource.place(), "before": plan.before, "summary": plan.summary, "plan_digest": plan.digest, **plan.extras}

    def _fail(self, message: str, **result: t.Any) -> t.NoReturn:
        unknown = [{**request.show(), "outcome": "unknown"} for request in self._done.unclear]
        result = {
            "changed": self._touched(),
            "requests": [request.show() for request in self._done.made] + unknown,
            "pending": unknown + [request.show() for request in self._done.pending],
            **({} if self._plan is None else {"after": self._plan.after, **self._planned(self._plan)}),
            **result,
        }
        self.module.fail_json(msg=self._client.mask(message), **self._finished(result))

    def _exit(self, **result: t.Any) -> t.NoReturn:
        self.module.exit_json(**self._finished({"changed": False, "requests": [], **result}))

    def _finished(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result with diff and stats, warnings said, secrets out, and small enough for AWX."""
        if self._client is None:
            result["stats"] = {"reads": 0, "writes": 0, "retries": 0, "waited_seconds": 0.0}
        else:
            result["stats"] = self._client.stats()
            self.module.no_log_values.update(text for secret in self._client.secrets for text in echoes(secret))
        if self.state in WRITING and self.module._diff and "after" in result:
            result["diff"] = {"before": _text(result["before"]), "after": _text(result["after"])}
        if len(json.dumps(result)) > _LARGEST_RESULT:
            for key in {"requests", "pending"} & set(result):
                result[key] = [{**request, "body": _counted(request["body"])} for request in result[key]]
            if "diff" in result:
                result["diff"] = {key: f"{len(result[key])} units, too many to show\n" for key in ("before", "after")}
            left_out = "diff and the bodies in requests were left out" if self.state in WRITING else "nothing of it can be left out"
            self._warn(f"The result is large: {left_out}. Split the scope over several tasks or hosts.")
        for name in self._without_effect():
            self._warn(f"{name} has no effect in state {self.state}")
        for text in self._client.warnings if self._client else []:
            self.module.warn(text)
        return result

    def _without_effect(self) -> list[str]:
        if self.state in WRITING:
            return []
        names = ["max_removals", "expected_plan", "force", "allow_group_removal"] + (["with_names"] if self.state == "rendered" else [])
        values = {name: self.module.params.get(name) for name in names}
        return [name for name, value in values.items() if value is not None and value is not False]

    def _warn(self, text: str) -> None:
        if self._client is None:
            self.module.warn(text)
        else:
            self._client.warn(text)


def _strays(first: Plan, rest: Plan, executor: Executor) -> bool:
    """Whether what is left leads elsewhere than the first plan: another unit, another end of one, an object that was to stay removed, or
    one to be made that was there."""
    ends = any(first.expected.get(key, key) != form for key, form in rest.expected.items())
    planned = {executor.identity(request) for request in first.requests}
    # Moves may have other ranks by now.
    fresh = any(executor.identity(request) not in planned for request in rest.requests if request.gives or request.method == "PUT")
    return ends or fresh or not rest.removed <= first.removed or bool(rest.refused)


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


def _text(units: list[dict[str, t.Any]]) -> str:
    return json.dumps(units, indent=2, ensure_ascii=False) + "\n" if units else ""


def _counted(body: t.Any) -> t.Any:
    if not isinstance(body, dict):
        return body
    return {key: len(value) if isinstance(value, (list, dict, str)) else value for key, value in body.items()}
