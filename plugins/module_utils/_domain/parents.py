# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom an HTTPRoute is attached to, and what its controllers say of that.

Promise: reads parentRefs and status.parents as the Gateway API defines them (v1, ParentReference and
RouteParentStatus; parentRef kind Service is GAMMA, the mesh). Not here: reading the parents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

GATEWAY = ("gateway.networking.k8s.io", "Gateway")
SERVICE = ("", "Service")
# What must be True for requests to be split as declared.
CONDITIONS = ("Accepted", "ResolvedRefs")


def services_of(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(namespace, name) of every Service that the route is for."""
    return list(_of_kind(item, SERVICE))


def gateways_of(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(namespace, name) of every Gateway that the route is attached to."""
    return list(dict.fromkeys(_of_kind(item, GATEWAY)))


def _of_kind(item: Mapping[str, Any], wanted: tuple[str, str]) -> Iterator[tuple[str, str]]:
    for reference in (item.get("spec") or {}).get("parentRefs") or []:
        group, kind = reference.get("group", GATEWAY[0]), reference.get("kind", GATEWAY[1])
        if (group, kind) == wanted:
            yield reference.get("namespace") or item["metadata"]["namespace"], reference["name"]


def is_accepted(item: Mapping[str, Any]) -> bool:
    """Whether any parent's controller has accepted the route, in whatever generation."""
    return any(
        condition.get("type") == "Accepted" and condition.get("status") == "True"
        for parent in (item.get("status") or {}).get("parents") or []
        for condition in parent.get("conditions") or []
    )


def complaints(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(condition, the controller's words) for what is not in order, of the generation that the object has now."""
    generation = item["metadata"].get("generation")
    found = []
    for parent in (item.get("status") or {}).get("parents") or []:
        for condition in parent.get("conditions") or []:
            fresh = condition.get("observedGeneration") in (None, generation)
            if fresh and condition.get("type") in CONDITIONS and condition.get("status") == "False":
                said = condition.get("message") or condition.get("reason") or "no reason given"
                found.append((str(condition["type"]), str(said).rstrip(".")))
    return found
