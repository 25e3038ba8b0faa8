#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Systems Manager Sentry group policies the networks of a Meraki organization give to which enrolled devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: meraki_sentry_assignments
short_description: Assign group policies to enrolled devices with Meraki Systems Manager Sentry
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Says, for the networks of a Cisco Meraki organization, which group policy Systems Manager Sentry gives to which enrolled devices.
  - Each network has an ordered list of Sentry policies. The order is the priority, B(highest priority last), as in the API and the
    reverse of the dashboard's table.
  - Reads the whole organization once, plans, and writes only if something differs. A change takes one request that carries the complete
    organization, so that networks which are not listed keep their policies however the vendor reads what the request replaces.
  - Existing policies are found by O(config[].policies[].policy_id), else by their content, and keep their ids.
extends_documentation_fragment:
  - secops.policy.states
  - secops.policy.meraki
options:
  config:
    description:
      - The networks and their Sentry policies.
      - Required in every state but V(gathered). An empty list is an error, but for O(state=overridden) with O(max_removals).
      - A null counts as left out, except for O(config[].policies), where it is an error.
    type: list
    elements: dict
    suboptions:
      network_id:
        description:
          - The network's id. An entry has this, or O(config[].network), or O(config[].network_tags).
        type: str
      network:
        description:
          - The network's name, exactly. One request reads the organization's networks.
        type: str
      network_tags:
        description:
          - Every network that carries all of these tags gets the entry's policies. Tags that match no network are an error.
          - Such an entry can hold neither O(config[].policies[].policy_id) nor O(config[].policies[].group_policy_id), for each network
            has its own.
        type: list
        elements: str
      policies:
        description:
          - The network's Sentry policies, highest priority last.
          - Required with O(state=merged), O(state=replaced) and O(state=overridden), where an empty list clears the network.
          - With O(state=deleted) left out to clear the network, else the policies that are to go.
        type: list
        elements: dict
        suboptions:
          policy_id:
            description:
              - The Sentry policy's id. With O(state=merged) only the fields that are given beside it change.
              - An id that is not there any more is matched by content, else the policy is created anew, with a warning. An id of another
                network is an error.
            type: str
          sm_network_id:
            description:
              - The id of the Systems Manager network in which the devices are enrolled. This or O(config[].policies[].sm_network) is
                required.
            type: str
          sm_network:
            description:
              - The name of the Systems Manager network in which the devices are enrolled, exactly.
            type: str
          scope:
            description:
              - Which devices get the group policy, all of them, none, or those that have all or any of O(config[].policies[].tags), or do
                not.
            type: str
            choices: [all, none, withAll, withAny, withoutAll, withoutAny]
          tags:
            description:
              - Device tags. Required for the scopes V(withAll), V(withAny), V(withoutAll) and V(withoutAny), empty for V(all) and V(none).
              - They compare as a set.
            type: list
            elements: str
          group_policy_id:
            description:
              - The id of the group policy, which belongs to one network. This or O(config[].policies[].group_policy) is required.
            type: str
          group_policy:
            description:
              - The name of the group policy, exactly, looked up in the network of the entry.
              - One request for each network where names are used.
            type: str
notes:
  - What the vendor's PUT replaces, the listed networks or the whole organization, is not documented. This module is right under both
    readings.
  - There is no version to write against. The list is read just before the write, and again after it (O(verify)), so that a change by
    somebody else at the same moment is noticed where it can be.
  - A network that the API lists under the id of a I(locale) is read with a warning; an organization that has one is not written.
seealso:
  - module: secops.policy.meraki_private_app
  - module: secops.policy.eset_policy_assignment
"""

EXAMPLES = r"""
- name: Quarantine what is not compliant, in one branch
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

- name: Read what is there, with the names of what the ids stand for
  secops.policy.meraki_sentry_assignments:
    organization_id: "2930418"
    state: gathered
    with_names: true
  register: sentry

- name: Feed it back, which changes nothing
  secops.policy.meraki_sentry_assignments:
    organization_id: "2930418"
    state: overridden
    config: "{{ sentry.gathered }}"

- name: Take one policy away, wherever it stands in the list
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

- name: See the request without a connection
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
  description: Whether something was written, or in check mode would be.
  returned: always
  type: bool
before:
  description: The networks that change, as they were, in the shape of O(config). Empty when nothing changes.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample: [{network_id: N_24329156, policies: []}]
after:
  description:
    - The same networks as they are now; in check mode, and with O(verify=false) where the API does not tell, as planned.
    - An id that only the server can give is missing in what is planned.
    - After a failure it is what was planned.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample:
    - network_id: N_24329156
      policies:
        - {policy_id: "1284392014819", sm_network_id: N_24329157, scope: withAny, tags: [compliant], group_policy_id: "101"}
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
      sample: network Branch Berlin (N_1)
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
    network Branch Berlin (N_1)
      + withAny compliant → Staff
      - all → Guests (1284392014819)
    Plan: 1 to create, 0 to update, 0 to move, 1 to delete; 3 unchanged.
requests:
  description:
    - The writes that were made, or in check mode would be, in order, each with C(method), C(path) and C(body).
    - The body shows the networks that change; C(untouched) counts those that it carries along unchanged.
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
  description: How many Sentry policies of the networks concerned were C(created), C(updated), C(moved), C(deleted) and left C(unchanged).
  returned: in the states that write, once there is a plan
  type: dict
  sample: {created: 1, updated: 0, moved: 0, deleted: 0, unchanged: 4}
plan_digest:
  description: A sha256 of what the plan changes. The same change has the same digest, for O(expected_plan).
  returned: in the states that write, once there is a plan
  type: str
stats:
  description: What the run cost, in C(reads), C(writes), C(retries) and C(waited_seconds).
  returned: always
  type: dict
  sample: {reads: 2, writes: 1, retries: 0, waited_seconds: 0.0}
ambiguous_names:
  description:
    - The names that would not say which object is meant if they stood in O(config) in place of ids, by the field of O(config). Several
      objects have such a name, or one that looks like it.
  returned: with O(state=gathered) and O(with_names=true)
  type: dict
gathered:
  description: The organization's networks and their policies, in the shape of O(config).
  returned: with O(state=gathered)
  type: list
  elements: dict
place:
  description:
    - The organization that was read, C(vendor) and the C(organization)'s id, also where it is given by name.
    - The same organization has the same place, to be compared as a whole.
  returned: in the states that write, once there is a plan, and with O(state=gathered)
  type: dict
  sample: {vendor: meraki, organization: "2930418"}
source:
  description: The organization that was read, as a URL.
  returned: with O(state=gathered)
  type: str
http_status:
  description: The status with which the server refused to be read.
  returned: when that ended the run
  type: int
rendered:
  description: The request, without a connection; C(partial) says that it does not carry the whole organization and is not to be sent.
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
  sample: [{path: "config[0].policies[1].scope", message: "'some' is not one of: all, none, withAll, withAny, withoutAll, withoutAny"}]
"""

from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.config import ARGUMENTS
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.resource import SentryAssignments
from ansible_collections.secops.policy.plugins.module_utils._runner.module import run


def main() -> None:
    run(SentryAssignments, ARGUMENTS)


if __name__ == "__main__":
    main()
