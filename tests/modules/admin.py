# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator of a test cluster, and the users that it makes."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import kubernetes
import yaml

ROOT = Path(__file__).parents[2]
RBAC = "/apis/rbac.authorization.k8s.io/v1"


class Admin:
    """The API server as its administrator sees it: plain requests, no code of the collection."""

    def __init__(self, kubeconfig: str) -> None:
        self.client = kubernetes.config.new_client_from_config(kubeconfig)

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        request = self.client.param_serialize(
            method, path, header_params={"Accept": "application/json", "Content-Type": content_type}, body=body
        )
        answer = self.client.call_api(*request)
        answer.read()
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.data!r}")
        return json.loads(answer.data)

    def create(self, path: str, body: dict[str, Any]) -> Any:
        return self.call("POST", path, body)

    def read(self, path: str) -> Any:
        return self.call("GET", path)

    def patch(self, path: str, body: Any) -> Any:
        return self.call("PATCH", path, body, "application/merge-patch+json")


def create_documented_roles(admin: Admin) -> list[str]:
    """The names of the ClusterRoles of examples/permissions.yml, brought into the cluster as the file has them now."""
    path = f"{RBAC}/clusterroles"
    existing = {item["metadata"]["name"] for item in admin.read(path)["items"]}
    documented = yaml.safe_load((ROOT / "examples/permissions.yml").read_text())["items"]
    for role in documented:
        name = role["metadata"]["name"]
        if name in existing:
            admin.call("PUT", f"{path}/{name}", role)
        else:
            admin.create(path, role)
    return [role["metadata"]["name"] for role in documented]


def kubeconfig_of(admin: Admin, namespace: str, admin_kubeconfig: str, granted: list[str]) -> dict[str, Any]:
    """A kubeconfig, as a dictionary, of a new ServiceAccount with these ClusterRoles in the namespace."""
    account = f"user-{secrets.token_hex(4)}"
    home = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    admin.create(home, {"metadata": {"name": account}})
    for role in granted:
        admin.create(
            f"{RBAC}/namespaces/{namespace}/rolebindings",
            {
                "metadata": {"name": f"{account}-{role}"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
            },
        )
    token = admin.create(f"{home}/{account}/token", {"spec": {"expirationSeconds": 3600}})["status"]["token"]
    cluster = yaml.safe_load(Path(admin_kubeconfig).read_text())["clusters"][0]
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster],
        "users": [{"name": account, "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": cluster["name"], "user": account}}],
        "current-context": "test",
    }
