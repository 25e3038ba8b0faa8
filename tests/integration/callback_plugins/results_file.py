# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the result of each task as a line of JSON, for the tests."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results_file
type: notification
short_description: Writes each task's result to a file
description: One line of JSON for each task and host, to the file that SECOPS_POLICY_RESULTS names.
"""


class CallbackModule(CallbackBase):
    """Used by the test harness only."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results_file"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, result, failed=False, skipped=False):
        task = getattr(result, "task", None) or result._task
        host = getattr(result, "host", None) or result._host
        data = getattr(result, "result", None) or result._result
        line = {
            "name": str(task.get_name()),
            "action": str(task.action),
            "host": str(host.get_name()),
            "failed": failed,
            "skipped": skipped,
            "result": json.loads(json.dumps(data, default=str)),
        }
        with open(os.environ["SECOPS_POLICY_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def v2_runner_on_ok(self, result):
        self._write(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write(result, failed=True)

    def v2_runner_on_skipped(self, result):
        self._write(result, skipped=True)

    def v2_runner_on_unreachable(self, result):
        self._write(result, failed=True)
