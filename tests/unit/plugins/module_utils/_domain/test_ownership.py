# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other tools are recognised by what they leave in an object."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._domain.ownership import foreign_owner, last_writer


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "x"}},
            "Argo CD (annotation argocd.argoproj.io/tracking-id)",
        ),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}, "Flux (label kustomize.toolkit.fluxcd.io/name)"),
        ({"annotations": {"meta.helm.sh/release-name": "x"}}, "Helm (annotation meta.helm.sh/release-name)"),
        (
            {"ownerReferences": [{"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": "podinfo"}]},
            "Flagger (owner Canary podinfo)",
        ),
        (
            {"managedFields": [{"manager": "rollouts-controller", "fieldsV1": {"f:spec": {"f:http": {}}}}]},
            "Argo Rollouts (field manager rollouts-controller)",
        ),
        ({"managedFields": [{"manager": "argocd-controller", "fieldsV1": {"f:metadata": {}}}]}, None),
        ({"managedFields": [{"manager": "helm", "fieldsV1": {"f:spec": {"f:hosts": {}}}}]}, None),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm (label app.kubernetes.io/managed-by)"),
        ({"labels": {"app.kubernetes.io/managed-by": "team-a"}}, None),
        ({"labels": {"app": "reviews"}, "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]}, None),
        ({}, None),
    ],
)
def test_an_owner_is_named_with_its_evidence(metadata: dict[str, Any], owner: str | None) -> None:
    assert foreign_owner({"metadata": metadata}) == owner


def test_the_last_writer_is_the_newest_field_manager() -> None:
    fields = [
        {"manager": "kubectl", "time": "2026-01-01T00:00:00Z"},
        {"manager": "argocd", "time": "2026-01-02T00:00:00Z"},
        {"manager": "pilot-discovery", "time": "2026-01-03T00:00:00Z", "subresource": "status"},
    ]
    assert last_writer({"metadata": {"managedFields": fields}}) == "argocd"
    assert last_writer({"metadata": {}}) == "unknown"
