# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where it is measured: a namespace of the bench's own, with VirtualServices that no proxy follows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench import tasks
from integration.kube import kubectl
from modules.admin import Admin

HOME = f"/apis/{tasks.API_VERSION}/namespaces/{tasks.NAMESPACE}"
FLEET = tuple(f"vs-{number:03}" for number in range(100))
ONE = FLEET[0]


class Ground:
    """Made when the `with` block begins, gone when it ends; what an interrupted run has left goes first."""

    def __init__(self, kubeconfig: str) -> None:
        self.kubeconfig = str(Path(kubeconfig).resolve())
        self.admin = Admin(kubeconfig)

    def __enter__(self) -> Ground:
        remove(tasks.NAMESPACE)
        self.admin.create("/api/v1/namespaces", {"metadata": {"name": tasks.NAMESPACE}})
        self.admin.create(f"{HOME}/destinationrules", tasks.destination_rule())
        for name in FLEET:
            self.admin.create(f"{HOME}/virtualservices", tasks.virtual_service(name, canary=0))
        return self

    def __exit__(self, *exception: object) -> None:
        remove(tasks.NAMESPACE)

    def reset(self, names: Iterable[str] = (ONE,)) -> None:
        """All requests to stable, so that a task that asks for anything else has something to write."""
        for name in names:
            spec = {"http": [{"route": tasks.route(canary=0)}]}
            self.admin.patch(f"{HOME}/virtualservices/{name}", {"spec": spec})


def remove(namespace: str) -> None:
    kubectl("delete", "namespace", namespace, "--ignore-not-found")
