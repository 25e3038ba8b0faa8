# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``meraki_sdk_calls.py URL``: calls of Meraki's own client, which is where Python imports ``meraki`` from.

Standard input holds ``[[section, method, arguments], ...]`` as JSON. A list of what each call returned comes out, or, of one that was
refused, ``{"status": ..., "message": ...}``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import meraki


def main(url: str) -> None:
    dashboard = meraki.DashboardAPI(
        "demo-key",
        base_url=url,
        output_log=False,
        print_console=False,
        suppress_logging=True,
        caller="App/1.0 Vendor",
        maximum_retries=1,
    )
    json.dump([_called(dashboard, *call) for call in json.load(sys.stdin)], sys.stdout)


def _called(dashboard: Any, section: str, method: str, arguments: dict[str, Any]) -> Any:
    try:
        return getattr(getattr(dashboard, section), method)(**arguments)
    except meraki.APIError as error:
        return {"status": error.status, "message": error.message}


if __name__ == "__main__":
    main(sys.argv[1])
