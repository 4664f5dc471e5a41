# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster's record, and what is made of one that is broken."""

import json
import os
import subprocess
import sys

import pytest

from sandbox import cluster
from sandbox.cluster import Cluster
from sandbox.layout import SOURCE, Layout
from sandbox.processes import Process


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


def recorded(layout, name, **fields):
    made = Cluster(layout, name, Process.find(os.getpid()), {"api": 1}, "b1", ["node"], **fields)
    made.directory.mkdir(parents=True)
    made.save()
    return made


def test_a_record_is_read_as_it_was_written(layout):
    made = recorded(layout, "sandbox-1")
    assert cluster.load(layout, "sandbox-1") == made
    assert made.runs


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"process": null, "ports": {}, "build": "", "ready": []}', "\0"])
def test_a_broken_record_is_a_cluster_without_a_process(layout, content):
    layout.cluster("sandbox-1").mkdir(parents=True)
    (layout.cluster("sandbox-1") / "cluster.json").write_text(content)
    found = cluster.load(layout, "sandbox-1")
    assert (found.process, found.ready, found.runs) == (None, [], False)


def test_a_program_that_ended_is_named_with_its_log(layout):
    made = recorded(layout, "sandbox-1")
    (made.directory / "ended.json").write_text(json.dumps({"kubelet": 1}))
    assert not made.runs
    with pytest.raises(cluster.SandboxError, match="sandbox-1: kubelet ended with 1") as caught:
        cluster.check_programs(made)
    assert caught.value.log == layout.logs / "sandbox-1/kubelet.log"


def test_clusters_are_listed_in_the_order_of_their_numbers(layout):
    for name in ("sandbox-2", "control-plane", "sandbox-1"):
        recorded(layout, name)
    assert [found.name for found in cluster.load_all(layout)] == ["sandbox-1", "sandbox-2", "control-plane"]


def test_stopping_what_has_ended_removes_its_files(layout):
    made = recorded(layout, "sandbox-1")
    made.process = None
    assert cluster.traces(made) == [f"folder {made.directory}"]
    cluster.stop(made)
    assert cluster.traces(made) == []


def test_a_node_that_is_not_told_to_go_begins_nothing(tmp_path):
    """Its starter died before it had recorded it: standard input ends without the word."""
    command = [sys.executable, str(SOURCE), "node", str(tmp_path), "sandbox-1"]
    done = subprocess.run(command, input="", text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert list(tmp_path.iterdir()) == []
