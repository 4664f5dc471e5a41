# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which route of a VirtualService carries the asked destinations, and the edits that set their weights.

Promise: a plan touches the weights of the chosen routes and nothing else; where more than one answer is
possible it refuses and says why. Sources: istio.io VirtualService reference; pilot's route translation.
Not here: whether subsets exist or pods are ready (subsets.py), and any I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from .errors import DestinationsLeft, RouteAmbiguous, RouteMissing, WeightsInvalid
from .hosts import expand
from .weights import WantedWeight, WeightRequest, destination_label, scale

# (subset or "", full host, port or None where the destination names none)
Target = tuple[str, str, Optional[int]]
Shares = dict[Target, int]


@dataclass(frozen=True)
class Destination:
    """One element of a route's list: the parsed key, its weight (absent = 0), and the object as it was read."""

    host: str
    full_host: str
    subset: str | None
    port: int | None
    weight: int
    raw: Mapping[str, Any] = field(compare=False)

    @property
    def label(self) -> str:
        return destination_label(self.host, self.subset, self.port)

    def fits(self, wanted: WantedWeight, namespace: str) -> bool:
        return (
            (not wanted.host or expand(wanted.host, namespace) == self.full_host)
            and (wanted.subset or None) == (self.subset or None)
            and (wanted.port is None or wanted.port == self.port)
        )


@dataclass(frozen=True)
class Route:
    """One entry of spec.http, spec.tls or spec.tcp that sends to destinations."""

    protocol: str
    index: int
    name: str | None
    destinations: tuple[Destination, ...]
    raw: Mapping[str, Any] = field(compare=False)

    @property
    def label(self) -> str:
        return f'#{self.index} "{self.name}"' if self.name else f"#{self.index} (no name)"

    @property
    def contents(self) -> str:
        return ", ".join(f"{d.label} ({d.weight})" for d in self.destinations)


@dataclass(frozen=True)
class RouteEdit:
    """The weights of one route after the change; `added` are destinations that the route lacks today."""

    route: Route
    weights: tuple[int, ...]
    added: tuple[Mapping[str, Any], ...] = ()

    @property
    def changes(self) -> bool:
        if self.added:
            return True
        # A single destination gets everything whatever its weight says, so there is nothing to write.
        return len(self.weights) > 1 and self.weights != tuple(d.weight for d in self.route.destinations)

    def operations(self) -> list[dict[str, Any]]:
        """JSON Patch (RFC 6902): guards first, then the weights that differ.

        `add` on a member replaces or creates it, because an absent weight means 0 and cannot be replaced.
        The guard holds the whole list, so a destination that somebody adds meanwhile stops the write too.
        """
        base = f"/spec/{self.route.protocol}/{self.route.index}"
        guards: list[dict[str, Any]] = []
        if self.route.name:
            guards.append({"op": "test", "path": f"{base}/name", "value": self.route.name})
        guards.append({"op": "test", "path": f"{base}/route", "value": self.route.raw["route"]})
        pairs = zip(self.route.destinations, self.weights)
        writes: list[dict[str, Any]] = [
            {"op": "add", "path": f"{base}/route/{position}/weight", "value": weight}
            for position, (destination, weight) in enumerate(pairs)
            if weight != destination.weight
        ]
        writes += [{"op": "add", "path": f"{base}/route/-", "value": dict(element)} for element in self.added]
        return guards + writes

    def row(self, host: str, subset: str | None, port: int | None, weight: int) -> dict[str, Any]:
        route = self.route.name or self.route.index
        return {"route": route, "host": host, "subset": subset, "port": port, "weight": weight}

    def before(self) -> list[dict[str, Any]]:
        return [self.row(d.host, d.subset, d.port, d.weight) for d in self.route.destinations]

    def after(self) -> list[dict[str, Any]]:
        if not self.changes:
            return self.before()
        rows = [self.row(d.host, d.subset, d.port, w) for d, w in zip(self.route.destinations, self.weights)]
        for element in self.added:
            target = element["destination"]
            port = (target.get("port") or {}).get("number")
            rows.append(self.row(target["host"], target.get("subset"), port, element["weight"]))
        return rows


@dataclass(frozen=True)
class WeightPlan:
    """What one VirtualService will look like: the single source of changed, diff, request and result."""

    namespace: str
    edits: tuple[RouteEdit, ...]
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        return any(edit.changes for edit in self.edits)

    def operations(self) -> list[dict[str, Any]]:
        return [op for edit in self.edits if edit.changes for op in edit.operations()]

    def before(self) -> list[dict[str, Any]]:
        return [row for edit in self.edits for row in edit.before()]

    def after(self) -> list[dict[str, Any]]:
        return [row for edit in self.edits for row in edit.after()]

    def shares(self) -> list[Shares]:
        """Per edited route, what the proxies will hold."""
        return [
            effective(
                ((row["subset"] or "", expand(row["host"], self.namespace), row["port"]), row["weight"])
                for row in edit.after()
            )
            for edit in self.edits
        ]


def effective(weights: Iterable[tuple[Target, int]]) -> Shares:
    """Weights as Envoy gets them: zeros left out; a destination that is alone gets all, whatever its number."""
    summed: Shares = {}
    for target, weight in weights:
        summed[target] = summed.get(target, 0) + weight
    positive = summed if len(summed) == 1 else {target: weight for target, weight in summed.items() if weight > 0}
    return dict.fromkeys(positive, 1) if len(positive) == 1 else positive


def read_routes(virtual_service: Mapping[str, Any], protocol: str) -> tuple[Route, ...]:
    """Every entry of the protocol's list that has destinations, in order, with its index in the object."""
    namespace = virtual_service["metadata"]["namespace"]
    entries = (virtual_service.get("spec") or {}).get(protocol) or []
    return tuple(
        Route(protocol, index, entry.get("name"), _destinations(entry["route"], namespace), entry)
        for index, entry in enumerate(entries)
        if entry.get("route")
    )


def _destinations(elements: Sequence[Mapping[str, Any]], namespace: str) -> tuple[Destination, ...]:
    found = []
    for element in elements:
        target = element.get("destination") or {}
        host = target.get("host") or ""
        port = (target.get("port") or {}).get("number")
        weight = element.get("weight") or 0
        found.append(Destination(host, expand(host, namespace), target.get("subset"), port, weight, element))
    return tuple(found)


def plan_weights(
    virtual_service: Mapping[str, Any],
    request: WeightRequest,
    protocol: str = "http",
    route: str | None = None,
    all_matching: bool = False,
    add_missing: bool = False,
) -> WeightPlan:
    """Decide which routes change and how.

    `route` is a name, or the index of an entry. Raises RouteMissing, RouteAmbiguous, DestinationsLeft or
    WeightsInvalid; returns a plan whose `changes` is false when everything is right already.
    """
    routes = read_routes(virtual_service, protocol)
    named = _title(virtual_service)
    chosen = _choose(virtual_service, routes, request, protocol, route, all_matching, add_missing)
    namespace = virtual_service["metadata"]["namespace"]
    edits = tuple(_edit(each, request, namespace, add_missing, named) for each in chosen)
    return WeightPlan(namespace, edits, tuple(_warnings(virtual_service, chosen, named)))


def _title(virtual_service: Mapping[str, Any]) -> str:
    metadata = virtual_service["metadata"]
    return f"VirtualService {metadata['namespace']}/{metadata['name']}"


def _choose(
    virtual_service: Mapping[str, Any],
    routes: Sequence[Route],
    request: WeightRequest,
    protocol: str,
    route: str | None,
    all_matching: bool,
    add_missing: bool,
) -> tuple[Route, ...]:
    named = _title(virtual_service)
    namespace = virtual_service["metadata"]["namespace"]
    if route is not None:
        return (_by_name_or_index(virtual_service, routes, protocol, route),)
    need = any if add_missing else all
    fitting = tuple(r for r in routes if need(_positions(r, w, namespace) for w in request.weights))
    if not fitting:
        raise RouteMissing(_none_fits(virtual_service, routes, request, protocol))
    if len(fitting) > 1 and not all_matching:
        asked = ", ".join(wanted.label for wanted in request.weights)
        listed = ", ".join(r.label for r in fitting)
        raise RouteAmbiguous(
            f"{named} has {len(fitting)} {protocol} routes that send to {asked}: {listed}.",
            routes=[r.index for r in fitting],
        )
    return fitting


def _by_name_or_index(virtual_service: Mapping[str, Any], routes: Sequence[Route], protocol: str, route: str) -> Route:
    named = _title(virtual_service)
    by_name = [r for r in routes if r.name == route]
    if len(by_name) > 1:
        listed = " and ".join(f"#{r.index}" for r in by_name)
        raise RouteAmbiguous(
            f'The name "{route}" is used by {protocol} routes {listed} of {named}.',
            "Istio does not ask for unique names: set route to an index.",
            routes=[r.index for r in by_name],
        )
    if by_name:
        return by_name[0]
    by_index = [r for r in routes if str(r.index) == route]
    if by_index:
        return by_index[0]
    raise RouteMissing(
        _not_a_candidate(virtual_service, protocol, route)
        or f'{named} has no {protocol} route "{route}"; it has {_listing(routes)}.',
        "Set route to a name or an index that the VirtualService has.",
    )


def _not_a_candidate(virtual_service: Mapping[str, Any], protocol: str, route: str) -> str:
    """Why an entry that exists cannot carry weights; empty when there is no such entry."""
    named = _title(virtual_service)
    for index, entry in enumerate((virtual_service.get("spec") or {}).get(protocol) or []):
        if route not in (entry.get("name"), str(index)):
            continue
        if entry.get("delegate"):
            delegate = entry["delegate"]
            target = f"{delegate.get('namespace') or virtual_service['metadata']['namespace']}/{delegate.get('name')}"
            return f'{protocol} route "{route}" of {named} delegates to VirtualService {target}; set the weights there.'
        kind = "redirect" if entry.get("redirect") else "direct response"
        return f'{protocol} route "{route}" of {named} is a {kind} and carries no destinations.'
    return ""


def _listing(routes: Sequence[Route]) -> str:
    return "; ".join(f"{r.label} with {r.contents}" for r in routes) or "no route with destinations"


def _none_fits(
    virtual_service: Mapping[str, Any], routes: Sequence[Route], request: WeightRequest, protocol: str
) -> str:
    namespace = virtual_service["metadata"]["namespace"]

    def missing(route: Route) -> list[WantedWeight]:
        return [wanted for wanted in request.weights if not _positions(route, wanted, namespace)]

    if not routes:
        return f"{_title(virtual_service)} has no {protocol} route with destinations."
    closest = min(routes, key=lambda r: len(missing(r)))
    absent = ", ".join(wanted.label for wanted in missing(closest))
    return (
        f"No {protocol} route of {_title(virtual_service)} contains {absent}; "
        f"closest is {closest.label} with {closest.contents}."
    )


def _positions(route: Route, wanted: WantedWeight, namespace: str) -> list[int]:
    return [i for i, destination in enumerate(route.destinations) if destination.fits(wanted, namespace)]


def _edit(route: Route, request: WeightRequest, namespace: str, add_missing: bool, named: str) -> RouteEdit:
    weights: list[int | None] = [None] * len(route.destinations)
    added: list[Mapping[str, Any]] = []
    for wanted in request.weights:
        positions = _positions(route, wanted, namespace)
        if len(positions) > 1:
            twins = ", ".join(route.destinations[i].label for i in positions)
            raise RouteAmbiguous(
                f"{wanted.label} fits {len(positions)} destinations of route {route.label} in {named}: {twins}.",
                "Name the host and the port too.",
            )
        if positions and weights[positions[0]] is not None:
            raise WeightsInvalid(
                f"{wanted.label} and another weight name the same destination {route.destinations[positions[0]].label} "
                f"of route {route.label} in {named}."
            )
        if positions:
            weights[positions[0]] = wanted.weight
        elif add_missing:
            element = _new_destination(route, wanted, named)
            if any(_same_target(element, other, namespace) for other in added):
                raise WeightsInvalid(f"{wanted.label} is named twice in weights, as a destination to add.")
            added.append(element)
        else:
            raise RouteMissing(
                f"Route {route.label} of {named} does not send to {wanted.label}; it sends to {route.contents}."
            )
    return RouteEdit(route, _fill(route, weights, request, named), tuple(added))


def _new_destination(route: Route, wanted: WantedWeight, named: str) -> dict[str, Any]:
    hosts = {destination.host for destination in route.destinations}
    if not wanted.host and len(hosts) != 1:
        raise RouteAmbiguous(
            f"{wanted.label} cannot be added to route {route.label} of {named}, which sends to several hosts.",
            "Name the host of the new destination.",
        )
    target: dict[str, Any] = {"host": wanted.host or hosts.pop()}
    if wanted.subset:
        target["subset"] = wanted.subset
    if wanted.port is not None:
        target["port"] = {"number": wanted.port}
    return {"destination": target, "weight": wanted.weight}


def _same_target(one: Mapping[str, Any], other: Mapping[str, Any], namespace: str) -> bool:
    first, second = one["destination"], other["destination"]
    return {**first, "host": expand(first["host"], namespace)} == {**second, "host": expand(second["host"], namespace)}


def _fill(route: Route, weights: Sequence[int | None], request: WeightRequest, named: str) -> tuple[int, ...]:
    """Weights for the destinations that the request does not name, as `others` says."""
    left = [i for i, weight in enumerate(weights) if weight is None]
    asked = sum(wanted.weight for wanted in request.weights)
    filled = [0 if weight is None else weight for weight in weights]
    listed = ", ".join(f"{route.destinations[i].label} ({route.destinations[i].weight})" for i in left)
    if left and request.others == "refuse":
        raise DestinationsLeft(f"Route {route.label} of {named} also sends to {listed}.")
    if left and request.others == "keep":
        for i in left:
            filled[i] = route.destinations[i].weight
    if left and request.others == "scale":
        for i, weight in zip(left, scale([route.destinations[i].weight for i in left], request.total - asked)):
            filled[i] = weight
    kept = sum(filled[i] for i in left)
    if asked + kept != request.total:
        raise WeightsInvalid(
            f"The weights add up to {asked}{f' and the kept ones to {kept}' if left else ''}, "
            f"which is not the total of {request.total}."
        )
    return tuple(filled)


def _warnings(virtual_service: Mapping[str, Any], chosen: Sequence[Route], named: str) -> list[str]:
    found = []
    for route in chosen:
        earlier = ((virtual_service.get("spec") or {}).get(route.protocol) or [])[: route.index]
        if route.protocol == "http" and any(not entry.get("match") for entry in earlier):
            found.append(f"Route {route.label} of {named} is never reached: an earlier route matches everything.")
        if route.raw.get("fault"):
            found.append(f"Route {route.label} of {named} injects faults, which answer before the split is drawn.")
        if route.raw.get("mirror") or route.raw.get("mirrors"):
            found.append(f"Route {route.label} of {named} mirrors requests; counts at the servers include the copies.")
    return found
