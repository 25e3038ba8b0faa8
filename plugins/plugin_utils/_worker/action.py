# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Runs a resource in Ansible's worker: no module process, no connection, no other Python. Where that cannot be, as a module process.

Ansible loads an action before it forks, so that each task finds everything imported.
"""

from __future__ import annotations

import contextlib
import importlib
import typing as t

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.secops.policy.plugins.module_utils._model.mask import Mask, within_words
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.module_utils._runner.argspec import Arguments
from ansible_collections.secops.policy.plugins.module_utils._runner.libraries import missing_libraries
from ansible_collections.secops.policy.plugins.module_utils._runner.report import Result
from ansible_collections.secops.policy.plugins.module_utils._runner.run import (
    ResourceType,
    complete_spec,
    no_collecting,
    run_validated,
    validated,
)
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain
from ansible_collections.secops.policy.plugins.plugin_utils._positions import failure_with_positions
from ansible_collections.secops.policy.plugins.plugin_utils._terminal import show

from .place import CONTROLLER, RUN_ON, Circumstances, surroundings

#: What a task may need and imports only then.
_LATER = ("jsonschema", "encodings.idna", "ansible_collections.secops.policy.plugins.module_utils._runner.recovery")
for _name in _LATER:
    with contextlib.suppress(ImportError):
        importlib.import_module(_name)

#: A module's resource, and the options that it has beside those that all have.
Behind = tuple[ResourceType, dict[str, t.Any]]


class WorkerAction(ActionBase):
    """An action that runs modules of this collection."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def plain_arguments(self) -> dict[str, t.Any]:
        """The task's arguments as plain data. The task has them from now on: it goes back to Ansible with the result, and tags are most of
        what that takes. What Ansible knows of where they come from is kept beside them, in ``sources``."""
        # Up to ansible-core 2.18 what was a template does not say any more where it stood.
        self.sources = [self._task.args, getattr(self._task, "untemplated_args", None)]
        self._task.args = plain(self._task.args)
        return dict(self._task.args)

    def run_module(
        self, name: str, behind: Behind, given: dict[str, t.Any], task_vars: t.Any, sources: t.Sequence[t.Any]
    ) -> dict[str, t.Any]:
        """The result of the module ``name`` for the options ``given``, plain data, wherever it has to run. ``sources``: the same options as
        Ansible has them, each with where it comes from."""
        result = self._result(name, behind, given, task_vars)
        return failure_with_positions(result, given, sources, task_vars or {}) if result.get("errors") else result

    def _result(self, name: str, behind: Behind, given: dict[str, t.Any], task_vars: t.Any) -> dict[str, t.Any]:
        variables = task_vars or {}
        self._host = printable(str(variables.get("inventory_hostname") or ""))
        circumstances = Circumstances(
            run_on=self._templar.template(variables.get(RUN_ON, CONTROLLER)),
            asynchronous=bool(self._task.async_val),
            delegated=bool(self._task.delegate_to),
            local=self._connection.transport.rpartition(".")[2] == "local",
            missing=missing_libraries(given.get("state")),
        )
        error = circumstances.error()
        if error:
            return {"failed": True, "msg": error}
        if circumstances.module_process:
            wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
            done: dict[str, t.Any] = self._execute_module(
                module_name=f"secops.policy.{name}", module_args=dict(given), task_vars=task_vars, wrap_async=wrap_async
            )
            return done
        # The environment is laid over first: options that are not given come from there.
        with surroundings(self._environment(), self._loader.get_basedir()), no_collecting():
            arguments, result = self._run(behind[0], complete_spec(behind[1]), given)
        return _presented(arguments, result, _wants_invocation(variables))

    def _run(self, resource_type: ResourceType, argument_spec: dict[str, t.Any], given: dict[str, t.Any]) -> tuple[Arguments, Result]:
        # Until they are validated: what must not be shown even where that fails.
        secrets = frozenset(str(given[name]) for name, spec in argument_spec.items() if spec.get("no_log") and given.get(name))
        arguments = Arguments({}, None, secrets, [])
        try:
            arguments = validated(resource_type, argument_spec, given)
            return arguments, run_validated(resource_type, arguments, bool(self._task.check_mode), bool(self._task.diff), self._show)
        except Exception as exc:  # As in a run: a user can do nothing with a traceback, which may hold anything.
            message = Mask(arguments.secrets)(f"internal error, please report it: {type(exc).__name__}: {exc}")
            return arguments, Result({"msg": message, "changed": False}, True, [], arguments.secrets)

    def _show(self, text: str) -> None:
        """Print how far a long run of writes is."""
        show([f"{self._host}: {text}"], self._task.no_log)

    def _environment(self) -> dict[str, t.Any]:
        """What ``environment:`` says for this task, and this item of a loop."""
        found: dict[str, t.Any] = {}
        self._compute_environment_string(found)
        return found


class ResourceAction(WorkerAction):
    """The action of a module of this collection, and of the same name. ``RESOURCE``: what is behind it."""

    _supports_async = True
    RESOURCE: t.ClassVar[Behind]

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        given = self.plain_arguments()
        return {**result, **self.run_module(type(self).__module__.rpartition(".")[2], self.RESOURCE, given, task_vars, self.sources)}


def _wants_invocation(variables: t.Mapping[str, t.Any]) -> bool:
    """Whether results hold what a task was given. From ansible-core 2.21 on that is a setting; before, all do."""
    try:
        return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=variables))
    except AnsibleError:
        return True


def _presented(arguments: Arguments, result: Result, invocation: bool) -> dict[str, t.Any]:
    """What Ansible makes of a module's result: masked, as data that is never a template."""
    shown = dict(result.data)
    if result.failed:
        shown["failed"] = True
    if result.warnings:
        shown["warnings"] = list(result.warnings)
    if invocation:
        shown["invocation"] = {"module_args": arguments.shown_params(result.secrets)}
    kept = {key: value for key, value in shown.items() if value is None or isinstance(value, bool)}
    masked = {**remove_values(shown, within_words(result.secrets)), **kept}
    safe: dict[str, t.Any] = wrap_var(masked)
    return safe
