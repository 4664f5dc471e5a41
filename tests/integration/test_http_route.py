# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""http_route_weights on a real mesh and a real Gateway: what is written, what the proxies hold, what is refused."""

from __future__ import annotations

import copy
import json
from functools import partial
from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._cluster import gateway_api
from integration import kube, mesh
from integration.chance import CONFIDENCE, chance_allows
from integration.kube import kubectl
from integration.mesh import Json, Run
from modules.in_process import DOORS

NAME = "http_route_weights"
SHOP = "test-http-route"
URL = "http://web/"
GATEWAY_API = "gateway.networking.k8s.io/v1"
REQUESTS = 300


@pytest.fixture(scope="module")
def shop(namespace: str) -> str:
    """Two versions of a web server, each behind a Service of its own, a consumer, and a Gateway."""
    assert namespace == SHOP
    versions = [mesh.service(f"web-{each}", app="web", version=each) for each in ("v1", "v2", "v9")]
    pods = [mesh.web("one", version="v1"), mesh.web("two", version="v2"), mesh.caller("consumer")]
    spec = {
        "gatewayClassName": "istio",
        "listeners": [{"name": "http", "port": 80, "protocol": "HTTP", "hostname": "shop.example.com"}],
    }
    quiet = {"networking.istio.io/service-type": "ClusterIP"}
    door = gateway_object("Gateway", "door", spec, annotations=quiet)
    mesh.create(namespace, door, mesh.service("web"), *versions, *pods)
    return namespace


@pytest.fixture(scope="module")
def user(shop: str) -> Json:
    return mesh.user_of(shop)


@pytest.fixture(params=DOORS)
def run_any(request: pytest.FixtureRequest, shop: str, user: Json, capsys: pytest.CaptureFixture[str]) -> Run:
    """Any verb, through both doors, each time on a shop without any HTTPRoute."""
    mesh.remove(shop, "httproutes", "--all")
    return mesh.through(request.param, capsys, namespace=shop, kubeconfig=user)


@pytest.fixture
def run(run_any: Run) -> Run:
    """http_route_weights of the HTTPRoute web."""
    return partial(run_any, NAME, **{"name": "web", "wait_for": "app=consumer", "wait_timeout": 20})


def gateway_object(kind: str, name: str, spec: Json, **metadata: Any) -> Json:
    return {"apiVersion": GATEWAY_API, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def http_route(*rules: Json, **parent: Any) -> Json:
    reference = parent or {"group": "", "kind": "Service", "name": "web", "port": 80}
    return gateway_object("HTTPRoute", "web", {"parentRefs": [reference], "rules": list(rules)})


def to(weights: dict[str, int | None], **fields: Any) -> Json:
    """A rule that sends to Services; a weight of None is left out."""
    backends = []
    for name, weight in weights.items():
        backend: Json = {"name": name, "port": 80}
        backends.append(backend if weight is None else {**backend, "weight": weight})
    return {**fields, "backendRefs": backends}


def given(item: Json) -> None:
    """Returns when istiod has said of the HTTPRoute what it has to say, so that nobody writes it any more."""
    mesh.put(SHOP, item)
    mesh.until(lambda: heard() or item["spec"]["parentRefs"] == [{"name": "nobody"}])


def heard() -> bool:
    item = json.loads(now())
    parents = item.get("status", {}).get("parents", [])
    seen = [each.get("observedGeneration") for parent in parents for each in parent["conditions"]]
    return bool(seen) and set(seen) == {item["metadata"]["generation"]}


def wanted(**weights: int) -> list[Json]:
    return [{"host": f"web-{version}", "weight": weight} for version, weight in weights.items()]


def now() -> str:
    return mesh.text("httproutes", "web", SHOP)


def rules() -> list[Json]:
    return json.loads(now())["spec"]["rules"]


def weights_of(rule: Json) -> list[int]:
    return [backend["weight"] for backend in rule["backendRefs"]]


def holds(rule: str | int = 0, pod: str = "consumer", configs: str = "80") -> list[dict[str, int]]:
    """What a proxy holds for a rule, in each virtual host where it stands; a Service that is alone has 1."""
    name = rule if isinstance(rule, str) else f"{SHOP}.web.{rule}"
    dump = [each for each in mesh.dump(SHOP, pod) if each["route_config"]["name"] == configs]
    return [mesh.weights(route.get("route", {})) for route in mesh.routes(dump) if route.get("name") == name]


def moved(run: Run, **options: Any) -> Json:
    """The task ends well, with weights changed and proven."""
    found = run(**{"weights": wanted(v1=90, v2=10), **options})
    assert not found.get("failed"), found["msg"]
    assert found["changed"]
    assert all(row["applied"] for row in found["applied"])
    return found


def refused(run: Run, reason: str, *words: str, **options: Any) -> Json:
    """One sentence and what to do; the object is the same to the byte."""
    before = now()
    found = run(**{"weights": wanted(v1=90, v2=10), **options})
    assert found.get("failed"), found
    assert (found["reason"], found["changed"]) == (reason, False), found["msg"]
    for each in words:
        assert each in found["msg"]
    assert found["hint"]
    assert now() == before
    return found


BOTH = {"web-v1": 100, "web-v2": 0}
FOREIGN = {
    "matches": [{"path": {"type": "PathPrefix", "value": "/beta"}, "headers": [{"name": "x-a", "value": "b"}]}],
    "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-c", "value": "d"}]}}],
    "timeouts": {"request": "10s"},
}


def test_only_the_weights_change_and_the_consumers_proxy_holds_them(run: Run) -> None:
    given(http_route(to({"web-v1": None, "web-v2": None}), to({"web-v9": 7}, name="beta", **FOREIGN)))
    before = rules()
    found = moved(run, diff=True)
    assert [row["weight"] for row in found["before"]] == [1, 1]
    assert [(row["host"], row["port"], row["weight"]) for row in found["after"]] == [
        ("web-v1", 80, 90),
        ("web-v2", 80, 10),
    ]
    assert found["diff"]["after"] == "route 0: web-v1 port 80: 90\nroute 0: web-v2 port 80: 10\n"
    assert [row["pod"] for row in found["applied"]] == ["consumer"]
    assert holds() == [{"web-v1": 90, "web-v2": 10}]
    expected = copy.deepcopy(before)
    expected[0]["backendRefs"][0]["weight"], expected[0]["backendRefs"][1]["weight"] = 90, 10
    assert json.dumps(rules()) == json.dumps(expected)

    mesh.until(heard)
    after = now()
    again = run(weights=wanted(v1=90, v2=10))
    assert (again["changed"], again["applied"][0]["applied"], again["generation"]) == (False, True, found["generation"])
    assert now() == after


@pytest.mark.parametrize("run_any", ["module"], indirect=True)  # the door does not matter, and it takes its time
def test_traffic_follows(run: Run, run_any: Run) -> None:
    given(http_route(to(BOTH)))
    for v1, v2 in ((0, 100), (90, 10)):
        moved(run, weights=wanted(v1=v1, v2=v2))
        measured = run_any(
            "traffic_split_verify",
            url=URL,
            source={"pod": "consumer"},
            arms={"stable": {"body": "v1"}, "canary": {"body": "v2"}},
            expected={"stable": v1, "canary": v2},
            requests=REQUESTS,
            confidence=CONFIDENCE,
            tolerance_percent=20,  # 300 requests say no more with such confidence
        )
        assert (measured["verdict"], measured["requests"]) == ("passed", REQUESTS), measured
        assert measured["counts"]["failed"] == measured["counts"]["unrecognised"] == 0


def test_named_and_unnamed_rules(run: Run) -> None:
    named = to(BOTH, name="beta", matches=[{"path": {"type": "PathPrefix", "value": "/beta"}}])
    second = to(BOTH, matches=[{"path": {"type": "PathPrefix", "value": "/more"}}])
    given(http_route(named, second, to(BOTH)))
    words = (
        'HTTPRoute test-http-route/web has 3 rules that send to web-v1, web-v2: #0 "beta", #1 (no name), #2 (no name).'
    )
    found = refused(run, "route_ambiguous", words)
    assert "route" in found["hint"]
    moved(run, route="beta")
    moved(run, route="1", weights=wanted(v1=80, v2=20))
    assert [holds(rule) for rule in ("beta", 1, 2)] == [
        [{"web-v1": 90, "web-v2": 10}],
        [{"web-v1": 80, "web-v2": 20}],
        [{"web-v1": 1}],
    ]
    moved(run, all_matching=True, weights=wanted(v1=70, v2=30))
    assert [holds(rule) for rule in ("beta", 1, 2)] == [[{"web-v1": 70, "web-v2": 30}]] * 3


def test_a_missing_backend_is_added_with_the_port_of_the_others(run: Run) -> None:
    given(http_route(to({"web-v1": 1})))
    words = "No rule of HTTPRoute test-http-route/web contains web-v2; closest is #0 (no name) with web-v1:80 (1)."
    found = refused(run, "route_missing", words)
    assert "add_missing=true" in found["hint"]
    moved(run, add_missing=True)
    assert rules()[0]["backendRefs"][1] == {"group": "", "kind": "Service", "name": "web-v2", "port": 80, "weight": 10}
    assert holds() == [{"web-v1": 90, "web-v2": 10}]


OTHERS = {"keep": (70, 10, 20), "scale": (70, 10, 20), "zero": (80, 20, 0)}


@pytest.mark.parametrize("run_any", ["action"], indirect=True)  # the door does not matter, and it takes its time
@pytest.mark.parametrize("others", OTHERS)
def test_backends_that_are_not_named(run: Run, others: str) -> None:
    given(http_route(to({"web-v1": 50, "web-v2": 30, "web": 20})))
    v1, v2, rest = OTHERS[others]
    refused(run, "destinations_left", "Rule #0 (no name) of HTTPRoute test-http-route/web also sends to web:80 (20).")
    moved(run, weights=wanted(v1=v1, v2=v2), others=others)
    assert weights_of(rules()[0]) == [v1, v2, rest]
    assert holds() == [{name: weight for name, weight in zip(("web-v1", "web-v2", "web"), (v1, v2, rest)) if weight}]


def test_an_arm_without_weight_leaves_a_plain_cluster(run: Run) -> None:
    given(http_route(to({"web-v1": 50, "web-v2": 50})))
    moved(run, weights=wanted(v1=100, v2=0))
    assert holds() == [{"web-v1": 1}]
    assert mesh.ask(SHOP, "consumer", URL, 50) == {"v1": 50}


def by_hand(*weights: int, expected: dict[str, int]) -> None:
    """What was refused, written all the same; returns when the consumer's proxy has it."""
    patch = [
        {"op": "replace", "path": f"/spec/rules/0/backendRefs/{i}/weight", "value": weight}
        for i, weight in enumerate(weights)
    ]
    kubectl("-n", SHOP, "patch", "httproute", "web", "--type=json", "-p", json.dumps(patch))
    mesh.until(lambda: holds() == [expected])


def test_a_rule_without_any_weight_would_answer_500(run: Run) -> None:
    given(http_route(to(BOTH)))
    words = "All weights are 0, and Gateway API answers 500 to every request"
    refused(run, "weights_invalid", words, weights=wanted(v1=0, v2=0))
    mesh.until(holds)
    by_hand(0, 0, expected={})
    assert mesh.ask(SHOP, "consumer", URL, 20) == {"500": 20}


def test_a_lone_backend_without_weight_would_answer_500(run: Run) -> None:
    """Unlike a VirtualService, which gives it everything whatever its weight says."""
    given(http_route(to({"web-v1": 1})))
    refused(run, "weights_invalid", "add up to 0", weights=wanted(v1=0), others="keep")
    mesh.until(holds)
    by_hand(0, expected={})
    assert mesh.ask(SHOP, "consumer", URL, 20) == {"500": 20}


def test_a_service_without_a_ready_pod(run: Run) -> None:
    given(http_route(to({"web-v1": 100, "web-v9": 0})))
    words = "Host web-v9.test-http-route.svc.cluster.local matches 0 ready pods (app=web, version=v9); "
    outage = "applying it would return 503 for 10 % of requests."
    refused(run, "endpoints_missing", words + outage, weights=wanted(v1=90, v9=10))
    by_hand(90, 10, expected={"web-v1": 90, "web-v9": 10})
    seen = mesh.ask(SHOP, "consumer", URL, REQUESTS)
    assert set(seen) == {"v1", "503"}
    assert chance_allows(seen["503"], REQUESTS, 10)

    moved(run, weights=wanted(v1=100, v9=0))
    assert holds() == [{"web-v1": 1}]


def test_a_service_that_is_not_there(run: Run) -> None:
    given(http_route(to({"web-v1": 100, "web-v8": 0})))
    words = "Host web-v8.test-http-route.svc.cluster.local has no Service test-http-route/web-v8; "
    outage = "applying it would return 500 for 10 % of requests."
    refused(run, "endpoints_missing", words + outage, weights=wanted(v1=90, v8=10))
    by_hand(90, 10, expected={"web-v1": 90, "web-v8": 10})
    seen = mesh.ask(SHOP, "consumer", URL, REQUESTS)
    assert set(seen) == {"v1", "500"}
    assert chance_allows(seen["500"], REQUESTS, 10)


# Parents


def at_door(*rules: Json) -> Json:
    return http_route(*rules, name="door")


@pytest.fixture(scope="module")
def door(shop: str) -> str:
    """The pod that istiod runs for the Gateway."""
    selector = "gateway.networking.k8s.io/gateway-name=door"
    kubectl("-n", shop, "wait", "--for=condition=Programmed", "gateway.gateway.networking.k8s.io/door", "--timeout=60s")
    kubectl("-n", shop, "wait", "--for=condition=Ready", "pod", "-l", selector, "--timeout=60s")
    return kubectl("-n", shop, "get", "pods", "-l", selector, "-o", "jsonpath={.items[0].metadata.name}")


def test_a_route_of_a_gateway_is_proven_at_the_gateways_pods(run: Run, door: str) -> None:
    given(at_door(to(BOTH)))
    found = moved(run, wait_for=None)
    assert [(row["namespace"], row["pod"]) for row in found["applied"]] == [(SHOP, door)]
    assert holds(pod=door, configs="http.80") == [{"web-v1": 90, "web-v2": 10}]
    moved(run, wait_for=None, weights=wanted(v1=0, v2=100))
    through = ("-H", "Host: shop.example.com")
    assert mesh.ask(SHOP, "consumer", "http://door-istio/", 50, *through) == {"v2": 50}


def test_a_service_that_is_no_parent(run: Run) -> None:
    given(http_route(to(BOTH), group="", kind="Service", name="nobody", port=80))
    words = "HTTPRoute test-http-route/web is not accepted by its parent, so nothing follows it: "
    found = refused(run, "route_unreachable", words)
    assert "parentRefs" in found["hint"]


def test_a_gateway_that_is_no_parent(run: Run) -> None:
    """Nobody says anything of such a route, so it is the missing pods that tell."""
    given(http_route(to(BOTH), name="nobody"))
    assert json.loads(now()).get("status", {}).get("parents", []) == []
    refused(run, "proxies_missing", "No ready pod of Gateway test-http-route/nobody was found", wait_for=None)
    assert run(weights=wanted(v1=90, v2=10), wait=False)["changed"]


# Reading and writing


def test_what_is_not_there(run: Run) -> None:
    found = run(weights=wanted(v1=90, v2=10))
    assert (found["failed"], found["reason"]) == (True, "http_route_missing")
    assert found["msg"] == "There is no HTTPRoute web in test-http-route."


def test_check_mode_predicts_and_writes_nothing(run: Run) -> None:
    given(http_route(to(BOTH)))
    before = now()
    found = run(check=True, diff=True, weights=wanted(v1=90, v2=10))
    assert (found["changed"], [row["weight"] for row in found["after"]]) == (True, [90, 10])
    assert "web-v2 port 80: 10" in found["diff"]["after"]
    assert "applied" not in found
    assert now() == before


def test_somebody_else_writes_between_every_read_and_write(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given(http_route(to(BOTH)))
    mesh.next_second()
    read, others = gateway_api.read_http_route, [(80 - i, 20 + i) for i in range(5)]

    def read_then_lose(*args: Any) -> Any:
        found = read(*args)
        if others:
            patch = [
                {"op": "replace", "path": f"/spec/rules/0/backendRefs/{i}/weight", "value": weight}
                for i, weight in enumerate(others.pop(0))
            ]
            options = ["--type=json", "--field-manager=gitops", "-p", json.dumps(patch)]
            kubectl("-n", SHOP, "patch", "httproute", "web", *options)
        return found

    monkeypatch.setattr(gateway_api, "read_http_route", read_then_lose)
    found = run(weights=wanted(v1=90, v2=10))
    assert (found["failed"], found["reason"], found["changed"]) == (True, "conflict", False)
    assert "in each of 5 attempts" in found["msg"]
    assert "expected web-v1=77, web-v2=23, found web-v1=76, web-v2=24); nothing was written." in found["msg"]
    assert weights_of(rules()[0]) == [76, 24]
    assert kube.exists("httproute", "web", SHOP)
