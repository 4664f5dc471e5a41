# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of the table, in its order. A new one is a file here and its name below."""

from __future__ import annotations

from bench.bench import Bench
from bench.rows import api_requests, fleet, one_task, proxies

ROWS: tuple[Bench, ...] = (*one_task.ROWS, *api_requests.ROWS, *fleet.ROWS, *proxies.ROWS)


def chosen(parts: str) -> tuple[Bench, ...]:
    """The rows whose name has one of the parts (split by commas) in it; all of them when there is none."""
    wanted = [part.strip().lower() for part in parts.split(",") if part.strip()]
    return tuple(row for row in ROWS if not wanted or any(part in row.name.lower() for part in wanted))
