# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs are run to a log; a failure names it; a stopped or killed run leaves no program behind."""

import json
import subprocess
import time

import pytest

from sandbox.commands import output, run, stop_interrupted, wait_for, write_json
from sandbox.errors import LINES_SHOWN, SandboxError
from sandbox.processes import Process


def test_failure_names_the_log_and_shows_its_end(tmp_path):
    log = tmp_path / "step.log"
    with pytest.raises(SandboxError) as caught:
        run(["sh", "-c", "seq 100; exit 3"], log, "It did not work")
    lines = caught.value.explain().splitlines()
    assert lines[0] == f"It did not work (log: {log})"
    assert lines[-1] == "  | 100"
    assert len(lines) == 1 + LINES_SHOWN


def test_input_reaches_the_program(tmp_path):
    run(["cat"], tmp_path / "log", "no", stdin="hello\n")
    assert (tmp_path / "log").read_text().endswith("hello\n")


def test_a_check_that_raises_ends_the_program(tmp_path):
    def beyond_hope():
        raise SandboxError("the node ended")

    with pytest.raises(SandboxError, match="the node ended"):
        run(["sh", "-c", "echo $$; exec sleep 60"], tmp_path / "log", "no", check=beyond_hope)
    assert Process.find(int((tmp_path / "log").read_text().split()[-1])) is None
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]


def test_what_may_not_be_stopped_half_way_is_waited_for(tmp_path):
    def stopped():
        raise KeyboardInterrupt

    command = ["sh", "-c", "sleep 1.5; echo finished"]
    with pytest.raises(KeyboardInterrupt):
        run(command, tmp_path / "log", "no", check=stopped, may_be_stopped=False)
    assert (tmp_path / "log").read_text().endswith("finished\n")


@pytest.fixture
def session():
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield child
    child.kill()
    child.wait()


def test_what_a_killed_run_left_is_ended_by_its_record(tmp_path, session):
    (tmp_path / "build").mkdir()
    write_json(tmp_path / "build/kubernetes.pid", Process.find(session.pid).to_record())
    stop_interrupted(tmp_path)
    assert session.wait(10) == -9
    assert list((tmp_path / "build").iterdir()) == []


@pytest.mark.parametrize("record", ["", "{}", json.dumps({"pid": 1, "started": 0, "boot": "another"})])
def test_a_record_of_nobody_ends_nobody(tmp_path, record):
    (tmp_path / "step.pid").write_text(record)
    stop_interrupted(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_short_commands_end_in_one_sentence():
    with pytest.raises(SandboxError, match=r"^go did not answer: second$"):
        output(["sh", "-c", "echo first >&2; echo second >&2; exit 1"], "go did not answer")
    with pytest.raises(SandboxError, match=r"^go did not answer: No such file or directory$"):
        output(["/no/such/program"], "go did not answer")


def test_waiting_ends_with_the_answer_or_with_the_time():
    begun = time.monotonic()
    assert wait_for(lambda: time.monotonic() - begun > 0.2 and "there", 5, lambda: SandboxError("late")) == "there"
    with pytest.raises(SandboxError, match="late"):
        wait_for(lambda: None, 0.2, lambda: SandboxError("late"))


def test_a_written_file_is_private_and_whole(tmp_path):
    write_json(tmp_path / "file", {"a": 1})
    assert json.loads((tmp_path / "file").read_text()) == {"a": 1}
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
