# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo KUBECONFIG=FILE`: both parts of the tutorial on a cluster of the user's own, which is left as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from integration import kube
from integration.playbook import LOGS, ROOT

NAMESPACE = "canary-demo"
STEPS = ("replicas 2 + 1", "sidecars 2 + 1", "weights 99 / 1", "weights 1 / 99", "weights 50 / 50")


def test_the_demo_passes_every_verdict_and_leaves_the_cluster_as_it_was(tmp_path: Path) -> None:
    kube.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    page = ROOT / "build/demo/report.html"
    page.unlink(missing_ok=True)
    # A kubeconfig in another place is taken for the user's own, and his cluster is tidied up afterwards.
    kubeconfig = shutil.copy(os.environ["KUBECONFIG"], tmp_path)
    done = subprocess.run(
        ["tests/demo/run"],
        cwd=ROOT,
        env={**os.environ, "KUBECONFIG": str(kubeconfig), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    (LOGS / "demo.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout[-3000:]
    rows = {step: line for line in done.stdout.splitlines() for step in STEPS if line.startswith(step)}
    assert [step for step in STEPS if not rows.get(step, "").rstrip().endswith("passed")] == []
    assert "A deploy of what was there already reported 0 changed." in done.stdout
    assert all(step in page.read_text() for step in STEPS)
    assert not kube.exists("namespace", NAMESPACE)
