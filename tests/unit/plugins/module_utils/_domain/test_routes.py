# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan promises about the object that it is for: nothing but the weights of the chosen routes changes."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.aviary.canary.plugins.module_utils._domain import errors
from ansible_collections.aviary.canary.plugins.module_utils._domain.hosts import expand
from ansible_collections.aviary.canary.plugins.module_utils._domain.routes import WeightPlan, effective, plan_weights
from ansible_collections.aviary.canary.plugins.module_utils._domain.weights import WantedWeight, WeightRequest

from . import strategies


def request_of(*weights: tuple[str, int], **options: Any) -> WeightRequest:
    return WeightRequest(tuple(WantedWeight(weight, subset=subset) for subset, weight in weights), **options)


def planned(virtual_service: dict[str, Any], asked: dict[str, Any]) -> WeightPlan:
    weights = tuple(WantedWeight(weight, host, subset) for host, subset, weight in asked["weights"])
    request = WeightRequest(weights, asked["total"], asked["others"])
    return plan_weights(virtual_service, request, route=asked["route"], add_missing=asked["add_missing"])


def written(virtual_service: dict[str, Any], plan: WeightPlan) -> dict[str, Any]:
    return jsonpatch.apply_patch(virtual_service, plan.operations()) if plan.changes else virtual_service


def without_own_weights(virtual_service: dict[str, Any], plan: WeightPlan) -> dict[str, Any]:
    """The object less the weights of the edited routes and the destinations that the plan adds."""
    rest = copy.deepcopy(virtual_service)
    for edit in plan.edits:
        entry = rest["spec"][edit.route.protocol][edit.route.index]
        entry["route"] = entry["route"][: len(edit.route.destinations)]
        for element in entry["route"]:
            element.pop("weight", None)
    return rest


@given(strategies.sensible_cases())
def test_everything_foreign_stays_equal_and_in_order(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    after = written(virtual_service, plan)
    assert without_own_weights(after, plan) == without_own_weights(virtual_service, plan)


@given(strategies.sensible_cases())
def test_planning_never_changes_the_object_that_was_read(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    virtual_service, asked = case
    before = copy.deepcopy(virtual_service)
    written(copy.deepcopy(virtual_service), planned(virtual_service, asked))
    assert virtual_service == before


@given(strategies.sensible_cases())
def test_a_plan_that_was_written_changes_nothing_a_second_time(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    again = planned(written(virtual_service, plan), asked)
    assert not again.changes
    assert again.before() == plan.after()


@given(strategies.sensible_cases())
def test_the_weights_of_a_changed_route_are_those_asked_and_add_up_to_the_total(
    case: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    if plan.changes:
        found = {(expand(row["host"], "shop"), row["subset"]): row["weight"] for row in plan.after()}
        assert sum(row["weight"] for row in plan.after()) == asked["total"]
        assert {
            (expand(host, "shop"), subset): weight for host, subset, weight in asked["weights"]
        }.items() <= found.items()


@given(strategies.sensible_cases(), st.integers(0, 3))
def test_a_concurrent_change_of_the_route_fails_the_guards(
    case: tuple[dict[str, Any], dict[str, Any]], which: int
) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    assume(plan.changes)
    other = copy.deepcopy(virtual_service)
    elements = other["spec"]["http"][plan.edits[0].route.index]["route"]
    elements[which % len(elements)]["weight"] = 1000
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(other, plan.operations())


@given(strategies.virtual_services(), st.integers(0, 100), st.sampled_from([None, "main", "0", "3"]), st.booleans())
def test_any_request_ends_in_a_plan_or_in_a_named_refusal(
    virtual_service: dict[str, Any], weight: int, route: str | None, add_missing: bool
) -> None:
    request = request_of(("v1", weight), ("v2", 100 - weight))
    try:
        plan = plan_weights(virtual_service, request, route=route, add_missing=add_missing)
    except (errors.RouteMissing, errors.RouteAmbiguous, errors.DestinationsLeft):
        return
    assert [row for row in plan.after() if row["subset"] == "v1"]


def route_to(*destinations: tuple[str, int | None], **fields: Any) -> dict[str, Any]:
    elements = [
        {"destination": {"host": "reviews", "subset": subset}, **({} if weight is None else {"weight": weight})}
        for subset, weight in destinations
    ]
    return {**fields, "route": elements}


def object_with(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "reviews", "namespace": "shop"}, "spec": {"http": list(entries)}}


def test_there_and_back_restores_the_object() -> None:
    start = object_with(route_to(("v1", 90), ("v2", 10), timeout="1s"), route_to(("other", None)))
    there = written(start, plan_weights(start, request_of(("v1", 1), ("v2", 99))))
    assert there != start
    assert written(there, plan_weights(there, request_of(("v1", 90), ("v2", 10)))) == start


def test_an_absent_weight_counts_as_zero_and_is_not_written_again() -> None:
    plan = plan_weights(object_with(route_to(("v1", 100), ("v2", None))), request_of(("v1", 100), ("v2", 0)))
    assert not plan.changes


def test_a_single_destination_has_everything_already() -> None:
    plan = plan_weights(object_with(route_to(("v1", None))), request_of(("v1", 100)))
    assert not plan.changes


def test_several_fitting_routes_are_refused_by_their_labels() -> None:
    item = object_with(route_to(("v1", 1), ("v2", 1), name="jason"), route_to(("v1", 1), ("v2", 1)))
    with pytest.raises(errors.RouteAmbiguous, match=r'#0 "jason", #1 \(no name\)'):
        plan_weights(item, request_of(("v1", 50), ("v2", 50)))


@pytest.mark.parametrize("route", ["jason", "0"])
def test_a_route_is_chosen_by_name_or_by_index(route: str) -> None:
    item = object_with(route_to(("v1", 1), ("v2", 1), name="jason"), route_to(("v1", 1), ("v2", 1)))
    plan = plan_weights(item, request_of(("v1", 50), ("v2", 50)), route=route)
    assert [edit.route.index for edit in plan.edits] == [0]


def test_a_name_that_two_routes_share_is_refused() -> None:
    item = object_with(route_to(("v1", 1), ("v2", 1), name="main"), route_to(("v1", 1), ("v2", 1), name="main"))
    with pytest.raises(errors.RouteAmbiguous, match="#0 and #1"):
        plan_weights(item, request_of(("v1", 50), ("v2", 50)), route="main")


def test_no_fitting_route_names_the_closest_and_what_it_lacks() -> None:
    with pytest.raises(errors.RouteMissing, match=r"contains v3; closest is #0 \(no name\) with reviews/v1 \(90\)"):
        plan_weights(object_with(route_to(("v1", 90), ("v2", 10))), request_of(("v1", 90), ("v3", 10)))


def test_a_redirect_and_a_delegate_say_why_they_carry_no_weights() -> None:
    item = object_with({"name": "old", "redirect": {"uri": "/"}}, {"name": "team", "delegate": {"name": "detail"}})
    with pytest.raises(errors.RouteMissing, match="is a redirect"):
        plan_weights(item, request_of(("v1", 100)), route="old")
    with pytest.raises(errors.RouteMissing, match="delegates to VirtualService shop/detail"):
        plan_weights(item, request_of(("v1", 100)), route="team")


def test_a_destination_that_the_request_does_not_name_is_refused() -> None:
    with pytest.raises(errors.DestinationsLeft, match=r"also sends to reviews/v3 \(20\)"):
        plan_weights(object_with(route_to(("v1", 70), ("v2", 10), ("v3", 20))), request_of(("v1", 90), ("v2", 10)))


@pytest.mark.parametrize(
    ("others", "asked", "expected"),
    [
        ("keep", (70, 10), [70, 10, 20]),
        ("scale", (60, 10), [60, 10, 30]),
        ("zero", (90, 10), [90, 10, 0]),
    ],
)
def test_others_says_what_happens_to_the_rest(others: str, asked: tuple[int, int], expected: list[int]) -> None:
    item = object_with(route_to(("v1", 50), ("v2", 30), ("v3", 20)))
    plan = plan_weights(item, request_of(("v1", asked[0]), ("v2", asked[1]), others=others))
    assert [row["weight"] for row in plan.after()] == expected


def test_a_missing_destination_is_added_at_the_end_with_the_host_of_the_route() -> None:
    item = object_with(route_to(("v1", None)))
    plan = plan_weights(item, request_of(("v1", 90), ("v2", 10)), add_missing=True)
    assert written(item, plan)["spec"]["http"][0]["route"] == [
        {"destination": {"host": "reviews", "subset": "v1"}, "weight": 90},
        {"destination": {"host": "reviews", "subset": "v2"}, "weight": 10},
    ]


@pytest.mark.parametrize("twice", [("reviews", "v1"), ("reviews.shop.svc.cluster.local", "v1")])
@pytest.mark.parametrize("add_missing", [False, True])
def test_one_destination_cannot_get_two_weights(twice: tuple[str, str], add_missing: bool) -> None:
    """By whatever names it is called: the last one would win, and the sum would no longer be what was asked."""
    wanted = (WantedWeight(60, subset="v1"), WantedWeight(20, *twice), WantedWeight(20, subset="v2"))
    item = object_with(route_to(("v2", 100)) if add_missing else route_to(("v1", 50), ("v2", 50)))
    with pytest.raises(errors.WeightsInvalid, match=r"same destination|named twice"):
        plan_weights(item, WeightRequest(wanted), add_missing=add_missing)


def test_warnings_name_what_distorts_a_measurement() -> None:
    faulty = route_to(("v1", 50), ("v2", 50), fault={"abort": {}}, mirror={"host": "x"})
    plan = plan_weights(object_with(route_to(("other", 1)), faulty), request_of(("v1", 50), ("v2", 50)))
    assert ["never reached" in plan.warnings[0], "faults" in plan.warnings[1], "mirrors" in plan.warnings[2]] == [
        True
    ] * 3


@pytest.mark.parametrize(
    ("written_weights", "held"),
    [({"a": 90, "b": 10}, {"a": 90, "b": 10}), ({"a": 100, "b": 0}, {"a": 1}), ({"a": 0}, {"a": 1})],
)
def test_effective_weights_are_those_that_envoy_gets(written_weights: dict[str, int], held: dict[str, int]) -> None:
    assert effective((("", key, None), weight) for key, weight in written_weights.items()) == {
        ("", key, None): weight for key, weight in held.items()
    }
