# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two runs against two mock servers have in common, where they did the same."""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.secops.policy.tests.mock_cloud import Cloud


def comparable(data: Any, cloud: Cloud) -> str:
    """Data without the port, the times, and what the mock server makes up: ids by the order in which they come."""
    text = re.sub(r'("waited_seconds": )[0-9.]+', r"\g<1>0", json.dumps(data, sort_keys=True)).replace(cloud.url.rpartition(":")[2], "PORT")
    known: dict[str, int] = {}
    # An ESET digest is for a host and its port, which are in the result as well.
    made_up = r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{32}\b" + (r"|\b[0-9a-f]{64}\b" if '"vendor": "eset"' in text else "")
    return re.sub(made_up, lambda found: f"id {known.setdefault(found[0], len(known))}", text)


def sent(cloud: Cloud) -> list[str]:
    """What was asked, in an order of its own, for some of it is asked at once."""
    return sorted(comparable([entry.method, entry.path, entry.query, entry.body, entry.status], cloud) for entry in cloud.log)
