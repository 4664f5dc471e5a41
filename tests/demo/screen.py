# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words on the screen; colour only for a terminal whose owner did not ask for none (NO_COLOR)."""

from __future__ import annotations

import os
import sys

COLOURS = {"passed": "32", "failed": "31", "inconclusive": "33"}


def colourful() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def bold(text: str) -> str:
    return _painted(text, "1")


def dim(text: str) -> str:
    return _painted(text, "2")


def judged(word: str) -> str:
    """A verdict in its colour; any other word as it is."""
    return _painted(word, COLOURS[word]) if word in COLOURS else word


def say(text: str = "") -> None:
    print(text, flush=True)


def _painted(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if colourful() else text
