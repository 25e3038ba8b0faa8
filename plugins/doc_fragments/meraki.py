# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options of the Meraki modules."""

from __future__ import annotations


class ModuleDocFragment:
    """Key, base and organization."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The Dashboard API key. For check mode and O(state=gathered), the key of a read-only administrator is enough.
      - If not set, the environment variable E(MERAKI_DASHBOARD_API_KEY) is used.
    type: str
  base_url:
    description:
      - The base URL of the API. Other Meraki clouds have their own, such as V(https://api.meraki.ca/api/v1).
      - Plain http is an error, unless the host is the machine on which the task runs.
      - If not set, the environment variable E(MERAKI_DASHBOARD_BASE_URL) is used.
    type: str
    default: https://api.meraki.com/api/v1
  organization_id:
    description:
      - The ID of the organization. You must set this or O(organization), except with O(state=rendered).
      - If not set, the environment variable E(MERAKI_ORGANIZATION_ID) is used, unless O(organization) is set.
    type: str
  organization:
    description:
      - The exact name of the organization. The task sends one additional request, which lists the organizations that the key can see.
    type: str
  recent_changes_days:
    description:
      - Where the plan changes something, read the organization's change log of so many days and return in RV(recent_changes) the entries
        that may explain the difference. V(0) turns it off. At most V(365).
      - This is one request for the newest 5000 entries, in a run after the writes. It takes at most 10 seconds, and waits count to
        O(retry_timeout). A run that changes nothing sends no additional request.
      - If somebody else made the same API call while the run wrote, one more request asks whose key this is, to tell the two apart.
      - If the log cannot be read, or the API key may not read it, the task warns and goes on.
    type: int
    default: 0
"""
