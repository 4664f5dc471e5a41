# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the client proxies what they hold: their routes and the clusters that they know."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from .._cluster import workloads
from .._cluster.cluster import Cluster
from .._cluster.istio import read_gateway
from .._cluster.waiting import wait_until
from .._domain import envoy, errors, hosts
from .._domain.routes import WeightPlan

ROUTES = "config_dump?resource=dynamic_route_configs"
CLUSTERS = "clusters?format=json"
ASK_TIMEOUT_SECONDS = 10
PARALLEL = 8
Pod = dict[str, Any]
Found = TypeVar("Found")


def client_pods(cluster: Cluster, namespace: str, selector: str | None, gateways: Sequence[str] = ()) -> list[Pod]:
    """The ready pods with a proxy that follow a VirtualService of the namespace.

    With a selector just these; without, every sidecar of the namespace when `gateways` is empty or names mesh,
    and the pods of every other Gateway it names. Raises ProxiesMissing when there is none.
    """
    found: list[Pod] = []
    if selector or not gateways or "mesh" in gateways:
        found = workloads.read_pods(cluster, namespace, selector or "")
    if not selector:
        for gateway in gateways:
            if gateway != "mesh":
                found += _gateway_pods(cluster, namespace, gateway)
    found = [pod for pod in found if workloads.is_ready(pod) and workloads.has_sidecar(pod)]
    if not found:
        chosen = f" that fits {selector}" if selector else ""
        raise errors.ProxiesMissing(f"No ready pod{chosen} in {namespace} has an Istio proxy to prove the change at.")
    return found


def _gateway_pods(cluster: Cluster, namespace: str, gateway: str) -> list[Pod]:
    home, name = hosts.gateway_place(gateway, namespace)
    labels = (read_gateway(cluster, home, name).get("spec") or {}).get("selector") or {}
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    try:
        # A Gateway selects its workload in any namespace (pilot's default, PILOT_SCOPE_GATEWAY_TO_NAMESPACE=false).
        return workloads.read_pods(cluster, None, selector)
    except errors.AccessDenied:
        return workloads.read_pods(cluster, home, selector)


def read_endpoints(
    cluster: Cluster, pods: Sequence[Pod], host: str, subsets: Sequence[str], port: int | None
) -> dict[str, dict[str, int]]:
    """`namespace/pod` -> subset -> healthy endpoints, for the subsets that its proxy knows.

    A pod that has gone is left out; one whose proxy does not answer knows nothing.
    """
    seen = _each(pods, lambda pod: envoy.healthy_endpoints(_ask(cluster, pod, CLUSTERS), host, subsets, port))
    return {
        workloads.full_name(pod): {} if isinstance(known, errors.CanaryError) else known
        for pod, known in zip(pods, seen)
        if known is not None
    }


def _each(pods: Sequence[Pod], ask: Callable[[Pod], Found]) -> list[Found | errors.CanaryError | None]:
    """What every proxy said: None for a pod that has gone, the failure of one that does not answer for now."""

    def ask_one(pod: Pod) -> Found | errors.CanaryError | None:
        try:
            return ask(pod)
        except errors.PodMissing:
            return None
        except (errors.ProbeFailed, errors.WaitExpired) as error:
            return error

    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        return list(pool.map(ask_one, pods))


def _ask(cluster: Cluster, pod: Pod, what: str) -> dict[str, Any]:
    """One answer of the proxy's admin interface, through Istio's own agent in the pod."""
    metadata = pod["metadata"]
    command = ["pilot-agent", "request", "GET", what]
    result = cluster.run_in_pod(
        metadata["namespace"], metadata["name"], workloads.SIDECAR, command, ASK_TIMEOUT_SECONDS
    )
    if result.code != 0:
        said = (result.stderr or result.error).strip()[-200:]
        raise errors.ProbeFailed(f"The proxy of pod {workloads.full_name(pod)} does not answer: {said}")
    try:
        answer: dict[str, Any] = json.loads(result.stdout)
    except ValueError as error:
        raise errors.ProbeFailed(
            f"The proxy of pod {workloads.full_name(pod)} answered {what} with something that is no JSON."
        ) from error
    return answer


def await_routes(
    cluster: Cluster, pods: Sequence[Pod], plan: WeightPlan, virtual_service: Mapping[str, Any], timeout_seconds: float
) -> dict[str, float]:
    """`namespace/pod` -> seconds until its proxy was seen to hold the plan.

    A proxy is asked until it does; a pod that has gone meanwhile has no requests to send any more. Raises
    WaitExpired with the proxies that lag behind.
    """
    namespace, name = virtual_service["metadata"]["namespace"], virtual_service["metadata"]["name"]
    declared = envoy.declared_shares(virtual_service)
    started = time.monotonic()
    took: dict[str, float] = {}

    def follows(pod: Pod) -> bool:
        held = envoy.route_shares(_ask(cluster, pod, ROUTES), namespace, name)
        return envoy.holds(plan, declared, held)

    def look() -> dict[str, str]:
        """Who lags behind, and what its proxy said when it did not answer."""
        waiting = [pod for pod in pods if workloads.full_name(pod) not in took]
        lagging = {}
        for pod, answer in zip(waiting, _each(waiting, follows)):
            if answer is None or answer is True:
                took[workloads.full_name(pod)] = round(time.monotonic() - started, 3)
            else:
                lagging[workloads.full_name(pod)] = f" ({answer})" if answer else ""
        return lagging

    def describe(lagging: dict[str, str]) -> str:
        listed = ", ".join(f"{pod}{said}" for pod, said in list(lagging.items())[:5])
        return f"{len(lagging)} of {len(pods)} proxies do not hold the weights of the VirtualService yet: {listed}"

    wait_until(look, lambda lagging: not lagging, timeout_seconds, describe)
    return took


def await_endpoints(
    cluster: Cluster, pods: Sequence[Pod], host: str, subsets: Sequence[str], port: int | None, timeout_seconds: float
) -> tuple[dict[str, dict[str, int]], float]:
    """(`namespace/pod` -> subset -> healthy endpoints, seconds) once every proxy has one of each subset."""

    def look() -> dict[str, dict[str, int]]:
        return read_endpoints(cluster, pods, host, subsets, port)

    def done(seen: dict[str, dict[str, int]]) -> bool:
        return all(known.get(subset) for known in seen.values() for subset in subsets)

    def describe(seen: dict[str, dict[str, int]]) -> str:
        lagging = [pod for pod, known in seen.items() if not all(known.get(subset) for subset in subsets)]
        lacking = [subset for subset in subsets if not all(known.get(subset) for known in seen.values())]
        named = ", ".join(subset or "the Service itself" for subset in lacking)
        return f"{len(lagging)} of {len(seen)} proxies know no healthy endpoint of {host} ({named}): " + ", ".join(
            lagging[:5]
        )

    return wait_until(look, done, timeout_seconds, describe)
