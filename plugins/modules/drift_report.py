#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of plugins/action/drift_report.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_report
short_description: Write one drift report over all hosts of a play
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Collects, from every host of the play, what the collection's modules returned in check mode, and writes C(drift.json), C(drift.html),
    C(drift.xml) (JUnit) and C(drift.md) on the controller, or the O(formats) that you choose.
  - Prints a row for each tenant, and the deviations in words.
  - Each host is an organization or tenant. Results of M(secops.policy.policy_run) say themselves what they were asked for. The role
    P(secops.policy.audit#role) runs the modules and then this, which is all that most people need.
  - A host that failed, that was not reached, or whose modules failed is in the report as unreadable, or as invalid if its desired state has
    an error. It never counts as in sync.
  - Hosts of the inventory that are not in this play keep their part of the report that O(dest) holds, marked with its time. They do not
    count.
  - The files are written atomically, with mode 0600, and hold no credentials.
options:
  dest:
    description:
      - The folder to write to. It is made, for its owner only, where it is missing. Relative to where ansible-playbook was started.
    type: str
    required: true
  results:
    description:
      - The name of the variable under which every host has registered the results of a task with a loop over the modules, or a dictionary
        with a variable for each module.
      - A result that failed is as good as any other, so register with C(ignore_errors).
      - Of M(secops.policy.policy_run), which the role runs, those of this play count. A module's own count whenever they were registered.
    type: raw
    required: true
  desired:
    description:
      - The variable under which every host has registered a result of M(secops.policy.policy_options) with C(desired), which says what the
        tasks of the host took for its desired state. A module that it names and that has no result makes the host unreadable.
      - If you leave it out, the host's variable C(secops_policy) says which modules to expect. A play's variables and a role's are not seen
        there.
      - A result of a module that neither names is reported too.
    type: str
  accepted:
    description:
      - A YAML or JSON file with accepted deviations, a list of entries with C(what), C(reason) and C(expires).
      - C(what) is an item's C(id) in C(drift.json), in which C(*) stands for anything. C(expires) is the last day, in UTC, or a point in
        time with a time zone.
      - Accepted deviations are shown apart, and do not count as drift. Once expired they count again.
      - An error in the file is a problem of the audit. Nothing in the file is then accepted.
    type: str
  compare_to:
    description:
      - An earlier C(drift.json), to tell what is new, resolved and unchanged. It may be the one that is about to be replaced.
      - Where there is no such file, nothing is compared, with a warning.
    type: str
  fail_on_drift:
    description:
      - Whether drift is among the RV(failures).
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
  - Give it C(run_once), with the strategy C(linear).
  - Writes its files in check mode too, and never reports a change, for it changes nothing that it reports on.
  - The task fails only where a report cannot be written. It is for the play to fail with RV(failures), after the report is there.
  - With C(serial) the report is written after each batch. Hosts whose batch is yet to come are in it as unreadable, until the last batch.
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: none
    description: Returns what changes, before and after.
seealso:
  - module: secops.policy.policy_run
  - plugin: secops.policy.drift_compare
    plugin_type: filter
  - plugin: secops.policy.drift_exit_code
    plugin_type: callback
"""

EXAMPLES = r"""
- name: What the tenant is to be like, usually in its host_vars
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

- name: Is it like that?
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

- name: Fail where a tenant could not be read
  ansible.builtin.assert:
    that: inventory_hostname not in drift.failures
    fail_msg: "{{ drift.failures[inventory_hostname] | default('') }}"
"""

RETURN = r"""
msg:
  description: The report in a sentence, with its path.
  returned: always
  type: str
  sample: "3 tenants: 1 in sync, 1 drifted, 1 unreadable; 4 deviations. Report: /srv/drift/drift.html"
files:
  description: The paths of the reports by their endings, such as C(json), C(html), C(xml) and C(md).
  returned: always
  type: dict
totals:
  description: Counts of C(tenants) by verdict, of C(objects) by verdict, and of C(deviations), as in C(drift.json).
  returned: always
  type: dict
  sample:
    tenants: {total: 3, read: 2, unreadable: 1, invalid: 0, in_sync: 1, drifted: 1}
    objects: {in_sync: 57, changed: 1, missing: 2, extra: 0, moved: 1, accepted: 0}
    deviations: 4
comparison:
  description: How many deviations are C(new), C(resolved), C(unchanged) and C(unknown) since the report of C(earlier).
  returned: always; null where nothing was compared
  type: dict
problems:
  description: Errors of the audit itself, such as one in the file of accepted deviations.
  returned: always
  type: list
  elements: str
failures:
  description:
    - For each host that has to fail the reason. What concerns a host of an earlier batch, or the audit itself, is the first host's to say.
    - Empty as long as batches are yet to come.
  returned: always
  type: dict
ansible_stats:
  description:
    - For P(ansible.builtin.set_stats#module)'s readers, such as a workflow's next job. For each host a key C(secops_policy_audit_HOST) with
      C(drift) (null where it is not known) and C(digests), the C(plan_digest) of each module.
  returned: always
  type: dict
"""
