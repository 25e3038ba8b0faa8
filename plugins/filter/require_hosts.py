# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play that has no host must not look like success."""

from __future__ import annotations

DOCUMENTATION = r"""
name: require_hosts
short_description: Fail if no host matches a pattern
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Fails if no host matches the pattern. Without this filter in C(hosts), Ansible only warns if it cannot read an inventory, and a play
    without hosts succeeds.
  - The playbooks of this collection use it.
  - With C(--syntax-check), the filter never fails.
positional: groups
options:
  _input:
    description: The host pattern, or a list of patterns.
    type: raw
    required: true
  groups:
    description: The variable C(groups), which holds the hosts of the inventory.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Audit the clinics, and fail if there are none
  hosts: "{{ 'clinics' | secops.policy.require_hosts(groups) }}"
  gather_facts: false
  roles:
    - role: secops.policy.audit
"""

RETURN = r"""
_value:
  description: The unchanged pattern.
  type: raw
"""

import typing as t

from ansible import context
from ansible.errors import AnsibleFilterError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader


def require_hosts(pattern: t.Any, groups: t.Mapping[str, t.Sequence[str]]) -> t.Any:
    """``pattern`` itself. Raises ``AnsibleFilterError`` where no host of ``groups`` matches it."""
    inventory = InventoryManager(DataLoader(), parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group=group)
    asked = pattern if isinstance(pattern, str) else ",".join(pattern)
    if inventory.get_hosts(asked) or context.CLIARGS.get("syntax"):
        return pattern
    advice = (
        "Check the inventory and secops_policy_hosts"
        if any(groups.values())
        else "The inventory is empty: pass one with -i, or fix the one that could not be read"
    )
    raise AnsibleFilterError(f"no host matches {asked!r}. {advice}")


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By its name."""
        return {"require_hosts": require_hosts}
