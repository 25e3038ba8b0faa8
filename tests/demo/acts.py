# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo``: five acts, through the collection's playbooks and real ansible-playbook, against the embedded mock server.

It shows what the playbooks say of the tenants, without Ansible's own lines, and is held to it: a demo that does not do what it says fails.
``make demo-all`` has more, and leaves nothing out.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

from ansible_collections.secops.policy.tests.mock_cloud import Cloud
from ansible_collections.secops.policy.tests.mock_cloud.demo import ORGANIZATION, seed_demo

from .run import FOLDER, ROOT, environment, expect

REPORT = FOLDER / "drift-report"
BERLIN, STAFF = "N_24329160", "101"
SERVERS = ("deviceGroupUuid", "7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0001")
USB_CONTROL = "4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e0005"
WIDTH = 110
#: Ansible's own lines, and digests, which are for approvals.
_LEFT_OUT = re.compile(r"\s*$|(PLAY|TASK) |included: |(ok|changed|skipping|fatal): |\s*plan_digest: ")
_COLOURS = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
#: How a line is coloured by how it begins, or by a word in it.
_MARKS = (
    (r"\s+\+ ", "green"),
    (r"\s+- ", "red"),
    (r"\s+~ ", "yellow"),
    (r"\s+↕ ", "cyan"),
    (r".*\bdrifted\b", "red"),
    (r".*\b(in_sync|No changes)\b", "green"),
)


def main() -> int:
    """All acts; 0 when each did what it says."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    with Cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        seed_demo(cloud)
        env = {**environment(cloud, folder), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_DISPLAY_OK_HOSTS": "false"}
        say(
            "Two tenants, Example Health and Example Clinics, and a mock server that answers as Meraki and ESET do. "
            "What each tenant should have is in tests/demo/tenants.yml: group policies for devices (Sentry), ESET policies for servers, "
            "private applications."
        )
        plan_and_apply(cloud, env)
        drift_and_repair(cloud, env)
        mistake(cloud, env)
    print()
    say("All requests went to the mock server on this machine. make demo-all shows 24 steps: names, ranks, groups, exports, restores.")
    print(f"\nThe drift report of act 3: {coloured(str(REPORT / 'drift.html'), 'bold')}", flush=True)
    return 0


def plan_and_apply(cloud: Cloud, env: dict[str, str]) -> None:
    """The first two acts."""
    act("Plan", "What would a run change? Check mode only reads. + creates, - removes, ~ updates, ↕ moves; place: whose plan it is.")
    playbook(env, "apply", "--check")
    expect(not cloud.writes(), "check mode wrote something")
    act("Apply", "The run writes the same plan, and keeps a snapshot of what it changes in build/demo/snapshots.")
    playbook(env, "apply")
    wrote = len(cloud.writes())
    expect(wrote > 0, "nothing was applied")
    say(f"It wrote everything in the plan, with {wrote} requests. A second run finds nothing to do:")
    expect("No changes" in playbook(env, "apply") and len(cloud.writes()) == wrote, "a second run wrote something")


def drift_and_repair(cloud: Cloud, env: dict[str, str]) -> None:
    """The third and fourth act."""
    act("Drift", "Two people change something by hand. In the Meraki dashboard, Dana gives every device in Berlin the policy Staff.")
    say("In the ESET console, somebody assigns USB control to the servers. The audit says what differs, and who may have done it:")
    cloud.meraki.changes.add(ORGANIZATION, "Systems Manager > Policies", "Sentry policy added", network_id=BERLIN)
    cloud.meraki.add_sentry(BERLIN, [{"smNetworkId": "N_24329157", "scope": "all", "tags": [], "groupPolicyId": STAFF}])
    cloud.eset.assign(USB_CONTROL, *SERVERS)
    playbook(env, "audit", "-e", "audit_recent_changes_days=1")
    report = json.loads((REPORT / "drift.json").read_text(encoding="utf-8"))
    verdicts = {tenant["name"]: tenant["verdict"] for tenant in report["tenants"]}
    expect(verdicts == {"example_health": "drifted", "example_clinics": "in_sync"}, f"the report says {verdicts}")
    say("Only Meraki has a change log for its API. Its second entry, by Administrator 9001, is act 2 itself.")
    say("The last policy of a network wins: with Staff for all at its end, Berlin no longer quarantines noncompliant devices.")
    act("Repair", "Applying the desired state again removes what the two people added, and nothing else.")
    before = len(cloud.writes())
    playbook(env, "apply")
    expect(len(cloud.writes()) == before + 2, "the repair was to be two requests")
    groups = [policy["groupPolicyId"] for policy in cloud.meraki.sentry(ORGANIZATION)[BERLIN]]
    expect(groups == ["100", "101", "102"], "the drift is still there")


def mistake(cloud: Cloud, env: dict[str, str]) -> None:
    """The last act."""
    act("Mistake", "Somebody commits a desired state that lists no policies for all branches. max_removals stops the run:")
    before = len(cloud.writes())
    output = playbook(env, "apply", "--limit", "example_health", "-e", "@tests/demo/mistake.yml", fails=True)
    expect("max_removals" in output and len(cloud.writes()) == before, "the mistake was not refused")


def act(name: str, what: str) -> None:
    """Print the heading of an act."""
    print(f"\n{coloured(f'{next(NUMBERS)}. {name}', 'bold')}", flush=True)
    say(what)


#: Of the acts.
NUMBERS = itertools.count(1)


def say(text: str) -> None:
    """Print what happens, in words."""
    print("\n".join(textwrap.wrap(text, WIDTH + 10)), flush=True)


def playbook(env: dict[str, str], name: str, *arguments: str, fails: bool = False) -> str:
    """Run a playbook of the collection for the tenants, show what it says, and return all that it printed."""
    shown = ["-i", "tests/demo/tenants.yml", f"secops.policy.{name}", *arguments]
    print(coloured(f"$ ansible-playbook {' '.join(shown)}", "bold"), flush=True)
    command = [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), *shown]
    done = subprocess.run(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    expect((done.returncode != 0) is fails, f"ansible-playbook ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    for line in said(done.stdout + done.stderr):
        colour = next((colour for mark, colour in _MARKS if re.match(mark, line)), None)
        print(f"  {coloured(line, 'red' if fails else colour)}", flush=True)
    return done.stdout + done.stderr


def said(output: str) -> list[str]:
    """The lines that are the playbook's own; of an error its message."""
    error = re.search(r"\[ERROR\]: Task failed: (?:Action failed: )?(.*)", output)
    if error:
        return textwrap.wrap(error[1], WIDTH)
    return [line for line in output.partition("PLAY RECAP")[0].splitlines() if not _LEFT_OUT.match(line)]


def coloured(text: str, colour: str | None) -> str:
    """The text in a colour, on a terminal whose user wants that (https://no-color.org)."""
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\033[{_COLOURS[colour]}m{text}\033[0m" if wanted and colour else text


if __name__ == "__main__":
    sys.exit(main())
