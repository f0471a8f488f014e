# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Manifests of namespaces: what may run in them, which traffic they allow, and who may change them. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...cluster_objects.isolation import Manifest, Pods, in_namespace, namespace_manifest, policies
from .settings import Content, Namespace, Storage, Team

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
    yield namespace_manifest(one.name, one.pod_security, one.labels)
    for name, token in one.service_accounts.items():
        yield {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": one.name},
            "automountServiceAccountToken": token,
        }
    if one.network.isolated:
        yield from policies(Pods(one.name), one.network, load_balancers)
    if one.quota:
        yield in_namespace(one.name, "v1", "ResourceQuota", "quota", {"hard": dict(one.quota)})
    if one.limits:
        limits = {name: dict(amounts) for name, amounts in one.limits.items()}
        yield in_namespace(one.name, "v1", "LimitRange", "limits", {"limits": [{"type": "Container", **limits}]})


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
