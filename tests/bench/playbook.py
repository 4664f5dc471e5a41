# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write playbooks and run them as a user does: a process, from start to end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.report import ROOT, WORK

CALLBACKS = Path(__file__).with_name("callbacks")
DOOR = "AVIARY_CANARY_DOOR"  # "module": our tasks run as a module's process although they need not
RECAP = re.compile(r"^\S+\s+: ok=(\d+)\s+changed=(\d+)\s", re.MULTILINE)
TIMEOUT_SECONDS = 600
TAIL_LINES = 15


def write(name: str, tasks: Sequence[Mapping[str, Any]]) -> Path:
    """A playbook of these tasks for every host of the inventory."""
    play = {"name": "Bench", "hosts": "all", "gather_facts": False, "tasks": tasks}
    path = WORK / f"{name}.yml"
    path.write_text(json.dumps([play], indent=1))  # which is YAML
    return path


def write_inventory(name: str, hosts: Mapping[str, Mapping[str, Any]]) -> Path:
    """Every host is this machine, as it is for a user who keeps clusters in an inventory."""
    path = WORK / f"{name}.yml"
    local = {"ansible_connection": "local"}
    path.write_text(json.dumps({"all": {"vars": local, "hosts": hosts}}, indent=1))
    return path


def localhost() -> Path:
    return write_inventory("localhost", {"localhost": {}})


def run(playbook: str | Path, inventory: Path, changed: int | None = None, *options: str, **environment: str) -> float:
    """The wall of a run in seconds. `changed` is how many tasks must have written: no other run is what was meant."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook), "-i", str(inventory), *options]
    log = WORK / f"{Path(playbook).stem}.log"
    with log.open("w") as output:
        started = time.monotonic()
        status = subprocess.run(
            command,
            cwd=ROOT,  # where ansible.cfg finds the collection
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_SECONDS,
            check=False,
        ).returncode
        seconds = time.monotonic() - started
    said = log.read_text(errors="replace")
    if status:
        tail = "\n".join([line for line in said.splitlines() if line.strip()][-TAIL_LINES:])
        raise BenchError(f"{Path(playbook).name} ended with {status}; its log is {log}, and this is the end:\n{tail}")
    if changed is not None and changed_in(said) != changed:
        raise BenchError(f"{Path(playbook).name} changed {changed_in(said)} times instead of {changed}; see {log}")
    return seconds


def changed_in(said: str) -> int:
    """Over all hosts of the recap."""
    return sum(int(changed) for _ok, changed in RECAP.findall(said))


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Without what a shell may have set for another purpose: it would be measured too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "K8S_AUTH_", DOOR))}
    return {**kept, "ANSIBLE_NOCOLOR": "1", **more}
