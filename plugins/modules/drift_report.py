#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of plugins/action/drift_report.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_report
short_description: Write a drift report for all hosts of a play
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Collects the results of the collection's modules in check mode from every host of the play. Writes C(drift.json), C(drift.html),
    C(drift.xml) (JUnit) and C(drift.md) on the controller, or the O(formats) that you choose.
  - Prints one row for each tenant, and describes each deviation.
  - Each host is one organization or tenant. The role P(secops.policy.audit#role) runs the modules and then writes this report. Most users
    need only the role. Results of M(secops.policy.policy_run) contain the part of the desired state that they were compared with.
  - If a host failed, was not reached, or one of its modules failed, the report shows the host as unreadable, or as invalid if its desired
    state has an error. Such a host never counts as in sync.
  - The report keeps the earlier results of inventory hosts that are not in this play, and marks them with their time. These hosts do not
    count in the totals.
  - The files are written atomically, with mode 0600. They never contain credentials.
options:
  dest:
    description:
      - The folder for the report. If it does not exist, it is created with access for its owner only. A relative path starts at the
        directory in which you started ansible-playbook.
      - If the folder already contains a report, the new one replaces it.
    type: str
    required: true
  results:
    description:
      - The name of the variable in which every host has registered the results of a loop over the modules. You can also give a dictionary
        that names one such variable for each module.
      - Failed results are part of the report. Set C(ignore_errors) on the task that registers them.
      - Results of M(secops.policy.policy_run) count only if they come from this play. Results of other modules always count.
    type: raw
    required: true
  desired:
    description:
      - The name of the variable in which every host has registered a result of M(secops.policy.policy_options) with C(desired). It contains
        the desired state that the tasks of the host used. If a module in it has no result, the host is unreadable.
      - If you omit this option, the modules in the host's variable C(secops_policy) are expected. Variables of a play or a role do not
        count.
      - Results of further modules are reported too.
    type: str
  accepted:
    description:
      - A YAML or JSON file with a list of accepted deviations. Each entry has C(what), C(reason) and C(expires).
      - C(what) is the C(id) of an item in C(drift.json). In C(what), C(*) matches any text. C(expires) is the last valid day, in UTC, or a
        point in time with a time zone.
      - The report shows accepted deviations separately and does not count them as drift. After they expire, they count as drift again.
      - If the file has an error, the audit reports a problem and accepts none of the deviations in it.
    type: str
  compare_to:
    description:
      - An earlier C(drift.json). The report then shows which deviations are new, resolved and unchanged. You can use the report that this
        task replaces.
      - If the file does not exist, the task warns and does not compare.
    type: str
  fail_on_drift:
    description:
      - Whether RV(failures) contains hosts with drift.
    type: bool
    default: false
  formats:
    description:
      - The formats of the report. V(json) is C(drift.json), V(html) is C(drift.html), V(junit) is C(drift.xml), V(markdown) is C(drift.md),
        V(prometheus) is C(drift.prom), V(gitlab) is C(drift.gitlab.json).
    type: list
    elements: str
    choices: [json, html, junit, markdown, prometheus, gitlab]
    default: [json, html, junit, markdown]
notes:
  - Set C(run_once) on the task, and use the strategy C(linear).
  - The task writes its files in check mode too. It never reports a change, because it changes nothing at the vendors.
  - The task fails only if it cannot write the report. To fail because of drift or unreadable tenants, add a task that checks RV(failures).
  - With C(serial), the task writes the report after each batch. Until the last batch, hosts of later batches are unreadable in the report.
attributes:
  check_mode:
    support: full
    description: Behaves the same in check mode.
  diff_mode:
    support: none
    description: The task changes nothing at the vendors.
seealso:
  - module: secops.policy.policy_run
  - plugin: secops.policy.drift_compare
    plugin_type: filter
  - plugin: secops.policy.drift_exit_code
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Set the desired state, usually in host_vars
  ansible.builtin.set_fact:
    secops_policy:
      meraki_sentry_assignments:
        state: replaced
        config:
          - network: Branch Berlin
            policies:
              - sm_network: Corp SM
                scope: all
                group_policy: Guest

- name: Compare the tenant with the desired state
  secops.policy.policy_run:
    module: meraki_sentry_assignments
    entry: "{{ secops_policy.meraki_sentry_assignments }}"
  check_mode: true
  register: sentry
  ignore_errors: true

- name: Write the report
  secops.policy.drift_report:
    dest: drift
    results:
      meraki_sentry_assignments: sentry
  run_once: true
  register: drift

- name: Fail if a tenant could not be read
  ansible.builtin.assert:
    that: inventory_hostname not in drift.failures
    fail_msg: "{{ drift.failures[inventory_hostname] | default('') }}"
"""

RETURN = r"""
msg:
  description: A summary of the report in one sentence, with its path.
  returned: always
  type: str
  sample: "3 tenants: 1 in sync, 1 drifted, 1 unreadable; 4 deviations. Report: /srv/drift/drift.html"
files:
  description: The path of each report by file name extension, such as C(json), C(html), C(xml) and C(md).
  returned: always
  type: dict
totals:
  description: The number of C(tenants) and C(objects) by verdict, and of C(deviations), as in C(drift.json).
  returned: always
  type: dict
  sample:
    tenants: {total: 3, read: 2, unreadable: 1, invalid: 0, in_sync: 1, drifted: 1}
    objects: {in_sync: 57, changed: 1, missing: 2, extra: 0, moved: 1, accepted: 0}
    deviations: 4
comparison:
  description:
    - The number of deviations that are C(new), C(resolved), C(unchanged) and C(unknown), compared with the report in O(compare_to).
  returned: always; null if nothing was compared
  type: dict
problems:
  description: Errors of the audit itself, such as an error in the file of accepted deviations.
  returned: always
  type: list
  elements: str
failures:
  description:
    - The reason for each host that must fail. The first host also gets the reasons of hosts in earlier batches, and the problems of the
      audit itself.
    - Empty until the last batch.
  returned: always
  type: dict
ansible_stats:
  description:
    - Statistics in the form of P(ansible.builtin.set_stats#module), for example for the next job of a workflow. For each host, the key
      C(secops_policy_audit_HOST) contains C(drift) (null if it is not known) and C(digests), the C(plan_digest) of each module.
  returned: always
  type: dict
"""
