# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An arm that names a sign of its own serves its own image, not the tutorial's page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from integration import kube
from integration.playbook import inventory, succeed

OWN_IMAGE = {"canary_candidate": {"header": {"name": "Server", "value": "nginx"}}}


@pytest.fixture(scope="module")
def deploy(namespace: str, workdir: Path) -> partial:
    return partial(succeed, "deploy", inventory(workdir / "inventory.yml", {"canary_namespace": namespace}))


def init_containers(namespace: str, deployment: str) -> list[str]:
    spec = kube.get("deployment", deployment, namespace)["spec"]["template"]["spec"]
    return [container["name"] for container in spec.get("initContainers", [])]


def test_the_page_is_served_until_an_arm_brings_its_own(deploy: partial, namespace: str) -> None:
    deploy()
    assert init_containers(namespace, "new-untested") == ["install"]
    deploy(**OWN_IMAGE)
    assert init_containers(namespace, "new-untested") == []
    assert init_containers(namespace, "tested-load") == ["install"]
    assert "volumes" not in kube.get("deployment", "new-untested", namespace)["spec"]["template"]["spec"]
    assert deploy(**OWN_IMAGE).changed == 0


def test_what_was_scaled_by_hand_stays_unless_replicas_are_given(deploy: partial, namespace: str) -> None:
    kube.kubectl("-n", namespace, "scale", "deployment/tested-load", "--replicas=1")
    assert deploy(**OWN_IMAGE).changed == 0
    assert kube.replicas(namespace, "tested-load") == 1
    deploy(**OWN_IMAGE, canary_stable={"replicas": 2})
    assert kube.replicas(namespace, "tested-load") == 2


def test_teardown_keeps_the_namespace_while_others_live_in_it(namespace: str, workdir: Path) -> None:
    kube.kubectl("-n", namespace, "create", "configmap", "of-others")
    succeed("teardown", workdir / "inventory.yml")
    assert [name for name in kube.snapshot(namespace) if not name.startswith("Namespace/")] == []
    assert kube.exists("configmap", "of-others", namespace)
