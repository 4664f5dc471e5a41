# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which shares are expected, from weights and from replicas."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import ExpectationMissing, RouteAmbiguous
from ansible_collections.aviary.canary.plugins.module_utils._domain.expectation import (
    ArmTarget,
    shares_of_replicas,
    shares_of_route,
)
from ansible_collections.aviary.canary.plugins.module_utils._domain.shapes import HTTP_ROUTE

ARMS = {"stable": ArmTarget(subset="v1"), "canary": ArmTarget(subset="v2")}


def virtual_service(*routes: dict[str, int]) -> dict[str, Any]:
    entries = [
        {
            "name": f"r{i}",
            "route": [{"destination": {"host": "reviews", "subset": s}, "weight": w} for s, w in r.items()],
        }
        for i, r in enumerate(routes)
    ]
    return {"metadata": {"name": "reviews", "namespace": "shop"}, "spec": {"http": entries}}


SERVICES = {"stable": ArmTarget("v1", "reviews-v1"), "canary": ArmTarget("v2", "reviews-v2.shop.svc.cluster.local")}


def http_route(*rules: dict[str, int | None]) -> dict[str, Any]:
    entries = [
        {"backendRefs": [{"name": n, "port": 80, **({} if w is None else {"weight": w})} for n, w in r.items()]}
        for r in rules
    ]
    return {"metadata": {"name": "reviews", "namespace": "shop"}, "spec": {"rules": entries}}


def test_shares_are_weights_over_their_sum() -> None:
    assert shares_of_route(virtual_service({"v1": 9, "v2": 1}), ARMS) == {"stable": 90, "canary": 10}


def test_a_route_that_lacks_an_arm_is_not_looked_at() -> None:
    assert shares_of_route(virtual_service({"v1": 1}, {"v1": 99, "v2": 1}), ARMS) == {"stable": 99, "canary": 1}


def test_two_routes_with_both_arms_need_a_choice() -> None:
    item = virtual_service({"v1": 50, "v2": 50}, {"v1": 99, "v2": 1})
    with pytest.raises(RouteAmbiguous, match=r"#0.*#1"):
        shares_of_route(item, ARMS)
    assert shares_of_route(item, ARMS, route="r1") == {"stable": 99, "canary": 1}


@pytest.mark.parametrize(
    ("item", "arms", "message"),
    [
        (virtual_service({"v1": 100}), ARMS, "No http route"),
        (virtual_service({"v1": 80, "v2": 10, "v3": 10}), ARMS, "sends 10 % to destinations that no arm names"),
        (virtual_service({"v1": 0, "v2": 0}), ARMS, "All weights of route"),
        (virtual_service({"v1": 1, "v2": 1}), {**ARMS, "canary": ArmTarget(deployment="x")}, "neither a subset"),
    ],
)
def test_what_cannot_be_known_is_said(item: dict[str, Any], arms: dict[str, ArmTarget], message: str) -> None:
    with pytest.raises(ExpectationMissing, match=message):
        shares_of_route(item, arms)


def test_a_rule_names_arms_by_their_services_and_an_absent_weight_is_1() -> None:
    item = http_route({"reviews-v1": 9, "reviews-v2": 1})
    assert shares_of_route(item, SERVICES, shape=HTTP_ROUTE) == {"stable": 90, "canary": 10}
    item = http_route({"reviews-v2": None, "reviews-v1": None}, {"reviews-v1": 1})
    assert shares_of_route(item, SERVICES, shape=HTTP_ROUTE) == {"stable": 50, "canary": 50}


LONE = {"all": ArmTarget(host="reviews-v1")}


def test_a_lone_backend_gets_everything_unless_its_weight_is_0() -> None:
    assert shares_of_route(http_route({"reviews-v1": 7}), LONE, shape=HTTP_ROUTE) == {"all": 100}
    with pytest.raises(ExpectationMissing, match=r"All weights of rule #0 \(no name\) are 0"):
        shares_of_route(http_route({"reviews-v1": 0}), LONE, shape=HTTP_ROUTE)
    lone_subset = {"all": ArmTarget(subset="v1")}
    assert shares_of_route(virtual_service({"v1": 0}), lone_subset) == {"all": 100}  # Istio does not look at it


@pytest.mark.parametrize(
    ("item", "arms", "message"),
    [
        (http_route({"reviews-v1": 1}), SERVICES, "No rule of HTTPRoute shop/reviews sends to every arm"),
        (http_route({"reviews-v1": 1, "reviews-v2": 1}), ARMS, "names no host to look up in HTTPRoute shop/reviews"),
        (
            http_route({"reviews-v1": 1, "reviews-v2": 1, "reviews-v3": 2}),
            SERVICES,
            r"Rule #0 .* sends 50 % to destinations that no arm names",
        ),
        (
            http_route({"reviews-v1": 1}),
            {"stable": SERVICES["stable"], "canary": SERVICES["stable"]},
            "Several arms name the same destination of rule #0",
        ),
    ],
)
def test_what_cannot_be_known_of_a_rule_is_said(item: dict[str, Any], arms: dict[str, ArmTarget], message: str) -> None:
    with pytest.raises(ExpectationMissing, match=message):
        shares_of_route(item, arms, shape=HTTP_ROUTE)


def test_ready_pods_share_evenly() -> None:
    assert shares_of_replicas({"stable": 3, "canary": 1}) == {"stable": 75, "canary": 25}
    with pytest.raises(ExpectationMissing, match="No arm has a ready pod"):
        shares_of_replicas({"stable": 0, "canary": 0})
