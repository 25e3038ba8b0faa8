# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""Snapshots: what a run of the role apply changes, before and after, one file for a host and a run.

A snapshot is written before the first write, with ``after`` as planned, so that there is one whatever happens to the run; once it is over,
with ``after`` as it came out. ``{"version", "host", "made", "state", "modules": {NAME: {"state", "before", "after", "plan_digest"}}}``.
The state of a module is ``planned`` (nobody has said yet what became of it), ``done``, ``failed`` (in the middle), or ``not run``.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from datetime import datetime, timezone

from ansible_collections.secops.policy.plugins.module_utils._eset_assignment_config import KINDS
from ansible_collections.secops.policy.plugins.plugin_utils._files import host_of, host_part, write_private
from ansible_collections.secops.policy.plugins.plugin_utils._tree import ran

VERSION = 1
_FILE = re.compile(r"(.*)\.(\d{8}T\d{6}_\d{6}Z)\.json", re.DOTALL)

Snapshot = dict[str, t.Any]
Result = t.Mapping[str, t.Any]
Unit = t.Mapping[str, t.Any]


class Unusable(Exception):
    """A snapshot that cannot be read; ``str()`` says why."""


def begun(host: str, plans: t.Mapping[str, Result], now: datetime) -> Snapshot:
    """The snapshot of a run that is about to carry out ``plans`` (those that change something, in the order in which they are applied)."""
    modules = {
        name: {"state": "planned", "before": plan["before"], "after": plan["after"], "plan_digest": plan["plan_digest"]}
        for name, plan in plans.items()
    }
    return {"version": VERSION, "host": host, "made": now.isoformat(timespec="seconds"), "state": "begun", "modules": modules}


def ended(snapshot: Snapshot, results: t.Mapping[str, Result | None], left: t.Mapping[str, Result]) -> Snapshot:
    """The same with what became of it. ``results``: what the modules returned; ``left``: plans made after a failure, of what is left."""
    modules = {name: _ended(name, entry, results.get(name), left.get(name)) for name, entry in snapshot["modules"].items()}
    whole = all(entry["state"] == "done" for entry in modules.values())
    return {**snapshot, "state": "done" if whole else "failed", "modules": modules}


def wrote(snapshot: Snapshot) -> bool:
    """Whether anything in it was, or may have been, written."""
    return any(entry["state"] != "not run" for entry in snapshot["modules"].values())


def outcome(result: Result | None) -> str:
    """What became of a module: ``done``, ``failed`` (something was written, or nobody knows), ``not run`` (nothing was written)."""
    if result is None or not ran(result):
        return "not run"
    if not result.get("failed"):
        return "done"
    # A module that was killed says nothing of what it did.
    return "failed" if result.get("changed") or "stats" not in result else "not run"


def unit_key(module: str, unit: Unit) -> str:
    """What names a unit: the same before and after a change, but for applications that have no id yet."""
    if module == "meraki_sentry_assignments":
        return str(unit["network_id"])
    if module == "meraki_private_app":
        return str(unit["application_id"]) if "application_id" in unit else f"new: {unit['name']}"
    return next(f"{kind} {unit['target'][kind]}" for kind in KINDS if kind in unit["target"])


def file_name(host: str, now: datetime) -> str:
    """``HOST.20260131T235959_000000Z.json``: by name as by time."""
    return f"{host_part(host)}.{now.strftime('%Y%m%dT%H%M%S_%f')}Z.json"


def write(path: str, snapshot: Snapshot) -> None:
    """Raises ``OSError``."""
    write_private(path, json.dumps(snapshot, indent=2, ensure_ascii=False) + "\n")


def newest(folder: str, host: str) -> str | None:
    """The path of the host's newest snapshot; None where it has none. Raises ``OSError`` where there is no such folder."""
    named = [(_FILE.fullmatch(name), name) for name in os.listdir(folder)]
    found = [(match[2], name) for match, name in named if match and host_of(match[1]) == host]
    return os.path.join(folder, max(found)[1]) if found else None


def read(path: str, host: str) -> Snapshot:
    """The snapshot in a file. Raises ``Unusable``: no file, no snapshot, another host's, or one of a later version."""
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise Unusable(f"{path} is no snapshot: it is not JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("modules"), dict) or not isinstance(data.get("version"), int):
        raise Unusable(f"{path} is no snapshot of the role apply")
    if data["version"] > VERSION:
        raise Unusable(f"{path} was written by a later version of the collection (format {data['version']}, here {VERSION})")
    if data.get("host") != host:
        raise Unusable(f"{path} is a snapshot of {data.get('host')!r}, not of {host!r}: what was there is not put into another tenant")
    for name, entry in data["modules"].items():
        kinds = {"state": str, "before": list, "after": list}
        if not isinstance(entry, dict) or any(not isinstance(entry.get(key), kind) for key, kind in kinds.items()):
            raise Unusable(f"{path} is damaged: {name} has not state, before and after")
    return data


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(timezone.utc)


def _ended(module: str, entry: dict[str, t.Any], result: Result | None, left: Result | None) -> dict[str, t.Any]:
    state = outcome(result)
    if result is not None and state == "done":
        return {**entry, "state": state, "before": result["before"], "after": result["after"]}
    if state == "failed" and left is not None:
        # A plan made since says how the units are that are not yet as they were to be.
        now_ = {unit_key(module, unit): unit for unit in left["before"]}
        return {**entry, "state": state, "after": [now_.get(unit_key(module, unit), unit) for unit in entry["after"]]}
    return {**entry, "state": state}
