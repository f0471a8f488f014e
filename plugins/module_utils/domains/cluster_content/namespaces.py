# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Manifests of namespaces: what may run in them, which traffic they allow, and who may change them. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .settings import Content, Namespace, Network, Storage, Team

Manifest = dict[str, Any]

DNS_PORTS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Kubernetes puts this label on every namespace; its value is the namespace's name."""

POD_IDENTITY = "169.254.170.23/32"
"""The address of a node's pod identity agent, on port 80 (EKS User Guide, "Learn how EKS Pod Identity works")."""

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def manifests(content: Content) -> list[Manifest]:
    """All manifests except those that the user writes directly."""
    found: list[Manifest] = []
    for namespace in content.namespaces:
        found += namespace_manifests(namespace, content.load_balancer_cidrs)
    for team in content.teams:
        found += [binding(team, name) for name in team.namespaces]
    return found + storage_class(content.storage)


def namespace_manifests(one: Namespace, load_balancers: Iterable[str]) -> Iterator[Manifest]:
    standards = {f"pod-security.kubernetes.io/{mode}": one.pod_security for mode in ("enforce", "audit", "warn")}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": one.name, "labels": {**one.labels, **standards}}}
    for name, token in one.service_accounts.items():
        yield {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": one.name},
            "automountServiceAccountToken": token,
        }
    if one.network.isolated:
        yield from policies(one.name, one.network, load_balancers)
    if one.quota:
        yield _in(one.name, "v1", "ResourceQuota", "quota", {"hard": dict(one.quota)})
    if one.limits:
        limits = {name: dict(amounts) for name, amounts in one.limits.items()}
        yield _in(one.name, "v1", "LimitRange", "limits", {"limits": [{"type": "Container", **limits}]})


def policies(namespace: str, network: Network, load_balancers: Iterable[str]) -> Iterator[Manifest]:
    """Deny all traffic into and out of the namespace except what the settings allow."""
    yield _policy(namespace, "default-deny", ["Ingress", "Egress"])
    if network.dns:
        dns = {"namespaceSelector": _called("kube-system"), "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
        yield _policy(namespace, "allow-dns", ["Egress"], egress=[{"to": [dns], "ports": DNS_PORTS}])
    if network.pod_identity:
        agent = {"to": [{"ipBlock": {"cidr": POD_IDENTITY}}], "ports": _ports((80,))}
        yield _policy(namespace, "allow-pod-identity", ["Egress"], egress=[agent])
    if network.within:
        own: list[Manifest] = [{"podSelector": {}}]
        yield _policy(namespace, "allow-within", ["Ingress", "Egress"], ingress=[{"from": own}], egress=[{"to": own}])
    if network.from_load_balancer:
        blocks = [{"ipBlock": {"cidr": cidr}} for cidr in load_balancers]
        rule = {"from": blocks, "ports": _ports(network.from_load_balancer)}
        yield _policy(namespace, "allow-from-load-balancer", ["Ingress"], ingress=[rule])
    if network.from_namespaces:
        others = [{"namespaceSelector": _called(name)} for name in network.from_namespaces]
        yield _policy(namespace, "allow-from-namespaces", ["Ingress"], ingress=[{"from": others}])
    if network.to_namespaces:
        others = [{"namespaceSelector": _called(name)} for name in network.to_namespaces]
        yield _policy(namespace, "allow-to-namespaces", ["Egress"], egress=[{"to": others}])
    if network.from_cidrs:
        yield _policy(namespace, "allow-from-cidrs", ["Ingress"], ingress=_by_block("from", network.from_cidrs))
    if network.to_cidrs:
        yield _policy(namespace, "allow-to-cidrs", ["Egress"], egress=_by_block("to", network.to_cidrs))


def _by_block(side: str, blocks: Mapping[str, tuple[int, ...]]) -> list[Manifest]:
    return [{side: [{"ipBlock": {"cidr": cidr}}], **({"ports": _ports(ports)} if ports else {})} for cidr, ports in sorted(blocks.items())]


def _ports(numbers: Iterable[int]) -> list[Manifest]:
    return [{"port": number, "protocol": "TCP"} for number in numbers]


def _called(namespace: str) -> Manifest:
    return {"matchLabels": {NAMESPACE_LABEL: namespace}}


def _policy(namespace: str, name: str, types: list[str], **rules: list[Manifest]) -> Manifest:
    return _in(namespace, "networking.k8s.io/v1", "NetworkPolicy", name, {"podSelector": {}, "policyTypes": types, **rules})


def _in(namespace: str, api_version: str, kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def binding(team: Team, namespace: str) -> Manifest:
    """Grant a team's group the built-in Kubernetes role of that name in a namespace."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"team-{team.name}", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": team.access},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": team.group}],
    }


def storage_class(storage: Storage) -> list[Manifest]:
    """The default storage class: encrypted, and bound in the zone of the pod that claims the volume."""
    if not storage.name:
        return []
    parameters = {"type": "gp3", "encrypted": "true"}
    if storage.kms_key_arn:
        parameters["kmsKeyId"] = storage.kms_key_arn
    if storage.iops:
        parameters["iops"] = str(storage.iops)
    if storage.throughput:
        parameters["throughput"] = str(storage.throughput)
    return [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": storage.name, "annotations": {DEFAULT_CLASS: "true"}},
            "provisioner": "ebs.csi.aws.com",
            "parameters": parameters,
            "reclaimPolicy": storage.reclaim_policy,
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": True,
        }
    ]


def patches(storage: Storage) -> list[Manifest]:
    """Values to set in objects that are not ours: EKS's own storage class must not be a second default."""
    if not storage.name or storage.name == "gp2":
        return []
    metadata = {"name": "gp2", "annotations": {DEFAULT_CLASS: "false"}}
    return [{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata}]
