# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cgroup per cluster, at the root of the hierarchy: several in version 1, one in version 2."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def is_v2(root: Path = ROOT) -> bool:
    return (root / "cgroup.controllers").exists()


def hierarchies(root: Path = ROOT) -> list[Path]:
    """Where a cluster's cgroup is made. In version 1 `cpu` may be a link to `cpu,cpuacct`: one folder, listed once.

    Beside them there may be `unified`, a hierarchy of version 2 without controllers, which runc uses all the same.
    """
    if is_v2(root):
        return [root]
    return sorted({path.resolve() for path in root.iterdir() if path.is_dir()})


def create(name: str, root: Path = ROOT) -> None:
    if is_v2(root):
        enable_controllers(root)
    for hierarchy in hierarchies(root):
        (hierarchy / name).mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):  # version 1 leaves them empty, and refuses processes until set
            if (hierarchy / setting).exists() and not is_v2(root):
                (hierarchy / name / setting).write_text((hierarchy / setting).read_text())
    if is_v2(root):
        enable_controllers(root / name)


def enable_controllers(folder: Path) -> None:
    """One at a time: the kernel refuses a list as a whole when it refuses one of its members."""
    for controller in (folder / "cgroup.controllers").read_text().split():
        try:
            (folder / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            continue  # the kubelet names the one it misses


def existing(name: str, root: Path = ROOT) -> list[Path]:
    return [hierarchy / name for hierarchy in hierarchies(root) if (hierarchy / name).is_dir()]


def remove(name: str, root: Path = ROOT) -> bool:
    """True when nothing is left. The kernel lets a cgroup go only once its last process has been reaped."""
    for top in existing(name, root):
        for folder in [*sorted((p for p in top.rglob("*") if p.is_dir()), reverse=True), top]:
            try:
                folder.rmdir()
            except OSError:
                return False
    return True
