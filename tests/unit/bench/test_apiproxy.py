# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy in front of a server that says what it was asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import kubernetes
import pytest
import urllib3

from apiproxy import CUT, Answer, ApiProxy, Request, kubeconfig_of

WATCH = [b'{"type": "ADDED"}\n', b'{"type": "MODIFIED"}\n']


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if "watch" in self.path:
            self.stream()
            return
        asked = {"method": self.command, "path": self.path, "headers": list(self.headers.items()), "body": body}
        self.answer(404 if "missing" in self.path else 200, json.dumps(asked).encode())

    do_PATCH = do_GET

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Warning", '299 - "one"')
        self.send_header("Warning", '299 - "two"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in WATCH:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def kubeconfig(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        file = tmp_path / "kubeconfig"
        content = kubeconfig_of(f"http://127.0.0.1:{server.server_address[1]}")
        content["users"][0]["user"]["token"] = "of the proxy"
        file.write_text(json.dumps(content))
        yield file
        server.shutdown()


@pytest.fixture
def proxy(kubeconfig):
    with ApiProxy(kubeconfig) as running:
        yield running


@pytest.fixture
def http():
    with urllib3.PoolManager(retries=False) as pool:
        yield pool


def test_a_request_arrives_whole_and_with_the_credentials_of_the_proxy(proxy, http):
    headers = {"Content-Type": "application/json-patch+json", "Authorization": "Bearer of the client"}
    answer = http.request("PATCH", f"{proxy.url}/apis/x?dryRun=All", body=b"[]", headers=headers).json()
    assert (answer["method"], answer["path"], answer["body"]) == ("PATCH", "/apis/x?dryRun=All", "[]")
    arrived = {name.lower(): value for name, value in answer["headers"]}
    assert arrived["content-type"] == "application/json-patch+json"
    assert arrived["authorization"] == "Bearer of the proxy"


def test_headers_that_come_twice_go_on_twice(proxy, http):
    headers = urllib3.HTTPHeaderDict([("Impersonate-Group", "a"), ("Impersonate-Group", "b")])
    answer = http.request("GET", f"{proxy.url}/version", headers=headers)
    assert [value for name, value in answer.json()["headers"] if name.lower() == "impersonate-group"] == ["a", "b"]
    assert answer.headers.getlist("Warning") == ['299 - "one"', '299 - "two"']


def test_every_request_is_recorded_as_it_was_answered(proxy, http):
    for path in ("/version", "/missing?limit=1"):
        http.request("GET", proxy.url + path)
    assert proxy.requests == [Request("GET", "/version", 200), Request("GET", "/missing", 404, "limit=1")]


def test_one_connection_serves_many_requests(proxy, http):
    for _time in range(3):
        http.request("GET", f"{proxy.url}/version")
    assert http.connection_from_url(proxy.url).num_connections == 1


def test_a_watch_comes_through(proxy, http):
    assert http.request("GET", f"{proxy.url}/pods?watch=1").data == b"".join(WATCH)


def test_the_client_library_takes_the_kubeconfig_of_the_proxy(proxy):
    with kubernetes.config.new_client_from_config(str(proxy.kubeconfig)) as client:
        answer = client.call_api(*client.param_serialize("GET", "/version"))
        answer.read()
    assert answer.status == 200
    assert proxy.requests == [Request("GET", "/version", 200)]


def test_a_rule_answers_what_it_chooses_and_leaves_the_rest(proxy, http):
    def conflict_on_write(method, path):
        if (method, path) == ("PATCH", "/apis/x"):
            return Answer(409, "the object has been modified", {"Retry-After": "1"})
        return None

    proxy.rule = conflict_on_write
    refused = http.request("PATCH", f"{proxy.url}/apis/x?fieldManager=me", body=b"[]")
    assert (refused.status, refused.headers["Retry-After"]) == (409, "1")
    assert refused.json()["kind"] == "Status"
    assert refused.json()["message"] == "the object has been modified"
    assert http.request("GET", f"{proxy.url}/apis/x").status == 200
    assert [request.status for request in proxy.requests] == [409, 200]


def test_a_rule_may_only_wait(proxy, http):
    proxy.rule = lambda method, path: Answer(delay_seconds=0.001)
    assert http.request("GET", f"{proxy.url}/version").status == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_connection_is_a_reset(proxy, http, when):
    sent = []
    send = proxy.upstream.send
    proxy.upstream.send = lambda *arguments: sent.append(arguments) or send(*arguments)
    proxy.rule = lambda method, path: Answer(cut=when)
    with pytest.raises(urllib3.exceptions.ProtocolError) as failure:
        http.request("GET", f"{proxy.url}/version")
    assert isinstance(failure.value.args[1], ConnectionResetError)
    assert len(sent) == (1 if when == "after" else 0)
    assert proxy.requests == [Request("GET", "/version", CUT)]


def test_an_api_server_that_is_not_there_is_a_bad_gateway(tmp_path, http):
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(kubeconfig_of("http://127.0.0.1:1")))
    with ApiProxy(file) as proxy:
        assert http.request("GET", f"{proxy.url}/version").status == 502


def test_a_command_in_a_pod_is_not_passed_on(proxy, http):
    headers = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert http.request("GET", f"{proxy.url}/exec", headers=headers).status == 501
