# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces of a scenario's own, gone when it is over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from integration.kube import kubectl
from integration.playbook import LOGS, inventory, succeed
from modules.in_process import find_collections

find_collections()


class Mesh(NamedTuple):
    namespace: str
    inventory: Path


@pytest.fixture(scope="session", autouse=True)
def fresh_logs() -> None:
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)


@pytest.fixture(scope="module")
def namespace(request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for this file's namespace. It is not made here, because deploy does that."""
    name = "test-" + Path(request.path).stem.removeprefix("test_").replace("_", "-")
    kubectl("delete", "namespace", name, "--ignore-not-found")
    yield name
    kubectl("delete", "namespace", name, "--ignore-not-found")


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("canary")


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """A canary on Istio at 99/1, which tests may look at and must leave as it was."""
    variables = {"canary_provider": "istio", "canary_namespace": "test-canary", "canary_share": 1}
    kubectl("delete", "namespace", "test-canary", "--ignore-not-found")
    hosts = inventory(tmp_path_factory.mktemp("mesh") / "inventory.yml", variables)
    succeed("deploy", hosts)
    yield Mesh("test-canary", hosts)
    kubectl("delete", "namespace", "test-canary")
