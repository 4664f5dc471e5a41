# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights of examples/permissions.yml are enough for each playbook."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration import kube
from integration.chance import sure
from integration.playbook import inventory, run, succeed, written
from modules.admin import Admin, create_documented_roles, kubeconfig_of


@pytest.fixture(scope="module")
def own_namespace(namespace: str) -> str:
    """Made by an administrator, as it is where people have few rights."""
    kube.kubectl("create", "namespace", namespace)
    return namespace


@pytest.fixture(scope="module")
def hosts(own_namespace: str, workdir: Path) -> Path:
    variables = {"canary_provider": "istio", "canary_namespace": own_namespace, "canary_share": 20}
    return inventory(workdir / "inventory.yml", variables)


@pytest.fixture(scope="module")
def account(own_namespace: str, workdir: Path) -> Callable[..., dict[str, Any]]:
    """The connection of a new service account with these ClusterRoles in the namespace."""
    admin_kubeconfig = os.environ["KUBECONFIG"]
    admin = Admin(admin_kubeconfig)
    create_documented_roles(admin)

    def connect(*roles: str) -> dict[str, Any]:
        granted = [f"aviary-canary-{role}" for role in roles]
        config = kubeconfig_of(admin, own_namespace, admin_kubeconfig, granted)
        return {"canary_cluster": {"kubeconfig": written(workdir / f"{'-'.join(roles)}.kubeconfig", config)}}

    return connect


@pytest.fixture(scope="module")
def deployer(account: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return account("deploy")


def test_the_deployer_may_deploy(hosts: Path, own_namespace: str, deployer: dict) -> None:
    succeed("deploy", hosts, **deployer)
    assert kube.weights(own_namespace) == [80, 20]


def test_the_releaser_may_move_weights_and_nothing_else(hosts: Path, own_namespace: str, account: Callable) -> None:
    releaser = account("read", "weights")
    succeed("rollout", hosts, **releaser, canary_share=60)
    assert kube.weights(own_namespace) == [40, 60]
    refused = run("deploy", hosts, **releaser, canary_share=50)
    assert refused.status == 2
    assert "Traceback" not in refused.output
    assert kube.weights(own_namespace) == [40, 60]


def test_the_scaler_may_scale(hosts: Path, own_namespace: str, account: Callable) -> None:
    scaler = account("read", "replicas")
    succeed("rollout", hosts, **scaler, canary_provider="kubernetes", canary_share=50, canary_replicas=2)
    assert kube.replicas(own_namespace, "tested-load") == kube.replicas(own_namespace, "new-untested") == 1


def test_the_verifier_may_verify_and_show(hosts: Path, account: Callable) -> None:
    verifier = account("verify")
    succeed("verify", hosts, **verifier, canary_share=60, canary_verify=sure(60))
    succeed("status", hosts, **verifier)


def test_the_deployer_may_tear_down_and_leaves_the_namespace_it_did_not_make(
    hosts: Path, own_namespace: str, deployer: dict
) -> None:
    succeed("teardown", hosts, **deployer)
    left = [name for name in kube.snapshot(own_namespace) if not name.startswith("Namespace/")]
    assert left == []
    assert "istio-injection" not in kube.get("namespace", own_namespace, own_namespace)["metadata"]["labels"]


def test_the_gateway_api_asks_for_no_more(
    hosts: Path, own_namespace: str, account: Callable[..., dict[str, Any]], deployer: dict
) -> None:
    annotations = {"networking.istio.io/service-type": "ClusterIP"}  # no load balancer gives out addresses here
    gateway = {"hosts": ["webserver.example.com"], "annotations": annotations}
    variables = {"canary_provider": "gateway_api", "canary_gateway": gateway}
    succeed("deploy", hosts, **deployer, **variables)
    succeed("rollout", hosts, **account("read", "http-route-weights"), **variables, canary_share=60)
    verifier = account("verify")
    succeed("verify", hosts, **verifier, **variables, canary_share=60, canary_verify=sure(60))
    succeed("status", hosts, **verifier, **variables)
    succeed("teardown", hosts, **deployer, **variables)
    assert [name for name in kube.snapshot(own_namespace) if not name.startswith("Namespace/")] == []
