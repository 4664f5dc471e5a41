# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the client proxies what they hold: their routes, their listeners, and the clusters that they know."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from .._cluster import workloads
from .._cluster.cluster import Cluster
from .._cluster.istio import ROOT_NAMESPACE, read_gateway
from .._cluster.waiting import wait_until
from .._domain import envoy, errors
from .._domain.reach import MESH, Caller
from .._domain.routes import Shares
from . import istiod

ASK_TIMEOUT_SECONDS = 10
PARALLEL = 8
# Requests follow a new route at once, so the answer to "since when?" should be no coarser than this.
LONGEST_PAUSE_SECONDS = 0.2
NAMED = 5  # proxies that a sentence names
Found = TypeVar("Found")


@dataclass(frozen=True)
class Client:
    """A ready pod with a proxy, and how istiod sees it."""

    pod: Mapping[str, Any]
    caller: Caller

    @property
    def name(self) -> str:
        return workloads.full_name(self.pod)

    @property
    def place(self) -> dict[str, str]:
        return {"pod": self.pod["metadata"]["name"], "namespace": self.pod["metadata"]["namespace"]}


@dataclass(frozen=True)
class View:
    """Where in a proxy the routes of one object stand: the part of a dump to ask for, and how they are told there.

    `declared` is every route of the object as the proxies should hold it, `order` the routes of each virtual host of a
    caller; None where one of them cannot be known.
    """

    question: Callable[[Caller], str]
    origin: envoy.Origin
    declared: Sequence[Shares] | None
    order: Callable[[Caller], list[Shares] | None]


@dataclass(frozen=True)
class Expected:
    """What one object asks of a proxy; `wishes` are the planned routes that a caller should have."""

    view: View
    wishes: Callable[[Caller], list[envoy.Wish]]


def client_pods(
    cluster: Cluster, namespace: str, selector: str | None, gateways: Sequence[str] = (MESH,)
) -> list[Client]:
    """The ready pods with a proxy that follow the routes of an object in the namespace.

    With a selector just these; without, every sidecar of the namespace when `gateways` names mesh, and the pods of
    every other Gateway it names (`namespace/name`). Raises ProxiesMissing when there is none, or none of one of them.
    """
    others = frozenset(gateways) - {MESH}
    found: list[Client] = []
    if selector or MESH in gateways:
        for pod in workloads.read_pods(cluster, namespace, selector or ""):
            found += _client(pod, others if workloads.is_gateway(pod) else frozenset({MESH}))
    for gateway in sorted(others) if not selector else ():
        pods = _gateway_pods(cluster, gateway)
        found += _some(gateway, [client for pod in pods for client in _client(pod, frozenset({gateway}))])
    return checked(found, namespace, selector)


def checked(found: Sequence[Client], namespace: str, selector: str | None) -> list[Client]:
    """The clients, each once; raises ProxiesMissing without any."""
    if not found:
        chosen = f" that fits {selector}" if selector else ""
        raise errors.ProxiesMissing(f"No ready pod{chosen} in {namespace} has an Istio proxy to prove the change at.")
    return joined(found)


def _some(gateway: str, clients: list[Client]) -> list[Client]:
    """The clients at a Gateway; without any its callers would be passed over in silence."""
    if not clients:
        raise errors.ProxiesMissing(
            f"No ready pod of Gateway {gateway} was found to prove the change at.",
            "Grant list on pods in its pods' namespace, name the pods to ask with wait_for, or set wait=false.",
        )
    return clients


def joined(clients: Sequence[Client]) -> list[Client]:
    """Each proxy once, with all the gateways that it serves."""
    found: dict[str, Client] = {}
    for client in clients:
        known = found.get(client.name)
        gateways = client.caller.gateways | (known.caller.gateways if known else frozenset())
        caller = Caller(client.caller.namespace, client.caller.labels, frozenset(gateways))
        found[client.name] = Client(client.pod, caller)
    return list(found.values())


def _client(pod: Mapping[str, Any], gateways: frozenset[str]) -> list[Client]:
    if not workloads.is_ready(pod) or not workloads.has_sidecar(pod):
        return []
    metadata = pod["metadata"]
    return [Client(pod, Caller(metadata["namespace"], metadata.get("labels") or {}, gateways))]


def _gateway_pods(cluster: Cluster, gateway: str) -> list[dict[str, Any]]:
    home, name = gateway.split("/")
    labels = (read_gateway(cluster, home, name).get("spec") or {}).get("selector") or {}
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    try:
        # A Gateway selects its workload in any namespace (pilot's default, PILOT_SCOPE_GATEWAY_TO_NAMESPACE=false).
        return workloads.read_pods(cluster, None, selector)
    except errors.AccessDenied:
        found = workloads.read_pods(cluster, home, selector)
    if not found:  # a Gateway beside its application, at Istio's own gateway pods
        with contextlib.suppress(errors.AccessDenied):
            return workloads.read_pods(cluster, ROOT_NAMESPACE, selector)
    return found


def sidecars(cluster: Cluster, namespace: str, selector: str | None) -> list[Client]:
    """The sidecars of a namespace; with a selector, every proxy that it fits, also a gateway's."""
    found: list[Client] = []
    for pod in workloads.read_pods(cluster, namespace, selector or ""):
        if not workloads.is_gateway(pod):
            found += _client(pod, frozenset({MESH}))
        elif selector:
            found += _client(pod, frozenset())
    return found


def gateway_api_pods(cluster: Cluster, namespace: str, name: str) -> list[Client]:
    """The pods that istiod runs for a Gateway of the Gateway API."""
    pods = workloads.read_pods(cluster, namespace, f"gateway.networking.k8s.io/gateway-name={name}")
    gateway = f"{namespace}/{name}"
    return _some(gateway, [client for pod in pods for client in _client(pod, frozenset({gateway}))])


def routes_question(ports: Sequence[int], caller: Caller) -> str:
    """The part of a config dump with the HTTP routes of a caller.

    A sidecar names its route configurations after ports (`80`, or `host:80` where the protocol is sniffed), so the
    `ports` of the Service leave most of them out; a gateway names them after its own ports, and has few.
    """
    names = f"(.*:)?({'|'.join(str(port) for port in ports)})" if ports and MESH in caller.gateways else ""
    return _question("dynamic_route_configs", names)


def listeners_question(ports: Sequence[int], caller: Caller) -> str:
    """The part of a config dump with the TCP and TLS routes of a caller: listeners are named `address_port`."""
    names = f".*_({'|'.join(str(port) for port in ports)})" if ports and MESH in caller.gateways else ""
    return _question("dynamic_listeners", names)


def _question(resource: str, names: str) -> str:
    return f"config_dump?resource={resource}" + (f"&name_regex={quote(names, safe='')}" if names else "")


def read_endpoints(
    cluster: Cluster, clients: Sequence[Client], host: str, subsets: Sequence[str], port: int | None
) -> dict[str, dict[str, int]]:
    """`namespace/pod` -> subset -> healthy endpoints, for the subsets that its proxy knows.

    A pod that has gone is left out; one whose proxy does not answer knows nothing. The proxies are asked for the
    clusters of the host alone (Envoy before 1.36 does not know the filter and tells of all).
    """
    question = f"clusters?format=json&filter={quote(host, safe='')}"
    seen = _each(clients, lambda client: envoy.healthy_endpoints(_ask(cluster, client, question), host, subsets, port))
    return {
        client.name: {} if isinstance(known, errors.CanaryError) else known
        for client, known in zip(clients, seen)
        if known is not None
    }


def _each(clients: Sequence[Client], ask: Callable[[Client], Found]) -> list[Found | errors.CanaryError | None]:
    """What every proxy said: None for a pod that has gone, the failure of one that does not answer for now."""

    def ask_one(client: Client) -> Found | errors.CanaryError | None:
        try:
            return ask(client)
        except errors.PodMissing:
            return None
        except (errors.ProbeFailed, errors.WaitExpired, errors.ApiUnreachable, errors.ApiFailed) as error:
            return error

    if len(clients) == 1:
        return [ask_one(clients[0])]
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        return list(pool.map(ask_one, clients))


def _ask(cluster: Cluster, client: Client, what: str) -> dict[str, Any]:
    """One answer of the proxy's admin interface, through Istio's own agent in the pod."""
    metadata = client.pod["metadata"]
    command = ["pilot-agent", "request", "GET", what]
    result = cluster.run_in_pod(
        metadata["namespace"], metadata["name"], workloads.SIDECAR, command, ASK_TIMEOUT_SECONDS
    )
    if result.code != 0:
        said = (result.stderr or result.error).strip()[-200:]
        raise errors.ProbeFailed(f"The proxy of pod {client.name} does not answer: {said}")
    try:
        answer: dict[str, Any] = json.loads(result.stdout)
    except ValueError as error:
        raise errors.ProbeFailed(
            f"The proxy of pod {client.name} answered {what} with something that is no JSON."
        ) from error
    return answer


def await_routes(
    cluster: Cluster, clients: Sequence[Client], expected: Sequence[Expected], timeout_seconds: float
) -> dict[str, float]:
    """`namespace/pod` -> seconds until its proxy was seen to hold all that is expected.

    A proxy is asked until it does; a pod that has gone meanwhile has no requests to send any more, and is left out.
    Raises WaitExpired with the proxies that lag behind, and with what istiod knows of those that refuse, and
    ProxiesMissing when every pod has gone.
    """
    started = time.monotonic()
    took: dict[str, float] = {}
    gone: set[str] = set()

    def follows(client: Client) -> bool:
        return all(_holds(cluster, client, each) for each in expected)

    def look() -> dict[str, str]:
        """Who lags behind, and what its proxy said when it did not answer."""
        waiting = [client for client in clients if client.name not in took and client.name not in gone]
        lagging = {}
        for client, answer in zip(waiting, _each(waiting, follows)):
            if answer is None:
                gone.add(client.name)
            elif answer is True:
                took[client.name] = round(time.monotonic() - started, 3)
            else:
                lagging[client.name] = f" ({answer})" if answer else ""
        return lagging

    def describe(lagging: dict[str, str]) -> str:
        listed = ", ".join(f"{pod}{said}" for pod, said in list(lagging.items())[:NAMED])
        return f"{len(lagging)} of {len(clients)} proxies do not hold the declared weights yet: {listed}"

    try:
        wait_until(look, lambda lagging: not lagging, timeout_seconds, describe, LONGEST_PAUSE_SECONDS)
    except errors.WaitExpired as error:
        lagging = [client.name for client in clients if client.name not in took and client.name not in gone]
        raise _explained(error, lagging, took, istiod.read_refusals(cluster, lagging)) from error
    if not took:
        named = ", ".join(sorted(gone)[:NAMED])
        raise errors.ProxiesMissing(
            f"Every client pod has gone before its proxy was seen to hold the weights: {named}.",
            "Run the task again: it proves what stands, at the pods that are there now.",
        )
    return took


def _holds(cluster: Cluster, client: Client, expected: Expected) -> bool:
    view, caller = expected.view, client.caller
    dump = _ask(cluster, client, view.question(caller))
    held = envoy.held_routes(dump, view.origin, MESH in caller.gateways)
    return envoy.holds(expected.wishes(caller), view.declared, held, view.order(caller))


def _explained(
    error: errors.WaitExpired, lagging: Sequence[str], took: Mapping[str, float], refusals: Mapping[str, str]
) -> errors.WaitExpired:
    details: dict[str, Any] = {"lagging": list(lagging), "applied": dict(took), "refused": dict(refusals)}
    if not refusals:
        return errors.WaitExpired(error.message, **details)
    listed = "; ".join(f"{pod}: {said}" for pod, said in list(refusals.items())[:NAMED])
    return errors.WaitExpired(
        f"{error.message.rstrip('.')}; istiod was refused by {listed.rstrip('.')}.",
        "The proxy refuses its whole configuration: mend what it names, which may be another object than this one.",
        **details,
    )


def await_endpoints(
    cluster: Cluster,
    clients: Sequence[Client],
    host: str,
    subsets: Sequence[str],
    port: int | None,
    timeout_seconds: float,
) -> tuple[dict[str, dict[str, int]], float]:
    """(`namespace/pod` -> subset -> healthy endpoints, seconds) once every proxy has one of each subset."""

    def look() -> dict[str, dict[str, int]]:
        return read_endpoints(cluster, clients, host, subsets, port)

    def done(seen: dict[str, dict[str, int]]) -> bool:
        return all(known.get(subset) for known in seen.values() for subset in subsets)

    def describe(seen: dict[str, dict[str, int]]) -> str:
        lagging = [pod for pod, known in seen.items() if not all(known.get(subset) for subset in subsets)]
        lacking = [subset for subset in subsets if not all(known.get(subset) for known in seen.values())]
        named = ", ".join(subset or "the Service itself" for subset in lacking)
        return f"{len(lagging)} of {len(seen)} proxies know no healthy endpoint of {host} ({named}): " + ", ".join(
            lagging[:NAMED]
        )

    return wait_until(look, done, timeout_seconds, describe)
