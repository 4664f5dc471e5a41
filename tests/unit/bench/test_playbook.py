# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from bench import playbook
from bench.errors import BenchError

RECAP = """
PLAY RECAP *********************************************************************
vs-000                     : ok=1    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
vs-001                     : ok=11   changed=10   unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
"""
CHANGE = {"ansible.builtin.debug": {"msg": "hello"}, "changed_when": True}
FAIL = {"ansible.builtin.fail": {"msg": "the reason"}}


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setattr(playbook, "WORK", tmp_path)
    return tmp_path


def run(task, changed, **environment):
    playbook.run(playbook.write("try", [task]), playbook.localhost(), changed, **environment)


def test_changes_are_counted_over_all_hosts():
    assert playbook.changed_in(RECAP) == 11


def test_what_a_shell_has_set_is_not_measured(monkeypatch):
    for name in ("ANSIBLE_STRATEGY", "K8S_AUTH_HOST", playbook.DOOR):
        monkeypatch.setenv(name, "something")
    assert "something" not in playbook._environment({}).values()
    assert playbook._environment({playbook.DOOR: "module"})[playbook.DOOR] == "module"


def test_a_run_writes_its_tasks_begin_and_end(work):
    times = work / "times.jsonl"
    run(
        CHANGE,
        1,
        ANSIBLE_CALLBACK_PLUGINS=str(playbook.CALLBACKS),
        ANSIBLE_CALLBACKS_ENABLED="task_times",
        AVIARY_CANARY_BENCH_TIMES=str(times),
    )
    assert [list(json.loads(line)) for line in times.read_text().splitlines()] == [["begin"], ["end"]]


def test_a_run_that_changed_something_else_than_was_meant_is_no_measurement():
    with pytest.raises(BenchError, match="changed 1 times instead of 2"):
        run(CHANGE, 2)


def test_a_failed_run_shows_the_end_of_its_log(work):
    with pytest.raises(BenchError, match="the reason") as failure:
        run(FAIL, 0)
    assert str(work / "try.log") in str(failure.value)
