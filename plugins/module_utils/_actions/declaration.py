# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The object that declares a split: the VirtualService or the HTTPRoute that a task names, if it names one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cluster import gateway_api, istio
from .._cluster.cluster import Cluster
from .._domain.shapes import HTTP_ROUTE, VIRTUAL_SERVICE, Shape

Reader = Callable[[Cluster, str, str], tuple[dict[str, Any], str]]
# option -> what the object looks like, and how it is read
KINDS: Mapping[str, tuple[Shape, Reader]] = {
    "virtual_service": (VIRTUAL_SERVICE, istio.read_virtual_service),
    "http_route": (HTTP_ROUTE, gateway_api.read_http_route),
}


@dataclass(frozen=True)
class Declared:
    """The object as it was read."""

    item: Mapping[str, Any]
    shape: Shape


@dataclass(frozen=True)
class Declaration:
    """Which object it is."""

    namespace: str
    name: str
    shape: Shape
    reader: Reader

    @property
    def label(self) -> str:
        return f"{self.shape.kind} {self.name}"

    def read(self, cluster: Cluster) -> Declared:
        """Raises VirtualServiceMissing or HttpRouteMissing, IstioMissing or GatewayApiMissing."""
        item, _path = self.reader(cluster, self.namespace, self.name)
        return Declared(item, self.shape)


def declaration_of(params: Mapping[str, Any]) -> Declaration | None:
    """What the parameters name; the argument specification lets them name one at most."""
    for option, (shape, reader) in KINDS.items():
        if params[option]:
            return Declaration(params["namespace"], params[option], shape, reader)
    return None
