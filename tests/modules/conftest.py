# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run whole, from arguments to JSON, against a real API server with the Istio CRDs (no kubelet, no istiod).

They run as a user that has exactly what examples/permissions.yml grants; the tests look at the cluster as its admin.
"""

from __future__ import annotations

import base64
import copy
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .admin import Admin, create_documented_roles, kubeconfig_of
from .in_process import DOORS, find_collections

find_collections()

VIRTUAL_SERVICES = "/apis/networking.istio.io/v1/namespaces/{namespace}/virtualservices"
DESTINATION_RULES = "/apis/networking.istio.io/v1/namespaces/{namespace}/destinationrules"


@pytest.fixture(scope="session")
def admin_kubeconfig() -> str:
    return os.environ["AVIARY_CANARY_TEST_KUBECONFIG"]


@pytest.fixture(scope="session")
def admin(admin_kubeconfig: str) -> Admin:
    return Admin(admin_kubeconfig)


@pytest.fixture(scope="session")
def roles(admin: Admin) -> list[str]:
    return create_documented_roles(admin)


@pytest.fixture
def namespace(admin: Admin) -> str:
    """A namespace of the test's own; without a controller nothing would ever finish deleting it."""
    name = f"test-{secrets.token_hex(4)}"
    admin.create("/api/v1/namespaces", {"metadata": {"name": name}})
    admin.create(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})  # pods ask for it
    return name


@pytest.fixture
def user(admin: Admin, roles: list[str], namespace: str, admin_kubeconfig: str, tmp_path: Path) -> dict[str, Any]:
    """A kubeconfig, as a dictionary, of a ServiceAccount with the documented rights in the test's namespace."""
    return kubeconfig_of(admin, namespace, admin_kubeconfig, [role for role in roles if role != "aviary-canary-deploy"])


@pytest.fixture
def stranger(admin: Admin, namespace: str, admin_kubeconfig: str) -> dict[str, Any]:
    """A user without any right in the namespace."""
    return kubeconfig_of(admin, namespace, admin_kubeconfig, [])


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any kubeconfig."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.startswith("K8S_AUTH_") or name == "KUBECONFIG":
            monkeypatch.delenv(name)


Run = Callable[..., dict[str, Any]]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Any:
    """A way in: the module of a verb, or its action plugin. Whoever uses this is tried through both."""
    return DOORS[request.param]


@pytest.fixture
def run(door: Any, user: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> Run:
    """run("module", option=value, check=True): the verb's JSON, as Ansible would get it, as the documented user.

    Secrets of the user are looked for in all that was printed, after every run.
    """
    token = user["users"][0]["user"]["token"]

    def call(module: str, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        if not {"kubeconfig", "host"} & options.keys():
            options["kubeconfig"] = copy.deepcopy(user)
        found, printed = door(capsys, module, check, diff, options)
        assert token not in printed
        assert base64.b64encode(token.encode()).decode() not in printed
        return found

    return call


@pytest.fixture
def shop(admin: Admin, namespace: str) -> Shop:
    return Shop(admin, namespace)


class Shop:
    """An application in the namespace, put there by its administrator."""

    def __init__(self, admin: Admin, namespace: str) -> None:
        self.admin, self.namespace = admin, namespace

    def virtual_service(
        self,
        *entries: dict[str, Any],
        version: str = "v1",
        spec: dict[str, Any] | None = None,
        metadata_name: str = "reviews",
        **metadata: Any,
    ) -> dict[str, Any]:
        path = VIRTUAL_SERVICES.format(namespace=self.namespace).replace("/v1/", f"/{version}/")
        return self.admin.create(
            path,
            {
                "apiVersion": f"networking.istio.io/{version}",
                "kind": "VirtualService",
                "metadata": {"name": metadata_name, **metadata},
                "spec": {"hosts": [metadata_name], "http": list(entries), **(spec or {})},
            },
        )

    def read_virtual_service(self, name: str = "reviews") -> dict[str, Any]:
        return self.admin.read(f"{VIRTUAL_SERVICES.format(namespace=self.namespace)}/{name}")

    def remove_virtual_service(self) -> None:
        self.admin.call("DELETE", VIRTUAL_SERVICES.format(namespace=self.namespace) + "/reviews")

    def set_weights(self, *weights: int) -> None:
        """Somebody else's write to the first route."""
        spec = self.read_virtual_service()["spec"]
        for element, weight in zip(spec["http"][0]["route"], weights):
            element["weight"] = weight
        self.admin.patch(VIRTUAL_SERVICES.format(namespace=self.namespace) + "/reviews", {"spec": spec})

    def destination_rule(self, *subsets: str) -> None:
        self.admin.create(
            DESTINATION_RULES.format(namespace=self.namespace),
            {
                "apiVersion": "networking.istio.io/v1",
                "kind": "DestinationRule",
                "metadata": {"name": "reviews"},
                "spec": {"host": "reviews", "subsets": [{"name": s, "labels": {"version": s}} for s in subsets]},
            },
        )

    def service(self) -> None:
        spec = {"selector": {"app": "reviews"}, "ports": [{"port": 80, "name": "http"}]}
        self.admin.create(
            f"/api/v1/namespaces/{self.namespace}/services", {"metadata": {"name": "reviews"}, "spec": spec}
        )

    def pod(self, name: str, version: str, ready: bool = True) -> None:
        """A pod as a kubelet would report it."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        labels = {"app": "reviews", "version": version}
        containers = [{"name": "web", "image": "nginx"}]
        spec = {"containers": containers, "serviceAccountName": "default", "automountServiceAccountToken": False}
        self.admin.create(path, {"metadata": {"name": name, "labels": labels}, "spec": spec})
        condition = {"type": "Ready", "status": "True" if ready else "False"}
        self.admin.patch(f"{path}/{name}/status", {"status": {"phase": "Running", "conditions": [condition]}})

    def deployment(self, name: str, replicas: int) -> None:
        """A Deployment that has rolled out, as its controller would report it."""
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments"
        labels = {"app": "reviews", "arm": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        self.admin.create(path, {"metadata": {"name": name}, "spec": spec})
        self.roll_out(name)

    def roll_out(self, name: str) -> None:
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}"
        found = self.admin.read(path)
        replicas = found["spec"]["replicas"]
        status = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), replicas)
        status["observedGeneration"] = found["metadata"]["generation"]
        self.admin.patch(f"{path}/status", {"status": status})

    def replicas(self, name: str) -> int:
        return self.admin.read(f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}")["spec"]["replicas"]

    def ready_application(self) -> None:
        """Service, subsets and a ready pod of each."""
        self.service()
        self.destination_rule("v1", "v2")
        self.pod("one", "v1")
        self.pod("two", "v2")


def to(*destinations: tuple[str, int | None], **fields: Any) -> dict[str, Any]:
    """An http entry that sends to subsets of reviews."""
    elements = []
    for subset, weight in destinations:
        element: dict[str, Any] = {"destination": {"host": "reviews", "subset": subset}}
        elements.append(element if weight is None else {**element, "weight": weight})
    return {**fields, "route": elements}
