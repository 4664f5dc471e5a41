# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Config dumps as Envoy prints them, and when a proxy counts as applied."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._domain import envoy
from ansible_collections.aviary.canary.plugins.module_utils._domain.plan import WeightPlan, plan_weights
from ansible_collections.aviary.canary.plugins.module_utils._domain.routes import Shares, read_routes
from ansible_collections.aviary.canary.plugins.module_utils._domain.shapes import HTTP_ROUTE
from ansible_collections.aviary.canary.plugins.module_utils._domain.weights import WantedWeight, WeightRequest

HOST = "reviews.shop.svc.cluster.local"
CONFIG = "/apis/networking.istio.io/v1/namespaces/shop/virtual-service/reviews"


def envoy_route(weights: dict[str, int], config: str = CONFIG) -> dict[str, Any]:
    clusters = [{"name": f"outbound|80|{subset}|{HOST}", "weight": weight} for subset, weight in weights.items()]
    action = {"cluster": clusters[0]["name"]} if len(clusters) == 1 else {"weighted_clusters": {"clusters": clusters}}
    return {"metadata": {"filter_metadata": {"istio": {"config": config}}}, "route": action}


def dump_of(*routes: dict[str, Any]) -> dict[str, Any]:
    return {"configs": [{"route_config": {"virtual_hosts": [{"routes": list(routes)}]}}, {}]}


ORIGIN = envoy.Origin(("/namespaces/shop/virtual-service/reviews",))


def held_in(dump: dict[str, Any]) -> list[envoy.HeldRoute]:
    return envoy.held_routes(dump, ORIGIN)


def shares_in(dump: dict[str, Any], origin: envoy.Origin = ORIGIN, in_mesh: bool = True) -> list[envoy.Held]:
    return [each.shares for each in envoy.held_routes(dump, origin, in_mesh)]


def wishes_of(plan: WeightPlan) -> list[envoy.Wish]:
    return [envoy.Wish(shares) for shares in plan.shares()]


def in_no_place(*shares: envoy.Held) -> list[envoy.HeldRoute]:
    return [envoy.HeldRoute("", "", each) for each in shares]


def declared_in(item: dict[str, Any]) -> list[Shares]:
    return [route.shares for route in read_routes(item)]


def test_only_routes_of_the_virtual_service_count() -> None:
    other = envoy_route({"v1": 50, "v2": 50}, CONFIG.replace("reviews", "ratings"))
    found = shares_in(dump_of(envoy_route({"v1": 90, "v2": 10}), other, {"redirect": {}}))
    assert found == [{("v1", HOST, 80): 90, ("v2", HOST, 80): 10}]


def virtual_service(*weights: dict[str, int]) -> dict[str, Any]:
    entries = [
        {
            "route": [
                {"destination": {"host": "reviews", "subset": subset}, "weight": weight}
                for subset, weight in each.items()
            ]
        }
        for each in weights
    ]
    return {"metadata": {"name": "reviews", "namespace": "shop"}, "spec": {"http": entries}}


@pytest.mark.parametrize(
    ("held", "applied"),
    [
        ([{"v1": 90, "v2": 10}, {"v3": 100}], True),
        ([{"v1": 90, "v2": 10}], True),
        ([{"v1": 100}, {"v3": 100}], False),
        ([{"v1": 90, "v2": 10}, {"v1": 100}], False),
        ([], False),
    ],
)
def test_a_proxy_is_applied_when_it_has_the_new_weights_and_no_old_ones(
    held: list[dict[str, int]], applied: bool
) -> None:
    request = WeightRequest((WantedWeight(90, subset="v1"), WantedWeight(10, subset="v2")))
    plan = plan_weights(virtual_service({"v1": 100, "v2": 0}, {"v3": 100}), request)
    declared = declared_in(virtual_service({"v1": 90, "v2": 10}, {"v3": 100}))
    shares = held_in(dump_of(*(envoy_route(each) for each in held)))
    assert envoy.holds(wishes_of(plan), declared, shares) is applied


def cluster(subset: str, *health: dict[str, Any], port: int = 80) -> dict[str, Any]:
    return {"name": f"outbound|{port}|{subset}|{HOST}", "host_statuses": [{"health_status": each} for each in health]}


def test_endpoints_count_when_nothing_speaks_against_them() -> None:
    healthy, ejected = {"eds_health_status": "HEALTHY"}, {"eds_health_status": "HEALTHY", "failed_outlier_check": True}
    dump = {"cluster_statuses": [cluster("v1", healthy, ejected), cluster("v2"), cluster("v3", healthy), {"name": "x"}]}
    assert envoy.healthy_endpoints(dump, HOST, ["v1", "v2"], None) == {"v1": 1, "v2": 0}


def test_a_subset_on_several_ports_counts_with_its_weakest() -> None:
    dump = {"cluster_statuses": [cluster("v1", {}, {}), cluster("v1", {}, port=8080)]}
    assert envoy.healthy_endpoints(dump, HOST, ["v1"], None) == {"v1": 1}
    assert envoy.healthy_endpoints(dump, HOST, ["v1"], 80) == {"v1": 2}


def test_ports_of_one_host_are_told_apart() -> None:
    def item(first: int, second: int) -> dict[str, Any]:
        ports = [(80, first), (8080, second)]
        route = [{"destination": {"host": "reviews", "port": {"number": p}}, "weight": w} for p, w in ports]
        return {"metadata": {"name": "reviews", "namespace": "shop"}, "spec": {"http": [{"route": route}]}}

    wanted = (WantedWeight(10, "reviews", port=80), WantedWeight(90, "reviews", port=8080))
    plan = plan_weights(item(90, 10), WeightRequest(wanted))
    old, new = ({("", HOST, 80): a, ("", HOST, 8080): b} for a, b in ((90, 10), (10, 90)))
    declared = declared_in(item(10, 90))
    assert (
        envoy.holds(wishes_of(plan), declared, in_no_place(old)),
        envoy.holds(wishes_of(plan), declared, in_no_place(new)),
    ) == (False, True)


def test_a_foreign_route_that_names_a_port_does_not_hide_ours_that_names_none() -> None:
    def item(v1: int, v2: int) -> dict[str, Any]:
        beta = {"destination": {"host": "reviews", "subset": "v2", "port": {"number": 80}}}
        return virtual_service({"v1": v1, "v2": v2}) | {
            "spec": {"http": [{"route": [beta]}, *virtual_service({"v1": v1, "v2": v2})["spec"]["http"]]}
        }

    plan = plan_weights(item(1, 99), WeightRequest((WantedWeight(99, subset="v1"), WantedWeight(1, subset="v2"))))
    held = held_in(dump_of(envoy_route({"v2": 1}), envoy_route({"v1": 99, "v2": 1})))
    assert envoy.holds(wishes_of(plan), declared_in(item(99, 1)), held)
    old = held_in(dump_of(envoy_route({"v2": 1}), envoy_route({"v1": 1, "v2": 99})))
    assert not envoy.holds(wishes_of(plan), declared_in(item(99, 1)), old)


def listener(*chains: dict[str, Any], default: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"filter_chains": list(chains)}
    if default:
        found["default_filter_chain"] = default
    return {"name": "10.0.0.1_9000", "active_state": {"listener": found}}


def chain(weights: dict[str, int], config: str | None = CONFIG) -> dict[str, Any]:
    action = envoy_route(weights)["route"]
    proxy = {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", **action}
    named = {"metadata": {"filter_metadata": {"istio": {"config": config}}}} if config else {}
    return {**named, "filters": [{"name": "x", "typed_config": {"@type": "other"}}, {"typed_config": proxy}]}


def test_tcp_and_tls_weights_are_read_from_the_filter_chains() -> None:
    foreign = chain({"v1": 1}, CONFIG.replace("reviews", "ratings"))
    dump = {"configs": [listener(foreign, chain({"v1": 70, "v2": 30}), default=chain({"v1": 1})), {"name": "empty"}]}
    assert shares_in(dump) == [{("v1", HOST, 80): 70, ("v2", HOST, 80): 30}, {("v1", HOST, 80): 1}]


def test_a_chain_without_a_name_is_told_by_where_it_sends() -> None:
    """A gateway's chains carry no metadata."""
    item = virtual_service({"v1": 70, "v2": 30})
    item["spec"]["tcp"] = item["spec"].pop("http")
    origin = envoy.of_virtual_services([item], read_routes(item, "tcp"))
    elsewhere = chain({"v1": 70, "v2": 30}, None)
    elsewhere["filters"][1]["typed_config"]["weighted_clusters"]["clusters"][0]["name"] = "outbound|80||other"
    dump = {"configs": [listener(chain({"v1": 70, "v2": 30}, None), elsewhere)]}
    assert shares_in(dump, origin, in_mesh=False) == [{("v1", HOST, 80): 70, ("v2", HOST, 80): 30}]
    assert shares_in(dump, origin) == []  # a sidecar's own chain for a Service looks the same


def test_an_http_chain_without_metadata_is_nobodys() -> None:
    origin = envoy.of_virtual_services([virtual_service({"v1": 1})], read_routes(virtual_service({"v1": 1})))
    assert shares_in({"configs": [listener(chain({"v1": 1}, None))]}, origin, in_mesh=False) == []


def test_the_routes_of_an_http_route_are_told_by_rule_and_backends() -> None:
    backends = [{"name": "reviews-v1", "port": 80, "weight": 90}, {"name": "reviews-v2", "port": 80, "weight": 10}]
    item = {
        "metadata": {"name": "reviews", "namespace": "shop"},
        "spec": {"rules": [{"backendRefs": backends}, {"name": "beta", "backendRefs": backends[1:]}]},
    }
    origin = envoy.of_http_route(item, read_routes(item, shape=HTTP_ROUTE))

    def route(name: str, *hosts: str) -> dict[str, Any]:
        clusters = [{"name": f"outbound|80||{host}.shop.svc.cluster.local", "weight": 1} for host in hosts]
        generated = CONFIG.replace("reviews", "shop~reviews.shop.svc.cluster.local")
        metadata = {"filter_metadata": {"istio": {"config": generated}}}
        return {"name": name, "metadata": metadata, "route": {"weighted_clusters": {"clusters": clusters}}}

    ours = [route("shop.reviews.0", "reviews-v1", "reviews-v2"), route("beta", "reviews-v2")]
    others = [route("shop.ratings.0", "reviews-v1"), route("beta", "ratings"), route("", "reviews-v1")]
    assert len(shares_in(dump_of(*ours), origin)) == 2
    assert shares_in(dump_of(*others), origin) == []


def test_a_route_that_has_not_moved_is_not_taken_for_another_with_the_same_weights() -> None:
    """r0 has 90/10 already and r2 keeps 100/0: only the order tells that r1 has not moved to 90/10 yet."""
    moved, kept = {"v1": 90, "v2": 10}, {"v1": 100}
    request = WeightRequest((WantedWeight(90, subset="v1"), WantedWeight(10, subset="v2")))
    before = virtual_service(moved, {"v1": 100, "v2": 0}, kept)
    plan = plan_weights(before, request, route="1")
    declared = declared_in(virtual_service(moved, moved, kept))
    stale, fresh = (held_in(dump_of(*map(envoy_route, each))) for each in ([moved, kept, kept], [moved, moved, kept]))
    assert not envoy.holds(wishes_of(plan), declared, stale, declared)
    assert envoy.holds(wishes_of(plan), declared, fresh, declared)
    assert not envoy.holds(wishes_of(plan), declared, fresh[:2], declared)


def test_a_wish_for_a_name_or_a_port_is_met_there_alone() -> None:
    share: envoy.Held = {("v1", HOST, 80): 1}
    wish = envoy.Wish({("v1", HOST, None): 1}, name="beta")
    assert wish.is_met_by(envoy.HeldRoute("80/a", "beta", share))
    assert not wish.is_met_by(envoy.HeldRoute("80/a", "shop.reviews.0", share))
    wish = envoy.Wish({("v1", HOST, None): 1}, ports=frozenset({9000}))
    assert wish.is_met_by(envoy.HeldRoute("10.0.0.1_9000", "", share))
    assert not wish.is_met_by(envoy.HeldRoute("10.0.0.1_9001", "", share))
    assert not wish.is_met_by(envoy.HeldRoute("virtualInbound", "", share))


def test_what_cannot_all_be_known_is_not_held_against_a_proxy() -> None:
    wish = envoy.Wish({("v1", HOST, None): 1})
    held = in_no_place({("v1", HOST, 80): 1}, {("v2", HOST, 80): 1})
    assert envoy.holds([wish], None, held)
    assert not envoy.holds([wish], [{("v1", HOST, None): 1}], held)
