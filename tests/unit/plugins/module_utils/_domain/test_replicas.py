# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner finds the nearest share there is, never drops an arm, and knows the smallest budget."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import InvalidRequest, ShareUnreachable
from ansible_collections.aviary.canary.plugins.module_utils._domain.replicas import (
    nearest_plans,
    plan_replicas,
    replicas_needed,
)

shares = st.floats(0.01, 99.99)
budgets = st.integers(2, 60)


def error(stable: int, canary: int, share: float) -> Fraction:
    return abs(Fraction(100 * canary, stable + canary) - Fraction(share))


@given(shares, budgets)
def test_no_other_pair_in_the_budget_is_nearer(share: float, budget: int) -> None:
    plan = plan_replicas(share, budget)
    best = min(error(budget - canary, canary, share) for canary in range(1, budget))
    assert error(plan.stable, plan.canary, share) == best


@given(shares, budgets, st.integers(0, 5))
def test_the_budget_is_kept_and_neither_arm_is_dropped(share: float, budget: int, surge: int) -> None:
    plan = plan_replicas(share, budget, surge)
    assert budget <= plan.stable + plan.canary <= budget + surge
    assert min(plan.stable, plan.canary) >= 1


@given(shares, budgets, st.integers(0, 5))
def test_a_surge_never_makes_the_share_worse(share: float, budget: int, surge: int) -> None:
    plain, surged = plan_replicas(share, budget), plan_replicas(share, budget, surge)
    assert error(surged.stable, surged.canary, share) <= error(plain.stable, plain.canary, share)


@given(shares, shares, budgets)
def test_a_higher_share_never_gets_fewer_canaries(one: float, other: float, budget: int) -> None:
    low, high = sorted((one, other))
    assert plan_replicas(low, budget).canary <= plan_replicas(high, budget).canary


@given(st.integers(1, 60))
def test_only_a_share_of_exactly_0_or_100_drops_an_arm(budget: int) -> None:
    assert (plan_replicas(0, budget).canary, plan_replicas(100, budget).stable) == (0, 0)


@given(shares, st.floats(0.5, 20))
def test_the_smallest_budget_reaches_the_tolerance_and_no_smaller_one_does(share: float, tolerance: float) -> None:
    needed = replicas_needed(share, tolerance)
    assert needed is not None
    reach = [
        budget
        for budget in range(2, needed + 1)
        if min(error(budget - canary, canary, share) for canary in range(1, budget)) <= Fraction(tolerance)
    ]
    assert reach == [needed]


@given(shares, budgets)
def test_the_nearest_plans_are_other_shares_in_order(share: float, budget: int) -> None:
    best = plan_replicas(share, budget)
    errors_seen = [error(plan.stable, plan.canary, share) for plan in nearest_plans(share, budget)]
    assert errors_seen == sorted(errors_seen)
    assert best not in nearest_plans(share, budget)


def test_the_tutorial_gets_a_third_from_two_and_one() -> None:
    plan = plan_replicas(33, 3)
    assert (plan.stable, plan.canary, round(plan.share, 2)) == (2, 1, 33.33)


@pytest.mark.parametrize("share", [-1, 100.5])
def test_a_share_that_is_no_percentage_is_refused(share: float) -> None:
    with pytest.raises(InvalidRequest, match="between 0 and 100"):
        plan_replicas(share, 3)


def test_one_pod_cannot_hold_both_arms() -> None:
    with pytest.raises(ShareUnreachable, match="a pod of each arm"):
        plan_replicas(50, 1)


@pytest.mark.parametrize(("budget", "surge"), [(0, 0), (2_001, 0), (3, -1), (3, 21)])
def test_a_budget_out_of_range_is_refused(budget: int, surge: int) -> None:
    with pytest.raises(InvalidRequest):
        plan_replicas(50, budget, surge)
