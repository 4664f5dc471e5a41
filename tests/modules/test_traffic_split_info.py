# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""traffic_split_info against a real API server: what is there is told, what is not is null."""

from __future__ import annotations

from typing import Any

import pytest

from .admin import Admin
from .conftest import Run, Shop, to

NAME = "traffic_split_info"
HTTP_ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes"


@pytest.fixture
def options(namespace: str) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "stable": {"deployment": "old", "subset": "v1"},
        "canary": {"deployment": "new", "subset": "v2"},
        "virtual_service": "reviews",
    }


def test_an_empty_namespace_is_told_as_such(run: Run, options: dict[str, Any]) -> None:
    found = run(NAME, **options)
    assert found["weights"] == []
    assert found["replicas"] == {"stable": None, "canary": None}
    assert found["share_percent"] == {"kubernetes": None, "istio": None, "gateway_api": None}


def test_weights_replicas_and_their_shares(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.deployment("old", 3)
    shop.deployment("new", 1)
    shop.virtual_service(to(("v1", 9), ("v2", 1), name="main"), to(("v1", None)))
    found = run(NAME, **options, wait=True)
    assert [(row["route"], row["weight"], row["share_percent"]) for row in found["weights"]] == [
        ("main", 9, 90.0),
        ("main", 1, 10.0),
        (1, 0, 100.0),
    ]
    assert found["replicas"]["stable"] == {"desired": 3, "ready": 3}
    assert found["share_percent"] == {"kubernetes": 25.0, "istio": 10.0, "gateway_api": None}
    assert found["changed"] is False


@pytest.fixture
def by_services(namespace: str) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "stable": {"deployment": "old", "host": "reviews-v1"},
        "canary": {"deployment": "new", "host": "reviews-v2"},
        "http_route": "reviews",
    }


def http_route(admin: Admin, namespace: str, *rules: dict[str, int | None]) -> None:
    """An HTTPRoute for callers of the Service reviews; an absent weight is left out."""
    entries = [
        {"backendRefs": [{"name": n, "port": 80, **({} if w is None else {"weight": w})} for n, w in rule.items()]}
        for rule in rules
    ]
    parent = {"group": "", "kind": "Service", "name": "reviews"}
    admin.create(
        HTTP_ROUTES.format(namespace=namespace),
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "reviews"},
            "spec": {"parentRefs": [parent], "rules": entries},
        },
    )


def test_weights_of_an_http_route_and_their_share(
    run: Run, admin: Admin, shop: Shop, namespace: str, by_services: dict[str, Any]
) -> None:
    shop.deployment("old", 3)
    shop.deployment("new", 1)
    http_route(admin, namespace, {"reviews-v1": 3, "reviews-v2": None}, {"reviews-v1": 0})
    found = run(NAME, **by_services)
    assert found["weights"] == [
        {"route": 0, "host": "reviews-v1", "subset": None, "port": 80, "weight": 3, "share_percent": 75.0},
        {"route": 0, "host": "reviews-v2", "subset": None, "port": 80, "weight": 1, "share_percent": 25.0},
        {"route": 1, "host": "reviews-v1", "subset": None, "port": 80, "weight": 0, "share_percent": 0.0},
    ]
    assert found["share_percent"] == {"kubernetes": 25.0, "istio": None, "gateway_api": 25.0}


def test_arms_without_a_service_have_no_share_in_an_http_route(
    run: Run, admin: Admin, namespace: str, by_services: dict[str, Any]
) -> None:
    http_route(admin, namespace, {"reviews-v1": 3, "reviews-v2": 1})
    found = run(NAME, **{**by_services, "canary": {"deployment": "new", "subset": "v2"}})
    assert [row["weight"] for row in found["weights"]] == [3, 1]
    assert found["share_percent"]["gateway_api"] is None


def test_an_http_route_that_is_not_there_counts_as_nothing(run: Run, by_services: dict[str, Any]) -> None:
    found = run(NAME, **by_services)
    assert found["weights"] == []
    assert found["share_percent"] == {"kubernetes": None, "istio": None, "gateway_api": None}


def test_a_virtual_service_and_an_http_route_are_one_too_many(run: Run, options: dict[str, Any]) -> None:
    found = run(NAME, **options, http_route="reviews")
    assert (found["failed"], found["reason"]) == (True, "invalid_arguments")
    assert "virtual_service|http_route" in found["msg"]


def test_a_rollout_that_is_under_way_is_waited_for(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.deployment("old", 3)
    path = f"/apis/apps/v1/namespaces/{options['namespace']}/deployments/old"
    shop.admin.patch(f"{path}/status", {"status": {"replicas": 4}})
    found = run(NAME, **options, wait=True, wait_timeout=1)
    assert found["reason"] == "wait_expired"
