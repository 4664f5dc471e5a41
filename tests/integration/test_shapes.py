# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof at real proxies for every shape of route that moves, and a refusal or a failure where there is none."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._cluster import istio
from ansible_collections.aviary.canary.plugins.module_utils._probe import proxies
from integration import mesh
from integration.kube import kubectl
from integration.mesh import Json, Run, to, virtual_service, wanted
from modules.in_process import DOORS

NAME = "virtual_service_weights"
SHAPES = "test-shapes"
HTTP, RAW, TLS, NACK = 80, 9000, 9443, 8085
PORTS = {
    "web": {"http": HTTP},
    "gate": {"http": HTTP},
    "streams": {"tcp-raw": RAW, "tls-x": TLS},
    "opaque": {"tcp-web": 8080},
    "nack": {"http": NACK},
    "poison": {"http": NACK},
}
BOTH = {"v1": 100, "v2": 0}


@pytest.fixture(scope="module")
def shapes(namespace: str) -> str:
    assert namespace == SHAPES
    services = [mesh.service(name, ports) for name, ports in PORTS.items()]
    rules = [mesh.rule(name) for name in PORTS]
    pods = [mesh.web("one", version="v1"), mesh.web("two", version="v2")]
    callers = [mesh.caller("consumer"), mesh.caller("stranger")]
    mesh.create(namespace, *services, *rules, *pods, *callers)
    return namespace


@pytest.fixture(scope="module")
def user(shapes: str) -> Json:
    return mesh.user_of(shapes)


@pytest.fixture(params=DOORS)
def run(request: pytest.FixtureRequest, shapes: str, user: Json, capsys: pytest.CaptureFixture[str]) -> Run:
    """Through both doors, each time without any VirtualService."""
    mesh.remove(shapes, "virtualservices", "--all")
    standing = {"name": "web", "namespace": shapes, "kubeconfig": user, "wait_for": "app=consumer", "wait_timeout": 20}
    return mesh.through(request.param, capsys, **standing)


def given(*objects: Json) -> None:
    mesh.put(SHAPES, *objects)


def now(name: str = "web") -> str:
    return mesh.text("virtualservices", name, SHAPES)


def generation(name: str) -> int:
    return json.loads(now(name))["metadata"]["generation"]


def consumer_holds(name: str = "web", pod: str = "consumer", port: int = HTTP) -> list[dict[str, int]]:
    return mesh.held(SHAPES, pod, name, port)


def moved(run: Run, **options: Any) -> Json:
    """The task ends well, with weights changed and proven."""
    found = run(NAME, **{"weights": wanted(v1=60, v2=40), **options})
    assert not found.get("failed"), found["msg"]
    assert found["changed"]
    assert all(row["applied"] for row in found["applied"])
    return found


def pods_of(found: Json) -> list[str]:
    """The pods that a task has proven its weights at."""
    return [row["pod"] for row in found["applied"]]


def refused(run: Run, reason: str, *words: str, name: str = "web", **options: Any) -> Json:
    """One sentence and what to do; the object is the same to the byte."""
    before = now(name)
    found = run(NAME, name=name, **{"weights": wanted(v1=60, v2=40), **options})
    assert found.get("failed"), found
    assert (found["reason"], found["changed"]) == (reason, False), found["msg"]
    for each in words:
        assert each in found["msg"]
    assert found["hint"]
    assert now(name) == before
    return found


# TCP and TLS: the weights stand in the listeners


def streams() -> Json:
    tcp = to("streams", BOTH, match=[{"port": RAW}])
    host = f"streams.{SHAPES}.svc.cluster.local"
    tls = to("streams", BOTH, match=[{"port": TLS, "sniHosts": [host]}])
    return virtual_service("streams", spec={"hosts": [host], "tcp": [tcp], "tls": [tls]})


@pytest.mark.parametrize(("protocol", "port"), [("tcp", RAW), ("tls", TLS)])
def test_the_listeners_hold_the_weights_of_connections(run: Run, protocol: str, port: int) -> None:
    given(streams())
    for v1, v2 in ((60, 40), (1, 99)):
        found = moved(run, name="streams", protocol=protocol, weights=wanted(v1=v1, v2=v2))
        holds = mesh.held_by_listeners(SHAPES, "consumer", port, "streams")
        assert holds == [{"v1": v1, "v2": v2}]
        assert pods_of(found) == ["consumer"]
        assert "splits connections" in str(found["warnings"])
    other = {"tcp": TLS, "tls": RAW}[protocol]
    assert mesh.held_by_listeners(SHAPES, "consumer", other, "streams") == [{"v1": 100}]


@pytest.mark.parametrize("run", ["action"], indirect=True)  # the door does not matter, and it takes its time
def test_new_connections_follow(run: Run) -> None:
    given(streams())
    url, fresh = f"http://streams:{RAW}/", ("-H", "Connection: close")
    moved(run, name="streams", protocol="tcp", weights=wanted(v1=0, v2=100))
    assert mesh.ask(SHAPES, "consumer", url, 20, *fresh) == {"v2": 20}
    moved(run, name="streams", protocol="tcp", weights=wanted(v1=100, v2=0))
    assert mesh.ask(SHAPES, "consumer", url, 20, *fresh) == {"v1": 20}


# Delegates


def family() -> list[Json]:
    """A root with two delegates and a route of its own, and the delegates."""
    paths = {"detail": "/detail", "more": "/more"}
    entries = [{"match": [{"uri": {"prefix": path}}], "delegate": {"name": name}} for name, path in paths.items()]
    delegates = [
        mesh.istio("VirtualService", "detail", {"http": [to("web", {"v1": 90, "v2": 10})]}),
        mesh.istio("VirtualService", "more", {"http": [to("web", {"v1": 80, "v2": 20})]}),
    ]
    return [*delegates, virtual_service("web", *entries, to("web", BOTH))]


def test_a_delegate_is_proven_by_the_routes_of_its_root(run: Run) -> None:
    given(*family())
    assert pods_of(moved(run, name="detail")) == ["consumer"]
    assert consumer_holds() == [{"v1": 60, "v2": 40}, {"v1": 80, "v2": 20}, {"v1": 100}]


def test_the_roots_own_route_is_proven_beside_its_delegates(run: Run) -> None:
    given(*family())
    assert pods_of(moved(run, weights=wanted(v1=55, v2=45))) == ["consumer"]
    assert consumer_holds() == [{"v1": 90, "v2": 10}, {"v1": 80, "v2": 20}, {"v1": 55, "v2": 45}]


def test_a_root_and_its_delegate_move_together(run: Run) -> None:
    given(*family())
    moved(run, also=[{"name": "detail", "weights": wanted(v1=70, v2=30)}])
    assert consumer_holds() == [{"v1": 70, "v2": 30}, {"v1": 80, "v2": 20}, {"v1": 60, "v2": 40}]
    moved(run, name="detail", weights=wanted(v1=51, v2=49), also=[{"name": "web", "weights": wanted(v1=52, v2=48)}])
    assert consumer_holds() == [{"v1": 51, "v2": 49}, {"v1": 80, "v2": 20}, {"v1": 52, "v2": 48}]


def test_a_delegate_without_a_root_cannot_be_proven(run: Run) -> None:
    given(family()[0])
    words = "VirtualService test-shapes/detail has no hosts, and no VirtualService in test-shapes delegates to it"
    found = refused(run, "proxies_missing", words, name="detail")
    assert "wait=false" in found["hint"]
    assert run(NAME, name="detail", weights=wanted(v1=60, v2=40), wait=False)["changed"]


# Matches


def for_consumers() -> Json:
    """A route for some callers, before one for all that are left."""
    match = {"match": [{"sourceLabels": {"app": "consumer"}}]}
    return virtual_service("web", to("web", BOTH, name="consumers", **match), to("web", BOTH, name="others"))


ALL = "app in (consumer, stranger)"


def test_a_route_for_some_callers_is_proven_at_these(run: Run) -> None:
    given(for_consumers())
    assert pods_of(moved(run, route="consumers", wait_for=ALL)) == ["consumer"]
    assert (consumer_holds(), consumer_holds(pod="stranger")) == ([{"v1": 60, "v2": 40}], [{"v1": 100}])


def test_a_route_for_all_the_others_is_proven_at_these(run: Run) -> None:
    """For the consumer the route before it matches everything, so istiod gives it no other."""
    given(for_consumers())
    assert pods_of(moved(run, route="others", wait_for=ALL)) == ["stranger"]
    assert (consumer_holds(), consumer_holds(pod="stranger")) == ([{"v1": 100}], [{"v1": 60, "v2": 40}])


@pytest.mark.parametrize(("route", "nobody"), [('#0 "consumers"', "stranger"), ('#1 "others"', "consumer")])
def test_a_route_cannot_be_proven_where_it_does_not_apply(run: Run, route: str, nobody: str) -> None:
    given(for_consumers())
    words = f"Route {route} of VirtualService test-shapes/web is for none of the callers that were chosen "
    words += f"(test-shapes/{nobody})."
    found = refused(run, "proxies_missing", words, route=route.split('"')[1], wait_for=f"app={nobody}")
    assert "wait_for" in found["hint"]


def test_a_delegate_for_some_callers_is_proven_at_these(run: Run) -> None:
    """It is the root that chooses them."""
    detail, _more, root = family()
    root["spec"]["http"][0]["match"][0]["sourceLabels"] = {"app": "consumer"}
    del root["spec"]["http"][1]
    given(detail, root)
    assert pods_of(moved(run, name="detail", wait_for=ALL)) == ["consumer"]
    assert (consumer_holds()[0], consumer_holds(pod="stranger")) == ({"v1": 60, "v2": 40}, [{"v1": 100}])
    words = "Route #0 (no name) of VirtualService test-shapes/detail is for none of the callers that were chosen"
    refused(run, "proxies_missing", words, name="detail", weights=wanted(v1=50, v2=50), wait_for="app=stranger")


def test_a_route_behind_one_that_matches_everything_is_never_held(run: Run) -> None:
    given(virtual_service("web", to("web", {"v1": 1}, name="all"), to("web", BOTH, name="late")))
    words = 'Route #1 "late" of VirtualService test-shapes/web is never reached: an earlier route matches everything'
    found = refused(run, "route_unreachable", words, route="late")
    assert "wait=false" in found["hint"]

    written = run(NAME, route="late", weights=wanted(v1=60, v2=40), wait=False)
    assert words in str(written["warnings"])
    assert [element["weight"] for element in json.loads(now())["spec"]["http"][1]["route"]] == [60, 40]
    moved(run, route="all", weights=wanted(v1=90, v2=10), add_missing=True)
    assert consumer_holds() == [{"v1": 90, "v2": 10}]


def test_http_routes_take_no_effect_on_a_tcp_port(run: Run) -> None:
    given(virtual_service("opaque", to("opaque", BOTH)))
    words = 'Service test-shapes/opaque has no port on which http routes take effect: 8080 "tcp-web" (tcp).'
    found = refused(run, "protocol_mismatch", words, name="opaque")
    assert "appProtocol" in found["hint"]

    # By hand the proxies get the route, and what comes in at that port does not care.
    given(virtual_service("opaque", to("opaque", {"v1": 0, "v2": 100})))
    mesh.until(lambda: consumer_holds("opaque") == [{"v2": 100}])
    assert set(mesh.ask(SHAPES, "consumer", "http://opaque:8080/", 40, "-H", "Connection: close")) == {"v1", "v2"}


# Gateways


@pytest.fixture(scope="module")
def gateway_user(shapes: str) -> Iterator[Json]:
    """Somebody with the documented rights in the namespace of the gateway's pods too."""
    config = mesh.user_of(shapes, "istio-system")
    yield config
    mesh.forget_user(config, "istio-system")


@pytest.fixture(scope="module")
def gateway(shapes: str) -> str:
    """A Gateway of our own at the ingress gateway's pods."""
    server = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["gate.example.com"]}
    mesh.put(shapes, mesh.istio("Gateway", "gate", {"selector": {"istio": "ingressgateway"}, "servers": [server]}))
    return "gate"


def at_gateway(name: str, *gateways: str, hosts: tuple[str, ...] = ("gate.example.com",)) -> Json:
    return virtual_service(name, to("gate", BOTH), spec={"hosts": list(hosts), "gateways": list(gateways)})


def gateway_holds(name: str = "gate") -> list[dict[str, int]]:
    pod = kubectl("-n", "istio-system", "get", "pods", "-l", "istio=ingressgateway", "-o", "name").split()[0]
    question = "config_dump?resource=dynamic_route_configs"
    text = kubectl("-n", "istio-system", "exec", pod, "--", "pilot-agent", "request", "GET", question)
    return mesh.held_in(json.loads(text)["configs"], SHAPES, name)


def test_a_gateway_and_the_mesh_are_proven_together(run: Run, gateway: str, gateway_user: Json) -> None:
    given(at_gateway("gate", gateway, "mesh", hosts=("gate", "gate.example.com")))
    found = moved(run, name="gate", wait_for=None, kubeconfig=gateway_user)
    pods = {(row["namespace"], row["pod"].partition("-")[0]) for row in found["applied"]}
    sidecars = {(SHAPES, pod) for pod in ("one", "two", "consumer", "stranger")}
    assert pods == sidecars | {("istio-system", "istio")}
    assert gateway_holds() == [{"v1": 60, "v2": 40}]
    assert consumer_holds("gate") == [{"v1": 60, "v2": 40}] * 2  # for each of its hosts


# A proxy that refuses its configuration


@pytest.fixture
def poison(run: Run) -> Iterator[None]:
    """A VirtualService that istiod's webhook takes and Envoy does not: its weights add up to more than 32 bits hold.

    It is for this namespace alone, and for a port of its own.
    """
    given(virtual_service("nack", to("nack", BOTH), spec={"exportTo": ["."]}))
    moved(run, name="nack", weights=wanted(v1=99, v2=1))
    element = {"destination": {"host": "poison"}, "weight": 2**31 - 1}
    spec = {"hosts": ["poison"], "exportTo": ["."], "http": [{"route": [element] * 3}]}
    given(mesh.istio("VirtualService", "poison", spec))
    yield
    mesh.remove(SHAPES, "virtualservice/poison")


def never_applied(found: Json) -> None:
    assert (found["failed"], found["reason"], found["changed"]) == (True, "wait_expired", True), found["msg"]
    assert "1 of 1 proxies do not hold the declared weights yet: test-shapes/consumer" in found["msg"]
    assert found["details"]["lagging"] == ["test-shapes/consumer"]
    assert consumer_holds("nack", port=NACK) == [{"v1": 99, "v2": 1}]


def check_mended(run: Run) -> None:
    mesh.remove(SHAPES, "virtualservice/poison")
    mended = run(NAME, name="nack", weights=wanted(v1=60, v2=40))
    assert (mended["changed"], mended["applied"][0]["applied"]) == (False, True)
    assert consumer_holds("nack", port=NACK) == [{"v1": 60, "v2": 40}]


@pytest.mark.parametrize("run", ["module"], indirect=True)  # the door does not matter, and it takes its time
@pytest.mark.usefixtures("poison")
def test_what_istiod_was_refused_with_is_told_to_who_may_ask_it(run: Run) -> None:
    move = {"name": "nack", "weights": wanted(v1=60, v2=40), "wait_timeout": 5}
    found = run(NAME, **move, kubeconfig=os.environ["KUBECONFIG"])
    never_applied(found)
    assert "istiod was refused by test-shapes/consumer: " in found["msg"]
    assert "4294967295" in found["msg"]
    assert "another object" in found["hint"]
    check_mended(run)


@pytest.mark.parametrize("run", ["action"], indirect=True)  # the door does not matter, and it takes its time
@pytest.mark.usefixtures("poison")
def test_without_rights_at_istiod_the_lagging_proxy_is_named_all_the_same(run: Run) -> None:
    found = run(NAME, name="nack", weights=wanted(v1=60, v2=40), wait_timeout=2)
    never_applied(found)
    assert "istiod" not in found["msg"]
    assert found["details"]["refused"] == {}
    check_mended(run)


# Several objects, together or not at all


@pytest.fixture
def pair(run: Run, gateway: str, gateway_user: Json) -> Iterator[Run]:
    """One VirtualService for the mesh and one for the gateway; `run` moves both."""
    given(virtual_service("web", to("web", BOTH)), at_gateway("web-outside", gateway))

    def move(**options: Any) -> Json:
        both = {"weights": wanted(v1=60, v2=40), "also": [{"name": "web-outside"}], "wait_for": None}
        return run(NAME, **both, kubeconfig=gateway_user, **options)

    yield move
    kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "-l", f"test={SHAPES}")


def specs() -> list[str]:
    return [mesh.spec_text(name, SHAPES) for name in ("web", "web-outside")]


def forbid(unless: str, name: str) -> None:
    """Refuse changes of one VirtualService, unless a CEL expression is true; returns once that is in force.

    What is looked at are changes of what it declares, so a label can be set to see whether the rule is there.
    """
    policy_name = f"{SHAPES}-{name}"
    marked = "has(object.metadata.labels) && 'probe' in object.metadata.labels"
    update = {"apiGroups": ["networking.istio.io"], "apiVersions": ["*"], "operations": ["UPDATE"]}
    policy = {
        "matchConstraints": {"resourceRules": [{**update, "resources": ["virtualservices"]}]},
        "matchConditions": [{"name": "it", "expression": f"object.metadata.name == '{name}'"}],
        "validations": [
            {"expression": f"!({marked})", "message": "in force"},
            {"expression": unless, "message": f"no change of {name} today"},
        ],
    }
    where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": SHAPES}}}
    binding = {"policyName": policy_name, "validationActions": ["Deny"], "matchResources": where}
    for kind, spec in (("ValidatingAdmissionPolicy", policy), ("ValidatingAdmissionPolicyBinding", binding)):
        item = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "spec": spec}
        mesh.put(SHAPES, {**item, "metadata": {"name": policy_name, "labels": {"test": SHAPES}}})

    def in_force() -> bool:
        try:
            kubectl("-n", SHAPES, "label", "virtualservice", name, "probe=x", "--dry-run=server")
        except AssertionError as refusal:
            return "in force" in str(refusal)
        return False

    mesh.until(in_force)


def test_two_virtual_services_move_together(pair: Run) -> None:
    found = pair()
    assert [(row["object"], row["weight"]) for row in found["after"]] == [
        ("test-shapes/web", 60),
        ("test-shapes/web", 40),
        ("test-shapes/web-outside", 60),
        ("test-shapes/web-outside", 40),
    ]
    assert {row["namespace"] for row in found["applied"]} == {SHAPES, "istio-system"}
    assert consumer_holds("web") == gateway_holds("web-outside") == [{"v1": 60, "v2": 40}]


def test_what_is_refused_in_the_rehearsal_is_not_begun(pair: Run) -> None:
    forbid("false", "web-outside")
    before = [now(name) for name in ("web", "web-outside")]
    found = pair()
    assert (found["failed"], found["reason"], found["changed"]) == (True, "rejected", False)
    assert "no change of web-outside today" in found["msg"]
    assert "put back" not in found["msg"]
    assert [now(name) for name in ("web", "web-outside")] == before


def test_what_was_written_is_put_back_when_the_second_is_refused_after_all(pair: Run) -> None:
    """The rehearsal goes well, the write does not."""
    forbid("request.dryRun", "web-outside")
    before, old = specs(), generation("web")
    found = pair()
    assert (found["failed"], found["reason"], found["changed"]) == (True, "rejected", False), found["msg"]
    assert "no change of web-outside today" in found["msg"]
    assert "VirtualService test-shapes/web was put back as it was." in found["msg"]
    assert specs() == before
    assert generation("web") == old + 2
    mesh.until(lambda: consumer_holds("web") == [{"v1": 100}])


def test_what_cannot_be_put_back_is_named(pair: Run) -> None:
    """A rule that lets the first one be written once."""
    forbid(f"oldObject.metadata.generation == {generation('web')}", "web")
    forbid("request.dryRun", "web-outside")
    before = specs()
    found = pair()
    assert (found["failed"], found["reason"], found["changed"]) == (True, "partly_written", True), found["msg"]
    assert "no change of web-outside today" in found["msg"]
    assert "VirtualService test-shapes/web could not be put back" in found["msg"]
    assert list(found["details"]["left"]) == ["VirtualService test-shapes/web"]
    assert found["details"]["cause"] == "rejected"
    assert found["hint"]
    after = specs()
    assert (after[0] != before[0], after[1]) == (True, before[1])
    assert [element["weight"] for element in json.loads(after[0])["http"][0]["route"]] == [60, 40]


# Somebody who puts the old weights back all the time


class Reconciler(threading.Thread):
    """What GitOps does: every 0.2 s it applies what it was told."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.manifest = virtual_service("web", to("web", BOTH))

    def run(self) -> None:
        while not self.over.wait(0.2):
            given(self.manifest)

    def __enter__(self) -> Reconciler:
        given(self.manifest)
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.over.set()
        self.join()


@pytest.mark.parametrize("run", ["action"], indirect=True)  # the door does not matter, and it takes its time
def test_weights_that_are_put_back_meanwhile_are_never_called_moved(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    read, seen = istio.read_virtual_service, []

    def and_remember(*args: Any) -> Any:
        found = read(*args)
        seen.append([element["weight"] for element in found[0]["spec"]["http"][0]["route"]])
        return found

    monkeypatch.setattr(istio, "read_virtual_service", and_remember)
    with Reconciler():
        for v1 in (60, 61, 62):
            found = run(NAME, weights=wanted(v1=v1, v2=100 - v1), wait_timeout=3)
            if found.get("failed"):
                assert found["reason"] in ("not_proven", "wait_expired", "conflict"), found["msg"]
            else:
                assert seen[-1] == [v1, 100 - v1]


def test_weights_that_are_put_back_before_the_last_look_are_not_proven(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxies had them; the object has them no more."""
    manifest, await_routes = virtual_service("web", to("web", BOTH)), proxies.await_routes

    def and_lose(*args: Any) -> Any:
        found = await_routes(*args)
        given(manifest)
        return found

    monkeypatch.setattr(proxies, "await_routes", and_lose)
    given(manifest)
    mesh.next_second()
    found = run(NAME, weights=wanted(v1=60, v2=40))
    assert (found["failed"], found["reason"], found["changed"]) == (True, "not_proven", True), found["msg"]
    words = "VirtualService test-shapes/web does not carry the weights that were just written (last writer kubectl"
    assert words in found["msg"]
    assert [row["weight"] for row in found["details"]["found"]] == [100, 0]
