# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kubectl, pointed at one cluster. What it says goes to the cluster's setup.log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox import commands


@dataclass(frozen=True)
class Kubectl:
    program: Path
    kubeconfig: Path
    log: Path
    check: Callable[[], None]  # raises when the cluster is beyond waiting for

    @property
    def env(self) -> dict[str, str]:
        """The caches of kubectl stay with the cluster, not in the user's home."""
        return {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.kubeconfig.parent / "kubectl-cache")}

    def run(self, *arguments: str, failure: str, stdin: str | None = None) -> None:
        commands.run([str(self.program), *arguments], self.log, failure, self.env, stdin=stdin, check=self.check)

    def apply(self, manifest: str, failure: str) -> None:
        self.run("apply", "--server-side", "-f", "-", failure=failure, stdin=manifest)

    def wait(self, what: str, condition: str, seconds: int, failure: str, namespace: str = "default") -> None:
        """The object may not be there yet."""
        for wanted in ("create", condition):
            arguments = ["wait", what, f"--for={wanted}", f"--timeout={seconds}s", f"--namespace={namespace}"]
            self.run(*arguments, failure=failure)
