# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights of examples/permissions.yml are enough for each playbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration import kube
from integration.chance import CONFIDENCE
from integration.playbook import inventory, run, succeed
from integration.rights import kubeconfig, service_account


@pytest.fixture(scope="module")
def own_namespace(namespace: str) -> Iterator[str]:
    """Made by an administrator, as it is where people have few rights."""
    kube.kubectl("create", "namespace", namespace)
    return namespace


@pytest.fixture(scope="module")
def hosts(own_namespace: str, workdir: Path) -> Path:
    variables = {"canary_provider": "istio", "canary_namespace": own_namespace, "canary_share": 20}
    return inventory(workdir / "inventory.yml", variables)


def account(own_namespace: str, workdir: Path, *roles: str) -> dict[str, dict[str, str]]:
    name = "-".join(role.removeprefix("aviary-canary-") for role in roles)
    service_account(own_namespace, name, *roles)
    return {"canary_cluster": {"kubeconfig": str(kubeconfig(workdir / name, own_namespace, name))}}


@pytest.fixture(scope="module")
def deployer(own_namespace: str, workdir: Path) -> dict[str, dict[str, str]]:
    return account(own_namespace, workdir, "aviary-canary-deploy")


def test_the_deployer_may_deploy(hosts: Path, own_namespace: str, deployer: dict) -> None:
    succeed("deploy", hosts, **deployer)
    assert kube.weights(own_namespace) == [80, 20]


def test_the_releaser_may_move_weights_and_nothing_else(hosts: Path, own_namespace: str, workdir: Path) -> None:
    releaser = account(own_namespace, workdir, "aviary-canary-read", "aviary-canary-weights")
    succeed("rollout", hosts, **releaser, canary_share=60)
    assert kube.weights(own_namespace) == [40, 60]
    refused = run("deploy", hosts, **releaser, canary_share=50)
    assert refused.status == 2
    assert "Traceback" not in refused.output
    assert kube.weights(own_namespace) == [40, 60]


def test_the_scaler_may_scale(hosts: Path, own_namespace: str, workdir: Path) -> None:
    scaler = account(own_namespace, workdir, "aviary-canary-read", "aviary-canary-replicas")
    succeed("rollout", hosts, **scaler, canary_provider="kubernetes", canary_share=50, canary_replicas=2)
    assert kube.replicas(own_namespace, "tested-load") == kube.replicas(own_namespace, "new-untested") == 1


def test_the_verifier_may_verify_and_show(hosts: Path, own_namespace: str, workdir: Path) -> None:
    verifier = account(own_namespace, workdir, "aviary-canary-verify")
    succeed("verify", hosts, **verifier, canary_share=60, canary_verify={"confidence": CONFIDENCE})
    succeed("status", hosts, **verifier)


def test_the_deployer_may_tear_down_and_leaves_the_namespace_it_did_not_make(
    hosts: Path, own_namespace: str, deployer: dict
) -> None:
    succeed("teardown", hosts, **deployer)
    left = [name for name in kube.snapshot(own_namespace) if not name.startswith("Namespace/")]
    assert left == []
    assert "istio-injection" not in kube.get("namespace", own_namespace, own_namespace)["metadata"]["labels"]
