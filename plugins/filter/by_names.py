# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was gathered, by names, for templates."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.secops.policy.plugins.plugin_utils._resources import RESOURCES
from ansible_collections.secops.policy.plugins.plugin_utils._workflow.desired_state import plain

DOCUMENTATION = r"""
name: by_names
short_description: Replace IDs with names in a gathered list
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Replaces IDs with names in the result of a module of this collection with C(state=gathered) and C(with_names=true). You can then use the
    list as the C(config) of another tenant, or of another network.
  - Removes the IDs of applications and Sentry policies, because they exist in one tenant only. Keeps such an ID if the vendor has a value
    that is an error without the ID, for example a name with a special character.
  - Keeps an ID if its name was not read, or if C(ambiguous_names) in the result of the module lists the name.
options:
  _input:
    description: The result of a module with C(state=gathered) and C(with_names=true), or only its list C(gathered).
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Read Berlin's policies
  secops.policy.meraki_sentry_assignments:
    organization_id: "2930418"
    state: gathered
    with_names: true
    config:
      - network: Branch Berlin
  register: berlin

- name: Show them with names
  ansible.builtin.debug:
    msg: "{{ berlin | secops.policy.by_names }}"
"""

RETURN = r"""
_value:
  description: The list in the shape of C(config).
  type: list
  elements: dict
"""


def by_names(gathered: t.Any) -> list[t.Any]:
    """As documented above."""
    data = plain(gathered)
    units, ambiguous = (data.get("gathered"), data.get("ambiguous_names") or {}) if isinstance(data, dict) else (data, {})
    if not isinstance(units, list):
        raise AnsibleFilterError("by_names: needs the result of a module with state gathered, or the list in it")
    found = []
    for number, unit in enumerate(units):
        described = [one for one in RESOURCES.values() if isinstance(unit, dict) and one.has_one_id(unit)]
        if len(described) != 1:
            raise AnsibleFilterError(f"by_names: [{number}] is not a unit that a module of this collection has gathered")
        found.append(described[0].by_names(unit, ambiguous))
    return found


class FilterModule:
    """The collection's filter for what was gathered."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"by_names": by_names}
