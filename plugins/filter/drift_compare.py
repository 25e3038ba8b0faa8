# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two drift reports compared, for templates."""

from __future__ import annotations

import json
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.secops.policy.plugins.plugin_utils._drift.compare import compare

DOCUMENTATION = r"""
name: drift_compare
short_description: Compare two drift reports
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Compares the data of two C(drift.json) files of the role P(secops.policy.audit#role), and returns which deviations are new, resolved,
    unchanged and unknown.
  - A deviation is unchanged if its object, its verdict and its values are the same. If an object now differs in another way, the deviation
    is new.
  - Accepted deviations are compared like all others. A tenant or module that cannot be read is a deviation with the verdict C(unreadable).
positional: later
options:
  _input:
    description: The earlier report.
    type: dict
    required: true
  later:
    description: The later report.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the deviations that are new since yesterday
  ansible.builtin.debug:
    msg: "{{ (yesterday | secops.policy.drift_compare(today)).new | map(attribute='id') }}"
  vars:
    yesterday: "{{ lookup('ansible.builtin.file', 'yesterday/drift.json') | from_json }}"
    today: "{{ lookup('ansible.builtin.file', 'today/drift.json') | from_json }}"
"""

RETURN = r"""
_value:
  description:
    - C(earlier), the time of the earlier report, and the lists C(new), C(resolved), C(unchanged) and C(unknown).
    - C(unknown) lists deviations of the earlier report whose tenant or module the later report does not cover or could not read.
    - Each entry has C(id), C(tenant), C(module), C(verdict), C(unit) and C(object).
  type: dict
"""


def drift_compare(earlier: t.Any, later: t.Any) -> dict[str, t.Any]:
    """As documented above."""
    try:
        return compare(*(json.loads(json.dumps(report)) for report in (earlier, later)))
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"drift_compare: {error}") from None


class FilterModule:
    """The collection's filter for drift reports."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"drift_compare": drift_compare}
