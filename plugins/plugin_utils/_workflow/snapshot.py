# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Snapshots: what a run of the role apply changes, before and after, one file for a host and a run.

A snapshot is written before the first write, with ``after`` as planned, so that there is one whatever happens to the run; once it is over,
with ``after`` as it came out. ``{"version", "host", "made", "state", "modules": {NAME: {"state", "place", "before", "after",
"plan_digest"}}}``. The state of a module is ``planned`` (nobody has said yet what became of it), ``done``, ``failed`` (in the middle), or
``not run``. ``place`` says which organization or tenant it is; the first format had none.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from datetime import datetime, timedelta, timezone

from ansible_collections.secops.policy.plugins.plugin_utils._files import doubt, host_of, host_part, read_whole, write_private
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import planned, ran
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.snapshot_shape import flaw

VERSION = 2
#: Bytes. Thousands of units take a tenth of it.
_LARGEST = 100_000_000
#: Clocks of two controllers differ by less.
_CLOCKS = timedelta(minutes=5)
_FILE = re.compile(r"(.*)\.(\d{8}T\d{6}_\d{6}Z)\.json", re.DOTALL)

#: The outcome of a module that was not reached.
NOT_RUN: dict[str, t.Any] = {"state": "not run", "made": 0, "pending": 0}

Snapshot = dict[str, t.Any]
Result = t.Mapping[str, t.Any]
Unit = t.Mapping[str, t.Any]


class Unusable(Exception):
    """A snapshot that cannot be read; ``str()`` says why."""


def begun(host: str, plans: t.Mapping[str, Result], now: datetime) -> Snapshot:
    """The snapshot of a run that is about to carry out ``plans`` (those that change something, in the order in which they are applied)."""
    modules = {
        name: {"state": "planned", **{key: plan[key] for key in ("place", "before", "after", "plan_digest")}}
        for name, plan in plans.items()
    }
    return {"version": VERSION, "host": host, "made": now.isoformat(timespec="seconds"), "state": "begun", "modules": modules}


def recorded(snapshot: Snapshot, module: str, result: Result, left: Result | None) -> Snapshot:
    """The same with what became of a module. ``left``: a plan made after a failure, of what is left."""
    modules = snapshot["modules"]
    return {**snapshot, "modules": {**modules, module: _ended(module, modules[module], result, left)}}


def ended(snapshot: Snapshot) -> Snapshot:
    """The same once the run is over: what nothing was said of was not run."""
    modules = {name: {**entry, "state": "not run"} if entry["state"] == "planned" else entry for name, entry in snapshot["modules"].items()}
    whole = all(entry["state"] == "done" for entry in modules.values())
    return {**snapshot, "state": "done" if whole else "failed", "modules": modules}


def wrote(snapshot: Snapshot) -> bool:
    """Whether anything in it was, or may have been, written."""
    return any(entry["state"] != "not run" for entry in snapshot["modules"].values())


def outcome(result: Result) -> dict[str, t.Any]:
    """What became of a module: its ``state``, ``done``, ``failed`` (something was written, or nobody knows) or ``not run`` (nothing was
    written), and how many requests were ``made``, are ``pending``, and have an ``unknown`` outcome, where there are any."""
    lists = {"made": result.get("requests") or [], "pending": result.get("pending") or []}
    unknown = sum("outcome" in request for request in lists["made"])
    counts = {key: sum("outcome" not in request for request in requests) for key, requests in lists.items()}
    counts |= {"unknown": unknown} if unknown else {}
    if not ran(result):
        return NOT_RUN
    if not result.get("failed") and not result.get("failure"):
        return {"state": "done", **counts}
    # A module that was killed says nothing of what it did.
    return {"state": "failed" if result.get("changed") or "stats" not in result else "not run", **counts}


def file_name(host: str, now: datetime) -> str:
    """``HOST.20260131T235959_000000Z.json``: by name as by time."""
    return f"{host_part(host)}.{now.strftime('%Y%m%dT%H%M%S_%f')}Z.json"


def write(path: str, snapshot: Snapshot) -> None:
    """Raises ``OSError``."""
    write_private(path, json.dumps(snapshot, indent=2, ensure_ascii=False) + "\n")


def newest(folder: str, host: str) -> str | None:
    """The path of the host's newest snapshot by its name; None where it has none. Raises ``OSError`` where there is no such folder."""
    named = [(_FILE.fullmatch(name), name) for name in os.listdir(folder)]
    found = [(match[2], name) for match, name in named if match and host_of(match[1]) == host]
    return os.path.join(folder, max(found)[1]) if found else None


def outdated(folder: str, host: str, keep: int) -> list[str]:
    """The paths of the host's snapshots but the newest ``keep``, of which there is one at least. Raises ``OSError``."""
    named = [(_FILE.fullmatch(name), name) for name in os.listdir(folder)]
    found = sorted((match[2], name) for match, name in named if match and host_of(match[1]) == host)
    return [os.path.join(folder, name) for _time, name in found[: -max(1, keep)]]


def newest_doubt(path: str, host: str, at: datetime) -> str:
    """Why the newest snapshot is not to be taken unless somebody names it, in words; empty where nothing speaks against it.

    Raises ``OSError`` and ``Unusable``.
    """
    why = doubt(path)
    if why:
        return why
    match = _FILE.fullmatch(os.path.basename(path))
    try:
        named = datetime.strptime(match[2] if match else "", "%Y%m%dT%H%M%S_%fZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return "its name contains no time"
    made = datetime.fromisoformat(read(path, host)["made"])
    return "it is dated in the future" if max(named, made) > at + _CLOCKS else ""


def read(path: str, host: str) -> Snapshot:
    """The snapshot in a file. Raises ``Unusable``: no file, no snapshot, a damaged one, another host's, or one of another format."""
    try:
        data = json.loads(read_whole(path, _LARGEST), parse_constant=_no_number)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError:
        raise Unusable(f"{path} is not a snapshot: it is not JSON") from None
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{path} is not a snapshot: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("modules"), dict) or not _is_number(data.get("version")):
        raise Unusable(f"{path} is not a snapshot of the role apply")
    if data["version"] > VERSION:
        raise Unusable(f"{path} was written by a later version of the collection (format {data['version']}, here {VERSION})")
    if data["version"] < VERSION:
        raise Unusable(f"{path} is of an earlier format, which does not say which organization or tenant it belongs to: it is not restored")
    if data.get("host") != host:
        raise Unusable(f"{path} is a snapshot of {data.get('host')!r}, not of {host!r}: a snapshot is not restored to another tenant")
    wrong = flaw(data)
    if wrong:
        raise Unusable(f"{path} is damaged: {wrong}")
    return data


def _is_number(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(timezone.utc)


def _no_number(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not a number that JSON has")


def _ended(module: str, entry: dict[str, t.Any], result: Result, left: Result | None) -> dict[str, t.Any]:
    state = outcome(result)["state"]
    if state == "done":
        return {**entry, "state": state, "before": result["before"], "after": result["after"]}
    if state == "failed" and left is not None and planned(left):
        # A plan made since says how the units are that are not yet as they were to be.
        key = RESOURCES[module].key
        now_ = {key(unit): unit for unit in left["before"]}
        return {**entry, "state": state, "after": [now_.get(key(unit), unit) for unit in entry["after"]]}
    return {**entry, "state": state}
