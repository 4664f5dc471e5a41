# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many replicas of each arm come nearest to a share of the traffic behind one Service.

Promise: no other pair of counts inside the budget is nearer; never 0 of an arm unless 0 or 100 is asked;
found by looking at every pair, without cleverness. kube-proxy draws each connection uniformly over the ready
endpoints (iptables: probability 1/(n-i) per rule; nftables: random modulo map), so the share of an arm is its
part of the ready pods. Not here: scaling anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .errors import InvalidRequest, ShareUnreachable

LARGEST_BUDGET = 2_000
LARGEST_SURGE = 20


@dataclass(frozen=True)
class ReplicaPlan:
    """Counts per arm and the canary's share in percent that they reach."""

    stable: int
    canary: int

    @property
    def share(self) -> float:
        return float(share_of(self.stable, self.canary))


def share_of(stable: int, canary: int) -> Fraction:
    """The canary's percent of the ready pods; 0 when there is no pod at all."""
    whole = stable + canary
    return Fraction(100 * canary, whole) if whole else Fraction(0)


def plan_replicas(share: float, budget: int, max_surge: int = 0) -> ReplicaPlan:
    """The counts whose canary share comes nearest to `share` percent, with budget to budget + max_surge pods.

    Of two plans that are equally near, the one with fewer pods, then the one with fewer canaries, because it
    risks less. Raises InvalidRequest for numbers out of range and ShareUnreachable when the budget cannot hold
    both arms.
    """
    return _ranked(share, budget, max_surge)[0]


def nearest_plans(share: float, budget: int, max_surge: int = 0, count: int = 3) -> tuple[ReplicaPlan, ...]:
    """The next-best shares that the same budget reaches, nearest first, each share once."""
    ranked = _ranked(share, budget, max_surge)
    seen = {ranked[0].share: ranked[0]}
    for plan in ranked[1:]:
        if len(seen) > count:
            break
        seen.setdefault(plan.share, plan)
    return tuple(seen.values())[1:]


def _ranked(share: float, budget: int, max_surge: int) -> list[ReplicaPlan]:
    """Every allowed plan, best first."""
    _check(share, budget, max_surge)
    if share in (0, 100):
        return [ReplicaPlan(stable=0, canary=budget) if share else ReplicaPlan(stable=budget, canary=0)]
    wanted = Fraction(share)
    plans = [
        ReplicaPlan(pods - canary, canary)
        for pods in range(budget, budget + max_surge + 1)
        for canary in range(1, pods)
    ]
    if not plans:
        raise ShareUnreachable(f"A share of {share:g} % needs a pod of each arm, and the budget is {budget} replica.")
    plans.sort(key=lambda p: (abs(share_of(p.stable, p.canary) - wanted), p.stable + p.canary, p.canary))
    return plans


def _check(share: float, budget: int, max_surge: int) -> None:
    if not 0 <= share <= 100:
        raise InvalidRequest(f"The share of {share:g} % is not between 0 and 100.", "Give a percentage from 0 to 100.")
    if not 0 < budget <= LARGEST_BUDGET:
        raise InvalidRequest(
            f"The budget of {budget} replicas is not between 1 and {LARGEST_BUDGET}.", "Give replicas a number above 0."
        )
    if not 0 <= max_surge <= LARGEST_SURGE:
        raise InvalidRequest(
            f"A max_surge of {max_surge} is not between 0 and {LARGEST_SURGE}.", "Give a small number of extra pods."
        )


def replicas_needed(share: float, tolerance: float) -> int | None:
    """The smallest budget whose nearest share is within `tolerance` points; None above LARGEST_BUDGET."""
    if share in (0, 100):
        return 1
    wanted, allowed = Fraction(share), Fraction(tolerance)
    for budget in range(2, LARGEST_BUDGET + 1):
        # Only the two counts around the exact one can be nearest; both arms keep a pod.
        exact = int(wanted * budget / 100)
        for canary in (exact, exact + 1):
            if 1 <= canary < budget and abs(share_of(budget - canary, canary) - wanted) <= allowed:
                return budget
    return None
