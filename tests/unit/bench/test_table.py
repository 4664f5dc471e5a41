# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from bench.row import Goal, Pair, Row
from bench.rows import ROWS
from bench.table import HEADINGS, markdown, quantity, screen

FAST = Row("one more task", "s", Goal("ratio", 0.07), [Pair(0.02, 0.5), Pair(0.03, 0.6)])
COUNTED = Row("requests, " + "all of them, " * 4, "requests", Goal("ours", 3), [Pair(4, 3)])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0204, "s", "0.020 s"),
        (-0.1, "s", "\N{MINUS SIGN}0.100 s"),
        (3, "requests", "3 requests"),
        (2.5, "requests", "2.5 requests"),
    ],
)
def test_a_quantity_has_the_digits_of_its_unit(value, unit, text):
    assert quantity(value, unit) == text


def test_the_numbers_of_a_row():
    line = screen([FAST])[2]
    assert " ".join(line.split()) == (
        "one more task 0.025 s 0.550 s 0.045 0.040–0.050 \N{MINUS SIGN}0.525 s ≤ 0.07 yes"
    )


def test_lines_are_of_equal_width_and_a_long_name_goes_on_below():
    lines = screen([FAST, COUNTED])
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 5
    assert lines[4].strip() == "all of them, all of them,"


def test_it_fits_a_screen_of_140_columns():
    rows = [Row(bench.name, bench.unit, bench.goal, [Pair(40.123, 50.123)]) for bench in ROWS]
    assert max(map(len, screen(rows))) <= 140


def test_markdown_has_a_cell_per_heading():
    lines = markdown([FAST, COUNTED])
    assert [line.count("|") for line in lines] == [len(HEADINGS) + 1] * 4
    assert lines[1].startswith("| --- | ---: |")


def test_no_rows_is_a_table_too():
    assert len(screen([])) == 2
