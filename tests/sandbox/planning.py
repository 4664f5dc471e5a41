# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done so that the clusters asked for run. Decides only; cli.py does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """A cluster as it was found."""

    alive: bool
    build: str
    ready: frozenset[str]


@dataclass(frozen=True)
class Work:
    """On one cluster: stop what is there (and why), start it, set these up, in order."""

    name: str
    stop: str | None
    start: bool
    setup: tuple[str, ...]


def names(count: int) -> list[str]:
    return [f"sandbox-{number}" for number in range(1, count + 1)]


def plan(wanted: Iterable[str], setup: tuple[str, ...], build: str, seen: Mapping[str, Seen]) -> list[Work]:
    """The first of `setup` belongs to the start: without it the cluster was never whole and is started anew."""
    work = []
    for name in wanted:
        found = seen.get(name)
        reason = found and reason_to_stop(found, setup[0], build)
        fresh = found is None or reason is not None
        missing = setup if fresh or found is None else tuple(item for item in setup if item not in found.ready)
        if fresh or missing:
            work.append(Work(name, reason, fresh, missing))
    return work


def reason_to_stop(found: Seen, essential: str, build: str) -> str | None:
    if not found.alive:
        return "it has ended"
    if essential not in found.ready:
        return "it was never finished"
    if found.build != build:
        return "its programs have changed"
    return None
