# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster that cannot be reached or entered is spoken of, by a module that stands for all of them."""

from __future__ import annotations

import copy
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Run

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


def test_impersonation_is_not_silently_lost(run: Run, namespace: str) -> None:
    found = run(NAME, namespace=namespace, stable={"deployment": "a"}, impersonate_user="somebody")
    check(found, "access_denied", "not allow this user")
