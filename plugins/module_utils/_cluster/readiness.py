# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether somebody is there to answer, before a weight above 0 sends requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._domain import errors
from .._domain.hosts import service_of
from .._domain.subsets import Labels, effective_subsets, selects
from . import istio, workloads
from .cluster import Cluster


def check_targets(
    cluster: Cluster, namespace: str, shares: Mapping[tuple[str, str], int], check_endpoints: bool = True
) -> None:
    """Refuse weights whose requests nobody would answer.

    `shares` is (subset, full host) -> weight above 0. Raises SubsetMissing or EndpointsMissing with the part of
    the requests that would get 503. Hosts outside the cluster are not looked at.
    """
    total = sum(shares.values())
    for (subset, host), weight in shares.items():
        place = service_of(host, namespace)
        if not place:
            continue
        outage = f"applying it would answer 503 to {100 * weight / total:g} % of the requests"
        labels = subset_labels(cluster, namespace, host, subset, outage) if subset else {}
        if check_endpoints:
            _check_ready(cluster, place, labels, f"Subset {subset} of {host}" if subset else f"Host {host}", outage)


def subset_labels(cluster: Cluster, namespace: str, host: str, subset: str, outage: str) -> Labels:
    """The labels of a subset in the DestinationRule that clients in `namespace` use; raises SubsetMissing."""
    place = service_of(host, namespace)
    order = dict.fromkeys([namespace, place[0] if place else namespace, istio.ROOT_NAMESPACE])
    for each in order:
        where, subsets = effective_subsets(_rules(cluster, each, namespace), host, [each])
        if where:
            if subset in subsets:
                return subsets[subset]
            listed = ", ".join(subsets) or "no subsets"
            raise errors.SubsetMissing(
                f"Subset {subset} is not defined by DestinationRule {where} ({listed}); {outage}.",
                subsets=list(subsets),
            )
    raise errors.SubsetMissing(f"No DestinationRule defines subset {subset} of {host}; {outage}.", subsets=[])


def _rules(cluster: Cluster, namespace: str, own: str) -> list[dict[str, Any]]:
    try:
        return istio.read_destination_rules(cluster, [namespace])
    except errors.AccessDenied:
        # A least-privilege user sees its own namespace only; elsewhere a rule is the exception.
        if namespace == own:
            raise
        return []


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
