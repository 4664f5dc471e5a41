# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The closing table on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from .measurement import Measurement, interval, measured, percent, seconds

HEADINGS = (
    "step", "declared", "observed", "interval", "requests", "stable", "canary", "failed", "unrecognised", "proxies",
    "verdict",
)  # fmt: skip
LEFT = {"step", "verdict"}
GAP = "  "


def cells(measurement: Measurement) -> tuple[str, ...]:
    return (
        measurement.step,
        percent(measurement.declared),
        measured(measurement.observed),
        interval(measurement),
        f"{measurement.requests:,}",
        f"{measurement.stable:,}",
        f"{measurement.canary:,}",
        f"{measurement.failed:,}",
        f"{measurement.unrecognised:,}",
        seconds(measurement.proxies_seconds),
        measurement.verdict,
    )


def table(measurements: Sequence[Measurement]) -> list[str]:
    """Lines of equal width, numbers flush right; the shares are those of the canary."""
    rows = [HEADINGS, *map(cells, measurements)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [GAP.join(_aligned(*cell) for cell in zip(HEADINGS, row, widths)) for row in rows]
    return [lines[0], GAP.join("─" * width for width in widths), *lines[1:]]


def _aligned(heading: str, text: str, width: int) -> str:
    return text.ljust(width) if heading in LEFT else text.rjust(width)
