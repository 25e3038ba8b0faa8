# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX accepts, and what it makes of it: credential types, surveys, notifications, schedules.

From AWX 24.6 (``awx/main/fields.py``, ``awx/api/views``, ``awx/api/serializers.py``). Each ``*_fault`` is what AWX answers, or None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_NAME = "^[a-zA-Z_]+[a-zA-Z0-9_]*$"
INPUTS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "required": {"type": "array", "items": {"type": "string"}},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "label"],
                "properties": {
                    "type": {"enum": ["string", "boolean"]},
                    "format": {"enum": ["ssh_private_key", "url"]},
                    "choices": {"type": "array", "minItems": 1, "items": {"type": "string"}, "uniqueItems": True},
                    "id": {"type": "string", "pattern": _NAME},
                    "label": {"type": "string"},
                    "help_text": {"type": "string"},
                    "multiline": {"type": "boolean"},
                    "secret": {"type": "boolean"},
                    "ask_at_runtime": {"type": "boolean"},
                    "default": {},
                },
            },
        },
    },
}
_TEMPLATES = {"type": "object", "additionalProperties": False, "patternProperties": {_NAME: {"type": "string"}}}
INJECTORS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$": {"type": "string"}},
        },
        "env": {**_TEMPLATES, "patternProperties": {_NAME: {"type": "string", "pattern": "^[\x00-\x7f]*$"}}},
        "extra_vars": _TEMPLATES,
    },
}
#: Variables that belong to a job itself.
_RESERVED = {
    "AD_HOC_COMMAND_ID", "AWX_HOST", "CACHE", "CALLBACK_CONNECTION", "CALLBACK_QUEUE", "INVENTORY_HOSTVARS", "INVENTORY_ID",
    "INVENTORY_SOURCE_ID", "INVENTORY_UPDATE_ID", "JOB_CALLBACK_DEBUG", "JOB_ID", "MAX_EVENT_RES", "PATH", "PROJECT_REVISION",
    "PYTHONPATH", "REST_API_TOKEN", "REST_API_URL", "SUPERVISOR_CONFIG_PATH", "VIRTUAL_ENV",
}  # fmt: skip
_QUESTIONS = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": str, "integer": int, "float": float}
_SOURCES = ("scm", "ec2", "gce", "azure_rm", "vmware", "satellite6", "openstack", "rhv", "controller", "insights", "terraform")
#: What a message is tried with. The real one has artifacts.
STUB = {
    "job": {"artifacts": {}, "id": 42, "name": "Stub JobTemplate", "status": "running", "url": "/api/v2/jobs/13/", "failed": False},
    "job_friendly_name": "Job",
    "url": "https://awx.example.com/#/jobs/playbook/1010",
    "approval_status": "approved",
    "approval_node_name": "Approve Me",
    "workflow_url": "https://awx.example.com/#/workflows/1010",
    "job_metadata": "{}",
}


def credential_type_fault(kind: str, inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> str | None:
    if kind not in ("cloud", "net"):
        return f"Must be 'cloud' or 'net' for a custom credential type, not {kind}."
    fault = _schema_fault(inputs, INPUTS) or _fields_fault(inputs.get("fields", []))
    return fault or _schema_fault(injectors, INJECTORS) or _injectors_fault(injectors, [field["id"] for field in inputs.get("fields", [])])


def credential_fault(inputs: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """``inputs`` are the type's. What is required may be missing here; the job does not start then."""
    fields = {field["id"]: field for field in inputs.get("fields", [])}
    for name, value in given.items():
        if name not in fields:
            return f"Additional properties are not allowed ('{name}' was unexpected)"
        if "choices" in fields[name] and value not in fields[name]["choices"]:
            return f"{value!r} is not one of {fields[name]['choices']}"
    return None


def injected(credential_type: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """The environment of a job with such a credential: a field that is left out or empty is undefined, and renders as nothing."""
    missing = [name for name in credential_type["inputs"].get("required", []) if not given.get(name)]
    if missing:
        raise ValueError(f"the job does not start: credential is missing {missing}")
    values = {name: value for name, value in given.items() if isinstance(value, bool) or len(value)}
    sandbox = ImmutableSandboxedEnvironment()
    return {name: sandbox.from_string(text).render(**values) for name, text in credential_type["injectors"]["env"].items()}


def survey_fault(survey: Mapping[str, Any]) -> str | None:
    for field, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(survey.get(field), kind):
            return f"Field '{field}' is missing from survey spec, or is not a {kind.__name__}."
    if not survey["spec"]:
        return "'spec' doesn't contain any items."
    seen: set[str] = set()
    for number, question in enumerate(survey["spec"]):
        fault = _question_fault(question, seen)
        if fault:
            return f"survey question {number}: {fault}"
        seen.add(question["variable"])
    return None


def survey_answers(survey: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """What a job gets as variables. ``ValueError`` for an answer that the survey does not take."""
    taken: dict[str, Any] = {}
    for question in survey["spec"]:
        name = question["variable"]
        value = answers.get(name, question.get("default"))
        if question["required"] and value in (None, ""):
            raise ValueError(f"'{name}' value missing")
        if question["type"] == "multiplechoice" and value not in question["choices"]:
            raise ValueError(f"Value {value} for '{name}' expected to be one of {question['choices']}.")
        if value is not None:
            taken[name] = value
    strange = set(answers) - set(taken)
    if strange:
        raise ValueError(f"Variables {sorted(strange)} are not allowed on launch.")
    return taken


def messages_fault(messages: Mapping[str, Any], kind: str) -> str | None:
    for event, found in messages.items():
        if event not in ("started", "success", "error", "workflow_approval"):
            return f"Event '{event}' invalid"
        below = (found or {}) if event == "workflow_approval" else {event: found}
        for name, texts in below.items():
            if event == "workflow_approval" and name not in ("running", "approved", "timed_out", "denied"):
                return f"Workflow Approval event '{name}' invalid"
            fault = _texts_fault(texts or {})
            if fault:
                return f"{event}: {fault}"
        body = None if event == "workflow_approval" else (found or {}).get("body")
        if kind == "webhook" and body and not isinstance(json.loads(rendered(body, STUB)), dict):
            return f"Webhook body for '{event}' should be a json dictionary."
    return None


def rendered(text: str, context: Mapping[str, Any]) -> str:
    """A message as it is sent."""
    return ImmutableSandboxedEnvironment().from_string(text).render(**context)


def rrule_fault(rule: str) -> str | None:
    if len(re.findall(r"DTSTART(?:;[^:]+)?:[0-9]+T[0-9]+Z?", rule)) != 1:
        return "Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ"
    if re.match(r"DTSTART:[0-9]+T[0-9]+ ", rule):
        return "DTSTART cannot be a naive datetime."
    rules = re.findall(r"RULE:\S*", rule)
    if not rules:
        return "One or more rule required in rrule."
    for one in rules:
        if "INTERVAL" not in one:
            return "INTERVAL required in rrule"
        if "SECONDLY" in one:
            return "SECONDLY is not supported."
        if not re.search(r"FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)", one):
            return "rrule parsing failed validation"
    return None


def inventory_source_faults(source: Mapping[str, Any], kind: str | None) -> Iterator[tuple[str, str]]:
    """Field and fault. ``kind`` is that of the source's credential, where it has one."""
    if source["source"] not in _SOURCES:
        yield "source", f'"{source["source"]}" is not a valid choice.'
    elif source["source"] == "scm":
        if source["source_project"] is None:
            yield "source_project", "Project required for scm type sources."
        if kind in ("insights", "vault"):
            yield "credential", "Credentials of type insights and vault are disallowed for scm inventory sources."
    elif source["source_path"] or source["source_project"]:
        yield "source_path", "Cannot set source_path if not SCM type."


def _schema_fault(data: Any, schema: Mapping[str, Any]) -> str | None:
    return next((error.message for error in jsonschema.Draft7Validator(schema).iter_errors(data)), None)


def _fields_fault(fields: list[dict[str, Any]]) -> str | None:
    names = [field["id"] for field in fields]
    if "tower" in names:
        return '"tower" is a reserved field name'
    if len(names) != len(set(names)):
        return f"field IDs must be unique ({names})"
    for field in fields:
        # AWX adds it, and awx.awx takes that for a difference from then on.
        if "type" not in field:
            return f"{field['id']}: say the type, or no second run is without a change"
        if "default" in field and not isinstance(field["default"], {"string": str, "boolean": bool}[field["type"]]):
            return f"{field['default']} is not a {field['type']}"
        wrong = [key for key in ("choices", "multiline", "format", "secret") if key in field and field["type"] != "string"]
        if wrong:
            return f"{wrong[0]} not allowed for {field['type']} type ({field['id']})"
    return None


def _injectors_fault(injectors: Mapping[str, Any], fields: list[str]) -> str | None:
    for name in injectors.get("env", {}):
        if name.startswith("ANSIBLE_"):
            return f"Environment variable {name} may affect Ansible configuration so its use is not allowed in credentials."
        if name in _RESERVED:
            return f"Environment variable {name} is not allowed to be used in credentials."
    for kind, templates in injectors.items():
        for name, text in templates.items():
            try:
                ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(text).render(dict.fromkeys(fields, "EXAMPLE"))
            except TemplateError as error:
                return f"{kind}: {name} uses an undefined field ({error})"
    return None


def _question_fault(question: Any, seen: set[str]) -> str | None:
    for field, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
        if not isinstance(question.get(field), kind):
            return f"'{field}' missing, or not a {kind.__name__}"
    if question["variable"] in seen:
        return f"'variable' '{question['variable']}' duplicated"
    if question["type"] not in _QUESTIONS:
        return f"'{question['type']}' is not an allowed question type"
    default = question.get("default", "")
    if default != "" and not isinstance(default, _QUESTIONS[question["type"]]):
        return f"Default value {default} expected to be {question['type']}"
    if question["type"] in ("multiplechoice", "multiselect"):
        if not question.get("choices"):
            return "must specify choices"
        if any(not isinstance(choice, str) for choice in question["choices"]):
            return "choices are strings"
        if any(choice not in question["choices"] for choice in str(default).splitlines()):
            return "Default choice must be answered from the choices listed."
    return None


def _texts_fault(texts: Mapping[str, Any]) -> str | None:
    for name, text in texts.items():
        if name not in ("message", "body"):
            return f"Message type '{name}' invalid, must be either 'message' or 'body'"
        if text is None:
            continue
        if name == "message" and "\n" in text:
            return "Messages cannot contain newlines"
        try:
            ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(text).render(STUB)
        except TemplateError as error:
            return f"Unable to render message '{text}': {error}"
    return None
