# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things lie, and that two instances do not meet."""

from pathlib import Path

import pytest

from sandbox.layout import Layout, cache_directory


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"AVIARY_CANARY_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"AVIARY_CANARY_CACHE": "", "XDG_CACHE_HOME": "/b"}, "/b/aviary-canary"),
        ({}, Path.home() / ".cache/aviary-canary"),
    ],
)
def test_cache_directory(environ, expected):
    assert cache_directory(environ) == Path(expected)


def test_instances_of_two_caches_have_cgroups_of_their_own():
    one, other = Layout(Path("/a")), Layout(Path("/b"))
    assert one.cgroup("sandbox-1") == Layout(Path("/a")).cgroup("sandbox-1")
    assert len({one.cgroup("sandbox-1"), one.cgroup("sandbox-2"), other.cgroup("sandbox-1")}) == 3
