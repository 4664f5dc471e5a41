# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the demo what ansible-playbook does: one JSON object a line, into the pipe that the demo opened."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: events
type: aggregate
short_description: Tasks, waits and changes of a run as JSON lines
description:
  - Writes each task's name, the applied_seconds of each result that has them, and the closing number of changes.
requirements:
  - E(AVIARY_CANARY_DEMO_EVENTS) is the number of an open file descriptor.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "events"
    CALLBACK_NEEDS_ENABLED = True

    def _tell(self, **event):
        os.write(int(os.environ["AVIARY_CANARY_DEMO_EVENTS"]), json.dumps(event).encode() + b"\n")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._tell(task=task.get_name())

    def v2_runner_on_ok(self, result):
        if "applied_seconds" in result.result:
            self._tell(applied_seconds=result.result["applied_seconds"])

    def v2_playbook_on_stats(self, stats):
        self._tell(changed=sum(stats.changed.values()))
