# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster that cannot be reached or entered is spoken of, by a module that stands for all of them."""

from __future__ import annotations

import copy
import dataclasses
import http.server
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.aviary.canary.plugins.module_utils._cluster import gateway_api, istio

from .conftest import Run, Shop, to

NAME = "traffic_split_info"


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check(found: dict[str, Any], reason: str, words: str) -> None:
    assert (found["failed"], found["reason"]) == (True, reason), found["msg"]
    assert words in found["msg"]
    assert "\n" not in found["msg"]
    assert found["hint"]


def test_a_kubeconfig_that_is_not_there(run: Run) -> None:
    check(run(NAME, namespace="x", kubeconfig="/nowhere/config"), "kubeconfig_missing", "no kubeconfig /nowhere/config")


@pytest.mark.usefixtures("no_environment")
def test_no_kubeconfig_at_all(run: Run) -> None:
    check(run(NAME, namespace="x", kubeconfig=None), "kubeconfig_missing", "no kubeconfig")


@pytest.mark.parametrize("text", ["{", "just words", "apiVersion: v1\nkind: Config\n"])
def test_a_kubeconfig_that_is_none(run: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    check(run(NAME, namespace="x", kubeconfig=str(path)), "kubeconfig_invalid", str(path))


def test_a_kubeconfig_that_is_a_folder(run: Run, tmp_path: Path) -> None:
    check(run(NAME, namespace="x", kubeconfig=str(tmp_path)), "kubeconfig_invalid", str(tmp_path))


BROKEN = {
    "an authority that is no base64": ({"certificate-authority-data": "abc"}, {}, "kubeconfig_invalid"),
    "an authority that is not there": (
        {"certificate-authority-data": None, "certificate-authority": "/nowhere/ca"},
        {},
        "kubeconfig_invalid",
    ),
    "a key that is not there": (
        {},
        {"client-certificate": "/nowhere/crt", "client-key": "/nowhere/key"},
        "kubeconfig_invalid",
    ),
    "a token file that is not there": ({}, {"token": None, "tokenFile": "/nowhere/token"}, "kubeconfig_invalid"),
    "no credentials": ({}, {"token": None}, "credentials_refused"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_kubeconfig_with_a_broken_part(run: Run, user: dict[str, Any], case: str) -> None:
    cluster, account, reason = BROKEN[case]
    broken = copy.deepcopy(user)
    for target, changes in ((broken["clusters"][0]["cluster"], cluster), (broken["users"][0]["user"], account)):
        target.update(changes)
        for name in [name for name, value in target.items() if value is None]:
            del target[name]
    check(run(NAME, namespace="x", stable={"deployment": "a"}, kubeconfig=broken), reason, "")


@pytest.mark.parametrize("host", ["ftp://127.0.0.1", "https://[::1"])
def test_a_host_that_is_none(run: Run, host: str) -> None:
    check(
        run(NAME, namespace="x", stable={"deployment": "a"}, host=host, api_key="x"),
        "kubeconfig_invalid",
        "cannot be used",
    )


def test_of_several_kubeconfigs_one_may_be_missing(
    run: Run, user: dict[str, Any], tmp_path: Path, namespace: str
) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(user))
    assert "failed" not in run(NAME, namespace=namespace, kubeconfig=f"/nowhere/config:{path}:")


def test_a_context_that_is_not_there(run: Run, user: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(user))
    found = run(NAME, namespace="x", kubeconfig=str(path), context="moon")
    check(found, "context_missing", f"The kubeconfig {path} has no context moon.")


def test_an_api_server_that_does_not_answer(run: Run, user: dict[str, Any], free_port: int) -> None:
    away = copy.deepcopy(user)
    away["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{free_port}"
    found = run(NAME, namespace="x", stable={"deployment": "a"}, kubeconfig=away)
    check(found, "api_unreachable", "cannot be reached")
    assert "Max retries" not in found["msg"]


def test_a_token_that_is_not_accepted(run: Run, user: dict[str, Any]) -> None:
    wrong = copy.deepcopy(user)
    wrong["users"][0]["user"]["token"] = "guessed"
    check(run(NAME, namespace="x", stable={"deployment": "a"}, kubeconfig=wrong), "credentials_refused", "credentials")


def test_a_user_without_rights(run: Run, stranger: dict[str, Any], namespace: str) -> None:
    found = run(NAME, namespace=namespace, stable={"deployment": "a"}, kubeconfig=stranger)
    check(found, "access_denied", "not allow this user to read deployments a")


class BrokenBalancer(http.server.BaseHTTPRequestHandler):
    """What stands before an API server that is being replaced."""

    def do_GET(self) -> None:
        self.send_error(502, "Bad Gateway")

    def log_message(self, *_arguments: Any) -> None:
        """Nobody reads it."""


def test_a_load_balancer_that_answers_in_the_place_of_the_api_server(run: Run) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), BrokenBalancer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_port}"
        found = run(NAME, namespace="x", stable={"deployment": "a"}, host=host, api_key="secret")
        server.shutdown()
    check(found, "api_failed", "The API server answered 502 when asked to read")


def test_a_cluster_without_istio(run: Run, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server really is asked for a group that it does not serve."""
    monkeypatch.setattr(istio, "GROUP", dataclasses.replace(istio.GROUP, name="networking.absent.io"))
    check(run(NAME, namespace=namespace, virtual_service="reviews"), "istio_missing", "There is no Istio")


def test_a_cluster_without_the_gateway_api(run: Run, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_api, "GROUP", dataclasses.replace(gateway_api.GROUP, name="gateway.absent.io"))
    words = "There is no Gateway API in this cluster"
    check(run(NAME, namespace=namespace, http_route="reviews"), "gateway_api_missing", words)
    weights = [{"host": "reviews-v1", "weight": 90}, {"host": "reviews-v2", "weight": 10}]
    found = run("http_route_weights", name="reviews", namespace=namespace, weights=weights)
    check(found, "gateway_api_missing", words)


def test_a_gateway_that_is_not_there(run: Run, shop: Shop, namespace: str) -> None:
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)), spec={"gateways": ["front"]})
    weights = [{"subset": "v1", "weight": 90}, {"subset": "v2", "weight": 10}]
    found = run("virtual_service_weights", name="reviews", namespace=namespace, weights=weights)
    check(found, "object_missing", f"There is no Gateway front in {namespace}")


def test_a_python_without_the_kubernetes_library(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    check(run(NAME, namespace="x"), "dependency_missing", "The Python library kubernetes is not there")


def test_impersonation_is_honoured_or_refused_and_never_lost(run: Run, shop: Shop, namespace: str) -> None:
    found = run(NAME, namespace=namespace, stable={"deployment": "a"}, impersonate_user="somebody")
    check(found, "access_denied", "not allow this user")
