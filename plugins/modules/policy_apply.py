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
  - Checks what the modules of this collection plan for a host before anything is written, keeps a snapshot of what is about to change, and
    accounts for what was done. Runs on the controller, and reaches no vendor.
options:
  step:
    description:
      - V(check) fails with everything that stands against the plans.
      - V(begin) writes a snapshot where something is to be changed.
      - V(record) says in the snapshot what became of one module.
      - V(account) completes the snapshot, and says what became of each module.
    type: str
    choices: [check, begin, record, account]
    required: true
  desired_state:
    description: The desired state, for V(check). Its modules and options must be known.
    type: raw
  plans:
    description:
      - The variable under which a task with a loop over the modules registered their results in check mode, or a dictionary with a variable
        for each module, by its short name. Tasks that were skipped do not count.
      - Variables, and not what they hold, because a template may stumble over what vendors return.
    type: raw
  expected_plans:
    description:
      - The digests that were approved, a dictionary with a C(plan_digest) for each module. Where there are any, a plan that changes
        something must have the digest that stands here for its module.
      - Anything else than such a dictionary fails.
    type: raw
    default: {}
  require_expected_plans:
    description: Whether a plan that changes something must be among O(expected_plans) also where that is empty.
    type: bool
    default: false
  approved:
    description:
      - The path of a C(drift.json), in place of O(expected_plans), for V(check). The host's digests are taken from it. If it does not hold
        the host, or holds it as unreadable or invalid, the step fails.
    type: str
  approved_max_age:
    description: How many hours old the report in O(approved) may be.
    type: float
    default: 24
  snapshot_dir:
    description: Where the snapshot goes, for V(begin).
    type: str
  snapshot:
    description: Where the snapshot was begun, for V(record) and V(account).
    type: str
  name:
    description: The step that was carried out, for V(record), as M(secops.policy.policy_options) names it.
    type: str
  result:
    description: The variable under which what the module did is registered, for V(record).
    type: str
  left:
    description: The variable under which a plan made after a failure is registered, for V(record). It says how far the module came.
    type: str
  outcomes:
    description: What became of each step, for V(account), by its name, each as RV(outcome) has it.
    type: dict
    default: {}
  locks:
    description: The locks that V(begin) has taken, for V(account), which gives them back.
    type: list
    elements: str
    default: []
  keep:
    description: How many snapshots of a host are kept, for V(account). The newest is kept always.
    type: int
    default: 30
attributes:
  check_mode:
    support: full
    description: No snapshot is written.
  diff_mode:
    support: none
    description: The modules show what changes.
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

- name: Fail with everything that is wrong
  secops.policy.policy_apply:
    step: check
    desired_state:
      meraki_private_app:
        config:
          - name: Jira
            description: Tickets
    plans:
      meraki_private_app: planned

- name: Keep what is about to change
  secops.policy.policy_apply:
    step: begin
    plans:
      meraki_private_app: planned
    snapshot_dir: snapshots
  register: begun

- name: Apply what was planned
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    expected_plan: "{{ planned.plan_digest }}"
    config:
      - name: Jira
        description: Tickets
  register: applied

- name: Say in the snapshot what became of it
  secops.policy.policy_apply:
    step: record
    name: meraki_private_app
    result: applied
    snapshot: "{{ begun.snapshot }}"
  register: recorded

- name: Complete the snapshot, and say what was done
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
steps:
  description: The steps that carry these plans out, by the names that M(secops.policy.policy_options) has for them.
  returned: with O(step=check)
  type: list
  elements: str
digests:
  description: The C(plan_digest) of each of these plans, by module.
  returned: with O(step=check)
  type: dict
outcome:
  description: What became of a module, its C(state) (C(done), C(failed), C(not run)), and how many requests are C(made) and C(pending).
  returned: with O(step=record)
  type: dict
terminal:
  description: Whether there is a terminal on which somebody can be asked.
  returned: with O(step=check)
  type: bool
locks:
  description: The paths of the locks that keep other runs from the same organization or tenant.
  returned: with O(step=begin)
  type: list
  elements: str
snapshot:
  description: The snapshot's path; empty where nothing is, or was, changed.
  returned: with O(step=begin) and O(step=account)
  type: str
summary:
  description: For each module C(state) (C(unchanged), C(planned), C(done), C(failed), C(not run)), C(plan_digest) and its counts.
  returned: with O(step=account)
  type: dict
msg:
  description: The summary in a line, or what stands against the plans.
  returned: with O(step=account), and on failure
  type: str
errors:
  description: All that stands against the plans, each with C(path) and C(message).
  returned: on failure, with O(step=check)
  type: list
  elements: dict
  sample: [{path: "secops_policy.meraki_private_app.config[0].name", message: "is required"}]
"""
