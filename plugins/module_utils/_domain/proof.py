# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts of answers say about a declared split: intervals and a verdict.

Promise: a right split gets the verdict "failed" with a probability of at most 1 - confidence (Bonferroni over
the arms); with a fixed number of requests by the exact Clopper-Pearson interval, and with looks in between by a
confidence sequence that holds at every look at once. Requests that failed or matched no arm stay in every
denominator. Not here: how the answers were got.

Sources: Clopper and Pearson, Biometrika 26 (1934) 404-413; the regularised incomplete beta function by Lentz's
continued fraction, Numerical Recipes 6.4; Robbins, Annals of Mathematical Statistics 41 (1970) 1397-1409, for
the beta-binomial mixture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from .errors import InvalidRequest

PASSED, FAILED, INCONCLUSIVE = "passed", "failed", "inconclusive"


@dataclass(frozen=True)
class Counts:
    """How many requests each arm answered, and those that nobody did."""

    arms: Mapping[str, int]
    failed: int = 0
    unrecognised: int = 0

    @property
    def requests(self) -> int:
        return sum(self.arms.values()) + self.failed + self.unrecognised

    def share(self, arm: str) -> float:
        """Percent of all requests that the arm answered."""
        return 100.0 * self.arms[arm] / self.requests if self.requests else 0.0

    def __add__(self, other: Counts) -> Counts:
        arms = {arm: self.arms.get(arm, 0) + other.arms.get(arm, 0) for arm in {**self.arms, **other.arms}}
        return Counts(arms, self.failed + other.failed, self.unrecognised + other.unrecognised)


@dataclass(frozen=True)
class Rules:
    """What is declared and how sure the answer must be.

    expected: arm -> percent. tolerance_percent: points around the declared share that count as right; None for
    the share itself, with the interval at most max(2 points, half of the smaller side) to each side.
    """

    expected: Mapping[str, float]
    confidence: float = 0.95
    tolerance_percent: float | None = None
    max_failed_percent: float = 0.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.confidence < 1:
            raise InvalidRequest(f"A confidence of {self.confidence:g} is not between 0.5 and 1.", "0.95 is usual.")
        if any(not 0 <= share <= 100 for share in self.expected.values()):
            raise InvalidRequest("An expected share is not between 0 and 100.", "Give percentages.")
        total = sum(self.expected.values())
        if abs(total - 100) > 0.01:
            raise InvalidRequest(f"The expected shares add up to {total:g}, not to 100.", "Give every arm a share.")
        if self.tolerance_percent is not None and not 0 < self.tolerance_percent <= 100:
            raise InvalidRequest(
                f"A tolerance of {self.tolerance_percent:g} points is not above 0 and up to 100.", "Leave it out."
            )
        if not 0 <= self.max_failed_percent <= 100:
            raise InvalidRequest(
                f"A max_failed_percent of {self.max_failed_percent:g} is not between 0 and 100.", "0 is usual."
            )

    def error_rate(self) -> float:
        """The risk of a wrong "failed" that one arm may take: two arms mirror each other, more share it evenly."""
        arms = len(self.expected)
        return (1 - self.confidence) / (arms if arms > 2 else 1)

    def resolution(self, arm: str) -> float:
        """How wide, in points to each side, the interval may be before the measurement says too little."""
        if self.tolerance_percent is not None:
            return self.tolerance_percent
        share = self.expected[arm]
        return max(2.0, min(share, 100 - share) / 2)

    def band(self, arm: str, counts: Counts) -> tuple[float, float]:
        """The shares that count as right; failures that are allowed may all have hit this arm."""
        slack = self.tolerance_percent or 0.0
        return max(0.0, self.expected[arm] - slack - self.lost(counts)), min(100.0, self.expected[arm] + slack)

    def lost(self, counts: Counts) -> float:
        """Percent of the requests that nobody answered, as far as that is allowed."""
        bad = counts.failed + counts.unrecognised
        return min(self.max_failed_percent, 100.0 * bad / counts.requests) if counts.requests else 0.0


@dataclass(frozen=True)
class Verdict:
    """passed, failed or inconclusive; one sentence why; arm -> (low, high) in percent."""

    verdict: str
    reason: str
    intervals: Mapping[str, tuple[float, float]]


def judge(counts: Counts, rules: Rules) -> Verdict:
    """The verdict for a number of requests that was fixed before they were sent."""
    alpha = rules.error_rate()
    return _judge(counts, rules, lambda hits, requests: clopper_pearson(hits, requests, alpha))


def judge_so_far(counts: Counts, rules: Rules) -> Verdict:
    """The verdict that may be asked for again and again while requests are still being sent."""
    alpha = rules.error_rate()
    return _judge(counts, rules, lambda hits, requests: confidence_sequence(hits, requests, alpha))


def _judge(counts: Counts, rules: Rules, interval: Callable[[int, int], tuple[float, float]]) -> Verdict:
    intervals = {arm: interval(hits, counts.requests) for arm, hits in counts.arms.items()}
    for verdict, reason in (
        (FAILED, _unanswered(counts, rules)),
        (FAILED, _off(counts, rules, intervals)),
        (INCONCLUSIVE, _too_few(counts, rules, intervals)),
    ):
        if reason:
            return Verdict(verdict, reason, intervals)
    shares = ", ".join(f"{arm} {counts.share(arm):.2f} %" for arm in rules.expected)
    return Verdict(PASSED, f"Observed {shares} of {counts.requests} requests, as declared.", intervals)


def _unanswered(counts: Counts, rules: Rules) -> str:
    bad = counts.failed + counts.unrecognised
    if not bad or 100.0 * bad <= rules.max_failed_percent * counts.requests:
        return ""
    parts = [f"{counts.failed} failed"] if counts.failed else []
    parts += [f"{counts.unrecognised} matched no arm"] if counts.unrecognised else []
    return f"Of {counts.requests} requests {' and '.join(parts)}."


def _off(counts: Counts, rules: Rules, intervals: Mapping[str, tuple[float, float]]) -> str:
    for arm, expected in rules.expected.items():
        low, high = intervals[arm]
        band_low, band_high = rules.band(arm, counts)
        if high < band_low or low > band_high:
            return (
                f"{arm} is declared {expected:g} % and observed {counts.share(arm):.2f} % "
                f"({counts.arms[arm]} of {counts.requests}; {100 * rules.confidence:g} % interval "
                f"{low:.2f} to {high:.2f} %)."
            )
    return ""


def _too_few(counts: Counts, rules: Rules, intervals: Mapping[str, tuple[float, float]]) -> str:
    for arm, expected in rules.expected.items():
        if expected > 0 and not counts.arms[arm]:
            return f"No answer of {arm} in {counts.requests} requests: too few to tell {expected:g} % from nothing."
    for arm, expected in rules.expected.items():
        low, high = intervals[arm]
        allowed = rules.resolution(arm)
        if max(high - counts.share(arm), counts.share(arm) - low) > allowed:
            return (
                f"{counts.requests} requests are too few: {arm} lies between {low:.2f} and {high:.2f} %, "
                f"and {allowed:g} points to each side are asked; "
                f"about {requests_for(expected, allowed, rules)} would do."
            )
        if not expected - rules.lost(counts) - allowed <= counts.share(arm) <= expected + allowed:
            return (
                f"{arm} is declared {expected:g} % and observed {counts.share(arm):.2f} %, outside the tolerance of "
                f"{allowed:g} points, but {counts.requests} requests do not prove it wrong."
            )
    return ""


def requests_for(share: float, half_width: float, rules: Rules) -> int:
    """About how many requests bring a fixed-number interval around `share` down to `half_width` points."""
    requests = 50
    while requests < 10_000_000:
        low, high = clopper_pearson(round(requests * share / 100), requests, rules.error_rate())
        if max(high - share, share - low) <= half_width:
            return requests
        requests = requests * 5 // 4
    return requests


def clopper_pearson(hits: int, requests: int, alpha: float) -> tuple[float, float]:
    """The exact interval for a share, in percent: each side misses with a probability of at most alpha / 2."""
    if not requests:
        return 0.0, 100.0
    low = 0.0 if hits == 0 else _beta_quantile(alpha / 2, hits, requests - hits + 1)
    high = 1.0 if hits == requests else _beta_quantile(1 - alpha / 2, hits + 1, requests - hits)
    return 100 * low, 100 * high


def confidence_sequence(hits: int, requests: int, alpha: float) -> tuple[float, float]:
    """Every share, in percent, that the data have not refuted at any look so far.

    A share p is refuted when the mixture B(1 + x, 1 + n - x) / (p^x (1 - p)^(n - x)) reaches 1 / alpha; by
    Ville's inequality a true p is ever refuted with a probability of at most alpha.
    """
    if not requests:
        return 0.0, 100.0
    misses = requests - hits
    level = _log_beta(1 + hits, 1 + misses) + math.log(alpha)

    def refuted(p: float) -> bool:
        return level > hits * _log(p) + misses * _log(1 - p)

    peak = hits / requests
    low = _boundary(refuted, 0.0, peak) if hits else 0.0
    high = _boundary(refuted, 1.0, peak) if misses else 1.0
    return 100 * low, 100 * high


def _boundary(refuted: Callable[[float], bool], outside: float, inside: float) -> float:
    for _step in range(60):
        middle = (outside + inside) / 2
        if refuted(middle):
            outside = middle
        else:
            inside = middle
    return outside


def _log(p: float) -> float:
    return math.log(p) if p > 0 else -math.inf if p == 0 else math.nan


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _beta_quantile(probability: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _step in range(60):
        middle = (low + high) / 2
        if beta_cdf(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - _log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(x, a, b) / a
    return 1.0 - front * _continued_fraction(1 - x, b, a) / b


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Lentz's method; the number of terms that it needs grows with the square root of max(a, b)."""
    tiny = 1e-300
    c, d = 1.0, 1.0 / _not_zero(1 - (a + b) * x / (a + 1), tiny)
    value = d
    for m in range(1, 100 + int(10 * math.sqrt(max(a, b)))):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / _not_zero(1 + even * d, tiny)
        c = _not_zero(1 + even / c, tiny)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / _not_zero(1 + odd * d, tiny)
        c = _not_zero(1 + odd / c, tiny)
        value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value


def _not_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
