#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_validate
short_description: Internal, validate a desired state for the role validate
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Internal to the role P(secops.policy.validate#role). Use the role.
  - Finds all errors in a desired state that the modules would find before they connect to a vendor. Runs on the controller, does not
    connect to a vendor, and needs no credentials.
options:
  desired_state:
    description: The desired state, a dictionary with an entry for each module.
    type: raw
  modules:
    description: The modules whose entries to validate.
    type: list
    elements: str
    # generated: choices and default
    choices: [eset_policy_assignment, meraki_sentry_assignments, meraki_private_app]
    default: [eset_policy_assignment, meraki_sentry_assignments, meraki_private_app]
    # end of generated
attributes:
  check_mode:
    support: full
    description: The task changes nothing.
  diff_mode:
    support: none
    description: The task changes nothing.
"""

EXAMPLES = r"""
- name: Validate a desired state
  secops.policy.policy_validate:
    desired_state:
      meraki_private_app:
        state: merged
        config:
          - name: Jira
            description: Tickets
"""

RETURN = r"""
modules:
  description: The modules whose entries were validated.
  returned: success
  type: list
  elements: str
errors:
  description: All errors, each with C(path) and C(message), and with C(file) and C(line) if Ansible knows them.
  returned: always
  type: list
  elements: dict
  sample: [{path: "secops_policy.meraki_private_app.config[0].name", message: "is required"}]
msg:
  description: A summary of the validation, or the errors.
  returned: always
  type: str
"""
