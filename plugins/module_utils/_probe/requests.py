# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests and bring back every answer: from a pod in one command, or from the control node.

In a pod one curl process asks the URL again and again, so that a hundred requests cost one exec. With new
connections every answer closes its connection, because kube-proxy and TCP routes draw once per connection.
"""

from __future__ import annotations

import http.client
import math
import re
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from .._cluster import workloads
from .._cluster.cluster import Cluster, CommandResult
from .._domain.answers import Answer
from .._domain.errors import CurlMissing, InvalidRequest, PodMissing, ProbeFailed

REQUEST_TIMEOUT_SECONDS = 10
BATCH = 1000
URL = re.compile(r"https?://[!#-\[\]-~]+")  # printable, without the two characters that curl's configuration reads
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, field-name
LINE = re.compile(r"[ -~]*")
# $1 URL, $2 requests, $3 seconds that they may take, $4 lines of configuration on standard input; the rest is curl's.
# The guard ends curl when its time is up, so that no load goes on behind our back, and goes when curl ends before.
SCRIPT = """command -v curl >/dev/null 2>&1 || exit 127
url=$1 count=$2 limit=$3 lines=$4; shift 4
config=$(while [ "$lines" -gt 0 ]; do IFS= read -r line; printf '%s\\n' "$line"; lines=$((lines - 1)); done)
{ printf '%s\\n' "$config"; while [ "$count" -gt 0 ]; do echo "url = \\"$url\\""; count=$((count - 1)); done; } |
curl --silent --show-error --include --globoff --noproxy '*' --config - "$@" & asking=$!
(trap 'kill "$nap"' TERM; sleep "$limit" & nap=$!; wait "$nap" && kill "$asking") >/dev/null 2>&1 </dev/null & guard=$!
wait "$asking"; code=$?; kill "$guard" 2>/dev/null; exit "$code"
"""
NO_SHELL = re.compile(r"executable file not found|no such file or directory", re.IGNORECASE)
ENDED_BY_GUARD = 143  # 128 + SIGTERM
GRACE_SECONDS = 10


@dataclass(frozen=True)
class Question:
    """What every request asks."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    new_connections: bool = True

    def __post_init__(self) -> None:
        if not _is_url(self.url):
            raise InvalidRequest(f"{self.url!r} is no http or https URL.", "For example: http://webserver/.")
        for name, value in self.headers.items():
            if not isinstance(value, str) or not LINE.fullmatch(value) or not TOKEN.fullmatch(name):
                raise InvalidRequest(
                    f"The header {name!r} is malformed.", "Give a name, and one line of plain characters in quotes."
                )


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return bool(URL.fullmatch(text) and url.hostname and (url.port is None or url.port > 0))
    except ValueError:
        return False


def find_source(cluster: Cluster, namespace: str, pod: str | None, selector: str | None) -> dict[str, Any]:
    """The pod that asks: the named one, or the first ready one of a selector. Raises PodMissing."""
    if pod:
        found = workloads.read_pod(cluster, namespace, pod)
        if not workloads.is_ready(found):
            raise PodMissing(f"Pod {namespace}/{pod} is not ready.", "Wait until it is, or name another source.")
        return found
    ready = [each for each in workloads.read_pods(cluster, namespace, selector or "") if workloads.is_ready(each)]
    if not ready:
        raise PodMissing(f"No ready pod in {namespace} fits {selector}.", "Correct source.selector.")
    return ready[0]


def ask_from_pod(
    cluster: Cluster, pod: Mapping[str, Any], container: str, question: Question, requests: int, deadline: float
) -> list[Answer]:
    """That many answers, asked by curl in the pod; `deadline` is a reading of time.monotonic().

    Raises CurlMissing, ProbeFailed or WaitExpired.
    """
    found: list[Answer] = []
    while len(found) < requests:
        found += _batch(cluster, pod, container, question, min(BATCH, requests - len(found)), deadline)
    return found


def _batch(
    cluster: Cluster, pod: Mapping[str, Any], container: str, question: Question, requests: int, deadline: float
) -> list[Answer]:
    mark = secrets.token_hex(8)
    left = max(1, math.ceil(deadline - time.monotonic()))
    lines = _header_lines(question)
    options = [
        "--max-time",
        str(REQUEST_TIMEOUT_SECONDS),
        "--write-out",
        f"\n{mark} %{{http_code}} %{{num_connects}}\n",
    ]
    command = ["sh", "-c", SCRIPT, "sh", question.url, str(requests), str(left), str(len(lines)), *options]
    metadata = pod["metadata"]
    result = cluster.run_in_pod(
        metadata["namespace"], metadata["name"], container, command, left + GRACE_SECONDS, lines
    )
    where = f"container {container} of pod {workloads.full_name(pod)}"
    said = (result.stderr or result.error).strip()[-200:]
    if result.code in (126, 127) or (result.code is None and NO_SHELL.search(said)):
        raise CurlMissing(f"There is no curl in {where}.", said=said)
    if question.new_connections:
        _check_connections(result, mark, where)
    return _parse(result, mark, requests, where)


def _header_lines(question: Question) -> list[str]:
    """The headers in curl's configuration language. They go over standard input, because they may be secrets."""
    closing = {"Connection": "close"} if question.new_connections else {}
    lines = [f"{name}: {value}" for name, value in {**question.headers, **closing}.items()]
    return ['header = "' + line.replace("\\", "\\\\").replace('"', '\\"') + '"' for line in lines]


def _check_connections(result: CommandResult, mark: str, where: str) -> None:
    """Answers over a kept connection were not drawn anew by kube-proxy, so they would count for too much."""
    kept = re.findall(rf"^{mark} [1-9]\d\d 0$", result.stdout, re.MULTILINE)
    if kept:
        raise ProbeFailed(
            f"{len(kept)} answers to {where} came over a connection that the server kept open against our word.",
            "Where requests are drawn one by one, as in a mesh, set new_connections=false.",
        )


def _parse(result: CommandResult, mark: str, requests: int, where: str) -> list[Answer]:
    pieces = re.split(rf"\n{mark} (\d{{3}}) \d+\n", result.stdout)
    texts, codes = pieces[0:-1:2], pieces[1::2]
    if result.code == ENDED_BY_GUARD:
        raise ProbeFailed(f"The time was up after {len(codes)} of {requests} requests.", "Raise timeout.")
    if len(codes) != requests:
        said = (result.stderr or result.error).strip()[-200:]
        raise ProbeFailed(f"curl in {where} ended after {len(codes)} of {requests} requests: {said}")
    complaints = iter(result.stderr.splitlines())
    return [
        _answer(text, int(code), "" if int(code) else next(complaints, "no answer")) for text, code in zip(texts, codes)
    ]


def _answer(text: str, status: int, error: str) -> Answer:
    head, _blank, body = text.replace("\r\n", "\n").partition("\n\n")
    headers = {}
    for line in head.splitlines()[1:]:
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Answer(status, headers, body, error)


def ask_from_here(question: Question, requests: int, deadline: float) -> list[Answer]:
    """That many answers, asked by this process, a new connection each. Raises ProbeFailed at the deadline."""
    url = urlsplit(question.url)
    # Made once: reading the authorities of the system takes longer than a request.
    tls = {"context": ssl.create_default_context()} if url.scheme == "https" else {}
    found: list[Answer] = []
    while len(found) < requests:
        if time.monotonic() > deadline:
            raise ProbeFailed(f"The time was up after {len(found)} of {requests} requests.", "Raise timeout.")
        found.append(_ask_once(url, tls, question.headers))
    return found


def _ask_once(url: SplitResult, tls: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=REQUEST_TIMEOUT_SECONDS, **tls)
    try:
        connection.request("GET", urlunsplit(("", "", url.path or "/", url.query, "")), headers=dict(headers))
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Answer(0, {}, "", str(error) or type(error).__name__)
    finally:
        connection.close()
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body)
