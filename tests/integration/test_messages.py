# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every refusal of virtual_service_weights, provoked on a real mesh: its sentence, and that nothing was written.

What the sentence warns of is then done by hand, to see that the proxies and the requests behave as it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._cluster import istio
from integration import kube, mesh
from integration.chance import chance_allows
from integration.kube import kubectl
from integration.mesh import Json, Run, to, virtual_service, wanted
from modules.in_process import DOORS

NAME = "virtual_service_weights"
SHOP, ELSEWHERE = "test-messages", "test-messages-elsewhere"
URL = "http://reviews/"
REQUESTS = 300
# v0 is a pod that is never ready; blue is another name for v2.
SUBSETS = {"v1": "v1", "v2": "v2", "blue": "v2", "asleep": "v0"}


@pytest.fixture(scope="module")
def shop(namespace: str) -> Iterator[str]:
    """Two versions of reviews, one that never gets ready, a consumer; and a Service of that name elsewhere."""
    assert namespace == SHOP
    kubectl("delete", "namespace", ELSEWHERE, "--ignore-not-found")
    kubectl("create", "namespace", ELSEWHERE)
    mesh.put(ELSEWHERE, mesh.service("reviews"))
    pods = [mesh.web("one", version="v1"), mesh.web("two", version="v2"), mesh.web("zero", version="v0", ready=False)]
    services = [mesh.service(name) for name in ("reviews", "ratings")]
    mesh.create(namespace, *services, mesh.rule("reviews", **SUBSETS), *pods, mesh.caller("consumer"))
    yield namespace
    kubectl("delete", "namespace", ELSEWHERE, "--wait=false")


@pytest.fixture(scope="module")
def user(shop: str) -> Json:
    """Somebody with the documented rights in the shop alone."""
    return mesh.user_of(shop)


@pytest.fixture(scope="module")
def wide_user(shop: str) -> Json:
    """Somebody who has them elsewhere too."""
    return mesh.user_of(shop, ELSEWHERE)


@pytest.fixture(params=DOORS)
def run(request: pytest.FixtureRequest, shop: str, user: Json, capsys: pytest.CaptureFixture[str]) -> Run:
    """Through both doors, each time on a shop without any VirtualService."""
    mesh.remove(shop, "virtualservices", "--all")
    standing = {"name": "reviews", "namespace": shop, "kubeconfig": user, "wait_for": "app=consumer"}
    return mesh.through(request.param, capsys, **standing, wait_timeout=20)


def given(*objects: Json) -> None:
    kubectl("-n", SHOP, "create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def now(name: str = "reviews") -> str:
    return mesh.text("virtualservices", name, SHOP)


def entries(name: str = "reviews") -> list[Json]:
    return json.loads(now(name))["spec"]["http"]


def weights_of(entry: Json) -> list[int | None]:
    return [element.get("weight") for element in entry["route"]]


def refused(run: Run, reason: str, *words: str, name: str = "reviews", **options: Any) -> Json:
    """The task ends with one sentence that says all of this, and what to do; the object is the same to the byte."""
    before = now(name)
    found = run(NAME, name=name, **{"weights": wanted(v1=90, v2=10), **options})
    assert found.get("failed"), found
    assert (found["reason"], found["changed"]) == (reason, False), found["msg"]
    for each in words:
        assert each in found["msg"]
    assert "\n" not in found["msg"]
    assert found["hint"]
    assert now(name) == before
    return found


def by_hand(*weights: int, name: str = "reviews", entry: int = 0) -> None:
    """What was refused, written all the same; returns when the consumer's proxy has it."""
    set_weights(*weights, name=name, entry=entry)
    left = sorted(filter(None, weights))
    mesh.until(lambda: left in [sorted(held.values()) for held in consumer_holds(name)])


def set_weights(*weights: int, name: str = "reviews", entry: int = 0) -> None:
    """A write of somebody who is no part of this collection."""
    path = f"/spec/http/{entry}/route"
    patch = [{"op": "add", "path": f"{path}/{i}/weight", "value": weight} for i, weight in enumerate(weights)]
    options = ["--type=json", "--field-manager=gitops", "-p", json.dumps(patch)]
    kubectl("-n", SHOP, "patch", "virtualservice", name, *options)


def consumer_holds(name: str = "reviews") -> list[dict[str, int]]:
    return mesh.held(SHOP, "consumer", name)


def answers(path: str = "", requests: int = REQUESTS) -> Any:
    return mesh.ask(SHOP, "consumer", URL + path, requests)


BOTH = {"v1": 100, "v2": 0}


def test_several_routes_fit(run: Run) -> None:
    jason = {"name": "jason", "match": [{"headers": {"end-user": {"exact": "jason"}}}]}
    moved = {"match": [{"uri": {"prefix": "/old"}}], "redirect": {"uri": "/new"}}
    beta = {"match": [{"uri": {"prefix": "/beta"}}]}
    fitting = [to("reviews", BOTH, **fields) for fields in (jason, beta, {})]
    given(virtual_service("reviews", fitting[0], moved, *fitting[1:]))
    words = 'VirtualService test-messages/reviews has 3 http routes that send to v1, v2: #0 "jason", #2 (no name), '
    found = refused(run, "route_ambiguous", words + "#3 (no name)")
    assert found["details"]["routes"] == [0, 2, 3]
    assert "route" in found["hint"]
    assert "all_matching=true" in found["hint"]

    assert run(NAME, weights=wanted(v1=90, v2=10), route="jason")["changed"]
    assert run(NAME, weights=wanted(v1=80, v2=20), route="2")["changed"]
    assert [weights_of(entry) for entry in entries() if "route" in entry] == [[90, 10], [80, 20], [100, 0]]
    assert run(NAME, weights=wanted(v1=70, v2=30), all_matching=True)["changed"]
    assert [weights_of(entry) for entry in entries() if "route" in entry] == [[70, 30]] * 3
    assert consumer_holds() == [{"v1": 70, "v2": 30}, {}, {"v1": 70, "v2": 30}, {"v1": 70, "v2": 30}]


def test_a_name_that_two_routes_bear(run: Run) -> None:
    """Istio takes such an object: it asks for no unique names."""
    other = to("ratings", {"v1": 1}, name="other", match=[{"uri": {"prefix": "/b"}}])
    first = to("reviews", BOTH, name="main", match=[{"uri": {"prefix": "/a"}}])
    given(virtual_service("reviews", other, first, to("reviews", BOTH, name="main")))
    words = 'The name "main" is used by http routes #1 and #2 of VirtualService test-messages/reviews.'
    found = refused(run, "route_ambiguous", words, route="main")
    assert "does not ask for unique names" in found["hint"]
    assert "index" in found["hint"]

    run(NAME, weights=wanted(v1=90, v2=10), route="2")
    assert [weights_of(entry) for entry in entries()[1:]] == [[100, 0], [90, 10]]


def test_no_route_contains_the_subset(run: Run) -> None:
    other = to("ratings", {"v1": 1}, match=[{"uri": {"prefix": "/b"}}])
    given(virtual_service("reviews", other, to("reviews", {"v1": 90, "v2": 10})))
    words = "No http route of VirtualService test-messages/reviews contains blue; "
    closest = "closest is #1 (no name) with reviews/v1 (90), reviews/v2 (10)."
    asked = wanted(v1=80, v2=10, blue=10)
    found = refused(run, "route_missing", words + closest, weights=asked)
    assert "add_missing=true" in found["hint"]

    run(NAME, weights=asked, add_missing=True, route="1")
    assert {"v1": 80, "v2": 10, "blue": 10} in consumer_holds()


def test_a_destination_that_gets_no_weight(run: Run) -> None:
    route = to("reviews", {"v1": 50, "v2": 30})
    route["route"].append({"destination": {"host": "ratings"}, "weight": 20})
    given(virtual_service("reviews", route))
    words = "Route #0 (no name) of VirtualService test-messages/reviews also sends to ratings (20)."
    found = refused(run, "destinations_left", words)
    assert all(word in found["hint"] for word in ("others", "keep", "scale", "zero"))

    run(NAME, weights=wanted(v1=70, v2=10), others="keep")
    assert consumer_holds() == [{"v1": 70, "v2": 10, "ratings": 20}]


def test_a_redirect_and_a_direct_response_carry_no_destinations(run: Run) -> None:
    old = {"name": "old", "match": [{"uri": {"prefix": "/old"}}], "redirect": {"uri": "/new"}}
    tea = {"name": "tea", "match": [{"uri": {"prefix": "/tea"}}], "directResponse": {"status": 418}}
    given(virtual_service("reviews", old, tea, to("reviews", BOTH)))
    for route, kind in (("old", "a redirect"), ("0", "a redirect"), ("tea", "a direct response")):
        words = f'http route "{route}" of VirtualService test-messages/reviews is {kind} and carries no destinations.'
        found = refused(run, "route_missing", words, route=route)
        assert "a name or an index" in found["hint"]
    by_hand(60, 40, entry=2)
    assert (answers("old", 5), answers("tea", 5)) == ({"301": 5}, {"418": 5})


def test_a_delegate_is_named(run: Run) -> None:
    """No route of the root has the weights, so the sentence says where they are; there they can be set."""
    root = {"name": "detail", "match": [{"uri": {"prefix": "/detail"}}], "delegate": {"name": "reviews-detail"}}
    delegate = mesh.istio("VirtualService", "reviews-detail", {"http": [to("reviews", BOTH)]})
    given(virtual_service("reviews", root, to("reviews", {"v1": 100})), delegate)
    where = "delegates to VirtualService test-messages/reviews-detail"
    words = f'http route "detail" of VirtualService test-messages/reviews {where}; set the weights there.'
    refused(run, "route_missing", words, route="detail")
    refused(run, "route_missing", "contains v2", f"; http route #0 {where}.")

    run(NAME, name="reviews-detail", weights=wanted(v1=90, v2=10))
    assert {"v1": 90, "v2": 10} in consumer_holds("reviews")


LITERAL = f"reviews.{ELSEWHERE}"


def half_of_elsewhere(host: str = LITERAL) -> Json:
    route = to("reviews", {"v1": 100})
    route["route"].append({"destination": {"host": host}, "weight": 0})
    return virtual_service("reviews", route)


def sent_to(host: str) -> list[Json]:
    return [{"host": "reviews", "subset": "v1", "weight": 90}, {"host": host, "weight": 10}]


def test_a_host_with_a_dot_is_taken_literally(run: Run, wide_user: Json) -> None:
    given(half_of_elsewhere())
    words = f'Host "{LITERAL}" is taken literally by Istio and names no Service; applying it would return 503 for 10 %'
    found = refused(run, "host_literal", words, weights=sent_to(LITERAL), kubeconfig=wide_user)
    assert found["hint"] == f"Did you mean {LITERAL}.svc.cluster.local?"

    by_hand(90, 10)
    seen = answers()
    assert set(seen) == {"v1", "503"}
    assert chance_allows(seen["503"], REQUESTS, 10)


def test_a_host_that_ends_in_svc_is_taken_literally_whatever_the_user_may_read(run: Run) -> None:
    given(half_of_elsewhere(f"{LITERAL}.svc"))
    found = refused(run, "host_literal", f'"{LITERAL}.svc" is taken literally', weights=sent_to(f"{LITERAL}.svc"))
    assert found["hint"] == f"Did you mean {LITERAL}.svc.cluster.local?"


def test_a_literal_host_whose_namesake_may_not_be_read_is_left_to_the_proxies(run: Run) -> None:
    """It may be the host of a ServiceEntry that this user cannot see, so it is no refusal by itself."""
    given(half_of_elsewhere())
    words = f"know no healthy endpoint of {LITERAL}"
    refused(run, "wait_expired", words, weights=sent_to(LITERAL), wait_timeout=1)
    found = run(NAME, weights=sent_to(LITERAL), wait=False)
    assert found["changed"]
    assert f'Host "{LITERAL}" is taken literally by Istio and names no Service that could be found' in str(
        found["warnings"]
    )
    assert "503 for 10 % of requests" in str(found["warnings"])


def test_a_literal_host_of_a_service_entry_is_no_mistake(run: Run, wide_user: Json) -> None:
    ip = kube.get("pod", "two", SHOP)["status"]["podIP"]
    spec = {"hosts": [LITERAL], "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}], "resolution": "STATIC"}
    mesh.put(SHOP, mesh.istio("ServiceEntry", "literal", {**spec, "endpoints": [{"address": ip}]}))
    given(half_of_elsewhere())
    found = run(NAME, weights=sent_to(LITERAL), kubeconfig=wide_user)
    mesh.remove(SHOP, "serviceentry/literal")
    assert found["changed"]
    assert "warnings" not in found
    assert consumer_holds() == [{"v1": 90, "reviews": 10}]


def test_all_weights_zero(run: Run) -> None:
    given(virtual_service("reviews", to("reviews", BOTH)))
    refused(run, "weights_invalid", "All weights are 0, and Istio refuses", weights=wanted(v1=0, v2=0))
    with pytest.raises(AssertionError, match="total destination weight = 0"):
        set_weights(0, 0)


def test_the_only_destination_gets_everything_whatever_its_weight_says(run: Run) -> None:
    given(virtual_service("reviews", to("reviews", {"v2": 100})))
    words = "reviews/v2 is the only destination of route #0 (no name) in VirtualService test-messages/reviews: "
    nothing = {"weights": wanted(v2=0), "others": "keep"}
    found = refused(run, "weights_invalid", words + "Istio sends it 100 % and ignores a weight of 0.", **nothing)
    assert "Scale it down" in found["hint"]

    set_weights(0)
    mesh.until(lambda: consumer_holds() == [{"v2": 1}])
    assert answers(requests=20) == {"v2": 20}


def test_a_subset_that_the_destination_rule_does_not_define(run: Run) -> None:
    given(virtual_service("reviews", to("reviews", {"v1": 100, "v9": 0})))
    words = "Subset v9 is not defined by DestinationRule test-messages/reviews (v1, v2, blue, asleep); "
    outage = "applying it would return 503 for 10 % of requests."
    found = refused(run, "subset_missing", words + outage, weights=wanted(v1=90, v9=10))
    assert "DestinationRule" in found["hint"]

    by_hand(90, 10)
    seen = answers()
    assert set(seen) == {"v1", "503"}
    assert chance_allows(seen["503"], REQUESTS, 10)


def test_a_subset_without_a_ready_pod(run: Run) -> None:
    given(virtual_service("reviews", to("reviews", {"v1": 100, "asleep": 0})))
    words = "Subset asleep of reviews.test-messages.svc.cluster.local matches 0 ready pods (app=web, version=v0); "
    outage = "applying it would return 503 for 10 % of requests."
    found = refused(run, "endpoints_missing", words + outage, weights=wanted(v1=90, asleep=10))
    assert "ready" in found["hint"]

    by_hand(90, 10)
    seen = answers()
    assert set(seen) == {"v1", "503"}
    assert chance_allows(seen["503"], REQUESTS, 10)


def test_an_older_virtual_service_for_the_host_is_the_one_that_sidecars_follow(run: Run) -> None:
    old = virtual_service("reviews", to("reviews", {"v1": 90, "v2": 10}))
    old["metadata"]["name"] = "reviews-old"
    given(old)
    mesh.next_second()
    given(virtual_service("reviews", to("reviews", BOTH)))
    words = "VirtualService test-messages/reviews-old (older, or nearer to the callers) is for the mesh host "
    place = "reviews.test-messages.svc.cluster.local too, and the sidecars in test-messages follow that one "
    found = refused(run, "route_shadowed", words + place + "in place of VirtualService test-messages/reviews.")
    assert found["details"]["rival"] == "test-messages/reviews-old"
    assert "Merge" in found["hint"]

    # What istiod hears of the older one later comes after what it hears of ours.
    set_weights(0, 100)
    by_hand(100, 0, name="reviews-old")
    assert (consumer_holds("reviews"), answers(requests=50)) == ([], {"v1": 50})


def test_what_only_this_namespace_sees_comes_before_an_older_one(run: Run) -> None:
    old = virtual_service("reviews", to("reviews", {"v1": 90, "v2": 10}))
    old["metadata"]["name"] = "reviews-old"
    given(old)
    mesh.next_second()
    given(virtual_service("reviews", to("reviews", BOTH), spec={"exportTo": ["."]}))
    assert run(NAME, weights=wanted(v1=0, v2=100))["applied"][0]["applied"]
    assert (consumer_holds("reviews"), consumer_holds("reviews-old")) == ([{"v2": 100}], [])
    assert answers(requests=50) == {"v2": 50}


def test_somebody_else_writes_between_every_read_and_write(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given(virtual_service("reviews", to("reviews", BOTH)))
    mesh.next_second()
    read, others, seen = istio.read_virtual_service, [(80 - i, 20 + i) for i in range(5)], []

    def read_then_lose(*args: Any) -> Any:
        found = read(*args)
        if others:
            set_weights(*others.pop(0))
        else:
            seen.append(now())
        return found

    monkeypatch.setattr(istio, "read_virtual_service", read_then_lose)
    found = run(NAME, weights=wanted(v1=90, v2=10))
    assert (found["failed"], found["reason"], found["changed"]) == (True, "conflict", False)
    words = "was changed by somebody else in each of 5 attempts (last writer gitops; expected v1=77, v2=23, found "
    assert words + "v1=76, v2=24); nothing was written." in found["msg"]
    assert found["details"]["last_writer"] == "gitops"
    assert found["hint"]
    assert now() == seen[-1]
    assert weights_of(entries()[0]) == [76, 24]


def test_what_flux_applied_is_warned_about_refused_or_ignored(run: Run) -> None:
    def flux_applies() -> None:
        manifest = json.dumps(virtual_service("reviews", to("reviews", BOTH)))
        server_side = ["--server-side", "--force-conflicts", "--field-manager=kustomize-controller"]
        kubectl("-n", SHOP, "apply", *server_side, "-f", "-", stdin=manifest)

    flux_applies()
    words = "VirtualService test-messages/reviews is managed by Flux (field manager kustomize-controller), which may "
    found = refused(run, "foreign_owner", words + "put its own weights back.", ownership="refuse")
    assert "ownership=ignore" in found["hint"]

    warned = run(NAME, weights=wanted(v1=90, v2=10))
    assert words in str(warned["warnings"])
    assert weights_of(entries()[0]) == [90, 10]
    flux_applies()
    assert weights_of(entries()[0]) == [100, 0]
    assert "warnings" not in run(NAME, weights=wanted(v1=90, v2=10), ownership="ignore")
    assert consumer_holds() == [{"v1": 90, "v2": 10}]
