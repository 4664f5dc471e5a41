# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far chance alone may carry a count. Every bound here is overstepped once in a million runs."""

from __future__ import annotations

from scipy.stats import binom

ONE_IN_A_MILLION = 1e-6
CONFIDENCE = 1 - ONE_IN_A_MILLION


def chance_allows(hits: int, requests: int, share_percent: float) -> bool:
    """Can this many hits be a split of that share?"""
    probability = share_percent / 100
    as_few = binom.cdf(hits, requests, probability)
    as_many = binom.sf(hits - 1, requests, probability)
    return min(as_few, as_many) > ONE_IN_A_MILLION / 2


def most(trials: int, probability: float) -> int:
    """The largest count that chance explains."""
    return int(binom.isf(ONE_IN_A_MILLION, trials, probability))


def sure(share_percent: float) -> dict[str, float]:
    """canary_verify for a verification that must neither fail by chance nor have asked too little to say anything.

    What counts as saying something is finer for a small share (the module's tolerance), so that needs more requests.
    """
    return {"confidence": CONFIDENCE, "requests": 1000 if 25 <= share_percent <= 75 else 2500}
