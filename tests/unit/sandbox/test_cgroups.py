# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both versions of the hierarchy, as plain folders: the kernel's own files are only read and written here."""

from sandbox import cgroups


def version_1(root):
    for controller in ("cpuset", "memory", "cpu,cpuacct", "unified"):
        (root / controller).mkdir()
    (root / "cpu").symlink_to("cpu,cpuacct")
    (root / "cpuset/cpuset.cpus").write_text("0-1")
    (root / "cpuset/cpuset.mems").write_text("0")


def version_2(root):
    (root / "cgroup.controllers").write_text("cpuset cpu memory pids\n")
    (root / "cgroup.subtree_control").write_text("")


def test_version_1_has_one_per_hierarchy(tmp_path):
    version_1(tmp_path)
    cgroups.create("ours", tmp_path)
    assert not cgroups.is_v2(tmp_path)
    assert {path.parent.name for path in cgroups.existing("ours", tmp_path)} == {
        "cpuset",
        "memory",
        "cpu,cpuacct",
        "unified",
    }
    assert (tmp_path / "cpuset/ours/cpuset.cpus").read_text() == "0-1"


def test_version_2_has_one_and_its_parent_hands_the_controllers_down(tmp_path):
    version_2(tmp_path)
    (tmp_path / "ours").mkdir()
    version_2(tmp_path / "ours")  # what the kernel puts into a new one
    cgroups.create("ours", tmp_path)
    assert cgroups.is_v2(tmp_path)
    assert cgroups.existing("ours", tmp_path) == [tmp_path / "ours"]
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+pids"  # the last of those written one by one
    assert (tmp_path / "ours/cgroup.subtree_control").read_text() == "+pids"


def test_removal_takes_the_deepest_first_and_says_when_something_is_left(tmp_path):
    version_1(tmp_path)
    deep = tmp_path / "memory/ours/kubepods/pod1"
    deep.mkdir(parents=True)
    busy = deep / "tasks"
    busy.write_text("4711")  # the file system refuses it as the kernel refuses a cgroup with processes
    assert not cgroups.remove("ours", tmp_path)
    busy.unlink()
    assert cgroups.remove("ours", tmp_path)
    assert cgroups.existing("ours", tmp_path) == []
    assert cgroups.remove("ours", tmp_path)
