# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from bench import versions


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("docker.io/istio/pilot:1.31.0", "1.31.0"),
        ("registry.example:5000/istio/pilot:1.31.0-distroless@sha256:0123", "1.31.0-distroless"),
        ("registry.example:5000/istio/pilot", "of an unknown version"),
    ],
)
def test_the_version_of_istio_is_the_tag_of_istiod(image, tag):
    assert versions.istio([{"spec": {"template": {"spec": {"containers": [{"image": image}]}}}}]) == tag


def test_a_cluster_without_istio():
    assert versions.istio([]) == "none"


def test_kubernetes_core_is_where_its_version_is_read():
    assert versions.MANIFEST.exists()
