# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options of the ESET modules."""

from __future__ import annotations


class ModuleDocFragment:
    """Credentials, region, deployment and base."""

    DOCUMENTATION = r"""
options:
  username:
    description:
      - The user who signs in. Needs the permission I(Use) on Policies and on Groups & Computers; reading is enough for check mode and
        O(state=gathered).
      - If not set, the environment variable E(ESET_USERNAME) is used, unless O(access_token) is set in the task.
    type: str
  password:
    description:
      - The password of O(username).
      - If not set, the environment variable E(ESET_PASSWORD) is used, unless O(access_token) is set in the task.
    type: str
  access_token:
    description:
      - A token that was got elsewhere. It is used first; once it is refused, and O(username) and O(password) are given too, the module
        signs in.
      - If not set, the environment variable E(ESET_ACCESS_TOKEN) is used, unless O(username) or O(password) is set in the task.
    type: str
  region:
    description:
      - Where the tenant is, for O(deployment=cloud).
      - If not set, the environment variable E(ESET_REGION) is used.
    type: str
    choices: [eu, de, us, ca, jpn]
    default: eu
  deployment:
    description:
      - V(cloud) is ESET Connect, V(on_prem) a server of ESET PROTECT On-Prem.
      - If not set, the environment variable E(ESET_DEPLOYMENT) is used.
    type: str
    choices: [cloud, on_prem]
    default: cloud
  base_url:
    description:
      - One origin for everything, such as V(https://SERVER:9443). Required for O(deployment=on_prem); for V(cloud) it replaces the three
        hosts of the region.
      - Plain http is refused, unless the host is this machine.
      - If not set, the environment variable E(ESET_BASE_URL) is used.
    type: str
  scope:
    description:
      - A device group, by name or by id, such as the company of one customer of an MSP. The task is then limited to this group, the groups
        below it, static and dynamic, and the devices in them. Everything else does not exist for the task, also with O(state=overridden)
        and O(state=gathered), and names are looked up inside only.
      - A listed target outside of the scope is an error before the first write. Subscriptions belong to no group and are outside of every
        scope.
      - If not set, the scope is every target whose assignments the credentials can see.
    type: dict
    suboptions:
      device_group:
        description:
          - The group's name, exactly, where that is unique; else its path from the group All, such as V(All/Customers/Acme).
        type: str
      device_group_uuid:
        description:
          - The id of the group. This or O(scope.device_group) is required. If both are set, they must agree.
        type: str
"""
