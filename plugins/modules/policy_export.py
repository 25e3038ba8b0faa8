#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_export
short_description: Internal, write the file of the role export
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Internal to the role P(secops.policy.export#role). Use the role.
  - Writes what the modules of this collection gathered of a host to a YAML file, as the desired state that the roles take, with the names
    behind ids as comments. Runs on the controller, and reaches no vendor.
options:
  dir:
    description: Where the file goes, named after the host.
    type: str
    required: true
  state:
    description: The state of each entry.
    type: str
    choices: [replaced, overridden]
    required: true
  desired_state:
    description: The desired state with the modules' options. Its modules and options must be known.
    type: raw
  names:
    description: Whether names stand in place of ids, wherever a name says which object is meant.
    type: bool
    default: false
  gathered:
    description:
      - The variable under which a task with a loop over the modules registered their results with C(state=gathered) and
        C(with_names=true), or a dictionary with a variable for each module, by its short name.
      - One whose task was skipped, that has no credentials, or whose API answers 403 or 404, is left out; any other failure is one of
        this task.
    type: raw
    required: true
attributes:
  check_mode:
    support: full
    description: Says whether the file would change.
  diff_mode:
    support: none
    description: A file of thousands of lines is better compared by what keeps its versions.
"""

EXAMPLES = r"""
- name: Gather
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: gathered
    with_names: true
  register: applications
  failed_when: false

- name: Write
  secops.policy.policy_export:
    dir: exports
    state: replaced
    gathered:
      meraki_private_app: applications
"""

RETURN = r"""
path:
  description: The file's path.
  returned: success
  type: str
left_out:
  description: The modules that are not in the file, with the reason.
  returned: success
  type: dict
msg:
  description: How many units there are of each module, or why nothing was written.
  returned: always
  type: str
errors:
  description: Why modules failed, each with C(path) and C(message).
  returned: on failure
  type: list
  elements: dict
"""
