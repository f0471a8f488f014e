"""The arguments and configuration of each control plane process."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.kubernetes.certificates import Authority, Pair, new_key, write_key

HOST = "127.0.0.1"
# Controllers that are not needed without a cloud controller manager, without routes, and without a pod CIDR for each node.
CONTROLLERS_OFF = ("nodeipam", "cloud-node-lifecycle", "route", "service")
# The managers and the node simulator run as fast as the machine allows; the default rates are meant for shared servers.
CALLS_PER_SECOND = 500


@dataclass(frozen=True)
class Ports:
    etcd: int
    etcd_peer: int
    apiserver: int
    kubelet: int


@dataclass(frozen=True)
class Webhooks:
    """Kubeconfig files of the webhooks: token authentication, and authorization of what RBAC does not allow."""

    authentication: Path
    authorization: Path


@dataclass(frozen=True)
class Layout:
    """A cluster's folder, addresses, and identity."""

    home: Path
    ports: Ports
    egress: Path
    service_range: str = "172.20.0.0/16"
    issuer: str = ""
    webhooks: Webhooks | None = None
    clients: dict[str, Pair] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        return f"https://{HOST}:{self.ports.apiserver}"

    @property
    def pki(self) -> Path:
        return self.home / "pki"

    @property
    def authority(self) -> Path:
        return self.pki / "ca.crt"

    def kubeconfig(self, name: str) -> Path:
        return self.home / ("kubeconfig" if name == "admin" else f"{name}.kubeconfig")


CLIENTS = {
    "admin": ("rehearsal-admin", ("system:masters",)),
    "kube-controller-manager": ("system:kube-controller-manager", ()),
    "kube-scheduler": ("system:kube-scheduler", ()),
    # It simulates every node, so it needs more permissions than any single kubelet.
    "kwok": ("rehearsal-kwok", ("system:masters",)),
    "kubelet": ("rehearsal-kubelet", ("system:masters",)),
}


def prepare(layout: Layout, cluster_name: str, stages: str) -> None:
    """Writes the files that the processes read: certificates, keys, kubeconfigs, and configurations."""
    authority = Authority(layout.pki)
    first_service = str(ipaddress.ip_network(layout.service_range)[1])
    in_cluster = [f"kubernetes{suffix}" for suffix in ("", ".default", ".default.svc", ".default.svc.cluster.local")]
    authority.server("server", [HOST, "localhost", first_service, *in_cluster])
    authority.client("apiserver-kubelet-client", "kube-apiserver-kubelet-client")
    authority.client("front-proxy-client", "front-proxy-client")
    write_key(layout.pki / "service-accounts.key", new_key())
    for name, (user, groups) in CLIENTS.items():
        layout.clients[name] = authority.client(name, user, groups)
        write_private(layout.kubeconfig(name), kubeconfig(layout, cluster_name, layout.clients[name]))
    write_private(layout.home / "scheduler.yaml", _scheduler_configuration(layout))
    write_private(layout.home / "egress.yaml", _egress_configuration(layout))
    (layout.home / "stages.yaml").write_text(stages)


def kubeconfig(layout: Layout, cluster_name: str, client: Pair) -> dict[str, Any]:
    user = {"client-certificate": str(client.certificate), "client-key": str(client.key)}
    cluster = {"server": layout.endpoint, "certificate-authority": str(layout.authority)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": cluster_name,
        "clusters": [{"name": cluster_name, "cluster": cluster}],
        "users": [{"name": cluster_name, "user": user}],
        "contexts": [{"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}],
    }


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Writes JSON, which is also YAML, to a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n")


def commands(layout: Layout, version: str) -> dict[str, list[str]]:
    """The arguments of each process, in start order. `version` is the minor version that the API server emulates."""
    return {
        "etcd": _etcd(layout),
        "kube-apiserver": _apiserver(layout, version),
        "kube-controller-manager": _controller_manager(layout, version),
        "kube-scheduler": _scheduler(layout, version),
        "kwok": _kwok(layout),
    }


def _etcd(layout: Layout) -> list[str]:
    return [
        f"--data-dir={layout.home / 'etcd'}",
        f"--listen-client-url=https://{HOST}:{layout.ports.etcd}",
        f"--listen-peer-url=https://{HOST}:{layout.ports.etcd_peer}",
        f"--trusted-ca-file={layout.authority}",
        *_pair("", layout.pki / "server"),
    ]


def _apiserver(layout: Layout, version: str) -> list[str]:
    pki = layout.pki
    return [
        f"--etcd-servers=https://{HOST}:{layout.ports.etcd}",
        f"--etcd-cafile={layout.authority}",
        f"--etcd-certfile={pki / 'server.crt'}",
        f"--etcd-keyfile={pki / 'server.key'}",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        f"--secure-port={layout.ports.apiserver}",
        f"--cert-dir={pki}",
        f"--tls-cert-file={pki / 'server.crt'}",
        f"--tls-private-key-file={pki / 'server.key'}",
        f"--client-ca-file={layout.authority}",
        f"--emulated-version={version}",
        "--allow-privileged=true",
        f"--service-cluster-ip-range={layout.service_range}",
        "--endpoint-reconciler-type=none",
        f"--service-account-issuer={layout.issuer or 'https://kubernetes.default.svc.cluster.local'}",
        "--api-audiences=https://kubernetes.default.svc",
        f"--service-account-key-file={pki / 'service-accounts.key'}",
        f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
        f"--kubelet-certificate-authority={layout.authority}",
        f"--kubelet-client-certificate={pki / 'apiserver-kubelet-client.crt'}",
        f"--kubelet-client-key={pki / 'apiserver-kubelet-client.key'}",
        # Simulated nodes have addresses in their own networks; the server that answers for them listens here, as their external address.
        "--kubelet-preferred-address-types=ExternalIP",
        f"--requestheader-client-ca-file={layout.authority}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={pki / 'front-proxy-client.crt'}",
        f"--proxy-client-key-file={pki / 'front-proxy-client.key'}",
        f"--egress-selector-config-file={layout.home / 'egress.yaml'}",
        "--profiling=false",
        *_login(layout.webhooks),
    ]


def _login(webhooks: Webhooks | None) -> list[str]:
    """Webhook responses are not cached, so a changed policy takes effect at once. An accepted token is cached for ten seconds, which cannot
    be configured.
    """
    if webhooks is None:
        return ["--authorization-mode=Node,RBAC"]
    return [
        "--authorization-mode=Node,RBAC,Webhook",
        f"--authentication-token-webhook-config-file={webhooks.authentication}",
        "--authentication-token-webhook-version=v1",
        "--authentication-token-webhook-cache-ttl=0s",
        f"--authorization-webhook-config-file={webhooks.authorization}",
        "--authorization-webhook-version=v1",
        "--authorization-webhook-cache-authorized-ttl=0s",
        "--authorization-webhook-cache-unauthorized-ttl=0s",
    ]


def _controller_manager(layout: Layout, version: str) -> list[str]:
    return [
        *_kubeconfigs(layout.kubeconfig("kube-controller-manager")),
        f"--emulated-version={version}",
        f"--service-account-private-key-file={layout.pki / 'service-accounts.key'}",
        f"--root-ca-file={layout.authority}",
        f"--cluster-signing-cert-file={layout.authority}",
        f"--cluster-signing-key-file={layout.pki / 'ca.key'}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        f"--controllers=*,{','.join(f'-{name}' for name in CONTROLLERS_OFF)}",
        f"--kube-api-qps={CALLS_PER_SECOND}",
        f"--kube-api-burst={2 * CALLS_PER_SECOND}",
        "--secure-port=0",
        "--profiling=false",
    ]


def _scheduler(layout: Layout, version: str) -> list[str]:
    authentication, authorization = _kubeconfigs(layout.kubeconfig("kube-scheduler"))[1:]
    return [
        f"--config={layout.home / 'scheduler.yaml'}",
        f"--emulated-version={version}",
        authentication,
        authorization,
        "--secure-port=0",
    ]


def _scheduler_configuration(layout: Layout) -> dict[str, Any]:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        "clientConnection": {
            "kubeconfig": str(layout.kubeconfig("kube-scheduler")),
            "qps": CALLS_PER_SECOND,
            "burst": 2 * CALLS_PER_SECOND,
        },
    }


def _egress_configuration(layout: Layout) -> dict[str, Any]:
    """A proxy answers every call from the API server into the cluster; etcd and the login webhooks are called directly."""
    proxy = {"uds": {"udsName": str(layout.egress)}}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": {"proxyProtocol": "HTTPConnect", "transport": proxy}}],
    }


def _kwok(layout: Layout) -> list[str]:
    return [
        f"--kubeconfig={layout.kubeconfig('kwok')}",
        f"--config={layout.home / 'stages.yaml'}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
    ]


def pair(path: Path) -> Pair:
    """The files of a certificate and its key with this name prefix."""
    return Pair(path.with_name(f"{path.name}.crt"), path.with_name(f"{path.name}.key"))


def _pair(prefix: str, path: Path) -> list[str]:
    return [f"--{prefix}cert-file={path}.crt", f"--{prefix}key-file={path}.key"]


def _kubeconfigs(path: Path) -> list[str]:
    return [f"--kubeconfig={path}", f"--authentication-kubeconfig={path}", f"--authorization-kubeconfig={path}"]
