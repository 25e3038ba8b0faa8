#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents and runs the module: the stacks of ESET policies on devices, device groups and subscriptions."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eset_policy_assignment
short_description: Assign ordered policies to devices, device groups and subscriptions in ESET PROTECT
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Manages which policies are assigned to devices, device groups and subscriptions, and in which order. Works with ESET Connect and with
    ESET PROTECT On-Prem.
  - Each of these targets has an ordered list of policies, its stack. A rank is a position in the stack. ESET applies policies from rank 1
    on. A later policy usually overrides an earlier one, unless the earlier policy forces the setting.
  - Reads all assignments once, plans, and writes only the differences, with the smallest number of moves. Creates all new assignments of
    all targets first. Moves follow, and removals come last. If a run fails in between, a target still has the policies that are in the
    stack before and after the run.
  - Does not change the content of policies.
extends_documentation_fragment:
  - secops.policy.states
  - secops.policy.eset
options:
  config:
    description:
      - The targets and their policies.
      - Required unless O(state=gathered). An empty list is an error unless O(state=overridden) and O(max_removals) is set.
      - A null counts as omitted, except for O(config[].policies), where it is an error.
    type: list
    elements: dict
    suboptions:
      target:
        description:
          - The device, device group or subscription to which the policies are assigned. Required. Set exactly one kind of target, by ID or
            by name. List every target in only one entry.
          - Before the first write, the task checks that devices and device groups with new assignments exist. It cannot check
            subscriptions.
        type: dict
        suboptions:
          device_uuid:
            description:
              - The ID of the device.
            type: str
          device:
            description:
              - The exact name of the device. If several devices have this name, the task fails and lists them.
            type: str
          device_group_uuid:
            description:
              - The ID of a static or dynamic device group.
            type: str
          device_group:
            description:
              - The exact name of the group, if it is unique. Otherwise its path from the group All, such as V(All/Servers/Berlin).
            type: str
          subscription_uuid:
            description:
              - The ID of the subscription. You cannot use a name, because the API does not list subscriptions.
            type: str
      policies:
        description:
          - The policies, rank 1 first. List every policy only once.
          - With O(state=merged), listed policies that are already assigned are sorted into the listed order. They use the same positions as
            before. Policies that are not listed keep their order. A new policy is placed directly after the policy before it in your list,
            otherwise before the policy after it, otherwise last.
          - With O(state=replaced) and O(state=overridden), the list is the complete stack. An empty list removes all assignments of the
            target.
          - With O(state=deleted), list the policies to remove. Omit the option to remove all assignments of the target.
        type: list
        elements: dict
        suboptions:
          policy_uuid:
            description:
              - The ID of the policy. You must set this or O(config[].policies[].policy). The credentials must be able to see every policy
                that the task assigns.
            type: str
          policy:
            description:
              - The exact name of the policy.
            type: str
          rank:
            description:
              - The position of the policy in the stack, from 1. Only for O(state=merged). The other listed policies follow the listed order
                around it.
              - If the rank is larger than the stack, the policy is placed last, and the task warns. Use every rank only once in an entry.
              - Assignments that the credentials cannot see also have ranks. The module counts positions only among the assignments that it
                can see.
            type: int
notes:
  - The task succeeds when the API confirms the changes. Devices receive their policies the next time they connect.
  - If a policy is assigned twice to one target, results list it once, at its first position, with a warning. O(state=replaced) and
    O(state=overridden) remove the extra copies.
  - ESET Connect may answer a request with a pending response. The module then waits for the final response, within O(retry_timeout). If a
    response is lost, the module reads the current assignments before it writes again.
seealso:
  - module: secops.policy.meraki_sentry_assignments
  - module: secops.policy.meraki_private_app
"""

EXAMPLES = r"""
# The first example sets the credentials. The others take them from the environment or from module_defaults.

- name: Harden the servers in Berlin and keep their other policies
  secops.policy.eset_policy_assignment:
    username: api@example.com
    password: "{{ vault_eset_password }}"
    region: eu
    config:
      - target:
          device_group: All/Servers/Berlin
        policies:
          - policy: Updates at night
          - policy: Server hardening
            rank: 1

- name: Assign exactly these policies to a group, in this order
  secops.policy.eset_policy_assignment:
    state: replaced
    max_removals: 5
    config:
      - target:
          device_group: Workstations
        policies:
          - policy: Baseline
          - policy: Workstation protection
          - policy: USB control

- name: Read the current configuration, with names beside the IDs
  secops.policy.eset_policy_assignment:
    state: gathered
    with_names: true
  register: eset

- name: Apply the same configuration, which changes nothing
  secops.policy.eset_policy_assignment:
    state: overridden
    max_removals: 0
    config: "{{ eset.gathered }}"

- name: Assign exactly these policies to one customer of an MSP
  secops.policy.eset_policy_assignment:
    scope:
      device_group: All/Customers/Example Dental
    state: overridden
    config:
      - target:
          device_group: All/Customers/Example Dental
        policies:
          - policy: Baseline

- name: Remove one policy from a device
  secops.policy.eset_policy_assignment:
    state: deleted
    config:
      - target:
          device: web-01
        policies:
          - policy: Web server exclusions

- name: Remove all policies from a subscription
  secops.policy.eset_policy_assignment:
    state: deleted
    max_removals: 10
    config:
      - target:
          subscription_uuid: e85f7a10-9c3d-4b52-a7d6-1f2e3d4c0001

- name: Show the requests without a connection
  secops.policy.eset_policy_assignment:
    state: rendered
    config:
      - target:
          device_group: Workstations
        policies:
          - policy: Baseline
"""

RETURN = r"""
changed:
  description: Whether the task wrote something, or in check mode would write something.
  returned: always
  type: bool
before:
  description: The targets that change, before the change, in the shape of O(config). Empty if nothing changes.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample: [{target: {device_group_uuid: 7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0002}, policies: []}]
after:
  description:
    - The targets of RV(before) after the change. In check mode, after a failure, and with O(verify=false), they are shown as planned.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample:
    - target: {device_group_uuid: 7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0002, device_group: Berlin}
      policies:
        - {policy_uuid: 4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e0002, policy: Server hardening}
diff:
  description:
    - One entry for each unit that changes. C(before_header) and C(after_header) name the unit. C(before) and C(after) show it as text, with
      names where they are known.
    - Empty if nothing changes.
  returned: with C(--diff), in the states that write
  type: list
  elements: dict
  contains:
    before_header:
      description: The kind, name and ID of the unit.
      returned: always
      type: str
      sample: device group Servers (7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0001)
    after_header:
      description: Equal to C(before_header).
      returned: always
      type: str
    before:
      description: The unit before the change.
      returned: always
      type: str
    after:
      description: The unit after the change.
      returned: always
      type: str
plan_text:
  description:
    - The plan as text. It has one line for each object that changes, grouped by unit. Each line starts with C(+) (create), C(~) (update),
      C(-) (delete) or C(↕) (move). Names come before IDs. The last line has the counts.
    - C(No changes.) if nothing changes.
  returned: in the states that write, once there is a plan
  type: str
  sample: |-
    device group Servers (7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0001)
      + Baseline (4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e0001)
    Plan: 1 to create, 0 to update, 0 to move, 0 to delete; 3 unchanged.
requests:
  description:
    - The write requests that the task sent, or in check mode would send, in order. Each has C(method), C(path) and C(body).
    - In a path, C(<new>) stands for the ID of an assignment that does not exist yet.
    - A write with an unknown outcome has C(outcome=unknown).
  returned: always
  type: list
  elements: dict
pending:
  description: The planned write requests that were not carried out. A write with an unknown outcome has C(outcome=unknown).
  returned: on failure
  type: list
  elements: dict
summary:
  description:
    - The number of assignments, of the targets that the task covers, that were C(created), C(moved), C(deleted) and left C(unchanged).
      C(updated) is always 0, because an assignment has no other attribute that could change.
  returned: in the states that write, once there is a plan
  type: dict
  sample: {created: 1, updated: 0, moved: 1, deleted: 0, unchanged: 4}
plan_digest:
  description: A SHA-256 digest of the planned changes, for O(expected_plan). The same changes have the same digest.
  returned: in the states that write, once there is a plan
  type: str
stats:
  description: The number of C(reads), C(writes) and C(retries), and the time spent waiting (C(waited_seconds)).
  returned: always
  type: dict
  sample: {reads: 3, writes: 1, retries: 0, waited_seconds: 0.0}
ambiguous_names:
  description:
    - The names that you cannot use in O(config) instead of IDs, by field of O(config). Several objects have such a name, or a name that
      looks like it.
  returned: with O(state=gathered) and O(with_names=true)
  type: dict
gathered:
  description: The targets that have assignments, with their stacks, in the shape of O(config).
  returned: with O(state=gathered)
  type: list
  elements: dict
place:
  description:
    - The tenant that was read. C(vendor) is V(eset). C(host) is the host and port of policy management. C(scope) is the ID of the group
      that O(scope) names, and is empty without O(scope).
    - To find out whether two results come from the same tenant, compare the whole dictionary.
  returned: in the states that write, once there is a plan, and with O(state=gathered)
  type: dict
  sample: {vendor: eset, host: "eu.policy-management.eset.systems:443", scope: ""}
source:
  description: The server that was read, as a URL.
  returned: with O(state=gathered)
  type: str
http_status:
  description: The HTTP status with which the server refused a read.
  returned: if the server refused a read
  type: int
rendered:
  description:
    - 'The requests for O(config). Objects that you set by name appear as C({"name": ...}).'
  returned: with O(state=rendered)
  type: list
  elements: dict
errors:
  description:
    - All errors in the arguments, each with C(path) and C(message), and with C(file) and C(line) if Ansible knows them.
    - If the result would be too large for AWX, it holds the first hundred errors and the total number.
  returned: if the arguments, or objects that they refer to, are wrong
  type: list
  elements: dict
  sample: [{path: "config[0].policies[1].rank", message: "config[0].policies[0] has the rank 1 already"}]
"""

from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.config import ARGUMENTS
from ansible_collections.secops.policy.plugins.module_utils._resources.eset_policy_assignment.resource import PolicyAssignments
from ansible_collections.secops.policy.plugins.module_utils._runner.module import run


def main() -> None:
    run(PolicyAssignments, ARGUMENTS)


if __name__ == "__main__":
    main()
