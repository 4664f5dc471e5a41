# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which DestinationRule the client proxies use for a host, and what its subsets select.

Promise: the rule that istiod would choose: client namespace, then the Service's, then the root namespace; the
first namespace that has one wins, without a merge across namespaces; within a namespace the subsets of all
rules for the host are joined, oldest first (istio: pilot/pkg/model, push_context.go and destination_rule.go).
Not here: reading the rules or the pods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .hosts import expand

Labels = Mapping[str, str]


def effective_subsets(
    rules: Iterable[Mapping[str, Any]], host: str, namespaces: Iterable[str], seen_from: str | None = None
) -> tuple[str | None, dict[str, Labels]]:
    """(where the rule stands, subset name -> labels) for the full `host`.

    `rules` are DestinationRule objects of any namespace; `namespaces` is the lookup order. (None, {}) when no
    namespace has a rule for the host. With `seen_from`, only the rules exported to that namespace count. A rule with a
    workloadSelector is for some pods alone and counts only where there is no other.
    """
    rules = [rule for rule in rules if seen_from is None or _is_exported(rule, seen_from)]
    general = [rule for rule in rules if not (rule.get("spec") or {}).get("workloadSelector")]
    rules = general or rules
    for namespace in namespaces:
        own = _most_specific([rule for rule in rules if rule["metadata"]["namespace"] == namespace], host)
        if own:
            own.sort(key=lambda rule: rule["metadata"].get("creationTimestamp") or "")
            return ", ".join(f"{namespace}/{rule['metadata']['name']}" for rule in own), _join(own)
    return None, {}


def _is_exported(rule: Mapping[str, Any], namespace: str) -> bool:
    home = rule["metadata"]["namespace"]
    exported = {home if to == "." else to for to in (rule.get("spec") or {}).get("exportTo") or ["*"]}
    return bool({"*", namespace} & exported)


def _most_specific(rules: Iterable[Mapping[str, Any]], host: str) -> list[Mapping[str, Any]]:
    """The rules for the host itself, or else those of the longest wildcard that covers it."""
    fitting: dict[str, list[Mapping[str, Any]]] = {}
    for rule in rules:
        named = expand((rule.get("spec") or {}).get("host") or "", rule["metadata"]["namespace"])
        if named == host or (named.startswith("*") and host.endswith(named[1:])):
            fitting.setdefault(named, []).append(rule)
    return fitting.get(host) or fitting.get(max(fitting, key=len, default=""), [])


def _join(rules: Iterable[Mapping[str, Any]]) -> dict[str, Labels]:
    subsets: dict[str, Labels] = {}
    for rule in rules:
        for subset in rule["spec"].get("subsets") or []:
            subsets.setdefault(subset["name"], subset.get("labels") or {})
    return subsets


def selects(labels: Labels, pod: Mapping[str, Any]) -> bool:
    """Whether a pod carries all of the labels."""
    have = pod["metadata"].get("labels") or {}
    return all(have.get(key) == value for key, value in labels.items())
