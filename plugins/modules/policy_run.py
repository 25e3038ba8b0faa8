#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_run
short_description: Run a module with the options of a tree's entry
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Runs one of the modules of this collection with the options that an entry of a tree (C(secops_policy)) gives, and returns what the
    module returns.
  - Made for the roles of this collection. Written out as a task of its own, with C(default(omit)) for each option, an entry would
    keep C(module_defaults) from having a say.
options:
  module:
    description: The module, by its short name.
    type: str
    choices: [eset_policy_assignment, meraki_sentry_assignments, meraki_private_app]
    required: true
  entry:
    description: The tree's entry. It beats O(variables), and they beat C(module_defaults). What is no option of the module is left out.
    type: dict
    default: {}
  variables:
    description: Options from variables. One that says whom to reach in another way than the entry does, such as by id, is left out.
    type: dict
    default: {}
  connection_only:
    description: Whether to take only how to reach the vendor from the entry, and not what is to be done.
    type: bool
    default: false
  options:
    description: Options that beat all others.
    type: dict
    default: {}
attributes:
  check_mode:
    support: full
    description: As the module.
  diff_mode:
    support: full
    description: As the module.
"""

EXAMPLES = r"""
- name: Plan what an entry asks for
  secops.policy.policy_run:
    module: meraki_private_app
    entry:
      organization_id: "2930418"
      config:
        - name: Jira
          description: Tickets
  check_mode: true
  register: planned

- name: Do just that
  secops.policy.policy_run:
    module: meraki_private_app
    entry:
      organization_id: "2930418"
      config:
        - name: Jira
          description: Tickets
    options:
      expected_plan: "{{ planned.plan_digest }}"
"""

RETURN = r"""
changed:
  description: This and everything else is as the module returns it.
  returned: always
  type: bool
"""
