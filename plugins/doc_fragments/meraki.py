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
      - The number of days of the organization's change log to search, if the plan changes something. RV(recent_changes) contains the
        entries that may explain the difference. V(0) turns the search off. The maximum is V(365).
      - The task sends one additional request for the newest 5000 entries, in a run after the writes. It waits at most 10 seconds, and the
        time counts towards O(retry_timeout). A run that changes nothing sends no additional request.
      - If somebody else made the same API call while the run wrote, one more request finds out whose key the task uses.
      - If the task cannot read the log, it warns and continues.
    type: int
    default: 0
"""
