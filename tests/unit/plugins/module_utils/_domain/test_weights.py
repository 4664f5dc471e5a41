# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that exists is legal; scaling keeps sums."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import WeightsInvalid
from ansible_collections.aviary.canary.plugins.module_utils._domain.weights import WantedWeight, WeightRequest, scale


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ([], {}, "empty"),
        ([("v1", 0), ("v2", 0)], {}, "All weights are 0"),
        ([("v1", 110), ("v2", -10)], {}, "v2 is -10"),
        ([("v1", 90), ("v2", 20)], {}, "110, which is over the total of 100"),
        ([("v1", 80), ("v2", 10)], {}, "90, which is under the total of 100"),
        ([("v1", 50), ("v1", 50)], {}, "v1 is named twice"),
        ([("", 100)], {}, "neither a host nor a subset"),
        ([("v1", 1)], {"total": 0}, "between 1 and"),
        ([("v1", 2_000_000)], {"total": 2_000_000}, "between 1 and"),
    ],
)
def test_weights_that_cannot_be_meant_are_refused(weights: list, options: dict, message: str) -> None:
    with pytest.raises(WeightsInvalid, match=message):
        WeightRequest(tuple(WantedWeight(weight, subset=subset) for subset, weight in weights), **options)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=6), st.integers(0, 1_000_000))
def test_scaling_gives_whole_numbers_that_add_up_to_the_total(weights: list[int], total: int) -> None:
    scaled = scale(weights, total)
    assert sum(scaled) == total
    assert all(part >= 0 for part in scaled)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=6).filter(sum), st.integers(0, 1_000_000))
def test_scaling_moves_no_part_by_a_whole_unit(weights: list[int], total: int) -> None:
    exact = [weight * total / sum(weights) for weight in weights]
    assert all(abs(part - want) < 1 + 1e-6 for part, want in zip(scale(weights, total), exact))


def test_parts_that_are_all_zero_share_evenly() -> None:
    assert scale([0, 0, 0], 10) == (4, 3, 3)
