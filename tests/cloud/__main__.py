# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.cloud``: the stand-in in the foreground, for looking around."""

from __future__ import annotations

import argparse
import time

from . import Cloud
from .demo import seed_demo


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud", description="The embedded stand-in for the vendors' clouds, on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", choices=("demo", "none"), default="demo")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second; 0 for no limit")
    given = parser.parse_args()
    cloud = Cloud()
    cloud.latency = given.latency
    cloud.limit(given.rate or None)
    if given.seed == "demo":
        seed_demo(cloud)
    cloud.start(given.port)
    print(cloud.url, flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        cloud.stop()


if __name__ == "__main__":
    main()
