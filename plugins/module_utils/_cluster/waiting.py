# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for a condition by looking again, never by sleeping blindly."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from .._domain.errors import WaitExpired

Seen = TypeVar("Seen")
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 1.0


def wait_until(
    look: Callable[[], Seen],
    done: Callable[[Seen], bool],
    timeout_seconds: float,
    describe: Callable[[Seen], str],
    longest_pause_seconds: float = LONGEST_PAUSE_SECONDS,
) -> tuple[Seen, float]:
    """(what was seen when it was done, seconds that it took).

    Looks at once, then with growing pauses. Raises WaitExpired with what was seen last.
    """
    started = time.monotonic()
    pause = FIRST_PAUSE_SECONDS
    while True:
        seen = look()
        elapsed = time.monotonic() - started
        if done(seen):
            return seen, elapsed
        if elapsed + pause > timeout_seconds:
            raise WaitExpired(f"After {elapsed:.1f} s {describe(seen)}.")
        time.sleep(pause)
        pause = min(2 * pause, longest_pause_seconds)
