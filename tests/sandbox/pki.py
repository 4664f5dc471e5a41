# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of one cluster, made by openssl, good for a year."""

from __future__ import annotations

from pathlib import Path

from sandbox.commands import run
from sandbox.components import API_SERVICE
from sandbox.node import NODE_ADDRESS

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
DAYS = ["-days", "365"]
USES = "extendedKeyUsage=clientAuth,serverAuth"
API_NAMES = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"]
CERTIFICATES = {  # file -> (subject, names it serves)
    "apiserver": (
        "/CN=kube-apiserver",
        [f"IP:{ip}" for ip in ("127.0.0.1", NODE_ADDRESS, API_SERVICE)] + [f"DNS:{name}" for name in API_NAMES],
    ),
    "kubelet": ("/O=system:nodes/CN=system:node:node-1", [f"IP:{NODE_ADDRESS}", "DNS:node-1"]),
    "apiserver-kubelet": ("/O=system:masters/CN=apiserver-kubelet", []),
    "admin": ("/O=system:masters/CN=admin", []),
    "controller-manager": ("/CN=system:kube-controller-manager", []),
    "scheduler": ("/CN=system:kube-scheduler", []),
    "proxy": ("/CN=system:kube-proxy", []),
}


def make(folder: Path, log: Path) -> None:
    folder.mkdir(mode=0o700)

    def openssl(*arguments: str) -> None:
        run(["openssl", *arguments], log, "openssl could not make the cluster's certificates", cwd=folder)

    openssl("req", "-x509", *NEW_KEY, *DAYS, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=sandbox")
    for name, (subject, served) in CERTIFICATES.items():
        extensions = [USES] + (["subjectAltName=" + ",".join(served)] if served else [])
        (folder / f"{name}.ext").write_text("\n".join(extensions))
        openssl("req", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"]
        request = ["-req", "-in", f"{name}.csr", "-out", f"{name}.crt", "-extfile", f"{name}.ext"]
        openssl("x509", *request, *signer, *DAYS)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "service-accounts.key")
    openssl("pkey", "-in", "service-accounts.key", "-pubout", "-out", "service-accounts.pub")
