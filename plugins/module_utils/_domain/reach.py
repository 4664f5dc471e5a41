# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which callers a route of a VirtualService applies to.

Promise: what istiod decides when it makes the routes of one proxy: the gateways, source labels and source namespace
of an entry, that nothing comes after an entry that matches everything, and which of several VirtualServices for one
host counts (pilot: route.go, sourceMatchHTTP, BuildHTTPRoutesForVirtualService; tls.go, matchTLS, matchTCP;
push_context.go, VirtualServicesForGateway). Not here: what the proxy really holds (envoy.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from .hosts import expand, gateway_place

MESH = "mesh"
Object = Mapping[str, Any]


@dataclass(frozen=True)
class Caller:
    """A proxy as istiod sees it: its pod's namespace and labels, and the gateways that it serves (`namespace/name`).

    A sidecar serves the gateway called mesh.
    """

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    gateways: Set[str] = frozenset({MESH})


def gateways_of(item: Object) -> list[str]:
    """The gateways that a VirtualService is bound to, as `namespace/name` or mesh; without any, the mesh alone."""
    named = (item.get("spec") or {}).get("gateways") or [MESH]
    return [_full(gateway, item["metadata"]["namespace"]) for gateway in named]


def _full(gateway: str, namespace: str) -> str:
    return gateway if gateway == MESH else "/".join(gateway_place(gateway, namespace))


def hosts_of(item: Object) -> set[str]:
    """The full names of the hosts that a VirtualService is for; a delegate has none."""
    return {expand(host, item["metadata"]["namespace"]) for host in (item.get("spec") or {}).get("hosts") or []}


def applies(item: Object, entry: Mapping[str, Any], caller: Caller) -> bool:
    """Whether istiod gives the caller's proxy this entry of the VirtualService at all.

    A delegate has no hosts and takes the gateways of its root, so its own are not looked at.
    """
    if hosts_of(item) and not set(gateways_of(item)) & caller.gateways:
        return False
    matches = entry.get("match") or []
    return not matches or any(_lets_in(match, caller, item["metadata"]["namespace"]) for match in matches)


def _lets_in(match: Mapping[str, Any], caller: Caller, namespace: str) -> bool:
    if match.get("gateways"):
        return bool({_full(gateway, namespace) for gateway in match["gateways"]} & caller.gateways)
    labels = match.get("sourceLabels") or {}
    home = match.get("sourceNamespace")
    return home in (None, "", caller.namespace) and all(caller.labels.get(key) == labels[key] for key in labels)


# What a match may say besides its conditions, and the conditions that every path fulfils (pilot: IsCatchAllRoute).
NO_CONDITION = {"name", "statPrefix", "ignoreUriCase"}
OF_CALLER = {
    "gateways",
    "sourceLabels",
    "sourceNamespace",
}  # istiod decides these for each proxy; Envoy never sees them
ANY_PATH = ({"prefix": "/"}, {"regex": ".*"})


def matches_everything(entry: Mapping[str, Any]) -> bool:
    """Whether istiod leaves out every http entry that comes after this one."""
    if entry.get("delegate"):
        return False  # the delegate's own routes say what they match
    return any(_is_open(match, NO_CONDITION) for match in entry.get("match") or [{}])


def is_cut_off(item: Object, index: int, caller: Caller) -> bool:
    """Whether an earlier http entry takes all requests of this caller, whose proxy then does not get the one there."""
    home = item["metadata"]["namespace"]
    return any(
        _is_open(match, NO_CONDITION | OF_CALLER) and _lets_in(match, caller, home)
        for entry in item["spec"]["http"][:index]
        for match in ([] if entry.get("delegate") else entry.get("match") or [{}])
    )


def expansion(item: Object, caller: Caller) -> list[int] | None:
    """The http entries that the caller's proxy gets, in its order: an index stands there once for each match.

    None where that depends on more than the object: entries that are handed to a delegate or are for one port alone,
    and proxies that serve several gateways.
    """
    found: list[int] = []
    if len(caller.gateways) != 1:
        return None
    for index, entry in enumerate((item.get("spec") or {}).get("http") or []):
        matches = entry.get("match") or [{}]
        if entry.get("delegate") or any("port" in match for match in matches):
            return None
        for match in matches:
            if _lets_in(match, caller, item["metadata"]["namespace"]):
                found.append(index)
                if _is_open(match, NO_CONDITION | OF_CALLER):
                    return found
    return found


def _is_open(match: Mapping[str, Any], no_condition: Set[str]) -> bool:
    return all(key in no_condition or (key == "uri" and value in ANY_PATH) for key, value in match.items())


def shadowed_by(item: Object, others: Iterable[Object], protocol: str, caller: Caller) -> tuple[str, Object] | None:
    """(host, the VirtualService whose routes the caller's sidecar follows for it in place of the item's), or None.

    Sidecars do not merge VirtualServices: those that only the caller's namespace sees come first, then those exported
    to it by name, then those that all see; in each group the oldest wins, and then the first by name. Gateways merge
    them, so a caller that is none of the mesh is never told of any.
    """
    if MESH not in caller.gateways or MESH not in gateways_of(item):
        return None
    own = _rank(item, caller.namespace)
    rivals = [
        other
        for other in others
        if not _same(item, other)
        and MESH in gateways_of(other)
        and any(applies(other, entry, caller) for entry in (other.get("spec") or {}).get(protocol) or [])
    ]
    for rival in sorted(rivals, key=lambda each: _rank(each, caller.namespace)):
        shared = sorted(hosts_of(item) & hosts_of(rival))
        if shared and _rank(rival, caller.namespace) < own:
            return shared[0], rival
    return None


def _same(one: Object, other: Object) -> bool:
    return all(one["metadata"].get(key) == other["metadata"].get(key) for key in ("namespace", "name"))


PRIVATE, EXPORTED, PUBLIC, INVISIBLE = range(4)


def _rank(item: Object, namespace: str) -> tuple[int, str, str, str]:
    """Where a VirtualService stands in the order in which the sidecars of the namespace look at them."""
    metadata = item["metadata"]
    exported = {metadata["namespace"] if to == "." else to for to in (item.get("spec") or {}).get("exportTo") or ["*"]}
    if "*" in exported:
        group = PUBLIC
    elif namespace in exported:
        group = PRIVATE if namespace == metadata["namespace"] else EXPORTED
    else:
        group = INVISIBLE
    return group, metadata.get("creationTimestamp") or "", metadata["name"], metadata["namespace"]
