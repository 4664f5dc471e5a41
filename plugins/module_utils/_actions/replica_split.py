# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions behind replica_split and replica_split_info: read both Deployments, plan, scale, wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cluster import workloads
from .._cluster.cluster import Cluster
from .._cluster.waiting import wait_until
from .._domain.errors import InvalidRequest, after_write
from .._domain.outcome import Outcome
from .._domain.replicas import ReplicaPlan, nearest_plans, plan_replicas, replicas_needed

ARMS = ("stable", "canary")


def plan_split(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    """The plan alone."""
    budget = _budget(params, _read(cluster, params))
    plan = plan_replicas(params["share"], budget, params["max_surge"])
    return Outcome(_result(params, plan, budget))


def split_replicas(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    """Scale both arms to the plan, the growing one first, and wait until both have rolled out."""
    found = _read(cluster, params)
    budget = _budget(params, found)
    plan = plan_replicas(params["share"], budget, params["max_surge"])
    wanted = {"stable": plan.stable, "canary": plan.canary}
    before = {arm: workloads.replicas_of(found[arm])["desired"] for arm in ARMS}
    changed = before != wanted
    namespace = params["namespace"]
    result = _result(params, plan, budget)
    written = False
    # The arm that grows goes first and is waited for, so that the Service never has fewer pods than it needs.
    for arm in sorted(ARMS, key=lambda each: before[each] - wanted[each]):
        if before[arm] != wanted[arm]:
            with after_write(written):
                workloads.scale_deployment(cluster, namespace, params[arm], wanted[arm])
            written = not cluster.dry_run
            if params["wait"] and written:
                _wait(cluster, params, (arm,), written)
    if params["wait"] and not (cluster.dry_run and changed):
        result["elapsed"] = _wait(cluster, params, ARMS, written)
    return Outcome(result, changed, _lines(params, before), _lines(params, wanted), header=f"replicas in {namespace}")


def _read(cluster: Cluster, params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    if params["stable"] == params["canary"]:
        raise InvalidRequest(f"Both arms are the Deployment {params['stable']}.", "Name two Deployments.")
    return {arm: workloads.read_deployment(cluster, params["namespace"], params[arm]) for arm in ARMS}


def _budget(params: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> int:
    if params["replicas"] is not None:
        return int(params["replicas"])
    if params["max_surge"]:
        # What runs now would be the budget, so that each run could add its surge to that of the last one.
        raise InvalidRequest("max_surge needs a budget to go beyond.", "Set replicas too.")
    return sum(workloads.replicas_of(found[arm])["desired"] for arm in ARMS)


def _result(params: Mapping[str, Any], plan: ReplicaPlan, budget: int) -> dict[str, Any]:
    nearest = nearest_plans(params["share"], budget, params["max_surge"])
    return {
        "stable_replicas": plan.stable,
        "canary_replicas": plan.canary,
        "share": round(plan.share, 3),
        "error_percent": round(abs(plan.share - params["share"]), 3),
        "nearest": [
            {"stable_replicas": near.stable, "canary_replicas": near.canary, "share": round(near.share, 3)}
            for near in nearest
        ],
        "replicas_needed": replicas_needed(params["share"], params["tolerance_percent"]),
    }


def _lines(params: Mapping[str, Any], counts: Mapping[str, int]) -> str:
    return "".join(f"Deployment {params[arm]}: {counts[arm]}\n" for arm in ARMS)


def _wait(cluster: Cluster, params: Mapping[str, Any], arms: tuple[str, ...], written: bool) -> float:
    """Seconds until the arms have rolled out."""

    def look() -> dict[str, dict[str, Any] | None]:
        return {arm: workloads.read_deployment(cluster, params["namespace"], params[arm]) for arm in arms}

    with after_write(written):
        _seen, seconds = wait_until(look, workloads.all_settled, params["wait_timeout"], workloads.unsettled)
    return round(seconds, 3)
