# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be meant or cannot be done ends with one sentence, its reason and a hint, and nothing is written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration import kube
from integration.conftest import Mesh
from integration.load import POD, start_client
from integration.no_istio import cluster_without_istio
from integration.playbook import refuse, run, written
from modules.admin import Admin, kubeconfig_of

HOST = "webserver.test-canary.svc.cluster.local"
ROUTE = {"route": [{"destination": {"host": HOST, "subset": subset}, "weight": 50} for subset in ("v1", "v2")]}
TWO_ROUTES = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "VirtualService",
    "metadata": {"name": "two-routes"},
    "spec": {
        "hosts": ["two-routes.example.com"],
        "http": [{"match": [{"uri": {"prefix": "/beta"}}], **ROUTE}, ROUTE],
    },
}


@pytest.fixture(autouse=True)
def _nothing_is_written(mesh: Mesh) -> Iterator[None]:
    before = kube.snapshot(mesh.namespace)
    yield
    assert kube.snapshot(mesh.namespace) == before


@pytest.fixture(scope="module", autouse=True)
def _odd_neighbours(mesh: Mesh) -> None:
    """Pods and routes that the scenarios stumble over; they go with the namespace."""
    start_client(mesh.namespace, "no-sidecar", sidecar=False)
    without_curl = POD.format(name="no-curl", inject="true").replace("curlimages/curl", "busybox:1.28")
    kube.apply(without_curl.replace("[sleep, infinity]", "[sleep, '36000']"), mesh.namespace)
    kube.ready(mesh.namespace, "no-curl")
    kube.apply(json.dumps(TWO_ROUTES), mesh.namespace)


@pytest.mark.parametrize(
    ("playbook", "variables", "reason"),
    [
        ("rollout", {"canary_virtual_service": "nowhere"}, "virtual_service_missing"),
        ("rollout", {"canary_candidate": {"subset": "v3"}}, "route_missing"),
        ("rollout", {"canary_virtual_service": "two-routes"}, "route_ambiguous"),
        ("rollout", {"canary_provider": "kubernetes", "canary_stable": {"deployment": "gone"}}, "deployment_missing"),
        ("verify", {"canary_consumer": {"name": "nobody"}}, "pod_missing"),
        ("verify", {"canary_consumer": {"name": "no-curl"}}, "curl_missing"),
        ("verify", {"canary_consumer": {"name": "no-sidecar"}}, "sidecar_missing"),
        ("deploy", {"canary_cluster": {"kubeconfig": "nowhere.yml"}}, "kubeconfig_missing"),
        ("deploy", {"canary_cluster": {"context": "nowhere"}}, "context_missing"),
        ("deploy", {"canary_cluster": {"host": "https://127.0.0.1:1"}}, "api_unreachable"),
    ],
    ids=str,
)
def test_a_missing_part_is_named(mesh: Mesh, playbook: str, variables: dict[str, Any], reason: str) -> None:
    refuse(playbook, mesh.inventory, reason, **variables)


@pytest.mark.parametrize("playbook", ["deploy", "rollout", "status", "teardown"])
def test_a_cluster_without_istio_is_named_before_anything_is_written(mesh: Mesh, playbook: str) -> None:
    with cluster_without_istio() as address:
        refuse(playbook, mesh.inventory, "istio_missing", canary_cluster={"host": address})


def test_a_caller_without_rights_is_told_what_it_may_not(mesh: Mesh, workdir: Path) -> None:
    config = kubeconfig_of(Admin(os.environ["KUBECONFIG"]), mesh.namespace, os.environ["KUBECONFIG"], granted=[])
    path = written(workdir / "nobody.kubeconfig", config)
    refuse("deploy", mesh.inventory, "access_denied", canary_cluster={"kubeconfig": path})


@pytest.mark.parametrize("share", ["lots", -5, 150, 0.5])
def test_a_share_that_cannot_be_meant_is_refused(mesh: Mesh, share: float | str) -> None:
    refused = run("rollout", mesh.inventory, canary_share=share)
    assert refused.status == 2
    assert f"canary_share is {share}, but must be a whole number from 0 to 100." in refused.output
    assert "Traceback" not in refused.output


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"canary_provider": "linkerd"},
            "value of canary_provider must be one of: kubernetes, istio, gateway_api, got: linkerd",
        ),
        ({"canary_stable": {"imgae": "nginx"}}, "canary_stable.imgae"),
        (
            {"canary_candidate": {"subset": "v3"}},
            "sends to subset v2, which DestinationRule sample-destination-rule would",
        ),
        ({"canary_stable": {"deployment": "new-untested"}}, "each arm needs one of its own"),
        ({"canary_cluster": {"kubeconfig": {"apiVersion": "v1"}}}, "must be the path of a file"),
    ],
    ids=str,
)
def test_a_slip_in_the_inventory_is_named(mesh: Mesh, variables: dict[str, Any], sentence: str) -> None:
    refused = run("deploy", mesh.inventory, **variables)
    assert refused.status == 2
    assert sentence in " ".join(refused.output.split())
    assert "Traceback" not in refused.output
