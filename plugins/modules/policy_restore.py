#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_restore
short_description: Steps of the role restore
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Reads a snapshot that the role P(secops.policy.apply#role) has kept, compares it with what is there, and checks the plans that put it
    back.
  - Made for the role P(secops.policy.restore#role). Runs on the controller, and reaches no vendor.
options:
  step:
    description:
      - V(read) finds the snapshot, and says what puts networks and targets back.
      - V(compare) says what puts the applications back.
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
  applications:
    description: The variable under which the organization's gathered applications are registered, for V(compare) and V(check).
    type: str
  plans:
    description: The variables under which the modules' results in check mode are registered, for V(check) and V(account).
    type: dict
    default: {}
  results:
    description: The variables under which what the modules did is registered, for V(account).
    type: dict
    default: {}
  force:
    description: Whether to put back also what has been changed since. A snapshot of another organization or tenant is refused in any case.
    type: bool
    default: false
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

- name: Say what puts the applications back
  secops.policy.policy_restore:
    step: compare
    snapshot: "{{ kept.snapshot }}"
    applications: present
"""

RETURN = r"""
snapshot:
  description: The snapshot's path; empty where the host has none.
  returned: with O(step=read)
  type: str
modules:
  description: The modules that the snapshot has something of; with O(step=check) the plans that change something.
  returned: with O(step=read) and O(step=check)
  type: list
  elements: str
targets:
  description: What puts ESET's targets back, as config for state replaced. JSON, in which nothing looks like a template.
  returned: with O(step=read)
  type: str
networks:
  description: What puts the Sentry policies of networks back, as config for state replaced. JSON.
  returned: with O(step=read)
  type: str
remove:
  description: The applications that go, as config for state deleted. JSON.
  returned: with O(step=compare)
  type: str
removes:
  description: How many those are.
  returned: with O(step=compare)
  type: int
put_back:
  description: The applications that are put back, as config for RV(state). JSON.
  returned: with O(step=compare)
  type: str
puts_back:
  description: How many those are.
  returned: with O(step=compare)
  type: int
state:
  description: V(replaced); V(overridden) where only one plan for the whole organization can find an order.
  returned: with O(step=compare)
  type: str
summary:
  description:
    - For each module C(state), C(plan_digest) and its counts. The applications that go are a plan of their own, and stand under
      C(meraki_private_app_removed).
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
