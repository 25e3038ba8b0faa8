# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that all modules of the collection share."""

from __future__ import annotations


class ModuleDocFragment:
    """States, guards, pace and TLS."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(merged) makes sure that what is listed is there; what is not listed stays.
      - V(replaced) makes each unit that is listed exactly as listed; other units stay.
      - V(overridden) makes the whole scope exactly as listed.
      - V(deleted) makes sure that what is listed is gone.
      - V(gathered) only reads, and returns the scope in the shape of O(config); a O(config) limits it to the units that it names.
      - V(rendered) returns O(config) as requests, without a connection and without credentials.
    type: str
    choices: [merged, replaced, overridden, deleted, gathered, rendered]
    default: merged
  with_names:
    description:
      - Whether to read the lists of names too, to show names beside all ids. Without it, names are shown where they were read anyway.
      - By default V(true) for what changes in check mode and with C(--diff), and V(false) otherwise and with O(state=gathered).
      - In the states that write, names are read for what changes, before anything is written, with at most 100 requests. Beyond that IDs
        stand, and RV(plan_text) says so. An unchanged run costs no additional request.
    type: bool
  max_removals:
    description:
      - The most objects that a run may remove. A plan that removes more fails before the first write.
    type: int
  expected_plan:
    description:
      - The RV(plan_digest) of a plan that was approved, from a run in check mode for example. Where the plan is now another one, the run
        fails before the first write. A plan that changes nothing always passes.
      - Must be 64 hexadecimal digits.
    type: str
  verify:
    description:
      - Whether to read back after writing, for up to a quarter of a minute, and to fail with what differs.
    type: bool
    default: true
  timeout:
    description:
      - How many seconds one request may take.
    type: float
    default: 60
  retry_timeout:
    description:
      - How many seconds a run may spend, all together, on waiting after faults and rate-limit answers, for pending answers and for reads
        that lag, and on failed requests. The pace that O(rate_limit) sets does not count.
    type: float
    default: 300
  rate_limit:
    description:
      - How many requests a second the run makes at most. The limit is the vendor's for one organization or tenant, so divide it where
        several runs share one.
    type: float
    default: 10
  validate_certs:
    description:
      - Whether to check the server's TLS certificate.
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory with the certificates of the CAs to trust, in place of the usual ones.
    type: path
requirements:
  - requests
  - jsonschema
notes:
  - The task runs on the controller, inside Ansible, without a connection to the host. It runs as a module process with C(async), if it
    is delegated to a host whose connection is not C(local), and if the variable C(secops_policy_run_on) is C(host).
attributes:
  action:
    support: full
    description: Has an action plugin, which runs the task on the controller.
  async:
    support: full
    description: Supports being run with C(async), as a module process.
  check_mode:
    support: full
    description: Says exactly what the run will do, and sends only requests that read.
  diff_mode:
    support: full
    description: Returns what changes, before and after.
"""
