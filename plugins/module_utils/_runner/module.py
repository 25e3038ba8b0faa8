# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The module process: arguments in, as Ansible hands them to a module, and the result out as it wants it."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._model.mask import within_words
from .argspec import Arguments
from .report import Result
from .run import ResourceType, complete_spec, no_collecting, refusal, run_validated, validated


def run(resource_type: ResourceType, argument_spec: dict[str, t.Any]) -> None:
    """Run a module. ``argument_spec`` holds ``config`` and what the module has beside the options that all have."""
    with no_collecting():
        module = _Module(resource_type, complete_spec(argument_spec))
        module.finish(run_validated(resource_type, module.arguments, module.check_mode, module._diff))


class _Module(AnsibleModule):
    """An ``AnsibleModule`` whose arguments are validated the way that they are in Ansible's worker, with all errors at once."""

    def __init__(self, resource_type: ResourceType, argument_spec: dict[str, t.Any]) -> None:
        self._resource_type = resource_type
        self._ready = False
        super().__init__(argument_spec=argument_spec, supports_check_mode=True)
        self._ready = True
        self.params.update(self.arguments.params)

    def finish(self, result: Result) -> t.NoReturn:
        """Print the result and exit."""
        self._ready = True
        # Ansible hides what it takes for a secret within words, too: the short ones are hidden as in the worker.
        self.no_log_values = within_words(self.no_log_values | result.secrets)
        self.params = self.arguments.shown_params(result.secrets)
        for text in result.warnings:
            self.warn(text)
        if result.failed:
            self.fail_json(**result.data)
        self.exit_json(**result.data)

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """As Ansible's; while the arguments are still being read, with all errors of options and of ``config``."""
        refused = None if self._ready else refusal(self.arguments)
        if refused is not None:
            self.finish(refused)
        super().fail_json(msg, **kwargs)

    def _load_params(self) -> None:
        super()._load_params()
        given = {name: value for name, value in self.params.items() if not name.startswith("_ansible_")}
        self.arguments: Arguments = validated(self._resource_type, self.argument_spec, given)
        # What Ansible looks at once more, and logs.
        self.params["config"] = None
        if isinstance(self.params.get("base_url"), str):
            self.params["base_url"] = self.arguments.params["base_url"]
