# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One command at a time per cache directory. The kernel lets go of the lock when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from sandbox.errors import SandboxError


@contextlib.contextmanager
def held(path: Path, command: str) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise SandboxError(
                f"Another sandbox command is at work in {path.parent} ({file.read().strip()}): let it finish, "
                "or set AVIARY_CANARY_CACHE to another directory for a second sandbox"
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}: {command}")
        file.flush()
        yield
