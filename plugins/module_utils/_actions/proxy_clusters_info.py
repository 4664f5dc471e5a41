# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind proxy_clusters_info: what every chosen proxy knows of a host's subsets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cluster.cluster import Cluster
from .._domain.errors import InvalidRequest
from .._domain.hosts import expand
from .._domain.outcome import Outcome
from .._probe import proxies


def read_proxy_clusters(cluster: Cluster, params: Mapping[str, Any]) -> Outcome:
    """Wait as asked; raises ProxiesMissing without a proxy and WaitExpired with those that lag."""
    if not params["subsets"]:
        raise InvalidRequest("subsets is empty, so there is nothing to look for.", "Name the subsets of the route.")
    host = expand(params["destination_host"], params["namespace"])
    clients = proxies.client_pods(cluster, params["namespace"], params["wait_for"])
    asked = (cluster, clients, host, params["subsets"], params["port"])
    if params["wait"]:
        seen, seconds = proxies.await_endpoints(*asked, params["wait_timeout"])
    else:
        seen, seconds = proxies.read_endpoints(*asked), 0.0
    rows = [{**client.place, "clusters": seen[client.name]} for client in clients if client.name in seen]
    return Outcome({"proxies": rows, "elapsed": round(seconds, 3)})
