# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see of the commands, from outside."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from sandbox import cli, lock, machine

SANDBOX = pathlib.Path(__file__).resolve().parents[2] / "sandbox"


def sandbox(cache, *arguments, prefix=(), **environment):
    return subprocess.run(
        [*prefix, sys.executable, SANDBOX, *arguments],
        env={**os.environ, "AVIARY_CANARY_CACHE": str(cache), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def without_root():
    return ["unshare", "--user"] if os.geteuid() == 0 else []


@pytest.mark.parametrize("command", [["up"], ["up", "--control-plane"], ["down"], ["build"]])
def test_without_root_one_sentence_names_the_way_that_needs_none(tmp_path, command):
    done = sandbox(tmp_path, *command, prefix=without_root())
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs root" in done.stderr
    assert "make demo KUBECONFIG=FILE" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--ingress", "--prometheus", "--clusters=2"])
def test_a_control_plane_takes_no_addition(tmp_path, option):
    done = sandbox(tmp_path, "up", "--control-plane", option)
    assert done.returncode == 1
    assert done.stderr.startswith("--control-plane is one API server without nodes")


def test_status_of_nothing(tmp_path):
    done = sandbox(tmp_path, "status")
    assert (done.returncode, done.stdout) == (3, f"Nothing runs in {tmp_path}.\n")


@pytest.mark.parametrize("number", ["0", "-1", "ten", "100", ""])
def test_a_number_of_clusters_that_is_none(capsys, number):
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["up", f"--clusters={number}"])
    assert f"{number!r} is not a number of clusters from 1 to 9" in capsys.readouterr().err


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="what comes after the check for root")


@needs_root
def test_a_second_command_at_once_is_told_so_in_one_sentence(tmp_path):
    with lock.held(tmp_path / "sandbox.lock", "up"):
        done = sandbox(tmp_path, "down")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"process {os.getpid()}: up" in done.stderr
    assert "AVIARY_CANARY_CACHE" in done.stderr


@needs_root
def test_down_of_a_cluster_that_is_not_there(tmp_path):
    done = sandbox(tmp_path, "down", "sandbox-7")
    assert (done.returncode, done.stderr) == (1, "There is no sandbox-7 here; running: none\n")


@needs_root
def test_without_go_one_sentence(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in machine.PROGRAMS:  # a fresh machine has none of them; they need only be found
        (programs / program).symlink_to(shutil.which("true"))
    done = sandbox(tmp_path, "build", PATH=str(programs))
    assert done.returncode == 1
    assert done.stderr.startswith("Building the cluster needs Go ")
    assert done.stderr.count("\n") == 1


@needs_root
def test_a_folder_without_a_record_is_what_a_killed_run_left(tmp_path):
    (tmp_path / "run/sandbox-1/pki").mkdir(parents=True)
    assert sandbox(tmp_path, "status").returncode == 3
    assert sandbox(tmp_path, "down").returncode == 0
    assert list((tmp_path / "run").iterdir()) == []
