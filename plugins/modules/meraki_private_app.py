#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents and runs the module: private applications in Cisco Secure Connect."""

from __future__ import annotations

DOCUMENTATION = r"""
module: meraki_private_app
short_description: Manage private applications in Cisco Secure Connect
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Creates, changes, renames and removes private applications in a Cisco Meraki organization with Secure Connect. One task manages all of
    them.
  - Works with both of the vendor's APIs, private applications and private resources, which appear to be the successor. O(api) chooses
    between them.
  - Reads all applications with one request, plans, and writes only the applications that differ. Writes run concurrently within
    O(rate_limit).
  - Finds an application by O(config[].application_id), or by O(config[].resource_id) with private resources, otherwise by its exact name.
  - Compares values by their meaning. A bare IPv4 address equals its /32 network. The order of ports and addresses has no meaning. The
    options for browser access do not count if no destination has browser access.
extends_documentation_fragment:
  - secops.policy.states
  - secops.policy.meraki
options:
  config:
    description:
      - The applications to manage.
      - Required unless O(state=gathered). An empty list is an error unless O(state=overridden) and O(max_removals) is set.
      - A null counts as omitted.
      - With O(state=merged), attributes that an entry omits stay as they are. With O(state=replaced) and O(state=overridden), they return
        to their defaults.
      - With O(state=deleted) and O(state=gathered), O(config[].application_id), O(config[].resource_id) and O(config[].name) select the
        applications.
    type: list
    elements: dict
    suboptions:
      application_id:
        description:
          - The ID of the application. If you set a different O(config[].name) beside it, the application is renamed. With O(state=deleted)
            and O(state=gathered), ID and name must agree.
          - If no application has this ID, the module matches by name. If nothing matches, it creates a new application and warns.
          - If an entry has an ID, the module checks some of the vendor's rules only for values that change. You can therefore apply a
            gathered configuration again.
          - With private resources, this option is ignored with a warning.
        type: str
      resource_id:
        description:
          - The ID of the private resource. It corresponds to O(config[].application_id) on private applications. The two APIs use separate
            IDs, and an ID of one API has no meaning in the other.
          - With private applications, this option is ignored with a warning.
        type: str
      name:
        description:
          - The name of the application, unique in the organization. It can contain letters of any script, digits, spaces and hyphens.
          - A name that differs from an existing name only in case is an error.
          - You can use the name of an existing application if another entry of the same task renames that application.
          - Required with O(state=replaced) and O(state=overridden), and for a new application.
        type: str
      description:
        description:
          - The description of the application. An empty string removes it.
        type: str
      destinations:
        description:
          - The destinations of the application. This list replaces all existing destinations.
          - With private resources, all access types must have the same addresses and ports. Anything else is an error.
          - Required with O(state=replaced) and O(state=overridden), and for a new application.
        type: list
        elements: dict
        suboptions:
          destination_addr:
            description:
              - IPv4 addresses, networks in CIDR notation, or host names. The module does not check host names. The vendor does.
              - With private applications and browser access, a network in CIDR notation is an error. The vendor does not support IPv6.
              - With private resources and network access, host names may not work, and the task warns.
            type: list
            elements: str
          protocol_ports:
            description:
              - The protocols with their ports. List every protocol only once.
            type: list
            elements: dict
            suboptions:
              protocol:
                description:
                  - The protocol, such as V(TCP). With private applications, browser access allows only V(TCP). With private resources,
                    V(any) and other protocols of the vendor are possible.
                type: str
              ports:
                description:
                  - Ports and port ranges from 1 to 65535, separated by commas, such as V(443,8000-8080). This is a string, not a list.
                type: str
          access_type:
            description:
              - How users reach the destination. V(browser) is access with a browser, V(network) is access over the network, and V(client)
                is access with the vendor's client. V(client) needs private resources.
            type: str
            choices: [browser, network, client]
      app_protocol:
        description:
          - The protocol between the proxy and the application, such as V(https). Only for browser access. An empty string removes it.
          - Private resources do not have this attribute. With private resources and browser access, a value other than an empty string is
            an error.
        type: str
      sni:
        description:
          - The TLS server name (SNI) to request, a domain. Only for browser access. An empty string removes it.
          - Private resources do not have this attribute. With private resources and browser access, a value other than an empty string is
            an error.
        type: str
      ssl_verification_enabled:
        description:
          - Whether the proxy verifies the certificate of the application. Only for browser access. The vendor's default is V(true).
          - Private resources do not have this attribute. With private resources and browser access, V(false) is an error.
        type: bool
      application_groups:
        description:
          - The names of application groups. With O(state=merged), the application joins these groups and stays in its other groups. An
            empty list then has no effect, and the task warns. With O(state=replaced) and O(state=overridden), the application is in exactly
            these groups.
          - The task sends one additional request, which lists the groups. If no group has the name, the task fails, unless you set
            O(create_groups).
        type: list
        elements: str
      application_group_ids:
        description:
          - The IDs of application groups, instead of O(config[].application_groups). IDs do not need the additional request. If you set
            both, they must agree.
          - With private resources, this option is ignored with a warning. If you do not set O(config[].application_groups) as well, the
            application keeps its groups.
        type: list
        elements: str
      resource_group_ids:
        description:
          - The IDs of groups of private resources. They correspond to O(config[].application_group_ids) on private applications.
          - With private applications, this option is ignored with a warning. If you do not set O(config[].application_groups) as well, the
            application keeps its groups.
        type: list
        elements: str
  api:
    description:
      - The vendor's API that manages the applications of the organization.
      - With V(auto), the task reads private resources first. On a 404 response, it uses V(private_applications). If private resources
        exist, it uses V(private_resources). If none exist, it reads private applications too. If private applications exist, it uses
        V(private_applications) and warns. Otherwise it uses V(private_resources). Any other response is an error.
      - With O(state=rendered), V(auto) means V(private_applications).
      - One task never writes to both.
    type: str
    choices: [auto, private_applications, private_resources]
    default: auto
  create_groups:
    description:
      - Whether to create missing groups of O(config[].application_groups). With O(state=deleted), this option has no effect, and a group
        name that does not exist is an error.
      - The task reads the list of groups twice before it creates the first group.
    type: bool
    default: false
  force:
    description:
      - Whether to delete an application that rules still use. With V(false), the vendor refuses the deletion, and the task fails.
      - The API for private resources cannot force a deletion. With private resources, V(true) is an error if the plan deletes a resource.
    type: bool
    default: false
  allow_group_removal:
    description:
      - Whether a plan may remove the last application of a group, in any state. The vendor may delete such a group. A deleted group cannot
        be restored with the same ID.
      - Every such group counts as one removal for O(max_removals).
    type: bool
    default: false
  deprecation_warning:
    description:
      - Whether to warn about the status of the vendor's API. Both APIs are in early access. The vendor has marked private applications as
        deprecated. Private resources are a beta.
    type: bool
    default: true
notes:
  - Opt your organization in to early access for Secure Connect first. The vendor has marked private applications as deprecated. Private
    resources are a beta.
  - The vendor copies private resources to Umbrella. If the vendor reports that this failed for a resource that the task has just written,
    the task fails and quotes the report. For other resources, the task warns.
  - The module removes an application from its groups before it deletes the application. If the vendor refuses the deletion, the module adds
    the application to its groups again.
  - The module creates and changes applications before it deletes any. It changes this order to free a name, to stay within the limit of 300
    private applications, or to keep at least one application in a group.
  - You can swap the names of two applications by ID. One application then has a temporary name for a moment. If a run is interrupted at
    this point, the next run completes the swap.
  - Every PUT contains all fields of an application, because the vendor does not document what happens to omitted fields. RV(requests) shows
    the complete body.
seealso:
  - module: secops.policy.meraki_sentry_assignments
  - module: secops.policy.eset_policy_assignment
"""

EXAMPLES = r"""
- name: Create one application for browser access and one for network access
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

- name: Add a port and keep all other attributes
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    config:
      - name: Ticket Desk
        destinations:
          - destination_addr: [172.16.0.21]
            protocol_ports: [{protocol: TCP, ports: "443,8443"}]
            access_type: browser

- name: Read the current configuration, with names beside the IDs
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: gathered
    with_names: true
  register: applications

- name: Apply the same configuration, which changes nothing
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: overridden
    max_removals: 0
    config: "{{ applications.gathered }}"

- name: Rename an application by its ID
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    config:
      - application_id: "{{ (applications.gathered | selectattr('name', 'equalto', 'Ticket Desk') | first).application_id }}"
        name: Service Desk

- name: Remove two applications
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: deleted
    max_removals: 2
    config:
      - name: Service Desk
      - name: Building Control

- name: Add an application to a group, and create the group if it is missing
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

- name: Show the requests without a connection
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
  description: Whether the task wrote something, or in check mode would write something.
  returned: always
  type: bool
before:
  description: The applications that are changed or deleted, before the change, in the shape of O(config). Empty if nothing changes.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
after:
  description:
    - The applications that are created or changed, after the change. In check mode, they are shown as planned.
    - Planned applications do not contain IDs that the server assigns. The ID of a group that does not exist yet is C(<new>).
    - Private resources have C(resource_id) and C(resource_group_ids) instead of C(application_id) and C(application_group_ids). They do not
      have the attributes for browser access.
    - After a failure, this is the planned state.
  returned: in the states that write, once there is a plan
  type: list
  elements: dict
  sample:
    - application_id: "183456"
      name: Jira
      description: ""
      destinations:
        - {destination_addr: [172.16.0.1/32], protocol_ports: [{protocol: TCP, ports: "443"}], access_type: browser}
      app_protocol: https
      sni: ""
      ssl_verification_enabled: true
      application_group_ids: ["1122321"]
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
      sample: application Wiki (183457)
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
    + application Jira
    ~ application Wiki (183457): description: nothing → The team wiki
    Plan: 1 to create, 1 to update, 0 to move, 0 to delete; 3 unchanged.
requests:
  description:
    - The write requests that the task sent, or in check mode would send, in order. Each has C(method), C(path) and C(body).
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
    - The number of applications that were, or in check mode would be, C(created), C(updated) and C(deleted). C(unchanged) is the number of
      listed applications that do not change. C(moved) is always 0.
    - C(groups_removed) lists the groups that lose their last application, with C(id) and C(name).
    - C(groups_created) lists the names of the new groups.
  returned: in the states that write, once there is a plan
  type: dict
  sample: {created: 2, updated: 1, moved: 0, deleted: 0, unchanged: 297, groups_removed: [], groups_created: []}
api:
  description: The API in use, V(private_applications) or V(private_resources).
  returned: once it is known
  type: str
  sample: private_applications
plan_digest:
  description: A SHA-256 digest of the planned changes, for O(expected_plan). The same changes have the same digest.
  returned: in the states that write, once there is a plan
  type: str
recent_changes:
  description:
    - Entries of the organization's change log that may explain why something differs, newest first, at most 50.
    - Does not contain entries of networks, unrelated API calls, or the writes of this run. Old and new values are never kept.
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
      description: Null, because applications belong to no network.
      returned: always
      type: str
    page:
      description: The page of the dashboard, or C(via API) for an API call.
      returned: always
      type: str
      sample: via API
    label:
      description: What was changed. For an API call, its method and path.
      returned: always
      type: str
      sample: PUT /api/v1/organizations/2930418/secureConnect/privateApplications/183456
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
  sample: {reads: 2, writes: 3, retries: 0, waited_seconds: 0.0}
ambiguous_names:
  description:
    - The names that you cannot use in O(config) instead of IDs, by field of O(config). Several objects have such a name, or a name that
      looks like it.
  returned: with O(state=gathered) and O(with_names=true)
  type: dict
gathered:
  description: The organization's applications, in the shape of O(config).
  returned: with O(state=gathered)
  type: list
  elements: dict
place:
  description:
    - The organization that was read. C(vendor) is V(meraki). C(organization) is the ID of the organization, also if you set its name.
      C(api) is part of the place because IDs belong to one API.
    - To find out whether two results come from the same organization and API, compare the whole dictionary.
  returned: in the states that write, once there is a plan, and with O(state=gathered)
  type: dict
  sample: {vendor: meraki, organization: "2930418", api: private_applications}
source:
  description: The organization that was read, as a URL.
  returned: with O(state=gathered)
  type: str
http_status:
  description: The HTTP status with which the server refused a read.
  returned: if the server refused a read
  type: int
rendered:
  description:
    - 'The requests that would create the applications. Groups that you set by name appear as C({"name": ...}).'
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
  sample: [{path: "config[0].destinations[0].protocol_ports[0].ports", message: "'70000': ports are 1 to 65535"}]
"""

from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.config import ARGUMENTS
from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_private_app.resource import PrivateApplications
from ansible_collections.secops.policy.plugins.module_utils._runner.module import run


def main() -> None:
    run(PrivateApplications, ARGUMENTS)


if __name__ == "__main__":
    main()
