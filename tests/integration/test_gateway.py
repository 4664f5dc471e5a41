# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic from outside the mesh comes through a Gateway and follows the same weights."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from integration import kube
from integration.chance import sure
from integration.load import start_client
from integration.playbook import inventory, succeed

HOST = "webserver.example.com"
INGRESS = "istio-ingressgateway.istio-system.svc.cluster.local"
SURE = {**sure(30), "headers": {"Host": HOST}}


@pytest.fixture(scope="module")
def play(namespace: str, workdir: Path) -> partial:
    variables = {
        "canary_provider": "istio",
        "canary_namespace": namespace,
        "canary_gateway": {"hosts": [HOST]},
    }
    return partial(succeed, inventory=inventory(workdir / "inventory.yml", variables))


@pytest.fixture
def forwarded_port() -> Iterator[str]:
    """The ingress gateway on this machine's loopback."""
    command = ["kubectl", "-n", "istio-system", "port-forward", "service/istio-ingressgateway", ":80"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forward:
        found = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline())
        assert found
        yield found[1]
        forward.terminate()


def test_a_gateway_is_made_once(play: partial, namespace: str) -> None:
    play("deploy", canary_share=30)
    spec = kube.get("virtualservice", "sample-vs", namespace)["spec"]
    assert spec["gateways"] == ["webserver", "mesh"]
    assert spec["hosts"] == [f"webserver.{namespace}.svc.cluster.local", HOST]
    assert play("deploy", canary_share=30).changed == 0


def test_a_caller_without_sidecar_gets_the_share_through_the_gateway(play: partial, namespace: str) -> None:
    start_client(namespace, "outsider", sidecar=False)
    measure = {**SURE, "url": f"http://{INGRESS}/", "source": {"pod": "outsider"}}
    assert "Passed." in play("verify", canary_share=30, canary_verify=measure).output


def test_the_control_node_gets_the_share_through_the_gateway(play: partial, forwarded_port: str) -> None:
    measure = {**SURE, "url": f"http://127.0.0.1:{forwarded_port}/", "source": {"control_node": True}}
    assert "Passed." in play("verify", canary_share=30, canary_verify=measure).output


def test_the_mesh_follows_the_same_weights_after_a_move(play: partial, namespace: str) -> None:
    play("rollout", canary_share=70)
    outside = {**SURE, "url": f"http://{INGRESS}/", "source": {"pod": "outsider"}}
    assert "Passed." in play("verify", canary_share=70, canary_verify=outside).output
    assert "Passed." in play("verify", canary_share=70, canary_verify=sure(70)).output


def test_a_gateway_can_be_added_to_our_own_route_later(play: partial, namespace: str) -> None:
    moved = kube.weights(namespace)
    play("deploy", canary_share=None, canary_gateway={"hosts": [HOST, "www.example.com"]})
    assert kube.get("virtualservice", "sample-vs", namespace)["spec"]["hosts"][1:] == [HOST, "www.example.com"]
    assert kube.weights(namespace) == moved
