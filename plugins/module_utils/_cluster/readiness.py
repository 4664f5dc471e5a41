# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether somebody is there to answer, before a weight above 0 sends requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from .._domain import errors, hosts, ports, subsets
from .._domain.routes import Shares
from .._domain.shapes import Target
from . import istio, workloads
from .cluster import Cluster

Read = TypeVar("Read")


class Lookout:
    """Looks at what stands behind destinations; what several of them share is read once.

    `namespace` is that of the object with the routes, `callers` are the namespaces of the client proxies, which decide
    whose DestinationRule counts, and `missing_status` is what answers for a Service that is not there.
    """

    def __init__(
        self, cluster: Cluster, namespace: str, callers: Iterable[str] = (), missing_status: int = 503
    ) -> None:
        self.cluster, self.namespace, self.missing_status = cluster, namespace, missing_status
        self.callers = sorted(set(callers)) or [namespace]
        self._read: dict[tuple[str, ...], Any] = {}

    def _once(self, key: tuple[str, ...], read: Callable[[], Read]) -> Read:
        if key not in self._read:
            self._read[key] = read()
        found: Read = self._read[key]
        return found

    def check(self, target: Target, percent: float, check_endpoints: bool) -> list[str]:
        """Refuse a destination whose `percent` of the requests nobody would answer; returns what to warn about.

        Raises SubsetMissing, EndpointsMissing or HostLiteral. Hosts outside the cluster are not looked at.
        """
        subset, host, _port = target
        outage = _outage(503, percent)
        place = hosts.service_of(host, self.namespace)
        if not place:
            return self._check_literal(host, outage)
        who = f"Subset {subset} of {host}" if subset else f"Host {host}"
        for caller in self.callers if subset else [self.namespace]:
            labels = self.subset_labels(host, subset, caller, outage) if subset else {}
            if check_endpoints and labels is not None:
                self._check_ready(place, labels, who, percent)
        return []

    def subset_labels(self, host: str, subset: str, caller: str, outage: str) -> subsets.Labels | None:
        """The labels of a subset in the DestinationRule that clients of the namespace `caller` use.

        Raises SubsetMissing. None when a namespace in which the rule may stand cannot be read: the proxies know, and
        are asked later.
        """
        place = hosts.service_of(host, self.namespace)
        for each in dict.fromkeys([caller, place[0] if place else caller, istio.ROOT_NAMESPACE]):
            try:
                rules = self._rules(each)
            except errors.AccessDenied:
                if each == self.namespace:
                    raise
                return None
            where, found = subsets.effective_subsets(rules, host, [each], seen_from=caller)
            if where:
                if subset in found:
                    return found[subset]
                listed = ", ".join(found) or "no subsets"
                raise errors.SubsetMissing(
                    f"Subset {subset} is not defined by DestinationRule {where} ({listed}); {outage}"
                    + (f" of the callers in {caller}." if caller != self.namespace else "."),
                    subsets=list(found),
                )
        raise errors.SubsetMissing(f"No DestinationRule defines subset {subset} of {host}; {outage}.", subsets=[])

    def _rules(self, namespace: str) -> list[dict[str, Any]]:
        return self._once(("rules", namespace), lambda: istio.read_destination_rules(self.cluster, [namespace]))

    def _service(self, namespace: str, name: str) -> dict[str, Any] | None:
        return self._once(("service", namespace, name), lambda: workloads.read_service(self.cluster, namespace, name))

    def _check_literal(self, host: str, outage: str) -> list[str]:
        """A name with a dot that is no full name of a Service: a host of a ServiceEntry, or a mistake."""
        meant = hosts.literal_slip(host)
        if not meant:
            return []
        name, home = meant.split(".")[:2]
        if host in self._once(("entries",), lambda: istio.read_service_entry_hosts(self.cluster, self.namespace)):
            return []
        sentence = f'Host "{host}" is taken literally by Istio and names no Service'
        try:
            service = self._service(home, name)
        except errors.AccessDenied:
            service = None
        if service or host.endswith(".svc"):
            raise errors.HostLiteral(f"{sentence}; {outage}.", f"Did you mean {meant}?", meant=meant)
        return [f"{sentence} that could be found: without a ServiceEntry for it, {outage}."]

    def check_protocol(self, service_hosts: Iterable[str], protocol: str) -> None:
        """Refuse routes that no port of their Service can carry; raises ProtocolMismatch."""
        for host in service_hosts:
            place = hosts.service_of(host, self.namespace)
            try:
                service = self._service(*place) if place else None
            except errors.AccessDenied:
                continue  # of another namespace: the proxies tell in the end
            if service and not ports.carries(service, protocol):
                named = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
                raise errors.ProtocolMismatch(
                    f"Service {named} has no port on which {protocol} routes take effect: {ports.described(service)}."
                )

    def _check_ready(self, place: tuple[str, str], labels: Mapping[str, str], who: str, percent: float) -> None:
        home, name = place
        service = self._service(home, name)
        if service is None:
            outage = _outage(self.missing_status, percent)
            raise errors.EndpointsMissing(f"{who} has no Service {home}/{name}; {outage}.", "Create the Service first.")
        selector = (service.get("spec") or {}).get("selector")
        if not selector:
            return  # its endpoints are kept by hand, so pods say nothing about them
        chosen = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
        pods = self._once(("pods", home, chosen), lambda: workloads.read_pods(self.cluster, home, chosen))
        if not any(workloads.is_ready(pod) and subsets.selects(labels, pod) for pod in pods):
            wanted = ", ".join(f"{key}={value}" for key, value in {**selector, **labels}.items())
            raise errors.EndpointsMissing(f"{who} matches 0 ready pods ({wanted}); {_outage(503, percent)}.")


def _outage(status: int, percent: float) -> str:
    return f"applying it would return {status} for {percent:.3g} % of requests"


def percents(routes: Iterable[Shares]) -> dict[Target, float]:
    """Every destination with a weight above 0, and the largest percent of a route's requests that it gets."""
    found: dict[Target, float] = {}
    for shares in routes:
        total = sum(shares.values())
        for target, weight in shares.items():
            found[target] = max(100 * weight / total, found.get(target, 0.0))
    return found
