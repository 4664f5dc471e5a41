# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One line of the table: the pairs that its rounds measured, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

MINUS = "\N{MINUS SIGN}"


class Pair(NamedTuple):
    """What one round measured of each side."""

    ours: float
    theirs: float


@dataclass(frozen=True)
class Goal:
    """At most `limit` of the row's `ratio`, of `ours`, or of the `difference`."""

    of: str
    limit: float

    def text(self, unit: str) -> str:
        if self.of == "ratio":
            return f"≤ {self.limit:.2f}"
        if self.of == "ours":
            return f"ours ≤ {self.limit:g}"
        return f"ours {MINUS} theirs ≤ {self.limit:g} {unit}"

    def value(self, unit: str) -> float | str:
        """For a program: a number beside the ratio where the ratio is meant, and words for anything else."""
        return self.limit if self.of == "ratio" else self.text(unit)


@dataclass(frozen=True)
class Row:
    """Medians over the rounds.

    Machines have good and bad minutes, and both sides of a round share one: so what is compared is compared round by
    round, and the median taken of that. A ratio of the two medians would pair a good minute with a bad one.
    """

    name: str
    unit: str
    goal: Goal
    pairs: Sequence[Pair]

    @property
    def ours(self) -> float:
        return median(pair.ours for pair in self.pairs)

    @property
    def theirs(self) -> float:
        return median(pair.theirs for pair in self.pairs)

    @property
    def ratios(self) -> list[float]:
        return [pair.ours / pair.theirs for pair in self.pairs]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def difference(self) -> float:
        return median(pair.ours - pair.theirs for pair in self.pairs)

    @property
    def met(self) -> bool:
        return getattr(self, self.goal.of) <= self.goal.limit

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ours": round(self.ours, 4),
            "theirs": round(self.theirs, 4),
            "unit": self.unit,
            "ratio": round(self.ratio, 4),
            "goal": self.goal.value(self.unit),
            "rounds": len(self.pairs),
        }
