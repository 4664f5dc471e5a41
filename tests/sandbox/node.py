# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first process of a cluster, inside namespaces of its own for processes, mounts and network.

All that a cluster does happens below this process: when it dies, the kernel ends every process of the cluster, pods
included, and with the last one its mounts and its network are gone. Nothing has to be undone by hand.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sandbox import forward

NODE_ADDRESS = "10.89.0.2"
CACHE = Path("/run/cache")  # the cache directory, seen from inside: a short name, whatever the user's is
MACHINE_SETTINGS = [  # the kubelet changes these for the whole machine: it gets copies to change
    "kernel/keys/root_maxbytes",
    "kernel/keys/root_maxkeys",
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
]
STAGE_SECONDS = 120
POLL_SECONDS = 0.05
NETWORK = f"""\
link set lo up
link add node0 type bridge
addr add {NODE_ADDRESS}/24 dev node0
link set node0 up
route add default dev node0
"""


def run(cache: str, name: str) -> int:
    if sys.stdin.readline() != "go\n":
        return 1  # whoever started us died before it had recorded us
    own_mounts(Path(cache), name)
    own_network()
    Node(CACHE / "run" / name, CACHE / "logs" / name).live()
    return 0


def own_mounts(cache: Path, name: str) -> None:
    """/run and /var are the cluster's own, so that every program finds its usual places there, and only there."""
    mount("--make-rshared", "/")  # the kubelet hands mounts on to containers; the host sees none of them
    directory = os.open(cache, os.O_PATH | os.O_DIRECTORY)  # the cache may lie below /run or /var itself
    mount("-t", "tmpfs", "-o", "mode=755", "run", "/run")
    CACHE.mkdir()
    mount("--bind", f"/proc/self/fd/{directory}", str(CACHE), pass_fds=[directory])
    os.close(directory)
    var = CACHE / "run" / name / "var"
    for folder in ("lib", "log", "tmp", "cache"):
        (var / folder).mkdir(parents=True, exist_ok=True)
    (var / "run").symlink_to("/run")
    mount("--bind", str(var), "/var")
    for setting in MACHINE_SETTINGS:
        copy = Path("/run") / setting.replace("/", ".")
        copy.write_text(Path("/proc/sys", setting).read_text())
        mount("--bind", str(copy), f"/proc/sys/{setting}")


def mount(*arguments: str, pass_fds: list[int] | None = None) -> None:
    subprocess.run(["mount", *arguments], check=True, pass_fds=pass_fds or [])


def own_network() -> None:
    """The node's only interface leads nowhere; the default route is there because the kubelet asks for one."""
    subprocess.run(["ip", "-batch", "-"], input=NETWORK, text=True, check=True)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


class Node:
    """Starts the stages of node.json one after the other, then waits for its children, wanted and orphaned."""

    def __init__(self, directory: Path, logs: Path) -> None:
        self.directory = directory
        self.logs = logs
        self.plan: dict[str, Any] = json.loads((directory / "node.json").read_text())
        self.children: dict[int, str] = {}
        self.ended: dict[str, int] = {}

    def live(self) -> None:
        self.start_forwarder()
        for stage in self.plan["stages"]:
            for name, argv in stage["start"].items():
                self.start(name, argv)
            self.wait_until(stage["until"])
        while True:
            self.note(*os.waitpid(-1, 0))

    def start(self, name: str, argv: list[str]) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env={"PATH": self.plan["path"], "HOME": "/var/tmp", "TMPDIR": "/var/tmp"},
            )
        self.children[child.pid] = name

    def start_forwarder(self) -> None:
        """A copy of this process, since the checkout it was started from may lie hidden below the new /var."""
        pid = os.fork()
        if pid == 0:
            forward.serve({int(descriptor): target for descriptor, target in self.plan["forwards"].items()})
            os._exit(1)
        self.children[pid] = "forward"
        for descriptor in self.plan["forwards"]:
            os.close(int(descriptor))

    def wait_until(self, conditions: list[list[Any]]) -> None:
        deadline = time.monotonic() + STAGE_SECONDS
        while not all(holds(self.directory, *condition) for condition in conditions):
            if time.monotonic() > deadline:
                raise SystemExit(f"not reached within {STAGE_SECONDS} s: {conditions}")
            self.reap()
            time.sleep(POLL_SECONDS)

    def reap(self) -> None:
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self.note(pid, status)
        except ChildProcessError:
            return

    def note(self, pid: int, status: int) -> None:
        """One of the node's own programs has ended: `up` and `status` read it here and name the log."""
        if pid in self.children:
            self.ended[self.children.pop(pid)] = os.waitstatus_to_exitcode(status)
            (self.directory / "ended.json").write_text(json.dumps(self.ended))


def holds(directory: Path, kind: str, value: Any) -> bool:
    if kind == "file":
        return Path(value).exists()
    if kind == "tcp":
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", value)) == 0
    return answers_ok(value, directory / "pki/ca.crt", "/readyz")


def answers_ok(port: int, authority: Path, path: str) -> bool:
    """Does HTTPS on this port of 127.0.0.1 answer 200?"""
    context = ssl.create_default_context(cafile=str(authority))
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
