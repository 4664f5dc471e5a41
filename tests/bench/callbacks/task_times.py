# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write down when each task began and ended: one JSON object a line."""

from __future__ import annotations

import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_times
type: aggregate
short_description: When tasks begin and end
description:
  - Appends an object per begin and end to a file, with the wall clock in seconds.
requirements:
  - E(AVIARY_CANARY_BENCH_TIMES) is the file.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_times"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, event):
        with open(os.environ["AVIARY_CANARY_BENCH_TIMES"], "a") as file:
            file.write(json.dumps({event: time.time()}) + "\n")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._write("begin")

    def v2_runner_on_ok(self, result):
        self._write("end")
