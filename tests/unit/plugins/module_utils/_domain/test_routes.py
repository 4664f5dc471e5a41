# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan promises about the object that it is for: nothing but the weights of the chosen routes changes."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.aviary.canary.plugins.module_utils._domain import errors
from ansible_collections.aviary.canary.plugins.module_utils._domain.plan import RouteEdit, WeightPlan, plan_weights
from ansible_collections.aviary.canary.plugins.module_utils._domain.routes import effective
from ansible_collections.aviary.canary.plugins.module_utils._domain.weights import (
    LARGEST_TOTAL,
    WantedWeight,
    WeightRequest,
)

from . import strategies


def request_of(*weights: tuple[str, int], **options: Any) -> WeightRequest:
    return WeightRequest(tuple(WantedWeight(weight, subset=subset) for subset, weight in weights), **options)


def planned(virtual_service: dict[str, Any], asked: dict[str, Any]) -> WeightPlan:
    """The plan for a request as strategies.py draws it."""
    weights = tuple(WantedWeight(weight, host, subset, port) for host, subset, port, weight in asked["weights"])
    request = WeightRequest(weights, asked["total"], asked["others"])
    choice = {name: asked[name] for name in ("protocol", "route", "all_matching", "add_missing") if name in asked}
    return plan_weights(virtual_service, request, **choice)


def written(virtual_service: dict[str, Any], plan: WeightPlan) -> dict[str, Any]:
    return jsonpatch.apply_patch(virtual_service, plan.operations()) if plan.changes else virtual_service


def elements(virtual_service: dict[str, Any], edit: RouteEdit) -> list[dict[str, Any]]:
    """The destinations of an edited route, in an object before or after."""
    return virtual_service["spec"][edit.route.protocol][edit.route.index]["route"]


def without_own_weights(virtual_service: dict[str, Any], plan: WeightPlan) -> str:
    """The object's text, in its own order, less the weights of the edited routes and what the plan adds to them."""
    rest = copy.deepcopy(virtual_service)
    for edit in plan.edits:
        del elements(rest, edit)[len(edit.route.destinations) :]
        for element in elements(rest, edit):
            element.pop("weight", None)
    return json.dumps(rest)


@given(strategies.sensible_cases())
def test_everything_foreign_stays_equal_and_in_order(case: strategies.Case) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    after = written(virtual_service, plan)
    assert without_own_weights(after, plan) == without_own_weights(virtual_service, plan)


@given(strategies.sensible_cases())
def test_planning_never_changes_the_object_that_was_read(case: strategies.Case) -> None:
    virtual_service, asked = case
    before = json.dumps(virtual_service)
    written(copy.deepcopy(virtual_service), planned(virtual_service, asked))
    assert json.dumps(virtual_service) == before


@given(strategies.sensible_cases())
def test_a_plan_that_was_written_changes_nothing_a_second_time(case: strategies.Case) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    again = planned(written(virtual_service, plan), asked)
    assert not again.changes
    assert again.before() == plan.after()


@given(strategies.sensible_cases())
def test_the_weights_of_a_changed_route_are_those_asked_and_add_up_to_the_total(case: strategies.Case) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    after = written(virtual_service, plan)
    for edit in plan.edits:
        found = [(*strategies.key_of(each), each.get("weight", 0)) for each in elements(after, edit)]
        assert found == [(row["host"], row["subset"], row["port"], row["weight"]) for row in edit.after()]
        if edit.changes:
            assert sum(weight for *_key, weight in found) == asked["total"]
            for *key, weight in asked["weights"]:
                assert [row[3] for row in found if strategies.names(tuple(key), row[:3])] == [weight]


@given(strategies.twin_cases())
def test_all_matching_routes_get_the_same_weights_and_their_neighbours_none(case: strategies.Case) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    twins = [i for i, entry in enumerate(virtual_service["spec"]["http"]) if len(entry.get("route", [])) > 1]
    assert [edit.route.index for edit in plan.edits] == twins
    assert len({frozenset(shares.items()) for shares in plan.shares()}) == 1
    with pytest.raises(errors.RouteAmbiguous):
        planned(virtual_service, {**asked, "all_matching": False})


@settings(max_examples=50)  # of many more that are drawn, because few requests have a way back
@given(strategies.sensible_cases())
def test_there_and_back_restores_the_object(case: strategies.Case) -> None:
    """By a second request for the weights that were there; an absent weight comes back as the 0 that it meant."""
    virtual_service, asked = case
    assume(not asked.get("add_missing"))  # a destination that was added can be set to 0, but no request takes it away
    plan = planned(virtual_service, asked)
    there, expected = written(virtual_service, plan), copy.deepcopy(virtual_service)
    for edit in plan.edits:
        if edit.changes:
            there = written(there, planned(there, what_it_was(edit)))
            for element, destination, weight in zip(elements(expected, edit), edit.route.destinations, edit.weights):
                if weight != destination.weight:
                    element.setdefault("weight", 0)
    assert json.dumps(there) == json.dumps(expected)


def what_it_was(edit: RouteEdit) -> dict[str, Any]:
    """A request for the weights of a route as it was read; assumes that one can be made."""
    present = [(d.host, d.subset, d.port) for d in edit.route.destinations]
    weights = [(*key, d.weight) for key, d in zip(present, edit.route.destinations)]
    total = sum(d.weight for d in edit.route.destinations)
    assume(strategies.alone(present) == present and 0 < total <= LARGEST_TOTAL)
    choice = {"protocol": edit.route.protocol, "route": str(edit.route.index)}
    return {"weights": weights, "total": total, "others": "refuse", **choice}


@given(strategies.sensible_cases())
def test_the_reversal_restores_every_byte(case: strategies.Case) -> None:
    """An absent weight, and a destination that was added, too."""
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    there = written(virtual_service, plan)
    assert json.dumps(jsonpatch.apply_patch(there, plan.reversal(there))) == json.dumps(virtual_service)


@given(strategies.sensible_cases(), st.integers(0, 3))
def test_a_concurrent_change_of_the_route_fails_the_guards(case: strategies.Case, which: int) -> None:
    virtual_service, asked = case
    plan = planned(virtual_service, asked)
    assume(plan.changes)
    other = copy.deepcopy(virtual_service)
    changed = elements(other, next(edit for edit in plan.edits if edit.changes))
    changed[which % len(changed)]["weight"] = 1000
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(other, plan.operations())


@given(strategies.virtual_services(), strategies.any_requests())
def test_any_request_ends_in_a_plan_or_in_a_named_refusal_that_writes_nothing(
    virtual_service: dict[str, Any], asked: dict[str, Any]
) -> None:
    before = json.dumps(virtual_service)
    try:
        plan = planned(virtual_service, asked)
    except (errors.PlanRefused, errors.InvalidRequest) as refusal:
        assert refusal.reason in ("route_missing", "route_ambiguous", "destinations_left", "weights_invalid")
        assert refusal.message.endswith(".")
        assert refusal.hint
    else:
        assert {sum(row["weight"] for row in edit.after()) for edit in plan.edits if edit.changes} <= {asked["total"]}
    assert json.dumps(virtual_service) == before


twice = st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=2, max_size=3)


def route_with_twins(key: strategies.Key, weights: list[int | None]) -> dict[str, Any]:
    """A route that sends to one destination several times, and to `rest`."""
    twins = [strategies.element_of(key, weight) for weight in weights]
    return object_with({"route": [*twins, strategies.element_of(("rest", None, None), 1)]})


@given(strategies.keys, twice, st.sampled_from(strategies.OTHERS))
def test_a_destination_that_stands_twice_cannot_be_named(
    key: strategies.Key, old: list[int | None], others: str
) -> None:
    """Which of the two would it be?"""
    with pytest.raises(errors.RouteAmbiguous):
        planned(route_with_twins(key, old), {"weights": [(*key, 100)], "total": 100, "others": others})


@given(strategies.keys, twice, st.sampled_from(["keep", "scale", "zero"]))
def test_a_destination_that_stands_twice_moves_as_others_says(
    key: strategies.Key, old: list[int | None], others: str
) -> None:
    known = [weight or 0 for weight in old]
    total = {"keep": sum(known) + 10, "scale": 100, "zero": 10}[others]
    start = route_with_twins(key, old)
    plan = planned(start, {"weights": [("rest", None, None, 10)], "total": total, "others": others})
    *twins, rest = (row["weight"] for row in plan.after())
    assert (sum(twins), rest) == (total - 10, 10)
    assert others != "keep" or twins == known


def route_to(*destinations: tuple[str, int | None], **fields: Any) -> dict[str, Any]:
    elements = [
        {"destination": {"host": "reviews", "subset": subset}, **({} if weight is None else {"weight": weight})}
        for subset, weight in destinations
    ]
    return {**fields, "route": elements}


def object_with(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "reviews", "namespace": "shop"}, "spec": {"http": list(entries)}}


def test_there_and_back_by_example() -> None:
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


def test_an_added_subset_takes_the_port_that_its_siblings_share() -> None:
    element = {"destination": {"host": "reviews", "subset": "v1", "port": {"number": 8080}}, "weight": 100}
    item = object_with({"route": [element]})
    plan = plan_weights(item, request_of(("v1", 90), ("v2", 10)), add_missing=True)
    added = written(item, plan)["spec"]["http"][0]["route"][1]
    assert added == {"destination": {"host": "reviews", "subset": "v2", "port": {"number": 8080}}, "weight": 10}
