# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derives ``plugins/module_utils/_resources/*/schema.py`` from the vendors' OpenAPI extracts beside this file.

``python docs/specs/derive.py`` writes them; with ``--check`` it only says (by its exit status) whether they are up to date. The schemas
are Python literals, for a JSON file beside a module_util is not shipped to a module. Field names become snake_case, as users write them;
descriptions and examples are left out.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "plugins" / "module_utils" / "_resources"
KEPT = ("type", "enum", "required", "properties", "items", "format", "readOnly")
BODY = ("requestBody", "content", "application/json", "schema")

SOURCES = {
    "meraki_sentry_assignments": {
        "NETWORK": (
            "meraki-sentry.openapi.json",
            ("paths", "/organizations/{organizationId}/sm/sentry/policies/assignments", "put", *BODY, "properties", "items", "items"),
        ),
    },
    "meraki_private_app": {
        "APPLICATION": (
            "meraki-secure-connect.openapi.json",
            ("paths", "/organizations/{organizationId}/secureConnect/privateApplications", "post", *BODY),
        ),
        "RESOURCE": (
            "meraki-private-resources.openapi.json",
            ("paths", "/organizations/{organizationId}/secureConnect/privateResources", "post", *BODY),
        ),
    },
    "eset_policy_assignment": {
        "ASSIGNMENT": ("eset-policy-management.openapi.json", ("components", "schemas", "v2PolicyAssignment")),
        "RANKING": ("eset-policy-management.openapi.json", ("components", "schemas", "PolicyAssignmentsUpdatePolicyAssignmentRankingBody")),
    },
}

HEAD = '''# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
# Derived by docs/specs/derive.py: change the spec or that script, not this file.
"""The vendor's schemas for {name}, with field names in snake_case."""

from __future__ import annotations

import typing as t
'''


def main(arguments: list[str]) -> int:
    stale = []
    for name, sources in SOURCES.items():
        path = TARGET / name / "schema.py"
        text = module_text(name, sources)
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text)
    print(("stale: " if "--check" in arguments else "written: ") + ", ".join(stale) if stale else "up to date")
    return 1 if stale and "--check" in arguments else 0


def module_text(name: str, sources: dict) -> str:
    """The text of one schema module."""
    parts = [HEAD.format(name=name)]
    for constant, (file, keys) in sources.items():
        document = json.loads((HERE / file).read_text())
        schema = document
        for key in keys:
            schema = schema[key]
        parts.append(f"{constant}: dict[str, t.Any] = {literal(snake(schema, document))}\n")
    return "\n".join(parts)


def literal(value: object, indent: str = "") -> str:
    """A schema as Python, laid out as the formatter would."""
    if not isinstance(value, (dict, list)):
        return json.dumps(value) if isinstance(value, str) else repr(value)
    deeper = indent + "    "
    if isinstance(value, list):
        return "[" + ", ".join(literal(item, deeper) for item in value) + "]"
    return "{\n" + "".join(f"{deeper}{json.dumps(key)}: {literal(item, deeper)},\n" for key, item in value.items()) + indent + "}"


def snake(schema: dict, document: dict) -> dict:
    """The schema with its references resolved, its properties in snake_case and only what validation needs."""
    if "$ref" in schema:
        target = document
        for key in schema["$ref"].lstrip("#/").split("/"):
            target = target[key]
        return snake(target, document)
    kept = {key: schema[key] for key in KEPT if key in schema}
    if "properties" in kept:
        kept["properties"] = {snake_name(key): snake(value, document) for key, value in kept["properties"].items()}
    if "required" in kept:
        kept["required"] = [snake_name(key) for key in kept["required"]]
    if "items" in kept:
        kept["items"] = snake(kept["items"], document)
    return kept


def snake_name(name: str) -> str:
    """smNetworkId -> sm_network_id, externalFQDN -> external_fqdn."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
