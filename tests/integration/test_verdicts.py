# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often the verdict is right, over hundreds of measurements of a real split."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integration import kube
from integration.chance import chance_allows, most
from integration.conftest import Mesh
from integration.playbook import run, succeed
from modules.in_process import run_module

REPETITIONS = 200
CONFIDENCE = 0.95  # the module's default, which is what is tried here


@pytest.fixture
def measure(mesh: Mesh, capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, Any]]:
    """One verification of 99/1 with the module's defaults, without a new process each time."""
    options = {
        "namespace": mesh.namespace,
        "url": f"http://webserver.{mesh.namespace}.svc.cluster.local/",
        "source": {"pod": "consumer"},
        "arms": {"stable": {"body": "Tested load"}, "canary": {"body": "New load"}},
        "expected": {"stable": 99, "canary": 1},
    }
    return lambda: run_module(capsys, "traffic_split_verify", check=False, diff=False, options=options)[0]


@pytest.fixture(scope="module")
def wrong_split(mesh: Mesh) -> Iterator[None]:
    """90/10 in the cluster, where 99/1 is declared."""
    succeed("rollout", mesh.inventory, canary_share=10)
    yield
    succeed("rollout", mesh.inventory, canary_share=1)


def test_wrong_verdicts_on_a_right_split_stay_within_the_confidence(
    measure: Callable[[], dict[str, Any]], record_property: Callable[[str, str], None]
) -> None:
    results = [measure() for _repetition in range(REPETITIONS)]
    verdicts = Counter(result["verdict"] for result in results)
    asked = sum(result["requests"] for result in results)
    record_property("seen", f"{dict(verdicts)} at 99/1")
    assert chance_allows(sum(result["counts"]["canary"] for result in results), asked, 1)
    assert verdicts["failed"] <= most(REPETITIONS, 1 - CONFIDENCE), verdicts
    assert verdicts["passed"] > REPETITIONS / 2, verdicts  # the others are honest enough to ask for more requests


@pytest.mark.usefixtures("wrong_split")
def test_a_wrong_split_is_caught_every_time_at_the_default_size(
    measure: Callable[[], dict[str, Any]], record_property: Callable[[str, str], None]
) -> None:
    verdicts = Counter(measure()["verdict"] for _repetition in range(REPETITIONS // 4))
    record_property("seen", f"{dict(verdicts)} at 90/10 declared as 99/1")
    assert verdicts == {"failed": REPETITIONS // 4}


@pytest.mark.usefixtures("wrong_split")
def test_the_playbook_fails_on_a_wrong_split_and_keeps_the_figures(mesh: Mesh, workdir: Path) -> None:
    report = workdir / "new folder/verify.json"
    caught = run("verify", mesh.inventory, canary_verify={"report": str(report)})
    assert caught.status == 2
    assert "Failed." in caught.output
    assert "Traceback" not in caught.output
    kept = json.loads(report.read_text())
    assert kept["verdict"] == "failed"
    assert kept["share_asked"] == 1
    assert [weight["weight"] for weight in kept["declared"]["weights"]] == [90, 10]
    assert sum(kept["counts"].values()) == kept["requests"] == 500


@pytest.mark.usefixtures("wrong_split")
def test_the_playbook_may_only_report_a_wrong_split(mesh: Mesh) -> None:
    reported = succeed("verify", mesh.inventory, canary_verify={"report_only": True})
    assert "Failed." in reported.output
    assert kube.weights(mesh.namespace) == [90, 10]
