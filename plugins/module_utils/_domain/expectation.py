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
from .routes import Route, read_routes
from .weights import WantedWeight


@dataclass(frozen=True)
class ArmTarget:
    """Where an arm's traffic goes: a subset or host of a route, or a Deployment behind the Service."""

    subset: str | None = None
    host: str | None = None
    deployment: str | None = None

    @property
    def wanted(self) -> WantedWeight:
        return WantedWeight(0, self.host, self.subset)


def shares_of_route(
    virtual_service: Mapping[str, Any],
    targets: Mapping[str, ArmTarget],
    protocol: str = "http",
    route: str | None = None,
) -> dict[str, float]:
    """arm -> percent, from the weights of the route that sends to every arm."""
    namespace, name = virtual_service["metadata"]["namespace"], virtual_service["metadata"]["name"]
    for arm, target in targets.items():
        if not target.subset and not target.host:
            raise ExpectationMissing(
                f"Arm {arm} names neither a subset nor a host to look up in VirtualService {namespace}/{name}."
            )
    fitting = [
        each
        for each in read_routes(virtual_service, protocol)
        if (route is None or route in (each.name, str(each.index)))
        and all(any(target.wanted.means(d, namespace) for d in each.destinations) for target in targets.values())
    ]
    if not fitting:
        raise ExpectationMissing(f"No {protocol} route of VirtualService {namespace}/{name} sends to every arm.")
    if len(fitting) > 1:
        listed = ", ".join(each.label for each in fitting)
        raise RouteAmbiguous(f"Several routes of VirtualService {namespace}/{name} send to every arm: {listed}.")
    return _shares(fitting[0], targets, namespace)


def _shares(route: Route, targets: Mapping[str, ArmTarget], namespace: str) -> dict[str, float]:
    if len(route.destinations) == 1:
        return dict.fromkeys(targets, 100.0)
    total = sum(destination.weight for destination in route.destinations)
    if not total:
        raise ExpectationMissing(f"All weights of route {route.label} are 0.", "Give the route weights.")
    found = {}
    for arm, target in targets.items():
        weight = sum(d.weight for d in route.destinations if target.wanted.means(d, namespace))
        found[arm] = 100.0 * weight / total
    if abs(sum(found.values()) - 100) > 0.01:
        raise ExpectationMissing(
            f"Route {route.label} sends {100 - sum(found.values()):g} % to destinations that no arm names.",
            "Add an arm for each destination.",
        )
    return found


def shares_of_replicas(ready: Mapping[str, int]) -> dict[str, float]:
    """arm -> percent, from the ready pods behind one Service: kube-proxy draws uniformly among them."""
    whole = sum(ready.values())
    if not whole:
        raise ExpectationMissing("No arm has a ready pod.", "Wait until pods are ready, or set expected.")
    return {arm: 100.0 * count / whole for arm, count in ready.items()}
