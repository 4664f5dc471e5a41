# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of an object as they stand: which destinations, with which weights, and what Envoy makes of them.

Promise: reads every entry that has destinations, in order, and leaves the rest alone. Not here: which of them is meant
(choice.py), and what becomes of it (plan.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .shapes import VIRTUAL_SERVICE, Destination, Shape, Target

Shares = dict[Target, int]


@dataclass(frozen=True)
class Route:
    """One entry of spec.http, spec.tls, spec.tcp or spec.rules that sends to destinations."""

    protocol: str
    index: int
    name: str | None
    destinations: tuple[Destination, ...]
    raw: Mapping[str, Any] = field(compare=False)
    shape: Shape = field(compare=False, default=VIRTUAL_SERVICE)

    @property
    def label(self) -> str:
        return f'#{self.index} "{self.name}"' if self.name else f"#{self.index} (no name)"

    @property
    def contents(self) -> str:
        return ", ".join(f"{d.label} ({d.weight})" for d in self.destinations)

    @property
    def shares(self) -> Shares:
        return effective(((d.target, d.weight) for d in self.destinations), self.shape.lone_gets_all)


def effective(weights: Iterable[tuple[Target, int]], lone_gets_all: bool = True) -> Shares:
    """Weights as Envoy gets them: zeros left out, and a single survivor without a number.

    `lone_gets_all`: a destination that is alone gets everything whatever its weight says, as in a VirtualService.
    """
    summed: Shares = {}
    for target, weight in weights:
        summed[target] = summed.get(target, 0) + weight
    kept = lone_gets_all and len(summed) == 1
    positive = summed if kept else {target: weight for target, weight in summed.items() if weight > 0}
    return dict.fromkeys(positive, 1) if len(positive) == 1 else positive


def read_routes(item: Mapping[str, Any], protocol: str = "http", shape: Shape = VIRTUAL_SERVICE) -> tuple[Route, ...]:
    """Every entry of the protocol's list that has destinations, in order, with its index in the object."""
    entries = shape.entries(item, protocol)
    return tuple(
        Route(protocol, index, entries[index].get("name"), destinations, entries[index], shape)
        for index, destinations in shape.destinations(item, protocol)
    )


def title(item: Mapping[str, Any], shape: Shape = VIRTUAL_SERVICE) -> str:
    """How the object is called in messages: `VirtualService shop/reviews`."""
    return f"{shape.kind} {item['metadata']['namespace']}/{item['metadata']['name']}"
