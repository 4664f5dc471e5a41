# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge keeps its stated risk, and its intervals are those of the textbooks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import InvalidRequest
from ansible_collections.aviary.canary.plugins.module_utils._domain.proof import (
    Counts,
    Rules,
    beta_cdf,
    clopper_pearson,
    confidence_sequence,
    judge,
    judge_so_far,
)

SHARES = (1, 5, 10, 100 / 3, 50)


def two_arms(canary: int, requests: int, failed: int = 0, unrecognised: int = 0) -> Counts:
    return Counts({"stable": requests - canary - failed - unrecognised, "canary": canary}, failed, unrecognised)


def rules(canary_share: float, **options: float) -> Rules:
    return Rules({"stable": 100 - canary_share, "canary": canary_share}, **options)


@given(
    st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.05, 1e-6])
)
def test_clopper_pearson_agrees_with_scipy(case: tuple[int, int], alpha: float) -> None:
    hits, requests = case
    exact = stats.binomtest(hits, requests).proportion_ci(confidence_level=1 - alpha, method="exact")
    low, high = clopper_pearson(hits, requests, alpha)
    assert (low / 100, high / 100) == (pytest.approx(exact.low, abs=1e-9), pytest.approx(exact.high, abs=1e-9))


@given(st.floats(0, 1), st.floats(1, 5_000), st.floats(1, 5_000))
def test_the_beta_function_agrees_with_scipy(x: float, a: float, b: float) -> None:
    assert beta_cdf(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), abs=1e-9)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("requests", [100, 500])
def test_a_right_split_is_called_failed_no_more_often_than_stated(share: float, requests: int) -> None:
    """Exact: the probability of every count that would be called failed, added up.

    Counts that never come (below 1e-9 each) are taken for wrong without a look.
    """
    declared = rules(share)
    chances = [stats.binom.pmf(hits, requests, share / 100) for hits in range(requests + 1)]
    wrong = sum(
        chance
        for hits, chance in enumerate(chances)
        if chance < 1e-9 or judge(two_arms(hits, requests), declared).verdict == "failed"
    )
    assert wrong <= 0.05


@pytest.mark.parametrize("arms", [3, 4])
def test_more_arms_share_the_stated_risk(arms: int) -> None:
    """Exact for equal arms: the risk of one arm times their number is never below the risk of all together."""
    declared = Rules({f"arm{i}": 100 / arms for i in range(arms)})
    chances = [stats.binom.pmf(hits, 600, 1 / arms) for hits in range(601)]
    low, high = clopper_pearson_bounds(600, 100 / arms, declared.error_rate())
    assert arms * (sum(chances[:low]) + sum(chances[high + 1 :])) <= 0.05
    assert judge(Counts({f"arm{i}": 600 // arms for i in range(arms)}), declared).verdict != "failed"


def clopper_pearson_bounds(requests: int, share: float, alpha: float) -> tuple[int, int]:
    """The fewest and the most hits whose interval still holds the share."""
    inside = [
        hits
        for hits in range(requests + 1)
        if clopper_pearson(hits, requests, alpha)[0] <= share <= clopper_pearson(hits, requests, alpha)[1]
    ]
    return inside[0], inside[-1]


def test_failures_that_are_allowed_do_not_make_a_right_split_wrong() -> None:
    counts = Counts({"stable": 1710, "canary": 190}, failed=100)
    assert judge(counts, rules(10, max_failed_percent=10.0)).verdict == "passed"
    assert judge(counts, rules(10, max_failed_percent=4.0)).verdict == "failed"
    assert (
        judge(Counts({"stable": 1500, "canary": 400}, failed=100), rules(10, max_failed_percent=10.0)).verdict
        == "failed"
    )


@pytest.mark.parametrize("share", [1, 10, 50])
def test_looking_after_every_hundred_requests_keeps_the_stated_risk(share: float) -> None:
    """Exact again: the probability that a walk of right answers is called failed at any of ten looks.

    The walk stops at the first look that says failed; `alive` is count -> probability of still walking.
    """
    declared, batch, alive, wrong = rules(share), 100, {0: 1.0}, 0.0
    steps = [stats.binom.pmf(hits, batch, share / 100) for hits in range(batch + 1)]
    for look in range(1, 11):
        walked: dict[int, float] = {}
        for hits, chance in alive.items():
            for more, step in enumerate(steps):
                if step > 1e-12:
                    walked[hits + more] = walked.get(hits + more, 0.0) + chance * step
        called = {hits for hits in walked if judge_so_far(two_arms(hits, look * batch), declared).verdict == "failed"}
        wrong += sum(walked[hits] for hits in called)
        alive = {hits: chance for hits, chance in walked.items() if hits not in called and chance > 1e-12}
    assert wrong <= 0.05


def test_the_fault_of_90_to_10_declared_as_99_to_1_is_all_but_always_caught() -> None:
    caught = next(hits for hits in range(5, 501) if judge(two_arms(hits, 500), rules(1)).verdict == "failed")
    assert stats.binom.cdf(caught - 1, 500, 0.1) < 1e-6
    assert all(judge(two_arms(hits, 500), rules(1)).verdict == "failed" for hits in range(caught, 501, 40))


@given(st.integers(1, 2_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from(SHARES))
def test_swapped_arms_give_the_same_verdict(case: tuple[int, int], share: float) -> None:
    hits, requests = case
    one = judge(Counts({"a": hits, "b": requests - hits}), Rules({"a": share, "b": 100 - share}))
    other = judge(Counts({"b": requests - hits, "a": hits}), Rules({"b": 100 - share, "a": share}))
    assert one.verdict == other.verdict


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_ten_times_the_data_at_the_same_share_narrows_every_interval(case: tuple[int, int]) -> None:
    hits, requests = case
    for interval in (clopper_pearson, confidence_sequence):
        low, high = interval(hits, requests, 0.05)
        more_low, more_high = interval(10 * hits, 10 * requests, 0.05)
        assert more_high - more_low < high - low


@given(st.integers(1, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_what_was_observed(case: tuple[int, int]) -> None:
    hits, requests = case
    for interval in (clopper_pearson, confidence_sequence):
        low, high = interval(hits, requests, 0.05)
        assert 0 <= low <= 100 * hits / requests + 1e-9
        assert 100 * hits / requests - 1e-9 <= high <= 100


def test_the_sequence_costs_width_and_never_gives_any_away() -> None:
    for hits in (5, 50, 250):
        fixed, any_time = clopper_pearson(hits, 500, 0.05), confidence_sequence(hits, 500, 0.05)
        assert any_time[0] < fixed[0] < fixed[1] < any_time[1]


def test_nothing_asked_says_nothing() -> None:
    assert clopper_pearson(0, 0, 0.05) == confidence_sequence(0, 0, 0.05) == (0.0, 100.0)


@pytest.mark.parametrize(
    ("counts", "share", "options", "verdict", "reason"),
    [
        (two_arms(50, 500), 10, {}, "passed", "Observed stable 90.00 %, canary 10.00 % of 500 requests"),
        (two_arms(240, 500), 10, {}, "failed", "is declared 90 % and observed 52.00 %"),
        (two_arms(50, 500, failed=1), 10, {}, "failed", "Of 500 requests 1 failed."),
        (two_arms(50, 500, unrecognised=2), 10, {}, "failed", "2 matched no arm"),
        (two_arms(50, 500, failed=1), 10, {"max_failed_percent": 1.0}, "passed", ""),
        (two_arms(0, 100), 1, {}, "inconclusive", "No answer of canary in 100 requests"),
        (two_arms(0, 1000), 1, {}, "failed", "observed 100.00 %"),
        (two_arms(3, 30), 10, {}, "inconclusive", "30 requests are too few"),
        (two_arms(50, 500), 10, {"tolerance_percent": 0.5}, "inconclusive", "0.5 points to each side are asked"),
        (two_arms(65, 500), 10, {"tolerance_percent": 5.0}, "passed", ""),
        (two_arms(0, 500), 0, {}, "passed", ""),
        (two_arms(1, 500), 0, {}, "failed", "is declared"),
        (two_arms(500, 500), 100, {}, "passed", ""),
    ],
)
def test_verdicts(counts: Counts, share: float, options: dict, verdict: str, reason: str) -> None:
    found = judge(counts, rules(share, **options))
    assert (found.verdict, reason in found.reason) == (verdict, True), found.reason


@pytest.mark.parametrize(
    ("expected", "options", "message"),
    [
        ({"stable": 90, "canary": 5}, {}, "add up to 95"),
        ({"stable": 110, "canary": -10}, {}, "not between 0 and 100"),
        ({"stable": 90, "canary": 10}, {"confidence": 1.0}, "confidence of 1"),
        ({"stable": 90, "canary": 10}, {"tolerance_percent": 0.0}, "tolerance of 0"),
        ({"stable": 90, "canary": 10}, {"tolerance_percent": -5.0}, "tolerance of -5"),
        ({"stable": 90, "canary": 10}, {"max_failed_percent": 101.0}, "max_failed_percent of 101"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(expected: dict, options: dict, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        Rules(expected, **options)
