# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every object of tests/corpus, and each case of it: the outcome is the table's, and nothing else is touched."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch
import pytest

import corpus
from ansible_collections.aviary.canary.plugins.module_utils._domain import errors
from ansible_collections.aviary.canary.plugins.module_utils._domain.plan import RouteEdit, WeightPlan, plan_weights
from ansible_collections.aviary.canary.plugins.module_utils._domain.shapes import HTTP_ROUTE, VIRTUAL_SERVICE
from ansible_collections.aviary.canary.plugins.module_utils._domain.weights import WantedWeight, WeightRequest

SHAPES = {"virtual_services": VIRTUAL_SERVICE, "http_routes": HTTP_ROUTE}
OBJECTS = {kind: corpus.objects(kind) for kind in SHAPES}
CASES = [case for kind in SHAPES for case in corpus.cases(kind)]
CARRIED_OUT = [case for case in CASES if case.becomes is not None]
REFUSED = [case for case in CASES if case.refused is not None]


def of(cases: list[corpus.Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=str)


def plan_of(case: corpus.Case, item: dict[str, Any]) -> WeightPlan:
    wanted = tuple(WantedWeight(**each) for each in case.asked["weights"])
    request = WeightRequest(wanted, case.total, case.asked.get("others", "refuse"), SHAPES[case.kind])
    return plan_weights(item, request, SHAPES[case.kind], **case.choice)


def written(item: dict[str, Any], plan: WeightPlan) -> dict[str, Any]:
    return jsonpatch.apply_patch(item, plan.operations())


def members(item: dict[str, Any], edit: RouteEdit) -> list[dict[str, Any]]:
    """The destinations of an edited route, in an object before or after."""
    return edit.route.shape.entries(item, edit.route.protocol)[edit.route.index][edit.route.shape.members]


def without_own_weights(item: dict[str, Any], plan: WeightPlan) -> str:
    """The text of the object, in its own order, less the weights of the chosen routes and what the plan adds."""
    rest = copy.deepcopy(item)
    for edit in plan.edits:
        elements = members(rest, edit)
        del elements[len(edit.route.destinations) :]
        for element in elements:
            element.pop("weight", None)
    return json.dumps(rest)


def weights(item: dict[str, Any], plan: WeightPlan) -> dict[int, list[int]]:
    absent = plan.edits[0].route.shape.absent_weight
    return {edit.route.index: [each.get("weight", absent) for each in members(item, edit)] for edit in plan.edits}


@pytest.mark.parametrize("kind", ["virtual_services", "http_routes"])
def test_every_file_has_a_case_and_says_where_it_is_met(kind: str) -> None:
    assert {case.file for case in corpus.cases(kind)} == {path.stem for path in corpus.files(kind)}
    assert [path.name for path in corpus.files(kind) if not path.read_text().splitlines()[1].startswith("# Met ")] == []
    undecided = [str(case) for case in corpus.cases(kind) if (case.becomes is None) == (case.refused is None)]
    assert undecided == []


@of(CARRIED_OUT)
def test_the_chosen_routes_get_the_weights_of_the_table(case: corpus.Case) -> None:
    item = OBJECTS[case.kind][case.file]
    plan = plan_of(case, item)
    assert weights(written(item, plan), plan) == case.becomes


@of(CARRIED_OUT)
def test_everything_else_keeps_its_bytes_and_its_order(case: corpus.Case) -> None:
    item = OBJECTS[case.kind][case.file]
    before = json.dumps(item)
    plan = plan_of(case, item)
    assert without_own_weights(written(item, plan), plan) == without_own_weights(item, plan)
    assert json.dumps(item) == before


@of(CARRIED_OUT)
def test_the_weights_of_a_route_that_changes_add_up_to_the_total(case: corpus.Case) -> None:
    item = OBJECTS[case.kind][case.file]
    plan = plan_of(case, item)
    after = weights(written(item, plan), plan)
    assert {sum(after[edit.route.index]) for edit in plan.edits if edit.changes} <= {case.total}


@of(CARRIED_OUT)
def test_the_result_names_the_weights_that_stand_in_the_object(case: corpus.Case) -> None:
    item = OBJECTS[case.kind][case.file]
    plan = plan_of(case, item)
    for rows, found in ((plan.before(), item), (plan.after(), written(item, plan))):
        assert [row["weight"] for row in rows] == [one for each in weights(found, plan).values() for one in each]


@of(CARRIED_OUT)
def test_the_same_request_changes_nothing_a_second_time(case: corpus.Case) -> None:
    item = OBJECTS[case.kind][case.file]
    after = written(item, plan_of(case, item))
    again = plan_of(case, after)
    assert again.operations() == []
    assert json.dumps(written(after, again)) == json.dumps(after)


# What no request can ask for: a weight for each of two destinations with one name, a total over the largest or of 0.
NO_WAY_BACK_BY_REQUEST = {
    *("duplicate_destination", "one_host_two_spellings", "port_twins", "duplicate_backend"),
    *("huge_weights", "five_backends", "all_zero", "single_zero"),
}


@of([c for c in CARRIED_OUT if not c.asked.get("add_missing") and c.file not in NO_WAY_BACK_BY_REQUEST])
def test_there_and_back_by_request_restores_the_object(case: corpus.Case) -> None:
    """Up to a weight that was absent: it comes back as the number that it meant."""
    item = OBJECTS[case.kind][case.file]
    plan = plan_of(case, item)
    there = written(item, plan)
    for edit in plan.edits:
        if edit.changes:
            there = written(there, plan_of_old(there, edit))
    assert json.dumps(there) == json.dumps(with_absent_weights_written(item, plan))


def plan_of_old(there: dict[str, Any], edit: RouteEdit) -> WeightPlan:
    """Ask for the weights that the route had, each destination by its full name."""
    route = edit.route
    old = tuple(WantedWeight(d.weight, d.host, d.subset, d.port) for d in route.destinations)
    request = WeightRequest(old, sum(wanted.weight for wanted in old), shape=route.shape)
    return plan_weights(there, request, route.shape, protocol=route.protocol, route=str(route.index))


def with_absent_weights_written(item: dict[str, Any], plan: WeightPlan) -> dict[str, Any]:
    """As the object, but each weight that the plan had to create is there."""
    filled = copy.deepcopy(item)
    for edit in plan.edits:
        for element, old, new in zip(members(filled, edit), edit.route.destinations, edit.weights):
            if edit.changes and old.weight != new:
                element.setdefault("weight", edit.route.shape.absent_weight)
    return filled


@of(CARRIED_OUT)
def test_the_reversal_of_a_plan_restores_the_object(case: corpus.Case) -> None:
    """Every byte, an absent weight and a destination that was added too."""
    item = OBJECTS[case.kind][case.file]
    plan = plan_of(case, item)
    there = written(item, plan)
    assert json.dumps(jsonpatch.apply_patch(there, plan.reversal(there))) == json.dumps(item)


@of(REFUSED)
def test_a_refusal_gives_the_reason_of_the_table_and_leaves_the_object_equal(case: corpus.Case) -> None:
    item = copy.deepcopy(OBJECTS[case.kind][case.file])
    with pytest.raises((errors.PlanRefused, errors.InvalidRequest)) as refusal:
        plan_of(case, item)
    assert refusal.value.reason == case.refused
    assert json.dumps(item) == json.dumps(OBJECTS[case.kind][case.file])
