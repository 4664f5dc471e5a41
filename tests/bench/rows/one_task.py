# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task costs in a play on localhost: the whole playbook, and one task more in it."""

from __future__ import annotations

from bench import playbook
from bench.bench import Bench
from bench.ground import ONE, Ground
from bench.rounds import Rounds
from bench.row import Goal, Pair
from bench.tasks import MakeTask, patched, weights

MORE = 10  # tasks, over which what one costs is averaged


def whole(ground: Ground, make: MakeTask, number: int, **environment: str) -> float:
    """The wall of a playbook with so many tasks, each of which finds other weights than it wants."""
    ground.reset()
    flips = [make(ground.kubeconfig, ONE, 0 if place % 2 else 10) for place in range(number)]
    written = playbook.write(f"{make.__name__}-{number}", flips)
    return playbook.run(written, playbook.localhost(), number, **environment)


def marginal(ground: Ground, make: MakeTask, **environment: str) -> float:
    one = whole(ground, make, 1, **environment)
    return (whole(ground, make, 1 + MORE, **environment) - one) / MORE


def one_more(ground: Ground, rounds: Rounds) -> list[Pair]:
    return rounds.paired(lambda: marginal(ground, weights), lambda: marginal(ground, patched))


def through_the_module(ground: Ground, rounds: Rounds) -> list[Pair]:
    door = {playbook.DOOR: "module"}
    return rounds.paired(lambda: marginal(ground, weights, **door), lambda: marginal(ground, patched))


def one_playbook(ground: Ground, rounds: Rounds) -> list[Pair]:
    return rounds.paired(lambda: whole(ground, weights, 1), lambda: whole(ground, patched, 1))


ROWS = (
    Bench("one more weights task in a play, wall", "s", Goal("ratio", 0.07), one_more),
    Bench("the same through the module door", "s", Goal("ratio", 0.80), through_the_module),
    Bench("a playbook of one task, whole", "s", Goal("ratio", 0.65), one_playbook),
)
