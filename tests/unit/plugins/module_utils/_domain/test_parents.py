# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom an HTTPRoute is attached to, and which of a controller's words still count."""

from __future__ import annotations

from typing import Any

from ansible_collections.aviary.canary.plugins.module_utils._domain import parents


def route(*references: dict[str, Any], **status: Any) -> dict[str, Any]:
    metadata = {"name": "reviews", "namespace": "shop", "generation": 3}
    return {"metadata": metadata, "spec": {"parentRefs": list(references)}, "status": status}


def test_a_parent_is_a_gateway_unless_it_says_otherwise() -> None:
    service = {"kind": "Service", "group": "", "name": "reviews"}
    item = route({"name": "front"}, {"name": "edge", "namespace": "infra", "sectionName": "http"}, service)
    assert parents.gateways_of(item) == [("shop", "front"), ("infra", "edge")]
    assert parents.services_of(item) == [("shop", "reviews")]


def test_a_gateway_with_two_listeners_counts_once() -> None:
    item = route({"name": "front", "sectionName": "a"}, {"name": "front", "sectionName": "b"})
    assert parents.gateways_of(item) == [("shop", "front")]


def condition(kind: str, status: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": "Why", **more}


def test_a_complaint_counts_while_it_is_of_this_generation() -> None:
    fresh = condition("ResolvedRefs", "False", message="backend(x) not found.", observedGeneration=3)
    stale = condition("Accepted", "False", observedGeneration=2)
    fine = condition("Accepted", "True", observedGeneration=3)
    item = route(parents=[{"conditions": [fresh, stale, fine, condition("Other", "False")]}])
    assert parents.complaints(item) == [("ResolvedRefs", "backend(x) not found")]
    assert parents.complaints(route(parents=[{"conditions": [condition("Accepted", "False")]}])) == [
        ("Accepted", "Why")
    ]
    assert parents.complaints(route()) == []
