# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""traffic_split_info against a real API server: what is there is told, what is not is null."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Run, Shop, to

NAME = "traffic_split_info"


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
    assert found["share_percent"] == {"kubernetes": None, "istio": None}


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
    assert found["share_percent"] == {"kubernetes": 25.0, "istio": 10.0}
    assert found["changed"] is False


def test_a_rollout_that_is_under_way_is_waited_for(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.deployment("old", 3)
    path = f"/apis/apps/v1/namespaces/{options['namespace']}/deployments/old"
    shop.admin.patch(f"{path}/status", {"status": {"replicas": 4}})
    found = run(NAME, **options, wait=True, wait_timeout=1)
    assert found["reason"] == "wait_expired"
