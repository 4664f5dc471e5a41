# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts expand as istiod expands them."""

from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._domain.hosts import (
    cluster_key,
    expand,
    gateway_place,
    literal_slip,
    service_of,
)


@pytest.mark.parametrize(
    ("host", "expanded"),
    [
        ("reviews", "reviews.shop.svc.cluster.local"),
        ("reviews.shop.svc.cluster.local", "reviews.shop.svc.cluster.local"),
        ("reviews.prod", "reviews.prod"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_only_a_name_without_a_dot_is_expanded(host: str, expanded: str) -> None:
    assert expand(host, "shop") == expanded


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("reviews", ("shop", "reviews")),
        ("reviews.prod.svc.cluster.local", ("prod", "reviews")),
        ("reviews.prod", None),
        ("api.example.com", None),
    ],
)
def test_a_host_stands_for_a_service_or_for_none(host: str, service: tuple[str, str] | None) -> None:
    assert service_of(host, "shop") == service


def test_a_cluster_name_holds_subset_and_host() -> None:
    assert cluster_key("outbound|80|v1|reviews.shop.svc.cluster.local") == ("v1", "reviews.shop.svc.cluster.local", 80)
    assert cluster_key("BlackHoleCluster") is None


@pytest.mark.parametrize("gateway", ["front", "./front", "shop/front", "front.shop.svc.cluster.local"])
def test_a_gateway_has_several_names(gateway: str) -> None:
    assert gateway_place(gateway, "shop") == ("shop", "front")
    assert gateway_place("mesh-gateways/front", "shop") == ("mesh-gateways", "front")


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("reviews.prod", "reviews.prod.svc.cluster.local"),
        ("reviews.prod.svc", "reviews.prod.svc.cluster.local"),
        ("reviews", None),
        ("reviews.prod.svc.cluster.local", None),
        ("api.example.com", None),
        ("*.prod", None),
    ],
)
def test_a_name_that_istio_takes_literally_is_told_from_what_was_meant(host: str, meant: str | None) -> None:
    assert literal_slip(host) == meant
