# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the rows that are asked for, and tell."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys

from bench import report, table, versions
from bench.bench import Bench
from bench.errors import BenchError
from bench.ground import Ground
from bench.rounds import Rounds
from bench.row import Row
from bench.rows import chosen
from sandbox.progress import Step

ROUNDS = 5
INTERRUPTED = 130
FAILURES = (BenchError, AssertionError, subprocess.TimeoutExpired)  # the helpers of the tests assert


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python3 tests/bench", description="Our tasks beside kubernetes.core's.")
    made.add_argument("--rounds", type=count, default=ROUNDS, metavar="N", help=f"after one to warm up ({ROUNDS})")
    made.add_argument("--rows", default="", metavar="PART,PART", help="only rows with a part in their name")
    return made


def count(text: str) -> int:
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of rounds")


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    rows = chosen(options.rows)
    missing = complaint(rows, options.rows)
    if missing:
        print(f"make bench: {missing}", file=sys.stderr)
        return 2
    report.WORK.mkdir(parents=True, exist_ok=True)
    try:
        return measure(rows, options.rounds)
    except KeyboardInterrupt:
        print(f"make bench: stopped; what was measured is in {report.RESULT}", file=sys.stderr)
        return INTERRUPTED


def complaint(rows: tuple[Bench, ...], parts: str) -> str:
    if not rows:
        return f"no row has {parts!r} in its name"
    if not os.environ.get("KUBECONFIG"):
        return "set KUBECONFIG to a cluster with Istio, such as the sandbox's: make sandbox INGRESS=1"
    if not shutil.which("kubectl"):
        return "there is no kubectl on the PATH"
    return ""


def measure(rows: tuple[Bench, ...], rounds: int) -> int:
    """1 when a row could not be measured; a goal that is missed is a finding, not a failure."""
    done: list[Row] = []
    failed = False
    with Ground(os.environ["KUBECONFIG"]) as ground:
        found = versions.read(ground.admin)
        print(report.versions_line(found))
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {rounds} rounds", flush=True)
        for bench in rows:
            try:
                done.append(measure_one(bench, ground, rounds))
            except FAILURES as error:
                failed = True
                print(f"make bench: {bench.name}: {error}", file=sys.stderr, flush=True)
            report.write(found, done)
    print("\n".join(["", *table.screen(done), "", f"{report.RESULT}, {report.WORK / 'table.md'}"]), flush=True)
    return int(failed)


def measure_one(bench: Bench, ground: Ground, rounds: int) -> Row:
    with Step(bench.name) as step:
        detail = ""

        def tell(text: str) -> None:
            nonlocal detail
            detail = text

        step.detail = lambda: detail
        row = Row(bench.name, bench.unit, bench.goal, bench.measure(ground, Rounds(rounds, tell)))
        ours, theirs = (table.quantity(value, bench.unit) for value in (row.ours, row.theirs))
        step.title = f"{bench.name}: ours {ours}, theirs {theirs}, ratio {row.ratio:.3f}"
    return row
