# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules at real proxies, as a user with no more rights than examples/permissions.yml grants.

What stands in the cluster afterwards is looked at with kubectl and with the proxies' own words.
"""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import pytest
import yaml

from integration import kube
from integration.kube import kubectl
from integration.playbook import ROOT
from modules.admin import Admin, create_documented_roles, kubeconfig_of
from modules.in_process import DOORS

HOST = "webserver.test-mesh.svc.cluster.local"
ARMS = {
    "stable": {"body": "Tested load", "subset": "v1", "deployment": "tested-load"},
    "canary": {"body": "New load", "subset": "v2", "deployment": "new-untested"},
}
# kubelet's word for a pod: name, labels, whether a sidecar is injected, image, what it runs
CALLERS = """
- {name: consumer, app: consumer, inject: "true", image: curlimages/curl, run: "sleep infinity"}
- {name: outsider, app: outsider, inject: "false", image: curlimages/curl, run: "sleep infinity"}
- {name: curlless, app: curlless, inject: "false", image: "busybox:1.28", run: "sleep 36000"}
- name: broken
  app: broken
  inject: "false"
  image: busybox:1.28
  run: "echo 'exit 3' >/bin/curl; chmod +x /bin/curl; sleep 36000"
- {name: deaf, app: deaf, inject: "true", image: curlimages/curl, run: "sleep infinity"}
"""
# A proxy that imports nothing of this namespace: what a client with a Sidecar resource of its own looks like.
DEAF = """
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: deaf}
spec:
  workloadSelector: {labels: {app: deaf}}
  egress: [{hosts: ["istio-system/*"]}]
"""


@pytest.fixture(scope="module")
def mesh(namespace: str) -> str:
    """The tutorial's application with sidecars and the callers above; no VirtualService weights are moved yet."""
    assert namespace == "test-mesh"
    kubectl("create", "namespace", namespace)
    kubectl("label", "namespace", namespace, "istio-injection=enabled")
    kube.apply(DEAF, namespace)
    manifest = (ROOT / "tests/integration/files/tutorial-part2.manifest").read_text()
    kube.apply(
        manifest.replace("webserver.default.", f"webserver.{namespace}.").replace("namespace: default", ""), namespace
    )
    for caller in callers():
        kube.apply(json.dumps(pod_of(caller)), namespace)
    kube.rolled_out(namespace, "tested-load", "new-untested")
    for caller in callers():
        kube.ready(namespace, caller["name"])
    return namespace


def callers() -> list[dict[str, str]]:
    return yaml.safe_load(CALLERS)


def pod_of(caller: dict[str, str]) -> dict[str, Any]:
    labels = {"app": caller["app"], "sidecar.istio.io/inject": caller["inject"]}
    container = {"name": "main", "image": caller["image"], "command": ["sh", "-c", caller["run"]]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": caller["name"], "labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }


@pytest.fixture(scope="module")
def user(mesh: str) -> dict[str, Any]:
    admin = Admin(os.environ["KUBECONFIG"])
    roles = [role for role in create_documented_roles(admin) if role != "aviary-canary-deploy"]
    return kubeconfig_of(admin, mesh, os.environ["KUBECONFIG"], roles)


@pytest.fixture(params=DOORS)
def run(request: pytest.FixtureRequest, user: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> Any:
    """Through both doors: the module, and its action plugin."""

    def call(module: str, **options: Any) -> dict[str, Any]:
        options = {"namespace": "test-mesh", "kubeconfig": copy.deepcopy(user), **options}
        return DOORS[request.param](capsys, module, False, False, options)[0]

    return call


def move(run: Any, v1: int, v2: int, **options: Any) -> dict[str, Any]:
    weights = [{"subset": "v1", "weight": v1}, {"subset": "v2", "weight": v2}]
    return run("virtual_service_weights", name="sample-vs", weights=weights, **{"wait_for": "app=consumer", **options})


def held_by(pod: str) -> dict[str, int]:
    """subset -> weight, as the proxy of a pod prints it."""
    question = "config_dump?resource=dynamic_route_configs"
    text = kubectl("-n", "test-mesh", "exec", pod, "-c", "istio-proxy", "--", "pilot-agent", "request", "GET", question)
    found: dict[str, int] = {}
    for config in json.loads(text)["configs"]:
        for host in config["route_config"].get("virtual_hosts", []):
            for route in host["routes"]:
                for part in route.get("route", {}).get("weighted_clusters", {}).get("clusters", []):
                    if part["name"].endswith(HOST):
                        found[part["name"].split("|")[2]] = part["weight"]
    return found


def verify(run: Any, **options: Any) -> dict[str, Any]:
    source = {"pod": "consumer"}
    return run("traffic_split_verify", **{"url": "http://webserver/", "source": source, "arms": ARMS, **options})


@pytest.mark.usefixtures("mesh")
@pytest.mark.parametrize(("v1", "v2"), [(99, 1), (50, 50)])
def test_when_the_task_returns_the_proxy_holds_the_weights(run: Any, v1: int, v2: int) -> None:
    found = move(run, v1, v2)
    assert held_by("consumer") == {"v1": v1, "v2": v2}
    assert [row["pod"] for row in found["applied"]] == ["consumer"]
    assert found["applied_seconds"] == found["applied"][0]["seconds"]


@pytest.mark.usefixtures("mesh")
def test_traffic_follows_from_the_first_request_on(run: Any) -> None:
    move(run, 0, 100)
    assert verify(run, virtual_service="sample-vs", requests=100)["counts"]["canary"] == 100
    move(run, 100, 0)
    assert verify(run, virtual_service="sample-vs", requests=100)["counts"]["stable"] == 100


@pytest.mark.usefixtures("mesh")
def test_a_proxy_that_never_hears_of_the_subsets_is_named_before_anything_is_written(run: Any) -> None:
    before = kube.get("virtualservice", "sample-vs", "test-mesh")
    found = move(run, 30, 70, wait_for="app=deaf", wait_timeout=3)
    assert (found["failed"], found["reason"], found["changed"]) == (True, "wait_expired", False)
    assert "1 of 1 proxies know no healthy endpoint" in found["msg"]
    assert "test-mesh/deaf" in found["msg"]
    assert kube.get("virtualservice", "sample-vs", "test-mesh") == before


@pytest.mark.usefixtures("mesh")
def test_the_proxies_tell_which_subsets_they_know(run: Any) -> None:
    known = run("proxy_clusters_info", destination_host="webserver", subsets=["v1", "v2"], wait_for="app=consumer")
    assert known["proxies"] == [{"pod": "consumer", "namespace": "test-mesh", "clusters": {"v1": 2, "v2": 1}}]
    unknown = run("proxy_clusters_info", destination_host="webserver", subsets=["v9"], wait_timeout=1)
    assert (unknown["failed"], unknown["reason"]) == (True, "wait_expired")
    nobody = run("proxy_clusters_info", destination_host="webserver", subsets=["v1"], wait_for="app=outsider")
    assert (nobody["failed"], nobody["reason"]) == (True, "proxies_missing")
    look = run("proxy_clusters_info", destination_host="webserver", subsets=["v9"], wait_for="app=consumer", wait=False)
    assert look["proxies"][0]["clusters"] == {}


SOURCES = {
    "a container without curl": ("curlless", {}, "curl_missing", "no curl in container main of pod test-mesh/curlless"),
    "a curl that does not run through": ("broken", {}, "probe_failed", "ended after 0 of 500 requests"),
    "a container that is not there": ("consumer", {"container": "x"}, "probe_failed", "container x is not valid"),
    "a pod that is not there": ("nobody", {}, "pod_missing", "no Pod nobody in test-mesh"),
}


@pytest.mark.usefixtures("mesh")
@pytest.mark.parametrize("case", SOURCES)
def test_a_source_that_cannot_ask_is_named(run: Any, case: str) -> None:
    pod, more, reason, words = SOURCES[case]
    found = verify(run, source={"pod": pod, **more})
    assert (found["failed"], found["reason"]) == (True, reason), found["msg"]
    assert words in found["msg"]
    assert found["hint"]


@pytest.mark.usefixtures("mesh")
def test_a_caller_without_a_sidecar_measures_pods_and_not_the_virtual_service(run: Any) -> None:
    refused = verify(run, source={"pod": "outsider"}, virtual_service="sample-vs")
    assert (refused["failed"], refused["reason"]) == (True, "sidecar_missing")
    plain = verify(run, source={"pod": "outsider"}, confidence=1 - 1e-6)
    assert (plain["verdict"], plain["expected"]) == (
        "passed",
        {"stable": pytest.approx(66.667), "canary": pytest.approx(33.333)},
    )


@pytest.mark.usefixtures("mesh")
def test_a_kept_connection_and_a_selector_measure_as_well(run: Any) -> None:
    move(run, 50, 50)
    found = verify(
        run,
        source={"selector": "app=consumer"},
        virtual_service="sample-vs",
        new_connections=False,
        confidence=1 - 1e-6,
    )
    assert (found["verdict"], found["requests"]) == ("passed", 500)


@pytest.mark.usefixtures("mesh")
def test_a_command_is_not_run_with_the_rights_of_another_user(run: Any) -> None:
    found = verify(
        run, kubeconfig=os.environ["KUBECONFIG"], impersonate_user="admin", impersonate_groups=["system:masters"]
    )
    assert (found["failed"], found["reason"]) == (True, "invalid_request")
    assert "Impersonation cannot be carried" in found["msg"]


@pytest.mark.usefixtures("mesh")
def test_another_objects_subset_cannot_be_sent_to(run: Any) -> None:
    weights = [{"subset": "v1", "weight": 90}, {"subset": "v9", "weight": 10}]
    found = run("virtual_service_weights", name="sample-vs", weights=weights, add_missing=True, others="zero")
    assert (found["failed"], found["reason"]) == (True, "subset_missing")
    assert (
        "test-mesh/sample-destination-rule (v1, v2); applying it would return 503 for 10 % of requests." in found["msg"]
    )


@pytest.mark.usefixtures("mesh")
def test_no_request_is_sent_after_the_time_is_up(run: Any) -> None:
    """An address that swallows everything: each request waits, and curl must not go on without us."""
    found = verify(run, source={"pod": "outsider"}, url="http://10.255.255.1/", timeout=2)
    assert (found["failed"], found["reason"]) == (True, "probe_failed")
    assert "The time was up after 0 of 500 requests" in found["msg"]
    running = kubectl("-n", "test-mesh", "exec", "outsider", "--", "sh", "-c", "cat /proc/[0-9]*/cmdline")
    assert "infinity" in running
    assert "--write-out" not in running


@pytest.mark.usefixtures("mesh")
def test_odd_headers_disturb_no_request_and_secret_ones_are_not_shown(run: Any) -> None:
    found = verify(run, headers={"Authorization": "Bearer hush", "X-Note": 'a "b"'}, confidence=1 - 1e-6)
    assert found["counts"]["failed"] == found["counts"]["unrecognised"] == 0
    assert "hush" not in json.dumps(found)
