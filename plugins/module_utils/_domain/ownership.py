# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which other tool manages an object and would put our change back.

Promise: names a tool only on evidence in the object itself, and says which. Not here: what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

# (tool, prefix of a label or annotation that it leaves); read in the tools' documentation.
MARKS = (
    ("Argo CD", "argocd.argoproj.io/"),
    ("Flux", "kustomize.toolkit.fluxcd.io/"),
    ("Flux", "helm.toolkit.fluxcd.io/"),
    ("Helm", "meta.helm.sh/"),
    ("Argo Rollouts", "rollouts.argoproj.io/"),
    ("Flagger", "flagger.kubernetes.io/"),
)
MANAGED_BY = "app.kubernetes.io/managed-by"  # the label of Kubernetes' own recommendation
MANAGERS = (
    ("Argo CD", "argocd-controller"),
    ("Argo CD", "argocd-application-controller"),
    ("Helm", "helm"),
    ("Flux", "kustomize-controller"),
    ("Flux", "helm-controller"),
    ("Argo Rollouts", "rollouts-controller"),
    ("Flagger", "flagger"),
)
OWNERS = (("Flagger", "flagger.app/"), ("Argo Rollouts", "argoproj.io/"))


def foreign_owner(item: Mapping[str, Any], routes: str = "http") -> str | None:
    """`Argo CD (annotation argocd.argoproj.io/tracking-id)`, or None when nobody claims the object.

    `routes` is the list in spec that is about to change: a tool that manages other fields alone is no owner of it.
    """
    metadata = item.get("metadata") or {}
    return next(chain(_by_marks(metadata), _by_references(metadata), _by_managers(metadata, routes)), None)


def _by_marks(metadata: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("annotation", "label"):
        for key in metadata.get(f"{kind}s") or {}:
            yield from (f"{tool} ({kind} {key})" for tool, prefix in MARKS if key.startswith(prefix))
    said = str((metadata.get("labels") or {}).get(MANAGED_BY, ""))
    yield from (f"{tool} (label {MANAGED_BY})" for tool in dict(MARKS) if tool.lower().replace(" ", "") == said.lower())


def _by_references(metadata: Mapping[str, Any]) -> Iterator[str]:
    for reference in metadata.get("ownerReferences") or []:
        version = str(reference.get("apiVersion", ""))
        owner = f"owner {reference.get('kind')} {reference.get('name')}"
        yield from (f"{tool} ({owner})" for tool, prefix in OWNERS if version.startswith(prefix))


def _by_managers(metadata: Mapping[str, Any], routes: str) -> Iterator[str]:
    for entry in metadata.get("managedFields") or []:
        if f"f:{routes}" in ((entry.get("fieldsV1") or {}).get("f:spec") or {}):
            yield from (f"{tool} (field manager {name})" for tool, name in MANAGERS if entry.get("manager") == name)


def last_writer(item: Mapping[str, Any]) -> str:
    """The field manager that wrote the object last, as its managedFields say."""
    managed = (item.get("metadata") or {}).get("managedFields") or []
    entries = [entry for entry in managed if not entry.get("subresource")]  # a status is written by who watches
    if not entries:
        return "unknown"
    return str(max(entries, key=lambda entry: entry.get("time") or "").get("manager") or "unknown")
