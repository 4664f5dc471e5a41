# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where everything lies. Nothing is written outside the cache directory, and nothing inside the checkout."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent
GO_MODULES = SOURCE / "go"
MANIFESTS = SOURCE / "manifests"
VERSIONS: dict[str, Any] = json.loads((SOURCE / "versions.json").read_text())


def cache_directory(environ: Mapping[str, str]) -> Path:
    if environ.get("AVIARY_CANARY_CACHE"):
        return Path(environ["AVIARY_CANARY_CACHE"]).absolute()
    base = environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base).absolute() / "aviary-canary"


@dataclass(frozen=True)
class Layout:
    """The paths of one instance: another cache directory is another instance, and both can run side by side."""

    cache: Path

    @property
    def instance(self) -> str:
        """Told apart by a few letters, since the names of cgroups are shared by the whole machine."""
        return hashlib.sha256(str(self.cache).encode()).hexdigest()[:6]

    @property
    def lock(self) -> Path:
        return self.cache / "sandbox.lock"

    @property
    def run(self) -> Path:
        return self.cache / "run"

    @property
    def logs(self) -> Path:
        return self.cache / "logs"

    @property
    def build(self) -> Path:
        return self.cache / "build"

    @property
    def kubeconfig(self) -> Path:
        return self.run / "kubeconfig"

    @property
    def control_plane_kubeconfig(self) -> Path:
        return self.run / "control-plane.kubeconfig"

    def cluster(self, name: str) -> Path:
        return self.run / name

    def cluster_logs(self, name: str) -> Path:
        return self.logs / name

    def cgroup(self, name: str) -> str:
        return f"aviary-canary-{self.instance}-{name}"
