# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: find or boot the cluster, tell the story on it, and end with the table and the report page."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from datetime import datetime
from pathlib import Path

import yaml

from ..sandbox.progress import duration
from .cluster import NAMESPACE, Cluster, find
from .errors import DemoError
from .page import Run, page
from .screen import bold, dim, judged, say
from .table import table
from .telling import RESULTS, Telling

PAGE = RESULTS / "report.html"


def introduce(found: Cluster) -> None:
    istio = f", Istio {found.istio}" if found.istio else ", no Istio"
    say(bold("\naviary.canary: both parts of the tutorial"))
    say(f"  cluster    Kubernetes {found.kubernetes}{istio}")
    say(f"  context    {found.context}")
    say(f"  namespace  {NAMESPACE}")
    say(f"  logs       {RESULTS}/*.log")
    say("  Every command below can be typed again, after:")
    say(dim(f"  $ . .venv/bin/activate; export KUBECONFIG={found.kubeconfig}"))


def conclude(telling: Telling, elapsed: str) -> None:
    """The table on the screen, and the page."""
    run = Run(
        when=datetime.now().astimezone(),
        elapsed=elapsed,
        collection=str(yaml.safe_load(Path("galaxy.yml").read_text())["version"]),
        kubernetes=telling.cluster.kubernetes,
        istio=telling.cluster.istio,
        confidence=telling.variables["canary_verify"]["confidence"],
        notes=tuple(telling.notes),
    )
    PAGE.write_text(page(run, telling.measurements), encoding="utf-8")
    say(bold("\nDeclared and observed shares of the canary"))
    for line in table(telling.measurements):
        say(re.sub(r"\S+(?=\s*$)", lambda last: judged(last[0]), line))
    say(f"\n  page   {PAGE}")
    say(f"  total  {elapsed}")


def leave(telling: Telling) -> None:
    """A user's own cluster is left as it was found, unless there is something to look into."""
    teardown = shlex.join(telling.teardown)
    if telling.cluster.sandbox:
        say(f"\nThe app still runs in the sandbox: kubectl -n {NAMESPACE} get pods,virtualservices")
        say(f"To remove it: {teardown}\nTo stop the sandbox: make sandbox-down")
    elif telling.passed:
        say(bold("\nAfter: your cluster as it was"))
        telling.remove()
    else:
        say(f"\nThe app is left in {NAMESPACE} for you to look at. To remove it: {teardown}")


def main() -> int:
    started = time.monotonic()
    RESULTS.mkdir(parents=True, exist_ok=True)
    for log in RESULTS.glob("*.log"):
        log.unlink()
    try:
        found = find()
        os.environ["KUBECONFIG"] = found.kubeconfig
        introduce(found)
        telling = Telling(found)
        telling.tell()
        conclude(telling, duration(time.monotonic() - started))
        leave(telling)
    except DemoError as error:
        print(f"\nmake demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nmake demo: stopped; the next run begins by removing what this one left", file=sys.stderr)
        return 130
    return 0 if telling.passed else 1


if __name__ == "__main__":
    sys.exit(main())
