# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys

import pytest

from ansible_collections.aviary.canary.tests.demo.errors import DemoError
from ansible_collections.aviary.canary.tests.demo.play import Outcome, follow, play

SAY = (
    "import os, sys; print('to the log'); os.write(int(os.environ['AVIARY_CANARY_DEMO_EVENTS']), sys.argv[1].encode())"
)


def test_events_become_progress_and_an_outcome():
    told = []
    lines = ['{"task": "Deployments"}', '{"task": "Weights"}', '{"applied_seconds": 0.06}', '{"changed": 2}']
    assert follow(lines, told.append) == Outcome(changed=2, applied_seconds=0.06)
    assert told == ["Deployments", "Weights"]


def test_a_run_without_weights_has_no_time_of_the_proxies():
    assert follow(['{"changed": 0}'], print) == Outcome(changed=0, applied_seconds=None)


def test_output_goes_to_the_log_and_events_come_back(tmp_path):
    log = tmp_path / "run.log"
    assert play([sys.executable, "-c", SAY, '{"changed": 3}'], log, print) == Outcome(3, None)
    assert log.read_text() == "to the log\n"


def test_a_failure_names_the_log_and_shows_its_end(tmp_path):
    log = tmp_path / "run.log"
    script = "print('first\\n' * 50 + 'the reason'); raise SystemExit(2)"
    with pytest.raises(DemoError) as failure:
        play([sys.executable, "-c", script], log, print)
    told = str(failure.value).splitlines()
    assert str(log) in told[0]
    assert told[-1] == "the reason"
    assert told.count("first") < 20
