# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tutorial from beginning to end, on one living app: each test takes up where the one before it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from integration import kube
from integration.chance import chance_allows, sure
from integration.load import Load, start_client
from integration.playbook import ROOT, run, succeed

PART_1 = ROOT / "examples/tutorial/kubernetes.yml"
PART_2 = ROOT / "examples/tutorial/istio.yml"
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


# Part 1


def test_check_mode_plans_part_1_on_an_empty_cluster_and_makes_nothing(play: partial, namespace: str) -> None:
    planned = play("deploy", PART_1, "--check", "--diff")
    assert planned.changed > 0
    assert not kube.exists("namespace", namespace)


def test_part_1_is_deployed_with_two_and_one_replicas(play: partial, namespace: str) -> None:
    play("deploy", PART_1)
    assert (kube.replicas(namespace, "tested-load"), kube.replicas(namespace, "new-untested")) == (2, 1)
    assert kube.has_sidecar(namespace, "app in (webserver, consumer)") == [False] * 4


def test_a_second_deploy_of_part_1_changes_nothing(play: partial) -> None:
    assert play("deploy", PART_1).changed == 0


def test_a_third_is_observed_and_the_verdict_is_passed(play: partial) -> None:
    assert "Passed." in play("verify", PART_1, canary_verify=sure(33)).output


def test_replica_counts_follow_a_share(play: partial, namespace: str) -> None:
    play("rollout", PART_1, canary_share=25, canary_replicas=4)
    assert (kube.replicas(namespace, "tested-load"), kube.replicas(namespace, "new-untested")) == (3, 1)
    play("deploy", PART_1)  # which asks for 2 and 1 again
    assert (kube.replicas(namespace, "tested-load"), kube.replicas(namespace, "new-untested")) == (2, 1)


# Part 2, on the same app


def test_check_mode_plans_part_2_on_the_living_app_and_changes_nothing(play: partial, namespace: str) -> None:
    before = kube.snapshot(namespace)
    assert play("deploy", PART_2, "--check", "--diff").changed > 0
    assert kube.snapshot(namespace) == before


def test_moving_from_part_1_to_part_2_loses_no_request(
    play: partial, namespace: str, url: str, workdir: Path, record_property: Callable[[str, str], None]
) -> None:
    start_client(namespace, "bystander", sidecar=False)
    with Load(namespace, "bystander", url, workdir / "bystander.log") as load:
        play("deploy", PART_2, **NO_SHARE)
        load.wait_for_requests(50)
    record_property("seen", f"{load.answers.total()} requests, {len(load.lost)} lost")
    assert load.lost == []
    assert kube.has_sidecar(namespace, "app in (webserver, consumer)") == [True] * 4
    kube.kubectl("-n", namespace, "delete", "pod", "bystander")


def test_without_weights_the_third_is_still_observed(play: partial) -> None:
    assert "Passed." in play("verify", PART_2, **NO_SHARE, canary_verify=sure(33)).output


@pytest.mark.parametrize("share", [1, 99, 50])
def test_the_weights_move_under_load(play: partial, namespace: str, consumer_load: Load, share: int) -> None:
    """The first move makes the VirtualService, so it is a deploy; after that a rollout is enough."""
    play("rollout" if kube.exists("virtualservice", "sample-vs", namespace) else "deploy", PART_2, canary_share=share)
    mark = consumer_load.mark()
    assert kube.weights(namespace) == [100 - share, share]
    consumer_load.wait_for_requests(REQUESTS)
    answers = consumer_load.since(mark)
    assert chance_allows(answers["canary"], answers.total(), share), answers
    assert "Passed." in play("verify", PART_2, canary_share=share, canary_verify=sure(share)).output


def test_the_whole_of_part_2_loses_no_request(consumer_load: Load, record_property: Callable[[str, str], None]) -> None:
    consumer_load.stop()
    record_property("seen", f"{consumer_load.answers.total()} requests, {len(consumer_load.lost)} lost")
    assert consumer_load.answers.total() > 3 * REQUESTS
    assert consumer_load.lost == []


def test_a_second_deploy_of_part_2_changes_nothing(play: partial) -> None:
    assert play("deploy", PART_2, canary_share=50).changed == 0
    assert play("deploy", PART_2, "--check", canary_share=50).changed == 0


def test_status_shows_weights_and_replicas(play: partial) -> None:
    shown = play("status", PART_2, canary_share=50)
    assert "2 of 2 pods ready" in shown.output
    assert "share of the canary by weights 50.0 %" in shown.output


def test_teardown_leaves_nothing(play: partial, namespace: str) -> None:
    check = run("teardown", PART_2, "--check", canary_namespace=namespace)
    assert check.status == 0
    assert kube.exists("deployment", "tested-load", namespace)
    play("teardown", PART_2)
    assert not kube.exists("namespace", namespace)
    assert play("teardown", PART_2).changed == 0
