# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks as AWX does: a private data directory, ansible-runner, and what it leaves in its event files.

The project is examples/awx, what a credential injects is what the role awx says.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml
from ansible_collections.secops.policy.tests.awx import rules
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo

from .harness import COLLECTIONS, LIMIT, ROOT, _environment

PROJECT = ROOT / "examples" / "awx"
BIN = Path(sys.executable).parent
#: AWX's own limit, in characters, for the result of a task. Above it the result is replaced by nothing.
LONGEST_RESULT = 700_000
FAILED = "runner_on_failed"


@dataclass(frozen=True)
class Job:
    """What ansible-runner left of one job. ``events`` are in their order."""

    folder: Path
    status: str
    rc: int
    events: list[dict[str, Any]]

    @property
    def output(self) -> str:
        """What AWX shows as the job's output."""
        return "".join(event["stdout"] + "\n" for event in self.events)

    @property
    def artifacts(self) -> dict[str, Any]:
        """What the next job in a workflow gets."""
        found: dict[str, Any] = self._end["artifact_data"]
        return found

    @property
    def changed(self) -> set[str]:
        """The hosts that changed."""
        return set(self._end["changed"])

    @property
    def _end(self) -> dict[str, Any]:
        (found,) = (event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")
        return dict(found)

    def results(self, role: str = "") -> list[dict[str, Any]]:
        """Result by result what tasks returned, with ``host``, ``task`` and ``failed``; those of one role, or all."""
        return [
            {
                **event["event_data"]["res"],
                **{key: event["event_data"][key] for key in ("host", "task")},
                "failed": event["event"] == FAILED,
            }
            for event in self.events
            if "res" in event["event_data"] and event["event_data"].get("role", "").endswith(role)
        ]

    def texts(self) -> list[str]:
        """Every file that it left, but for ``command``: ansible-runner notes there what it started, with the environment it was given.

        AWX does not keep it, and hides what credentials inject in what it shows of a job.
        """
        found = [path for path in self.folder.rglob("*") if path.is_file() and path.name != "command"]
        return [path.read_text(encoding="utf-8") for path in found]


def credential_types() -> dict[str, dict[str, Any]]:
    """The role's credential types by name, as AWX gets them."""
    text = (ROOT / "roles" / "awx" / "tasks" / "credentials.yml").read_text(encoding="utf-8")
    tasks = [task["awx.awx.credential_type"] for task in yaml.safe_load(text) if "awx.awx.credential_type" in task]
    for task in tasks:
        env = task["injectors"]["env"]
        task["injectors"]["env"] = {name: jinja2.Template(template).render() for name, template in env.items()}
    return {("meraki" if "meraki" in task["name"] else "eset"): task for task in tasks}


def credentials(cloud: Cloud) -> dict[str, str]:
    """The environment of a job with one credential of each type for the mock server; some of their fields are left out."""
    types = credential_types()
    meraki = rules.injected(types["meraki"], {"api_key": demo.API_KEY, "base_url": cloud.meraki_url})
    given = {"username": demo.ESET_USER, "password": demo.ESET_PASSWORD, "base_url": cloud.eset_url}
    return meraki | rules.injected(types["eset"], given)


def exported_inventory() -> dict[str, Any]:
    """The project's inventory as AWX takes it over."""
    found = listed("inventory/hosts.yml", {})
    return {name: found.get(name, {}) for name in ("example_health", "example_clinics", "example_endpoints")}


def listed(path: str, env: Mapping[str, str]) -> dict[str, Any]:
    """What AWX takes over from a file of the project: hosts by name with all of their variables, those of their groups too."""
    command = [str(BIN / "ansible-inventory"), "-i", str(PROJECT / path), "--list"]
    own = {"ANSIBLE_CALLBACKS_ENABLED": "", "ANSIBLE_HOME": str(ROOT / ".cache" / "ansible"), **env}
    done = subprocess.run(command, env=_environment(str(PROJECT)) | own, capture_output=True, text=True, timeout=LIMIT, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["_meta"]["hostvars"]
    return found


def private_data(
    folder: Path, hosts: Mapping[str, Any], env: Mapping[str, str], extra_vars: Mapping[str, Any], arguments: Sequence[str] = ()
) -> Path:
    """Make what AWX makes for a job; the folder. ``hosts`` are names to variables."""
    shutil.copytree(PROJECT, folder / "project")
    for name in ("inventory", "env"):
        (folder / name).mkdir()
    data = {"all": {"hosts": list(hosts)}, "_meta": {"hostvars": dict(hosts)}}
    script = folder / "inventory" / "hosts"
    script.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(data)!r})\n", encoding="utf-8")
    script.chmod(0o700)
    given = {
        "envvars": {
            **env,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "tmp"),
            "_ANSIBLE_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR": "error",
        },
        "extravars": dict(extra_vars),
        "settings": {"suppress_ansible_output": True},
    }
    for name, values in given.items():
        (folder / "env" / name).write_text(json.dumps(values), encoding="utf-8")
    (folder / "env" / "cmdline").write_text(" ".join(arguments), encoding="utf-8")
    return folder


def start(folder: Path, *command: str, **streams: Any) -> subprocess.Popen[bytes]:
    """Start ansible-runner with such a folder as its last argument."""
    own = str(folder)
    env = {name: value for name, value in _environment(own).items() if not name.startswith(("ANSIBLE_", "RECORD_", "PYTHON"))}
    env |= {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg")}
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | streams
    return subprocess.Popen([str(BIN / "ansible-runner"), *command, own], env=env, **streams)


def run(folder: Path, playbook: str) -> Job:
    """``ansible-runner run``."""
    return finished(folder, start(folder, "run", "--ident", "job", "--playbook", playbook))


def finished(folder: Path, process: subprocess.Popen[bytes]) -> Job:
    """Wait for it; AssertionError, with what it printed, where it left no job."""
    printed, _errors = process.communicate(timeout=LIMIT)
    job = folder / "artifacts" / "job"
    assert (job / "status").is_file(), (printed or b"").decode()
    # What is neither task nor play (warnings, say) has output and no data.
    events = [{"event_data": {}, **json.loads(path.read_text(encoding="utf-8"))} for path in (job / "job_events").glob("*.json")]
    return Job(
        job,
        (job / "status").read_text(encoding="utf-8"),
        int((job / "rc").read_text(encoding="utf-8")),
        sorted(events, key=lambda event: int(event["counter"])),
    )
