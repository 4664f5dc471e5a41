# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this machine must bring, and the Debian packages that are added to it when missing."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.commands import output, run
from sandbox.errors import SandboxError
from sandbox.layout import GO_MODULES, VERSIONS
from sandbox.progress import Step

ELSEWHERE = "the demo also runs on your own cluster: make demo KUBECONFIG=FILE"
NO_QUESTIONS = {"DEBIAN_FRONTEND": "noninteractive"}
APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]
PROGRAMS = {  # program -> the package that brings it; none of them starts a service
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "openssl": "openssl",
    "unshare": "util-linux",
}
LIBRARIES = {"libseccomp.so.2": "libseccomp2"}  # runc's
GO_VERSION = re.compile(r"go(\d+)\.(\d+)")


def check() -> None:
    """Can the sandbox run here at all?"""
    if platform.system() != "Linux":
        raise SandboxError(f"The sandbox needs Linux, and this is {platform.system()}; {ELSEWHERE}")
    if os.geteuid() != 0:
        raise SandboxError(f"The sandbox needs root, for namespaces and cgroups; {ELSEWHERE}")


def check_go() -> None:
    """Asked in the module's folder: there a newer toolchain is fetched by Go itself where that is allowed."""
    needed = f"Building the cluster needs Go {VERSIONS['go']} or newer on PATH"
    if not shutil.which("go"):
        raise SandboxError(f"{needed}, and there is none (see go.dev/dl); {ELSEWHERE}")
    found = output(["go", "env", "GOVERSION"], f"{needed}, and this one does not answer", cwd=GO_MODULES / "kubernetes")
    if not is_recent(found, VERSIONS["go"]):
        raise SandboxError(f"{needed}, and this is {found.strip()} (see go.dev/dl); {ELSEWHERE}")


def is_recent(found: str, wanted: str) -> bool:
    """`found` as Go says it: go1.26.8, go1.27rc1."""
    match = GO_VERSION.match(found)
    return match is not None and tuple(map(int, match.groups())) >= tuple(map(int, wanted.split(".")))


def missing_packages() -> list[str]:
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    known = output(["/sbin/ldconfig", "-p"], "ldconfig failed")
    missing += [package for library, package in LIBRARIES.items() if library not in known]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        missing.append("python3-pip")
    return sorted(missing)


def install_packages(logs: Path) -> None:
    missing = missing_packages()
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise SandboxError(f"The sandbox needs {', '.join(missing)}, and this machine has no apt-get; {ELSEWHERE}")
    with Step(f"Debian packages: {' '.join(missing)}"):
        log = logs / "packages.log"
        run([*APT, "update"], log, "apt-get update failed; is the package mirror reachable?", NO_QUESTIONS)
        install = [*APT, "install", "-y", "--no-install-recommends", *missing]
        failure = "apt-get could not install what the sandbox needs"
        run(install, log, failure, NO_QUESTIONS, may_be_stopped=False)
