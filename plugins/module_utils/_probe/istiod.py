# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask istiod which of its proxies refuse what it sends them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .._cluster import workloads
from .._cluster.cluster import Cluster
from .._cluster.istio import ROOT_NAMESPACE
from .._domain import errors

SELECTOR, CONTAINER = "app=istiod", "discovery"
# The debug port asks for an identity of the mesh, except on localhost: hence a command in istiod's own pod.
QUESTION = ["pilot-discovery", "request", "GET", "/debug/syncz"]
ASK_TIMEOUT_SECONDS = 10


def read_refusals(cluster: Cluster, pods: Iterable[str]) -> dict[str, str]:
    """`namespace/pod` -> what its proxy said when it refused istiod's last configuration (a NACK).

    Only proxies that refused are listed. Empty as well where istiod cannot be asked: it runs elsewhere, or the user may
    not run a command in its pods. Each istiod knows the proxies that are connected to it, so all are asked.
    """
    wanted = set(pods)
    found: dict[str, str] = {}
    try:
        for istiod in workloads.read_pods(cluster, ROOT_NAMESPACE, SELECTOR):
            if workloads.is_ready(istiod):
                found.update(_refusals(_ask(cluster, istiod["metadata"]["name"]), wanted))
    except errors.CanaryError:
        pass  # an explanation more, or none: the proxies that lag are named all the same
    return found


def _ask(cluster: Cluster, pod: str) -> list[dict[str, Any]]:
    result = cluster.run_in_pod(ROOT_NAMESPACE, pod, CONTAINER, QUESTION, ASK_TIMEOUT_SECONDS)
    try:
        answer: list[dict[str, Any]] = json.loads(result.stdout)
    except ValueError as error:
        raise errors.ProbeFailed(f"istiod pod {pod} does not answer: {result.stderr[-200:]}") from error
    return answer


def _refusals(proxies: Iterable[dict[str, Any]], wanted: set[str]) -> dict[str, str]:
    found = {}
    for proxy in proxies:
        name, _dot, namespace = str(proxy.get("proxy", "")).rpartition(".")
        said = [str(state["lastError"]) for state in (proxy.get("resources") or {}).values() if state.get("lastError")]
        if said and f"{namespace}/{name}" in wanted:
            found[f"{namespace}/{name}"] = " ".join(said)
    return found
