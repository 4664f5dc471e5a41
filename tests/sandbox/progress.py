# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line per step with its elapsed time, and something that moves while it lasts."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from types import TracebackType
from typing import Callable, TextIO

BEAT_ON_A_TERMINAL = 0.5
BEAT_IN_A_LOG = 20.0


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


class Step:
    """`with Step("Kubernetes 1.36.3") as step:` prints the title, a beat while it runs, and how it ended."""

    def __init__(self, title: str, out: TextIO | None = None) -> None:
        self.title = title
        self.detail: Callable[[], str] = lambda: ""
        self.out = out or sys.stdout
        self.terminal = self.out.isatty()
        self.begun = 0.0
        self.finished = threading.Event()
        self.beat = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Step:
        self.begun = time.monotonic()
        self.beat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finished.set()
        self.beat.join()
        self._line("ok" if kind is None else "stopped" if kind is KeyboardInterrupt else "failed", end="\n")

    def _beat(self) -> None:
        if self.terminal:
            self._line("..", end="")
        while not self.finished.wait(BEAT_ON_A_TERMINAL if self.terminal else BEAT_IN_A_LOG):
            self._line("..", end="" if self.terminal else "\n")

    def _line(self, mark: str, end: str) -> None:
        detail = self.detail() if mark == ".." else ""
        text = f"{mark:>7}  {duration(time.monotonic() - self.begun):>12}  {self.title}{detail and ': ' + detail}"
        if self.terminal:  # a line that wraps could not be written over
            text = f"\r\033[K{text[: shutil.get_terminal_size().columns - 1]}"
        self.out.write(text + end)
        self.out.flush()
