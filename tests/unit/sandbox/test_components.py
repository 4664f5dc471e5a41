# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a node and the settings of its programs."""

import json
from pathlib import Path

from sandbox import components


def test_a_control_plane_is_etcd_and_the_api_server(tmp_path):
    components.write_plan(tmp_path, [Path("/run/cache/build/k")], {"api": 5}, full=False)
    plan = json.loads((tmp_path / "node.json").read_text())
    assert [list(stage["start"]) for stage in plan["stages"]] == [["etcd", "kube-apiserver"]]
    assert plan["forwards"] == {"5": "127.0.0.1:6443"}
    assert plan["path"].startswith("/run/cache/build/k:")


def test_a_node_starts_only_when_api_server_and_runtime_answer():
    first, second = components.stages(full=True)
    assert ["api", components.API] in first["until"]
    assert ["file", components.CONTAINERD_SOCKET] in first["until"]
    assert "kubelet" in second["start"]


def test_no_setting_leads_outside_the_node(tmp_path):
    images, cni = Path("/run/cache/build/images-1"), Path("/run/cache/build/programs-1/cni")
    components.write_settings(tmp_path, "sandbox-1", images, cni, "aviary-canary-x-sandbox-1")
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert str(tmp_path) not in file.read_text(), file.name


def test_each_cluster_has_the_cgroup_it_was_given():
    assert components.kubelet_settings(Path("/run/cache/run/x"), "ours")["cgroupRoot"] == "/ours"
