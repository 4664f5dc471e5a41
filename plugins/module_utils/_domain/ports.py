# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kind of routes of a VirtualService a port of a Service can carry.

Promise: what istiod reads from the appProtocol, else from the name of a port (istio: pkg/config/kube/conversion.go,
ConvertProtocol; pkg/config/protocol/instance.go, Parse). Not here: what the application really speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HTTP = {"http", "http2", "h2c", "grpc", "grpc-web", "kubernetes.io/h2c", "kubernetes.io/ws"}
TLS = {"https", "tls", "kubernetes.io/wss"}
TCP = {"tcp", "mongo", "mysql", "redis", "hbone"}
SNIFFED = "sniffed"
# Ports that are TCP where no name says otherwise, because their servers speak first.
SERVER_SPEAKS_FIRST = {25, 3306, 27017}
# Routes of a protocol -> the ports that they take effect on; a port whose bytes are looked at can be http or tcp.
CARRIED = {"http": {"http", SNIFFED}, "tls": {"tls"}, "tcp": {"tcp", SNIFFED}}


def kind_of(port: Mapping[str, Any]) -> str:
    """`http`, `tls`, `tcp`, or `sniffed` where neither appProtocol nor name says anything that istiod knows."""
    if str(port.get("protocol") or "TCP").upper() != "TCP":
        return "other"
    name = str(port.get("appProtocol") or port.get("name") or "").lower()
    words = {name} if port.get("appProtocol") else {name, name.split("-", 1)[0], *_grpc_web(name)}
    for kind, known in (("http", HTTP), ("tls", TLS), ("tcp", TCP)):
        if words & known:
            return kind
    return "tcp" if port.get("port") in SERVER_SPEAKS_FIRST else SNIFFED


def _grpc_web(name: str) -> set[str]:
    return {"grpc-web"} if name.startswith("grpc-web-") else set()


def carries(service: Mapping[str, Any], protocol: str) -> bool:
    """Whether routes of the protocol take effect on any port of the Service."""
    ports = (service.get("spec") or {}).get("ports") or []
    return not ports or any(kind_of(port) in CARRIED[protocol] for port in ports)


def described(service: Mapping[str, Any]) -> str:
    """`80 "tcp-web" (tcp)` for every port."""
    ports = (service.get("spec") or {}).get("ports") or []
    return ", ".join(f'{port.get("port")} "{port.get("name") or ""}" ({kind_of(port)})' for port in ports)
