# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process is only ever signalled when it is the one that was recorded."""

import os
import signal
import subprocess
from dataclasses import replace

import pytest

from sandbox.processes import Process, in_pid_namespace, stat_fields


@pytest.fixture
def sleeper():
    child = subprocess.Popen(["sleep", "60"])
    yield child
    child.kill()
    child.wait()


def test_a_recorded_process_is_known_again(sleeper):
    found = Process.find(sleeper.pid)
    assert Process.from_record(found.to_record()) == found
    assert found.alive


def test_signal_reaches_the_recorded_process(sleeper):
    assert Process.find(sleeper.pid).signal(signal.SIGTERM)
    assert sleeper.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize("other", [{"started": 1}, {"boot": "another"}])
def test_the_same_number_given_to_another_process_is_spared(sleeper, other):
    recycled = replace(Process.find(sleeper.pid), **other)
    assert not recycled.alive
    assert not recycled.signal(signal.SIGKILL)
    assert sleeper.poll() is None


def test_an_ended_process_is_neither_alive_nor_signalled(sleeper):
    found = Process.find(sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # a zombie now: its number is still taken
    assert not found.alive
    sleeper.wait()
    assert not found.signal(signal.SIGTERM)
    assert Process.find(sleeper.pid) is None


@pytest.mark.parametrize("command", ["sleep", "a b", "odd) S 1 (name", ") "])
def test_fields_behind_any_command_name(command):
    assert stat_fields(f"12 ({command}) R 1 12 12 0\n")[:2] == ["R", "1"]


def test_processes_of_a_namespace():
    assert os.getpid() in in_pid_namespace(os.readlink("/proc/self/ns/pid"))
    assert list(in_pid_namespace("pid:[1]")) == []
