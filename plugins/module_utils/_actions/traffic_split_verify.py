# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind traffic_split_verify: find out what is expected, ask, count, judge."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cluster import workloads
from .._cluster.cluster import Cluster
from .._domain import answers, expectation, proof
from .._domain.errors import ExpectationMissing, InvalidRequest, SidecarMissing
from .._domain.outcome import Outcome
from .._probe.requests import Question, ask_from_here, ask_from_pod, find_source
from .declaration import Declaration, declaration_of

DEFAULT_REQUESTS = 500
LOOK_EVERY = 100
WAYS = ("body", "header", "status")
TARGETS = ("subset", "host", "deployment")

Ask = Callable[[int], list[answers.Answer]]


@dataclass(frozen=True)
class Request:
    """The module's parameters, read once."""

    namespace: str
    question: Question
    source: Mapping[str, Any]
    arms: tuple[answers.Arm, ...]
    targets: Mapping[str, expectation.ArmTarget]
    expected: Mapping[str, float] | None
    declaration: Declaration | None
    route: str | None
    fewest: int
    most: int
    fixed: bool
    timeout: int

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Request:
        arms = {name: _arm(name, how) for name, how in params["arms"].items()}
        if len(arms) < 2:
            raise InvalidRequest(f"A split has at least two arms, and arms has {len(arms)}.", "Name both arms.")
        _check_source(params["source"])
        fixed = params["max_requests"] is None
        most = params["max_requests"] if not fixed else params["requests"]
        most = DEFAULT_REQUESTS if most is None else most
        fewest = most if fixed else params["min_requests"]
        if not 1 <= fewest <= most:
            raise InvalidRequest(f"{fewest} to {most} requests is no range of at least 1.", "Ask for 100 or more.")
        return cls(
            namespace=params["namespace"],
            question=Question(params["url"], params["headers"], params["new_connections"]),
            source=params["source"],
            arms=tuple(arm for arm, _target in arms.values()),
            targets={name: target for name, (_arm, target) in arms.items()},
            expected=_expected(params["expected"], arms),
            declaration=declaration_of(params),
            route=params["route"],
            fewest=fewest,
            most=most,
            fixed=fixed,
            timeout=params["timeout"],
        )


def _arm(name: str, how: Any) -> tuple[answers.Arm, expectation.ArmTarget]:
    hint = f"For example: {name}: {{body: REGEX}}."
    if not isinstance(how, Mapping):
        raise InvalidRequest(f"Arm {name} is not described by a dictionary.", hint)
    unknown = sorted(set(how) - {*WAYS, *TARGETS})
    if unknown:
        raise InvalidRequest(f"Arm {name} has no option {', '.join(unknown)}.", hint)
    header = how.get("header")
    if header is not None and (not isinstance(header, Mapping) or set(header) != {"name", "value"}):
        raise InvalidRequest(f"The header of arm {name} needs name and value.", "Give both.")
    try:
        status = None if how.get("status") is None else int(how["status"])
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"The status of arm {name} is no number: {how['status']!r}.", hint) from error
    pair = (str(header["name"]), str(header["value"])) if header else None
    body = None if how.get("body") is None else str(how["body"])
    targets = (None if how.get(key) is None else str(how[key]) for key in TARGETS)
    return answers.Arm(name, body, pair, status), expectation.ArmTarget(*targets)


def _check_source(source: Mapping[str, Any]) -> None:
    ways = [way for way in ("pod", "selector", "control_node") if source.get(way)]
    if len(ways) != 1:
        raise InvalidRequest(
            f"source needs exactly one of pod, selector and control_node, and has {' and '.join(ways) or 'none'}.",
            "For example: source: {pod: consumer}.",
        )


def _expected(expected: Mapping[str, Any] | None, arms: Mapping[str, Any]) -> dict[str, float] | None:
    if expected is None:
        return None
    if set(expected) != set(arms):
        raise InvalidRequest(
            f"expected names {', '.join(sorted(expected))} and arms names {', '.join(sorted(arms))}.",
            "Give every arm a share, and no other.",
        )
    try:
        return {name: float(share) for name, share in expected.items()}
    except (TypeError, ValueError) as error:
        raise InvalidRequest("A share in expected is no number.", "Give percentages.") from error


def verify_split(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    """Measure and judge; raises only when it could not measure."""
    request = Request.from_params(params)
    if request.expected is not None:
        _rules(params, request.expected)  # wrong numbers are said before the cluster is asked for anything
    ask = _asker(cluster, request)
    rules = _rules(params, _declared(cluster, request))
    started = time.monotonic()
    counts, verdict, odd = _measure(ask, request, rules)
    return Outcome(
        {
            "verdict": verdict.verdict,
            "reason": verdict.reason,
            "counts": {**counts.arms, "failed": counts.failed, "unrecognised": counts.unrecognised},
            "requests": counts.requests,
            "observed": {arm: round(counts.share(arm), 3) for arm in counts.arms},
            "interval": {arm: [round(end, 3) for end in ends] for arm, ends in verdict.intervals.items()},
            "expected": {arm: round(share, 3) for arm, share in rules.expected.items()},
            "examples": odd,
            "elapsed": round(time.monotonic() - started, 3),
        }
    )


def _rules(params: Mapping[str, Any], expected: Mapping[str, float]) -> proof.Rules:
    return proof.Rules(expected, params["confidence"], params["tolerance_percent"], params["max_failed_percent"])


def _asker(cluster: Cluster, request: Request) -> Ask:
    """How to get answers from the source, after a look whether its requests pass the mesh."""
    deadline = time.monotonic() + request.timeout
    if request.source["control_node"]:
        return lambda requests: ask_from_here(request.question, requests, deadline)
    pod = find_source(cluster, request.namespace, request.source["pod"], request.source["selector"])
    if request.declaration and not workloads.has_sidecar(pod):
        raise SidecarMissing(
            f"Pod {workloads.full_name(pod)} has no Istio sidecar, so its requests do not follow "
            f"{request.declaration.label}."
        )
    container = request.source["container"] or workloads.main_container(pod)
    return lambda requests: ask_from_pod(cluster, pod, container, request.question, requests, deadline)


def _declared(cluster: Cluster, request: Request) -> Mapping[str, float]:
    declared = request.declaration.read(cluster) if request.declaration else None
    if request.expected is not None:
        return request.expected
    if declared:
        return expectation.shares_of_route(declared.item, request.targets, route=request.route, shape=declared.shape)
    ready = {}
    for arm, target in request.targets.items():
        if not target.deployment:
            raise ExpectationMissing(f"Nothing says which share arm {arm} should get.")
        deployment = workloads.read_deployment(cluster, request.namespace, target.deployment)
        ready[arm] = workloads.replicas_of(deployment)["ready"]
    return expectation.shares_of_replicas(ready)


def _measure(ask: Ask, request: Request, rules: proof.Rules) -> tuple[proof.Counts, proof.Verdict, list[str]]:
    """A fixed number at once, or batches until the verdict is sure or the most is reached."""
    counts = proof.Counts({arm.name: 0 for arm in request.arms})
    odd: list[str] = []
    batch = request.fewest
    while True:
        found = ask(batch)
        counts += answers.count(found, request.arms)
        odd = odd or answers.examples(found, request.arms)
        verdict = proof.judge(counts, rules) if request.fixed else proof.judge_so_far(counts, rules)
        batch = min(LOOK_EVERY, request.most - counts.requests)
        if verdict.verdict != proof.INCONCLUSIVE or batch <= 0:
            return counts, verdict, odd
