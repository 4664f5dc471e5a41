# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""curl's output, as real curls print it, becomes answers; every request is accounted for."""

from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._cluster.cluster import CommandResult
from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import InvalidRequest, ProbeFailed
from ansible_collections.aviary.canary.plugins.module_utils._probe.requests import (
    Question,
    _check_connections,
    _header_lines,
    _parse,
)

OK = "HTTP/1.1 200 OK\r\nServer: nginx\r\nX-Version: 2\r\n\r\nNew load -> POD_NAME: x\n\n\nMARK 200 1\n"
EMPTY = "HTTP/1.1 503 Service Unavailable\r\n\r\n\nMARK 503 1\n"
NOTHING = "\nMARK 000 0\n"


def parse(stdout: str, requests: int, stderr: str = "") -> list:
    return _parse(CommandResult(stdout, stderr, 0), "MARK", requests, "container c of pod p")


def test_answers_come_apart_into_status_headers_and_body() -> None:
    first, second, third = parse(OK + EMPTY + NOTHING, 3, "curl: (7) Failed to connect\n")
    assert (first.status, first.headers["x-version"], first.body.strip()) == (200, "2", "New load -> POD_NAME: x")
    assert (second.status, second.body) == (503, "")
    assert (third.status, third.error) == (0, "curl: (7) Failed to connect")


def test_a_body_may_hold_blank_lines_and_what_looks_like_a_mark() -> None:
    body = "a\n\nb MARK 200 1 c"
    (answer,) = parse(f"HTTP/1.1 200 OK\r\n\r\n{body}\nMARK 200 1\n", 1)
    assert answer.body == body


def test_a_request_without_an_account_is_a_failure_to_measure() -> None:
    with pytest.raises(ProbeFailed, match="ended after 2 of 3 requests: out of memory"):
        parse(OK + OK, 3, "out of memory")


def test_answers_over_a_kept_connection_are_not_counted_as_drawn_anew() -> None:
    kept = OK + OK.replace("MARK 200 1", "MARK 200 0")
    with pytest.raises(ProbeFailed, match=r"1 answers to container c .* kept open"):
        _check_connections(CommandResult(kept, "", 0), "MARK", "container c of pod p")
    _check_connections(CommandResult(OK + NOTHING, "", 0), "MARK", "container c of pod p")


def test_time_that_is_up_is_told_as_such() -> None:
    with pytest.raises(ProbeFailed, match="time was up after 1 of 3 requests"):
        _parse(CommandResult(OK, "", 143), "MARK", 3, "container c of pod p")


def test_headers_are_quoted_as_curl_reads_them() -> None:
    question = Question("http://x/", {"X-Note": 'say "hi" \\ bye'}, new_connections=False)
    assert _header_lines(question) == [r'header = "X-Note: say \"hi\" \\ bye"']
    assert _header_lines(Question("http://x/"))[-1] == 'header = "Connection: close"'


@pytest.mark.parametrize(
    "headers", [{"a b": "x"}, {"a": "x\ny"}, {"a:": "x"}, {"a": None}, {"a": 1}, {"a": "\u20ac"}, {"": "x"}]
)
def test_a_header_that_is_none_is_refused(headers: dict) -> None:
    with pytest.raises(InvalidRequest, match="malformed"):
        Question("http://x/", headers)


@pytest.mark.parametrize(
    "url",
    [
        "webserver",
        "ftp://x/",
        "http://a b/",
        'http://x/"',
        "http://x/\\",
        "",
        "http:///x",
        "http://x:99999/",
        "http://[::1/",
        "http://\u00fc/",
    ],
)
def test_only_urls_that_curl_reads_as_they_are_written_are_asked(url: str) -> None:
    with pytest.raises(InvalidRequest, match="no http or https URL"):
        Question(url)
