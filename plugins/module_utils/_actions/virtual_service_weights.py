# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind virtual_service_weights: what a VirtualService needs of its own when its weights move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster import istio, workloads
from .._cluster.cluster import Cluster
from .._cluster.readiness import Lookout
from .._domain import envoy, errors, hosts, reach
from .._domain.outcome import Outcome
from .._domain.plan import is_never_reached
from .._domain.routes import Route, Shares, read_routes, title
from .._domain.shapes import VIRTUAL_SERVICE
from .._probe import proxies
from .weights import Object, Provider, Read, move_weights


def set_weights(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    return move_weights(cluster, params, VirtualServices())


class VirtualServices(Provider):
    shape = VIRTUAL_SERVICE
    resource = "virtualservices"

    def read(self, cluster: Cluster, namespace: str, name: str) -> tuple[dict[str, Any], str]:
        return istio.read_virtual_service(cluster, namespace, name)

    def clients(self, cluster: Cluster, item: Object, selector: str | None) -> list[proxies.Client]:
        """A delegate is followed by the callers of its roots."""
        namespace = item["metadata"]["namespace"]
        gateways = [gateway for root in _roots(cluster, item) for gateway in reach.gateways_of(root)]
        return proxies.client_pods(cluster, namespace, selector, gateways)

    def check(self, cluster: Cluster, read: Read, lookout: Lookout, clients: Sequence[proxies.Client]) -> list[str]:
        protocol = read.wanted.choice.protocol
        if clients:
            for edit in read.plan.edits:
                if is_never_reached(read.item, edit.route):
                    raise errors.RouteUnreachable(
                        f"Route {edit.route.label} of {read.named} is never reached: an earlier route matches "
                        "everything, so no proxy would hold its weights."
                    )
        if reach.MESH in reach.gateways_of(read.item):
            lookout.check_protocol(sorted(reach.hosts_of(read.item)), protocol)
            callers = [client.caller for client in clients] or [reach.Caller(read.wanted.namespace)]
            _check_shadow(cluster, read, protocol, callers)
        return []

    def expected(self, cluster: Cluster, read: Read) -> proxies.Expected:
        protocol = read.wanted.choice.protocol
        roots = _roots(cluster, read.item)
        declared = [
            route
            for root in roots
            for item in _with_delegates(cluster, root, read.item)
            for route in _routes(item, protocol)
        ]
        ports = _ports(cluster, roots)

        def question(caller: reach.Caller) -> str:
            ask = proxies.routes_question if protocol == "http" else proxies.listeners_question
            return ask(ports, caller)

        def wanted(caller: reach.Caller) -> list[Shares]:
            return [edit.shares() for edit in read.plan.edits if reach.applies(read.item, edit.route.raw, caller)]

        origin = envoy.of_virtual_services(roots, declared)
        return proxies.Expected(question, origin, [route.shares for route in declared], wanted)


def _routes(item: Object, protocol: str) -> tuple[Route, ...]:
    return read_routes(item, protocol)


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


def _listed(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    """The VirtualServices of a namespace; none where the user may not list them: the proxies tell in the end."""
    try:
        return istio.read_virtual_services(cluster, namespace)
    except errors.AccessDenied:
        return []


def _delegates(item: Object) -> list[tuple[str, str]]:
    """(namespace, name) of every VirtualService that this one delegates to."""
    entries = (item.get("spec") or {}).get("http") or []
    home = item["metadata"]["namespace"]
    found = [entry["delegate"] for entry in entries if entry.get("delegate")]
    return [(each.get("namespace") or home, each["name"]) for each in found]


def _roots(cluster: Cluster, item: Object) -> list[Object]:
    """The VirtualServices whose hosts and gateways the routes are for: the object itself, or those that delegate to it.

    Roots are looked for in the delegate's own namespace. Raises ProxiesMissing when there is none.
    """
    if reach.hosts_of(item):
        return [item]
    place = item["metadata"]["namespace"], item["metadata"]["name"]
    roots: list[Object] = [each for each in _listed(cluster, place[0]) if place in _delegates(each)]
    if not roots:
        raise errors.ProxiesMissing(
            f"{title(item)} has no hosts, and no VirtualService in {place[0]} delegates to it, so no proxy holds its "
            "routes.",
            "Create the root first, or set wait=false to write without proof.",
        )
    return roots


def _with_delegates(cluster: Cluster, root: Object, known: Object) -> list[Object]:
    """The root and all that it delegates to; one that is not there takes no effect, and is left out.

    `known` is the object as it was just written, which is not read again.
    """
    found = [root]
    for namespace, name in dict.fromkeys(_delegates(root)):
        if (namespace, name) == (known["metadata"]["namespace"], known["metadata"]["name"]):
            found.append(known)
            continue
        try:
            found.append(istio.read_virtual_service(cluster, namespace, name)[0])
        except (errors.VirtualServiceMissing, errors.AccessDenied):
            continue
    return found


def _ports(cluster: Cluster, roots: Sequence[Object]) -> list[int]:
    """The ports of the Services that the routes are for; none when one of them cannot be known."""
    ports: set[int] = set()
    for root in roots:
        for host in reach.hosts_of(root):
            place = hosts.service_of(host, root["metadata"]["namespace"])
            try:
                service = workloads.read_service(cluster, *place) if place else None
            except errors.AccessDenied:
                service = None
            if not service:
                return []
            ports |= {int(port["port"]) for port in (service.get("spec") or {}).get("ports") or []}
    return sorted(ports)
