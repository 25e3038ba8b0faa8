#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_options
short_description: Internal, take the options of a role
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Returns the options of the role that the task stands in, each of the type that C(meta/argument_specs.yml) of the role gives it, and with
    its default where it is left out. A text such as C(false) from C(-e) is then a boolean, and not a text that counts as true.
  - Ansible checks a role's variables against these types, and does not convert them.
  - Internal to the roles of this collection. Runs on the controller, and reaches no vendor.
options:
  argument_spec:
    description: The options with their types, in the form of C(argument_specs.yml). By default those of the role that the task stands in.
    type: dict
  prefix:
    description: What the names of the options begin with. By default the role's name with C(_) behind it.
    type: str
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
# In a role of this collection it needs neither option.
- name: Take the options
  secops.policy.policy_options:
    prefix: nightly_
    argument_spec:
      nightly_fail_on_drift:
        type: bool
        default: false
      nightly_jobs:
        type: list
        elements: str
        default: [audit]
  vars:
    nightly_fail_on_drift: "no"
  register: nightly

- name: Use them
  ansible.builtin.assert:
    that:
      - not nightly.options.fail_on_drift
      - "'audit' in nightly.options.jobs"
"""

RETURN = r"""
options:
  description:
    - The options that begin with O(prefix), by their names without it.
    - One that has neither a value nor a default is not there. A null counts as left out.
  returned: success
  type: dict
  sample: {snapshot_dir: snapshots, require_expected_plans: false}
desired:
  description:
    - What C(secops_policy) names, where it is among the options of the role, taken from the task's own variables. C(modules) holds C(state)
      and C(scope) of each module, C(errors) what is wrong with it as a whole.
  returned: success
  type: dict
modules:
  description: The modules of this collection that manage a resource, in the order in which they are applied.
  returned: success
  type: list
  elements: str
steps:
  description:
    - The steps in which roles write, each with C(name), C(module) and C(looks_again) (whether what is left has to be looked at after a
      failure). They are the same for every host.
  returned: success
  type: list
  elements: dict
play_uuid:
  description: The play in which it ran. What a task has registered is there in later plays too.
  returned: with RV(desired)
  type: str
  sample: 02fc0000-0001-5c90-57de-000000000001
msg:
  description: What is wrong with the options.
  returned: on failure
  type: str
"""
