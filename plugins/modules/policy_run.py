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
  - Runs one of the modules of this collection with the options of an entry in the desired state (C(secops_policy)), and returns the result
    of the module. It runs in the same place as the module, on the controller unless C(secops_policy_run_on) is C(host).
  - Internal to the roles of this collection. Unlike a task with C(default(omit)) for each option, it respects C(module_defaults), and it
    fails if a variable cannot be evaluated.
  - Masks credentials from the entry, variables, C(module_defaults) and the environment in its results.
  - Connection options that the entry omits come from the variables of the host, then from C(module_defaults), then from the environment. If
    the entry already sets an alternative option, such as a name instead of an ID, the variable is ignored. If a variable cannot be
    evaluated, the task fails before it connects.
  - If C(rate_limit) is not set, and many hosts that run at once would exceed a vendor's limit for one source address or one user, divides
    this limit between them. With C(-v), it reports this.
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
    description: The short name of the module.
    type: str
    # generated: choices
    choices: [eset_policy_assignment, meraki_sentry_assignments, meraki_private_app]
    # end of generated
    required: true
  entry:
    description: The entry of the desired state, a dictionary of the module's options. Keys that are not options of the module are ignored.
    type: raw
  connection_only:
    description: Whether to use only the connection options of the entry, without C(state), C(config) and the other options.
    type: bool
    default: false
  options:
    description: Options that take precedence over all others.
    type: dict
    default: {}
  defaults:
    description: Defaults for options that are not set elsewhere, if the module has these options.
    type: dict
    default: {}
  tolerant:
    description:
      - Whether to return the failure of a module as an ordinary result, with RV(failure). An audit then does not print it as an error.
    type: bool
    default: false
attributes:
  async:
    support: none
    description: The task cannot run with C(async).
  check_mode:
    support: full
    description: Like the module.
  diff_mode:
    support: full
    description: Like the module.
"""

EXAMPLES = r"""
- name: Plan the changes of an entry
  secops.policy.policy_run:
    module: meraki_private_app
    entry:
      organization_id: "2930418"
      config:
        - name: Jira
          description: Tickets
  check_mode: true
  register: planned

- name: Apply the same plan
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
  description: The play in which the task ran. It identifies results that an earlier play has registered.
  returned: always
  type: str
  sample: 02fc0000-0001-5c90-57de-000000000001
host:
  description: The host for which the task ran. It tells results apart that a task with C(run_once) has registered for all hosts.
  returned: always
  type: str
  sample: example_health
module:
  description: The short name of the module that ran.
  returned: always
  type: str
  sample: meraki_private_app
account:
  description:
    - A text that is the same for two hosts with the same credentials, and different in every run. The roles use it to find hosts that are
      the same tenant.
  returned: always
  type: str
failure:
  description: The error message of the module.
  returned: with O(tolerant), if the module failed
  type: str
warned:
  description: The warnings of the module. In a loop, Ansible removes warnings from the results of the items.
  returned: always
  type: list
  elements: str
outcome:
  description:
    - The result of the module. It has a C(state) (C(done), C(failed), or C(not run) if nothing was written) and the number of C(made) and
      C(pending) requests, and of those whose outcome is C(unknown), if there are any.
  returned: always
  type: dict
  sample: {state: done, made: 2, pending: 0}
desired:
  description:
    - The part of the desired state that a report needs. It has the C(state), the C(scope) (the organization, if the entry sets it) and the
      C(units) that the entry names. C(units) is null if there are too many units for a result.
  returned: without O(connection_only)
  type: dict
  sample: {state: replaced, scope: "2930418", units: [{network: Branch Berlin}]}
changed:
  description: Like all other keys, the same as in the result of the module.
  returned: always
  type: bool
"""
