# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster without Istio: the real API server, seen through a proxy that has never heard of its API group."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HIDDEN = "istio.io"


@contextmanager
def cluster_without_istio() -> Iterator[str]:
    """The address of the proxy; reading is all that it passes on."""
    command = ["kubectl", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as behind:
        address = re.search(r"127\.0\.0\.1:\d+", behind.stdout.readline())[0]
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler(f"http://{address}"))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            behind.terminate()


def handler(behind: str) -> type[BaseHTTPRequestHandler]:
    class WithoutIstio(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = fetch(behind + self.path) if HIDDEN not in self.path else (404, b"404 page not found")
            if self.path.split("?")[0] == "/apis":
                body = without_group(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """The test's own output says what matters."""

    return WithoutIstio


def fetch(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def without_group(listing: bytes) -> bytes:
    groups = json.loads(listing)
    groups["groups"] = [group for group in groups["groups"] if HIDDEN not in group["name"]]
    return json.dumps(groups).encode()
