# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file of rows/ declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bench.ground import Ground
from bench.rounds import Rounds
from bench.row import Goal, Pair


class Bench(NamedTuple):
    """How to measure one row, and what is expected of it."""

    name: str
    unit: str
    goal: Goal
    measure: Callable[[Ground, Rounds], list[Pair]]
