# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service accounts with the rights of examples/permissions.yml, and with less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from integration.kube import apply, kubectl
from integration.playbook import ROOT

PERMISSIONS = ROOT / "examples/permissions.yml"


def service_account(namespace: str, name: str, *cluster_roles: str) -> None:
    """A service account that may do in its namespace what these ClusterRoles say."""
    kubectl("apply", "-f", str(PERMISSIONS))
    apply(f"{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}}}}}", namespace)
    for role in cluster_roles:
        binding = ["rolebinding", f"{name}-{role}", f"--clusterrole={role}", f"--serviceaccount={namespace}:{name}"]
        apply(kubectl("-n", namespace, "create", *binding, "--dry-run=client", "-o", "yaml"), namespace)


def kubeconfig(path: Path, namespace: str, account: str) -> Path:
    """The current kubeconfig with the account's token in place of the user's certificate."""
    config: dict[str, Any] = json.loads(kubectl("config", "view", "--minify", "--raw", "-o", "json"))
    token = kubectl("-n", namespace, "create", "token", account, "--duration=1h").strip()
    config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path
