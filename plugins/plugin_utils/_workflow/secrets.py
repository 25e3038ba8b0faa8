# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""What must not be seen in what the roles return and write: where credentials may stand, and texts without them. Pure.

The modules mask what they show; but a report outlives a run, and later versions of Ansible mask what is on the screen alone.
"""

from __future__ import annotations

import typing as t

from ansible_collections.secops.policy.plugins.module_utils._model.mask import Mask
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES, options, variable, vendors

#: A shorter one is a word by chance in some name, and no secret.
_SHORTEST = 5

#: The options of each module that hold a secret.
OPTIONS = {module: tuple(name for name, option in options(module).items() if option.get("no_log")) for module in RESOURCES}
_CONNECTIONS = [(vendor, name, option) for vendor in vendors() for name, option in vendor.arguments.items() if option.get("no_log")]
#: The variables that stand for them, and the names that they have in the environment.
VARIABLES = sorted(variable(vendor, name) for vendor, name, _option in _CONNECTIONS)
ENVIRONMENT = sorted(name for _vendor, _name, option in _CONNECTIONS for name in option["fallback"][1])


def in_entry(module: str, entry: t.Any) -> list[t.Any]:
    """The secrets among a module's options, as far as it has any."""
    return [entry.get(name) for name in OPTIONS.get(module, ())] if isinstance(entry, dict) else []


def worth_masking(secrets: t.Iterable[t.Any]) -> Mask:
    """Hides these secrets, in every form in which a server or a library may repeat them."""
    found = {text for secret in secrets if secret for text in (str(secret), str(secret).strip())}
    return Mask(text for text in found if len(text) >= _SHORTEST)


def masked(data: t.Any, mask: Mask) -> t.Any:
    """The data with asterisks for every secret in it. What is not plain data is left as it is."""
    if not mask.secrets:
        return data
    if isinstance(data, str):
        return mask(data)
    if isinstance(data, dict):
        return {key: masked(value, mask) for key, value in data.items()}
    return [masked(value, mask) for value in data] if isinstance(data, list) else data
