# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which routes a port can carry, by what istiod reads from its name and appProtocol."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._domain.ports import carries, described, kind_of

PORTS: list[tuple[dict[str, Any], str]] = [
    ({"name": "http", "port": 80}, "http"),
    ({"name": "http-web", "port": 80}, "http"),
    ({"name": "HTTP2-web", "port": 80}, "http"),
    ({"name": "grpc-web-x", "port": 80}, "http"),
    ({"name": "https-web", "port": 443}, "tls"),
    ({"name": "tls", "port": 443}, "tls"),
    ({"name": "tcp-web", "port": 80}, "tcp"),
    ({"name": "mongo", "port": 27017}, "tcp"),
    ({"name": "web", "port": 80}, "sniffed"),
    ({"name": "httpweb", "port": 80}, "sniffed"),
    ({"port": 80}, "sniffed"),
    ({"port": 3306}, "tcp"),
    ({"name": "tcp-web", "appProtocol": "http", "port": 80}, "http"),
    ({"name": "http", "appProtocol": "kubernetes.io/h2c", "port": 80}, "http"),
    ({"name": "http", "appProtocol": "example.com/own", "port": 80}, "sniffed"),
    ({"name": "dns", "protocol": "UDP", "port": 53}, "other"),
]


@pytest.mark.parametrize(("port", "kind"), PORTS)
def test_the_kind_of_a_port_is_what_it_says_of_itself(port: dict[str, Any], kind: str) -> None:
    assert kind_of(port) == kind


@pytest.mark.parametrize(
    ("names", "protocols"),
    [
        (["http"], {"http"}),
        (["tcp-a"], {"tcp"}),
        (["tls-a"], {"tls"}),
        (["a"], {"http", "tcp"}),
        (["http", "tcp-a"], {"http", "tcp"}),
        ([], {"http", "tls", "tcp"}),
    ],
)
def test_routes_take_effect_where_one_port_can_carry_them(names: list[str], protocols: set[str]) -> None:
    service = {"spec": {"ports": [{"name": name, "port": 80} for name in names]}}
    assert {protocol for protocol in ("http", "tls", "tcp") if carries(service, protocol)} == protocols


def test_a_service_is_described_by_its_ports() -> None:
    service = {"spec": {"ports": [{"name": "tcp-web", "port": 80}, {"port": 81}]}}
    assert described(service) == '80 "tcp-web" (tcp), 81 "" (sniffed)'
