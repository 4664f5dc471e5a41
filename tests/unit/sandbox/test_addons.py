# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is put into a cluster, and in which order."""

from dataclasses import fields

import pytest

from sandbox import addons, commands
from sandbox.build import Build
from sandbox.cluster import Cluster
from sandbox.layout import Layout


@pytest.fixture
def built(tmp_path):
    made = Build(**{field.name: tmp_path / field.name for field in fields(Build)})
    made.crds.mkdir()
    made.istio_crds.write_text("Istio's")
    made.gateway_api_crds.write_text("Gateway API's")
    return made


@pytest.fixture
def ran(monkeypatch):
    """(the program's name, what it was told to do, what it read)"""
    seen = []

    def run(argv, *_, stdin=None, **__):
        seen.append((argv[0].rsplit("/", 1)[1], argv[1], stdin))

    monkeypatch.setattr(commands, "run", run)
    monkeypatch.setattr(addons, "run", run)
    return seen


def test_istio_finds_the_gateway_api_served(tmp_path, built, ran):
    addons.istio(Cluster(Layout(tmp_path), "sandbox-1"), built, ingress=False)
    assert ran[:3] == [
        ("kubectl", "apply", "Gateway API's"),
        ("kubectl", "wait", None),
        ("istioctl", "install", None),
    ]


def test_a_control_plane_serves_the_kinds_of_both(tmp_path, built, ran):
    addons.crds(Cluster(Layout(tmp_path), "control-plane"), built)
    assert ran == [
        ("kubectl", "apply", "Istio's"),
        ("kubectl", "apply", "Gateway API's"),
        ("kubectl", "wait", None),
    ]
