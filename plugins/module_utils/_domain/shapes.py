# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a VirtualService and an HTTPRoute write down the same thing: entries that split among weighted destinations.

Promise: everything else of this folder treats both alike; what differs between them stands here and nowhere else.
Sources: istio.io VirtualService reference; Gateway API v1 HTTPRoute (HTTPBackendRef). Not here: planning, and any I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .hosts import expand, service_of

# A label of a name: RFC 1123, in either case, as Istio takes it.
WORD = r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?"
LONGEST_HOST = 255
# (subset or "", full host, port or None where the destination names none)
Target = tuple[str, str, Optional[int]]


@dataclass(frozen=True)
class Destination:
    """One element of an entry's list: whom it names, its weight, and the object as it was read."""

    host: str
    full_host: str
    subset: str | None
    port: int | None
    weight: int
    raw: Mapping[str, Any] = field(compare=False, default_factory=dict)

    @property
    def label(self) -> str:
        return destination_label(self.host, self.subset, self.port)

    @property
    def target(self) -> Target:
        return self.subset or "", self.full_host, self.port


def destination_label(host: str | None, subset: str | None, port: int | None) -> str:
    """How a destination is called in messages: `reviews/v1`, `v1`, `reviews:8080`."""
    name = "/".join(part for part in (host, subset) if part)
    return f"{name}:{port}" if port else name


class Shape:
    """What the plan has to know of one kind of object."""

    kind: str
    entry: str  # what its users call one element of a list of routes
    members: str  # the list of destinations in an entry
    absent_weight: int  # what an absent weight means
    lone_gets_all: bool  # whether a destination that is alone gets everything whatever its weight says
    needs_port: bool
    all_zero: str  # what a route without any weight would do
    missing_status: int  # what answers a request for a Service that is not there
    host_name: re.Pattern[str]  # what can be a host of a destination

    def list_name(self, protocol: str) -> str:
        """The list in spec that holds the entries of a protocol."""
        raise NotImplementedError

    def read(self, element: Mapping[str, Any], namespace: str) -> Destination:
        raise NotImplementedError

    def write(self, host: str, subset: str | None, port: int | None, weight: int, namespace: str) -> dict[str, Any]:
        """A new element for a destination."""
        raise NotImplementedError

    def can_be_added(self, host: str, namespace: str) -> bool:
        """Whether a destination can be made of the host."""
        return True

    def entries(self, item: Mapping[str, Any], protocol: str) -> list[Mapping[str, Any]]:
        return list((item.get("spec") or {}).get(self.list_name(protocol)) or [])

    def destinations(self, item: Mapping[str, Any], protocol: str) -> Iterator[tuple[int, tuple[Destination, ...]]]:
        """(index, destinations) of every entry that has some."""
        namespace = item["metadata"]["namespace"]
        for index, entry in enumerate(self.entries(item, protocol)):
            if entry.get(self.members):
                yield index, tuple(self.read(element, namespace) for element in entry[self.members])


class _VirtualService(Shape):
    kind = "VirtualService"
    entry = "route"
    members = "route"
    absent_weight = 0
    lone_gets_all = True  # pilot: applyHTTPRouteDestination does not look at the weight of a single destination
    needs_port = False
    all_zero = "Istio refuses a route without any weight"
    missing_status = 503
    # istio: pkg/config/validation/agent/validation.go, ValidateWildcardDomain, less the lone asterisk
    host_name = re.compile(rf"(\*(-{WORD})?\.)?{WORD}(\.{WORD})*\.?")

    def list_name(self, protocol: str) -> str:
        return protocol

    def read(self, element: Mapping[str, Any], namespace: str) -> Destination:
        named = element.get("destination") or {}
        host = named.get("host") or ""
        port = (named.get("port") or {}).get("number")
        weight = element.get("weight") or 0
        return Destination(host, expand(host, namespace), named.get("subset") or None, port, weight, element)

    def write(self, host: str, subset: str | None, port: int | None, weight: int, namespace: str) -> dict[str, Any]:
        named: dict[str, Any] = {"host": host}
        if subset:
            named["subset"] = subset
        if port is not None:
            named["port"] = {"number": port}
        return {"destination": named, "weight": weight}


class _HttpRoute(Shape):
    kind = "HTTPRoute"
    entry = "rule"
    members = "backendRefs"
    absent_weight = 1  # Gateway API: "If unspecified, weight defaults to 1"
    lone_gets_all = False
    needs_port = True  # Gateway API: required when the backend is a Service
    all_zero = "Gateway API answers 500 to every request of a rule without any weight"
    missing_status = 500  # pilot: ClusterNotFoundResponseCode of routes that are made from HTTPRoutes
    host_name = re.compile(rf"{WORD}(\.{WORD})*( {WORD}/{WORD})?")  # a backend of another kind: see read

    def list_name(self, protocol: str) -> str:
        return "rules"

    def read(self, element: Mapping[str, Any], namespace: str) -> Destination:
        name, home = element.get("name") or "", element.get("namespace") or namespace
        kind, group = element.get("kind") or "Service", element.get("group") or ""
        weight = element.get("weight")
        host = full = name
        if (kind, group) == ("Service", ""):
            full = expand(name, home)
            host = name if home == namespace else full
        elif kind != "Hostname":  # Istio's own kind, for a host of a ServiceEntry
            host = full = f"{kind}.{group} {home}/{name}"
        return Destination(
            host, full, None, element.get("port"), self.absent_weight if weight is None else weight, element
        )

    def can_be_added(self, host: str, namespace: str) -> bool:
        return service_of(host, namespace) is not None

    def write(self, host: str, subset: str | None, port: int | None, weight: int, namespace: str) -> dict[str, Any]:
        name, *rest = host.split(".")
        home = rest[0] if rest else namespace
        reference: dict[str, Any] = {"name": name, "port": port, "weight": weight}
        return reference if home == namespace else {**reference, "namespace": home}


VIRTUAL_SERVICE: Shape = _VirtualService()
HTTP_ROUTE: Shape = _HttpRoute()
