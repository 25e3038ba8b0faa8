# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""A lock in the snapshot folder for each organization or tenant, so that two runs do not write to one at the same time.

It is a file, because a run goes through many processes. One whose run is over on this machine counts as gone, and so does one of another
machine that is a day old: a container that was killed cannot be asked.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import typing as t
from datetime import datetime, timedelta, timezone

from ansible.errors import AnsibleActionFail
from ansible_collections.secops.policy.plugins.module_utils._model.plan import canonical_json
from ansible_collections.secops.policy.plugins.plugin_utils._files import read, write_private
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import place_text

#: No run takes so long.
_LONGEST = timedelta(days=1)

Place = t.Mapping[str, str]


class Taken(Exception):
    """Another run has the lock; ``str()`` says which, and what to do."""


def acquire(folder: str, places: t.Iterable[Place], host: str, run: int, at: datetime) -> list[str]:
    """Take the locks of these places for the run with the process id ``run``. Returns the paths of those that were taken: one that another
    host of the same run holds is shared. Raises ``Taken``, having taken none, and ``OSError``."""
    taken: list[str] = []
    owner = {"host": host, "machine": platform.node(), "pid": run, "since": at.isoformat(timespec="seconds")}
    try:
        with _alone(folder):
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
        raise AnsibleActionFail(f"Nothing was written: the lock in {folder} cannot be created: {exc.strerror}") from None


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
    holder = _holder(path)
    if holder is not None and not _is_over(holder, owner):
        if (holder.get("machine"), holder.get("pid")) == (owner["machine"], owner["pid"]):
            return False
        machine, since, host = (holder.get(key) or "unknown" for key in ("machine", "since", "host"))
        raise Taken(
            f"another run writes to {place_text(place)}: it started at {since} on {machine}, for the host {host}. Wait until it has ended. "
            f"If it has already ended, remove {path}"
        )
    write_private(path, json.dumps(owner))
    return True


@contextlib.contextmanager
def _alone(folder: str) -> t.Iterator[None]:
    """Nobody else looks at the locks of this folder meanwhile: two runs must not both find one that is over."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_over(holder: dict[str, t.Any], owner: dict[str, t.Any]) -> bool:
    """Whether the run that holds a lock is over, as far as that can be known."""
    if holder.get("machine") == owner["machine"]:
        return not _alive(holder.get("pid"))
    try:
        return datetime.fromisoformat(owner["since"]) - datetime.fromisoformat(holder["since"]) > _LONGEST
    except (KeyError, TypeError, ValueError):
        return False


def _holder(path: str) -> dict[str, t.Any] | None:
    """Who has the lock: None where nobody has, and nothing is known of who has one that cannot be read."""
    try:
        text = read(path)
        found = None if text is None else json.loads(text)
    except (OSError, ValueError):
        return {}
    return found if found is None or isinstance(found, dict) else {}


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
