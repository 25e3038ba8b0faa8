# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""``config`` as users write it: coerced as Ansible does, checked against a schema, every error with its path."""

from __future__ import annotations

import difflib
import typing as t

from ansible.module_utils.common.validation import check_type_bool, check_type_dict, check_type_int, check_type_list, check_type_str

from .plan import error

_COERCERS: dict[str, t.Callable[[t.Any], t.Any]] = {
    "str": check_type_str,
    "int": check_type_int,
    "bool": check_type_bool,
    "list": check_type_list,
    "dict": check_type_dict,
}
_EXACT = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}
_TYPE_NAMES = {"string": "text", "integer": "a whole number", "boolean": "true or false", "array": "a list", "object": "a dictionary"}
_JSON_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
#: What ``_fits`` knows, or need not know, of a schema.
_KEYWORDS = frozenset(
    ("type", "properties", "required", "additionalProperties", "items", "enum", "format", "minItems", "minLength", "minimum")
)
#: A null counts as left out, but for these: "policies: null" may be a variable gone wrong where "no policies" would clear a unit.
_NEVER_NULL = ("policies",)


def coerce(value: t.Any, spec: t.Mapping[str, t.Any]) -> t.Any:
    """``value`` as Ansible would coerce it by ``spec`` (an entry of an argument spec), with nulls in dictionaries left out.

    What cannot be coerced stays as it is: the schema says what is wrong with it, and where.
    """
    kind = spec.get("type", "str")
    if kind == "list" and isinstance(value, str) and _holds_json(value):
        return value  # Ansible would cut it in pieces at its commas.
    if not isinstance(value, _EXACT[kind]):
        value = _coerced(value, kind)
    if kind == "list" and isinstance(value, list):
        elements = spec.get("elements", "str")
        if elements == "str" and all(isinstance(item, str) for item in value):
            return value
        element = {"type": elements, "options": spec.get("options")}
        return [item if item is None else coerce(item, element) for item in value]
    options = spec.get("options")
    if kind == "dict" and options and isinstance(value, dict):
        return {
            key: coerce(item, options[key]) if key in options and item is not None else item
            for key, item in value.items()
            if item is not None or key in _NEVER_NULL
        }
    return value


def schema_errors(schema: t.Mapping[str, t.Any], config: t.Any) -> list[dict[str, str]]:
    """Every error that jsonschema finds in ``config``, with paths such as ``config[0].policies[1].scope``. Raises ImportError."""
    from jsonschema import Draft202012Validator

    whole = {"type": "array", "items": schema}
    if _fits(whole, config):
        return []
    errors: dict[tuple[str, str], dict[str, str]] = {}
    violations = list(Draft202012Validator(whole).iter_errors(config))
    mistyped = {_path(violation.absolute_path) for violation in violations if violation.validator == "type"}
    for violation in violations:
        if violation.validator == "enum" and _path(violation.absolute_path) in mistyped:
            continue  # Said already.
        for found in _described(violation):
            errors.setdefault((found["path"], found["message"]), found)
    return list(errors.values())


def unsupported(name: t.Any, known: t.Iterable[str]) -> str:
    """What is wrong with a parameter that does not exist."""
    names = list(known)
    return f"Unsupported parameter. Supported parameters include: {', '.join(names)}{did_you_mean(name, names)}"


def did_you_mean(given: t.Any, names: t.Iterable[str]) -> str:
    """The end of a sentence about a word that does not exist: the one that somebody may have meant."""
    close = difflib.get_close_matches(str(given).casefold(), {name.casefold(): name for name in names}, n=1, cutoff=0.6)
    return "".join(f". Did you mean {name}?" for name in names if [name.casefold()] == close)


def not_of_type(kind: str, value: t.Any) -> str:
    """What is wrong with a value that is not of a type of JSON's (``string``, ``array``, ...)."""
    if kind == "string" and isinstance(value, (bool, float)):
        return f"must be text, and YAML reads what is written here as {show(value)}: quote it"
    if kind in ("array", "object") and isinstance(value, str) and _holds_json(value):
        return f"must be {_TYPE_NAMES[kind]}, not a text that holds JSON: pass it through the filter from_json"
    return f"must be {_TYPE_NAMES.get(kind, kind)}, not {'null' if value is None else show(value)}"


def _holds_json(text: str) -> bool:
    return text.lstrip()[:1] in ("[", "{")


def show(value: t.Any) -> str:
    """A value for a message: short, whatever it is."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _coerced(value: t.Any, kind: str) -> t.Any:
    if kind == "str" and isinstance(value, (list, dict)):
        return value  # Ansible would write Python's notation of it: never what anybody meant.
    if kind in ("int", "str") and value is None or kind == "int" and isinstance(value, bool):
        return value
    if kind == "str" and isinstance(value, (bool, float)):
        return value  # YAML's reading of NO, or of 1.10: the text that was written is lost.
    try:
        return _COERCERS[kind](value)
    except (TypeError, ValueError):
        return value


def _fits(schema: t.Mapping[str, t.Any], value: t.Any) -> bool:
    """Whether ``value`` is valid beyond doubt, found out in a small part of the time that jsonschema takes. False says nothing."""
    kind = _JSON_TYPES.get(str(schema.get("type")))
    if kind is None or not isinstance(value, kind) or not schema.keys() <= _KEYWORDS:
        return False
    if isinstance(value, bool):
        return kind is bool and "enum" not in schema
    if isinstance(value, str):
        return len(value) >= schema.get("minLength", 0) and value in schema.get("enum", (value,))
    if "enum" in schema:
        return False
    if isinstance(value, list):
        items = schema.get("items")
        return len(value) >= schema.get("minItems", 0) and (items is None or all(_fits(items, item) for item in value))
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return all(name in value for name in schema.get("required", ())) and all(
            name in known and _fits(known[name], item) for name, item in value.items()
        )
    return bool(value >= schema.get("minimum", value))


def _described(violation: t.Any) -> t.Iterator[dict[str, str]]:
    path = _path(violation.absolute_path)
    if violation.validator == "required":
        for name in violation.validator_value:
            if name not in violation.instance:
                yield error(f"{path}.{name}", "is required")
    elif violation.validator == "additionalProperties":
        for name in violation.instance:
            if name not in violation.schema["properties"]:
                yield error(f"{path}.{name}", unsupported(name, violation.schema["properties"]))
    elif violation.validator == "enum":
        meant = did_you_mean(violation.instance, violation.validator_value)
        yield error(path, f"{show(violation.instance)} is not one of: {', '.join(map(str, violation.validator_value))}{meant}")
    elif violation.validator == "type":
        yield error(path, not_of_type(violation.validator_value, violation.instance))
    elif violation.validator in ("minLength", "minItems"):
        yield error(path, "must not be empty")
    else:
        yield error(path, violation.message)


def _path(parts: t.Iterable[t.Any]) -> str:
    return "config" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
