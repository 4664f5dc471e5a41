# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting looks at once, looks again, and tells what it saw last."""

from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._cluster.waiting import wait_until
from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import WaitExpired


def test_what_is_right_already_is_looked_at_once() -> None:
    looks = iter([1])
    seen, seconds = wait_until(lambda: next(looks), lambda seen: True, 0, str)
    assert (seen, seconds < 1) == (1, True)


def test_it_looks_until_it_is_right() -> None:
    looks = iter(range(10))
    assert wait_until(lambda: next(looks), lambda seen: seen == 3, 60, str)[0] == 3


def test_a_wait_that_expires_says_what_was_seen_last() -> None:
    looks = iter(range(10))
    with pytest.raises(WaitExpired, match=r"After 0\.\d s the number was [12]\."):
        wait_until(lambda: next(looks), lambda seen: False, 0.1, lambda seen: f"the number was {seen}")
