# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from bench.rounds import Rounds
from bench.row import Pair


def test_who_is_first_alternates_and_each_number_lands_on_its_own_side():
    calls = []

    def side(name: str, base: float) -> float:
        calls.append(name)
        return base + len(calls)

    pairs = Rounds(3).paired(lambda: side("ours", 0), lambda: side("theirs", 100))
    assert calls == ["ours", "theirs", "theirs", "ours", "ours", "theirs", "theirs", "ours"]
    assert pairs == [Pair(4, 103), Pair(5, 106), Pair(8, 107)]


def test_the_warm_up_does_not_count():
    seen = iter([Pair(99, 99), Pair(1, 2), Pair(3, 4)])
    assert Rounds(2).observed(lambda: next(seen)) == [Pair(1, 2), Pair(3, 4)]


def test_it_tells_which_round_runs():
    told = []
    Rounds(2, told.append).observed(lambda: Pair(1, 1))
    assert told == ["warm-up", "round 1 of 2", "round 2 of 2"]
