# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of a node, in the order they are started, and their settings. Paths are those inside the node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sandbox.commands import write_json
from sandbox.node import CACHE, NODE_ADDRESS

API, ETCD, REGISTRY = 6443, 2379, 5000
SERVICES, PODS = "10.96.0.0/16", "10.244.0.0/16"
API_SERVICE, DNS_SERVICE = "10.96.0.1", "10.96.0.10"
FORWARDED = {  # name -> what a port of the host's loopback leads to
    "api": f"127.0.0.1:{API}",
    "ingress": "10.96.0.20:80",
    "prometheus": "10.96.0.30:9090",
}
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"


def stages(full: bool) -> list[dict[str, Any]]:
    first = {"etcd": etcd(), "kube-apiserver": kube_apiserver()}
    if not full:
        return [{"start": first, "until": [["api", API]]}]
    runtime = {"registry": ["docker-registry", "serve", "registry.json"], "containerd": containerd()}
    node = {
        "kube-controller-manager": kube_controller_manager(),
        "kube-scheduler": ["kube-scheduler", "--kubeconfig=scheduler.kubeconfig", "--leader-elect=false"],
        "kubelet": kubelet(),
        "kube-proxy": ["kube-proxy", "--config=kube-proxy.json"],
    }
    up = [["api", API], ["tcp", REGISTRY], ["file", CONTAINERD_SOCKET]]
    return [{"start": {**first, **runtime}, "until": up}, {"start": node, "until": []}]


def etcd() -> list[str]:
    client, peer = f"http://127.0.0.1:{ETCD}", "http://127.0.0.1:2380"
    return [
        "etcd",
        "--data-dir=/var/lib/etcd",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        "--logger=zap",
    ]


def kube_apiserver() -> list[str]:
    return [
        "kube-apiserver",
        f"--etcd-servers=http://127.0.0.1:{ETCD}",
        f"--service-cluster-ip-range={SERVICES}",
        f"--secure-port={API}",
        f"--advertise-address={NODE_ADDRESS}",
        "--client-ca-file=pki/ca.crt",
        "--tls-cert-file=pki/apiserver.crt",
        "--tls-private-key-file=pki/apiserver.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=pki/service-accounts.pub",
        "--service-account-signing-key-file=pki/service-accounts.key",
        "--kubelet-client-certificate=pki/apiserver-kubelet.crt",
        "--kubelet-client-key=pki/apiserver-kubelet.key",
        "--kubelet-certificate-authority=pki/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
    ]


def containerd() -> list[str]:
    return ["containerd", "--config=containerd.toml"]


def kube_controller_manager() -> list[str]:
    return [
        "kube-controller-manager",
        "--kubeconfig=controller-manager.kubeconfig",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--service-account-private-key-file=pki/service-accounts.key",
        "--root-ca-file=pki/ca.crt",
        f"--cluster-cidr={PODS}",
        "--allocate-node-cidrs=false",
        "--flex-volume-plugin-dir=/var/lib/kubelet/plugins",
    ]


def kubelet() -> list[str]:
    return [
        "kubelet",
        "--config=kubelet.json",
        "--kubeconfig=kubelet.kubeconfig",
        "--hostname-override=node-1",
        f"--node-ip={NODE_ADDRESS}",
    ]


def write_settings(directory: Path, name: str, images: Path, cni: Path, cgroup: str) -> None:
    """The files that the programs above read, in the cluster's directory."""
    inside = CACHE / "run" / name
    write_json(directory / "kubelet.json", kubelet_settings(inside, cgroup))
    write_json(directory / "kube-proxy.json", kube_proxy_settings())
    write_json(directory / "registry.json", registry_settings(images))
    (directory / "containerd.toml").write_text(containerd_settings(inside, cni))
    (directory / "cni").mkdir(exist_ok=True)
    write_json(directory / "cni/10-pods.conflist", pod_network())
    url = f"http://127.0.0.1:{REGISTRY}"
    # every registry's name leads to the one in the node: what it lacks is refused at once, without a search for names
    (directory / "registries/_default").mkdir(parents=True, exist_ok=True)
    (directory / "registries/_default/hosts.toml").write_text(f'server = "{url}"\n[host."{url}"]\n')


def kubelet_settings(inside: Path, cgroup: str) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,  # from 1.35 on it refuses cgroup v1 unless told so
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup}",  # kubelets that share a root delete each other's pods
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{inside}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{inside}/pki/kubelet.crt",
        "tlsPrivateKeyFile": f"{inside}/pki/kubelet.key",
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "volumePluginDir": "/var/lib/kubelet/plugins",
        "resolvConf": "/dev/null",
        "evictionHard": {"memory.available": "100Mi"},  # and no limit on the disk: it is the user's own
        "serializeImagePulls": False,
    }


def kube_proxy_settings() -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clusterCIDR": PODS,
        "clientConnection": {"kubeconfig": "proxy.kubeconfig"},
        "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "hostnameOverride": "node-1",
    }


def registry_settings(images: Path) -> dict[str, Any]:
    """Several nodes serve the same files, hence read-only."""
    upkeep = {"readonly": {"enabled": True}, "uploadpurging": {"enabled": False}}
    storage = {"filesystem": {"rootdirectory": str(images)}, "maintenance": upkeep}
    return {"version": 0.1, "storage": storage, "http": {"addr": f"127.0.0.1:{REGISTRY}"}}


def containerd_settings(inside: Path, cni: Path) -> str:
    # restrict_oom_score_adj: where CAP_SYS_RESOURCE is denied, every container would fail to start without it
    return f"""\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/pause:3.10"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni}"
    conf_dir = "{inside}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{inside}/registries"
"""


def pod_network() -> dict[str, Any]:
    """Pods are routed, one pair of interfaces each: that asks nothing of the kernel's bridge filter."""
    addresses = {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": addresses}]}


def write_plan(directory: Path, tools: list[Path], descriptors: dict[str, int], full: bool) -> None:
    """What the node reads when it starts (node.py). `descriptors`: listening sockets, by name in FORWARDED."""
    path = ":".join([*map(str, tools), "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
    forwards = {descriptor: FORWARDED[name] for name, descriptor in descriptors.items()}
    plan = {"path": path, "stages": stages(full), "forwards": forwards}
    (directory / "node.json").write_text(json.dumps(plan, indent=2))
