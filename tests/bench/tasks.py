# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks that are compared: the same change of the same VirtualService, by us and by kubernetes.core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NAMESPACE = "bench"
HOST = "webserver"
API_VERSION = "networking.istio.io/v1"
Task = dict[str, Any]
MakeTask = Callable[[str, str, int], Task]  # of a kubeconfig, the VirtualService's name and the canary's weight


def route(canary: int) -> list[dict[str, Any]]:
    """The destinations of the one route, as they stand in the object."""
    weights = {"v1": 100 - canary, "v2": canary}
    return [{"destination": {"host": HOST, "subset": name}, "weight": weight} for name, weight in weights.items()]


def virtual_service(name: str, canary: int) -> dict[str, Any]:
    """exportTo keeps it from every proxy: what is measured is the task, not Istio at work."""
    return {
        "apiVersion": API_VERSION,
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"hosts": [name], "exportTo": ["."], "http": [{"route": route(canary)}]},
    }


def destination_rule() -> dict[str, Any]:
    subsets = [{"name": name, "labels": {"version": name}} for name in ("v1", "v2")]
    return {
        "apiVersion": API_VERSION,
        "kind": "DestinationRule",
        "metadata": {"name": HOST, "namespace": NAMESPACE},
        "spec": {"host": HOST, "exportTo": ["."], "subsets": subsets},
    }


def weights(kubeconfig: str, name: str, canary: int) -> Task:
    """Ours, without what kubernetes.core has no word for: to look for ready pods, and to wait for the proxies."""
    return {
        "aviary.canary.virtual_service_weights": {
            "kubeconfig": kubeconfig,
            "namespace": NAMESPACE,
            "name": name,
            "weights": [{"subset": "v1", "weight": 100 - canary}, {"subset": "v2", "weight": canary}],
            "check_endpoints": False,
            "wait": False,
        }
    }


def patched(kubeconfig: str, name: str, canary: int) -> Task:
    """A merge patch has no word for one element of a list, so the whole route is sent."""
    return {
        "kubernetes.core.k8s": {
            "kubeconfig": kubeconfig,
            "state": "patched",
            "api_version": API_VERSION,
            "kind": "VirtualService",
            "namespace": NAMESPACE,
            "name": name,
            "definition": {"spec": {"http": [{"route": route(canary)}]}},
        }
    }


def json_patched(kubeconfig: str, name: str, canary: int) -> Task:
    """The two weights alone, by their places in the lists."""
    return {
        "kubernetes.core.k8s_json_patch": {
            "kubeconfig": kubeconfig,
            "api_version": API_VERSION,
            "kind": "VirtualService",
            "namespace": NAMESPACE,
            "name": name,
            "patch": [
                {"op": "replace", "path": f"/spec/http/0/route/{place}/weight", "value": weight}
                for place, weight in enumerate((100 - canary, canary))
            ],
        }
    }
