#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_restore
short_description: Internal, compare a snapshot with what is there for the role restore
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Internal to the role P(secops.policy.restore#role). Use the role.
  - Reads a snapshot that the role P(secops.policy.apply#role) has kept, compares it with what is there, and checks the plans that put it
    back. Runs on the controller, and reaches no vendor.
options:
  step:
    description:
      - V(read) finds the snapshot, and says which modules have to be read.
      - V(compare) says what puts everything back.
      - V(check) fails with everything that stands against the plans.
      - V(account) says what became of each.
    type: str
    choices: [read, compare, check, account]
    required: true
  desired_state:
    description: The desired state, for V(read). Its modules and options must be known.
    type: raw
  snapshot_dir:
    description:
      - Where the snapshots are, for V(read). The host's newest is taken.
      - If that is a symbolic link, belongs to another user, can be written to by others than its owner, or is dated in the future, the task
        fails. It takes no older one in its place.
    type: str
  snapshot:
    description: The snapshot's path. With V(read) it is taken in place of the newest, whoever it belongs to.
    type: str
  present:
    description:
      - The variable under which a task with a loop registered what is there, gathered, for V(compare) and V(check), or a dictionary with a
        variable for each module.
    type: raw
  plans:
    description: As O(present), but the results in check mode, for V(check) and V(account).
    type: raw
  options:
    description:
      - The options of the role. C(modules) are the modules to put back, by default all.
      - C(force) also puts back what has been changed since. A snapshot of another organization or tenant is refused in any case.
    type: dict
    default: {}
  outcomes:
    description: What became of each step, for V(account), by its name.
    type: dict
    default: {}
  locks:
    description: The locks that V(check) has taken, for V(account), which gives them back.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Writes nothing in any case.
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

- name: Keep what is about to change
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

- name: Read what is there
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: gathered
  register: present

- name: Say what puts it back
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
  description: The snapshot's path; empty where the host has none.
  returned: with O(step=read)
  type: str
modules:
  description: The modules that the snapshot has something of.
  returned: with O(step=read)
  type: list
  elements: str
looked_at:
  description: The modules that have to be read, because what they manage is created and deleted, and not only changed.
  returned: with O(step=read)
  type: list
  elements: str
plans:
  description: The names of the steps that put something back.
  returned: with O(step=compare)
  type: list
  elements: str
options:
  description: The options of the module for each of RV(plans). JSON, in which nothing looks like a template.
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
    - For each step C(state), C(plan_digest) and its counts.
  returned: with O(step=account)
  type: dict
msg:
  description: What was found, the summary in a line, or what stands against the plans.
  returned: with O(step=read) and O(step=account), and on failure
  type: str
errors:
  description: All that stands against the plans, each with C(path) and C(message).
  returned: on failure
  type: list
  elements: dict
"""
