# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from bench.tasks import virtual_service
from bench.watch import Told, first_with, weights_in


def test_the_weights_of_an_object():
    assert weights_in(virtual_service("vs-000", 30)) == (70, 30)
    assert weights_in({"spec": {"http": [{"route": [{"destination": {}, "weight": 100}, {}]}]}}) == (100, 0)


def test_an_older_change_to_the_same_weights_is_not_this_one():
    told = [Told(1.0, (0, 100)), Told(2.0, (100, 0)), Told(3.0, (0, 100))]
    assert first_with(told, 1.5, (0, 100)) == 3.0
    assert first_with(told, 3.5, (0, 100)) is None
