# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-playbook: its output into a log, its tasks to the screen."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import DemoError

CALLBACKS = Path(__file__).with_name("callbacks")
TAIL_LINES = 20  # of a failed run's log, on the screen


class Outcome(NamedTuple):
    """`applied_seconds`: how long the proxies took to hold the weights; None where no weights were asked for."""

    changed: int
    applied_seconds: float | None


def play(command: Sequence[str], log: Path, on_task: Callable[[str], None]) -> Outcome:
    """Run to the end; a failure is told by the last lines of the log."""
    events, into = os.pipe()
    with log.open("w") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(into,),
            env=_environment(into),
        )
    os.close(into)
    try:
        with open(events) as lines:
            outcome = follow(lines, on_task)
    except BaseException:
        child.terminate()
        raise
    finally:
        status = child.wait()
    if status:
        raise DemoError(_failure(command, log))
    return outcome


def follow(lines: Iterable[str], on_task: Callable[[str], None]) -> Outcome:
    """Read what callbacks/events.py writes, until the run has ended."""
    changed, applied_seconds = 0, None
    for line in lines:
        event = json.loads(line)
        if "task" in event:
            on_task(event["task"])
        changed = event.get("changed", changed)
        applied_seconds = event.get("applied_seconds", applied_seconds)
    return Outcome(changed, applied_seconds)


def _environment(events: int) -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "events",
        "ANSIBLE_NOCOLOR": "1",
        "AVIARY_CANARY_DEMO_EVENTS": str(events),
    }


def _failure(command: Sequence[str], log: Path) -> str:
    tail = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-TAIL_LINES:]
    return "\n".join([f"{command[1]} failed; the whole log is {log}, and this is its end:", "", *tail])
