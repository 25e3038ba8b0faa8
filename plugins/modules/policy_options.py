#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_options
short_description: Internal, convert the options of a role
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Returns the options of the role that contains the task. Converts each option to its type in the role's C(meta/argument_specs.yml), and
    adds the defaults of omitted options. For example, the text C(false) from C(-e) becomes a boolean and does not count as true.
  - Ansible checks the variables of a role against these types, but does not convert them.
  - If a variable has nearly the name of an option that is not set, such as C(audit_formatz), the task warns or fails, depending on
    O(strict). If it has nearly the name of a variable that all roles read, such as C(secops_polcy), the task fails.
  - With the tag C(always), it warns if C(--tags) selects no other task of the role, and then returns no options.
  - Internal to the roles of this collection. Runs on the controller, and does not connect to a vendor.
options:
  argument_spec:
    description:
      - The options with their types, in the form of C(argument_specs.yml). The default is the specification of the role that contains the
        task.
    type: dict
  prefix:
    description: The prefix of the option names. The default is the name of the role and C(_).
    type: str
  required:
    description: Variables without which the role has nothing to do. If one is missing, the task fails and names it.
    type: list
    elements: str
    default: []
  files:
    description:
      - Options that name a file. If one is set and its file does not exist, the task fails. An empty value is an error, unless the option
        has a default.
    type: list
    elements: str
    default: []
  strict:
    description: Whether a variable that has nearly the name of an option is an error. By default, it is a warning.
    type: bool
    default: false
  tolerant:
    description:
      - Whether the task succeeds if C(secops_policy) cannot be evaluated. The error is then in RV(desired), and RV(modules) is empty.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: The task changes nothing.
  diff_mode:
    support: none
    description: The task changes nothing.
"""

EXAMPLES = r"""
# In a role of this collection, you can omit both options.
- name: Convert the options
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

- name: Use the options
  ansible.builtin.assert:
    that:
      - not nightly.options.fail_on_drift
      - "'audit' in nightly.options.jobs"
"""

RETURN = r"""
options:
  description:
    - The options that begin with O(prefix), by name without the prefix.
    - Options without a value and without a default are not included. A null counts as omitted.
  returned: success
  type: dict
  sample: {snapshot_dir: snapshots, require_expected_plans: false}
given:
  description: The options that are set to something else than the default of the role, by name without the prefix.
  returned: success
  type: list
  elements: str
  sample: [snapshot_dir]
desired:
  description:
    - A description of C(secops_policy), read from the variables of the task, if the role has this option. C(modules) contains the C(state)
      and C(scope) of each module. C(errors) contains the errors of the variable as a whole.
  returned: success
  type: dict
modules:
  description: The modules of this collection that manage a resource, in the order in which the roles apply them.
  returned: success
  type: list
  elements: str
steps:
  description:
    - The steps in which roles write, each with C(name), C(module) and C(looks_again). If C(looks_again) is true and the step fails, the
      role plans again to find out how much was done. The steps are the same for every host.
  returned: success
  type: list
  elements: dict
host:
  description: The host whose options these are. It tells results apart that a task with C(run_once) has registered for all hosts.
  returned: with RV(desired)
  type: str
  sample: example_health
play_uuid:
  description: The play in which the task ran. It identifies results that an earlier play has registered.
  returned: with RV(desired)
  type: str
  sample: 02fc0000-0001-5c90-57de-000000000001
msg:
  description: The errors in the options.
  returned: on failure
  type: str
"""
