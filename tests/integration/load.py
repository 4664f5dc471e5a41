# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that never stops asking, and writes down every answer."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from integration.kube import apply, kubectl, ready

POD = """
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  labels: {{app: {name}, sidecar.istio.io/inject: "{inject}"}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: client
      image: curlimages/curl
      command: [sleep, infinity]
"""

# A line per request: status, exit code of curl, and the first words of the answer. 20 ms of rest keep the load even.
LOOP = """
rm -f /tmp/stop
while [ ! -e /tmp/stop ]; do
  body=$(curl -s -m 10 -w '|%{http_code}' URL); code=$?
  echo "${body##*|} $code ${body%%->*}"
  sleep 0.02
done
"""


def start_client(namespace: str, name: str, sidecar: bool) -> None:
    apply(POD.format(name=name, inject=str(sidecar).lower()), namespace)
    ready(namespace, name)


@dataclass
class Load:
    """Constant requests from a pod to a url while the `with` block lasts."""

    namespace: str
    pod: str
    url: str
    log: Path
    answers: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def __enter__(self) -> Load:
        command = ["kubectl", "-n", self.namespace, "exec", self.pod, "--", "sh", "-c", LOOP.replace("URL", self.url)]
        with self.log.open("w") as output:
            self.loop = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        self.wait_for_requests(1)
        return self

    def wait_for_requests(self, number: int) -> None:
        """Let so many more requests be answered."""
        wanted, deadline = self.requests() + number, time.monotonic() + 60
        while self.requests() < wanted:
            assert self.loop.poll() is None, f"the load from {self.pod} ended early, see {self.log}"
            assert time.monotonic() < deadline, f"{self.pod} is asking too slowly, see {self.log}"
            time.sleep(0.1)

    def requests(self) -> int:
        return self.log.read_text().count("\n")

    def mark(self) -> int:
        """A place in the log; `since` counts from it."""
        return self.requests()

    def since(self, mark: int) -> Counter[str]:
        """The arms' answers since a mark."""
        return Counter(self.arm(line) for line in self.log.read_text().splitlines()[mark:])

    @staticmethod
    def arm(line: str) -> str:
        return {"Tested": "stable", "New": "canary"}.get(
            line.split(" ")[2] if line.startswith("200 0 ") else "", "lost"
        )

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the loop and sort what was answered; a second time does nothing."""
        if self.loop.poll() is not None:
            return
        kubectl("-n", self.namespace, "exec", self.pod, "--", "touch", "/tmp/stop")
        self.loop.wait(30)
        lines = self.log.read_text().splitlines()
        self.answers = Counter(self.arm(line) for line in lines)
        self.lost = [line for line in lines if self.arm(line) == "lost"]
