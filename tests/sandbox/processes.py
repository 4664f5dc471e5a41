# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that is recorded today and signalled tomorrow: its number alone may belong to another one by then."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROC = Path("/proc")
STATE, STARTED = 0, 19  # fields of /proc/PID/stat, counted behind the command's closing bracket


def boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def stat_fields(stat: str) -> list[str]:
    """The command's name may hold blanks and brackets, hence the last bracket."""
    return stat[stat.rindex(")") + 2 :].split()


@dataclass(frozen=True)
class Process:
    """A process for good: number, start time and boot together are never given twice."""

    pid: int
    started: int
    boot: str

    @classmethod
    def find(cls, pid: int) -> Process | None:
        try:
            fields = stat_fields((PROC / str(pid) / "stat").read_text())
        except (OSError, ValueError):
            return None
        return None if fields[STATE] in "ZX" else cls(pid, int(fields[STARTED]), boot_id())

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Process:
        return cls(int(record["pid"]), int(record["started"]), str(record["boot"]))

    def to_record(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def alive(self) -> bool:
        return Process.find(self.pid) == self

    def signal(self, number: signal.Signals) -> bool:
        """True when it was sent. The descriptor is taken before the check, so nobody can slip in between."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if not self.alive:
                return False
            signal.pidfd_send_signal(descriptor, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)


def in_pid_namespace(inode: str) -> Iterator[int]:
    """Every process that lives in that namespace."""
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "ns/pid") == inode:
                    yield int(entry.name)
            except OSError:
                continue  # it ended while we looked
