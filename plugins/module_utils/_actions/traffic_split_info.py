# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind traffic_split_info: what is declared, what is ready, and what each of them promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cluster import istio, workloads
from .._cluster.cluster import Cluster
from .._cluster.waiting import wait_until
from .._domain.errors import DeploymentMissing, ExpectationMissing, VirtualServiceMissing
from .._domain.expectation import ArmTarget, shares_of_replicas, shares_of_route
from .._domain.outcome import Outcome
from .._domain.routes import Route, read_routes

ARMS = ("stable", "canary")


def read_split(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    """Objects that are not there count as nothing; every other failure is raised."""
    virtual_service = _virtual_service(cluster, params)
    deployments = _deployments(cluster, params)
    if params["wait"]:
        deployments, _seconds = wait_until(
            lambda: _deployments(cluster, params), workloads.all_settled, params["wait_timeout"], workloads.unsettled
        )
    routes = read_routes(virtual_service, params["protocol"]) if virtual_service else ()
    result = {
        "weights": [row for route in routes for row in _rows(route)],
        "replicas": {arm: workloads.replicas_of(found) if found else None for arm, found in deployments.items()},
        "share_percent": {
            "kubernetes": _share_by_replicas(deployments),
            "istio": _share_by_weights(virtual_service, params),
        },
    }
    return Outcome(result)


def _virtual_service(cluster: Cluster, params: Mapping[str, Any]) -> dict[str, Any] | None:
    if not params["virtual_service"]:
        return None
    try:
        return istio.read_virtual_service(cluster, params["namespace"], params["virtual_service"])[0]
    except VirtualServiceMissing:
        return None


def _deployments(cluster: Cluster, params: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    found: dict[str, dict[str, Any] | None] = {}
    for arm in ARMS:
        name = (params[arm] or {}).get("deployment")
        try:
            found[arm] = workloads.read_deployment(cluster, params["namespace"], name) if name else None
        except DeploymentMissing:
            found[arm] = None
    return found


def _rows(route: Route) -> list[dict[str, Any]]:
    total = sum(destination.weight for destination in route.destinations)
    alone = len(route.destinations) == 1
    return [
        {
            "route": route.name or route.index,
            "host": destination.host,
            "subset": destination.subset,
            "port": destination.port,
            "weight": destination.weight,
            "share_percent": 100.0 if alone else round(100 * destination.weight / total, 3) if total else 0.0,
        }
        for destination in route.destinations
    ]


def _share_by_replicas(deployments: Mapping[str, Mapping[str, Any] | None]) -> float | None:
    ready = {arm: workloads.replicas_of(found)["ready"] for arm, found in deployments.items() if found}
    if len(ready) < len(ARMS) or not any(ready.values()):
        return None
    return round(shares_of_replicas(ready)["canary"], 3)


def _share_by_weights(virtual_service: Mapping[str, Any] | None, params: Mapping[str, Any]) -> float | None:
    if not virtual_service or not all(params[arm] for arm in ARMS):
        return None
    targets = {arm: ArmTarget(params[arm]["subset"], params[arm]["host"]) for arm in ARMS}
    try:
        return round(shares_of_route(virtual_service, targets, params["protocol"], params["route"])["canary"], 3)
    except ExpectationMissing:
        return None
