# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The weights that a request asks for, and the numbers that become of them.

Promise: a WeightRequest that exists is legal for Istio; whole numbers in, whole numbers out, sums kept.
Not here: where the weights stand in an object (routes.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import WeightsInvalid
from .hosts import expand
from .shapes import LONGEST_HOST, VIRTUAL_SERVICE, WORD, Destination, Shape, destination_label

# Istio adds weights in 32 bits and may wrap; Gateway API allows 1,000,000 per backend. Nobody needs more.
LARGEST_TOTAL = 1_000_000


@dataclass(frozen=True)
class WantedWeight:
    """One destination as the request names it: what is left out matches anything that is unique."""

    weight: int
    host: str | None = None
    subset: str | None = None
    port: int | None = None

    @property
    def label(self) -> str:
        return destination_label(self.host, self.subset, self.port)

    def means(self, destination: Destination, namespace: str) -> bool:
        """Whether this names the destination of an object in the namespace."""
        return (
            (not self.host or expand(self.host, namespace) == destination.full_host)
            and (self.subset or None) == destination.subset
            and (self.port is None or self.port == destination.port)
        )


@dataclass(frozen=True)
class WeightRequest:
    """All weights that one route shall carry.

    `others` says what happens to destinations that the request does not name: refuse, keep, scale or zero; `shape` what
    can be a destination at all.
    """

    weights: tuple[WantedWeight, ...]
    total: int = 100
    others: str = "refuse"
    shape: Shape = VIRTUAL_SERVICE

    def __post_init__(self) -> None:
        _check_each(self.weights, self.shape)
        asked = sum(wanted.weight for wanted in self.weights)
        if not 0 < self.total <= LARGEST_TOTAL:
            raise WeightsInvalid(f"The total of {self.total} is not between 1 and {LARGEST_TOTAL}.")
        if asked > self.total:
            raise WeightsInvalid(f"The weights add up to {asked}, which is over the total of {self.total}.")
        if asked == 0 and self.others in ("refuse", "zero"):
            raise WeightsInvalid(f"All weights are 0, and {self.shape.all_zero}.")
        if asked < self.total and self.others in ("refuse", "zero"):
            raise WeightsInvalid(f"The weights add up to {asked}, which is under the total of {self.total}.")


def _check_each(weights: Sequence[WantedWeight], shape: Shape) -> None:
    if not weights:
        raise WeightsInvalid("weights is empty, so there is nothing to set.")
    seen = set()
    for wanted in weights:
        if not wanted.host and not wanted.subset:
            raise WeightsInvalid(f"The weight of {wanted.weight} names neither a host nor a subset.")
        if wanted.weight < 0:
            raise WeightsInvalid(f"The weight of {wanted.label} is {wanted.weight}, and weights are at least 0.")
        _check_names(wanted, shape)
        key = (wanted.host, wanted.subset, wanted.port)
        if key in seen:
            raise WeightsInvalid(f"{wanted.label} is named twice in weights.")
        seen.add(key)


SUBSET_NAME = re.compile(WORD)  # istio: pkg/config/validation/validation.go, validateSubsetName
PORTS = range(1, 65536)


def _check_names(wanted: WantedWeight, shape: Shape) -> None:
    """What the cluster would refuse as the name of a destination, said before it is asked."""
    host, subset, port = wanted.host, wanted.subset, wanted.port
    if host and (len(host) > LONGEST_HOST or not shape.host_name.fullmatch(host)):
        raise WeightsInvalid(f"{host!r} cannot be the host of a destination.", "Give the name of a Service or host.")
    if subset and not SUBSET_NAME.fullmatch(subset):
        raise WeightsInvalid(f"{subset!r} cannot be the name of a subset.", "Names have letters, digits and hyphens.")
    if port is not None and port not in PORTS:
        raise WeightsInvalid(f"{port} cannot be a port.", "Ports are 1 to 65535.")


def scale(weights: Sequence[int], total: int) -> tuple[int, ...]:
    """The weights in proportion, as whole numbers that add up to total (largest remainder; ties to the first).

    Weights that are all 0 share the total as evenly as whole numbers allow.
    """
    if not weights:
        return ()
    parts = list(weights) if sum(weights) else [1] * len(weights)
    whole = sum(parts)
    floors = [part * total // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(parts[i] * total % whole), i))
    for i in by_remainder[: total - sum(floors)]:
        floors[i] += 1
    return tuple(floors)
