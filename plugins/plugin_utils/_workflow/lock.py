# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection secops.policy: not for use outside of it, and it may change without notice.
"""A lock in the snapshot folder for each organization or tenant, so that two runs do not write to one at the same time.

It is a file, because a run goes through many processes. One whose run is over on this machine counts as gone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import typing as t
from datetime import datetime, timezone

from ansible.errors import AnsibleActionFail
from ansible_collections.secops.policy.plugins.module_utils._model.plan import canonical_json
from ansible_collections.secops.policy.plugins.plugin_utils._files import read

Place = t.Mapping[str, str]


class Taken(Exception):
    """Another run has the lock; ``str()`` says which, and what to do."""


def acquire(folder: str, places: t.Iterable[Place], host: str, run: int, at: datetime) -> list[str]:
    """Take the locks of these places for the run with the process id ``run``. Returns the paths of those that were taken: one that another
    host of the same run holds is shared. Raises ``Taken``, having taken none, and ``OSError``."""
    taken: list[str] = []
    owner = {"host": host, "machine": platform.node(), "pid": run, "since": at.isoformat(timespec="seconds")}
    try:
        for text, place in _tenants(places).items():
            path = os.path.join(folder, f".lock.{hashlib.sha256(text.encode()).hexdigest()[:16]}.json")
            if _take(path, owner, place):
                taken.append(path)
    except BaseException:
        release(taken)
        raise
    return taken


def for_this_run(folder: str, places: t.Iterable[Place], host: str) -> list[str]:
    """``acquire`` for the run of Ansible that this process works for. Raises ``AnsibleActionFail``."""
    try:
        return acquire(folder, places, host, os.getppid(), datetime.now(timezone.utc))
    except Taken as exc:
        raise AnsibleActionFail(f"Nothing was written: {exc}") from None
    except OSError as exc:
        raise AnsibleActionFail(f"Nothing was written: no lock can be taken in {folder}: {exc.strerror}") from None


def release(paths: t.Iterable[str]) -> None:
    """Give the locks back."""
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _tenants(places: t.Iterable[Place]) -> dict[str, Place]:
    """Each organization or tenant once, whichever of its APIs a place speaks of."""
    bare = [{key: value for key, value in place.items() if key != "api"} for place in places]
    return {canonical_json(place): place for place in bare}


def _take(path: str, owner: dict[str, t.Any], place: Place) -> bool:
    """Whether the lock is ours now; not so where another host of the same run has it."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    for _try in range(2):
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            holder = _holder(path)
            if holder.get("machine") == owner["machine"]:
                if holder.get("pid") == owner["pid"]:
                    return False
                if not _alive(holder.get("pid")):
                    release([path])
                    continue
            where = ", ".join(f"{key} {value}" for key, value in place.items() if key != "vendor" and value)
            machine, since = (holder.get(key) or "unknown" for key in ("machine", "since"))
            raise Taken(
                f"another run writes to {where}: it started at {since} on {machine}, for the host {holder.get('host') or 'unknown'}. "
                f"Wait until it is over. If it is over, remove {path}"
            ) from None
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(owner, stream)
        return True
    raise Taken(f"the lock {path} is being taken by another run at this moment; run the playbook again")


def _holder(path: str) -> dict[str, t.Any]:
    try:
        found = json.loads(read(path) or "{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _alive(pid: t.Any) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
