# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stops a command: one sentence for the operator, and the log that tells more."""

from __future__ import annotations

from pathlib import Path

LINES_SHOWN = 15


class SandboxError(Exception):
    """One sentence: what is wrong, where, what to do. With a log, its last lines are shown below the sentence."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        super().__init__(sentence)
        self.log = log

    def explain(self) -> str:
        if self.log is None:
            return str(self)
        lines = [f"  | {line}" for line in last_lines(self.log)]
        return "\n".join([f"{self} (log: {self.log})", *lines])


def last_lines(path: Path, count: int = LINES_SHOWN) -> list[str]:
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 400 * count))
            return log.read().decode(errors="replace").splitlines()[-count:]
    except OSError:
        return []
