"""The clusters of a network: the input of both subjects, and the minimum time that AWS would need to create everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS as CLUSTER_KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.resources import build as build_clusters
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.addons import BEFORE_NODES
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.validate import validate as validate_clusters
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS as NETWORK_KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build as build_networks
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate as validate_networks
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.graph import Step, build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from benchmarks import databases as databases_of

VERSION = "1.35"
ADDONS = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "metrics-server")
LEFT_OUT = "aws-ebs-csi-driver"
"""Here it gets AWS permissions through pod identity only, which the provider cannot create."""
NODE_GROUPS = {
    "system": {"instance_types": ["t3.medium"], "min_size": 2, "max_size": 3},
    "workers": {"instance_types": ["m6i.large", "m5.large"], "min_size": 1, "max_size": 10},
}
NAMESPACES = ("jobs",)
SERVICE_ACCOUNTS = {"uploads": {"namespace": "web", "service_account": "api"}}
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

CREATION_SECONDS = {
    "nat_gateway": 120.0,
    "vpc_endpoint": 120.0,
    "eks_cluster": 600.0,
    "eks_nodegroup": 180.0,
    "eks_addon": 60.0,
    **databases_of.CREATION_SECONDS,
}
"""AWS's approximate creation time for one resource of each kind. Creation times of all other kinds are negligible."""


def names(count: int) -> list[str]:
    return [f"c{number:02}" for number in range(1, count + 1)]


def for_role(count: int) -> dict[str, dict[str, Any]]:
    """This many clusters in the input format of the eks role, without what the provider cannot create: see README.md."""
    cluster: dict[str, Any] = {
        "version": VERSION,
        "addons": {**{name: {} for name in ADDONS}, LEFT_OUT: None},
        "node_groups": NODE_GROUPS,
        "node_scaling": "none",
        "controllers": [],
        "fargate_profiles": {name: {"selectors": [{"namespace": name}]} for name in NAMESPACES},
        "irsa_roles": {name: {**account, "managed_policy_arns": [READ_ONLY]} for name, account in SERVICE_ACCOUNTS.items()},
    }
    return dict.fromkeys(names(count), cluster)


def for_terraform(count: int, network: str) -> dict[str, Any]:
    """The same as variables of terraform/main.tf."""
    cluster = {
        "version": VERSION,
        "network": network,
        "addons": list(ADDONS),
        "node_groups": NODE_GROUPS,
        "fargate_namespaces": list(NAMESPACES),
        "service_accounts": SERVICE_ACCOUNTS,
    }
    return {"clusters": dict.fromkeys(names(count), cluster), "before_nodes": list(BEFORE_NODES)}


@dataclass(frozen=True)
class Path:
    """The longest chain of waits, and its duration."""

    seconds: float
    addresses: tuple[str, ...]


def critical_path(
    networks: Mapping[str, Any], clusters: Mapping[str, Any], databases: Mapping[str, Any], region: str, seconds: Mapping[str, float]
) -> Path:
    """The longest chain of creations from an empty account, over the resources that the roles build, given the time for each kind.

    Clusters and databases depend on no network resource that takes time, and not on each other, so the result is the longest chain of any.
    """
    place = Place("bench", "any", region, "123456789012")
    read, problems = validate_networks(networks, "networks", place.region)
    network = Network(("subnet-1", "subnet-2"), ("sg-1",), ("sg-2",))
    wanted, more = validate_clusters(clusters, "clusters", place.environment, place.component, network)
    if problems or more:
        raise ValueError("\n".join([*problems, *more]))
    return max(
        longest(build_networks(read, place), NETWORK_KINDS, seconds),
        longest(build_clusters(wanted, place, {}, {}), CLUSTER_KINDS, seconds),
        longest(*databases_of.desired(databases, place), seconds),
        key=lambda path: path.seconds,
    )


def longest(desired: Sequence[Resource], kinds: Mapping[str, Kind], seconds: Mapping[str, float]) -> Path:
    """The longest chain among the engine's steps to create these resources from an empty account."""
    graph = build(make_plan(desired, [], kinds, Consent()), kinds)
    found: dict[Step, Path] = {}

    def ending_with(step: Step) -> Path:
        if step not in found:
            before = max(map(ending_with, graph.needs[step]), key=lambda path: path.seconds, default=Path(0.0, ()))
            own = seconds.get(step.address.partition(".")[0], 0.0) if step.verb == "make" else 0.0
            found[step] = Path(before.seconds + own, (*before.addresses, step.address)) if own else before
        return found[step]

    return max(map(ending_with, graph.needs), key=lambda path: path.seconds, default=Path(0.0, ()))
