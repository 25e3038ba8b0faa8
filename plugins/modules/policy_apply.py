#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_apply
short_description: Steps of the role apply
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Judges what the modules of this collection plan for a host before anything is written, keeps a snapshot of what is about to change, and
    accounts for what was done.
  - Made for the role P(secops.policy.apply#role). Runs on the controller, and reaches no vendor.
options:
  step:
    description:
      - V(check) fails with everything that stands against the plans.
      - V(begin) writes a snapshot where something is to be changed.
      - V(account) completes the snapshot, and says what became of each module.
    type: str
    choices: [check, begin, account]
    required: true
  desired_state:
    description: The desired state, for V(check). Its modules and options must be known.
    type: raw
  plans:
    description:
      - The variables under which the modules' results in check mode are registered, by the modules' short names. Tasks that were skipped
        do not count.
      - Variables, and not what they hold, for a template may stumble over what vendors return.
    type: dict
    required: true
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
  snapshot_dir:
    description: Where the snapshot goes, for V(begin).
    type: str
  snapshot:
    description: Where the snapshot was begun, for V(account).
    type: str
  results:
    description: The variables under which what the modules did is registered, for V(account), several for each module.
    type: dict
    default: {}
  left:
    description: As O(plans), but made after a module failed, for V(account); they say how far it came.
    type: dict
    default: {}
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

- name: Complete the snapshot, and say what was done
  secops.policy.policy_apply:
    step: account
    plans:
      meraki_private_app: planned
    results:
      meraki_private_app: [applied]
    snapshot: "{{ begun.snapshot }}"
"""

RETURN = r"""
modules:
  description: The modules whose plans change something.
  returned: with O(step=check)
  type: list
  elements: str
applications_first:
  description: Whether the applications' plan only removes, so that it is to be carried out before the others.
  returned: with O(step=check)
  type: bool
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
