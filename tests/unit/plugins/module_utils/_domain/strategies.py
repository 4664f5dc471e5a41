# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VirtualServices as they are found in clusters, for the properties of several files."""

from __future__ import annotations

from typing import Any

import hypothesis
from hypothesis import strategies as st

from ansible_collections.aviary.canary.plugins.module_utils._domain.hosts import expand

NAMESPACE = "shop"
HOSTS = ("reviews", "reviews.shop.svc.cluster.local", "ratings", "reviews-canary")
SUBSETS = ("v1", "v2", "v3", None)

foreign = st.dictionaries(
    st.sampled_from(["timeout", "x-note", "headers", "corsPolicy"]),
    st.one_of(st.integers(), st.text(max_size=5), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)),
    max_size=2,
)


@st.composite
def route_elements(draw: Any) -> list[dict[str, Any]]:
    """The `route` list of one entry: distinct destinations, some without a weight."""
    keys = draw(
        st.lists(st.tuples(st.sampled_from(HOSTS), st.sampled_from(SUBSETS)), min_size=1, max_size=4, unique=True)
    )
    elements = []
    for host, subset in keys:
        target = {"host": host, **({"subset": subset} if subset else {})}
        element = {"destination": target, **draw(foreign)}
        weight = draw(st.one_of(st.none(), st.integers(0, 100)))
        elements.append(element if weight is None else {**element, "weight": weight})
    return elements


@st.composite
def http_entries(draw: Any) -> dict[str, Any]:
    """One entry of spec.http: a route, a redirect, a delegate, with foreign fields around it."""
    entry: dict[str, Any] = draw(foreign)
    name = draw(st.one_of(st.none(), st.sampled_from(["main", "premium"])))
    if name is not None:
        entry["name"] = name
    if draw(st.booleans()):
        entry["match"] = [{"uri": {"prefix": "/"}}]
    kind = draw(st.sampled_from(["route", "route", "route", "redirect", "delegate"]))
    if kind == "route":
        return {**entry, "route": draw(route_elements())}
    return {**entry, kind: {"uri": "/"} if kind == "redirect" else {"name": "other"}}


@st.composite
def virtual_services(draw: Any) -> dict[str, Any]:
    """A whole object with up to four entries."""
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "reviews", "namespace": NAMESPACE, "generation": 1},
        "spec": {"hosts": ["reviews"], "http": draw(st.lists(http_entries(), max_size=4)), **draw(foreign)},
    }


@st.composite
def sensible_cases(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A VirtualService and the keyword arguments of a request that can be carried out on one of its routes.

    The weights name some or all destinations of the route, and perhaps one that it lacks.
    """
    virtual_service = draw(virtual_services().filter(lambda item: any("route" in e for e in item["spec"]["http"])))
    entries = virtual_service["spec"]["http"]
    index = draw(st.sampled_from([i for i, entry in enumerate(entries) if "route" in entry]))
    elements = entries[index]["route"]
    present = [(e["destination"]["host"], e["destination"].get("subset")) for e in elements]
    full = {(expand(host, NAMESPACE), subset) for host, subset in present}
    keys = draw(st.lists(st.sampled_from(present), min_size=1, max_size=4, unique=True))
    hypothesis.assume(len(full) == len(present))
    added = draw(st.booleans())
    if added:
        keys.append((draw(st.sampled_from(HOSTS)), "v9"))
    weights = [(host, subset, draw(st.integers(0, 50))) for host, subset in keys]
    left = [e.get("weight", 0) for key, e in zip(present, elements) if key not in keys]
    others = draw(st.sampled_from(["keep", "scale", "zero"] if left else ["refuse", "keep", "scale", "zero"]))
    asked = sum(weight for _host, _subset, weight in weights)
    total = asked + {"keep": sum(left), "scale": 10 * bool(left)}.get(others, 0)
    hypothesis.assume(total > 0)
    return virtual_service, {
        "weights": weights,
        "total": total,
        "others": others,
        "add_missing": added,
        "route": str(index),
    }
