# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tutorial on the Gateway API, on one living app, and an application of others that splits by an HTTPRoute.

Each test takes up where the one before it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from integration import kube
from integration.chance import chance_allows, sure
from integration.load import Load, start_client
from integration.playbook import ROOT, inventory, refuse, run, succeed

PART_1 = ROOT / "examples/tutorial/kubernetes.yml"
GATEWAY_API = ROOT / "examples/tutorial/gateway_api.yml"
NO_SHARE = {"canary_share": None}
REQUESTS = 300  # to count by ourselves after each move


@pytest.fixture(scope="module")
def play(namespace: str) -> partial:
    return partial(succeed, canary_namespace=namespace)


@pytest.fixture(scope="module")
def url(namespace: str) -> str:
    return f"http://webserver.{namespace}.svc.cluster.local/"


@pytest.fixture(scope="module")
def consumer_load(namespace: str, url: str, workdir: Path) -> Iterator[Load]:
    with Load(namespace, "consumer", url, workdir / "consumer.log") as load:
        yield load


def weights(namespace: str, name: str = "sample-route") -> dict[str, int]:
    """Service -> weight in the last rule, as they stand in the object."""
    rule = kube.get("httproute", name, namespace)["spec"]["rules"][-1]
    return {backend["name"]: backend["weight"] for backend in rule["backendRefs"]}


def service(namespace: str, name: str) -> dict[str, Any]:
    """What a Service selects and on which ports it does it."""
    spec = kube.get("service", name, namespace)["spec"]
    return {"selector": spec["selector"], "ports": [(each["port"], each["targetPort"]) for each in spec["ports"]]}


# From nothing


def test_check_mode_plans_on_an_empty_cluster_and_makes_nothing(play: partial, namespace: str) -> None:
    planned = play("deploy", GATEWAY_API, "--check", "--diff")
    assert planned.changed > 0
    assert "Services webserver-v1 and webserver-v2, HTTPRoute sample-route" in " ".join(planned.output.split())
    assert not kube.exists("namespace", namespace)


def test_moving_from_replica_counts_loses_no_request(
    play: partial, namespace: str, url: str, workdir: Path, record_property: Callable[[str, str], None]
) -> None:
    play("deploy", PART_1)
    start_client(namespace, "bystander", sidecar=False)
    with Load(namespace, "bystander", url, workdir / "bystander.log") as load:
        play("deploy", GATEWAY_API, **NO_SHARE)
        load.wait_for_requests(50)
    record_property("seen", f"{load.answers.total()} requests, {len(load.lost)} lost")
    assert load.lost == []
    assert kube.has_sidecar(namespace, "app in (webserver, consumer)") == [True] * 4


def test_without_a_share_the_arms_have_services_and_there_is_no_route(play: partial, namespace: str) -> None:
    for name, version in (("webserver-v1", "v1"), ("webserver-v2", "v2")):
        selector = {"app": "webserver", "version": version}
        assert service(namespace, name) == {"selector": selector, "ports": [(80, 80)]}
    assert not kube.exists("httproute", "sample-route", namespace)
    assert play("deploy", GATEWAY_API, **NO_SHARE).changed == 0
    assert "Passed." in play("verify", GATEWAY_API, **NO_SHARE, canary_verify=sure(33)).output


def test_check_mode_plans_the_route_and_changes_nothing(play: partial, namespace: str) -> None:
    before = kube.snapshot(namespace)
    assert play("deploy", GATEWAY_API, "--check", "--diff").changed == 1
    assert kube.snapshot(namespace) == before


@pytest.mark.parametrize("share", [1, 99, 50])
def test_the_weights_move_under_load(play: partial, namespace: str, consumer_load: Load, share: int) -> None:
    """The first move makes the HTTPRoute, so it is a deploy; after that a rollout is enough."""
    made = kube.exists("httproute", "sample-route", namespace)
    moved = play("rollout" if made else "deploy", GATEWAY_API, canary_share=share)
    assert f"{100 - share}/{share} is held by 4 proxies" in moved.output
    mark = consumer_load.mark()
    assert weights(namespace) == {"webserver-v1": 100 - share, "webserver-v2": share}
    consumer_load.wait_for_requests(REQUESTS)
    answers = consumer_load.since(mark)
    assert chance_allows(answers["canary"], answers.total(), share), answers
    assert "Passed." in play("verify", GATEWAY_API, canary_share=share, canary_verify=sure(share)).output


def test_the_moves_lose_no_request(consumer_load: Load, record_property: Callable[[str, str], None]) -> None:
    consumer_load.stop()
    record_property("seen", f"{consumer_load.answers.total()} requests, {len(consumer_load.lost)} lost")
    assert consumer_load.answers.total() > 3 * REQUESTS
    assert consumer_load.lost == []


def test_a_second_deploy_changes_nothing(play: partial) -> None:
    assert play("deploy", GATEWAY_API, canary_share=50).changed == 0
    assert play("deploy", GATEWAY_API, "--check", canary_share=50).changed == 0


def test_a_rollout_in_check_mode_writes_nothing(play: partial, namespace: str) -> None:
    before = kube.snapshot(namespace)
    assert play("rollout", GATEWAY_API, "--check", "--diff", canary_share=10).changed == 1
    assert kube.snapshot(namespace) == before


def test_a_split_that_is_not_the_declared_one_fails(namespace: str) -> None:
    found = run("verify", GATEWAY_API, canary_namespace=namespace, canary_share=10, canary_verify=sure(10))
    assert found.status == 2
    assert "The verdict is failed" in found.output


def test_status_shows_weights_and_replicas(play: partial) -> None:
    shown = play("status", GATEWAY_API)
    assert "2 of 2 pods ready" in shown.output
    assert "route 0 sends 50 to webserver-v2 = 50.0 %" in shown.output
    assert "share of the canary by weights 50.0 %" in shown.output


# What cannot be meant or done


@pytest.mark.parametrize(
    ("playbook", "variables", "reason"),
    [
        ("rollout", {"canary_http_route": "nowhere"}, "http_route_missing"),
        ("rollout", {"canary_candidate": {"service": "webserver-v3"}}, "route_missing"),
        ("rollout", {"canary_stable": {"host": "webserver-v2"}}, "weights_invalid"),
        ("verify", {"canary_consumer": {"name": "bystander"}}, "sidecar_missing"),
    ],
    ids=str,
)
def test_a_missing_part_is_named(namespace: str, playbook: str, variables: dict[str, Any], reason: str) -> None:
    before = kube.snapshot(namespace)
    refuse(playbook, GATEWAY_API, reason, canary_namespace=namespace, **variables)
    assert kube.snapshot(namespace) == before


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"canary_share": 101}, "canary_share is 101, but must be a whole number from 0 to 100"),
        ({"canary_share": 0.5}, "canary_share is 0.5, but must be a whole number from 0 to 100"),
        ({"canary_provider": "gateway-api"}, "must be one of: kubernetes, istio, gateway_api, got: gateway-api"),
        ({"canary_stable": {"service": "webserver"}}, "each arm needs a Service of its own beside webserver"),
        ({"canary_stable": {"service": "webserver-v2"}}, "canary_stable.service is webserver-v2 and"),
    ],
    ids=str,
)
def test_a_slip_in_the_inventory_is_named(namespace: str, variables: dict[str, Any], sentence: str) -> None:
    before = kube.snapshot(namespace)
    refused = run("deploy", GATEWAY_API, canary_namespace=namespace, **variables)
    assert refused.status == 2
    assert sentence in " ".join(refused.output.split())
    assert "Traceback" not in refused.output
    assert kube.snapshot(namespace) == before


# A Gateway

HOST = "webserver.example.com"
# No load balancer gives out addresses in the sandbox.
GATEWAY = {"hosts": [HOST], "annotations": {"networking.istio.io/service-type": "ClusterIP"}}


def test_a_gateway_is_added_to_our_own_route_and_its_proxy_holds_the_weights(play: partial, namespace: str) -> None:
    deployed = play("deploy", GATEWAY_API, canary_share=30, canary_gateway=GATEWAY)
    assert "70/30 is held by 5 proxies" in deployed.output
    spec = kube.get("httproute", "sample-route", namespace)["spec"]
    assert [parent["kind"] for parent in spec["parentRefs"]] == ["Service", "Gateway"]
    assert spec["hostnames"] == [HOST]
    assert play("deploy", GATEWAY_API, canary_share=30, canary_gateway=GATEWAY).changed == 0


def test_callers_outside_the_mesh_and_inside_get_the_same_share(play: partial, namespace: str) -> None:
    outside = {"url": f"http://webserver-istio.{namespace}.svc.cluster.local/", "source": {"pod": "bystander"}}
    moved = {"canary_share": 70, "canary_gateway": GATEWAY}
    play("rollout", GATEWAY_API, **moved)
    measure = {**sure(70), **outside, "headers": {"Host": HOST}}
    assert "Passed." in play("verify", GATEWAY_API, **moved, canary_verify=measure).output
    assert "Passed." in play("verify", GATEWAY_API, **moved, canary_verify=sure(70)).output


def test_teardown_leaves_nothing(play: partial, namespace: str) -> None:
    kube.kubectl("-n", namespace, "delete", "pod", "bystander")
    before = kube.snapshot(namespace)
    play("teardown", GATEWAY_API, "--check")
    assert kube.snapshot(namespace) == before
    play("teardown", GATEWAY_API)
    assert not kube.exists("namespace", namespace)
    assert play("teardown", GATEWAY_API).changed == 0


# An application of others

PATH = {"type": "PathPrefix", "value": "/"}
BOTH = [
    {"name": "shop-blue", "port": 8080, "weight": 3},
    {
        "name": "shop-green",
        "port": 8080,
        "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x", "value": "g"}]}}],
    },
]
REDIRECT = {
    "type": "RequestRedirect",
    "requestRedirect": {"statusCode": 301, "path": {"type": "ReplaceFullPath", "replaceFullPath": "/"}},
}
ROUTE = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "shop", "annotations": {"owner": "team-web"}, "labels": {"team": "web"}},
    "spec": {
        "parentRefs": [{"group": "", "kind": "Service", "name": "webserver"}],
        "rules": [
            {
                "matches": [{"headers": [{"name": "x-beta", "value": "yes"}], "path": PATH}],
                "filters": [
                    {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"add": [{"name": "a", "value": "b"}]}}
                ],
                "timeouts": {"request": "7s"},
                "backendRefs": [{"name": "shop-green", "port": 8080}],
            },
            {"matches": [{"path": {**PATH, "value": "/old"}}], "filters": [REDIRECT]},
            {"name": "split", "matches": [{"path": PATH}], "timeouts": {"request": "9s"}, "backendRefs": BOTH},
        ],
    },
}


def foreign_service(name: str, **selector: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "annotations": {"owner": "team-web"}},
        "spec": {
            "type": "NodePort",
            "selector": {"app": "webserver", **selector},
            "ports": [{"name": "http-web", "port": 8080, "targetPort": 80}],
        },
    }


@pytest.fixture(scope="module")
def adopted(namespace: str, workdir: Path) -> partial:
    """The tutorial's Deployments as others run them, with Services, an HTTPRoute and a consumer of their own."""
    kube.kubectl("create", "namespace", namespace)
    kube.kubectl("label", "namespace", namespace, "istio-injection=enabled")
    manifest = (ROOT / "tests/integration/files/tutorial-part2.manifest").read_text()
    kube.apply("---".join(part for part in manifest.split("---") if "kind: Deployment" in part), namespace)
    services = [
        foreign_service("webserver"),
        foreign_service("shop-blue", version="v1"),
        foreign_service("shop-green", version="v2"),
    ]
    kube.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*services, ROUTE]}), namespace)
    start_client(namespace, "consumer", sidecar=True)
    kube.rolled_out(namespace, "tested-load", "new-untested")
    variables = {"canary_provider": "gateway_api", "canary_namespace": namespace, "canary_port": 8080}
    return partial(succeed, inventory=inventory(workdir / "adopted.yml", variables))


THEIRS = {
    "canary_http_route": "shop",
    "canary_stable": {"service": "shop-blue"},
    "canary_candidate": {"service": "shop-green"},
}


def without_weights(http_route: dict[str, Any]) -> str:
    """The object as it is stored, but for the weights of its last rule and what is counted or said of it."""
    text = json.loads(json.dumps(http_route))
    text.pop("status", None)
    for counted in ("generation", "resourceVersion", "managedFields"):
        text["metadata"].pop(counted, None)
    for backend in text["spec"]["rules"][-1]["backendRefs"]:
        backend.pop("weight", None)
    return json.dumps(text)


def but_for_the_route(namespace: str) -> dict[str, str]:
    return {name: text for name, text in kube.snapshot(namespace).items() if name != "HTTPRoute/shop"}


def test_an_http_route_of_others_is_adopted_and_only_its_weights_move(adopted: partial, namespace: str) -> None:
    before, others = kube.snapshot(namespace), but_for_the_route(namespace)
    assert adopted("deploy", **THEIRS).changed == 0
    assert kube.snapshot(namespace) == before

    route = kube.get("httproute", "shop", namespace)
    for share in (1, 50):
        adopted("rollout", **THEIRS, canary_share=share)
        moved = kube.get("httproute", "shop", namespace)
        assert without_weights(moved) == without_weights(route)
        assert weights(namespace, "shop") == {"shop-blue": 100 - share, "shop-green": share}
    assert but_for_the_route(namespace) == others
    assert adopted("deploy", **THEIRS, canary_share=50).changed == 0
    assert "Passed." in adopted("verify", **THEIRS, canary_share=50, canary_verify=sure(50)).output
    assert "route split sends 50 to shop-green = 50.0 %" in adopted("status", **THEIRS).output


def test_teardown_leaves_all_of_theirs(adopted: partial, namespace: str) -> None:
    before = kube.snapshot(namespace)
    left = " ".join(adopted("teardown", **THEIRS).output.split())
    for name in ("tested-load", "webserver", "shop-blue", "shop-green", "consumer", "shop"):
        assert name in left
    assert kube.snapshot(namespace) == before


def test_arms_behind_a_service_of_others_get_its_ports_and_go_again(adopted: partial, namespace: str) -> None:
    kube.kubectl("-n", namespace, "delete", "httproute", "shop")
    before = kube.snapshot(namespace)
    adopted("deploy", canary_share=30)
    selector = {"app": "webserver", "version": "v2"}
    assert service(namespace, "webserver-v2") == {"selector": selector, "ports": [(8080, 80)]}
    assert adopted("deploy", canary_share=30).changed == 0
    assert "Passed." in adopted("verify", canary_share=30, canary_verify=sure(30)).output
    adopted("teardown")
    assert kube.snapshot(namespace) == before


def test_arms_that_the_inventory_only_points_to_are_not_made(adopted: partial, namespace: str) -> None:
    before = kube.snapshot(namespace)
    blue, green = "shop-blue", f"shop-green.{namespace}.svc.cluster.local"
    pointed = {"canary_stable": {"host": blue}, "canary_candidate": {"host": green}, "canary_share": 40}
    adopted("deploy", **pointed)
    assert weights(namespace) == {"shop-blue": 60, "shop-green": 40}
    assert kube.snapshot(namespace).keys() - before.keys() == {"HTTPRoute/sample-route"}
    assert adopted("deploy", **pointed).changed == 0
    assert "Passed." in adopted("verify", **pointed, canary_verify=sure(40)).output
    adopted("teardown", **pointed)
    assert kube.snapshot(namespace) == before
