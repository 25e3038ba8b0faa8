# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the options of the role that it stands in; documented in plugins/modules."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase
from ansible_collections.secops.policy.plugins.module_utils._model.plan import error
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._drift import report as reports
from ansible_collections.secops.policy.plugins.plugin_utils._files import local_path
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain, why_not_evaluated
from ansible_collections.secops.policy.plugins.plugin_utils._positions import of_desired_state
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import role_options
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import secrets as known_secrets
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import failed_result
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.steps import steps

_OPTIONS: dict[str, t.Any] = {
    "argument_spec": {"type": "dict"},
    "prefix": {"type": "str"},
    "required": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "str", "default": []},
    "strict": {"type": "bool", "default": False},
    "tolerant": {"type": "bool", "default": False},
}


_WHERE_TO_SET = (
    "set it for this host, for example in host_vars. The playbook secops.policy.export writes such a file from what the tenant has"
)


class ActionModule(ActionBase):
    """The first task of every role: what follows uses what this returns, and no variable as it was given."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, asked = self.validate_argument_spec(_OPTIONS)
        variables = task_vars or {}
        folder = plain(variables.get("role_path")) or ""
        if not self._selected(variables):
            tags = ", ".join(plain(variables["ansible_run_tags"]))
            nothing = f"the role secops.policy.{os.path.basename(folder)} was not run: --tags {tags} select nothing of it"
            return {**result, "changed": False, "msg": nothing, "warnings": [f"{nothing}. Leave --tags out, or give the role that tag"]}
        prefix = asked["prefix"] or f"{os.path.basename(folder)}_"
        options = plain(asked["argument_spec"]) or self._of_the_role(folder)
        spec = role_options.own(prefix, options)
        # In a dictionary, for an omitted value goes with its key.
        given = plain(self._templar.template({name: variables[name] for name in spec if name in variables}))
        found, errors = role_options.converted(prefix, spec, given)
        defaults = self._defaults(folder)
        wrong, warnings = _names(prefix, options, defaults, variables, asked["strict"])
        errors += wrong
        errors += [f"{name} is missing: {_WHERE_TO_SET}" for name in asked["required"] if plain(variables.get(name)) is None]
        errors += [problem for name in asked["files"] if name in given for problem in _of_file(name, given.get(name), spec[name])]
        if errors and (not asked["tolerant"] or any(text.startswith(prefix) for text in errors)):
            return {**result, "failed": True, "msg": f"Nothing was read or written: {'; '.join(errors)}"}
        set_ = [name.removeprefix(prefix) for name in given if variables[name] != defaults.get(name)]
        returned = {"options": found, "given": set_, "modules": list(RESOURCES), "steps": steps()}
        if errors:
            returned.update(_unusable([error("secops_policy", text) for text in errors]))
        elif "secops_policy" in options:
            try:
                returned["desired"] = self._desired(variables, found.get("modules"))
            except Exception as exc:  # Whatever a template may run into.
                unevaluated = self._not_evaluated(variables, exc)
                if not asked["tolerant"]:
                    return {**result, **failed_result(unevaluated, "nothing was read or written")}
                returned.update(_unusable(unevaluated))
        if "secops_policy" in options:
            # What is registered outlives the play, and whoever reads it later has to know.
            returned.update(play_uuid=str(self._task.get_play()._uuid), host=plain(variables["inventory_hostname"]))
        return {**result, **returned, "warnings": warnings, "changed": False}

    def _selected(self, variables: t.Mapping[str, t.Any]) -> bool:
        """Whether ``--tags`` select the role that the task stands in, and not just this task with its tag ``always``."""
        asked = plain(variables.get("ansible_run_tags") or ["all"])
        beside = getattr(self._task._parent, "block", None)
        if "all" in asked or not beside:
            return True
        # A task of the role without tags of its own shows whether those of the role, or around it, are among them.
        always = ("policy_options", "validate_argument_spec")
        others = [one for one in beside if getattr(one, "action", "").rpartition(".")[2] not in always]
        return any(one.evaluate_tags(asked, [], variables) for one in others)

    def _desired(self, variables: t.Mapping[str, t.Any], asked: list[str] | None) -> dict[str, t.Any]:
        """What the desired state names, from the task's own variables, of the modules that are asked for, without a secret in it."""
        given = self._templar.template({"secops_policy": variables.get("secops_policy")})
        desired_state = plain(given).get("secops_policy")
        found = reports.desired(desired_state)
        found["errors"] = of_desired_state(found["errors"], desired_state, variables, given.get("secops_policy"))
        secrets = [secret for module in found["modules"] for secret in known_secrets.in_entry(module, desired_state[module])]
        if asked is not None:
            found["modules"] = {module: words for module, words in found["modules"].items() if module in asked}
        for words in found["modules"].values():
            # Each module's own result has them.
            del words["units"]
        masked: dict[str, t.Any] = known_secrets.masked(found, known_secrets.worth_masking(secrets))
        return masked

    def _not_evaluated(self, variables: t.Mapping[str, t.Any], why: Exception) -> list[dict[str, t.Any]]:
        """An error for each value of the desired state that cannot be evaluated, or for all of it where no single one is to blame."""
        raw = variables.get("secops_policy")
        found = [error(path, _why(exc)) for path, exc in self._broken(raw, "secops_policy")] or [error("secops_policy", _why(why))]
        # What a template quotes may be one of them.
        secrets = [
            secret
            for module, entry in (raw.items() if isinstance(raw, t.Mapping) else ())
            for secret in known_secrets.in_entry(module, entry)
        ]
        for name in known_secrets.VARIABLES:
            with contextlib.suppress(Exception):
                secrets.append(plain(self._templar.template({name: variables[name]}))[name])
        shown: list[dict[str, t.Any]] = known_secrets.masked(
            of_desired_state(found, raw, variables, raw), known_secrets.worth_masking(secrets)
        )
        return shown

    def _broken(self, node: t.Any, path: str) -> t.Iterator[tuple[str, Exception]]:
        if isinstance(node, t.Mapping):
            for key, value in node.items():
                yield from self._broken(value, f"{path}.{key}")
        elif isinstance(node, list):
            for place, value in enumerate(node):
                yield from self._broken(value, f"{path}[{place}]")
        else:
            try:
                plain(self._templar.template({"value": node}))
            except Exception as exc:  # Whatever a template may run into.
                yield path, exc

    def _of_the_role(self, folder: str) -> dict[str, t.Any]:
        if not folder:
            raise AnsibleActionFail("argument_spec is required outside of a role")
        found: dict[str, t.Any] = _read(folder, "meta", "argument_specs.yml")["argument_specs"]["main"]["options"]
        return found

    def _defaults(self, folder: str) -> dict[str, t.Any]:
        """The role's own variables as they are where nobody has set any."""
        file = ("defaults", "main.yml")
        return (_read(folder, *file) or {}) if os.path.exists(os.path.join(folder, *file)) else {}


def _names(
    prefix: str, options: t.Any, defaults: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any], strict: bool
) -> tuple[list[str], list[str]]:
    """What is wrong with the names of variables: errors, and warnings where what was meant may well be another name of the user's own."""
    errors: list[str] = []
    warnings: list[str] = []
    for name, meant in role_options.misspelled(prefix, options, defaults, variables).items():
        counts = strict or not name.startswith(prefix)
        (errors if counts else warnings).append(f"{name} is not a variable of this collection. Did you mean {meant}?")
    own, plain_ = role_options.misplaced(prefix, options, variables)
    (errors if strict else warnings).extend(own)
    warnings += plain_
    for name in role_options.beside(variables):
        text = "secops_policy is used. If you meant it, correct the name; otherwise choose another one"
        warnings.append(f"{name} is not a variable of this collection, and {text}")
    return errors, warnings


def _unusable(errors: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    """What is returned of a desired state with which nothing can be done; a report has its errors."""
    named: dict[str, t.Any] = {module: {} for module in RESOURCES if any(_is_of(item["path"], module) for item in errors)}
    return {"desired": {"modules": named, "errors": errors}, "modules": []}


def _why(exc: Exception) -> str:
    return f"cannot be evaluated: {why_not_evaluated(exc)}"


def _is_of(path: str, module: str) -> bool:
    return f"{path}.".startswith(f"secops_policy.{module}.")


def _read(folder: str, *path: str) -> t.Any:
    with open(os.path.join(folder, *path), encoding="utf-8") as stream:
        # Each host does this: with libyaml, where it is there.
        return yaml_load(stream)


def _of_file(name: str, given: t.Any, option: t.Mapping[str, t.Any]) -> list[str]:
    """What is wrong with an option that names a file, where it is set. Empty, it has no file, unless that is its default."""
    if not given:
        return [] if "default" in option else [f"{name} is empty: give the path of a file, or leave {name} out"]
    path = local_path(str(given))
    if os.path.isfile(path):
        return []
    return [f"{name}: {'is not a file' if os.path.exists(path) else 'the file does not exist'}: {printable(path)}. Correct the path"]
