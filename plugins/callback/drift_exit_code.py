# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exit code 10 for drift."""

from __future__ import annotations

DOCUMENTATION = r"""
name: drift_exit_code
type: aggregate
short_description: End ansible-playbook with exit code 10 if an audit found drift
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - If the role P(secops.policy.audit#role) found drift and nothing failed, ansible-playbook ends with exit code 10 instead of 0. A pipeline
    can then distinguish drift from success and from failure.
  - If a task failed, the exit code is Ansible's own. Accepted deviations do not count as drift.
requirements:
  - Enable the callback with C(callbacks_enabled = secops.policy.drift_exit_code) in C(ansible.cfg), or with the environment variable
    E(ANSIBLE_CALLBACKS_ENABLED).
notes:
  - The callback ends the process after the play recap. List it last, because callbacks that are enabled after it do not see the end of the
    run.
"""

import typing as t

from ansible.plugins.callback import CallbackBase

DRIFT = 10
#: As the action plugin drift_report names what it sets.
_PREFIX = "secops_policy_audit_"


class CallbackModule(CallbackBase):
    """Looks at what ``set_stats`` holds at the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "secops.policy.drift_exit_code"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Ends the process where there is drift and nothing else to say."""
        if any(stats.failures.values()) or any(stats.dark.values()):
            return
        said = stats.custom.get("_run") or {}
        if any(key.startswith(_PREFIX) and value.get("drift") for key, value in said.items() if isinstance(value, dict)):
            raise SystemExit(DRIFT)
