# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.mock_cloud``: the mock server in the foreground, for looking around."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from functools import partial

from . import Cloud
from .demo import API_KEY, ESET_PASSWORD, ESET_USER, ORGANIZATION, OTHER_ORGANIZATION, seed_demo


def main() -> None:
    """Serve until interrupted. The first line printed is the URL."""
    given = _arguments()
    cloud = Cloud()
    cloud.latency = given.latency
    cloud.limit(given.rate or None)
    cloud.fill = partial(_fill, given)
    cloud.reset()
    try:
        cloud.start(given.port)
    except OSError as error:
        sys.exit(f"Port {given.port} cannot be used: {error.strerror}. End what listens there, or choose another port with --port.")
    # At once: whoever waits for the first line may end the process as soon as it is there.
    print("\n".join([cloud.url, *([] if given.print_url else _explained(cloud, given))]), flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
    cloud.stop()


def _fill(given: argparse.Namespace, cloud: Cloud) -> None:
    cloud.meraki.private_applications = "on" if given.private_applications else "off"
    cloud.meraki.private_resources = "on" if given.private_resources else "off"
    if given.on_prem:
        cloud.eset.deployment, cloud.eset.on_prem_signin = "on_prem", "any"
    if given.seed == "demo":
        seed_demo(cloud)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mock_cloud",
        description="The embedded mock server for the vendors' clouds, on loopback. It takes this collection and the vendors' own clients.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", choices=("demo", "none"), default="demo")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second; 0 for no limit")
    parser.add_argument("--print-url", action="store_true", help="print the URL and nothing else")
    parser.add_argument("--on-prem", action="store_true", help="ESET PROTECT On-Prem: users sign in at /GetTokens")
    for name in ("applications", "resources"):
        parser.add_argument(
            f"--private-{name}", action=argparse.BooleanOptionalAction, default=True, help=f"Secure Connect has the API of private {name}"
        )
    return parser.parse_args()


def _explained(cloud: Cloud, given: argparse.Namespace) -> list[str]:
    meraki, eset = [f"MERAKI_DASHBOARD_BASE_URL={cloud.meraki_url}"], [f"ESET_BASE_URL={cloud.eset_url}"]
    meraki += [f"MERAKI_DASHBOARD_API_KEY={API_KEY}", f"MERAKI_ORGANIZATION_ID={ORGANIZATION}"] if given.seed == "demo" else []
    eset += [f"ESET_USERNAME={ESET_USER}", f"ESET_PASSWORD={ESET_PASSWORD}"] if given.seed == "demo" else []
    eset += ["ESET_DEPLOYMENT=on_prem"] if given.on_prem else []
    lines = [f"export {' '.join(variables)}" for variables in (meraki, eset)]
    lines += [f"A second organization: {OTHER_ORGANIZATION}"] if given.seed == "demo" else []
    lines += [f"GET {cloud.url}/_cloud/state and /_cloud/log to look; POST /_cloud/faults, or /_cloud/clear, which ends faults"]
    lines += [f"To begin anew: curl -X POST {cloud.url}/_cloud/reset. To end it: Ctrl-C"]
    return [f"  {line}" for line in lines]


if __name__ == "__main__":
    main()
