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
  - Writes the gathered configuration of a host to a YAML file, in the form of the desired state that the roles use. Names appear as
    comments beside IDs. Runs on the controller, and does not connect to a vendor.
options:
  dir:
    description: The folder for the file. The file is named after the host.
    type: str
    required: true
  state:
    description: The C(state) of every module in the file.
    type: str
    choices: [replaced, overridden]
    required: true
  desired_state:
    description: The desired state with the options of the modules. Unknown modules and options in it are errors.
    type: raw
  names:
    description: Whether to write names instead of IDs, wherever the name is unique.
    type: bool
    default: false
  gathered:
    description:
      - The name of the variable in which a loop over the modules registered their results with C(state=gathered) and C(with_names=true).
        You can also give a dictionary that names one such variable for each module, by its short name.
      - The file omits a module if its task was skipped, if it has no credentials, or if its API answers 403 or 404. Any other failure of a
        module fails this task.
    type: raw
    required: true
attributes:
  check_mode:
    support: full
    description: In check mode, the task reports whether the file would change.
  diff_mode:
    support: none
    description: The file can have thousands of lines. Use version control to compare it.
"""

EXAMPLES = r"""
- name: Gather
  secops.policy.meraki_private_app:
    organization_id: "2930418"
    state: gathered
    with_names: true
  register: applications
  failed_when: false

- name: Write the file
  secops.policy.policy_export:
    dir: exports
    state: replaced
    gathered:
      meraki_private_app: applications
"""

RETURN = r"""
path:
  description: The path of the file.
  returned: success
  type: str
left_out:
  description: The modules that the file omits, with the reason.
  returned: success
  type: dict
msg:
  description: The number of units of each module, or the reason why nothing was written.
  returned: always
  type: str
errors:
  description: The errors of the failed modules, each with C(path) and C(message), and with C(file) and C(line) if Ansible knows them.
  returned: on failure
  type: list
  elements: dict
"""
