# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the story on a cluster: run each step's playbooks, read what they measured, say it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import yaml

from ..sandbox.progress import Step as Progress
from . import story
from .cluster import NAMESPACE, Cluster
from .errors import DemoError
from .measurement import Measurement, from_result, interval, measured, percent
from .play import Outcome, play
from .screen import bold, dim, judged, say

RESULTS = Path("build/demo")
DETAIL_WIDTH = 50  # so that the moving line stays one line
NO_ISTIO = (
    "Part 2 is skipped: this cluster has no Istio (its API server does not know networking.istio.io). "
    "To see it, install Istio, for instance with `istioctl install --set profile=minimal -y`, and run the demo again."
)


class Telling:
    """The story as it goes on one cluster."""

    def __init__(self, found: Cluster) -> None:
        self.cluster = found
        self.variables = yaml.safe_load(Path(story.VARIABLES).read_text())
        self.report = Path(self.variables["canary_verify"]["report"])
        self.measurements: list[Measurement] = []
        self.notes: list[str] = []
        self.idempotent = False
        self.runs = 0

    def tell(self) -> None:
        try:
            self.chapters()
        except DemoError as error:
            left = f"what was made stays in the namespace {NAMESPACE}; to remove it: {shlex.join(self.teardown)}"
            raise DemoError(f"{error}\n\n{left}") from error

    def chapters(self) -> None:
        if self.cluster.used_before:
            say(bold("\nBefore: what an earlier demo left"))
            self.remove()
        self.part(story.PLAIN)
        if self.cluster.istio:
            self.part(story.ISTIO)
        else:
            say()
            self.note(NO_ISTIO)
        self.repeat(self.last_step)

    @property
    def last_step(self) -> story.Step:
        return (story.ISTIO if self.cluster.istio else story.PLAIN).steps[-1]

    @property
    def teardown(self) -> list[str]:
        return self.last_step.command("teardown")

    @property
    def passed(self) -> bool:
        return self.idempotent and all(row.passed for row in self.measurements)

    def part(self, part: story.Part) -> None:
        say(bold(f"\n{part.title}"))
        for step in part.steps:
            say(f"\n{bold(step.name)}: {step.about}")
            declare, verify = step.command(step.playbook), step.command("verify")
            declared = self.run(declare)
            row = from_result(
                self.verify(verify),
                declared.applied_seconds,
                part=part.title,
                step=step.name,
                about=step.about,
                commands=(shlex.join(declare), shlex.join(verify)),
            )
            self.measurements.append(row)
            say(result_line(row))

    def verify(self, command: list[str]) -> dict:
        """What was measured. A verdict other than passed fails the playbook, and is still a result here."""
        self.report.unlink(missing_ok=True)  # of the step before
        try:
            self.run(command)
        except DemoError:
            if not self.report.exists():
                raise
        return json.loads(self.report.read_text())

    def repeat(self, step: story.Step) -> None:
        say(bold("\nThe same once more, as a deploy: nothing is left to change"))
        changed = self.run(step.command("deploy")).changed
        self.note(f"A deploy of what was there already reported {changed} changed.")
        self.idempotent = changed == 0

    def note(self, sentence: str) -> None:
        """For the screen now, and for the page."""
        say(f"  {sentence}")
        self.notes.append(sentence)

    def remove(self) -> None:
        self.run(self.teardown)

    def run(self, command: list[str]) -> Outcome:
        """Show the command, what it is at while it runs, and how much it changed."""
        self.runs += 1
        name = command[1].rpartition(".")[2]
        log = RESULTS / f"{self.runs:02}-{name}.log"
        say(dim(f"  $ {shlex.join(command)}"))
        task = ""

        def on_task(title: str) -> None:
            nonlocal task
            task = title.rpartition(" : ")[2][:DETAIL_WIDTH]  # without the role's name

        with Progress(name) as progress:
            progress.detail = lambda: task
            outcome = play(command, log, on_task)
            progress.title = f"{name}, {outcome.changed} changed"
        return outcome


def result_line(row: Measurement) -> str:
    """Declared beside observed, for the canary."""
    line = f"  canary: declared {percent(row.declared)}, observed {measured(row.observed)} ({interval(row)}), "
    line += f"{row.canary:,} of {row.requests:,} requests"
    if row.proxies_seconds is not None:
        line += f"; the proxies took {row.proxies_seconds:.2f} s"
    line += f": {judged(row.verdict)}"
    return line if row.passed else f"{line}\n  {row.reason}"
