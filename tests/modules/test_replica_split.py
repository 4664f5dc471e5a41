# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""replica_split and replica_split_info against a real API server."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Run, Shop

PLAN, SPLIT = "replica_split_info", "replica_split"


@pytest.fixture
def options(shop: Shop, namespace: str) -> dict[str, Any]:
    shop.deployment("old", 4)
    shop.deployment("new", 1)
    return {"namespace": namespace, "stable": "old", "canary": "new", "share": 40}


def test_the_plan_says_what_is_reached_and_what_it_would_take(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    found = run(PLAN, **{**options, "share": 10})
    assert (found["stable_replicas"], found["canary_replicas"], found["share"]) == (4, 1, 20.0)
    assert (found["error_percent"], found["replicas_needed"], found["changed"]) == (10.0, 10, False)
    assert [near["share"] for near in found["nearest"]] == [40.0, 60.0, 80.0]
    assert (shop.replicas("old"), shop.replicas("new")) == (4, 1)


def test_both_arms_are_scaled_and_a_second_run_changes_nothing(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    first = run(SPLIT, **options, wait=False, diff=True)
    assert (first["changed"], first["share"]) == (True, 40.0)
    assert first["diff"]["before"] == "Deployment old: 4\nDeployment new: 1\n"
    assert (shop.replicas("old"), shop.replicas("new")) == (3, 2)
    assert run(SPLIT, **options, wait=False)["changed"] is False


def test_check_mode_scales_nothing(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    found = run(SPLIT, **options, check=True)
    assert (found["changed"], found["stable_replicas"]) == (True, 3)
    assert (shop.replicas("old"), shop.replicas("new")) == (4, 1)


def test_a_budget_of_ones_own_and_a_surge(run: Run, options: dict[str, Any]) -> None:
    assert run(PLAN, **{**options, "share": 10}, replicas=10)["share"] == 10.0
    assert run(PLAN, **{**options, "share": 25}, replicas=3, max_surge=1)["share"] == 25.0


def test_what_does_not_roll_out_in_time_is_named(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    found = run(SPLIT, **options, wait_timeout=1)
    assert (found["reason"], found["changed"]) == ("wait_expired", True)
    assert "Deployment new has 1 of 2 replicas ready" in found["msg"]
    # The growing arm is waited for first, so the shrinking one still has all its pods.
    assert (shop.replicas("old"), shop.replicas("new")) == (4, 2)


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"share": 130}, "invalid_request", "between 0 and 100"),
        ({"share": 50, "replicas": 1}, "share_unreachable", "a pod of each arm"),
        ({"replicas": 0}, "invalid_request", "budget of 0"),
        ({"canary": "old"}, "invalid_request", "Both arms"),
        ({"max_surge": 1}, "invalid_request", "needs a budget"),
        ({"canary": "nobody"}, "deployment_missing", "Deployment nobody"),
        ({"share": "much"}, "invalid_arguments", "argument 'share'"),
    ],
)
def test_refusals(run: Run, shop: Shop, options: dict[str, Any], changes: dict, reason: str, words: str) -> None:
    found = run(SPLIT, **{**options, **changes})
    assert (found["failed"], found["reason"], words in found["msg"]) == (True, reason, True), found["msg"]
    assert found["hint"]
    assert (shop.replicas("old"), shop.replicas("new")) == (4, 1)
