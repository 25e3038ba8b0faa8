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
      - V(merged) creates and changes the listed objects. Objects that are not listed stay as they are.
      - V(replaced) makes each listed unit (a network, an application, or an ESET target) exactly as listed. Other units stay as they are.
      - V(overridden) makes all units exactly as listed, and removes everything else in the organization or tenant. An ESET task can be
        limited to a device group.
      - V(deleted) removes the listed objects. If a listed application, Sentry policy or assignment does not exist, nothing changes.
      - V(gathered) only reads. It returns all units in the shape of O(config). If you set O(config), it returns only the units that
        O(config) names.
      - V(rendered) returns the requests for O(config). It needs no connection and no credentials.
    type: str
    choices: [merged, replaced, overridden, deleted, gathered, rendered]
    default: merged
  with_names:
    description:
      - Whether to read additional lists of names. Results then show a name beside every ID. With V(false), results show only the names that
        the task has read for other reasons.
      - The default is V(true) in check mode and with C(--diff), for the objects that change. Otherwise, and with O(state=gathered), it is
        V(false).
      - In the states that write, the task reads the names of the objects that change, with at most 100 additional requests. If that is not
        enough, the remaining objects are shown by ID, and RV(plan_text) says so. A run that changes nothing sends no additional requests.
    type: bool
  max_removals:
    description:
      - The maximum number of objects that a run may remove. If the plan removes more, the task fails before the first write.
    type: int
  expected_plan:
    description:
      - The RV(plan_digest) of an approved plan, for example from a run in check mode. If the plan has changed since, the task fails before
        the first write. A plan that changes nothing always passes.
      - Must be 64 hexadecimal digits.
    type: str
  verify:
    description:
      - Whether to read the changed units again after writing. The task retries for up to about 15 seconds. If they still differ from the
        plan, it fails and shows the differences.
    type: bool
    default: true
  timeout:
    description:
      - The maximum duration of one request, in seconds.
    type: float
    default: 60
  retry_timeout:
    description:
      - The maximum time in seconds for retries in a run. It covers failed requests, the pauses after errors and after 429 responses, the
        wait for unfinished responses, and the wait between the reads of O(verify). Pauses because of O(rate_limit) do not count.
    type: float
    default: 300
  rate_limit:
    description:
      - The maximum number of requests a second. The vendor's limit applies to the whole organization or tenant. If several runs use the
        same organization or tenant, divide the limit between them.
      - If you do not set it, the roles lower it when many hosts run at once and share a vendor's limit.
    type: float
    default: 10
  validate_certs:
    description:
      - Whether to check the server's TLS certificate.
    type: bool
    default: true
  ca_path:
    description:
      - Path to a CA bundle, or to a directory of CA certificates, to use instead of the system's.
    type: path
requirements:
  - requests
  - jsonschema
notes:
  - The task runs on the controller, inside Ansible's own process, without a connection to the host. It runs as a module process with
    C(async), if you delegate it to a host whose connection is not C(local), or if you set the variable C(secops_policy_run_on) to C(host).
attributes:
  action:
    support: full
    description: An action plugin runs the task on the controller.
  async:
    support: full
    description: With C(async), the task runs as a module process.
  check_mode:
    support: full
    description: Returns exactly what the run would do, and sends only read requests.
  diff_mode:
    support: full
    description: Returns each unit that changes, before and after the change.
"""
