# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DestinationRule that istiod would choose."""

from __future__ import annotations

from typing import Any

from ansible_collections.aviary.canary.plugins.module_utils._domain.subsets import effective_subsets, selects

HOST = "reviews.shop.svc.cluster.local"


def rule(namespace: str, name: str, *subsets: str, host: str = HOST, created: str = "2026-01-01") -> dict[str, Any]:
    return {
        "metadata": {"namespace": namespace, "name": name, "creationTimestamp": created},
        "spec": {"host": host, "subsets": [{"name": subset, "labels": {"from": name}} for subset in subsets]},
    }


def test_the_first_namespace_with_a_rule_wins_without_a_merge() -> None:
    rules = [rule("shop", "service", "v1", "v2"), rule("client", "shadow", "v1")]
    where, subsets = effective_subsets(rules, HOST, ["client", "shop"])
    assert (where, list(subsets)) == ("client/shadow", ["v1"])


def test_rules_of_one_namespace_join_and_the_oldest_keeps_a_name() -> None:
    rules = [rule("shop", "newer", "v1", "v3", created="2026-02-01"), rule("shop", "older", "v1", "v2")]
    where, subsets = effective_subsets(rules, HOST, ["shop"])
    assert where == "shop/older, shop/newer"
    assert {name: labels["from"] for name, labels in subsets.items()} == {"v1": "older", "v2": "older", "v3": "newer"}


def test_a_short_host_is_read_in_its_own_namespace() -> None:
    assert effective_subsets([rule("shop", "short", "v1", host="reviews")], HOST, ["shop"])[0] == "shop/short"
    assert effective_subsets([rule("other", "short", "v1", host="reviews")], HOST, ["other"]) == (None, {})


def test_a_wildcard_covers_a_host_and_the_longest_one_wins() -> None:
    rules = [rule("shop", "all", "v1", host="*"), rule("shop", "shop", "v2", host="*.shop.svc.cluster.local")]
    assert effective_subsets(rules, HOST, ["shop"])[0] == "shop/shop"
    assert effective_subsets([*rules, rule("shop", "own", "v3")], HOST, ["shop"])[0] == "shop/own"


def test_a_rule_without_a_spec_covers_nothing() -> None:
    empty = {"metadata": {"namespace": "shop", "name": "empty"}}
    assert effective_subsets([empty, rule("shop", "own", "v1")], HOST, ["shop"])[0] == "shop/own"


def test_labels_select_a_pod_that_carries_them_all() -> None:
    pod = {"metadata": {"labels": {"app": "reviews", "version": "v1"}}}
    assert selects({"version": "v1"}, pod)
    assert selects({}, pod)
    assert not selects({"version": "v2"}, pod)
    assert not selects({"version": "v1"}, {"metadata": {}})


def test_a_rule_counts_only_where_it_is_exported_to() -> None:
    private = rule("shop", "private", "v1", "v2")
    private["spec"]["exportTo"] = ["."]
    assert effective_subsets([private], HOST, ["shop"], seen_from="client") == (None, {})
    assert effective_subsets([private], HOST, ["shop"], seen_from="shop")[0] == "shop/private"
    private["spec"]["exportTo"] = ["client"]
    assert effective_subsets([private], HOST, ["shop"], seen_from="client")[0] == "shop/private"


def test_a_rule_for_some_pods_alone_does_not_stand_in_the_way_of_the_others() -> None:
    special = rule("client", "special", "v9")
    special["spec"]["workloadSelector"] = {"matchLabels": {"app": "x"}}
    where, subsets = effective_subsets([special, rule("shop", "service", "v1")], HOST, ["client", "shop"])
    assert (where, list(subsets)) == ("shop/service", ["v1"])
