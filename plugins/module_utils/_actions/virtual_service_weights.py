# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind virtual_service_weights: what a VirtualService needs of its own when its weights move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster import gateway_api, istio, workloads
from .._cluster.cluster import Cluster
from .._cluster.readiness import Lookout
from .._domain import delegation, envoy, errors, hosts, parents, reach
from .._domain.outcome import Outcome
from .._domain.plan import RouteEdit, is_never_reached
from .._domain.routes import Route, Shares, read_routes, title
from .._domain.shapes import HTTP_ROUTE, VIRTUAL_SERVICE
from .._probe import proxies
from .weights import Object, Provider, Read, move_weights


def set_weights(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    return move_weights(cluster, params, VirtualServices())


class VirtualServices(Provider):
    shape = VIRTUAL_SERVICE
    resource = "virtualservices"

    def __init__(self) -> None:
        self._roots: dict[tuple[str, str], list[Object]] = {}  # of the delegates that the task is about

    def read(self, cluster: Cluster, namespace: str, name: str) -> tuple[dict[str, Any], str]:
        return istio.read_virtual_service(cluster, namespace, name)

    def roots(self, cluster: Cluster, item: Object) -> list[Object]:
        """The VirtualServices whose hosts and gateways the routes are for: itself, or those that delegate to it.

        Roots are looked for in the delegate's own namespace. Raises ProxiesMissing when there is none.
        """
        if reach.hosts_of(item):
            return [item]
        place = delegation.place_of(item)
        if place not in self._roots:
            self._roots[place] = delegation.roots_among(_listed(cluster, place[0]), place)
        if not self._roots[place]:
            raise errors.ProxiesMissing(
                f"{title(item)} has no hosts, and no VirtualService in {place[0]} delegates to it, so no proxy holds "
                "its routes.",
                "Create the root first, or set wait=false to write without proof.",
            )
        return self._roots[place]

    def clients(self, cluster: Cluster, item: Object, selector: str | None) -> list[proxies.Client]:
        """A delegate is followed by the callers of its roots."""
        gateways = [gateway for root in self.roots(cluster, item) for gateway in reach.gateways_of(root)]
        return proxies.client_pods(cluster, item["metadata"]["namespace"], selector, gateways)

    def check(self, cluster: Cluster, read: Read, lookout: Lookout, clients: Sequence[proxies.Client]) -> None:
        protocol = read.wanted.choice.protocol
        for edit in read.plan.edits if clients else ():
            if is_never_reached(read.item, edit.route):
                raise errors.RouteUnreachable(
                    f"Route {edit.route.label} of {read.named} is never reached: an earlier route matches everything, "
                    "so no proxy would hold its weights."
                )
        if reach.MESH in reach.gateways_of(read.item):
            lookout.check_protocol(sorted(reach.hosts_of(read.item)), protocol)
            callers = [client.caller for client in clients] or [reach.Caller(read.wanted.namespace)]
            _check_shadow(cluster, read, protocol, callers)
            if protocol == "http":
                _check_http_routes(cluster, read)

    def is_for(self, cluster: Cluster, item: Object, route: Route, caller: reach.Caller) -> bool:
        """A route of a delegate is for whom an entry of a root lets in as well."""
        if not reach.applies(item, route.raw, caller):
            return False
        if route.protocol == "http" and reach.is_cut_off(item, route.index, caller):
            return False
        if reach.hosts_of(item):
            return True
        place = delegation.place_of(item)
        return any(
            reach.applies(root, entry, caller) and not reach.is_cut_off(root, index, caller)
            for root in self.roots(cluster, item)
            for index, entry in delegation.entries_to(root, place)
        )

    def view(self, cluster: Cluster, read: Read) -> proxies.View:
        protocol = read.wanted.choice.protocol
        self._roots.clear()  # a root may have been written together with its delegate
        roots = self.roots(cluster, read.item)
        groups = [_with_delegates(cluster, root, read.item) for root in roots]
        lists = ("http",) if protocol == "http" else ("tls", "tcp")  # listeners hold both kinds of these
        declared = [
            route for group in groups for item in group or () for each in lists for route in read_routes(item, each)
        ]
        ports = workloads.read_ports(
            cluster,
            [hosts.service_of(host, root["metadata"]["namespace"]) for root in roots for host in reach.hosts_of(root)],
        )

        def question(caller: reach.Caller) -> str:
            ask = proxies.routes_question if protocol == "http" else proxies.listeners_question
            return ask(ports, caller)

        def order(caller: reach.Caller) -> list[Shares] | None:
            indices = reach.expansion(read.item, caller) if protocol == "http" and roots == [read.item] else None
            shares = {route.index: route.shares for route in declared}
            return None if indices is None else [shares[index] for index in indices if index in shares]

        origin = envoy.of_virtual_services(roots, declared)
        all_known = None if None in groups else [route.shares for route in declared]
        return proxies.View(question, origin, all_known, order)

    def wish(self, item: Object, edit: RouteEdit) -> envoy.Wish:
        """Where every match of a tcp or tls route names a port, only the listeners of these count."""
        ports = [match.get("port") for match in edit.route.raw.get("match") or []]
        told = edit.route.protocol != "http" and all(ports)
        return envoy.Wish(edit.shares(), ports=frozenset(int(port) for port in ports if port) if told else frozenset())


def _check_shadow(cluster: Cluster, read: Read, protocol: str, callers: Sequence[reach.Caller]) -> None:
    """Sidecars follow one VirtualService per host: refuse when it is another one than ours.

    Looked for where a rival is met: in the namespaces of the object, of its hosts' Services and of the callers.
    """
    namespace = read.wanted.namespace
    places = [hosts.service_of(host, namespace) for host in sorted(reach.hosts_of(read.item))]
    homes = [namespace, *(place[0] for place in places if place), *(caller.namespace for caller in callers)]
    others = [other for home in dict.fromkeys(homes) for other in _listed(cluster, home)]
    for caller in callers:
        found = reach.shadowed_by(read.item, others, protocol, caller)
        if found:
            host, rival = found
            raise errors.RouteShadowed(
                f"{title(rival)} (older, or nearer to the callers) is for the mesh host {host} too, and the sidecars "
                f"in {caller.namespace} follow that one in place of {read.named}.",
                rival=f"{rival['metadata']['namespace']}/{rival['metadata']['name']}",
            )


def _check_http_routes(cluster: Cluster, read: Read) -> None:
    """An HTTPRoute whose parent is the host's Service is followed in place of a VirtualService, whichever is older."""
    namespace = read.wanted.namespace
    services = {hosts.service_of(host, namespace) for host in reach.hosts_of(read.item)} - {None}
    homes = sorted({namespace, *(place[0] for place in services if place)})
    for home in homes if services else ():
        for route in gateway_api.read_http_routes(cluster, home):
            shared = sorted(place for place in parents.services_of(route) if place in services)
            if shared and (parents.is_accepted(route) or not parents.complaints(route)):
                raise errors.RouteShadowed(
                    f"{title(route, HTTP_ROUTE)} is for Service {'/'.join(shared[0])} in the mesh too, and the "
                    f"sidecars follow that one in place of {read.named}.",
                    "Move its weights with http_route_weights, or delete it.",
                    rival="/".join(route["metadata"][key] for key in ("namespace", "name")),
                )


def _listed(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    """The VirtualServices of a namespace; none where the user may not list them: the proxies tell in the end."""
    try:
        return istio.read_virtual_services(cluster, namespace)
    except errors.AccessDenied:
        return []


def _with_delegates(cluster: Cluster, root: Object, known: Object) -> list[Object] | None:
    """The root and all that it delegates to; None when one of them may not be read.

    A delegate that is not there takes no effect, and is left out. `known` is the object as it was just written, which
    is not read again.
    """
    found = [root]
    for place in delegation.delegates_of(root):
        if place == delegation.place_of(known):
            found.append(known)
            continue
        try:
            found.append(istio.read_virtual_service(cluster, *place)[0])
        except errors.VirtualServiceMissing:
            continue
        except errors.AccessDenied:
            return None
    return found
