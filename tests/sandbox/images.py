# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container images, from local parts only, laid out as docker-registry stores them on disk.

They bear the names that manifests written for the public registry use, so such manifests run unchanged.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

from sandbox.layout import VERSIONS

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
SEARCH_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVOY = "envoy/_bin/envoy"  # in its wheel
OCI = "application/vnd.oci.image"
NGINX_CONF = b"""\
user www-data;
worker_processes 1;
error_log /dev/stderr warn;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  server { listen 80; location / { root /usr/share/nginx/html; index index.html; } }
}
"""


class Link(str):
    """An entry of a layer that is a symbolic link to this path."""


class Folder(int):
    """An entry of a layer that is a folder with this mode."""


Entry = Union[bytes, Path, Link, Folder]


def write(into: Path, parts: Mapping[str, Path]) -> None:
    """`parts`: the folders of the other parts of the build, by name."""
    store = Store(into)
    programs = parts["programs"]
    debian = store.layer_from(parts["root"] / "root.tar")
    store.image(
        ["library/pause:3.10"], [store.layer({"pause": programs / "usr/bin/catatonit"})], Entrypoint=["/pause", "-P"]
    )
    store.image(["library/busybox:1.28", "library/busybox:latest"], [busybox(store, programs)], Cmd=["sh"])
    page = {"etc/nginx/nginx.conf": NGINX_CONF, "usr/share/nginx/html/index.html": b"Welcome to nginx!\n"}
    store.image(
        ["library/nginx:latest", "library/nginx:stable"],
        [debian, store.layer(page)],
        Cmd=["nginx", "-g", "daemon off;"],
        StopSignal="SIGQUIT",  # as in the public image: finish the running requests first
        ExposedPorts={"80/tcp": {}},
    )
    store.image(["curlimages/curl:latest"], [debian], Entrypoint=["curl"])
    prometheus = store.layer({"usr/bin/prometheus": programs / "usr/bin/prometheus"})
    store.image(["prom/prometheus:latest"], [debian, prometheus], Entrypoint=["/usr/bin/prometheus"])
    kubectl = store.layer({"usr/bin/kubectl": parts["kubernetes"] / "kubectl"})
    store.image(["sandbox/kubectl:latest"], [debian, kubectl], Cmd=["sh"])
    coredns = store.layer({"coredns": parts["coredns"] / "coredns"})
    store.image([f"coredns/coredns:{VERSIONS['coredns']}"], [coredns], Entrypoint=["/coredns"])
    istio(store, debian, parts)


def busybox(store: Store, programs: Path) -> dict[str, Any]:
    (binary,) = programs.glob("**/bin/busybox")  # /bin or /usr/bin, as the release has it
    applets = subprocess.run([binary, "--list"], capture_output=True, text=True, check=True).stdout.split()
    entries: dict[str, Entry] = {f"bin/{name}": Link("/bin/busybox") for name in applets if name != "busybox"}
    fixed: dict[str, Entry] = {
        "bin/busybox": binary,
        "tmp": Folder(0o1777),
        "etc/passwd": b"root:x:0:0:root:/:/bin/sh\n",
    }
    return store.layer({**entries, **fixed})


def istio(store: Store, debian: dict[str, Any], parts: Mapping[str, Path]) -> None:
    version = VERSIONS["istio"]["version"]
    proxy = {
        "usr/local/bin/pilot-agent": parts["istio"] / "pilot-agent",
        "usr/local/bin/envoy": parts["envoy"] / ENVOY,
        "var/lib/istio/envoy/envoy_bootstrap_tmpl.json": parts["istio"] / "envoy_bootstrap.json",
    }
    pilot = {"usr/local/bin/pilot-discovery": parts["istio"] / "pilot-discovery"}
    store.image([f"istio/proxyv2:{version}"], [debian, store.layer(proxy)], Entrypoint=["/usr/local/bin/pilot-agent"])
    store.image(
        [f"istio/pilot:{version}"],
        [debian, store.layer(pilot)],
        Entrypoint=["/usr/local/bin/pilot-discovery"],
        User="1337:1337",
    )


class Store:
    """A registry's storage: blobs by digest, and links that say which repository holds which."""

    def __init__(self, root: Path) -> None:
        self.base = root / "docker/registry/v2"

    def blob(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        path = self._blob_path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return digest

    def layer_from(self, tar: Path) -> dict[str, Any]:
        return self._described("layer.v1.tar", tar.read_bytes())

    def layer(self, entries: Mapping[str, Entry]) -> dict[str, Any]:
        return self._described("layer.v1.tar", archive(entries))

    def image(self, names: list[str], layers: list[dict[str, Any]], **config: Any) -> None:
        described = self._described("config.v1+json", json.dumps(self._config(layers, config)).encode())
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": described,
            "layers": layers,
        }
        digest = self.blob(json.dumps(manifest).encode())
        for name in names:
            repository, tag = name.split(":")
            folder = self.base / "repositories" / repository
            for part in (described, *layers):
                link(folder / "_layers/sha256", part["digest"])
            link(folder / "_manifests/revisions/sha256", f"sha256:{digest}")
            link(folder / f"_manifests/tags/{tag}/index/sha256", f"sha256:{digest}")
            (folder / f"_manifests/tags/{tag}/current").mkdir()
            (folder / f"_manifests/tags/{tag}/current/link").write_text(f"sha256:{digest}")

    def _config(self, layers: list[dict[str, Any]], config: dict[str, Any]) -> dict[str, Any]:
        return {
            "architecture": ARCHITECTURES[platform.machine()],
            "os": "linux",
            "config": {"Env": [SEARCH_PATH], **config},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }

    def _described(self, kind: str, data: bytes) -> dict[str, Any]:
        return {"mediaType": f"{OCI}.{kind}", "digest": f"sha256:{self.blob(data)}", "size": len(data)}

    def _blob_path(self, digest: str) -> Path:
        return self.base / "blobs/sha256" / digest[:2] / digest / "data"


def link(folder: Path, digest: str) -> None:
    place = folder / digest.split(":")[1]
    place.mkdir(parents=True, exist_ok=True)
    (place / "link").write_text(digest)


def archive(entries: Mapping[str, Entry]) -> bytes:
    """A tar with the folders above each entry. Times are zero, so that equal content has an equal digest."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folders = {str(parent) for path in entries for parent in Path(path).parents if str(parent) != "."}
        for folder in sorted(folders - set(entries)):
            tar.addfile(described(folder, Folder(0o755)))
        for path, entry in sorted(entries.items()):
            content = entry.read_bytes() if isinstance(entry, Path) else entry
            info = described(path, content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()


def described(path: str, content: bytes | Link | Folder) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.mode = 0o755
    if isinstance(content, Link):
        info.type, info.linkname = tarfile.SYMTYPE, str(content)
    elif isinstance(content, Folder):
        info.type, info.mode = tarfile.DIRTYPE, int(content)
    else:
        info.size = len(content)
    return info
