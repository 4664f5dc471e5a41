# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""istiod's own webhook agrees with our plan: what we write it accepts, and what it would refuse we refuse first.

It is asked by dry runs, so nothing is stored. How many objects were compared stands behind each scenario.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import jsonpatch
import kubernetes
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import corpus
from ansible_collections.aviary.canary.plugins.module_utils._domain import errors
from ansible_collections.aviary.canary.plugins.module_utils._domain.plan import WeightPlan, plan_weights
from ansible_collections.aviary.canary.plugins.module_utils._domain.weights import WantedWeight, WeightRequest
from integration import kube, real_fields
from modules.admin import Admin
from unit.plugins.module_utils._domain import strategies

REFUSALS = (errors.PlanRefused, errors.InvalidRequest)
PROTOCOLS = strategies.PROTOCOLS
Record = Callable[[str, str], None]


class Webhook:
    """What the API server, and istiod behind it, say of an object."""

    def __init__(self, namespace: str) -> None:
        self.api = kubernetes.client.CustomObjectsApi(Admin(os.environ["KUBECONFIG"]).client)
        self.namespace = namespace

    def refusal(self, item: dict[str, Any]) -> str | None:
        """The sentence of the refusal; None when the object would be created just so."""
        group, version = item["apiVersion"].split("/")
        body = {**item, "metadata": {**item["metadata"], "namespace": self.namespace}}
        plural = f"{item['kind'].lower()}s"
        strictly = {"dry_run": "All", "field_validation": "Strict"}
        try:
            found = self.api.create_namespaced_custom_object(group, version, self.namespace, plural, body, **strictly)
        except kubernetes.client.ApiException as answer:
            assert answer.status in (400, 422), answer
            return json.loads(answer.body)["message"]
        if item["kind"] == "VirtualService":  # the Gateway API has defaults that are filled in
            assert found["spec"] == item["spec"]
        return None


@pytest.fixture(scope="module")
def webhook(namespace: str) -> Webhook:
    kube.kubectl("create", "namespace", namespace)
    return Webhook(namespace)


def planned(item: dict[str, Any], asked: dict[str, Any]) -> WeightPlan:
    """The plan for a request as strategies.py draws it."""
    weights = tuple(WantedWeight(weight, host, subset, port) for host, subset, port, weight in asked["weights"])
    request = WeightRequest(weights, asked["total"], asked["others"])
    return plan_weights(item, request, **{name: asked[name] for name in corpus.CHOICE if name in asked})


def after(item: dict[str, Any], plan: WeightPlan) -> dict[str, Any]:
    return jsonpatch.apply_patch(item, plan.operations())


def generated(objects: int) -> settings:
    """New ones each time; a failure prints what repeats it."""
    unhurried = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(
        max_examples=objects, deadline=None, database=None, suppress_health_check=unhurried, print_blob=True
    )


# The corpus


@pytest.mark.parametrize("kind", ["virtual_services", "http_routes"])
def test_every_object_of_the_corpus_is_accepted(webhook: Webhook, record_property: Record, kind: str) -> None:
    objects = corpus.objects(kind)
    refused = {name: webhook.refusal(item) for name, item in objects.items()}
    assert {name: why for name, why in refused.items() if why} == {}
    record_property("seen", f"{len(objects)} objects")


def test_what_a_plan_makes_of_the_corpus_is_accepted(webhook: Webhook, record_property: Record) -> None:
    objects = corpus.objects("virtual_services")
    cases = [case for case in corpus.cases("virtual_services") if case.becomes]
    for case in cases:
        wanted = tuple(WantedWeight(**each) for each in case.asked["weights"])
        request = WeightRequest(wanted, case.total, case.asked.get("others", "refuse"))
        item = objects[case.file]
        assert webhook.refusal(after(item, plan_weights(item, request, **case.choice))) is None, str(case)
    record_property("seen", f"{len(cases)} objects")


# Objects that hypothesis makes of Istio's own fields


def test_what_a_plan_makes_of_any_object_is_accepted(webhook: Webhook, record_property: Record) -> None:
    tally: Counter[str] = Counter()

    @generated(objects=300)
    @given(strategies.single_cases(real_fields.virtual_services()))
    def agrees(case: strategies.Case) -> None:
        item, asked = case
        plan = planned(item, asked)
        if webhook.refusal(item):
            tally["refused from the start"] += 1
            return
        assert webhook.refusal(after(item, plan)) is None
        tally["compared"] += 1
        tally["changed"] += plan.changes

    agrees()
    record_property("seen", told(tally))
    assert tally["compared"] >= 200
    assert tally["changed"] >= 150
    assert tally["refused from the start"] * 10 <= tally["compared"] + tally["refused from the start"]


def told(tally: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(tally.items()))


def naive(protocol: str, weights: list[Any], **target: Any) -> dict[str, Any]:
    """What somebody would write who puts the weights into the object without a look at them."""
    elements = [
        strategies.element_of(("reviews", f"v{number}", None), weight, **target)
        for number, weight in enumerate(weights, 1)
    ]
    match = {"http": {}, "tcp": {"match": [{"port": 5672}]}, "tls": {"match": [{"sniHosts": ["reviews"]}]}}[protocol]
    return strategies.virtual_service_of({protocol: [{**match, "route": elements}]})


def ask(protocol: str, start: list[Any], weights: list[Any]) -> WeightPlan:
    """Ask us for the same: these weights, on a route that has others today."""
    wanted = tuple(WantedWeight(weight, subset=f"v{number}") for number, weight in enumerate(weights, 1))
    return plan_weights(naive(protocol, start), WeightRequest(wanted, sum(weights)), protocol=protocol)


SOME_WEIGHTS = st.sampled_from([0, 0, 0, 1, 5, 50, 99, 100, 9995, 10**6, -1, -100, 2**30, 2**31 - 1, 2**31])


def test_weights_that_we_take_are_weights_that_istio_takes(webhook: Webhook, record_property: Record) -> None:
    """Also the other way round, but for a total over our own largest one."""
    tally: Counter[str] = Counter()

    @generated(objects=300)
    @given(st.sampled_from(PROTOCOLS), st.lists(SOME_WEIGHTS, min_size=2, max_size=5))
    def agrees(protocol: str, weights: list[int]) -> None:
        raw = webhook.refusal(naive(protocol, weights))
        try:
            plan = ask(protocol, [1] * len(weights), weights)
        except REFUSALS as refusal:
            assert raw or sum(weights) > 1_000_000
            tally["refused by both" if raw else "too large for us alone"] += 1
            assert refusal.reason == "weights_invalid"
        else:
            assert raw is None
            assert [row["weight"] for row in plan.after()] == weights
            tally["taken by both"] += 1

    agrees()
    record_property("seen", told(tally))
    assert sum(tally.values()) >= 200
    assert min(tally["taken by both"], tally["refused by both"]) >= 20


# What Istio would refuse


REFUSED_WEIGHTS = {
    "all zero": [0, 0],
    "all zero, more of them": [0, 0, 0, 0],
    "negative beside enough": [110, -10],
    "negative alone": [-1],
    "more than 32 bits hold": [2**31, 1],
    "a sum that wraps around to nothing": [2**30] * 4,
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("weights", REFUSED_WEIGHTS.values(), ids=REFUSED_WEIGHTS)
def test_weights_that_istio_refuses_we_refuse_first(webhook: Webhook, protocol: str, weights: list[int]) -> None:
    with pytest.raises(REFUSALS) as refusal:
        ask(protocol, [100, 0, 0, 0][: len(weights)], weights)
    check_own_words(refusal.value, webhook.refusal(naive(protocol, weights)))


def check_own_words(refusal: errors.CanaryError, raw: str | None) -> None:
    """Istio refuses too, and our sentence is not Istio's."""
    assert raw
    assert refusal.reason
    assert refusal.hint
    cause = raw.rpartition("configuration is invalid: ")[2].strip()
    assert cause not in refusal.message
    assert not any(word in refusal.message for word in ("webhook", "configuration is invalid", "denied the request"))


@pytest.mark.parametrize("others", ["refuse", "keep", "zero"])
def test_a_route_that_would_lose_all_its_weight_is_refused(webhook: Webhook, others: str) -> None:
    """Whatever `others` says, the weights that are left are counted before anything is written."""
    start = naive("http", [100, 0])
    with pytest.raises(REFUSALS) as refusal:
        plan_weights(start, WeightRequest((WantedWeight(0, subset="v1"),), total=1, others=others))
    check_own_words(refusal.value, webhook.refusal(naive("http", [0, 0])))


REFUSED_TARGETS: dict[str, strategies.Key] = {  # what could be added to a route
    "no host": ("", None, None),
    "a subset with a dot": ("reviews", "v1.0", None),
    "a subset with an underscore": ("reviews", "v_1", None),
    "a host with an underscore": ("my_reviews", None, None),
    "a host with a blank": ("my reviews", None, None),
    "a host that is a wildcard": ("*", None, None),
    "a host that is too long": ("a" * 256, None, None),
    "port 0": ("reviews", None, 0),
    "a port over the largest": ("reviews", None, 65536),
    "a negative port": ("reviews", None, -1),
}


@pytest.mark.parametrize("target", REFUSED_TARGETS.values(), ids=REFUSED_TARGETS)
def test_a_destination_that_istio_refuses_is_not_added(webhook: Webhook, target: strategies.Key) -> None:
    item = naive("http", [90])
    item["spec"]["http"][0]["route"].append(strategies.element_of(target, 10))
    wanted = (WantedWeight(90, subset="v1"), WantedWeight(10, *target))
    with pytest.raises(REFUSALS) as refusal:
        plan_weights(naive("http", [100]), WeightRequest(wanted), add_missing=True)
    check_own_words(refusal.value, webhook.refusal(item))


def test_an_empty_list_of_weights_is_refused(webhook: Webhook) -> None:
    with pytest.raises(REFUSALS) as refusal:
        WeightRequest(())
    check_own_words(refusal.value, webhook.refusal(naive("http", [])))


# Shapes on which one may disagree


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_absent_weight_is_a_zero_to_both(webhook: Webhook, protocol: str) -> None:
    """Beside another one it is nothing, and two of them are as wrong as two zeros."""
    assert webhook.refusal(naive(protocol, [100, None])) is None
    assert not ask(protocol, [100, None], [100, 0]).changes
    plan = ask(protocol, [100, None], [0, 100])
    assert webhook.refusal(after(naive(protocol, [100, None]), plan)) is None

    assert webhook.refusal(naive(protocol, [None, None]))
    with pytest.raises(errors.WeightsInvalid):
        ask(protocol, [None, None], [0, 0])


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("weight", [None, 0, 1, 100, 2**31 - 1])
def test_a_destination_that_is_alone_needs_no_weight_for_either(
    webhook: Webhook, protocol: str, weight: int | None
) -> None:
    assert webhook.refusal(naive(protocol, [weight])) is None
    assert not ask(protocol, [weight], [100]).changes


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("others", ["keep", "scale", "zero"])
def test_a_destination_that_stands_twice_is_legal_to_both(webhook: Webhook, protocol: str, others: str) -> None:
    """Istio adds the two up; by its name we write neither, and beside another one both as `others` says."""
    item = naive(protocol, [45, 45, 10])
    elements = item["spec"][protocol][0]["route"]
    elements[1]["destination"] = dict(elements[0]["destination"])
    assert webhook.refusal(item) is None
    with pytest.raises(errors.RouteAmbiguous):
        plan_weights(item, WeightRequest((WantedWeight(100, subset="v1"),), others=others), protocol=protocol)
    total = 30 if others == "zero" else 120
    plan = plan_weights(item, WeightRequest((WantedWeight(30, subset="v3"),), total, others), protocol=protocol)
    assert [row["weight"] for row in plan.after()] == {"zero": [0, 0, 30]}.get(others, [45, 45, 30])
    assert webhook.refusal(after(item, plan)) is None


def test_the_totals_that_only_we_refuse(webhook: Webhook) -> None:
    """Nobody needs more than a million, and Istio's own sum may wrap around above 32 bits."""
    assert webhook.refusal(naive("http", [10**6, 1])) is None
    with pytest.raises(errors.WeightsInvalid, match="between 1 and 1000000"):
        ask("http", [1, 1], [10**6, 1])
    assert webhook.refusal(naive("http", [0])) is None
    with pytest.raises(errors.WeightsInvalid):
        ask("http", [100], [0])
