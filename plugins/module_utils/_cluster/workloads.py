# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read Deployments, Services and pods, and scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._domain import errors
from .cluster import Cluster
from .paths import APPS, CORE, list_path, object_path

SIDECAR = "istio-proxy"


def read_deployment(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """One Deployment; raises DeploymentMissing."""
    body: dict[str, Any] = cluster.get(
        object_path(APPS, namespace, "deployments", name), f"deployments {name}", namespace
    ).body
    return body


def scale_deployment(cluster: Cluster, namespace: str, name: str, replicas: int) -> dict[str, Any]:
    """Set spec.replicas through the scale subresource, and return the Deployment's new Scale."""
    path = object_path(APPS, namespace, "deployments", name, "scale")
    body: dict[str, Any] = cluster.merge_patch(
        path, {"spec": {"replicas": replicas}}, f"deployments {name}", namespace
    ).body
    return body


def replicas_of(deployment: Mapping[str, Any]) -> dict[str, int]:
    """The desired and the ready replicas."""
    spec, status = deployment.get("spec") or {}, deployment.get("status") or {}
    return {"desired": int(spec.get("replicas", 1)), "ready": int(status.get("readyReplicas") or 0)}


def is_settled(deployment: Mapping[str, Any]) -> bool:
    """Whether every replica asked for is ready, of the newest template, and no other is left."""
    status = deployment.get("status") or {}
    wanted = int((deployment.get("spec") or {}).get("replicas", 1))
    counts = [int(status.get(f"{name}eplicas") or 0) for name in ("r", "readyR", "updatedR")]
    seen = int(status.get("observedGeneration") or 0) >= int(deployment["metadata"].get("generation") or 0)
    return seen and all(count == wanted for count in counts)


def all_settled(deployments: Mapping[str, Mapping[str, Any] | None]) -> bool:
    """Whether every Deployment that there is has rolled out."""
    return all(is_settled(deployment) for deployment in deployments.values() if deployment)


def unsettled(deployments: Mapping[str, Mapping[str, Any] | None]) -> str:
    """One clause that names the Deployments that have not rolled out yet."""
    parts = []
    for deployment in deployments.values():
        if deployment and not is_settled(deployment):
            counts = replicas_of(deployment)
            name = deployment["metadata"]["name"]
            parts.append(f"Deployment {name} has {counts['ready']} of {counts['desired']} replicas ready")
    return " and ".join(parts) or "every Deployment has rolled out"


def read_service(cluster: Cluster, namespace: str, name: str) -> dict[str, Any] | None:
    """One Service, or None when there is none of that name."""
    try:
        body: dict[str, Any] = cluster.get(
            object_path(CORE, namespace, "services", name), f"services {name}", namespace
        ).body
    except errors.ObjectMissing:
        return None
    return body


def read_ports(cluster: Cluster, services: Iterable[tuple[str, str] | None]) -> list[int]:
    """The ports of all the Services (namespace, name); none when one of them cannot be known."""
    ports: set[int] = set()
    for place in services:
        try:
            service = read_service(cluster, *place) if place else None
        except errors.AccessDenied:
            service = None
        if not service:
            return []
        ports |= {int(port["port"]) for port in (service.get("spec") or {}).get("ports") or []}
    return sorted(ports)


def read_pod(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """One pod; raises PodMissing."""
    body: dict[str, Any] = cluster.get(object_path(CORE, namespace, "pods", name), f"pods {name}", namespace).body
    return body


def read_pods(cluster: Cluster, namespace: str | None, selector: str = "") -> list[dict[str, Any]]:
    """The pods that a label selector fits, ordered by name; every namespace when it is None."""
    path = list_path(CORE, namespace, "pods")
    query = [("labelSelector", selector)] if selector else []
    items: list[dict[str, Any]] = cluster.get(path, "pods", namespace or "all namespaces", query).body["items"]
    return sorted(items, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"]))


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether the pod is ready and not on its way out."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


def has_sidecar(pod: Mapping[str, Any]) -> bool:
    """Whether an Istio proxy runs in the pod, as a container or as a native sidecar (an init container)."""
    spec = pod.get("spec") or {}
    containers = (spec.get("containers") or []) + (spec.get("initContainers") or [])
    return any(container.get("name") == SIDECAR for container in containers)


def is_gateway(pod: Mapping[str, Any]) -> bool:
    """Whether the pod's proxy is a gateway of its own and no sidecar of an application."""
    containers = (pod.get("spec") or {}).get("containers") or []
    return any(c.get("name") == SIDECAR and "router" in (c.get("args") or []) for c in containers)


def main_container(pod: Mapping[str, Any]) -> str:
    """The container that kubectl would choose: the annotated one, or the first that is no proxy."""
    annotations = pod["metadata"].get("annotations") or {}
    names = [container["name"] for container in pod["spec"]["containers"]]
    preferred = annotations.get("kubectl.kubernetes.io/default-container")
    if preferred in names and preferred != SIDECAR:
        return str(preferred)
    return str(next((name for name in names if name != SIDECAR), names[0]))


def full_name(pod: Mapping[str, Any]) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
