# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the objects of the Gateway API."""

from __future__ import annotations

from typing import Any

from .._domain import errors
from .cluster import Cluster
from .groups import ApiGroup
from .paths import list_path, object_path

GROUP = ApiGroup(
    "gateway.networking.k8s.io",
    ("v1", "v1beta1"),
    lambda: errors.GatewayApiMissing(
        "There is no Gateway API in this cluster: the API server does not serve gateway.networking.k8s.io."
    ),
)


def read_http_route(cluster: Cluster, namespace: str, name: str) -> tuple[dict[str, Any], str]:
    """(the object, its path for a write). Raises HttpRouteMissing or GatewayApiMissing."""
    return GROUP.read(
        cluster, lambda api: object_path(api, namespace, "httproutes", name), f"httproutes {name}", namespace
    )


def read_http_routes(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    """Every HTTPRoute of a namespace; none where there is no Gateway API, or the user may not list them."""
    try:
        body, _path = GROUP.read(cluster, lambda api: list_path(api, namespace, "httproutes"), "httproutes", namespace)
    except (errors.GatewayApiMissing, errors.NotServed, errors.AccessDenied):
        return []
    items: list[dict[str, Any]] = body["items"]
    return items
