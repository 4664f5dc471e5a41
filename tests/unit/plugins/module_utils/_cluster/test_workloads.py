# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read out of Deployments and pods."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._cluster import workloads


def deployment(generation: int = 2, observed: int = 2, **status: int) -> dict[str, Any]:
    return {
        "metadata": {"name": "web", "generation": generation},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": observed, **status},
    }


ALL = {"replicas": 2, "readyReplicas": 2, "updatedReplicas": 2}


@pytest.mark.parametrize(
    ("found", "settled"),
    [
        (deployment(**ALL), True),
        (deployment(observed=1, **ALL), False),
        (deployment(**{**ALL, "replicas": 3}), False),
        (deployment(**{**ALL, "readyReplicas": 1}), False),
        (deployment(**{**ALL, "updatedReplicas": 1}), False),
        (deployment(), False),
    ],
)
def test_a_rollout_is_over_when_only_new_and_ready_pods_are_left(found: dict[str, Any], settled: bool) -> None:
    assert workloads.is_settled(found) is settled
    assert ("web has" in workloads.unsettled({"stable": found, "canary": None})) is not settled


def pod(*containers: str, init: tuple[str, ...] = (), ready: str = "True", **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "namespace": "shop", **metadata},
        "spec": {
            "containers": [{"name": name} for name in containers],
            "initContainers": [{"name": name} for name in init],
        },
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def test_a_sidecar_is_a_container_or_an_init_container() -> None:
    assert workloads.has_sidecar(pod("web", "istio-proxy"))
    assert workloads.has_sidecar(pod("web", init=("istio-init", "istio-proxy")))
    assert not workloads.has_sidecar(pod("web"))


def test_a_pod_on_its_way_out_is_not_ready() -> None:
    assert workloads.is_ready(pod("web"))
    assert not workloads.is_ready(pod("web", ready="False"))
    assert not workloads.is_ready(pod("web", deletionTimestamp="2026-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("found", "container"),
    [
        (pod("istio-proxy", "web"), "web"),
        (pod("log", "web", annotations={"kubectl.kubernetes.io/default-container": "web"}), "web"),
        (pod("log", "web", annotations={"kubectl.kubernetes.io/default-container": "gone"}), "log"),
        (pod("istio-proxy"), "istio-proxy"),
    ],
)
def test_the_container_is_the_one_that_kubectl_exec_would_choose(found: dict[str, Any], container: str) -> None:
    assert workloads.main_container(found) == container
