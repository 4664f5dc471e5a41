# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read Istio's objects, in the newest API version that the cluster serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._domain import errors
from .cluster import Cluster
from .groups import ApiGroup
from .paths import list_path, object_path

# The three schemas are identical, so any of them reads what any other wrote; v1 is served from Istio 1.22 on.
GROUP = ApiGroup(
    "networking.istio.io",
    ("v1", "v1beta1", "v1alpha3"),
    lambda: errors.IstioMissing(
        "There is no Istio in this cluster: the API server does not serve networking.istio.io."
    ),
)
ROOT_NAMESPACE = "istio-system"


def read_virtual_service(cluster: Cluster, namespace: str, name: str) -> tuple[dict[str, Any], str]:
    """(the object, its path for a write). Raises VirtualServiceMissing or IstioMissing."""
    return GROUP.read(
        cluster,
        lambda api: object_path(api, namespace, "virtualservices", name),
        f"virtualservices {name}",
        namespace,
    )


def read_virtual_services(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    """Every VirtualService of a namespace."""
    return _items(cluster, namespace, "virtualservices")


def read_destination_rules(cluster: Cluster, namespaces: Sequence[str]) -> list[dict[str, Any]]:
    """Every DestinationRule of the namespaces."""
    return [rule for namespace in namespaces for rule in _items(cluster, namespace, "destinationrules")]


def read_service_entry_hosts(cluster: Cluster, namespace: str) -> set[str]:
    """The hosts of the ServiceEntries of a namespace; none where the user may not list them."""
    try:
        entries = _items(cluster, namespace, "serviceentries")
    except errors.AccessDenied:
        return set()
    return {host for entry in entries for host in (entry.get("spec") or {}).get("hosts") or []}


def read_gateway(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """One Gateway."""
    return GROUP.read(
        cluster, lambda api: object_path(api, namespace, "gateways", name), f"gateways {name}", namespace
    )[0]


def _items(cluster: Cluster, namespace: str, resource: str) -> list[dict[str, Any]]:
    body, _path = GROUP.read(cluster, lambda api: list_path(api, namespace, resource), resource, namespace)
    items: list[dict[str, Any]] = body["items"]
    return items
