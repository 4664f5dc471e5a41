# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tutorial's own YAML, applied with kubectl in the namespace that it names, is taken over as it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from integration import kube
from integration.chance import sure
from integration.playbook import ROOT, run, succeed

FILES = Path(__file__).parent / "files"
PART_1 = ROOT / "examples/tutorial/kubernetes.yml"
PART_2 = ROOT / "examples/tutorial/istio.yml"
SURE = {"canary_verify": sure(50)}
DEFAULT = "default"


def run_as_the_tutorial_does(part: str) -> None:
    kube.kubectl("apply", "-f", str(FILES / f"tutorial-{part}.manifest"))
    kube.kubectl("run", "consumer", "--image", "curlimages/curl", "--command", "sleep", "infinity")
    kube.rolled_out(DEFAULT, "tested-load", "new-untested")
    kube.ready(DEFAULT, "consumer")


def clean() -> None:
    for part in ("part1", "part2"):
        kube.kubectl("delete", "-f", str(FILES / f"tutorial-{part}.manifest"), "--ignore-not-found", "--wait")
    kube.kubectl("delete", "pod", "consumer", "--ignore-not-found", "--grace-period=1")
    kube.kubectl("delete", "destinationrule,virtualservice", "--all")
    kube.kubectl("label", "namespace", DEFAULT, "istio-injection-")


@pytest.fixture(scope="module", autouse=True)
def default_namespace() -> Iterator[None]:
    clean()
    yield
    clean()


def but_for(snapshot: dict[str, str], *names: str) -> dict[str, str]:
    """A snapshot without these objects, nor the ReplicaSets' pods, which come and go."""
    return {name: text for name, text in snapshot.items() if name not in names and not name.startswith("Pod/")}


def test_part_1_is_adopted_without_a_change() -> None:
    run_as_the_tutorial_does("part1")
    before = kube.snapshot(DEFAULT)
    assert succeed("deploy", PART_1).changed == 0
    assert kube.snapshot(DEFAULT) == before
    assert "Passed." in succeed("verify", PART_1, **SURE).output


def test_adopted_deployments_that_share_a_selector_are_scaled_apart() -> None:
    before = kube.snapshot(DEFAULT)
    succeed("rollout", PART_1, canary_share=50, canary_replicas=4)
    assert (kube.replicas(DEFAULT, "tested-load"), kube.replicas(DEFAULT, "new-untested")) == (2, 2)
    assert but_for(kube.snapshot(DEFAULT), "Deployment/new-untested") == but_for(before, "Deployment/new-untested")
    assert "Passed." in succeed("verify", PART_1, **SURE).output
    kube.kubectl("scale", "deployment/new-untested", "--replicas=1")
    kube.rolled_out(DEFAULT, "new-untested")


def test_adopted_part_1_gets_versions_and_sidecars_and_splits_by_weights() -> None:
    succeed("deploy", PART_2, canary_share=30)
    for deployment, version in (("tested-load", "v1"), ("new-untested", "v2")):
        spec = kube.get("deployment", deployment, DEFAULT)["spec"]
        assert spec["selector"] == {"matchLabels": {"app": "webserver"}}
        assert spec["template"]["metadata"]["labels"] == {"app": "webserver", "version": version}
    assert all(kube.has_sidecar(DEFAULT, "app=webserver") + kube.has_sidecar(DEFAULT, "run=consumer"))
    assert kube.weights(DEFAULT) == [70, 30]
    assert "Passed." in succeed("verify", PART_2, canary_share=30, **SURE).output
    assert succeed("deploy", PART_2, canary_share=30).changed == 0


def test_teardown_leaves_what_it_did_not_make() -> None:
    left = succeed("teardown", PART_2)
    assert "tested-load" in left.output
    assert kube.exists("deployment", "tested-load")
    assert kube.exists("deployment", "new-untested")
    assert kube.exists("service", "webserver")
    assert not kube.exists("virtualservice", "sample-vs")
    assert not kube.exists("destinationrule", "sample-destination-rule")
    assert "istio-injection" not in kube.get("namespace", DEFAULT, DEFAULT)["metadata"]["labels"]


# Part 2

FOREIGN_ROUTE = {
    "name": "beta-testers",
    "match": [{"headers": {"x-beta": {"exact": "yes"}}, "uri": {"prefix": "/"}}],
    "timeout": "7s",
    "retries": {"attempts": 3, "perTryTimeout": "2s", "retryOn": "connect-failure"},
    "headers": {"response": {"add": {"x-route": "beta"}}},
    "route": [{"destination": {"host": "webserver.default.svc.cluster.local", "subset": "v2", "port": {"number": 80}}}],
}
FOREIGN_FIELDS = {
    "metadata": {"annotations": {"owner": "team-web"}, "labels": {"team": "web"}},
    "spec": {"exportTo": ["*"], "gateways": ["mesh"]},
}


def without_weights(virtual_service: dict[str, Any]) -> str:
    """The object as it is stored, but for the weights of its last route and what the API server counts itself."""
    text = json.loads(json.dumps(virtual_service))
    for counted in ("generation", "resourceVersion", "managedFields"):
        text["metadata"].pop(counted, None)
    for destination in text["spec"]["http"][-1]["route"]:
        destination.pop("weight", None)
    return json.dumps(text)


def test_part_2_is_adopted_and_only_the_weights_move() -> None:
    clean()
    kube.kubectl("label", "namespace", DEFAULT, "istio-injection=enabled", "--overwrite")
    run_as_the_tutorial_does("part2")
    kube.kubectl("patch", "virtualservice", "sample-vs", "--type=merge", "-p", json.dumps(FOREIGN_FIELDS))
    foreign_first = [{"op": "add", "path": "/spec/http/0", "value": FOREIGN_ROUTE}]
    kube.kubectl("patch", "virtualservice", "sample-vs", "--type=json", "-p", json.dumps(foreign_first))

    adopted = partial(succeed, inventory=PART_2, canary_share=None)
    before = kube.snapshot(DEFAULT)
    assert adopted("deploy").changed == 0
    assert kube.snapshot(DEFAULT) == before

    refused = run("deploy", PART_2, canary_candidate={"subset": "v9"}, canary_share=1)
    assert refused.status == 2
    assert "Subset v9 is not defined by DestinationRule sample-destination-rule" in " ".join(refused.output.split())
    assert kube.snapshot(DEFAULT) == before

    virtual_service = kube.get("virtualservice", "sample-vs", DEFAULT)
    for share in (1, 50):
        succeed("rollout", PART_2, canary_share=share)
        moved = kube.get("virtualservice", "sample-vs", DEFAULT)
        assert without_weights(moved) == without_weights(virtual_service)
        assert [destination["weight"] for destination in moved["spec"]["http"][-1]["route"]] == [100 - share, share]
    others = ("VirtualService/sample-vs",)
    assert but_for(kube.snapshot(DEFAULT), *others) == but_for(before, *others)
    assert "Passed." in succeed("verify", PART_2, canary_share=50, **SURE).output
