# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client proxy holds, read from Envoy's own config dump and cluster list.

Promise: a proxy counts as applied only when every planned route that it should have is there and no route of the
object still carries weights that the object does not have. Sources: Envoy admin interface (config_dump, clusters);
pilot names its routes and filter chains in metadata.filter_metadata.istio.config (util.AddConfigInfoMetadata), and
the routes of an HTTPRoute by rule (config/kube/gateway/conversion.go, convertHTTPRoute). Not here: asking the proxy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from .hosts import cluster_key
from .routes import Route, Shares, effective

Held = Mapping[tuple[str, str, int], int]
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Origin:
    """How the routes that come of one object are told in a dump.

    `configs` are ends of paths that pilot writes into the metadata. Routes of an HTTPRoute are told by their `names`,
    which need not be unique, and by sending to its `hosts` alone; so are chains without metadata (a gateway's TCP and
    TLS), which have no names either.
    """

    configs: tuple[str, ...] = ()
    names: Set[str] = frozenset()
    hosts: Set[str] = frozenset()

    def is_of(self, config: str, name: str, held: Held) -> bool:
        if config and self.configs:
            return config.endswith(self.configs)
        told = name in self.names if self.names else not config
        return told and bool(self.hosts) and {host for _subset, host, _port in held} <= self.hosts


def of_virtual_services(roots: Iterable[Json], routes: Iterable[Route]) -> Origin:
    """The routes that pilot names after the VirtualServices; those of a delegate bear the name of its root."""
    places = [root["metadata"] for root in roots]
    configs = tuple(f"/namespaces/{each['namespace']}/virtual-service/{each['name']}" for each in places)
    return Origin(configs, hosts=_hosts(route for route in routes if route.protocol != "http"))


def of_http_route(item: Json, routes: Iterable[Route]) -> Origin:
    """The routes of one HTTPRoute: named after their rules, or after the object and the rule's index.

    Their metadata names an object that pilot makes for all HTTPRoutes of a host, so it says nothing.
    """
    rules = list(routes)
    return Origin(names={rule_name(item, route) for route in rules}, hosts=_hosts(rules))


def rule_name(item: Json, route: Route) -> str:
    """The name of the Envoy routes that pilot makes of a rule."""
    place = item["metadata"]
    return route.name or f"{place['namespace']}.{place['name']}.{route.index}"


def _hosts(routes: Iterable[Route]) -> set[str]:
    return {destination.full_host for route in routes for destination in route.destinations}


@dataclass(frozen=True)
class HeldRoute:
    """One route or filter chain of a proxy: in which virtual host or listener, under which name, and what it holds."""

    place: str
    name: str
    shares: Held

    @property
    def port(self) -> int | None:
        """Of a listener, which is called `address_port`."""
        end = self.place.rpartition("_")[2]
        return int(end) if end.isdigit() else None


@dataclass(frozen=True)
class Wish:
    """One route that a proxy should hold; with a `name` or `ports`, only what is called so or stands there counts."""

    shares: Shares
    name: str | None = None
    ports: Set[int] = frozenset()

    def is_met_by(self, held: HeldRoute) -> bool:
        here = self.name in (None, held.name) and (not self.ports or held.port in self.ports)
        return here and _match(self.shares, held.shares)


def held_routes(dump: Json, origin: Origin, in_mesh: bool = True) -> list[HeldRoute]:
    """Every route and filter chain in the dump that comes of the object, in the proxy's order.

    A sidecar's own chains for a Service have no metadata, so `in_mesh` nothing is told by its hosts alone.
    """
    told = origin if not in_mesh or origin.names else replace(origin, hosts=frozenset())
    found = [*_http_routes(dump), *_chains(dump)]
    return [held for config, held in found if held.shares and told.is_of(config, held.name, held.shares)]


def _config(metadata: Json | None) -> str:
    return str((((metadata or {}).get("filter_metadata") or {}).get("istio") or {}).get("config", ""))


def _http_routes(dump: Json) -> Iterator[tuple[str, HeldRoute]]:
    """(what pilot says that it comes of, the route)"""
    for config in dump.get("configs") or []:
        routes = config.get("route_config") or {}
        for host in routes.get("virtual_hosts") or []:
            place = f"{routes.get('name')}/{host.get('name')}"
            for route in host.get("routes") or []:
                shares = _shares(route.get("route") or {})
                yield _config(route.get("metadata")), HeldRoute(place, route.get("name") or "", shares)


def _chains(dump: Json) -> Iterator[tuple[str, HeldRoute]]:
    """What the filter chains of the listeners send connections to."""
    for config in dump.get("configs") or []:
        listener = (config.get("active_state") or {}).get("listener") or {}
        chains = [*(listener.get("filter_chains") or []), listener.get("default_filter_chain") or {}]
        for chain in chains:
            for each in chain.get("filters") or []:
                proxy = each.get("typed_config") or {}
                if str(proxy.get("@type", "")).endswith("TcpProxy"):
                    yield _config(chain.get("metadata")), HeldRoute(config.get("name") or "", "", _shares(proxy))


def _shares(action: Json) -> Held:
    if action.get("cluster"):
        key = cluster_key(action["cluster"])
        return {key: 1} if key else {}
    weights: dict[tuple[str, str, int], int] = {}
    for part in (action.get("weighted_clusters") or {}).get("clusters") or []:
        key = cluster_key(part.get("name") or "")
        if key:
            weights[key] = weights.get(key, 0) + int(part.get("weight") or 0)
    return weights


def holds(
    wishes: Sequence[Wish],
    declared: Sequence[Shares] | None,
    held: Sequence[HeldRoute],
    order: Sequence[Shares] | None = None,
) -> bool:
    """Whether a proxy that holds these routes of an object follows it.

    Each wish is met, and there is no route that the object does not declare (None where that cannot all be known). With
    `order`, each virtual host holds just these routes, one after the other: without it, a route that has not moved yet
    may be taken for another one with the same weights.
    """
    met = all(any(wish.is_met_by(each) for each in held) for wish in wishes)
    known = declared is None or all(any(_match(want, each.shares) for want in declared) for each in held)
    return met and known and (order is None or _in_order(order, held))


def _in_order(order: Sequence[Shares], held: Sequence[HeldRoute]) -> bool:
    places: dict[str, list[Held]] = {}
    for each in held:
        places.setdefault(each.place, []).append(each.shares)
    return all(
        len(found) == len(order) and all(_match(want, have) for want, have in zip(order, found))
        for found in places.values()
    )


def _match(want: Shares, have: Held) -> bool:
    """Whether a proxy's route is this one: it always knows the port, the object names it only where it must."""
    return want == effective(
        (target if target in want else (target[0], target[1], None), weight) for target, weight in have.items()
    )


def healthy_endpoints(dump: Json, host: str, subsets: Iterable[str], port: int | None) -> dict[str, int]:
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


def _healthy(status: Json) -> bool:
    health = dict(status.get("health_status") or {})
    return health.pop("eds_health_status", "HEALTHY") == "HEALTHY" and not any(health.values())
