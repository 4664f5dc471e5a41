# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: run every stage, keep its log, and end with a line `N passed, N failed`.

A stage is a target of the Makefile, so each one can be run alone. A failed stage does not stop the others, because
they need nothing of each other but the tools; whatever happens, the sandbox is stopped at the end.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

STAGES = [
    "format",
    "lint",
    "types",
    "yamllint",
    "unit",
    "sanity",
    "ansible-lint",
    "docs-lint",
    "changelog-lint",
    "docs",
    "build",
    "test-modules",
    "test-integration",
]
LOGS = Path("build/logs")
TAIL_LINES = 25  # of a failed stage's log, on the screen
SIGN_OF_LIFE_SECONDS = 30
GRACE_SECONDS = 90  # for a stage that was interrupted, to stop what it started

SUMMARY = re.compile(r"^=*\s*\d+ (?:passed|failed|error|skipped).*", re.MULTILINE)
COUNT = re.compile(r"(\d+) (passed|failed|error|skipped)")


class Tally(NamedTuple):
    """How many tests a stage ran; a stage that counts none is one test itself."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: tuple) -> Tally:
        return Tally(*(mine + theirs for mine, theirs in zip(self, other)))

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def read_tally(log: str, succeeded: bool) -> Tally:
    """Add up the summaries that test runners leave in a log, such as `12 passed, 1 failed in 3.1s`.

    The exit status has the last word: a stage that failed counts at least one failure.
    """
    counts = {"passed": 0, "failed": 0, "error": 0, "skipped": 0}
    for summary in SUMMARY.findall(log):
        for number, outcome in COUNT.findall(summary):
            counts[outcome] += int(number)
    passed = counts["passed"] or int(succeeded)
    failed = counts["failed"] + counts["error"] or int(not succeeded)
    return Tally(passed, failed, counts["skipped"])


def last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:100] if lines else "started"


def run_logged(target: str, log: Path) -> bool:
    """Run one target with its output in `log`, showing now and then that it lives."""
    with log.open("w") as output:
        # A session of its own: an interrupt reaches it once and through us alone, so that it can tidy up in peace.
        stage = subprocess.Popen(["make", target], stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    started = time.monotonic()
    try:
        while True:
            try:
                return stage.wait(SIGN_OF_LIFE_SECONDS) == 0
            except subprocess.TimeoutExpired:
                print(f"        {time.monotonic() - started:5.0f} s  {last_line(log)}", flush=True)
    except KeyboardInterrupt:
        stop(stage)
        raise


def stop(stage: subprocess.Popen) -> None:
    for attempt in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(stage.pid, attempt)
            stage.wait(GRACE_SECONDS)
            return


def run_stage(target: str) -> Tally:
    log = LOGS / f"{target}.log"
    started = time.monotonic()
    succeeded = run_logged(target, log)
    text = log.read_text(errors="replace")
    tally = read_tally(text, succeeded)
    print(f"        {time.monotonic() - started:5.0f} s  {'ok' if succeeded else 'FAILED'}, {tally}", flush=True)
    if not succeeded:
        print("\n".join(text.splitlines()[-TAIL_LINES:]))
        print(f"        the whole log: {log}", flush=True)
    return tally


def main() -> int:
    for request in (signal.SIGINT, signal.SIGTERM):  # to stop, both alike; a background job starts with SIGINT ignored
        signal.signal(request, signal.default_int_handler)
    LOGS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    if subprocess.call(["make", "setup"]) != 0:
        print("0 passed, 1 failed")
        return 1
    total, targets = Tally(), sys.argv[1:] or STAGES
    try:
        for number, target in enumerate(targets, 1):
            print(f"[{number:2}/{len(targets)}] {target}", flush=True)
            total += run_stage(target)
    except KeyboardInterrupt:
        print("interrupted; stopping the sandbox", flush=True)
        total += Tally(failed=1)
    if not run_logged("sandbox-down", LOGS / "sandbox-down.log"):
        print(f"the sandbox did not stop cleanly: {LOGS / 'sandbox-down.log'}")
        total += Tally(failed=1)
    print(f"all stages: {time.monotonic() - started:.0f} s{f', {total.skipped} skipped' if total.skipped else ''}")
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped before all was tidied up; make sandbox-down does the rest")
