#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_apply
short_description: Internal, check plans and keep a snapshot for the role apply
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Internal to the role P(secops.policy.apply#role). Use the role.
  - Checks the plans of this collection's modules for a host before the first write, writes a snapshot of the units that will change, and
    reports the results. Runs on the controller, and does not connect to a vendor.
options:
  step:
    description:
      - V(overlap) finds hosts of the batch that are the same tenant and would change the same objects. Run it once for all hosts.
      - V(check) checks the plans, and fails with all errors that it finds.
      - V(begin) writes a snapshot if a plan changes something.
      - V(record) writes the result of one module to the snapshot.
      - V(account) completes the snapshot, and returns the results of all modules.
    type: str
    choices: [overlap, check, begin, record, account]
    required: true
  desired_state:
    description: The desired state, for V(check). Unknown modules and options in it are errors.
    type: raw
  plans:
    description:
      - The name of the variable in which a loop over the modules registered their results in check mode. You can also give a dictionary
        that names one such variable for each module, by its short name. Skipped tasks do not count.
      - The option takes names of variables, not their values, because the values contain text from vendors that could look like a template.
    type: raw
  expected_plans:
    description:
      - The approved digests, a dictionary with the C(plan_digest) of each module. If it is not empty, every plan that changes something
        must have the digest of its module.
      - Any other value is an error.
    type: raw
    default: {}
  require_expected_plans:
    description: Whether every plan that changes something needs a digest in O(expected_plans), even if O(expected_plans) is empty.
    type: bool
    default: false
  approved:
    description:
      - The path of a C(drift.json), for V(check). Use it instead of O(expected_plans). The task takes the digests of the host from this
        report. If the report does not contain the host, or shows it as unreadable or invalid, the task fails.
    type: str
  confirm:
    description:
      - Whether the role asks before the first write, for V(check). If there is no terminal and nothing was approved, the task fails.
    type: bool
    default: false
  approved_max_age:
    description: The maximum age of the report in O(approved), in hours.
    type: float
    default: 24
  snapshot_dir:
    description: The folder for snapshots, for V(begin).
    type: str
  snapshot:
    description: The path of the snapshot, for V(record) and V(account).
    type: str
  name:
    description: The step that the role carried out, for V(record), by its name in the results of M(secops.policy.policy_options).
    type: str
  result:
    description: The name of the variable in which the result of the module is registered, for V(record).
    type: str
  left:
    description:
      - The name of the variable in which a plan after a failure is registered, for V(record). This plan shows how much the module
        completed.
    type: str
  outcomes:
    description: The result of each step by name, in the form of RV(outcome), for V(account).
    type: dict
    default: {}
  locks:
    description: The locks that V(begin) has taken, for V(account), which releases them.
    type: list
    elements: str
    default: []
  keep:
    description: The number of snapshots to keep for each host, for V(account). The newest snapshot is always kept.
    type: int
    default: 30
attributes:
  check_mode:
    support: full
    description: In check mode, the task writes no snapshot.
  diff_mode:
    support: none
    description: The modules return the diff.
"""

EXAMPLES = r"""
- name: Plan
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    config:
      - name: Jira
        description: Tickets
  check_mode: true
  register: planned
  failed_when: false

- name: Check the plan
  secops.policy.policy_apply:
    step: check
    desired_state:
      meraki_private_app:
        config:
          - name: Jira
            description: Tickets
    plans:
      meraki_private_app: planned

- name: Write a snapshot
  secops.policy.policy_apply:
    step: begin
    plans:
      meraki_private_app: planned
    snapshot_dir: snapshots
  register: begun

- name: Apply the plan
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    expected_plan: "{{ planned.plan_digest }}"
    config:
      - name: Jira
        description: Tickets
  register: applied

- name: Record the result in the snapshot
  secops.policy.policy_apply:
    step: record
    name: meraki_private_app
    result: applied
    snapshot: "{{ begun.snapshot }}"
  register: recorded

- name: Complete the snapshot
  secops.policy.policy_apply:
    step: account
    plans:
      meraki_private_app: planned
    outcomes:
      meraki_private_app: "{{ recorded.outcome }}"
    snapshot: "{{ begun.snapshot }}"
"""

RETURN = r"""
modules:
  description: The modules whose plans change something.
  returned: with O(step=check)
  type: list
  elements: str
hosts:
  description: The hosts that must not write, each with the reason.
  returned: with O(step=overlap)
  type: dict
steps:
  description: The steps that carry out these plans, by their names in the results of M(secops.policy.policy_options).
  returned: with O(step=check)
  type: list
  elements: str
digests:
  description: The C(plan_digest) of each of these plans, by module.
  returned: with O(step=check)
  type: dict
outcome:
  description: The result of a module. It has a C(state) (C(done), C(failed), C(not run)) and the number of C(made) and C(pending) requests.
  returned: with O(step=record)
  type: dict
terminal:
  description: Whether ansible-playbook runs on a terminal, so that it can ask for confirmation.
  returned: with O(step=check)
  type: bool
locks:
  description: The paths of the locks that keep other runs from the same organization or tenant.
  returned: with O(step=begin)
  type: list
  elements: str
snapshot:
  description: The path of the snapshot. Empty if nothing changes or nothing was changed.
  returned: with O(step=begin) and O(step=account)
  type: str
summary:
  description: For each module C(state) (C(unchanged), C(planned), C(done), C(failed), C(not run)), C(plan_digest) and its counts.
  returned: with O(step=account)
  type: dict
msg:
  description: The summary in one line, or the errors.
  returned: with O(step=account), and on failure
  type: str
errors:
  description: All errors, each with C(path) and C(message), and with C(file) and C(line) if Ansible knows them.
  returned: on failure, with O(step=check)
  type: list
  elements: dict
  sample: [{path: "secops_policy.meraki_private_app.config[0].name", message: "is required"}]
"""
