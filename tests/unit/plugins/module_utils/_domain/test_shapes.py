# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VirtualService and an HTTPRoute read and write the same destinations, each in its own words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.aviary.canary.plugins.module_utils._domain.shapes import HTTP_ROUTE, VIRTUAL_SERVICE, Shape

names = st.sampled_from(["reviews", "ratings", "reviews.other.svc.cluster.local"])


@pytest.mark.parametrize("shape", [VIRTUAL_SERVICE, HTTP_ROUTE], ids=["VirtualService", "HTTPRoute"])
@given(host=names, port=st.integers(1, 65535), weight=st.integers(0, 1000))
def test_what_is_written_reads_back(shape: Shape, host: str, port: int, weight: int) -> None:
    found = shape.read(shape.write(host, None, port, weight, "shop"), "shop")
    assert (found.host, found.port, found.weight) == (host, port, weight)
    full = host if "." in host else f"{host}.shop.svc.cluster.local"
    assert found.target == ("", full, port)


@pytest.mark.parametrize(
    ("shape", "element", "weight"),
    [
        (VIRTUAL_SERVICE, {"destination": {"host": "reviews"}}, 0),
        (HTTP_ROUTE, {"name": "reviews"}, 1),
        (HTTP_ROUTE, {"name": "reviews", "weight": 0}, 0),
    ],
)
def test_an_absent_weight_means_what_its_kind_says(shape: Shape, element: dict[str, Any], weight: int) -> None:
    assert shape.read(element, "shop").weight == weight


@pytest.mark.parametrize(
    ("element", "host", "full"),
    [
        ({"name": "reviews", "namespace": "shop"}, "reviews", "reviews.shop.svc.cluster.local"),
        ({"name": "a", "namespace": "b"}, "a.b.svc.cluster.local", "a.b.svc.cluster.local"),
        ({"name": "api.example.com", "kind": "Hostname", "group": "networking.istio.io"}, *["api.example.com"] * 2),
        ({"name": "a", "kind": "InferencePool", "group": "x.io"}, *["InferencePool.x.io shop/a"] * 2),
    ],
)
def test_a_backend_is_called_by_the_name_that_a_request_would_use(
    element: dict[str, Any], host: str, full: str
) -> None:
    found = HTTP_ROUTE.read(element, "shop")
    assert (found.host, found.full_host) == (host, full)
