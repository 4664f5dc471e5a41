# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host names as Istio reads them, and the names of the clusters that Envoy makes of them.

Promise: two names are equal here exactly when istiod expands them to the same host.
Not here: whether a Service of that name exists.
"""

from __future__ import annotations

DOMAIN = "cluster.local"


def expand(host: str, namespace: str, domain: str = DOMAIN) -> str:
    """The full name of a host in an object of `namespace`.

    Only a name without a dot is expanded; anything with a dot is taken literally
    (istio: pkg/config/model, ResolveShortnameToFQDN).
    """
    if not host or "." in host or host == "*":
        return host
    return f"{host}.{namespace}.svc.{domain}"


def service_of(host: str, namespace: str, domain: str = DOMAIN) -> tuple[str, str] | None:
    """(namespace, name) of the Service that a host stands for; None for a host outside the cluster."""
    parts = expand(host, namespace, domain).split(".")
    if parts[2:] == ["svc", *domain.split(".")]:
        return parts[1], parts[0]
    return None


def literal_slip(host: str, domain: str = DOMAIN) -> str | None:
    """The full name that somebody may have meant who wrote `reviews.prod` or `reviews.prod.svc`; else None.

    Istio completes only names without a dot, so these two are hosts of their own.
    """
    parts = host.split(".")
    if len(parts) == 2 or (len(parts) == 3 and parts[2] == "svc"):
        return None if "*" in host else f"{parts[0]}.{parts[1]}.svc.{domain}"
    return None


def cluster_key(cluster: str) -> tuple[str, str, int] | None:
    """(subset, host, port) of an Envoy cluster `outbound|PORT|SUBSET|HOST`; None for any other cluster."""
    parts = cluster.split("|")
    if len(parts) == 4 and parts[0] == "outbound" and parts[1].isdigit():
        return parts[2], parts[3], int(parts[1])
    return None


def gateway_place(gateway: str, namespace: str) -> tuple[str, str]:
    """(namespace, name) of a Gateway as a VirtualService of `namespace` names it.

    `name`, `./name`, `namespace/name`, or the old `name.namespace.svc.cluster.local`.
    """
    home, _slash, name = gateway.rpartition("/")
    if not home and ".svc." in name:
        name, home = name.split(".")[:2]
    return (namespace if home in ("", ".") else home), name
