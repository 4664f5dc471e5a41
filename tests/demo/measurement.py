# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one step measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PASSED = "passed"


@dataclass(frozen=True)
class Measurement:
    """Shares are the canary's, in percent; `proxies_seconds` is None where no weights were written."""

    part: str
    step: str
    about: str
    declared: float
    observed: float
    low: float
    high: float
    requests: int
    stable: int
    canary: int
    failed: int
    unrecognised: int
    verdict: str
    reason: str
    proxies_seconds: float | None
    commands: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.verdict == PASSED


def from_result(result: Mapping[str, Any], proxies_seconds: float | None, **step: Any) -> Measurement:
    """From a result of traffic_split_verify; `step` are the fields that it cannot know: part, step, about, commands."""
    low, high = result["interval"]["canary"]
    counts = result["counts"]
    return Measurement(
        **step,
        declared=result["expected"]["canary"],
        observed=result["observed"]["canary"],
        low=low,
        high=high,
        requests=result["requests"],
        stable=counts["stable"],
        canary=counts["canary"],
        failed=counts["failed"],
        unrecognised=counts["unrecognised"],
        verdict=result["verdict"],
        reason=result["reason"],
        proxies_seconds=proxies_seconds,
    )


def percent(value: float) -> str:
    """A declared share, with a decimal where it has one: 33.3 %, 1 %, 100 %."""
    return f"{value:.1f}".removesuffix(".0") + " %"


def measured(value: float) -> str:
    """An observed share, always to one decimal."""
    return f"{value:.1f} %"


def interval(measurement: Measurement) -> str:
    return f"{measurement.low:.1f}–{measurement.high:.1f} %"


def seconds(value: float | None) -> str:
    """How long the proxies took; a dash where there was nothing to wait for."""
    return "–" if value is None else f"{value:.2f} s"
