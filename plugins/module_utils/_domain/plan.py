# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edits that set the weights of the chosen routes, and nothing else.

Promise: a plan touches the weights of the chosen routes and leaves every other byte of the object where it is; or it
refuses. Sources: RFC 6902 (JSON Patch); istio.io VirtualService reference; Gateway API v1 HTTPRoute.
Not here: whether subsets exist or pods are ready (subsets.py), and any I/O.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .choice import Choice, choose, positions
from .errors import DestinationsLeft, RouteAmbiguous, RouteMissing, WeightsInvalid
from .reach import matches_everything
from .routes import Route, Shares, effective, title
from .shapes import VIRTUAL_SERVICE, Shape
from .weights import WantedWeight, WeightRequest, scale


@dataclass(frozen=True)
class RouteEdit:
    """The weights of one route after the change; `added` are destinations that the route lacks today."""

    route: Route
    namespace: str
    weights: tuple[int, ...]
    added: tuple[Mapping[str, Any], ...] = ()

    @property
    def changes(self) -> bool:
        if self.added:
            return True
        if len(self.weights) == 1 and self.route.shape.lone_gets_all:
            return False  # it gets everything whatever its weight says, so there is nothing to write
        return self.weights != tuple(d.weight for d in self.route.destinations)

    @property
    def _base(self) -> str:
        return f"/spec/{self.route.shape.list_name(self.route.protocol)}/{self.route.index}"

    def operations(self) -> list[dict[str, Any]]:
        """JSON Patch: guards first, then the weights that differ.

        `add` on a member replaces or creates it, because an absent weight cannot be replaced. The guard holds the
        whole list, so a destination that somebody adds meanwhile stops the write too.
        """
        members = self.route.shape.members
        pairs = zip(self.route.destinations, self.weights)
        writes: list[dict[str, Any]] = [
            {"op": "add", "path": f"{self._base}/{members}/{position}/weight", "value": weight}
            for position, (destination, weight) in enumerate(pairs)
            if weight != destination.weight
        ]
        appended = f"{self._base}/{members}/-"
        writes += [{"op": "add", "path": appended, "value": dict(element)} for element in self.added]
        return [*self._guards(self.route.raw[members]), *writes]

    def reversal(self, now: Mapping[str, Any]) -> list[dict[str, Any]]:
        """JSON Patch that puts the route back as it was read; `now` is the object as the write left it.

        The guard is the list as it stands now, so nothing that somebody else has changed since is undone with it.
        """
        members = self.route.shape.members
        entry = self.route.shape.entries(now, self.route.protocol)[self.route.index]
        path = f"{self._base}/{members}"
        return [*self._guards(entry[members]), {"op": "replace", "path": path, "value": self.route.raw[members]}]

    def _guards(self, members: Any) -> list[dict[str, Any]]:
        guards = [{"op": "test", "path": f"{self._base}/{self.route.shape.members}", "value": members}]
        if self.route.name:
            guards.insert(0, {"op": "test", "path": f"{self._base}/name", "value": self.route.name})
        return guards

    def _row(self, host: str, subset: str | None, port: int | None, weight: int) -> dict[str, Any]:
        route = self.route.name or self.route.index
        return {"route": route, "host": host, "subset": subset, "port": port, "weight": weight}

    def before(self) -> list[dict[str, Any]]:
        return [self._row(d.host, d.subset, d.port, d.weight) for d in self.route.destinations]

    def after(self) -> list[dict[str, Any]]:
        if not self.changes:
            return self.before()
        pairs = zip(self.route.destinations, self.weights)
        rows = [self._row(d.host, d.subset, d.port, weight) for d, weight in pairs]
        new = [self.route.shape.read(element, self.namespace) for element in self.added]
        return rows + [self._row(d.host, d.subset, d.port, d.weight) for d in new]

    def shares(self) -> Shares:
        """What the proxies will hold."""
        if not self.changes:
            return self.route.shares
        pairs = [(d.target, weight) for d, weight in zip(self.route.destinations, self.weights)]
        new = [self.route.shape.read(element, self.namespace) for element in self.added]
        return effective(pairs + [(d.target, d.weight) for d in new], self.route.shape.lone_gets_all)


@dataclass(frozen=True)
class WeightPlan:
    """What one object will look like: the single source of changed, diff, request and result."""

    namespace: str
    edits: tuple[RouteEdit, ...]
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        return any(edit.changes for edit in self.edits)

    def operations(self) -> list[dict[str, Any]]:
        return [op for edit in self.edits if edit.changes for op in edit.operations()]

    def reversal(self, now: Mapping[str, Any]) -> list[dict[str, Any]]:
        """JSON Patch that takes the change back."""
        return [op for edit in self.edits if edit.changes for op in edit.reversal(now)]

    def before(self) -> list[dict[str, Any]]:
        return [row for edit in self.edits for row in edit.before()]

    def after(self) -> list[dict[str, Any]]:
        return [row for edit in self.edits for row in edit.after()]

    def shares(self) -> list[Shares]:
        """Per edited route, what the proxies will hold."""
        return [edit.shares() for edit in self.edits]


def plan_weights(
    item: Mapping[str, Any], request: WeightRequest, shape: Shape = VIRTUAL_SERVICE, **choice: Any
) -> WeightPlan:
    """Decide which routes change and how; `choice` are the fields of Choice.

    Raises RouteMissing, RouteAmbiguous, DestinationsLeft or WeightsInvalid; returns a plan whose `changes` is false
    when everything is right already.
    """
    how = Choice(**choice)
    chosen = choose(item, request, how, shape)
    namespace = item["metadata"]["namespace"]
    named = title(item, shape)
    edits = tuple(_edit(each, request, namespace, how.add_missing, named) for each in chosen)
    return WeightPlan(namespace, edits, tuple(_warnings(item, chosen, named)))


def _edit(route: Route, request: WeightRequest, namespace: str, add_missing: bool, named: str) -> RouteEdit:
    weights: list[int | None] = [None] * len(route.destinations)
    added: list[Mapping[str, Any]] = []
    for wanted in request.weights:
        position = _position(route, wanted, namespace, named)
        if position is not None:
            if weights[position] is not None:
                raise WeightsInvalid(
                    f"{wanted.label} and another weight name the same destination {route.destinations[position].label} "
                    f"of {route.shape.entry} {route.label} in {named}."
                )
            weights[position] = wanted.weight
        elif add_missing:
            element = _new_destination(route, wanted, namespace, named)
            if any(_same_target(route, element, other, namespace) for other in added):
                raise WeightsInvalid(f"{wanted.label} is named twice in weights, as a destination to add.")
            added.append(element)
        else:
            raise RouteMissing(
                f"{route.shape.entry.capitalize()} {route.label} of {named} does not send to {wanted.label}; "
                f"it sends to {route.contents}."
            )
    return RouteEdit(route, namespace, _fill(route, weights, request, bool(added), named), tuple(added))


def _position(route: Route, wanted: WantedWeight, namespace: str, named: str) -> int | None:
    """Where the route has the destination; None when it has not."""
    found = positions(route, wanted, namespace)
    if len(found) > 1:
        labels = [route.destinations[i].label for i in found]
        doubled = len({route.destinations[i].target for i in found}) == 1
        raise RouteAmbiguous(
            f"{wanted.label} fits {len(found)} destinations of {route.shape.entry} {route.label} in {named}: "
            f"{', '.join(labels)}.",
            "Their shares add up: make one destination of them first."
            if doubled
            else "Name the host and the port too.",
        )
    return found[0] if found else None


def _new_destination(route: Route, wanted: WantedWeight, namespace: str, named: str) -> dict[str, Any]:
    hosts = {destination.host for destination in route.destinations}
    ports = {destination.port for destination in route.destinations}
    if not wanted.host and len(hosts) != 1:
        raise RouteAmbiguous(
            f"{wanted.label} cannot be added to {route.shape.entry} {route.label} of {named}, which sends to several "
            "hosts.",
            "Name the host of the new destination.",
        )
    if wanted.host and not route.shape.can_be_added(wanted.host, namespace):
        raise WeightsInvalid(
            f"{wanted.label} is no Service, and only Services can be added to {route.shape.entry} {route.label} of "
            f"{named}.",
            "Give the name of a Service, or its full name (name.namespace.svc.cluster.local).",
        )
    port = wanted.port
    if port is None and (route.shape.needs_port or not wanted.host):
        if len(ports) != 1:
            raise RouteAmbiguous(
                f"{wanted.label} cannot be added to {route.shape.entry} {route.label} of {named}, which sends to "
                "several ports.",
                "Name the port of the new destination.",
            )
        port = ports.pop()  # the one that its siblings share, or none
    return route.shape.write(wanted.host or hosts.pop(), wanted.subset, port, wanted.weight, namespace)


def _same_target(route: Route, one: Mapping[str, Any], other: Mapping[str, Any], namespace: str) -> bool:
    return route.shape.read(one, namespace).target == route.shape.read(other, namespace).target


def _fill(
    route: Route, weights: Sequence[int | None], request: WeightRequest, grows: bool, named: str
) -> tuple[int, ...]:
    """Weights for the destinations that the request does not name, as `others` says."""
    left = [i for i, weight in enumerate(weights) if weight is None]
    asked = sum(wanted.weight for wanted in request.weights)
    if len(weights) == 1 and not left and not grows and asked == 0 and route.shape.lone_gets_all:
        raise WeightsInvalid(
            f"{route.destinations[0].label} is the only destination of {route.shape.entry} {route.label} in {named}: "
            "Istio sends it 100 % and ignores a weight of 0.",
            "Scale it down, or answer with a directResponse or a fault instead.",
        )
    filled = [0 if weight is None else weight for weight in weights]
    listed = ", ".join(f"{route.destinations[i].label} ({route.destinations[i].weight})" for i in left)
    if left and request.others == "refuse":
        raise DestinationsLeft(f"{route.shape.entry.capitalize()} {route.label} of {named} also sends to {listed}.")
    if left and request.others == "keep":
        if grows and len(weights) == 1 and route.shape.lone_gets_all and not route.destinations[0].weight:
            raise WeightsInvalid(
                f"{listed} is the only destination of {route.shape.entry} {route.label} in {named} and gets "
                "everything; beside another one, its weight of 0 would give it nothing.",
                f"Give {route.destinations[0].label} a weight too.",
            )
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


def is_never_reached(item: Mapping[str, Any], route: Route) -> bool:
    """Whether an earlier http entry of a VirtualService matches everything, so that istiod leaves this one out.

    The rules of an HTTPRoute are ordered by how much they match and not by their place.
    """
    ordered = route.shape is VIRTUAL_SERVICE and route.protocol == "http"
    return ordered and any(matches_everything(entry) for entry in route.shape.entries(item, "http")[: route.index])


def _warnings(item: Mapping[str, Any], chosen: Sequence[Route], named: str) -> list[str]:
    found = []
    for route in chosen:
        called = f"{route.shape.entry.capitalize()} {route.label} of {named}"
        if is_never_reached(item, route):
            found.append(f"{called} is never reached: an earlier route matches everything.")
        if route.raw.get("fault"):
            found.append(f"{called} injects faults, which answer before the split is drawn.")
        kinds = [each.get("type") for each in route.raw.get("filters") or []]
        if route.raw.get("mirror") or route.raw.get("mirrors") or "RequestMirror" in kinds:
            found.append(f"{called} mirrors requests; counts at the servers include the copies.")
        if route.protocol != "http":
            found.append(
                f"{called} splits connections: those that are open now keep their destination until they are closed "
                "or drained (45 s by Istio's default)."
            )
    return found
