# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind virtual_service_weights: read, plan, write guarded, read back, prove at the proxies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._cluster.cluster import Cluster
from .._cluster.istio import read_virtual_service, write_weights
from .._cluster.readiness import check_targets
from .._cluster.workloads import full_name
from .._domain import errors
from .._domain.outcome import Outcome
from .._domain.ownership import foreign_owner, last_writer
from .._domain.routes import WeightPlan, plan_weights
from .._domain.weights import WantedWeight, WeightRequest
from .._probe import proxies

ATTEMPTS = 5
MESH = "mesh"


@dataclass(frozen=True)
class Request:
    """The module's parameters, read once."""

    namespace: str
    name: str
    weights: WeightRequest
    choice: Mapping[str, Any]
    ownership: str
    check_endpoints: bool
    wait: bool
    wait_timeout: int
    wait_for: str | None

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Request:
        weights = tuple(WantedWeight(w["weight"], w["host"], w["subset"], w["port"]) for w in params["weights"])
        if params["wait"] and params["protocol"] != "http":
            raise errors.InvalidRequest(
                f"The weights of {params['protocol']} routes cannot be read from the proxies yet.",
                "Set wait=false, and open fresh connections before you measure.",
            )
        return cls(
            namespace=params["namespace"],
            name=params["name"],
            weights=WeightRequest(weights, params["total"], params["others"]),
            choice={key: params[key] for key in ("protocol", "route", "all_matching", "add_missing")},
            ownership=params["ownership"],
            check_endpoints=params["check_endpoints"],
            wait=params["wait"],
            wait_timeout=params["wait_timeout"],
            wait_for=params["wait_for"],
        )

    @property
    def title(self) -> str:
        return f"VirtualService {self.namespace}/{self.name}"

    def plan(self, virtual_service: Mapping[str, Any]) -> WeightPlan:
        return plan_weights(virtual_service, self.weights, **self.choice)


@dataclass(frozen=True)
class Written:
    """The plan that was carried out, the object as it was read back, and how often it took."""

    plan: WeightPlan
    virtual_service: Mapping[str, Any]
    attempts: int
    warnings: tuple[str, ...]


def set_weights(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    """Carry out one request. In check mode (a dry-run cluster) nothing is waited for that was not written."""
    request = Request.from_params(params)
    written = _read_plan_write(cluster, request)
    result: dict[str, Any] = {
        "before": written.plan.before(),
        "after": written.plan.after(),
        "generation": written.virtual_service["metadata"].get("generation"),
        "attempts": written.attempts,
    }
    if request.wait and not (cluster.dry_run and written.plan.changes):
        result.update(_prove_applied(cluster, request, written))
    return Outcome(
        result,
        changed=written.plan.changes,
        before=_lines(written.plan.before()),
        after=_lines(written.plan.after()),
        header=request.title,
        warnings=written.warnings,
    )


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line per destination, so that a diff shows the numbers and nothing else."""
    text = []
    for row in rows:
        subset = f" subset {row['subset']}" if row["subset"] else ""
        port = f" port {row['port']}" if row["port"] else ""
        text.append(f"route {row['route']}: {row['host']}{subset}{port}: {row['weight']}\n")
    return "".join(text)


def _read_plan_write(cluster: Cluster, request: Request) -> Written:
    """A lost race repeats the whole from a fresh read: an old plan is never sent again."""
    for attempt in range(1, ATTEMPTS + 1):
        virtual_service, path = read_virtual_service(cluster, request.namespace, request.name)
        plan = request.plan(virtual_service)
        _check_provable(request, virtual_service)
        warnings = list(plan.warnings)
        if not plan.changes:
            return Written(plan, virtual_service, attempt, tuple(warnings))
        warnings += _check_owner(request, virtual_service)
        _check_before_write(cluster, request, plan, virtual_service)
        try:
            reply = write_weights(cluster, path, plan.operations(), request.namespace, request.name)
        except errors.Conflict:
            continue
        warnings += reply.warnings
        with errors.after_write(not cluster.dry_run):
            now = reply.body if cluster.dry_run else read_virtual_service(cluster, request.namespace, request.name)[0]
            _check_read_back(request, plan, now)
        return Written(plan, now, attempt, tuple(warnings))
    writer = last_writer(read_virtual_service(cluster, request.namespace, request.name)[0])
    raise errors.Conflict(
        f"{request.title} was changed by somebody else in each of {ATTEMPTS} attempts (last writer {writer}); "
        "nothing was written.",
        last_writer=writer,
    )


def _check_provable(request: Request, virtual_service: Mapping[str, Any]) -> None:
    """A delegate has no hosts, and the proxies name the routes that come of it after the root VirtualService."""
    if request.wait and not (virtual_service.get("spec") or {}).get("hosts"):
        raise errors.InvalidRequest(
            f"{request.title} is a delegate, and its weights cannot be read from the proxies yet.",
            "Set wait=false, and verify the split afterwards.",
        )


def _check_owner(request: Request, virtual_service: Mapping[str, Any]) -> list[str]:
    owner = foreign_owner(virtual_service)
    if not owner or request.ownership == "ignore":
        return []
    sentence = f"{request.title} is managed by {owner}, which may put its own weights back."
    if request.ownership == "refuse":
        raise errors.ForeignOwner(sentence, owner=owner)
    return [sentence]


def _check_before_write(
    cluster: Cluster, request: Request, plan: WeightPlan, virtual_service: Mapping[str, Any]
) -> None:
    for shares in plan.shares():
        check_targets(cluster, request.namespace, shares, request.check_endpoints)
    if request.wait:
        _wait_for_clusters(cluster, request, plan, virtual_service)


def _wait_for_clusters(
    cluster: Cluster, request: Request, plan: WeightPlan, virtual_service: Mapping[str, Any]
) -> None:
    """Subsets first, weights second: a proxy that gets a route before its cluster answers 503."""
    pods = _clients(cluster, request, virtual_service)
    wanted: dict[tuple[str, int | None], set[str]] = {}
    for shares in plan.shares():
        for subset, host, port in shares:
            wanted.setdefault((host, port), set()).add(subset)
    for (host, port), subsets in wanted.items():
        proxies.await_endpoints(cluster, pods, host, sorted(subsets), port, request.wait_timeout)


def _clients(cluster: Cluster, request: Request, virtual_service: Mapping[str, Any]) -> list[dict[str, Any]]:
    gateways = (virtual_service.get("spec") or {}).get("gateways") or [MESH]
    return proxies.client_pods(cluster, request.namespace, request.wait_for, gateways)


def _check_read_back(request: Request, plan: WeightPlan, now: Mapping[str, Any]) -> None:
    seen = request.plan(now)
    if seen.changes:
        raise errors.NotProven(
            f"{request.title} does not carry the weights that were just written (last writer {last_writer(now)}).",
            planned=plan.after(),
            found=seen.before(),
        )


def _prove_applied(cluster: Cluster, request: Request, written: Written) -> dict[str, Any]:
    with errors.after_write(written.plan.changes):
        pods = _clients(cluster, request, written.virtual_service)
        seconds = proxies.await_routes(cluster, pods, written.plan, written.virtual_service, request.wait_timeout)
    rows = [
        {"pod": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"], "applied": True, "seconds": took}
        for pod, took in zip(pods, (seconds[full_name(pod)] for pod in pods))
    ]
    return {"applied": rows, "applied_seconds": max(seconds.values())}
