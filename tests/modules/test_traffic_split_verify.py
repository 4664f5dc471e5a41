# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""traffic_split_verify from the control node, with an HTTP server on this machine as the application."""

from __future__ import annotations

import http.server
import itertools
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from .conftest import Run, Shop, to

NAME = "traffic_split_verify"
ARMS = {"stable": {"body": "Tested load", "subset": "v1"}, "canary": {"body": "New load", "subset": "v2"}}


class Application(http.server.BaseHTTPRequestHandler):
    """Answers in turn, and counts connections."""

    answers: ClassVar[Iterator[tuple[int, str]]]
    connections: ClassVar[int] = 0
    hosts: ClassVar[set[str]] = set()

    def setup(self) -> None:
        type(self).connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.hosts.add(self.headers["Host"])
        status, text = next(self.answers)
        self.send_response(status)
        self.send_header("X-Version", text.split()[0])
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def application() -> Iterator[type[Application]]:
    Application.connections, Application.hosts = 0, set()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
    Application.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Application
    server.shutdown()
    thread.join()
    server.server_close()


def mix(*parts: tuple[int, int, str]) -> Iterator[tuple[int, str]]:
    """(how many, status, text) over and over."""
    return itertools.cycle([(status, text) for count, status, text in parts for _each in range(count)])


@pytest.fixture
def options(application: type[Application], namespace: str) -> dict[str, Any]:
    application.answers = mix((9, 200, "Tested load"), (1, 200, "New load"))
    return {
        "namespace": namespace,
        "url": application.url,
        "source": {"control_node": True},
        "arms": ARMS,
        "expected": {"stable": 90, "canary": 10},
        "requests": 300,
    }


def test_a_right_split_passes_with_its_numbers(
    run: Run, options: dict[str, Any], application: type[Application]
) -> None:
    found = run(NAME, **options, headers={"Host": "shop.example.com"})
    assert (found["verdict"], found["requests"], found["changed"]) == ("passed", 300, False)
    assert found["counts"] == {"stable": 270, "canary": 30, "failed": 0, "unrecognised": 0}
    assert found["observed"] == {"stable": 90.0, "canary": 10.0}
    low, high = found["interval"]["canary"]
    assert low < 10 < high
    assert (application.connections, application.hosts) == (300, {"shop.example.com"})


def test_a_wrong_split_is_a_verdict_and_no_failure(run: Run, options: dict[str, Any]) -> None:
    found = run(NAME, **{**options, "expected": {"stable": 50, "canary": 50}})
    assert found["verdict"] == "failed"
    assert "declared 50 % and observed 90.00 %" in found["reason"]
    assert "failed" not in found


def test_failed_and_unknown_answers_are_counted_and_shown(
    run: Run, options: dict[str, Any], application: type[Application]
) -> None:
    application.answers = mix((8, 200, "Tested load"), (1, 503, "no healthy upstream"), (1, 200, "Welcome"))
    found = run(NAME, **options)
    assert found["counts"] == {"stable": 240, "canary": 0, "failed": 30, "unrecognised": 30}
    assert (found["verdict"], found["requests"]) == ("failed", 300)
    assert found["examples"] == ["status 503: no healthy upstream", "status 200: Welcome"]


def test_looking_in_between_stops_as_soon_as_it_is_sure(run: Run, options: dict[str, Any]) -> None:
    options.pop("requests")
    wrong = run(NAME, **{**options, "expected": {"stable": 50, "canary": 50}}, max_requests=2000)
    assert (wrong["verdict"], wrong["requests"]) == ("failed", 100)
    right = run(NAME, **options, max_requests=5000)
    assert right["verdict"] == "passed"
    assert 100 < right["requests"] < 2000


def test_the_expected_shares_come_from_the_virtual_service(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    options.pop("expected")
    shop.virtual_service(to(("v1", 9), ("v2", 1)))
    found = run(NAME, **options, virtual_service="reviews")
    assert (found["verdict"], found["expected"]) == ("passed", {"stable": 90.0, "canary": 10.0})


def test_the_expected_shares_come_from_the_ready_replicas(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    options.pop("expected")
    shop.deployment("old", 9)
    shop.deployment("new", 1)
    arms = {"stable": {"body": "Tested", "deployment": "old"}, "canary": {"body": "New", "deployment": "new"}}
    assert run(NAME, **{**options, "arms": arms})["expected"] == {"stable": 90.0, "canary": 10.0}


def test_nobody_who_answers_is_a_verdict_too(run: Run, options: dict[str, Any]) -> None:
    found = run(NAME, **{**options, "url": "http://127.0.0.1:1/", "requests": 10})
    assert (found["verdict"], found["counts"]["failed"]) == ("failed", 10)
    assert "refused" in found["examples"][0]


REFUSALS = {
    "one arm": ({"arms": {"stable": {"body": "x"}}}, "invalid_request", "at least two arms"),
    "an arm without a way": ({"arms": {**ARMS, "canary": {}}}, "invalid_request", "exactly one of body"),
    "an arm with a typo": ({"arms": {**ARMS, "canary": {"bodi": "x"}}}, "invalid_request", "no option bodi"),
    "an arm that is text": ({"arms": {**ARMS, "canary": "New"}}, "invalid_request", "not described by a dictionary"),
    "a header without value": ({"arms": {**ARMS, "canary": {"header": {"name": "x"}}}}, "invalid_request", "header"),
    "a status that is text": ({"arms": {**ARMS, "canary": {"status": "ok"}}}, "invalid_request", "status of arm"),
    "no source": ({"source": {}}, "invalid_request", "source needs exactly one"),
    "two sources": ({"source": {"pod": "x", "control_node": True}}, "invalid_request", "pod and control_node"),
    "a header that is no text": ({"headers": {"Host": 1}}, "invalid_request", "malformed"),
    "a port that is none": ({"url": "http://x:99999/"}, "invalid_request", "no http or https URL"),
    "no URL": ({"url": "webserver"}, "invalid_request", "no http or https URL"),
    "a header with a line": ({"headers": {"Host": "a\nb"}}, "invalid_request", "malformed"),
    "shares of others": ({"expected": {"a": 50, "b": 50}}, "invalid_request", "expected names a, b"),
    "shares that are text": ({"expected": {"stable": "a", "canary": "b"}}, "invalid_request", "no number"),
    "shares that miss 100": ({"expected": {"stable": 50, "canary": 10}}, "invalid_request", "add up to 60"),
    "no request": ({"requests": 0}, "invalid_request", "no range"),
    "two numbers": ({"max_requests": 10}, "invalid_arguments", "mutually exclusive"),
    "no time": ({"timeout": 0}, "probe_failed", "time was up after 0 of 300"),
    "no expectation": ({"expected": None}, "expectation_missing", "which share arm stable should get"),
    "no pod": ({"source": {"pod": "nobody"}}, "pod_missing", "no Pod nobody"),
    "no pod of a selector": ({"source": {"selector": "app=x"}}, "pod_missing", "fits app=x"),
    "no name of a pod": ({"source": {"pod": "../x"}}, "invalid_request", "cannot be the name of pods"),
    "no VirtualService": ({"virtual_service": "nothing"}, "virtual_service_missing", "VirtualService nothing"),
    "no HTTPRoute": ({"http_route": "nothing"}, "http_route_missing", "HTTPRoute nothing"),
    "two routes": ({"virtual_service": "x", "http_route": "x"}, "invalid_arguments", "mutually exclusive"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_measured_is_said_in_one_sentence(run: Run, options: dict[str, Any], case: str) -> None:
    changes, reason, words = REFUSALS[case]
    found = run(NAME, **{**options, **changes})
    assert (found["failed"], found["reason"]) == (True, reason), found["msg"]
    assert words in found["msg"]
    assert "\n" not in found["msg"]
    assert found["hint"]


def test_a_pod_without_a_sidecar_cannot_measure_a_virtual_service(
    run: Run, shop: Shop, options: dict[str, Any]
) -> None:
    shop.pod("one", "v1")
    shop.virtual_service(to(("v1", 9), ("v2", 1)))
    found = run(NAME, **{**options, "source": {"pod": "one"}}, virtual_service="reviews")
    assert (found["failed"], found["reason"]) == (True, "sidecar_missing")


def test_a_pod_without_a_sidecar_cannot_measure_an_http_route(run: Run, shop: Shop, options: dict[str, Any]) -> None:
    shop.pod("one", "v1")
    found = run(NAME, **{**options, "source": {"pod": "one"}}, http_route="reviews")
    assert (found["failed"], found["reason"]) == (True, "sidecar_missing")
    assert found["msg"].endswith("do not follow HTTPRoute reviews.")


def test_a_secret_header_is_hidden_when_the_arguments_are_wrong_too(run: Run, namespace: str) -> None:
    """Ansible complains of these before anything of ours has run."""
    arms = {"stable": {"body": "a"}, "canary": {"body": "b"}}
    headers = {"Authorization": "Bearer hush-hush", "Cookie": ""}
    options = {"url": "http://web", "source": {"pod": "a"}, "arms": arms, "headers": headers}
    found = run("traffic_split_verify", namespace=namespace, colour="red", **options)
    assert (found["failed"], found["reason"]) == (True, "invalid_arguments")
    assert "hush" not in str(found)
    assert "colour" in found["msg"]
