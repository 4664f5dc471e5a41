# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain HTTP server on loopback in front of a real API server: it counts what a client asks, and can spoil answers.

    with ApiProxy(kubeconfig) as proxy:
        ...                                  # a client that is given proxy.kubeconfig, or proxy.url as its host
    proxy.requests                           # [Request("GET", "/version", 200), ...]

The proxy authenticates itself with the kubeconfig it was given, so its own clients need no credentials. It does not
upgrade connections: a command in a pod is answered with 501, and so is a request that is sent in chunks.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import kubernetes
import urllib3

# What belongs to one connection and not to the request; Authorization is replaced by the proxy's own.
NOT_FORWARDED = {
    "authorization", "connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
}  # fmt: skip
CUT = 0  # the status of a request whose connection was cut
GONE = (BrokenPipeError, ConnectionResetError)


class Request(NamedTuple):
    """One request as it was answered; the path is without its query."""

    method: str
    path: str
    status: int
    query: str = ""


@dataclass(frozen=True)
class Answer:
    """What a rule wants instead of the plain way: wait, answer in the API server's place, or cut the connection.

    Without a status the request is forwarded. `cut` resets the connection "before" the API server has seen the
    request, or "after" it has carried it out, when only the answer is lost.
    """

    status: int | None = None
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    cut: str = ""
    raw: str | None = None

    def body(self) -> bytes:
        """A Status, as the API server words its refusals; or what `raw` says, such as what it has for unknown paths."""
        if self.raw is not None:
            return self.raw.encode()
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        return json.dumps({**status, "message": self.message, "code": self.status}).encode()


Rule = Callable[[str, str], "Answer | None"]  # of the method and the path; None: forward as if there were no rule
PLAIN = Answer()


class ApiProxy:
    """`rule` is consulted before each request is forwarded, and may be replaced at any time."""

    def __init__(self, kubeconfig: str | Path, rule: Rule | None = None) -> None:
        self.rule = rule
        self.requests: list[Request] = []
        self.upstream = Upstream(str(kubeconfig))
        self.server = Server(self)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._folder = tempfile.TemporaryDirectory(prefix="aviary-canary-proxy-")
        self.kubeconfig = Path(self._folder.name) / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(kubeconfig_of(self.url)))

    def __enter__(self) -> ApiProxy:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.upstream.close()
        self._folder.cleanup()

    def answer_to(self, method: str, path: str) -> Answer:
        return (self.rule and self.rule(method, path)) or PLAIN


def kubeconfig_of(url: str) -> dict[str, Any]:
    """One context, with a token because some clients refuse to be nobody."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "proxy", "cluster": {"server": url}}],
        "users": [{"name": "anybody", "user": {"token": "anything"}}],
        "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "anybody"}}],
        "current-context": "proxy",
    }


class Upstream:
    """The API server behind the proxy: the client library knows the certificates, urllib3 keeps the connections."""

    def __init__(self, kubeconfig: str) -> None:
        self.client = kubernetes.config.new_client_from_config(kubeconfig)

    def send(self, method: str, target: str, headers: urllib3.HTTPHeaderDict, body: bytes) -> urllib3.BaseHTTPResponse:
        configuration = self.client.configuration
        for credential in configuration.auth_settings().values():
            headers[credential["key"]] = credential["value"]
        return self.client.rest_client.pool_manager.request(
            method,
            configuration.host + target,
            body=body or None,
            headers=headers,
            preload_content=False,
            decode_content=False,
            redirect=False,
            retries=False,
        )

    def close(self) -> None:
        self.client.rest_client.pool_manager.clear()


class Server(ThreadingHTTPServer):
    """Knows its proxy, since a handler knows only its server."""

    request_queue_size = 128  # a play over many hosts connects from many processes at once

    def __init__(self, proxy: ApiProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection of a client, kept alive over its requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except GONE:  # a client that ends while it is answered is no fault
            self.close_connection = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.proxy.answer_to(self.command, self.path.partition("?")[0])
        time.sleep(answer.delay_seconds)
        if answer.cut == "before":
            self._cut()
        elif answer.status is not None:
            self._reply(answer.status, {"Content-Type": "application/json", **answer.headers}, answer.body())
        elif "Upgrade" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # it cannot tell where the next request begins
            self._reply(501, {"Connection": "close"}, b"")
        else:
            self._forward(body, answer.cut == "after")

    do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = do_GET

    def _forward(self, body: bytes, cut: bool) -> None:
        try:
            reply = self.server.proxy.upstream.send(self.command, self.path, forwarded(self.headers.items()), body)
        except urllib3.exceptions.HTTPError as error:
            self._reply(502, {"Content-Type": "text/plain"}, str(error).encode())
            return
        with contextlib.closing(reply):
            if cut:
                reply.drain_conn()
                self._cut()
            else:
                self._pass_on(reply)

    def _pass_on(self, reply: urllib3.BaseHTTPResponse) -> None:
        """Piece by piece as it comes, so that a watch is told at once; recorded before the client can ask again."""
        self._record(reply.status)
        length = reply.headers.get("Content-Length")
        bodiless = self.command == "HEAD" or reply.status in (204, 304)
        self._start(reply.status, forwarded(reply.headers.items()))
        if length is not None:
            self.send_header("Content-Length", length)
        elif not bodiless:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if bodiless:
            return
        for piece in reply.stream(decode_content=False):
            self.wfile.write(piece if length is not None else b"%x\r\n%b\r\n" % (len(piece), piece))
        if length is None:
            self.wfile.write(b"0\r\n\r\n")

    def _reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._record(status)
        self._start(status, headers)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)

    def _cut(self) -> None:
        """Close without a goodbye: the client gets a reset, as from a machine that is gone."""
        self._record(CUT)
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _record(self, status: int) -> None:
        path, _mark, query = self.path.partition("?")
        self.server.proxy.requests.append(Request(self.command, path, status, query))

    def log_message(self, *_arguments: Any) -> None:
        """`requests` is the log."""


def forwarded(headers: Iterable[tuple[str, str]]) -> urllib3.HTTPHeaderDict:
    """What one side said that is meant for the other; a header that comes twice goes on twice."""
    kept = urllib3.HTTPHeaderDict()
    for name, value in headers:
        if name.lower() not in NOT_FORWARDED:
            kept.add(name, value)
    return kept
