# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One cluster as seen from outside: start it, know it again later, stop it without a trace."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import cgroups, commands, components, kubeconfig, node, pki
from sandbox.build import Build
from sandbox.errors import SandboxError
from sandbox.kubectl import Kubectl
from sandbox.layout import SOURCE, Layout
from sandbox.node import CACHE
from sandbox.processes import Process, in_pid_namespace

API_SECONDS = 90
STOP_SECONDS = 60
CONTROL_PLANE = "control-plane"
NAMESPACES = ["--net", "--mount", "--pid", "--ipc", "--uts", "--propagation=slave", "--mount-proc"]


@dataclass
class Cluster:
    layout: Layout
    name: str
    process: Process | None = None
    ports: dict[str, int] = field(default_factory=dict)  # on the host's loopback, by name (components.FORWARDED)
    build: str = ""
    ready: list[str] = field(default_factory=list)  # what has been set up to the end
    namespace: str | None = None  # of its processes, known from the moment it is told to end

    @property
    def directory(self) -> Path:
        return self.layout.cluster(self.name)

    @property
    def logs(self) -> Path:
        return self.layout.cluster_logs(self.name)

    @property
    def full(self) -> bool:
        return self.name != CONTROL_PLANE

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.alive

    @property
    def runs(self) -> bool:
        return self.alive and not self.ended_programs()

    @property
    def admin_kubeconfig(self) -> Path:
        return self.directory / "admin.kubeconfig"

    def kubectl(self, build: Build) -> Kubectl:
        return Kubectl(build.kubectl, self.admin_kubeconfig, self.logs / "setup.log", lambda: check_programs(self))

    def save(self) -> None:
        record: dict[str, Any] = {"ports": self.ports, "build": self.build, "ready": self.ready}
        record["process"] = self.process.to_record() if self.process else None
        commands.write_json(self.directory / "cluster.json", record)

    def ended_programs(self) -> dict[str, int]:
        try:
            ended: dict[str, int] = json.loads((self.directory / "ended.json").read_text())
        except (OSError, ValueError):
            return {}
        return ended

    def api_answers(self) -> bool:
        return "api" in self.ports and node.answers_ok(self.ports["api"], self.directory / "pki/ca.crt", "/readyz")


def load(layout: Layout, name: str) -> Cluster:
    """A folder without a readable record is what a killed run left: a cluster without a process."""
    try:
        record = json.loads((layout.cluster(name) / "cluster.json").read_text())
        process = Process.from_record(record["process"])
        return Cluster(layout, name, process, record["ports"], record["build"], record["ready"])
    except (OSError, ValueError, KeyError, TypeError):
        return Cluster(layout, name)


def load_all(layout: Layout) -> list[Cluster]:
    names = [path.name for path in layout.run.iterdir() if path.is_dir()] if layout.run.is_dir() else []
    return [load(layout, name) for name in sorted(names, key=lambda name: (len(name), name))]


def start(layout: Layout, build: Build, name: str) -> Cluster:
    """Until its API server answers."""
    cluster = Cluster(layout, name)
    cluster.build = build.key(cluster.full)
    prepare(cluster, build)
    launch(cluster, build)
    commands.wait_for(
        lambda: cluster.api_answers() or bool(cluster.ended_programs()) or not cluster.alive,
        API_SECONDS,
        lambda: SandboxError(f"{name}: the API server did not answer in time", cluster.logs / "kube-apiserver.log"),
    )
    check_programs(cluster)
    return cluster


def prepare(cluster: Cluster, build: Build) -> None:
    shutil.rmtree(cluster.logs, ignore_errors=True)
    cluster.logs.mkdir(parents=True)
    cluster.directory.mkdir(parents=True)
    pki.make(cluster.directory / "pki", cluster.logs / "certificates.log")
    for user in ("kubelet", "controller-manager", "scheduler", "proxy"):
        server = f"https://127.0.0.1:{components.API}"
        config = kubeconfig.for_user(cluster.directory / "pki", user, server, "node")
        commands.write_json(cluster.directory / f"{user}.kubeconfig", config)
    if cluster.full:
        cgroups.create(cgroup_of(cluster))
        images, cni = (inside(cluster.layout, path) for path in (build.images, build.programs / "usr/lib/cni"))
        components.write_settings(cluster.directory, cluster.name, images, cni, cgroup_of(cluster))


def inside(layout: Layout, path: Path) -> Path:
    """A path of the cache as the node sees it."""
    return CACHE / path.relative_to(layout.cache)


def launch(cluster: Cluster, build: Build) -> None:
    """The process waits for a word from us, and it gets it only once it has been recorded."""
    listeners = {name: listen() for name in (components.FORWARDED if cluster.full else ["api"])}
    descriptors = {name: listener.fileno() for name, listener in listeners.items()}
    tools = [inside(cluster.layout, path) for path in (build.kubernetes, build.programs / "usr/bin")]
    tools.append(inside(cluster.layout, build.programs / "usr/sbin"))
    components.write_plan(cluster.directory, tools, descriptors, cluster.full)
    with (cluster.logs / "node.log").open("ab") as log:
        child = subprocess.Popen(
            ["unshare", *NAMESPACES, "--fork", "--kill-child", "--", *node_command(cluster)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd="/",
            pass_fds=list(descriptors.values()),
            start_new_session=True,
        )
    cluster.process = Process.find(child.pid)
    cluster.ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
    cluster.save()
    admin = kubeconfig.for_user(
        cluster.directory / "pki", "admin", f"https://127.0.0.1:{cluster.ports['api']}", cluster.name
    )
    commands.write_json(cluster.admin_kubeconfig, admin)
    assert child.stdin is not None
    with child.stdin:
        child.stdin.write(b"go\n")
    for listener in listeners.values():
        listener.close()
    child.returncode = 0  # it outlives us; nobody waits for it here


def node_command(cluster: Cluster) -> list[str]:
    return [sys.executable, str(SOURCE), "node", str(cluster.layout.cache), cluster.name]


def listen() -> socket.socket:
    """A free port of the host's loopback, ours from now on."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def check_programs(cluster: Cluster) -> None:
    """A program of the node that has ended explains more than any time-out."""
    for name, code in cluster.ended_programs().items():
        raise SandboxError(f"{cluster.name}: {name} ended with {code}", cluster.logs / f"{name}.log")
    if not cluster.alive:
        raise SandboxError(f"{cluster.name}: the node ended", cluster.logs / "node.log")


def kill(cluster: Cluster) -> None:
    """End its first process; the kernel ends the rest, and with it go its mounts and its network."""
    if cluster.process and cluster.alive:
        cluster.namespace = os.readlink(f"/proc/{cluster.process.pid}/ns/pid_for_children")
        cluster.process.signal(signal.SIGKILL)


def stop(cluster: Cluster) -> None:
    """Until nothing is left of it: no process, cgroup, mount or file."""
    kill(cluster)
    commands.wait_for(
        lambda: not left_processes(cluster.namespace) and cgroups.remove(cgroup_of(cluster)) and remove_files(cluster),
        STOP_SECONDS,
        lambda: SandboxError(f"{cluster.name} was stopped, but this is left: {', '.join(traces(cluster))}"),
    )


def remove_files(cluster: Cluster) -> bool:
    shutil.rmtree(cluster.directory, ignore_errors=True)
    return not traces(cluster)


def cgroup_of(cluster: Cluster) -> str:
    return cluster.layout.cgroup(cluster.name)


def left_processes(namespace: str | None) -> list[int]:
    """Never our own namespace: a process that had not come so far as to have its own takes nothing with it."""
    if namespace is None or namespace == os.readlink("/proc/self/ns/pid"):
        return []
    return list(in_pid_namespace(namespace))


def traces(cluster: Cluster) -> list[str]:
    """What is left of it on this machine, for people to read."""
    found = [f"process {pid}" for pid in left_processes(cluster.namespace)]
    found += [f"cgroup {path}" for path in cgroups.existing(cgroup_of(cluster))]
    targets = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    found += [f"mount {target}" for target in targets if target.startswith(f"{cluster.directory}/")]
    return found + ([f"folder {cluster.directory}"] if cluster.directory.exists() else [])
