# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether somebody is there to answer, before a weight above 0 sends requests."""

from __future__ import annotations

from .._domain import errors
from .._domain.hosts import service_of
from .._domain.routes import Shares
from .._domain.subsets import Labels, effective_subsets, selects
from . import istio, workloads
from .cluster import Cluster


def check_targets(cluster: Cluster, namespace: str, shares: Shares, check_endpoints: bool = True) -> None:
    """Refuse weights whose requests nobody would answer.

    `shares` are weights above 0. Raises SubsetMissing or EndpointsMissing with the part of
    the requests that would get 503. Hosts outside the cluster are not looked at.
    """
    total = sum(shares.values())
    for (subset, host, _port), weight in shares.items():
        place = service_of(host, namespace)
        if not place:
            continue
        outage = f"applying it would answer 503 to {100 * weight / total:g} % of the requests"
        labels = subset_labels(cluster, namespace, host, subset, outage) if subset else {}
        if check_endpoints and labels is not None:
            _check_ready(cluster, place, labels, f"Subset {subset} of {host}" if subset else f"Host {host}", outage)


def subset_labels(cluster: Cluster, namespace: str, host: str, subset: str, outage: str) -> Labels | None:
    """The labels of a subset in the DestinationRule that clients in `namespace` use; raises SubsetMissing.

    None when a namespace in which the rule may stand cannot be read: the proxies know, and are asked later.
    """
    place = service_of(host, namespace)
    for each in dict.fromkeys([namespace, place[0] if place else namespace, istio.ROOT_NAMESPACE]):
        try:
            rules = istio.read_destination_rules(cluster, [each])
        except errors.AccessDenied:
            if each == namespace:
                raise
            return None
        where, subsets = effective_subsets(rules, host, [each])
        if where:
            if subset in subsets:
                return subsets[subset]
            listed = ", ".join(subsets) or "no subsets"
            raise errors.SubsetMissing(
                f"Subset {subset} is not defined by DestinationRule {where} ({listed}); {outage}.",
                subsets=list(subsets),
            )
    raise errors.SubsetMissing(f"No DestinationRule defines subset {subset} of {host}; {outage}.", subsets=[])


def _check_ready(cluster: Cluster, place: tuple[str, str], labels: Labels, who: str, outage: str) -> None:
    home, name = place
    service = workloads.read_service(cluster, home, name)
    if service is None:
        raise errors.EndpointsMissing(f"{who} has no Service {home}/{name}; {outage}.", "Create the Service first.")
    selector = (service.get("spec") or {}).get("selector")
    if not selector:
        return  # its endpoints are kept by hand, so pods say nothing about them
    pods = workloads.read_pods(cluster, home, ",".join(f"{key}={value}" for key, value in sorted(selector.items())))
    if not any(workloads.is_ready(pod) and selects(labels, pod) for pod in pods):
        wanted = ", ".join(f"{key}={value}" for key, value in {**selector, **labels}.items())
        raise errors.EndpointsMissing(f"{who} has no ready pod ({wanted}); {outage}.")
