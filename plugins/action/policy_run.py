# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of this collection with the options that an entry of the desired state gives; documented in plugins/modules."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import re
import typing as t

from ansible.errors import AnsibleError
from ansible_collections.secops.policy.plugins.module_utils._model.description import Vendor
from ansible_collections.secops.policy.plugins.module_utils._model.plan import canonical_json
from ansible_collections.secops.policy.plugins.module_utils._model.printable import printable
from ansible_collections.secops.policy.plugins.plugin_utils._drift.items import described
from ansible_collections.secops.policy.plugins.plugin_utils._given import plain, why_not_evaluated
from ansible_collections.secops.policy.plugins.plugin_utils._inventory.connection import with_own_names
from ansible_collections.secops.policy.plugins.plugin_utils._positions import resolved
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES, misspelled, purpose, resembling, variable
from ansible_collections.secops.policy.plugins.plugin_utils._resources import options as module_options
from ansible_collections.secops.policy.plugins.plugin_utils._worker.action import WorkerAction
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import secrets as known_secrets
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import module_arguments
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import plain as data_of
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.pace import hosts_at_once, shared_pace
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.snapshot import outcome

#: The modules' own actions, by name.
ACTIONS = {name: importlib.import_module(f"ansible_collections.secops.policy.plugins.action.{name}").ActionModule for name in RESOURCES}
_OPTIONS: dict[str, t.Any] = {
    "module": {"type": "str", "required": True, "choices": list(RESOURCES)},
    "entry": {"type": "raw"},
    "connection_only": {"type": "bool", "default": False},
    "options": {"type": "dict", "default": {}},
    "defaults": {"type": "dict", "default": {}},
    "tolerant": {"type": "bool", "default": False},
}


#: What names a variable and nothing else, and so can be said of a template that holds a secret.
_UNDEFINED = re.compile(r"'\w+' is undefined")
#: Made once for a run: Ansible loads this in its first process, of which those that run tasks are forks.
_SALT = os.urandom(16)


class ActionModule(WorkerAction):
    """A task of its own cannot do this: an option that is given and then omitted keeps ``module_defaults`` from having a say, and a default
    would stand in for a variable that is given and cannot be evaluated: another organization's, from the environment."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        self.plain_arguments()
        _validated, given = self.validate_argument_spec(_OPTIONS)
        module = given["module"]
        # What is registered outlives the play, and whoever reads it later has to know.
        result.update(play_uuid=str(self._task.get_play()._uuid), host=plain((task_vars or {})["inventory_hostname"]))
        entry = plain(given["entry"]) or {}
        if not isinstance(entry, dict):
            return {**result, "failed": True, "msg": "entry must be a dictionary of the module's options"}
        variables, options = task_vars or {}, plain(given["options"])
        layers: list[dict[str, t.Any]] = [plain(given["defaults"]), {}, {}, entry]
        try:
            self._defaults(module, layers[1])
            self._variables(RESOURCES[module].vendor, variables, layers[2])
            self._require_own_tenant(RESOURCES[module].vendor, {**layers[2], **entry, **options}, layers[1], variables)
        except AnsibleError as error:
            result.update({"failed": True, "msg": f"Nothing was read or written: {error}"})
        else:
            arguments = module_arguments(module, layers, given["connection_only"], options)
            self._share_pace(module, arguments, variables)
            result.update(self.run_module(module, ACTIONS[module].RESOURCE, arguments, task_vars, self._sources(given, variables)))
            _name_variables(RESOURCES[module].vendor, result, layers)
            set_ = {name for layer in (*layers, options) for name, value in layer.items() if value is not None}
            said = resembling(RESOURCES[module].vendor, variables, set_)
            if said:
                result["warnings"] = [*(result.get("warnings") or []), *said]
        # Ansible takes the warnings of a loop's items out of their results.
        secrets = self._secrets(module, [*layers, options])
        result.update(
            {"module": module, "account": _account(secrets), "outcome": outcome(result), "warned": data_of(result.get("warnings") or [])}
        )
        if not given["connection_only"]:
            result["desired"] = described(module, {**layers[-1], **options})
        if given["tolerant"] and result.get("failed"):
            result.update({"failed": False, "failure": str(result.get("msg") or "failed without saying why")})
        # What is registered is seen with -v, goes to callbacks, and becomes a report.
        masked: dict[str, t.Any] = known_secrets.masked(result, known_secrets.worth_masking(secrets))
        return masked

    def _share_pace(self, module: str, arguments: dict[str, t.Any], variables: t.Mapping[str, t.Any]) -> None:
        """Set ``rate_limit`` where hosts share a limit and nobody has said how fast."""
        at_once = hosts_at_once(variables, self._task.throttle)
        pace = shared_pace(RESOURCES[module].vendor, arguments, float(module_options(module)["rate_limit"]["default"]), at_once)
        if pace is not None:
            arguments["rate_limit"] = pace.rate
            self._display.v(f"{module}: {pace.reason}", host=printable(str(variables.get("inventory_hostname") or "")))

    def _sources(self, given: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any]) -> list[t.Any]:
        """The module's options as Ansible has them, without those that do not come from the desired state or the host's variables."""
        module = given["module"]
        others = set(given["options"]) | (purpose(module) if given["connection_only"] else set())
        entries = [(self.sources[0] or {}).get("entry"), resolved(f"{{{{ secops_policy['{module}'] }}}}", variables)]
        vendor = RESOURCES[module].vendor
        names = {option: variable(vendor, option) for option in vendor.arguments}
        return [
            *({key: value for key, value in entry.items() if key not in others} for entry in entries if isinstance(entry, t.Mapping)),
            {option: variables[name] for option, name in names.items() if name in variables},
        ]

    def _secrets(self, module: str, layers: t.Iterable[t.Any]) -> list[t.Any]:
        """Every secret that the module could have been given, also one that another layer beat."""
        environment = self._environment()
        found = [secret for layer in layers for secret in known_secrets.in_entry(module, layer)]
        return found + [source.get(name) for source in (environment, os.environ) for name in known_secrets.ENVIRONMENT]

    def _environment(self) -> dict[str, t.Any]:
        """What the task adds to the environment."""
        found: dict[str, t.Any] = {}
        with contextlib.suppress(Exception):  # Whatever a template may run into: the module would have had nothing of it either.
            self._compute_environment_string(found)
        return found

    def _variables(self, vendor: Vendor, variables: t.Mapping[str, t.Any], found: dict[str, t.Any]) -> None:
        """Find the options that the host's variables give. Raises ``AnsibleError`` for one that cannot be evaluated."""
        for option, spec in vendor.arguments.items():
            name = variable(vendor, option)
            if name in variables:
                try:
                    # In a dictionary, for an omitted value goes with its key.
                    found.update(plain(self._templar.template({option: variables[name]})))
                except Exception as error:  # Whatever a template may run into. It may be quoted, and be a secret.
                    why = why_not_evaluated(error)
                    shown = "" if spec.get("no_log") and not _UNDEFINED.fullmatch(why) else f": {why}"
                    raise AnsibleError(f"the variable {name} cannot be evaluated{shown}") from None

    def _require_own_tenant(
        self, vendor: Vendor, own: t.Mapping[str, t.Any], defaults: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any]
    ) -> None:
        """Require that a host whose variable is misspelled or missing does not get another host's tenant. ``own``: options that the host
        gives; ``defaults``: those of ``module_defaults``. Raises ``AnsibleError``."""
        given = {option for option, value in own.items() if value is not None}
        wrong = misspelled(vendor, variables, given)
        if wrong:
            raise AnsibleError(wrong)
        if any(option in given or defaults.get(option) is not None for option in vendor.tenant):
            return
        environment = {**os.environ, **self._environment()}
        names = [name for option in vendor.tenant for name in vendor.arguments[option].get("fallback", (None, ()))[1]]
        source = next((name for name in names if environment.get(name)), None)
        others = [host for host in plain(variables["ansible_play_hosts_all"]) if host != variables["inventory_hostname"]] if source else []
        asked = [variable(vendor, option) for option in vendor.tenant]
        if any(name in variables["hostvars"].raw_get(host) for host in others for name in asked):
            raise AnsibleError(f"{asked[0]} is missing for this host, and {source} may be meant for another one. Set it for this host")

    def _defaults(self, module: str, found: dict[str, t.Any]) -> None:
        """Find what ``module_defaults`` say of the module: its groups' first, in the order in which they are written, then its own, as
        Ansible does it."""
        said: dict[str, t.Any] = {}
        for defaults in self._task.module_defaults or []:
            said.update(defaults)
        groups = ("group/secops.policy.policy", f"group/secops.policy.{RESOURCES[module].vendor.name}")
        for name in (*(name for name in said if name in groups), f"secops.policy.{module}"):
            found.update(plain(self._templar.template(said.get(name) or {})))


def _name_variables(vendor: Vendor, result: dict[str, t.Any], layers: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    """Say of an option of the connection that is missing with which variable a host has it, and of one to check from which it is."""
    _plays, _groups, own, entry = layers
    from_variables = [name for name, value in own.items() if value is not None and entry.get(name) is None]
    if from_variables and result.get("failed"):
        result["msg"] = with_own_names(vendor.name, str(result.get("msg") or ""), from_variables)
    for item in result.get("errors") or []:
        if item["path"] in vendor.arguments and item["message"].startswith("is required"):
            said = f"{item['message']}. The host's variable is {variable(vendor, item['path'])}"
            result["msg"] = result["msg"].replace(item["message"], said, 1)
            item["message"] = said


def _account(secrets: t.Iterable[t.Any]) -> str:
    """What says within one run, and to nobody else, whether two hosts have the same credentials."""
    return hashlib.sha256(_SALT + canonical_json(sorted({str(secret) for secret in secrets if secret})).encode()).hexdigest()[:16]
