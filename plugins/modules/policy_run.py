#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_run
short_description: Internal, run a module with an entry of the desired state
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Runs one of the modules of this collection with the options that an entry of a desired state (C(secops_policy)) gives, and returns what
    the module returns. It runs where the module itself would, on the controller unless C(secops_policy_run_on) is C(host).
  - Internal to the roles of this collection. Written out as a task of its own, with C(default(omit)) for each option, an entry would
    keep C(module_defaults) from having a say, and a variable that cannot be evaluated would count as one that is not there.
  - Credentials of the entry, of variables, of C(module_defaults) and of the environment are masked in what it returns.
  - What the entry does not say of whom to reach and how comes from the host's variables, then from C(module_defaults), then from the
    environment. One that says it in another way than the entry does, such as by id, is left out. One that cannot be evaluated fails the
    task before anything is connected to.
  # generated: each variable
  - The variables are
    C(eset_username),
    C(eset_password),
    C(eset_access_token),
    C(eset_region),
    C(eset_deployment),
    C(eset_base_url),
    C(eset_scope),
    C(meraki_api_key),
    C(meraki_base_url),
    C(meraki_organization_id),
    and C(meraki_organization).
  # end of generated
options:
  module:
    description: The module, by its short name.
    type: str
    # generated: choices
    choices: [eset_policy_assignment, meraki_sentry_assignments, meraki_private_app]
    # end of generated
    required: true
  entry:
    description: The entry of the desired state, a dictionary of the module's options. What is no option of the module is left out.
    type: raw
  connection_only:
    description: Whether to take only how to reach the vendor from the entry, and not what is to be done.
    type: bool
    default: false
  options:
    description: Options that beat all others.
    type: dict
    default: {}
  tolerant:
    description:
      - Whether a module that fails is a result like any other, with RV(failure), so that an audit does not print it as an error.
    type: bool
    default: false
attributes:
  async:
    support: none
    description: Does not support being run with C(async).
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
play_uuid:
  description: The play in which it ran. What a task has registered is there in later plays too.
  returned: always
  type: str
  sample: 02fc0000-0001-5c90-57de-000000000001
module:
  description: The module that ran, by its short name.
  returned: always
  type: str
  sample: meraki_private_app
failure:
  description: Why the module failed.
  returned: with O(tolerant), if it did
  type: str
warned:
  description: The warnings of the module. In a loop, Ansible takes them out of the items' results.
  returned: always
  type: list
  elements: str
outcome:
  description:
    - What became of it, its C(state) (C(done), C(failed), C(not run) where nothing was written), and how many requests were C(made) and are
      C(pending).
  returned: always
  type: dict
  sample: {state: done, made: 2, pending: 0}
desired:
  description:
    - What the task was asked for, as far as a report on it has to know, C(state), C(scope) (the organization, where the entry says it) and
      C(units), the units that the entry names. C(units) is null where they are too many to travel with a result.
  returned: without O(connection_only)
  type: dict
  sample: {state: replaced, scope: "2930418", units: [{network: Branch Berlin}]}
changed:
  description: This and everything else is as the module returns it.
  returned: always
  type: bool
"""
