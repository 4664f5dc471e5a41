# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the cluster with another tool than our own modules: kubectl."""

from __future__ import annotations

import json
import subprocess
from typing import Any

KINDS = "deployments,services,pods"
ISTIO_KINDS = "virtualservices,destinationrules,gateways.networking.istio.io"
GATEWAY_API_KINDS = "httproutes,gateways.gateway.networking.k8s.io"


def kubectl(*arguments: str, stdin: str | None = None, check: bool = True) -> str:
    done = subprocess.run(
        ["kubectl", *arguments], input=stdin, capture_output=True, text=True, timeout=180, check=False
    )
    assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr.strip()}"
    return done.stdout


def get(kind: str, name: str, namespace: str) -> dict[str, Any]:
    return json.loads(kubectl("-n", namespace, "get", kind, name, "-o", "json"))


def exists(kind: str, name: str, namespace: str = "default") -> bool:
    return bool(kubectl("-n", namespace, "get", kind, name, "--ignore-not-found", "-o", "name"))


def apply(manifest: str, namespace: str | None = None) -> None:
    kubectl(*(["-n", namespace] if namespace else []), "apply", "-f", "-", stdin=manifest)


def rolled_out(namespace: str, *deployments: str) -> None:
    for deployment in deployments:
        kubectl("-n", namespace, "rollout", "status", f"deployment/{deployment}", "--timeout=150s")


def ready(namespace: str, pod: str) -> None:
    kubectl("-n", namespace, "wait", "--for=condition=Ready", f"pod/{pod}", "--timeout=150s")


def replicas(namespace: str, deployment: str) -> int:
    return get("deployment", deployment, namespace)["spec"]["replicas"]


def weights(namespace: str, name: str = "sample-vs") -> list[int]:
    """The weights of the first route, as they stand in the object."""
    route = get("virtualservice", name, namespace)["spec"]["http"][0]["route"]
    return [destination.get("weight", 0) for destination in route]


def has_sidecar(namespace: str, selector: str) -> list[bool]:
    """One answer per living pod: does a container called istio-proxy run in it?"""
    pods = json.loads(kubectl("-n", namespace, "get", "pods", "-l", selector, "-o", "json"))["items"]
    return [
        any(container["name"] == "istio-proxy" for container in all_containers(pod["spec"]))
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
    ]


def all_containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [*spec["containers"], *spec.get("initContainers", [])]


def snapshot(namespace: str) -> dict[str, str]:
    """What a person declared in the namespace: every object without what the cluster itself keeps changing."""
    listing = json.loads(kubectl("-n", namespace, "get", f"{KINDS},{ISTIO_KINDS},{GATEWAY_API_KINDS}", "-o", "json"))[
        "items"
    ]
    listing.append(get("namespace", namespace, namespace))
    return {
        f"{item['kind']}/{item['metadata']['name']}": json.dumps(declared(item), sort_keys=True)
        for item in listing
        if "deletionTimestamp" not in item["metadata"]
    }


def declared(item: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in item["metadata"].items() if name in ("labels", "annotations", "generation")}
    return {"metadata": kept, "spec": item.get("spec"), "kind": item["kind"]}
