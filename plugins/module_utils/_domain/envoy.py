# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client proxy holds, read from Envoy's own config dump and cluster list.

Promise: a proxy counts as applied only when every planned route is there and no route of the VirtualService
still carries weights that the plan does not have. Sources: Envoy admin interface (config_dump, clusters);
pilot names its routes in metadata.filter_metadata.istio.config. Not here: asking the proxy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .hosts import cluster_key, expand
from .routes import WeightPlan, effective, read_routes


def route_shares(dump: Mapping[str, Any], namespace: str, name: str) -> list[dict[tuple[str, str], int]]:
    """(subset, host) -> weight for every Envoy route that istiod made of the VirtualService."""
    suffix = f"/namespaces/{namespace}/virtual-service/{name}"
    found = []
    for route in _routes(dump):
        metadata = ((route.get("metadata") or {}).get("filter_metadata") or {}).get("istio") or {}
        if str(metadata.get("config", "")).endswith(suffix):
            shares = _shares(route.get("route") or {})
            if shares:
                found.append(shares)
    return found


def _routes(dump: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for config in dump.get("configs") or []:
        for host in (config.get("route_config") or {}).get("virtual_hosts") or []:
            yield from host.get("routes") or []


def _shares(action: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    if action.get("cluster"):
        key = cluster_key(action["cluster"])
        return {key: 1} if key else {}
    weights: dict[tuple[str, str], int] = {}
    for part in (action.get("weighted_clusters") or {}).get("clusters") or []:
        key = cluster_key(part.get("name") or "")
        if key:
            weights[key] = weights.get(key, 0) + int(part.get("weight") or 0)
    return effective(weights)


def declared_shares(virtual_service: Mapping[str, Any], protocol: str = "http") -> list[dict[tuple[str, str], int]]:
    """The same for every route of the object as it stands in the API server."""
    namespace = virtual_service["metadata"]["namespace"]
    found = []
    for route in read_routes(virtual_service, protocol):
        weights: dict[tuple[str, str], int] = {}
        for destination in route.destinations:
            key = (destination.subset or "", expand(destination.host, namespace))
            weights[key] = weights.get(key, 0) + destination.weight
        found.append(effective(weights))
    return found


def holds(
    plan: WeightPlan, declared: Sequence[Mapping[tuple[str, str], int]], held: Sequence[Mapping[tuple[str, str], int]]
) -> bool:
    """Whether a proxy that holds the routes `held` follows the plan.

    `declared` is every route of the object after the write: routes that the plan does not touch may be there too.
    """
    return all(want in held for want in plan.shares()) and all(have in declared for have in held)


def healthy_endpoints(dump: Mapping[str, Any], host: str, subsets: Iterable[str], port: int | None) -> dict[str, int]:
    """subset -> healthy endpoints, for the subsets whose cluster the proxy knows (`/clusters?format=json`).

    A proxy that knows the host on several ports counts with the port that has the fewest.
    """
    found: dict[str, int] = {}
    for cluster in dump.get("cluster_statuses") or []:
        name = cluster.get("name") or ""
        key = cluster_key(name)
        if not key or key[1] != host or key[0] not in subsets:
            continue
        if port is not None and name.split("|")[1] != str(port):
            continue
        healthy = sum(1 for status in cluster.get("host_statuses") or [] if _healthy(status))
        found[key[0]] = min(healthy, found.get(key[0], healthy))
    return found


def _healthy(status: Mapping[str, Any]) -> bool:
    health = dict(status.get("health_status") or {})
    return health.pop("eds_health_status", "HEALTHY") == "HEALTHY" and not any(health.values())
