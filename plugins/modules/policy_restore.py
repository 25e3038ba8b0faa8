#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_restore
short_description: Internal, compare a snapshot with the current state for the role restore
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Internal to the role P(secops.policy.restore#role). Use the role.
  - Reads a snapshot that the role P(secops.policy.apply#role) has written, compares it with the current state, and checks the plans that
    restore it. Runs on the controller, and does not connect to a vendor.
options:
  step:
    description:
      - V(read) finds the snapshot, and returns which modules the role must read.
      - V(compare) returns the options that restore the snapshot.
      - V(check) checks the plans, and fails with all errors that it finds.
      - V(account) returns the result of each step.
    type: str
    choices: [read, compare, check, account]
    required: true
  desired_state:
    description: The desired state, for V(read). Unknown modules and options in it are errors.
    type: raw
  snapshot_dir:
    description:
      - The folder with the snapshots, for V(read). The task uses the newest snapshot of the host.
      - If the newest snapshot is a symbolic link, belongs to another user, is writable by others than its owner, or has a date in the
        future, the task fails. It does not use an older snapshot instead.
    type: str
  snapshot:
    description: The path of a snapshot. With V(read), it is used instead of the newest snapshot, whoever owns the file.
    type: str
  present:
    description:
      - The name of the variable in which a loop registered the gathered current state, for V(compare) and V(check). You can also give a
        dictionary that names one such variable for each module.
    type: raw
  plans:
    description: Like O(present), but for the results in check mode, for V(check) and V(account).
    type: raw
  options:
    description:
      - The options of the role. C(modules) are the modules to restore. The default is all modules.
      - C(force) also restores units that have changed since the snapshot. A snapshot of another organization or tenant is always an error.
    type: dict
    default: {}
  outcomes:
    description: The result of each step by name, for V(account).
    type: dict
    default: {}
  locks:
    description: The locks that V(check) has taken, for V(account), which releases them.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: The task never writes.
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

- name: Write a snapshot
  secops.policy.policy_apply:
    step: begin
    plans:
      meraki_private_app: planned
    snapshot_dir: snapshots

- name: Read the newest snapshot of the host
  secops.policy.policy_restore:
    step: read
    snapshot_dir: snapshots
  register: kept

- name: Read the current state
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: gathered
  register: present

- name: Compare the snapshot with the current state
  secops.policy.policy_restore:
    step: compare
    snapshot: "{{ kept.snapshot }}"
    present:
      meraki_private_app: present
    options:
      force: false
"""

RETURN = r"""
snapshot:
  description: The path of the snapshot. Empty if the host has no snapshot.
  returned: with O(step=read)
  type: str
modules:
  description: The modules in the snapshot.
  returned: with O(step=read)
  type: list
  elements: str
looked_at:
  description: The modules that the role must read before it compares, because they create and delete objects.
  returned: with O(step=read)
  type: list
  elements: str
plans:
  description: The names of the steps that restore something.
  returned: with O(step=compare)
  type: list
  elements: str
options:
  description: The options of the module for each of RV(plans), as JSON in which nothing looks like a template.
  returned: with O(step=compare)
  type: str
locks:
  description: The paths of the locks that keep other runs from the same organization or tenant.
  returned: with O(step=check)
  type: list
  elements: str
steps:
  description: The steps whose plans change something.
  returned: with O(step=check)
  type: list
  elements: str
digests:
  description: The C(plan_digest) of each of RV(steps).
  returned: with O(step=check)
  type: dict
summary:
  description:
    - The C(state), C(plan_digest) and counts of each step.
  returned: with O(step=account)
  type: dict
msg:
  description: The snapshot that was found, the summary in one line, or the errors.
  returned: with O(step=read) and O(step=account), and on failure
  type: str
errors:
  description: All errors, each with C(path) and C(message), and with C(file) and C(line) if Ansible knows them.
  returned: on failure
  type: list
  elements: dict
"""
