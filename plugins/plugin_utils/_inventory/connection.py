# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The options with which an inventory is read: those of the modules, under the names that their variables have. Pure."""

from __future__ import annotations

import re
import typing as t

from ...module_utils._model.plan import error
from ...module_utils._vendors import eset_options, meraki_options

#: The options of each vendor, as the modules call them.
_OWN = {
    "meraki": {name: spec for name, spec in meraki_options.ARGUMENTS.items() if not name.startswith("organization")},
    "eset": {name: spec for name, spec in eset_options.ARGUMENTS.items() if name != "scope"},
}
#: Those that are texts, under their names here; and what every connection has besides.
TEXTS = tuple(f"{vendor}_{name}" for vendor, specs in _OWN.items() for name in specs)
COMMON = ("timeout", "retry_timeout", "rate_limit", "validate_certs", "ca_path")
OPTIONS = (*TEXTS, *COMMON)
_SECRETS = {"meraki": ("api_key",), "eset": ("access_token", "username", "password")}


def settled(options: t.Mapping[str, t.Any], given: t.Container[str]) -> dict[str, t.Any]:
    """The options with their defaults. An empty variable of the environment counts as none, for AWX sets all that a credential has; and
    what the file says, ``given``, is not mixed with another tenant's credentials from the environment."""
    found = dict(options)
    for name in TEXTS:
        if not found[name] and name not in given:
            found[name] = None
    if "eset_access_token" in given and "eset_username" not in given and "eset_password" not in given:
        found.update(eset_username=None, eset_password=None)
    elif "eset_access_token" not in given and ("eset_username" in given or "eset_password" in given):
        found["eset_access_token"] = None
    for vendor, specs in _OWN.items():
        for name, spec in specs.items():
            if found[f"{vendor}_{name}"] is None:
                found[f"{vendor}_{name}"] = spec.get("default")
    return found


def vendors(options: t.Mapping[str, t.Any], wanted: t.Sequence[str] | None) -> tuple[list[str], list[dict[str, str]]]:
    """Whose tenants to list: those that are asked for, else those that have credentials; and what is wrong with their options."""
    found = (
        [vendor for vendor in _OWN if vendor in wanted]
        if wanted
        else [vendor for vendor, names in _SECRETS.items() if any(options[f"{vendor}_{name}"] for name in names)]
    )
    if not found:
        says = (
            "is required, or eset_username and eset_password; they may also come from the environment, as MERAKI_DASHBOARD_API_KEY, "
            "ESET_USERNAME and ESET_PASSWORD"
        )
        return [], [error("meraki_api_key", says)]
    return found, [problem for vendor in found for problem in _errors(vendor, options)]


def of(vendor: str, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options as a vendor's client takes them."""
    own = {name: options[f"{vendor}_{name}"] for name in _OWN[vendor]}
    return {**{name: options[name] for name in COMMON}, **own}


def public(vendor: str, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The variables that say where a tenant is: options of the connection that are no credentials, and not the default."""
    own = {name: spec for name, spec in _OWN[vendor].items() if name not in _SECRETS[vendor]}
    values = {f"{vendor}_{name}": (options[f"{vendor}_{name}"], spec.get("default")) for name, spec in own.items()}
    return {name: value for name, (value, default) in values.items() if value not in (None, "", default)}


def with_own_names(vendor: str, text: str, options: t.Collection[str] | None = None) -> str:
    """A vendor's error message in which the ``options`` to check (by default all) have the names of their variables, as here."""
    names = re.compile(rf"\b({'|'.join(_OWN[vendor] if options is None else options)})\b")
    return re.sub(r"\b[Cc]heck .*?(?=\. |$)", lambda found: names.sub(rf"{vendor}_\1", found[0]), text)


def _errors(vendor: str, options: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    given = of(vendor, options)
    found = meraki_options.key_errors(given) if vendor == "meraki" else _choices(given) or eset_options.errors(given, "gathered")
    return [item if item["path"] in COMMON else error(f"{vendor}_{item['path']}", item["message"]) for item in found]


def _choices(given: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    return [
        error(name, f"{given[name]!r} is not one of: {', '.join(spec['choices'])}")
        for name, spec in _OWN["eset"].items()
        if "choices" in spec and given[name] not in spec["choices"]
    ]
