#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be reached through Meraki Secure Connect, and how."""

from __future__ import annotations

DOCUMENTATION = r"""
module: meraki_private_app
short_description: Manage the private applications of Cisco Secure Connect
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Creates, changes, renames and removes the private applications of a Cisco Meraki organization with Secure Connect, all of them in one
    task.
  - Works with both of the vendor's APIs, private applications and their successor, private resources. O(api) says which one.
  - Reads all applications with one request, plans, and writes only those that differ, concurrently under the vendor's rate limit.
  - An application is found by O(config[].application_id), or O(config[].resource_id) on private resources, else by its exact name.
  - Values compare by what they mean. A bare IPv4 address is its /32, ports and addresses are sets, and what concerns browser access only is
    left out where no destination has it.
extends_documentation_fragment:
  - secops.policy.states
  - secops.policy.meraki
options:
  config:
    description:
      - The applications.
      - Required in every state but V(gathered). An empty list is an error, but for O(state=overridden) with O(max_removals).
      - A null counts as left out.
      - With O(state=merged), what an entry leaves out stays as it is. With O(state=replaced) and O(state=overridden) it goes back to its
        default.
      - With O(state=deleted) and O(state=gathered) O(config[].application_id), O(config[].resource_id) and O(config[].name) say which are
        meant.
    type: list
    elements: dict
    suboptions:
      application_id:
        description:
          - The application's id. Beside another O(config[].name) it renames the application; with O(state=deleted) and O(state=gathered)
            both must agree.
          - An id that is not there any more is matched by name, else the application is created anew, with a warning.
          - The rules that only the vendor's words give are checked for an entry with an id where it differs from what is there, so that
            what was gathered can be fed back.
          - Ignored on private resources, with a warning.
        type: str
      resource_id:
        description:
          - The id on private resources, as O(config[].application_id) is the one on private applications. The two APIs have ids of their
            own, and an id of one means nothing to the other.
          - Ignored on private applications, with a warning.
        type: str
      name:
        description:
          - The name, unique in the organization. Letters of any script, digits, spaces and hyphens.
          - A name that differs from an existing one in case only is an error.
          - A name that another entry gives up, by O(config[].application_id) beside another name, is free to be taken.
          - Required with O(state=replaced) and O(state=overridden), and for a new application.
        type: str
      description:
        description:
          - A text. An empty one clears it.
        type: str
      destinations:
        description:
          - What the application consists of. When given, it replaces the present destinations as a whole.
          - On private resources every kind of access must have the same addresses and ports. Anything else is an error.
          - Required with O(state=replaced) and O(state=overridden), and for a new application.
        type: list
        elements: dict
        suboptions:
          destination_addr:
            description:
              - IPv4 addresses, or networks in CIDR notation; on private applications only single addresses for browser access. IPv6 is not
                supported by the vendor.
              - Host names are passed on for the vendor to check. On private resources they may not work with network access, which a
                warning says.
            type: list
            elements: str
          protocol_ports:
            description:
              - Protocols, each once, with their ports.
            type: list
            elements: dict
            suboptions:
              protocol:
                description:
                  - The protocol, such as V(TCP). On private applications only TCP for browser access; on private resources also V(any) and
                    whatever else the vendor takes.
                type: str
              ports:
                description:
                  - Ports and ranges from 1 to 65535, separated by commas, such as V(443,8000-8080). One text, not a list.
                type: str
          access_type:
            description:
              - Whether the destination is reached with a browser, on the network, or with the vendor's client, which is for private
                resources only.
            type: str
            choices: [browser, network, client]
      app_protocol:
        description:
          - The protocol between the proxy and the application, such as V(https). Concerns browser access only. An empty text clears it.
          - Private resources do not have it. With browser access anything but an empty text is an error there.
        type: str
      sni:
        description:
          - The server name to ask for in TLS, a domain. Concerns browser access only. An empty text clears it.
          - Private resources do not have it. With browser access anything but an empty text is an error there.
        type: str
      ssl_verification_enabled:
        description:
          - Whether the application's certificate is verified. Concerns browser access only. The vendor's default is V(true).
          - Private resources do not have it. With browser access V(false) is an error there.
        type: bool
      application_groups:
        description:
          - Names of application groups. With O(state=merged) the application joins them and leaves none, so that an empty list does
            nothing, with a warning; with O(state=replaced) and O(state=overridden) it is in exactly these.
          - One request reads the groups. A name that fits no group is an error, unless O(create_groups) is set.
        type: list
        elements: str
      application_group_ids:
        description:
          - Ids of application groups, as O(config[].application_groups) has names, and without the request that names need. Given both,
            they must agree as far as the groups are read anyway.
          - Ignored on private resources, with a warning. If there are no names beside the ids, the application keeps the groups that it
            has.
        type: list
        elements: str
      resource_group_ids:
        description:
          - Ids of groups on private resources, as O(config[].application_group_ids) are those on private applications.
          - Ignored on private applications, with a warning. If there are no names beside the ids, the application keeps the groups that it
            has.
        type: list
        elements: str
  api:
    description:
      - Which of the vendor's two APIs has the applications.
      - With V(auto), private resources are read first. A 404 response means V(private_applications). Any resource means
        V(private_resources). If there are none, private applications are read too. If there are any, they are used, with a warning, else
        private resources are. Any other response is an error.
      - With O(state=rendered), V(auto) means V(private_applications).
      - One task never writes to both.
    type: str
    choices: [auto, private_applications, private_resources]
    default: auto
  create_groups:
    description:
      - Whether to create the groups in O(config[].application_groups) that do not exist, empty, before the applications join them. Has no
        effect with O(state=deleted), where a name that fits no group is an error.
      - The list of groups is read twice before the first of them is created.
    type: bool
    default: false
  force:
    description:
      - Whether to delete an application although rules use it. Without this the vendor refuses, and so does the task.
      - Private resources cannot be deleted by force. If the plan deletes any, V(true) is an error there.
    type: bool
    default: false
  allow_group_removal:
    description:
      - Whether a plan may take its last application from a group, in any state. The vendor may remove such a group, and it cannot be
        brought back under its id.
      - A group counts as one removal for O(max_removals).
    type: bool
    default: false
  deprecation_warning:
    description:
      - Whether to warn that the vendor's API is in early access, and either marked deprecated (private applications) or a beta (private
        resources).
    type: bool
    default: true
notes:
  - The organization must have opted in to early access for Secure Connect. The vendor has marked private applications deprecated; private
    resources are a beta.
  - Private resources are written through to Umbrella. If the vendor reports that this failed for a resource that the task has just written,
    the task fails and quotes the report. For other resources it is a warning.
  - An application is taken off its groups before it is deleted. If the deletion is refused, it is put back into them.
  - What frees a name comes before what takes it, what makes room at the limit of 300 private applications before what needs it, and what
    joins a group before its last application leaves. Apart from that everything is created and changed before anything is deleted.
  - Two names can be swapped, by id. One of the applications then has a temporary name for a moment. A run that is interrupted there is
    completed by the next.
  - RV(requests) has an application's whole body, for what the vendor's PUT does to a field that is left out is not documented.
seealso:
  - module: secops.policy.meraki_sentry_assignments
  - module: secops.policy.eset_policy_assignment
"""

EXAMPLES = r"""
- name: One application for the browser, one on the network
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    config:
      - name: Ticket Desk
        description: Where tickets live
        destinations:
          - destination_addr: [172.16.0.21]
            protocol_ports: [{protocol: TCP, ports: "443"}]
            access_type: browser
        app_protocol: https
        sni: tickets.example.com
        application_groups: [Westcoast]
      - name: Building Control
        destinations:
          - destination_addr: [10.20.0.0/24, 10.21.0.5]
            protocol_ports:
              - {protocol: TCP, ports: "502,8000-8010"}
              - {protocol: UDP, ports: "47808"}
            access_type: network

- name: Add a port, and leave everything else as it is
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    config:
      - name: Ticket Desk
        destinations:
          - destination_addr: [172.16.0.21]
            protocol_ports: [{protocol: TCP, ports: "443,8443"}]
            access_type: browser

- name: Read what is there, with the names of what the ids stand for
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: gathered
    with_names: true
  register: applications

- name: Feed it back, which changes nothing
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: overridden
    config: "{{ applications.gathered }}"

- name: Rename an application by its id
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    config:
      - application_id: "{{ (applications.gathered | selectattr('name', 'equalto', 'Ticket Desk') | first).application_id }}"
        name: Service Desk

- name: Remove applications, but never a group with them
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: deleted
    max_removals: 2
    config:
      - name: Service Desk
      - name: Building Control

- name: Put an application into a group that may not exist yet
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    create_groups: true
    config:
      - name: Building Control
        destinations:
          - destination_addr: [10.20.0.0/24]
            protocol_ports: [{protocol: TCP, ports: "502"}]
            access_type: network
        application_groups: [Facilities]

- name: See the requests without a connection
  secops.policy.meraki_private_app:
    state: rendered
    config:
      - name: Ticket Desk
        destinations:
          - destination_addr: [172.16.0.21]
            protocol_ports: [{protocol: TCP, ports: "443"}]
            access_type: browser
        application_groups: [Westcoast]
"""

RETURN = r"""
changed:
  description: Whether something was written, or in check mode would be.
  returned: always
  type: bool
before:
  description: The applications that change or go, as they were, in the shape of O(config). Empty when nothing changes.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
after:
  description:
    - The applications that are new or changed, as they are now; in check mode as planned.
    - An id that only the server can give is missing in what is planned; the id of a group that is yet to be created is C(<new>).
    - Private resources have C(resource_id) and C(resource_group_ids) in place of C(application_id) and C(application_group_ids), and none
      of the browser settings.
    - After a failure it is what was planned.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample:
    - application_id: "183456"
      name: Jira
      description: ""
      destinations:
        - {destination_addr: [172.6.0.1/32], protocol_ports: [{protocol: TCP, ports: "443"}], access_type: browser}
      app_protocol: https
      sni: ""
      ssl_verification_enabled: true
      application_group_ids: ["1122321"]
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
      sample: application Wiki (183457)
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
    + application Jira
    ~ application Wiki (183457): description: nothing → The team wiki
    Plan: 1 to create, 1 to update, 0 to move, 0 to delete; 3 unchanged.
requests:
  description:
    - The writes that were made, or in check mode would be, in order, each with C(method), C(path) and C(body).
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
    - How many applications were, or in check mode would be, C(created), C(updated) and C(deleted), and how many of those listed stay
      C(unchanged); C(moved) is always 0.
    - C(groups_removed) lists the groups that lose their last application, each with C(id) and C(name).
    - C(groups_created) lists the names of the groups that are created.
  returned: in the states that write, once there is a plan
  type: dict
  sample: {created: 2, updated: 1, moved: 0, deleted: 0, unchanged: 297, groups_removed: [], groups_created: []}
api:
  description: The API in use, V(private_applications) or V(private_resources).
  returned: as soon as it is known
  type: str
  sample: private_applications
plan_digest:
  description: A sha256 of what the plan changes. The same change has the same digest, for O(expected_plan).
  returned: in the states that write, once there is a plan
  type: str
stats:
  description: What the run cost, in C(reads), C(writes), C(retries) and C(waited_seconds).
  returned: always
  type: dict
  sample: {reads: 2, writes: 3, retries: 0, waited_seconds: 0.0}
ambiguous_names:
  description:
    - The names that would not say which object is meant if they stood in O(config) in place of ids, by the field of O(config). Several
      objects have such a name, or one that looks like it.
  returned: with O(state=gathered) and O(with_names=true)
  type: dict
gathered:
  description: The organization's applications, in the shape of O(config).
  returned: with O(state=gathered)
  type: list
  elements: dict
place:
  description:
    - The organization that was read, C(vendor) and the C(organization)'s id, also where it is given by name; and the C(api), for ids
      belong to one API.
    - The same organization and API have the same place, to be compared as a whole.
  returned: in the states that write, once there is a plan, and with O(state=gathered)
  type: dict
  sample: {vendor: meraki, organization: "2930418", api: private_applications}
source:
  description: The organization that was read, as a URL.
  returned: with O(state=gathered)
  type: str
http_status:
  description: The status with which the server refused to be read.
  returned: when that ended the run
  type: int
rendered:
  description:
    - 'The requests that would create the applications, without a connection; groups given by name are left as C({"name": ...}).'
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
  sample: [{path: "config[0].destinations[0].protocol_ports[0].ports", message: "'70000': ports are 1 to 65535"}]
"""

from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.config import ARGUMENTS
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.resource import PrivateApplications
from ansible_collections.secops.policy.plugins.module_utils._runner.module import run


def main() -> None:
    run(PrivateApplications, ARGUMENTS)


if __name__ == "__main__":
    main()
