# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done so that the clusters asked for run. Decides only; cli.py does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PROVIDES = {"ingress": ("istio", "ingress")}  # one installation brings both


@dataclass(frozen=True)
class Seen:
    """A cluster as it was found."""

    runs: bool
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
        reason = reason_to_stop(found, setup[0], build) if found else None
        fresh = found is None or reason is not None
        ready = found.ready if found and not fresh else frozenset()
        missing = [item for item in setup if item not in ready]
        if fresh or missing:
            work.append(Work(name, reason, fresh, without_provided(missing)))
    return work


def without_provided(items: list[str]) -> tuple[str, ...]:
    provided = {other for item in items for other in PROVIDES.get(item, ()) if other != item}
    return tuple(item for item in items if item not in provided)


def reason_to_stop(found: Seen, essential: str, build: str) -> str | None:
    if not found.runs:
        return "it, or a part of it, has ended"
    if essential not in found.ready:
        return "it was never finished"
    if found.build != build:
        return "its programs have changed"
    return None
