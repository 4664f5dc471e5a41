# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and write Istio's objects, in the newest API version that the cluster serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._domain import errors
from .cluster import Cluster, Reply
from .paths import list_path, object_path

GROUP = "networking.istio.io"
# The three schemas are identical, so any of them reads what any other wrote; v1 is served from Istio 1.22 on.
VERSIONS = ("v1", "v1beta1", "v1alpha3")
PATCH_DOES_NOT_APPLY = "the server rejected our request due to an error in our request"
ROOT_NAMESPACE = "istio-system"


def read_virtual_service(cluster: Cluster, namespace: str, name: str) -> tuple[dict[str, Any], str]:
    """(the object, its path for a write). Raises VirtualServiceMissing or IstioMissing."""
    path = object_path(_api(cluster), namespace, "virtualservices", name)
    return cluster.get(path, f"virtualservices {name}", namespace).body, path


def write_weights(
    cluster: Cluster, path: str, operations: Sequence[Mapping[str, Any]], namespace: str, name: str
) -> Reply:
    """One guarded JSON Patch; a guard that fails, or a lost race, is Conflict, a refusal of Istio is Rejected."""
    try:
        return cluster.json_patch(path, operations, f"virtualservices {name}", namespace)
    except errors.Rejected as error:
        # An object that is refused is named in the answer's details; a patch that does not apply gets this text and
        # no details. Ours is well formed, so what did not apply was a guard: the object is no longer what was read.
        if error.details["answer"] == PATCH_DOES_NOT_APPLY and not error.details["about"]:
            raise errors.Conflict(
                f"VirtualService {namespace}/{name} was changed between read and write.", **error.details
            ) from error
        raise


def read_destination_rules(cluster: Cluster, namespaces: Sequence[str]) -> list[dict[str, Any]]:
    """Every DestinationRule of the namespaces."""
    found: list[dict[str, Any]] = []
    for namespace in namespaces:
        path = list_path(_api(cluster), namespace, "destinationrules")
        found += cluster.get(path, "destinationrules", namespace).body["items"]
    return found


def read_gateway(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """One Gateway."""
    path = object_path(_api(cluster), namespace, "gateways", name)
    body: dict[str, Any] = cluster.get(path, f"gateways {name}", namespace).body
    return body


def _api(cluster: Cluster) -> str:
    return f"/apis/{GROUP}/{served_version(cluster)}"


def served_version(cluster: Cluster) -> str:
    """The newest version of Istio's API group that the cluster serves; raises IstioMissing when there is none."""
    if GROUP not in cluster.served_versions:
        try:
            group = cluster.get(f"/apis/{GROUP}", f"API group {GROUP}").body
        except (errors.ObjectMissing, errors.ApiFailed) as error:
            if error.details.get("status") == 404:
                raise errors.IstioMissing(
                    f"There is no Istio in this cluster: the API server does not serve {GROUP}."
                ) from error
            raise
        served = [version["version"] for version in group["versions"]]
        cluster.served_versions[GROUP] = next((v for v in VERSIONS if v in served), served[0])
    return cluster.served_versions[GROUP]
