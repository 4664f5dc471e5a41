# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections are carried whole, in both directions, and refused ones end at once."""

import os
import socket
import threading

import pytest

from sandbox import forward


def all_of(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def echo():
    """A server that answers with what it got, once its client has finished sending."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            with client:
                client.sendall(all_of(client))

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def carried():
    """Starts a forwarder in a process of its own, as the node does; returns the port to call."""
    started = []

    def start(target):
        listener = socket.create_server(("127.0.0.1", 0))
        pid = os.fork()
        if pid == 0:
            forward.serve({listener.fileno(): target})
        started.append(pid)
        port = listener.getsockname()[1]
        listener.close()
        return port

    yield start
    for pid in started:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def exchange(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return all_of(client)


def test_both_directions_to_the_last_byte(echo, carried):
    port = carried(f"127.0.0.1:{echo}")
    for data in (b"hello", b"x" * 3_000_000, b"again"):
        assert exchange(port, data) == data


def test_a_target_that_does_not_listen_ends_the_connection(carried):
    with socket.create_server(("127.0.0.1", 0)) as free:
        unused = free.getsockname()[1]
    with socket.create_connection(("127.0.0.1", carried(f"127.0.0.1:{unused}")), timeout=10) as client:
        assert client.recv(1) == b""
