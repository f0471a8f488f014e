"""The add-ons that the emulated EKS offers: versions by Kubernetes minor, configuration schemas, and workloads.

Versions are ones that EKS offers or has offered. Each minor has one default, which, as on EKS, is often not the newest. The schemas are
EKS's, reduced to the settings in common use; any other setting is rejected, as EKS rejects settings that its schema does not define.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.kubernetes import VERSIONS
from rehearsal.kubernetes.secrets_store import CLASS, POD_STATUS

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
YES_OR_NO: Schema = {"type": "boolean"}
YES_OR_NO_IN_WORDS: Schema = {"type": "string", "enum": ["true", "false"]}
ANYTHING: Schema = {"type": "object"}
LIST: Schema = {"type": "array"}
PLACEMENT: Mapping[str, Schema] = {
    "affinity": ANYTHING,
    "nodeSelector": ANYTHING,
    "podAnnotations": ANYTHING,
    "podLabels": ANYTHING,
    "resources": ANYTHING,
    "tolerations": LIST,
}
REPLICATED: Mapping[str, Schema] = {"podDisruptionBudget": ANYTHING, "replicaCount": NUMBER, "topologySpreadConstraints": LIST}


@dataclass(frozen=True)
class Workload:
    """What an add-on runs: a Deployment, which needs a node to become available, or a DaemonSet, which does not."""

    kind: str
    name: str
    cpu: str = "10m"
    memory: str = "64Mi"
    replicas: int = 2
    budget: bool = False  # whether a PodDisruptionBudget keeps all but one pod


@dataclass(frozen=True)
class Product:
    """`versions`: newest first, each with its supported Kubernetes minors; `defaults`: the default for each minor.

    `accounts`: the service accounts that can get a role through pod identity, with the policies that AWS recommends for each.
    """

    name: str
    kind: str
    versions: Mapping[str, tuple[str, ...]]
    defaults: Mapping[str, str]
    workloads: tuple[Workload, ...]
    settings: Mapping[str, Schema] = field(default_factory=dict)
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    namespace: str = "kube-system"
    owner: str = "aws"
    publisher: str = "eks"
    definitions: tuple[Mapping[str, Any], ...] = ()  # of the kinds that come with it

    def fitting(self, minor: str) -> list[str]:
        """The versions that support a Kubernetes minor, newest first."""
        return [version for version, minors in self.versions.items() if minor in minors]

    @property
    def needs_nodes(self) -> bool:
        return any(workload.kind == "Deployment" for workload in self.workloads)

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the configuration."""
        return {
            "$schema": "http://json-schema.org/draft-06/schema#",
            "type": "object",
            "additionalProperties": False,
            "properties": dict(self.settings),
        }


ALL = VERSIONS


def _since(minor: str) -> tuple[str, ...]:
    return VERSIONS[VERSIONS.index(minor) :]


def _same(version: str) -> dict[str, str]:
    return dict.fromkeys(VERSIONS, version)


def _policies(*names: str) -> tuple[str, ...]:
    return tuple(f"arn:aws:iam::aws:policy/{name}" for name in names)


def _object(**settings: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": settings}


CSI_CONTROLLER = _object(**PLACEMENT, **REPLICATED, extraVolumeTags=ANYTHING, defaultStorageClass=ANYTHING)
CSI_NODE = _object(**PLACEMENT, tolerateAllTaints=YES_OR_NO, volumeAttachLimit=NUMBER)

PRODUCTS = (
    Product(
        "vpc-cni",
        "networking",
        {
            "v1.22.4-eksbuild.3": ALL,
            "v1.21.2-eksbuild.1": ALL,
            "v1.21.1-eksbuild.3": ALL,
            "v1.20.4-eksbuild.2": VERSIONS[:3],
        },
        {"1.33": "v1.21.1-eksbuild.3", "1.34": "v1.21.1-eksbuild.3", "1.35": "v1.21.2-eksbuild.1", "1.36": "v1.22.4-eksbuild.3"},
        (Workload("DaemonSet", "aws-node", cpu="50m"),),
        {
            **PLACEMENT,
            "enableNetworkPolicy": YES_OR_NO_IN_WORDS,
            "enableWindowsIpam": YES_OR_NO_IN_WORDS,
            "enableWindowsPrefixDelegation": YES_OR_NO_IN_WORDS,
            "env": {"type": "object", "additionalProperties": TEXT},
            "eniConfig": ANYTHING,
            "init": ANYTHING,
            "livenessProbeTimeoutSeconds": NUMBER,
            "nodeAgent": ANYTHING,
            "readinessProbeTimeoutSeconds": NUMBER,
        },
        {"aws-node": _policies("AmazonEKS_CNI_Policy")},
    ),
    Product(
        "kube-proxy",
        "networking",
        {
            "v1.36.0-eksbuild.21": ("1.36",),
            "v1.36.0-eksbuild.7": ("1.36",),
            "v1.35.3-eksbuild.13": ("1.35", "1.36"),
            "v1.35.0-eksbuild.2": ("1.35", "1.36"),
            "v1.34.6-eksbuild.13": ("1.34", "1.35", "1.36"),
            "v1.34.1-eksbuild.2": ("1.34", "1.35", "1.36"),
            "v1.33.10-eksbuild.29": ALL,
            "v1.33.8-eksbuild.4": ALL,
        },
        {"1.33": "v1.33.8-eksbuild.4", "1.34": "v1.34.1-eksbuild.2", "1.35": "v1.35.0-eksbuild.2", "1.36": "v1.36.0-eksbuild.7"},
        (Workload("DaemonSet", "kube-proxy", cpu="100m"),),
        {**PLACEMENT, "ipvs": _object(scheduler=TEXT), "mode": {"type": "string", "enum": ["iptables", "ipvs", "nftables"]}},
    ),
    Product(
        "coredns",
        "networking",
        {
            "v1.14.3-eksbuild.16": _since("1.35"),
            "v1.14.2-eksbuild.4": _since("1.35"),
            "v1.13.2-eksbuild.9": _since("1.34"),
            "v1.13.2-eksbuild.1": ALL,
            "v1.12.4-eksbuild.38": ALL,
            "v1.12.4-eksbuild.1": VERSIONS[:2],
        },
        {"1.33": "v1.12.4-eksbuild.38", "1.34": "v1.12.4-eksbuild.38", "1.35": "v1.13.2-eksbuild.1", "1.36": "v1.14.2-eksbuild.4"},
        (Workload("Deployment", "coredns", cpu="100m", memory="70Mi", budget=True),),
        {
            **PLACEMENT,
            **REPLICATED,
            "autoScaling": _object(enabled=YES_OR_NO, minReplicas=NUMBER, maxReplicas=NUMBER),
            "computeType": TEXT,
            "corefile": TEXT,
        },
    ),
    Product(
        "eks-pod-identity-agent",
        "security",
        {"v1.3.10-eksbuild.3": ALL, "v1.3.10-eksbuild.2": ALL, "v1.3.9-eksbuild.3": VERSIONS[:3]},
        _same("v1.3.10-eksbuild.2"),
        (Workload("DaemonSet", "eks-pod-identity-agent"),),
        {**PLACEMENT, "agent": ANYTHING, "updateStrategy": ANYTHING},
    ),
    Product(
        "aws-ebs-csi-driver",
        "storage",
        {
            "v1.66.0-eksbuild.1": ALL,
            "v1.62.0-eksbuild.1": ALL,
            "v1.60.0-eksbuild.1": VERSIONS[:3],
            "v1.56.0-eksbuild.1": VERSIONS[:2],
        },
        _same("v1.62.0-eksbuild.1"),
        (Workload("Deployment", "ebs-csi-controller", memory="240Mi", budget=True), Workload("DaemonSet", "ebs-csi-node", memory="120Mi")),
        {"controller": CSI_CONTROLLER, "defaultStorageClass": _object(enabled=YES_OR_NO), "node": CSI_NODE, "sidecars": ANYTHING},
        {"ebs-csi-controller-sa": _policies("service-role/AmazonEBSCSIDriverPolicy")},
    ),
    Product(
        "aws-efs-csi-driver",
        "storage",
        {"v3.1.0-eksbuild.1": ALL, "v2.3.0-eksbuild.1": ALL},
        _same("v2.3.0-eksbuild.1"),
        (Workload("Deployment", "efs-csi-controller"), Workload("DaemonSet", "efs-csi-node")),
        {"controller": CSI_CONTROLLER, "node": CSI_NODE, "sidecars": ANYTHING},
        {"efs-csi-controller-sa": _policies("service-role/AmazonEFSCSIDriverPolicy")},
    ),
    Product(
        "snapshot-controller",
        "storage",
        {"v8.5.0-eksbuild.2": ALL, "v8.3.0-eksbuild.1": VERSIONS[:3]},
        _same("v8.5.0-eksbuild.2") | {"1.33": "v8.3.0-eksbuild.1"},
        (Workload("Deployment", "snapshot-controller"),),
        {**PLACEMENT, **REPLICATED},
    ),
    Product(
        "metrics-server",
        "observability",
        {"v0.9.0-eksbuild.11": ALL, "v0.8.1-eksbuild.2": ALL, "v0.8.0-eksbuild.3": VERSIONS[:3]},
        _same("v0.8.1-eksbuild.2"),
        (Workload("Deployment", "metrics-server", cpu="100m", memory="200Mi", budget=True),),
        {**PLACEMENT, "replicas": NUMBER, "podDisruptionBudget": ANYTHING, "topologySpreadConstraints": LIST, "args": LIST},
        owner="community",
    ),
    Product(
        "amazon-cloudwatch-observability",
        "observability",
        {"v5.2.1-eksbuild.1": ALL, "v4.8.0-eksbuild.1": ALL},
        _same("v4.8.0-eksbuild.1"),
        (
            Workload("Deployment", "amazon-cloudwatch-observability-controller-manager", cpu="100m", replicas=1),
            Workload("DaemonSet", "cloudwatch-agent", cpu="250m", memory="128Mi"),
            Workload("DaemonSet", "fluent-bit", cpu="50m", memory="25Mi"),
        ),
        {"agent": ANYTHING, "agents": LIST, "containerLogs": ANYTHING, "manager": ANYTHING, "tolerations": LIST},
        {"cloudwatch-agent": _policies("CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess")},
        namespace="amazon-cloudwatch",
    ),
    Product(
        "aws-secrets-store-csi-driver-provider",
        "security",
        {"v3.1.3-eksbuild.1": ALL, "v2.2.2-eksbuild.1": ALL},
        _same("v2.2.2-eksbuild.1"),
        (Workload("DaemonSet", "secrets-store-csi-driver"), Workload("DaemonSet", "secrets-store-csi-driver-provider-aws")),
        {
            **PLACEMENT,
            "awsRegion": TEXT,
            "priorityClassName": TEXT,
            "secrets-store-csi-driver": _object(
                syncSecret=_object(enabled=YES_OR_NO), enableSecretRotation=YES_OR_NO, rotationPollInterval=TEXT
            ),
        },
        namespace="aws-secrets-manager",
        definitions=(CLASS, POD_STATUS),
    ),
    Product(
        "cert-manager",
        "security",
        {"v1.20.0-eksbuild.2": ALL, "v1.19.2-eksbuild.1": ALL},
        _same("v1.19.2-eksbuild.1"),
        (
            Workload("Deployment", "cert-manager", replicas=1),
            Workload("Deployment", "cert-manager-cainjector", replicas=1),
            Workload("Deployment", "cert-manager-webhook", replicas=1),
        ),
        {**PLACEMENT, "replicaCount": NUMBER, "podDisruptionBudget": ANYTHING, "cainjector": ANYTHING, "webhook": ANYTHING},
        namespace="cert-manager",
        owner="community",
    ),
    Product(
        "external-dns",
        "networking",
        {"v0.21.0-eksbuild.1": ALL, "v0.20.0-eksbuild.3": ALL},
        _same("v0.20.0-eksbuild.3"),
        (Workload("Deployment", "external-dns", replicas=1),),
        {**PLACEMENT, "domainFilters": LIST, "policy": TEXT, "registry": TEXT, "sources": LIST, "txtOwnerId": TEXT},
        {"external-dns": _policies("AmazonRoute53FullAccess")},
        namespace="external-dns",
        owner="community",
    ),
)
CATALOG: Mapping[str, Product] = {product.name: product for product in PRODUCTS}
SELF_MANAGED = ("vpc-cni", "kube-proxy", "coredns")
"""The unmanaged add-ons of a new cluster, unless bootstrapSelfManagedAddons is false."""
