#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ordered stack of ESET policies a device, a device group or a subscription has."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eset_policy_assignment
short_description: Assign ordered stacks of policies to devices, device groups and subscriptions in ESET PROTECT
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Says which policies, in which order, devices, device groups and subscriptions have, in ESET Connect and in ESET PROTECT On-Prem.
  - Each of these targets has a stack of policies. A rank is a position in the stack, 1 is the first. Policies are applied from rank 1 on,
    so that a later one usually overrides an earlier one, unless a setting is forced.
  - Reads all assignments once, plans, and writes only what differs, with the fewest moves. All assignments of all targets are made first,
    then all moves, then all removals, so that a failure on the way never leaves a target without what it had and is to keep.
  - What the policies contain is not touched.
extends_documentation_fragment:
  - secops.policy.states
  - secops.policy.eset
options:
  config:
    description:
      - The targets and their policies.
      - Required in every state but V(gathered). An empty list is an error, but for O(state=overridden) with O(max_removals).
      - A null counts as left out, except for O(config[].policies), where it is an error.
    type: list
    elements: dict
    suboptions:
      target:
        description:
          - What the policies are assigned to, by id or by name. Required; of one kind, and each target in one entry only.
          - A device or device group that gets a new assignment is looked up before the first write. A subscription cannot be looked up.
        type: dict
        suboptions:
          device_uuid:
            description:
              - The device's id.
            type: str
          device:
            description:
              - The device's name, exactly. Names may repeat; one that fits several devices is an error that lists them.
            type: str
          device_group_uuid:
            description:
              - The id of a static or dynamic device group.
            type: str
          device_group:
            description:
              - The group's name, exactly, where that is unique; else its path from the group All, such as V(All/Servers/Berlin).
            type: str
          subscription_uuid:
            description:
              - The subscription's id. The API lists no subscriptions, so that there is no name for one.
            type: str
      policies:
        description:
          - The policies, rank 1 first. Each may be listed once.
          - With O(state=merged) the listed policies follow the listed order and what is not listed keeps its own. Those that are assigned
            already change places among themselves. A missing one is placed directly after its predecessor in the list, else before its
            successor, else last.
          - With O(state=replaced) and O(state=overridden) the order of the list is the stack, and an empty list clears the target.
          - With O(state=deleted) left out to clear the target, else the policies that are to go.
        type: list
        elements: dict
        suboptions:
          policy_uuid:
            description:
              - The policy's id. This or O(config[].policies[].policy) is required. One that gets assigned has to be among the policies that
                the credentials can see.
            type: str
          policy:
            description:
              - The policy's name, exactly.
            type: str
          rank:
            description:
              - The position in the stack that the policy is to have, from 1, for O(state=merged) only. The listed policies without a rank
                follow the listed order around it.
              - A rank above the end places the policy last, with a warning. No rank can be given twice in an entry.
              - Assignments that the credentials cannot see have ranks too. Positions are counted among those that can be seen.
            type: int
notes:
  - Success is the API's word. Devices fetch their policies when they next connect.
  - A policy that is assigned twice to one target is listed once, at its first place, with a warning. With O(state=replaced) and
    O(state=overridden) the extra copies are removed.
  - ESET Connect may answer a request with a pending response. The module fetches the real one, waiting for it inside O(retry_timeout).
    Where an answer is lost, it reads what is there before it writes anything again.
seealso:
  - module: secops.policy.meraki_sentry_assignments
  - module: secops.policy.meraki_private_app
"""

EXAMPLES = r"""
- name: Harden the servers in Berlin, whatever else is assigned to them
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

- name: Give a group exactly these policies, in this order
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

- name: Read what is there, with the names of what the ids stand for
  secops.policy.eset_policy_assignment:
    state: gathered
    with_names: true
  register: eset

- name: Feed it back, which changes nothing
  secops.policy.eset_policy_assignment:
    state: overridden
    config: "{{ eset.gathered }}"

- name: Give one customer of an MSP exactly these policies
  secops.policy.eset_policy_assignment:
    scope:
      device_group: All/Customers/Example Dental
    state: overridden
    config:
      - target:
          device_group: All/Customers/Example Dental
        policies:
          - policy: Baseline

- name: Take one policy off a device
  secops.policy.eset_policy_assignment:
    state: deleted
    config:
      - target:
          device: web-01
        policies:
          - policy: Web server exclusions

- name: Clear what is assigned to a subscription
  secops.policy.eset_policy_assignment:
    state: deleted
    max_removals: 10
    config:
      - target:
          subscription_uuid: e85f7a10-9c3d-4b52-a7d6-1f2e3d4c0001

- name: See the requests without a connection
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
  description: Whether something was written, or in check mode would be.
  returned: always
  type: bool
before:
  description: The targets that change, as they were, in the shape of O(config). Empty when nothing changes.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample: [{target: {device_group_uuid: 7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0002}, policies: []}]
after:
  description: The same targets as they are now; in check mode, after a failure, and with O(verify=false), as planned.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample:
    - target: {device_group_uuid: 7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0002, device_group: Berlin}
      policies:
        - {policy_uuid: 4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e0002, policy: Server hardening}
diff:
  description:
    - An entry for each unit that changes. C(before_header) and C(after_header) name the unit in words, C(before) and C(after) are its two
      states as text, with names where they are known.
    - Empty when nothing changes.
  returned: with C(--diff), in the states that write
  type: list
  elements: dict
  contains:
    before_header:
      description: The unit in words.
      returned: always
      type: str
      sample: device group All/Servers (00000000-0000-0000-7001-000000000001)
    after_header:
      description: The same.
      returned: always
      type: str
    before:
      description: The unit as it is.
      returned: always
      type: str
    after:
      description: The unit as it is to be.
      returned: always
      type: str
plan_text:
  description:
    - The plan for people. A line for each object that changes, grouped by unit, with C(+), C(~), C(-) or C(↕) first and names before ids.
      The last line has the counts.
    - C(No changes.) when there are none.
  returned: in the states that write, once there is a plan
  type: str
  sample: |-
    device group All/Servers (00000000-0000-0000-7001-000000000001)
      + Server hardening (00000000-0000-0000-8001-000000000001)
    Plan: 1 to create, 0 to update, 0 to move, 0 to delete; 3 unchanged.
requests:
  description:
    - The writes that were made, or in check mode would be, in order, each with C(method), C(path) and C(body).
    - In a path C(<new>) stands for the id of an assignment that is yet to be made.
    - A write whose outcome is not known has C(outcome=unknown).
  returned: always
  type: list
  elements: dict
pending:
  description: The planned writes that were not made; one whose outcome is not known says so in C(outcome).
  returned: on failure
  type: list
  elements: dict
summary:
  description:
    - How many assignments of the targets concerned were C(created), C(moved), C(deleted) and left C(unchanged). C(updated) is always 0, for
      an assignment has nothing else that could change.
  returned: in the states that write, once there is a plan
  type: dict
  sample: {created: 1, updated: 0, moved: 1, deleted: 0, unchanged: 4}
plan_digest:
  description: A sha256 of what the plan changes. The same change has the same digest, for O(expected_plan).
  returned: in the states that write, once there is a plan
  type: str
stats:
  description: What the run cost, in C(reads), C(writes), C(retries) and C(waited_seconds).
  returned: always
  type: dict
  sample: {reads: 3, writes: 1, retries: 0, waited_seconds: 0.0}
ambiguous_names:
  description:
    - The names that would not say which object is meant if they stood in O(config) in place of ids, by the field of O(config). Several
      objects have such a name, or one that looks like it.
  returned: with O(state=gathered) and O(with_names=true)
  type: dict
gathered:
  description: The targets that have assignments, and their stacks, in the shape of O(config).
  returned: with O(state=gathered)
  type: list
  elements: dict
place:
  description:
    - The tenant that was read, C(vendor), the C(host) of policy management with its port, and C(scope), the id of the group that O(scope)
      names. It is empty without O(scope).
    - The same tenant has the same place, to be compared as a whole.
  returned: in the states that write, once there is a plan, and with O(state=gathered)
  type: dict
  sample: {vendor: eset, host: "eu.policy-management.eset.systems:443", scope: ""}
source:
  description: The server that was read, as a URL.
  returned: with O(state=gathered)
  type: str
http_status:
  description: The status with which the server refused to be read.
  returned: when that ended the run
  type: int
rendered:
  description:
    - 'The requests, without a connection. What is given by name is left as C({"name": ...}).'
  returned: with O(state=rendered)
  type: list
  elements: dict
errors:
  description:
    - All errors in the arguments, each with C(path) and C(message).
    - If the result would be too large for AWX, it holds the first hundred and the number of all.
  returned: when the arguments, or what they refer to, are wrong
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
