# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small mesh for scenarios without a playbook: versions of a web server, callers, and what their proxies hold.

What the proxies hold is read here without any code of the collection.
"""

from __future__ import annotations

import copy
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integration import kube
from integration.kube import kubectl
from modules.admin import Admin, create_documented_roles, kubeconfig_of
from modules.in_process import DOORS

Json = dict[str, Any]
Run = Callable[..., Json]
ISTIO = "networking.istio.io/v1"
RELEASER = ("aviary-canary-read", "aviary-canary-weights", "aviary-canary-http-route-weights", "aviary-canary-verify")


# Objects


def create(namespace: str, *objects: Json) -> None:
    """A namespace whose pods get sidecars, and the objects in it; returns when its pods are ready, or told not to be.

    A pod with the annotation `never: ready` is only waited for until it runs.
    """
    kubectl("create", "namespace", namespace)
    kubectl("label", "namespace", namespace, "istio-injection=enabled")
    put(namespace, *objects)
    pods = [item["metadata"] for item in objects if item["kind"] == "Pod"]
    for pod in pods:
        awake = "never" not in pod.get("annotations", {})
        condition = "condition=Ready" if awake else "jsonpath={.status.phase}=Running"
        kubectl("-n", namespace, "wait", f"--for={condition}", f"pod/{pod['name']}", "--timeout=150s")


def put(namespace: str, *objects: Json) -> None:
    """Create the objects, or bring them to what is given here."""
    kube.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}), namespace)


def remove(namespace: str, *what: str) -> None:
    kubectl("-n", namespace, "delete", "--ignore-not-found", *what)


def web(name: str, ready: bool = True, **labels: str) -> Json:
    """A pod whose every answer is the word in its label `version`."""
    page = f"printf %s {labels['version']} >/usr/share/nginx/html/index.html; exec nginx -g 'daemon off;'"
    item = pod(name, {"app": "web", **labels}, image="nginx", command=["sh", "-c", page])
    if not ready:
        item["metadata"]["annotations"] = {"never": "ready"}
        item["spec"]["containers"][0]["readinessProbe"] = {"exec": {"command": ["false"]}}
    return item


def caller(name: str, **labels: str) -> Json:
    return pod(name, {"app": name, **labels}, image="curlimages/curl", command=["sleep", "infinity"])


def pod(name: str, labels: dict[str, str], **container: Any) -> Json:
    spec = {"terminationGracePeriodSeconds": 0, "containers": [{"name": "main", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def service(name: str, ports: dict[str, int] | None = None, **selector: str) -> Json:
    """A Service of the web pods; `ports` is port name -> port, and each leads to the web server."""
    listed = [{"name": each, "port": port, "targetPort": 80} for each, port in (ports or {"http": 80}).items()]
    spec = {"selector": selector or {"app": "web"}, "ports": listed}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def rule(host: str, **subsets: str) -> Json:
    """A DestinationRule: subset name -> the `version` that it selects; v1 and v2 where none are named."""
    listed = [
        {"name": name, "labels": {"version": version}}
        for name, version in (subsets or {"v1": "v1", "v2": "v2"}).items()
    ]
    return istio("DestinationRule", host, {"host": host, "subsets": listed})


def istio(kind: str, name: str, spec: Json, **metadata: Any) -> Json:
    return {"apiVersion": ISTIO, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def virtual_service(name: str, *entries: Json, spec: Json | None = None, **metadata: Any) -> Json:
    """A VirtualService for the host of its own name, with these http entries."""
    lists = {"http": list(entries)} if entries else {}
    return istio("VirtualService", name, {"hosts": [name], **lists, **(spec or {})}, **metadata)


def to(host: str, weights: dict[str, int | None], **fields: Any) -> Json:
    """An entry that sends to subsets of the host; a weight of None is left out."""
    elements = []
    for subset, weight in weights.items():
        element: Json = {"destination": {"host": host, "subset": subset}}
        elements.append(element if weight is None else {**element, "weight": weight})
    return {**fields, "route": elements}


def wanted(**weights: int) -> list[Json]:
    """What a task asks for, subset by subset."""
    return [{"subset": subset, "weight": weight} for subset, weight in weights.items()]


# Looking


def text(resource: str, name: str, namespace: str) -> str:
    """An object byte for byte as the API server sends it."""
    group = "gateway.networking.k8s.io/v1" if resource == "httproutes" else ISTIO
    return kubectl("get", "--raw", f"/apis/{group}/namespaces/{namespace}/{resource}/{name}")


def spec_text(name: str, namespace: str) -> str:
    """The spec of a VirtualService, as bytes that can be compared."""
    return json.dumps(json.loads(text("virtualservices", name, namespace))["spec"])


def dump(namespace: str, pod: str, resource: str = "dynamic_route_configs") -> list[Json]:
    """What a proxy holds, in its own words."""
    question = ["pilot-agent", "request", "GET", f"config_dump?resource={resource}"]
    return json.loads(kubectl("-n", namespace, "exec", pod, "-c", "istio-proxy", "--", *question)).get("configs", [])


def held(namespace: str, pod: str, virtual_service: str, port: int = 80) -> list[dict[str, int]]:
    """The weights of each HTTP route of a VirtualService for a port in a sidecar, by subset."""
    configs = [each for each in dump(namespace, pod) if each["route_config"]["name"] == str(port)]
    return held_in(configs, namespace, virtual_service)


def held_in(configs: list[Json], namespace: str, virtual_service: str) -> list[dict[str, int]]:
    """The same of any dump; a cluster without any weights has 1."""
    return [
        weights(route.get("route", {}))
        for route in routes(configs)
        if _config(route).endswith(f"/namespaces/{namespace}/virtual-service/{virtual_service}")
    ]


def routes(configs: list[Json]) -> Iterator[Json]:
    """Every route in a dump of route configurations."""
    for config in configs:
        for host in config["route_config"].get("virtual_hosts", []):
            yield from host.get("routes", [])


def held_by_listeners(namespace: str, pod: str, port: int, host: str) -> list[dict[str, int]]:
    """The weights of each filter chain that sends connections to a port of a host, by subset."""
    ends = f"|{host}.{namespace}.svc.cluster.local"
    found = []
    for config in dump(namespace, pod, "dynamic_listeners"):
        listener = config.get("active_state", {}).get("listener", {})
        for chain in [*listener.get("filter_chains", []), listener.get("default_filter_chain", {})]:
            for each in chain.get("filters", []):
                proxy = each.get("typed_config", {})
                if f"outbound|{port}|" in json.dumps(proxy) and ends in json.dumps(proxy):
                    found.append(weights(proxy))
    return found


def _config(route: Json) -> str:
    return route.get("metadata", {}).get("filter_metadata", {}).get("istio", {}).get("config", "")


def weights(action: Json) -> dict[str, int]:
    if "cluster" in action:
        return {_arm(action["cluster"]): 1}
    clusters = action.get("weighted_clusters", {}).get("clusters", [])
    return {_arm(part["name"]): part["weight"] for part in clusters}


def _arm(cluster: str) -> str:
    """The subset of a cluster, or the name of its Service where it has none."""
    _direction, _port, subset, host = cluster.split("|")
    return subset or host.split(".")[0]


def ask(namespace: str, pod: str, url: str, requests: int = 1, *options: str) -> Counter[str]:
    """How often which answer came: the word of a web pod, or the status where it is not 200."""
    separator = "&" if "?" in url else "?"
    command = ["curl", "-s", "-w", r"|%{http_code}\n", *options, f"{url}{separator}n=[1-{requests}]"]
    lines = kubectl("-n", namespace, "exec", pod, "-c", "main", "--", *command, check=False).splitlines()
    answers = (line.rpartition("|") for line in lines if line[-4:-3] == "|")
    found = Counter(body if status == "200" else status for body, _bar, status in answers)
    assert found.total() == requests, lines[-5:]
    return found


def until(look: Callable[[], Any], seconds: float = 20) -> Any:
    """What `look` finds as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.1)
    return found


def next_second() -> None:
    """Kubernetes tells times by the second: what comes after this is later."""
    time.sleep(1.05 - time.time() % 1)


# Users and doors


def user_of(namespace: str, *more: str) -> Json:
    """A kubeconfig with the documented rights of a releaser in the namespace, and in `more` of them."""
    admin = Admin(os.environ["KUBECONFIG"])
    create_documented_roles(admin)
    config = kubeconfig_of(admin, namespace, os.environ["KUBECONFIG"], list(RELEASER))
    account = config["users"][0]["name"]
    for home in more:
        for role in RELEASER:
            name = f"{account}-{role}"
            who = f"--serviceaccount={namespace}:{account}"
            kubectl("-n", home, "create", "rolebinding", name, f"--clusterrole={role}", who)
    return config


def forget_user(config: Json, *namespaces: str) -> None:
    """Take back what `user_of` granted in namespaces that stay."""
    account = config["users"][0]["name"]
    for namespace in namespaces:
        remove(namespace, *(f"rolebinding/{account}-{role}" for role in RELEASER))


def through(door: str, capsys: pytest.CaptureFixture[str], **standing: Any) -> Run:
    """run("module", option=value, check=True, diff=True) through the module or its action plugin.

    `standing` are options that every call has unless it says otherwise.
    """

    def call(module: str, check: bool = False, diff: bool = False, **options: Any) -> Json:
        return DOORS[door](capsys, module, check, diff, copy.deepcopy({**standing, **options}))[0]

    return call
