# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long after the API server took the weights our task returns, against the first request that follows them.

Between the two lie Istio's own way to the proxies, which nobody can shorten, and what our proof adds to it.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from bench import playbook
from bench.bench import Bench
from bench.ground import Ground, remove
from bench.report import ROOT, WORK
from bench.rounds import Rounds
from bench.row import Goal, Pair
from bench.traffic import Traffic
from bench.watch import Watch

NAMESPACE = "bench-mesh"
VIRTUAL_SERVICE, POD, URL = "sample-vs", "consumer", "http://webserver"  # the tutorial's own names
TUTORIAL = ROOT / "examples/tutorial/istio.yml"
TIMES = WORK / "times.jsonl"
SETTLE_SECONDS = 2.0  # so that a flip finds an idle cluster


def deploy() -> None:
    remove(NAMESPACE)
    variables = json.dumps({"canary_namespace": NAMESPACE, "canary_share": 0})
    playbook.run("aviary.canary.deploy", TUTORIAL, None, "-e", variables)


def flip(kubeconfig: str, canary: int) -> Path:
    """Our task as a user writes it: it looks for ready pods, and waits until every proxy holds the weights."""
    task = {
        "kubeconfig": kubeconfig,
        "namespace": NAMESPACE,
        "name": VIRTUAL_SERVICE,
        "weights": [{"subset": "v1", "weight": 100 - canary}, {"subset": "v2", "weight": canary}],
        "wait": True,
    }
    return playbook.write("flip", [{"aviary.canary.virtual_service_weights": task}])


def task_end(text: str) -> float:
    """The end of the last task in what callbacks/task_times.py has written."""
    return [event["end"] for event in map(json.loads, text.splitlines()) if "end" in event][-1]


def run_flip(ground: Ground, canary: int) -> tuple[float, float]:
    """(when it was started, when the task returned) by the wall clock."""
    TIMES.unlink(missing_ok=True)
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": str(playbook.CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "task_times",
        "AVIARY_CANARY_BENCH_TIMES": str(TIMES),
    }
    started = time.time()
    playbook.run(flip(ground.kubeconfig, canary), playbook.localhost(), 1, **environment)
    return started, task_end(TIMES.read_text())


def until_followed(ground: Ground, rounds: Rounds) -> list[Pair]:
    deploy()
    canary = 0
    try:
        with (
            Watch(ground.admin, NAMESPACE, VIRTUAL_SERVICE) as watch,
            Traffic(NAMESPACE, POD, URL, WORK / "traffic.log") as traffic,
        ):
            traffic.await_answer(0, "Tested")

            def turn_over() -> Pair:
                nonlocal canary
                time.sleep(SETTLE_SECONDS)
                canary = 100 - canary
                started, returned = run_flip(ground, canary)
                accepted = watch.await_weights(started, (100 - canary, canary))
                followed = traffic.await_answer(accepted, "New" if canary else "Tested")
                return Pair(returned - accepted, followed - accepted)

            return rounds.observed(turn_over)
    finally:
        remove(NAMESPACE)


NAME = "patch accepted until every proxy holds it and the task has returned, against the first request that follows"
ROWS = (Bench(NAME, "s", Goal("difference", 0.3), until_followed),)
