# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the API server, and how its answers are told apart, through a proxy in front of the real one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from apiproxy import Answer, ApiProxy

from .conftest import Run, Shop, to

NAME = "virtual_service_weights"


@pytest.fixture
def proxy(admin_kubeconfig: str) -> Iterator[ApiProxy]:
    with ApiProxy(admin_kubeconfig) as proxy:
        yield proxy


@pytest.fixture
def options(proxy: ApiProxy, namespace: str) -> dict[str, Any]:
    weights = [{"subset": "v1", "weight": 90}, {"subset": "v2", "weight": 10}]
    connection = {"host": proxy.url, "api_key": "anything"}
    return {"name": "reviews", "namespace": namespace, "weights": weights, "wait": False, **connection}


@pytest.fixture
def application(shop: Shop, run: Run, proxy: ApiProxy, namespace: str) -> Shop:
    """Ready, and the client library has looked around already, as in every task but the first of a machine."""
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    run("traffic_split_info", namespace=namespace, host=proxy.url, api_key="anything")
    proxy.requests.clear()
    return shop


def asked(proxy: ApiProxy) -> list[tuple[str, str]]:
    return [(each.method, each.path.split("/")[-1]) for each in proxy.requests]


@pytest.mark.usefixtures("application")
def test_a_change_takes_three_requests_and_a_look_one(run: Run, proxy: ApiProxy, options: dict[str, Any]) -> None:
    bare = {**options, "check_endpoints": False}
    assert run(NAME, **bare)["changed"] is True
    assert asked(proxy) == [("GET", "reviews"), ("GET", "destinationrules"), ("PATCH", "reviews")]
    proxy.requests.clear()
    assert run(NAME, **bare)["changed"] is False
    assert asked(proxy) == [("GET", "reviews")]


@pytest.mark.usefixtures("application")
def test_what_destinations_share_is_read_once(run: Run, proxy: ApiProxy, options: dict[str, Any]) -> None:
    assert run(NAME, **options)["changed"] is True
    reads = [each.path for each in proxy.requests if each.method == "GET"]
    assert sorted(reads) == sorted(set(reads))
    assert len(reads) == 6  # the object, its rivals of both kinds, the Service, the DestinationRules, the pods


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("served", ["v1beta1", "v1alpha3"])
def test_an_older_version_is_spoken_where_v1_is_not_served(
    run: Run, proxy: ApiProxy, options: dict[str, Any], served: str
) -> None:
    versions = ["v1", "v1beta1", "v1alpha3"]
    absent = versions[: versions.index(served)]

    def rule(method: str, path: str) -> Answer | None:
        if any(f"/networking.istio.io/{version}/" in path for version in absent):
            return Answer(404, raw="404 page not found")
        if path == "/apis/networking.istio.io":
            return Answer(200, raw=json.dumps({"versions": [{"version": served}]}))
        return None

    proxy.rule = rule
    found = run(NAME, **options)
    assert found["changed"] is True
    written = [each.path for each in proxy.requests if each.method == "PATCH"]
    assert len(written) == 1
    assert f"/networking.istio.io/{served}/" in written[0]
    assert [each.path for each in proxy.requests].count("/apis/networking.istio.io") == 1


def first(number: int, answer: Answer) -> Any:
    """The first writes are answered so, all others go through."""
    left = iter(range(number))

    def rule(method: str, path: str) -> Answer | None:
        return answer if method == "PATCH" and next(left, None) is not None else None

    return rule


@pytest.mark.usefixtures("application")
def test_a_conflict_of_the_server_itself_is_read_and_planned_again(
    run: Run, proxy: ApiProxy, options: dict[str, Any]
) -> None:
    proxy.rule = first(2, Answer(409, "the object has been modified"))
    found = run(NAME, **options)
    assert (found["changed"], found["attempts"]) == (True, 3)


@pytest.mark.usefixtures("application")
def test_after_five_conflicts_nothing_was_written(run: Run, proxy: ApiProxy, options: dict[str, Any]) -> None:
    proxy.rule = first(1000, Answer(409, "the object has been modified"))
    found = run(NAME, **options)
    assert (found["failed"], found["reason"], found["changed"]) == (True, "conflict", False)
    assert len([each for each in proxy.requests if each.method == "PATCH"]) == 5


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (422, "rejected", "because of reasons"),
        (500, "api_failed", "answered 500 when asked to change virtualservices reviews"),
        (401, "credentials_refused", "does not accept the credentials"),
    ],
)
def test_other_answers_are_not_taken_for_a_lost_race(
    run: Run, proxy: ApiProxy, application: Shop, options: dict[str, Any], status: int, reason: str, words: str
) -> None:
    before = application.read_virtual_service()
    proxy.rule = first(1000, Answer(status, "because of reasons"))
    found = run(NAME, **options)
    assert (found["failed"], found["reason"], found["changed"]) == (True, reason, False)
    assert words in found["msg"]
    assert len([each for each in proxy.requests if each.method == "PATCH"]) == 1
    assert application.read_virtual_service() == before


def test_an_answer_that_is_lost_after_the_write_is_no_success(
    run: Run, proxy: ApiProxy, application: Shop, options: dict[str, Any]
) -> None:
    """Nobody can say whether it was written, so nobody says it was; a second run finds it right."""
    proxy.rule = first(1, Answer(cut="after"))
    found = run(NAME, **options)
    assert (found["failed"], found["reason"], found["changed"]) == (True, "api_unreachable", True)
    assert found["msg"].endswith(f"VirtualService {options['namespace']}/reviews was changed all the same.")
    assert application.read_virtual_service()["spec"]["http"][0]["route"][1]["weight"] == 10
    assert run(NAME, **options)["changed"] is False


def test_a_kind_that_the_server_does_not_know(run: Run, proxy: ApiProxy, application: Shop, namespace: str) -> None:
    proxy.rule = lambda method, path: Answer(404, raw="404 page not found") if "/apis/apps/" in path else None
    options = {"namespace": namespace, "stable": {"deployment": "a"}, "host": proxy.url, "api_key": "anything"}
    found = run("traffic_split_info", **options)
    assert (found["failed"], found["reason"]) == (True, "not_served")


def test_several_objects_are_written_together(
    run: Run, proxy: ApiProxy, application: Shop, options: dict[str, Any]
) -> None:
    application.virtual_service(to(("v1", 100), ("v2", 0)), metadata_name="reviews-gateway")
    found = run(NAME, **options, also=[{"name": "reviews-gateway"}], diff=True)
    places = [f"{options['namespace']}/{name}" for name in ("reviews", "reviews", "reviews-gateway", "reviews-gateway")]
    assert [row["object"] for row in found["after"]] == places
    assert [row["weight"] for row in found["after"]] == [90, 10, 90, 10]
    assert found["diff"]["after"].count("reviews-gateway route 0") == 2
    writes = [each for each in proxy.requests if each.method == "PATCH"]
    assert ["dryRun" in each.query for each in writes] == [True, True, False, False]
    assert run(NAME, **options, also=[{"name": "reviews-gateway"}])["changed"] is False


def test_when_the_second_cannot_be_written_the_first_is_put_back(
    run: Run, proxy: ApiProxy, application: Shop, options: dict[str, Any]
) -> None:
    application.virtual_service(to(("v1", 100), ("v2", 0)), metadata_name="reviews-gateway")
    before = application.read_virtual_service()["spec"]
    proxy.rule = refuse_real_writes("reviews-gateway", 500, application)
    found = run(NAME, **options, also=[{"name": "reviews-gateway"}])
    assert (found["failed"], found["reason"], found["changed"]) == (True, "api_failed", False)
    assert "VirtualService" in found["msg"]
    assert "was put back as it was." in found["msg"]
    assert application.read_virtual_service()["spec"] == before


def refuse_real_writes(name: str, status: int, shop: Shop, meanwhile: Any = None) -> Any:
    """The dry run of the object goes through, its write does not."""
    seen = threading.Semaphore(1)

    def rule(method: str, path: str) -> Answer | None:
        if method == "PATCH" and path.endswith(f"/{name}") and not seen.acquire(blocking=False):
            if meanwhile:
                meanwhile()
            return Answer(status, "because of reasons")
        return None

    return rule


def test_what_cannot_be_put_back_is_named(
    run: Run, proxy: ApiProxy, application: Shop, options: dict[str, Any]
) -> None:
    """Somebody else has taken the first one further by then, and that is not undone."""
    application.virtual_service(to(("v1", 100), ("v2", 0)), metadata_name="reviews-gateway")
    proxy.rule = refuse_real_writes("reviews-gateway", 500, application, lambda: application.set_weights(33, 67))
    found = run(NAME, **options, also=[{"name": "reviews-gateway"}])
    assert (found["failed"], found["reason"], found["changed"]) == (True, "partly_written", True), (
        found,
        proxy.requests,
    )
    assert f"VirtualService {options['namespace']}/reviews could not be put back" in found["msg"]
    assert found["details"]["cause"] == "api_failed"
    assert [e["weight"] for e in application.read_virtual_service()["spec"]["http"][0]["route"]] == [33, 67]


def test_a_write_whose_answer_is_lost_is_put_back_with_the_others(
    run: Run, proxy: ApiProxy, application: Shop, options: dict[str, Any]
) -> None:
    application.virtual_service(to(("v1", 100), ("v2", 0)), metadata_name="reviews-gateway")
    seen = threading.Semaphore(1)

    def rule(method: str, path: str) -> Answer | None:
        if method == "PATCH" and path.endswith("/reviews-gateway") and not seen.acquire(blocking=False):
            proxy.rule = None
            return Answer(cut="after")
        return None

    proxy.rule = rule
    found = run(NAME, **options, also=[{"name": "reviews-gateway"}])
    assert (found["failed"], found["reason"], found["changed"]) == (True, "api_unreachable", False)
    assert "were put back as they were." in found["msg"]
    for name in ("reviews", "reviews-gateway"):
        route = application.read_virtual_service(name)["spec"]["http"][0]["route"]
        assert [element["weight"] for element in route] == [100, 0]


def test_a_lost_race_of_the_rehearsal_is_planned_again(
    run: Run, proxy: ApiProxy, application: Shop, options: dict[str, Any]
) -> None:
    application.virtual_service(to(("v1", 100), ("v2", 0)), metadata_name="reviews-gateway")
    proxy.rule = first(1, Answer(409, "the object has been modified"))
    found = run(NAME, **options, also=[{"name": "reviews-gateway"}])
    assert (found["changed"], found["attempts"]) == (True, 2)


def test_a_failure_carries_the_warnings_too(run: Run, proxy: ApiProxy, shop: Shop, options: dict[str, Any]) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)), annotations={"argocd.argoproj.io/tracking-id": "x"})
    proxy.rule = first(1, Answer(500, "because of reasons"))
    found = run(NAME, **options)
    assert (found["failed"], found["reason"]) == (True, "api_failed")
    assert "Argo CD" in str(found["warnings"])


def test_one_object_is_not_named_twice(run: Run, options: dict[str, Any]) -> None:
    found = run(NAME, **options, also=[{"name": "reviews"}])
    assert (found["failed"], found["reason"]) == (True, "invalid_request")
    assert "is named twice" in found["msg"]


def test_a_slip_in_one_of_several_names_the_object(run: Run, options: dict[str, Any]) -> None:
    weights = [{"subset": "v1", "weight": 90}, {"subset": "v2", "weight": 20}]
    found = run(NAME, **options, also=[{"name": "reviews-gateway", "weights": weights}])
    assert (found["failed"], found["reason"]) == (True, "weights_invalid")
    assert found["msg"].startswith("VirtualService reviews-gateway: The weights add up to 110")


def test_when_one_of_several_cannot_be_planned_none_is_written(
    run: Run, proxy: ApiProxy, application: Shop, options: dict[str, Any]
) -> None:
    application.virtual_service(to(("v1", 50), ("v3", 50)), metadata_name="reviews-gateway")
    found = run(NAME, **options, also=[{"name": "reviews-gateway"}])
    assert (found["failed"], found["reason"], found["changed"]) == (True, "route_missing", False)
    assert [each for each in proxy.requests if each.method == "PATCH"] == []
