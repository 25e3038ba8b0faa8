# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo-all``: the modules at work, through real ansible-playbook, against the embedded mock server; ``make demo`` is acts.py.

Each step says what it shows, runs a playbook, and is checked: a demo that does not do what it says fails.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.secops.policy.tests.mock_cloud import Cloud
from ansible_collections.secops.policy.tests.mock_cloud.demo import (
    API_KEY,
    ESET_PASSWORD,
    ESET_USER,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    seed_demo,
)

ROOT = Path(__file__).resolve().parents[2]
#: What tests/demo/tenants.yml names. Stays there, to be looked at.
FOLDER = ROOT / "build" / "demo"
STEPS = 0


def main() -> int:
    """All parts; 0 when every step did what it says."""
    with Cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        seed_demo(cloud)
        env = environment(cloud, folder)
        sentry(cloud, env)
        cloud.clear_log()
        eset(cloud, env)
        applications(cloud, env)
        tenants(cloud, env)
        print(f"\n{STEPS} steps, each as announced. Nothing but loopback was talked to.")
    return 0


def sentry(cloud: Cloud, env: dict[str, str]) -> None:
    """Read, planned, applied, found unchanged, drifted, repaired."""
    step("Sentry: what is there", "gather.yml", env, changed=0)
    step("Sentry: what a run would do (check mode)", "sentry.yml", env, "--check", "--diff", changed=1)
    expect(not cloud.writes(), "check mode wrote something")
    step("Sentry: do it", "sentry.yml", env, changed=1)
    expect(len(cloud.writes()) == 1, "one change is one request")
    step("Sentry: again, and nothing is written", "sentry.yml", env, changed=0)
    expect(len(cloud.writes()) == 1, "an unchanged run wrote something")
    say("Sentry: somebody gives everybody in Berlin the Staff policy by hand, with the highest priority")
    cloud.meraki.add_sentry("N_24329160", [{"smNetworkId": "N_24329157", "scope": "all", "tags": [], "groupPolicyId": "101"}])
    step("Sentry: the drift is seen (check mode)", "sentry.yml", env, "--check", "--diff", changed=1)
    step("Sentry: and repaired", "sentry.yml", env, changed=1)
    expect(
        [policy["groupPolicyId"] for policy in cloud.meraki.sentry(ORGANIZATION)["N_24329160"]] == ["100", "101", "102"],
        "the drift is still there",
    )


def eset(cloud: Cloud, env: dict[str, str]) -> None:
    """The same for the ordered policies of ESET."""
    servers = ("deviceGroupUuid", "7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0001")
    step("ESET: what is there", "eset_gather.yml", env, changed=0)
    step("ESET: what a run would do (check mode)", "eset.yml", env, "--check", "--diff", changed=1)
    expect(not cloud.writes(), "check mode wrote something")
    step("ESET: do it", "eset.yml", env, changed=1)
    expect(len(cloud.writes()) == 3, "one assignment and two moves are three requests")
    wanted = cloud.eset.stack(*servers)
    step("ESET: again, and nothing is written", "eset.yml", env, changed=0)
    expect(len(cloud.writes()) == 3, "an unchanged run wrote something")
    say("ESET: somebody assigns one more policy to the servers, and moves the first one to the end")
    cloud.eset.assign("4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e0005", *servers)
    cloud.eset.move(*servers, 1, 4)
    step("ESET: the drift is seen (check mode)", "eset.yml", env, "--check", "--diff", changed=1)
    step("ESET: and repaired", "eset.yml", env, changed=1)
    expect(cloud.eset.stack(*servers) == wanted, "the drift is still there")


def applications(cloud: Cloud, env: dict[str, str]) -> None:
    """Created in one task, found unchanged, renamed; a group that would be lost by surprise is not."""
    before = len(cloud.writes())
    step("Private applications: two are made, one of them in a group", "applications.yml", env, changed=1)
    expect(len(cloud.writes()) == before + 2, "two applications are two requests")
    step("Private applications: again, and nothing is written", "applications.yml", env, changed=0)
    step("Private applications: one gets another name, by its id", "rename.yml", env, "--diff", changed=1)
    expect(len(cloud.writes()) == before + 3, "a new name is one request")
    refused("Private applications: a group would lose its last application, which is refused", "removal.yml", env, "'Clinics'")
    expect(len(cloud.writes()) == before + 3, "what was refused wrote something")
    step("Private applications: unless that is meant", "removal.yml", env, "-e", "meant=true", changed=1)
    names = sorted(item["name"] for item in cloud.meraki.applications(ORGANIZATION).values())
    expect(names == ["Facility Control", "Intranet", "Jira", "Lab Results"], f"there are {names}")


def tenants(cloud: Cloud, env: dict[str, str]) -> None:
    """The four playbooks on two tenants, one as its desired state says, one that is not: exported, audited, applied, and restored."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    before = len(cloud.writes())
    step("Two tenants: written as desired state", *_playbook("export", env), changed=2)
    step("Two tenants: is everything as their desired state says?", *_playbook("audit", env), changed=1)
    expect(len(cloud.writes()) == before, "an audit or an export wrote something to a vendor")
    expect(_verdicts() == {"example_health": "in_sync", "example_clinics": "drifted"}, f"the report says {_verdicts()}")
    portal = _portal(cloud)
    step("Two tenants: made as their desired state says, with a snapshot of what changes", *_playbook("apply", env), changed=1)
    expect(_portal(cloud) != portal, "nothing was applied")
    step("Two tenants: and now?", *_playbook("audit", env), changed=0)
    expect(set(_verdicts().values()) == {"in_sync"}, f"the report says {_verdicts()}")
    step("Two tenants: and back to what was before", *_playbook("restore", env), changed=1)
    expect(_portal(cloud) == portal, "it was not put back")
    print(f"Look at the report: {FOLDER / 'drift-report' / 'drift.html'}; trees and snapshots lie beside its folder", flush=True)


def _playbook(name: str, env: dict[str, str]) -> tuple[Any, ...]:
    """The arguments of ``step`` for a playbook of the collection."""
    return f"secops.policy.{name}", env, "-i", "tests/demo/tenants.yml"


def _verdicts() -> dict[str, str]:
    report = json.loads((FOLDER / "drift-report" / "drift.json").read_text(encoding="utf-8"))
    return {one["name"]: one["verdict"] for one in report["tenants"]}


def _portal(cloud: Cloud) -> str:
    applications = cloud.meraki.applications(OTHER_ORGANIZATION).values()
    return next(item["description"] for item in applications if item["name"] == "Patient Portal")


def step(title: str, playbook: str, env: dict[str, str], *arguments: str, changed: int) -> None:
    """Run a playbook, ours or the collection's, show what it prints, and hold it to the number of changed tasks."""
    done = run(title, playbook, env, *arguments)
    expect(done.returncode == 0, f"ansible-playbook failed\n{done.stderr}")
    found = re.findall(r"changed=(\d+)", done.stdout)
    expect(bool(found) and sum(map(int, found)) == changed, f"{changed} changed task(s) were announced")


def refused(title: str, playbook: str, env: dict[str, str], words: str) -> None:
    """The same for a playbook that has to fail, for the reason that ``words`` stand in."""
    done = run(title, playbook, env)
    expect(done.returncode == 2 and words in done.stdout, f"ansible-playbook ended with {done.returncode}, not for {words}\n{done.stderr}")


def run(title: str, playbook: str, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook and show what it prints."""
    say(title)
    shown = [*arguments, playbook if playbook.startswith("secops.policy.") else f"tests/demo/{playbook}"]
    command = [str(Path(sys.executable).parent / "ansible-playbook"), *([] if "-i" in arguments else ["-i", "localhost,"]), *shown]
    print(f"$ ansible-playbook {' '.join(shown)}", flush=True)
    done = subprocess.run(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    print(re.sub(r"\n{2,}", "\n", done.stdout).strip(), flush=True)
    return done


def say(title: str) -> None:
    """Print a heading."""
    global STEPS
    STEPS += 1
    print(f"\n=== {STEPS}. {title}", flush=True)


def expect(good: bool, otherwise: str) -> None:
    """End the demo where it does not do what it says."""
    if not good:
        sys.exit(f"The demo failed: {otherwise}")


def environment(cloud: Cloud, folder: str) -> dict[str, str]:
    """Credentials as a user would give them, in the environment."""
    return {
        **os.environ,
        "ANSIBLE_HOME": folder,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "MERAKI_DASHBOARD_API_KEY": API_KEY,
        "MERAKI_DASHBOARD_BASE_URL": cloud.meraki_url,
        "MERAKI_ORGANIZATION_ID": ORGANIZATION,
        "ESET_USERNAME": ESET_USER,
        "ESET_PASSWORD": ESET_PASSWORD,
        "ESET_BASE_URL": cloud.eset_url,
    }


if __name__ == "__main__":
    sys.exit(main())
