# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo does, as the tutorial tells it: five splits, and the commands that declare and verify each."""

from __future__ import annotations

from dataclasses import dataclass

VARIABLES = "tests/demo/variables.yml"


@dataclass(frozen=True)
class Step:
    """One split, and the playbook that makes it. `share` is typed after -e; None leaves it to the inventory."""

    name: str
    about: str
    provider: str
    share: str | None = None
    playbook: str = "deploy"

    def command(self, playbook: str) -> list[str]:
        """What a user types: the share is declared, and verify is told the same to judge by."""
        command = ["ansible-playbook", f"aviary.canary.{playbook}"]
        command += ["-i", f"examples/tutorial/{self.provider}.yml", "-e", f"@{VARIABLES}"]
        if playbook != "teardown" and self.share is not None:
            command += ["-e", self.share]
        return command


@dataclass(frozen=True)
class Part:
    title: str
    steps: tuple[Step, ...]


PLAIN = Part(
    "Part 1: plain Kubernetes",
    (Step("replicas 2 + 1", "Two pods of the tested load, one of the new load", "kubernetes"),),
)
ISTIO = Part(
    "Part 2: Istio",
    (
        Step("sidecars 2 + 1", "The same pods with sidecars, no weights yet", "istio", "canary_share="),
        Step("weights 99 / 1", "One request in a hundred to the new load", "istio", "canary_share=1"),
        Step("weights 1 / 99", "All but one in a hundred to it", "istio", "canary_share=99", "rollout"),
        Step("weights 50 / 50", "Half to each", "istio", "canary_share=50", "rollout"),
    ),
)
