# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which routes of an object a request means.

Promise: exactly the routes that hold the asked destinations, by content, by name or by index; where more than one
answer is possible it refuses and says why. Not here: the weights that they get (plan.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .delegation import target_of
from .errors import RouteAmbiguous, RouteMissing
from .routes import Route, read_routes, title
from .shapes import VIRTUAL_SERVICE, Shape
from .weights import WantedWeight, WeightRequest

PROTOCOLS = ("http", "tls", "tcp")


@dataclass(frozen=True)
class Choice:
    """How a request names its routes: `route` is a name, or the index of an entry."""

    protocol: str = "http"
    route: str | None = None
    all_matching: bool = False
    add_missing: bool = False


def positions(route: Route, wanted: WantedWeight, namespace: str) -> list[int]:
    """Where the destination stands in the route's list.

    One that says no port is met by any; where one of those has no port either, that one is meant.
    """
    found = [i for i, destination in enumerate(route.destinations) if wanted.means(destination, namespace)]
    same_but_for_ports = len({route.destinations[i].target[:2] for i in found}) == 1
    exact = [i for i in found if route.destinations[i].port == wanted.port]
    return exact if same_but_for_ports and len(exact) == 1 else found


def choose(
    item: Mapping[str, Any], request: WeightRequest, choice: Choice, shape: Shape = VIRTUAL_SERVICE
) -> tuple[Route, ...]:
    """The routes that are meant. Raises RouteMissing or RouteAmbiguous."""
    routes = read_routes(item, choice.protocol, shape)
    if choice.route is not None:
        return (_by_name_or_index(item, routes, choice.protocol, choice.route, shape),)
    namespace = item["metadata"]["namespace"]
    need = any if choice.add_missing else all
    fitting = tuple(r for r in routes if need(positions(r, w, namespace) for w in request.weights))
    words = f"{_words(choice.protocol, shape)}"
    if not fitting:
        raise RouteMissing(_none_fits(item, routes, request, choice.protocol, shape))
    if len(fitting) > 1 and not choice.all_matching:
        asked = ", ".join(wanted.label for wanted in request.weights)
        listed = ", ".join(r.label for r in fitting)
        raise RouteAmbiguous(
            f"{title(item, shape)} has {len(fitting)} {words}s that send to {asked}: {listed}.",
            routes=[r.index for r in fitting],
        )
    return fitting


def _words(protocol: str, shape: Shape) -> str:
    """`http route`, `tcp route`, `rule`."""
    return f"{protocol} {shape.entry}" if shape is VIRTUAL_SERVICE else shape.entry


def _by_name_or_index(
    item: Mapping[str, Any], routes: Sequence[Route], protocol: str, route: str, shape: Shape
) -> Route:
    named, words = title(item, shape), _words(protocol, shape)
    by_name = [r for r in routes if r.name == route]
    if len(by_name) > 1:
        listed = " and ".join(f"#{r.index}" for r in by_name)
        raise RouteAmbiguous(
            f'The name "{route}" is used by {words}s {listed} of {named}.',
            "Istio does not ask for unique names: set route to an index.",
            routes=[r.index for r in by_name],
        )
    if by_name:
        return by_name[0]
    by_index = [r for r in routes if str(r.index) == route]
    if by_index:
        return by_index[0]
    raise RouteMissing(
        _not_a_candidate(item, protocol, route, shape)
        or f'{named} has no {words} "{route}"; it has {_listing(routes, shape)}.',
        f"Set route to a name or an index that the {shape.kind} has.",
    )


def _not_a_candidate(item: Mapping[str, Any], protocol: str, route: str, shape: Shape) -> str:
    """Why an entry that exists cannot carry weights; empty when there is no such entry."""
    for index, entry in enumerate(shape.entries(item, protocol)):
        if route in (entry.get("name"), str(index)):
            return f'{_words(protocol, shape)} "{route}" of {title(item, shape)} {_without_weights(item, entry)}.'
    return ""


def _without_weights(item: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """What an entry does that has no destinations."""
    if entry.get("delegate"):
        return f"delegates to VirtualService {'/'.join(target_of(item, entry))}; set the weights there"
    kinds = [each.get("type") for each in entry.get("filters") or []]
    redirects = entry.get("redirect") or "RequestRedirect" in kinds
    kind = "a redirect" if redirects else "a direct response" if entry.get("directResponse") else "an empty list"
    return f"is {kind} and carries no destinations"


def _listing(routes: Sequence[Route], shape: Shape) -> str:
    return "; ".join(f"{r.label} with {r.contents}" for r in routes) or f"no {shape.entry} with destinations"


def _none_fits(
    item: Mapping[str, Any], routes: Sequence[Route], request: WeightRequest, protocol: str, shape: Shape
) -> str:
    namespace, words = item["metadata"]["namespace"], _words(protocol, shape)
    elsewhere = _elsewhere(item, protocol, shape)
    if not routes:
        return f"{title(item, shape)} has no {words} with destinations{elsewhere}."

    def missing(route: Route) -> list[WantedWeight]:
        return [wanted for wanted in request.weights if not positions(route, wanted, namespace)]

    closest = min(routes, key=lambda r: len(missing(r)))
    absent = ", ".join(wanted.label for wanted in missing(closest))
    return (
        f"No {words} of {title(item, shape)} contains {absent}; "
        f"closest is {closest.label} with {closest.contents}{elsewhere}."
    )


def _elsewhere(item: Mapping[str, Any], protocol: str, shape: Shape) -> str:
    """Where else the destinations may stand: in the lists of other protocols, in delegates."""
    if shape is not VIRTUAL_SERVICE:
        return ""
    found = [f"it has {each} routes" for each in PROTOCOLS if each != protocol and read_routes(item, each)]
    found += [
        f"{protocol} route #{index} delegates to VirtualService {'/'.join(target_of(item, entry))}"
        for index, entry in enumerate(shape.entries(item, protocol))
        if entry.get("delegate")
    ]
    return "; " + " and ".join(found) if found else ""
