# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VirtualServices as they are found in clusters, and requests to them, for the properties of several files."""

from __future__ import annotations

from typing import Any, Optional

import hypothesis
from hypothesis import strategies as st

from ansible_collections.aviary.canary.plugins.module_utils._domain.hosts import expand
from ansible_collections.aviary.canary.plugins.module_utils._domain.weights import LARGEST_TOTAL

NAMESPACE = "shop"
HOSTS = ("reviews", "reviews.shop.svc.cluster.local", "ratings", "reviews-canary")
SUBSETS = ("v1", "v2", "v3", None)
PORTS = (None, None, 8080, 9090)
PROTOCOLS = ("http", "tls", "tcp")
OTHERS = ("refuse", "keep", "scale", "zero")

Key = tuple[str, Optional[str], Optional[int]]  # host, subset, port, as the object writes them
Case = tuple[dict[str, Any], dict[str, Any]]  # an object, and what is asked of it

keys = st.tuples(st.sampled_from(HOSTS), st.sampled_from(SUBSETS), st.sampled_from(PORTS))
foreign = st.sampled_from(  # what a plan must not touch; a choice of texts, because drawing them anew is slow
    [
        {},
        {},
        {"timeout": "3s"},
        {"x-note": 0, "timeout": None},
        {"headers": {"request": {"set": {"x~1/a": "ünï"}}, "response": {}}},
        {"corsPolicy": {"allowOrigins": [{"exact": ""}, {"regex": "\\d+"}], "maxAge": 2**53 + 1}},
        {"x-note": [0.1, 1e-9, -1], "weight-note": "weight", "retries": {"weight": 5}},
    ]
)
old_weights = st.one_of(st.none(), st.integers(0, 100), st.sampled_from([1, 3, 9995, 400_000]))


def key_of(element: dict[str, Any]) -> Key:
    target = element["destination"]
    return target["host"], target.get("subset"), target.get("port", {}).get("number")


def element_of(key: Key, weight: int | None, **fields: Any) -> dict[str, Any]:
    host, subset, port = key
    target = {
        "host": host,
        **({} if subset is None else {"subset": subset}),
        **({} if port is None else {"port": {"number": port}}),
    }
    return {"destination": target, **fields, **({} if weight is None else {"weight": weight})}


@st.composite
def elements_of(draw: Any, key: Key) -> dict[str, Any]:
    """One destination with foreign fields beside it, perhaps without a weight."""
    return element_of(key, draw(old_weights), **draw(foreign))


@st.composite
def route_elements(draw: Any) -> list[dict[str, Any]]:
    """The `route` list of one entry; now and then a destination stands in it twice."""
    named = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    twice = draw(st.sampled_from([0, 0, 1]))
    return [draw(elements_of(key)) for key in [*named, *named[:twice]]]


@st.composite
def http_entries(draw: Any) -> dict[str, Any]:
    """One entry of spec.http: a route, a redirect, a delegate, with foreign fields around it."""
    entry: dict[str, Any] = draw(foreign)
    name = draw(st.sampled_from([None, None, "main", "premium"]))
    if name is not None:
        entry["name"] = name
    if draw(st.booleans()):
        entry["match"] = [{"uri": {"prefix": "/"}}]
    kind = draw(st.sampled_from(["route", "route", "route", "redirect", "delegate"]))
    if kind == "route":
        return {**entry, "route": draw(route_elements())}
    return {**entry, kind: {"uri": "/"} if kind == "redirect" else {"name": "other"}}


@st.composite
def plain_entries(draw: Any) -> dict[str, Any]:
    """One entry of spec.tls or spec.tcp: these have no names."""
    return {"match": [{"port": draw(st.integers(1, 65535))}], "route": draw(route_elements())}


def virtual_service_of(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "reviews", "namespace": NAMESPACE, "generation": 1},
        "spec": {"hosts": ["reviews"], **spec},
    }


@st.composite
def virtual_services(draw: Any) -> dict[str, Any]:
    """A whole object with up to three http entries, and perhaps some for tls and tcp."""
    spec = {"http": draw(st.lists(http_entries(), max_size=3)), **draw(foreign)}
    others = draw(st.sampled_from([(), (), ("tls",), ("tcp",), ("tls", "tcp")]))
    spec.update({protocol: draw(st.lists(plain_entries(), min_size=1, max_size=2)) for protocol in others})
    return virtual_service_of(spec)


def places(item: dict[str, Any]) -> list[tuple[str, int]]:
    """(protocol, index) of every entry that has destinations."""
    lists = {protocol: item["spec"].get(protocol, []) for protocol in PROTOCOLS}
    return [(protocol, i) for protocol, entries in lists.items() for i, entry in enumerate(entries) if "route" in entry]


def names(asked: Key, found: Key) -> bool:
    """Whether one key means the other: without a port it means every port."""
    host, subset, port = asked
    return (expand(host, NAMESPACE), subset, port or found[2]) == (expand(found[0], NAMESPACE), *found[1:])


def alone(present: list[Key]) -> list[Key]:
    """The destinations that can be named, because their key means no other one."""
    return [key for key in present if sum(names(key, other) for other in present) == 1]


@st.composite
def requests_to(draw: Any, elements: list[dict[str, Any]]) -> dict[str, Any]:
    """Weights that can be carried out on a route: for some or all of its destinations, and perhaps for one more."""
    present = [key_of(element) for element in elements]
    named = draw(st.lists(st.sampled_from(alone(present) or [None]), max_size=4, unique=True))
    named = [key for key in named if key]
    added = not named or draw(st.booleans())
    if added:
        named.append((draw(st.sampled_from(HOSTS)), "v9", draw(st.sampled_from(PORTS))))
    weights = [(*key, draw(st.integers(0, 50))) for key in named]
    asked = sum(weight for *_key, weight in weights)
    left = [element.get("weight", 0) for key, element in zip(present, elements) if key not in named]
    others = draw(st.sampled_from(OTHERS[1:] if left else OTHERS))
    # What is alone has everything; kept at a weight of 0 beside another one it would lose all, which is refused.
    hypothesis.assume(not (others == "keep" and added and len(elements) == 1 and left == [0]))
    rest = {"keep": sum(left), "scale": draw(st.sampled_from([0, 10, 9_900])) if left else 0}.get(others, 0)
    hypothesis.assume(0 < asked + rest <= LARGEST_TOTAL)
    return {"weights": weights, "total": asked + rest, "others": others, "add_missing": added}


@st.composite
def single_cases(draw: Any, objects: Any = None) -> Case:
    """A VirtualService and a request that can be carried out on one of its routes, named by its index."""
    item = draw(virtual_services() if objects is None else objects)
    if not places(item):
        item["spec"]["http"].append({"route": draw(route_elements())})
    protocol, index = draw(st.sampled_from(places(item)))
    asked = draw(requests_to(item["spec"][protocol][index]["route"]))
    return item, {**asked, "protocol": protocol, "route": str(index)}


@st.composite
def twin_cases(draw: Any) -> Case:
    """The same destinations in several entries, in any order and with weights of their own, and a request to all."""
    hosts = [host for host in HOSTS if "." not in host]
    named = draw(
        st.lists(st.tuples(st.sampled_from(hosts), st.sampled_from(SUBSETS)), min_size=2, max_size=3, unique=True)
    )
    port = draw(st.sampled_from(PORTS))
    twins = [
        {**draw(foreign), "route": [draw(elements_of((*key, port))) for key in draw(st.permutations(named))]}
        for _twin in range(draw(st.integers(2, 3)))
    ]
    strangers = [{"redirect": {"uri": "/"}}, {"route": [{"destination": {"host": "elsewhere"}}]}]
    weights = [(*key, port, draw(st.integers(0, 50))) for key in named]
    total = sum(weight for *_key, weight in weights)
    hypothesis.assume(total > 0)
    item = virtual_service_of({"http": draw(st.permutations(twins + strangers))})
    return item, {"weights": weights, "total": total, "others": "refuse", "all_matching": True}


def sensible_cases() -> st.SearchStrategy[Case]:
    """An object, and a request that can be carried out on one or several of its routes."""
    return st.one_of(single_cases(), single_cases(), twin_cases())


@st.composite
def any_requests(draw: Any) -> dict[str, Any]:
    """What somebody may ask of an object without having looked at it."""
    weights = draw(st.lists(st.tuples(keys, st.integers(0, 60)), min_size=1, max_size=3))
    return {
        "weights": [(*key, weight) for key, weight in weights],
        "total": draw(st.sampled_from([sum(weight for _key, weight in weights), 100, 1])),
        "others": draw(st.sampled_from(OTHERS)),
        "protocol": draw(st.sampled_from(PROTOCOLS)),
        "route": draw(st.sampled_from([None, None, "main", "0", "3"])),
        "all_matching": draw(st.booleans()),
        "add_missing": draw(st.booleans()),
    }
