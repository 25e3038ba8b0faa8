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
      - The ESET user to sign in as. The user needs the permission I(Use) on Policies and on Groups & Computers. For check mode and
        O(state=gathered), read access is enough.
      - If not set, the environment variable E(ESET_USERNAME) is used, unless O(access_token) is set in the task.
    type: str
  password:
    description:
      - The password for O(username).
      - If not set, the environment variable E(ESET_PASSWORD) is used, unless O(access_token) is set in the task.
    type: str
  access_token:
    description:
      - An access token that you have obtained elsewhere. The task uses it first. If ESET rejects the token, and O(username) and O(password)
        are set too, the task signs in with them.
      - If not set, the environment variable E(ESET_ACCESS_TOKEN) is used, unless O(username) or O(password) is set in the task.
    type: str
  region:
    description:
      - The region of the tenant, for O(deployment=cloud).
      - If not set, the environment variable E(ESET_REGION) is used.
    type: str
    choices: [eu, de, us, ca, jpn]
    default: eu
  deployment:
    description:
      - V(cloud) is ESET Connect. V(on_prem) is an ESET PROTECT On-Prem server.
      - If not set, the environment variable E(ESET_DEPLOYMENT) is used.
    type: str
    choices: [cloud, on_prem]
    default: cloud
  base_url:
    description:
      - The base URL of all requests, such as V(https://SERVER:9443). Required for O(deployment=on_prem). With V(cloud), it replaces the
        three hosts of the region.
      - Plain http is an error, unless the host is the machine on which the task runs.
      - If not set, the environment variable E(ESET_BASE_URL) is used.
    type: str
  scope:
    description:
      - A device group, by name or by ID, such as the group of one customer of an MSP. It limits the task, in all states, to this group, all
        static and dynamic groups below it, and the devices in them. Names are looked up inside this group.
      - If a listed target is outside the group, the task fails before the first write. Subscriptions do not belong to a group. They are
        outside every group.
      - If not set, the task manages all targets whose assignments the credentials can see.
    type: dict
    suboptions:
      device_group:
        description:
          - The exact name of the group, if it is unique. Otherwise its path from the group All, such as V(All/Customers/Example Dental).
        type: str
      device_group_uuid:
        description:
          - The ID of the group. You must set this or O(scope.device_group). If you set both, they must agree.
        type: str
"""
