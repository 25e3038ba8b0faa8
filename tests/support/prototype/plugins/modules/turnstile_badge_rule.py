# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a module that exists in tests only: one call of the runner."""

from __future__ import annotations

from ansible_collections.secops.policy.plugins.module_utils._resources.turnstile_badge_rule.config import ARGUMENTS
from ansible_collections.secops.policy.plugins.module_utils._resources.turnstile_badge_rule.resource import BadgeRules
from ansible_collections.secops.policy.plugins.module_utils._runner.module import run

DOCUMENTATION = """
module: turnstile_badge_rule
short_description: Badge rules of a site
description: A prototype, for the tests of what every resource goes through.
options: {}
author: secops.policy contributors
"""


def main() -> None:
    run(BadgeRules, ARGUMENTS)


if __name__ == "__main__":
    main()
