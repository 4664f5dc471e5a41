# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries connections from ports of the host's loopback to addresses inside a node: the only way in.

A socket belongs to the network it was made in, so one that was made outside keeps listening there.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Coroutine, Mapping
from typing import Any, Callable

CHUNK = 65536
Carrier = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def serve(targets: Mapping[int, str]) -> None:
    """`targets`: descriptor of a listening socket -> HOST:PORT. Never returns."""
    asyncio.run(listen(targets))


async def listen(targets: Mapping[int, str]) -> None:
    servers = [
        await asyncio.start_server(carrier(*target.rsplit(":", 1)), sock=socket.socket(fileno=descriptor))
        for descriptor, target in targets.items()
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def carrier(host: str, port: str) -> Carrier:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()  # nothing listens there (yet)
            return
        try:
            await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
        finally:
            writer.close()
            far_writer.close()

    return carry


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until its sender has finished; the other direction goes on."""
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()
