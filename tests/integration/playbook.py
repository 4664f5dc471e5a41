# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the collection's playbooks as a user does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "build/logs/integration"
RECAP = re.compile(r"^\S+\s+: (ok=.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """One run of a playbook: its exit status, what it printed, and the recap's numbers."""

    status: int
    output: str
    log: Path

    @property
    def recap(self) -> dict[str, int]:
        found = RECAP.search(self.output)
        assert found, f"no recap in {self.log}"
        return {name: int(number) for name, number in (pair.split("=") for pair in found[1].split())}

    @property
    def changed(self) -> int:
        return self.recap["changed"]


def inventory(path: Path, variables: dict[str, Any]) -> Path:
    """One host is one cluster, on this machine."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **variables}
    return Path(written(path, {"all": {"hosts": {"cluster": host}}}))


def written(path: Path, content: Any) -> str:
    """The path of a new YAML file, which JSON is."""
    path.write_text(json.dumps(content))
    return str(path)


def run(playbook: str, inventory: Path, *options: str, **variables: Any) -> Run:
    """Run aviary.canary.PLAYBOOK; its output is kept under build/logs/integration."""
    command = ["ansible-playbook", f"aviary.canary.{playbook}", "-i", str(inventory), *options]
    if variables:
        command += ["-e", json.dumps(variables)]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=540,
        check=False,
    )
    return Run(done.returncode, done.stdout, keep(playbook, f"$ {' '.join(command)}\n{done.stdout}"))


def keep(playbook: str, text: str) -> Path:
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{len(list(LOGS.iterdir())):03}-{playbook}.log"
    log.write_text(text)
    return log


def succeed(playbook: str, inventory: Path, *options: str, **variables: Any) -> Run:
    done = run(playbook, inventory, *options, **variables)
    assert done.status == 0, f"{playbook} ended with {done.status}, see {done.log}:\n{done.output[-3000:]}"
    return done


def refuse(playbook: str, inventory: Path, reason: str, **variables: Any) -> Run:
    """The playbook must end with one sentence, its reason and a hint, and no traceback."""
    done = run(playbook, inventory, **variables)
    assert done.status == 2, f"{playbook} ended with {done.status}, see {done.log}"
    assert "Traceback" not in done.output, done.log
    assert f"reason: {reason}" in done.output, f"{reason} is not named in {done.log}:\n{done.output[-3000:]}"
    assert re.search(r"^    hint: \S", done.output, re.MULTILINE), done.log
    return done
