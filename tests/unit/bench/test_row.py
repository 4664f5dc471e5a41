# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.row import Goal, Pair, Row

TIMES = st.floats(0.001, 1000)
PAIRS = st.lists(st.builds(Pair, TIMES, TIMES), min_size=1, max_size=9)


HALF = Goal("ratio", 0.5)


def row(*pairs: tuple[float, float], goal: Goal = HALF) -> Row:
    return Row("a task", "s", goal, [Pair(*pair) for pair in pairs])


def test_the_ratio_is_the_median_of_the_rounds_and_not_that_of_the_medians():
    slow_minute = row((1, 10), (6, 60), (3, 20))
    assert slow_minute.ratio == 0.1
    assert (slow_minute.ours, slow_minute.theirs) == (3, 20)


def test_the_difference_is_the_median_of_the_rounds():
    assert row((1, 10), (6, 60), (3, 20)).difference == -17


@given(PAIRS)
def test_the_ratio_lies_among_those_of_the_rounds(pairs):
    measured = Row("a task", "s", Goal("ratio", 1), pairs)
    assert min(measured.ratios) <= measured.ratio <= max(measured.ratios)


@given(PAIRS, st.sampled_from([0.25, 2.0, 8.0]))
def test_a_slower_machine_has_the_same_ratio(pairs, factor):
    slower = [Pair(ours * factor, theirs * factor) for ours, theirs in pairs]
    assert Row("", "s", Goal("ratio", 1), slower).ratio == Row("", "s", Goal("ratio", 1), pairs).ratio


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (Goal("ratio", 0.5), True),
        (Goal("ratio", 0.49), False),
        (Goal("ours", 2), True),
        (Goal("ours", 1), False),
        (Goal("difference", -2), True),
        (Goal("difference", -2.5), False),
    ],
)
def test_a_goal_is_met_up_to_its_limit(goal, met):
    assert row((2, 4), goal=goal).met is met


def test_a_goal_in_words():
    assert Goal("ratio", 0.8).text("s") == "≤ 0.80"
    assert Goal("ours", 3).text("requests") == "ours ≤ 3"
    assert Goal("difference", 0.3).text("s") == "ours \N{MINUS SIGN} theirs ≤ 0.3 s"


def test_json_has_the_keys_of_the_contract_and_no_other():
    found = row((2, 4), (1, 4)).as_json()
    assert found == {
        "name": "a task", "ours": 1.5, "theirs": 4, "unit": "s", "ratio": 0.375, "goal": 0.5, "rounds": 2,
    }  # fmt: skip


def test_a_goal_that_is_no_ratio_is_no_number_in_json():
    assert row((2, 4), goal=Goal("ours", 3)).as_json()["goal"] == "ours ≤ 3"
