# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which share each arm should get, from what is declared or from what is ready.

Promise: shares in percent that add up to 100, or ExpectationMissing. Not here: reading objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ExpectationMissing, RouteAmbiguous
from .routes import Route, read_routes, title
from .shapes import HTTP_ROUTE, VIRTUAL_SERVICE, Shape
from .weights import WantedWeight


@dataclass(frozen=True)
class ArmTarget:
    """Where an arm's traffic goes: a subset or host of a route, or a Deployment behind the Service."""

    subset: str | None = None
    host: str | None = None
    deployment: str | None = None

    def wanted(self, shape: Shape) -> WantedWeight:
        """How a route of that shape names the arm; an HTTPRoute knows no subsets."""
        return WantedWeight(0, self.host, None if shape is HTTP_ROUTE else self.subset)


def shares_of_route(
    item: Mapping[str, Any],
    targets: Mapping[str, ArmTarget],
    protocol: str = "http",
    route: str | None = None,
    shape: Shape = VIRTUAL_SERVICE,
) -> dict[str, float]:
    """arm -> percent, from the weights of the route that sends to every arm."""
    named, wanted = title(item, shape), {arm: target.wanted(shape) for arm, target in targets.items()}
    for arm, each in wanted.items():
        if not each.label:
            what = "no host" if shape is HTTP_ROUTE else "neither a subset nor a host"
            raise ExpectationMissing(f"Arm {arm} names {what} to look up in {named}.")
    namespace = item["metadata"]["namespace"]
    fitting = [
        each
        for each in read_routes(item, protocol, shape)
        if (route is None or route in (each.name, str(each.index)))
        and all(any(arm.means(d, namespace) for d in each.destinations) for arm in wanted.values())
    ]
    words = shape.entry if shape is HTTP_ROUTE else f"{protocol} {shape.entry}"
    if not fitting:
        raise ExpectationMissing(f"No {words} of {named} sends to every arm.")
    if len(fitting) > 1:
        listed = ", ".join(each.label for each in fitting)
        raise RouteAmbiguous(f"Several {words}s of {named} send to every arm: {listed}.")
    return _shares(fitting[0], wanted, namespace)


def percents_of(route: Route) -> list[float]:
    """Percent of a route's requests per destination, in order; all of them 0 when the route has no weight."""
    if len(route.destinations) == 1 and route.shape.lone_gets_all:
        return [100.0]
    total = sum(destination.weight for destination in route.destinations)
    return [100.0 * destination.weight / total if total else 0.0 for destination in route.destinations]


def _shares(route: Route, wanted: Mapping[str, WantedWeight], namespace: str) -> dict[str, float]:
    percents, entry = percents_of(route), route.shape.entry
    if not any(percents):
        raise ExpectationMissing(f"All weights of {entry} {route.label} are 0.", f"Give the {entry} weights.")
    found = {
        arm: sum(percent for d, percent in zip(route.destinations, percents) if each.means(d, namespace))
        for arm, each in wanted.items()
    }
    left = 100 - sum(found.values())
    if left > 0.01:
        raise ExpectationMissing(
            f"{entry.capitalize()} {route.label} sends {left:g} % to destinations that no arm names.",
            "Add an arm for each destination.",
        )
    if left < -0.01:
        raise ExpectationMissing(
            f"Several arms name the same destination of {entry} {route.label}.", "Name another one for each arm."
        )
    return found


def shares_of_replicas(ready: Mapping[str, int]) -> dict[str, float]:
    """arm -> percent, from the ready pods behind one Service: kube-proxy draws uniformly among them."""
    whole = sum(ready.values())
    if not whole:
        raise ExpectationMissing("No arm has a ready pod.", "Wait until pods are ready, or set expected.")
    return {arm: 100.0 * count / whole for arm, count in ready.items()}
