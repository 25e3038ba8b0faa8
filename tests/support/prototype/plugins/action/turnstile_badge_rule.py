# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of this name in Ansible's worker; documented in plugins/modules."""

from __future__ import annotations

from ansible_collections.secops.policy.plugins.module_utils._resources.turnstile_badge_rule.config import ARGUMENTS
from ansible_collections.secops.policy.plugins.module_utils._resources.turnstile_badge_rule.resource import BadgeRules
from ansible_collections.secops.policy.plugins.plugin_utils._worker.action import ResourceAction


class ActionModule(ResourceAction):
    RESOURCE = (BadgeRules, ARGUMENTS)
