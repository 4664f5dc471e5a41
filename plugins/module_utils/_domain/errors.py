# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every failure that this collection can name.

CanaryError
|- InvalidRequest          the arguments cannot be meant; raised before any request is sent
|  |- WeightsInvalid        negative, all zero, over or under the total, named twice
|  `- ShareUnreachable      the replica budget cannot hold both arms
|- PlanRefused             understood, but not safe
|  |- RouteMissing          no route holds the destinations
|  |- RouteAmbiguous        more than one route fits
|  |- DestinationsLeft      the route sends to destinations that the request does not name
|  |- RouteUnreachable      an earlier route matches everything, so no proxy would hold this one
|  |- RouteShadowed         the sidecars follow another VirtualService for the host
|  |- HostLiteral           Istio takes the host literally, and it names no Service
|  |- ProtocolMismatch      the Service has no port on which such routes take effect
|  |- SubsetMissing         the effective DestinationRule does not define the subset
|  |- EndpointsMissing      nobody is ready to answer for a weight above 0
|  |- ForeignOwner          another tool would put the weights back
|  |- SidecarMissing        the caller's requests would not pass the mesh
|  `- ProxiesMissing        no client proxy to prove the weights at
|- ClusterError            the API server said no, or nothing
|  |- KubeconfigMissing, KubeconfigInvalid, ContextMissing, CredentialsRefused, ApiUnreachable, AccessDenied
|  |- IstioMissing, GatewayApiMissing   their API group is not served
|  |- ObjectMissing
|  |  `- VirtualServiceMissing, HttpRouteMissing, PodMissing, DeploymentMissing
|  |- Conflict              somebody else kept changing the object
|  |- Rejected              validation or a webhook refused the write
|  |- NotServed             the API server knows no such resource
|  `- ApiFailed             any other answer
|- WaitExpired             carries what was seen last
|- NotProven               written, but reading back does not show the plan
|- PartlyWritten           one of several objects failed, and another could not be put back
|- ProbeFailed             could not measure (which is not "measured and bad")
|  |- CurlMissing           the source container has no shell or no curl
|  `- ExpectationMissing    nothing says which share to expect
`- DependencyMissing       a Python library is absent

`reason` is public API: playbooks test it, and the documentation lists every one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any


class CanaryError(Exception):
    """One sentence for the operator, a stable reason, a hint what to do, and details for a program."""

    reason = "error"
    hint = ""
    changed = False  # whether something had been written before the failure
    warnings: Sequence[str] = ()  # what had been found odd before it

    def __init__(self, message: str, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.hint if hint is None else hint
        self.details = details


@contextlib.contextmanager
def after_write(written: bool = True) -> Iterator[None]:
    """A failure inside tells that something had been written before."""
    try:
        yield
    except CanaryError as error:
        error.changed = error.changed or written
        raise


@contextlib.contextmanager
def about(subject: str) -> Iterator[None]:
    """A failure inside begins with what it is about: `VirtualService reviews: The weights add up to 110, ...`."""
    try:
        yield
    except CanaryError as error:
        error.message = f"{subject}: {error.message}"
        raise


@contextlib.contextmanager
def with_warnings(warnings: Sequence[str]) -> Iterator[None]:
    """A failure inside carries the warnings that have gathered by then."""
    try:
        yield
    except CanaryError as error:
        error.warnings = tuple(warnings)
        raise


class InvalidRequest(CanaryError):
    reason = "invalid_request"
    hint = "Correct the arguments; nothing was sent to the cluster."


class WeightsInvalid(InvalidRequest):
    reason = "weights_invalid"
    hint = "Give whole numbers of at least 0 that add up to total."


class ShareUnreachable(InvalidRequest):
    reason = "share_unreachable"
    hint = "Raise replicas, or ask for a share of exactly 0 or 100."


class PlanRefused(CanaryError):
    reason = "plan_refused"


class RouteMissing(PlanRefused):
    reason = "route_missing"
    hint = "Correct the destinations, or set add_missing=true to add one."


class RouteAmbiguous(PlanRefused):
    reason = "route_ambiguous"
    hint = "Set route to a name or an index, or all_matching=true."


class DestinationsLeft(PlanRefused):
    reason = "destinations_left"
    hint = "Give every destination a weight, or set others to keep, scale or zero."


class RouteUnreachable(PlanRefused):
    reason = "route_unreachable"
    hint = "Move the route before the one that matches everything, or set wait=false to write without proof."


class RouteShadowed(PlanRefused):
    reason = "route_shadowed"
    hint = "Merge the two VirtualServices first, or name the client pods that follow this one with wait_for."


class HostLiteral(PlanRefused):
    reason = "host_literal"
    hint = "Only a name without a dot is completed by Istio: give the full name."


class ProtocolMismatch(PlanRefused):
    reason = "protocol_mismatch"
    hint = "Name the port after its protocol (http-web), or set appProtocol; or choose the routes with protocol."


class SubsetMissing(PlanRefused):
    reason = "subset_missing"
    hint = "Define the subset in the DestinationRule and wait until the proxies know it."


class EndpointsMissing(PlanRefused):
    reason = "endpoints_missing"
    hint = "Wait until pods are ready, or set check_endpoints=false where they live in another cluster."


class ForeignOwner(PlanRefused):
    reason = "foreign_owner"
    hint = "Change the weights there, or set ownership=warn or ownership=ignore."


class SidecarMissing(PlanRefused):
    reason = "sidecar_missing"
    hint = "Measure from a pod with a sidecar: label the namespace istio-injection=enabled and re-create the pod."


class ProxiesMissing(PlanRefused):
    reason = "proxies_missing"
    hint = "Name the client pods with wait_for, or set wait=false to write without proof."


class ClusterError(CanaryError):
    reason = "cluster_error"


class KubeconfigMissing(ClusterError):
    reason = "kubeconfig_missing"
    hint = "Correct kubeconfig, or K8S_AUTH_KUBECONFIG."


class KubeconfigInvalid(ClusterError):
    reason = "kubeconfig_invalid"
    hint = "Check the file with: kubectl config view."


class ContextMissing(ClusterError):
    reason = "context_missing"
    hint = "List the contexts with: kubectl config get-contexts."


class CredentialsRefused(ClusterError):
    reason = "credentials_refused"
    hint = "The token or certificate is wrong or has expired: log in again."


class ApiUnreachable(ClusterError):
    reason = "api_unreachable"
    hint = "Check the address and that the API server answers: kubectl get --raw /readyz."


class AccessDenied(ClusterError):
    reason = "access_denied"
    hint = "Grant it with a Role; examples/permissions.yml lists what each task needs."


class IstioMissing(ClusterError):
    reason = "istio_missing"
    hint = "Install Istio, or use the kubernetes provider."


class GatewayApiMissing(ClusterError):
    reason = "gateway_api_missing"
    hint = "Install the CRDs of the Gateway API, or use the istio provider."


class ObjectMissing(ClusterError):
    reason = "object_missing"
    hint = "Check the name and the namespace."


class VirtualServiceMissing(ObjectMissing):
    reason = "virtual_service_missing"


class HttpRouteMissing(ObjectMissing):
    reason = "http_route_missing"


class PodMissing(ObjectMissing):
    reason = "pod_missing"


class DeploymentMissing(ObjectMissing):
    reason = "deployment_missing"


class Conflict(ClusterError):
    reason = "conflict"
    hint = "See who writes with: kubectl get --show-managed-fields."


class Rejected(ClusterError):
    reason = "rejected"
    hint = "The answer of the cluster says why."


class NotServed(ClusterError):
    reason = "not_served"
    hint = "List what the cluster serves with: kubectl api-resources."


class ApiFailed(ClusterError):
    reason = "api_failed"
    hint = "Try again; when it stays, look into the API server's log."


class WaitExpired(CanaryError):
    reason = "wait_expired"
    hint = "Raise wait_timeout, or look at what lags behind."


class NotProven(CanaryError):
    reason = "not_proven"
    hint = "Somebody else writes the same object; look at its managedFields."


class PartlyWritten(CanaryError):
    reason = "partly_written"
    hint = "Compare the objects that details names with what they should be, and run the task again."


class ProbeFailed(CanaryError):
    reason = "probe_failed"
    hint = "Try the same by hand with kubectl exec, and look into the container's log."


class CurlMissing(ProbeFailed):
    reason = "curl_missing"
    hint = "Use a source container whose image has sh and curl, such as curlimages/curl."


class ExpectationMissing(ProbeFailed):
    reason = "expectation_missing"
    hint = "Set expected, or virtual_service or http_route with the arms that it sends to, or the arms' deployments."


class DependencyMissing(CanaryError):
    reason = "dependency_missing"
    hint = "Install it for the Python that runs the module."
