# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Arguments: Ansible's own, with every error of ``config`` found before Ansible would stop at the first."""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.errors import UnsupportedError

from .._http.options import without_secret
from .._model.mask import Mask
from .._model.plan import error, summed
from .._model.validation import coerce, unsupported
from .result import presentable

WRITING = ("merged", "replaced", "overridden", "deleted")

COMMON = {
    "state": {"type": "str", "default": "merged", "choices": [*WRITING, "gathered", "rendered"]},
    "with_names": {"type": "bool"},
    "max_removals": {"type": "int"},
    "expected_plan": {"type": "str"},
    "verify": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 60},
    "retry_timeout": {"type": "float", "default": 300},
    "rate_limit": {"type": "float", "default": 10},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}

#: What the task says beats what the environment says: one of these given in the task, the other one is not taken from the environment. An
#: organization by name must not end in another one by id, nor one tenant's token in the sign-in of another.
CONFLICTING_OPTIONS = (
    ("organization", "organization_id"),
    ("access_token", "username"),
    ("access_token", "password"),
    ("username", "access_token"),
    ("password", "access_token"),
)


#: From the module's parameters and ``config`` to what is wrong with them. A ``state`` of None: nobody knows which one is meant.
Validator = t.Callable[[t.Mapping[str, t.Any], t.Any], list[dict[str, str]]]


class PolicyModule(AnsibleModule):
    """An ``AnsibleModule`` that takes ``config`` out of Ansible's validation, which names no index and stops at the first error.

    ``config`` holds it coerced as Ansible would, ``validate`` finds its errors, and those that options have besides being of a wrong type.
    """

    def __init__(self, argument_spec: dict[str, t.Any], validate: Validator) -> None:
        self.config: t.Any = None
        self._validate = validate
        self._ready = False
        super().__init__(argument_spec=argument_spec, supports_check_mode=True)
        self._ready = True
        for given, other in CONFLICTING_OPTIONS:
            if self._given.get(given) and not self._given.get(other) and other in self.params:
                self.params[other] = None

    def errors(self) -> list[dict[str, str]]:
        """Everything that is wrong with the arguments, once Ansible has found nothing."""
        return self._validate(self.params, self.config)

    def _load_params(self) -> None:
        super()._load_params()
        # Not echoed as an invocation either: a fleet's config there and in the result would double what AWX has to store.
        raw = self.params.get("config")
        self.params["config"] = None
        self.config = None if raw is None else coerce(raw, self.argument_spec["config"])
        if isinstance(self.params.get("base_url"), str):
            self.params["base_url"] = without_secret(self.params["base_url"])
        self._given = dict(self.params)

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """As Ansible's; while the arguments are still being read, with all errors of options and of ``config``."""
        if not self._ready:
            self._ready = True
            found = self._option_errors()
            wrong = {item["path"] for item in found}
            # An option that is wrong already is taken for left out, so that it does not hide what else is wrong.
            defaults = {name: spec.get("default") for name, spec in self.argument_spec.items() if name in wrong}
            if "state" in wrong:
                defaults["state"] = None
            found += [item for item in self._validate({**self.params, **defaults}, self.config) if item["path"] not in wrong]
            self.fail_errors(found)
        super().fail_json(msg, **kwargs)

    def fail_unsent(self, message: str, **kwargs: t.Any) -> t.NoReturn:
        """Fail before anything was connected to."""
        none = {"reads": 0, "writes": 0, "retries": 0, "waited_seconds": 0.0}
        result = {"msg": message, "changed": False, "requests": [], "pending": [], "stats": none, **kwargs}
        result, said = presentable(result, (), Mask(self.no_log_values))
        for text in said:
            self.warn(text)
        super().fail_json(**result)

    def fail_errors(self, errors: list[dict[str, str]]) -> t.NoReturn:
        """Fail with everything that is wrong with the arguments; nothing was connected to."""
        many = (
            f"{len(errors)} errors in the arguments; nothing was sent" if len(errors) > 1 else "An error in the arguments; nothing was sent"
        )
        self.fail_unsent(f"{many}. {summed(errors)}", errors=errors)

    def _option_errors(self) -> list[dict[str, str]]:
        """What Ansible found, by option."""
        result = self.validation_result
        found = [error(self._option(str(exc)), str(exc)) for exc in result.errors.errors if not isinstance(exc, UnsupportedError)]
        names = sorted(".".join(item) if isinstance(item, tuple) else item for item in result.unsupported_parameters)
        return found + [error(name, unsupported(name, sorted(self.argument_spec))) for name in names]

    def _option(self, message: str) -> str:
        """The option that one of Ansible's own messages speaks of."""
        words = re.findall(r"[a-z_]+", message)
        return next((word for word in words if word in self.argument_spec), "options")
