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

from .hosts import cluster_key
from .routes import Shares, WeightPlan, effective, read_routes


def route_shares(dump: Mapping[str, Any], namespace: str, name: str) -> list[dict[tuple[str, str, int], int]]:
    """(subset, host, port) -> weight for every Envoy route that istiod made of the VirtualService."""
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


def _shares(action: Mapping[str, Any]) -> dict[tuple[str, str, int], int]:
    if action.get("cluster"):
        key = cluster_key(action["cluster"])
        return {key: 1} if key else {}
    weights: dict[tuple[str, str, int], int] = {}
    for part in (action.get("weighted_clusters") or {}).get("clusters") or []:
        key = cluster_key(part.get("name") or "")
        if key:
            weights[key] = weights.get(key, 0) + int(part.get("weight") or 0)
    return weights


def declared_shares(virtual_service: Mapping[str, Any], protocol: str = "http") -> list[Shares]:
    """What the proxies should hold for every route of the object as it stands in the API server."""
    return [
        effective(((d.subset or "", d.full_host, d.port), d.weight) for d in route.destinations)
        for route in read_routes(virtual_service, protocol)
    ]


def holds(plan: WeightPlan, declared: Sequence[Shares], held: Sequence[Mapping[tuple[str, str, int], int]]) -> bool:
    """Whether a proxy that holds the routes `held` follows the plan.

    `declared` is every route of the object after the write: routes that the plan does not touch may be there too.
    """
    return all(any(_match(want, have) for have in held) for want in plan.shares()) and all(
        any(_match(want, have) for want in declared) for have in held
    )


def _match(want: Shares, have: Mapping[tuple[str, str, int], int]) -> bool:
    """Whether a proxy's route is this one: it always knows the port, the object names it only where it must."""
    return want == effective(
        (target if target in want else (target[0], target[1], None), weight) for target, weight in have.items()
    )


def healthy_endpoints(dump: Mapping[str, Any], host: str, subsets: Iterable[str], port: int | None) -> dict[str, int]:
    """subset -> healthy endpoints, for the subsets whose cluster the proxy knows (`/clusters?format=json`).

    A proxy that knows the host on several ports counts with the port that has the fewest.
    """
    found: dict[str, int] = {}
    for cluster in dump.get("cluster_statuses") or []:
        key = cluster_key(cluster.get("name") or "")
        if not key or key[1] != host or key[0] not in subsets or port not in (None, key[2]):
            continue
        healthy = sum(1 for status in cluster.get("host_statuses") or [] if _healthy(status))
        found[key[0]] = min(healthy, found.get(key[0], healthy))
    return found


def _healthy(status: Mapping[str, Any]) -> bool:
    health = dict(status.get("health_status") or {})
    return health.pop("eds_health_status", "HEALTHY") == "HEALTHY" and not any(health.values())
