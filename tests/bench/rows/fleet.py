# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One patch per inventory host, a hundred hosts: how a fleet is kept, although here all are the same cluster."""

from __future__ import annotations

from collections.abc import Callable

from bench import playbook
from bench.bench import Bench
from bench.ground import FLEET, Ground
from bench.rounds import Rounds
from bench.row import Goal, Pair
from bench.tasks import MakeTask, json_patched, weights

CANARY = 10


def hosts(forks: int) -> Callable[[Ground, Rounds], list[Pair]]:
    def measure(ground: Ground, rounds: Rounds) -> list[Pair]:
        inventory = playbook.write_inventory("fleet", {name: {} for name in FLEET})

        def wall(make: MakeTask) -> float:
            ground.reset(FLEET)
            task = make(ground.kubeconfig, "{{ inventory_hostname }}", CANARY)
            written = playbook.write(f"{make.__name__}-fleet", [task])
            return playbook.run(written, inventory, len(FLEET), "--forks", str(forks))

        return rounds.paired(lambda: wall(weights), lambda: wall(json_patched))

    return measure


ROWS = tuple(
    Bench(f"{len(FLEET)} inventory hosts, one patch each, forks {forks}", "s", Goal("ratio", 0.08), hosts(forks))
    for forks in (5, 20)
)
