# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.cloud``: the stand-in in the foreground, for looking around."""

from __future__ import annotations

import argparse
import contextlib
import time

from . import Cloud
from .demo import API_KEY, ESET_PASSWORD, ESET_USER, ORGANIZATION, seed_demo


def main() -> None:
    """Serve until interrupted. The first line printed is the URL."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.cloud", description="The embedded stand-in for the vendors' clouds, on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", choices=("demo", "none"), default="demo")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second; 0 for no limit")
    parser.add_argument("--print-url", action="store_true", help="print the URL and nothing else")
    given = parser.parse_args()
    cloud = Cloud()
    cloud.latency = given.latency
    cloud.limit(given.rate or None)
    if given.seed == "demo":
        seed_demo(cloud)
    cloud.start(given.port)
    print(cloud.url, flush=True)
    if not given.print_url:
        _explain(cloud, given.seed)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
    cloud.stop()


def _explain(cloud: Cloud, seed: str) -> None:
    print(f"  Meraki base_url {cloud.meraki_url}, ESET base_url {cloud.eset_url}")
    if seed == "demo":
        print(f"  api_key {API_KEY}, organization_id {ORGANIZATION}; username {ESET_USER}, password {ESET_PASSWORD}")
    print(f"  GET {cloud.url}/_cloud/state and /_cloud/log to look, POST /_cloud/faults and /_cloud/clear; Ctrl-C ends it", flush=True)


if __name__ == "__main__":
    main()
