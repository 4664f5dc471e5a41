# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the API server told of a change of a VirtualService's weights."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import kubernetes
import urllib3

from bench.errors import BenchError
from modules.admin import Admin

PATIENCE_SECONDS = 10


class Told(NamedTuple):
    """`moment` is when the event arrived here: what istiod hears at the same time."""

    moment: float
    weights: tuple[int, ...]


def weights_in(virtual_service: dict[str, Any]) -> tuple[int, ...]:
    return tuple(each.get("weight", 0) for each in virtual_service["spec"]["http"][0]["route"])


def first_with(told: Sequence[Told], since: float, weights: tuple[int, ...]) -> float | None:
    return next((each.moment for each in told if each.moment >= since and each.weights == weights), None)


class Watch:
    """Listens while the `with` block lasts, in a thread that waits for the network and nothing else."""

    def __init__(self, admin: Admin, namespace: str, name: str) -> None:
        now = admin.read(f"/apis/networking.istio.io/v1/namespaces/{namespace}/virtualservices/{name}")
        # From there on: without a version the API server would first make sure of its newest, which may take seconds.
        self.since = now["metadata"]["resourceVersion"]
        self.api = kubernetes.client.CustomObjectsApi(admin.client)
        self.place = {"namespace": namespace, "field_selector": f"metadata.name={name}"}
        self.watch = kubernetes.watch.Watch()
        self.told: list[Told] = []
        self.ended = ""
        self.thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.watch.stop()
        self.thread.join(PATIENCE_SECONDS)

    def _listen(self) -> None:
        kind = {"group": "networking.istio.io", "version": "v1", "plural": "virtualservices"}
        events = self.watch.stream(
            self.api.list_namespaced_custom_object, **kind, **self.place, resource_version=self.since
        )
        try:
            for event in events:
                self.told.append(Told(time.time(), weights_in(event["object"])))
        except (kubernetes.client.ApiException, urllib3.exceptions.HTTPError) as error:
            self.ended = str(error)  # also when stop() cuts the connection, which is how it ends a watch

    def await_weights(self, since: float, weights: tuple[int, ...]) -> float:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not self.ended:
            found = first_with(self.told, since, weights)
            if found is not None:
                return found
            time.sleep(0.05)
        why = self.ended or f"nothing within {PATIENCE_SECONDS} s"
        raise BenchError(f"the API server was to tell of the weights {weights}: {why}")
