# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the programs that do the work: output to a log, a sentence when they fail, nothing left when we are stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, TypeVar

from sandbox.errors import SandboxError
from sandbox.processes import Process

GRACE_SECONDS = 10
POLL_SECONDS = 0.1
CHECK_SECONDS = 1.0
Value = TypeVar("Value")


def run(
    argv: Sequence[str],
    log: Path,
    failure: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    check: Callable[[], None] = lambda: None,
    may_be_stopped: bool = True,
) -> None:
    """Run to the end, or until `check`, asked now and then, raises.

    The process is recorded beside its log while it runs, for `stop_interrupted` of a later run; not so one that may
    not be stopped half-way: we wait for it, and when we are killed ourselves it ends alone.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    record = log.with_suffix(".pid")
    with log.open("ab") as out:
        out.write(f"$ {' '.join(argv)}\n".encode())
        out.flush()
        child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop the child in order
        )
        try:
            identity = Process.find(child.pid)
            if identity and may_be_stopped:
                record.write_text(json.dumps(identity.to_record()))
            attend(child, stdin, check)
        finally:
            if may_be_stopped:
                stop_group(child)
            child.wait()
            record.unlink(missing_ok=True)
    if child.returncode:
        raise SandboxError(failure, log)


def attend(child: subprocess.Popen[bytes], stdin: str | None, check: Callable[[], None]) -> None:
    words = stdin.encode() if stdin is not None else None
    while True:
        try:
            child.communicate(words, timeout=CHECK_SECONDS)
            return
        except subprocess.TimeoutExpired:
            words = None  # it has been handed over
            check()


def stop_group(child: subprocess.Popen[bytes]) -> None:
    """End a child that is still running, with all that it started (its session is its own)."""
    if child.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(child.pid, number)
        try:
            child.wait(GRACE_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue


def stop_interrupted(logs: Path) -> None:
    """A run that was killed may have left a build behind: end it, if it is still the process that was recorded."""
    for record in logs.glob("**/*.pid"):
        try:
            left = Process.from_record(json.loads(record.read_text()))
        except (ValueError, KeyError):
            left = None  # killed while it was being written
        if left and left.alive:
            os.killpg(left.pid, signal.SIGKILL)
        record.unlink(missing_ok=True)


def output(argv: Sequence[str], failure: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """The standard output of a short command; its own last words follow the sentence when it fails."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, env={**os.environ, **(env or {})}, cwd=cwd, check=False
        )
    except OSError as error:
        raise SandboxError(f"{failure}: {error.strerror}") from error
    if done.returncode:
        words = (done.stderr.strip() or "it gave no reason").splitlines()[-1]
        raise SandboxError(f"{failure}: {words}")
    return done.stdout


def wait_for(ask: Callable[[], Value | None], seconds: float, failure: Callable[[], SandboxError]) -> Value:
    """Ask until there is an answer, at most so long."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise failure()
        time.sleep(POLL_SECONDS)


def write_atomically(path: Path, content: str, mode: int = 0o600) -> None:
    """A reader, or a run after a kill, finds the old content or the new one, never half."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(content)
    temporary.chmod(mode)
    temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    write_atomically(path, json.dumps(value, indent=2) + "\n")
