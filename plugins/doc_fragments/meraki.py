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
      - The Dashboard API key. A read-only administrator's is enough for check mode and O(state=gathered).
      - If not set, the environment variable E(MERAKI_DASHBOARD_API_KEY) is used.
    type: str
  base_url:
    description:
      - Where the API is. Other clouds have their own, such as V(https://api.meraki.ca/api/v1).
      - Plain http is refused, unless the host is this machine.
      - If not set, the environment variable E(MERAKI_DASHBOARD_BASE_URL) is used.
    type: str
    default: https://api.meraki.com/api/v1
  organization_id:
    description:
      - The organization's id. This or O(organization) is required, but for O(state=rendered).
      - If not set, the environment variable E(MERAKI_ORGANIZATION_ID) is used, unless O(organization) is set.
    type: str
  organization:
    description:
      - The organization's name, exactly. One request reads the organizations that the key can see.
    type: str
"""
