# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo``: the modules at work, through real ansible-playbook, against the embedded stand-in.

Each step says what it shows, runs a playbook, and is checked: a demo that does not do what it says fails.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ansible_collections.secops.policy.tests.cloud import Cloud
from ansible_collections.secops.policy.tests.cloud.demo import API_KEY, ESET_PASSWORD, ESET_USER, ORGANIZATION, seed_demo

ROOT = Path(__file__).resolve().parents[2]
#: Stays there, to be looked at.
REPORT = ROOT / "build" / "demo" / "drift-report"
STEPS = 0


def main() -> int:
    """All parts; 0 when every step did what it says."""
    with Cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        seed_demo(cloud)
        env = environment(cloud, folder)
        sentry(cloud, env)
        audit(cloud, env)
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


def audit(cloud: Cloud, env: dict[str, str]) -> None:
    """Two tenants looked at: one as its tree says, one that is not."""
    before = len(cloud.writes())
    arguments = ("-i", "tests/demo/tenants.yml", "-e", f"audit_report_dir={REPORT.relative_to(ROOT)}")
    step("Two tenants: is everything as their trees say?", "secops.policy.audit", env, *arguments, changed=1)
    expect(len(cloud.writes()) == before, "an audit wrote something")
    verdicts = {one["name"]: one["verdict"] for one in json.loads((REPORT / "drift.json").read_text(encoding="utf-8"))["tenants"]}
    expect(verdicts == {"example_health": "in line", "example_clinics": "drifted"}, f"the report says {verdicts}")
    print(f"Look at the report: {REPORT / 'drift.html'}", flush=True)


def step(title: str, playbook: str, env: dict[str, str], *arguments: str, changed: int) -> None:
    """Run a playbook, ours or the collection's, show what it prints, and hold it to the number of changed tasks."""
    say(title)
    shown = [*arguments, playbook if playbook.startswith("secops.policy.") else f"tests/demo/{playbook}"]
    command = [str(Path(sys.executable).parent / "ansible-playbook"), *([] if "-i" in arguments else ["-i", "localhost,"]), *shown]
    print(f"$ ansible-playbook {' '.join(shown)}", flush=True)
    done = subprocess.run(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    print(re.sub(r"\n{2,}", "\n", done.stdout).strip(), flush=True)
    expect(done.returncode == 0, f"ansible-playbook failed\n{done.stderr}")
    found = re.findall(r"changed=(\d+)", done.stdout)
    expect(bool(found) and sum(map(int, found)) == changed, f"{changed} changed task(s) were announced")


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
