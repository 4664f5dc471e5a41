# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths are built from names and from nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._cluster.paths import APPS, CORE, list_path, object_path
from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import InvalidRequest


def test_paths_of_objects_and_lists() -> None:
    path = object_path(APPS, "shop", "deployments", "reviews", "scale")
    assert path == "/apis/apps/v1/namespaces/shop/deployments/reviews/scale"
    assert list_path(CORE, None, "pods") == "/api/v1/pods"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a?x=1", "A", "a b", "-a", "a\n"])
def test_what_is_no_name_never_reaches_a_path(name: str) -> None:
    with pytest.raises(InvalidRequest):
        object_path(CORE, "shop", "pods", name)
    with pytest.raises(InvalidRequest):
        list_path(CORE, name, "pods")
