# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows as a table, for the screen and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from bench.row import MINUS, Row

HEADINGS = ("", "ours", "theirs", "ratio", "of the rounds", f"ours {MINUS} theirs", "goal", "met")
LEFT = {"", "goal", "met"}
GAP = "  "
NAME_WIDTH = 36


def quantity(value: float, unit: str) -> str:
    """Times to the millisecond; what is counted as it is."""
    number = f"{value:.3f}" if unit == "s" else f"{value:g}"
    return f"{number.replace('-', MINUS)} {unit}"


def cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        quantity(row.ours, row.unit),
        quantity(row.theirs, row.unit),
        f"{row.ratio:.3f}",
        f"{min(row.ratios):.3f}–{max(row.ratios):.3f}",
        quantity(row.difference, row.unit),
        row.goal.text(row.unit),
        "yes" if row.met else "no",
    )


def screen(rows: Sequence[Row]) -> list[str]:
    """Lines of equal width, numbers flush right; a long name goes on below, beside nothing."""
    lines = [HEADINGS, *(line for row in rows for line in _wrapped(*cells(row)))]
    widths = [max(map(len, column)) for column in zip(*lines)]
    aligned = [GAP.join(_aligned(*cell) for cell in zip(HEADINGS, line, widths)) for line in lines]
    return [aligned[0], GAP.join("─" * width for width in widths), *aligned[1:]]


def _wrapped(name: str, *rest: str) -> list[tuple[str, ...]]:
    first, *more = wrap(name, NAME_WIDTH)
    return [(first, *rest), *((part, *[""] * len(rest)) for part in more)]


def _aligned(heading: str, text: str, width: int) -> str:
    return text.ljust(width) if heading in LEFT else text.rjust(width)


def markdown(rows: Sequence[Row]) -> list[str]:
    rule = ("---" if heading in LEFT else "---:" for heading in HEADINGS)
    return [f"| {' | '.join(line)} |" for line in (HEADINGS, rule, *map(cells, rows))]
