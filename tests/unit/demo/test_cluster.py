# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.tests.demo.cluster import UNKNOWN, image_tag


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("docker.io/istio/pilot:1.31.0", "1.31.0"),
        ("registry.example:5000/istio/pilot:1.31.0-distroless@sha256:0123", "1.31.0-distroless"),
        ("registry.example:5000/istio/pilot", UNKNOWN),
        ("istio/pilot@sha256:0123", UNKNOWN),
    ],
)
def test_image_tag(image, tag):
    assert image_tag(image) == tag
