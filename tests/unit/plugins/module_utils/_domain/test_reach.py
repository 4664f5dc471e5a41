# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a route is for, and whose routes a sidecar follows where several VirtualServices claim a host."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._domain.reach import (
    Caller,
    applies,
    expansion,
    gateways_of,
    is_cut_off,
    matches_everything,
    shadowed_by,
)

SIDECAR = Caller("shop", {"app": "front"})
GATEWAY = Caller("istio-ingress", {"istio": "ingress"}, frozenset({"shop/front"}))


def virtual_service(name: str = "reviews", namespace: str = "shop", created: str = "2026-01-02", **spec: Any) -> Any:
    entry = {"route": [{"destination": {"host": "reviews"}}]}
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": created}
    return {"metadata": metadata, "spec": {"hosts": ["reviews"], "http": [entry], **spec}}


@pytest.mark.parametrize(
    ("gateways", "full"),
    [
        (None, ["mesh"]),
        (["mesh", "front"], ["mesh", "shop/front"]),
        (["./front", "other/front"], ["shop/front", "other/front"]),
    ],
)
def test_without_gateways_the_mesh_is_meant(gateways: Any, full: list[str]) -> None:
    assert gateways_of(virtual_service(**({"gateways": gateways} if gateways else {}))) == full


@pytest.mark.parametrize(
    ("match", "sidecar", "gateway"),
    [
        ([], True, False),
        ([{"uri": {"prefix": "/"}}], True, False),
        ([{"sourceLabels": {"app": "front"}}], True, False),
        ([{"sourceLabels": {"app": "back"}}], False, False),
        ([{"sourceLabels": {"app": "back"}}, {"headers": {}}], True, False),
        ([{"sourceNamespace": "shop"}], True, False),
        ([{"sourceNamespace": "other"}], False, False),
        ([{"gateways": ["front"]}], False, True),
        ([{"gateways": ["front"], "sourceLabels": {"app": "back"}}], False, True),
    ],
)
def test_a_match_says_whom_a_route_is_for(match: list[dict[str, Any]], sidecar: bool, gateway: bool) -> None:
    bound = bool(match) and "gateways" in match[0]
    item = virtual_service(gateways=["mesh", "front"] if bound else ["mesh"])
    entry = {"match": match} if match else {}
    assert (applies(item, entry, SIDECAR), applies(item, entry, GATEWAY)) == (sidecar, gateway)


def test_a_delegate_is_for_the_callers_of_its_roots() -> None:
    item = virtual_service()
    del item["spec"]["hosts"]
    assert applies(item, {}, GATEWAY)


@pytest.mark.parametrize(
    ("entry", "everything"),
    [
        ({}, True),
        ({"match": []}, True),
        ({"match": [{"uri": {"prefix": "/"}}]}, True),
        ({"match": [{"name": "all", "uri": {"regex": ".*"}, "ignoreUriCase": True}]}, True),
        ({"match": [{"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/"}}]}, True),
        ({"match": [{"uri": {"prefix": "/"}, "headers": {"x": {}}}]}, False),
        ({"match": [{"uri": {"exact": "/"}}]}, False),
        ({"match": [{"port": 80}]}, False),
        ({"match": [{"sourceLabels": {"a": "b"}}]}, False),
        ({"delegate": {"name": "other"}}, False),
    ],
)
def test_what_matches_everything_hides_what_comes_after_it(entry: dict[str, Any], everything: bool) -> None:
    assert matches_everything(entry) is everything


@pytest.mark.parametrize(
    ("match", "cut"),
    [
        ([{"sourceLabels": {"app": "front"}}], True),
        ([{"sourceLabels": {"app": "back"}}], False),
        ([{"sourceNamespace": "shop", "uri": {"prefix": "/"}}], True),
        ([{"sourceNamespace": "shop", "uri": {"prefix": "/a"}}], False),
        ([{"gateways": ["mesh"]}], True),
        ([{"gateways": ["front"]}], False),
        ([{"headers": {"x": {"exact": "1"}}}], False),
    ],
)
def test_an_entry_that_takes_all_of_a_caller_cuts_off_what_comes_after_it(match: Any, cut: bool) -> None:
    item = virtual_service(http=[{"match": match}, {"route": []}])
    assert is_cut_off(item, 1, SIDECAR) is cut
    assert not is_cut_off(item, 0, SIDECAR)
    assert not is_cut_off(
        virtual_service(http=[{"match": match, "delegate": {"name": "x"}}, {"route": []}]), 1, SIDECAR
    )


A, B, ALL = {"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/b"}}, {"uri": {"prefix": "/"}}
FRONT, BACK = {"sourceLabels": {"app": "front"}}, {"sourceLabels": {"app": "back"}}


@pytest.mark.parametrize(
    ("matches", "indices"),
    [
        ([[A, B], [ALL]], [0, 0, 1]),
        ([[A], [], [B]], [0, 1]),
        ([[A, ALL, B], [B]], [0, 0]),
        ([[{**A, **BACK}], [FRONT], [B]], [1]),
        ([[BACK], [A]], [1]),
        ([[{"port": 80}], []], None),
    ],
)
def test_a_proxy_gets_an_entry_once_for_each_match_until_one_takes_all(matches: Any, indices: Any) -> None:
    assert expansion(virtual_service(http=[{"match": match} for match in matches]), SIDECAR) == indices


def test_the_order_of_delegates_and_of_several_gateways_is_not_known() -> None:
    assert expansion(virtual_service(http=[{"delegate": {"name": "x"}}]), SIDECAR) is None
    assert expansion(virtual_service(), Caller("shop", {}, frozenset({"a/b", "a/c"}))) is None


def rival(**options: Any) -> Any:
    return virtual_service("rival", **options)


OURS = virtual_service()
RIVALS = {
    "older": (rival(created="2026-01-01"), True),
    "newer": (rival(created="2026-01-03"), False),
    "as old, and later by name": (rival(), False),
    "as old, and earlier by name": (virtual_service("aaa"), True),
    "older, of another namespace, by its full name": (
        rival(namespace="a", created="2026-01-01", hosts=["reviews.shop.svc.cluster.local"]),
        True,
    ),
    "older, of another namespace, by a short name": (rival(namespace="a", created="2026-01-01"), False),
    "older, for another host": (rival(created="2026-01-01", hosts=["ratings"]), False),
    "older, for gateways alone": (rival(created="2026-01-01", gateways=["front"]), False),
    "older, and seen by its own namespace alone": (
        rival(namespace="a", created="2026-01-01", exportTo=["."], hosts=["reviews.shop.svc.cluster.local"]),
        False,
    ),
    "newer, and seen by the callers' namespace alone": (rival(created="2026-01-03", exportTo=["."]), True),
    "newer, and exported to the callers by name": (
        rival(namespace="a", created="2026-01-03", exportTo=["shop"], hosts=["reviews.shop.svc.cluster.local"]),
        True,
    ),
    "older, with tcp routes alone": (rival(created="2026-01-01", http=[], tcp=[{"route": []}]), False),
    "older, for other callers": (
        rival(created="2026-01-01", http=[{"match": [{"sourceLabels": {"app": "x"}}]}]),
        False,
    ),
}


@pytest.mark.parametrize("case", RIVALS)
def test_a_sidecar_follows_one_virtual_service_for_a_host(case: str) -> None:
    other, wins = RIVALS[case]
    found = shadowed_by(OURS, [OURS, other], "http", SIDECAR)
    assert (found is not None) is wins
    if found:
        assert found == ("reviews.shop.svc.cluster.local", other)


def test_ours_wins_where_only_its_namespace_sees_it() -> None:
    ours = virtual_service(exportTo=["."])
    assert shadowed_by(ours, [rival(created="2026-01-01")], "http", SIDECAR) is None


def test_gateways_merge_so_nothing_is_hidden_there() -> None:
    assert shadowed_by(OURS, [rival(created="2026-01-01")], "http", GATEWAY) is None
