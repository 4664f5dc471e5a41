# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API groups of Istio and of the Gateway API, whose versions differ from cluster to cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._domain import errors
from .cluster import Cluster


@dataclass(frozen=True)
class ApiGroup:
    """A group of resources; `versions` are those that we can speak, the preferred one first.

    Nothing is discovered where the preferred version is served, which is nearly everywhere: it is simply asked. Only
    when the API server does not know the path at all is it asked what it serves, once per task.
    """

    name: str
    versions: tuple[str, ...]
    missing: Callable[[], errors.CanaryError]

    def read(
        self, cluster: Cluster, path_of: Callable[[str], str], what: str, where: str
    ) -> tuple[dict[str, Any], str]:
        """(the body, the path that it was read from). Raises `missing` when the group is not served."""
        if self.name not in cluster.served_versions:
            path = path_of(f"/apis/{self.name}/{self.versions[0]}")
            try:
                return cluster.get(path, what, where).body, path
            except errors.NotServed:
                cluster.served_versions[self.name] = self._discover(cluster)
            except errors.AccessDenied:
                self._discover(cluster)  # rights are looked at first: there may be nothing behind them
                raise
        path = path_of(f"/apis/{self.name}/{cluster.served_versions[self.name]}")
        return cluster.get(path, what, where).body, path

    def _discover(self, cluster: Cluster) -> str:
        try:
            group = cluster.get(f"/apis/{self.name}", f"API group {self.name}").body
        except (errors.NotServed, errors.ObjectMissing) as error:
            raise self.missing() from error
        served = [version["version"] for version in group["versions"]]
        return next((version for version in self.versions if version in served), str(served[0]))
