# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds of one interleaved run: what disturbs the machine disturbs both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.row import Pair


def _silent(_text: str) -> None:
    """Nobody wants to know."""


@dataclass
class Rounds:
    """So many rounds after one that warms up; `tell` hears which one runs."""

    number: int
    tell: Callable[[str], None] = _silent

    def paired(self, ours: Callable[[], float], theirs: Callable[[], float]) -> list[Pair]:
        """Both sides one after the other, and who is first alternates: the second may find warmer caches."""
        first = False

        def round_() -> Pair:
            nonlocal first
            first = not first
            if first:
                return Pair(ours(), theirs())
            late = theirs()
            return Pair(ours(), late)

        return self.observed(round_)

    def observed(self, both: Callable[[], Pair]) -> list[Pair]:
        """One observation a round that yields both sides."""
        self.tell("warm-up")
        both()
        pairs = []
        for number in range(1, self.number + 1):
            self.tell(f"round {number} of {self.number}")
            pairs.append(both())
        return pairs
