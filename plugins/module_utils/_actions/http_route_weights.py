# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind http_route_weights: what an HTTPRoute needs of its own when its weights move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster import gateway_api, workloads
from .._cluster.cluster import Cluster
from .._cluster.readiness import Lookout
from .._domain import envoy, errors, parents
from .._domain.outcome import Outcome
from .._domain.plan import RouteEdit
from .._domain.reach import MESH, Caller
from .._domain.routes import Route, read_routes, title
from .._domain.shapes import HTTP_ROUTE
from .._probe import proxies
from .weights import Object, Provider, Read, move_weights


def set_weights(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    return move_weights(cluster, params, HttpRoutes())


class HttpRoutes(Provider):
    shape = HTTP_ROUTE
    resource = "httproutes"

    def read(self, cluster: Cluster, namespace: str, name: str) -> tuple[dict[str, Any], str]:
        return gateway_api.read_http_route(cluster, namespace, name)

    def clients(self, cluster: Cluster, item: Object, selector: str | None) -> list[proxies.Client]:
        """The sidecars of the namespace where a Service is the parent, the pods of a Gateway that is."""
        namespace = item["metadata"]["namespace"]
        found: list[proxies.Client] = []
        if selector or parents.services_of(item):
            found = proxies.sidecars(cluster, namespace, selector)
        for home, name in [] if selector else parents.gateways_of(item):
            found += proxies.gateway_api_pods(cluster, home, name)
        return proxies.checked(found, namespace, selector)

    def check(self, cluster: Cluster, read: Read, lookout: Lookout, clients: Sequence[proxies.Client]) -> None:
        refused = [said for condition, said in parents.complaints(read.item) if condition == "Accepted"]
        if refused and not parents.is_accepted(read.item):
            raise errors.RouteUnreachable(
                f"{read.named} is not accepted by its parent, so nothing follows it: {refused[0]}.",
                "Correct parentRefs, or the Gateway's listeners.",
            )

    def is_for(self, cluster: Cluster, item: Object, route: Route, caller: Caller) -> bool:
        """Sidecars follow routes whose parent is a Service, a gateway those that name it."""
        named = {"/".join(place) for place in parents.gateways_of(item)}
        return bool(parents.services_of(item)) if MESH in caller.gateways else bool(named & caller.gateways)

    def view(self, cluster: Cluster, read: Read) -> proxies.View:
        rules = read_routes(read.item, shape=HTTP_ROUTE)
        ports = workloads.read_ports(cluster, parents.services_of(read.item))

        def question(caller: Caller) -> str:
            return proxies.routes_question(ports, caller)

        declared = [rule.shares for rule in rules]
        return proxies.View(question, envoy.of_http_route(read.item, rules), declared, lambda caller: None)

    def wish(self, item: Object, edit: RouteEdit) -> envoy.Wish:
        return envoy.Wish(edit.shares(), name=envoy.rule_name(item, edit.route))

    def remarks(self, item: Object) -> list[str]:
        return [f"{title(item, HTTP_ROUTE)} is not in order: {said}." for _condition, said in parents.complaints(item)]
