#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents and runs the module: Systems Manager Sentry policies in the networks of a Meraki organization."""

from __future__ import annotations

DOCUMENTATION = r"""
module: meraki_sentry_assignments
short_description: Assign group policies to enrolled devices with Meraki Systems Manager Sentry
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Manages the Systems Manager Sentry policies in the networks of a Cisco Meraki organization. A Sentry policy assigns a group policy to
    enrolled devices.
  - Each network has an ordered list of Sentry policies. The order is the priority, B(highest priority last). This is the order of the API.
    The table in the dashboard shows the reverse order.
  - Reads the whole organization once, plans, and writes only if something differs. Every change is one request that contains the complete
    organization. Networks that are not listed therefore keep their policies.
  - Finds existing policies by O(config[].policies[].policy_id), otherwise by content. Existing policies keep their IDs.
extends_documentation_fragment:
  - secops.policy.states
  - secops.policy.meraki
options:
  config:
    description:
      - The networks and their Sentry policies.
      - Required unless O(state=gathered). An empty list is an error unless O(state=overridden) and O(max_removals) is set.
      - A null counts as omitted, except for O(config[].policies), where it is an error.
    type: list
    elements: dict
    suboptions:
      network_id:
        description:
          - The ID of the network. Every entry needs this, O(config[].network), or O(config[].network_tags).
        type: str
      network:
        description:
          - The exact name of the network. To find it, the task sends one additional request, which lists the networks of the organization.
        type: str
      network_tags:
        description:
          - Every network that has all of these tags gets the policies of the entry. If no network has them all, the task fails.
          - Such an entry must not contain O(config[].policies[].policy_id) or O(config[].policies[].group_policy_id), because these IDs
            belong to one network.
        type: list
        elements: str
      policies:
        description:
          - The Sentry policies of the network, highest priority last.
          - Required with O(state=merged), O(state=replaced) and O(state=overridden). An empty list removes all policies of the network
            with O(state=replaced) and O(state=overridden), and changes nothing with O(state=merged).
          - With O(state=deleted), list the policies to remove. Omit the option to remove all policies of the network.
        type: list
        elements: dict
        suboptions:
          policy_id:
            description:
              - The ID of the Sentry policy. With O(state=merged), only the fields that you set beside it change.
              - If no policy has this ID, the module looks for a policy with the same content. If there is none, it creates a policy and
                warns. The ID of a policy in another network is an error.
            type: str
          sm_network_id:
            description:
              - The ID of the Systems Manager network in which the devices are enrolled. You must set this or
                O(config[].policies[].sm_network).
            type: str
          sm_network:
            description:
              - The exact name of the Systems Manager network in which the devices are enrolled.
            type: str
          scope:
            description:
              - The devices that get the group policy. V(all) selects every device and V(none) selects no device. V(withAll) and V(withAny)
                select the devices that have all or any of O(config[].policies[].tags). V(withoutAll) and V(withoutAny) select the devices
                without all or without any of the tags, as the dashboard calls it. Meraki does not define these scopes further.
            type: str
            choices: [all, none, withAll, withAny, withoutAll, withoutAny]
          tags:
            description:
              - Device tags. Required for the scopes V(withAll), V(withAny), V(withoutAll) and V(withoutAny). Must be empty for V(all) and
                V(none).
              - The order of the tags has no meaning.
            type: list
            elements: str
          group_policy_id:
            description:
              - The ID of the group policy. It belongs to one network. You must set this or O(config[].policies[].group_policy).
            type: str
          group_policy:
            description:
              - The exact name of the group policy in the network of the entry.
              - The task sends one additional request for each network in which you use names.
            type: str
notes:
  - Meraki does not document whether the Sentry request replaces only the listed networks or the whole organization. The module therefore
    always sends the complete organization, as read directly before.
  - The API cannot reject a write that is based on an outdated read. The module reads the list directly before the write, and again after it
    (O(verify)). It reports a concurrent change if the two reads show it.
  - If the API lists a network under the ID of a I(locale), the module reads the organization and warns, but does not write to it.
seealso:
  - module: secops.policy.meraki_private_app
  - module: secops.policy.eset_policy_assignment
"""

EXAMPLES = r"""
- name: Quarantine noncompliant devices in one branch
  secops.policy.meraki_sentry_assignments:
    organization_id: "2930418"
    config:
      - network: Branch Berlin
        policies:
          - sm_network: Corp SM
            scope: withAny
            tags: [noncompliant]
            group_policy: Quarantine

- name: Give every branch exactly these policies, the last one with the highest priority
  secops.policy.meraki_sentry_assignments:
    organization: Example Health
    state: replaced
    max_removals: 20
    config:
      - network_tags: [branch]
        policies:
          - sm_network: Corp SM
            scope: all
            group_policy: Guest
          - sm_network: Corp SM
            scope: withAll
            tags: [compliant, staff]
            group_policy: Staff
          - sm_network: Corp SM
            scope: withAny
            tags: [noncompliant]
            group_policy: Quarantine

- name: Read the current configuration, with names beside the IDs
  secops.policy.meraki_sentry_assignments:
    organization_id: "2930418"
    state: gathered
    with_names: true
  register: sentry

- name: Apply the same configuration, which changes nothing
  secops.policy.meraki_sentry_assignments:
    organization_id: "2930418"
    state: overridden
    max_removals: 0
    config: "{{ sentry.gathered }}"

- name: Remove one policy from Berlin
  secops.policy.meraki_sentry_assignments:
    organization_id: "2930418"
    state: deleted
    config:
      - network: Branch Berlin
        policies:
          - sm_network: Corp SM
            scope: withAny
            tags: [noncompliant]
            group_policy: Quarantine

- name: Find out who may have changed a branch in the last week
  secops.policy.meraki_sentry_assignments:
    organization_id: "2930418"
    state: replaced
    recent_changes_days: 7
    config:
      - network: Branch Munich
        policies:
          - sm_network: Corp SM
            scope: all
            group_policy: Guest
  check_mode: true
  register: munich

- name: Show the entries of the change log
  ansible.builtin.debug:
    var: munich.recent_changes

- name: Show the request without a connection
  secops.policy.meraki_sentry_assignments:
    state: rendered
    config:
      - network: Branch Berlin
        policies:
          - sm_network: Corp SM
            scope: none
            group_policy: Guest
"""

RETURN = r"""
changed:
  description: Whether the task wrote something, or in check mode would write something.
  returned: always
  type: bool
before:
  description: The networks that change, before the change, in the shape of O(config). Empty if nothing changes.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample: [{network_id: N_24329160, policies: []}]
after:
  description:
    - The networks of RV(before) after the change. In check mode, and with O(verify=false) where the response does not contain them, they
      are shown as planned.
    - Planned networks do not contain IDs that the server assigns.
    - After a failure, this is the planned state.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample:
    - network_id: N_24329160
      policies:
        - {policy_id: "5001", sm_network_id: N_24329157, scope: withAny, tags: [compliant], group_policy_id: "101"}
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
      sample: network Branch Berlin (N_24329160)
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
    network Branch Berlin (N_24329160)
      + withAny compliant → Staff
      - all → Guest (5000)
    Plan: 1 to create, 0 to update, 0 to move, 1 to delete; 3 unchanged.
requests:
  description:
    - The write requests that the task sent, or in check mode would send, in order. Each has C(method), C(path) and C(body).
    - C(body) shows only the networks that change. C(untouched) is the number of networks that the request contains unchanged.
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
    - The number of Sentry policies, in the networks that the task covers, that were C(created), C(updated), C(moved), C(deleted) and left
      C(unchanged).
  returned: in the states that write, once there is a plan
  type: dict
  sample: {created: 1, updated: 0, moved: 0, deleted: 0, unchanged: 4}
plan_digest:
  description: A SHA-256 digest of the planned changes, for O(expected_plan). The same changes have the same digest.
  returned: in the states that write, once there is a plan
  type: str
recent_changes:
  description:
    - Entries of the organization's change log that may explain why something differs, newest first, at most 50.
    - Does not contain entries of networks that do not change, unrelated API calls, or the writes of this run. Old and new values are never
      kept.
    - Empty if nothing changes, or if the log could not be read.
  returned: with O(recent_changes_days), in the states that write, once there is a plan
  type: list
  elements: dict
  contains:
    ts:
      description: The time of the change, as in the log.
      returned: always
      type: str
      sample: "2026-11-29T16:04:11.090210Z"
    admin:
      description: The administrator's name. If several administrators have that name, an email address or ID follows.
      returned: always
      type: str
      sample: Miles Meraki
    network_id:
      description: The network that was changed. Null if the log names none.
      returned: always
      type: str
      sample: N_24329160
    page:
      description: The page of the dashboard, or C(via API) for an API call.
      returned: always
      type: str
      sample: via API
    label:
      description: What was changed. For an API call, its method and path.
      returned: always
      type: str
      sample: PUT /api/v1/organizations/2930418/sm/sentry/policies/assignments
    certain:
      description:
        - Whether it was an API call to a path that this module writes. All other entries are candidates, because Meraki does not document
          how the dashboard logs such changes.
      returned: always
      type: bool
stats:
  description: The number of C(reads), C(writes) and C(retries), and the time spent waiting (C(waited_seconds)).
  returned: always
  type: dict
  sample: {reads: 2, writes: 1, retries: 0, waited_seconds: 0.0}
ambiguous_names:
  description:
    - The names that you cannot use in O(config) instead of IDs, by field of O(config). Several objects have such a name, or a name that
      looks like it.
  returned: with O(state=gathered) and O(with_names=true)
  type: dict
gathered:
  description: The organization's networks and their policies, in the shape of O(config).
  returned: with O(state=gathered)
  type: list
  elements: dict
place:
  description:
    - The organization that was read. C(vendor) is V(meraki). C(organization) is the ID of the organization, also if you set its name.
    - To find out whether two results come from the same organization, compare the whole dictionary.
  returned: in the states that write, once there is a plan, and with O(state=gathered)
  type: dict
  sample: {vendor: meraki, organization: "2930418"}
source:
  description: The organization that was read, as a URL.
  returned: with O(state=gathered)
  type: str
http_status:
  description: The HTTP status with which the server refused a read.
  returned: if the server refused a read
  type: int
rendered:
  description: The request for O(config). Do not send it. C(partial) means that it does not contain the whole organization.
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
  sample: [{path: "config[0].policies[1].scope", message: "'some' is not one of: all, none, withAll, withAny, withoutAll, withoutAny"}]
"""

from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.config import ARGUMENTS
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.resource import SentryAssignments
from ansible_collections.secops.policy.plugins.module_utils._runner.module import run


def main() -> None:
    run(SentryAssignments, ARGUMENTS)


if __name__ == "__main__":
    main()
