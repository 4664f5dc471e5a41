# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster that the demo runs on: the sandbox, which it boots, or the one that KUBECONFIG names."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config

from ..sandbox.layout import Layout, cache_directory
from .errors import DemoError

NAMESPACE = "canary-demo"
TIMEOUT_SECONDS = 10
UNKNOWN = "of an unknown version"


@dataclass(frozen=True)
class Cluster:
    """`istio` is None where the cluster has none; `used_before`: the demo's namespace is already there."""

    sandbox: bool
    kubeconfig: str
    context: str
    kubernetes: str
    istio: str | None
    used_before: bool


def find() -> Cluster:
    """Boot the sandbox unless KUBECONFIG names another cluster, and look at what is there."""
    own = str(Layout(cache_directory(os.environ)).kubeconfig)
    kubeconfig = os.environ.get("KUBECONFIG") or own
    if kubeconfig == own:
        _boot_sandbox()
    return _look(kubeconfig, kubeconfig == own)


def _boot_sandbox() -> None:
    boot = subprocess.Popen([sys.executable, str(Path(__file__).parents[1] / "sandbox"), "up"])
    try:
        status = boot.wait()
    except KeyboardInterrupt:
        boot.wait()  # Ctrl-C has reached it too, and it stops in order
        raise
    if status:
        raise DemoError("the sandbox did not start; on a cluster of your own: make demo KUBECONFIG=FILE")


def _look(kubeconfig: str, sandbox: bool) -> Cluster:
    try:
        api = _connect(kubeconfig)
        groups = {group.name for group in client.ApisApi(api).get_api_versions(_request_timeout=TIMEOUT_SECONDS).groups}
        return Cluster(
            sandbox=sandbox,
            kubeconfig=kubeconfig,
            context=f"{config.list_kube_config_contexts(kubeconfig)[1]['name']} ({api.configuration.host})",
            kubernetes=client.VersionApi(api).get_code().git_version.removeprefix("v"),
            istio=_istio_version(api) if "networking.istio.io" in groups else None,
            used_before=_namespace_exists(api),
        )
    except config.ConfigException as error:
        raise DemoError(f"KUBECONFIG={kubeconfig}: {error}") from error
    except client.ApiException as error:
        raise DemoError(f"the cluster of KUBECONFIG={kubeconfig} refuses: {error.status} {error.reason}") from error
    except urllib3.exceptions.HTTPError as error:
        raise DemoError(f"the cluster of KUBECONFIG={kubeconfig} does not answer: {error}") from error


def _connect(kubeconfig: str) -> client.ApiClient:
    settings = client.Configuration()
    config.load_kube_config(kubeconfig, client_configuration=settings)
    settings.retries = False  # an unreachable server is told at once
    return client.ApiClient(settings)


def _istio_version(api: client.ApiClient) -> str:
    """The tag of istiod's image; who may not list Deployments everywhere is not told."""
    try:
        found = client.AppsV1Api(api).list_deployment_for_all_namespaces(
            label_selector="app=istiod", _request_timeout=TIMEOUT_SECONDS
        )
    except client.ApiException:
        return UNKNOWN
    return image_tag(found.items[0].spec.template.spec.containers[0].image) if found.items else UNKNOWN


def image_tag(image: str) -> str:
    """registry:5000/istio/pilot:1.31.0@sha256:... -> 1.31.0"""
    _name, _colon, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    return tag or UNKNOWN


def _namespace_exists(api: client.ApiClient) -> bool:
    """Who may not read namespaces is taken to have it: a teardown that finds nothing does nothing."""
    try:
        client.CoreV1Api(api).read_namespace(NAMESPACE, _request_timeout=TIMEOUT_SECONDS)
    except client.ApiException as error:
        return _other_than_absent(error)
    return True


def _other_than_absent(error: Any) -> bool:
    return error.status != 404
