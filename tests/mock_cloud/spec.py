# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendors' OpenAPI extracts as the judge of requests."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SPECS = Path(__file__).resolve().parents[2] / "docs" / "specs"
_KEPT = ("type", "enum", "required", "minimum", "maximum", "minLength", "maxLength")


class Operation:
    """One operation of a spec: its parameters, and whether a body is valid."""

    def __init__(self, spec: dict[str, Any], template: str, method: str, raw: dict[str, Any]) -> None:
        self.id = raw.get("operationId", "")
        self.template = template
        self.method = method
        self.query = {item["name"]: item for item in raw.get("parameters", []) if item["in"] == "query"}
        body = raw.get("requestBody") or {}
        self.content = {kind: _strict(media.get("schema", {}), spec) for kind, media in body.get("content", {}).items()}
        self.body_required = bool(body.get("required"))
        self._validators = {kind: Draft202012Validator(schema) for kind, schema in self.content.items()}
        self._pattern = re.compile("^" + re.sub(r"\\\{[^}]+\\\}", "([^/]+?)", re.escape(template)) + "$")

    def match(self, path: str) -> tuple[str, ...] | None:
        """The raw path parameters, where the path is of this operation."""
        found = self._pattern.match(path)
        return found.groups() if found else None

    def body_errors(self, data: Any, kind: str = "application/json") -> list[str]:
        """What the schema says against a body, unknown properties included; each begins with the field's place (``items.0.networkId``)."""
        errors = self._validators[kind].iter_errors(data)
        return [
            f"{'.'.join(map(str, error.absolute_path)) or 'body'}: {error.message}"
            for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])
        ]


@functools.cache
def operations(file: str) -> tuple[Operation, ...]:
    """The operations of one spec, those with the longest literal paths first."""
    spec = json.loads((SPECS / file).read_text())
    found = [
        Operation(spec, template, method.upper(), raw)
        for template, methods in spec["paths"].items()
        for method, raw in methods.items()
        if method in ("get", "post", "put", "delete", "patch")
    ]
    return tuple(sorted(found, key=lambda operation: -len(re.sub(r"\{[^}]+\}", "", operation.template))))


def find(files: tuple[str, ...], method: str, path: str) -> tuple[Operation | None, tuple[str, ...], bool]:
    """The operation of a request with its path parameters; and whether the path exists at all."""
    known = False
    for file in files:
        for operation in operations(file):
            parameters = operation.match(path)
            if parameters is not None:
                known = True
                if operation.method == method:
                    return operation, parameters, True
    return None, (), known


def _strict(schema: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """The schema with references resolved and unknown properties refused."""
    if "$ref" in schema:
        target: Any = spec
        for key in schema["$ref"].lstrip("#/").split("/"):
            target = target[key]
        return _strict(target, spec)
    made = {key: schema[key] for key in _KEPT if key in schema}
    if "properties" in schema:
        made["properties"] = {key: _strict(value, spec) for key, value in schema["properties"].items()}
        made["additionalProperties"] = False
    if "items" in schema:
        made["items"] = _strict(schema["items"], spec)
    return made
