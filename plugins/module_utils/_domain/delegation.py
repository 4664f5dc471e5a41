# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which VirtualServices hand routes on to which: roots with hosts, and delegates without.

Source: istio.io, VirtualService, Delegate: only http, one level deep, and the namespace is the root's own where none is
named. Not here: reading the objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Place = tuple[str, str]  # namespace, name
Object = Mapping[str, Any]


def place_of(item: Object) -> Place:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def entries_to(root: Object, place: Place) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(index, entry) of each entry of the root that delegates to the VirtualService there."""
    for index, entry in enumerate((root.get("spec") or {}).get("http") or []):
        if entry.get("delegate") and target_of(root, entry) == place:
            yield index, entry


def target_of(root: Object, entry: Mapping[str, Any]) -> Place:
    delegate = entry["delegate"]
    return delegate.get("namespace") or root["metadata"]["namespace"], delegate.get("name") or ""


def delegates_of(root: Object) -> list[Place]:
    """Every VirtualService that the root delegates to, each once."""
    entries = (root.get("spec") or {}).get("http") or []
    return list(dict.fromkeys(target_of(root, entry) for entry in entries if entry.get("delegate")))


def roots_among(items: Iterable[Object], place: Place) -> list[Object]:
    """Those that delegate to the VirtualService there."""
    return [item for item in items if place in delegates_of(item)]
