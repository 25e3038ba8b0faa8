# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes each task's result as a line of JSON to the file that the environment names in RECORD_RESULTS_FILE."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record_results
type: aggregate
short_description: Write each task's result as a line of JSON
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - For tests. Writes one line for each task and host to the file that the environment variable E(RECORD_RESULTS_FILE) names.
requirements:
  - enabled in the configuration
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record_results"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result):
        self._record(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._record(result, failed=True)

    def v2_runner_on_skipped(self, result):
        self._record(result, skipped=True)

    def v2_runner_on_unreachable(self, result):
        self._record(result, failed=True, unreachable=True)

    def _record(self, result, failed=False, skipped=False, unreachable=False):
        # From 2.19 on these are public, and the underscored ones on their way out.
        host, task, data = (getattr(result, name, None) or getattr(result, f"_{name}") for name in ("host", "task", "result"))
        data = {key: value for key, value in data.items() if not key.startswith("_ansible_")}
        line = {
            "host": host.get_name(), "name": result.task_name, "action": task.action,
            "failed": failed, "skipped": skipped, "unreachable": unreachable, "result": data,
        }  # fmt: skip
        with Path(os.environ["RECORD_RESULTS_FILE"]).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")
