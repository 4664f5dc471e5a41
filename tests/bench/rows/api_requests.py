# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a task asks the API server, counted by a proxy in front of it.

Warm: the round before the first one has left kubernetes.core its cache of what the API server knows.
"""

from __future__ import annotations

from collections.abc import Callable

from apiproxy import ApiProxy
from bench import playbook
from bench.bench import Bench
from bench.ground import ONE, Ground
from bench.rounds import Rounds
from bench.row import Goal, Pair
from bench.tasks import MakeTask, patched, weights


def counted(change: bool) -> Callable[[Ground, Rounds], list[Pair]]:
    """Either a task that finds other weights than it wants, or one that finds them already right."""
    canary = 10 if change else 0

    def measure(ground: Ground, rounds: Rounds) -> list[Pair]:
        with ApiProxy(ground.kubeconfig) as proxy:

            def count(make: MakeTask) -> int:
                ground.reset()
                written = playbook.write(f"{make.__name__}-counted", [make(str(proxy.kubeconfig), ONE, canary)])
                proxy.requests.clear()
                playbook.run(written, playbook.localhost(), int(change))
                return len(proxy.requests)

            return rounds.paired(lambda: count(weights), lambda: count(patched))

    return measure


ROWS = (
    Bench("requests to the API server per task, change", "requests", Goal("ours", 3), counted(change=True)),
    Bench("requests to the API server per task, already right", "requests", Goal("ours", 1), counted(change=False)),
)
