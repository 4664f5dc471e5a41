# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fifty writers on one VirtualService at once: half of them ours, half of them somebody else's.

No update is lost, no change of others is lost, and each of our runs ends in success or says that others were faster.
"""

from __future__ import annotations

import copy
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._actions.virtual_service_weights import set_weights
from ansible_collections.aviary.canary.plugins.module_utils._cluster.cluster import connect
from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import CanaryError
from ansible_collections.aviary.canary.plugins.modules.virtual_service_weights import ARGUMENT_SPEC
from integration import kube, mesh
from integration.kube import kubectl
from integration.mesh import Json, to, virtual_service, wanted
from modules.admin import Admin

OURS = THEIRS = 25
SHOP = "test-writers"
PATH = f"/apis/{mesh.ISTIO}/namespaces/{SHOP}/virtualservices/reviews"


@pytest.fixture(scope="module")
def shop(namespace: str) -> str:
    """No pod is needed: nobody waits for proxies here, and all load is the API server's."""
    assert namespace == SHOP
    kubectl("create", "namespace", namespace)
    mesh.put(namespace, mesh.service("reviews"), mesh.rule("reviews"))
    return namespace


@pytest.fixture
def before(shop: str) -> Json:
    """The VirtualService that all write: a named route whose weights are ours, with a neighbour on each side."""
    mesh.remove(shop, "virtualservices", "--all")
    beside = [to("ratings", {"v1": 1}, match=[{"uri": {"prefix": f"/{side}"}}]) for side in ("a", "b")]
    ours = to("reviews", {"v1": 100, "v2": None}, name="main", timeout="3s")
    mesh.put(shop, virtual_service("reviews", beside[0], ours, beside[1]))
    return kube.get("virtualservice", "reviews", shop)


@pytest.fixture(scope="module")
def user(shop: str) -> Json:
    return mesh.user_of(shop)


def our_write(user: Json, number: int) -> Json:
    """A whole task of ours over a connection of its own: its result, or the reason why there is none."""
    options = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()}
    weights = [{"host": None, "port": None, **each} for each in wanted(v1=100 - number, v2=number)]
    options.update(name="reviews", namespace=SHOP, weights=weights, wait=False, check_endpoints=False)
    try:
        outcome = set_weights(connect({"kubeconfig": copy.deepcopy(user)}), options)
    except CanaryError as error:
        return {"number": number, "reason": error.reason, "msg": error.message, "changed": error.changed}
    return {"number": number, "reason": None, "changed": outcome.changed, **outcome.result}


def foreign_route(number: int) -> Json:
    return to("ratings", {"v1": 1}, name=f"theirs-{number}", match=[{"uri": {"prefix": f"/theirs/{number}"}}])


def add_header(spec: Json, number: int) -> None:
    main = entry_of(spec, "main")
    main.setdefault("headers", {}).setdefault("request", {}).setdefault("set", {})[f"x-theirs-{number}"] = "here"


def add_header_of_a_destination(spec: Json, number: int) -> None:
    element = entry_of(spec, "main")["route"][0]
    element.setdefault("headers", {}).setdefault("request", {}).setdefault("set", {})[f"x-theirs-{number}"] = "here"


def add_route_behind(spec: Json, number: int) -> None:
    spec["http"].append(foreign_route(number))


def add_route_before(spec: Json, number: int) -> None:
    """The worst: every route of ours has another index afterwards."""
    spec["http"].insert(0, foreign_route(number))


Change = Callable[[Json, int], None]
CHANGES: dict[str, tuple[Change, ...]] = {
    "beside our route": (add_header, add_route_behind),
    "amid our route too": (add_header, add_header_of_a_destination, add_route_behind, add_route_before),
}


def entry_of(spec: Json, name: str) -> Json:
    return next(entry for entry in spec["http"] if entry.get("name") == name)


def their_write(number: int, change: Change) -> None:
    """A careful writer: it puts the whole object, and begins anew when somebody was faster."""
    admin = Admin(os.environ["KUBECONFIG"])
    for _attempt in range(500):
        item = admin.read(PATH)
        item["metadata"].setdefault("annotations", {})[f"example.com/theirs-{number}"] = "here"
        change(item["spec"], number)
        try:
            admin.call("PUT", PATH, item)
        except AssertionError as refusal:
            assert ": 409 " in str(refusal), refusal
        else:
            return
    raise AssertionError(f"writer {number} never got through")


def all_at_once(user: Json, changes: list[Change]) -> list[Json]:
    """What our writers say, after all fifty have written."""
    start = threading.Barrier(OURS + THEIRS)

    def at_the_start(write: Callable[..., Any], *arguments: Any) -> Any:
        start.wait()
        return write(*arguments)

    with ThreadPoolExecutor(OURS + THEIRS) as pool:
        ours = [pool.submit(at_the_start, our_write, user, number) for number in range(1, OURS + 1)]
        theirs = [pool.submit(at_the_start, their_write, number, change) for number, change in enumerate(changes)]
        for each in theirs:
            each.result()
        return [each.result() for each in ours]


@pytest.mark.parametrize("where", CHANGES)
def test_fifty_writers_lose_nothing(
    before: Json, user: Json, where: str, record_property: Callable[[str, str], None]
) -> None:
    changes = [CHANGES[where][number % len(CHANGES[where])] for number in range(THEIRS)]
    results = all_at_once(user, changes)
    after = kube.get("virtualservice", "reviews", SHOP)

    reasons = {found["reason"] for found in results}
    assert reasons <= {None, "conflict"}, [found.get("msg") for found in results]
    written = sorted((found for found in results if not found["reason"]), key=lambda found: found["generation"])
    assert written, "nobody of ours got through"
    assert all(found["changed"] for found in written)
    assert not any(found["changed"] for found in results if found["reason"])
    check_chain(written, after)
    check_foreign_changes(before, after, changes, written[-1]["number"])
    lost = len(results) - len(written)
    most = max(found["attempts"] for found in written)
    record_property("seen", f"{len(written)} of ours written, at most {most} attempts, {lost} conflicts")


def check_chain(written: list[Json], after: Json) -> None:
    """Each of our writes was made on what the one before it left: none of them is lost, none is written over unseen."""
    assert len({found["generation"] for found in written}) == len(written)
    weights = [100, 0]
    for found in written:
        assert [row["weight"] for row in found["before"]] == weights, found
        weights = [row["weight"] for row in found["after"]]
        assert weights == [100 - found["number"], found["number"]]
    assert [element["weight"] for element in entry_of(after["spec"], "main")["route"]] == weights


def check_foreign_changes(before: Json, after: Json, changes: list[Change], number: int) -> None:
    """What there is now is what there was, with the last weights of ours and every change of theirs."""
    marks = {f"example.com/theirs-{each}" for each in range(THEIRS)}
    assert marks <= after["metadata"]["annotations"].keys()
    spec = copy.deepcopy(before["spec"])
    for each, change in enumerate(changes):
        change(spec, each)
    for element, weight in zip(entry_of(spec, "main")["route"], (100 - number, number)):
        element["weight"] = weight

    def ordered(entries: list[Json]) -> list[str]:
        return sorted(json.dumps(entry, sort_keys=True) for entry in entries)

    assert ordered(after["spec"]["http"]) == ordered(spec["http"])
    assert {**after["spec"], "http": []} == {**spec, "http": []}
    left = [entry for entry in after["spec"]["http"] if not entry.get("name", "").startswith("theirs-")]
    assert [entry.get("name") for entry in left] == [None, "main", None]
    labels_of = [item["metadata"].get("labels") for item in (before, after)]
    assert labels_of[0] == labels_of[1]
