# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was compared: a ratio against a client library means nothing without its version."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version

from bench.report import ROOT
from modules.admin import Admin

MANIFEST = ROOT / ".venv/collections/ansible_collections/kubernetes/core/MANIFEST.json"
ISTIOD = "/apis/apps/v1/deployments?labelSelector=app%3Distiod"


def read(admin: Admin) -> dict[str, str]:
    return {
        "ansible-core": version("ansible-core"),
        "kubernetes.core": json.loads(MANIFEST.read_text())["collection_info"]["version"],
        "kubernetes (Python client)": version("kubernetes"),
        "Python": platform.python_version(),
        "Kubernetes": admin.read("/version")["gitVersion"].removeprefix("v"),
        "Istio": istio(admin.read(ISTIOD)["items"]),
    }


def istio(deployments: list) -> str:
    """The tag of istiod's image."""
    if not deployments:
        return "none"
    image = deployments[0]["spec"]["template"]["spec"]["containers"][0]["image"]
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2] or "of an unknown version"
