# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind traffic_split_info: what is declared, what is ready, and what each of them promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cluster import workloads
from .._cluster.cluster import Cluster
from .._cluster.waiting import wait_until
from .._domain.errors import DeploymentMissing, ExpectationMissing, HttpRouteMissing, VirtualServiceMissing
from .._domain.expectation import ArmTarget, percents_of, shares_of_replicas, shares_of_route
from .._domain.outcome import Outcome
from .._domain.routes import Route, read_routes
from .._domain.shapes import HTTP_ROUTE, VIRTUAL_SERVICE, Shape
from .declaration import Declared, declaration_of

ARMS = ("stable", "canary")


def read_split(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    """Objects that are not there count as nothing; every other failure is raised."""
    declared = _declared(cluster, params)
    deployments = _deployments(cluster, params)
    if params["wait"]:
        deployments, _seconds = wait_until(
            lambda: _deployments(cluster, params), workloads.all_settled, params["wait_timeout"], workloads.unsettled
        )
    routes = read_routes(declared.item, params["protocol"], declared.shape) if declared else ()
    result = {
        "weights": [row for route in routes for row in _rows(route)],
        "replicas": {arm: workloads.replicas_of(found) if found else None for arm, found in deployments.items()},
        "share_percent": {
            "kubernetes": _share_by_replicas(deployments),
            "istio": _share_by_weights(declared, VIRTUAL_SERVICE, params),
            "gateway_api": _share_by_weights(declared, HTTP_ROUTE, params),
        },
    }
    return Outcome(result)


def _declared(cluster: Cluster, params: Mapping[str, Any]) -> Declared | None:
    declaration = declaration_of(params)
    try:
        return declaration.read(cluster) if declaration else None
    except (VirtualServiceMissing, HttpRouteMissing):
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
    return [
        {
            "route": route.name or route.index,
            "host": destination.host,
            "subset": destination.subset,
            "port": destination.port,
            "weight": destination.weight,
            "share_percent": round(percent, 3),
        }
        for destination, percent in zip(route.destinations, percents_of(route))
    ]


def _share_by_replicas(deployments: Mapping[str, Mapping[str, Any] | None]) -> float | None:
    ready = {arm: workloads.replicas_of(found)["ready"] for arm, found in deployments.items() if found}
    if len(ready) < len(ARMS) or not any(ready.values()):
        return None
    return round(shares_of_replicas(ready)["canary"], 3)


def _share_by_weights(declared: Declared | None, shape: Shape, params: Mapping[str, Any]) -> float | None:
    if not declared or declared.shape is not shape or not all(params[arm] for arm in ARMS):
        return None
    targets = {arm: ArmTarget(params[arm]["subset"], params[arm]["host"]) for arm in ARMS}
    try:
        shares = shares_of_route(declared.item, targets, params["protocol"], params["route"], shape)
    except ExpectationMissing:
        return None
    return round(shares["canary"], 3)
