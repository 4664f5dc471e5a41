# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests from the consumer's pod, one after the other, each with the moment at which it was sent."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchError
from integration.kube import kubectl

# A line per request: nanoseconds of the wall clock, which pod and machine share, and the first word of the answer.
LOOP = """
rm -f /tmp/stop
while [ ! -e /tmp/stop ]; do
  sent=$(date +%s%N); body=$(curl -s -m 2 URL)
  echo "$sent ${body%% *}"
  sleep 0.01
done
"""
PATIENCE_SECONDS = 20


class Asked(NamedTuple):
    sent: float
    answer: str


def parse(text: str) -> list[Asked]:
    """The whole lines of the log; a request that got no answer has an empty one."""
    lines = (line.partition(" ") for line in text.split("\n")[:-1])
    return [Asked(int(sent) / 1e9, answer) for sent, _space, answer in lines if sent.isdigit()]


def first_after(requests: Sequence[Asked], moment: float, answer: str) -> float | None:
    """When the first request was sent, from that moment on, that got the answer."""
    return next((asked.sent for asked in requests if asked.sent >= moment and asked.answer == answer), None)


class Traffic:
    """The loop runs while the `with` block lasts."""

    def __init__(self, namespace: str, pod: str, url: str, log: Path) -> None:
        self.place = ("-n", namespace, "exec", pod, "--")
        self.url, self.log = url, log

    def __enter__(self) -> Traffic:
        command = ["kubectl", *self.place, "sh", "-c", LOOP.replace("URL", self.url)]
        with self.log.open("w") as output:
            self.loop = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *exception: object) -> None:
        kubectl(*self.place, "touch", "/tmp/stop", check=False)
        try:
            self.loop.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.loop.kill()
            self.loop.wait()

    def await_answer(self, moment: float, answer: str) -> float:
        """When the first request from that moment on was sent that got the answer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self.loop.poll() is None:
            found = first_after(parse(self.log.read_text(errors="replace")), moment, answer)
            if found is not None:
                return found
            time.sleep(0.2)
        raise BenchError(f"no request got the answer {answer!r} within {PATIENCE_SECONDS} s; see {self.log}")
