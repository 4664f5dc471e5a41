# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""virtual_service_weights against a real API server: what is written, what is refused, what others write."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._cluster import istio

from .conftest import Admin, Run, Shop, to

NAME = "virtual_service_weights"


def weights(v1: Any, v2: Any) -> list[dict[str, Any]]:
    return [{"subset": "v1", "weight": v1}, {"subset": "v2", "weight": v2}]


@pytest.fixture
def options(namespace: str) -> dict[str, Any]:
    return {"name": "reviews", "namespace": namespace, "weights": weights(90, 10), "wait": False}


def test_only_the_weights_change_and_a_second_run_changes_nothing(
    run: Run, shop: Shop, options: dict[str, Any]
) -> None:
    shop.ready_application()
    foreign = {"timeout": "3s", "retries": {"attempts": 2}, "match": [{"uri": {"prefix": "/a"}}]}
    shop.virtual_service(to(("v1", 100), ("v2", None), name="main", **foreign), to(("other", 5), ("more", 5)))
    before = shop.read_virtual_service()

    first = run(NAME, **options, diff=True)
    assert first["changed"] is True
    assert [row["weight"] for row in first["before"] + first["after"]] == [100, 0, 90, 10]
    assert first["diff"]["after"] == "route main: reviews subset v1: 90\nroute main: reviews subset v2: 10\n"
    expected = copy.deepcopy(before["spec"])
    expected["http"][0]["route"][0]["weight"] = 90
    expected["http"][0]["route"][1]["weight"] = 10
    after = shop.read_virtual_service()
    assert after["spec"] == expected
    assert first["generation"] == after["metadata"]["generation"]

    second = run(NAME, **options, diff=True)
    assert (second["changed"], "diff" in second, second["after"]) == (False, False, first["after"])
    assert shop.read_virtual_service()["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]


def test_check_mode_predicts_and_writes_nothing(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    before = shop.read_virtual_service()
    found = run(NAME, **options, check=True, diff=True)
    assert found["changed"] is True
    assert [row["weight"] for row in found["after"]] == [90, 10]
    assert "v2: 10" in found["diff"]["after"]
    assert shop.read_virtual_service() == before


def test_the_tutorials_own_api_version_is_accepted(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 1), ("v2", 99)), version="v1alpha3")
    assert [row["weight"] for row in run(NAME, **options)["after"]] == [90, 10]


def test_hosts_split_as_well_as_subsets(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.service()
    shop.pod("one", "v1")
    entry = {"route": [{"destination": {"host": "reviews"}, "weight": 100}, {"destination": {"host": "ratings"}}]}
    shop.virtual_service(entry)
    wanted = [{"host": "reviews", "weight": 60}, {"host": "ratings", "weight": 40}]
    refused = run(NAME, **{**options, "weights": wanted})
    assert refused["reason"] == "endpoints_missing"
    assert "ratings" in refused["msg"]
    found = run(NAME, **{**options, "weights": wanted, "check_endpoints": False})
    assert [(row["host"], row["weight"]) for row in found["after"]] == [("reviews", 60), ("ratings", 40)]


BAD_WEIGHTS = {
    "all zero": (weights(0, 0), "weights_invalid", "All weights are 0"),
    "negative": (weights(110, -10), "weights_invalid", "v2 is -10"),
    "text": (weights("lots", 10), "invalid_arguments", "lots"),
    "over the total": (weights(90, 20), "weights_invalid", "110, which is over the total of 100"),
    "under the total": (weights(50, 20), "weights_invalid", "70, which is under the total of 100"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_weights_that_cannot_be_meant(case: str, run: Run, shop: Shop, options: dict[str, Any]) -> None:
    wanted, reason, words = BAD_WEIGHTS[case]
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    check_refusal(run, shop, {**options, "weights": wanted}, reason, words)


def check_refusal(run: Run, shop: Shop, options: dict[str, Any], reason: str, words: str) -> None:
    """One sentence, its reason and a hint; and nothing was written."""
    before = shop.read_virtual_service()
    found = run(NAME, **options)
    assert found["failed"] is True
    assert (found["reason"], words in found["msg"]) == (reason, True), found["msg"]
    assert found["hint"]
    assert "\n" not in found["msg"]
    assert shop.read_virtual_service() == before


def test_two_routes_that_fit(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.virtual_service(to(("v1", 1), ("v2", 1), name="jason"), to(("v1", 1), ("v2", 1)))
    check_refusal(run, shop, options, "route_ambiguous", "2 http routes that send to v1, v2")


def test_no_route_that_fits(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.virtual_service(to(("v1", 100)))
    check_refusal(run, shop, options, "route_missing", "contains v2")


def test_a_destination_that_is_not_named(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.virtual_service(to(("v1", 50), ("v2", 30), ("v3", 20)))
    check_refusal(run, shop, options, "destinations_left", "also sends to reviews/v3 (20)")


def test_a_subset_that_no_rule_defines(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.service()
    shop.pod("one", "v1")
    shop.destination_rule("v1")
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    check_refusal(run, shop, options, "subset_missing", "would return 503 for 10 % of requests")


def test_a_subset_without_a_ready_pod(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.service()
    shop.destination_rule("v1", "v2")
    shop.pod("one", "v1")
    shop.pod("two", "v2", ready=False)
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    check_refusal(run, shop, options, "endpoints_missing", "matches 0 ready pods (app=reviews, version=v2)")
    check_refusal(run, shop, {**options, "weights": weights(0, 100)}, "endpoints_missing", "503 for 100 %")
    assert run(NAME, **options, check_endpoints=False)["changed"] is True


def test_a_weight_of_zero_asks_for_no_pod(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.service()
    shop.destination_rule("v1")
    shop.pod("one", "v1")
    shop.virtual_service(to(("v1", 90), ("v2", 10)))
    assert run(NAME, **{**options, "weights": weights(100, 0)})["changed"] is True


def test_another_tools_object_is_warned_about_refused_or_ignored(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)), annotations={"argocd.argoproj.io/tracking-id": "x"})
    check_refusal(run, shop, {**options, "ownership": "refuse"}, "foreign_owner", "Argo CD")
    assert "Argo CD" in str(run(NAME, **options)["warnings"])
    assert "warnings" not in run(NAME, **{**options, "weights": weights(80, 20), "ownership": "ignore"})


def test_no_proxy_to_prove_the_weights_at(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    check_refusal(run, shop, {**options, "wait": True}, "proxies_missing", "has an Istio proxy")


def test_routes_of_another_protocol_are_pointed_out(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    check_refusal(run, shop, {**options, "protocol": "tcp"}, "route_missing", "; it has http routes")


def test_tcp_routes_are_changed_with_a_word_about_open_connections(
    run: Run, shop: Shop, options: dict[str, Any]
) -> None:
    shop.ready_application()
    tcp = {"match": [{"port": 9000}], **to(("v1", 100), ("v2", 0))}
    shop.virtual_service(to(("v1", 1), ("v2", 1)), spec={"tcp": [tcp]})
    found = run(NAME, **{**options, "protocol": "tcp", "check_endpoints": False})
    assert [row["weight"] for row in found["after"]] == [90, 10]
    assert "splits connections" in str(found["warnings"])
    assert shop.read_virtual_service()["spec"]["http"][0]["route"][0]["weight"] == 1


def test_what_is_not_there(run: Run, options: dict[str, Any]) -> None:
    found = run(NAME, **options)
    assert found["reason"] == "virtual_service_missing"
    assert found["msg"] == f"There is no VirtualService reviews in {options['namespace']}."


def test_without_permission_nothing_is_read(
    run: Run, shop: Shop, stranger: dict[str, Any], options: dict[str, Any]
) -> None:
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    found = run(NAME, **options, kubeconfig=stranger)
    assert found["reason"] == "access_denied"
    assert "not allow this user to read virtualservices reviews" in found["msg"]


def test_a_refusal_of_the_cluster_is_told_in_its_own_words(
    run: Run, admin: Admin, shop: Shop, options: dict[str, Any], namespace: str
) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    admission_rule(admin, namespace, "Deny")
    before = shop.read_virtual_service()
    found = wait_for_admission(run, options, lambda result: result.get("reason") == "rejected")
    assert "no canary on Fridays" in found["msg"]
    assert shop.read_virtual_service() == before


def test_a_warning_of_the_cluster_is_passed_on(
    run: Run, admin: Admin, shop: Shop, options: dict[str, Any], namespace: str
) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    admission_rule(admin, namespace, "Warn")
    found = wait_for_admission(run, options, lambda result: "warnings" in result)
    assert "no canary on Fridays" in str(found["warnings"])


UPDATES = {
    "apiGroups": ["networking.istio.io"],
    "apiVersions": ["*"],
    "operations": ["UPDATE"],
    "resources": ["virtualservices"],
}


def of_namespace(name: str) -> dict[str, Any]:
    return {"matchLabels": {"kubernetes.io/metadata.name": name}}


def admission_rule(admin: Admin, namespace: str, action_name: str, reason: str = "Invalid") -> None:
    """Refuse, or warn about, every change of a VirtualService in the namespace."""
    group = "/apis/admissionregistration.k8s.io/v1"
    name = f"{namespace}-fridays"
    policy = {
        "matchConstraints": {"resourceRules": [UPDATES]},
        "validations": [{"expression": "false", "message": "no canary on Fridays", "reason": reason}],
    }
    admin.create(f"{group}/validatingadmissionpolicies", {"metadata": {"name": name}, "spec": policy})
    binding = {
        "policyName": name,
        "validationActions": [action_name],
        "matchResources": {"namespaceSelector": of_namespace(namespace)},
    }
    admin.create(f"{group}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": binding})


def test_a_policy_that_forbids_is_not_taken_for_missing_rights(
    run: Run, admin: Admin, shop: Shop, options: dict[str, Any], namespace: str
) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    admission_rule(admin, namespace, "Deny", reason="Forbidden")
    found = wait_for_admission(run, options, lambda result: result.get("failed"))
    assert found["reason"] == "rejected"
    assert "no canary on Fridays" in found["msg"]


def wait_for_admission(run: Run, options: dict[str, Any], seen: Any) -> dict[str, Any]:
    """The API server compiles a policy some moments after it was created; ask in check mode until it answers."""
    for _attempt in range(200):
        if seen(run(NAME, **options, check=True)):
            return run(NAME, **options)
    raise AssertionError("the admission policy never came into force")


def compete(monkeypatch: pytest.MonkeyPatch, shop: Shop, when: list[int], *values: tuple[int, ...]) -> None:
    """Somebody else writes right after our read number `when[i]`: the worst moment, every time."""
    reads = iter(range(1, 1000))
    others = dict(zip(when, values))
    read = istio.read_virtual_service

    def read_then_lose(*args: Any) -> Any:
        found = read(*args)
        number = next(reads)
        if number in others:
            shop.set_weights(*others[number])
        return found

    monkeypatch.setattr(istio, "read_virtual_service", read_then_lose)


def test_a_lost_race_is_read_and_planned_again(
    run: Run, shop: Shop, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    compete(monkeypatch, shop, [1, 2], (70, 30), (60, 40))
    found = run(NAME, **options)
    assert (found["changed"], found["attempts"]) == (True, 3)
    assert [row["weight"] for row in found["before"]] == [60, 40]
    assert [row["weight"] for row in found["after"]] == [90, 10]


def test_a_race_that_is_lost_five_times_is_a_conflict_that_names_the_writer(
    run: Run, shop: Shop, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    compete(monkeypatch, shop, [1, 2, 3, 4, 5], *[(50 + i, 50 - i) for i in range(5)])
    found = run(NAME, **options)
    assert found["reason"] == "conflict"
    assert (
        "in each of 5 attempts (last writer OpenAPI-Generator; expected v1=53, v2=47, found v1=54, v2=46)"
        in found["msg"]
    )
    assert [e["weight"] for e in shop.read_virtual_service()["spec"]["http"][0]["route"]] == [54, 46]


def test_weights_that_are_changed_on_their_way_in_are_not_called_written(
    run: Run, admin: Admin, shop: Shop, options: dict[str, Any], namespace: str
) -> None:
    """A mutating admission policy has the last word, and a dry run shows it already."""
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    mutating_rule(admin, namespace)
    found = wait_for_admission(run, options, lambda result: result.get("reason") == "not_proven")
    assert (found["failed"], found["reason"], found["changed"]) == (True, "not_proven", True)
    assert [row["weight"] for row in found["details"]["found"]] == [77, 10]


def mutating_rule(admin: Admin, namespace: str) -> None:
    """Set the first weight of every VirtualService that is changed in the namespace to 77."""
    group = "/apis/admissionregistration.k8s.io/v1"
    name = f"{namespace}-mutates"
    expression = '[JSONPatch{op: "replace", path: "/spec/http/0/route/0/weight", value: 77}]'
    policy = {
        "matchConstraints": {"resourceRules": [UPDATES]},
        "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}],
    }
    admin.create(f"{group}/mutatingadmissionpolicies", {"metadata": {"name": name}, "spec": policy})
    binding = {"policyName": name, "matchResources": {"namespaceSelector": of_namespace(namespace)}}
    admin.create(f"{group}/mutatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": binding})


def test_a_rule_that_may_not_be_read_is_left_to_the_proxies(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    """A host of another namespace: the user sees the rules of its own namespace only."""
    host = "reviews.elsewhere.svc.cluster.local"
    elements = [{"destination": {"host": host, "subset": subset}, "weight": 50} for subset in ("v1", "v2")]
    shop.virtual_service({"route": elements})
    found = run(NAME, **{**options, "check_endpoints": False})
    assert found["changed"] is True


def test_an_http_route_for_the_same_service_is_followed_instead(
    run: Run, admin: Admin, shop: Shop, options: dict[str, Any], namespace: str
) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    parent = {"group": "", "kind": "Service", "name": "reviews", "port": 80}
    rule = {"backendRefs": [{"name": "reviews", "port": 80}]}
    path = f"/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes"
    kind = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}
    admin.create(path, {**kind, "metadata": {"name": "mesh"}, "spec": {"parentRefs": [parent], "rules": [rule]}})
    words = f"HTTPRoute {namespace}/mesh is for Service {namespace}/reviews in the mesh too"
    check_refusal(run, shop, options, "route_shadowed", words)


def test_others_and_a_missing_destination(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 80), ("old", 20)))
    found = run(NAME, **{**options, "weights": weights(70, 10)}, others="keep", add_missing=True, check_endpoints=False)
    assert found["reason"] == "subset_missing"
    found = run(NAME, **{**options, "weights": weights(90, 10)}, others="zero", add_missing=True)
    assert [(row["subset"], row["weight"]) for row in found["after"]] == [("v1", 90), ("old", 0), ("v2", 10)]
