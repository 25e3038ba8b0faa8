# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what follows from the descriptions of the resources, and has to be YAML or JSON.

``generate.py`` writes; with ``--check`` it only says, by its exit status, whether everything is up to date. Whole files are made anew;
in others the lines between ``# generated: NAME`` and ``# end of generated`` are.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.secops.policy.plugins.module_utils._model.description import Description, Vendor
from ansible_collections.secops.policy.plugins.module_utils._runner.argspec import WRITING
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES, config_schema, options, variable, vendors

ROOT = Path(__file__).resolve().parents[2]
HEAD = "# SPDX-FileCopyrightText: 2026 secops.policy contributors\n# SPDX-License-Identifier: GPL-3.0-or-later\n"
MADE = "# Made by `make generate` from the descriptions of the resources.\n"
ROLES = ("apply", "audit", "export", "restore", "validate")


def main(arguments: list[str]) -> int:
    stale = []
    for path, text in files():
        file = ROOT / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(path)
            if "--check" not in arguments:
                file.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path}: {'stale, run make generate' if '--check' in arguments else 'written'}")
    return int(bool(stale) and "--check" in arguments)


def files() -> Iterator[tuple[str, str]]:
    """Every file with its text as it has to be."""
    yield "meta/runtime.yml", runtime()
    yield "extensions/audit/event_query.yml", event_query()
    yield "docs/drift.schema.json", drift_schema()
    yield "docs/desired_state.schema.json", _json(desired_state_schema())
    for name in ("run", "validate"):
        yield f"plugins/modules/policy_{name}.py", filled(f"plugins/modules/policy_{name}.py")
    for role in ROLES:
        for name in ("meta/argument_specs.yml", "defaults/main.yml"):
            path = f"roles/{role}/{name}"
            yield path, filled(path)


def filled(path: str) -> str:
    """A file with its generated blocks made anew."""

    def block(found: re.Match[str]) -> str:
        indent, name = found[1], found[2]
        lines = "".join(f"{indent}{line}\n" for line in BLOCKS[name]())
        return f"{indent}# generated: {name}\n{lines}{indent}# end of generated\n"

    text = (ROOT / path).read_text(encoding="utf-8")
    return re.sub(r"^( *)# generated: (.+)\n(?:.*\n)*?\1# end of generated\n", block, text, flags=re.MULTILINE)


def variables() -> list[str]:
    """The options of a role that stand for those of a connection."""
    lines = []
    for vendor in vendors():
        for name, option in vendor.arguments.items():
            lines += [
                f"{variable(vendor, name)}:",
                f"  description: The option C({name}) of the modules for {vendor.title}, if the desired state does not set it.",
                f"  type: {option['type']}",
                *(["  no_log: true"] if option.get("no_log") else []),
            ]
    return lines


def modules_option() -> list[str]:
    """The type of an option that limits a role to some modules."""
    listed = f"[{', '.join(RESOURCES)}]"
    return ["type: list", "elements: str", f"choices: {listed}", f"default: {listed}"]


def modules_default(role: str) -> Callable[[], list[str]]:
    """Its default in a role."""
    return lambda: [f"{role}_modules: [{', '.join(RESOURCES)}]"]


def each_module() -> list[str]:
    """What the variable of the roles holds."""
    names = [f"M(secops.policy.{module})" for module in RESOURCES]
    return [
        "- A dictionary with one key for each module, by its short name. Each key contains the options of that module.",
        f"- The modules are {names[0]},",
    ] + [f"  {'and ' if name == names[-1] else ''}{name}{'.' if name == names[-1] else ','}" for name in names[1:]]


def each_variable() -> list[str]:
    """The variables of a host, in a sentence."""
    names = [f"C({variable(vendor, name)})" for vendor in vendors() for name in vendor.arguments]
    return ["- The variables are"] + [f"  {'and ' if name == names[-1] else ''}{name}{'.' if name == names[-1] else ','}" for name in names]


BLOCKS: dict[str, Callable[[], list[str]]] = {
    "connection": variables,
    "each module": each_module,
    "each variable": each_variable,
    "modules": modules_option,
    "choices and default": lambda: modules_option()[2:],
    "choices": lambda: [f"choices: [{', '.join(RESOURCES)}]"],
    **{f"{role}_modules default": modules_default(role) for role in ROLES},
}


def runtime() -> str:
    """The groups for ``module_defaults``."""
    lines = [
        HEAD,
        MADE,
        '---\nrequires_ansible: ">=2.16.0"\naction_groups:\n',
        "  policy:\n",
        *(f"    - {module}\n" for module in RESOURCES),
    ]
    for vendor in vendors():
        lines += [f"  {vendor.name}:\n", *(f"    - {module}\n" for module in _of(vendor))]
    return "".join(lines)


def _of(vendor: Vendor) -> list[str]:
    return [module for module, description in RESOURCES.items() if description.vendor.name == vendor.name]


_QUERY = """\
{name}:
  query: >-
    select(.changed? == true and (.stats?.writes? // 0) > 0)
    | [.before, .after | arrays | .[] | objects{at}]
    | (
{kinds}
      )
    | {{
        name: .[0],
        canonical_facts: {{(.[1]): .[2]}},
        facts: {{device_type: .[3]}}
      }}
"""
_KIND = """\
        (
          map({part}select(.{id}))
          | group_by(.{id})
          | .[]
          | add
          | [({name}.{id}), "{id}", .{id}, "{noun}"]
        )"""


def event_query() -> str:
    """What Ansible Automation Platform counts as automated."""
    text = f"""{HEAD}#
{MADE}#
# What Ansible Automation Platform counts as automated by a task, read from the task's result with jq. Counted are the units that a
# task wrote: neither a run in check mode, nor what was only read or found as it should be, nor what a vendor refused. A unit counts
# once, in before and after alike. A query must never fail, because one that does ends the counting for its whole job.
---
# The roles run the modules through this one.
{_query("policy_run", list(RESOURCES.values()))}"""
    return "\n".join([text, *(_query(module, [description]) for module, description in RESOURCES.items())])


def _query(module: str, descriptions: list[Description]) -> str:
    kinds = [
        _KIND.format(
            part=f".{description.at}? | objects | " if description.at else "",
            id=kind.id_field,
            name=f".{kind.name_field} // " if kind.name_field else "",
            noun=kind.noun,
        )
        for description in descriptions
        for kind in description.kinds
    ]
    return _QUERY.format(name=f"secops.policy.{module}", at="", kinds=",\n".join(kinds))


def drift_schema() -> str:
    """The schema of the drift report, with the modules that there are."""
    schema = json.loads((ROOT / "docs" / "drift.schema.json").read_text(encoding="utf-8"))
    schema["$defs"]["module"]["enum"] = list(RESOURCES)
    return _json(schema)


def desired_state_schema() -> dict[str, Any]:
    """The JSON Schema of ``secops_policy``, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The desired state of a host, in the variable secops_policy",
        "type": "object",
        "properties": {
            "secops_policy": {
                "type": "object",
                "additionalProperties": False,
                "properties": {module: _entry(module) for module in RESOURCES},
            }
        },
    }


def _entry(module: str) -> dict[str, Any]:
    properties: dict[str, Any] = {name: _option(option) for name, option in options(module).items()}
    properties["state"] = {"enum": list(WRITING), "default": "merged"}
    properties["config"] = {"type": ["array", "string", "null"], "items": config_schema(module)}
    return {"title": RESOURCES[module].title, "type": "object", "additionalProperties": False, "properties": properties}


#: A text may be a template for anything.
_TYPES = {"str": ["string", "integer"], "path": ["string"], "bool": ["boolean", "string"], "int": ["integer", "string"]}
_TYPES |= {"float": ["number", "string"], "dict": ["object", "string"], "list": ["array", "string"]}


def _option(option: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"type": [*_TYPES[option["type"]], "null"]}
    if "choices" in option:
        found["examples"] = list(option["choices"])
    if "default" in option:
        found["default"] = option["default"]
    return found


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
