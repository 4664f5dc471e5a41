# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is put into a cluster whose API server answers, each until it is ready to be used."""

from __future__ import annotations

from string import Template

from sandbox.build import Build
from sandbox.cluster import Cluster
from sandbox.commands import run
from sandbox.layout import MANIFESTS, VERSIONS

SECONDS = 120


def manifest(name: str) -> str:
    return Template((MANIFESTS / name).read_text()).substitute(coredns=VERSIONS["coredns"])


def crds(cluster: Cluster, build: Build) -> None:
    """The kinds alone, for a control plane without nodes."""
    cluster.kubectl(build).apply(build.istio_crds.read_text(), f"{cluster.name}: Istio's CRDs were refused")
    gateway_api(cluster, build)


def gateway_api(cluster: Cluster, build: Build) -> None:
    """Its CRDs; waits for all that the cluster has."""
    kubectl = cluster.kubectl(build)
    kubectl.apply(build.gateway_api_crds.read_text(), f"{cluster.name}: the Gateway API's CRDs were refused")
    failure = f"{cluster.name}: the CRDs are not served"
    kubectl.run("wait", "crd", "--all", "--for=condition=Established", f"--timeout={SECONDS}s", failure=failure)


def node(cluster: Cluster, build: Build) -> None:
    """A node that takes pods, and names for Services."""
    kubectl = cluster.kubectl(build)
    kubectl.apply(manifest("coredns.yaml"), f"{cluster.name}: CoreDNS was refused")
    kubectl.wait("node/node-1", "condition=Ready", SECONDS, f"{cluster.name}: the node did not become Ready")
    failure = f"{cluster.name}: CoreDNS did not become ready"
    kubectl.wait("deployment/coredns", "condition=Available", SECONDS, failure, "kube-system")
    failure = f"{cluster.name}: the default service account was not made"
    kubectl.run("wait", "serviceaccount/default", "--for=create", f"--timeout={SECONDS}s", failure=failure)


def istio(cluster: Cluster, build: Build, ingress: bool) -> None:
    """Ready means that weights are validated too: istiod makes its webhooks binding once it serves them.

    The Gateway API is there first: istiod takes part in it from its start, and makes its own GatewayClasses.
    """
    gateway_api(cluster, build)
    files = ["istio.yaml", *(["istio-ingress.yaml"] if ingress else [])]
    arguments = [part for name in files for part in ("-f", str(MANIFESTS / name))]
    arguments += ["--set", f"tag={VERSIONS['istio']['version']}", "--readiness-timeout", f"{SECONDS}s"]
    kubectl = cluster.kubectl(build)
    failure = f"{cluster.name}: istioctl could not install Istio"
    run([str(build.istioctl), "install", "-y", *arguments], kubectl.log, failure, kubectl.env, check=kubectl.check)
    failure = f"{cluster.name}: istiod's validation did not come up"
    arguments = ["validatingwebhookconfiguration", "--all", "--for=jsonpath={.webhooks[0].failurePolicy}=Fail"]
    kubectl.run("wait", *arguments, f"--timeout={SECONDS}s", failure=failure)


def prometheus(cluster: Cluster, build: Build) -> None:
    """Scrapes the sidecars and gateways; a port of the host's loopback leads to it."""
    kubectl = cluster.kubectl(build)
    kubectl.apply(manifest("prometheus.yaml"), f"{cluster.name}: Prometheus was refused")
    failure = f"{cluster.name}: Prometheus did not become ready"
    kubectl.wait("deployment/prometheus", "condition=Available", SECONDS, failure, "monitoring")
